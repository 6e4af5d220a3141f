/*
 * publication_locks.h
 *	  The locks of a publication: waited for a little, given up, tried again.
 *
 * A publication needs gate_policies, which everyone who judges holds to the end
 * of the transaction, and the row of every certified agent.  Whoever waits
 * behind it waits for everyone it waits for.  So it never waits long enough for
 * anybody's deadlock check to find it, and while it holds gate_policies it does not
 * wait in a lock's queue at all: it looks again and again whether rows are free.
 */
#ifndef CGAE_PUBLICATION_LOCKS_H
#define CGAE_PUBLICATION_LOCKS_H

#include "fmgr.h"

typedef struct CgaeLocks
{
	int64		deadline;		/* then it is given up for good */
	int			bound;			/* milliseconds that one attempt waits for a lock */
	bool		may_queue;		/* nobody can wait for this transaction's own locks */
	bool		is_queued;		/* it is in the queue of gate_policies now */
	int64		agents;			/* rows that were locked */
} CgaeLocks;

/* The agents that a new policy re-rates, as a condition on cgae.agents. */
#define CGAE_RERATED_AGENTS \
	"certified_at IS NOT NULL AND status OPERATOR(pg_catalog.<>) 'deregistered'"

/* Before the first attempt. */
extern void cgae_locks_begin(CgaeLocks *locks);

/*
 * One attempt, in a subtransaction of its own whose rollback gives up what it
 * got.  False, or lock_not_available while is_queued: not all was free.  Between
 * SPI_connect and SPI_finish.
 */
extern bool cgae_locks_take(FunctionCallInfo fcinfo, CgaeLocks *locks);

/*
 * After a failed attempt: let others go first, or refuse (lock_not_available),
 * naming who holds the locks, when the time is up or they wait for us.
 */
extern void cgae_locks_pause(FunctionCallInfo fcinfo, const CgaeLocks *locks);

#endif							/* CGAE_PUBLICATION_LOCKS_H */
