/*
 * check.c
 *	  What the parts of cgae.check_registry() share.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/timestamp.h"

#include "check/check.h"
#include "server/clock.h"
#include "server/statement.h"
#include "types/robustness.h"

/* Rows fetched at a time. */
#define BATCH 1000

void
cgae_check_report(CgaeCheck *check, const char *rule, const char *format,...)
{
	StringInfoData detail;
	Datum		values[3];
	bool		nulls[3] = {check->agent_id == NULL, false, false};

	initStringInfo(&detail);
	for (;;)
	{
		va_list		args;
		int			needed;

		va_start(args, format);
		needed = appendStringInfoVA(&detail, format, args);
		va_end(args);
		if (needed == 0)
			break;
		enlargeStringInfo(&detail, needed);
	}
	/* names may have line breaks in them: a detail is one line */
	for (char *c = detail.data; *c != '\0'; c++)
		if (*c == '\n' || *c == '\r')
			*c = ' ';
	values[0] = PointerGetDatum(check->agent_id);
	values[1] = CStringGetTextDatum(rule);
	values[2] = CStringGetTextDatum(detail.data);
	tuplestore_putvalues(check->store, check->desc, values, nulls);
	pfree(detail.data);
}

void
cgae_check_ahead(CgaeCheck *check, const char *what, TimestampTz at)
{
	/* infinity, which no guard writes, is told elsewhere */
	if (!TIMESTAMP_NOT_FINITE(at) && cgae_date_is_ahead(at))
		cgae_check_report(check, "clock", "%s %s lies ahead of the clock", what,
						  timestamptz_to_str(at));
}

const CgaePolicy *
cgae_check_policy(const CgaeCheck *check, int32 version)
{
	int			low = 0;
	int			high = check->policy_count;

	while (low < high)
	{
		int			middle = low + (high - low) / 2;

		if (check->policies[middle].version < version)
			low = middle + 1;
		else
			high = middle;
	}
	return low < check->policy_count && check->policies[low].version == version ?
		&check->policies[low] : NULL;
}

CgaeStream
cgae_check_report_rows(FunctionCallInfo fcinfo, CgaeCheck *check, CgaeQuery query, const char *sql,
					   int argument_count, const Oid *types, const Datum *values)
{
	CgaeStream	row = {0};

	row.count = cgae_statement_run(fcinfo, query, sql, argument_count, types, values, NULL, true);
	row.rows = SPI_tuptable;
	for (; row.row < row.count; row.row++)
		cgae_check_report(check, cgae_stream_text(&row, 1), "%s", cgae_stream_text(&row, 2));
	return row;
}

Datum
cgae_check_table_array(const CgaeCheck *check, int which)
{
	Datum		oids[CGAE_TABLES];
	int			count = 0;

	for (int t = 0; t < CGAE_TABLES; t++)
		if ((which & (1 << t)) != 0 && OidIsValid(check->tables[t].oid))
			oids[count++] = ObjectIdGetDatum(check->tables[t].oid);
	return PointerGetDatum(construct_array(oids, count, OIDOID, sizeof(Oid), true, TYPALIGN_INT));
}

void
cgae_stream_open(FunctionCallInfo fcinfo, CgaeStream *stream, CgaeQuery query, const char *sql,
				 int tier_column, int status_column)
{
	TupleDesc	desc;

	memset(stream, 0, sizeof(*stream));
	stream->portal = SPI_cursor_open(NULL, cgae_plan(fcinfo->flinfo->fn_oid, query, sql, 0, NULL),
									 NULL, NULL, true);
	desc = stream->portal->tupDesc;
	cgae_enum_map_init(&stream->tier, SPI_gettypeid(desc, tier_column), cgae_tier_labels,
					   lengthof(cgae_tier_labels));
	cgae_enum_map_init(&stream->status, SPI_gettypeid(desc, status_column), cgae_status_labels,
					   lengthof(cgae_status_labels));
}

bool
cgae_stream_row(CgaeStream *stream)
{
	if (stream->row < stream->count)
		return true;
	if (stream->rows != NULL && stream->count == 0)
		return false;
	SPI_freetuptable(stream->rows);
	SPI_cursor_fetch(stream->portal, true, BATCH);
	stream->rows = SPI_tuptable;
	stream->count = SPI_processed;
	stream->row = 0;
	return stream->count > 0;
}

Datum
cgae_stream_column(const CgaeStream *stream, int number, bool *isnull)
{
	return SPI_getbinval(stream->rows->vals[stream->row], stream->rows->tupdesc, number, isnull);
}

int32
cgae_stream_integer(const CgaeStream *stream, int number)
{
	bool		isnull;
	Datum		value = cgae_stream_column(stream, number, &isnull);

	return isnull ? 0 : DatumGetInt32(value);
}

TimestampTz
cgae_stream_time(const CgaeStream *stream, int number)
{
	bool		isnull;
	Datum		value = cgae_stream_column(stream, number, &isnull);

	return isnull ? 0 : DatumGetTimestampTz(value);
}

const char *
cgae_stream_text(const CgaeStream *stream, int number)
{
	bool		isnull;
	Datum		value = cgae_stream_column(stream, number, &isnull);

	return isnull ? NULL : TextDatumGetCString(value);
}

int
cgae_stream_enum(const CgaeStream *stream, const CgaeEnumMap *map, int number)
{
	bool		isnull;
	Datum		value = cgae_stream_column(stream, number, &isnull);

	return isnull ? -1 : cgae_enum_map_index(map, DatumGetObjectId(value));
}

const CgaeRobustness *
cgae_stream_robustness(const CgaeStream *stream, int number)
{
	bool		isnull;
	Datum		value = cgae_stream_column(stream, number, &isnull);

	return isnull ? NULL : DatumGetRobustnessP(value);
}

void
cgae_stream_close(CgaeStream *stream)
{
	SPI_freetuptable(stream->rows);
	SPI_cursor_close(stream->portal);
}
