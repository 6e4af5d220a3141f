/*
 * trigger_append_only.c
 *	  The guard of what is only ever added to: certifications, events, policies,
 *	  epochs, and the agents, which are retired but not deleted.
 */
#include "postgres.h"

#include "utils/builtins.h"
#include "utils/rel.h"

#include "guards/guard.h"
#include "server/errors.h"
#include "server/table_shape.h"

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
			 TRIGGER_FIRED_BY_DELETE(event) ?
			 errmsg("rows of \"%s\" cannot be deleted: it keeps the registry's history", table) :
			 errmsg("rows of \"%s\" cannot be updated: it keeps the registry's history", table),
			 agents ? errhint("Deregister an agent instead: cgae.deregister_agent().") : 0,
			 cgae_err_object(table, NULL, NULL)));
	return PointerGetDatum(NULL);	/* not reached */
}
