/*
 * decay_core.c
 *	  Decay: a factor between 0 and 1, tiers that only fall, and an instant of the fall
 *	  that is the first at which the tier is lower.
 */
#include "postgres.h"

#include "core/decay_core.h"
#include "policies.h"

/* The last instant that a finite timestamp can name. */
#define LAST_TIMESTAMP (END_TIMESTAMP - 1)

/* Instants tried before a fall. */
#define SAMPLES 8

static TimestampTz
fuzz_instant(FuzzInput *input)
{
	uint8		way = fuzz_byte(input);
	uint64		bits = fuzz_uint64(input);

	switch (way % 8)
	{
		case 0:
			return DT_NOBEGIN;
		case 1:
			return DT_NOEND;
		case 2:
			return MIN_TIMESTAMP + (TimestampTz) (bits % 1000);
		case 3:
			return LAST_TIMESTAMP - (TimestampTz) (bits % 1000);
		case 4:
			return (TimestampTz) (bits % ((uint64) LAST_TIMESTAMP - (uint64) MIN_TIMESTAMP) +
								  (uint64) MIN_TIMESTAMP);
		default:
			/* around now: some decades */
			return (TimestampTz) (bits % (UINT64CONST(1) << 50));
	}
}

static CgaeDecay
fuzz_decay(FuzzInput *input)
{
	CgaeDecay	decay;
	uint8		way = fuzz_byte(input);

	decay.rate = fabs(fuzz_double(input));
	if (way % 4 == 0 || isnan(decay.rate) || isinf(decay.rate))
		decay.rate = 0.01;
	else if (way % 4 == 1)
		decay.rate = fuzz_fraction(input);
	decay.time_step = way & 0x80 ? USECS_PER_DAY : (int64) (fuzz_uint64(input) >> 1 >> (way / 4 % 32));
	if (decay.time_step <= 0)
		decay.time_step = 1;
	return decay;
}

static int
tier_at(const CgaeThresholds *thresholds, const CgaeDecay *decay, const CgaeRobustness *r,
		TimestampTz certified_at, TimestampTz at)
{
	int			tier = cgae_decay_core_tier(thresholds, decay, r, certified_at, at);

	CHECK(tier >= 0 && tier < CGAE_TIERS);
	return tier;
}

int
LLVMFuzzerTestOneInput(const uint8 *data, size_t size)
{
	FuzzInput	input = {data, size};
	CgaeThresholds thresholds = fuzz_thresholds(&input);
	CgaeRobustness r = fuzz_robustness(&input, &thresholds);
	CgaeDecay	decay = fuzz_decay(&input);
	TimestampTz certified_at = fuzz_instant(&input);
	TimestampTz falls[CGAE_TIERS - 1];
	int			certified = tier_at(&thresholds, &decay, &r, certified_at, certified_at);
	double		elapsed = fabs(fuzz_double(&input));

	/* a vector is worth at its certification what the gate says */
	CHECK(certified == cgae_gate_core_tier(&thresholds, &r));

	for (int tier = 0; tier < CGAE_TIERS - 1; tier++)
	{
		TimestampTz at = cgae_decay_core_reaches(&thresholds, &decay, &r, certified_at, tier);

		falls[tier] = at;
		CHECK(at >= certified_at);
		CHECK((at == certified_at) == (certified <= tier) || TIMESTAMP_IS_NOEND(certified_at));
		/* the lower the tier, the later it is reached */
		CHECK(tier == 0 || at <= falls[tier - 1]);
		if (TIMESTAMP_IS_NOEND(at))
		{
			CHECK(TIMESTAMP_IS_NOEND(certified_at) || decay.rate == 0 ||
				  tier_at(&thresholds, &decay, &r, certified_at, LAST_TIMESTAMP) > tier);
			at = TIMESTAMP_IS_NOEND(certified_at) ? certified_at : LAST_TIMESTAMP;
		}
		else
		{
			CHECK(TIMESTAMP_IS_NOBEGIN(at) || IS_VALID_TIMESTAMP(at));
			CHECK(tier_at(&thresholds, &decay, &r, certified_at, at) <= tier);
		}
		if (at == certified_at || TIMESTAMP_IS_NOBEGIN(certified_at))
			continue;

		/* just before, and at any time before, it is higher; after it is not */
		CHECK(tier_at(&thresholds, &decay, &r, certified_at, at - 1) > tier);
		for (int i = 0; i < SAMPLES; i++)
		{
			uint64		before = fuzz_uint64(&input) % ((uint64) at - (uint64) certified_at);
			uint64		after = fuzz_uint64(&input) % ((uint64) END_TIMESTAMP - (uint64) at);

			CHECK(tier_at(&thresholds, &decay, &r, certified_at,
						  (TimestampTz) ((uint64) certified_at + before)) > tier);
			CHECK(TIMESTAMP_IS_NOEND(falls[tier]) ||
				  tier_at(&thresholds, &decay, &r, certified_at,
						  (TimestampTz) ((uint64) at + after)) <= tier);
		}
	}

	/* factors, for arguments that the SQL functions pass: not negative, not NaN */
	if (!isnan(elapsed))
	{
		double		factor = cgae_decay_core_factor(elapsed, decay.rate);
		double		score = fuzz_fraction(&input);
		double		threshold = fuzz_fraction(&input);

		CHECK(factor >= 0 && factor <= 1);
		CHECK(cgae_decay_core_factor(nextafter(elapsed, INFINITY), decay.rate) <= factor);
		if (threshold > 0)
		{
			double		drop = cgae_decay_core_time_to_drop(score, threshold, decay.rate);

			CHECK(drop >= 0);
			CHECK((drop == 0) == (score <= threshold) || decay.rate > 1e290);
		}
	}
	return 0;
}
