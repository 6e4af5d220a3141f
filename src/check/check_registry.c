/*
 * check_registry.c
 *	  cgae.check_registry(): does everything that the registry keeps agree?
 *
 * Runs with the caller's privileges, in one snapshot.
 */
#include "postgres.h"

#include "access/xact.h"
#include "catalog/namespace.h"
#include "catalog/pg_class.h"
#include "funcapi.h"
#include "utils/fmgrprotos.h"
#include "utils/lsyscache.h"
#include "utils/resowner.h"
#include "utils/rls.h"
#include "utils/timestamp.h"

#include "check/check_agents.h"
#include "check/check_epochs.h"
#include "check/check_guards.h"
#include "check/check_layout.h"
#include "check/check_objects.h"
#include "check/check_values.h"
#include "guards/policy_digest.h"
#include "server/errors.h"
#include "server/registry_namespace.h"
#include "server/statement.h"

#define POLICIES \
	"SELECT version, cc, er, as_, ih_threshold, budget_ceilings," \
	" audit_intensities, decay_rate, time_step, effective_from, note, actor, digest" \
	" FROM cgae.gate_policies ORDER BY version"

#define LAYOUT \
	"SELECT l.version, l.installed_at FROM cgae.registry_layout AS l ORDER BY l.version"

/*
 * What a policy's row breaks, or NULL.  The rules are stated once, where they
 * are refused: so the refusal is caught.
 */
static char *
policy_fault(HeapTuple tuple, TupleDesc desc, CgaePolicy *policy)
{
	MemoryContext context = CurrentMemoryContext;
	ResourceOwner owner = CurrentResourceOwner;
	char	   *volatile fault = NULL;

	BeginInternalSubTransaction(NULL);
	MemoryContextSwitchTo(context);
	PG_TRY();
	{
		cgae_policy_from_tuple(tuple, desc, policy);
		ReleaseCurrentSubTransaction();
	}
	PG_CATCH();
	{
		ErrorData  *error;

		MemoryContextSwitchTo(context);
		error = CopyErrorData();
		FlushErrorState();
		RollbackAndReleaseCurrentSubTransaction();
		/* a rule of policies, not a cancelled query */
		if (ERRCODE_TO_CATEGORY(error->sqlerrcode) != ERRCODE_INTEGRITY_CONSTRAINT_VIOLATION &&
			error->sqlerrcode != ERRCODE_DATATYPE_MISMATCH)
			ReThrowError(error);
		fault = error->message;
	}
	PG_END_TRY();
	MemoryContextSwitchTo(context);
	CurrentResourceOwner = owner;
	return fault;
}

/*
 * The first policy takes force with the registry's creation.  The order of the
 * others is the versions': a clock that was stepped back dates one before the last.
 */
static void
check_effective_from(CgaeCheck *check, const CgaePolicy *policy)
{
	if (TIMESTAMP_NOT_FINITE(policy->effective_from))
		cgae_check_report(check, "policy", "version %d takes force at %s", policy->version,
						  timestamptz_to_str(policy->effective_from));
	else if (policy->version == 1 && !TIMESTAMP_IS_NOBEGIN(check->created_at) &&
			 policy->effective_from != check->created_at)
		cgae_check_report(check, "policy",
						  "version 1 takes force at %s, not with the creation of the registry",
						  timestamptz_to_str(policy->effective_from));
}

static const CgaeStatement find_created = {
	"SELECT CAST(installed_at AS pg_catalog.timestamptz)"
	" FROM cgae.registry_layout ORDER BY version LIMIT 1",
	0, NULL
};

/* When the registry was made, as its layout tells; DT_NOBEGIN: it does not. */
static TimestampTz
registry_created_at(FunctionCallInfo fcinfo)
{
	TimestampTz at = DT_NOBEGIN;

	if (cgae_statement_run(fcinfo, &find_created, NULL, NULL, true) > 0)
		(void) cgae_read_time(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1, &at);
	return at;
}

/* A policy says what it said when it was published, as far as its digest is that old. */
static void
check_policy_digest(CgaeCheck *check, HeapTuple tuple, TupleDesc desc, int32 version)
{
	Datum		values[CGAE_POLICY_COLUMNS];

	for (int c = 0; c < CGAE_POLICY_COLUMNS; c++)
	{
		bool		isnull;

		values[c] = SPI_getbinval(tuple, desc, SPI_fnumber(desc, cgae_policy_columns[c].name),
								  &isnull);
		if (isnull)
		{
			cgae_check_report(check, "policy", "version %d: %s is null", version,
							  cgae_policy_columns[c].name);
			return;
		}
	}
	if (!DatumGetBool(DirectFunctionCall2(byteaeq, values[CGAE_POLICY_DIGEST],
										  PointerGetDatum(cgae_policy_digest(values)))))
		cgae_check_report(check, "policy",
						  "version %d is not what was published: its digest is another",
						  version);
}

static const CgaeStatement list_policies = {POLICIES, 0, NULL};

/* Policies are numbered 1, 2, ..., valid, and take force one after the other. */
static void
check_policies(FunctionCallInfo fcinfo, CgaeCheck *check)
{
	uint64		count = cgae_statement_run(fcinfo, &list_policies, NULL, NULL, true);
	SPITupleTable *rows = SPI_tuptable;
	int32		last = 0;

	check->policies = palloc(Max(count, 1) * sizeof(CgaePolicy));
	if (count == 0)
		cgae_check_report(check, "policy", "there is none");
	for (uint64 i = 0; i < count; i++)
	{
		CgaePolicy *policy = &check->policies[check->policy_count];
		int32		version = 0;
		char	   *fault = policy_fault(rows->vals[i], rows->tupdesc, policy);

		(void) cgae_read_int32(rows->vals[i], rows->tupdesc, 1, &version);
		if (version != last + 1)
			cgae_check_report(check, "policy", "version %d follows version %d", version, last);
		last = version;
		if (fault != NULL)
		{
			cgae_check_report(check, "policy", "version %d: %s", version, fault);
			continue;
		}
		check->policy_count++;
		check_effective_from(check, policy);
		cgae_check_ahead(check, psprintf("effective_from of version %d,", version),
						 policy->effective_from);
		if (version == 1 && !cgae_policy_is_the_papers(policy))
			cgae_check_report(check, "policy",
							  "version 1 is not the paper's, with which a registry begins");
		check_policy_digest(check, rows->vals[i], rows->tupdesc, version);
	}
}

/* A layout was made at some instant. */
static void
check_installed_at(CgaeCheck *check, const CgaeStream *row, int32 version)
{
	TimestampTz at = DT_NOBEGIN;

	(void) cgae_read_time(row->tuple, row->desc, 2, &at);
	if (TIMESTAMP_NOT_FINITE(at))
		cgae_check_report(check, "layout", "version %d was made at no finite time", version);
	else
		cgae_check_ahead(check, psprintf("installed_at of layout %d,", version), at);
}

static const CgaeStatement list_layouts = {LAYOUT, 0, NULL};

/*
 * The layout must be known, and no newer than this library: an older one is
 * what upgrade_registry() is for.
 */
static void
check_layout_version(FunctionCallInfo fcinfo, CgaeCheck *check)
{
	CgaeStream	row;

	if (cgae_statement_run(fcinfo, &list_layouts, NULL, NULL, true) == 0)
		cgae_check_report(check, "layout", "cgae.registry_layout is empty");
	cgae_stream_take(&row);
	while (cgae_stream_next(&row))
	{
		int32		version = cgae_stream_int32(&row, 1);

		if (version < 1 || version > cgae_layout_version)
			cgae_check_report(check, "layout",
							  "version %d is none that this library knows",
							  version);
		check_installed_at(check, &row, version);
	}
}

/* Whoever does not see all rows would see contradictions that are none. */
static void
require_all_rows(void)
{
	static const char *const tables[] = {
		"agents", "certifications", "agent_events", "gate_policies", "registry_layout"
	};
	Oid			namespace = get_namespace_oid("cgae", false);

	for (int i = 0; i < lengthof(tables); i++)
	{
		Oid			relid = get_relname_relid(tables[i], namespace);

		if (OidIsValid(relid) && check_enable_rls(relid, InvalidOid, true) == RLS_ENABLED)
			ereport(ERROR,
					(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
					 errmsg("the registry cannot be checked under row-level security of cgae.%s",
							tables[i]),
					 errhint("Check it as its owner or as a role with BYPASSRLS."),
					 cgae_err_object(tables[i], NULL, NULL)));
	}
}

/*
 * cgae.check_registry() -> SETOF (agent_id text, rule text, detail text)
 *
 * One row for everything that contradicts: the registry's objects as the
 * catalog has them (check_layout.c, check_keys.c, check_objects.c, check_guards.c),
 * policies, audit epochs, values that no guard lets in (check_values.c), and
 * every agent's row against the replay of its history (check_agents.c).
 * agent_id is null where it is about none.  No row: all is as the guards left
 * it.  rule is a stable word: the README lists them.  Only one, "clock", is
 * about what the guards did themselves: it names a date that lies more than a
 * minute ahead of the clock, for as long as it does.
 *
 * It reads a table only when that has the registry's columns and types, so
 * that no cast of anybody's runs, and reports instead of raising.  Needs SELECT
 * on the tables (the level "reader").  Errors: undefined_table when there is no
 * table of a registry at all, insufficient_privilege also where row security
 * hides rows.
 */
PG_FUNCTION_INFO_V1(cgae_check_registry);
Datum
cgae_check_registry(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	CgaeCheck	check = {0};

	cgae_require_schema_name();
	if (!cgae_check_any_table())
		cgae_require_registry();
	require_all_rows();
	InitMaterializedSRF(fcinfo, 0);
	check.store = rsinfo->setResult;
	check.desc = rsinfo->setDesc;

	cgae_statement_begin();
	cgae_check_layout(&check);
	cgae_check_objects(fcinfo, &check);
	cgae_check_guards(fcinfo, &check);
	if (cgae_check_readable(&check, CGAE_REGISTRY_LAYOUT))
	{
		check_layout_version(fcinfo, &check);
		check.created_at = registry_created_at(fcinfo);
	}
	if (cgae_check_readable(&check, CGAE_GATE_POLICIES))
		check_policies(fcinfo, &check);
	cgae_check_epochs(fcinfo, &check);
	cgae_check_values(fcinfo, &check);
	/* what a history says rests on all of these */
	if (check.types_are_known && cgae_check_readable(&check, CGAE_GATE_POLICIES) &&
		cgae_check_readable(&check, CGAE_AGENTS) &&
		cgae_check_readable(&check, CGAE_CERTIFICATIONS) &&
		cgae_check_readable(&check, CGAE_AGENT_EVENTS))
		cgae_check_agents(fcinfo, &check);
	cgae_statement_end();
	return (Datum) 0;
}
