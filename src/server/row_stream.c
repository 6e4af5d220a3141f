/*
 * row_stream.c
 *	  The rows of a query, one after the other, fetched a batch at a time.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/pg_type.h"
#include "utils/builtins.h"

#include "server/row_stream.h"

void
cgae_stream_open(FunctionCallInfo fcinfo, CgaeStream *stream, const CgaeStatement *statement,
				 const Datum *values)
{
	cgae_stream_open_plan(stream, cgae_plan(fcinfo->flinfo->fn_oid, statement), values, NULL, true,
						  CGAE_STREAM_BATCH);
}

void
cgae_stream_open_plan(CgaeStream *stream, SPIPlanPtr plan, const Datum *values, const char *nulls,
					  bool read_only, long batch_size)
{
	memset(stream, 0, sizeof(*stream));
	stream->portal = SPI_cursor_open(NULL, plan, unconstify(Datum *, values), nulls, read_only);
	if (stream->portal == NULL)
		elog(ERROR, "SPI_cursor_open failed: %s", SPI_result_code_string(SPI_result));
	stream->desc = stream->portal->tupDesc;
	stream->batch_size = batch_size;
}

void
cgae_stream_take(CgaeStream *stream)
{
	memset(stream, 0, sizeof(*stream));
	stream->batch = SPI_tuptable;
	stream->count = SPI_processed;
	stream->desc = stream->batch->tupdesc;
}

uint64
cgae_stream_next_batch(CgaeStream *stream)
{
	stream->tuple = NULL;
	stream->next = stream->count = 0;
	SPI_freetuptable(stream->batch);
	stream->batch = NULL;
	if (stream->portal == NULL)
		return 0;
	SPI_cursor_fetch(stream->portal, true, stream->batch_size);
	stream->batch = SPI_tuptable;
	stream->count = SPI_processed;
	return stream->count;
}

bool
cgae_stream_next(CgaeStream *stream)
{
	if (unlikely(stream->next == stream->count) &&
		(stream->portal == NULL || cgae_stream_next_batch(stream) == 0))
	{
		stream->tuple = NULL;
		return false;
	}
	stream->tuple = stream->batch->vals[stream->next++];
	stream->number++;
	return true;
}

void
cgae_stream_rewind(CgaeStream *stream)
{
	Assert(stream->portal == NULL);
	stream->tuple = NULL;
	stream->next = stream->number = 0;
}

void
cgae_stream_return(CgaeStream *stream, ReturnSetInfo *rsinfo)
{
	cgae_require_same_types(stream->desc, rsinfo->setDesc);
	while (cgae_stream_next(stream))
		tuplestore_puttuple(rsinfo->setResult, stream->tuple);
}

void
cgae_stream_close(CgaeStream *stream)
{
	/* one that is not open is closed */
	SPI_freetuptable(stream->batch);
	if (stream->portal != NULL)
		SPI_cursor_close(stream->portal);
	memset(stream, 0, sizeof(*stream));
}

int32
cgae_stream_int32(const CgaeStream *stream, int column)
{
	int32		value = 0;

	(void) cgae_read_int32(stream->tuple, stream->desc, column, &value);
	return value;
}

TimestampTz
cgae_stream_time(const CgaeStream *stream, int column)
{
	TimestampTz value = 0;

	(void) cgae_read_time(stream->tuple, stream->desc, column, &value);
	return value;
}

bool
cgae_stream_bool(const CgaeStream *stream, int column)
{
	Datum		value;

	return cgae_read_datum(stream->tuple, stream->desc, column, BOOLOID, &value) &&
		DatumGetBool(value);
}

text *
cgae_stream_text(const CgaeStream *stream, int column)
{
	return cgae_read_text(stream->tuple, stream->desc, column);
}

char *
cgae_stream_cstring(const CgaeStream *stream, int column)
{
	text	   *value = cgae_stream_text(stream, column);

	return value != NULL ? text_to_cstring(value) : NULL;
}

int
cgae_stream_label(const CgaeStream *stream, int column, const CgaeEnumMap *map)
{
	return cgae_read_label(stream->tuple, stream->desc, column, map);
}

const CgaeRobustness *
cgae_stream_vector(const CgaeStream *stream, int column)
{
	return cgae_read_vector(stream->tuple, stream->desc, column);
}

bool
cgae_stream_is_null(const CgaeStream *stream, int column)
{
	return heap_attisnull(stream->tuple, column, stream->desc);
}
