/*
 * gate_aggregate.c
 *	  Aggregates over vectors: tier of a chain, aggregate safety.
 *
 * Both have an SQL type as state and a combine function, so that they run in
 * parallel and on distributed tables.
 */
#include "postgres.h"

#include <math.h>

#include "catalog/pg_type.h"
#include "common/shortest_dec.h"
#include "utils/array.h"

#include "policy/policy.h"
#include "server/enum_map.h"
#include "types/robustness.h"

/* Refuse a row without vector: leaving it out would overstate the result. */
static void
refuse_null_member(const char *aggregate)
{
	ereport(ERROR,
			(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
			 errmsg("robustness given to %s is null", aggregate),
			 errhint("Leave such rows out with FILTER (WHERE ... IS NOT NULL) if that is what you mean.")));
}

/*
 * cgae.chain_tier_accum(state cgae.tier, r cgae.robustness) returns cgae.tier
 *
 * Transition of chain_tier_agg.  The state is the tier so far, null at first;
 * partial states combine by the lesser enum value.  A null r is an error.
 */
PG_FUNCTION_INFO_V1(cgae_chain_tier_accum);
Datum
cgae_chain_tier_accum(PG_FUNCTION_ARGS)
{
	const CgaeEnumMap *tiers = cgae_tier_map_of_result(fcinfo);
	int			tier;

	if (PG_ARGISNULL(1))
		refuse_null_member("chain_tier_agg");

	tier = cgae_gate_core_tier(&cgae_policy_for_rows()->gate, PG_GETARG_ROBUSTNESS_P(1));
	if (!PG_ARGISNULL(0))
		tier = Min(tier, cgae_enum_map_index(tiers, PG_GETARG_OID(0)));
	PG_RETURN_OID(tiers->value[tier]);
}

/*
 * cgae.chain_tier_final(state cgae.tier) returns cgae.tier
 *
 * Final function of chain_tier_agg: no member came, T0.
 */
PG_FUNCTION_INFO_V1(cgae_chain_tier_final);
Datum
cgae_chain_tier_final(PG_FUNCTION_ARGS)
{
	if (PG_ARGISNULL(0))
		PG_RETURN_OID(cgae_tier_map_of_result(fcinfo)->value[0]);
	PG_RETURN_DATUM(PG_GETARG_DATUM(0));
}

/*
 * State of aggregate_safety, a float8[2]: total exposure sum(E) and exposed
 * loss sum(E * (1 - weakest)).  Every addend of the second is at most the one
 * of the first and rounding keeps that order, so 0 <= loss <= total and the
 * result never leaves [0,1].
 */
typedef struct SafetyState
{
	double		total;
	double		loss;
} SafetyState;

/* The two sums inside a state array; an array of another shape is an error. */
static SafetyState *
safety_state(ArrayType *array)
{
	if (ARR_NDIM(array) != 1 || ARR_DIMS(array)[0] != 2 || ARR_HASNULL(array) ||
		ARR_ELEMTYPE(array) != FLOAT8OID)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("state of aggregate_safety must be an array of two numbers")));
	return (SafetyState *) ARR_DATA_PTR(array);
}

/*
 * Add to a state, in place inside an aggregate, else in a new array.  An
 * infinite total would make the quotient meaningless, so it is an error as in
 * sum(float8).
 */
static Datum
add_to_safety(FunctionCallInfo fcinfo, double exposure, double loss)
{
	ArrayType  *array = AggCheckCallContext(fcinfo, NULL) ? PG_GETARG_ARRAYTYPE_P(0) :
		PG_GETARG_ARRAYTYPE_P_COPY(0);
	SafetyState *state = safety_state(array);

	state->total += exposure;
	state->loss += loss;
	if (unlikely(isinf(state->total)))
		ereport(ERROR,
				(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
				 errmsg("sum of exposures in aggregate_safety is out of range for double precision")));
	PG_RETURN_ARRAYTYPE_P(array);
}

/*
 * cgae.aggregate_safety_accum(state float8[], r cgae.robustness, exposure float8)
 *		returns float8[]
 *
 * Transition of aggregate_safety.  A null r or exposure is an error, and so is
 * an exposure that is negative, NaN or infinite: next to an infinite one no
 * other would count, and its share of an infinite sum is undefined.
 */
PG_FUNCTION_INFO_V1(cgae_aggregate_safety_accum);
Datum
cgae_aggregate_safety_accum(PG_FUNCTION_ARGS)
{
	double		exposure;

	if (PG_ARGISNULL(0))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("state of aggregate_safety is null")));
	if (PG_ARGISNULL(1))
		refuse_null_member("aggregate_safety");
	if (PG_ARGISNULL(2))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("exposure given to aggregate_safety is null")));

	exposure = PG_GETARG_FLOAT8(2);
	if (unlikely(!(exposure >= 0) || isinf(exposure)))
	{
		char		value[DOUBLE_SHORTEST_DECIMAL_LEN];

		double_to_shortest_decimal_buf(exposure, value);
		ereport(ERROR,
				(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
				 errmsg("exposure given to aggregate_safety is out of range: %s", value),
				 errdetail("An exposure is a finite number, not negative.")));
	}

	return add_to_safety(fcinfo, exposure,
						 exposure * (1 - cgae_gate_core_weakest(PG_GETARG_ROBUSTNESS_P(1))));
}

/*
 * cgae.aggregate_safety_combine(state float8[], other float8[]) returns float8[]
 *
 * Adds a partial state to another.  Strict.
 */
PG_FUNCTION_INFO_V1(cgae_aggregate_safety_combine);
Datum
cgae_aggregate_safety_combine(PG_FUNCTION_ARGS)
{
	SafetyState *other = safety_state(PG_GETARG_ARRAYTYPE_P(1));

	return add_to_safety(fcinfo, other->total, other->loss);
}

/*
 * cgae.aggregate_safety_final(state float8[]) returns float8
 *
 * S = 1 - sum(E * (1 - weakest)) / sum(E), and 1 when nothing is exposed.  Strict.
 */
PG_FUNCTION_INFO_V1(cgae_aggregate_safety_final);
Datum
cgae_aggregate_safety_final(PG_FUNCTION_ARGS)
{
	SafetyState *state = safety_state(PG_GETARG_ARRAYTYPE_P(0));

	if (state->total == 0)
		PG_RETURN_FLOAT8(1);
	PG_RETURN_FLOAT8(1 - state->loss / state->total);
}
