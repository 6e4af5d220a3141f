/*
 * history_facts.c
 *	  What an agent's history says about an instant: reading facts, and what
 *	  follows from them.
 *
 * Used by the functions of history.c and history_series.c, which so cannot
 * disagree.  The history is read with the caller's privileges.
 */
#include "postgres.h"

#include "access/xact.h"
#include "utils/timestamp.h"

#include "core/decay_core.h"
#include "history/history.h"
#include "server/clock.h"
#include "server/errors.h"
#include "server/row_reader.h"
#include "server/statement.h"
#include "server/varlena.h"

/* Columns of CGAE_FACTS. */
enum
{
	FACT_AGENT_ID = 1,
	FACT_SEQ,
	FACT_AT,
	FACT_STATUS,
	FACT_CERTIFIED_TIER,
	FACT_ROBUSTNESS,
	FACT_STATUS_LABEL,
	FACT_LOWERED_TO_LABEL
};

void
cgae_past_standing_begin(CgaePastStanding *standing)
{
	memset(standing, 0, sizeof(*standing));
	standing->status = CGAE_NO_STATUS;
	standing->certified_tier = CGAE_NO_TIER;
	standing->ceiling = CGAE_TIERS - 1;
}

bool
cgae_past_standing_add(CgaePastStanding *standing, const CgaeFact *fact)
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
	standing->has_robustness = fact->has_robustness;
	standing->certified_at = fact->at;
	return true;
}

TimestampTz
cgae_facts_until(TimestampTz at)
{
	return at < GetCurrentStatementStartTimestamp() ? at : DT_NOEND;
}

int
cgae_past_standing_tier(const CgaePastStanding *standing, const CgaePolicy *policy, TimestampTz at)
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

static void
refuse_no_policy(void)
{
	ereport(ERROR,
			(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
			 errmsg("no gate policy is visible in cgae.gate_policies"),
			 cgae_err_object("gate_policies", NULL, NULL)));
}

static const CgaeStatement list_policies = {
	"SELECT version, effective_from FROM cgae.gate_policies"
	" ORDER BY version",
	0, NULL
};

void
cgae_timeline_read(FunctionCallInfo fcinfo, CgaeTimeline *timeline)
{
	SPITupleTable *rows;
	int			count;

	count = cgae_statement_run(fcinfo, &list_policies, NULL, NULL, true);
	if (count == 0)
		refuse_no_policy();
	rows = SPI_tuptable;
	timeline->version = palloc(count * sizeof(*timeline->version));
	timeline->count = 0;
	for (int i = 0; i < count; i++)
	{
		int32		version;
		TimestampTz from;
		CgaePolicy *policy = &timeline->version[timeline->count].policy;

		/* what has no number never was in force */
		if (!cgae_read_int32(rows->vals[i], rows->tupdesc, 1, &version) ||
			!cgae_read_time(rows->vals[i], rows->tupdesc, 2, &from))
			continue;
		*policy = *cgae_policy_by_version(version);
		/* those belong to the policy cache */
		memset(policy->budget_ceiling, 0, sizeof(policy->budget_ceiling));
		timeline->version[timeline->count++].from = from;
	}
	SPI_freetuptable(rows);
	if (timeline->count == 0)
		refuse_no_policy();
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
cgae_facts_open(CgaeFacts *facts, SPIPlanPtr plan, const Datum *values, long batch)
{
	memset(facts, 0, sizeof(*facts));
	cgae_stream_open_plan(&facts->rows, plan, values, NULL, true, batch);
	(void) cgae_stream_next(&facts->rows);
}

text *
cgae_facts_text(const CgaeFacts *facts, int column)
{
	return cgae_stream_text(&facts->rows, column);
}

bool
cgae_facts_is_unnumbered(const CgaeFacts *facts)
{
	return cgae_stream_is_null(&facts->rows, FACT_SEQ);
}

/* Is the current row about the current agent? */
static bool
same_agent(const CgaeFacts *facts)
{
	const text *agent_id = facts->agent_id == NULL ? NULL : cgae_facts_text(facts, FACT_AGENT_ID);

	return agent_id != NULL && cgae_text_equal(agent_id, facts->agent_id);
}

bool
cgae_facts_next_agent(CgaeFacts *facts)
{
	while (facts->rows.tuple != NULL &&
		   (same_agent(facts) || cgae_facts_text(facts, FACT_AGENT_ID) == NULL))
		(void) cgae_stream_next(&facts->rows);
	if (facts->rows.tuple == NULL)
		return false;

	if (facts->agent_id != NULL)
		pfree(facts->agent_id);
	facts->agent_id =
		DatumGetTextPCopy(PointerGetDatum(cgae_facts_text(facts, FACT_AGENT_ID)));
	return true;
}

/* An enum value in a column that holds its label as text, or whatever somebody has put there. */
static int
label_column(const CgaeFacts *facts, const char *const *labels, int count, int column)
{
	const text *label = cgae_facts_text(facts, column);

	return label == NULL ? -1 :
		cgae_label_find(labels, count, VARDATA_ANY(label), VARSIZE_ANY_EXHDR(label));
}

/* Read the vector of a certification; one that is none becomes zero, which gives T0. */
static void
read_robustness(const CgaeFacts *facts, CgaeFact *fact)
{
	const CgaeRobustness *robustness = cgae_stream_vector(&facts->rows, FACT_ROBUSTNESS);

	fact->has_robustness = robustness != NULL && cgae_vector_is_possible(robustness);
	if (fact->has_robustness)
		fact->robustness = *robustness;
	else
		memset(&fact->robustness, 0, sizeof(fact->robustness));
}

bool
cgae_facts_next(CgaeFacts *facts, CgaeFact *fact)
{
	StaticAssertStmt(CGAE_NO_STATUS == -1 && CGAE_NO_TIER == -1, "null is -1");

	if (facts->rows.tuple == NULL || !same_agent(facts))
		return false;
	if (facts->tier.count == 0)
	{
		TupleDesc	desc = facts->rows.desc;

		cgae_enum_map_init(&facts->status, SPI_gettypeid(desc, FACT_STATUS), cgae_status_labels,
						   lengthof(cgae_status_labels));
		cgae_enum_map_init(&facts->tier, SPI_gettypeid(desc, FACT_CERTIFIED_TIER),
						   cgae_tier_labels, CGAE_TIERS);
	}

	/* the statement compares it, so it is not null; one that told no time would tell nothing */
	fact->at = DT_NOBEGIN;
	(void) cgae_read_time(facts->rows.tuple, facts->rows.desc, FACT_AT, &fact->at);
	fact->status = cgae_stream_label(&facts->rows, FACT_STATUS, &facts->status);
	if (fact->status == CGAE_NO_STATUS)
		fact->status = label_column(facts, cgae_status_labels, lengthof(cgae_status_labels),
									FACT_STATUS_LABEL);
	fact->certified_tier = cgae_stream_label(&facts->rows, FACT_CERTIFIED_TIER, &facts->tier);
	fact->lowered_to = label_column(facts, cgae_tier_labels, CGAE_TIERS, FACT_LOWERED_TO_LABEL);
	if (fact->certified_tier != CGAE_NO_TIER)
		read_robustness(facts, fact);
	(void) cgae_stream_next(&facts->rows);
	return true;
}

void
cgae_facts_close(CgaeFacts *facts)
{
	cgae_stream_close(&facts->rows);
}
