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
#include "commands/defrem.h"
#include "nodes/primnodes.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/syscache.h"

#include "server/errors.h"
#include "server/table_keys.h"

/* Columns that keys are about, in a table of agents' facts. */
typedef struct KeyColumns
{
	AttrNumber	agent_id;
	AttrNumber	seq;
	AttrNumber	request_id;		/* InvalidAttrNumber: the table has none */
} KeyColumns;

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

/* A vector of OIDs in a row of pg_index. */
static const Oid *
index_oids(HeapTuple tuple, AttrNumber number)
{
	bool		isnull;
	Datum		oids = SysCacheGetAttr(INDEXRELID, tuple, number, &isnull);

	Assert(!isnull);
	return ((oidvector *) DatumGetPointer(oids))->values;
}

/* Why could a judged row meet another one in this key?  NULL: it could not. */
static const char *
fault_of_key(Relation table, HeapTuple tuple, const KeyColumns *columns)
{
	Form_pg_index index = (Form_pg_index) GETSTRUCT(tuple);
	const Oid  *collations = index_oids(tuple, Anum_pg_index_indcollation);
	const Oid  *opclasses = index_oids(tuple, Anum_pg_index_indclass);

	if (index->indisexclusion)
		return "it is an exclusion constraint";
	for (int i = 0; i < index->indnkeyatts; i++)
	{
		AttrNumber	attnum = index->indkey.values[i];

		if (attnum <= InvalidAttrNumber)
			return "one of its keys is an expression";
		if (OidIsValid(collations[i]) && !get_collation_isdeterministic(collations[i]))
			return "it compares by a nondeterministic collation";
		/* of its own type: bpchar_ops, a default too, takes text and is blind to blanks */
		if (opclasses[i] != GetDefaultOpClass(TupleDescAttr(RelationGetDescr(table),
															attnum - 1)->atttypid, BTREE_AM_OID))
			return "it compares by an operator class that is not the default";
	}
	if (has_key_column(index, columns->agent_id) && has_key_column(index, columns->seq))
		return NULL;
	if (!is_of_requests(index, columns))
		return "its columns neither include agent_id and seq nor are agent_id and request_id";
	return index->indnullsnotdistinct ?
		"it takes two request_ids that are null for the same" : NULL;
}

static KeyColumns
key_columns(Relation table)
{
	Oid			relid = RelationGetRelid(table);
	KeyColumns	columns = {
		get_attnum(relid, "agent_id"), get_attnum(relid, "seq"), get_attnum(relid, "request_id")
	};

	return columns;
}

const char *
cgae_table_key_fault(Relation table, HeapTuple tuple)
{
	Form_pg_index index = (Form_pg_index) GETSTRUCT(tuple);
	KeyColumns	columns = key_columns(table);

	/*
	 * No statement meets an index that is not ready yet, but those that began
	 * before still meet one that is being dropped.
	 */
	if (!(index->indisunique || index->indisexclusion) || (!index->indisready && index->indislive))
		return NULL;
	return fault_of_key(table, tuple, &columns);
}

/*
 * Are the first two columns of a key sorted as their columns are compared?  What
 * is looked for by another collation is not found where it is.
 */
static bool
is_in_own_order(Relation table, HeapTuple tuple)
{
	Form_pg_index index = (Form_pg_index) GETSTRUCT(tuple);
	const Oid  *collations = index_oids(tuple, Anum_pg_index_indcollation);

	for (int i = 0; i < Min(index->indnkeyatts, 2); i++)
		if (collations[i] !=
			TupleDescAttr(RelationGetDescr(table), index->indkey.values[i] - 1)->attcollation)
			return false;
	return true;
}

/* Take note of one key. */
static void
look_at_key(Relation table, HeapTuple tuple, TupleDesc desc, CgaeTableKeys *keys)
{
	Form_pg_index index = (Form_pg_index) GETSTRUCT(tuple);
	KeyColumns	columns = key_columns(table);
	const char *fault = cgae_table_key_fault(table, tuple);

	keys->is_passing |= index->indisunique && index->indislive && !index->indisready;
	if (fault != NULL)
	{
		keys->refused_key = index->indexrelid;
		keys->refused_because = fault;
		return;
	}
	if (!index->indisunique || !index->indisvalid || !index->indisready || !index->indislive ||
		!is_in_own_order(table, tuple))
		return;
	if (index->indkey.values[0] == columns.agent_id && index->indkey.values[1] == columns.seq &&
		holds_all_rows(tuple, desc, InvalidAttrNumber))
		keys->number_key = index->indexrelid;
	if (is_of_requests(index, &columns) && index->indkey.values[0] == columns.agent_id &&
		index->indimmediate && holds_all_rows(tuple, desc, columns.request_id))
		keys->request_key = index->indexrelid;
}

void
cgae_find_table_keys(Relation table, CgaeTableKeys *keys)
{
	Oid			relid = RelationGetRelid(table);
	KeyColumns	columns = key_columns(table);
	Relation	pg_index;
	SysScanDesc scan;
	ScanKeyData key;
	HeapTuple	tuple;

	memset(keys, 0, sizeof(*keys));
	if (columns.agent_id == InvalidAttrNumber || columns.seq == InvalidAttrNumber)
		return;
	pg_index = table_open(IndexRelationId, AccessShareLock);
	ScanKeyInit(&key, Anum_pg_index_indrelid, BTEqualStrategyNumber, F_OIDEQ,
				ObjectIdGetDatum(relid));
	scan = systable_beginscan(pg_index, IndexIndrelidIndexId, true, NULL, 1, &key);
	while (HeapTupleIsValid(tuple = systable_getnext(scan)))
		look_at_key(table, tuple, RelationGetDescr(pg_index), keys);
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
