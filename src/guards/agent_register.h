/*
 * agent_register.h
 *	  A new row of cgae.agents.
 */
#ifndef CGAE_AGENT_REGISTER_H
#define CGAE_AGENT_REGISTER_H

#include "commands/trigger.h"
#include "guards/agent.h"

/* Before the insert: a pending agent, T0, no holds, its architecture hashed. */
extern HeapTuple cgae_agent_before_insert(TriggerData *trigdata, const CgaeShape *shape);

/*
 * After it: the registration becomes number 1 of the history.  Not before the row
 * is stored, so that ON CONFLICT DO NOTHING writes none.
 */
extern void cgae_agent_after_insert(TriggerData *trigdata, const CgaeShape *shape);

#endif							/* CGAE_AGENT_REGISTER_H */
