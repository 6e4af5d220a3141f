/*
 * table_keys.c
 *	  The unique keys of a table that keeps numbered facts of agents.
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "catalog/indexing.h"
#include "catalog/pg_am.h"
#include "catalog/pg_index.h"
#include "catalog/pg_opclass.h"
#include "nodes/primnodes.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/syscache.h"

#include "errors.h"
#include "table_keys.h"

/* Columns that keys are about, in a table of agents' facts. */
typedef struct KeyColumns
{
	AttrNumber	agent_id;
	AttrNumber	seq;
	AttrNumber	request_id;		/* InvalidAttrNumber: the table has none */
} KeyColumns;

/* Is an operator class of btree, and the one that its type has by default? */
static bool
is_default_opclass(Oid opclass)
{
	HeapTuple	tuple = SearchSysCache1(CLAOID, ObjectIdGetDatum(opclass));
	bool		is_default;

	if (!HeapTupleIsValid(tuple))
		elog(ERROR, "cache lookup failed for operator class %u", opclass);
	is_default = ((Form_pg_opclass) GETSTRUCT(tuple))->opcdefault &&
		((Form_pg_opclass) GETSTRUCT(tuple))->opcmethod == BTREE_AM_OID;
	ReleaseSysCache(tuple);
	return is_default;
}

/* Does an index hold every row whose column is not null? */
static bool
holds_all_rows(HeapTuple tuple, TupleDesc desc, AttrNumber column)
{
	bool		isnull;
	Datum		predicate = heap_getattr(tuple, Anum_pg_index_indpred, desc, &isnull);
	NullTest   *test;

	if (isnull)
		return true;
	test = (NullTest *) stringToNode(TextDatumGetCString(predicate));
	return column != InvalidAttrNumber && IsA(test, NullTest) &&
		test->nulltesttype == IS_NOT_NULL && IsA(test->arg, Var) &&
		((Var *) test->arg)->varattno == column;
}

/* Is a column among the key columns of an index? */
static bool
has_key_column(Form_pg_index index, AttrNumber column)
{
	for (int i = 0; i < index->indnkeyatts; i++)
		if (index->indkey.values[i] == column)
			return true;
	return false;
}

/* Does a key consist of a request's name? */
static bool
is_of_requests(Form_pg_index index, const KeyColumns *columns)
{
	return columns->request_id != InvalidAttrNumber && index->indnkeyatts == 2 &&
		has_key_column(index, columns->agent_id) && has_key_column(index, columns->request_id);
}

/* Why could a judged row meet another one in this key?  NULL: it could not. */
static const char *
fault_of_key(HeapTuple tuple, TupleDesc desc, const KeyColumns *columns)
{
	Form_pg_index index = (Form_pg_index) GETSTRUCT(tuple);
	bool		isnull;
	oidvector  *collations = (oidvector *)
		DatumGetPointer(heap_getattr(tuple, Anum_pg_index_indcollation, desc, &isnull));
	oidvector  *opclasses = (oidvector *)
		DatumGetPointer(heap_getattr(tuple, Anum_pg_index_indclass, desc, &isnull));

	if (index->indisexclusion)
		return "it is an exclusion constraint";
	for (int i = 0; i < index->indnkeyatts; i++)
	{
		if (index->indkey.values[i] == InvalidAttrNumber)
			return "one of its keys is an expression";
		if (OidIsValid(collations->values[i]) && !get_collation_isdeterministic(collations->values[i]))
			return "it compares by a nondeterministic collation";
		if (!is_default_opclass(opclasses->values[i]))
			return "it compares by an operator class that is not the default";
	}
	if (has_key_column(index, columns->agent_id) && has_key_column(index, columns->seq))
		return NULL;
	if (!is_of_requests(index, columns))
		return "its columns neither include agent_id and seq nor are agent_id and request_id";
	return index->indnullsnotdistinct ? "it takes two request_ids that are null for the same" : NULL;
}

/* Take note of one key. */
static void
look_at_key(HeapTuple tuple, TupleDesc desc, const KeyColumns *columns, CgaeTableKeys *keys)
{
	Form_pg_index index = (Form_pg_index) GETSTRUCT(tuple);
	const char *fault = fault_of_key(tuple, desc, columns);

	if (fault != NULL)
	{
		keys->refused_key = index->indexrelid;
		keys->refused_because = fault;
		return;
	}
	if (!index->indisvalid || !index->indisready || !index->indislive)
		return;
	if (index->indkey.values[0] == columns->agent_id && index->indkey.values[1] == columns->seq &&
		holds_all_rows(tuple, desc, InvalidAttrNumber))
		keys->number_key = index->indexrelid;
	if (is_of_requests(index, columns) && index->indkey.values[0] == columns->agent_id &&
		index->indimmediate && holds_all_rows(tuple, desc, columns->request_id))
		keys->request_key = index->indexrelid;
}

void
cgae_find_table_keys(Relation table, CgaeTableKeys *keys)
{
	Oid			relid = RelationGetRelid(table);
	KeyColumns	columns = {
		get_attnum(relid, "agent_id"), get_attnum(relid, "seq"), get_attnum(relid, "request_id")
	};
	Relation	pg_index;
	SysScanDesc scan;
	ScanKeyData key;
	HeapTuple	tuple;

	memset(keys, 0, sizeof(*keys));
	if (columns.agent_id == InvalidAttrNumber || columns.seq == InvalidAttrNumber)
		return;
	pg_index = table_open(IndexRelationId, AccessShareLock);
	ScanKeyInit(&key, Anum_pg_index_indrelid, BTEqualStrategyNumber, F_OIDEQ, ObjectIdGetDatum(relid));
	scan = systable_beginscan(pg_index, IndexIndrelidIndexId, true, NULL, 1, &key);
	while (HeapTupleIsValid(tuple = systable_getnext(scan)))
	{
		Form_pg_index index = (Form_pg_index) GETSTRUCT(tuple);

		/*
		 * No statement meets an index that is not ready yet, but those that
		 * began before still meet one that is being dropped.
		 */
		if ((index->indisunique || index->indisexclusion) &&
			(index->indisready || !index->indislive))
			look_at_key(tuple, RelationGetDescr(pg_index), &columns, keys);
	}
	systable_endscan(scan);
	table_close(pg_index, AccessShareLock);
}

void
cgae_require_table_keys(Relation table, const CgaeTableKeys *keys)
{
	const char *name;

	if (!OidIsValid(keys->refused_key))
		return;
	name = get_rel_name(keys->refused_key);
	ereport(ERROR,
			(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
			 errmsg("unique index \"%s\" on \"%s\" could drop a certification that was judged: %s",
					name, RelationGetRelationName(table), keys->refused_because),
			 errhint("Drop it. Allowed are unique indexes that include agent_id and seq, or have (agent_id, request_id) alone, on plain columns with their default operator class and a deterministic collation."),
			 cgae_err_object("certifications", NULL, name)));
}
