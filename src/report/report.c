/*
 * report.c
 *	  cgae.report(): the state of the registry as one HTML page.
 */
#include "postgres.h"

#include "access/xact.h"
#include "commands/dbcommands.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

#include "report/report.h"
#include "server/clock.h"
#include "server/errors.h"
#include "server/statement.h"

#define DEFAULT_TITLE "Agent registry"
#define DEFAULT_LIMIT 10

/* The period when it is not given: so much of the past, and so much ahead. */
#define DAYS_BACK 30
#define DAYS_AHEAD 15

/* An instant some days from another, as far as there are instants. */
static TimestampTz
days_from(TimestampTz at, int days)
{
	int64		shift = days * USECS_PER_DAY;

	if (shift < 0)
		return at < MIN_TIMESTAMP - shift ? MIN_TIMESTAMP : at + shift;
	return at >= END_TIMESTAMP - shift ? END_TIMESTAMP - 1 : at + shift;
}

/* Refuse a period that no chart can show. */
static void
check_period(const CgaeReport *report)
{
	char	   *since = pstrdup(timestamptz_to_str(report->since));	/* has one buffer */
	const char *until = timestamptz_to_str(report->until);

	if (TIMESTAMP_NOT_FINITE(report->since) || TIMESTAMP_NOT_FINITE(report->until))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("period of a report from %s until %s is not finite", since, until)));
	if (report->since >= report->until)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("period of a report from %s until %s ends before it begins", since, until),
				 errhint("By default it begins 30 days before now, or before its end, and ends 15 days after now.")));
}

/*
 * cgae.report(title text DEFAULT NULL, since timestamptz DEFAULT NULL,
 *	   until timestamptz DEFAULT NULL, "limit" int DEFAULT 10) -> text
 *
 * The state of the registry now, and its history over a period, as one HTML
 * page that loads nothing from elsewhere and runs no script.  It is ASCII,
 * other characters are written as references, so that no encoding on the way
 * to a file can garble it.  Times are in the session's time zone.
 *
 * since: 30 days before now, or before until when that is earlier, when null;
 * until: 15 days after now when null; what lies ahead of now is a projection.
 * limit: rows of the tables that could grow with the registry, 0 to 1000;
 * 10 when null.
 *
 * Reads agents, certifications, agent_events and gate_policies with the
 * caller's privileges, each at least once as a whole.  Errors:
 * invalid_parameter_value, undefined_table when there is no registry.
 */
PG_FUNCTION_INFO_V1(cgae_report);
Datum
cgae_report(PG_FUNCTION_ARGS)
{
	CgaeReport *report = palloc0(sizeof(CgaeReport));
	StringInfoData page;

	report->now = cgae_now();
	report->title = PG_ARGISNULL(0) ? DEFAULT_TITLE : text_to_cstring(PG_GETARG_TEXT_PP(0));
	report->until = PG_ARGISNULL(2) ? days_from(report->now, DAYS_AHEAD) : PG_GETARG_TIMESTAMPTZ(2);
	report->since = PG_ARGISNULL(1) ? days_from(Min(report->now, report->until), -DAYS_BACK) :
		PG_GETARG_TIMESTAMPTZ(1);
	report->limit = PG_ARGISNULL(3) ? DEFAULT_LIMIT : PG_GETARG_INT32(3);
	check_period(report);
	if (report->limit < 0 || report->limit > CGAE_REPORT_MAX_LIMIT)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("limit of a report's tables %d is outside 0 to %d", report->limit,
						CGAE_REPORT_MAX_LIMIT),
				 errhint("Views such as cgae.agent_standing have all rows.")));
	report->database = get_database_name(MyDatabaseId);
	report->role = GetUserNameFromId(GetUserId(), false);

	cgae_require_registry();
	initStringInfo(&page);
	cgae_statement_begin();
	cgae_report_gather(fcinfo, report);
	cgae_report_write(&page, report);
	cgae_statement_end();
	PG_RETURN_TEXT_P(cstring_to_text_with_len(page.data, page.len));
}
