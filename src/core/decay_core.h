/*
 * decay_core.h
 *	  Decay of a certified vector as pure arithmetic:
 *	  R_eff(t) = e^(-lambda * dt) * R, dt in time steps since certification.
 *
 * Includes no executor header.  Instants are microseconds as the server's
 * TimestampTz counts them, with its two infinities; a time step is a positive
 * number of microseconds.
 */
#ifndef CGAE_DECAY_CORE_H
#define CGAE_DECAY_CORE_H

#include "core/gate_core.h"
#include "datatype/timestamp.h"

/* How a policy lets a vector age. */
typedef struct CgaeDecay
{
	double		rate;			/* lambda >= 0, per time step; may be 0 */
	int64		time_step;		/* microseconds, positive */
} CgaeDecay;

/*
 * e^(-rate * elapsed), in [0,1].  1 when either is 0, also for an infinite
 * other; 0 when the product is infinite.  Never NaN for arguments >= 0.
 */
extern double cgae_decay_core_factor(double elapsed, double rate);

/* Multiply all four scores; underflow gives a subnormal or 0. */
extern void cgae_decay_core_apply(const CgaeRobustness *r, double factor, CgaeRobustness *decayed);

/*
 * Time steps from one instant to a later one; 0 when they are equal, also
 * when both are the same infinity.  The caller has made sure that to >= from.
 */
extern double cgae_decay_core_elapsed(TimestampTz from, TimestampTz to, int64 time_step);

/*
 * Time steps until a score decays to a threshold > 0 by the closed form,
 * ln(score / threshold) / rate: 0 when it is there already, infinite when the
 * rate is 0.  An estimate where it is to be compared with an instant: see
 * cgae_decay_core_reaches().
 */
extern double cgae_decay_core_time_to_drop(double score, double threshold, double rate);

/* Tier 0..5 of a vector at an instant not before its certification. */
extern int	cgae_decay_core_tier(const CgaeThresholds *thresholds, const CgaeDecay *decay,
								 const CgaeRobustness *r, TimestampTz certified_at, TimestampTz at);

/*
 * The first instant, to the microsecond, not before certified_at, at which
 * cgae_decay_core_tier() is at most this tier (0..4): one microsecond before,
 * when that is not before certified_at, it is higher.  DT_NOEND when it never
 * comes.
 */
extern TimestampTz cgae_decay_core_reaches(const CgaeThresholds *thresholds,
										   const CgaeDecay *decay, const CgaeRobustness *r,
										   TimestampTz certified_at, int tier);

#endif							/* CGAE_DECAY_CORE_H */
