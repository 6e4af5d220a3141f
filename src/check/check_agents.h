/*
 * check_agents.h
 *	  Every agent's row against its history.
 */
#ifndef CGAE_CHECK_AGENTS_H
#define CGAE_CHECK_AGENTS_H

#include "check/check.h"

/*
 * Report what contradicts, agent by agent; the policies must have been read.
 * Between cgae_statement_begin() and _end().
 */
extern void cgae_check_agents(FunctionCallInfo fcinfo, CgaeCheck *check);

#endif							/* CGAE_CHECK_AGENTS_H */
