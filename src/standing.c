/*
 * standing.c
 *	  What an agent may do at an instant: its effective tier.
 *
 * The gate of the decayed vector, never above the current tier: that is the
 * certified one, lowered by the sweeps and by each new policy to what had
 * decayed until then, so that a laxer policy raises nobody.
 */
#include "postgres.h"

#include "utils/timestamp.h"

#include "standing.h"

CgaeDecay
cgae_policy_decay(const CgaePolicy *policy)
{
	CgaeDecay	decay = {policy->decay_rate, policy->time_step};

	return decay;
}

int
cgae_standing_decayed_tier(const CgaeStanding *standing, const CgaePolicy *policy, TimestampTz at)
{
	CgaeDecay	decay = cgae_policy_decay(policy);
	int			tier;

	if (!standing->certified)
		return 0;
	tier = cgae_decay_core_tier(&policy->gate, &decay, &standing->robustness,
								standing->certified_at, at);
	return Min(tier, standing->current_tier);
}

void
cgae_standing_catch_up(CgaeStanding *standing)
{
	int32		last = cgae_policy_of_registry()->version;
	int32		seen = cgae_policy_last_seen();

	for (int32 version = Max(seen, 1); version < last; version++)
	{
		TimestampTz replaced_at = cgae_policy_by_version(version + 1)->effective_from;

		standing->current_tier = cgae_standing_decayed_tier(standing, cgae_policy_by_version(version),
															Max(replaced_at, standing->certified_at));
	}
}

int
cgae_standing_effective_tier(const CgaeStanding *standing, const CgaePolicy *policy,
							 TimestampTz at)
{
	return standing->status == CGAE_ACTIVE ? cgae_standing_decayed_tier(standing, policy, at) : 0;
}

bool
cgae_standing_falls_below(const CgaeStanding *standing, const CgaePolicy *policy, int tier,
						  TimestampTz *at)
{
	CgaeDecay	decay = cgae_policy_decay(policy);

	if (!standing->certified || tier <= 0)
		return false;
	*at = cgae_decay_core_reaches(&policy->gate, &decay, &standing->robustness,
								  standing->certified_at, tier - 1);
	return !TIMESTAMP_IS_NOEND(*at);
}
