/*
 * table_shape.c
 *	  Where the registry's columns are in a table, by name.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/namespace.h"
#include "catalog/partition.h"
#include "postgres_ext.h"
#include "utils/builtins.h"
#include "utils/datum.h"
#include "utils/hsearch.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/syscache.h"

#include "server/cache.h"
#include "server/errors.h"
#include "server/registry_namespace.h"
#include "server/table_shape.h"

static HTAB *shapes = NULL;

/* Mark, never free: a caller up the stack may still hold the pointer. */
static void
invalidate_shapes(Oid relid)
{
	HASH_SEQ_STATUS seq;
	CgaeShape  *shape;

	if (OidIsValid(relid))
	{
		shape = hash_search(shapes, &relid, HASH_FIND, NULL);
		if (shape != NULL)
			shape->valid = false;
		return;
	}
	hash_seq_init(&seq, shapes);
	while ((shape = hash_seq_search(&seq)) != NULL)
		shape->valid = false;
}

static void
make_shapes(void)
{
	HASHCTL		ctl = {0};

	ctl.keysize = sizeof(Oid);
	ctl.entrysize = sizeof(CgaeShape);
	ctl.hcxt = cgae_cache_context();
	shapes = hash_create("cgae table shapes", 8, &ctl, HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
	cgae_on_relcache_invalidation(invalidate_shapes);
}

Oid
cgae_column_type(const char *name)
{
	bool		ours = strncmp(name, "cgae.", 5) == 0;
	Oid			namespace = get_namespace_oid(ours ? "cgae" : "pg_catalog", false);

	return GetSysCacheOid2(TYPENAMENSP, Anum_pg_type_oid,
						   CStringGetDatum(ours ? name + 5 : name),
						   ObjectIdGetDatum(namespace));
}

/*
 * Refuse a column of names that a nondeterministic collation compares: two
 * agents, or requests, would be one in some statements and two in others.
 */
static void
require_deterministic(Relation relation, AttrNumber attnum)
{
	Form_pg_attribute att = TupleDescAttr(RelationGetDescr(relation), attnum - 1);
	const char *name = NameStr(att->attname);

	if ((strcmp(name, "agent_id") == 0 || strcmp(name, "request_id") == 0) &&
		OidIsValid(att->attcollation) && !get_collation_isdeterministic(att->attcollation))
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("column \"%s\" of \"%s\" has the nondeterministic collation \"%s\"", name,
						cgae_table_name(relation), get_collation_name(att->attcollation)),
				 errhint("The registry compares names byte by byte: give the column a deterministic collation."),
				 cgae_err_relation(relation, name, NULL)));
}

/*
 * Refuse a generated column: it is computed after the guard, which would have
 * judged another row than the one that is stored, or dropped by its key.
 */
static void
require_not_generated(Relation relation, AttrNumber attnum)
{
	Form_pg_attribute att = TupleDescAttr(RelationGetDescr(relation), attnum - 1);

	if (att->attgenerated != '\0')
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("column \"%s\" of \"%s\" is generated, so that its cgae trigger cannot set it",
						NameStr(att->attname), cgae_table_name(relation)),
				 errhint("Make it an ordinary column: ALTER TABLE ... ALTER COLUMN %s DROP EXPRESSION.",
						 quote_identifier(NameStr(att->attname))),
				 cgae_err_relation(relation, NameStr(att->attname), NULL)));
}

/* Climb from a partition to the table at the top. */
static Oid
find_root(Relation relation)
{
	Oid			relid = RelationGetRelid(relation);
	List	   *ancestors;

	if (!relation->rd_rel->relispartition)
		return relid;
	ancestors = get_partition_ancestors(relid);
	/* none for a partition that is being detached concurrently */
	if (ancestors != NIL)
		relid = llast_oid(ancestors);
	list_free(ancestors);
	return relid;
}

Oid
cgae_table_root(Relation relation)
{
	Oid			relid = RelationGetRelid(relation);
	CgaeShape  *shape;

	if (!relation->rd_rel->relispartition)
		return relid;
	/* guards that write open a shape first */
	shape = shapes == NULL ? NULL : hash_search(shapes, &relid, HASH_FIND, NULL);
	return shape != NULL && shape->valid ? shape->root : find_root(relation);
}

char *
cgae_table_name(Relation relation)
{
	char	   *name = get_rel_name(cgae_table_root(relation));

	return name != NULL ? name : pstrdup(RelationGetRelationName(relation));
}

int
cgae_err_relation(Relation relation, const char *column, const char *constraint)
{
	Oid			schema = get_rel_namespace(cgae_table_root(relation));

	err_generic_string(PG_DIAG_SCHEMA_NAME, get_namespace_name(schema));
	err_generic_string(PG_DIAG_TABLE_NAME, cgae_table_name(relation));
	if (column != NULL)
		err_generic_string(PG_DIAG_COLUMN_NAME, column);
	if (constraint != NULL)
		err_generic_string(PG_DIAG_CONSTRAINT_NAME, constraint);
	return 0;					/* return value does not matter */
}

const CgaeShape *
cgae_table_shape(Relation relation, const CgaeColumn *columns, int count)
{
	Oid			relid = RelationGetRelid(relation);
	TupleDesc	desc = RelationGetDescr(relation);
	uint64		generation;
	CgaeShape  *shape;
	bool		found;

	Assert(count <= CGAE_SHAPE_MAX_COLUMNS);
	if (shapes == NULL)
		make_shapes();
	shape = hash_search(shapes, &relid, HASH_ENTER, &found);
	if (found && shape->valid && shape->columns == columns)
		return shape;

	shape->valid = false;
	cgae_require_schema_name();
	generation = cgae_relcache_generation();
	shape->columns = columns;
	shape->tier.count = shape->status.count = 0;
	for (int c = 0; c < count; c++)
	{
		AttrNumber	attnum = get_attnum(relid, columns[c].name);
		Oid			type;

		if (attnum <= InvalidAttrNumber)
			ereport(ERROR,
					(errcode(ERRCODE_UNDEFINED_COLUMN),
					 errmsg("relation \"%s\" has no column \"%s\", which its cgae trigger needs",
							cgae_table_name(relation), columns[c].name),
					 cgae_err_relation(relation, columns[c].name, NULL)));
		type = TupleDescAttr(desc, attnum - 1)->atttypid;
		if (type != cgae_column_type(columns[c].type))
			ereport(ERROR,
					(errcode(ERRCODE_DATATYPE_MISMATCH),
					 errmsg("column \"%s\" of relation \"%s\" has type %s, its cgae trigger needs %s",
							columns[c].name, cgae_table_name(relation), format_type_be(type),
							columns[c].type),
					 cgae_err_relation(relation, columns[c].name, NULL)));
		require_deterministic(relation, attnum);
		require_not_generated(relation, attnum);
		shape->index[c] = attnum - 1;
		if (shape->tier.count == 0 && strcmp(columns[c].type, "cgae.tier") == 0)
			cgae_enum_map_init(&shape->tier, type, cgae_tier_labels, lengthof(cgae_tier_labels));
		if (shape->status.count == 0 && strcmp(columns[c].type, "cgae.agent_status") == 0)
			cgae_enum_map_init(&shape->status, type, cgae_status_labels,
							   lengthof(cgae_status_labels));
	}
	shape->root = find_root(relation);
	cgae_find_table_keys(relation, &shape->keys);
	/* what was looked up before an invalidation may be wrong after it */
	shape->valid = generation == cgae_relcache_generation() && !shape->keys.is_passing;
	return shape;
}

void
cgae_row_open(CgaeRow *row, const CgaeShape *shape, TupleDesc desc, HeapTuple tuple)
{
	row->shape = shape;
	row->desc = desc;
	row->values = palloc(desc->natts * (sizeof(Datum) + sizeof(bool)));
	row->nulls = (bool *) (row->values + desc->natts);
	row->changed = false;
	heap_deform_tuple(tuple, desc, row->values, row->nulls);
}

void
cgae_row_require(const CgaeRow *row, int column)
{
	const char *name = row->shape->columns[column].name;

	if (CGAE_ROW_NULL(row, column))
		ereport(ERROR,
				(errcode(ERRCODE_NOT_NULL_VIOLATION),
				 errmsg("null value in column \"%s\" of relation \"%s\" violates not-null constraint",
						name, get_rel_name(row->shape->root)),
				 cgae_err_object(get_rel_name(row->shape->root), name, NULL)));
}

static void
row_change(CgaeRow *row, int column, Datum value, bool isnull)
{
	int			index = row->shape->index[column];

	row->values[index] = value;
	row->nulls[index] = isnull;
	row->changed = true;
}

void
cgae_row_set(CgaeRow *row, int column, Datum value)
{
	row_change(row, column, value, false);
}

void
cgae_row_set_null(CgaeRow *row, int column)
{
	row_change(row, column, (Datum) 0, true);
}

HeapTuple
cgae_row_close(CgaeRow *row, HeapTuple tuple)
{
	HeapTuple	result;

	if (!row->changed)
		return tuple;
	/* heap_modify_tuple() would take the old tuple apart again */
	result = heap_form_tuple(row->desc, row->values, row->nulls);
	result->t_data->t_ctid = tuple->t_data->t_ctid;
	result->t_self = tuple->t_self;
	result->t_tableOid = tuple->t_tableOid;
	return result;
}

bool
cgae_values_same(Form_pg_attribute att, Datum a, Datum b)
{
	/* an unchanged value is nearly always the same bytes, toast pointers included */
	if (att->attlen > 0)
		return memcmp(DatumGetPointer(a), DatumGetPointer(b), att->attlen) == 0;
	if (datumIsEqual(a, b, false, att->attlen))
		return true;
	return att->attlen == -1 && datum_image_eq(a, b, false, att->attlen);
}
