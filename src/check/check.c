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
cgae_check_report_rows(FunctionCallInfo fcinfo, CgaeCheck *check, const CgaeStatement *statement,
					   const Datum *values)
{
	CgaeStream	rows;

	(void) cgae_statement_run(fcinfo, statement, values, NULL, true);
	cgae_stream_take(&rows);
	while (cgae_stream_next(&rows))
		cgae_check_report(check, cgae_stream_cstring(&rows, 1), "%s",
						  cgae_stream_cstring(&rows, 2));
	cgae_stream_rewind(&rows);
	return rows;
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
