/*
 * report_page.c
 *	  What each place of page.html shows, counted from what was gathered.
 */
#include "postgres.h"

#include <math.h>

#include "report/report_chart.h"
#include "report/report_html.h"
#include "server/enum_map.h"
#include "utils/timestamp.h"

static int64
sum(const int64 *counts, int count)
{
	int64		total = 0;

	for (int i = 0; i < count; i++)
		total += counts[i];
	return total;
}

/* The greatest of them, for the longest bar; 1 when all are 0. */
static int64
greatest(const int64 *counts, int count)
{
	int64		most = 1;

	for (int i = 0; i < count; i++)
		most = Max(most, counts[i]);
	return most;
}

/* The cells of a bar of one piece, its number, and its share of the whole. */
static void
put_bar(CgaeScope *row, const char *class, int64 number, int64 most, int64 whole)
{
	CgaeBarPart part = {class, number};

	cgae_chart_bar(row, &part, 1, most);
	cgae_put_count(row, "agents", number);
	cgae_put_share(row, "share", number, whole);
}

/* A cell for each tier. */
static void
add_counts(CgaeScope *row, const int64 *counts)
{
	for (int t = 0; t < CGAE_TIERS; t++)
		cgae_put_count(cgae_scope_add(row, "tiers"), "agents", counts[t]);
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

/* The page's head and foot, and what matters most. */
static void
put_frame(CgaeScope *page, const CgaeReport *report)
{
	int64		registered = sum(report->status, CGAE_STATUSES);

	cgae_put_html(page, "style_html", cgae_report_style);
	cgae_put_text(page, "title", report->title);
	cgae_put_text(page, "database", report->database);
	cgae_put_text(page, "role", report->role);
	cgae_put_time(page, "now", report->now);
	cgae_put_text(page, "time_zone", pg_get_timezone_name(session_timezone));
	cgae_put_count(page, "limit", report->limit);

	cgae_scope_if(page, "registered_any", registered > 0);
	cgae_put_count(page, "registered", registered);
	cgae_put_count(page, "active", report->status[CGAE_ACTIVE]);
	cgae_put_count(page, "suspended", report->status[CGAE_SUSPENDED]);
	cgae_put_count(page, "autonomous", sum(&report->tier[3], CGAE_TIERS - 3));
	cgae_put_count(page, "soon",
				   report->term[CGAE_FALLS_IN_A_DAY] + report->term[CGAE_FALLS_IN_A_WEEK]);
}

static void
put_tiers_now(CgaeScope *page, const CgaeReport *report)
{
	/* what each tier allows */
	static const char *const meaning[CGAE_TIERS] = {
		"no permission",
		"microtasks",
		"contracts with verified objectives",
		"autonomous contracting",
		"spawning and delegating",
		"self-modification"
	};

	for (int t = CGAE_TIERS - 1; t >= 0; t--)
	{
		CgaeScope  *row = cgae_scope_add(page, "tiers_now");

		cgae_put_count(row, "tier", t);
		cgae_put_text(row, "meaning", meaning[t]);
		put_bar(row, cgae_tier_class[t], report->tier[t], greatest(report->tier, CGAE_TIERS),
				sum(report->tier, CGAE_TIERS));
	}
	cgae_scope_if(page, "unswept_any", report->unswept > 0);
	cgae_put_count(page, "unswept", report->unswept);
}

static void
put_over_time(CgaeScope *page, const CgaeReport *report)
{
	bool		ahead = report->until > report->now;

	/* the chart has no instant that is exactly now */
	bool		key_now = ahead && report->since <= report->now;
	const int64 *key = key_now ? report->tier :
		&report->series[(report->instants - 1) * CGAE_TIERS];

	cgae_put_time(page, "since", report->since);
	cgae_put_time(page, "until", report->until);
	cgae_scope_if(page, "ahead", ahead);
	cgae_chart_over_time(page, report);
	cgae_scope_if(page, "key_now", key_now);
	for (int t = CGAE_TIERS - 1; t >= 0; t--)
	{
		CgaeScope  *item = cgae_scope_add(page, "key");

		cgae_put_count(item, "tier", t);
		cgae_put_count(item, "agents", key[t]);
	}
	for (int i = 0; i < report->instants; i++)
	{
		CgaeScope  *row = cgae_scope_add(page, "instants");

		cgae_put_time(row, "at", report->at[i]);
		add_counts(row, &report->series[i * CGAE_TIERS]);
	}
}

static void
put_falls(CgaeScope *page, const CgaeReport *report)
{
	static const char *const terms[CGAE_FALL_TERMS] = {
		"within 24 hours", "in 1 to 7 days", "in 7 to 30 days", "later", "never by decay"
	};

	for (int i = 0; i < CGAE_FALL_TERMS; i++)
	{
		CgaeScope  *row = cgae_scope_add(page, "terms");

		cgae_put_text(row, "term", terms[i]);
		put_bar(row, "other", report->term[i], greatest(report->term, CGAE_FALL_TERMS),
				sum(report->term, CGAE_FALL_TERMS));
	}
	cgae_scope_if(page, "falls_any", report->fall_count > 0);
	for (int i = 0; i < report->fall_count; i++)
	{
		const CgaeReportFall *fall = &report->falls[i];
		CgaeScope  *row = cgae_scope_add(page, "falls");

		cgae_put_text(row, "agent_id", fall->agent_id);
		cgae_put_text(row, "model_name", fall->model_name);
		cgae_put_count(row, "tier", fall->tier);
		cgae_put_count(row, "falls_to", fall->falls_to);
		cgae_put_time(row, "at", fall->at);
		cgae_put_span(row, "in", fall->at - report->now);
	}
}

static void
put_bindings(CgaeScope *page, const CgaeReport *report)
{
	/* what can hold an agent down */
	static const char *const binding[CGAE_REPORT_BINDINGS][2] = {
		{"Constraint compliance", "cc"},
		{"Epistemic robustness", "er"},
		{"Behavioural alignment", "as"},
		{"Hallucination integrity", "ih"},
		{"Nothing", "the scores reach T5"}
	};
	int64		total[CGAE_REPORT_BINDINGS];

	for (int b = 0; b < CGAE_REPORT_BINDINGS; b++)
		total[b] = sum(report->binding[b], CGAE_TIERS);
	for (int b = 0; b < CGAE_REPORT_BINDINGS; b++)
	{
		CgaeScope  *row = cgae_scope_add(page, "bindings");
		CgaeBarPart parts[CGAE_TIERS];

		for (int t = 0; t < CGAE_TIERS; t++)
		{
			parts[t].class = cgae_tier_class[t];
			parts[t].value = report->binding[b][t];
		}
		cgae_put_text(row, "dimension", binding[b][0]);
		cgae_put_text(row, "remark", binding[b][1]);
		cgae_chart_bar(row, parts, CGAE_TIERS, greatest(total, CGAE_REPORT_BINDINGS));
		cgae_put_count(row, "agents", total[b]);
		cgae_put_share(row, "share", total[b], sum(report->tier, CGAE_TIERS));
		add_counts(row, report->binding[b]);
	}
}

/* A row of the safety table: the tiers from first to last. */
static void
put_exposure(CgaeScope *row, const CgaeReport *report, int first, int last, const char *ceiling)
{
	int64		agents = sum(&report->tier[first], last - first + 1);
	double		weakest = 0;
	double		all;
	double		exposed;
	double		at_risk;

	exposure(report, 0, CGAE_TIERS - 1, &all, &at_risk);
	exposure(report, first, last, &exposed, &at_risk);
	for (int t = first; t <= last; t++)
		weakest += report->weakest[t];
	cgae_put_count(row, "agents", agents);
	cgae_put_text(row, "ceiling", ceiling);
	cgae_put_amount(row, "exposed", exposed);
	cgae_put_share(row, "share", exposed, all);
	cgae_put_unit(row, "weakest", agents > 0 ? weakest / agents : NAN);
	cgae_put_amount(row, "at_risk", at_risk);
}

static void
put_safety(CgaeScope *page, const CgaeReport *report)
{
	double		exposed;
	double		at_risk;

	exposure(report, 0, CGAE_TIERS - 1, &exposed, &at_risk);
	cgae_put_unit(page, "safety", safety(exposed, at_risk));
	cgae_scope_if(page, "exposed_any", exposed > 0);
	for (int t = CGAE_TIERS - 1; t >= 0; t--)
	{
		CgaeScope  *row = cgae_scope_add(page, "exposures");

		cgae_put_count(row, "tier", t);
		put_exposure(row, report, t, t, report->ceiling_text[t]);
	}
	put_exposure(cgae_scope_add(page, "exposure_total"), report, 0, CGAE_TIERS - 1, NULL);
}

static void
put_statuses(CgaeScope *page, const CgaeReport *report)
{
	for (int i = 0; i < CGAE_STATUSES; i++)
	{
		CgaeScope  *row = cgae_scope_add(page, "statuses");

		cgae_put_text(row, "status", cgae_status_labels[i]);
		put_bar(row, "other", report->status[i], greatest(report->status, CGAE_STATUSES),
				sum(report->status, CGAE_STATUSES));
	}
	cgae_scope_if(page, "held_any", report->hold_total > 0);
	cgae_put_count(page, "holds_total", report->hold_total);
	cgae_scope_list(page, "holds");
	for (int i = 0; i < report->hold_count; i++)
	{
		CgaeScope  *row = cgae_scope_add(page, "holds");

		cgae_put_text(row, "hold", report->holds[i].name);
		put_bar(row, "other", report->holds[i].agents, report->holds[0].agents,
				report->status[CGAE_SUSPENDED]);
	}
	cgae_scope_if(page, "holds_cut", report->hold_total > report->hold_count);
	cgae_put_count(page, "holds_more", report->hold_total - report->hold_count);
}

/* What happened, in words when it is a kind that is known. */
static void
put_kind(CgaeScope *row, const char *kind)
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
	const char *known = NULL;

	for (int i = 0; i < lengthof(words); i++)
		if (strcmp(words[i][0], kind) == 0)
			known = words[i][1];
	cgae_scope_if(row, "in_words", known != NULL);
	cgae_put_text(row, "kind", known != NULL ? known : kind);
}

static void
put_change(CgaeScope *row, const CgaeReportChange *change)
{
	cgae_put_time(row, "at", change->at);
	cgae_put_text(row, "agent_id", change->agent_id);
	cgae_put_text(row, "model_name", change->model_name);
	put_kind(row, change->kind);
	cgae_scope_if(row, "detailed", change->detail != NULL);
	cgae_put_text(row, "detail", change->detail);
	cgae_scope_if(row, "moved", change->old_tier != NULL && change->new_tier != NULL);
	cgae_put_text(row, "old_tier", change->old_tier);
	cgae_put_text(row, "new_tier", change->new_tier);
	cgae_put_text(row, "actor", change->actor);
}

static void
put_changes(CgaeScope *page, const CgaeReport *report)
{
	int64		most = 1;
	int64		all = 0;

	for (int i = 0; i < report->kind_count; i++)
	{
		most = Max(most, report->kinds[i].count);
		all += report->kinds[i].count;
	}
	cgae_put_time(page, "happened_until", Min(report->until, report->now));
	cgae_scope_if(page, "kinds_any", report->kind_count > 0);
	for (int i = 0; i < report->kind_count; i++)
	{
		CgaeScope  *row = cgae_scope_add(page, "kinds");

		put_kind(row, report->kinds[i].kind);
		put_bar(row, "other", report->kinds[i].count, most, all);
	}
	cgae_scope_if(page, "changes_any", report->change_count > 0);
	for (int i = 0; i < report->change_count; i++)
		put_change(cgae_scope_add(page, "changes"), &report->changes[i]);
}

static void
put_policy(CgaeScope *page, const CgaeReport *report)
{
	const CgaePolicy *policy = &report->policy;

	cgae_put_count(page, "version", policy->version);
	cgae_put_time(page, "effective_from", policy->effective_from);
	cgae_scope_if(page, "noted", report->note != NULL && report->note[0] != '\0');
	cgae_put_text(page, "note", report->note);
	cgae_put_double(page, "ih_threshold", policy->gate.ih_threshold);
	cgae_put_double(page, "decay_rate", policy->decay_rate);
	cgae_put_text(page, "time_step", report->time_step);
	cgae_scope_if(page, "decays", policy->decay_rate > 0);
	cgae_put_amount(page, "half_life", M_LN2 / policy->decay_rate);
	for (int t = CGAE_TIERS - 1; t >= 0; t--)
	{
		CgaeScope  *row = cgae_scope_add(page, "policy_tiers");

		cgae_put_count(row, "tier", t);
		for (int d = 0; d < CGAE_GATED_DIMENSIONS; d++)
			cgae_put_double(cgae_scope_add(row, "thresholds"), "least", policy->gate.theta[d][t]);
		cgae_put_text(row, "ceiling", report->ceiling_text[t]);
		cgae_put_double(row, "audit_intensity", policy->audit_intensity[t]);
	}
}

void
cgae_report_write(StringInfo page, const CgaeReport *report)
{
	CgaeScope  *scope = cgae_scope_create();

	put_frame(scope, report);
	put_tiers_now(scope, report);
	put_over_time(scope, report);
	put_falls(scope, report);
	put_bindings(scope, report);
	put_safety(scope, report);
	put_statuses(scope, report);
	put_changes(scope, report);
	put_policy(scope, report);
	cgae_template_append(page, cgae_report_page, scope);
}
