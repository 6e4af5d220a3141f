/*
 * check_rating.c
 *	  Under which policy an agent's tier was rated, and what brought it down.
 *
 * A publication leaves no event with each agent.  So these are bounds, which
 * hold whatever the clock did: a policy that rated a tier granted it to the
 * vector as it was certified, and one that did not rate it does not grant it
 * any more.
 */
#include "postgres.h"

#include "utils/fmgrprotos.h"
#include "utils/numeric.h"
#include "utils/timestamp.h"

#include "check/check_rating.h"
#include "core/decay_core.h"

/* Tier of the last certified vector under a policy, at an instant. */
static int
tier_under(const CgaeReplay *replay, const CgaePolicy *policy, TimestampTz at)
{
	CgaeDecay	decay = {policy->decay_rate, policy->time_step};

	return cgae_decay_core_tier(&policy->gate, &decay, &replay->robustness, replay->certified_at,
								Max(at, replay->certified_at));
}

/* Did one of these versions grant a tier to the vector as it was certified? */
static bool
was_granted(const CgaeCheck *check, const CgaeReplay *replay, int32 first, int32 last, int tier)
{
	for (int i = 0; i < check->policy_count; i++)
	{
		const CgaePolicy *policy = &check->policies[i];

		if (policy->version >= first && policy->version <= last &&
			tier_under(replay, policy, replay->certified_at) >= tier)
			return true;
	}
	return false;
}

/* A member of an event's data, which may be of any type; false: there is none. */
static bool
member(const CgaeCheckFact *fact, const char *key, JsonbValue *value)
{
	return fact->data != NULL && JB_ROOT_IS_OBJECT(fact->data) &&
		getKeyJsonValueFromContainer(&fact->data->root, key, strlen(key), value) != NULL;
}

/* The number of a version as an event tells it, 0 when it tells none. */
static int32
named_version(const CgaeCheck *check, const CgaeCheckFact *fact)
{
	JsonbValue	value;

	if (!member(fact, "policy_version", &value) || value.type != jbvNumeric)
		return 0;
	for (int i = 0; i < check->policy_count; i++)
	{
		int32		version = check->policies[i].version;
		Datum		numeric = DirectFunctionCall1(int4_numeric, Int32GetDatum(version));

		if (DatumGetBool(DirectFunctionCall2(numeric_eq, numeric,
											 NumericGetDatum(value.val.numeric))))
			return version;
	}
	return 0;
}

void
cgae_check_cause(CgaeCheck *check, const CgaeReplay *replay, const CgaeCheckFact *fact,
				 int old_tier)
{
	JsonbValue	value;
	bool		has_cause = member(fact, "cause", &value);
	int32		version = named_version(check, fact);
	const CgaePolicy *policy = cgae_check_policy(check, version);

	if (!has_cause && (!member(fact, "policy_version", &value) ||
					   (policy != NULL && policy->effective_from > fact->recorded_at)))
	{
		/* where the clock was stepped back since its policy was published, a decay names that */
		if (!was_granted(check, replay, Max(replay->policy_version, version),
						 policy != NULL ? version : PG_INT32_MAX, old_tier))
			cgae_check_report(check, "cause",
							  "number %d is a decay from %s,"
							  " which no policy since the certification granted",
							  fact->seq, cgae_tier_labels[old_tier]);
	}
	else if (!has_cause || value.type != jbvString || value.val.string.len != strlen("policy") ||
			 strncmp(value.val.string.val, "policy", strlen("policy")) != 0 || policy == NULL)
		cgae_check_report(check, "cause", "number %d does not name a policy that brought the fall",
						  fact->seq);
	else if (!was_granted(check, replay, replay->policy_version, version - 1, old_tier) ||
			 tier_under(replay, policy, Max(fact->at, fact->recorded_at)) >= old_tier)
		cgae_check_report(check, "cause",
						  "number %d says that policy %d brought the fall from %s,"
						  " which it did not",
						  fact->seq, version, cgae_tier_labels[old_tier]);
}

void
cgae_check_rated(CgaeCheck *check, const CgaeReplay *replay, int32 rated)
{
	const CgaePolicy *policy = cgae_check_policy(check, rated);
	const CgaePolicy *next = cgae_check_policy(check, rated + 1);

	if (policy == NULL)
		cgae_check_report(check, "rated_policy", "is %d, which is no valid version", rated);
	else if (replay->certifications == 0)
		return;
	else if (rated < replay->policy_version)
		cgae_check_report(check, "rated_policy",
						  "is %d, where policy %d judged the last certification",
						  rated, replay->policy_version);
	else if (tier_under(replay, policy, replay->certified_at) < replay->current_tier)
		cgae_check_report(check, "rated_policy", "is %d, which never granted %s", rated,
						  cgae_tier_labels[replay->current_tier]);
	else if (next != NULL && !replay->deregistered &&
			 tier_under(replay, next, Max(GetCurrentTimestamp(), next->effective_from)) >=
			 replay->current_tier)
		cgae_check_report(check, "rated_policy",
						  "is %d, where the later policy %d grants %s as well",
						  rated, next->version, cgae_tier_labels[replay->current_tier]);
}
