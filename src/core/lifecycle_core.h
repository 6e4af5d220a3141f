/*
 * lifecycle_core.h
 *	  The agent lifecycle as one table.  Pure: includes no server header.
 */
#ifndef CGAE_LIFECYCLE_CORE_H
#define CGAE_LIFECYCLE_CORE_H

#include <stdbool.h>

/* In the order of the enum cgae.agent_status. */
typedef enum CgaeStatus
{
	CGAE_PENDING,
	CGAE_ACTIVE,
	CGAE_SUSPENDED,
	CGAE_EXPIRED,
	CGAE_DEREGISTERED,
	CGAE_FORBIDDEN				/* no such transition */
} CgaeStatus;

#define CGAE_STATUSES CGAE_FORBIDDEN

/* What can happen to an agent. */
typedef enum CgaeTransition
{
	CGAE_CERTIFIED,				/* certified, and no hold stands afterwards */
	CGAE_HELD,					/* a hold stands, whatever else happened */
	CGAE_RELEASED,				/* the last hold was lifted; was certified before */
	CGAE_RELEASED_UNCERTIFIED,	/* the last hold was lifted; never certified */
	CGAE_DECAYED,				/* the effective tier has fallen to T0 */
	CGAE_RETIRED				/* deregistered */
} CgaeTransition;

#define CGAE_TRANSITIONS (CGAE_RETIRED + 1)

/* Status that follows, or CGAE_FORBIDDEN. */
extern CgaeStatus cgae_lifecycle_next(CgaeStatus from, CgaeTransition transition);

/* What happens to a hold; one that is placed may stand already, one that is lifted may not. */
typedef enum CgaeHoldChange
{
	CGAE_HOLD_STAYS,			/* as it is, there or not */
	CGAE_HOLD_PLACED,
	CGAE_HOLD_LIFTED
} CgaeHoldChange;

/* What a certification does to the two holds that are the registry's own. */
typedef struct CgaeHoldChanges
{
	CgaeHoldChange failed_audit;
	CgaeHoldChange drift;
} CgaeHoldChanges;

/*
 * The rule: an observed architecture that differs from the registered one
 * (is_mismatch) certifies nothing and places the hold of drift.  Otherwise an
 * audit that fails ih places its own hold, and one that passes lifts it; it lifts
 * drift too, but only if an architecture was observed (is_observed).
 */
extern CgaeHoldChanges cgae_lifecycle_holds(bool is_mismatch, bool passes, bool is_observed);

/* What a certification that judged the agent is, with holds that stand after it or none. */
extern CgaeTransition cgae_lifecycle_certification(bool is_held);

/* What it is that holds were lifted, with others that stand or none. */
extern CgaeTransition cgae_lifecycle_release(bool is_held, bool is_certified);

#endif							/* CGAE_LIFECYCLE_CORE_H */
