/*
 * disclosure.c
 *	  What a message may tell of an agent, and to whom.
 */
#include "postgres.h"

#include "catalog/namespace.h"
#include "utils/acl.h"
#include "utils/lsyscache.h"
#include "utils/rls.h"

#include "guards/disclosure.h"
#include "guards/holds.h"
#include "server/caller.h"

bool
cgae_may_disclose_to(Oid role)
{
	Oid			namespace = get_namespace_oid("cgae", true);
	Oid			agents = OidIsValid(namespace) ?
		get_relname_relid("agents", namespace) : InvalidOid;

	return OidIsValid(agents) &&
		pg_class_aclcheck(agents, role, ACL_SELECT) == ACLCHECK_OK &&
		check_enable_rls(agents, role, true) != RLS_ENABLED;
}

void
cgae_agent_warn_drift(const char *agent_id, const char *registered, const char *observed)
{
	/* compare what can be compared: as many digits as both have */
	int			digits = Min(strlen(registered), strlen(observed));

	ereport(WARNING,
			(errmsg("agent \"%s\" is suspended: its observed architecture differs from the registered one",
					agent_id),
			 !cgae_may_disclose_to(cgae_caller()) ? 0 :
			 digits == 0 ? errdetail("No registered hash is on record that can be read.") :
			 errdetail("Registered hash %.*s, observed %.*s.",
					   digits, registered, digits, observed),
			 errhint("The hold \"%s\" ends with a passing certification whose observed hash matches.",
					 CGAE_HOLD_DRIFT)));
}
