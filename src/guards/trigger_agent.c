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
#include "utils/rel.h"
#include "utils/timestamp.h"

#include "guards/agent.h"
#include "guards/agent_columns.h"
#include "guards/agent_register.h"
#include "guards/agent_update.h"
#include "guards/certification_update.h"
#include "guards/guard.h"
#include "guards/notify.h"
#include "guards/sweep.h"

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
	cgae_agent_open_unchanged(&agent, shape, trigdata, old);
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

/*
 * An update by a client.  One that asks for no change of state may be that of a sweep or of a
 * publication, which sets current_tier to itself.
 */
static HeapTuple
client_update(TriggerData *trigdata, const CgaeShape *shape, const CgaeRow *old)
{
	CgaeRow		new;
	CgaeSweep  *sweep;

	cgae_row_open(&new, shape, RelationGetDescr(trigdata->tg_relation), trigdata->tg_newtuple);
	if (cgae_agent_is_requested(&new, old))
		return cgae_agent_request(trigdata, shape, old, &new);
	sweep = cgae_ticket_claim(&cgae_sweep_ticket);
	return sweep == NULL ? trigdata->tg_newtuple : apply_sweep(trigdata, shape, old, sweep);
}

/* An update by the guard of certifications. */
static HeapTuple
certify_agent(TriggerData *trigdata, const CgaeShape *shape, const CgaeRow *old,
			  CgaeCertification *certification)
{
	CgaeAgent	agent;

	cgae_agent_open_unchanged(&agent, shape, trigdata, old);
	/*
	 * Somebody may have made the same request before this row was locked: then it is
	 * looked for again.  Tested by test/specs/certify_request.spec.
	 */
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

/* An update: by the guard of certifications when there is a ticket of it, else by a client. */
static HeapTuple
before_update(TriggerData *trigdata, const CgaeShape *shape)
{
	CgaeRow		old;
	CgaeCertification *certification;

	cgae_row_open(&old, shape, RelationGetDescr(trigdata->tg_relation), trigdata->tg_trigtuple);
	if (CGAE_ROW_NULL(&old, CGAE_AGENT_ID))
	{
		CgaeSweep  *sweep = cgae_ticket_claim(&cgae_sweep_ticket);

		if (sweep != NULL)
			return apply_sweep(trigdata, shape, &old, sweep);
	}
	cgae_row_require(&old, CGAE_AGENT_ID);
	certification = cgae_claim_certification(DatumGetTextPP(CGAE_ROW_VALUE(&old, CGAE_AGENT_ID)));
	return certification == NULL ? client_update(trigdata, shape, &old) :
		certify_agent(trigdata, shape, &old, certification);
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
	const TriggerDesc *desc = trigdata->tg_relation->trigdesc;
	const CgaeShape *shape;

	/*
	 * Publications lock the policy first and then agents: so must we.  Tested
	 * by test/specs/publish.spec and crosswise.spec.
	 */
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
								"before insert or update or after insert for each row,"
								" or before update for each statement");

	cgae_guard_require_on_partition(trigdata, desc->trig_truncate_before_statement,
									"guard_append_only");
	cgae_guard_require_on_partition(trigdata, desc->trig_update_before_statement,
									"guard_agents");
	shape = cgae_table_shape(trigdata->tg_relation, cgae_agent_columns, CGAE_AGENT_COLUMNS);
	if (TRIGGER_FIRED_BY_UPDATE(event))
		return PointerGetDatum(before_update(trigdata, shape));
	if (TRIGGER_FIRED_BEFORE(event))
		return PointerGetDatum(cgae_agent_before_insert(trigdata, shape));
	cgae_agent_after_insert(trigdata, shape);
	return PointerGetDatum(NULL);
}
