/*
 * agent_limits.h
 *	  Limits of the columns that clients of cgae.agents set freely.
 */
#ifndef CGAE_AGENT_LIMITS_H
#define CGAE_AGENT_LIMITS_H

#include "server/table_shape.h"

/*
 * Refuse (check_violation) a blank model_name, a provenance that is no JSON
 * object, money or a counter that is negative or not finite; only columns that
 * changed are looked at.  old is NULL on insert.
 */
extern void cgae_agent_check_limits(const CgaeRow *new, const CgaeRow *old, const char *agent_id);

#endif							/* CGAE_AGENT_LIMITS_H */
