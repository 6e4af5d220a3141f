/*
 * agent_columns.c
 *	  Which columns of cgae.agents are the registry's to derive.
 */
#include "postgres.h"

#include "utils/rel.h"

#include "guards/agent_columns.h"
#include "server/errors.h"

/* Columns that clients never write: the guard derives them. */
static const CgaeAgentColumn derived_columns[] = {
	CGAE_AGENT_INITIAL_ROBUSTNESS, CGAE_AGENT_CERTIFIED_TIER, CGAE_AGENT_CURRENT_ROBUSTNESS,
	CGAE_AGENT_CERTIFIED_AT, CGAE_AGENT_LAST_AUDIT_AT, CGAE_AGENT_TIER_DROP_AT,
	CGAE_AGENT_LAST_SEQ, CGAE_AGENT_CERTIFICATION_COUNT, CGAE_AGENT_REGISTERED_AT,
	CGAE_AGENT_RATED_POLICY, CGAE_AGENT_ID, CGAE_AGENT_RECORDED_AT
};

const CgaeAgentColumn cgae_request_columns[CGAE_REQUEST_COLUMNS] = {
	CGAE_AGENT_STATUS, CGAE_AGENT_HOLDS, CGAE_AGENT_OBSERVED_HASH, CGAE_AGENT_MODEL_CONFIG,
	CGAE_AGENT_ARCHITECTURE_HASH, CGAE_AGENT_ARCHITECTURE_DIGEST, CGAE_AGENT_CURRENT_TIER,
	CGAE_AGENT_DEREGISTERED_AT
};

/* Where the value of a derived column comes from, or how a client asks for another. */
static const char *
explain_derived(CgaeAgentColumn column)
{
	switch (column)
	{
		case CGAE_AGENT_STATUS:
			return "Status follows from certifications and holds;"
				" a client may only set it to deregistered.";
		case CGAE_AGENT_ID:
			return "The identity of an agent never changes.";
		case CGAE_AGENT_REGISTERED_AT:
			return "The time of registration is given once, on insert.";
		case CGAE_AGENT_OBSERVED_HASH:
			return "An observation is reported by updating this column of a registered agent.";
		case CGAE_AGENT_HOLDS:
			return "Holds are placed by updating this column of a registered agent.";
		case CGAE_AGENT_RATED_POLICY:
			return "It follows from the policy under which the registry last rated the agent.";
		case CGAE_AGENT_DEREGISTERED_AT:
			return "Set it together with status = 'deregistered'.";
		case CGAE_AGENT_RECORDED_AT:
			return "It is when the newest fact of the agent's history was recorded.";
		default:
			return "It follows from certifications:"
				" insert into cgae.certifications or call cgae.certify().";
	}
}

void
cgae_agent_refuse_derived(CgaeAgentColumn column, const char *agent_id)
{
	const char *name = cgae_agent_columns[column].name;

	ereport(ERROR,
			(errcode(ERRCODE_GENERATED_ALWAYS),
			 errmsg("column \"%s\" of agent \"%s\" is derived by the registry and cannot be set",
					name, agent_id),
			 errhint("%s", explain_derived(column)),
			 cgae_err_object("agents", name, NULL)));
}

void
cgae_agent_check_derived(const CgaeRow *new, const CgaeRow *old, const char *agent_id)
{
	for (int i = 0; i < lengthof(derived_columns); i++)
		if (!cgae_row_same(new, old, derived_columns[i]))
			cgae_agent_refuse_derived(derived_columns[i], agent_id);
}

/* Put a column of the new row back to what it was. */
static void
keep_old(CgaeRow *new, const CgaeRow *old, CgaeAgentColumn column)
{
	if (cgae_row_same(new, old, column))
		return;
	if (CGAE_ROW_NULL(old, column))
		cgae_row_set_null(new, column);
	else
		cgae_row_set(new, column, CGAE_ROW_VALUE(old, column));
}

void
cgae_agent_open_unchanged(CgaeAgent *agent, const CgaeShape *shape, TriggerData *trigdata,
			   const CgaeRow *old)
{
	CgaeRow		row;

	cgae_row_open(&row, shape, RelationGetDescr(trigdata->tg_relation), trigdata->tg_newtuple);
	for (int i = 0; i < lengthof(derived_columns); i++)
		keep_old(&row, old, derived_columns[i]);
	for (int i = 0; i < CGAE_REQUEST_COLUMNS; i++)
		keep_old(&row, old, cgae_request_columns[i]);
	cgae_agent_open(agent, &row);
}
