/*
 * robustness_ops.c
 *	  Comparison, ordering and hashing of cgae.robustness.
 *
 * The order is lexicographic: cc, er, as, ih.  It serves indexes, sorting and
 * grouping; it says nothing about tiers, which the gate decides.  Scores are
 * never NaN nor -0 (robustness.h), so plain comparison is a total order, equal
 * values are bitwise equal, and the hash may take the bytes as they are.
 */
#include "postgres.h"

#include "common/hashfn.h"
#include "utils/sortsupport.h"

#include "types/robustness.h"

/* Compare two values: negative, zero or positive. */
static inline int
compare(const CgaeRobustness *a, const CgaeRobustness *b)
{
	for (int d = 0; d < CGAE_DIMENSIONS; d++)
	{
		if (a->score[d] < b->score[d])
			return -1;
		if (a->score[d] > b->score[d])
			return 1;
	}
	return 0;
}

/* The arguments of a comparison function, compared. */
static inline int
compare_args(FunctionCallInfo fcinfo)
{
	return compare(PG_GETARG_ROBUSTNESS_P(0), PG_GETARG_ROBUSTNESS_P(1));
}

/* cgae.robustness_eq(cgae.robustness, cgae.robustness) returns boolean: operator = */
PG_FUNCTION_INFO_V1(cgae_robustness_eq);
Datum
cgae_robustness_eq(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(compare_args(fcinfo) == 0);
}

/* cgae.robustness_ne(cgae.robustness, cgae.robustness) returns boolean: operator <> */
PG_FUNCTION_INFO_V1(cgae_robustness_ne);
Datum
cgae_robustness_ne(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(compare_args(fcinfo) != 0);
}

/* cgae.robustness_lt(cgae.robustness, cgae.robustness) returns boolean: operator < */
PG_FUNCTION_INFO_V1(cgae_robustness_lt);
Datum
cgae_robustness_lt(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(compare_args(fcinfo) < 0);
}

/* cgae.robustness_le(cgae.robustness, cgae.robustness) returns boolean: operator <= */
PG_FUNCTION_INFO_V1(cgae_robustness_le);
Datum
cgae_robustness_le(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(compare_args(fcinfo) <= 0);
}

/* cgae.robustness_gt(cgae.robustness, cgae.robustness) returns boolean: operator > */
PG_FUNCTION_INFO_V1(cgae_robustness_gt);
Datum
cgae_robustness_gt(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(compare_args(fcinfo) > 0);
}

/* cgae.robustness_ge(cgae.robustness, cgae.robustness) returns boolean: operator >= */
PG_FUNCTION_INFO_V1(cgae_robustness_ge);
Datum
cgae_robustness_ge(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(compare_args(fcinfo) >= 0);
}

/* cgae.robustness_cmp(cgae.robustness, cgae.robustness) returns integer: btree support 1 */
PG_FUNCTION_INFO_V1(cgae_robustness_cmp);
Datum
cgae_robustness_cmp(PG_FUNCTION_ARGS)
{
	PG_RETURN_INT32(compare_args(fcinfo));
}

/* The comparison as sorting calls it. */
static int
compare_datums(Datum a, Datum b, SortSupport ssup)
{
	return compare(DatumGetRobustnessP(a), DatumGetRobustnessP(b));
}

/* cgae.robustness_sortsupport(internal) returns void: btree support 2 */
PG_FUNCTION_INFO_V1(cgae_robustness_sortsupport);
Datum
cgae_robustness_sortsupport(PG_FUNCTION_ARGS)
{
	SortSupport ssup = (SortSupport) PG_GETARG_POINTER(0);

	ssup->comparator = compare_datums;
	PG_RETURN_VOID();
}

/* cgae.robustness_hash(cgae.robustness) returns integer: hash support 1 */
PG_FUNCTION_INFO_V1(cgae_robustness_hash);
Datum
cgae_robustness_hash(PG_FUNCTION_ARGS)
{
	return hash_any((unsigned char *) PG_GETARG_ROBUSTNESS_P(0), sizeof(CgaeRobustness));
}

/*
 * cgae.robustness_hash_extended(cgae.robustness, bigint) returns bigint: hash support 2
 *
 * With seed 0 the low 32 bits are those of cgae.robustness_hash, as hash
 * partitioning expects.
 */
PG_FUNCTION_INFO_V1(cgae_robustness_hash_extended);
Datum
cgae_robustness_hash_extended(PG_FUNCTION_ARGS)
{
	return hash_any_extended((unsigned char *) PG_GETARG_ROBUSTNESS_P(0), sizeof(CgaeRobustness),
							 PG_GETARG_INT64(1));
}
