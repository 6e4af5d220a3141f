/*
 * history_series.c
 *	  How many active agents of each tier there were, or will be, at a series
 *	  of instants: cgae.tier_distribution_over_time(), and for the report.
 *
 * One pass over the history serves all instants.  Between two facts about an
 * agent, and under one policy, its effective tier never rises, but at the date
 * of a certification that lies ahead of the clock, so that a
 * stretch of instants with the same tier is found by bisection and counted at
 * its two ends; the counts are summed up at the end.  Memory: 104 bytes an
 * instant, and the facts of one agent.
 */
#include "postgres.h"

#include "access/xact.h"
#include "catalog/pg_type.h"
#include "common/int.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/timestamp.h"

#include "history/history.h"
#include "history/history_series.h"
#include "server/clock.h"
#include "server/errors.h"
#include "server/statement.h"

#define MAX_INSTANTS 100000

typedef struct Series
{
	int			count;
	const TimestampTz *at;		/* strictly ascending */
	int		   *policy;			/* number in the timeline, by instant */
	int		   *policy_end;		/* the first later instant of another policy, by instant */
	CgaeTimeline timeline;
	int64	   *change;			/* agents that enter tier t at instant i, less
								 * those that leave: [i * CGAE_TIERS + t] */
} Series;

/* A fact, and the first instant at which it counts. */
typedef struct DatedFact
{
	CgaeFact	fact;
	int			first;
} DatedFact;

/* Refuse an argument (invalid_parameter_value). */
static void
refuse_range(const char *what, const char *value, const char *rule)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("%s %s is refused: %s", what, value, rule)));
}

/*
 * Instant number i: each is counted from the first, not from the one before,
 * so that months do not drift from the 31st to the 28th.
 */
static TimestampTz
instant(TimestampTz from, const Interval *step, int i)
{
	Interval	total;

	if (pg_mul_s32_overflow(step->month, i, &total.month) ||
		pg_mul_s32_overflow(step->day, i, &total.day) ||
		pg_mul_s64_overflow(step->time, i, &total.time))
		ereport(ERROR,
				(errcode(ERRCODE_INTERVAL_FIELD_OVERFLOW),
				 errmsg("interval out of range")));
	return DatumGetTimestampTz(DirectFunctionCall2(timestamptz_pl_interval,
												   TimestampTzGetDatum(from),
												   IntervalPGetDatum(&total)));
}

/* The instants from, from + step, ... that are not after to; sets *count. */
static TimestampTz *
lay_out_instants(TimestampTz from, TimestampTz to, Interval *step, int *count)
{
	char	   *step_text = DatumGetCString(DirectFunctionCall1(interval_out,
																IntervalPGetDatum(step)));
	int			room = 64;
	TimestampTz *instants;
	TimestampTz at = from;

	if (TIMESTAMP_NOT_FINITE(from) || TIMESTAMP_NOT_FINITE(to))
		refuse_range("instant", timestamptz_to_str(TIMESTAMP_NOT_FINITE(from) ? from : to),
					 "a series begins and ends at finite instants");
	if (from > to)
	{
		/* timestamptz_to_str() has one buffer */
		char	   *from_text = pstrdup(timestamptz_to_str(from));

		refuse_range("range of time", psprintf("from %s to %s", from_text, timestamptz_to_str(to)),
					 "it ends before it begins");
	}

	instants = palloc(room * sizeof(TimestampTz));
	*count = 0;
	while (at <= to)
	{
		TimestampTz next;

		if (*count == MAX_INSTANTS)
			refuse_range("step", step_text,
						 psprintf("it divides the range of time into more than %d instants",
								  MAX_INSTANTS));
		if (*count == room)
		{
			room *= 2;
			instants = repalloc(instants, room * sizeof(TimestampTz));
		}
		instants[(*count)++] = at;
		next = instant(from, step, *count);
		if (next <= at)
			refuse_range("step", step_text, "it must lead from each instant to a later one");
		at = next;
	}
	return instants;
}

/* Find out which policy is in force at each instant. */
static void
lay_out_policies(Series *series)
{
	series->policy = palloc(series->count * sizeof(int));
	series->policy_end = palloc(series->count * sizeof(int));
	for (int i = series->count - 1; i >= 0; i--)
	{
		series->policy[i] = cgae_timeline_at(&series->timeline, cgae_facts_until(series->at[i]));
		series->policy_end[i] = i + 1 == series->count ||
			series->policy[i + 1] != series->policy[i] ? i + 1 : series->policy_end[i + 1];
	}
}

/* The first instant not before a time; count when there is none. */
static int
first_instant(const Series *series, TimestampTz at)
{
	int			low = 0;
	int			high = series->count;

	while (low < high)
	{
		int			middle = low + (high - low) / 2;

		if (series->at[middle] < at)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static int
tier_at_instant(const Series *series, const CgaePastStanding *standing, int i)
{
	return cgae_past_standing_tier(standing, &series->timeline.version[series->policy[i]].policy,
							  series->at[i]);
}

/* Count an agent whose facts are the same at the instants first..end-1. */
static void
count_standing(Series *series, const CgaePastStanding *standing, int first, int end)
{
	int			i = first;

	if (standing->status != CGAE_ACTIVE)
		return;
	/* the one rise: a certification that lies ahead of the clock */
	if (standing->certified_tier != CGAE_NO_TIER &&
		cgae_not_yet(standing->certified_at, series->at[i]))
	{
		i = Min(first_instant(series, standing->certified_at), end);
		series->change[first * CGAE_TIERS]++;
		series->change[i * CGAE_TIERS]--;
	}
	while (i < end)
	{
		int			tier = tier_at_instant(series, standing, i);
		int			low = i + 1;	/* the tier lasts at least up to here */
		int			high = Min(end, series->policy_end[i]);

		/* it does not rise, so when it is the same at the last it was throughout */
		if (tier == 0 || tier_at_instant(series, standing, high - 1) == tier)
			low = high;
		while (low < high)
		{
			int			middle = low + (high - low) / 2;

			if (tier_at_instant(series, standing, middle) == tier)
				low = middle + 1;
			else
				high = middle;
		}
		series->change[i * CGAE_TIERS + tier]++;
		series->change[low * CGAE_TIERS + tier]--;
		i = low;
	}
}

static int
compare_ints(const void *a, const void *b)
{
	int			x = *(const int *) a;
	int			y = *(const int *) b;

	return (x > y) - (x < y);
}

/*
 * Count an agent by its facts, newest first.  Facts need not become valid in
 * the order in which they were recorded, so the standing is made anew for
 * every instant at which one does.
 */
static void
count_agent(Series *series, const DatedFact *facts, int fact_count)
{
	int		   *starts = palloc((fact_count + 1) * sizeof(int));
	int			start_count = 0;

	for (int f = 0; f < fact_count; f++)
		if (facts[f].first < series->count)
			starts[start_count++] = facts[f].first;
	qsort(starts, start_count, sizeof(int), compare_ints);
	for (int s = 0; s < start_count; s++)
	{
		int			end = s + 1 < start_count ? starts[s + 1] : series->count;
		CgaePastStanding standing;

		if (end == starts[s])
			continue;
		CHECK_FOR_INTERRUPTS();
		cgae_past_standing_begin(&standing);
		for (int f = 0; f < fact_count; f++)
			if (facts[f].first <= starts[s] && cgae_past_standing_add(&standing, &facts[f].fact))
				break;
		count_standing(series, &standing, starts[s], end);
	}
	pfree(starts);
}

static const CgaeStatement facts_of_all = {
	CGAE_FACTS("", "") " ORDER BY agent_id DESC, seq DESC",
	2, (const Oid[]) {TIMESTAMPTZOID, TIMESTAMPTZOID}
};

void
cgae_tier_series(FunctionCallInfo fcinfo, const TimestampTz *at, int count, int64 *agents)
{
	Datum		arguments[2];
	Series		series = {.count = count, .at = at};
	CgaeFacts	reader;
	int			room = 64;
	DatedFact  *facts = palloc(room * sizeof(DatedFact));
	TimestampTz now = GetCurrentStatementStartTimestamp();

	series.change = palloc0((count + 1) * CGAE_TIERS * sizeof(int64));
	arguments[0] = TimestampTzGetDatum(cgae_facts_until(at[count - 1]));
	arguments[1] = TimestampTzGetDatum(DT_NOEND);
	cgae_timeline_read(fcinfo, &series.timeline);
	lay_out_policies(&series);
	cgae_facts_open(&reader, cgae_plan(fcinfo->flinfo->fn_oid, &facts_of_all), arguments,
					CGAE_STREAM_BATCH);
	while (cgae_facts_next_agent(&reader))
	{
		int			fact_count = 0;

		while (cgae_facts_next(&reader, &facts[fact_count].fact))
		{
			/* what is on record has happened by now, whatever its date */
			facts[fact_count].first = first_instant(&series, Min(facts[fact_count].fact.at, now));
			if (++fact_count == room)
			{
				room *= 2;
				facts = repalloc_huge(facts, room * sizeof(DatedFact));
			}
		}
		count_agent(&series, facts, fact_count);
	}
	cgae_facts_close(&reader);

	/* sum up the changes */
	for (int i = 0; i < count; i++)
		for (int tier = 0; tier < CGAE_TIERS; tier++)
			agents[i * CGAE_TIERS + tier] = series.change[i * CGAE_TIERS + tier] +
				(i > 0 ? agents[(i - 1) * CGAE_TIERS + tier] : 0);
	pfree(series.change);
	pfree(facts);
}

/*
 * cgae.tier_distribution_over_time("from" timestamptz, "to" timestamptz, step interval)
 *	   -> SETOF (at timestamptz, tier cgae.tier, agents bigint)
 *
 * Active agents by effective tier at from, from + step, ... up to to: six rows
 * an instant, in order.  The same as counting standing_as_of() at each; an
 * instant to come is answered from the policy in force.  Refused
 * (invalid_parameter_value): from after to, either infinite, a step that does
 * not lead forward, more than 100,000 instants.
 */
PG_FUNCTION_INFO_V1(cgae_tier_distribution_over_time);
Datum
cgae_tier_distribution_over_time(PG_FUNCTION_ARGS)
{
	static const char *const argument_names[] = {"from", "to", "step"};
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	TimestampTz *at;
	int			count;
	int64	   *agents;
	CgaeEnumMap map;

	for (int i = 0; i < lengthof(argument_names); i++)
		if (PG_ARGISNULL(i))
			cgae_refuse_null_argument("tier_distribution_over_time", argument_names[i]);
	at = lay_out_instants(PG_GETARG_TIMESTAMPTZ(0), PG_GETARG_TIMESTAMPTZ(1),
						  PG_GETARG_INTERVAL_P(2), &count);
	InitMaterializedSRF(fcinfo, 0);
	cgae_enum_map_init(&map, TupleDescAttr(rsinfo->setDesc, 1)->atttypid, cgae_tier_labels,
					   CGAE_TIERS);

	agents = palloc0(count * CGAE_TIERS * sizeof(int64));
	cgae_require_registry();
	cgae_statement_begin();
	cgae_tier_series(fcinfo, at, count, agents);
	cgae_statement_end();

	for (int i = 0; i < count; i++)
		for (int tier = 0; tier < CGAE_TIERS; tier++)
		{
			Datum		values[] = {
				TimestampTzGetDatum(at[i]),
				ObjectIdGetDatum(map.value[tier]),
				Int64GetDatum(agents[i * CGAE_TIERS + tier])
			};
			bool		nulls[lengthof(values)] = {false};

			tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, nulls);
		}
	return (Datum) 0;
}
