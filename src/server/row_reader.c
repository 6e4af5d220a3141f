/*
 * row_reader.c
 *	  The one way in which C reads values out of rows that a statement gave.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/pg_type.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

#include "server/row_reader.h"

/* Refuse a column that is not what it is about to be read as. */
static void
refuse_type(TupleDesc desc, int number, const char *wanted)
{
	Form_pg_attribute att = TupleDescAttr(desc, number - 1);

	ereport(ERROR,
			(errcode(ERRCODE_DATATYPE_MISMATCH),
			 errmsg("column \"%s\" has type %s, not %s", NameStr(att->attname),
					format_type_be(att->atttypid), wanted),
			 errhint("A table or view of the registry was changed.")));
}

static bool
read_any(HeapTuple tuple, TupleDesc desc, int number, Datum *value)
{
	bool		isnull;
	Datum		read = heap_getattr(tuple, number, desc, &isnull);

	if (!isnull)
		*value = read;
	return !isnull;
}

bool
cgae_read_datum(HeapTuple tuple, TupleDesc desc, int number, Oid type, Datum *value)
{
	Assert(number >= 1 && number <= desc->natts);
	if (TupleDescAttr(desc, number - 1)->atttypid != type)
		refuse_type(desc, number, format_type_be(type));
	return read_any(tuple, desc, number, value);
}

bool
cgae_read_int32(HeapTuple tuple, TupleDesc desc, int number, int32 *value)
{
	Datum		datum;
	bool		found = cgae_read_datum(tuple, desc, number, INT4OID, &datum);

	if (found)
		*value = DatumGetInt32(datum);
	return found;
}

bool
cgae_read_int64(HeapTuple tuple, TupleDesc desc, int number, int64 *value)
{
	Datum		datum;
	bool		found = cgae_read_datum(tuple, desc, number, INT8OID, &datum);

	if (found)
		*value = DatumGetInt64(datum);
	return found;
}

bool
cgae_read_time(HeapTuple tuple, TupleDesc desc, int number, TimestampTz *value)
{
	Datum		datum;
	bool		found = cgae_read_datum(tuple, desc, number, TIMESTAMPTZOID, &datum);

	if (found)
		*value = DatumGetTimestampTz(datum);
	return found;
}

text *
cgae_read_text(HeapTuple tuple, TupleDesc desc, int number)
{
	Datum		datum;

	return cgae_read_datum(tuple, desc, number, TEXTOID, &datum) ? DatumGetTextPP(datum) : NULL;
}

bytea *
cgae_read_bytea(HeapTuple tuple, TupleDesc desc, int number)
{
	Datum		datum;

	return cgae_read_datum(tuple, desc, number, BYTEAOID, &datum) ? DatumGetByteaPP(datum) : NULL;
}

Oid
cgae_read_enum(HeapTuple tuple, TupleDesc desc, int number)
{
	Form_pg_attribute att = TupleDescAttr(desc, number - 1);
	Datum		datum;

	/* whether it is the registry's own is known by its labels alone */
	if (att->attlen != sizeof(Oid) || !att->attbyval)
		refuse_type(desc, number, "an enum type");
	return read_any(tuple, desc, number, &datum) ? DatumGetObjectId(datum) : InvalidOid;
}

int
cgae_read_label(HeapTuple tuple, TupleDesc desc, int number, const CgaeEnumMap *map)
{
	Oid			value = cgae_read_enum(tuple, desc, number);

	return OidIsValid(value) ? cgae_enum_map_find(map, value) : -1;
}

const CgaeRobustness *
cgae_read_vector(HeapTuple tuple, TupleDesc desc, int number)
{
	Form_pg_attribute att = TupleDescAttr(desc, number - 1);
	Datum		datum;

	if (att->attlen != sizeof(CgaeRobustness) || att->attbyval)
		refuse_type(desc, number, "cgae.robustness");
	return read_any(tuple, desc, number, &datum) ?
		(const CgaeRobustness *) DatumGetPointer(datum) : NULL;
}

bool
cgae_vector_is_possible(const CgaeRobustness *r)
{
	/* written so that NaN fails */
	for (int d = 0; d < CGAE_DIMENSIONS; d++)
		if (!(r->score[d] >= 0 && r->score[d] <= 1))
			return false;
	return true;
}

void
cgae_require_same_types(TupleDesc desc, TupleDesc wanted)
{
	Assert(desc->natts == wanted->natts);
	for (int i = 0; i < wanted->natts; i++)
		if (TupleDescAttr(desc, i)->atttypid != TupleDescAttr(wanted, i)->atttypid)
			refuse_type(desc, i + 1, format_type_be(TupleDescAttr(wanted, i)->atttypid));
}
