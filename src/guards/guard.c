/*
 * guard.c
 *	  What the trigger functions share.
 */
#include "postgres.h"

#include "access/table.h"
#include "catalog/pg_trigger.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/rel.h"

#include "guards/guard.h"
#include "guards/own_table.h"
#include "server/caller.h"
#include "server/registry_triggers.h"
#include "server/table_shape.h"

/* Is there a BEFORE ROW trigger for this operation that fires after the guard? */
static const Trigger *
later_before_trigger(const TriggerData *trigdata)
{
	const TriggerDesc *desc = trigdata->tg_relation->trigdesc;
	int16		operation = TRIGGER_FIRED_BY_INSERT(trigdata->tg_event) ? TRIGGER_TYPE_INSERT :
		TRIGGER_FIRED_BY_UPDATE(trigdata->tg_event) ? TRIGGER_TYPE_UPDATE : TRIGGER_TYPE_DELETE;

	/* triggers fire in the order of the array; look at it from the end */
	for (int i = desc->numtriggers - 1; i >= 0; i--)
	{
		const Trigger *trigger = &desc->triggers[i];

		if (trigger->tgoid == trigdata->tg_trigger->tgoid)
			break;
		if (TRIGGER_FOR_ROW(trigger->tgtype) && TRIGGER_FOR_BEFORE(trigger->tgtype) &&
			(trigger->tgtype & operation) != 0 && trigger->tgenabled != TRIGGER_DISABLED)
			return trigger;
	}
	return NULL;
}

TriggerData *
cgae_guard_enter(FunctionCallInfo fcinfo, const char *function)
{
	TriggerData *trigdata = (TriggerData *) fcinfo->context;
	const Trigger *later;

	if (!CALLED_AS_TRIGGER(fcinfo))
		ereport(ERROR,
				(errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
				 errmsg("function cgae.%s was not called as a trigger", function)));

	/* DDL that another trigger rolled back leaves behind what it made of the relation's entry */
	if (!trigdata->tg_relation->rd_isvalid)
		RelationClose(RelationIdGetRelation(RelationGetRelid(trigdata->tg_relation)));

	/* require_tier is for the tables of applications */
	if (strcmp(function, "require_tier") != 0)
		cgae_require_own_table(trigdata, fcinfo->flinfo->fn_oid, function);

	if (TRIGGER_FIRED_FOR_ROW(trigdata->tg_event) && TRIGGER_FIRED_BEFORE(trigdata->tg_event) &&
		(later = later_before_trigger(trigdata)) != NULL)
	{
		/* copies: looking up the table's name may make its triggers anew */
		const char *later_name = pstrdup(later->tgname);
		bool		is_clone = later->tgisclone;

		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("trigger \"%s\" on \"%s\" would fire after the guard \"%s\"",
						later_name,
						is_clone ? cgae_table_name(trigdata->tg_relation) :
						RelationGetRelationName(trigdata->tg_relation),
						trigdata->tg_trigger->tgname),
				 errhint("Rename it so that it sorts before the guard, or make it an AFTER trigger.")));
	}
	return trigdata;
}

/*
 * The statement that gives a partition the guard for each statement that its
 * table has from a function; NULL when the table has none itself.
 */
static char *
statement_of_guard(Relation partition, const char *function)
{
	Relation	table = table_open(cgae_table_root(partition), AccessShareLock);
	Oid			guard = cgae_guard_function(RelationGetNamespace(table), function);
	const TriggerDesc *desc = table->trigdesc;
	Oid			trigger = InvalidOid;
	char	   *sql = NULL;

	for (int i = 0; desc != NULL && i < desc->numtriggers; i++)
		if (desc->triggers[i].tgfoid == guard && !TRIGGER_FOR_ROW(desc->triggers[i].tgtype))
			trigger = desc->triggers[i].tgoid;
	if (OidIsValid(trigger))
		sql = cgae_trigger_on_partition(trigger, table, RelationGetRelid(partition));
	table_close(table, AccessShareLock);
	return sql;
}

void
cgae_guard_require_on_partition(const TriggerData *trigdata, bool is_there, const char *function)
{
	Relation	relation = trigdata->tg_relation;
	char	   *sql;

	if (is_there || !relation->rd_rel->relispartition)
		return;
	sql = statement_of_guard(relation, function);
	ereport(ERROR,
			(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
			 errmsg("partition \"%s\" of \"%s\" lacks a guard", RelationGetRelationName(relation),
					cgae_table_name(relation)),
			 errdetail("Triggers for each statement are not passed on to partitions."),
			 sql != NULL ? errhint("%s", sql) :
			 errhint("SELECT * FROM cgae.check_registry() tells which guards are missing."),
			 errtable(relation)));
}

void
cgae_guard_refuse_event(const char *function, const char *wanted)
{
	ereport(ERROR,
			(errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
			 errmsg("function cgae.%s must be fired %s", function, wanted)));
}

const char *
cgae_guard_actor(void)
{
	return GetUserNameFromId(cgae_caller(), false);
}
