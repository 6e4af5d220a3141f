/*
 * report_section.c
 *	  Sections of a report's page: falls to come, suspensions, what happened,
 *	  the policy.
 */
#include "postgres.h"

#include <math.h>

#include "report/report_chart.h"
#include "report/report_html.h"
#include "report/report_section.h"
#include "server/enum_map.h"
#include "utils/float.h"
#include "utils/timestamp.h"

/* The cell of an agent: its id, and its model below. */
static void
agent_cell(StringInfo page, const char *tag, const char *agent_id, const char *model_name)
{
	appendStringInfo(page, "<%s class=\"id\">", tag);
	cgae_html_name(page, agent_id);
	appendStringInfoString(page, "<small>");
	cgae_html_name(page, model_name);
	appendStringInfo(page, "</small></%.2s>", tag);
}

/* A row of a label, a bar, a number and its share. */
static void
bar_row_end(StringInfo page, const char *class, int64 number, int64 most, int64 whole)
{
	CgaeBarPart part = {class, number};

	appendStringInfoString(page, "</th><td class=\"wide\">");
	cgae_chart_bar(page, &part, 1, most);
	appendStringInfoString(page, "</td><td class=\"num\">");
	cgae_html_count(page, number);
	appendStringInfoString(page, "</td><td class=\"num\">");
	cgae_html_share(page, number, whole);
	appendStringInfoString(page, "</td></tr>\n");
}

void
cgae_section_falls(StringInfo page, const CgaeReport *report)
{
	static const char *const terms[CGAE_FALL_TERMS] = {
		"within 24 hours", "in 1 to 7 days", "in 7 to 30 days", "later", "never by decay"
	};
	int64		all = 0;
	int64		most = 1;

	for (int i = 0; i < CGAE_FALL_TERMS; i++)
	{
		all += report->term[i];
		most = Max(most, report->term[i]);
	}
	cgae_section_begin(page, "falls", "Who drops next");
	appendStringInfoString(page, "<p>Decay lowers a tier at an instant that is known beforehand;"
						   " an audit before it keeps the tier.</p>\n");
	cgae_table_begin(page, "Falls to come", "Active agents by the time until their next fall",
					 "<th scope=\"col\">Falls</th><th scope=\"col\" class=\"wide\"></th>"
					 "<th scope=\"col\" class=\"num\">Agents</th><th scope=\"col\" class=\"num\">Share</th>");
	for (int i = 0; i < CGAE_FALL_TERMS; i++)
	{
		appendStringInfo(page, "<tr><th scope=\"row\">%s", terms[i]);
		bar_row_end(page, "other", report->term[i], most, all);
	}
	cgae_table_end(page);

	if (report->fall_count > 0)
	{
		appendStringInfoString(page, "<h3>The next to fall</h3>\n");
		cgae_table_begin(page, "The next to fall", "Soonest first",
						 "<th scope=\"col\">Agent and model</th><th scope=\"col\">From</th>"
						 "<th scope=\"col\">To</th><th scope=\"col\">At</th><th scope=\"col\" class=\"num\">In</th>");
	}
	for (int i = 0; i < report->fall_count; i++)
	{
		const CgaeReportFall *fall = &report->falls[i];

		appendStringInfoString(page, "<tr>");
		agent_cell(page, "th scope=\"row\"", fall->agent_id, fall->model_name);
		cgae_tier_cell(page, "td", fall->tier);
		cgae_tier_cell(page, "td", fall->falls_to);
		appendStringInfoString(page, "<td class=\"when\">");
		cgae_html_time(page, fall->at);
		appendStringInfoString(page, "</td><td class=\"num\">");
		cgae_html_span(page, fall->at - report->now);
		appendStringInfoString(page, "</td></tr>\n");
	}
	if (report->fall_count > 0)
		cgae_table_end(page);
	cgae_section_end(page);
}

void
cgae_section_holds(StringInfo page, const CgaeReport *report)
{
	int64		all = 0;
	int64		most = 1;

	for (int i = 0; i < CGAE_STATUSES; i++)
	{
		all += report->status[i];
		most = Max(most, report->status[i]);
	}
	cgae_section_begin(page, "status", "Status and suspensions");
	appendStringInfoString(page, "<div class=\"pair\">\n<div>\n");
	cgae_table_begin(page, "Status", "All agents by status",
					 "<th scope=\"col\">Status</th><th scope=\"col\" class=\"wide\"></th>"
					 "<th scope=\"col\" class=\"num\">Agents</th><th scope=\"col\" class=\"num\">Share of all</th>");
	for (int i = 0; i < CGAE_STATUSES; i++)
	{
		appendStringInfo(page, "<tr><th scope=\"row\">%s", cgae_status_labels[i]);
		bar_row_end(page, "other", report->status[i], most, all);
	}
	cgae_table_end(page);
	appendStringInfoString(page, "</div>\n<div>\n");
	cgae_table_begin(page, "Suspensions", "Suspended agents by hold; one with two holds counts under both",
					 "<th scope=\"col\">Hold</th><th scope=\"col\" class=\"wide\"></th>"
					 "<th scope=\"col\" class=\"num\">Agents</th><th scope=\"col\" class=\"num\">Of suspended</th>");
	for (int i = 0; i < report->hold_count; i++)
	{
		appendStringInfoString(page, "<tr><th scope=\"row\" class=\"id\">");
		cgae_html_name(page, report->holds[i].name);
		bar_row_end(page, "other", report->holds[i].agents, report->holds[0].agents,
					report->status[CGAE_SUSPENDED]);
	}
	if (report->hold_total == 0)
		appendStringInfoString(page, "<tr><td colspan=\"4\" class=\"empty\">No agent is suspended.</td></tr>\n");
	else if (report->hold_total > report->hold_count)
	{
		appendStringInfoString(page, "<tr><td colspan=\"4\" class=\"empty\">");
		cgae_html_counted(page, report->hold_total - report->hold_count, "hold more.", "holds more.");
		appendStringInfoString(page, "</td></tr>\n");
	}
	cgae_table_end(page);
	appendStringInfoString(page, "</div>\n</div>\n");
	cgae_section_end(page);
}

/* What happened, in words; NULL: an unknown kind. */
static const char *
kind_in_words(const char *kind)
{
	static const char *const words[][2] = {
		{"registration", "registration"},
		{"first certification", "first certification"},
		{"promotion", "certified at a higher tier"},
		{"demotion", "certified at a lower tier"},
		{"same tier again", "certified at the same tier"},
		{"decay", "decay to a lower tier"},
		{"expiration", "decay to T0: expired"},
		{"architecture_mismatch", "architecture drift"},
		{"architecture_update", "new architecture"},
		{"configuration_removal", "configuration removed"},
		{"suspension", "suspension"},
		{"reinstatement", "reinstatement"},
		{"deregistration", "deregistration"},
	};

	for (int i = 0; i < lengthof(words); i++)
		if (strcmp(words[i][0], kind) == 0)
			return words[i][1];
	return NULL;
}

static void
append_kind(StringInfo page, const char *kind)
{
	const char *words = kind_in_words(kind);

	if (words != NULL)
		appendStringInfoString(page, words);
	else
		cgae_html_name(page, kind);
}

/* Tiers before and after, as far as they were told. */
static void
append_tiers(StringInfo page, const CgaeReportChange *change)
{
	if (change->old_tier != NULL && change->new_tier != NULL)
	{
		cgae_html_text(page, change->old_tier);
		appendStringInfoString(page, "&nbsp;&rarr;&nbsp;");
	}
	cgae_html_text(page, change->new_tier);
}

void
cgae_section_changes(StringInfo page, const CgaeReport *report)
{
	int64		most = 1;
	int64		all = 0;

	for (int i = 0; i < report->kind_count; i++)
	{
		most = Max(most, report->kinds[i].count);
		all += report->kinds[i].count;
	}
	cgae_section_begin(page, "changes", "What happened");
	appendStringInfoString(page, "<p>From ");
	cgae_html_time(page, report->since);
	appendStringInfoString(page, " to ");
	cgae_html_time(page, Min(report->until, report->now));
	appendStringInfoString(page, ", by the time at which it took effect.</p>\n");
	if (report->kind_count == 0)
		appendStringInfoString(page, "<p class=\"empty\">Nothing happened in this period.</p>\n");
	else
	{
		cgae_table_begin(page, "What happened, counted", "Certifications and events",
						 "<th scope=\"col\">What</th><th scope=\"col\" class=\"wide\"></th>"
						 "<th scope=\"col\" class=\"num\">Times</th><th scope=\"col\" class=\"num\">Share of all</th>");
		for (int i = 0; i < report->kind_count; i++)
		{
			appendStringInfoString(page, "<tr><th scope=\"row\">");
			append_kind(page, report->kinds[i].kind);
			bar_row_end(page, "other", report->kinds[i].count, most, all);
		}
		cgae_table_end(page);
	}

	if (report->change_count > 0)
	{
		appendStringInfoString(page, "<h3>The last changes</h3>\n");
		cgae_table_begin(page, "The last changes",
						 "Newest first, without registrations and certifications at the same tier",
						 "<th scope=\"col\">At</th><th scope=\"col\">Agent and model</th>"
						 "<th scope=\"col\">What</th><th scope=\"col\">Tier</th><th scope=\"col\">By</th>");
		for (int i = 0; i < report->change_count; i++)
		{
			const CgaeReportChange *change = &report->changes[i];

			appendStringInfoString(page, "<tr><td class=\"when\">");
			cgae_html_time(page, change->at);
			appendStringInfoString(page, "</td>");
			agent_cell(page, "th scope=\"row\"", change->agent_id, change->model_name);
			appendStringInfoString(page, "<td>");
			append_kind(page, change->kind);
			if (change->detail != NULL)
			{
				appendStringInfoString(page, "<small>");
				cgae_html_name(page, change->detail);
				appendStringInfoString(page, "</small>");
			}
			appendStringInfoString(page, "</td><td class=\"tier\">");
			append_tiers(page, change);
			appendStringInfoString(page, "</td><td>");
			cgae_html_name(page, change->actor);
			appendStringInfoString(page, "</td></tr>\n");
		}
		cgae_table_end(page);
	}
	cgae_section_end(page);
}

/* A double as short as it can be told. */
static void
append_double(StringInfo page, double value)
{
	char	   *digits = float8out_internal(value);

	appendStringInfoString(page, digits);
	pfree(digits);
}

void
cgae_section_policy(StringInfo page, const CgaeReport *report)
{
	const CgaePolicy *policy = &report->policy;

	cgae_section_begin(page, "policy", "Policy in force");
	appendStringInfoString(page, "<p>Version ");
	cgae_html_count(page, policy->version);
	appendStringInfoString(page, ", in force since ");
	cgae_html_time(page, policy->effective_from);
	if (report->note != NULL && report->note[0] != '\0')
	{
		appendStringInfoString(page, ": &ldquo;");
		cgae_html_name(page, report->note);
		appendStringInfoString(page, "&rdquo;");
	}
	appendStringInfoString(page, ". Below ih ");
	append_double(page, policy->gate.ih_threshold);
	appendStringInfoString(page, " an agent has tier T0. Decay rate &lambda; ");
	append_double(page, policy->decay_rate);
	appendStringInfoString(page, " per time step of ");
	cgae_html_text(page, report->time_step);
	if (policy->decay_rate > 0)
	{
		appendStringInfoString(page, "; a score halves in ");
		cgae_html_amount(page, M_LN2 / policy->decay_rate);
		appendStringInfoString(page, " time steps");
	}
	appendStringInfoString(page, ".</p>\n");
	cgae_table_begin(page, "Policy in force",
					 "Least scores, budget ceiling in tokens, spot-audit intensity per time step",
					 "<th scope=\"col\">Tier</th><th scope=\"col\" class=\"num\">cc</th>"
					 "<th scope=\"col\" class=\"num\">er</th><th scope=\"col\" class=\"num\">as</th>"
					 "<th scope=\"col\" class=\"num\">Budget ceiling</th>"
					 "<th scope=\"col\" class=\"num\">Audit intensity &mu;</th>");
	for (int t = CGAE_TIERS - 1; t >= 0; t--)
	{
		appendStringInfoString(page, "<tr>");
		cgae_tier_cell(page, "th scope=\"row\"", t);
		for (int d = 0; d < CGAE_GATED_DIMENSIONS; d++)
		{
			appendStringInfoString(page, "<td class=\"num\">");
			append_double(page, policy->gate.theta[d][t]);
			appendStringInfoString(page, "</td>");
		}
		appendStringInfoString(page, "<td class=\"num\">");
		cgae_html_text(page, report->ceiling_text[t]);
		appendStringInfoString(page, "</td><td class=\"num\">");
		append_double(page, policy->audit_intensity[t]);
		appendStringInfoString(page, "</td></tr>\n");
	}
	cgae_table_end(page);
	cgae_section_end(page);
}
