/*
 * clock.h
 *	  "Now" for whoever asks, and what dates on record that lie ahead of it count for.
 *
 * A clock may be stepped back.  What was recorded before then lies in the
 * future: by the second or so that machines disagree about the time, or by
 * years, when the clock had been wrong.  A minute tells the two apart.
 */
#ifndef CGAE_CLOCK_H
#define CGAE_CLOCK_H

#include "access/xact.h"

/*
 * The later of the statement's and the transaction's beginning.  A procedure
 * that commits is one statement for as long as it runs, but begins a
 * transaction after each commit.  Of both, the views say
 * greatest(statement_timestamp(), transaction_timestamp()).
 */
static inline TimestampTz
cgae_now(void)
{
	TimestampTz statement = GetCurrentStatementStartTimestamp();
	TimestampTz transaction = GetCurrentTransactionStartTimestamp();

	return statement > transaction ? statement : transaction;
}

/* Does an instant lie more than a minute ahead of the clock? */
extern bool cgae_date_is_ahead(TimestampTz at);

/*
 * Is a certification of no force at an instant, because it is dated after it
 * and lies ahead of the clock?  One dated a little after it was committed by
 * somebody else meanwhile, and counts as of its own date.  Every question what
 * an agent may do asks this; what is stored, and sweeps, do not.
 */
extern bool cgae_not_yet(TimestampTz certified_at, TimestampTz at);

/*
 * The instant of something that must not be before the last of its kind: the
 * clock, or that one's when the clock was stepped back a little.  One that
 * lies ahead of the clock holds nobody back.
 */
extern TimestampTz cgae_clock_after(TimestampTz last);

#endif							/* CGAE_CLOCK_H */
