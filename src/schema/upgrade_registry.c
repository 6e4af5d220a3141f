/*
 * upgrade_registry.c
 *	  cgae.upgrade_registry(): brings the tables, triggers and views of an
 *	  existing registry to the layout of this library.
 *
 * ALTER EXTENSION UPDATE changes types and functions, never the registry,
 * which belongs to its owner.  Between the two, and after a restore of an old
 * dump, this library meets an older layout: guards and functions must work
 * with every layout that a step starts from.
 */
#include "postgres.h"

#include "access/table.h"
#include "catalog/namespace.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"

#include "policy/policy.h"
#include "schema/access.h"
#include "schema/ddl.h"
#include "schema/layout.h"
#include "schema/views.h"
#include "server/errors.h"
#include "server/registry_tables.h"
#include "server/row_reader.h"

/* What turns the layout before into this one. */
typedef struct LayoutStep
{
	int			version;
	const char *const *statements;	/* ends with NULL */
} LayoutStep;

/*
 * In order, from layout 2 on, each with statements like those of
 * create_registry.c.  Views need none: all are made anew after the last step.
 * They run as the registry's owner, who is given EXECUTE on the guards before.
 */
static const LayoutStep steps[] = {
	{0, NULL}					/* the end */
};

/*
 * The registry's layout as it stands now, whatever the transaction's snapshot
 * sees: the lock that the caller holds keeps it so.
 */
static int32
layout_version(void)
{
	static const char sql[] = "SELECT pg_catalog.max(version) FROM cgae.registry_layout";
	CgaeNamedTables named = {0};
	int32		version;
	int			result;

	cgae_named_tables_require(&named, sql);
	PushActiveSnapshot(GetLatestSnapshot());
	/* read-only: in that snapshot, none of its own */
	result = SPI_execute(sql, true, 1);
	PopActiveSnapshot();
	if (result != SPI_OK_SELECT)
		elog(ERROR, "SPI_execute failed: %s", SPI_result_code_string(result));
	if (!cgae_read_int32(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1, &version))
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("layout of the agent registry is unknown: cgae.registry_layout is empty"),
				 errhint("Load the data of the dump whose schema was restored, or make a new registry of the empty tables by SELECT cgae.seed_registry()."),
				 cgae_err_object("registry_layout", NULL, NULL)));
	return version;
}

/* A load with --disable-triggers leaves the trigger an ordinary one. */
static void
enable_policy_trigger(Oid namespace)
{
	Oid			relid = get_relname_relid("gate_policies", namespace);
	Relation	policies = OidIsValid(relid) ? try_table_open(relid, AccessShareLock) : NULL;
	bool		announced = policies == NULL || cgae_policy_changes_announced(policies);

	if (policies != NULL)
		table_close(policies, AccessShareLock);
	if (!announced)
		cgae_ddl_run("ALTER TABLE cgae.gate_policies ENABLE ALWAYS TRIGGER " CGAE_POLICY_TRIGGER);
}

/*
 * cgae.upgrade_registry() -> int
 *
 * Brings the registry to the layout of this library and returns its version.
 * When it is there already, puts back what may be missing: views, ENABLE
 * ALWAYS of the trigger on gate_policies, and the owner's EXECUTE on the guards.  All or nothing; one upgrade at a
 * time.  What is made belongs to the registry's owner, also when a superuser
 * calls.
 * Errors: undefined_table without a registry; insufficient_privilege for who
 * does not own it, or when its owner may not create in the schema what is to be
 * made; object_not_in_prerequisite_state when its layout is newer than the
 * library.
 */
PG_FUNCTION_INFO_V1(cgae_upgrade_registry);
Datum
cgae_upgrade_registry(PG_FUNCTION_ARGS)
{
	Oid			namespace;
	Oid			owner;
	Oid			save_userid;
	int			save_sec_context;
	int			guc_level;
	int32		version;
	bool		stepped = false;

	cgae_require_own_registry(NULL);
	namespace = get_namespace_oid("cgae", false);

	/* an error restores both, with the (sub)transaction */
	owner = cgae_registry_owner();
	GetUserIdAndSecContext(&save_userid, &save_sec_context);
	SetUserIdAndSecContext(owner, save_sec_context | SECURITY_LOCAL_USERID_CHANGE |
						   SECURITY_RESTRICTED_OPERATION | SECURITY_NOFORCE_RLS);
	guc_level = cgae_ddl_begin();
	cgae_access_grant_guards(fcinfo, owner);

	cgae_ddl_run("LOCK TABLE cgae.registry_layout IN SHARE ROW EXCLUSIVE MODE");
	version = layout_version();
	if (version > CGAE_LAYOUT_VERSION)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("the agent registry has layout %d, newer than layout %d of this library",
						version, CGAE_LAYOUT_VERSION),
				 errhint("Install the release of cgae that made the registry, or a newer one."),
				 cgae_err_object("registry_layout", NULL, NULL)));

	if (version < CGAE_LAYOUT_VERSION)
		cgae_ddl_require_create();
	for (const LayoutStep *step = steps; step->version != 0; step++)
	{
		if (step->version <= version)
			continue;
		for (const char *const *statement = step->statements; *statement != NULL; statement++)
			cgae_ddl_run(*statement);
		cgae_ddl_run(psprintf("INSERT INTO cgae.registry_layout (version) VALUES (%d)",
							  step->version));
		version = step->version;
		stepped = true;
	}
	cgae_registry_make_views(stepped ? CGAE_VIEWS_ALL : CGAE_VIEWS_MISSING);
	enable_policy_trigger(namespace);

	cgae_ddl_end(guc_level);
	SetUserIdAndSecContext(save_userid, save_sec_context);
	PG_RETURN_INT32(version);
}
