/*
 * rights.c
 *	  Running fixed SQL with the rights of a table's owner, as foreign keys do.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/namespace.h"
#include "catalog/pg_class.h"
#include "miscadmin.h"
#include "utils/guc.h"
#include "utils/rel.h"
#include "utils/syscache.h"

#include "server/rights.h"
#include "server/table_shape.h"

/* pg_temp is named last: unnamed, it would be searched first for relations. */
#define SAFE_SEARCH_PATH "pg_catalog, pg_temp"

Oid
cgae_relation_owner(Oid relid)
{
	HeapTuple	tuple = SearchSysCache1(RELOID, ObjectIdGetDatum(relid));
	Oid			owner;

	if (!HeapTupleIsValid(tuple))
		elog(ERROR, "cache lookup failed for relation %u", relid);
	owner = ((Form_pg_class) GETSTRUCT(tuple))->relowner;
	ReleaseSysCache(tuple);
	return owner;
}

int
cgae_restrict_search_path(void)
{
	int			nest_level = NewGUCNestLevel();

	(void) set_config_option("search_path", SAFE_SEARCH_PATH, PGC_USERSET, PGC_S_SESSION,
							 GUC_ACTION_SAVE, true, 0, false);
	return nest_level;
}

void
cgae_owner_begin(Oid owner, bool is_restricted, CgaeOwnerRights *rights)
{
	if (SPI_connect() != SPI_OK_CONNECT)
		elog(ERROR, "SPI_connect failed");

	/*
	 * Our own statements are qualified.  But the owner's triggers that they set
	 * off run with the owner's rights too, and names left unqualified in them
	 * must not mean what the client says, who could put a table in their way.
	 */
	rights->guc_nest_level =
		is_restricted && strcmp(namespace_search_path, SAFE_SEARCH_PATH) != 0 ?
		cgae_restrict_search_path() : 0;

	rights->is_sealed = false;

	/* an error restores both, with the (sub)transaction */
	GetUserIdAndSecContext(&rights->save_userid, &rights->save_sec_context);
	SetUserIdAndSecContext(owner, rights->save_sec_context | SECURITY_LOCAL_USERID_CHANGE |
						   SECURITY_NOFORCE_RLS);
}

void
cgae_owner_seal(CgaeOwnerRights *rights)
{
	Oid			owner;
	int			sec_context;

	GetUserIdAndSecContext(&owner, &sec_context);
	SetUserIdAndSecContext(owner, sec_context | SECURITY_RESTRICTED_OPERATION);
	if (rights->guc_nest_level == 0)
		rights->guc_nest_level = NewGUCNestLevel();
	rights->is_sealed = true;
}

uint64
cgae_owner_execute(Oid relid, const CgaeStatement *statement, const Datum *values,
				   const char *nulls)
{
	SPIPlanPtr	plan = cgae_plan(relid, statement);
	int			result = SPI_execute_plan(plan, unconstify(Datum *, values), nulls, false, 0);

	if (result < 0)
		elog(ERROR, "SPI_execute_plan failed: %s", SPI_result_code_string(result));
	return SPI_processed;
}

void
cgae_owner_end(const CgaeOwnerRights *rights)
{
	SetUserIdAndSecContext(rights->save_userid, rights->save_sec_context);
	if (rights->guc_nest_level > 0)
		AtEOXact_GUC(!rights->is_sealed, rights->guc_nest_level);
	SPI_finish();
}

uint64
cgae_execute_as_owner(Relation relation, const CgaeStatement *statement, const Datum *values,
					  const char *nulls)
{
	/* one plan and one owner for all partitions of a table */
	Oid			root = cgae_table_root(relation);
	CgaeOwnerRights rights;
	uint64		processed;

	cgae_owner_begin(cgae_relation_owner(root), true, &rights);
	processed = cgae_owner_execute(root, statement, values, nulls);
	cgae_owner_end(&rights);
	return processed;
}

void
cgae_act_as(Oid role, CgaeSavedUser *saved)
{
	GetUserIdAndSecContext(&saved->userid, &saved->sec_context);
	SetUserIdAndSecContext(role, saved->sec_context | SECURITY_LOCAL_USERID_CHANGE |
						   SECURITY_RESTRICTED_OPERATION | SECURITY_NOFORCE_RLS);
}

void
cgae_act_end(const CgaeSavedUser *saved)
{
	SetUserIdAndSecContext(saved->userid, saved->sec_context);
}
