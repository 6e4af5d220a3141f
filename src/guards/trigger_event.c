/*
 * trigger_event.c
 *	  The guard of cgae.agent_events.
 */
#include "postgres.h"

#include "utils/rel.h"
#include "utils/timestamp.h"

#include "guards/event.h"
#include "guards/guard.h"
#include "server/errors.h"
#include "server/table_shape.h"

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
	cgae_row_open(&row,
				  cgae_table_shape(trigdata->tg_relation, cgae_event_columns, CGAE_EVENT_COLUMNS),
				  RelationGetDescr(trigdata->tg_relation), trigdata->tg_trigtuple);
	if (CGAE_ROW_NULL(&row, CGAE_EVENT_AGENT_ID) || CGAE_ROW_NULL(&row, CGAE_EVENT_SEQ) ||
		!cgae_event_claim(DatumGetTextPP(CGAE_ROW_VALUE(&row, CGAE_EVENT_AGENT_ID)),
						  DatumGetInt32(CGAE_ROW_VALUE(&row, CGAE_EVENT_SEQ)), &recorded_at))
		ereport(ERROR,
				(errcode(ERRCODE_GENERATED_ALWAYS),
				 errmsg("events are written by the registry alone"),
				 errhint("Change the agent, and the registry will log it."),
				 cgae_err_object("agent_events", NULL, NULL)));
	cgae_row_set(&row, CGAE_EVENT_RECORDED_AT, TimestampTzGetDatum(recorded_at));
	return PointerGetDatum(cgae_row_close(&row, trigdata->tg_trigtuple));
}
