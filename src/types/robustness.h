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
#include "nodes/nodes.h"

#include "core/gate_core.h"

#define DatumGetRobustnessP(X)		((CgaeRobustness *) DatumGetPointer(X))
#define RobustnessPGetDatum(X)		PointerGetDatum(X)
#define PG_GETARG_ROBUSTNESS_P(n)	DatumGetRobustnessP(PG_GETARG_DATUM(n))
#define PG_RETURN_ROBUSTNESS_P(X)	return RobustnessPGetDatum(X)

/* "cc", "er", "as", "ih": as users write them in text and JSON and as messages name them. */
extern const char *const cgae_dimension_names[CGAE_DIMENSIONS];

/* The dimension of a name, -1 for none. */
extern int	cgae_dimension_of_name(const char *name, int length);

/* The hint of who wrote neither form. */
#define CGAE_ROBUSTNESS_FORMS \
	"The forms are (cc,er,as,ih), for example (0.7,0.65,0.6,0.9), and" \
	" {\"cc\": 0.7, \"er\": 0.65, \"as\": 0.6, \"ih\": 0.9}; an array of numbers is cast:" \
	" ARRAY[0.7,0.65,0.6,0.9]::cgae.robustness."

/* Copy of the beginning of a user's text, for messages. */
extern char *cgae_quote(const char *text, int length);

/*
 * Check one score and turn -0 into 0.  One that is NaN or outside [0,1] is
 * refused (numeric_value_out_of_range): an error, or false when escontext asks
 * for a soft one.
 */
extern bool cgae_score_check(CgaeDimension dimension, double *score, Node *escontext);

/*
 * Read one score at text, white space on both sides allowed, and check it.
 * *end becomes the first character after it.  Refusals name dimension and value.
 */
extern bool cgae_score_parse(CgaeDimension dimension, char *text, char **end, double *score,
							 Node *escontext);

/*
 * Read the form {"cc": .., "er": .., "as": .., "ih": ..} into four checked
 * scores.  A text that is no JSON is refused with invalid_text_representation,
 * JSON that is no such object with the given SQLSTATE (a null score with
 * null_value_not_allowed where that is another one), as softly as escontext asks.
 */
extern bool cgae_robustness_from_json_text(const char *text, size_t length, int sqlstate,
										   double *score, Node *escontext);

/* Check four scores and return them as a new value in the current context. */
extern CgaeRobustness *cgae_robustness_make(const double *score);

#endif							/* CGAE_ROBUSTNESS_H */
