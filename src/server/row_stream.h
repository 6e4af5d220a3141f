/*
 * row_stream.h
 *	  The rows of a query, one after the other, fetched a batch at a time.
 *
 * A query about every agent may have millions of rows.  A stream holds one batch
 * of them, and a current row, which is there to be looked at until the stream
 * goes on; what points into it is copied before that.
 */
#ifndef CGAE_ROW_STREAM_H
#define CGAE_ROW_STREAM_H

#include "nodes/execnodes.h"
#include "server/plan_cache.h"
#include "server/row_reader.h"

/* Rows of a batch, for who has no reason to take another number. */
#define CGAE_STREAM_BATCH 1000

typedef struct CgaeStream
{
	HeapTuple	tuple;			/* the current row; NULL: before the first, or at the end */
	TupleDesc	desc;
	uint64		number;			/* of the current row, from 1 */
	Portal		portal;			/* NULL: all rows are in the batch */
	long		batch_size;
	SPITupleTable *batch;
	uint64		count;			/* rows of the batch */
	uint64		next;			/* the one after the current row */
} CgaeStream;

/* Begin a fixed statement that only reads, with the caller's privileges and snapshot. */
extern void cgae_stream_open(FunctionCallInfo fcinfo, CgaeStream *stream,
							 const CgaeStatement *statement, const Datum *values);

/* The same of any plan: in a fresh snapshot unless read_only, in batches of a size of its own. */
extern void cgae_stream_open_plan(CgaeStream *stream, SPIPlanPtr plan, const Datum *values,
								  const char *nulls, bool read_only, long batch_size);

/* The rows of the statement that was just run, which SPI_tuptable has: all of them, no portal. */
extern void cgae_stream_take(CgaeStream *stream);

/* Go on to the next row; false at the end. */
extern bool cgae_stream_next(CgaeStream *stream);

/* Go back to before the first row, of a stream without a portal. */
extern void cgae_stream_rewind(CgaeStream *stream);

/*
 * Go on to the next batch as a whole, for who does something to all rows of it
 * at once; returns how many it has, 0 at the end.
 */
extern uint64 cgae_stream_next_batch(CgaeStream *stream);

/* Put all rows that are left into the result of a function that returns a set. */
extern void cgae_stream_return(CgaeStream *stream, ReturnSetInfo *rsinfo);

/* Give up the batch, and the portal.  An error does the same. */
extern void cgae_stream_close(CgaeStream *stream);

/*
 * Columns of the current row, counted from 1, by the rules of row_reader.h.  A
 * null is 0, -1 or NULL.
 */
extern int32 cgae_stream_int32(const CgaeStream *stream, int column);
extern TimestampTz cgae_stream_time(const CgaeStream *stream, int column);
extern bool cgae_stream_bool(const CgaeStream *stream, int column);
extern text *cgae_stream_text(const CgaeStream *stream, int column);
extern char *cgae_stream_cstring(const CgaeStream *stream, int column);	/* a copy */
extern int	cgae_stream_label(const CgaeStream *stream, int column, const CgaeEnumMap *map);
extern const CgaeRobustness *cgae_stream_vector(const CgaeStream *stream, int column);
extern bool cgae_stream_is_null(const CgaeStream *stream, int column);

#endif							/* CGAE_ROW_STREAM_H */
