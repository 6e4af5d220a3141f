/*
 * policy_row.h
 *	  The columns of cgae.gate_policies.
 */
#ifndef CGAE_POLICY_ROW_H
#define CGAE_POLICY_ROW_H

#include "server/table_shape.h"

/* The first ones are publish_policy()'s arguments. */
typedef enum CgaePolicyColumn
{
	CGAE_POLICY_CC,
	CGAE_POLICY_ER,
	CGAE_POLICY_AS,
	CGAE_POLICY_IH_THRESHOLD,
	CGAE_POLICY_BUDGET_CEILINGS,
	CGAE_POLICY_AUDIT_INTENSITIES,
	CGAE_POLICY_DECAY_RATE,
	CGAE_POLICY_TIME_STEP,
	CGAE_POLICY_NOTE,
	CGAE_POLICY_VERSION,
	CGAE_POLICY_EFFECTIVE_FROM,
	CGAE_POLICY_ACTOR,
	CGAE_POLICY_DIGEST,
	CGAE_POLICY_COLUMNS
} CgaePolicyColumn;

extern const CgaeColumn cgae_policy_columns[CGAE_POLICY_COLUMNS];

#endif							/* CGAE_POLICY_ROW_H */
