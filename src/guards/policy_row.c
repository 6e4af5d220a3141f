/*
 * policy_row.c
 *	  The columns of cgae.gate_policies.
 */
#include "postgres.h"

#include "guards/policy_row.h"

const CgaeColumn cgae_policy_columns[CGAE_POLICY_COLUMNS] = {
	[CGAE_POLICY_CC] = {"cc", "_float8"},
	[CGAE_POLICY_ER] = {"er", "_float8"},
	[CGAE_POLICY_AS] = {"as_", "_float8"},
	[CGAE_POLICY_IH_THRESHOLD] = {"ih_threshold", "float8"},
	[CGAE_POLICY_BUDGET_CEILINGS] = {"budget_ceilings", "_numeric"},
	[CGAE_POLICY_AUDIT_INTENSITIES] = {"audit_intensities", "_float8"},
	[CGAE_POLICY_DECAY_RATE] = {"decay_rate", "float8"},
	[CGAE_POLICY_TIME_STEP] = {"time_step", "interval"},
	[CGAE_POLICY_NOTE] = {"note", "text"},
	[CGAE_POLICY_VERSION] = {"version", "int4"},
	[CGAE_POLICY_EFFECTIVE_FROM] = {"effective_from", "timestamptz"},
	[CGAE_POLICY_ACTOR] = {"actor", "text"},
	[CGAE_POLICY_DIGEST] = {"digest", "bytea"},
};
