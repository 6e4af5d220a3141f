-- cgae 1.0: types, functions, operators.  The tables come from
-- cgae.create_registry(), run by their owner: see src/registry_ddl.c.
--
-- This script runs as superuser in a trusted install.  It must not execute any
-- function, cast or operator of its own, and every name in it is qualified.

\echo Use "CREATE EXTENSION cgae" to load this file. \quit

CREATE SCHEMA cgae;
COMMENT ON SCHEMA cgae IS 'comprehension-gated agent economy: robustness type, gate, architecture hash and agent registry';
-- PUBLIC needs the names only; authority is privileges on tables and columns.
GRANT USAGE ON SCHEMA cgae TO PUBLIC;
-- the installing user must be able to run cgae.create_registry()
GRANT USAGE, CREATE ON SCHEMA cgae TO @extowner@;

---------------------------------------------------------------------------
-- Enums
---------------------------------------------------------------------------

CREATE TYPE cgae.tier AS ENUM ('T0', 'T1', 'T2', 'T3', 'T4', 'T5');
COMMENT ON TYPE cgae.tier IS 'economic permission tier, T0 (none) < T1 < ... < T5 (self-modification)';

CREATE TYPE cgae.agent_status AS ENUM ('pending', 'active', 'suspended', 'expired', 'deregistered');
COMMENT ON TYPE cgae.agent_status IS 'lifecycle status of an agent; deregistered is terminal';

---------------------------------------------------------------------------
-- Robustness type                                          src/robustness.c
---------------------------------------------------------------------------

---------------------------------------------------------------------------
-- Gate                                                           src/gate.c
---------------------------------------------------------------------------

---------------------------------------------------------------------------
-- Architecture hash                                      src/architecture.c
---------------------------------------------------------------------------

CREATE FUNCTION cgae.canonical_json(config pg_catalog.json) RETURNS pg_catalog.text
  AS 'MODULE_PATHNAME', 'cgae_canonical_json'
  LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION cgae.canonical_json(pg_catalog.json) IS 'canonical JSON: the JSON text as Python''s json.dumps(json.loads(text), sort_keys=True) writes it';

CREATE FUNCTION cgae.architecture_hash(config pg_catalog.json) RETURNS pg_catalog.text
  AS 'MODULE_PATHNAME', 'cgae_architecture_hash'
  LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION cgae.architecture_hash(pg_catalog.json) IS 'architecture hash: the first 16 hex digits of architecture_digest(json)';

CREATE FUNCTION cgae.architecture_digest(config pg_catalog.json) RETURNS pg_catalog.text
  AS 'MODULE_PATHNAME', 'cgae_architecture_digest'
  LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION cgae.architecture_digest(pg_catalog.json) IS 'SHA-256 of canonical_json(json), 64 hex digits';

CREATE FUNCTION cgae.canonical_jsonb(config pg_catalog.jsonb) RETURNS pg_catalog.text
  AS 'MODULE_PATHNAME', 'cgae_canonical_jsonb'
  LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION cgae.canonical_jsonb(pg_catalog.jsonb) IS 'canonical JSON of what jsonb kept: its numbers are normalised (1e5 is the integer 100000), so it may differ from canonical_json';

CREATE FUNCTION cgae.architecture_hash_jsonb(config pg_catalog.jsonb) RETURNS pg_catalog.text
  AS 'MODULE_PATHNAME', 'cgae_architecture_hash_jsonb'
  LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION cgae.architecture_hash_jsonb(pg_catalog.jsonb) IS 'the first 16 hex digits of architecture_digest_jsonb(jsonb)';

CREATE FUNCTION cgae.architecture_digest_jsonb(config pg_catalog.jsonb) RETURNS pg_catalog.text
  AS 'MODULE_PATHNAME', 'cgae_architecture_digest_jsonb'
  LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION cgae.architecture_digest_jsonb(pg_catalog.jsonb) IS 'SHA-256 of canonical_jsonb(jsonb), 64 hex digits: of what jsonb kept, not of the text it was made from';

---------------------------------------------------------------------------
-- Guards (trigger functions)                                src/trigger_*.c
---------------------------------------------------------------------------

CREATE FUNCTION cgae.guard_agents() RETURNS pg_catalog.trigger
  AS 'MODULE_PATHNAME', 'cgae_guard_agents' LANGUAGE c VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION cgae.guard_agents() IS 'guard of cgae.agents: derives all state, logs events, refuses what a client may not set';

CREATE FUNCTION cgae.guard_certifications() RETURNS pg_catalog.trigger
  AS 'MODULE_PATHNAME', 'cgae_guard_certifications' LANGUAGE c VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION cgae.guard_certifications() IS 'guard of cgae.certifications: judges a certification under the lock of its agent';

CREATE FUNCTION cgae.guard_events() RETURNS pg_catalog.trigger
  AS 'MODULE_PATHNAME', 'cgae_guard_events' LANGUAGE c VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION cgae.guard_events() IS 'guard of cgae.agent_events: lets in what the registry writes, nothing else';

CREATE FUNCTION cgae.guard_policies() RETURNS pg_catalog.trigger
  AS 'MODULE_PATHNAME', 'cgae_guard_policies' LANGUAGE c VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION cgae.guard_policies() IS 'guard of cgae.gate_policies: numbers and validates a policy, and makes every session read it';

CREATE FUNCTION cgae.guard_append_only() RETURNS pg_catalog.trigger
  AS 'MODULE_PATHNAME', 'cgae_guard_append_only' LANGUAGE c VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION cgae.guard_append_only() IS 'refuses update, delete and truncate of what the registry keeps';

-- who installs may hang the guards on tables: create_registry() and a restore do
REVOKE EXECUTE ON FUNCTION cgae.guard_agents(), cgae.guard_certifications(), cgae.guard_events(),
  cgae.guard_policies(), cgae.guard_append_only() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION cgae.guard_agents(), cgae.guard_certifications(), cgae.guard_events(),
  cgae.guard_policies(), cgae.guard_append_only() TO @extowner@;

---------------------------------------------------------------------------
-- Registry and application functions                       src/registry_*.c
---------------------------------------------------------------------------

CREATE FUNCTION cgae.create_registry() RETURNS pg_catalog.void
  AS 'MODULE_PATHNAME', 'cgae_create_registry' LANGUAGE c VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION cgae.create_registry() IS 'make the registry''s tables, triggers and views, owned by the caller; once per database';

CREATE FUNCTION cgae.grant_access(role pg_catalog.text, level pg_catalog.text) RETURNS pg_catalog.void
  AS 'MODULE_PATHNAME', 'cgae_grant_access' LANGUAGE c VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION cgae.grant_access(pg_catalog.text, pg_catalog.text) IS 'make a role a reader, registrar, auditor or operator of the registry; levels add up';

CREATE FUNCTION cgae.revoke_access(role pg_catalog.text, level pg_catalog.text DEFAULT NULL) RETURNS pg_catalog.void
  AS 'MODULE_PATHNAME', 'cgae_revoke_access' LANGUAGE c VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION cgae.revoke_access(pg_catalog.text, pg_catalog.text) IS 'take a level of access away from a role, or all of them (level null)';

CREATE FUNCTION cgae.register_agent(
    model_name pg_catalog.text,
    model_config pg_catalog.json,
    provenance pg_catalog.jsonb DEFAULT '{}',
    initial_balance pg_catalog.numeric DEFAULT 0,
    agent_id pg_catalog.text DEFAULT NULL,
    registered_at pg_catalog.timestamptz DEFAULT pg_catalog.now(),
    wallet_address pg_catalog.text DEFAULT NULL) RETURNS pg_catalog.text
  AS 'MODULE_PATHNAME', 'cgae_register_agent' LANGUAGE c VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION cgae.register_agent(pg_catalog.text, pg_catalog.json, pg_catalog.jsonb, pg_catalog.numeric, pg_catalog.text, pg_catalog.timestamptz, pg_catalog.text) IS 'register an agent, pending at T0; returns its id, generated when not given';

CREATE FUNCTION cgae.certify(
    agent_id pg_catalog.text,
    robustness cgae.robustness,
    audit_type pg_catalog.text DEFAULT 'registration',
    observed_architecture_hash pg_catalog.text DEFAULT NULL,
    audit_details pg_catalog.jsonb DEFAULT '{}',
    certified_at pg_catalog.timestamptz DEFAULT NULL,
    OUT outcome pg_catalog.text,
    OUT agent_id pg_catalog.text,
    OUT seq pg_catalog.int4,
    OUT tier cgae.tier,
    OUT status cgae.agent_status,
    OUT previous_tier cgae.tier)
  AS 'MODULE_PATHNAME', 'cgae_certify' LANGUAGE c VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION cgae.certify(pg_catalog.text, cgae.robustness, pg_catalog.text, pg_catalog.text, pg_catalog.jsonb, pg_catalog.timestamptz) IS 'record an audit: certifies the agent at the tier of its vector, or suspends it when the observed architecture differs';

CREATE FUNCTION cgae.demote(
    agent_id pg_catalog.text,
    new_robustness cgae.robustness,
    reason pg_catalog.text DEFAULT 'spot_audit_failure',
    certified_at pg_catalog.timestamptz DEFAULT NULL,
    OUT outcome pg_catalog.text,
    OUT agent_id pg_catalog.text,
    OUT seq pg_catalog.int4,
    OUT tier cgae.tier,
    OUT status cgae.agent_status,
    OUT previous_tier cgae.tier)
  AS 'MODULE_PATHNAME', 'cgae_demote' LANGUAGE c VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION cgae.demote(pg_catalog.text, cgae.robustness, pg_catalog.text, pg_catalog.timestamptz) IS 'record an audit that lowers the agent''s tier; refused when it does not';

CREATE FUNCTION cgae.observe_architecture(agent_id pg_catalog.text, observed_hash pg_catalog.text) RETURNS pg_catalog.bool
  AS 'MODULE_PATHNAME', 'cgae_observe_architecture' LANGUAGE c VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION cgae.observe_architecture(pg_catalog.text, pg_catalog.text) IS 'heartbeat: true when the observed hash is the registered one; false, and the agent suspended, when it differs';

CREATE FUNCTION cgae.update_architecture(agent_id pg_catalog.text, model_config pg_catalog.json) RETURNS cgae.agent_status
  AS 'MODULE_PATHNAME', 'cgae_update_architecture' LANGUAGE c VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION cgae.update_architecture(pg_catalog.text, pg_catalog.json) IS 'register a new architecture; suspends a certified agent until it is audited again';

CREATE FUNCTION cgae.suspend(agent_id pg_catalog.text, hold pg_catalog.text) RETURNS cgae.agent_status
  AS 'MODULE_PATHNAME', 'cgae_suspend' LANGUAGE c VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION cgae.suspend(pg_catalog.text, pg_catalog.text) IS 'suspend an agent for a reason of the operator''s; returns its status';

CREATE FUNCTION cgae.reinstate(agent_id pg_catalog.text, hold pg_catalog.text) RETURNS cgae.agent_status
  AS 'MODULE_PATHNAME', 'cgae_reinstate' LANGUAGE c VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION cgae.reinstate(pg_catalog.text, pg_catalog.text) IS 'lift an operator''s hold; returns the status, still suspended while another hold stands';

CREATE FUNCTION cgae.deregister_agent(agent_id pg_catalog.text, at pg_catalog.timestamptz DEFAULT NULL) RETURNS cgae.agent_status
  AS 'MODULE_PATHNAME', 'cgae_deregister_agent' LANGUAGE c VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION cgae.deregister_agent(pg_catalog.text, pg_catalog.timestamptz) IS 'end an agent''s participation for good; repeating it changes nothing';

CREATE FUNCTION cgae.agent_record(agent_id pg_catalog.text) RETURNS pg_catalog.jsonb
  AS 'MODULE_PATHNAME', 'cgae_agent_record' LANGUAGE c STABLE PARALLEL SAFE;
COMMENT ON FUNCTION cgae.agent_record(pg_catalog.text) IS 'record document of an agent; times in seconds since 1970';

CREATE FUNCTION cgae.audit_cid(agent_id pg_catalog.text) RETURNS pg_catalog.text
  AS 'MODULE_PATHNAME', 'cgae_audit_cid' LANGUAGE c STABLE PARALLEL SAFE;
COMMENT ON FUNCTION cgae.audit_cid(pg_catalog.text) IS 'newest non-empty storage_root_hash in the details of an agent''s certifications, or null';

CREATE FUNCTION cgae.tier_distribution(OUT tier cgae.tier, OUT agents pg_catalog.int8) RETURNS SETOF pg_catalog.record
  AS 'MODULE_PATHNAME', 'cgae_tier_distribution' LANGUAGE c STABLE PARALLEL SAFE ROWS 6;
COMMENT ON FUNCTION cgae.tier_distribution() IS 'number of active agents of each current tier, T0 to T5';

CREATE FUNCTION cgae.agents_by_tier(
    tier cgae.tier,
    OUT agent_id pg_catalog.text,
    OUT model_name pg_catalog.text,
    OUT certified_at pg_catalog.timestamptz,
    OUT balance pg_catalog.numeric) RETURNS SETOF pg_catalog.record
  AS 'MODULE_PATHNAME', 'cgae_agents_by_tier' LANGUAGE c STABLE PARALLEL SAFE;
COMMENT ON FUNCTION cgae.agents_by_tier(cgae.tier) IS 'active agents of a current tier, by agent_id';
