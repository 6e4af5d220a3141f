/*
 * history_core.c
 *	  What an agent's history says about an instant: reading facts, and what
 *	  follows from them.
 *
 * Used by the functions of history.c and history_series.c, which so cannot
 * disagree.  The history is read with the caller's privileges.
 */
#include "postgres.h"

#include "access/xact.h"
#include "utils/timestamp.h"

#include "clock.h"
#include "decay_core.h"
#include "errors.h"
#include "guard.h"
#include "history.h"
#include "robustness.h"
#include "statement.h"

/* Columns of CGAE_FACTS. */
enum
{
	FACT_AGENT_ID = 1,
	FACT_SEQ,
	FACT_AT,
	FACT_STATUS,
	FACT_CERTIFIED_TIER,
	FACT_ROBUSTNESS,
	FACT_LOWERED_TO
};

void
cgae_standing_begin(CgaeStanding *standing)
{
	memset(standing, 0, sizeof(*standing));
	standing->status = CGAE_NO_STATUS;
	standing->certified_tier = CGAE_NO_TIER;
	standing->ceiling = CGAE_TIERS - 1;
}

bool
cgae_standing_add(CgaeStanding *standing, const CgaeFact *fact)
{
	if (standing->status == CGAE_NO_STATUS)
		standing->status = fact->status;
	if (fact->lowered_to != CGAE_NO_TIER)
		standing->ceiling = Min(standing->ceiling, fact->lowered_to);
	if (fact->certified_tier == CGAE_NO_TIER)
		return false;

	standing->certified_tier = fact->certified_tier;
	standing->ceiling = Min(standing->ceiling, fact->certified_tier);
	standing->robustness = fact->robustness;
	standing->certified_at = fact->at;
	return true;
}

TimestampTz
cgae_facts_until(TimestampTz at)
{
	return at < GetCurrentStatementStartTimestamp() ? at : DT_NOEND;
}

int
cgae_standing_tier(const CgaeStanding *standing, const CgaePolicy *policy, TimestampTz at)
{
	CgaeDecay	decay = {policy->decay_rate, policy->time_step};
	int			tier;

	if (standing->status != CGAE_ACTIVE || standing->certified_tier == CGAE_NO_TIER ||
		cgae_not_yet(standing->certified_at, at))
		return 0;
	tier = cgae_decay_core_tier(&policy->gate, &decay, &standing->robustness,
								standing->certified_at, Max(at, standing->certified_at));
	return Min(tier, standing->ceiling);
}

void
cgae_timeline_read(FunctionCallInfo fcinfo, CgaeTimeline *timeline)
{
	SPITupleTable *rows;

	timeline->count = cgae_statement_run(fcinfo, CGAE_Q_POLICY_TIMELINE,
										 "SELECT version, effective_from FROM cgae.gate_policies"
										 " ORDER BY version",
										 0, NULL, NULL, NULL, true);
	if (timeline->count == 0)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("no gate policy is visible in cgae.gate_policies"),
				 cgae_err_object("gate_policies", NULL, NULL)));
	rows = SPI_tuptable;
	timeline->version = palloc(timeline->count * sizeof(*timeline->version));
	for (int i = 0; i < timeline->count; i++)
	{
		bool		isnull;
		int32		version = DatumGetInt32(SPI_getbinval(rows->vals[i], rows->tupdesc, 1, &isnull));

		timeline->version[i].from =
			DatumGetTimestampTz(SPI_getbinval(rows->vals[i], rows->tupdesc, 2, &isnull));
		timeline->version[i].policy = *cgae_policy_by_version(version);
		/* those belong to the policy cache */
		memset(timeline->version[i].policy.budget_ceiling, 0,
			   sizeof(timeline->version[i].policy.budget_ceiling));
	}
	SPI_freetuptable(rows);
}

int
cgae_timeline_at(const CgaeTimeline *timeline, TimestampTz at)
{
	for (int i = timeline->count - 1; i > 0; i--)
		if (timeline->version[i].from <= at)
			return i;
	return 0;
}

void
cgae_facts_open(CgaeFacts *facts, SPIPlanPtr plan, const Datum *values, int batch)
{
	memset(facts, 0, sizeof(*facts));
	facts->portal = SPI_cursor_open(NULL, plan, unconstify(Datum *, values), NULL, true);
	facts->batch = batch;
}

/* Make the next row the current one; false at the end. */
static bool
current_row(CgaeFacts *facts)
{
	if (facts->row < facts->count)
		return true;
	SPI_freetuptable(facts->rows);
	SPI_cursor_fetch(facts->portal, true, facts->batch);
	facts->rows = SPI_tuptable;
	facts->count = SPI_processed;
	facts->row = 0;
	return facts->count > 0;
}

Datum
cgae_facts_column(const CgaeFacts *facts, int column, bool *isnull)
{
	return SPI_getbinval(facts->rows->vals[facts->row], facts->rows->tupdesc, column, isnull);
}

/* Is the current row about the current agent? */
static bool
same_agent(const CgaeFacts *facts)
{
	bool		isnull;

	return facts->agent_id != NULL &&
		cgae_text_equal(DatumGetTextPP(cgae_facts_column(facts, FACT_AGENT_ID, &isnull)),
						facts->agent_id);
}

bool
cgae_facts_next_agent(CgaeFacts *facts)
{
	bool		isnull;

	while (current_row(facts) && same_agent(facts))
		facts->row++;
	if (facts->count == 0)
		return false;

	if (facts->agent_id != NULL)
		pfree(facts->agent_id);
	facts->agent_id = DatumGetTextPCopy(cgae_facts_column(facts, FACT_AGENT_ID, &isnull));
	return true;
}

/* An enum column as a small integer, -1 when it is null. */
static int
enum_column(const CgaeFacts *facts, const CgaeEnumMap *map, int column)
{
	bool		isnull;
	Datum		value = cgae_facts_column(facts, column, &isnull);

	return isnull ? -1 : cgae_enum_map_index(map, DatumGetObjectId(value));
}

bool
cgae_facts_next(CgaeFacts *facts, CgaeFact *fact)
{
	bool		isnull;
	Datum		value;

	StaticAssertStmt(CGAE_NO_STATUS == -1 && CGAE_NO_TIER == -1, "null is -1");

	if (!current_row(facts) || !same_agent(facts))
		return false;
	if (facts->tier.count == 0)
	{
		TupleDesc	desc = facts->rows->tupdesc;

		cgae_enum_map_init(&facts->status, SPI_gettypeid(desc, FACT_STATUS), cgae_status_labels,
						   lengthof(cgae_status_labels));
		cgae_enum_map_init(&facts->tier, SPI_gettypeid(desc, FACT_CERTIFIED_TIER),
						   cgae_tier_labels, CGAE_TIERS);
	}

	fact->at = DatumGetTimestampTz(cgae_facts_column(facts, FACT_AT, &isnull));
	fact->status = enum_column(facts, &facts->status, FACT_STATUS);
	fact->certified_tier = enum_column(facts, &facts->tier, FACT_CERTIFIED_TIER);
	fact->lowered_to = enum_column(facts, &facts->tier, FACT_LOWERED_TO);
	if (fact->certified_tier != CGAE_NO_TIER)
	{
		value = cgae_facts_column(facts, FACT_ROBUSTNESS, &isnull);
		if (isnull)				/* the guard lets no such row in, but the owner can drop it */
			ereport(ERROR,
					(errcode(ERRCODE_NOT_NULL_VIOLATION),
					 errmsg("a certification with a tier has no robustness vector"),
					 errhint("SELECT * FROM cgae.check_registry() tells which."),
					 cgae_err_object("certifications", "robustness", NULL)));
		fact->robustness = *DatumGetRobustnessP(value);
	}
	facts->row++;
	return true;
}

void
cgae_facts_close(CgaeFacts *facts)
{
	SPI_freetuptable(facts->rows);
	SPI_cursor_close(facts->portal);
}
