/*
 * report_data.c
 *	  What a report of the registry says: counted in one pass over the agents,
 *	  one over the history in order, and few over the history in any order.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/timestamp.h"

#include "core/decay_core.h"
#include "guards/certification.h"
#include "guards/standing_row.h"
#include "history/history_series.h"
#include "policy/standing.h"
#include "report/report.h"
#include "server/clock.h"
#include "server/enum_map.h"
#include "server/row_stream.h"
#include "server/statement.h"

/* As much of a client's text as a table shows, and one more to tell that it was cut. */
#define CLIP(text) "pg_catalog.left(" text ", 121)"

/* A column as text, or NULL. */
static char *
column(HeapTuple tuple, int number)
{
	return SPI_getvalue(tuple, SPI_tuptable->tupdesc, number);
}

/* A column of type bigint; null counts nothing. */
static int64
count_column(HeapTuple tuple, int number)
{
	int64		count = 0;

	(void) cgae_read_int64(tuple, SPI_tuptable->tupdesc, number, &count);
	return count;
}

/* A kind of fact, which is null only where NOT NULL was dropped. */
static char *
kind_column(HeapTuple tuple, int number)
{
	char	   *kind = column(tuple, number);

	return kind != NULL ? kind : pstrdup("unknown");
}

static const CgaeStatement find_policy = {
	"SELECT " CLIP("note") ", time_step FROM cgae.gate_policies"
	" WHERE version OPERATOR(pg_catalog.=) $1",
	1, (const Oid[]) {INT4OID}
};

/* The policy in force. */
static void
gather_policy(FunctionCallInfo fcinfo, CgaeReport *report)
{
	Datum		version;

	report->policy = *cgae_policy_in_force();
	for (int i = 0; i < CGAE_TIERS; i++)
	{
		Datum		ceiling = NumericGetDatum(report->policy.budget_ceiling[i]);

		report->ceiling_text[i] = DatumGetCString(DirectFunctionCall1(numeric_out, ceiling));
		report->ceiling[i] =
			DatumGetFloat8(DirectFunctionCall1(numeric_float8_no_overflow, ceiling));
	}
	/* those belong to the policy cache */
	memset(report->policy.budget_ceiling, 0, sizeof(report->policy.budget_ceiling));

	version = Int32GetDatum(report->policy.version);
	if (cgae_statement_run(fcinfo, &find_policy, &version, NULL, true) > 0)
	{
		report->note = column(SPI_tuptable->vals[0], 1);
		report->time_step = column(SPI_tuptable->vals[0], 2);
	}
}

static const CgaeStatement count_statuses = {
	"SELECT status, pg_catalog.count(*) FROM cgae.agents"
	" GROUP BY status",
	0, NULL
};

/* All agents by status. */
static void
gather_statuses(FunctionCallInfo fcinfo, CgaeReport *report)
{
	uint64		rows = cgae_statement_run(fcinfo, &count_statuses, NULL, NULL, true);
	CgaeEnumMap map;

	if (rows == 0)
		return;
	cgae_enum_map_init(&map, SPI_gettypeid(SPI_tuptable->tupdesc, 1), cgae_status_labels,
					   CGAE_STATUSES);
	for (uint64 i = 0; i < rows; i++)
	{
		HeapTuple	tuple = SPI_tuptable->vals[i];
		int			status = cgae_read_label(tuple, SPI_tuptable->tupdesc, 1, &map);

		/* the owner can drop NOT NULL */
		if (status >= 0)
			report->status[status] = count_column(tuple, 2);
	}
}

/* Does one fall come before another in the list? */
static bool
falls_before(const CgaeReportFall *fall, TimestampTz at, const char *agent_id)
{
	return fall->at < at || (fall->at == at && strcmp(fall->agent_id, agent_id) < 0);
}

/* Keep an agent's fall when it is among the first. */
static void
keep_fall(CgaeReport *report, const CgaeStream *agent, const CgaeReportFall *fall)
{
	CgaeReportFall *falls = report->falls;
	char	   *agent_id;
	int			place = report->fall_count;

	/* not even a look at its name, for most of many */
	if (report->limit == 0 ||
		(place == report->limit && falls[place - 1].at < fall->at))
		return;
	agent_id = cgae_stream_cstring(agent, 1);
	if (agent_id == NULL)		/* nobody can be told of it by name */
		return;
	while (place > 0 && !falls_before(&falls[place - 1], fall->at, agent_id))
		place--;
	if (place == report->limit)
	{
		pfree(agent_id);
		return;
	}
	if (report->fall_count == report->limit)
	{
		pfree(falls[report->limit - 1].agent_id);
		if (falls[report->limit - 1].model_name != NULL)
			pfree(falls[report->limit - 1].model_name);
		report->fall_count--;
	}
	memmove(&falls[place + 1], &falls[place], (report->fall_count - place) * sizeof(*falls));
	report->fall_count++;
	falls[place] = *fall;
	falls[place].agent_id = agent_id;
	falls[place].model_name = cgae_stream_cstring(agent, 2);
}

/* In which term a fall comes. */
static CgaeFallTerm
fall_term(TimestampTz now, TimestampTz at)
{
	return at < now + USECS_PER_DAY ? CGAE_FALLS_IN_A_DAY :
		at < now + 7 * USECS_PER_DAY ? CGAE_FALLS_IN_A_WEEK :
		at < now + 30 * USECS_PER_DAY ? CGAE_FALLS_IN_A_MONTH : CGAE_FALLS_LATER;
}

/* Count one active agent: agent_id, model_name, the standing, tier_drop_at. */
static void
count_agent(CgaeReport *report, const CgaeStream *agent)
{
	CgaeStanding standing = cgae_standing_from_tuple(agent->tuple, agent->desc, 3);
	CgaeDecay	decay = cgae_policy_decay(&report->policy);
	CgaeRobustness decayed;
	CgaeGateDetail detail;
	CgaeReportFall fall = {0};
	TimestampTz now;
	int			stored = standing.current_tier;
	bool		known;
	bool		falls;

	if (!standing.certified)	/* the guard lets none be active; or it cannot be read */
		return;
	/* a certification that somebody committed a little later counts from its own instant */
	now = Max(report->now, standing.certified_at);
	cgae_standing_catch_up(&standing);
	cgae_decay_core_apply(&standing.robustness,
						  cgae_decay_core_factor(cgae_decay_core_elapsed(standing.certified_at, now,
																		 decay.time_step),
												 decay.rate),
						  &decayed);
	cgae_gate_core_detail(&report->policy.gate, &decayed, &detail);
	fall.tier = cgae_standing_effective_tier(&standing, &report->policy, report->now);

	report->tier[fall.tier]++;
	report->weakest[fall.tier] += cgae_gate_core_weakest(&decayed);
	report->binding[detail.binding >= 0 ? detail.binding : CGAE_DIMENSIONS][fall.tier]++;
	if (fall.tier < stored && !cgae_not_yet(standing.certified_at, report->now))
		report->unswept++;

	/* what is stored tells when the stored tier falls, under the policy in force */
	known = cgae_read_time(agent->tuple, agent->desc, 3 + CGAE_STANDING_COUNT, &fall.at);
	falls = fall.tier > 0;
	if (falls && (fall.tier < stored || !known))
		falls = cgae_standing_falls_below(&standing, &report->policy, fall.tier, &fall.at);
	if (!falls)
	{
		report->term[CGAE_FALLS_NEVER]++;
		return;
	}
	report->term[fall_term(report->now, fall.at)]++;
	fall.falls_to = cgae_standing_effective_tier(&standing, &report->policy, Max(fall.at, now));
	keep_fall(report, agent, &fall);
}

static const CgaeStatement list_agents = {
	"SELECT agent_id, " CLIP("model_name") ", " CGAE_STANDING_COLUMNS
	", tier_drop_at FROM cgae.agents"
	" WHERE status OPERATOR(pg_catalog.=) 'active'",
	0, NULL
};

/* Go once over the active agents. */
static void
gather_agents(FunctionCallInfo fcinfo, CgaeReport *report)
{
	CgaeStream	agents;

	report->falls = palloc((report->limit + 1) * sizeof(CgaeReportFall));
	cgae_stream_open(fcinfo, &agents, &list_agents, NULL);
	while (cgae_stream_next(&agents))
		count_agent(report, &agents);
	cgae_stream_close(&agents);
}

/* Tiers over the period, at instants as evenly spaced as microseconds allow. */
static void
gather_series(FunctionCallInfo fcinfo, CgaeReport *report)
{
	/* all of time is longer than a signed number tells */
	uint64		span = (uint64) report->until - (uint64) report->since;
	uint64		steps = Min(CGAE_REPORT_INSTANTS - 1, span);

	report->instants = steps + 1;
	for (uint64 i = 0; i <= steps; i++)
		report->at[i] = (TimestampTz) ((uint64) report->since + span / steps * i +
									   span % steps * i / steps);
	cgae_tier_series(fcinfo, report->at, report->instants, report->series);
}

static const CgaeStatement count_holds = {
	"SELECT " CLIP("g.hold") ", g.agents, pg_catalog.count(*) OVER ()"
	" FROM (SELECT h.hold, pg_catalog.count(*) AS agents"
	"  FROM cgae.agents AS a, pg_catalog.unnest(a.holds) AS h(hold)"
	"  WHERE a.status OPERATOR(pg_catalog.=) 'suspended' AND h.hold IS NOT NULL"
	"  GROUP BY h.hold) AS g"
	" ORDER BY g.agents DESC, g.hold LIMIT $1",
	1, (const Oid[]) {INT4OID}
};

/* Why agents are suspended: an agent with two holds counts under both. */
static void
gather_holds(FunctionCallInfo fcinfo, CgaeReport *report)
{
	Datum		limit = Int32GetDatum(Max(report->limit, 1));

	report->hold_count =
		cgae_statement_run(fcinfo, &count_holds, &limit, NULL, true);
	report->holds = palloc(report->hold_count * sizeof(CgaeReportHold));
	for (int i = 0; i < report->hold_count; i++)
	{
		HeapTuple	tuple = SPI_tuptable->vals[i];

		report->holds[i].name = column(tuple, 1);
		report->holds[i].agents = count_column(tuple, 2);
		report->hold_total = count_column(tuple, 3);
	}
	report->hold_count = Min(report->hold_count, report->limit);
}

/*
 * What happened between $1 and $2: a certification by what it did to the
 * certified tier; the event of a demotion accompanies one.
 */
#define IN_PERIOD(at) at " OPERATOR(pg_catalog.>=) $1 AND " at " OPERATOR(pg_catalog.<=) $2"
#define KIND_OF_CERTIFICATION \
	"CASE WHEN NOT " CGAE_SQL_CERTIFIES("c") " THEN c.outcome" \
	" WHEN c.previous_tier IS NULL THEN 'first certification'" \
	" WHEN c.tier OPERATOR(pg_catalog.>) c.previous_tier THEN 'promotion'" \
	" WHEN c.tier OPERATOR(pg_catalog.<) c.previous_tier THEN 'demotion'" \
	" ELSE 'same tier again' END"

/* Of the bounds of the period, and of the number of rows. */
static const Oid period_types[] = {TIMESTAMPTZOID, TIMESTAMPTZOID, INT4OID};

static const CgaeStatement count_kinds = {
	"SELECT k.kind, pg_catalog.sum(k.n)::pg_catalog.int8 FROM ("
	"SELECT " KIND_OF_CERTIFICATION " AS kind, pg_catalog.count(*) AS n"
	" FROM cgae.certifications AS c"
	" WHERE " IN_PERIOD("c.certified_at") " GROUP BY 1"
	" UNION ALL "
	"SELECT e.type, pg_catalog.count(*) FROM cgae.agent_events AS e"
	" WHERE e.type OPERATOR(pg_catalog.<>) 'demotion'"
	" AND " IN_PERIOD("e.occurred_at") " GROUP BY 1) AS k"
	" GROUP BY k.kind ORDER BY 2 DESC, k.kind",
	2, period_types
};

/* How often what happened. */
static void
gather_kinds(FunctionCallInfo fcinfo, CgaeReport *report, const Datum *period)
{
	report->kind_count =
		cgae_statement_run(fcinfo, &count_kinds, period, NULL, true);
	report->kinds = palloc(report->kind_count * sizeof(CgaeReportKind));
	for (int i = 0; i < report->kind_count; i++)
	{
		report->kinds[i].kind = kind_column(SPI_tuptable->vals[i], 1);
		report->kinds[i].count = count_column(SPI_tuptable->vals[i], 2);
	}
}

/* The holds that a suspension or reinstatement r changed, if its data are the guards'. */
#define HOLDS_OF_EVENT \
	"COALESCE(r.data OPERATOR(pg_catalog.->) 'added', r.data OPERATOR(pg_catalog.->) 'lifted')"

static const CgaeStatement list_changes = {
	"SELECT r.at, r.agent_id, " CLIP("a.model_name") ", r.kind,"
	" r.old_tier, r.new_tier, " CLIP("r.data OPERATOR(pg_catalog.->>) 'old_tier'") ","
	" " CLIP("r.data OPERATOR(pg_catalog.->>) 'new_tier'") ","
	" " CLIP("COALESCE(r.audit_type, (SELECT pg_catalog.string_agg(v.hold, ', ')"
	" FROM pg_catalog.jsonb_array_elements_text("
	/* whatever somebody has put there */
	"CASE WHEN pg_catalog.jsonb_typeof(" HOLDS_OF_EVENT ")"
	" OPERATOR(pg_catalog.=) 'array' THEN " HOLDS_OF_EVENT " END) AS v(hold)))") ","
	" " CLIP("r.actor")
	" FROM ((SELECT c.certified_at AS at, c.agent_id, c.seq, " KIND_OF_CERTIFICATION
	"  AS kind, c.previous_tier AS old_tier, c.tier AS new_tier,"
	"  CAST(NULL AS pg_catalog.jsonb) AS data, c.audit_type, c.auditor AS actor"
	"  FROM cgae.certifications AS c WHERE " IN_PERIOD("c.certified_at")
	"  AND (c.tier IS NULL OR c.previous_tier IS NULL"
	"   OR c.tier OPERATOR(pg_catalog.<>) c.previous_tier)"
	"  ORDER BY c.certified_at DESC, c.agent_id, c.seq DESC LIMIT $3)"
	" UNION ALL"
	" (SELECT e.occurred_at, e.agent_id, e.seq, e.type, NULL, NULL, e.data, NULL,"
	"  e.actor FROM cgae.agent_events AS e WHERE " IN_PERIOD("e.occurred_at")
	"  AND e.type OPERATOR(pg_catalog.<>) 'registration'"
	"  AND e.type OPERATOR(pg_catalog.<>) 'demotion'"
	"  ORDER BY e.occurred_at DESC, e.agent_id, e.seq DESC LIMIT $3)) AS r"
	" LEFT JOIN cgae.agents AS a ON a.agent_id OPERATOR(pg_catalog.=) r.agent_id"
	" ORDER BY r.at DESC, r.agent_id, r.seq DESC LIMIT $3",
	3, period_types
};

/* The last things that happened, but registrations and what changed no tier. */
static void
gather_changes(FunctionCallInfo fcinfo, CgaeReport *report, const Datum *period)
{
	report->change_count =
		cgae_statement_run(fcinfo, &list_changes, period, NULL, true);
	report->changes = palloc0(report->change_count * sizeof(CgaeReportChange));
	for (int i = 0; i < report->change_count; i++)
	{
		CgaeReportChange *change = &report->changes[i];
		HeapTuple	tuple = SPI_tuptable->vals[i];

		(void) cgae_read_time(tuple, SPI_tuptable->tupdesc, 1, &change->at);
		change->agent_id = column(tuple, 2);
		change->model_name = column(tuple, 3);
		change->kind = kind_column(tuple, 4);
		change->old_tier = column(tuple, 5);
		if (change->old_tier == NULL)
			change->old_tier = column(tuple, 7);
		change->new_tier = column(tuple, 6);
		if (change->new_tier == NULL)
			change->new_tier = column(tuple, 8);
		change->detail = column(tuple, 9);
		change->actor = column(tuple, 10);
	}
}

void
cgae_report_gather(FunctionCallInfo fcinfo, CgaeReport *report)
{
	Datum		period[3];

	gather_policy(fcinfo, report);
	gather_statuses(fcinfo, report);
	gather_agents(fcinfo, report);
	gather_holds(fcinfo, report);
	gather_series(fcinfo, report);

	period[0] = TimestampTzGetDatum(report->since);
	period[1] = TimestampTzGetDatum(Min(report->until, report->now));
	period[2] = Int32GetDatum(report->limit);
	gather_kinds(fcinfo, report, period);
	gather_changes(fcinfo, report, period);
}
