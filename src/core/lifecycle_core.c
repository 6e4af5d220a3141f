/*
 * lifecycle_core.c
 *	  The agent lifecycle as one table.
 *
 * Pure: callable from unit tests and fuzzers without a server.
 */
#include "core/lifecycle_core.h"

#define NO CGAE_FORBIDDEN

static const CgaeStatus next_status[CGAE_STATUSES][CGAE_TRANSITIONS] = {
	/*                     certified      held            released       never certified  decayed       retired */
	[CGAE_PENDING]      = {CGAE_ACTIVE,   CGAE_SUSPENDED, NO,            NO,              NO,           CGAE_DEREGISTERED},
	[CGAE_ACTIVE]       = {CGAE_ACTIVE,   CGAE_SUSPENDED, NO,            NO,              CGAE_EXPIRED, CGAE_DEREGISTERED},
	[CGAE_SUSPENDED]    = {CGAE_ACTIVE,   CGAE_SUSPENDED, CGAE_ACTIVE,   CGAE_PENDING,    NO,           CGAE_DEREGISTERED},
	[CGAE_EXPIRED]      = {CGAE_ACTIVE,   CGAE_SUSPENDED, NO,            NO,              NO,           CGAE_DEREGISTERED},
	[CGAE_DEREGISTERED] = {NO,            NO,             NO,            NO,              NO,           NO},
};

CgaeStatus
cgae_lifecycle_next(CgaeStatus from, CgaeTransition transition)
{
	return next_status[from][transition];
}
