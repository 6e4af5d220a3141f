/*
 * create_registry.c
 *	  cgae.create_registry(): the tables, as ordinary objects of the caller's.
 *
 * They are no members of the extension, so that pg_dump dumps them with the
 * columns, indexes and grants that their owner adds, and DROP EXTENSION does
 * not take the data along.  What they are is said in sql/registry/.  The layout
 * never changes in an upgrade script; it is versioned in cgae.registry_layout.
 */
#include "postgres.h"

#include "access/xact.h"
#include "catalog/namespace.h"
#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/timestamp.h"

#include "guards/audit_seeds.h"
#include "guards/guard.h"
#include "guards/publication.h"
#include "policy/policy.h"
#include "schema/access.h"
#include "schema/ddl.h"
#include "schema/partitions.h"
#include "server/errors.h"
#include "server/registry_namespace.h"
#include "server/registry_tables.h"
#include "server/rights.h"

/* Doubles of T0 to T5 as an array. */
static Datum
double_array(const double *doubles)
{
	Datum		elements[CGAE_TIERS];

	for (int i = 0; i < CGAE_TIERS; i++)
		elements[i] = Float8GetDatum(doubles[i]);
	return PointerGetDatum(construct_array(elements, CGAE_TIERS, FLOAT8OID, sizeof(float8),
										   FLOAT8PASSBYVAL, TYPALIGN_DOUBLE));
}

static Datum
numeric_array(Numeric *numerics)
{
	Datum		elements[CGAE_TIERS];

	for (int i = 0; i < CGAE_TIERS; i++)
		elements[i] = NumericGetDatum(numerics[i]);
	return PointerGetDatum(construct_array(elements, CGAE_TIERS, NUMERICOID, -1, false,
										   TYPALIGN_INT));
}

/* Publish the paper's policy, in force from the registry's creation on. */
static void
publish_first_policy(void)
{
	CgaePublication publication = {0};
	Datum	   *values = publication.values;
	Interval	step = {.day = cgae_paper_policy.time_step};
	CgaePolicy	paper;

	cgae_policy_of_paper(&paper);
	values[CGAE_POLICY_CC] = double_array(paper.gate.theta[CGAE_CC]);
	values[CGAE_POLICY_ER] = double_array(paper.gate.theta[CGAE_ER]);
	values[CGAE_POLICY_AS] = double_array(paper.gate.theta[CGAE_AS]);
	values[CGAE_POLICY_IH_THRESHOLD] = Float8GetDatum(paper.gate.ih_threshold);
	values[CGAE_POLICY_BUDGET_CEILINGS] = numeric_array(paper.budget_ceiling);
	values[CGAE_POLICY_AUDIT_INTENSITIES] = double_array(paper.audit_intensity);
	values[CGAE_POLICY_DECAY_RATE] = Float8GetDatum(paper.decay_rate);
	values[CGAE_POLICY_TIME_STEP] = IntervalPGetDatum(&step);
	values[CGAE_POLICY_NOTE] = CStringGetTextDatum(CGAE_PAPER_NOTE);
	values[CGAE_POLICY_VERSION] = Int32GetDatum(1);
	/* the same instant as that of the layout's row */
	values[CGAE_POLICY_EFFECTIVE_FROM] = TimestampTzGetDatum(GetCurrentTransactionStartTimestamp());
	values[CGAE_POLICY_ACTOR] = CStringGetTextDatum(cgae_guard_actor());
	cgae_publication_write(NULL, &publication);
}

/* How many partitions the caller asks for; 0: plain tables. */
static int
partitions_argument(FunctionCallInfo fcinfo)
{
	int32		partitions;

	if (PG_NARGS() < 1 || PG_ARGISNULL(0))
		return 0;
	partitions = PG_GETARG_INT32(0);
	if (partitions < 1 || partitions > CGAE_MAX_PARTITIONS)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("number of partitions %d is not from 1 to %d", partitions,
						CGAE_MAX_PARTITIONS),
				 errhint("Leave it out for tables that are not partitioned.")));
	return partitions;
}

/* Fill empty tables, between cgae_ddl_begin() and cgae_ddl_end(). */
static void
fill_registry(void)
{
	cgae_ddl_record_layout(cgae_layout_version);
	publish_first_policy();
	cgae_audit_begin_first_epoch();
}

/*
 * cgae.create_registry(partitions int DEFAULT NULL) -> void
 *
 * Makes the registry's tables, triggers and views in schema cgae, owned by
 * the caller, who needs CREATE on the schema (the role that installed the
 * extension has it).  With a number, agents, certifications and agent_events
 * are hash-partitioned by agent_id.  Calling it twice is an error
 * (duplicate_object), as is a number that makes no sense (invalid_parameter_value).
 */
PG_FUNCTION_INFO_V1(cgae_create_registry);
Datum
cgae_create_registry(PG_FUNCTION_ARGS)
{
	int			partitions = partitions_argument(fcinfo);
	Oid			namespace;
	int			guc_level;

	cgae_require_schema_name();
	namespace = get_namespace_oid("cgae", false);
	if (OidIsValid(get_relname_relid("agents", namespace)))
		ereport(ERROR,
				(errcode(ERRCODE_DUPLICATE_OBJECT),
				 errmsg("the agent registry of this database already exists"),
				 errhint("There is one registry per database; its tables are in schema cgae."),
				 cgae_err_object("agents", NULL, NULL)));

	guc_level = cgae_ddl_begin();
	/* who may not create in the schema is refused below, and has no guards then */
	cgae_access_grant_guards(fcinfo, GetUserId());
	for (int t = 0; t < CGAE_TABLES; t++)
		cgae_ddl_run_all(cgae_registry_files[t].statements, partitions > 0);
	cgae_complete_partitions(partitions);
	cgae_ddl_make_views(CGAE_VIEWS_NEW);
	fill_registry();
	cgae_ddl_end(guc_level);
	PG_RETURN_VOID();
}

/* Refuse to fill a registry in which anything is kept. */
static void
require_empty(const char *table)
{
	int			result = SPI_execute(psprintf("SELECT FROM cgae.%s LIMIT 1", table), false, 1);

	if (result != SPI_OK_SELECT)
		elog(ERROR, "SPI_execute failed: %s", SPI_result_code_string(result));
	if (SPI_processed > 0)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("the agent registry cannot be seeded: cgae.%s is not empty", table),
				 errdetail("Only a clone that has none of the registry's data is seeded."),
				 cgae_err_object(table, NULL, NULL)));
}

/*
 * cgae.seed_registry() -> void
 *
 * Makes a registry of tables that hold nothing, as pg_dump --schema-only
 * clones them: the layout's version, the paper's policy and the first epoch of
 * the audit lottery, as create_registry() writes them.  The caller owns the
 * registry or is a superuser; it runs as the owner.  Errors: undefined_table
 * without a registry, insufficient_privilege, object_not_in_prerequisite_state
 * when one of the tables holds a row.
 */
PG_FUNCTION_INFO_V1(cgae_seed_registry);
Datum
cgae_seed_registry(PG_FUNCTION_ARGS)
{
	CgaeSavedUser caller;
	int			guc_level;

	cgae_require_own_registry(NULL);
	cgae_act_as(cgae_registry_owner(), &caller);
	guc_level = cgae_ddl_begin();
	/* two at once would both find nothing; the policies first, as whoever writes locks them */
	cgae_ddl_run("LOCK TABLE cgae.gate_policies IN EXCLUSIVE MODE");
	for (int t = 0; t < CGAE_TABLES; t++)
	{
		cgae_ddl_run(psprintf("LOCK TABLE cgae.%s IN EXCLUSIVE MODE", cgae_relation_name(t)));
		require_empty(cgae_relation_name(t));
	}
	fill_registry();
	cgae_ddl_end(guc_level);
	cgae_act_end(&caller);
	PG_RETURN_VOID();
}
