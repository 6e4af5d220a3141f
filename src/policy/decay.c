/*
 * decay.c
 *	  Decay in SQL: decayed vectors and tiers, when a tier falls, how likely a
 *	  spot audit is.
 *
 * The functions without a policy in their arguments judge by the one in force
 * and are STABLE.  They compute; nothing decayed is ever stored.
 */
#include "postgres.h"

#include <math.h>

#include "utils/timestamp.h"

#include "core/decay_core.h"
#include "policy/policy.h"
#include "server/compat.h"
#include "server/enum_map.h"
#include "types/robustness.h"

/* Refuse an elapsed time that is negative or NaN; infinite is fine. */
static inline void
check_elapsed(double elapsed)
{
	/* written so that NaN fails */
	if (!(elapsed >= 0))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("elapsed time %s is refused: it must be 0 or more time steps",
						float8out_internal(elapsed))));
}

/* Refuse a decay rate that is negative or NaN; infinite is fine. */
static inline void
check_rate(double rate)
{
	if (!(rate >= 0))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("decay rate %s is refused: it must be 0 or more per time step",
						float8out_internal(rate))));
}

/* Refuse an instant before the certification, naming both. */
static inline void
check_order(TimestampTz certified_at, TimestampTz at)
{
	if (unlikely(at < certified_at))
	{
		/* timestamptz_to_str() has one buffer */
		char	   *certification = pstrdup(timestamptz_to_str(certified_at));

		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("instant %s is refused: it is before the certification at %s",
						timestamptz_to_str(at), certification)));
	}
}

static inline CgaeDecay
decay_of_policy(const CgaePolicy *policy)
{
	return (CgaeDecay) {.rate = policy->decay_rate, .time_step = policy->time_step};
}

/* A vector times a factor, as a new value in the current context. */
static CgaeRobustness *
decayed_copy(const CgaeRobustness *r, double factor)
{
	CgaeRobustness *decayed = palloc(sizeof(CgaeRobustness));

	cgae_decay_core_apply(r, factor, decayed);
	return decayed;
}

/*
 * cgae.decay_factor(elapsed float8, rate float8) returns float8
 *
 * e^(-rate * elapsed), elapsed in time steps.  1 when either is 0, else 0 when
 * either is infinite.  Strict; negative and NaN are errors.
 */
PG_FUNCTION_INFO_V1(cgae_decay_factor);
Datum
cgae_decay_factor(PG_FUNCTION_ARGS)
{
	double		elapsed = PG_GETARG_FLOAT8(0);
	double		rate = PG_GETARG_FLOAT8(1);

	check_elapsed(elapsed);
	check_rate(rate);
	PG_RETURN_FLOAT8(cgae_decay_core_factor(elapsed, rate));
}

/*
 * cgae.effective_robustness(r cgae.robustness, elapsed float8, rate float8)
 *		returns cgae.robustness
 *
 * The vector times decay_factor(elapsed, rate), all four scores.  Strict;
 * errors as there.
 */
PG_FUNCTION_INFO_V1(cgae_effective_robustness);
Datum
cgae_effective_robustness(PG_FUNCTION_ARGS)
{
	CgaeRobustness *r = PG_GETARG_ROBUSTNESS_P(0);
	double		elapsed = PG_GETARG_FLOAT8(1);
	double		rate = PG_GETARG_FLOAT8(2);

	check_elapsed(elapsed);
	check_rate(rate);
	PG_RETURN_ROBUSTNESS_P(decayed_copy(r, cgae_decay_core_factor(elapsed, rate)));
}

/*
 * cgae.effective_robustness_at(r cgae.robustness, certified_at timestamptz,
 *								at timestamptz) returns cgae.robustness
 *
 * The vector as it has decayed by an instant, under the policy in force.
 * Strict; an instant before the certification is an error.  Infinite instants:
 * nothing has elapsed between one and itself, for ever between it and others.
 */
PG_FUNCTION_INFO_V1(cgae_effective_robustness_at);
Datum
cgae_effective_robustness_at(PG_FUNCTION_ARGS)
{
	CgaeRobustness *r = PG_GETARG_ROBUSTNESS_P(0);
	TimestampTz certified_at = PG_GETARG_TIMESTAMPTZ(1);
	TimestampTz at = PG_GETARG_TIMESTAMPTZ(2);
	const CgaePolicy *policy = cgae_policy_in_force();
	double		elapsed;

	check_order(certified_at, at);
	elapsed = cgae_decay_core_elapsed(certified_at, at, policy->time_step);
	PG_RETURN_ROBUSTNESS_P(decayed_copy(r, cgae_decay_core_factor(elapsed, policy->decay_rate)));
}

/*
 * cgae.effective_tier_at(r cgae.robustness, certified_at timestamptz,
 *						  at timestamptz) returns cgae.tier
 *
 * Tier of the decayed vector under the policy in force.  Knows nothing of an
 * agent's status.  Strict; an instant before the certification is an error.
 */
PG_FUNCTION_INFO_V1(cgae_effective_tier_at);
Datum
cgae_effective_tier_at(PG_FUNCTION_ARGS)
{
	CgaeRobustness *r = PG_GETARG_ROBUSTNESS_P(0);
	TimestampTz certified_at = PG_GETARG_TIMESTAMPTZ(1);
	TimestampTz at = PG_GETARG_TIMESTAMPTZ(2);
	const CgaeEnumMap *tiers = cgae_tier_map_of_result(fcinfo);
	const CgaePolicy *policy = cgae_policy_for_rows();
	CgaeDecay	decay = decay_of_policy(policy);

	check_order(certified_at, at);
	PG_RETURN_OID(tiers->value[cgae_decay_core_tier(&policy->gate, &decay, r, certified_at, at)]);
}

/*
 * cgae.time_to_tier_drop(score float8, threshold float8, rate float8) returns float8
 *
 * Time steps until a score decays to a threshold: ln(score / threshold) / rate;
 * 0 when it is there already, a score of 0 at a threshold of 0 too; else null
 * when the threshold is 0 or less (it is never reached), infinity when the rate
 * is 0.  Strict; a score outside [0,1],
 * a threshold above 1, a negative rate and NaN are errors.
 */
PG_FUNCTION_INFO_V1(cgae_time_to_tier_drop);
Datum
cgae_time_to_tier_drop(PG_FUNCTION_ARGS)
{
	double		score = PG_GETARG_FLOAT8(0);
	double		threshold = PG_GETARG_FLOAT8(1);
	double		rate = PG_GETARG_FLOAT8(2);

	/* both written so that NaN fails */
	if (!(score >= 0 && score <= 1))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("score %s is refused: it must be between 0 and 1",
						float8out_internal(score))));
	if (!(threshold <= 1))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("threshold %s is refused: it must not be above 1",
						float8out_internal(threshold))));
	check_rate(rate);

	if (threshold <= 0 && score > threshold)
		PG_RETURN_NULL();
	PG_RETURN_FLOAT8(cgae_decay_core_time_to_drop(score, threshold, rate));
}

/*
 * cgae.tier_drop_at(r cgae.robustness, certified_at timestamptz) returns timestamptz
 *
 * The first instant at which effective_tier_at(r, certified_at, ...) is below
 * what it is at certified_at, to the microsecond, under the policy in force.
 * Null when it never falls within the range of the type: at T0, at a decay
 * rate of 0, and for an infinite certified_at.  Strict.
 */
PG_FUNCTION_INFO_V1(cgae_tier_drop_at);
Datum
cgae_tier_drop_at(PG_FUNCTION_ARGS)
{
	CgaeRobustness *r = PG_GETARG_ROBUSTNESS_P(0);
	TimestampTz certified_at = PG_GETARG_TIMESTAMPTZ(1);
	const CgaePolicy *policy = cgae_policy_in_force();
	CgaeDecay	decay = decay_of_policy(policy);
	int			tier = cgae_gate_core_tier(&policy->gate, r);
	TimestampTz at;

	if (tier == 0 || TIMESTAMP_NOT_FINITE(certified_at))
		PG_RETURN_NULL();
	at = cgae_decay_core_reaches(&policy->gate, &decay, r, certified_at, tier - 1);
	/* no timestamp that drivers cannot read */
	if (TIMESTAMP_IS_NOEND(at))
		PG_RETURN_NULL();
	PG_RETURN_TIMESTAMPTZ(at);
}

/*
 * cgae.audit_probability(tier cgae.tier, elapsed float8) returns float8
 *
 * Probability that an agent of a tier has been audited within so many time
 * steps of its last audit, 1 - e^(-mu * elapsed), mu of the policy in force.
 * Strict; a negative or NaN elapsed time is an error.
 */
PG_FUNCTION_INFO_V1(cgae_audit_probability);
Datum
cgae_audit_probability(PG_FUNCTION_ARGS)
{
	int			tier = cgae_enum_map_index(cgae_tier_map_of_argument(fcinfo, 0), PG_GETARG_OID(0));
	double		elapsed = PG_GETARG_FLOAT8(1);
	double		intensity = cgae_policy_in_force()->audit_intensity[tier];

	check_elapsed(elapsed);
	/* 0 times infinity would be NaN */
	if (intensity == 0 || elapsed == 0)
		PG_RETURN_FLOAT8(0);
	/* exact also where e^(-mu * elapsed) is next to 1 */
	PG_RETURN_FLOAT8(-expm1(-(intensity * elapsed)));
}
