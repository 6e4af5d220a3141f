/*
 * history.c
 *	  Functions that answer what was true, or will be, at an instant.
 *
 * The state at an instant follows from certifications and events alone, see
 * history.h: nothing of it is stored a second time.  There are two axes of
 * time: "at" is when something was true, "known_at" when it had been recorded.
 * All read with the caller's privileges and snapshot.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/pg_type.h"
#include "funcapi.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/timestamp.h"

#include "core/decay_core.h"
#include "history/history.h"
#include "server/clock.h"
#include "server/errors.h"
#include "server/statement.h"
#include "types/robustness.h"

/* Rows fetched at a time of one agent's history. */
#define AGENT_BATCH 16

/* Only agent $3, since its last certification: what came before does not matter. */
#define OF_ONE_AGENT(alias) \
	" AND " alias ".agent_id OPERATOR(pg_catalog.=) $3" \
	" AND " alias ".seq OPERATOR(pg_catalog.>=) COALESCE((SELECT l.seq" \
	"  FROM cgae.certifications AS l" \
	"  WHERE l.agent_id OPERATOR(pg_catalog.=) $3" \
	"  AND " CGAE_SQL_CERTIFIES("l") \
	"  AND l.certified_at OPERATOR(pg_catalog.<=) $1" \
	"  AND l.recorded_at OPERATOR(pg_catalog.<=) $2" \
	"  ORDER BY l.agent_id DESC, l.seq DESC LIMIT 1), 1)"

/*
 * Everybody's facts, each agent's behind a row that tells nothing but its name:
 * its null sorts first.  Cheaper than a join, since all is sorted anyway.
 */
#define NAMED_FACTS \
	"SELECT f.*, CAST(NULL AS pg_catalog.text) AS model_name FROM (" CGAE_FACTS("", "") ") AS f" \
	" UNION ALL " \
	"SELECT a.agent_id, NULL, NULL, NULL, NULL, NULL, NULL, NULL, a.model_name" \
	" FROM cgae.agents AS a" \
	" WHERE (a.registered_at OPERATOR(pg_catalog.<=) $1) IS NOT FALSE"

/* The arguments "at" and "known_at"; one not given: all that is known. */
static void
instants(FunctionCallInfo fcinfo, int argument, const char *function, TimestampTz *at,
		 TimestampTz *known_at)
{
	if (PG_ARGISNULL(argument))
		cgae_refuse_null_argument(function, "at");
	*at = PG_GETARG_TIMESTAMPTZ(argument);
	*known_at = PG_ARGISNULL(argument + 1) ? DT_NOEND : PG_GETARG_TIMESTAMPTZ(argument + 1);
}

/* The policy in force at an instant, as far as it was known. */
static const CgaePolicy *
policy_at(const CgaeTimeline *timeline, TimestampTz at, TimestampTz known_at)
{
	/* a policy takes force when it is recorded, one that lies ahead is in force now */
	TimestampTz until = cgae_facts_until(Min(at, known_at));

	return &timeline->version[cgae_timeline_at(timeline, until)].policy;
}

/* The OID of a tier, or null for CGAE_NO_TIER. */
static Datum
tier_datum(const CgaeEnumMap *map, int tier, bool *isnull)
{
	*isnull = tier == CGAE_NO_TIER;
	return *isnull ? (Datum) 0 : ObjectIdGetDatum(map->value[tier]);
}

/*
 * cgae.effective_tier_at(r cgae.robustness, certified_at timestamptz, at timestamptz,
 *						  policy_version integer) returns cgae.tier
 *
 * Tier of the decayed vector under a published policy, past ones included:
 * what would be, and what was.  Strict; an unknown version and an instant
 * before the certification are errors.
 */
PG_FUNCTION_INFO_V1(cgae_effective_tier_at_by_version);
Datum
cgae_effective_tier_at_by_version(PG_FUNCTION_ARGS)
{
	CgaeRobustness *r = PG_GETARG_ROBUSTNESS_P(0);
	TimestampTz certified_at = PG_GETARG_TIMESTAMPTZ(1);
	TimestampTz at = PG_GETARG_TIMESTAMPTZ(2);
	const CgaePolicy *policy = cgae_policy_by_version(PG_GETARG_INT32(3));
	CgaeDecay	decay = {policy->decay_rate, policy->time_step};
	const CgaeEnumMap *tiers = cgae_tier_map_of_result(fcinfo);

	if (at < certified_at)
	{
		/* timestamptz_to_str() has one buffer */
		char	   *certification = pstrdup(timestamptz_to_str(certified_at));

		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("instant %s is refused: it is before the certification at %s",
						timestamptz_to_str(at), certification)));
	}
	PG_RETURN_OID(tiers->value[cgae_decay_core_tier(&policy->gate, &decay, r, certified_at, at)]);
}

static const CgaeStatement facts_of_agent = {
	CGAE_FACTS(OF_ONE_AGENT("c"), OF_ONE_AGENT("e"))
	" ORDER BY seq DESC",
	3, (const Oid[]) {TIMESTAMPTZOID, TIMESTAMPTZOID, TEXTOID}
};

/*
 * cgae.tier_at(agent_id text, at timestamptz, known_at timestamptz DEFAULT NULL,
 *	   OUT status cgae.agent_status, OUT certified_tier cgae.tier,
 *	   OUT effective_tier cgae.tier)
 *
 * Standing of an agent at an instant, as it was known at known_at (null: as it
 * is known now).  All null for an instant before the registration, or when
 * that was not known yet; certified_tier null before the first certification.
 * An instant to come is answered from the policy in force.  Unknown agent:
 * no_data_found.
 */
PG_FUNCTION_INFO_V1(cgae_tier_at);
Datum
cgae_tier_at(PG_FUNCTION_ARGS)
{
	Datum		arguments[3];
	TimestampTz at;
	TimestampTz known_at;
	CgaeTimeline timeline;
	CgaeFacts	facts;
	CgaeFact	fact;
	CgaePastStanding standing;
	TupleDesc	desc;
	CgaeEnumMap tiers;
	CgaeEnumMap statuses;
	int			tier;
	Datum		values[3] = {0};
	bool		nulls[3] = {true, true, true};

	if (PG_ARGISNULL(0))
		cgae_refuse_null_argument("tier_at", "agent_id");
	instants(fcinfo, 1, "tier_at", &at, &known_at);
	if (get_call_result_type(fcinfo, NULL, &desc) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "return type must be a row type");
	desc = BlessTupleDesc(desc);

	arguments[0] = TimestampTzGetDatum(cgae_facts_until(at));
	arguments[1] = TimestampTzGetDatum(cgae_facts_until(known_at));
	arguments[2] = PG_GETARG_DATUM(0);
	cgae_require_registry();
	cgae_statement_begin();
	cgae_timeline_read(fcinfo, &timeline);
	cgae_past_standing_begin(&standing);
	cgae_facts_open(&facts, cgae_plan(fcinfo->flinfo->fn_oid, &facts_of_agent), arguments,
					AGENT_BATCH);
	if (cgae_facts_next_agent(&facts))
		while (cgae_facts_next(&facts, &fact) && !cgae_past_standing_add(&standing, &fact))
			;
	cgae_facts_close(&facts);
	if (standing.status == CGAE_NO_STATUS &&
		cgae_statement_run(fcinfo, &cgae_agent_exists, &arguments[2], NULL, true) == 0)
		cgae_refuse_unknown_agent(arguments[2]);
	tier = cgae_past_standing_tier(&standing, policy_at(&timeline, at, known_at), at);
	cgae_statement_end();

	if (standing.status != CGAE_NO_STATUS)
	{
		cgae_enum_map_init(&statuses, TupleDescAttr(desc, 0)->atttypid, cgae_status_labels,
						   lengthof(cgae_status_labels));
		cgae_enum_map_init(&tiers, TupleDescAttr(desc, 1)->atttypid, cgae_tier_labels, CGAE_TIERS);
		values[0] = ObjectIdGetDatum(statuses.value[standing.status]);
		nulls[0] = false;
		values[1] = tier_datum(&tiers, standing.certified_tier, &nulls[1]);
		values[2] = tier_datum(&tiers, tier, &nulls[2]);
	}
	PG_RETURN_DATUM(HeapTupleGetDatum(heap_form_tuple(desc, values, nulls)));
}

/* Columns of standing_as_of. */
enum
{
	STANDING_AGENT_ID,
	STANDING_MODEL_NAME,
	STANDING_STATUS,
	STANDING_CERTIFIED_TIER,
	STANDING_EFFECTIVE_TIER,
	STANDING_ROBUSTNESS,
	STANDING_CERTIFIED_AT,
	STANDING_COLUMNS
};

/* What standing_as_of needs to write rows. */
typedef struct StandingOutput
{
	ReturnSetInfo *rsinfo;
	CgaeEnumMap tiers;
	CgaeEnumMap statuses;
	const CgaePolicy *policy;
	TimestampTz at;
} StandingOutput;

/* Write the row of an agent. */
static void
put_standing(const StandingOutput *output, Datum agent_id, Datum model_name,
			 CgaePastStanding *standing)
{
	Datum		values[STANDING_COLUMNS];
	bool		nulls[STANDING_COLUMNS] = {false};

	nulls[STANDING_MODEL_NAME] = model_name == (Datum) 0;
	values[STANDING_AGENT_ID] = agent_id;
	values[STANDING_MODEL_NAME] = model_name;
	values[STANDING_STATUS] = ObjectIdGetDatum(output->statuses.value[standing->status]);
	values[STANDING_CERTIFIED_TIER] = tier_datum(&output->tiers, standing->certified_tier,
												 &nulls[STANDING_CERTIFIED_TIER]);
	values[STANDING_EFFECTIVE_TIER] =
		tier_datum(&output->tiers, cgae_past_standing_tier(standing, output->policy, output->at),
				   &nulls[STANDING_EFFECTIVE_TIER]);
	values[STANDING_ROBUSTNESS] = RobustnessPGetDatum(&standing->robustness);
	values[STANDING_CERTIFIED_AT] = TimestampTzGetDatum(standing->certified_at);
	nulls[STANDING_CERTIFIED_AT] = nulls[STANDING_CERTIFIED_TIER];
	nulls[STANDING_ROBUSTNESS] = nulls[STANDING_CERTIFIED_TIER] || !standing->has_robustness;
	tuplestore_putvalues(output->rsinfo->setResult, output->rsinfo->setDesc, values, nulls);
}

static const CgaeStatement facts_of_all = {
	NAMED_FACTS " ORDER BY agent_id DESC, seq DESC",
	2, (const Oid[]) {TIMESTAMPTZOID, TIMESTAMPTZOID}
};

/*
 * cgae.standing_as_of(at timestamptz, known_at timestamptz DEFAULT NULL)
 *	   -> SETOF (agent_id text, model_name text, status cgae.agent_status,
 *		   certified_tier cgae.tier, effective_tier cgae.tier,
 *		   robustness cgae.robustness, certified_at timestamptz)
 *
 * tier_at() of every agent that was registered at that instant, in one pass
 * over the history.  robustness is the vector as it was certified; model_name
 * is today's, names have no history.
 */
PG_FUNCTION_INFO_V1(cgae_standing_as_of);
Datum
cgae_standing_as_of(PG_FUNCTION_ARGS)
{
	Datum		arguments[2];
	StandingOutput output = {.rsinfo = (ReturnSetInfo *) fcinfo->resultinfo};
	TimestampTz known_at;
	CgaeTimeline timeline;
	CgaeFacts	facts;
	CgaeFact	fact;
	CgaePastStanding standing;

	instants(fcinfo, 0, "standing_as_of", &output.at, &known_at);
	InitMaterializedSRF(fcinfo, 0);
	cgae_enum_map_init(&output.statuses,
					   TupleDescAttr(output.rsinfo->setDesc, STANDING_STATUS)->atttypid,
					   cgae_status_labels, lengthof(cgae_status_labels));
	cgae_enum_map_init(&output.tiers,
					   TupleDescAttr(output.rsinfo->setDesc, STANDING_CERTIFIED_TIER)->atttypid,
					   cgae_tier_labels, CGAE_TIERS);

	arguments[0] = TimestampTzGetDatum(cgae_facts_until(output.at));
	arguments[1] = TimestampTzGetDatum(cgae_facts_until(known_at));
	cgae_require_registry();
	cgae_statement_begin();
	cgae_timeline_read(fcinfo, &timeline);
	output.policy = policy_at(&timeline, output.at, known_at);
	cgae_facts_open(&facts, cgae_plan(fcinfo->flinfo->fn_oid, &facts_of_all), arguments,
					CGAE_STREAM_BATCH);
	while (cgae_facts_next_agent(&facts))
	{
		text	   *name;

		/* row security may show the history of an agent that it hides */
		if (!cgae_facts_is_unnumbered(&facts))
			continue;
		name = cgae_facts_text(&facts, CGAE_FACTS_EXTRA_COLUMN);
		if (name != NULL)
			name = DatumGetTextPCopy(PointerGetDatum(name));
		cgae_past_standing_begin(&standing);
		while (cgae_facts_next(&facts, &fact) && !cgae_past_standing_add(&standing, &fact))
			;
		if (standing.status != CGAE_NO_STATUS)
			put_standing(&output, PointerGetDatum(facts.agent_id), PointerGetDatum(name),
						 &standing);
		if (name != NULL)
			pfree(name);
	}
	cgae_facts_close(&facts);
	cgae_statement_end();
	return (Datum) 0;
}

static const CgaeStatement list_expiring = {
	"SELECT agent_id, model_name, current_tier, effective_tier,"
	" tier_drop_at, falls_to, time_left"
	" FROM cgae.expiring_agents"
	" WHERE tier_drop_at OPERATOR(pg_catalog.<=) $1"
	" ORDER BY tier_drop_at, agent_id",
	1, (const Oid[]) {TIMESTAMPTZOID}
};

/*
 * cgae.expiring_within(within interval) -> SETOF the columns of cgae.expiring_agents
 *
 * The active agents whose tier falls within that time from now, soonest first;
 * those whose fall is due already come with them.  A negative interval is
 * refused (invalid_parameter_value).
 */
PG_FUNCTION_INFO_V1(cgae_expiring_within);
Datum
cgae_expiring_within(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	Datum		zero;
	Datum		arguments[1];
	CgaeStream	stream;

	if (PG_ARGISNULL(0))
		cgae_refuse_null_argument("expiring_within", "within");
	zero = PointerGetDatum(palloc0(sizeof(Interval)));
	if (DatumGetBool(DirectFunctionCall2(interval_lt, PG_GETARG_DATUM(0), zero)))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("interval %s is refused: it must not be negative",
						DatumGetCString(DirectFunctionCall1(interval_out, PG_GETARG_DATUM(0))))));
	InitMaterializedSRF(fcinfo, 0);
	arguments[0] = DirectFunctionCall2(timestamptz_pl_interval,
									   TimestampTzGetDatum(cgae_now()),
									   PG_GETARG_DATUM(0));
	cgae_require_registry();
	cgae_statement_begin();
	cgae_stream_open(fcinfo, &stream, &list_expiring, arguments);
	cgae_stream_return(&stream, rsinfo);
	cgae_stream_close(&stream);
	cgae_statement_end();
	return (Datum) 0;
}
