/*
 * row_reader.h
 *	  The one way in which C reads values out of rows that a statement gave.
 *
 * Rows may have been written without the guards, and their owner may have
 * dropped NOT NULL or given a column another type.  So every function here
 * tells a null apart, and refuses (datatype_mismatch) a column of another type
 * than the one that it is about to read.  Columns are counted from 1.
 */
#ifndef CGAE_ROW_READER_H
#define CGAE_ROW_READER_H

#include "access/htup.h"
#include "access/tupdesc.h"
#include "core/gate_core.h"
#include "datatype/timestamp.h"
#include "server/enum_map.h"

/* A value of a built-in type, as it is in the row; false: null. */
extern bool cgae_read_datum(HeapTuple tuple, TupleDesc desc, int number, Oid type, Datum *value);

/* The same as a C value, which is left alone when it is null. */
extern bool cgae_read_int32(HeapTuple tuple, TupleDesc desc, int number, int32 *value);
extern bool cgae_read_int64(HeapTuple tuple, TupleDesc desc, int number, int64 *value);
extern bool cgae_read_time(HeapTuple tuple, TupleDesc desc, int number, TimestampTz *value);

/* Detoasted, in the row or in the current context; NULL: null. */
extern text *cgae_read_text(HeapTuple tuple, TupleDesc desc, int number);
extern bytea *cgae_read_bytea(HeapTuple tuple, TupleDesc desc, int number);

/* An enum value's OID; InvalidOid: null. */
extern Oid	cgae_read_enum(HeapTuple tuple, TupleDesc desc, int number);

/* The same as an index; -1: null, or none of the map's. */
extern int	cgae_read_label(HeapTuple tuple, TupleDesc desc, int number, const CgaeEnumMap *map);

/* A vector in the row; NULL: null.  It need not be possible. */
extern const CgaeRobustness *cgae_read_vector(HeapTuple tuple, TupleDesc desc, int number);

/* Are all scores in [0,1]?  The type lets no others in, but its values may have got around it. */
extern bool cgae_vector_is_possible(const CgaeRobustness *r);

/* Refuse rows of other types than those of the tuplestore that they are to be put into. */
extern void cgae_require_same_types(TupleDesc desc, TupleDesc wanted);

#endif							/* CGAE_ROW_READER_H */
