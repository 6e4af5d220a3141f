/*
 * policies.h
 *	  Thresholds and vectors out of a fuzzer's bytes, for the gate and decay targets.
 */
#ifndef CGAE_FUZZ_POLICIES_H
#define CGAE_FUZZ_POLICIES_H

#include <math.h>

#include "core/gate_core.h"
#include "shim.h"

/* A number in [0,1]: of 53 bits, tiny, or 0 or 1. */
static inline double
fuzz_fraction(FuzzInput *input)
{
	uint8		way = fuzz_byte(input);
	uint64		bits = fuzz_uint64(input);

	switch (way % 8)
	{
		case 0:
			return 0;
		case 1:
			return 1;
		case 2:
			return ldexp(1, -(int) (bits % 1100));
		case 3:
			return (double) (bits % 1001) / 1000;
		default:
			return (double) (bits >> 11) / 9007199254740992.0;
	}
}

static int
compare_doubles(const void *a, const void *b)
{
	double		left = *(const double *) a;
	double		right = *(const double *) b;

	return (left > right) - (left < right);
}

/* Thresholds that a policy may have: the paper's, or others. */
static inline CgaeThresholds
fuzz_thresholds(FuzzInput *input)
{
	CgaeThresholds thresholds = cgae_paper_policy.gate;

	if (fuzz_byte(input) % 2 == 0)
		return thresholds;
	for (int d = 0; d < CGAE_GATED_DIMENSIONS; d++)
	{
		double	   *theta = thresholds.theta[d];

		for (int k = 1; k < CGAE_TIERS; k++)
			theta[k] = fuzz_fraction(input);
		qsort(theta, CGAE_TIERS, sizeof(double), compare_doubles);
		/* strictly increasing, from the top where that is needed */
		for (int k = 1; k < CGAE_TIERS; k++)
			if (theta[k] <= theta[k - 1])
				theta[k] = nextafter(theta[k - 1], 2);
		for (int k = CGAE_TIERS - 1; k > 0; k--)
			if (theta[k] > 1 || (k + 1 < CGAE_TIERS && theta[k] >= theta[k + 1]))
				theta[k] = k + 1 < CGAE_TIERS ? nextafter(theta[k + 1], 0) : 1;
	}
	thresholds.ih_threshold = fuzz_fraction(input);
	CHECK(cgae_gate_core_fault(&thresholds) == NULL);
	return thresholds;
}

/* A score: any, or at a threshold or beside it. */
static inline double
fuzz_score(FuzzInput *input, const CgaeThresholds *thresholds, CgaeDimension d)
{
	uint8		way = fuzz_byte(input);
	double		theta;

	if (way % 4 == 0)
		return fuzz_fraction(input);
	theta = d == CGAE_IH ? thresholds->ih_threshold : thresholds->theta[d][way / 4 % CGAE_TIERS];
	if (way % 4 == 1 && theta > 0)
		return nextafter(theta, 0);
	if (way % 4 == 2 && theta < 1)
		return nextafter(theta, 1);
	return theta;
}

static inline CgaeRobustness
fuzz_robustness(FuzzInput *input, const CgaeThresholds *thresholds)
{
	CgaeRobustness r;

	for (int d = 0; d < CGAE_DIMENSIONS; d++)
		r.score[d] = fuzz_score(input, thresholds, d);
	return r;
}

#endif							/* CGAE_FUZZ_POLICIES_H */
