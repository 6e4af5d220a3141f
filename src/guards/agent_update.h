/*
 * agent_update.h
 *	  What a client asks for by updating a row of cgae.agents.
 */
#ifndef CGAE_AGENT_UPDATE_H
#define CGAE_AGENT_UPDATE_H

#include "commands/trigger.h"
#include "guards/agent.h"

/* Check what a client changes by itself; true when it also asks for a change of state. */
extern bool cgae_agent_is_requested(const CgaeRow *new, const CgaeRow *old);

/* Make the changes of state that a client asks for: returns the row to store. */
extern HeapTuple cgae_agent_request(TriggerData *trigdata, const CgaeShape *shape,
									const CgaeRow *old, const CgaeRow *new);

#endif							/* CGAE_AGENT_UPDATE_H */
