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

#include "check/check_fact.h"

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
