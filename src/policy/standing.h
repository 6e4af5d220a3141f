/*
 * standing.h
 *	  What an agent may do at an instant: its effective tier.
 */
#ifndef CGAE_STANDING_H
#define CGAE_STANDING_H

#include "core/decay_core.h"
#include "core/lifecycle_core.h"
#include "policy/policy.h"

/* The columns of cgae.agents on which the effective tier rests. */
typedef struct CgaeStanding
{
	CgaeStatus	status;
	int			current_tier;
	bool		certified;		/* the two below are set */
	CgaeRobustness robustness;
	TimestampTz certified_at;
	const char *unreadable;		/* what cannot be read, in words: then it is as if uncertified */
} CgaeStanding;

/* How a policy lets a vector age. */
extern CgaeDecay cgae_policy_decay(const CgaePolicy *policy);

/*
 * Bring a standing that was read under the active snapshot to where the
 * publications since have brought the agent: each lets it fall to what the
 * policy before had left of its tier.
 */
extern void cgae_standing_catch_up(CgaeStanding *standing);

/*
 * Tier of the decayed vector, never above the current one, whatever the
 * status.  An instant before the certification counts as that of it.
 */
extern int	cgae_standing_decayed_tier(const CgaeStanding *standing, const CgaePolicy *policy,
									   TimestampTz at);

/*
 * What the agent may do at an instant: the same for an active agent, T0 for
 * any other, and before a certification that lies ahead of the clock.
 */
extern int	cgae_standing_effective_tier(const CgaeStanding *standing, const CgaePolicy *policy,
										 TimestampTz at);

/*
 * When decay brings the agent below a tier: the first instant at which the
 * decayed tier is lower, not before the certification.  False: it never does,
 * as T0, or any tier where nothing decays.
 */
extern bool cgae_standing_falls_below(const CgaeStanding *standing, const CgaePolicy *policy,
									  int tier, TimestampTz *at);

#endif							/* CGAE_STANDING_H */
