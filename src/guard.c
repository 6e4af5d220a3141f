/*
 * guard.c
 *	  What the trigger functions share.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/namespace.h"
#include "catalog/pg_class.h"
#include "catalog/pg_trigger.h"
#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/guc.h"
#include "utils/rel.h"
#include "utils/syscache.h"
#include "utils/timestamp.h"

#include "caller.h"
#include "errors.h"
#include "guard.h"
#include "own_table.h"
#include "table_shape.h"

/* pg_temp is named last: unnamed, it would be searched first for relations. */
#define SAFE_SEARCH_PATH "pg_catalog, pg_temp"

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
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("trigger \"%s\" on \"%s\" would fire after the guard \"%s\"",
						later->tgname,
						later->tgisclone ? cgae_table_name(trigdata->tg_relation) :
						RelationGetRelationName(trigdata->tg_relation),
						trigdata->tg_trigger->tgname),
				 errhint("Rename it so that it sorts before the guard, or make it an AFTER trigger.")));
	return trigdata;
}

void
cgae_guard_require_on_partition(const TriggerData *trigdata, bool is_there, const char *trigger,
								const char *function)
{
	Relation	relation = trigdata->tg_relation;

	if (is_there || !relation->rd_rel->relispartition)
		return;
	ereport(ERROR,
			(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
			 errmsg("partition \"%s\" of \"%s\" lacks a guard", RelationGetRelationName(relation),
					cgae_table_name(relation)),
			 errdetail("Triggers for each statement are not passed on to partitions."),
			 errhint("CREATE TRIGGER %s ON cgae.%s FOR EACH STATEMENT EXECUTE FUNCTION cgae.%s()",
					 trigger, quote_identifier(RelationGetRelationName(relation)), function),
			 cgae_err_object(RelationGetRelationName(relation), NULL, NULL)));
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

int
cgae_trigger_depth(void)
{
	return DatumGetInt32(DirectFunctionCall1(pg_trigger_depth, (Datum) 0));
}

int
cgae_restrict_search_path(void)
{
	int			nest_level = NewGUCNestLevel();

	(void) set_config_option("search_path", SAFE_SEARCH_PATH, PGC_USERSET, PGC_S_SESSION,
							 GUC_ACTION_SAVE, true, 0, false);
	return nest_level;
}

void
cgae_owner_begin(Oid owner, bool is_restricted, CgaeOwnerRights *rights)
{
	if (SPI_connect() != SPI_OK_CONNECT)
		elog(ERROR, "SPI_connect failed");

	/*
	 * Our own statements are qualified.  But the owner's triggers that they set
	 * off run with the owner's rights too, and names left unqualified in them
	 * must not mean what the client says, who could put a table in their way.
	 */
	rights->guc_nest_level =
		is_restricted && strcmp(namespace_search_path, SAFE_SEARCH_PATH) != 0 ?
		cgae_restrict_search_path() : 0;

	rights->is_sealed = false;

	/* an error restores both, with the (sub)transaction */
	GetUserIdAndSecContext(&rights->save_userid, &rights->save_sec_context);
	SetUserIdAndSecContext(owner, rights->save_sec_context | SECURITY_LOCAL_USERID_CHANGE |
						   SECURITY_NOFORCE_RLS);
}

void
cgae_owner_seal(CgaeOwnerRights *rights)
{
	Oid			owner;
	int			sec_context;

	GetUserIdAndSecContext(&owner, &sec_context);
	SetUserIdAndSecContext(owner, sec_context | SECURITY_RESTRICTED_OPERATION);
	if (rights->guc_nest_level == 0)
		rights->guc_nest_level = NewGUCNestLevel();
	rights->is_sealed = true;
}

uint64
cgae_owner_execute(Oid relid, CgaeQuery query, const char *sql, int argument_count,
				   const Oid *types, const Datum *values, const char *nulls)
{
	SPIPlanPtr	plan = cgae_plan(relid, query, sql, argument_count, types);
	int			result = SPI_execute_plan(plan, unconstify(Datum *, values), nulls, false, 0);

	if (result < 0)
		elog(ERROR, "SPI_execute_plan failed: %s", SPI_result_code_string(result));
	return SPI_processed;
}

void
cgae_owner_end(const CgaeOwnerRights *rights)
{
	SetUserIdAndSecContext(rights->save_userid, rights->save_sec_context);
	if (rights->guc_nest_level > 0)
		AtEOXact_GUC(!rights->is_sealed, rights->guc_nest_level);
	SPI_finish();
}

uint64
cgae_guard_execute(Relation relation, CgaeQuery query, const char *sql,
				   int argument_count, const Oid *types, const Datum *values, const char *nulls)
{
	/* one plan and one owner for all partitions of a table */
	Oid			root = cgae_table_root(relation);
	CgaeOwnerRights rights;
	uint64		processed;

	cgae_owner_begin(cgae_relation_owner(root), true, &rights);
	processed = cgae_owner_execute(root, query, sql, argument_count, types, values, nulls);
	cgae_owner_end(&rights);
	return processed;
}

Oid
cgae_relation_owner(Oid relid)
{
	HeapTuple	tuple = SearchSysCache1(RELOID, ObjectIdGetDatum(relid));
	Oid			owner;

	if (!HeapTupleIsValid(tuple))
		elog(ERROR, "cache lookup failed for relation %u", relid);
	owner = ((Form_pg_class) GETSTRUCT(tuple))->relowner;
	ReleaseSysCache(tuple);
	return owner;
}

bool
cgae_text_equal(const text *a, const text *b)
{
	return VARSIZE_ANY_EXHDR(a) == VARSIZE_ANY_EXHDR(b) &&
		memcmp(VARDATA_ANY(a), VARDATA_ANY(b), VARSIZE_ANY_EXHDR(a)) == 0;
}

int
cgae_text_compare(const text *a, const text *b)
{
	int			a_size = VARSIZE_ANY_EXHDR(a);
	int			b_size = VARSIZE_ANY_EXHDR(b);
	int			order = memcmp(VARDATA_ANY(a), VARDATA_ANY(b), Min(a_size, b_size));

	return order != 0 ? order : a_size - b_size;
}

/* Push a key of an object under construction. */
static void
push_key(CgaeObject *object, const char *key)
{
	JsonbValue	value;

	value.type = jbvString;
	value.val.string.val = unconstify(char *, key);
	value.val.string.len = strlen(key);
	pushJsonbValue(&object->state, WJB_KEY, &value);
}

/* Push a string as a value or an element. */
static void
push_string(CgaeObject *object, JsonbIteratorToken token, const char *string)
{
	JsonbValue	value;

	/* the caller's string may change before the object is complete */
	value.type = jbvString;
	value.val.string.val = pstrdup(string);
	value.val.string.len = strlen(string);
	pushJsonbValue(&object->state, token, &value);
}

void
cgae_object_begin(CgaeObject *object)
{
	object->state = NULL;
	pushJsonbValue(&object->state, WJB_BEGIN_OBJECT, NULL);
}

void
cgae_object_text(CgaeObject *object, const char *key, const char *value)
{
	push_key(object, key);
	push_string(object, WJB_VALUE, value);
}

void
cgae_object_numeric(CgaeObject *object, const char *key, Datum numeric)
{
	JsonbValue	value;

	push_key(object, key);
	value.type = jbvNumeric;
	value.val.numeric = DatumGetNumeric(numeric);
	pushJsonbValue(&object->state, WJB_VALUE, &value);
}

void
cgae_object_texts(CgaeObject *object, const char *key, char *const *values, int count)
{
	push_key(object, key);
	pushJsonbValue(&object->state, WJB_BEGIN_ARRAY, NULL);
	for (int i = 0; i < count; i++)
		push_string(object, WJB_ELEM, values[i]);
	pushJsonbValue(&object->state, WJB_END_ARRAY, NULL);
}

Jsonb *
cgae_object_end(CgaeObject *object)
{
	return JsonbValueToJsonb(pushJsonbValue(&object->state, WJB_END_OBJECT, NULL));
}
