/*
 * report_chart.c
 *	  Charts of a report, as inline SVG that stretches with the page.
 *
 * The pictures are drawn in units of their own and stretched to the space
 * there is, so they hold no text: labels are HTML beside or above them, in
 * the page's size of letters on every screen.
 */
#include "postgres.h"

#include <math.h>

#include "report/report_chart.h"
#include "report/report_html.h"
#include "server/enum_map.h"

/* Units of a picture: its width, and the height of the chart over time. */
#define WIDTH 1000.0
#define HEIGHT 300.0

/* The least length of a bar that is not empty, so that it is seen. */
#define LEAST_BAR (WIDTH / 200)

/* Labels of the time axis, the two ends included. */
#define TICKS 5

const char *const cgae_tier_class[CGAE_TIERS] = {"t0", "t1", "t2", "t3", "t4", "t5"};

void
cgae_chart_bar(StringInfo page, const CgaeBarPart *parts, int count, double whole)
{
	double		left = 0;

	appendStringInfo(page, "<svg class=\"bar\" viewBox=\"0 0 %.0f 10\" preserveAspectRatio=\"none\""
					 " aria-hidden=\"true\" focusable=\"false\">", WIDTH);
	for (int i = 0; i < count && whole > 0; i++)
	{
		double		width = WIDTH * parts[i].value / whole;

		if (!(width > 0))
			continue;
		width = Max(Min(width, WIDTH), LEAST_BAR);
		left = Min(left, WIDTH - width);
		appendStringInfo(page, "<rect class=\"%s\" x=\"%.2f\" width=\"%.2f\" height=\"10\"/>",
						 parts[i].class, left, width);
		left += width;
	}
	appendStringInfoString(page, "</svg>");
}

/* The distance of ticks that divides a number of agents into at most five. */
static int64
tick_distance(int64 most)
{
	int64		distance = 1;

	for (;;)
	{
		static const int factors[] = {1, 2, 5};

		for (int i = 0; i < lengthof(factors); i++)
			if (most <= 5 * factors[i] * distance)
				return factors[i] * distance;
		distance *= 10;
	}
}

/* Agents of the tiers up to one, at an instant. */
static int64
stacked(const CgaeReport *report, int instant, int tier)
{
	int64		agents = 0;

	for (int t = 0; t <= tier; t++)
		agents += report->series[instant * CGAE_TIERS + t];
	return agents;
}

static double
x_of(const CgaeReport *report, TimestampTz at)
{
	return WIDTH * ((double) at - (double) report->since) /
		((double) report->until - (double) report->since);
}

/* A point of the upper edge of a tier's area. */
static void
append_point(StringInfo page, const CgaeReport *report, int instant, int tier, int64 top)
{
	appendStringInfo(page, "%.1f,%.2f ", x_of(report, report->at[instant]),
					 HEIGHT - HEIGHT * (double) stacked(report, instant, tier) / (double) top);
}

/* The areas, the lowest tier at the bottom. */
static void
append_areas(StringInfo page, const CgaeReport *report, int64 top)
{
	for (int tier = 0; tier < CGAE_TIERS; tier++)
	{
		int64		agents = 0;

		for (int i = 0; i < report->instants; i++)
			agents = Max(agents, report->series[i * CGAE_TIERS + tier]);
		if (agents == 0)
			continue;
		appendStringInfo(page, "<polygon class=\"%s\" points=\"", cgae_tier_class[tier]);
		for (int i = 0; i < report->instants; i++)
			append_point(page, report, i, tier, top);
		for (int i = report->instants - 1; i >= 0; i--)
			append_point(page, report, i, tier - 1, top);
		appendStringInfoString(page, "\"/>");
	}
}

/* What the picture shows, in words. */
static void
append_description(StringInfo page, const CgaeReport *report)
{
	static const char *const when[] = {"At the beginning", "at the end"};
	const int	instant[] = {0, report->instants - 1};

	for (int w = 0; w < lengthof(when); w++)
	{
		appendStringInfo(page, "%s", when[w]);
		for (int tier = 0; tier < CGAE_TIERS; tier++)
		{
			appendStringInfo(page, "%s%s ", tier > 0 ? ", " : ": ", cgae_tier_labels[tier]);
			cgae_html_count(page, report->series[instant[w] * CGAE_TIERS + tier]);
		}
		appendStringInfoString(page, w == 0 ? "; " : ". The table below has all numbers.");
	}
}

void
cgae_chart_over_time(StringInfo page, const CgaeReport *report)
{
	int64		most = 1;
	int64		distance;
	int64		top;
	bool		projects = report->now > report->since && report->now < report->until;

	for (int i = 0; i < report->instants; i++)
		most = Max(most, stacked(report, i, CGAE_TIERS - 1));
	distance = tick_distance(most);
	top = (most + distance - 1) / distance * distance;

	appendStringInfoString(page, "<div class=\"chart\"><div class=\"plot\">");
	for (int64 tick = 0; tick <= top; tick += distance)
	{
		appendStringInfo(page, "<span class=\"y\" style=\"bottom:%.2f%%\" aria-hidden=\"true\">",
						 100.0 * tick / top);
		cgae_html_count(page, tick);
		appendStringInfoString(page, "</span>");
	}
	appendStringInfo(page, "<svg viewBox=\"0 0 %.0f %.0f\" preserveAspectRatio=\"none\" role=\"img\""
					 " aria-labelledby=\"over-time-title over-time-desc\">"
					 "<title id=\"over-time-title\">Active agents by effective tier over time</title>"
					 "<desc id=\"over-time-desc\">", WIDTH, HEIGHT);
	append_description(page, report);
	appendStringInfoString(page, "</desc>");
	for (int64 tick = 0; tick <= top; tick += distance)
		appendStringInfo(page, "<line class=\"grid\" x1=\"0\" x2=\"%.0f\" y1=\"%.2f\" y2=\"%.2f\"/>",
						 WIDTH, HEIGHT - HEIGHT * tick / top, HEIGHT - HEIGHT * tick / top);
	append_areas(page, report, top);
	if (projects)
		appendStringInfo(page, "<rect class=\"ahead\" x=\"%.1f\" width=\"%.1f\" height=\"%.0f\"/>"
						 "<line class=\"now\" x1=\"%.1f\" x2=\"%.1f\" y1=\"0\" y2=\"%.0f\"/>",
						 x_of(report, report->now), WIDTH - x_of(report, report->now), HEIGHT,
						 x_of(report, report->now), x_of(report, report->now), HEIGHT);
	appendStringInfoString(page, "</svg>");
	if (projects)
		appendStringInfo(page, "<span class=\"nowlabel\" style=\"left:%.1f%%\" aria-hidden=\"true\">now</span>",
						 x_of(report, report->now) * 100 / WIDTH);
	appendStringInfoString(page, "</div><div class=\"x\" aria-hidden=\"true\">");
	for (int i = 0; i < TICKS; i++)
	{
		int			instant = (report->instants - 1) * i / (TICKS - 1);

		appendStringInfoString(page, "<span>");
		cgae_html_tick(page, report->at[instant], (double) report->until - (double) report->since);
		appendStringInfoString(page, "</span>");
	}
	appendStringInfoString(page, "</div></div>\n");
}
