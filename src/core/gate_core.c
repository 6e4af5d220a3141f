/*
 * gate_core.c
 *	  The weakest-link gate as pure arithmetic (CGAE, arXiv 2603.15639, section 3).
 *
 * Comparisons only, in double precision and as written: no rounding can move a
 * score across a threshold, on any platform.  Knows nothing of the server;
 * callable from anywhere.
 */
#include "core/gate_core.h"

#include <stddef.h>

const CgaePaperPolicy cgae_paper_policy = {
	.gate = {
		.theta = {
			[CGAE_CC] = {0, 0.30, 0.50, 0.65, 0.80, 0.90},
			[CGAE_ER] = {0, 0.30, 0.50, 0.65, 0.80, 0.90},
			[CGAE_AS] = {0, 0.25, 0.45, 0.60, 0.75, 0.85},
		},
		.ih_threshold = 0.5,
	},
	.budget_ceiling = {"0", "0.01", "0.1", "1", "10", "100"},
	.audit_intensity = {0, 0.005, 0.010, 0.020, 0.040, 0.080},
	.decay_rate = 0.01,
	.time_step = 1,
};

static inline double
min_double(double a, double b)
{
	return a < b ? a : b;
}

double
cgae_gate_core_weakest(const CgaeRobustness *r)
{
	return min_double(min_double(r->score[CGAE_CC], r->score[CGAE_ER]), r->score[CGAE_AS]);
}

void
cgae_gate_core_detail(const CgaeThresholds *thresholds, const CgaeRobustness *r,
					  CgaeGateDetail *detail)
{
	for (int d = 0; d < CGAE_GATED_DIMENSIONS; d++)
		detail->step[d] = cgae_gate_core_step(thresholds->theta[d], r->score[d]);
	detail->ih_pass = r->score[CGAE_IH] >= thresholds->ih_threshold;
	detail->tier = cgae_gate_core_tier(thresholds, r);

	if (!detail->ih_pass)
	{
		detail->binding = CGAE_IH;
		detail->gap = thresholds->ih_threshold - r->score[CGAE_IH];
	}
	else if (detail->tier == CGAE_TIERS - 1)
	{
		detail->binding = -1;
		detail->gap = 0;
	}
	else
	{
		int			d = CGAE_CC;

		/* some dimension has the tier's step, since the tier is their minimum */
		while (detail->step[d] != detail->tier)
			d++;
		detail->binding = d;
		detail->gap = thresholds->theta[d][detail->tier + 1] - r->score[d];
	}
}

const char *
cgae_gate_core_fault(const CgaeThresholds *thresholds)
{
	static const char *const first_is_not_zero[CGAE_GATED_DIMENSIONS] = {
		"the first threshold of cc is not 0",
		"the first threshold of er is not 0",
		"the first threshold of as is not 0",
	};
	static const char *const not_increasing[CGAE_GATED_DIMENSIONS] = {
		"the thresholds of cc do not strictly increase",
		"the thresholds of er do not strictly increase",
		"the thresholds of as do not strictly increase",
	};
	static const char *const above_one[CGAE_GATED_DIMENSIONS] = {
		"the last threshold of cc is above 1",
		"the last threshold of er is above 1",
		"the last threshold of as is above 1",
	};

	/* each test is written so that NaN fails it */
	for (int d = 0; d < CGAE_GATED_DIMENSIONS; d++)
	{
		const double *theta = thresholds->theta[d];

		if (!(theta[0] == 0))
			return first_is_not_zero[d];
		for (int k = 1; k < CGAE_TIERS; k++)
			if (!(theta[k] > theta[k - 1]))
				return not_increasing[d];
		if (!(theta[CGAE_TIERS - 1] <= 1))
			return above_one[d];
	}
	if (!(thresholds->ih_threshold >= 0 && thresholds->ih_threshold <= 1))
		return "ih_threshold is not between 0 and 1";
	return NULL;
}
