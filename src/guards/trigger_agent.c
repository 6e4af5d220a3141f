/*
 * trigger_agent.c
 *	  The guard of cgae.agents.
 *
 * Every way of changing an agent's state is one column that a client updates:
 * the guard derives the rest, writes the events, and refuses what cannot be
 * derived.  A certification reaches the row as an UPDATE by the guard of
 * certifications, with a ticket of it (certification_update.h).
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/xact.h"
#include "catalog/pg_type.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/jsonb.h"
#include "utils/rel.h"
#include "utils/timestamp.h"

#include "guards/agent.h"
#include "guards/agent_limits.h"
#include "guards/certification_update.h"
#include "guards/disclosure.h"
#include "guards/guard.h"
#include "guards/notify.h"
#include "guards/sweep.h"
#include "server/caller.h"
#include "server/clock.h"
#include "server/errors.h"
#include "server/jsonb_object.h"
#include "types/architecture.h"

/* Columns that clients never write: the guard derives them. */
static const CgaeAgentColumn derived_columns[] = {
	CGAE_AGENT_INITIAL_ROBUSTNESS, CGAE_AGENT_CERTIFIED_TIER,
	CGAE_AGENT_CURRENT_ROBUSTNESS, CGAE_AGENT_CERTIFIED_AT, CGAE_AGENT_LAST_AUDIT_AT, CGAE_AGENT_TIER_DROP_AT,
	CGAE_AGENT_LAST_SEQ, CGAE_AGENT_CERTIFICATION_COUNT, CGAE_AGENT_REGISTERED_AT, CGAE_AGENT_RATED_POLICY, CGAE_AGENT_ID, CGAE_AGENT_RECORDED_AT
};

/* Columns by which a client asks for a change of state. */
static const CgaeAgentColumn request_columns[] = {
	CGAE_AGENT_STATUS, CGAE_AGENT_HOLDS, CGAE_AGENT_OBSERVED_HASH, CGAE_AGENT_MODEL_CONFIG,
	CGAE_AGENT_ARCHITECTURE_HASH, CGAE_AGENT_ARCHITECTURE_DIGEST, CGAE_AGENT_CURRENT_TIER, CGAE_AGENT_DEREGISTERED_AT
};

/* Refuse a value for a column that the guard derives. */
static void
refuse_derived(CgaeAgentColumn column, const char *agent_id)
{
	const char *name = cgae_agent_columns[column].name;
	const char *hint =
		column == CGAE_AGENT_STATUS ? "Status follows from certifications and holds; a client may only set it to deregistered." :
		column == CGAE_AGENT_ID ? "The identity of an agent never changes." :
		column == CGAE_AGENT_REGISTERED_AT ? "The time of registration is given once, on insert." :
		column == CGAE_AGENT_OBSERVED_HASH ? "An observation is reported by updating this column of a registered agent." :
		column == CGAE_AGENT_HOLDS ? "Holds are placed by updating this column of a registered agent." :
		column == CGAE_AGENT_RATED_POLICY ? "It follows from the policy under which the registry last rated the agent." :
		column == CGAE_AGENT_DEREGISTERED_AT ? "Set it together with status = 'deregistered'." :
		column == CGAE_AGENT_RECORDED_AT ? "It is when the newest fact of the agent's history was recorded." :
		"It follows from certifications: insert into cgae.certifications or call cgae.certify().";

	ereport(ERROR,
			(errcode(ERRCODE_GENERATED_ALWAYS),
			 errmsg("column \"%s\" of agent \"%s\" is derived by the registry and cannot be set",
					name, agent_id),
			 errhint("%s", hint),
			 cgae_err_object("agents", name, NULL)));
}

/* Compute the digest of a model configuration, which must be a JSON object. */
static void
digest_of_config(Datum config, const char *agent_id, char dest[CGAE_HASH_SIZE])
{
	char	   *kind = TextDatumGetCString(DirectFunctionCall1(json_typeof, config));

	if (strcmp(kind, "object") != 0)
		ereport(ERROR,
				(errcode(ERRCODE_CHECK_VIOLATION),
				 errmsg("model_config of agent \"%s\" is a JSON %s, not an object", agent_id, kind),
				 cgae_err_object("agents", "model_config", "model_config_is_object")));
	cgae_architecture_digest_of_json(DatumGetTextPP(config), dest);
}

/* Refuse a hash that contradicts another statement of the same architecture. */
static void
check_hashes_agree(const char *agent_id, const char *column, const char *given,
				   const char *other_name, const char *other)
{
	if (!cgae_architecture_hash_equal(given, other))
		ereport(ERROR,
				(errcode(ERRCODE_CHECK_VIOLATION),
				 cgae_may_disclose_to(cgae_caller()) ?
				 errmsg("%s %s of agent \"%s\" does not agree with its %s, whose hash is %.*s",
						column, given, agent_id, other_name, (int) strlen(given), other) :
				 errmsg("%s %s of agent \"%s\" does not agree with its %s", column, given, agent_id,
						other_name),
				 errhint("Give the model configuration alone; the registry computes the hash."),
				 cgae_err_object("agents", column, "architecture_hash_agrees")));
}

/*
 * The architecture that a row states, as a normalised hash: from the
 * configuration when it is used, else from digest or hash.  What else is given must agree.
 * Returns false when nothing is given.
 */
static bool
stated_architecture(const CgaeRow *row, const char *agent_id, bool use_config, bool use_hash,
					bool use_digest, char dest[CGAE_HASH_SIZE])
{
	static const CgaeAgentColumn hash_columns[] = {CGAE_AGENT_ARCHITECTURE_DIGEST, CGAE_AGENT_ARCHITECTURE_HASH};
	const bool	use[] = {use_digest, use_hash};
	const char *source = NULL;

	if (use_config && !CGAE_ROW_NULL(row, CGAE_AGENT_MODEL_CONFIG))
	{
		digest_of_config(CGAE_ROW_VALUE(row, CGAE_AGENT_MODEL_CONFIG), agent_id, dest);
		source = "model_config";
	}
	for (int i = 0; i < lengthof(hash_columns); i++)
	{
		const char *column = cgae_agent_columns[hash_columns[i]].name;
		char		given[CGAE_HASH_SIZE];

		if (!use[i] || CGAE_ROW_NULL(row, hash_columns[i]))
			continue;
		cgae_parse_architecture_hash(DatumGetTextPP(CGAE_ROW_VALUE(row, hash_columns[i])), given);
		if (source != NULL)
			check_hashes_agree(agent_id, column, given, source, dest);
		else
		{
			strlcpy(dest, given, CGAE_HASH_SIZE);
			source = column;
		}
	}
	return source != NULL;
}

/* On insert, a derived column may be left out, null, or its default. */
static void
take_default(CgaeRow *row, CgaeAgentColumn column, const char *agent_id, bool is_default,
			 Datum value)
{
	if (CGAE_ROW_NULL(row, column))
		cgae_row_set(row, column, value);
	else if (!is_default)
		refuse_derived(column, agent_id);
}

/* On insert, a column that has no value yet. */
static void
require_null(CgaeRow *row, CgaeAgentColumn column, const char *agent_id)
{
	if (!CGAE_ROW_NULL(row, column))
		refuse_derived(column, agent_id);
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
				 errmsg("registered_at %s of agent \"%s\" is %s", timestamptz_to_str(at), agent_id,
						at > now ? "in the future" : "not finite"),
				 cgae_err_object("agents", "registered_at", "not_in_the_future")));
}

/* A new agent: pending, T0, no holds, its architecture hashed. */
static HeapTuple
before_insert(TriggerData *trigdata, const CgaeShape *shape)
{
	static const CgaeAgentColumn unset[] = {
		CGAE_AGENT_CERTIFIED_TIER, CGAE_AGENT_CURRENT_ROBUSTNESS, CGAE_AGENT_CERTIFIED_AT, CGAE_AGENT_LAST_AUDIT_AT,
		CGAE_AGENT_TIER_DROP_AT, CGAE_AGENT_OBSERVED_HASH, CGAE_AGENT_DEREGISTERED_AT, CGAE_AGENT_RECORDED_AT
	};
	static const CgaeAgentColumn zero[] = {
		CGAE_AGENT_TOTAL_EARNED, CGAE_AGENT_TOTAL_SPENT, CGAE_AGENT_TOTAL_PENALTIES, CGAE_AGENT_TOTAL_TOPUPS,
		CGAE_AGENT_CONTRACTS_COMPLETED, CGAE_AGENT_CONTRACTS_FAILED
	};
	static const CgaeHolds no_holds = {0, NULL};
	CgaeRobustness *origin = palloc0(sizeof(CgaeRobustness));
	CgaeAgent	agent = {0};
	CgaeRow    *row = &agent.row;
	char		hash[CGAE_HASH_SIZE];
	int32		policy_version;
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

	for (int i = 0; i < lengthof(unset); i++)
		require_null(row, unset[i], id);
	for (int i = 0; i < lengthof(zero); i++)
		start_at_zero(row, zero[i], id);
	take_default(row, CGAE_AGENT_STATUS, id,
				 CGAE_ROW_VALUE(row, CGAE_AGENT_STATUS) == ObjectIdGetDatum(shape->status.value[CGAE_PENDING]),
				 ObjectIdGetDatum(shape->status.value[CGAE_PENDING]));
	take_default(row, CGAE_AGENT_CURRENT_TIER, id,
				 CGAE_ROW_VALUE(row, CGAE_AGENT_CURRENT_TIER) == ObjectIdGetDatum(shape->tier.value[0]),
				 ObjectIdGetDatum(shape->tier.value[0]));
	take_default(row, CGAE_AGENT_HOLDS, id,
				 CGAE_ROW_NULL(row, CGAE_AGENT_HOLDS) ||
				 cgae_holds_from_array(CGAE_ROW_VALUE(row, CGAE_AGENT_HOLDS)).count == 0,
				 cgae_holds_to_array(&no_holds));
	take_default(row, CGAE_AGENT_INITIAL_ROBUSTNESS, id,
				 CGAE_ROW_NULL(row, CGAE_AGENT_INITIAL_ROBUSTNESS) ||
				 memcmp(DatumGetPointer(CGAE_ROW_VALUE(row, CGAE_AGENT_INITIAL_ROBUSTNESS)), origin,
						sizeof(*origin)) == 0,
				 PointerGetDatum(origin));
	take_default(row, CGAE_AGENT_LAST_SEQ, id, DatumGetInt32(CGAE_ROW_VALUE(row, CGAE_AGENT_LAST_SEQ)) == 1,
				 Int32GetDatum(1));
	take_default(row, CGAE_AGENT_CERTIFICATION_COUNT, id,
				 DatumGetInt32(CGAE_ROW_VALUE(row, CGAE_AGENT_CERTIFICATION_COUNT)) == 0, Int32GetDatum(0));
	policy_version = cgae_policy_of_registry()->version;
	take_default(row, CGAE_AGENT_RATED_POLICY, id,
				 DatumGetInt32(CGAE_ROW_VALUE(row, CGAE_AGENT_RATED_POLICY)) == policy_version,
				 Int32GetDatum(policy_version));
	if (CGAE_ROW_NULL(row, CGAE_AGENT_BALANCE))
		cgae_row_set(row, CGAE_AGENT_BALANCE, DirectFunctionCall1(int4_numeric, Int32GetDatum(0)));
	if (CGAE_ROW_NULL(row, CGAE_AGENT_PROVENANCE))
		cgae_row_set(row, CGAE_AGENT_PROVENANCE,
					 DirectFunctionCall1(jsonb_in, CStringGetDatum("{}")));
	settle_registration_time(row, id);

	if (!stated_architecture(row, id, true, true, true, hash))
		ereport(ERROR,
				(errcode(ERRCODE_NOT_NULL_VIOLATION),
				 errmsg("agent \"%s\" has neither a model_config nor an architecture_hash", id),
				 cgae_err_object("agents", "model_config", NULL)));
	cgae_agent_store_architecture(&agent, hash);
	return cgae_row_close(row, trigdata->tg_trigtuple);
}

/* The registration becomes number 1 of the history, once the row is stored. */
static void
after_insert(TriggerData *trigdata, const CgaeShape *shape)
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
	cgae_object_text(&data, "model_name", TextDatumGetCString(CGAE_ROW_VALUE(&row, CGAE_AGENT_MODEL_NAME)));
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

/* Open the new row with everything that the guard derives as it was. */
static void
open_unchanged(CgaeAgent *agent, const CgaeShape *shape, TriggerData *trigdata,
			   const CgaeRow *old)
{
	CgaeRow		row;

	cgae_row_open(&row, shape, RelationGetDescr(trigdata->tg_relation), trigdata->tg_newtuple);
	for (int i = 0; i < lengthof(derived_columns); i++)
		keep_old(&row, old, derived_columns[i]);
	for (int i = 0; i < lengthof(request_columns); i++)
		keep_old(&row, old, request_columns[i]);
	cgae_agent_open(agent, &row);
}

/*
 * The holds that an operator asks for where those on record cannot be read:
 * what can be read of them stays, and the new array, which may have their
 * faults, can only add.
 */
static CgaeHolds
add_to_unreadable_holds(const CgaeAgent *agent, Datum array)
{
	CgaeHolds	wanted = cgae_holds_salvage(DatumGetArrayTypeP(array));

	for (int i = 0; i < agent->holds.count; i++)
		cgae_holds_add(&wanted, agent->holds.name[i]);
	if (cgae_holds_minus(&wanted, &agent->holds).count == 0)
	{
		/* what is wrong with the array comes first */
		(void) cgae_holds_from_array(array);
		cgae_agent_refuse_unreadable(agent, "holds",
									 "cgae.suspend() adds a hold and keeps those that can be read.");
	}
	return wanted;
}

/* Holds placed or lifted by an operator. */
static void
request_holds(CgaeAgent *agent, const CgaeRow *new)
{
	CgaeHolds	wanted;

	if (CGAE_ROW_NULL(new, CGAE_AGENT_HOLDS))
		ereport(ERROR,
				(errcode(ERRCODE_NOT_NULL_VIOLATION),
				 errmsg("holds of agent \"%s\" are null", agent->name),
				 errhint("No hold is the empty array."),
				 cgae_err_object("agents", "holds", NULL)));
	if (agent->fault == CGAE_FAULT_HOLDS)
		wanted = add_to_unreadable_holds(agent, CGAE_ROW_VALUE(new, CGAE_AGENT_HOLDS));
	else
		wanted = cgae_holds_from_array(CGAE_ROW_VALUE(new, CGAE_AGENT_HOLDS));
	cgae_agent_set_holds(agent, &wanted);
}

/* A new model_config, architecture_hash or architecture_digest. */
static void
request_architecture(CgaeAgent *agent, const CgaeRow *new, const CgaeRow *old)
{
	bool		hash = !cgae_row_same(new, old, CGAE_AGENT_ARCHITECTURE_HASH);
	bool		digest = !cgae_row_same(new, old, CGAE_AGENT_ARCHITECTURE_DIGEST);
	char		stated[CGAE_HASH_SIZE];

	if (cgae_row_same(new, old, CGAE_AGENT_MODEL_CONFIG) &&
		!(hash && !CGAE_ROW_NULL(new, CGAE_AGENT_ARCHITECTURE_HASH)) &&
		!(digest && !CGAE_ROW_NULL(new, CGAE_AGENT_ARCHITECTURE_DIGEST)))
		ereport(ERROR,
				(errcode(ERRCODE_NOT_NULL_VIOLATION),
				 errmsg("%s of agent \"%s\" cannot be taken back",
						cgae_agent_columns[hash ? CGAE_AGENT_ARCHITECTURE_HASH :
										   CGAE_AGENT_ARCHITECTURE_DIGEST].name, agent->name),
				 errhint("Register another architecture by updating model_config."),
				 cgae_err_object("agents", cgae_agent_columns[hash ? CGAE_AGENT_ARCHITECTURE_HASH :
															   CGAE_AGENT_ARCHITECTURE_DIGEST].name,
								 NULL)));

	if (CGAE_ROW_NULL(new, CGAE_AGENT_MODEL_CONFIG))
		cgae_row_set_null(&agent->row, CGAE_AGENT_MODEL_CONFIG);
	else
		cgae_row_set(&agent->row, CGAE_AGENT_MODEL_CONFIG, CGAE_ROW_VALUE(new, CGAE_AGENT_MODEL_CONFIG));

	/* a hash given alone must still agree with the configuration that stands */
	if (!stated_architecture(new, agent->name, true, hash, digest, stated))
	{
		/* only the configuration was taken back, as the check above has seen */
		cgae_agent_remove_config(agent);
		return;
	}

	if (!cgae_architecture_hash_equal(agent->registered, stated))
		cgae_agent_replace_architecture(agent, stated);
	else if (CGAE_ROW_NULL(new, CGAE_AGENT_MODEL_CONFIG) && !CGAE_ROW_NULL(old, CGAE_AGENT_MODEL_CONFIG))
		cgae_agent_remove_config(agent);
	else if (strlen(stated) > strlen(agent->registered) || agent->fault == CGAE_FAULT_HASH)
		cgae_agent_store_architecture(agent, stated);
}

/* A heartbeat: the hash that somebody saw the agent run with. */
static void
request_observation(CgaeAgent *agent, const CgaeRow *new)
{
	char		observed[CGAE_HASH_SIZE];

	if (CGAE_ROW_NULL(new, CGAE_AGENT_OBSERVED_HASH))
		ereport(ERROR,
				(errcode(ERRCODE_NOT_NULL_VIOLATION),
				 errmsg("observed_architecture_hash of agent \"%s\" cannot be taken back",
						agent->name),
				 cgae_err_object("agents", "observed_architecture_hash", NULL)));
	cgae_parse_architecture_hash(DatumGetTextPP(CGAE_ROW_VALUE(new, CGAE_AGENT_OBSERVED_HASH)), observed);
	cgae_agent_observe(agent, observed);
}

/*
 * Status and its time.  A client may deregister; any other status must be
 * the one that follows from the rest of its update.
 */
static void
request_status(CgaeAgent *agent, const CgaeRow *new, bool status_changed)
{
	CgaeStatus	wanted;
	TimestampTz at;

	if (CGAE_ROW_NULL(new, CGAE_AGENT_STATUS))
		refuse_derived(CGAE_AGENT_STATUS, agent->name);
	wanted = cgae_enum_map_index(&new->shape->status,
								 DatumGetObjectId(CGAE_ROW_VALUE(new, CGAE_AGENT_STATUS)));
	if (wanted != CGAE_DEREGISTERED)
	{
		if (!CGAE_ROW_NULL(new, CGAE_AGENT_DEREGISTERED_AT))
			refuse_derived(CGAE_AGENT_DEREGISTERED_AT, agent->name);
		if (status_changed && wanted != agent->status)
			refuse_derived(CGAE_AGENT_STATUS, agent->name);
		return;
	}
	if (!CGAE_ROW_NULL(new, CGAE_AGENT_DEREGISTERED_AT))
		at = DatumGetTimestampTz(CGAE_ROW_VALUE(new, CGAE_AGENT_DEREGISTERED_AT));
	cgae_agent_retire(agent, CGAE_ROW_NULL(new, CGAE_AGENT_DEREGISTERED_AT) ? NULL : &at);
}

/* A lower current tier: what decay gives by the clock, and nothing else. */
static void
request_decay(CgaeAgent *agent, const CgaeRow *new)
{
	CgaePolicy	policy;
	int			wanted;
	int			effective;

	if (CGAE_ROW_NULL(new, CGAE_AGENT_CURRENT_TIER))
		refuse_derived(CGAE_AGENT_CURRENT_TIER, agent->name);
	wanted = cgae_enum_map_index(&new->shape->tier,
								 DatumGetObjectId(CGAE_ROW_VALUE(new, CGAE_AGENT_CURRENT_TIER)));
	if (agent->fault != CGAE_READABLE)
		cgae_agent_refuse_unreadable(agent, "current_tier",
									 "The row was changed while its guard was disabled.");
	cgae_policy_in_force_for_guard(&policy);
	effective = cgae_agent_decayed_tier(agent, &policy, agent->clock);
	if (agent->status != CGAE_ACTIVE || wanted != effective)
		ereport(ERROR,
				(errcode(ERRCODE_GENERATED_ALWAYS),
				 cgae_may_disclose_to(agent->client) ?
				 errmsg("current_tier of agent \"%s\" cannot be set to %s: its effective tier is %s",
						agent->name, cgae_tier_labels[wanted], cgae_tier_labels[effective]) :
				 errmsg("current_tier of agent \"%s\" cannot be set to %s", agent->name,
						cgae_tier_labels[wanted]),
				 cgae_not_yet(agent->certified_at, agent->clock) && cgae_may_disclose_to(agent->client) ?
				 errdetail("It has no authority until its certification, which lies ahead of the clock.") : 0,
				 errhint("A tier is raised by certification alone; cgae.apply_decay() lowers what has decayed."),
				 cgae_err_object("agents", "current_tier", NULL)));
	cgae_agent_decay(agent, &policy, agent->clock, &policy);
}

/* Does a publication reach the row for the first time?  A rule of the owner's may update twice. */
static bool
is_reached_first(HeapTuple tuple, const CgaeSweep *sweep)
{
	return !(TransactionIdIsCurrentTransactionId(HeapTupleHeaderGetXmin(tuple->t_data)) &&
			 HeapTupleHeaderGetCmin(tuple->t_data) >= sweep->command);
}

/*
 * One row of a sweep or of a publication.  One that cannot be read is left as
 * it is: it counts as T0 already (agent_fault.h), whatever tier it shows and
 * whatever the policy says.
 */
static HeapTuple
apply_sweep(TriggerData *trigdata, const CgaeShape *shape, const CgaeRow *old, CgaeSweep *sweep)
{
	CgaeAgent	agent;
	int			tier_before;

	sweep->met++;
	if (is_reached_first(trigdata->tg_trigtuple, sweep))
		sweep->reached++;
	if (CGAE_ROW_NULL(old, CGAE_AGENT_ID))
	{
		cgae_sweep_pass_by(sweep, NULL, NULL);
		return trigdata->tg_trigtuple;
	}
	open_unchanged(&agent, shape, trigdata, old);
	if (agent.fault != CGAE_READABLE)
	{
		cgae_sweep_pass_by(sweep, agent.name, cgae_fault_in_words(agent.fault));
		return trigdata->tg_newtuple;
	}
	agent.history = sweep->trusts_last_seq ? NULL : trigdata->tg_relation;
	tier_before = agent.current_tier;
	/* not later than the clock, which may have been stepped back since the sweep began */
	cgae_agent_decay(&agent, &sweep->policy, Min(sweep->at, agent.clock), &sweep->next);
	if (agent.current_tier < tier_before)
	{
		if (agent.status == CGAE_EXPIRED)
			sweep->expired++;
		else
			sweep->lowered++;
	}
	cgae_agent_store(&agent);
	cgae_agent_write_events(&agent, trigdata->tg_relation, cgae_guard_actor(), sweep->events);
	return cgae_row_close(&agent.row, trigdata->tg_newtuple);
}

/* A client's update: find out what it asks for, and derive the rest. */
static HeapTuple
client_update(TriggerData *trigdata, const CgaeShape *shape, const CgaeRow *old, CgaeRow *new)
{
	CgaeAgent	agent;
	bool		changed[AGENT_COLUMNS] = {false};
	bool		requested = false;
	const char *id = TextDatumGetCString(CGAE_ROW_VALUE(old, CGAE_AGENT_ID));

	cgae_agent_check_limits(new, old, id);
	for (int i = 0; i < lengthof(derived_columns); i++)
		if (!cgae_row_same(new, old, derived_columns[i]))
			refuse_derived(derived_columns[i], id);
	for (int i = 0; i < lengthof(request_columns); i++)
		requested |= changed[request_columns[i]] = !cgae_row_same(new, old, request_columns[i]);
	if (!requested)
	{
		CgaeSweep  *sweep = cgae_ticket_claim(&cgae_sweep_ticket);

		return sweep == NULL ? trigdata->tg_newtuple : apply_sweep(trigdata, shape, old, sweep);
	}

	open_unchanged(&agent, shape, trigdata, old);
	cgae_agent_require_status(&agent);
	if (agent.status == CGAE_DEREGISTERED)
		cgae_agent_refuse_deregistered(id);
	agent.history = trigdata->tg_relation;
	/* what takes authority away asks for no more than the status */
	if (changed[CGAE_AGENT_CURRENT_TIER])
		cgae_agent_require(&agent);
	cgae_agent_catch_up(&agent);

	/* lift before suspending, so that a drift found here outlives the rest */
	if (changed[CGAE_AGENT_HOLDS])
		request_holds(&agent, new);
	if (changed[CGAE_AGENT_MODEL_CONFIG] || changed[CGAE_AGENT_ARCHITECTURE_HASH] ||
		changed[CGAE_AGENT_ARCHITECTURE_DIGEST])
		request_architecture(&agent, new, old);
	if (changed[CGAE_AGENT_OBSERVED_HASH])
		request_observation(&agent, new);
	if (changed[CGAE_AGENT_CURRENT_TIER])
		request_decay(&agent, new);
	if (changed[CGAE_AGENT_STATUS] || changed[CGAE_AGENT_DEREGISTERED_AT])
		request_status(&agent, new, changed[CGAE_AGENT_STATUS]);

	cgae_agent_store(&agent);
	cgae_agent_write_events(&agent, trigdata->tg_relation, cgae_guard_actor(), NULL);
	return cgae_row_close(&agent.row, trigdata->tg_newtuple);
}

/* An update: by the guard of certifications when there is a ticket of it, else by a client. */
static HeapTuple
before_update(TriggerData *trigdata, const CgaeShape *shape)
{
	TupleDesc	desc = RelationGetDescr(trigdata->tg_relation);
	CgaeRow		old;
	CgaeRow		new;
	CgaeCertification *certification;
	CgaeAgent	agent;

	cgae_row_open(&old, shape, desc, trigdata->tg_trigtuple);
	if (CGAE_ROW_NULL(&old, CGAE_AGENT_ID) && cgae_ticket_claim(&cgae_sweep_ticket) != NULL)
		return apply_sweep(trigdata, shape, &old, cgae_ticket_claim(&cgae_sweep_ticket));
	cgae_row_require(&old, CGAE_AGENT_ID);
	certification = cgae_claim_certification(DatumGetTextPP(CGAE_ROW_VALUE(&old, CGAE_AGENT_ID)));
	if (certification == NULL)
	{
		cgae_row_open(&new, shape, desc, trigdata->tg_newtuple);
		return client_update(trigdata, shape, &old, &new);
	}

	open_unchanged(&agent, shape, trigdata, &old);
	/* somebody may have made the same request before this row was locked */
	certification->is_stale = certification->request_id != NULL &&
		certification->seen_seq != agent.last_seq;
	if (certification->is_stale)
		return NULL;
	agent.history = trigdata->tg_relation;
	cgae_agent_certify(&agent, certification);
	cgae_agent_store(&agent);
	/* here, so that listeners hear of it before what it entails */
	cgae_notify(certification->is_mismatch ? CGAE_OUTCOME_MISMATCH : "certification", agent.id,
				certification->seq);
	cgae_agent_write_events(&agent, trigdata->tg_relation, certification->actor, NULL);
	return cgae_row_close(&agent.row, trigdata->tg_newtuple);
}

/*
 * cgae.guard_agents() -> trigger
 *
 * CREATE TRIGGER zz_cgae_guard BEFORE INSERT OR UPDATE ON cgae.agents
 *	   FOR EACH ROW EXECUTE FUNCTION cgae.guard_agents();
 * CREATE TRIGGER zz_cgae_policy_lock BEFORE UPDATE OF current_tier ON cgae.agents
 *	   FOR EACH STATEMENT EXECUTE FUNCTION cgae.guard_agents();
 * CREATE TRIGGER zz_cgae_registration AFTER INSERT ON cgae.agents
 *	   FOR EACH ROW EXECUTE FUNCTION cgae.guard_agents();
 *
 * Refuses what a client may not set (generated_always), a change of a
 * deregistered agent (object_not_in_prerequisite_state) and values that break
 * a rule (check_violation, not_null_violation); writes the agent's events.
 */
PG_FUNCTION_INFO_V1(cgae_guard_agents);
Datum
cgae_guard_agents(PG_FUNCTION_ARGS)
{
	TriggerData *trigdata = cgae_guard_enter(fcinfo, "guard_agents");
	TriggerEvent event = trigdata->tg_event;
	const CgaeShape *shape;

	/* publications lock the policy first and then agents: so must we */
	if (TRIGGER_FIRED_FOR_STATEMENT(event) && TRIGGER_FIRED_BY_UPDATE(event) &&
		TRIGGER_FIRED_BEFORE(event))
	{
		cgae_policy_lock(RowShareLock);
		return PointerGetDatum(NULL);
	}
	if (!TRIGGER_FIRED_FOR_ROW(event) || TRIGGER_FIRED_INSTEAD(event) ||
		!(TRIGGER_FIRED_BY_INSERT(event) ||
		  (TRIGGER_FIRED_BY_UPDATE(event) && TRIGGER_FIRED_BEFORE(event))))
		cgae_guard_refuse_event("guard_agents",
								"before insert or update or after insert for each row, or before update for each statement");

	cgae_guard_require_on_partition(trigdata,
									trigdata->tg_relation->trigdesc->trig_truncate_before_statement,
									"guard_append_only");
	cgae_guard_require_on_partition(trigdata,
									trigdata->tg_relation->trigdesc->trig_update_before_statement,
									"guard_agents");
	shape = cgae_table_shape(trigdata->tg_relation, cgae_agent_columns, AGENT_COLUMNS);
	if (TRIGGER_FIRED_BY_UPDATE(event))
		return PointerGetDatum(before_update(trigdata, shape));
	if (TRIGGER_FIRED_BEFORE(event))
		return PointerGetDatum(before_insert(trigdata, shape));
	after_insert(trigdata, shape);
	return PointerGetDatum(NULL);
}
