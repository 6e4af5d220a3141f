/*
 * lifecycle_core.c
 *	  The agent lifecycle as one table.
 *
 * Pure: callable from unit tests and fuzzers without a server.
 */
#include "core/lifecycle_core.h"

/* Short enough for the table to be read at a glance. */
#define PEN CGAE_PENDING
#define ACT CGAE_ACTIVE
#define SUS CGAE_SUSPENDED
#define EXP CGAE_EXPIRED
#define DER CGAE_DEREGISTERED
#define NO CGAE_FORBIDDEN

static const CgaeStatus next_status[CGAE_STATUSES][CGAE_TRANSITIONS] = {
	/* certified, held, released, released uncertified, decayed, retired */
	[CGAE_PENDING] =      {ACT, SUS, NO,  NO,  NO,  DER},
	[CGAE_ACTIVE] =       {ACT, SUS, NO,  NO,  EXP, DER},
	[CGAE_SUSPENDED] =    {ACT, SUS, ACT, PEN, NO,  DER},
	[CGAE_EXPIRED] =      {ACT, SUS, NO,  NO,  NO,  DER},
	[CGAE_DEREGISTERED] = {NO,  NO,  NO,  NO,  NO,  NO},
};

CgaeStatus
cgae_lifecycle_next(CgaeStatus from, CgaeTransition transition)
{
	return next_status[from][transition];
}

CgaeHoldChanges
cgae_lifecycle_holds(bool is_mismatch, bool passes, bool is_observed)
{
	CgaeHoldChanges changes = {CGAE_HOLD_STAYS, CGAE_HOLD_STAYS};

	if (is_mismatch)
		changes.drift = CGAE_HOLD_PLACED;
	else if (!passes)
		changes.failed_audit = CGAE_HOLD_PLACED;
	else
	{
		changes.failed_audit = CGAE_HOLD_LIFTED;
		if (is_observed)
			changes.drift = CGAE_HOLD_LIFTED;
	}
	return changes;
}

CgaeTransition
cgae_lifecycle_certification(bool is_held)
{
	return is_held ? CGAE_HELD : CGAE_CERTIFIED;
}

CgaeTransition
cgae_lifecycle_release(bool is_held, bool is_certified)
{
	return is_held ? CGAE_HELD : is_certified ? CGAE_RELEASED : CGAE_RELEASED_UNCERTIFIED;
}
