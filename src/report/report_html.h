/*
 * report_html.h
 *	  Values of a report as HTML: text made harmless, numbers, times.
 *
 * Each puts a value under a name.  All are ASCII, and nothing in them ends a
 * text or a quoted attribute; a time is an element of its own.
 */
#ifndef CGAE_REPORT_HTML_H
#define CGAE_REPORT_HTML_H

#include "datatype/timestamp.h"
#include "report/report_template.h"

/*
 * Text in the server's encoding, cut after 120 characters.  Control
 * characters, and bytes that are no characters, become U+FFFD.  NULL: a dash.
 */
extern void cgae_put_text(CgaeScope *scope, const char *name, const char *text);

/* 1234567 as 1,234,567; it also chooses between two words. */
extern void cgae_put_count(CgaeScope *scope, const char *name, int64 number);

/* A share in percent; neither 0% nor 100% unless it is.  A dash when the whole is 0. */
extern void cgae_put_share(CgaeScope *scope, const char *name, double part, double whole);

/* A figure in [0,1] with three decimals; neither 0 nor 1 unless it is. */
extern void cgae_put_unit(CgaeScope *scope, const char *name, double value);

/* An amount of tokens: up to six digits, with separators. */
extern void cgae_put_amount(CgaeScope *scope, const char *name, double value);

/* A double as short as it can be told. */
extern void cgae_put_double(CgaeScope *scope, const char *name, double value);

/* A number of a drawing, with a number of decimals. */
extern void cgae_put_number(CgaeScope *scope, const char *name, int decimals, double value);

/* An instant in the session's time zone to the minute. */
extern void cgae_put_time(CgaeScope *scope, const char *name, TimestampTz at);

/* The same as the label of an axis, whose span is in microseconds. */
extern void cgae_put_tick(CgaeScope *scope, const char *name, TimestampTz at, double span);

/* A span of time in its largest fitting unit: "3.2 days", "5 hours". */
extern void cgae_put_span(CgaeScope *scope, const char *name, int64 microseconds);

#endif							/* CGAE_REPORT_HTML_H */
