/*
 * agent.c
 *	  Everything that can happen to an agent's state.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "common/int.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/numeric.h"
#include "utils/timestamp.h"

#include "guards/agent.h"
#include "guards/disclosure.h"
#include "guards/history_end.h"
#include "server/caller.h"
#include "server/errors.h"
#include "server/jsonb_object.h"
#include "types/architecture.h"

const CgaeColumn cgae_agent_columns[AGENT_COLUMNS] = {
	[CGAE_AGENT_ID] = {"agent_id", "text"},
	[CGAE_AGENT_MODEL_NAME] = {"model_name", "text"},
	[CGAE_AGENT_ARCHITECTURE_HASH] = {"architecture_hash", "text"},
	[CGAE_AGENT_ARCHITECTURE_DIGEST] = {"architecture_digest", "text"},
	[CGAE_AGENT_MODEL_CONFIG] = {"model_config", "json"},
	[CGAE_AGENT_PROVENANCE] = {"provenance", "jsonb"},
	[CGAE_AGENT_REGISTERED_AT] = {"registered_at", "timestamptz"},
	[CGAE_AGENT_INITIAL_ROBUSTNESS] = {"initial_robustness", "cgae.robustness"},
	[CGAE_AGENT_STATUS] = {"status", "cgae.agent_status"},
	[CGAE_AGENT_HOLDS] = {"holds", "_text"},
	[CGAE_AGENT_CERTIFIED_TIER] = {"certified_tier", "cgae.tier"},
	[CGAE_AGENT_CURRENT_TIER] = {"current_tier", "cgae.tier"},
	[CGAE_AGENT_CURRENT_ROBUSTNESS] = {"current_robustness", "cgae.robustness"},
	[CGAE_AGENT_CERTIFIED_AT] = {"certified_at", "timestamptz"},
	[CGAE_AGENT_LAST_AUDIT_AT] = {"last_audit_at", "timestamptz"},
	[CGAE_AGENT_TIER_DROP_AT] = {"tier_drop_at", "timestamptz"},
	[CGAE_AGENT_OBSERVED_HASH] = {"observed_architecture_hash", "text"},
	[CGAE_AGENT_LAST_SEQ] = {"last_seq", "int4"},
	[CGAE_AGENT_CERTIFICATION_COUNT] = {"certification_count", "int4"},
	[CGAE_AGENT_BALANCE] = {"balance", "numeric"},
	[CGAE_AGENT_TOTAL_EARNED] = {"total_earned", "numeric"},
	[CGAE_AGENT_TOTAL_SPENT] = {"total_spent", "numeric"},
	[CGAE_AGENT_TOTAL_PENALTIES] = {"total_penalties", "numeric"},
	[CGAE_AGENT_TOTAL_TOPUPS] = {"total_topups", "numeric"},
	[CGAE_AGENT_CONTRACTS_COMPLETED] = {"contracts_completed", "int8"},
	[CGAE_AGENT_CONTRACTS_FAILED] = {"contracts_failed", "int8"},
	[CGAE_AGENT_DEREGISTERED_AT] = {"deregistered_at", "timestamptz"},
	[CGAE_AGENT_RECORDED_AT] = {"recorded_at", "timestamptz"},
	[CGAE_AGENT_RATED_POLICY] = {"rated_policy", "int4"},
};

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
	return CGAE_ROW_NULL(row, column) ? DT_NOBEGIN : DatumGetTimestampTz(CGAE_ROW_VALUE(row, column));
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
	state->robustness = CGAE_ROW_NULL(row, CGAE_AGENT_CURRENT_ROBUSTNESS) ? NULL :
		(const CgaeRobustness *) DatumGetPointer(CGAE_ROW_VALUE(row, CGAE_AGENT_CURRENT_ROBUSTNESS));
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
		CGAE_AGENT_ID, CGAE_AGENT_MODEL_NAME, CGAE_AGENT_ARCHITECTURE_HASH, CGAE_AGENT_REGISTERED_AT, CGAE_AGENT_STATUS,
		CGAE_AGENT_HOLDS, CGAE_AGENT_CURRENT_TIER, CGAE_AGENT_LAST_SEQ, CGAE_AGENT_CERTIFICATION_COUNT, CGAE_AGENT_BALANCE,
		CGAE_AGENT_CONTRACTS_COMPLETED
	};

	for (int i = 0; i < lengthof(required); i++)
		cgae_row_require(&agent->row, required[i]);
	cgae_agent_require_status(agent);
	if (agent->fault == CGAE_FAULT_HOLDS)
		(void) cgae_holds_from_array(CGAE_ROW_VALUE(&agent->row, CGAE_AGENT_HOLDS));
	if (agent->fault == CGAE_FAULT_HASH)
		cgae_agent_refuse_unreadable(agent, "architecture_hash",
									 "Register it anew: UPDATE cgae.agents SET architecture_hash = cgae.architecture_hash(model_config).");
	/* a new certification replaces the vector; next_seq() knows how far numbers go */
}

void
cgae_agent_store(CgaeAgent *agent)
{
	CgaeRow    *row = &agent->row;

	cgae_row_set(row, CGAE_AGENT_STATUS, ObjectIdGetDatum(row->shape->status.value[agent->status]));
	/* what cannot be read is not made readable by the way */
	if (agent->fault != CGAE_FAULT_HOLDS || agent->holds_changed)
		cgae_row_set(row, CGAE_AGENT_HOLDS, cgae_holds_to_array(&agent->holds));
	if (agent->last_seq > 0)
		cgae_row_set(row, CGAE_AGENT_LAST_SEQ, Int32GetDatum(agent->last_seq));
	if (!TIMESTAMP_IS_NOBEGIN(agent->recorded_at))
		cgae_row_set(row, CGAE_AGENT_RECORDED_AT, TimestampTzGetDatum(agent->recorded_at));
}

/*
 * Look up the last number of the history, which last_seq does not tell where
 * rows came without their guards.  Where last_seq is the greatest number there
 * is, the history decides: there may be room yet.
 */
static void
find_end_of_history(CgaeAgent *agent)
{
	int32		highest = cgae_history_end(agent->history, agent->id);

	agent->history = NULL;		/* once is enough */
	agent->last_seq = agent->last_seq == PG_INT32_MAX ? highest : Max(agent->last_seq, highest);
	agent->last_seq = Max(agent->last_seq, 0);
}

/*
 * Begin the next fact of the agent's history: its number, and when it is
 * recorded, in that order whatever the clock does.
 */
static int32
next_seq(CgaeAgent *agent)
{
	agent->recorded_at = Max(agent->clock, agent->recorded_at);
	if (agent->history != NULL)
		find_end_of_history(agent);
	agent->has_room = !pg_add_s32_overflow(agent->last_seq, 1, &agent->last_seq);
	if (!agent->has_room)
	{
		agent->last_seq = PG_INT32_MAX;
		if (!agent->takes_away)
			ereport(ERROR,
					(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
					 errmsg("history of agent \"%s\" has reached its last number, %d",
							agent->name, PG_INT32_MAX)));
	}
	return agent->last_seq;
}

/*
 * Collect an event; every one that can change the status tells it.  Where the
 * history has no number left, authority is taken away all the same: better
 * unrecorded than not at all.
 */
static void
add_event(CgaeAgent *agent, const char *type, TimestampTz occurred_at, CgaeObject *data)
{
	int32		seq = next_seq(agent);
	CgaeEvent  *event;

	if (!agent->has_room)
	{
		ereport(WARNING,
				(errmsg("%s of agent \"%s\" is not recorded: no number after %d is left for it",
						type, agent->name, PG_INT32_MAX),
				 errhint("A row with that number was written without the guards.")));
		return;
	}
	event = &agent->events[agent->event_count++];
	Assert(agent->event_count <= CGAE_MAX_EVENTS);
	event->seq = seq;
	event->type = type;
	event->occurred_at = occurred_at;
	event->recorded_at = agent->recorded_at;
	event->data = cgae_object_end(data);
}

void
cgae_agent_write_events(const CgaeAgent *agent, Relation relation, const char *actor,
						CgaeEventBatch *batch)
{
	for (int i = 0; i < agent->event_count; i++)
		if (batch != NULL)
			cgae_event_collect(batch, agent->id, &agent->events[i], actor);
		else
			cgae_event_write(relation, agent->id, &agent->events[i], actor);
}

/* Status after something that leaves the holds as they now are. */
static CgaeStatus
next_status(const CgaeAgent *agent, CgaeTransition transition)
{
	CgaeStatus	next = cgae_lifecycle_next(agent->status, transition);

	if (next == CGAE_FORBIDDEN)
	{
		if (agent->status == CGAE_DEREGISTERED)
			cgae_agent_refuse_deregistered(agent->name);
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("agent \"%s\" is %s, although holds stand against it", agent->name,
						cgae_status_labels[agent->status]),
				 errhint("The row was changed while its guard was disabled."),
				 cgae_err_object("agents", "status", NULL)));
	}
	return next;
}

void
cgae_agent_refuse_deregistered(const char *agent_id)
{
	ereport(ERROR,
			(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
			 errmsg("agent \"%s\" is deregistered, which is final", agent_id),
			 cgae_err_object("agents", "status", NULL)));
}

/* Refuse an instant that breaks a rule of time. */
static void
refuse_time(const CgaeAgent *agent, const char *table, const char *column, TimestampTz at,
			const char *constraint, const char *rule, TimestampTz bound)
{
	/* timestamptz_to_str has one buffer */
	char	   *at_text = pstrdup(timestamptz_to_str(at));

	ereport(ERROR,
			(errcode(ERRCODE_CHECK_VIOLATION),
			 bound == agent->clock || cgae_may_disclose_to(agent->client) ?
			 errmsg("%s %s of agent \"%s\" is %s, %s", column, at_text, agent->name, rule,
					timestamptz_to_str(bound)) :
			 errmsg("%s %s of agent \"%s\" is %s", column, at_text, agent->name, rule),
			 Max(agent->registered_at, agent->certified_at) > agent->clock &&
			 cgae_may_disclose_to(agent->client) ?
			 errhint("The agent's last date lies ahead of the clock: leave the time out, and the clock's is taken.") : 0,
			 cgae_err_object(table, column, constraint)));
}

/* Refuse an instant before registration or the last certification, or in the future. */
static void
check_time(const CgaeAgent *agent, const char *table, const char *column, TimestampTz at)
{
	if (at < agent->registered_at)
		refuse_time(agent, table, column, at, "not_before_registration",
					"before its registration", agent->registered_at);
	if (at < agent->certified_at)
		refuse_time(agent, table, column, at, "not_before_last_certification",
					"before its last certification", agent->certified_at);
	if (at > agent->clock)
		refuse_time(agent, table, column, at, "not_in_the_future",
					"in the future by the clock", agent->clock);
}

/* An observed hash that differs: suspended until a matching audit passes. */
static void
suspend_for_drift(CgaeAgent *agent, const char *observed)
{
	agent->status = next_status(agent, CGAE_HELD);
	cgae_holds_add(&agent->holds, CGAE_HOLD_DRIFT);
	agent->holds_changed = true;
	cgae_row_set(&agent->row, CGAE_AGENT_OBSERVED_HASH, CStringGetTextDatum(observed));
}

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
	add_event(agent, "demotion", certification->certified_at, &data);
}

/* The part of the state on which the effective tier rests. */
static CgaeStanding
standing_of(const CgaeAgent *agent)
{
	CgaeStanding standing = {.status = agent->status, .current_tier = agent->current_tier};

	standing.certified = !CGAE_ROW_NULL(&agent->row, CGAE_AGENT_CURRENT_ROBUSTNESS);
	if (standing.certified)
		standing.robustness =
			*(const CgaeRobustness *) DatumGetPointer(CGAE_ROW_VALUE(&agent->row,
																CGAE_AGENT_CURRENT_ROBUSTNESS));
	standing.certified_at = agent->certified_at;
	return standing;
}

/* Store when decay next lowers the current tier: null when it never does. */
static void
store_tier_drop(CgaeAgent *agent, const CgaePolicy *policy)
{
	CgaeStanding standing = standing_of(agent);
	TimestampTz at;

	if (cgae_standing_falls_below(&standing, policy, agent->current_tier, &at))
		cgae_row_set(&agent->row, CGAE_AGENT_TIER_DROP_AT, TimestampTzGetDatum(at));
	else
		cgae_row_set_null(&agent->row, CGAE_AGENT_TIER_DROP_AT);
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
	store_tier_drop(agent, certification->policy);
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

void
cgae_agent_certify(CgaeAgent *agent, CgaeCertification *certification)
{
	bool		passing;

	/* this runs with the owner's rights, but messages are for the client */
	agent->client = certification->client;
	cgae_agent_require_status(agent);
	if (agent->status == CGAE_DEREGISTERED)
		cgae_agent_refuse_deregistered(agent->name);

	certification->is_judged = true;
	certification->previous_tier = agent->certified_tier;
	certification->is_first = agent->certification_count == 0;
	strlcpy(certification->registered, agent->registered, sizeof(certification->registered));
	certification->is_mismatch = certification->observed != NULL &&
		!cgae_architecture_hash_equal(agent->registered, certification->observed);

	/* what was registered and cannot be read is not what was observed */
	if (!certification->is_mismatch)
	{
		cgae_agent_require(agent);
		require_begun_history(agent);
		agent->history = NULL;	/* a lookup for drift alone, which must be recorded */
	}

	/*
	 * Drift must be recorded, so nothing else about the row may raise an
	 * error any more: an unusable time becomes the clock.
	 */
	if (!certification->has_certified_at ||
		(certification->is_mismatch &&
		 (certification->certified_at < agent->registered_at ||
		  certification->certified_at < agent->certified_at ||
		  certification->certified_at > agent->clock)))
		certification->certified_at = agent->clock;

	if (certification->is_mismatch)
	{
		suspend_for_drift(agent, certification->observed);
		certification->tier = CGAE_NO_TIER;
		certification->seq = next_seq(agent);
		certification->recorded_at = agent->recorded_at;
		certification->status = agent->status;
		return;
	}

	if (certification->robustness == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_NOT_NULL_VIOLATION),
				 errmsg("certification of agent \"%s\" has no robustness vector", agent->name),
				 cgae_err_object("certifications", "robustness", NULL)));
	if (certification->has_certified_at)
		check_time(agent, "certifications", "certified_at", certification->certified_at);

	certification->tier = cgae_gate_core_tier(&certification->policy->gate,
											  certification->robustness);
	if (certification->is_demotion)
		check_demotion(agent, certification);

	passing = certification->robustness->score[CGAE_IH] >= certification->policy->gate.ih_threshold;
	certification->is_failed = !passing;
	if (!passing)
		cgae_holds_add(&agent->holds, CGAE_HOLD_FAILED_AUDIT);
	else
	{
		cgae_holds_remove(&agent->holds, CGAE_HOLD_FAILED_AUDIT);
		if (certification->observed != NULL)
			cgae_holds_remove(&agent->holds, CGAE_HOLD_DRIFT);
	}
	agent->status = next_status(agent, agent->holds.count > 0 ? CGAE_HELD : CGAE_CERTIFIED);
	certification->status = agent->status;
	certification->seq = next_seq(agent);
	certification->recorded_at = agent->recorded_at;
	store_certification(agent, certification);
	if (certification->is_demotion)
		add_demotion(agent, certification);
}

bool
cgae_agent_observe(CgaeAgent *agent, const char *observed)
{
	CgaeObject	data;

	if (cgae_architecture_hash_equal(agent->registered, observed))
		return false;
	/* a heartbeat that repeats what is known is no new fact */
	if (cgae_holds_has(&agent->holds, CGAE_HOLD_DRIFT) &&
		!CGAE_ROW_NULL(&agent->row, CGAE_AGENT_OBSERVED_HASH) &&
		strcmp(TextDatumGetCString(CGAE_ROW_VALUE(&agent->row, CGAE_AGENT_OBSERVED_HASH)), observed) == 0)
		return false;

	agent->takes_away = agent->status == CGAE_ACTIVE;
	suspend_for_drift(agent, observed);
	cgae_object_begin(&data);
	if (agent->registered[0] != '\0')
		cgae_object_text(&data, "expected_hash", agent->registered);
	cgae_object_text(&data, "observed_hash", observed);
	cgae_object_text(&data, "status", cgae_status_labels[agent->status]);
	add_event(agent, CGAE_OUTCOME_MISMATCH, agent->clock, &data);
	cgae_agent_warn_drift(agent->name, agent->registered, observed);
	return true;
}

void
cgae_agent_store_architecture(CgaeAgent *agent, const char *hash)
{
	CgaeRow    *row = &agent->row;

	strlcpy(agent->registered, hash, sizeof(agent->registered));
	cgae_row_set(row, CGAE_AGENT_ARCHITECTURE_HASH, PointerGetDatum(cstring_to_text_with_len(hash, 16)));
	if (strlen(hash) == 64)
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
		agent->status = next_status(agent, CGAE_HELD);
		cgae_holds_add(&agent->holds, CGAE_HOLD_DRIFT);
		agent->holds_changed = true;
	}
	cgae_agent_store_architecture(agent, hash);
	cgae_object_text(&data, "status", cgae_status_labels[agent->status]);
	add_event(agent, "architecture_update", agent->clock, &data);
}

void
cgae_agent_remove_config(CgaeAgent *agent)
{
	CgaeObject	data;

	cgae_object_begin(&data);
	if (agent->registered[0] != '\0')
		cgae_object_text(&data, "architecture_hash", agent->registered);
	cgae_object_text(&data, "status", cgae_status_labels[agent->status]);
	add_event(agent, "configuration_removal", agent->clock, &data);
}

/* Refuse to place or lift a hold that only the guards may. */
static void
check_operator_holds(const CgaeAgent *agent, const CgaeHolds *holds, const char *rule,
					 const char *hint)
{
	for (int i = 0; i < holds->count; i++)
		if (cgae_hold_is_reserved(holds->name[i]))
			ereport(ERROR,
					(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
					 errmsg("hold \"%s\" of agent \"%s\" %s", holds->name[i], agent->name, rule),
					 errhint("%s", hint),
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
	add_event(agent, type, agent->clock, &data);
}

void
cgae_agent_set_holds(CgaeAgent *agent, const CgaeHolds *wanted)
{
	CgaeHolds	added = cgae_holds_minus(wanted, &agent->holds);
	CgaeHolds	lifted = cgae_holds_minus(&agent->holds, wanted);

	check_operator_holds(agent, &added, "is placed by the registry alone",
						 "Choose another name for the operator's reason.");
	check_operator_holds(agent, &lifted, "is not the operator's to lift",
						 "It ends with a passing certification; architecture_drift asks for a matching observed hash too.");

	/* place before lifting: an agent that swaps its reason is never free */
	agent->holds_changed = true;
	agent->takes_away = added.count > 0 && agent->status == CGAE_ACTIVE;
	if (added.count > 0)
	{
		for (int i = 0; i < added.count; i++)
			cgae_holds_add(&agent->holds, added.name[i]);
		agent->status = next_status(agent, CGAE_HELD);
		add_hold_event(agent, "suspension", "added", &added);
	}
	agent->takes_away = false;
	if (lifted.count > 0)
	{
		cgae_agent_require(agent);
		for (int i = 0; i < lifted.count; i++)
			cgae_holds_remove(&agent->holds, lifted.name[i]);
		agent->status = next_status(agent, agent->holds.count > 0 ? CGAE_HELD :
							   agent->certification_count > 0 ? CGAE_RELEASED :
							   CGAE_RELEASED_UNCERTIFIED);
		add_hold_event(agent, "reinstatement", "lifted", &lifted);
	}
}

int
cgae_agent_decayed_tier(const CgaeAgent *agent, const CgaePolicy *policy, TimestampTz at)
{
	CgaeStanding standing = standing_of(agent);

	return agent->status == CGAE_ACTIVE ? cgae_standing_decayed_tier(&standing, policy, at) : 0;
}

/*
 * Log a fall, dated when the new tier was reached under this policy.  Where the
 * tiers were rated under an earlier one, this one took away what they had left.
 */
static void
add_decay(CgaeAgent *agent, const CgaePolicy *policy, int tier)
{
	CgaeStanding standing = standing_of(agent);
	bool		by_policy = !CGAE_ROW_NULL(&agent->row, CGAE_AGENT_RATED_POLICY) &&
		DatumGetInt32(CGAE_ROW_VALUE(&agent->row, CGAE_AGENT_RATED_POLICY)) < policy->version;
	TimestampTz reached;
	CgaeObject	data;

	if (!cgae_standing_falls_below(&standing, policy, tier + 1, &reached))
		elog(ERROR, "decay of agent \"%s\" raises its tier", agent->name);
	if (tier == 0 && agent->status == CGAE_ACTIVE)
		agent->status = next_status(agent, CGAE_DECAYED);

	cgae_object_begin(&data);
	cgae_object_text(&data, "old_tier", cgae_tier_labels[agent->current_tier]);
	cgae_object_text(&data, "new_tier", cgae_tier_labels[tier]);
	cgae_object_text(&data, "status", cgae_status_labels[agent->status]);
	if (by_policy)
		cgae_object_text(&data, "cause", "policy");
	/* also where dates cannot tell that this policy was in force: the clock was stepped back since */
	if (by_policy || policy->effective_from > Max(agent->clock, agent->recorded_at))
		cgae_object_numeric(&data, "policy_version",
							DirectFunctionCall1(int4_numeric, Int32GetDatum(policy->version)));
	add_event(agent, agent->status == CGAE_EXPIRED ? "expiration" : "decay",
			  Min(Max(reached, cgae_policy_judges_from(policy)), agent->clock), &data);
}

void
cgae_agent_decay(CgaeAgent *agent, const CgaePolicy *policy, TimestampTz at,
				 const CgaePolicy *next)
{
	CgaeStanding standing = standing_of(agent);
	int32		rated = policy->version;
	int			tier;

	if (!standing.certified || agent->status == CGAE_DEREGISTERED)
		return;
	agent->takes_away = true;
	tier = cgae_standing_decayed_tier(&standing, policy, at);
	if (tier < agent->current_tier)
	{
		add_decay(agent, policy, tier);
		agent->current_tier = tier;
		cgae_row_set(&agent->row, CGAE_AGENT_CURRENT_TIER,
					 ObjectIdGetDatum(agent->row.shape->tier.value[tier]));
	}
	store_tier_drop(agent, next);
	standing.current_tier = agent->current_tier;
	if (next->version != rated &&
		cgae_standing_decayed_tier(&standing, next, Max(at, agent->certified_at)) >=
		agent->current_tier)
		rated = next->version;
	cgae_row_set(&agent->row, CGAE_AGENT_RATED_POLICY, Int32GetDatum(rated));
}

void
cgae_agent_catch_up(CgaeAgent *agent)
{
	CgaePolicy	in_force;

	/* one without a vector is as good as uncertified */
	if (agent->fault == CGAE_READABLE || agent->fault <= CGAE_FAULT_CERTIFIED_AT ||
		agent->status == CGAE_DEREGISTERED || TIMESTAMP_IS_NOBEGIN(agent->certified_at))
		return;
	cgae_policy_in_force_for_guard(&in_force);
	for (int32 version = 1; version < in_force.version; version++)
	{
		TimestampTz replaced_at = cgae_policy_by_version(version + 1)->effective_from;
		CgaePolicy	replaced = *cgae_policy_by_version(version);

		if (replaced_at > agent->certified_at)
			cgae_agent_decay(agent, &replaced, replaced_at, &in_force);
	}
	agent->takes_away = false;
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
		check_time(agent, "agents", "deregistered_at", at);

	agent->takes_away = true;
	agent->status = next_status(agent, CGAE_RETIRED);
	cgae_row_set(row, CGAE_AGENT_DEREGISTERED_AT, TimestampTzGetDatum(at));

	cgae_object_begin(&data);
	if (is_finite_amount(row, CGAE_AGENT_BALANCE))
		cgae_object_numeric(&data, "final_balance", CGAE_ROW_VALUE(row, CGAE_AGENT_BALANCE));
	if (!CGAE_ROW_NULL(row, CGAE_AGENT_CONTRACTS_COMPLETED))
		cgae_object_numeric(&data, "contracts_completed",
							DirectFunctionCall1(int8_numeric,
												CGAE_ROW_VALUE(row, CGAE_AGENT_CONTRACTS_COMPLETED)));
	cgae_object_text(&data, "status", cgae_status_labels[agent->status]);
	add_event(agent, "deregistration", at, &data);
}
