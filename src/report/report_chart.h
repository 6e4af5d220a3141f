/*
 * report_chart.h
 *	  Charts of a report, as inline SVG that stretches with the page.
 */
#ifndef CGAE_REPORT_CHART_H
#define CGAE_REPORT_CHART_H

#include "report/report.h"

/* One piece of a bar, in the colour of a CSS class. */
typedef struct CgaeBarPart
{
	const char *class;
	double		value;
} CgaeBarPart;

/*
 * A bar of pieces in a row, as long as they are of the whole.  It decorates a
 * cell whose row tells the numbers, so it is hidden from screen readers.
 */
extern void cgae_chart_bar(StringInfo page, const CgaeBarPart *parts, int count, double whole);

/* CSS classes of the tiers. */
extern const char *const cgae_tier_class[CGAE_TIERS];

/* Active agents by tier over the period: stacked areas with title, description, axes. */
extern void cgae_chart_over_time(StringInfo page, const CgaeReport *report);

#endif							/* CGAE_REPORT_CHART_H */
