/*
 * check_fact.h
 *	  One fact of a history, and what follows from those before it.
 */
#ifndef CGAE_CHECK_FACT_H
#define CGAE_CHECK_FACT_H

#include "check/check.h"
#include "core/lifecycle_core.h"
#include "guards/holds.h"
#include "utils/jsonb.h"

/* One row of certifications or agent_events.  A null string is NULL, a null tier or status -1. */
typedef struct CgaeCheckFact
{
	bool		is_certification;
	int32		seq;
	const char *type;			/* of an event, or the outcome of a certification */
	TimestampTz at;
	TimestampTz recorded_at;
	/* of an event */
	Jsonb	   *data;
	/* of a certification */
	const CgaeRobustness *robustness;
	int			tier;
	int			previous_tier;
	int			status;
	bool		is_demotion;
	const char *observed;
	int32		policy_version; /* 0: null */
} CgaeCheckFact;

/* What follows from the history so far. */
typedef struct CgaeReplay
{
	int32		last_seq;
	bool		registered;
	TimestampTz registered_at;
	TimestampTz recorded_at;
	CgaeStatus	status;
	CgaeHolds	holds;
	const char *architecture;	/* 64 hex digits, or 16; NULL: not told */
	bool		is_configured;	/* it was computed from a model_config that stays */
	const char *observed;
	int32		certifications;
	CgaeRobustness initial;
	CgaeRobustness robustness;
	TimestampTz certified_at;	/* DT_NOBEGIN: never */
	int			certified_tier; /* -1: never */
	int			current_tier;
	int32		policy_version; /* that judged last */
	bool		demotion_due;	/* the last fact was a demotion, its event must follow */
	int			demoted_from;
	bool		deregistered;
	TimestampTz deregistered_at;
} CgaeReplay;

/* Position of a label, -1 when it is none. */
extern int	cgae_label_index(const char *label, const char *const *labels, int count);

/* A string of an event's data, NULL when there is none. */
extern const char *cgae_fact_text(const CgaeCheckFact *fact, const char *key);

/* Is a number of an event's data this one? */
extern bool cgae_fact_number_is(const CgaeCheckFact *fact, const char *key, int32 number);

/* A tier of an event's data, -1 when there is none. */
extern int	cgae_fact_tier(const CgaeCheckFact *fact, const char *key);

/* A set of holds of an event's data; false when it is none. */
extern bool cgae_fact_holds(const CgaeCheckFact *fact, const char *key, CgaeHolds *holds);

#endif							/* CGAE_CHECK_FACT_H */
