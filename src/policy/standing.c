/*
 * standing.c
 *	  What an agent may do at an instant: its effective tier.
 *
 * The gate of the decayed vector, never above the current tier: that is the
 * certified one, lowered by the sweeps and by each new policy to what had
 * decayed until then, so that a laxer policy raises nobody.
 */
#include "postgres.h"

#include "access/xact.h"
#include "utils/timestamp.h"

#include "policy/standing.h"
#include "server/clock.h"

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
								standing->certified_at, Max(at, standing->certified_at));
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

		standing->current_tier =
			cgae_standing_decayed_tier(standing, cgae_policy_by_version(version), replaced_at);
	}
}

int
cgae_standing_effective_tier(const CgaeStanding *standing, const CgaePolicy *policy,
							 TimestampTz at)
{
	if (standing->status != CGAE_ACTIVE || cgae_not_yet(standing->certified_at, at))
		return 0;
	return cgae_standing_decayed_tier(standing, policy, at);
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

/*
 * cgae.lies_ahead(at timestamptz) -> boolean
 *
 * Does an instant lie ahead of now, and more than a minute ahead of the clock?
 * A certification dated so gives its agent no tier until then.  Strict.
 */
PG_FUNCTION_INFO_V1(cgae_lies_ahead);
Datum
cgae_lies_ahead(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(cgae_not_yet(PG_GETARG_TIMESTAMPTZ(0), GetCurrentStatementStartTimestamp()));
}
