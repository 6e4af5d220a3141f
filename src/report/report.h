/*
 * report.h
 *	  What a report of the registry says: gathered by report_data.c, written
 *	  as HTML by report_page.c.
 */
#ifndef CGAE_REPORT_H
#define CGAE_REPORT_H

#include "core/gate_core.h"
#include "core/lifecycle_core.h"
#include "datatype/timestamp.h"
#include "fmgr.h"
#include "lib/stringinfo.h"
#include "policy/policy.h"

/* Rows of a table, at most. */
#define CGAE_REPORT_MAX_LIMIT 1000

/* Instants of the chart over time, at most. */
#define CGAE_REPORT_INSTANTS 49

/* The dimensions that can bind, and none at T5. */
#define CGAE_REPORT_BINDINGS (CGAE_DIMENSIONS + 1)

/* Until an active agent's tier falls next. */
typedef enum CgaeFallTerm
{
	CGAE_FALLS_IN_A_DAY,
	CGAE_FALLS_IN_A_WEEK,
	CGAE_FALLS_IN_A_MONTH,		/* 30 days */
	CGAE_FALLS_LATER,
	CGAE_FALLS_NEVER,			/* at T0, or nothing decays */
	CGAE_FALL_TERMS
} CgaeFallTerm;

/* An agent whose tier falls next. */
typedef struct CgaeReportFall
{
	char	   *agent_id;
	char	   *model_name;
	int			tier;			/* effective now */
	int			falls_to;
	TimestampTz at;
} CgaeReportFall;

/* A hold, and the suspended agents that it stands against. */
typedef struct CgaeReportHold
{
	char	   *name;
	int64		agents;
} CgaeReportHold;

/* How often something happened in the period. */
typedef struct CgaeReportKind
{
	char	   *kind;
	int64		count;
} CgaeReportKind;

/* Something that happened to an agent.  Strings may be NULL. */
typedef struct CgaeReportChange
{
	TimestampTz at;
	char	   *agent_id;
	char	   *model_name;
	char	   *kind;
	char	   *old_tier;
	char	   *new_tier;
	char	   *detail;
	char	   *actor;
} CgaeReportChange;

typedef struct CgaeReport
{
	/* asked */
	const char *title;
	TimestampTz since;			/* the period; both finite, since < until */
	TimestampTz until;
	int			limit;

	/* by whom, of what */
	TimestampTz now;
	const char *database;
	const char *role;

	/* the policy in force */
	CgaePolicy	policy;			/* without budget ceilings */
	char	   *ceiling_text[CGAE_TIERS];
	double		ceiling[CGAE_TIERS];
	char	   *time_step;
	char	   *note;			/* NULL: no row is visible */

	/* all agents, by status */
	int64		status[CGAE_STATUSES];

	/* active agents now, by effective tier */
	int64		tier[CGAE_TIERS];
	double		weakest[CGAE_TIERS];	/* sum of the least of cc, er, as, decayed */
	int64		binding[CGAE_REPORT_BINDINGS][CGAE_TIERS];	/* [CGAE_DIMENSIONS]: none */
	int64		unswept;		/* fallen below the stored tier */
	int64		term[CGAE_FALL_TERMS];

	/* the first to fall */
	int			fall_count;
	CgaeReportFall *falls;

	/* over the period */
	int			instants;
	TimestampTz at[CGAE_REPORT_INSTANTS];
	int64		series[CGAE_REPORT_INSTANTS * CGAE_TIERS];

	int64		hold_total;		/* different holds, listed or not */
	int			hold_count;
	CgaeReportHold *holds;

	int			kind_count;
	CgaeReportKind *kinds;

	int			change_count;
	CgaeReportChange *changes;
} CgaeReport;

/*
 * Gather what a report says, given what is asked; with the caller's
 * privileges and snapshot, between cgae_statement_begin() and end.
 */
extern void cgae_report_gather(FunctionCallInfo fcinfo, CgaeReport *report);

/* Append the page, in ASCII. */
extern void cgae_report_write(StringInfo page, const CgaeReport *report);

#endif							/* CGAE_REPORT_H */
