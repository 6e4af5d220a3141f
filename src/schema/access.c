/*
 * access.c
 *	  Access levels: which privileges on the registry's tables make a role a
 *	  reader, registrar, auditor or operator.
 *
 * All authority is privileges on tables and columns, granted here with the
 * caller's own rights.  UPDATE is granted by column: on the whole table it
 * would allow LOCK TABLE.  TRIGGER is never granted.
 */
#include "postgres.h"

#include "catalog/namespace.h"
#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/syscache.h"

#include "schema/access.h"
#include "server/compat.h"
#include "server/errors.h"
#include "server/registry_definition.h"
#include "server/registry_triggers.h"
#include "server/rights.h"
#include "server/statement.h"

/* One GRANT of a level. */
typedef struct Privilege
{
	const char *privilege;		/* with its columns, if any */
	const char *objects;		/* NULL: every relation but those that are secret */
} Privilege;

#define READER {"SELECT", NULL}

typedef struct AccessLevel
{
	const char *name;
	Privilege	privileges[4];
	/* the grant that tells that a role has the level: relation, column or NULL, privilege */
	const char *mark_relation;
	const char *mark_column;
	const char *mark_privilege;
} AccessLevel;

static const AccessLevel levels[] = {
	{"reader", {READER},
	"agents", NULL, "SELECT"},

	{"registrar", {READER,
		{"INSERT", "cgae.agents"},
	/* an upsert sets the key to itself; the guard refuses a change of it */
		{"UPDATE (agent_id, model_name, provenance, wallet_address)", "cgae.agents"}},
	"agents", NULL, "INSERT"},

	{"auditor", {READER,
		{"INSERT", "cgae.certifications"},
		{"UPDATE (observed_architecture_hash)", "cgae.agents"}},
	"certifications", NULL, "INSERT"},

	{"operator", {READER,
		{"UPDATE (status, deregistered_at, holds, observed_architecture_hash, model_config,"
			" architecture_hash, architecture_digest, current_tier)", "cgae.agents"},
		{"UPDATE (balance, total_earned, total_spent, total_penalties, total_topups,"
			" contracts_completed, contracts_failed)", "cgae.agents"},
		{"SELECT, INSERT, UPDATE (revealed_at)", "cgae.audit_seeds"}},
	"agents", "holds", "UPDATE"},
};

/* Look a level up by name. */
static const AccessLevel *
find_level(const char *name)
{
	for (int i = 0; i < lengthof(levels); i++)
		if (strcmp(levels[i].name, name) == 0)
			return &levels[i];
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("access level \"%s\" does not exist", name),
			 errhint("The levels are reader, registrar, auditor and operator.")));
	return NULL;				/* not reached */
}

/*
 * The registry's relations as GRANT and REVOKE want them: those that are there,
 * since a registry may wait for upgrade_registry().
 */
static char *
relation_list(bool with_secrets)
{
	Oid			namespace = get_namespace_oid("cgae", false);
	StringInfoData list;

	initStringInfo(&list);
	for (int r = 0; r < CGAE_RELATIONS; r++)
	{
		const CgaeRegistryFile *file = &cgae_registry_files[r];

		if ((with_secrets || (file->marks & CGAE_SQL_SECRET) == 0) &&
			OidIsValid(get_relname_relid(file->name, namespace)))
			appendStringInfo(&list, "%scgae.%s", list.len > 0 ? ", " : "", file->name);
	}
	return list.data;
}

/* Run a GRANT or REVOKE with the caller's rights. */
static void
run_grant(const char *sql)
{
	int			result = SPI_execute(sql, false, 0);

	if (result < 0)
		elog(ERROR, "SPI_execute failed: %s", SPI_result_code_string(result));
}

/* Grant all privileges of a level. */
static void
grant_level(const AccessLevel *level, const char *role)
{
	for (int i = 0; i < lengthof(level->privileges) && level->privileges[i].privilege; i++)
	{
		const Privilege *privilege = &level->privileges[i];

		run_grant(psprintf("GRANT %s ON %s TO %s", privilege->privilege,
						   privilege->objects != NULL ? privilege->objects : relation_list(false),
						   quote_identifier(role)));
	}
}

/* Does the role hold the mark of a level by a grant to itself? */
static bool
holds_level(const AccessLevel *level, Oid role)
{
	Oid			types[] = {OIDOID, TEXTOID, TEXTOID, TEXTOID};
	Datum		values[lengthof(types)];
	char		nulls[] = {' ', ' ', ' ', ' '};
	int			result;

	values[0] = ObjectIdGetDatum(role);
	values[1] = CStringGetTextDatum(psprintf("cgae.%s", level->mark_relation));
	values[2] = level->mark_column != NULL ? CStringGetTextDatum(level->mark_column) : (Datum) 0;
	nulls[2] = level->mark_column != NULL ? ' ' : 'n';
	values[3] = CStringGetTextDatum(level->mark_privilege);
	result = SPI_execute_with_args("SELECT FROM pg_catalog.pg_class AS c"
								   " LEFT JOIN pg_catalog.pg_attribute AS a"
								   "  ON a.attrelid OPERATOR(pg_catalog.=) c.oid"
								   "  AND a.attname OPERATOR(pg_catalog.=) $3::pg_catalog.name,"
								   " pg_catalog.aclexplode("
								   "CASE WHEN $3 IS NULL THEN c.relacl ELSE a.attacl END) AS g"
								   " WHERE c.oid OPERATOR(pg_catalog.=) $2::pg_catalog.regclass"
								   " AND g.grantee OPERATOR(pg_catalog.=) $1"
								   " AND g.privilege_type OPERATOR(pg_catalog.=) $4",
								   lengthof(types), types, values, nulls, false, 1);
	if (result != SPI_OK_SELECT)
		elog(ERROR, "SPI_execute_with_args failed: %s", SPI_result_code_string(result));
	return SPI_processed > 0;
}

/* The role's name, checked to exist. */
static char *
role_argument(FunctionCallInfo fcinfo, const char *function, Oid *role)
{
	char	   *name;

	if (PG_ARGISNULL(0))
		cgae_refuse_null_argument(function, "role");
	name = text_to_cstring(PG_GETARG_TEXT_PP(0));
	*role = get_role_oid(name, false);	/* undefined_object */
	return name;
}

/*
 * GRANT itself only warns, and does nothing, when the grantor holds a
 * privilege without grant option.
 */
static void
require_own_registry(void)
{
	cgae_require_own_registry("Who holds privileges with grant option can pass them on by GRANT.");
}

/* Owner of a function. */
static Oid
function_owner(Oid function)
{
	HeapTuple	tuple = SearchSysCache1(PROCOID, ObjectIdGetDatum(function));
	Oid			owner;

	if (!HeapTupleIsValid(tuple))
		elog(ERROR, "cache lookup failed for function %u", function);
	owner = ((Form_pg_proc) GETSTRUCT(tuple))->proowner;
	ReleaseSysCache(tuple);
	return owner;
}

/* Let a role make triggers of a guard, with the rights of the functions' owner. */
static void
grant_guard(FunctionCallInfo fcinfo, const char *name, Oid role)
{
	Oid			function = cgae_guard_function(get_func_namespace(fcinfo->flinfo->fn_oid), name);
	CgaeSavedUser caller;

	/* what ALTER EXTENSION UPDATE has yet to bring is missed where it is used */
	if (!OidIsValid(function))
		return;
	/* a grant that is there already would be one more difference for pg_dump to tell */
	if (object_aclcheck(ProcedureRelationId, function, role, ACL_EXECUTE) == ACLCHECK_OK)
		return;
	cgae_act_as(function_owner(fcinfo->flinfo->fn_oid), &caller);
	run_grant(psprintf("GRANT EXECUTE ON FUNCTION cgae.%s() TO %s", name,
					   quote_identifier(GetUserNameFromId(role, false))));
	cgae_act_end(&caller);
}

void
cgae_access_grant_guards(FunctionCallInfo fcinfo, Oid owner)
{
	const CgaeTableGuard *guard;

	for (int t = 0; t < CGAE_TABLES; t++)
		for (guard = cgae_relation_definition(t)->guards; guard->name != NULL; guard++)
			grant_guard(fcinfo, guard->function, owner);
}

/*
 * cgae.grant_access(role text, level text) -> void
 *
 * Makes a role a reader, registrar, auditor or operator; levels add up.  The
 * caller must own the registry.
 * Errors: undefined_object for an unknown role, invalid_parameter_value for
 * an unknown level, insufficient_privilege.
 */
PG_FUNCTION_INFO_V1(cgae_grant_access);
Datum
cgae_grant_access(PG_FUNCTION_ARGS)
{
	Oid			role;
	char	   *name = role_argument(fcinfo, "grant_access", &role);
	const AccessLevel *level;

	if (PG_ARGISNULL(1))
		cgae_refuse_null_argument("grant_access", "level");
	level = find_level(text_to_cstring(PG_GETARG_TEXT_PP(1)));
	require_own_registry();
	cgae_statement_begin();
	grant_level(level, name);
	cgae_statement_end();
	PG_RETURN_VOID();
}

/*
 * cgae.revoke_access(role text, level text DEFAULT NULL) -> void
 *
 * Takes a level away, or all of them when level is null.  Privileges that
 * another level of the role's includes stay.  Errors as for grant_access().
 */
PG_FUNCTION_INFO_V1(cgae_revoke_access);
Datum
cgae_revoke_access(PG_FUNCTION_ARGS)
{
	Oid			role;
	char	   *name = role_argument(fcinfo, "revoke_access", &role);
	const AccessLevel *revoked = PG_ARGISNULL(1) ? NULL :
		find_level(text_to_cstring(PG_GETARG_TEXT_PP(1)));
	bool		stays[lengthof(levels)] = {false};

	require_own_registry();
	cgae_statement_begin();
	/* what a reader may comes with every level, so it tells of none: start at 1 */
	if (revoked != NULL)
		for (int i = 1; i < lengthof(levels); i++)
			stays[i] = &levels[i] != revoked && holds_level(&levels[i], role);
	run_grant(psprintf("REVOKE ALL ON %s FROM %s", relation_list(true), quote_identifier(name)));
	for (int i = 0; i < lengthof(levels); i++)
		if (stays[i])
			grant_level(&levels[i], name);
	cgae_statement_end();
	PG_RETURN_VOID();
}
