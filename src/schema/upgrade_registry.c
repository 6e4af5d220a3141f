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
#include "catalog/pg_trigger.h"
#include "commands/trigger.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"

#include "schema/access.h"
#include "schema/ddl.h"
#include "schema/partitions.h"
#include "server/errors.h"
#include "server/registry_definition.h"
#include "server/registry_tables.h"
#include "server/registry_triggers.h"
#include "server/rights.h"
#include "server/row_reader.h"

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

/*
 * Set a guard ENABLE ALWAYS again: a load with --disable-triggers leaves it an
 * ordinary one.
 */
static void
enable_always(const char *table, const CgaeTableGuard *guard, Oid namespace)
{
	Oid			relid = get_relname_relid(table, namespace);
	Relation	relation = OidIsValid(relid) ? try_table_open(relid, AccessShareLock) : NULL;
	Oid			function = cgae_guard_function(namespace, guard->function);
	const Trigger *trigger;
	char	   *sql = NULL;

	if (relation == NULL)
		return;
	trigger = cgae_find_guard(relation, function, guard->type);
	/* one that is missing is refused by its name */
	if (trigger == NULL || trigger->tgenabled != TRIGGER_FIRES_ALWAYS)
		sql = psprintf("ALTER TABLE cgae.%s ENABLE ALWAYS TRIGGER %s", table,
					   quote_identifier(trigger != NULL ? trigger->tgname : guard->name));
	table_close(relation, AccessShareLock);
	if (sql != NULL)
		cgae_ddl_run(sql);
}

/* The same of all guards that are to be so. */
static void
enable_guards(Oid namespace)
{
	const CgaeTableGuard *guard;

	for (int t = 0; t < CGAE_TABLES; t++)
		for (guard = cgae_relation_definition(t)->guards; guard->name != NULL; guard++)
			if (guard->is_always)
				enable_always(cgae_relation_name(t), guard, namespace);
}

/*
 * Run the steps from a layout to this library's, in their order.
 * Views need none: all are made anew after the last step.
 */
static void
run_steps(int32 version)
{
	int			partitions = cgae_count_partitions();

	cgae_ddl_require_create();
	for (const CgaeRegistryStep *step = cgae_registry_steps; step->version != 0; step++)
		if (step->version > version)
		{
			cgae_ddl_run_all(step->statements, partitions > 0);
			cgae_ddl_record_layout(step->version);
		}
	cgae_complete_partitions(partitions);
}

/*
 * cgae.upgrade_registry() -> int
 *
 * Brings the registry to the layout of this library and returns its version.
 * When it is there already, puts back what may be missing: views, ENABLE
 * ALWAYS of the trigger on gate_policies, and the owner's EXECUTE on the guards.
 * All or nothing; one upgrade at a time.  What is made belongs to the registry's
 * owner, also when a superuser calls.
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
	CgaeSavedUser caller;
	int			guc_level;
	int32		version;
	CgaeViewMode views = CGAE_VIEWS_MISSING;

	cgae_require_own_registry(NULL);
	namespace = get_namespace_oid("cgae", false);

	owner = cgae_registry_owner();
	cgae_act_as(owner, &caller);
	guc_level = cgae_ddl_begin();
	cgae_access_grant_guards(fcinfo, owner);

	cgae_ddl_run("LOCK TABLE cgae.registry_layout IN SHARE ROW EXCLUSIVE MODE");
	version = layout_version();
	if (version > cgae_layout_version)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("the agent registry has layout %d, newer than layout %d of this library",
						version, cgae_layout_version),
				 errhint("Install the release of cgae that made the registry, or a newer one."),
				 cgae_err_object("registry_layout", NULL, NULL)));

	if (version < cgae_layout_version)
	{
		run_steps(version);
		views = CGAE_VIEWS_ALL;
	}
	cgae_ddl_make_views(views);
	enable_guards(namespace);
	cgae_ddl_end(guc_level);
	cgae_act_end(&caller);
	PG_RETURN_INT32(cgae_layout_version);
}
