/*
 * agent.c
 *	  One agent's row, taken apart and put together again.
 */
#include "postgres.h"

#include "utils/builtins.h"
#include "utils/timestamp.h"

#include "guards/agent.h"
#include "server/caller.h"
#include "server/errors.h"

/* A column as a value; a null is the other one. */
static text *
text_column(const CgaeRow *row, CgaeAgentColumn column)
{
	return CGAE_ROW_NULL(row, column) ? NULL : DatumGetTextPP(CGAE_ROW_VALUE(row, column));
}

static int32
integer_column(const CgaeRow *row, CgaeAgentColumn column)
{
	return CGAE_ROW_NULL(row, column) ? 0 : DatumGetInt32(CGAE_ROW_VALUE(row, column));
}

static TimestampTz
time_column(const CgaeRow *row, CgaeAgentColumn column)
{
	return CGAE_ROW_NULL(row, column) ? DT_NOBEGIN :
		DatumGetTimestampTz(CGAE_ROW_VALUE(row, column));
}

static int
label_column(const CgaeRow *row, CgaeAgentColumn column, const CgaeEnumMap *map)
{
	return CGAE_ROW_NULL(row, column) ? -1 :
		cgae_enum_map_find(map, DatumGetObjectId(CGAE_ROW_VALUE(row, column)));
}

/* What every judgement needs of a row. */
static void
read_state(const CgaeRow *row, CgaeAgentState *state)
{
	state->status = label_column(row, CGAE_AGENT_STATUS, &row->shape->status);
	state->current_tier = label_column(row, CGAE_AGENT_CURRENT_TIER, &row->shape->tier);
	if (CGAE_ROW_NULL(row, CGAE_AGENT_CURRENT_ROBUSTNESS))
		state->robustness = NULL;
	else
		state->robustness = (const CgaeRobustness *)
			DatumGetPointer(CGAE_ROW_VALUE(row, CGAE_AGENT_CURRENT_ROBUSTNESS));
	state->has_certified_at = !CGAE_ROW_NULL(row, CGAE_AGENT_CERTIFIED_AT);
	state->certified_at = time_column(row, CGAE_AGENT_CERTIFIED_AT);
	state->holds = CGAE_ROW_NULL(row, CGAE_AGENT_HOLDS) ? NULL :
		DatumGetArrayTypeP(CGAE_ROW_VALUE(row, CGAE_AGENT_HOLDS));
	state->last_seq = integer_column(row, CGAE_AGENT_LAST_SEQ);
	state->hash = text_column(row, CGAE_AGENT_ARCHITECTURE_HASH);
}

void
cgae_agent_open(CgaeAgent *agent, const CgaeRow *row)
{
	CgaeAgentState state;
	const text *digest = text_column(row, CGAE_AGENT_ARCHITECTURE_DIGEST);

	StaticAssertStmt(CGAE_NO_TIER == -1, "null is -1");

	read_state(row, &state);
	memset(agent, 0, sizeof(*agent));
	agent->row = *row;
	agent->id = DatumGetTextPP(CGAE_ROW_VALUE(row, CGAE_AGENT_ID));
	agent->name = text_to_cstring(agent->id);
	agent->fault = cgae_agent_find_fault(&state);
	agent->status = state.status < 0 ? CGAE_SUSPENDED : state.status;
	if (state.holds != NULL)
		agent->holds = cgae_holds_are_readable(state.holds) ?
			cgae_holds_from_array(PointerGetDatum(state.holds)) : cgae_holds_salvage(state.holds);
	/* the full digest when it is known, and can be read */
	if ((digest == NULL || cgae_read_architecture_hash(digest, agent->registered) == 0) &&
		state.hash != NULL)
		(void) cgae_read_architecture_hash(state.hash, agent->registered);
	agent->last_seq = state.last_seq;
	agent->has_room = true;
	agent->certification_count = integer_column(row, CGAE_AGENT_CERTIFICATION_COUNT);
	agent->certified_tier = label_column(row, CGAE_AGENT_CERTIFIED_TIER, &row->shape->tier);
	agent->current_tier = Max(state.current_tier, 0);
	agent->registered_at = time_column(row, CGAE_AGENT_REGISTERED_AT);
	agent->certified_at = time_column(row, CGAE_AGENT_CERTIFIED_AT);
	/* what came without the guards must not make the rest of the history infinite */
	agent->recorded_at = time_column(row, CGAE_AGENT_RECORDED_AT);
	if (TIMESTAMP_IS_NOEND(agent->recorded_at))
		agent->recorded_at = DT_NOBEGIN;
	agent->clock = GetCurrentTimestamp();
	agent->client = cgae_caller();
}

void
cgae_agent_refuse_unreadable(const CgaeAgent *agent, const char *column, const char *hint)
{
	ereport(ERROR,
			(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
			 errmsg("agent \"%s\" cannot be judged: %s", agent->name,
					cgae_fault_in_words(agent->fault)),
			 errhint("%s", hint),
			 cgae_err_object("agents", column, NULL)));
}

void
cgae_agent_require_status(const CgaeAgent *agent)
{
	cgae_row_require(&agent->row, CGAE_AGENT_STATUS);
	if (agent->fault == CGAE_FAULT_STATUS)
		cgae_agent_refuse_unreadable(agent, "status",
									 "The row was changed while its guard was disabled.");
}

void
cgae_agent_require(const CgaeAgent *agent)
{
	static const CgaeAgentColumn required[] = {
		CGAE_AGENT_ID, CGAE_AGENT_MODEL_NAME, CGAE_AGENT_ARCHITECTURE_HASH,
		CGAE_AGENT_REGISTERED_AT, CGAE_AGENT_STATUS, CGAE_AGENT_HOLDS, CGAE_AGENT_CURRENT_TIER,
		CGAE_AGENT_LAST_SEQ, CGAE_AGENT_CERTIFICATION_COUNT, CGAE_AGENT_BALANCE,
		CGAE_AGENT_CONTRACTS_COMPLETED
	};

	for (int i = 0; i < lengthof(required); i++)
		cgae_row_require(&agent->row, required[i]);
	cgae_agent_require_status(agent);
	if (agent->fault == CGAE_FAULT_HOLDS)
		(void) cgae_holds_from_array(CGAE_ROW_VALUE(&agent->row, CGAE_AGENT_HOLDS));
	if (agent->fault == CGAE_FAULT_HASH)
		cgae_agent_refuse_unreadable(agent, "architecture_hash",
									 "Register it anew: UPDATE cgae.agents SET"
									 " architecture_hash = cgae.architecture_hash(model_config).");
	/* a new certification replaces the vector; cgae_agent_next_seq() knows how far it goes */
}

void
cgae_agent_store(CgaeAgent *agent)
{
	CgaeRow    *row = &agent->row;

	cgae_row_set(row, CGAE_AGENT_STATUS,
				 ObjectIdGetDatum(row->shape->status.value[agent->status]));
	/* what cannot be read is not made readable by the way */
	if (agent->fault != CGAE_FAULT_HOLDS || agent->holds_changed)
		cgae_row_set(row, CGAE_AGENT_HOLDS, cgae_holds_to_array(&agent->holds));
	if (agent->last_seq > 0)
		cgae_row_set(row, CGAE_AGENT_LAST_SEQ, Int32GetDatum(agent->last_seq));
	if (!TIMESTAMP_IS_NOBEGIN(agent->recorded_at))
		cgae_row_set(row, CGAE_AGENT_RECORDED_AT, TimestampTzGetDatum(agent->recorded_at));
}

void
cgae_agent_refuse_deregistered(const char *agent_id)
{
	ereport(ERROR,
			(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
			 errmsg("agent \"%s\" is deregistered, which is final", agent_id),
			 cgae_err_object("agents", "status", NULL)));
}
