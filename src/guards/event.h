/*
 * event.h
 *	  Facts on their way into cgae.agent_events.
 *
 * The guard of agents writes an event when it happens, in a statement of its
 * own.  A statement of the registry's over many agents may collect them: then
 * they wait in memory and are written together.
 */
#ifndef CGAE_EVENT_H
#define CGAE_EVENT_H

#include "datatype/timestamp.h"
#include "server/table_shape.h"
#include "utils/jsonb.h"
#include "utils/relcache.h"

/* The columns of cgae.agent_events that guards look at. */
typedef enum CgaeEventColumn
{
	CGAE_EVENT_AGENT_ID,
	CGAE_EVENT_SEQ,
	CGAE_EVENT_RECORDED_AT,
	CGAE_EVENT_COLUMNS
} CgaeEventColumn;

extern const CgaeColumn cgae_event_columns[CGAE_EVENT_COLUMNS];

/* One fact for agent_events. */
typedef struct CgaeEvent
{
	int32		seq;
	const char *type;			/* a literal */
	TimestampTz occurred_at;
	TimestampTz recorded_at;	/* fixed by who holds the agent's lock */
	Jsonb	   *data;
} CgaeEvent;

/* Events that wait to be written together. */
typedef struct CgaeEventBatch CgaeEventBatch;

/* Append an event on behalf of a guard on relation, and tell the listeners. */
extern void cgae_event_write(Relation relation, const text *agent_id, const CgaeEvent *event,
							 const char *actor);

/*
 * Is a guard writing exactly this row?  True once, and then recorded_at is what
 * it is to say.  For the guard of agent_events.
 */
extern bool cgae_event_claim(const text *agent_id, int32 seq, TimestampTz *recorded_at);

/*
 * Begin to collect the events of a statement over agents, in the current
 * memory context.  NULL when they have to be written row by row: a trigger or
 * rule of the user's might look for one, or at its agent, before the statement
 * is through.
 */
extern CgaeEventBatch *cgae_event_batch_begin(void);

/*
 * Tell the listeners of an event, and let it wait until the batch ends or has
 * many.  Called in the subtransaction in which the batch began: what another
 * one took back must not wait on.
 */
extern void cgae_event_collect(CgaeEventBatch *batch, const text *agent_id,
							   const CgaeEvent *event, const char *actor);

/* Write what waits, in order; NULL is no batch.  Not to be called after an error. */
extern void cgae_event_batch_end(CgaeEventBatch *batch);

#endif							/* CGAE_EVENT_H */
