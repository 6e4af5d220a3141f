/*
 * agent_certify.c
 *	  What a certification does to its agent.
 */
#include "postgres.h"

#include "common/int.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

#include "guards/agent_steps.h"
#include "guards/disclosure.h"
#include "server/errors.h"

/* Refuse a demotion that does not lower the certified tier. */
static void
check_demotion(const CgaeAgent *agent, const CgaeCertification *certification)
{
	if (agent->certified_tier == CGAE_NO_TIER)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("agent \"%s\" cannot be demoted: it was never certified", agent->name),
				 cgae_err_object("certifications", "audit_type", NULL)));
	if (certification->tier >= agent->certified_tier)
		ereport(ERROR,
				(errcode(ERRCODE_CHECK_VIOLATION),
				 cgae_may_disclose_to(agent->client) ?
				 errmsg("demotion of agent \"%s\" from %s to %s does not lower its tier",
						agent->name, cgae_tier_labels[agent->certified_tier],
						cgae_tier_labels[certification->tier]) :
				 errmsg("demotion of agent \"%s\" to %s does not lower its tier",
						agent->name, cgae_tier_labels[certification->tier]),
				 errhint("Record the audit as an ordinary certification instead."),
				 cgae_err_object("certifications", "tier", "demotion_lowers_tier")));
}

/* The event that accompanies a demotion. */
static void
add_demotion(CgaeAgent *agent, const CgaeCertification *certification)
{
	CgaeObject	data;

	cgae_object_begin(&data);
	cgae_object_text(&data, "old_tier", cgae_tier_labels[certification->previous_tier]);
	cgae_object_text(&data, "new_tier", cgae_tier_labels[certification->tier]);
	if (certification->reason != NULL)
		cgae_object_text(&data, "reason", certification->reason);
	cgae_agent_add_event(agent, "demotion", certification->certified_at, &data);
}

/* Write a judged certification into the agent's row. */
static void
store_certification(CgaeAgent *agent, const CgaeCertification *certification)
{
	CgaeRow    *row = &agent->row;
	Datum		tier = ObjectIdGetDatum(row->shape->tier.value[certification->tier]);
	Datum		robustness = PointerGetDatum(certification->robustness);
	Datum		at = TimestampTzGetDatum(certification->certified_at);
	int32		count;

	if (agent->certification_count == 0)
		cgae_row_set(row, CGAE_AGENT_INITIAL_ROBUSTNESS, robustness);
	cgae_row_set(row, CGAE_AGENT_CERTIFIED_TIER, tier);
	cgae_row_set(row, CGAE_AGENT_CURRENT_TIER, tier);
	cgae_row_set(row, CGAE_AGENT_CURRENT_ROBUSTNESS, robustness);
	cgae_row_set(row, CGAE_AGENT_CERTIFIED_AT, at);
	cgae_row_set(row, CGAE_AGENT_LAST_AUDIT_AT, at);
	agent->current_tier = certification->tier;
	agent->certified_at = certification->certified_at;
	cgae_agent_store_tier_drop(agent, certification->policy);
	cgae_row_set(row, CGAE_AGENT_RATED_POLICY, Int32GetDatum(certification->policy->version));
	if (pg_add_s32_overflow(agent->certification_count, 1, &count))
		ereport(ERROR,
				(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
				 errmsg("certifications of agent \"%s\" have reached their last number, %d",
						agent->name, PG_INT32_MAX)));
	cgae_row_set(row, CGAE_AGENT_CERTIFICATION_COUNT, Int32GetDatum(count));
	if (certification->observed != NULL)
		cgae_row_set(row, CGAE_AGENT_OBSERVED_HASH, CStringGetTextDatum(certification->observed));
}

/* Refuse an agent whose history does not begin with its registration, number 1. */
static void
require_begun_history(const CgaeAgent *agent)
{
	if (agent->last_seq < 1)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("last_seq of agent \"%s\" is %d, before its registration", agent->name,
						agent->last_seq),
				 errhint("The row was written without its guard; cgae.check_registry() tells what contradicts."),
				 cgae_err_object("agents", "last_seq", NULL)));
}

/*
 * What a certification is judged by: taken from the agent before anything
 * changes, and drift decided before anything else about the row.
 */
static void
begin_judgement(const CgaeAgent *agent, CgaeCertification *certification)
{
	bool		is_possible = certification->certified_at >= agent->registered_at &&
		certification->certified_at >= agent->certified_at &&
		certification->certified_at <= agent->clock;

	certification->is_judged = true;
	certification->previous_tier = agent->certified_tier;
	certification->is_first = agent->certification_count == 0;
	strlcpy(certification->registered, agent->registered, sizeof(certification->registered));
	certification->is_mismatch = certification->observed != NULL &&
		!cgae_architecture_hash_equal(agent->registered, certification->observed);

	/*
	 * Drift must be recorded, so that nothing else about the row may raise an
	 * error: an unusable time becomes the clock.
	 */
	if (!certification->has_certified_at || (certification->is_mismatch && !is_possible))
		certification->certified_at = agent->clock;
}

/* Record an observed architecture that differs: it certifies nothing. */
static void
refuse_drifted(CgaeAgent *agent, CgaeCertification *certification)
{
	cgae_agent_suspend_for_drift(agent, certification->observed);
	certification->tier = CGAE_NO_TIER;
	certification->seq = cgae_agent_next_seq(agent);
	certification->recorded_at = agent->recorded_at;
	certification->status = agent->status;
}

/* Find the tier, the holds and the status that follow from the vector. */
static void
judge_vector(CgaeAgent *agent, CgaeCertification *certification)
{
	const CgaeThresholds *gate = &certification->policy->gate;
	bool		passes = certification->robustness->score[CGAE_IH] >= gate->ih_threshold;

	certification->tier = cgae_gate_core_tier(gate, certification->robustness);
	if (certification->is_demotion)
		check_demotion(agent, certification);
	certification->is_failed = !passes;
	cgae_holds_change(&agent->holds,
					  cgae_lifecycle_holds(false, passes, certification->observed != NULL));
	agent->status =
		cgae_agent_next_status(agent, cgae_lifecycle_certification(agent->holds.count > 0));
	certification->status = agent->status;
}

void
cgae_agent_certify(CgaeAgent *agent, CgaeCertification *certification)
{
	/* this runs with the owner's rights, but messages are for the client */
	agent->client = certification->client;
	cgae_agent_require_status(agent);
	if (agent->status == CGAE_DEREGISTERED)
		cgae_agent_refuse_deregistered(agent->name);

	begin_judgement(agent, certification);
	if (certification->is_mismatch)
	{
		refuse_drifted(agent, certification);
		return;
	}

	/* what was registered and cannot be read is not what was observed: so not before */
	cgae_agent_require(agent);
	require_begun_history(agent);
	agent->history = NULL;		/* a lookup for drift alone, which must be recorded */
	if (certification->robustness == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_NOT_NULL_VIOLATION),
				 errmsg("certification of agent \"%s\" has no robustness vector", agent->name),
				 cgae_err_object("certifications", "robustness", NULL)));
	if (certification->has_certified_at)
		cgae_agent_check_time(agent, "certifications", "certified_at",
							  certification->certified_at);

	judge_vector(agent, certification);
	certification->seq = cgae_agent_next_seq(agent);
	certification->recorded_at = agent->recorded_at;
	store_certification(agent, certification);
	if (certification->is_demotion)
		add_demotion(agent, certification);
}
