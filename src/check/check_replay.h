/*
 * check_replay.h
 *	  One agent's history, replayed by the rules of the registry and
 *	  compared with what was recorded.
 *
 * For cgae.check_registry() alone.  Shares the gate, the lifecycle, holds and
 * decay with the guards; nothing here trusts what it reads, for it may have
 * been written while they were disabled.
 */
#ifndef CGAE_CHECK_REPLAY_H
#define CGAE_CHECK_REPLAY_H

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

extern void cgae_replay_begin(CgaeReplay *replay);

/*
 * Take in the next fact, reporting what contradicts the history before it.
 * Goes on from what the row says, so that one false value is told once.
 * Allocates in, and keeps pointers into, the current context.
 */
extern void cgae_replay_add(CgaeCheck *check, CgaeReplay *replay, const CgaeCheckFact *fact);

/* The history ends: report what is missing. */
extern void cgae_replay_end(CgaeCheck *check, const CgaeReplay *replay);

/*
 * Is this an instant at which decay brings the agent below its current tier,
 * under one of the policies since its certification?  NULL: it never does.
 * Off by no more than the rounding of exp(), which may differ between libraries.
 */
extern bool cgae_replay_explains_drop(const CgaeCheck *check, const CgaeReplay *replay,
									  const TimestampTz *tier_drop_at);

#endif							/* CGAE_CHECK_REPLAY_H */
