/*
 * report_chart.h
 *	  What the charts of a report are drawn from.
 *
 * The pictures are in units of their own, 1000 wide and the one over time 300
 * high, as page.html says; they are stretched to the space there is.
 */
#ifndef CGAE_REPORT_CHART_H
#define CGAE_REPORT_CHART_H

#include "report/report.h"
#include "report/report_template.h"

/* One piece of a bar, in the colour of a CSS class. */
typedef struct CgaeBarPart
{
	const char *class;
	double		value;
} CgaeBarPart;

/* CSS classes of the tiers. */
extern const char *const cgae_tier_class[CGAE_TIERS];

/* A bar of pieces in a row, as long as they are of the whole. */
extern void cgae_chart_bar(CgaeScope *scope, const CgaeBarPart *parts, int count, double whole);

/* Active agents by tier over the period: stacked areas, and the axes. */
extern void cgae_chart_over_time(CgaeScope *scope, const CgaeReport *report);

#endif							/* CGAE_REPORT_CHART_H */
