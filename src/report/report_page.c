/*
 * report_page.c
 *	  The page of a report: its frame, and the sections about the agents now.
 */
#include "postgres.h"

#include <math.h>

#include "report/report_chart.h"
#include "report/report_html.h"
#include "report/report_section.h"
#include "report/report_style.h"
#include "server/enum_map.h"

/* What each tier allows. */
static const char *const tier_meaning[CGAE_TIERS] = {
	"no permission",
	"microtasks",
	"contracts with verified objectives",
	"autonomous contracting",
	"spawning and delegating",
	"self-modification"
};

/* What can hold an agent down. */
static const char *const binding_name[CGAE_REPORT_BINDINGS] = {
	"Constraint compliance <small>cc</small>",
	"Epistemic robustness <small>er</small>",
	"Behavioural alignment <small>as</small>",
	"Hallucination integrity <small>ih</small>",
	"Nothing <small>the scores reach T5</small>"
};

void
cgae_section_begin(StringInfo page, const char *id, const char *heading)
{
	appendStringInfo(page, "<section aria-labelledby=\"%s\">\n<h2 id=\"%s\">%s</h2>\n", id, id,
					 heading);
}

void
cgae_section_end(StringInfo page)
{
	appendStringInfoString(page, "</section>\n");
}

void
cgae_table_begin(StringInfo page, const char *label, const char *caption, const char *head)
{
	/* what scrolls must be reachable by keyboard, and have a name then */
	appendStringInfo(page, "<div class=\"scroll\" role=\"region\" tabindex=\"0\" aria-label=\"%s\"><table>"
					 "<caption><span>%s</span></caption>\n<thead><tr>%s</tr></thead>\n<tbody>\n",
					 label, caption, head);
}

void
cgae_table_end(StringInfo page)
{
	appendStringInfoString(page, "</tbody></table></div>\n");
}

void
cgae_tier_cell(StringInfo page, const char *tag, int tier)
{
	appendStringInfo(page, "<%s class=\"tier\"><span class=\"sw %s\"></span>%s</%.2s>", tag,
					 cgae_tier_class[tier], cgae_tier_labels[tier], tag);
}

/* Sum of the tiers' counts from one up. */
static int64
agents_from(const CgaeReport *report, int tier)
{
	int64		agents = 0;

	for (int t = tier; t < CGAE_TIERS; t++)
		agents += report->tier[t];
	return agents;
}

static int64
registered(const CgaeReport *report)
{
	int64		agents = 0;

	for (int s = 0; s < CGAE_STATUSES; s++)
		agents += report->status[s];
	return agents;
}

/* Sum of E, and of E * (1 - weakest), of the tiers in the range. */
static void
exposure(const CgaeReport *report, int first, int last, double *exposed, double *at_risk)
{
	*exposed = *at_risk = 0;
	for (int t = first; t <= last; t++)
		if (report->tier[t] > 0)
		{
			*exposed += report->ceiling[t] * report->tier[t];
			*at_risk += report->ceiling[t] * (report->tier[t] - report->weakest[t]);
		}
}

/* S of what is exposed; 1 when nothing is. */
static double
safety(double exposed, double at_risk)
{
	if (!isfinite(exposed))
		return NAN;
	return exposed > 0 ? 1 - at_risk / exposed : 1;
}

/* One of the figures at the head of the page. */
static void
figure_begin(StringInfo page, const char *label)
{
	appendStringInfo(page, "<div><dt>%s</dt><dd class=\"n\">", label);
}

static void
figure_end(StringInfo page, const char *remark)
{
	appendStringInfo(page, "</dd><dd class=\"s\">%s</dd></div>\n", remark);
}

static void
write_figures(StringInfo page, const CgaeReport *report)
{
	StringInfoData remark;
	int64		soon = report->term[CGAE_FALLS_IN_A_DAY] + report->term[CGAE_FALLS_IN_A_WEEK];
	double		exposed;
	double		at_risk;

	initStringInfo(&remark);
	appendStringInfoString(page, "<dl class=\"figures\">\n");

	figure_begin(page, "Active agents");
	cgae_html_count(page, report->status[CGAE_ACTIVE]);
	appendStringInfoString(&remark, "of ");
	cgae_html_count(&remark, registered(report));
	appendStringInfoString(&remark, " registered");
	figure_end(page, remark.data);

	exposure(report, 0, CGAE_TIERS - 1, &exposed, &at_risk);
	figure_begin(page, "Aggregate safety");
	cgae_html_unit(page, safety(exposed, at_risk));
	figure_end(page, exposed > 0 ? "1 is safe; weighted by what agents may spend" :
			   "nothing is exposed");

	figure_begin(page, "Suspended");
	cgae_html_count(page, report->status[CGAE_SUSPENDED]);
	resetStringInfo(&remark);
	if (report->hold_total > 0)
	{
		appendStringInfoString(&remark, "for ");
		cgae_html_counted(&remark, report->hold_total, "reason", "different reasons");
	}
	else
		appendStringInfoString(&remark, "no hold stands");
	figure_end(page, remark.data);

	figure_begin(page, "Fall within 7 days");
	cgae_html_count(page, soon);
	figure_end(page, "unless they are audited again");
	appendStringInfoString(page, "</dl>\n");
	pfree(remark.data);
}

/* The page's head, and what matters most. */
static void
write_header(StringInfo page, const CgaeReport *report)
{
	appendStringInfoString(page, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
						   "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
						   "<meta name=\"color-scheme\" content=\"light dark\">\n"
	/* the browser's own promise that nothing is loaded and nothing runs */
						   "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none';"
						   " style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'\">\n"
						   "<meta name=\"generator\" content=\"cgae\">\n<title>");
	cgae_html_text(page, report->title);
	appendStringInfo(page, "</title>\n<style>\n%s</style>\n</head>\n<body>\n<header>\n"
					 "<p class=\"kicker\">Comprehension-gated agent economy</p>\n<h1>",
					 cgae_report_style);
	cgae_html_name(page, report->title);
	appendStringInfoString(page, "</h1>\n<p class=\"dateline\">Database ");
	cgae_html_name(page, report->database);
	appendStringInfoString(page, ", as of ");
	cgae_html_time(page, report->now);
	appendStringInfoString(page, ". All times are in time zone ");
	cgae_html_text(page, cgae_html_time_zone());
	appendStringInfoString(page, ".</p>\n<p class=\"lede\">");

	if (registered(report) == 0)
		appendStringInfoString(page, "No agent is registered yet.");
	else
	{
		int64		autonomous = agents_from(report, 3);

		cgae_html_count(page, report->status[CGAE_ACTIVE]);
		appendStringInfoString(page, " of ");
		cgae_html_counted(page, registered(report), "registered agent is active. ",
						  "registered agents are active. ");
		cgae_html_count(page, autonomous);
		appendStringInfo(page, " of them may contract autonomously (T3 and above).");
	}
	appendStringInfoString(page, "</p>\n");
	write_figures(page, report);
	appendStringInfoString(page, "</header>\n<main>\n");
}

static void
write_tiers_now(StringInfo page, const CgaeReport *report)
{
	int64		active = agents_from(report, 0);
	int64		most = 1;

	for (int t = 0; t < CGAE_TIERS; t++)
		most = Max(most, report->tier[t]);
	cgae_section_begin(page, "now", "Tiers now");
	appendStringInfoString(page, "<p>An agent&#39;s effective tier is what it may do at this moment:"
						   " the tier of its weakest score, as it has decayed since the last audit.</p>\n");
	cgae_table_begin(page, "Tiers now", "Active agents by effective tier",
					 "<th scope=\"col\">Tier, and what it allows</th>"
					 "<th scope=\"col\" class=\"wide\"></th><th scope=\"col\" class=\"num\">Agents</th>"
					 "<th scope=\"col\" class=\"num\">Share</th>");
	for (int t = CGAE_TIERS - 1; t >= 0; t--)
	{
		CgaeBarPart part = {cgae_tier_class[t], report->tier[t]};

		appendStringInfoString(page, "<tr>");
		appendStringInfo(page, "<th scope=\"row\"><span class=\"sw %s\"></span>%s"
						 "<small>%s</small></th><td class=\"wide\">",
						 cgae_tier_class[t], cgae_tier_labels[t], tier_meaning[t]);
		cgae_chart_bar(page, &part, 1, most);
		appendStringInfoString(page, "</td><td class=\"num\">");
		cgae_html_count(page, report->tier[t]);
		appendStringInfoString(page, "</td><td class=\"num\">");
		cgae_html_share(page, report->tier[t], active);
		appendStringInfoString(page, "</td></tr>\n");
	}
	cgae_table_end(page);
	if (report->unswept > 0)
	{
		appendStringInfoString(page, "<p class=\"note\">");
		cgae_html_counted(page, report->unswept, "agent has", "agents have");
		appendStringInfoString(page, " fallen since the last sweep: the stored tier is still the higher one,"
							   " permissions follow the tier shown here.</p>\n");
	}
	cgae_section_end(page);
}

static void
write_over_time(StringInfo page, const CgaeReport *report)
{
	bool		projects = report->until > report->now;
	/* the chart has no instant that is exactly now */
	const int64 *told = projects && report->since <= report->now ? report->tier :
		&report->series[(report->instants - 1) * CGAE_TIERS];

	cgae_section_begin(page, "time", "Tiers over time");
	appendStringInfoString(page, "<p>Active agents by effective tier, from ");
	cgae_html_time(page, report->since);
	appendStringInfoString(page, " to ");
	cgae_html_time(page, report->until);
	appendStringInfo(page, ".%s</p>\n<div class=\"over\">\n",
					 projects ? " What lies ahead of now is what decay alone will do,"
					 " if nobody is audited and the policy stays." : "");
	cgae_chart_over_time(page, report);
	appendStringInfo(page, "<div class=\"key\"><p>%s</p><ul class=\"legend\">",
					 told == report->tier ? "Now" : "At the end");
	for (int t = CGAE_TIERS - 1; t >= 0; t--)
	{
		appendStringInfo(page, "<li><span class=\"sw %s\"></span>%s <b>", cgae_tier_class[t],
						 cgae_tier_labels[t]);
		cgae_html_count(page, told[t]);
		appendStringInfoString(page, "</b></li>");
	}
	appendStringInfoString(page, "</ul></div>\n</div>\n<details><summary>The same as a table</summary>\n");
	cgae_table_begin(page, "Tiers over time", "Active agents by effective tier",
					 "<th scope=\"col\">At</th><th scope=\"col\" class=\"num\">T0</th>"
					 "<th scope=\"col\" class=\"num\">T1</th><th scope=\"col\" class=\"num\">T2</th>"
					 "<th scope=\"col\" class=\"num\">T3</th><th scope=\"col\" class=\"num\">T4</th>"
					 "<th scope=\"col\" class=\"num\">T5</th>");
	for (int i = 0; i < report->instants; i++)
	{
		appendStringInfoString(page, "<tr><th scope=\"row\" class=\"when\">");
		cgae_html_time(page, report->at[i]);
		appendStringInfoString(page, "</th>");
		for (int t = 0; t < CGAE_TIERS; t++)
		{
			appendStringInfoString(page, "<td class=\"num\">");
			cgae_html_count(page, report->series[i * CGAE_TIERS + t]);
			appendStringInfoString(page, "</td>");
		}
		appendStringInfoString(page, "</tr>\n");
	}
	cgae_table_end(page);
	appendStringInfoString(page, "</details>\n");
	cgae_section_end(page);
}

static void
write_bindings(StringInfo page, const CgaeReport *report)
{
	int64		total[CGAE_REPORT_BINDINGS] = {0};
	int64		most = 1;

	for (int b = 0; b < CGAE_REPORT_BINDINGS; b++)
	{
		for (int t = 0; t < CGAE_TIERS; t++)
			total[b] += report->binding[b][t];
		most = Max(most, total[b]);
	}
	cgae_section_begin(page, "binding", "What holds agents down");
	appendStringInfoString(page, "<p>The weakest link decides, strength elsewhere never makes up for it:"
						   " the dimension that keeps each active agent from the next tier.</p>\n");
	cgae_table_begin(page, "Binding dimensions", "Active agents by binding dimension, and of each effective tier",
					 "<th scope=\"col\">Held by</th><th scope=\"col\" class=\"wide\"></th>"
					 "<th scope=\"col\" class=\"num\">Agents</th><th scope=\"col\" class=\"num\">Share</th>"
					 "<th scope=\"col\" class=\"num\">T0</th><th scope=\"col\" class=\"num\">T1</th>"
					 "<th scope=\"col\" class=\"num\">T2</th><th scope=\"col\" class=\"num\">T3</th>"
					 "<th scope=\"col\" class=\"num\">T4</th><th scope=\"col\" class=\"num\">T5</th>");
	for (int b = 0; b < CGAE_REPORT_BINDINGS; b++)
	{
		CgaeBarPart parts[CGAE_TIERS];

		for (int t = 0; t < CGAE_TIERS; t++)
		{
			parts[t].class = cgae_tier_class[t];
			parts[t].value = report->binding[b][t];
		}
		appendStringInfo(page, "<tr><th scope=\"row\">%s</th><td class=\"wide\">", binding_name[b]);
		cgae_chart_bar(page, parts, CGAE_TIERS, most);
		appendStringInfoString(page, "</td><td class=\"num\">");
		cgae_html_count(page, total[b]);
		appendStringInfoString(page, "</td><td class=\"num\">");
		cgae_html_share(page, total[b], agents_from(report, 0));
		appendStringInfoString(page, "</td>");
		for (int t = 0; t < CGAE_TIERS; t++)
		{
			appendStringInfoString(page, "<td class=\"num\">");
			cgae_html_count(page, report->binding[b][t]);
			appendStringInfoString(page, "</td>");
		}
		appendStringInfoString(page, "</tr>\n");
	}
	cgae_table_end(page);
	cgae_section_end(page);
}

/* A row of the safety table: the tiers from first to last. */
static void
safety_row(StringInfo page, const CgaeReport *report, int first, int last, const char *ceiling)
{
	double		all;
	double		exposed;
	double		at_risk;
	double		weakest = 0;
	int64		agents = 0;

	exposure(report, 0, CGAE_TIERS - 1, &all, &at_risk);
	exposure(report, first, last, &exposed, &at_risk);
	for (int t = first; t <= last; t++)
	{
		agents += report->tier[t];
		weakest += report->weakest[t];
	}
	appendStringInfoString(page, "<td class=\"num\">");
	cgae_html_count(page, agents);
	appendStringInfoString(page, "</td><td class=\"num\">");
	cgae_html_text(page, ceiling);
	appendStringInfoString(page, "</td><td class=\"num\">");
	cgae_html_amount(page, exposed);
	appendStringInfoString(page, "</td><td class=\"num\">");
	cgae_html_share(page, exposed, all);
	appendStringInfoString(page, "</td><td class=\"num\">");
	cgae_html_unit(page, agents > 0 ? weakest / agents : NAN);
	appendStringInfoString(page, "</td><td class=\"num\">");
	cgae_html_amount(page, at_risk);
	appendStringInfoString(page, "</td></tr>\n");
}

static void
write_safety(StringInfo page, const CgaeReport *report)
{
	double		exposed;
	double		at_risk;

	exposure(report, 0, CGAE_TIERS - 1, &exposed, &at_risk);
	cgae_section_begin(page, "safety", "Aggregate safety");
	appendStringInfoString(page, "<p>S = 1 &minus; &Sigma; E(1 &minus; w) / &Sigma; E over the active agents, w being an"
						   " agent&#39;s weakest decayed score of cc, er and as, and E its exposure: the budget"
						   " ceiling of its effective tier, in tokens. Now <strong>S&nbsp;&#61;&nbsp;");
	cgae_html_unit(page, safety(exposed, at_risk));
	appendStringInfo(page, "</strong>%s.</p>\n",
					 exposed > 0 ? "" : ", by definition, since nobody may spend anything");
	cgae_table_begin(page, "Aggregate safety", "Exposure of the active agents, in tokens",
					 "<th scope=\"col\">Tier</th><th scope=\"col\" class=\"num\">Agents</th>"
					 "<th scope=\"col\" class=\"num\">Ceiling</th><th scope=\"col\" class=\"num\">Exposure</th>"
					 "<th scope=\"col\" class=\"num\">Share</th><th scope=\"col\" class=\"num\">Mean weakest score</th>"
					 "<th scope=\"col\" class=\"num\">Exposure at risk</th>");
	for (int t = CGAE_TIERS - 1; t >= 0; t--)
	{
		appendStringInfoString(page, "<tr>");
		cgae_tier_cell(page, "th scope=\"row\"", t);
		safety_row(page, report, t, t, report->ceiling_text[t]);
	}
	appendStringInfoString(page, "</tbody><tfoot><tr><th scope=\"row\">All</th>");
	safety_row(page, report, 0, CGAE_TIERS - 1, NULL);
	appendStringInfoString(page, "</tfoot></table></div>\n");
	cgae_section_end(page);
}

static void
write_footer(StringInfo page, const CgaeReport *report)
{
	appendStringInfoString(page, "</main>\n<footer>\n<h2>How to read this</h2>\n<dl>\n"
						   "<dt>Scores</dt><dd>lie between 0 and 1; they decay by e<sup>&minus;&lambda;t</sup>"
						   " from the audit on, t in time steps of the policy.</dd>\n"
						   "<dt>Tokens</dt><dd>are the unit of budget ceilings and exposure.</dd>\n"
						   "<dt>Shares</dt><dd>are of the active agents, where nothing else is said.</dd>\n"
						   "<dt>Lists</dt><dd>are cut at ");
	cgae_html_counted(page, report->limit, "row", "rows");
	appendStringInfoString(page, " and names at 120 characters; counts are complete.</dd>\n"
						   "<dt>Seen by</dt><dd>role ");
	cgae_html_name(page, report->role);
	appendStringInfoString(page, ", with its own privileges: where row security hides agents, they are not counted.</dd>\n"
						   "<dt>Source</dt><dd>CGAE, arXiv 2603.15639; made by <code>cgae.report()</code>, policy version ");
	cgae_html_count(page, report->policy.version);
	appendStringInfoString(page, ".</dd>\n</dl>\n</footer>\n</body>\n</html>\n");
}

void
cgae_report_write(StringInfo page, const CgaeReport *report)
{
	write_header(page, report);
	write_tiers_now(page, report);
	write_over_time(page, report);
	cgae_section_falls(page, report);
	write_bindings(page, report);
	write_safety(page, report);
	cgae_section_holds(page, report);
	cgae_section_changes(page, report);
	cgae_section_policy(page, report);
	write_footer(page, report);
}
