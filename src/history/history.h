/*
 * history.h
 *	  What an agent's history says about an instant.
 *
 * An agent's history is its certifications and events, one order by seq.  Each
 * row of it is a fact with a valid time (certified_at, occurred_at).  The
 * standing at an instant follows from the facts whose valid time is not later,
 * from now on from all of them:
 *
 *		status			that of the newest fact that tells one
 *		certification	the newest fact that certified
 *		ceiling			the least of the certified tier and the tiers to
 *						which decay has lowered the agent since
 *
 * Newest means highest seq.  The effective tier is then T0 unless active, else
 * the gate of the decayed vector under the policy in force at the instant,
 * never above the ceiling.
 */
#ifndef CGAE_HISTORY_H
#define CGAE_HISTORY_H

#include "guards/certification.h"
#include "server/row_stream.h"

/* A fact that tells no status. */
#define CGAE_NO_STATUS (-1)

typedef struct CgaeFact
{
	TimestampTz at;				/* valid time */
	int			status;			/* CgaeStatus that followed, or CGAE_NO_STATUS */
	int			certified_tier; /* CGAE_NO_TIER: certified nothing */
	CgaeRobustness robustness;	/* when it certified; zero: the row's cannot be read */
	bool		has_robustness;
	int			lowered_to;		/* by decay; CGAE_NO_TIER: not lowered */
} CgaeFact;

typedef struct CgaePastStanding
{
	int			status;			/* CGAE_NO_STATUS: not registered yet */
	int			certified_tier; /* CGAE_NO_TIER: never certified */
	int			ceiling;
	CgaeRobustness robustness;	/* when certified, as its time */
	bool		has_robustness; /* false: it cannot be read, and gives T0 */
	TimestampTz certified_at;
} CgaePastStanding;

extern void cgae_past_standing_begin(CgaePastStanding *standing);

/*
 * Take the next older fact into account; facts come newest first.  True when
 * all older ones no longer matter.
 */
extern bool cgae_past_standing_add(CgaePastStanding *standing, const CgaeFact *fact);

/*
 * Whatever is on record has happened and is known by now, also what a clock
 * that ran ahead has dated later: the instant up to which facts and policies
 * count for a question about an instant, no limit from now on.
 */
extern TimestampTz cgae_facts_until(TimestampTz at);

/*
 * Effective tier at an instant, under a policy: T0 before a certification that
 * lies ahead of the clock.  One dated a little later counts as of its own date.
 */
extern int	cgae_past_standing_tier(const CgaePastStanding *standing, const CgaePolicy *policy,
							   TimestampTz at);

/* The published policies, and since when each has been in force. */
typedef struct CgaeTimeline
{
	int			count;
	struct
	{
		TimestampTz from;
		CgaePolicy	policy;		/* without budget ceilings */
	}		   *version;		/* in ascending order of version */
} CgaeTimeline;

/*
 * Read the timeline with the caller's privileges and snapshot, in the current
 * context; between cgae_statement_begin() and end.  Without any policy: error.
 */
extern void cgae_timeline_read(FunctionCallInfo fcinfo, CgaeTimeline *timeline);

/*
 * Number in the timeline of the policy in force at an instant: the highest
 * version of those from no later; the first for the time before all of them,
 * of which histories that were recorded afterwards tell.
 */
extern int	cgae_timeline_at(const CgaeTimeline *timeline, TimestampTz at);

/*
 * A statement that yields facts: columns agent_id, seq, at, status,
 * certified_tier, robustness, status_label, lowered_to_label.  What an event
 * tells stays text, which is compared and never cast: rows that were written
 * without the guards may hold anything.  The parameters $1 and $2 are the
 * last valid time and the last time of recording.  The two conditions, which
 * begin with AND or are empty, are on certifications c and agent_events e.
 * Restricted to one agent or ordered by agent_id and seq, both tables are read
 * by their primary keys.
 */
#define CGAE_FACTS(on_certifications, on_events) \
	"SELECT c.agent_id, c.seq, c.certified_at AS at, c.status, c.tier AS certified_tier," \
	" c.robustness, CAST(NULL AS pg_catalog.text) AS status_label," \
	" CAST(NULL AS pg_catalog.text) AS lowered_to_label" \
	" FROM cgae.certifications AS c" \
	" WHERE c.seq IS NOT NULL AND c.certified_at OPERATOR(pg_catalog.<=) $1" \
	" AND c.recorded_at OPERATOR(pg_catalog.<=) $2" on_certifications \
	" UNION ALL " \
	"SELECT e.agent_id, e.seq, e.occurred_at, CAST(NULL AS cgae.agent_status)," \
	" CAST(NULL AS cgae.tier), CAST(NULL AS cgae.robustness)," \
	" e.data OPERATOR(pg_catalog.->>) 'status'," \
	" CASE WHEN e.type OPERATOR(pg_catalog.=) 'decay'" \
	"   OR e.type OPERATOR(pg_catalog.=) 'expiration'" \
	"  THEN e.data OPERATOR(pg_catalog.->>) 'new_tier' END" \
	" FROM cgae.agent_events AS e" \
	" WHERE e.seq IS NOT NULL AND e.occurred_at OPERATOR(pg_catalog.<=) $1" \
	" AND e.recorded_at OPERATOR(pg_catalog.<=) $2" on_events

/* A stream of facts that come agent by agent, newest first within each. */
typedef struct CgaeFacts
{
	text	   *agent_id;		/* the current agent */
	CgaeStream	rows;			/* its current row is the next one to be read */
	CgaeEnumMap tier;
	CgaeEnumMap status;
} CgaeFacts;

extern void cgae_facts_open(CgaeFacts *facts, SPIPlanPtr plan, const Datum *values, long batch);

/*
 * Go on to the next agent, whatever remains of the current one; false at the
 * end.  Rows without an agent_id are nobody's.
 */
extern bool cgae_facts_next_agent(CgaeFacts *facts);

/* Does the agent's next row have no number?  Such rows are no facts. */
extern bool cgae_facts_is_unnumbered(const CgaeFacts *facts);

/* A text column of the agent's next row, to be copied before that is read; NULL: null. */
extern text *cgae_facts_text(const CgaeFacts *facts, int column);

/* The agent's next fact, in a row that is read with it; false after the last. */
extern bool cgae_facts_next(CgaeFacts *facts, CgaeFact *fact);

extern void cgae_facts_close(CgaeFacts *facts);

/* The first column that a statement may add to those of CGAE_FACTS. */
#define CGAE_FACTS_EXTRA_COLUMN 9

#endif							/* CGAE_HISTORY_H */
