/*
 * ddl.c
 *	  Running the registry's own DDL.
 */
#include "postgres.h"

#include "catalog/namespace.h"
#include "catalog/pg_namespace.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/guc.h"

#include "schema/ddl.h"
#include "server/compat.h"
#include "server/rights.h"

int
cgae_ddl_begin(void)
{
	int			guc_level = cgae_restrict_search_path();

	if (SPI_connect() != SPI_OK_CONNECT)
		elog(ERROR, "SPI_connect failed");
	return guc_level;
}

void
cgae_ddl_run(const char *sql)
{
	int			result = SPI_execute(sql, false, 0);

	if (result < 0)
		elog(ERROR, "SPI_execute failed: %s", SPI_result_code_string(result));
}

void
cgae_ddl_end(int guc_level)
{
	SPI_finish();
	/* what code of the owner's may have set ends here too */
	AtEOXact_GUC(false, guc_level);
}

void
cgae_ddl_require_create(void)
{
	Oid			namespace = get_namespace_oid("cgae", false);
	char	   *owner = GetUserNameFromId(GetUserId(), false);

	if (object_aclcheck(NamespaceRelationId, namespace, GetUserId(), ACL_CREATE) != ACLCHECK_OK)
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("owner \"%s\" of the agent registry may not create in schema cgae", owner),
				 errhint("Run GRANT CREATE ON SCHEMA cgae TO %s.", quote_identifier(owner))));
}
