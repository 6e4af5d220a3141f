/*
 * agent.h
 *	  One agent's row, and everything that can happen to its state.
 *
 * The functions here apply the rules of the registry to a row in memory
 * and collect the events that tell of it.  They are called by the guard of
 * cgae.agents alone, which holds the row lock.
 */
#ifndef CGAE_AGENT_H
#define CGAE_AGENT_H

#include "guards/agent_fault.h"
#include "guards/agent_row.h"
#include "guards/certification.h"
#include "guards/event.h"
#include "guards/holds.h"
#include "policy/standing.h"
#include "types/architecture.h"

/* At most: five falls, new architecture, observation, hold, release, deregistration. */
#define CGAE_MAX_EVENTS 16

typedef struct CgaeAgent
{
	CgaeRow		row;
	const text *id;
	char	   *name;			/* the id, for messages */
	CgaeFault	fault;			/* the first thing that cannot be read */
	CgaeStatus	status;
	CgaeHolds	holds;			/* as far as they can be read */
	char		registered[CGAE_HASH_SIZE]; /* 64 digits, or as many as are known: 16, none */
	int32		last_seq;
	bool		holds_changed;	/* unreadable ones stay as they are otherwise */
	bool		has_room;		/* false: the history has no further number */
	bool		takes_away;		/* what happens takes authority away: recorded if it can be */
	int32		certification_count;
	int			certified_tier; /* CGAE_NO_TIER: never certified */
	int			current_tier;
	TimestampTz registered_at;
	TimestampTz certified_at;	/* DT_NOBEGIN: never certified */
	TimestampTz recorded_at;	/* of the newest fact: never runs backwards */
	TimestampTz clock;			/* after the lock was obtained */
	Oid			client;			/* role that messages are for */
	Relation	history;		/* agents: both tables are asked for the last number; NULL: not */
	int			event_count;
	CgaeEvent	events[CGAE_MAX_EVENTS];
} CgaeAgent;

/*
 * Read the state out of a row that was taken apart, whose id is not null, as
 * far as it can be read.
 */
extern void cgae_agent_open(CgaeAgent *agent, const CgaeRow *row);

/* Refuse (object_not_in_prerequisite_state) because of its fault. */
extern void cgae_agent_refuse_unreadable(const CgaeAgent *agent, const char *column,
										 const char *hint);

/*
 * Refuse to go on with what cannot be read: a status (which nothing can do
 * without); then everything on which authority rests.
 */
extern void cgae_agent_require_status(const CgaeAgent *agent);
extern void cgae_agent_require(const CgaeAgent *agent);

/*
 * Let the publications that passed the agent by, since it could not be read,
 * take effect: before an update that may make it readable again.
 */
extern void cgae_agent_catch_up(CgaeAgent *agent);

/* Write status, holds, last_seq and recorded_at back into the row. */
extern void cgae_agent_store(CgaeAgent *agent);

/*
 * Append the collected events, in order, on behalf of actor: now, or with the
 * others of a batch.
 */
extern void cgae_agent_write_events(const CgaeAgent *agent, Relation relation, const char *actor,
									CgaeEventBatch *batch);

/* A certification: judges it, and decides drift before anything else. */
extern void cgae_agent_certify(CgaeAgent *agent, CgaeCertification *certification);

/* A heartbeat with a normalised hash.  True when it changed the row. */
extern bool cgae_agent_observe(CgaeAgent *agent, const char *observed);

/* A new registered architecture, given as a normalised hash. */
extern void cgae_agent_replace_architecture(CgaeAgent *agent, const char *hash);

/* The configuration leaves, and the architecture stays what it is: only the event tells. */
extern void cgae_agent_remove_config(CgaeAgent *agent);

/* Set the operator's holds: adds and lifts what differs. */
extern void cgae_agent_set_holds(CgaeAgent *agent, const CgaeHolds *wanted);

/*
 * Lower the current tier to what decay gives at an instant under a policy;
 * an active agent that reaches T0 expires.  Then set when it falls next, under
 * the policy in force from now on (the same one, but for a publication), and
 * which policy the tier was rated under: where the next one does not grant it,
 * it waits for a sweep, whose event then names the policy as the cause.
 */
extern void cgae_agent_decay(CgaeAgent *agent, const CgaePolicy *policy, TimestampTz at,
							 const CgaePolicy *next);

/*
 * Tier that decay gives an active agent at an instant, T0 when it is not
 * active: what a sweep stores, also where the certification lies ahead.
 */
extern int	cgae_agent_decayed_tier(const CgaeAgent *agent, const CgaePolicy *policy,
									TimestampTz at);

/* Deregister at an instant, or by the clock when it is NULL. */
extern void cgae_agent_retire(CgaeAgent *agent, const TimestampTz *given);

/* Write a registered hash into the row: 16 digits and, when known, all 64. */
extern void cgae_agent_store_architecture(CgaeAgent *agent, const char *hash);

/* Refuse (object_not_in_prerequisite_state) because the agent is deregistered. */
extern void cgae_agent_refuse_deregistered(const char *agent_id);

#endif							/* CGAE_AGENT_H */
