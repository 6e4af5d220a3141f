/*
 * agent_register.c
 *	  A new row of cgae.agents.
 */
#include "postgres.h"

#include "access/xact.h"
#include "catalog/pg_type.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/jsonb.h"
#include "utils/rel.h"
#include "utils/timestamp.h"

#include "guards/agent_architecture.h"
#include "guards/agent_columns.h"
#include "guards/agent_limits.h"
#include "guards/agent_register.h"
#include "guards/guard.h"
#include "server/errors.h"
#include "server/jsonb_object.h"

/* On insert, a derived column may be left out, null, or its default. */
static void
take_default(CgaeRow *row, CgaeAgentColumn column, const char *agent_id, bool is_default,
			 Datum value)
{
	if (CGAE_ROW_NULL(row, column))
		cgae_row_set(row, column, value);
	else if (!is_default)
		cgae_agent_refuse_derived(column, agent_id);
}

/* On insert, a column that has no value yet. */
static void
require_null(CgaeRow *row, CgaeAgentColumn column, const char *agent_id)
{
	if (!CGAE_ROW_NULL(row, column))
		cgae_agent_refuse_derived(column, agent_id);
}

/* On insert, a counter or sum starts at zero. */
static void
start_at_zero(CgaeRow *row, CgaeAgentColumn column, const char *agent_id)
{
	bool		is_numeric = strcmp(cgae_agent_columns[column].type, "numeric") == 0;
	Datum		zero = is_numeric ? DirectFunctionCall1(int4_numeric, Int32GetDatum(0)) :
		Int64GetDatum(0);

	take_default(row, column, agent_id,
				 CGAE_ROW_NULL(row, column) ||
				 DatumGetBool(is_numeric ?
							  DirectFunctionCall2(numeric_eq, CGAE_ROW_VALUE(row, column), zero) :
							  DirectFunctionCall2(int8eq, CGAE_ROW_VALUE(row, column), zero)),
				 zero);
}

/*
 * Recorded by the clock; registered no later, at a finite time, now when not
 * given.  The transaction's own time is the column's default: a clock that was
 * stepped back since makes it no claim about the future.
 */
static void
settle_registration_time(CgaeRow *row, const char *agent_id)
{
	TimestampTz now;
	TimestampTz at;

	/* who reads the clock owns a transaction id: what is recorded by then is not overlooked */
	(void) GetCurrentTransactionId();
	now = GetCurrentTimestamp();
	cgae_row_set(row, CGAE_AGENT_RECORDED_AT, TimestampTzGetDatum(now));

	if (CGAE_ROW_NULL(row, CGAE_AGENT_REGISTERED_AT) ||
		(DatumGetTimestampTz(CGAE_ROW_VALUE(row, CGAE_AGENT_REGISTERED_AT)) > now &&
		 DatumGetTimestampTz(CGAE_ROW_VALUE(row, CGAE_AGENT_REGISTERED_AT)) ==
		 GetCurrentTransactionStartTimestamp()))
	{
		cgae_row_set(row, CGAE_AGENT_REGISTERED_AT, TimestampTzGetDatum(now));
		return;
	}
	at = DatumGetTimestampTz(CGAE_ROW_VALUE(row, CGAE_AGENT_REGISTERED_AT));
	if (at > now || TIMESTAMP_NOT_FINITE(at))
		ereport(ERROR,
				(errcode(ERRCODE_CHECK_VIOLATION),
				 at > now ?
				 errmsg("registered_at %s of agent \"%s\" is in the future",
						timestamptz_to_str(at), agent_id) :
				 errmsg("registered_at %s of agent \"%s\" is not finite",
						timestamptz_to_str(at), agent_id),
				 cgae_err_object("agents", "registered_at", "not_in_the_future")));
}

/* On insert, a derived column whose type is passed by value. */
static void
take_value(CgaeRow *row, CgaeAgentColumn column, const char *agent_id, Datum value)
{
	take_default(row, column, agent_id, CGAE_ROW_VALUE(row, column) == value, value);
}

/* Everything that the guard derives: as it is for a new agent, or refused. */
static void
settle_derived(CgaeRow *row, const char *agent_id)
{
	static const CgaeAgentColumn unset[] = {
		CGAE_AGENT_CERTIFIED_TIER, CGAE_AGENT_CURRENT_ROBUSTNESS, CGAE_AGENT_CERTIFIED_AT,
		CGAE_AGENT_LAST_AUDIT_AT, CGAE_AGENT_TIER_DROP_AT, CGAE_AGENT_OBSERVED_HASH,
		CGAE_AGENT_DEREGISTERED_AT, CGAE_AGENT_RECORDED_AT
	};
	static const CgaeAgentColumn zero[] = {
		CGAE_AGENT_TOTAL_EARNED, CGAE_AGENT_TOTAL_SPENT, CGAE_AGENT_TOTAL_PENALTIES,
		CGAE_AGENT_TOTAL_TOPUPS, CGAE_AGENT_CONTRACTS_COMPLETED, CGAE_AGENT_CONTRACTS_FAILED
	};
	static const CgaeHolds no_holds = {0, NULL};
	const CgaeShape *shape = row->shape;
	CgaeRobustness *origin = palloc0(sizeof(CgaeRobustness));

	for (int i = 0; i < lengthof(unset); i++)
		require_null(row, unset[i], agent_id);
	for (int i = 0; i < lengthof(zero); i++)
		start_at_zero(row, zero[i], agent_id);
	take_value(row, CGAE_AGENT_STATUS, agent_id,
			   ObjectIdGetDatum(shape->status.value[CGAE_PENDING]));
	take_value(row, CGAE_AGENT_CURRENT_TIER, agent_id, ObjectIdGetDatum(shape->tier.value[0]));
	take_default(row, CGAE_AGENT_HOLDS, agent_id,
				 CGAE_ROW_NULL(row, CGAE_AGENT_HOLDS) ||
				 cgae_holds_from_array(CGAE_ROW_VALUE(row, CGAE_AGENT_HOLDS)).count == 0,
				 cgae_holds_to_array(&no_holds));
	take_default(row, CGAE_AGENT_INITIAL_ROBUSTNESS, agent_id,
				 CGAE_ROW_NULL(row, CGAE_AGENT_INITIAL_ROBUSTNESS) ||
				 memcmp(DatumGetPointer(CGAE_ROW_VALUE(row, CGAE_AGENT_INITIAL_ROBUSTNESS)),
						origin, sizeof(*origin)) == 0,
				 PointerGetDatum(origin));
	take_value(row, CGAE_AGENT_LAST_SEQ, agent_id, Int32GetDatum(1));
	take_value(row, CGAE_AGENT_CERTIFICATION_COUNT, agent_id, Int32GetDatum(0));
	take_value(row, CGAE_AGENT_RATED_POLICY, agent_id,
			   Int32GetDatum(cgae_policy_of_registry()->version));
}

HeapTuple
cgae_agent_before_insert(TriggerData *trigdata, const CgaeShape *shape)
{
	CgaeAgent	agent = {0};
	CgaeRow    *row = &agent.row;
	char		hash[CGAE_HASH_SIZE];
	const char *id;

	cgae_row_open(row, shape, RelationGetDescr(trigdata->tg_relation), trigdata->tg_trigtuple);
	cgae_row_require(row, CGAE_AGENT_ID);
	id = TextDatumGetCString(CGAE_ROW_VALUE(row, CGAE_AGENT_ID));
	if (cgae_is_blank(id))
		ereport(ERROR,
				(errcode(ERRCODE_CHECK_VIOLATION),
				 errmsg("agent_id \"%s\" is blank", id),
				 cgae_err_object("agents", "agent_id", "agent_id_not_blank")));
	cgae_agent_check_limits(row, NULL, id);
	settle_derived(row, id);
	if (CGAE_ROW_NULL(row, CGAE_AGENT_BALANCE))
		cgae_row_set(row, CGAE_AGENT_BALANCE,
					 DirectFunctionCall1(int4_numeric, Int32GetDatum(0)));
	if (CGAE_ROW_NULL(row, CGAE_AGENT_PROVENANCE))
		cgae_row_set(row, CGAE_AGENT_PROVENANCE,
					 DirectFunctionCall1(jsonb_in, CStringGetDatum("{}")));
	settle_registration_time(row, id);

	if (!cgae_agent_stated_architecture(row, id, true, true, true, hash))
		ereport(ERROR,
				(errcode(ERRCODE_NOT_NULL_VIOLATION),
				 errmsg("agent \"%s\" has neither a model_config nor an architecture_hash", id),
				 cgae_err_object("agents", "model_config", NULL)));
	cgae_agent_store_architecture(&agent, hash);
	return cgae_row_close(row, trigdata->tg_trigtuple);
}

void
cgae_agent_after_insert(TriggerData *trigdata, const CgaeShape *shape)
{
	CgaeRow		row;
	CgaeAgent	agent;
	CgaeObject	data;
	CgaeEvent	event;

	cgae_row_open(&row, shape, RelationGetDescr(trigdata->tg_relation), trigdata->tg_trigtuple);
	cgae_row_require(&row, CGAE_AGENT_ID);
	cgae_agent_open(&agent, &row);
	cgae_agent_require(&agent);
	cgae_object_begin(&data);
	cgae_object_text(&data, "model_name",
					 TextDatumGetCString(CGAE_ROW_VALUE(&row, CGAE_AGENT_MODEL_NAME)));
	cgae_object_text(&data, "architecture_hash", agent.registered);
	if (CGAE_ROW_NULL(&row, CGAE_AGENT_MODEL_CONFIG))
		cgae_object_text(&data, "given", "architecture_hash");
	cgae_object_text(&data, "status", cgae_status_labels[CGAE_PENDING]);

	event.seq = 1;
	event.type = "registration";
	event.occurred_at = agent.registered_at;
	event.recorded_at = agent.recorded_at;
	event.data = cgae_object_end(&data);
	cgae_event_write(trigdata->tg_relation, agent.id, &event, cgae_guard_actor());
}
