/*
 * registry_columns.c
 *	  The registry's tables and their columns, as create_registry() makes them.
 */
#include "postgres.h"

#include "catalog/pg_attribute.h"

#include "server/registry_columns.h"

#define REQUIRED(name, type) {name, type, true, '\0'}
#define OPTIONAL(name, type) {name, type, false, '\0'}
#define END_OF_COLUMNS {NULL, NULL, false, '\0'}

static const CgaeTableColumn agent_columns[] = {
	REQUIRED("agent_id", "text"), REQUIRED("model_name", "text"),
	REQUIRED("architecture_hash", "text"), OPTIONAL("architecture_digest", "text"),
	OPTIONAL("model_config", "json"), REQUIRED("provenance", "jsonb"),
	OPTIONAL("wallet_address", "text"), REQUIRED("registered_at", "timestamptz"),
	REQUIRED("initial_robustness", "cgae.robustness"), REQUIRED("status", "cgae.agent_status"),
	REQUIRED("holds", "_text"), OPTIONAL("certified_tier", "cgae.tier"),
	REQUIRED("current_tier", "cgae.tier"), OPTIONAL("current_robustness", "cgae.robustness"),
	OPTIONAL("certified_at", "timestamptz"), OPTIONAL("last_audit_at", "timestamptz"),
	OPTIONAL("tier_drop_at", "timestamptz"), OPTIONAL("observed_architecture_hash", "text"),
	REQUIRED("last_seq", "int4"), REQUIRED("certification_count", "int4"),
	REQUIRED("balance", "numeric"), REQUIRED("total_earned", "numeric"),
	REQUIRED("total_spent", "numeric"), REQUIRED("total_penalties", "numeric"),
	REQUIRED("total_topups", "numeric"), REQUIRED("contracts_completed", "int8"),
	REQUIRED("contracts_failed", "int8"), OPTIONAL("deregistered_at", "timestamptz"),
	REQUIRED("recorded_at", "timestamptz"), REQUIRED("rated_policy", "int4"),
	END_OF_COLUMNS
};

static const CgaeTableColumn certification_columns[] = {
	REQUIRED("agent_id", "text"), REQUIRED("seq", "int4"), REQUIRED("outcome", "text"),
	OPTIONAL("robustness", "cgae.robustness"), OPTIONAL("tier", "cgae.tier"),
	OPTIONAL("previous_tier", "cgae.tier"), REQUIRED("audit_type", "text"),
	REQUIRED("audit_details", "jsonb"), OPTIONAL("observed_architecture_hash", "text"),
	REQUIRED("certified_at", "timestamptz"), OPTIONAL("policy_version", "int4"),
	REQUIRED("auditor", "text"), REQUIRED("recorded_at", "timestamptz"),
	REQUIRED("status", "cgae.agent_status"), OPTIONAL("request_id", "text"),
	END_OF_COLUMNS
};

static const CgaeTableColumn event_columns[] = {
	REQUIRED("agent_id", "text"), REQUIRED("seq", "int4"), REQUIRED("type", "text"),
	REQUIRED("occurred_at", "timestamptz"), REQUIRED("data", "jsonb"), REQUIRED("actor", "text"),
	REQUIRED("recorded_at", "timestamptz"),
	END_OF_COLUMNS
};

static const CgaeTableColumn policy_columns[] = {
	REQUIRED("version", "int4"), REQUIRED("cc", "_float8"), REQUIRED("er", "_float8"),
	REQUIRED("as_", "_float8"), REQUIRED("ih_threshold", "float8"),
	REQUIRED("budget_ceilings", "_numeric"), REQUIRED("audit_intensities", "_float8"),
	REQUIRED("decay_rate", "float8"), REQUIRED("time_step", "interval"),
	REQUIRED("effective_from", "timestamptz"), REQUIRED("note", "text"),
	REQUIRED("actor", "text"), REQUIRED("digest", "bytea"),
	END_OF_COLUMNS
};

static const CgaeTableColumn seed_columns[] = {
	REQUIRED("epoch", "int4"), REQUIRED("secret", "bytea"),
	{"commitment", "text", true, ATTRIBUTE_GENERATED_STORED}, REQUIRED("created_at", "timestamptz"),
	OPTIONAL("revealed_at", "timestamptz"), REQUIRED("actor", "text"),
	END_OF_COLUMNS
};

static const CgaeTableColumn layout_columns[] = {
	REQUIRED("version", "int4"), REQUIRED("installed_at", "timestamptz"),
	END_OF_COLUMNS
};

static const CgaeTableColumn expiring_columns[] = {
	REQUIRED("agent_id", "text"), REQUIRED("model_name", "text"),
	REQUIRED("current_tier", "cgae.tier"), REQUIRED("effective_tier", "cgae.tier"),
	REQUIRED("tier_drop_at", "timestamptz"), REQUIRED("falls_to", "cgae.tier"),
	REQUIRED("time_left", "interval"),
	END_OF_COLUMNS
};

const char *const cgae_relation_names[CGAE_RELATIONS] = {
	[CGAE_AGENTS] = "agents",
	[CGAE_CERTIFICATIONS] = "certifications",
	[CGAE_AGENT_EVENTS] = "agent_events",
	[CGAE_GATE_POLICIES] = "gate_policies",
	[CGAE_AUDIT_SEEDS] = "audit_seeds",
	[CGAE_REGISTRY_LAYOUT] = "registry_layout",
	[CGAE_AUDIT_EPOCHS] = "audit_epochs",
	[CGAE_EXPIRING_AGENTS] = "expiring_agents",
};

const CgaeTableColumn *const cgae_relation_columns[CGAE_RELATIONS] = {
	[CGAE_AGENTS] = agent_columns,
	[CGAE_CERTIFICATIONS] = certification_columns,
	[CGAE_AGENT_EVENTS] = event_columns,
	[CGAE_GATE_POLICIES] = policy_columns,
	[CGAE_AUDIT_SEEDS] = seed_columns,
	[CGAE_REGISTRY_LAYOUT] = layout_columns,
	[CGAE_AUDIT_EPOCHS] = seed_columns, /* the same */
	[CGAE_EXPIRING_AGENTS] = expiring_columns,
};
