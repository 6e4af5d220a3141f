/*
 * report_chart.c
 *	  What the charts of a report are drawn from.
 */
#include "postgres.h"

#include "report/report_chart.h"
#include "report/report_html.h"

/* Units of a picture: its width, and the height of the chart over time. */
#define WIDTH 1000.0
#define HEIGHT 300.0

/* The least length of a bar that is not empty, so that it is seen. */
#define LEAST_BAR (WIDTH / 200)

/* Labels of the time axis, the two ends included. */
#define TICKS 5

const char *const cgae_tier_class[CGAE_TIERS] = {"t0", "t1", "t2", "t3", "t4", "t5"};

void
cgae_chart_bar(CgaeScope *scope, const CgaeBarPart *parts, int count, double whole)
{
	double		left = 0;

	cgae_scope_list(scope, "parts");
	for (int i = 0; i < count && whole > 0; i++)
	{
		double		width = WIDTH * parts[i].value / whole;
		CgaeScope  *part;

		if (!(width > 0))
			continue;
		width = Max(Min(width, WIDTH), LEAST_BAR);
		left = Min(left, WIDTH - width);
		part = cgae_scope_add(scope, "parts");
		cgae_put_text(part, "class", parts[i].class);
		cgae_put_number(part, "x", 2, left);
		cgae_put_number(part, "width", 2, width);
		left += width;
	}
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
add_point(CgaeScope *area, const CgaeReport *report, int instant, int tier, int64 top)
{
	CgaeScope  *point = cgae_scope_add(area, "points");

	cgae_put_number(point, "x", 1, x_of(report, report->at[instant]));
	cgae_put_number(point, "y", 2,
					HEIGHT - HEIGHT * (double) stacked(report, instant, tier) / (double) top);
}

/* The areas, the lowest tier at the bottom. */
static void
add_areas(CgaeScope *scope, const CgaeReport *report, int64 top)
{
	cgae_scope_list(scope, "areas");
	for (int tier = 0; tier < CGAE_TIERS; tier++)
	{
		int64		agents = 0;
		CgaeScope  *area;

		for (int i = 0; i < report->instants; i++)
			agents = Max(agents, report->series[i * CGAE_TIERS + tier]);
		if (agents == 0)
			continue;
		area = cgae_scope_add(scope, "areas");
		cgae_put_count(area, "tier", tier);
		for (int i = 0; i < report->instants; i++)
			add_point(area, report, i, tier, top);
		for (int i = report->instants - 1; i >= 0; i--)
			add_point(area, report, i, tier - 1, top);
	}
}

/* What the picture shows at an instant, for words. */
static void
add_tiers(CgaeScope *scope, const char *list, const CgaeReport *report, int instant)
{
	for (int tier = 0; tier < CGAE_TIERS; tier++)
	{
		CgaeScope  *item = cgae_scope_add(scope, list);

		cgae_scope_if(item, "comma", tier > 0);
		cgae_put_count(item, "tier", tier);
		cgae_put_count(item, "agents", report->series[instant * CGAE_TIERS + tier]);
	}
}

/* The horizontal lines, each at a number of agents; returns the highest. */
static int64
add_grid(CgaeScope *scope, const CgaeReport *report)
{
	int64		most = 1;
	int64		distance;
	int64		top;

	for (int i = 0; i < report->instants; i++)
		most = Max(most, stacked(report, i, CGAE_TIERS - 1));
	distance = tick_distance(most);
	top = (most + distance - 1) / distance * distance;
	for (int64 tick = 0; tick <= top; tick += distance)
	{
		CgaeScope  *line = cgae_scope_add(scope, "grid");

		cgae_put_count(line, "agents", tick);
		cgae_put_number(line, "percent", 2, 100.0 * tick / top);
		cgae_put_number(line, "y", 2, HEIGHT - HEIGHT * tick / top);
	}
	return top;
}

void
cgae_chart_over_time(CgaeScope *scope, const CgaeReport *report)
{
	int64		top = add_grid(scope, report);

	add_areas(scope, report, top);
	add_tiers(scope, "first", report, 0);
	add_tiers(scope, "last", report, report->instants - 1);

	/* what lies ahead of now is a projection */
	cgae_scope_list(scope, "now_line");
	if (report->now > report->since && report->now < report->until)
	{
		CgaeScope  *line = cgae_scope_add(scope, "now_line");
		double		x = x_of(report, report->now);

		cgae_put_number(line, "x", 1, x);
		cgae_put_number(line, "width", 1, WIDTH - x);
		cgae_put_number(line, "percent", 1, x * 100 / WIDTH);
	}
	for (int i = 0; i < TICKS; i++)
	{
		TimestampTz at = report->at[(report->instants - 1) * i / (TICKS - 1)];

		cgae_put_tick(cgae_scope_add(scope, "labels"), "label", at,
					  (double) report->until - (double) report->since);
	}
}
