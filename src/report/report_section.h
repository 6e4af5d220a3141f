/*
 * report_section.h
 *	  Sections of a report's page, and what they are made of.
 */
#ifndef CGAE_REPORT_SECTION_H
#define CGAE_REPORT_SECTION_H

#include "report/report.h"

/* A section under a heading; id is unique on the page. */
extern void cgae_section_begin(StringInfo page, const char *id, const char *heading);
extern void cgae_section_end(StringInfo page);

/*
 * A table in a box in which it scrolls when it is too wide: label names the
 * box, caption and head (cells of one row) are HTML.
 */
extern void cgae_table_begin(StringInfo page, const char *label, const char *caption,
							 const char *head);
extern void cgae_table_end(StringInfo page);

/* A cell that shows a tier; tag is "td" or "th" with attributes. */
extern void cgae_tier_cell(StringInfo page, const char *tag, int tier);

/* The sections of report_section.c. */
extern void cgae_section_falls(StringInfo page, const CgaeReport *report);
extern void cgae_section_holds(StringInfo page, const CgaeReport *report);
extern void cgae_section_changes(StringInfo page, const CgaeReport *report);
extern void cgae_section_policy(StringInfo page, const CgaeReport *report);

#endif							/* CGAE_REPORT_SECTION_H */
