/*
 * agent_changes.c
 *	  What operators, auditors and owners do to an agent: observations, another
 *	  architecture, holds, the end.
 */
#include "postgres.h"

#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/numeric.h"
#include "utils/timestamp.h"

#include "guards/agent_steps.h"
#include "guards/disclosure.h"
#include "server/errors.h"

/* Is this the architecture that was observed last? */
static bool
is_last_observed(const CgaeAgent *agent, const char *observed)
{
	const CgaeRow *row = &agent->row;

	return !CGAE_ROW_NULL(row, CGAE_AGENT_OBSERVED_HASH) &&
		strcmp(TextDatumGetCString(CGAE_ROW_VALUE(row, CGAE_AGENT_OBSERVED_HASH)), observed) == 0;
}

bool
cgae_agent_observe(CgaeAgent *agent, const char *observed)
{
	CgaeObject	data;

	if (cgae_architecture_hash_equal(agent->registered, observed))
		return false;
	/* a heartbeat that repeats what is known is no new fact */
	if (cgae_holds_has(&agent->holds, CGAE_HOLD_DRIFT) && is_last_observed(agent, observed))
		return false;

	agent->takes_away = agent->status == CGAE_ACTIVE;
	cgae_agent_suspend_for_drift(agent, observed);
	cgae_object_begin(&data);
	if (agent->registered[0] != '\0')
		cgae_object_text(&data, "expected_hash", agent->registered);
	cgae_object_text(&data, "observed_hash", observed);
	cgae_object_text(&data, "status", cgae_status_labels[agent->status]);
	cgae_agent_add_event(agent, CGAE_OUTCOME_MISMATCH, agent->clock, &data);
	cgae_agent_warn_drift(agent->name, agent->registered, observed);
	return true;
}

void
cgae_agent_store_architecture(CgaeAgent *agent, const char *hash)
{
	CgaeRow    *row = &agent->row;

	strlcpy(agent->registered, hash, sizeof(agent->registered));
	cgae_row_set(row, CGAE_AGENT_ARCHITECTURE_HASH,
				 PointerGetDatum(cstring_to_text_with_len(hash, CGAE_HASH_DIGITS)));
	if (strlen(hash) == CGAE_DIGEST_DIGITS)
		cgae_row_set(row, CGAE_AGENT_ARCHITECTURE_DIGEST, CStringGetTextDatum(hash));
	else
		cgae_row_set_null(row, CGAE_AGENT_ARCHITECTURE_DIGEST);
}

void
cgae_agent_replace_architecture(CgaeAgent *agent, const char *hash)
{
	CgaeObject	data;

	cgae_object_begin(&data);
	if (agent->registered[0] != '\0')
		cgae_object_text(&data, "old_architecture_hash", agent->registered);
	cgae_object_text(&data, "architecture_hash", hash);
	if (CGAE_ROW_NULL(&agent->row, CGAE_AGENT_MODEL_CONFIG))
		cgae_object_text(&data, "given", "architecture_hash");

	/* what was certified was the old architecture */
	if (agent->certification_count > 0 || !TIMESTAMP_IS_NOBEGIN(agent->certified_at))
	{
		agent->status = cgae_agent_next_status(agent, CGAE_HELD);
		cgae_holds_add(&agent->holds, CGAE_HOLD_DRIFT);
		agent->holds_changed = true;
	}
	cgae_agent_store_architecture(agent, hash);
	cgae_object_text(&data, "status", cgae_status_labels[agent->status]);
	cgae_agent_add_event(agent, "architecture_update", agent->clock, &data);
}

void
cgae_agent_remove_config(CgaeAgent *agent)
{
	CgaeObject	data;

	cgae_object_begin(&data);
	if (agent->registered[0] != '\0')
		cgae_object_text(&data, "architecture_hash", agent->registered);
	cgae_object_text(&data, "status", cgae_status_labels[agent->status]);
	cgae_agent_add_event(agent, "configuration_removal", agent->clock, &data);
}

/* Refuse to place or lift a hold that only the guards may. */
static void
check_operator_holds(const CgaeAgent *agent, const CgaeHolds *added, const CgaeHolds *lifted)
{
	for (int i = 0; i < added->count; i++)
		if (cgae_hold_is_reserved(added->name[i]))
			ereport(ERROR,
					(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
					 errmsg("hold \"%s\" of agent \"%s\" is placed by the registry alone",
							added->name[i], agent->name),
					 errhint("Choose another name for the operator's reason."),
					 cgae_err_object("agents", "holds", NULL)));
	for (int i = 0; i < lifted->count; i++)
		if (cgae_hold_is_reserved(lifted->name[i]))
			ereport(ERROR,
					(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
					 errmsg("hold \"%s\" of agent \"%s\" is not the operator's to lift",
							lifted->name[i], agent->name),
					 errhint("It ends with a passing certification; architecture_drift asks for a matching observed hash too."),
					 cgae_err_object("agents", "holds", NULL)));
}

/* The event of holds placed or lifted. */
static void
add_hold_event(CgaeAgent *agent, const char *type, const char *verb, const CgaeHolds *changed)
{
	CgaeObject	data;

	cgae_object_begin(&data);
	cgae_object_texts(&data, verb, changed->name, changed->count);
	cgae_object_texts(&data, "holds", agent->holds.name, agent->holds.count);
	cgae_object_text(&data, "status", cgae_status_labels[agent->status]);
	cgae_agent_add_event(agent, type, agent->clock, &data);
}

void
cgae_agent_set_holds(CgaeAgent *agent, const CgaeHolds *wanted)
{
	CgaeHolds	added = cgae_holds_minus(wanted, &agent->holds);
	CgaeHolds	lifted = cgae_holds_minus(&agent->holds, wanted);

	check_operator_holds(agent, &added, &lifted);

	/* place before lifting: an agent that swaps its reason is never free */
	agent->holds_changed = true;
	agent->takes_away = added.count > 0 && agent->status == CGAE_ACTIVE;
	if (added.count > 0)
	{
		for (int i = 0; i < added.count; i++)
			cgae_holds_add(&agent->holds, added.name[i]);
		agent->status = cgae_agent_next_status(agent, CGAE_HELD);
		add_hold_event(agent, "suspension", "added", &added);
	}
	agent->takes_away = false;
	if (lifted.count > 0)
	{
		cgae_agent_require(agent);
		for (int i = 0; i < lifted.count; i++)
			cgae_holds_remove(&agent->holds, lifted.name[i]);
		agent->status =
			cgae_agent_next_status(agent,
								   cgae_lifecycle_release(agent->holds.count > 0,
														  agent->certification_count > 0));
		add_hold_event(agent, "reinstatement", "lifted", &lifted);
	}
}

/* Is this an amount that JSON has a number for? */
static bool
is_finite_amount(const CgaeRow *row, CgaeAgentColumn column)
{
	Numeric		amount;

	if (CGAE_ROW_NULL(row, column))
		return false;
	amount = DatumGetNumeric(CGAE_ROW_VALUE(row, column));
	return !numeric_is_nan(amount) && !numeric_is_inf(amount);
}

void
cgae_agent_retire(CgaeAgent *agent, const TimestampTz *given)
{
	CgaeRow    *row = &agent->row;
	TimestampTz at = given != NULL ? *given : agent->clock;
	CgaeObject	data;

	if (given != NULL)
		cgae_agent_check_time(agent, "agents", "deregistered_at", at);

	agent->takes_away = true;
	agent->status = cgae_agent_next_status(agent, CGAE_RETIRED);
	cgae_row_set(row, CGAE_AGENT_DEREGISTERED_AT, TimestampTzGetDatum(at));

	cgae_object_begin(&data);
	if (is_finite_amount(row, CGAE_AGENT_BALANCE))
		cgae_object_numeric(&data, "final_balance", CGAE_ROW_VALUE(row, CGAE_AGENT_BALANCE));
	if (!CGAE_ROW_NULL(row, CGAE_AGENT_CONTRACTS_COMPLETED))
	{
		Datum		completed = CGAE_ROW_VALUE(row, CGAE_AGENT_CONTRACTS_COMPLETED);

		cgae_object_numeric(&data, "contracts_completed",
							DirectFunctionCall1(int8_numeric, completed));
	}
	cgae_object_text(&data, "status", cgae_status_labels[agent->status]);
	cgae_agent_add_event(agent, "deregistration", at, &data);
}
