/*
 * agent_fault.h
 *	  What about an agent's row cannot be read.
 *
 * Guards let no such row in, but replication, an edited dump and an owner who
 * disables them do.  Such an agent counts as T0 everywhere: sweeps and
 * publications pass it by and leave it as it is, so that nothing else may rest
 * on the tier that it shows.  Suspension and deregistration reach it all the
 * same (agent.h).
 */
#ifndef CGAE_AGENT_FAULT_H
#define CGAE_AGENT_FAULT_H

#include "core/gate_core.h"
#include "datatype/timestamp.h"
#include "utils/array.h"

typedef enum CgaeFault
{
	CGAE_READABLE,
	CGAE_FAULT_STATUS,
	CGAE_FAULT_TIER,
	CGAE_FAULT_ROBUSTNESS,
	CGAE_FAULT_CERTIFIED_AT,
	CGAE_FAULT_HOLDS,
	CGAE_FAULT_HASH,
	CGAE_FAULT_LAST_SEQ
} CgaeFault;

/* The columns of cgae.agents that every judgement needs. */
typedef struct CgaeAgentState
{
	int			status;			/* -1: null, or no status */
	int			current_tier;	/* -1: null, or no tier */
	const CgaeRobustness *robustness;	/* NULL: null */
	bool		has_certified_at;
	TimestampTz certified_at;	/* where it has one */
	ArrayType  *holds;			/* NULL: null */
	int32		last_seq;		/* 0: null */
	const text *hash;			/* NULL: null; of the digest it is the beginning */
} CgaeAgentState;

/* The first of them that cannot be read.  Never raises. */
extern CgaeFault cgae_agent_find_fault(const CgaeAgentState *state);

/* In words, to follow the agent's name and "cannot be read:"; NULL for CGAE_READABLE. */
extern const char *cgae_fault_in_words(CgaeFault fault);

#endif							/* CGAE_AGENT_FAULT_H */
