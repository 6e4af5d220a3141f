/*
 * robustness_json.h
 *	  The JSON form of cgae.robustness.
 */
#ifndef CGAE_ROBUSTNESS_JSON_H
#define CGAE_ROBUSTNESS_JSON_H

#include "nodes/nodes.h"

/*
 * Read the form {"cc": .., "er": .., "as": .., "ih": ..} into four checked
 * scores.  A text that is no JSON is refused with invalid_text_representation,
 * JSON that is no such object with the given SQLSTATE (a null score with
 * null_value_not_allowed where that is another one), as softly as escontext asks.
 */
extern bool cgae_robustness_from_json_text(const char *text, size_t length, int sqlstate,
										   double *score, Node *escontext);

#endif							/* CGAE_ROBUSTNESS_JSON_H */
