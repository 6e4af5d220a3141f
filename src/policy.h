/*
 * policy.h
 *	  Policies of cgae.gate_policies, cached by version in each backend.
 */
#ifndef CGAE_POLICY_H
#define CGAE_POLICY_H

#include "gate_core.h"
#include "utils/numeric.h"

typedef struct CgaePolicy
{
	int32		version;		/* 0: the paper's defaults, no registry exists */
	CgaeThresholds gate;
	double		audit_intensity[CGAE_TIERS];	/* mu, per time step */
	double		decay_rate;		/* lambda, per time step */
	int64		time_step;		/* microseconds */
	Numeric		budget_ceiling[CGAE_TIERS];
} CgaePolicy;

/*
 * The policy in force (the highest version that is committed now, whatever
 * the transaction's snapshot sees), or the paper's defaults when there is no
 * registry.  Valid until the next call of either function.
 */
extern const CgaePolicy *cgae_policy_in_force(void);

/* A published version; an unknown one is an error (no_data_found). */
extern const CgaePolicy *cgae_policy_by_version(int32 version);

#endif							/* CGAE_POLICY_H */
