/*
 * sweep.h
 *	  What a set-based statement over many agents is doing, for their guard.
 *
 * A ticket of apply_decay() or publish_policy() says what the UPDATE that they
 * run means; the guard of agents applies it to each row.
 */
#ifndef CGAE_SWEEP_H
#define CGAE_SWEEP_H

#include "access/htup.h"
#include "guards/event.h"
#include "policy/policy.h"
#include "server/ticket.h"

typedef struct CgaeSweep
{
	CgaePolicy	policy;			/* by which the tiers fall */
	CgaePolicy	next;			/* by which they fall from now on */
	TimestampTz at;				/* DT_NOEND: the clock at each row */
	CgaeEventBatch *events;		/* where they wait; NULL: written row by row */
	bool		trusts_last_seq;	/* false: look for the end of the history of who falls */
	CommandId	command;		/* of the UPDATE of a publication */
	/* counted by the guard */
	int64		reached;		/* different rows, by a publication's own UPDATE */
	int64		met;			/* rows, also those that did not fall */
	int64		lowered;		/* fell to a tier above T0, or were not active */
	int64		expired;		/* fell to T0 */
	int64		passed;			/* rows that cannot be read */
	int64		in_the_way;		/* such rows as the last batch met, and the next one meets again */
	struct CgaePassed *told;	/* whom a WARNING has named; NULL: nobody */
} CgaeSweep;

/* Of an UPDATE that sweeps agents: a CgaeSweep. */
extern const CgaeTicketKind cgae_sweep_ticket;

/*
 * Count an agent whose row cannot be read, and name it in a WARNING, once in
 * the sweep.  agent_id may be NULL: then what cannot be read is that.
 */
extern void cgae_sweep_pass_by(CgaeSweep *sweep, const char *agent_id, const char *fault);

/* The sweep is over: tell how many more there are than were named, and forget them. */
extern void cgae_sweep_end(CgaeSweep *sweep);

#endif							/* CGAE_SWEEP_H */
