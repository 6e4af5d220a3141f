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

---------------------------------------------------------------------------
-- Registry and application functions                       src/registry_*.c
---------------------------------------------------------------------------
