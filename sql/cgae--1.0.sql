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

---------------------------------------------------------------------------
-- Guards (trigger functions)                                src/trigger_*.c
---------------------------------------------------------------------------

---------------------------------------------------------------------------
-- Registry and application functions                       src/registry_*.c
---------------------------------------------------------------------------
