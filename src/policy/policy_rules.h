/*
 * policy_rules.h
 *	  A policy: what a row of cgae.gate_policies says, and what no policy may say.
 */
#ifndef CGAE_POLICY_RULES_H
#define CGAE_POLICY_RULES_H

#include "access/htup.h"
#include "access/tupdesc.h"
#include "core/gate_core.h"
#include "datatype/timestamp.h"
#include "utils/numeric.h"

typedef struct CgaePolicy
{
	int32		version;		/* 0: the paper's defaults, no registry exists */
	CgaeThresholds gate;
	double		audit_intensity[CGAE_TIERS];	/* mu, per time step */
	double		decay_rate;		/* lambda, per time step */
	int64		time_step;		/* microseconds */
	TimestampTz effective_from; /* DT_NOBEGIN for the paper's defaults */
	Numeric		budget_ceiling[CGAE_TIERS];
} CgaePolicy;

/*
 * The first instant that a policy judges.  What was before there was a registry
 * is what its first policy says, which was published at its creation.
 */
static inline TimestampTz
cgae_policy_judges_from(const CgaePolicy *policy)
{
	return policy->version <= 1 ? DT_NOBEGIN : policy->effective_from;
}

/*
 * Read a policy from a row of gate_policies, refusing (check_violation) what
 * no policy may say.  Allocates numerics in the current context.
 */
extern void cgae_policy_from_tuple(HeapTuple tuple, TupleDesc desc, CgaePolicy *policy);

/* Fill a policy with the paper's defaults, numerics in the current context. */
extern void cgae_policy_of_paper(CgaePolicy *policy);

/* Does a policy say what the paper does, apart from its version and time? */
extern bool cgae_policy_is_the_papers(const CgaePolicy *policy);

#endif							/* CGAE_POLICY_RULES_H */
