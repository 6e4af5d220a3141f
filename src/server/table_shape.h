/*
 * table_shape.h
 *	  Where the registry's columns are in a table, by name.
 *
 * Attribute numbers differ between a partition and its parent and between a
 * fresh and a much-altered table; enum OIDs differ between databases.  Both
 * are looked up once per relation and kept until it changes.
 */
#ifndef CGAE_TABLE_SHAPE_H
#define CGAE_TABLE_SHAPE_H

#include "access/htup.h"
#include "access/tupdesc.h"
#include "server/enum_map.h"
#include "server/table_keys.h"
#include "utils/relcache.h"

#define CGAE_SHAPE_MAX_COLUMNS 32

/* A column that a guard needs: its name and its type, "schema.name" for ours. */
typedef struct CgaeColumn
{
	const char *name;
	const char *type;
} CgaeColumn;

typedef struct CgaeShape
{
	Oid			relid;			/* hash key */
	Oid			root;			/* the partitioned table at the top, or relid */
	bool		valid;
	const CgaeColumn *columns;	/* what it was made for */
	int			index[CGAE_SHAPE_MAX_COLUMNS];	/* attribute number - 1 of each column */
	CgaeEnumMap tier;
	CgaeEnumMap status;
	CgaeTableKeys keys;			/* of a table with agent_id and seq */
} CgaeShape;

/*
 * The shape of an open relation.  A missing column or one of another type is
 * an error (undefined_column, datatype_mismatch), as is a name that a
 * nondeterministic collation compares (object_not_in_prerequisite_state): the
 * table is not what create_registry() made.  Lives as long as the backend; its
 * contents are right while the relation stays open.
 */
extern const CgaeShape *cgae_table_shape(Relation relation, const CgaeColumn *columns, int count);

/* OID of a column's type by the name that a CgaeColumn gives it. */
extern Oid	cgae_column_type(const char *name);

/*
 * The table that a relation is part of: the partitioned one at the top, or the
 * relation itself.  Its name and its owner are what the registry goes by.
 */
extern Oid	cgae_table_root(Relation relation);

/* Name of that table, for messages; palloc'd. */
extern char *cgae_table_name(Relation relation);

/*
 * Auxiliary to ereport: what errtable(), errtablecolname() and errtableconstraint()
 * do, in one, for that table.  NULL leaves a field out.
 */
extern int	cgae_err_relation(Relation relation, const char *column, const char *constraint);

/*
 * A row taken apart by column.  values and nulls are indexed by attribute,
 * as heap_form_tuple wants them: CGAE_ROW_VALUE(row, COLUMN) finds a column's.
 */
typedef struct CgaeRow
{
	const CgaeShape *shape;
	TupleDesc	desc;
	Datum	   *values;
	bool	   *nulls;
	bool		changed;		/* by cgae_row_set* */
} CgaeRow;

#define CGAE_ROW_VALUE(row, column) ((row)->values[(row)->shape->index[column]])
#define CGAE_ROW_NULL(row, column) ((row)->nulls[(row)->shape->index[column]])

/* Take a tuple apart; arrays in the current context, values point into the tuple. */
extern void cgae_row_open(CgaeRow *row, const CgaeShape *shape, TupleDesc desc, HeapTuple tuple);

/*
 * Refuse (not_null_violation) a row whose column is null.  A BEFORE trigger runs
 * ahead of the NOT NULL constraints, and the owner can drop those.
 */
extern void cgae_row_require(const CgaeRow *row, int column);

/* Set a column, or make it null. */
extern void cgae_row_set(CgaeRow *row, int column, Datum value);
extern void cgae_row_set_null(CgaeRow *row, int column);

/* The tuple with what was set; the same pointer when nothing was. */
extern HeapTuple cgae_row_close(CgaeRow *row, HeapTuple tuple);

/*
 * Do two values of an attribute that is passed by reference hold the same bytes
 * (after detoasting)?
 */
extern bool cgae_values_same(Form_pg_attribute att, Datum a, Datum b);

/* Do two rows of one relation hold the same bytes in a column (after detoasting)? */
static inline bool
cgae_row_same(const CgaeRow *a, const CgaeRow *b, int column)
{
	int			i = a->shape->index[column];
	Form_pg_attribute att = TupleDescAttr(a->desc, i);

	if (a->nulls[i] || b->nulls[i])
		return a->nulls[i] && b->nulls[i];
	if (a->values[i] == b->values[i])
		return true;
	return !att->attbyval && cgae_values_same(att, a->values[i], b->values[i]);
}

#endif							/* CGAE_TABLE_SHAPE_H */
