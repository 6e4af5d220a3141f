/*
 * agent_steps.h
 *	  The steps of which everything consists that can happen to an agent.
 *
 * For the files agent_*.c alone, which apply the rules to a row in memory under its
 * lock (agent.h).
 */
#ifndef CGAE_AGENT_STEPS_H
#define CGAE_AGENT_STEPS_H

#include "guards/agent.h"
#include "server/jsonb_object.h"

/*
 * Begin the next fact of the agent's history: its number, and when it is
 * recorded, in that order whatever the clock does.
 */
extern int32 cgae_agent_next_seq(CgaeAgent *agent);

/*
 * Collect an event; every one that can change the status tells it.  Where the
 * history has no number left, authority is taken away all the same: better
 * unrecorded than not at all.
 */
extern void cgae_agent_add_event(CgaeAgent *agent, const char *type, TimestampTz occurred_at,
								 CgaeObject *data);

/* Status after something that leaves the holds as they now are. */
extern CgaeStatus cgae_agent_next_status(const CgaeAgent *agent, CgaeTransition transition);

/*
 * Refuse (check_violation) an instant before registration or the last
 * certification, or in the future.
 */
extern void cgae_agent_check_time(const CgaeAgent *agent, const char *table, const char *column,
								  TimestampTz at);

/*
 * An observed hash that differs: suspended until a matching audit passes.
 * Tested by test/specs/certify_drift.spec and the test drift.
 */
extern void cgae_agent_suspend_for_drift(CgaeAgent *agent, const char *observed);

/* Store when decay next lowers the current tier: null when it never does. */
extern void cgae_agent_store_tier_drop(CgaeAgent *agent, const CgaePolicy *policy);

#endif							/* CGAE_AGENT_STEPS_H */
