/*
 * policy_rules.c
 *	  What a row of cgae.gate_policies says, and what no policy may say.
 *
 * The rules of policies stand here alone: the guard of gate_policies, the cache
 * of policies and cgae.check_registry() all read rows through it.
 */
#include "postgres.h"

#include <math.h>

#include "access/htup_details.h"
#include "catalog/pg_type.h"
#include "common/int.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/timestamp.h"

#include "policy/policy_rules.h"
#include "server/errors.h"

/* Refuse a policy row, naming the column. */
static void
refuse_policy(const char *column, const char *rule)
{
	ereport(ERROR,
			(errcode(ERRCODE_CHECK_VIOLATION),
			 errmsg("gate policy is refused: %s %s", column, rule),
			 cgae_err_object("gate_policies", column, NULL)));
}

/* Fetch a column by name; it must be there and not null. */
static Datum
policy_column(HeapTuple tuple, TupleDesc desc, const char *name, Oid type)
{
	for (int i = 0; i < desc->natts; i++)
	{
		Form_pg_attribute att = TupleDescAttr(desc, i);
		bool		isnull;
		Datum		value;

		if (att->attisdropped || strcmp(NameStr(att->attname), name) != 0)
			continue;
		if (att->atttypid != type)
			ereport(ERROR,
					(errcode(ERRCODE_DATATYPE_MISMATCH),
					 errmsg("column \"%s\" of gate policies has type %s, not %s", name,
							format_type_be(att->atttypid), format_type_be(type))));
		value = heap_getattr(tuple, att->attnum, desc, &isnull);
		if (isnull)
			ereport(ERROR,
					(errcode(ERRCODE_NOT_NULL_VIOLATION),
					 errmsg("gate policy is refused: %s is null", name),
					 cgae_err_object("gate_policies", name, NULL)));
		return value;
	}
	ereport(ERROR,
			(errcode(ERRCODE_UNDEFINED_COLUMN),
			 errmsg("gate policies have no column \"%s\"", name)));
	return (Datum) 0;			/* not reached */
}

/* Take apart an array of six non-null elements. */
static Datum *
six_elements(ArrayType *array, const char *column, Oid type, int16 len, bool byval, char align)
{
	Datum	   *elements;
	bool	   *nulls;
	int			count;

	if (ARR_NDIM(array) != 1)
		refuse_policy(column, "must be a one-dimensional array of six values, T0 to T5");
	if (ARR_DIMS(array)[0] != CGAE_TIERS)
		refuse_policy(column, "must have exactly six values, T0 to T5");
	deconstruct_array(array, type, len, byval, align, &elements, &nulls, &count);
	for (int i = 0; i < count; i++)
		if (nulls[i])
			refuse_policy(column, "must not contain a null");
	return elements;
}

/* Read a float8[6] column. */
static void
six_doubles(HeapTuple tuple, TupleDesc desc, const char *column, double *dest)
{
	ArrayType  *array = DatumGetArrayTypeP(policy_column(tuple, desc, column, FLOAT8ARRAYOID));
	Datum	   *elements = six_elements(array, column, FLOAT8OID, sizeof(float8),
										FLOAT8PASSBYVAL, TYPALIGN_DOUBLE);

	for (int i = 0; i < CGAE_TIERS; i++)
		dest[i] = DatumGetFloat8(elements[i]);
}

void
cgae_policy_from_tuple(HeapTuple tuple, TupleDesc desc, CgaePolicy *policy)
{
	static const char *const dimension[CGAE_GATED_DIMENSIONS] = {"cc", "er", "as_"};
	const char *fault;
	Datum	   *ceilings;
	Interval   *step;

	memset(policy, 0, sizeof(*policy));
	policy->version = DatumGetInt32(policy_column(tuple, desc, "version", INT4OID));

	for (int d = 0; d < CGAE_GATED_DIMENSIONS; d++)
		six_doubles(tuple, desc, dimension[d], policy->gate.theta[d]);
	policy->gate.ih_threshold =
		DatumGetFloat8(policy_column(tuple, desc, "ih_threshold", FLOAT8OID));
	fault = cgae_gate_core_fault(&policy->gate);
	if (fault != NULL)
		ereport(ERROR,
				(errcode(ERRCODE_CHECK_VIOLATION),
				 errmsg("gate policy is refused: %s", fault),
				 cgae_err_object("gate_policies", NULL, NULL)));

	ceilings = six_elements(DatumGetArrayTypeP(policy_column(tuple, desc, "budget_ceilings",
															 NUMERICARRAYOID)),
							"budget_ceilings", NUMERICOID, -1, false, TYPALIGN_INT);
	for (int i = 0; i < CGAE_TIERS; i++)
	{
		policy->budget_ceiling[i] = DatumGetNumericCopy(ceilings[i]);
		if (numeric_is_nan(policy->budget_ceiling[i]) || numeric_is_inf(policy->budget_ceiling[i]))
			refuse_policy("budget_ceilings", "must be finite");
		if (DatumGetBool(DirectFunctionCall2(numeric_lt, ceilings[i],
											 i > 0 ? ceilings[i - 1] :
											 DirectFunctionCall1(int4_numeric, Int32GetDatum(0)))))
			refuse_policy("budget_ceilings", "must start at 0 or above and never decrease");
	}

	six_doubles(tuple, desc, "audit_intensities", policy->audit_intensity);
	for (int i = 0; i < CGAE_TIERS; i++)
	{
		double		intensity = policy->audit_intensity[i];

		/* written so that NaN fails */
		if (!(intensity >= (i > 0 ? policy->audit_intensity[i - 1] : 0)) || isinf(intensity))
			refuse_policy("audit_intensities",
						  "must be finite, start at 0 or above and never decrease");
	}

	policy->decay_rate = DatumGetFloat8(policy_column(tuple, desc, "decay_rate", FLOAT8OID));
	if (!(policy->decay_rate >= 0) || isinf(policy->decay_rate))
		refuse_policy("decay_rate", "must be finite and not negative");

	policy->effective_from =
		DatumGetTimestampTz(policy_column(tuple, desc, "effective_from", TIMESTAMPTZOID));

	step = DatumGetIntervalP(policy_column(tuple, desc, "time_step", INTERVALOID));
	if (step->month != 0)
		refuse_policy("time_step", "must not contain months or years, whose length varies");
	if (step->day > PG_INT32_MAX / 2 || step->day < PG_INT32_MIN / 2 ||
		pg_add_s64_overflow((int64) step->day * USECS_PER_DAY, step->time, &policy->time_step) ||
		policy->time_step <= 0)
		refuse_policy("time_step", "must be positive and shorter than 2900 centuries");
}

void
cgae_policy_of_paper(CgaePolicy *policy)
{
	const CgaePaperPolicy *paper = &cgae_paper_policy;

	memset(policy, 0, sizeof(*policy));
	policy->gate = paper->gate;
	memcpy(policy->audit_intensity, paper->audit_intensity, sizeof(policy->audit_intensity));
	policy->decay_rate = paper->decay_rate;
	policy->time_step = paper->time_step * USECS_PER_DAY;
	policy->effective_from = DT_NOBEGIN;
	for (int i = 0; i < CGAE_TIERS; i++)
	{
		Datum		ceiling = DirectFunctionCall3(numeric_in,
												  CStringGetDatum(paper->budget_ceiling[i]),
												  ObjectIdGetDatum(InvalidOid), Int32GetDatum(-1));

		policy->budget_ceiling[i] = DatumGetNumeric(ceiling);
	}
}

bool
cgae_policy_is_the_papers(const CgaePolicy *policy)
{
	CgaePolicy	paper;

	cgae_policy_of_paper(&paper);
	for (int i = 0; i < CGAE_TIERS; i++)
	{
		Datum		ceiling = NumericGetDatum(policy->budget_ceiling[i]);
		Datum		papers = NumericGetDatum(paper.budget_ceiling[i]);

		if (policy->audit_intensity[i] != paper.audit_intensity[i] ||
			!DatumGetBool(DirectFunctionCall2(numeric_eq, ceiling, papers)))
			return false;
	}
	for (int d = 0; d < CGAE_GATED_DIMENSIONS; d++)
		for (int i = 0; i < CGAE_TIERS; i++)
			if (policy->gate.theta[d][i] != paper.gate.theta[d][i])
				return false;
	return policy->gate.ih_threshold == paper.gate.ih_threshold &&
		policy->decay_rate == paper.decay_rate && policy->time_step == paper.time_step;
}
