/*
 * agent_columns.h
 *	  Which columns of cgae.agents are the registry's to derive.
 *
 * A column that the guards do not name is the user's, and passes as it is.
 */
#ifndef CGAE_AGENT_COLUMNS_H
#define CGAE_AGENT_COLUMNS_H

#include "commands/trigger.h"
#include "guards/agent.h"

/* Columns by which a client asks for a change of state. */
#define CGAE_REQUEST_COLUMNS 8
extern const CgaeAgentColumn cgae_request_columns[CGAE_REQUEST_COLUMNS];

/* Refuse (generated_always) a value for a column that the guard derives. */
extern void cgae_agent_refuse_derived(CgaeAgentColumn column, const char *agent_id);

/* The same for a row in which a column differs that clients never write. */
extern void cgae_agent_check_derived(const CgaeRow *new, const CgaeRow *old,
									 const char *agent_id);

/* Open the new row with everything that the guard derives as it was. */
extern void cgae_agent_open_unchanged(CgaeAgent *agent, const CgaeShape *shape,
									  TriggerData *trigdata, const CgaeRow *old);

#endif							/* CGAE_AGENT_COLUMNS_H */
