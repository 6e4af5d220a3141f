/*
 * gate.c
 *	  The gate in SQL: tiers of vectors, with detail, of chains, by policy.
 *
 * Functions that judge by the policy in force are STABLE and look at it row by
 * row; that costs a comparison, see policy.c.  The aggregates are next door in
 * gate_aggregate.c.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "funcapi.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/numeric.h"

#include "policy/gate.h"
#include "policy/policy.h"
#include "server/enum_map.h"
#include "types/robustness.h"

/*
 * cgae.gate_tier(r cgae.robustness) returns cgae.tier
 *
 * Tier of a vector under the policy in force.  Strict.
 */
PG_FUNCTION_INFO_V1(cgae_gate_tier);
Datum
cgae_gate_tier(PG_FUNCTION_ARGS)
{
	CgaeRobustness *r = PG_GETARG_ROBUSTNESS_P(0);
	const CgaeEnumMap *tiers = cgae_tier_map_of_result(fcinfo);

	PG_RETURN_OID(tiers->value[cgae_gate_core_tier(&cgae_policy_for_rows()->gate, r)]);
}

/*
 * cgae.gate_tier(r cgae.robustness, policy_version integer) returns cgae.tier
 *
 * Tier of a vector under a published policy, past ones included.  Strict; an
 * unknown version is an error.
 */
PG_FUNCTION_INFO_V1(cgae_gate_tier_by_version);
Datum
cgae_gate_tier_by_version(PG_FUNCTION_ARGS)
{
	CgaeRobustness *r = PG_GETARG_ROBUSTNESS_P(0);
	const CgaePolicy *policy = cgae_policy_by_version(PG_GETARG_INT32(1));
	const CgaeEnumMap *tiers = cgae_tier_map_of_result(fcinfo);

	PG_RETURN_OID(tiers->value[cgae_gate_core_tier(&policy->gate, r)]);
}

void
cgae_thresholds_of_array(ArrayType *array, CgaeDimension dimension, double *theta)
{
	const char *name = cgae_dimension_names[dimension];

	if (ARR_NDIM(array) != 1 || ARR_DIMS(array)[0] != CGAE_TIERS)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("gate thresholds are refused: %s must have %d elements in one dimension, it has %d in %d",
						name, CGAE_TIERS, ArrayGetNItems(ARR_NDIM(array), ARR_DIMS(array)),
						ARR_NDIM(array))));
	if (array_contains_nulls(array))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("gate thresholds are refused: %s contains a null", name)));

	/* float8 elements without nulls lie one after the other */
	memcpy(theta, ARR_DATA_PTR(array), CGAE_TIERS * sizeof(double));
}

void
cgae_check_thresholds(const CgaeThresholds *thresholds)
{
	const char *fault = cgae_gate_core_fault(thresholds);

	if (fault != NULL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("gate thresholds are refused: %s", fault),
				 errdetail("Each of cc, er and as has six thresholds, T0 to T5, that start at 0, strictly increase and end at or below 1; ih_threshold lies between 0 and 1.")));
}

/*
 * cgae.gate_tier(r cgae.robustness, cc float8[], er float8[], as_ float8[],
 *				  ih_threshold float8) returns cgae.tier
 *
 * Tier of a vector under the caller's own thresholds.  Strict; thresholds that
 * a policy could not have are refused.
 */
PG_FUNCTION_INFO_V1(cgae_gate_tier_by_thresholds);
Datum
cgae_gate_tier_by_thresholds(PG_FUNCTION_ARGS)
{
	CgaeRobustness *r = PG_GETARG_ROBUSTNESS_P(0);
	const CgaeEnumMap *tiers = cgae_tier_map_of_result(fcinfo);
	CgaeThresholds thresholds;

	for (int d = 0; d < CGAE_GATED_DIMENSIONS; d++)
		cgae_thresholds_of_array(PG_GETARG_ARRAYTYPE_P(1 + d), d, thresholds.theta[d]);
	thresholds.ih_threshold = PG_GETARG_FLOAT8(1 + CGAE_GATED_DIMENSIONS);
	cgae_check_thresholds(&thresholds);
	PG_RETURN_OID(tiers->value[cgae_gate_core_tier(&thresholds, r)]);
}

/* What gate_detail keeps in fn_extra. */
typedef struct DetailCache
{
	CgaeEnumMap tiers;
	TupleDesc	desc;
} DetailCache;

/* Positions of the result columns of gate_detail. */
enum
{
	DETAIL_TIER,
	DETAIL_TIER_INDEX,
	DETAIL_G_CC,
	DETAIL_G_ER,
	DETAIL_G_AS,
	DETAIL_IH_PASS,
	DETAIL_BINDING_DIMENSION,
	DETAIL_GAP_TO_NEXT_TIER,
	DETAIL_BUDGET_CEILING,
	DETAIL_COLUMNS
};

/* The row type of gate_detail and the tier enum in it, looked up once a call site. */
static const DetailCache *
detail_cache(FunctionCallInfo fcinfo)
{
	DetailCache *cache = fcinfo->flinfo->fn_extra;
	MemoryContext oldcontext;
	TupleDesc	desc;

	if (likely(cache != NULL))
		return cache;

	if (get_call_result_type(fcinfo, NULL, &desc) != TYPEFUNC_COMPOSITE ||
		desc->natts != DETAIL_COLUMNS)
		elog(ERROR, "unexpected result type of gate_detail");

	oldcontext = MemoryContextSwitchTo(fcinfo->flinfo->fn_mcxt);
	cache = palloc(sizeof(DetailCache));
	cgae_enum_map_init(&cache->tiers, TupleDescAttr(desc, DETAIL_TIER)->atttypid,
					   cgae_tier_labels, CGAE_TIERS);
	cache->desc = BlessTupleDesc(CreateTupleDescCopy(desc));
	MemoryContextSwitchTo(oldcontext);
	return fcinfo->flinfo->fn_extra = cache;
}

/*
 * cgae.gate_detail(r cgae.robustness, OUT tier cgae.tier, OUT tier_index integer,
 *					OUT g_cc integer, OUT g_er integer, OUT g_as integer,
 *					OUT ih_pass boolean, OUT binding_dimension text,
 *					OUT gap_to_next_tier float8, OUT budget_ceiling numeric)
 *
 * Why a vector has its tier under the policy in force.  binding_dimension is
 * 'ih' when ih fails (the gap is then the distance to its threshold).  At T5
 * both are null: there is no next tier.  Strict.
 */
PG_FUNCTION_INFO_V1(cgae_gate_detail);
Datum
cgae_gate_detail(PG_FUNCTION_ARGS)
{
	CgaeRobustness *r = PG_GETARG_ROBUSTNESS_P(0);
	const DetailCache *cache = detail_cache(fcinfo);
	const CgaePolicy *policy = cgae_policy_in_force();
	CgaeGateDetail detail;
	Datum		values[DETAIL_COLUMNS];
	bool		nulls[DETAIL_COLUMNS] = {false};

	cgae_gate_core_detail(&policy->gate, r, &detail);

	values[DETAIL_TIER] = ObjectIdGetDatum(cache->tiers.value[detail.tier]);
	values[DETAIL_TIER_INDEX] = Int32GetDatum(detail.tier);
	values[DETAIL_G_CC] = Int32GetDatum(detail.step[CGAE_CC]);
	values[DETAIL_G_ER] = Int32GetDatum(detail.step[CGAE_ER]);
	values[DETAIL_G_AS] = Int32GetDatum(detail.step[CGAE_AS]);
	values[DETAIL_IH_PASS] = BoolGetDatum(detail.ih_pass != 0);
	if (detail.binding < 0)
	{
		nulls[DETAIL_BINDING_DIMENSION] = nulls[DETAIL_GAP_TO_NEXT_TIER] = true;
		values[DETAIL_BINDING_DIMENSION] = values[DETAIL_GAP_TO_NEXT_TIER] = (Datum) 0;
	}
	else
	{
		const char *name = cgae_dimension_names[detail.binding];

		values[DETAIL_BINDING_DIMENSION] = CStringGetTextDatum(name);
		values[DETAIL_GAP_TO_NEXT_TIER] = Float8GetDatum(detail.gap);
	}
	values[DETAIL_BUDGET_CEILING] = NumericGetDatum(policy->budget_ceiling[detail.tier]);

	PG_RETURN_DATUM(HeapTupleGetDatum(heap_form_tuple(cache->desc, values, nulls)));
}

/*
 * cgae.budget_ceiling(tier cgae.tier) returns numeric
 *
 * What a tier may spend under the policy in force.  Strict.
 */
PG_FUNCTION_INFO_V1(cgae_budget_ceiling);
Datum
cgae_budget_ceiling(PG_FUNCTION_ARGS)
{
	int			tier = cgae_enum_map_index(cgae_tier_map_of_argument(fcinfo, 0), PG_GETARG_OID(0));
	Numeric		ceiling = cgae_policy_in_force()->budget_ceiling[tier];

	/* the policy's own copy may go with its cache entry */
	PG_RETURN_NUMERIC(DatumGetNumericCopy(NumericGetDatum(ceiling)));
}

/*
 * cgae.chain_tier(chain cgae.robustness[]) returns cgae.tier
 *
 * Tier of a delegation chain: that of its weakest member, T0 when it is empty.
 * Strict; a null member is an error.  The array may have any shape.
 */
PG_FUNCTION_INFO_V1(cgae_chain_tier);
Datum
cgae_chain_tier(PG_FUNCTION_ARGS)
{
	ArrayType  *chain = PG_GETARG_ARRAYTYPE_P(0);
	const CgaeEnumMap *tiers = cgae_tier_map_of_result(fcinfo);
	const CgaeThresholds *gate = &cgae_policy_in_force()->gate;
	const CgaeRobustness *members = (const CgaeRobustness *) ARR_DATA_PTR(chain);
	int			count = ArrayGetNItems(ARR_NDIM(chain), ARR_DIMS(chain));
	int			tier = count > 0 ? CGAE_TIERS - 1 : 0;

	if (array_contains_nulls(chain))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("delegation chain has a null member"),
				 errdetail("The tier of a chain is that of its weakest member, so every member must be known.")));

	/* elements of fixed length without nulls lie one after the other */
	for (int i = 0; i < count; i++)
		tier = Min(tier, cgae_gate_core_tier(gate, &members[i]));

	PG_RETURN_OID(tiers->value[tier]);
}
