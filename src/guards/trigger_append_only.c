/*
 * trigger_append_only.c
 *	  Guards of what is only ever added to: certifications, events, policies,
 *	  and the agents, which are retired but not deleted.
 */
#include "postgres.h"

#include "storage/lmgr.h"
#include "utils/builtins.h"
#include "utils/inval.h"
#include "utils/rel.h"

#include "guards/event.h"
#include "guards/guard.h"
#include "guards/publication.h"
#include "server/errors.h"
#include "server/table_shape.h"
#include "server/ticket.h"

/*
 * cgae.guard_append_only() -> trigger
 *
 * CREATE TRIGGER zz_cgae_append_only BEFORE UPDATE OR DELETE ON ...
 *	   FOR EACH ROW EXECUTE FUNCTION cgae.guard_append_only();
 * CREATE TRIGGER zz_cgae_no_truncate BEFORE TRUNCATE ON ...
 *	   FOR EACH STATEMENT EXECUTE FUNCTION cgae.guard_append_only();
 *
 * Refuses whatever fires it (restrict_violation).
 */
PG_FUNCTION_INFO_V1(cgae_guard_append_only);
Datum
cgae_guard_append_only(PG_FUNCTION_ARGS)
{
	TriggerData *trigdata = cgae_guard_enter(fcinfo, "guard_append_only");
	TriggerEvent event = trigdata->tg_event;
	const char *table = cgae_table_name(trigdata->tg_relation);
	bool		agents = strcmp(table, "agents") == 0;

	if (!TRIGGER_FIRED_BEFORE(event) || TRIGGER_FIRED_BY_INSERT(event))
		cgae_guard_refuse_event("guard_append_only", "before update, delete or truncate");
	ereport(ERROR,
			(errcode(ERRCODE_RESTRICT_VIOLATION),
			 TRIGGER_FIRED_BY_TRUNCATE(event) ?
			 errmsg("\"%s\" cannot be truncated: it keeps the registry's history", table) :
			 errmsg("rows of \"%s\" cannot be %s: it keeps the registry's history", table,
					TRIGGER_FIRED_BY_DELETE(event) ? "deleted" : "updated"),
			 agents ? errhint("Deregister an agent instead: cgae.deregister_agent().") : 0,
			 cgae_err_object(table, NULL, NULL)));
	return PointerGetDatum(NULL);	/* not reached */
}

/*
 * cgae.guard_events() -> trigger
 *
 * CREATE TRIGGER zz_cgae_guard BEFORE INSERT ON cgae.agent_events
 *	   FOR EACH ROW EXECUTE FUNCTION cgae.guard_events();
 *
 * Lets in the events that the guards write and no others (generated_always).
 */
PG_FUNCTION_INFO_V1(cgae_guard_events);
Datum
cgae_guard_events(PG_FUNCTION_ARGS)
{
	TriggerData *trigdata = cgae_guard_enter(fcinfo, "guard_events");
	TimestampTz recorded_at;
	CgaeRow		row;

	if (!TRIGGER_FIRED_BY_INSERT(trigdata->tg_event) ||
		!TRIGGER_FIRED_BEFORE(trigdata->tg_event) || !TRIGGER_FIRED_FOR_ROW(trigdata->tg_event))
		cgae_guard_refuse_event("guard_events", "before insert for each row");

	cgae_guard_require_on_partition(trigdata,
									trigdata->tg_relation->trigdesc->trig_truncate_before_statement,
									"guard_append_only");
	cgae_row_open(&row, cgae_table_shape(trigdata->tg_relation, cgae_event_columns, EVENT_COLUMNS),
				  RelationGetDescr(trigdata->tg_relation), trigdata->tg_trigtuple);
	if (CGAE_ROW_NULL(&row, EVENT_AGENT_ID) || CGAE_ROW_NULL(&row, EVENT_SEQ) ||
		!cgae_event_claim(DatumGetTextPP(CGAE_ROW_VALUE(&row, EVENT_AGENT_ID)),
						  DatumGetInt32(CGAE_ROW_VALUE(&row, EVENT_SEQ)), &recorded_at))
		ereport(ERROR,
				(errcode(ERRCODE_GENERATED_ALWAYS),
				 errmsg("events are written by the registry alone"),
				 errhint("Change the agent, and the registry will log it."),
				 cgae_err_object("agent_events", NULL, NULL)));
	cgae_row_set(&row, EVENT_RECORDED_AT, TimestampTzGetDatum(recorded_at));
	return PointerGetDatum(cgae_row_close(&row, trigdata->tg_trigtuple));
}

/* Refuse a row that is not, value by value, the one that is published. */
static void
require_published(const CgaeRow *row, const CgaePublication *publication)
{
	for (int c = 0; c < POLICY_COLUMNS; c++)
	{
		Form_pg_attribute att = TupleDescAttr(row->desc, row->shape->index[c]);
		bool		same = !CGAE_ROW_NULL(row, c) &&
			(att->attbyval ? CGAE_ROW_VALUE(row, c) == publication->values[c] :
			 cgae_values_same(att, CGAE_ROW_VALUE(row, c), publication->values[c]));

		if (!same)
			ereport(ERROR,
					(errcode(ERRCODE_TRIGGERED_DATA_CHANGE_VIOLATION),
					 errmsg("column \"%s\" of the new gate policy is not what was published",
							cgae_policy_columns[c].name),
					 errhint("A trigger or rule on cgae.gate_policies interferes."),
					 cgae_err_object("gate_policies", cgae_policy_columns[c].name, NULL)));
	}
}

/* Let in the policy that is published, the next one, and refuse one that breaks a rule. */
static HeapTuple
before_policy(TriggerData *trigdata)
{
	Relation	policies = trigdata->tg_relation;
	TupleDesc	desc = RelationGetDescr(policies);
	CgaePublication *publication = cgae_ticket_claim(&cgae_publication_ticket);
	CgaePolicy	policy;
	CgaeRow		row;
	int32		next;

	if (publication == NULL || publication->is_judged)
		ereport(ERROR,
				(errcode(ERRCODE_GENERATED_ALWAYS),
				 errmsg("gate policies are published, not inserted"),
				 errhint("Publish a version with cgae.publish_policy(), which brings the agents to it."),
				 cgae_err_object("gate_policies", NULL, NULL)));
	cgae_row_open(&row, cgae_table_shape(policies, cgae_policy_columns, POLICY_COLUMNS), desc,
				  trigdata->tg_trigtuple);
	require_published(&row, publication);

	/* no guard may be judging by the last version while the next one appears */
	LockRelation(policies, ExclusiveLock);
	next = cgae_publication_next_version(cgae_policy_last_version(policies));
	if (DatumGetInt32(CGAE_ROW_VALUE(&row, POLICY_VERSION)) != next)
		ereport(ERROR,
				(errcode(ERRCODE_CHECK_VIOLATION),
				 errmsg("gate policy version %d is refused: the next version is %d",
						DatumGetInt32(CGAE_ROW_VALUE(&row, POLICY_VERSION)), next),
				 cgae_err_object("gate_policies", "version", "version_follows")));
	cgae_policy_from_tuple(trigdata->tg_trigtuple, desc, &policy);
	publication->is_judged = true;
	return trigdata->tg_trigtuple;
}

/*
 * cgae.guard_policies() -> trigger
 *
 * CREATE TRIGGER zz_cgae_guard BEFORE INSERT ON cgae.gate_policies
 *	   FOR EACH ROW EXECUTE FUNCTION cgae.guard_policies();
 * CREATE TRIGGER zz_cgae_invalidate AFTER INSERT OR UPDATE OR DELETE ON cgae.gate_policies
 *	   FOR EACH ROW EXECUTE FUNCTION cgae.guard_policies();	 (ENABLE ALWAYS)
 *
 * Before: lets in what publish_policy() and create_registry() write and
 * nothing else (generated_always), and refuses a policy that breaks a rule
 * (check_violation).  All values are given to the row, none is the guard's, so
 * that every copy of the table keeps the same ones.  After: makes every backend
 * read the policies anew, also on a logical subscriber, hence ALWAYS.
 */
PG_FUNCTION_INFO_V1(cgae_guard_policies);
Datum
cgae_guard_policies(PG_FUNCTION_ARGS)
{
	TriggerData *trigdata = cgae_guard_enter(fcinfo, "guard_policies");
	TriggerEvent event = trigdata->tg_event;

	if (TRIGGER_FIRED_AFTER(event))
	{
		CacheInvalidateRelcache(trigdata->tg_relation);
		return PointerGetDatum(NULL);
	}
	if (!TRIGGER_FIRED_BEFORE(event) || !TRIGGER_FIRED_BY_INSERT(event) ||
		!TRIGGER_FIRED_FOR_ROW(event))
		cgae_guard_refuse_event("guard_policies", "before insert, or after any change");
	return PointerGetDatum(before_policy(trigdata));
}
