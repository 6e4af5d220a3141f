/*
 * report_html.h
 *	  Pieces of HTML: text made harmless, numbers, times.
 *
 * Everything is appended as ASCII.
 */
#ifndef CGAE_REPORT_HTML_H
#define CGAE_REPORT_HTML_H

#include "datatype/timestamp.h"
#include "lib/stringinfo.h"

/*
 * Append text in the server's encoding as HTML character data, safe between
 * tags and in quoted attributes, cut after 120 characters.  Control
 * characters, and bytes that are no characters, become U+FFFD.  NULL: a dash.
 */
extern void cgae_html_text(StringInfo page, const char *text);

/* The same as a name that a client chose: its direction cannot reorder what stands beside it. */
extern void cgae_html_name(StringInfo page, const char *name);

/* 1234567 as 1,234,567. */
extern void cgae_html_count(StringInfo page, int64 number);

/* "1 agent", "14 agents". */
extern void cgae_html_counted(StringInfo page, int64 number, const char *one, const char *many);

/* A share in percent; neither 0% nor 100% unless it is.  A dash when the whole is 0. */
extern void cgae_html_share(StringInfo page, double part, double whole);

/* A figure in [0,1] with three decimals; neither 0 nor 1 unless it is. */
extern void cgae_html_unit(StringInfo page, double value);

/* An amount of tokens: up to six digits, with separators. */
extern void cgae_html_amount(StringInfo page, double value);

/* An instant in the session's time zone to the minute. */
extern void cgae_html_time(StringInfo page, TimestampTz at);

/* The same as the label of an axis that spans so many microseconds. */
extern void cgae_html_tick(StringInfo page, TimestampTz at, double span);

/* A span of time in its largest fitting unit: "3.2 days", "5 hours". */
extern void cgae_html_span(StringInfo page, int64 microseconds);

/* Name of the session's time zone. */
extern const char *cgae_html_time_zone(void);

#endif							/* CGAE_REPORT_HTML_H */
