/*
 * ddl.c
 *	  Running the statements of sql/registry/.
 *
 * They run one at a time, with search_path = pg_catalog, pg_temp and the
 * current user's rights.
 */
#include "postgres.h"

#include "catalog/namespace.h"
#include "catalog/pg_namespace.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"

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
cgae_ddl_run_all(const CgaeRegistryStatement *statements, bool is_partitioned)
{
	for (; statements->sql != NULL; statements++)
		if (is_partitioned && (statements->marks & CGAE_SQL_PER_AGENT) != 0)
			cgae_ddl_run(psprintf("%s PARTITION BY HASH (agent_id)", statements->sql));
		else
			cgae_ddl_run(statements->sql);
}

/* Make one view anew: its CREATE VIEW comes first, its grants are left alone. */
static void
replace_view(const CgaeRegistryStatement *statements)
{
	cgae_ddl_run(psprintf("CREATE OR REPLACE %s", statements->sql + strlen("CREATE ")));
	for (statements++; statements->sql != NULL; statements++)
		if (strncmp(statements->sql, "REVOKE ", strlen("REVOKE ")) != 0)
			cgae_ddl_run(statements->sql);
}

void
cgae_ddl_make_views(CgaeViewMode mode)
{
	Oid			namespace = get_namespace_oid("cgae", false);

	for (int v = CGAE_TABLES; v < CGAE_RELATIONS; v++)
	{
		const CgaeRegistryFile *view = &cgae_registry_files[v];
		bool		is_there = mode != CGAE_VIEWS_NEW &&
			OidIsValid(get_relname_relid(view->name, namespace));

		if (is_there && mode == CGAE_VIEWS_MISSING)
			continue;
		cgae_ddl_require_create();
		if (is_there)
			replace_view(view->statements);
		else
			cgae_ddl_run_all(view->statements, false);
	}
}

void
cgae_ddl_record_layout(int version)
{
	cgae_ddl_run(psprintf("INSERT INTO cgae.registry_layout (version) VALUES (%d)", version));
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
