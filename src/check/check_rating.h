/*
 * check_rating.h
 *	  Under which policy an agent's tier was rated, and what brought it down.
 *
 * For cgae.check_registry() alone.
 */
#ifndef CGAE_CHECK_RATING_H
#define CGAE_CHECK_RATING_H

#include "check/check_fact.h"

/*
 * A fall from a tier that an event tells: was it the policy that it names, or,
 * where it names none, decay under a policy that had granted the tier?
 */
extern void cgae_check_cause(CgaeCheck *check, const CgaeReplay *replay, const CgaeCheckFact *fact,
							 int old_tier);

/* agents.rated_policy at the end of the history; 0: null. */
extern void cgae_check_rated(CgaeCheck *check, const CgaeReplay *replay, int32 rated);

#endif							/* CGAE_CHECK_RATING_H */
