/*
 * policy.h
 *	  Policies of cgae.gate_policies, cached by version in each backend.
 */
#ifndef CGAE_POLICY_H
#define CGAE_POLICY_H

#include "policy/policy_rules.h"
#include "storage/lockdefs.h"
#include "utils/relcache.h"

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

/* Highest version visible now in an open gate_policies, 0 when it is empty. */
extern int32 cgae_policy_last_version(Relation policies);

/*
 * Does a trigger announce all changes of gate_policies to the caches?  It must
 * be ENABLE ALWAYS, else a load or a logical subscription passes it by, and
 * without a WHEN.
 */
extern bool cgae_policy_changes_announced(Relation policies);

#endif							/* CGAE_POLICY_H */
