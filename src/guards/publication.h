/*
 * publication.h
 *	  A gate policy on its way into cgae.gate_policies.
 *
 * A policy is published, never inserted: publish_policy() and create_registry()
 * push a ticket with all values of the row that they are about to write, and the
 * guard of gate_policies lets in that row and no other.
 */
#ifndef CGAE_PUBLICATION_H
#define CGAE_PUBLICATION_H

#include "fmgr.h"
#include "guards/policy_row.h"
#include "policy/policy.h"
#include "server/ticket.h"

/* A row of gate_policies, no value of it null; the digest is found when it is written. */
typedef struct CgaePublication
{
	Datum		values[CGAE_POLICY_COLUMNS];
	bool		is_judged;		/* its guard has let it in */
} CgaePublication;

/* Of the row of a new policy: a CgaePublication. */
extern const CgaeTicketKind cgae_publication_ticket;

/* The version after the last one; 0 for none.  Refuses to run out of numbers. */
extern int32 cgae_publication_next_version(int32 last);

/*
 * When a policy takes force that follows another one now.  A clock that was
 * stepped back by a little does not make it precede that one; but one that
 * lies far ahead of the clock, written while the clock was wrong, holds nobody back.
 */
extern TimestampTz cgae_publication_effective_from(const CgaePolicy *before);

/*
 * Write the row with the caller's rights, between SPI_connect and SPI_finish.
 * fcinfo NULL: once only, no plan is kept.  Refuses
 * (triggered_data_change_violation) that it does not arrive at its guard.
 */
extern void cgae_publication_write(FunctionCallInfo fcinfo, CgaePublication *publication);

/*
 * From now on to its end this transaction cannot be prepared: nobody is certified
 * while a publication is open, and a prepared one may stay so for ever.
 */
extern void cgae_publication_forbid_prepare(void);

#endif							/* CGAE_PUBLICATION_H */
