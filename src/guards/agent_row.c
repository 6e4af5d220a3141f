/*
 * agent_row.c
 *	  The columns of cgae.agents that the guards know.
 */
#include "postgres.h"

#include "guards/agent_row.h"

const CgaeColumn cgae_agent_columns[CGAE_AGENT_COLUMNS] = {
	[CGAE_AGENT_ID] = {"agent_id", "text"},
	[CGAE_AGENT_MODEL_NAME] = {"model_name", "text"},
	[CGAE_AGENT_ARCHITECTURE_HASH] = {"architecture_hash", "text"},
	[CGAE_AGENT_ARCHITECTURE_DIGEST] = {"architecture_digest", "text"},
	[CGAE_AGENT_MODEL_CONFIG] = {"model_config", "json"},
	[CGAE_AGENT_PROVENANCE] = {"provenance", "jsonb"},
	[CGAE_AGENT_REGISTERED_AT] = {"registered_at", "timestamptz"},
	[CGAE_AGENT_INITIAL_ROBUSTNESS] = {"initial_robustness", "cgae.robustness"},
	[CGAE_AGENT_STATUS] = {"status", "cgae.agent_status"},
	[CGAE_AGENT_HOLDS] = {"holds", "_text"},
	[CGAE_AGENT_CERTIFIED_TIER] = {"certified_tier", "cgae.tier"},
	[CGAE_AGENT_CURRENT_TIER] = {"current_tier", "cgae.tier"},
	[CGAE_AGENT_CURRENT_ROBUSTNESS] = {"current_robustness", "cgae.robustness"},
	[CGAE_AGENT_CERTIFIED_AT] = {"certified_at", "timestamptz"},
	[CGAE_AGENT_LAST_AUDIT_AT] = {"last_audit_at", "timestamptz"},
	[CGAE_AGENT_TIER_DROP_AT] = {"tier_drop_at", "timestamptz"},
	[CGAE_AGENT_OBSERVED_HASH] = {"observed_architecture_hash", "text"},
	[CGAE_AGENT_LAST_SEQ] = {"last_seq", "int4"},
	[CGAE_AGENT_CERTIFICATION_COUNT] = {"certification_count", "int4"},
	[CGAE_AGENT_BALANCE] = {"balance", "numeric"},
	[CGAE_AGENT_TOTAL_EARNED] = {"total_earned", "numeric"},
	[CGAE_AGENT_TOTAL_SPENT] = {"total_spent", "numeric"},
	[CGAE_AGENT_TOTAL_PENALTIES] = {"total_penalties", "numeric"},
	[CGAE_AGENT_TOTAL_TOPUPS] = {"total_topups", "numeric"},
	[CGAE_AGENT_CONTRACTS_COMPLETED] = {"contracts_completed", "int8"},
	[CGAE_AGENT_CONTRACTS_FAILED] = {"contracts_failed", "int8"},
	[CGAE_AGENT_DEREGISTERED_AT] = {"deregistered_at", "timestamptz"},
	[CGAE_AGENT_RECORDED_AT] = {"recorded_at", "timestamptz"},
	[CGAE_AGENT_RATED_POLICY] = {"rated_policy", "int4"},
};
