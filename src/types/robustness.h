/*
 * robustness.h
 *	  The SQL type cgae.robustness: fmgr access and validation.
 *
 * On disk and in memory a value is a CgaeRobustness: four doubles, 32 bytes,
 * double aligned, fixed length, passed by reference, never toasted:
 *
 *		offset	0	cc		constraint compliance
 *				8	er		epistemic robustness
 *			   16	as		behavioural alignment
 *			   24	ih		intrinsic-hallucination integrity
 *
 * Each is in [0,1], never NaN, never -0; so two values are equal exactly when
 * their bytes are, and equality, ordering and hash agree.  Every way into the
 * type goes through cgae_score_check().
 */
#ifndef CGAE_ROBUSTNESS_H
#define CGAE_ROBUSTNESS_H

#include "fmgr.h"
#include "types/score.h"

#define DatumGetRobustnessP(X)		((CgaeRobustness *) DatumGetPointer(X))
#define RobustnessPGetDatum(X)		PointerGetDatum(X)
#define PG_GETARG_ROBUSTNESS_P(n)	DatumGetRobustnessP(PG_GETARG_DATUM(n))
#define PG_RETURN_ROBUSTNESS_P(X)	return RobustnessPGetDatum(X)

/* Check four scores and return them as a new value in the current context. */
extern CgaeRobustness *cgae_robustness_make(const double *score);

#endif							/* CGAE_ROBUSTNESS_H */
