/*
 * decay_core.c
 *	  Decay of a certified vector as pure arithmetic:
 *	  R_eff(t) = e^(-lambda * dt) * R, dt in time steps since certification
 *	  (CGAE, arXiv 2603.15639, temporal decay of robustness).
 *
 * Every permission and every stored instant of a fall comes from the same
 * cgae_decay_core_tier(), so that the two cannot disagree: the instant is
 * searched for with that function, the closed form only says where to begin.
 * Nothing here overflows or depends on the clock; underflow is not an error.
 * Knows nothing of the executor; callable from
 * anywhere.
 */
#include "c.h"

#include <math.h>

#include "core/decay_core.h"

/* The last instant that a finite timestamp can name. */
#define LAST_TIMESTAMP (END_TIMESTAMP - 1)

double
cgae_decay_core_factor(double elapsed, double rate)
{
	/* 0 times infinity would be NaN */
	if (elapsed == 0 || rate == 0)
		return 1;
	return exp(-(rate * elapsed));
}

void
cgae_decay_core_apply(const CgaeRobustness *r, double factor, CgaeRobustness *decayed)
{
	for (int d = 0; d < CGAE_DIMENSIONS; d++)
		decayed->score[d] = r->score[d] * factor;
}

double
cgae_decay_core_elapsed(TimestampTz from, TimestampTz to, int64 time_step)
{
	if (from == to)
		return 0;
	if (TIMESTAMP_NOT_FINITE(from) || TIMESTAMP_NOT_FINITE(to))
		return INFINITY;

	/* the whole range of timestamps is wider than int64, not than uint64 */
	return (double) ((uint64) to - (uint64) from) / (double) time_step;
}

int
cgae_decay_core_tier(const CgaeThresholds *thresholds, const CgaeDecay *decay,
					 const CgaeRobustness *r, TimestampTz certified_at, TimestampTz at)
{
	double		elapsed = cgae_decay_core_elapsed(certified_at, at, decay->time_step);
	CgaeRobustness decayed;

	cgae_decay_core_apply(r, cgae_decay_core_factor(elapsed, decay->rate), &decayed);
	return cgae_gate_core_tier(thresholds, &decayed);
}

/* ln(score / threshold) for score >= threshold > 0, also where the quotient overflows. */
static double
log_ratio(double score, double threshold)
{
	double		ratio = score / threshold;

	return isinf(ratio) ? log(score) - log(threshold) : log(ratio);
}

double
cgae_decay_core_time_to_drop(double score, double threshold, double rate)
{
	if (score <= threshold)
		return 0;
	if (rate == 0)
		return INFINITY;
	return log_ratio(score, threshold) / rate;
}

/* The question when a vector falls to a tier. */
typedef struct Fall
{
	const CgaeThresholds *thresholds;
	const CgaeDecay *decay;
	const CgaeRobustness *r;
	TimestampTz certified_at;
	int			tier;
} Fall;

/* The instant so many microseconds after certification, which the caller keeps in range. */
static inline TimestampTz
instant(const Fall *fall, uint64 offset)
{
	return (TimestampTz) ((uint64) fall->certified_at + offset);
}

/* Has the vector fallen so many microseconds after certification? */
static bool
fallen(const Fall *fall, uint64 offset)
{
	return cgae_decay_core_tier(fall->thresholds, fall->decay, fall->r, fall->certified_at,
								instant(fall, offset)) <= fall->tier;
}

/*
 * Microseconds until the first of the dimensions that hold a vector above a
 * tier gives way, by the closed form; right but for rounding, at most the
 * limit.  The vector stands now, so that each score reaches its threshold.
 */
static uint64
closed_form_offset(const Fall *fall, uint64 limit)
{
	const CgaeThresholds *thresholds = fall->thresholds;
	const double *score = fall->r->score;
	double		rate = fall->decay->rate;
	double		steps = INFINITY;
	double		offset;

	for (int d = 0; d < CGAE_GATED_DIMENSIONS; d++)
		steps = fmin(steps,
					 cgae_decay_core_time_to_drop(score[d], thresholds->theta[d][fall->tier + 1],
												  rate));
	/* a threshold of 0 holds for ever */
	if (thresholds->ih_threshold > 0)
		steps = fmin(steps,
					 cgae_decay_core_time_to_drop(score[CGAE_IH], thresholds->ih_threshold, rate));

	offset = steps * (double) fall->decay->time_step;
	return offset < (double) limit ? (uint64) offset : limit;
}

/*
 * Bisection between an offset that stands and one that has fallen, closed in
 * on from the closed form by strides that double.  Rounding keeps the decayed
 * score constant for some time_step / rate / 2^53 microseconds, which is why
 * no fixed correction of the closed form would do.  The strides sum up to less
 * than the range of timestamps, so they do not overflow: at most 64 to close
 * in and 64 to halve.  Should the library's exp() not be monotonic in its last
 * bit, the result is still an instant at which the tier falls.
 */
TimestampTz
cgae_decay_core_reaches(const CgaeThresholds *thresholds, const CgaeDecay *decay,
						const CgaeRobustness *r, TimestampTz certified_at, int tier)
{
	const Fall	fall = {thresholds, decay, r, certified_at, tier};
	uint64		stands = 0;		/* greatest offset known to stand */
	uint64		falls;			/* least offset known to have fallen */
	uint64		guess;

	if (fallen(&fall, 0))
		return certified_at;
	if (decay->rate == 0 || TIMESTAMP_IS_NOEND(certified_at))
		return DT_NOEND;
	/* certified since for ever: any instant later finds it decayed to nothing */
	if (TIMESTAMP_IS_NOBEGIN(certified_at))
		return MIN_TIMESTAMP;

	falls = (uint64) LAST_TIMESTAMP - (uint64) certified_at;
	if (!fallen(&fall, falls))
		return DT_NOEND;

	guess = closed_form_offset(&fall, falls);
	if (fallen(&fall, guess))
	{
		falls = guess;
		for (uint64 stride = 1; falls - stands > stride; stride *= 2)
		{
			if (!fallen(&fall, falls - stride))
			{
				stands = falls - stride;
				break;
			}
			falls -= stride;
		}
	}
	else
	{
		stands = guess;
		for (uint64 stride = 1; falls - stands > stride; stride *= 2)
		{
			if (fallen(&fall, stands + stride))
			{
				falls = stands + stride;
				break;
			}
			stands += stride;
		}
	}

	while (falls - stands > 1)
	{
		uint64		middle = stands + (falls - stands) / 2;

		if (fallen(&fall, middle))
			falls = middle;
		else
			stands = middle;
	}
	return instant(&fall, falls);
}
