/*
 * registry_check.c
 *	  cgae.check_registry(): does everything that the registry keeps agree?
 *
 * Runs with the caller's privileges, in one snapshot.
 */
#include "postgres.h"

#include "access/xact.h"
#include "catalog/namespace.h"
#include "catalog/pg_class.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/lsyscache.h"
#include "utils/resowner.h"
#include "utils/rls.h"
#include "utils/timestamp.h"

#include "check_agents.h"
#include "errors.h"
#include "statement.h"

/*
 * Guards that are missing, disabled, conditional or (the policies') not
 * ALWAYS.  A statement may name a partition: it needs them all.
 * kind is pg_trigger.tgtype: 1 row, 2 before, 4 insert, 8 delete, 16 update, 32 truncate.
 */
#define GUARDS \
	"WITH RECURSIVE expected (tab, guard, function, kind, enabled) AS (VALUES" \
	" ('gate_policies', 'zz_cgae_guard', 'guard_policies', 7, '{O,A}')," \
	" ('gate_policies', 'zz_cgae_append_only', 'guard_append_only', 27, '{O,A}')," \
	" ('gate_policies', 'zz_cgae_keep', 'guard_append_only', 34, '{O,A}')," \
	" ('gate_policies', 'zz_cgae_changed', 'guard_policies', 29, '{A}')," \
	" ('agents', 'zz_cgae_guard', 'guard_agents', 23, '{O,A}')," \
	" ('agents', 'zz_cgae_policy_lock', 'guard_agents', 18, '{O,A}')," \
	" ('agents', 'zz_cgae_registration', 'guard_agents', 5, '{O,A}')," \
	" ('agents', 'zz_cgae_append_only', 'guard_append_only', 11, '{O,A}')," \
	" ('agents', 'zz_cgae_keep', 'guard_append_only', 34, '{O,A}')," \
	" ('certifications', 'zz_cgae_guard', 'guard_certifications', 7, '{O,A}')," \
	" ('certifications', 'zz_cgae_stored', 'guard_certifications', 4, '{O,A}')," \
	" ('certifications', 'zz_cgae_append_only', 'guard_append_only', 27, '{O,A}')," \
	" ('certifications', 'zz_cgae_keep', 'guard_append_only', 34, '{O,A}')," \
	" ('agent_events', 'zz_cgae_guard', 'guard_events', 7, '{O,A}')," \
	" ('agent_events', 'zz_cgae_append_only', 'guard_append_only', 27, '{O,A}')," \
	" ('agent_events', 'zz_cgae_keep', 'guard_append_only', 34, '{O,A}')," \
	" ('audit_seeds', 'zz_cgae_guard', 'guard_seeds', 23, '{O,A}')," \
	" ('audit_seeds', 'zz_cgae_append_only', 'guard_append_only', 11, '{O,A}')," \
	" ('audit_seeds', 'zz_cgae_keep', 'guard_append_only', 34, '{O,A}')," \
	" ('registry_layout', 'zz_cgae_append_only', 'guard_append_only', 27, '{O,A}')," \
	" ('registry_layout', 'zz_cgae_keep', 'guard_append_only', 34, '{O,A}'))," \
	" tables (tab, oid) AS (" \
	"SELECT c.relname, c.oid FROM pg_catalog.pg_class AS c" \
	" JOIN pg_catalog.pg_namespace AS n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace" \
	" WHERE n.nspname OPERATOR(pg_catalog.=) 'cgae' AND c.relkind OPERATOR(pg_catalog.=) ANY ('{r,p}')" \
	" UNION ALL SELECT t.tab, i.inhrelid FROM tables AS t" \
	" JOIN pg_catalog.pg_inherits AS i ON i.inhparent OPERATOR(pg_catalog.=) t.oid)" \
	" SELECT CAST(x.guard AS pg_catalog.text), pg_catalog.concat(CAST(t.oid AS pg_catalog.regclass))," \
	" CASE WHEN EXISTS (SELECT FROM pg_catalog.pg_trigger AS g" \
	"  WHERE g.tgrelid OPERATOR(pg_catalog.=) t.oid" \
	"  AND g.tgname OPERATOR(pg_catalog.=) x.guard) THEN 'is disabled or changed' ELSE 'is missing' END" \
	" FROM expected AS x JOIN tables AS t ON t.tab OPERATOR(pg_catalog.=) x.tab" \
	" WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_trigger AS g" \
	"  JOIN pg_catalog.pg_proc AS p ON p.oid OPERATOR(pg_catalog.=) g.tgfoid" \
	"  JOIN pg_catalog.pg_namespace AS n ON n.oid OPERATOR(pg_catalog.=) p.pronamespace" \
	"  WHERE g.tgrelid OPERATOR(pg_catalog.=) t.oid" \
	"  AND n.nspname OPERATOR(pg_catalog.=) 'cgae'" \
	"  AND p.proname OPERATOR(pg_catalog.=) x.function" \
	"  AND g.tgtype OPERATOR(pg_catalog.=) x.kind AND g.tgqual IS NULL" \
	"  AND g.tgenabled OPERATOR(pg_catalog.=) ANY (CAST(x.enabled AS pg_catalog.\"char\"[])))" \
	" ORDER BY 2, 1"

#define POLICIES \
	"SELECT CAST(version AS pg_catalog.int4) AS version, cc, er, as_, ih_threshold, budget_ceilings," \
	" audit_intensities, decay_rate, time_step, effective_from FROM cgae.gate_policies ORDER BY version"

/* The secret of the current epoch is seen by few: others get a null from the view. */
#define EPOCHS(source) \
	"SELECT CAST(e.epoch AS pg_catalog.int4), CAST(e.created_at AS pg_catalog.timestamptz)," \
	" CAST(e.revealed_at AS pg_catalog.timestamptz)," \
	" CAST(pg_catalog.lag(e.revealed_at) OVER (ORDER BY e.epoch) AS pg_catalog.timestamptz)," \
	" COALESCE(e.secret IS NULL OR e.commitment OPERATOR(pg_catalog.=)" \
	"  pg_catalog.encode(pg_catalog.sha256(e.secret), 'hex'), false)," \
	" pg_catalog.lead(e.epoch) OVER (ORDER BY e.epoch) IS NULL" \
	" FROM cgae." source " AS e ORDER BY e.epoch"

enum
{
	EPOCH_NUMBER = 1,
	EPOCH_CREATED_AT,
	EPOCH_REVEALED_AT,
	EPOCH_LAST_REVEALED_AT,
	EPOCH_KEPT,
	EPOCH_IS_LAST
};

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
 * The first policy takes force with the registry's creation, the others one
 * after the other.  A version that was published while the clock was wrong, and
 * lies ahead, holds those after it back no more than the guard does: so one may
 * precede versions before it, but not all of them.
 */
static void
check_effective_from(CgaeCheck *check, const CgaePolicy *policy)
{
	bool		follows = policy->version == 1 ?
		policy->effective_from == check->created_at || TIMESTAMP_IS_NOBEGIN(check->created_at) :
		check->policy_count <= 2;

	for (int i = 0; i < check->policy_count - 1 && policy->version > 1; i++)
		follows |= check->policies[i].effective_from <= policy->effective_from;
	if (TIMESTAMP_NOT_FINITE(policy->effective_from))
		follows = false;
	if (!follows)
		cgae_check_report(check, "policy", "version %d takes force at %s, which does not follow %s",
						  policy->version, timestamptz_to_str(policy->effective_from),
						  policy->version == 1 ? "the creation of the registry" :
						  "any version before");
}

/* When the registry was made, as its layout tells; DT_NOBEGIN: it does not. */
static TimestampTz
registry_created_at(FunctionCallInfo fcinfo)
{
	bool		isnull = true;
	Datum		value = (Datum) 0;

	if (cgae_statement_run(fcinfo, CGAE_Q_CHECK_CREATED,
						   "SELECT CAST(installed_at AS pg_catalog.timestamptz)"
						   " FROM cgae.registry_layout ORDER BY version LIMIT 1",
						   0, NULL, NULL, NULL, true) > 0)
		value = SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1, &isnull);
	return isnull ? DT_NOBEGIN : DatumGetTimestampTz(value);
}

/* Policies are numbered 1, 2, ..., valid, and take force one after the other. */
static void
check_policies(FunctionCallInfo fcinfo, CgaeCheck *check)
{
	uint64		count = cgae_statement_run(fcinfo, CGAE_Q_CHECK_POLICIES, POLICIES, 0, NULL, NULL,
										   NULL, true);
	SPITupleTable *rows = SPI_tuptable;
	int32		last = 0;

	check->policies = palloc(Max(count, 1) * sizeof(CgaePolicy));
	if (count == 0)
		cgae_check_report(check, "policy", "there is none");
	for (uint64 i = 0; i < count; i++)
	{
		CgaePolicy *policy = &check->policies[check->policy_count];
		bool		isnull;
		int32		version = DatumGetInt32(SPI_getbinval(rows->vals[i], rows->tupdesc, 1, &isnull));
		char	   *fault = policy_fault(rows->vals[i], rows->tupdesc, policy);

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
	}
}

/* Epochs follow each other; each keeps to its commitment; all but the last are revealed. */
static void
check_epochs(FunctionCallInfo fcinfo, CgaeCheck *check)
{
	Oid			seeds = get_relname_relid("audit_seeds", get_namespace_oid("cgae", false));
	bool		may_read = OidIsValid(seeds) &&
		pg_class_aclcheck(seeds, GetUserId(), ACL_SELECT) == ACLCHECK_OK;
	uint64		count = may_read ?
		cgae_statement_run(fcinfo, CGAE_Q_CHECK_SEEDS, EPOCHS("audit_seeds"), 0, NULL, NULL, NULL, true) :
		cgae_statement_run(fcinfo, CGAE_Q_CHECK_EPOCHS, EPOCHS("audit_epochs"), 0, NULL, NULL, NULL, true);
	CgaeStream	row = {.rows = SPI_tuptable, .count = count};

	if (count == 0)
		cgae_check_report(check, "audit_seed", "there is no epoch");
	for (; row.row < row.count; row.row++)
	{
		int32		epoch = cgae_stream_integer(&row, EPOCH_NUMBER);
		bool		isnull;
		bool		kept = DatumGetBool(cgae_stream_column(&row, EPOCH_KEPT, &isnull));
		bool		is_last = DatumGetBool(cgae_stream_column(&row, EPOCH_IS_LAST, &isnull));
		bool		secret;
		TimestampTz begins = cgae_stream_time(&row, EPOCH_CREATED_AT);

		(void) cgae_stream_column(&row, EPOCH_REVEALED_AT, &secret);
		if ((uint64) epoch != row.row + 1)
			cgae_check_report(check, "audit_seed", "epoch %d is number " UINT64_FORMAT, epoch,
							  row.row + 1);
		if (!kept)
			cgae_check_report(check, "audit_seed", "epoch %d: the secret is not the one committed to",
							  epoch);
		if (secret != is_last)
			cgae_check_report(check, "audit_seed", "epoch %d %s", epoch,
							  secret ? "has ended, but is not revealed" :
							  "is revealed, but has not ended");
		if (row.row > 0 && begins != cgae_stream_time(&row, EPOCH_LAST_REVEALED_AT))
			cgae_check_report(check, "audit_seed", "epoch %d does not begin where the one before ends",
							  epoch);
		if (!secret && cgae_stream_time(&row, EPOCH_REVEALED_AT) < begins)
			cgae_check_report(check, "audit_seed", "epoch %d ends before it begins", epoch);
	}
}

/* Guards that do not stand as create_registry() put them up. */
static void
check_guards(FunctionCallInfo fcinfo, CgaeCheck *check)
{
	uint64		count = cgae_statement_run(fcinfo, CGAE_Q_CHECK_GUARDS, GUARDS, 0, NULL, NULL, NULL,
										   true);
	CgaeStream	row = {.rows = SPI_tuptable, .count = count};

	for (; row.row < row.count; row.row++)
		cgae_check_report(check, "guard", "trigger %s on %s %s", cgae_stream_text(&row, 1),
						  cgae_stream_text(&row, 2), cgae_stream_text(&row, 3));
}

/* Whoever does not see all rows would see contradictions that are none. */
static void
require_all_rows(void)
{
	static const char *const tables[] = {"agents", "certifications", "agent_events", "gate_policies"};
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
 * One row for every contradiction between agents, certifications, events,
 * policies and audit epochs, and for every guard that is missing or disabled;
 * agent_id is null where it is about none.  No row: all is as the guards left
 * it.  rule names the column of cgae.agents that is wrong, or the rule that
 * the history breaks.  Needs SELECT on the tables (the level "reader");
 * insufficient_privilege where row security hides some of them.
 */
PG_FUNCTION_INFO_V1(cgae_check_registry);
Datum
cgae_check_registry(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	CgaeCheck	check = {0};

	cgae_require_registry();
	require_all_rows();
	InitMaterializedSRF(fcinfo, 0);
	check.store = rsinfo->setResult;
	check.desc = rsinfo->setDesc;

	cgae_statement_begin();
	check_guards(fcinfo, &check);
	check.created_at = registry_created_at(fcinfo);
	check_policies(fcinfo, &check);
	check_epochs(fcinfo, &check);
	cgae_check_agents(fcinfo, &check);
	cgae_statement_end();
	return (Datum) 0;
}
