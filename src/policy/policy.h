/*
 * policy.h
 *	  Policies of cgae.gate_policies, cached by version in each backend.
 */
#ifndef CGAE_POLICY_H
#define CGAE_POLICY_H

#include "access/htup.h"
#include "access/tupdesc.h"
#include "core/gate_core.h"
#include "datatype/timestamp.h"
#include "storage/lockdefs.h"
#include "utils/numeric.h"
#include "utils/relcache.h"

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
 * The policy in force: the highest version that is committed now, or written
 * by this transaction, whatever the transaction's snapshot sees; the paper's
 * defaults when there is no registry.  A registry without gate_policies is an
 * error (undefined_table), whatever its schema is called.  Reads with no regard
 * to the caller's privileges.  The result lives until the next call of any function here.
 */
extern const CgaePolicy *cgae_policy_in_force(void);

/*
 * The same where an agent's authority depends on it: never the paper's defaults,
 * but an error (undefined_table).
 */
extern const CgaePolicy *cgae_policy_of_registry(void);

/*
 * The same for a function called row by row, as of the beginning of the
 * client's statement, or of the active snapshot when that is younger.  Never
 * for a question of permission.
 */
extern const CgaePolicy *cgae_policy_for_rows(void);

/*
 * The highest version that the active snapshot sees: older than the one in
 * force when that was published since.  0 when there is no registry.
 */
extern int32 cgae_policy_last_seen(void);

/*
 * The policy in force for a guard: takes ROW SHARE on gate_policies first, held to the
 * end of the transaction, so that no publication comes between the judgement
 * and its commit.  Copies, since the guard runs SQL while it uses the policy;
 * the copy has no budget ceilings.
 */
extern void cgae_policy_in_force_for_guard(CgaePolicy *copy);

/*
 * Take that lock alone, as a statement that will lock agents does first.
 * Without a registry, nothing.
 */
extern void cgae_policy_lock(LOCKMODE mode);

/* OID of gate_policies, or InvalidOid. */
extern Oid	cgae_policies_relid(void);

/* Did this transaction, not yet committed, write the policy in force? */
extern bool cgae_policy_is_uncommitted(void);

/* A published version; an unknown one is an error (no_data_found). */
extern const CgaePolicy *cgae_policy_by_version(int32 version);

/*
 * Read a policy from a row of gate_policies, refusing (check_violation) what
 * no policy may say.  Allocates numerics in the current context.
 */
extern void cgae_policy_from_tuple(HeapTuple tuple, TupleDesc desc, CgaePolicy *policy);

/* Fill a policy with the paper's defaults, numerics in the current context. */
extern void cgae_policy_of_paper(CgaePolicy *policy);

/* Does a policy say what the paper does, apart from its version and time? */
extern bool cgae_policy_is_the_papers(const CgaePolicy *policy);

/* Highest version visible now in an open gate_policies, 0 when it is empty. */
extern int32 cgae_policy_last_version(Relation policies);

/*
 * Does a trigger announce all changes of gate_policies to the caches?  It must
 * be ENABLE ALWAYS, else a load or a logical subscription passes it by.
 */
extern bool cgae_policy_changes_announced(Relation policies);

#endif							/* CGAE_POLICY_H */
