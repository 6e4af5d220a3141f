/*
 * agent_update.c
 *	  What a client asks for by updating a row of cgae.agents.
 */
#include "postgres.h"

#include "utils/builtins.h"
#include "utils/rel.h"
#include "utils/timestamp.h"

#include "guards/agent_architecture.h"
#include "guards/agent_columns.h"
#include "guards/agent_limits.h"
#include "guards/agent_update.h"
#include "guards/disclosure.h"
#include "guards/guard.h"
#include "server/clock.h"
#include "server/errors.h"

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
									 "cgae.suspend() adds a hold and keeps"
									 " those that can be read.");
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
		cgae_row_set(&agent->row, CGAE_AGENT_MODEL_CONFIG,
					 CGAE_ROW_VALUE(new, CGAE_AGENT_MODEL_CONFIG));

	/* a hash given alone must still agree with the configuration that stands */
	if (!cgae_agent_stated_architecture(new, agent->name, true, hash, digest, stated))
	{
		/* only the configuration was taken back, as the check above has seen */
		cgae_agent_remove_config(agent);
		return;
	}

	if (!cgae_architecture_hash_equal(agent->registered, stated))
		cgae_agent_replace_architecture(agent, stated);
	else if (CGAE_ROW_NULL(new, CGAE_AGENT_MODEL_CONFIG) &&
			 !CGAE_ROW_NULL(old, CGAE_AGENT_MODEL_CONFIG))
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
	cgae_parse_architecture_hash(DatumGetTextPP(CGAE_ROW_VALUE(new, CGAE_AGENT_OBSERVED_HASH)),
								 observed);
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
		cgae_agent_refuse_derived(CGAE_AGENT_STATUS, agent->name);
	wanted = cgae_enum_map_index(&new->shape->status,
								 DatumGetObjectId(CGAE_ROW_VALUE(new, CGAE_AGENT_STATUS)));
	if (wanted != CGAE_DEREGISTERED)
	{
		if (!CGAE_ROW_NULL(new, CGAE_AGENT_DEREGISTERED_AT))
			cgae_agent_refuse_derived(CGAE_AGENT_DEREGISTERED_AT, agent->name);
		if (status_changed && wanted != agent->status)
			cgae_agent_refuse_derived(CGAE_AGENT_STATUS, agent->name);
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
		cgae_agent_refuse_derived(CGAE_AGENT_CURRENT_TIER, agent->name);
	wanted = cgae_enum_map_index(&new->shape->tier,
								 DatumGetObjectId(CGAE_ROW_VALUE(new, CGAE_AGENT_CURRENT_TIER)));
	if (agent->fault != CGAE_READABLE)
		cgae_agent_refuse_unreadable(agent, "current_tier",
									 "The row was changed while its guard was disabled.");
	cgae_policy_in_force_for_guard(&policy);
	effective = cgae_agent_decayed_tier(agent, &policy, agent->clock);
	if (agent->status != CGAE_ACTIVE || wanted != effective)
	{
		bool		is_told = cgae_may_disclose_to(agent->client);
		bool		is_ahead = cgae_not_yet(agent->certified_at, agent->clock);

		ereport(ERROR,
				(errcode(ERRCODE_GENERATED_ALWAYS),
				 is_told ?
				 errmsg("current_tier of agent \"%s\" cannot be set to %s: its effective tier is %s",
						agent->name, cgae_tier_labels[wanted], cgae_tier_labels[effective]) :
				 errmsg("current_tier of agent \"%s\" cannot be set to %s", agent->name,
						cgae_tier_labels[wanted]),
				 !is_told || !is_ahead ? 0 :
				 errdetail("It has no authority until its certification, which lies ahead of the clock."),
				 errhint("A tier is raised by certification alone; cgae.apply_decay() lowers what has decayed."),
				 cgae_err_object("agents", "current_tier", NULL)));
	}
	cgae_agent_decay(agent, &policy, agent->clock, &policy);
}

bool
cgae_agent_is_requested(const CgaeRow *new, const CgaeRow *old)
{
	const char *id = TextDatumGetCString(CGAE_ROW_VALUE(old, CGAE_AGENT_ID));

	cgae_agent_check_limits(new, old, id);
	cgae_agent_check_derived(new, old, id);
	for (int i = 0; i < CGAE_REQUEST_COLUMNS; i++)
		if (!cgae_row_same(new, old, cgae_request_columns[i]))
			return true;
	return false;
}

HeapTuple
cgae_agent_request(TriggerData *trigdata, const CgaeShape *shape, const CgaeRow *old,
				   const CgaeRow *new)
{
	CgaeAgent	agent;
	bool		changed[CGAE_AGENT_COLUMNS] = {false};

	for (int i = 0; i < CGAE_REQUEST_COLUMNS; i++)
		changed[cgae_request_columns[i]] = !cgae_row_same(new, old, cgae_request_columns[i]);
	cgae_agent_open_unchanged(&agent, shape, trigdata, old);
	cgae_agent_require_status(&agent);
	if (agent.status == CGAE_DEREGISTERED)
		cgae_agent_refuse_deregistered(agent.name);
	agent.history = trigdata->tg_relation;
	/* what takes authority away asks for no more than the status */
	if (changed[CGAE_AGENT_CURRENT_TIER])
		cgae_agent_require(&agent);
	cgae_agent_catch_up(&agent);

	/*
	 * Lift before suspending, so that a drift found here outlives the rest.
	 * Tested by test/specs/certify_holds.spec.
	 */
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
