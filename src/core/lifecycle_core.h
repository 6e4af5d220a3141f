/*
 * lifecycle_core.h
 *	  The agent lifecycle as one table.  Pure: includes no server header.
 */
#ifndef CGAE_LIFECYCLE_CORE_H
#define CGAE_LIFECYCLE_CORE_H

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

#endif							/* CGAE_LIFECYCLE_CORE_H */
