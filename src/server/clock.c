/*
 * clock.c
 *	  What dates on record that lie ahead of the clock count for.
 */
#include "postgres.h"

#include "utils/timestamp.h"

#include "server/clock.h"

/* How far a date may lie ahead and still be a matter of machines' clocks. */
#define TOLERANCE USECS_PER_MINUTE

bool
cgae_date_is_ahead(TimestampTz at)
{
	return at > GetCurrentTimestamp() + TOLERANCE;
}

bool
cgae_not_yet(TimestampTz certified_at, TimestampTz at)
{
	/* the clock is read for the rare date that is ahead, not for everybody */
	return unlikely(certified_at > at) && cgae_date_is_ahead(certified_at);
}

TimestampTz
cgae_clock_after(TimestampTz last)
{
	TimestampTz now = GetCurrentTimestamp();

	return last > now && last <= now + TOLERANCE ? last : now;
}
