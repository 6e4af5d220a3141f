/*
 * publish_policy.c
 *	  Publishing a gate policy, and asking what one would do.
 */
#include "postgres.h"

#include "access/xact.h"
#include "catalog/namespace.h"
#include "catalog/pg_type.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/resowner.h"
#include "utils/rls.h"
#include "utils/timestamp.h"

#include "api/publication_locks.h"
#include "guards/guard.h"
#include "guards/publication.h"
#include "guards/standing_row.h"
#include "guards/sweep.h"
#include "policy/gate.h"
#include "server/clock.h"
#include "server/enum_map.h"
#include "server/errors.h"
#include "server/row_stream.h"
#include "server/statement.h"

/*
 * Only who may insert into gate_policies may make everybody wait, and only who
 * sees every agent can bring every agent to the new policy.
 */
static void
require_publisher(void)
{
	Oid			namespace = get_namespace_oid("cgae", false);
	Oid			policies = get_relname_relid("gate_policies", namespace);

	if (pg_class_aclcheck(policies, GetUserId(), ACL_INSERT) != ACLCHECK_OK)
		aclcheck_error(ACLCHECK_NO_PRIV, OBJECT_TABLE, "gate_policies");
	if (check_enable_rls(get_relname_relid("agents", namespace), InvalidOid, true) == RLS_ENABLED)
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("a gate policy cannot be published under row-level security of cgae.agents"),
				 errdetail("Agents that the publisher does not see would keep their tiers."),
				 errhint("Publish as the owner of the registry or as a role with BYPASSRLS.")));
}

/* What a policy is given with, in the order of cgae_policy_columns. */
static const Oid given_types[] = {
	FLOAT8ARRAYOID, FLOAT8ARRAYOID, FLOAT8ARRAYOID, FLOAT8OID, NUMERICARRAYOID,
	FLOAT8ARRAYOID, FLOAT8OID, INTERVALOID, TEXTOID
};

/* What is null stays as it is in the version before. */
static const CgaeStatement derive_policy = {
	"SELECT COALESCE($1, p.cc), COALESCE($2, p.er), COALESCE($3, p.as_),"
	" COALESCE($4, p.ih_threshold), COALESCE($5, p.budget_ceilings),"
	" COALESCE($6, p.audit_intensities), COALESCE($7, p.decay_rate),"
	" COALESCE($8, p.time_step), COALESCE($9, '')"
	" FROM cgae.gate_policies AS p ORDER BY p.version DESC LIMIT 1",
	lengthof(given_types), given_types
};

/* Append the version after another one; what is null stays as it is there. */
static int32
insert_policy(FunctionCallInfo fcinfo, const CgaePolicy *before, const char *actor)
{
	Datum		values[lengthof(given_types)];
	char		nulls[lengthof(given_types)];
	CgaePublication publication;
	int32		version = cgae_publication_next_version(before->version);

	cgae_statement_arguments(fcinfo, lengthof(given_types), values, nulls);
	if (cgae_statement_run(fcinfo, &derive_policy, values, nulls, false) != 1)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("no gate policy is visible in cgae.gate_policies"),
				 cgae_err_object("gate_policies", NULL, NULL)));
	for (int c = 0; c < lengthof(given_types); c++)
	{
		bool		isnull;

		/* the owner may have changed it */
		if (SPI_gettypeid(SPI_tuptable->tupdesc, c + 1) != given_types[c])
			ereport(ERROR,
					(errcode(ERRCODE_DATATYPE_MISMATCH),
					 errmsg("column \"%s\" of gate policies has type %s, not %s",
							cgae_policy_columns[c].name,
							format_type_be(SPI_gettypeid(SPI_tuptable->tupdesc, c + 1)),
							format_type_be(given_types[c]))));
		publication.values[c] = SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, c + 1,
											  &isnull);
		if (isnull)
			ereport(ERROR,
					(errcode(ERRCODE_NOT_NULL_VIOLATION),
					 errmsg("gate policy is refused: %s is null", cgae_policy_columns[c].name),
					 cgae_err_object("gate_policies", cgae_policy_columns[c].name, NULL)));
	}
	publication.values[CGAE_POLICY_VERSION] = Int32GetDatum(version);
	publication.values[CGAE_POLICY_EFFECTIVE_FROM] =
		TimestampTzGetDatum(cgae_publication_effective_from(before));
	publication.values[CGAE_POLICY_ACTOR] = CStringGetTextDatum(actor);
	cgae_publication_write(fcinfo, &publication);
	return version;
}

static const CgaeStatement list_rerated = {
	"SELECT agent_id, xmin, cmin FROM cgae.agents"
	" WHERE " CGAE_RERATED_AGENTS " ORDER BY agent_id",
	0, NULL
};

/* Name of an agent whose row the publication did not write, or NULL. */
static char *
first_not_reached(FunctionCallInfo fcinfo, const CgaeSweep *sweep)
{
	CgaeStream	agents;
	char	   *name = NULL;
	bool		is_reached = true;

	cgae_stream_open_plan(&agents, cgae_plan(fcinfo->flinfo->fn_oid, &list_rerated), NULL, NULL,
						  false, CGAE_STREAM_BATCH);
	while (is_reached && cgae_stream_next(&agents))
	{
		Datum		xmin;
		Datum		cmin;

		is_reached = cgae_read_datum(agents.tuple, agents.desc, 2, XIDOID, &xmin) &&
			cgae_read_datum(agents.tuple, agents.desc, 3, CIDOID, &cmin) &&
			TransactionIdIsCurrentTransactionId(DatumGetTransactionId(xmin)) &&
			DatumGetCommandId(cmin) >= sweep->command;
		if (!is_reached)
			name = cgae_stream_cstring(&agents, 1);
	}
	cgae_stream_close(&agents);
	return name;
}

/*
 * Refuse a publication that did not reach every agent: who was passed by would
 * keep the tier that a stricter policy had not yet taken, or get back from a
 * laxer one what had decayed.
 */
static void
refuse_incomplete(FunctionCallInfo fcinfo, const CgaeLocks *locks, const CgaeSweep *sweep)
{
	Oid			agents = get_relname_relid("agents", get_namespace_oid("cgae", false));
	char	   *name = NULL;

	if (pg_class_aclcheck(agents, GetUserId(), ACL_SELECT) == ACLCHECK_OK)
		name = first_not_reached(fcinfo, sweep);
	ereport(ERROR,
			(errcode(ERRCODE_TRIGGERED_DATA_CHANGE_VIOLATION),
			 errmsg("gate policy is not published: it did not reach " INT64_FORMAT
					" of " INT64_FORMAT " agents",
					locks->agents - sweep->reached, locks->agents),
			 name != NULL ? errdetail("Agent \"%s\" was not reached.", name) : 0,
			 errhint("A trigger or rule on cgae.agents suppresses updates, or the guard is disabled."),
			 cgae_err_object("agents", NULL, NULL)));
}

static const CgaeStatement rerate = {
	"UPDATE cgae.agents SET current_tier = current_tier"
	" WHERE " CGAE_RERATED_AGENTS " AND $1",
	1, (const Oid[]) {BOOLOID}
};

/*
 * Bring every certified agent to the new policy in one statement: it falls to
 * what the old one had left of its tier, so that a laxer policy raises
 * nobody, and gets the instant of its next fall under the new one.
 */
static void
rerate_agents(FunctionCallInfo fcinfo, const CgaeLocks *locks, CgaeSweep *sweep)
{
	/* always true; asked for, it tells that the statement runs (caller.h) */
	Datum		value = BoolGetDatum(true);

	sweep->events = cgae_event_batch_begin();
	sweep->command = GetCurrentCommandId(true);
	cgae_ticket_push(&cgae_sweep_ticket, sweep);
	cgae_statement_run(fcinfo, &rerate, &value, NULL, false);
	cgae_ticket_pop(&cgae_sweep_ticket);
	cgae_event_batch_end(sweep->events);
	if (sweep->reached != locks->agents)
		refuse_incomplete(fcinfo, locks, sweep);
}

/* Publish, if all locks are to be had; returns the version, or 0. */
static int32
publish(FunctionCallInfo fcinfo, CgaeLocks *locks)
{
	CgaeSweep	sweep = {.at = DT_NOEND};
	/* the statements may run as the registry's owner, whoever asks for them */
	const char *actor = cgae_guard_actor();
	int32		version = 0;

	cgae_statement_begin();
	if (cgae_locks_take(fcinfo, locks))
	{
		cgae_policy_in_force_for_guard(&sweep.policy);
		version = insert_policy(fcinfo, &sweep.policy, actor);
		cgae_policy_in_force_for_guard(&sweep.next);
		if (sweep.next.version != version)
			ereport(ERROR,
					(errcode(ERRCODE_TRIGGERED_DATA_CHANGE_VIOLATION),
					 errmsg("gate policy version %d was published, but version %d is in force",
							version, sweep.next.version),
					 errhint("A trigger or rule on cgae.gate_policies interferes."),
					 cgae_err_object("gate_policies", NULL, NULL)));
		rerate_agents(fcinfo, locks, &sweep);
		cgae_sweep_end(&sweep);
	}
	cgae_statement_end();
	return version;
}

/*
 * One attempt to publish, in a subtransaction, so that what it has locked is
 * free again when it fails for the sake of another lock; returns the version, or 0.
 */
static int32
try_to_publish(FunctionCallInfo fcinfo, CgaeLocks *locks)
{
	MemoryContext context = CurrentMemoryContext;
	ResourceOwner owner = CurrentResourceOwner;
	volatile int32 version = 0;

	BeginInternalSubTransaction(NULL);
	MemoryContextSwitchTo(context);
	PG_TRY();
	{
		version = publish(fcinfo, locks);
		if (version > 0)
			ReleaseCurrentSubTransaction();
		else
			RollbackAndReleaseCurrentSubTransaction();
	}
	PG_CATCH();
	{
		ErrorData  *error;

		MemoryContextSwitchTo(context);
		error = CopyErrorData();
		FlushErrorState();
		RollbackAndReleaseCurrentSubTransaction();
		MemoryContextSwitchTo(context);
		CurrentResourceOwner = owner;
		if (!locks->is_queued || error->sqlerrcode != ERRCODE_LOCK_NOT_AVAILABLE)
			ReThrowError(error);
		FreeErrorData(error);
	}
	PG_END_TRY();
	MemoryContextSwitchTo(context);
	CurrentResourceOwner = owner;
	return version;
}

/*
 * cgae.publish_policy(cc float8[] DEFAULT NULL, er float8[] DEFAULT NULL,
 *	   as_ float8[] DEFAULT NULL, ih_threshold float8 DEFAULT NULL,
 *	   budget_ceilings numeric[] DEFAULT NULL, audit_intensities float8[] DEFAULT NULL,
 *	   decay_rate float8 DEFAULT NULL, time_step interval DEFAULT NULL,
 *	   note text DEFAULT '') -> int (the version)
 *
 * Publishes a gate policy, in force from now on; what is null stays as in the
 * version before.  Waits for open certifications and makes new ones wait, so
 * that each is judged by the policy that holds at its commit; but neither for
 * long: see publication_locks.h.  The caller needs INSERT and SELECT on
 * gate_policies, SELECT and UPDATE (current_tier) on agents.  Errors:
 * check_violation for a policy that breaks a rule; feature_not_supported
 * above READ COMMITTED, where agents certified meanwhile would be missed;
 * lock_not_available when open transactions hold what it needs for 5 seconds, or
 * for lock_timeout if that is shorter; triggered_data_change_violation when an
 * agent was not reached.
 */
PG_FUNCTION_INFO_V1(cgae_publish_policy);
Datum
cgae_publish_policy(PG_FUNCTION_ARGS)
{
	CgaeLocks	locks;
	int32		version;

	/* else the lock would be refused first, with an error that fits less */
	PreventCommandDuringRecovery("cgae.publish_policy()");
	cgae_require_registry();
	(void) cgae_policy_of_registry();
	require_publisher();
	if (IsolationUsesXactSnapshot())
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("a gate policy is published at isolation level READ COMMITTED only"),
				 errhint("Begin the transaction with ISOLATION LEVEL READ COMMITTED.")));

	cgae_locks_begin(&locks);
	while ((version = try_to_publish(fcinfo, &locks)) == 0)
		cgae_locks_pause(fcinfo, &locks);
	cgae_publication_forbid_prepare();
	PG_RETURN_INT32(version);
}

static const CgaeStatement list_active = {
	"SELECT agent_id, model_name, " CGAE_STANDING_COLUMNS " FROM cgae.agents"
	" WHERE status OPERATOR(pg_catalog.=) 'active' ORDER BY agent_id",
	0, NULL
};

/* List the active agents whose effective tier another policy would change. */
static Datum
list_impact(FunctionCallInfo fcinfo, const CgaePolicy *then)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	CgaePolicy	now = *cgae_policy_in_force();
	TimestampTz at = cgae_now();
	CgaeEnumMap tiers;
	CgaeStream	agents;

	InitMaterializedSRF(fcinfo, 0);
	cgae_enum_map_init(&tiers, TupleDescAttr(rsinfo->setDesc, 2)->atttypid, cgae_tier_labels,
					   CGAE_TIERS);
	cgae_statement_begin();
	cgae_stream_open(fcinfo, &agents, &list_active, NULL);
	while (cgae_stream_next(&agents))
	{
		CgaeStanding standing = cgae_standing_from_tuple(agents.tuple, agents.desc, 3);
		int			tier_now;
		int			tier_then;
		Datum		values[4] = {0};
		bool		nulls[4] = {false};

		cgae_standing_catch_up(&standing);
		tier_now = cgae_standing_effective_tier(&standing, &now, at);
		/* a new policy starts from what is left under the old one */
		standing.current_tier = tier_now;
		tier_then = cgae_standing_effective_tier(&standing, then, at);
		if (tier_then == tier_now)
			continue;
		nulls[0] = !cgae_read_datum(agents.tuple, agents.desc, 1, TEXTOID, &values[0]);
		nulls[1] = !cgae_read_datum(agents.tuple, agents.desc, 2, TEXTOID, &values[1]);
		values[2] = ObjectIdGetDatum(tiers.value[tier_now]);
		values[3] = ObjectIdGetDatum(tiers.value[tier_then]);
		tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, nulls);
	}
	cgae_stream_close(&agents);
	cgae_statement_end();
	return (Datum) 0;
}

/*
 * cgae.policy_impact(version int)
 *	   -> SETOF (agent_id text, model_name text, tier_now cgae.tier, tier_then cgae.tier)
 *
 * Active agents whose effective tier would change if this version were
 * published again now.  Unknown version: no_data_found.
 */
PG_FUNCTION_INFO_V1(cgae_policy_impact_of_version);
Datum
cgae_policy_impact_of_version(PG_FUNCTION_ARGS)
{
	CgaePolicy	then;

	if (PG_ARGISNULL(0))
		cgae_refuse_null_argument("policy_impact", "version");
	cgae_require_registry();
	then = *cgae_policy_by_version(PG_GETARG_INT32(0));
	return list_impact(fcinfo, &then);
}

/*
 * cgae.policy_impact(cc float8[], er float8[], as_ float8[], ih_threshold float8)
 *	   -> SETOF (agent_id text, model_name text, tier_now cgae.tier, tier_then cgae.tier)
 *
 * The same for thresholds that are not published; the rest of the policy is
 * the one in force, and a null stands for its thresholds.
 */
PG_FUNCTION_INFO_V1(cgae_policy_impact_of_thresholds);
Datum
cgae_policy_impact_of_thresholds(PG_FUNCTION_ARGS)
{
	CgaePolicy	then;

	cgae_require_registry();
	then = *cgae_policy_in_force();
	for (int d = 0; d < CGAE_GATED_DIMENSIONS; d++)
		if (!PG_ARGISNULL(d))
			cgae_thresholds_of_array(PG_GETARG_ARRAYTYPE_P(d), d, then.gate.theta[d]);
	if (!PG_ARGISNULL(CGAE_GATED_DIMENSIONS))
		then.gate.ih_threshold = PG_GETARG_FLOAT8(CGAE_GATED_DIMENSIONS);
	cgae_check_thresholds(&then.gate);
	return list_impact(fcinfo, &then);
}
