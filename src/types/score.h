/*
 * score.h
 *	  One score of a robustness vector: its name, its text, its range.
 */
#ifndef CGAE_SCORE_H
#define CGAE_SCORE_H

#include "core/gate_core.h"
#include "nodes/nodes.h"

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

#endif							/* CGAE_SCORE_H */
