/*
 * agent_decay.c
 *	  What time and policies do to an agent: its tier falls.
 */
#include "postgres.h"

#include "utils/fmgrprotos.h"
#include "utils/timestamp.h"

#include "guards/agent_steps.h"

/* The part of the state on which the effective tier rests. */
static CgaeStanding
standing_of(const CgaeAgent *agent)
{
	CgaeStanding standing = {.status = agent->status, .current_tier = agent->current_tier};

	standing.certified = !CGAE_ROW_NULL(&agent->row, CGAE_AGENT_CURRENT_ROBUSTNESS);
	if (standing.certified)
		standing.robustness =
			*(const CgaeRobustness *) DatumGetPointer(CGAE_ROW_VALUE(&agent->row,
																CGAE_AGENT_CURRENT_ROBUSTNESS));
	standing.certified_at = agent->certified_at;
	return standing;
}

void
cgae_agent_store_tier_drop(CgaeAgent *agent, const CgaePolicy *policy)
{
	CgaeStanding standing = standing_of(agent);
	TimestampTz at;

	if (cgae_standing_falls_below(&standing, policy, agent->current_tier, &at))
		cgae_row_set(&agent->row, CGAE_AGENT_TIER_DROP_AT, TimestampTzGetDatum(at));
	else
		cgae_row_set_null(&agent->row, CGAE_AGENT_TIER_DROP_AT);
}

int
cgae_agent_decayed_tier(const CgaeAgent *agent, const CgaePolicy *policy, TimestampTz at)
{
	CgaeStanding standing = standing_of(agent);

	return agent->status == CGAE_ACTIVE ? cgae_standing_decayed_tier(&standing, policy, at) : 0;
}

/*
 * Log a fall, dated when the new tier was reached under this policy.  Where the
 * tiers were rated under an earlier one, this one took away what they had left.
 */
static void
add_decay(CgaeAgent *agent, const CgaePolicy *policy, int tier)
{
	CgaeStanding standing = standing_of(agent);
	bool		by_policy = !CGAE_ROW_NULL(&agent->row, CGAE_AGENT_RATED_POLICY) &&
		DatumGetInt32(CGAE_ROW_VALUE(&agent->row, CGAE_AGENT_RATED_POLICY)) < policy->version;
	TimestampTz reached;
	CgaeObject	data;

	if (!cgae_standing_falls_below(&standing, policy, tier + 1, &reached))
		elog(ERROR, "decay of agent \"%s\" raises its tier", agent->name);
	if (tier == 0 && agent->status == CGAE_ACTIVE)
		agent->status = cgae_agent_next_status(agent, CGAE_DECAYED);

	cgae_object_begin(&data);
	cgae_object_text(&data, "old_tier", cgae_tier_labels[agent->current_tier]);
	cgae_object_text(&data, "new_tier", cgae_tier_labels[tier]);
	cgae_object_text(&data, "status", cgae_status_labels[agent->status]);
	if (by_policy)
		cgae_object_text(&data, "cause", "policy");
	/* also where no date tells that this policy was in force: the clock was stepped back since */
	if (by_policy || policy->effective_from > Max(agent->clock, agent->recorded_at))
		cgae_object_numeric(&data, "policy_version",
							DirectFunctionCall1(int4_numeric, Int32GetDatum(policy->version)));
	cgae_agent_add_event(agent, agent->status == CGAE_EXPIRED ? "expiration" : "decay",
			  Min(Max(reached, cgae_policy_judges_from(policy)), agent->clock), &data);
}

void
cgae_agent_decay(CgaeAgent *agent, const CgaePolicy *policy, TimestampTz at,
				 const CgaePolicy *next)
{
	CgaeStanding standing = standing_of(agent);
	int32		rated = policy->version;
	int			tier;

	if (!standing.certified || agent->status == CGAE_DEREGISTERED)
		return;
	agent->takes_away = true;
	tier = cgae_standing_decayed_tier(&standing, policy, at);
	if (tier < agent->current_tier)
	{
		add_decay(agent, policy, tier);
		agent->current_tier = tier;
		cgae_row_set(&agent->row, CGAE_AGENT_CURRENT_TIER,
					 ObjectIdGetDatum(agent->row.shape->tier.value[tier]));
	}
	cgae_agent_store_tier_drop(agent, next);
	standing.current_tier = agent->current_tier;
	if (next->version != rated &&
		cgae_standing_decayed_tier(&standing, next, Max(at, agent->certified_at)) >=
		agent->current_tier)
		rated = next->version;
	cgae_row_set(&agent->row, CGAE_AGENT_RATED_POLICY, Int32GetDatum(rated));
}

void
cgae_agent_catch_up(CgaeAgent *agent)
{
	CgaePolicy	in_force;

	/* one without a vector is as good as uncertified */
	if (agent->fault == CGAE_READABLE || agent->fault <= CGAE_FAULT_CERTIFIED_AT ||
		agent->status == CGAE_DEREGISTERED || TIMESTAMP_IS_NOBEGIN(agent->certified_at))
		return;
	cgae_policy_in_force_for_guard(&in_force);
	for (int32 version = 1; version < in_force.version; version++)
	{
		TimestampTz replaced_at = cgae_policy_by_version(version + 1)->effective_from;
		CgaePolicy	replaced = *cgae_policy_by_version(version);

		if (replaced_at > agent->certified_at)
			cgae_agent_decay(agent, &replaced, replaced_at, &in_force);
	}
	agent->takes_away = false;
}
