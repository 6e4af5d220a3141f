/*
 * report_html.c
 *	  Values of a report as HTML: text made harmless, numbers, times.
 */
#include "postgres.h"

#include <math.h>

#include "catalog/namespace.h"
#include "mb/pg_wchar.h"
#include "pgtime.h"
#include "utils/datetime.h"
#include "utils/float.h"
#include "utils/timestamp.h"

#include "report/report_html.h"

/* Characters of a client's text that are shown. */
#define CLIP_CHARACTERS 120

#define REPLACEMENT 0xFFFD

/* Append one code point; what HTML knows no character for is replaced. */
static void
append_code_point(StringInfo page, uint32 c)
{
	/* C0, DEL, C1, noncharacters; white space is itself */
	if ((c < 0x20 && c != '\t' && c != '\n' && c != '\r') || (c >= 0x7F && c <= 0x9F) ||
		(c >= 0xFDD0 && c <= 0xFDEF) || (c & 0xFFFE) == 0xFFFE)
		c = REPLACEMENT;
	/* nothing that could end a text, an attribute or a tag */
	if (c >= 0x7F || strchr("<>&\"'`=", (int) c) != NULL)
		appendStringInfo(page, "&#%u;", c);
	else
		appendStringInfoChar(page, (char) c);
}

/* Append text in UTF-8, as far as it is that. */
static void
append_utf8(StringInfo page, const unsigned char *text, int length, int *room)
{
	while (length > 0 && (*room)-- > 0)
	{
		int			size = pg_utf_mblen(text);

		if (size > length || !pg_utf8_islegal(text, size))
		{
			append_code_point(page, REPLACEMENT);
			size = 1;
		}
		else
			append_code_point(page, utf8_to_unicode(text));
		text += size;
		length -= size;
	}
}

/* Append text in another encoding; what Unicode does not have is replaced. */
static void
append_converted(StringInfo page, const char *text, int length, int *room)
{
	int			encoding = GetDatabaseEncoding();
	Oid			conversion = FindDefaultConversionProc(encoding, PG_UTF8);

	while (length > 0 && *room > 0)
	{
		int			size = Min(pg_encoding_mblen(encoding, text), length);
		unsigned char utf8[MAX_CONVERSION_GROWTH * MAX_MULTIBYTE_CHAR_LEN + 1];

		if (!IS_HIGHBIT_SET(*text))
			append_utf8(page, (const unsigned char *) text, 1, room);
		else if (OidIsValid(conversion) &&
				 pg_do_encoding_conversion_buf(conversion, encoding, PG_UTF8,
											   (unsigned char *) unconstify(char *, text), size,
											   utf8, sizeof(utf8), true) == size)
			append_utf8(page, utf8, strlen((char *) utf8), room);
		else
		{
			append_code_point(page, REPLACEMENT);
			(*room)--;
		}
		text += size;
		length -= size;
	}
}

/* Append a text, cut; NULL: a dash. */
static void
append_text(StringInfo page, const char *text)
{
	int			room = CLIP_CHARACTERS;
	int			length;

	if (text == NULL)
	{
		appendStringInfoString(page, "&ndash;");
		return;
	}
	length = strlen(text);
	/* bytes of no known encoding are most often UTF-8 */
	if (GetDatabaseEncoding() == PG_UTF8 || GetDatabaseEncoding() == PG_SQL_ASCII)
		append_utf8(page, (const unsigned char *) text, length, &room);
	else
		append_converted(page, text, length, &room);
	if (room <= 0 && pg_mbstrlen(text) > CLIP_CHARACTERS)
		appendStringInfoString(page, "&hellip;");
}

void
cgae_put_text(CgaeScope *scope, const char *name, const char *text)
{
	append_text(cgae_scope_value(scope, name), text);
}

/* Append digits with a comma before every third from the right. */
static void
append_grouped(StringInfo page, const char *digits)
{
	int			whole = strspn(digits, "0123456789");

	for (int i = 0; i < whole; i++)
	{
		if (i > 0 && (whole - i) % 3 == 0)
			appendStringInfoChar(page, ',');
		appendStringInfoChar(page, digits[i]);
	}
	appendStringInfoString(page, digits + whole);
}

void
cgae_put_count(CgaeScope *scope, const char *name, int64 number)
{
	char		digits[32];

	snprintf(digits, sizeof(digits), INT64_FORMAT, number);
	append_grouped(cgae_scope_value(scope, name), digits);
	if (number == 1)
		cgae_scope_is_one(scope, name);
}

void
cgae_put_share(CgaeScope *scope, const char *name, double part, double whole)
{
	StringInfo	html = cgae_scope_value(scope, name);
	double		percent = 100 * part / whole;

	if (!(whole > 0) || isnan(percent))
		appendStringInfoString(html, "&ndash;");
	else if (part > 0 && percent < 0.05)
		appendStringInfoString(html, "&lt;&#8201;0.1%");
	else if (part < whole && percent >= 99.95)
		appendStringInfoString(html, "&gt;&#8201;99.9%");
	else
		appendStringInfo(html, "%.1f%%", percent);
}

void
cgae_put_unit(CgaeScope *scope, const char *name, double value)
{
	StringInfo	html = cgae_scope_value(scope, name);

	if (isnan(value))
		appendStringInfoString(html, "&ndash;");
	else if (value > 0 && value < 0.0005)
		appendStringInfoString(html, "&lt;&#8201;0.001");
	else if (value < 1 && value >= 0.9995)
		appendStringInfoString(html, "&gt;&#8201;0.999");
	else
		appendStringInfo(html, "%.3f", value);
}

void
cgae_put_amount(CgaeScope *scope, const char *name, double value)
{
	StringInfo	html = cgae_scope_value(scope, name);
	char		digits[64];

	if (!isfinite(value))
		appendStringInfoString(html, isnan(value) ? "&ndash;" : "&infin;");
	else if (value >= 1e15)
		appendStringInfo(html, "%.3g", value);
	else
	{
		int			decimals = value >= 1000 || value == floor(value) ? 0 :
			value >= 1 ? 2 : 4;

		snprintf(digits, sizeof(digits), "%.*f", decimals, value);
		append_grouped(html, digits);
	}
}

/* Take an instant apart in the session's time zone; false when it has no date. */
static bool
local_time(TimestampTz at, struct pg_tm *tm, int *offset)
{
	fsec_t		fsec;
	const char *zone;

	return !TIMESTAMP_NOT_FINITE(at) && timestamp2tm(at, offset, tm, &fsec, &zone, NULL) == 0 &&
		tm->tm_year > 0 && tm->tm_year <= 9999;
}

void
cgae_put_time(CgaeScope *scope, const char *name, TimestampTz at)
{
	StringInfo	html = cgae_scope_value(scope, name);
	struct pg_tm tm;
	int			offset;

	if (TIMESTAMP_IS_NOEND(at))
		appendStringInfoString(html, "never");
	else if (TIMESTAMP_IS_NOBEGIN(at))
		appendStringInfoString(html, "always");
	else if (!local_time(at, &tm, &offset))
		append_text(html, timestamptz_to_str(at));
	else
	{
		int			minutes = abs(offset) / 60;

		/* offset counts westwards */
		appendStringInfo(html,
						 "<time datetime=\"%04d-%02d-%02dT%02d:%02d:%02d%c%02d:%02d\">"
						 "%04d-%02d-%02d %02d:%02d</time>",
						 tm.tm_year, tm.tm_mon, tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec,
						 offset > 0 ? '-' : '+', minutes / 60, minutes % 60,
						 tm.tm_year, tm.tm_mon, tm.tm_mday, tm.tm_hour, tm.tm_min);
	}
}

void
cgae_put_tick(CgaeScope *scope, const char *name, TimestampTz at, double span)
{
	StringInfo	html = cgae_scope_value(scope, name);
	struct pg_tm tm;
	int			offset;

	if (!local_time(at, &tm, &offset))
		append_text(html, timestamptz_to_str(at));
	else if (span < 10 * USECS_PER_MINUTE)
		appendStringInfo(html, "%02d:%02d:%02d", tm.tm_hour, tm.tm_min, tm.tm_sec);
	else if (span < 3 * USECS_PER_DAY)
		appendStringInfo(html, "%d %s %02d:%02d", tm.tm_mday, months[tm.tm_mon - 1], tm.tm_hour,
						 tm.tm_min);
	else if (span < 300 * USECS_PER_DAY)
		appendStringInfo(html, "%d %s", tm.tm_mday, months[tm.tm_mon - 1]);
	else
		appendStringInfo(html, "%s %d", months[tm.tm_mon - 1], tm.tm_year);
}

void
cgae_put_span(CgaeScope *scope, const char *name, int64 microseconds)
{
	static const struct
	{
		int64		size;
		const char *name;
	}			units[] = {
		{INT64CONST(31557600) * USECS_PER_SEC, "years"},
		{USECS_PER_DAY, "days"},
		{USECS_PER_HOUR, "hours"},
		{USECS_PER_MINUTE, "minutes"},
		{USECS_PER_SEC, "seconds"}
	};
	StringInfo	html = cgae_scope_value(scope, name);

	for (int i = 0; i < lengthof(units); i++)
		if (microseconds >= 2 * units[i].size)
		{
			double		amount = (double) microseconds / (double) units[i].size;

			appendStringInfo(html, "%.*f %s", amount < 10 && i < 2 ? 1 : 0, amount, units[i].name);
			return;
		}
	appendStringInfoString(html, "moments");
}

void
cgae_put_double(CgaeScope *scope, const char *name, double value)
{
	appendStringInfoString(cgae_scope_value(scope, name), float8out_internal(value));
}

void
cgae_put_number(CgaeScope *scope, const char *name, int decimals, double value)
{
	appendStringInfo(cgae_scope_value(scope, name), "%.*f", decimals, value);
}
