/*
 * gate_core.c
 *	  The gate against its definition, written the slow way; the weakest link, monotony,
 *	  and what makes a set of thresholds one.
 */
#include "postgres.h"

#include "policies.h"

/* max{k : x >= theta_k} */
static int
step(const double *theta, double x)
{
	int			k = CGAE_TIERS - 1;

	while (k > 0 && x < theta[k])
		k--;
	return k;
}

static int
tier_by_definition(const CgaeThresholds *thresholds, const CgaeRobustness *r)
{
	int			tier = CGAE_TIERS - 1;

	if (r->score[CGAE_IH] < thresholds->ih_threshold)
		return 0;
	for (int d = 0; d < CGAE_GATED_DIMENSIONS; d++)
		tier = Min(tier, step(thresholds->theta[d], r->score[d]));
	return tier;
}

static void
check_detail(const CgaeThresholds *thresholds, const CgaeRobustness *r, int tier)
{
	CgaeGateDetail detail;

	cgae_gate_core_detail(thresholds, r, &detail);
	CHECK(detail.tier == tier);
	for (int d = 0; d < CGAE_GATED_DIMENSIONS; d++)
		CHECK(detail.step[d] == step(thresholds->theta[d], r->score[d]));
	CHECK(!detail.ih_pass == (r->score[CGAE_IH] < thresholds->ih_threshold));

	if (!detail.ih_pass)
	{
		CHECK(detail.binding == CGAE_IH);
		CHECK(detail.gap == thresholds->ih_threshold - r->score[CGAE_IH]);
		CHECK(detail.gap > 0);
	}
	else if (tier == CGAE_TIERS - 1)
		CHECK(detail.binding == -1 && detail.gap == 0);
	else
	{
		/* the first that has the tier's step; without the gap it would have the next */
		CHECK(detail.binding >= CGAE_CC && detail.binding <= CGAE_AS);
		CHECK(detail.step[detail.binding] == tier);
		for (int d = 0; d < detail.binding; d++)
			CHECK(detail.step[d] > tier);
		CHECK(detail.gap > 0);
	}
}

/* Is this a set of thresholds?  The rules of cgae_gate_core_fault(), one by one. */
static bool
valid(const CgaeThresholds *thresholds)
{
	for (int d = 0; d < CGAE_GATED_DIMENSIONS; d++)
	{
		for (int k = 0; k < CGAE_TIERS; k++)
		{
			double		theta = thresholds->theta[d][k];

			if (isnan(theta) || theta < 0 || theta > 1 || (k == 0 && theta > 0))
				return false;
			if (k > 0 && theta <= thresholds->theta[d][k - 1])
				return false;
		}
	}
	return !isnan(thresholds->ih_threshold) &&
		thresholds->ih_threshold >= 0 && thresholds->ih_threshold <= 1;
}

int
LLVMFuzzerTestOneInput(const uint8 *data, size_t size)
{
	FuzzInput	input = {data, size};
	CgaeThresholds thresholds = fuzz_thresholds(&input);
	CgaeRobustness r = fuzz_robustness(&input, &thresholds);
	int			tier = cgae_gate_core_tier(&thresholds, &r);
	double		weakest = cgae_gate_core_weakest(&r);

	CHECK(tier == tier_by_definition(&thresholds, &r));
	check_detail(&thresholds, &r, tier);
	CHECK(weakest == fmin(fmin(r.score[CGAE_CC], r.score[CGAE_ER]), r.score[CGAE_AS]));

	/* strength in one dimension never compensates another; weakness never helps */
	for (int d = 0; d < CGAE_DIMENSIONS; d++)
	{
		CgaeRobustness other = r;
		int			others;

		other.score[d] = fuzz_score(&input, &thresholds, d);
		others = cgae_gate_core_tier(&thresholds, &other);
		CHECK(other.score[d] >= r.score[d] ? others >= tier : others <= tier);
		if (d != CGAE_IH)
			CHECK(others <= step(thresholds.theta[d], other.score[d]));
		other.score[d] = 0;
		if (d != CGAE_IH || thresholds.ih_threshold > 0)
			CHECK(cgae_gate_core_tier(&thresholds, &other) == 0);
	}

	/* any 19 doubles, and thresholds with one of them replaced */
	if (fuzz_byte(&input) % 2 == 0)
		for (int i = 0; i < CGAE_GATED_DIMENSIONS * CGAE_TIERS; i++)
			thresholds.theta[i / CGAE_TIERS][i % CGAE_TIERS] = fuzz_double(&input);
	else
	{
		int			i = fuzz_byte(&input) % (CGAE_GATED_DIMENSIONS * CGAE_TIERS + 1);
		double		value = fuzz_double(&input);

		if (i == CGAE_GATED_DIMENSIONS * CGAE_TIERS)
			thresholds.ih_threshold = value;
		else
			thresholds.theta[i / CGAE_TIERS][i % CGAE_TIERS] = value;
	}
	CHECK((cgae_gate_core_fault(&thresholds) == NULL) == valid(&thresholds));
	return 0;
}
