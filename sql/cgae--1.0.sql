-- cgae 1.0: types, functions, operators.  The tables come from
-- cgae.create_registry(), run by their owner: see sql/registry/.
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
-- Robustness type                              src/types/robustness.c
---------------------------------------------------------------------------

CREATE TYPE cgae.robustness;

CREATE FUNCTION cgae.robustness_in(pg_catalog.cstring) RETURNS cgae.robustness
  LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cgae_robustness_in';
COMMENT ON FUNCTION cgae.robustness_in(pg_catalog.cstring) IS
  'input of cgae.robustness: (cc,er,as,ih) or {"cc": .., "er": .., "as": .., "ih": ..}, each in [0,1]';

CREATE FUNCTION cgae.robustness_out(cgae.robustness) RETURNS pg_catalog.cstring
  LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cgae_robustness_out';
COMMENT ON FUNCTION cgae.robustness_out(cgae.robustness) IS
  'output of cgae.robustness: (cc,er,as,ih), digits as few as give the same doubles';

CREATE FUNCTION cgae.robustness_recv(pg_catalog.internal) RETURNS cgae.robustness
  LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cgae_robustness_recv';
COMMENT ON FUNCTION cgae.robustness_recv(pg_catalog.internal) IS
  'binary input of cgae.robustness, 33 bytes: a byte 1 (the version), then cc, er, as and ih as IEEE 754 doubles of 8 bytes, most significant byte first; checked as text is';

CREATE FUNCTION cgae.robustness_send(cgae.robustness) RETURNS pg_catalog.bytea
  LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cgae_robustness_send';
COMMENT ON FUNCTION cgae.robustness_send(cgae.robustness) IS
  'binary output of cgae.robustness, 33 bytes: a byte 1 (the version), then cc, er, as and ih as IEEE 754 doubles of 8 bytes, most significant byte first';

CREATE TYPE cgae.robustness (
  INPUT = cgae.robustness_in,
  OUTPUT = cgae.robustness_out,
  RECEIVE = cgae.robustness_recv,
  SEND = cgae.robustness_send,
  INTERNALLENGTH = 32,
  ALIGNMENT = double,
  STORAGE = plain,
  CATEGORY = 'U'
);
COMMENT ON TYPE cgae.robustness IS 'verified robustness (cc,er,as,ih), four doubles in [0,1]';

-- Made from scores, and taken apart

CREATE FUNCTION cgae.robustness(
  cc pg_catalog.float8,
  er pg_catalog.float8,
  as_ pg_catalog.float8,
  ih pg_catalog.float8) RETURNS cgae.robustness
  LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cgae_robustness';
COMMENT ON FUNCTION cgae.robustness(pg_catalog.float8, pg_catalog.float8, pg_catalog.float8, pg_catalog.float8) IS
  'a robustness vector from its four scores, each in [0,1], -0 taken as 0; NaN or another value is numeric_value_out_of_range; null when one is null (CGAE, arXiv 2603.15639, definition of R)';

CREATE FUNCTION cgae.cc(r cgae.robustness) RETURNS pg_catalog.float8
  LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cgae_cc';
COMMENT ON FUNCTION cgae.cc(cgae.robustness) IS
  'constraint compliance of a vector, in [0,1]; null for null';

CREATE FUNCTION cgae.er(r cgae.robustness) RETURNS pg_catalog.float8
  LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cgae_er';
COMMENT ON FUNCTION cgae.er(cgae.robustness) IS
  'epistemic robustness of a vector, in [0,1]; null for null';

CREATE FUNCTION cgae.as_(r cgae.robustness) RETURNS pg_catalog.float8
  LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cgae_as_';
COMMENT ON FUNCTION cgae.as_(cgae.robustness) IS
  'behavioural alignment of a vector, in [0,1]; null for null; named so since AS is a reserved word';

CREATE FUNCTION cgae.ih(r cgae.robustness) RETURNS pg_catalog.float8
  LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cgae_ih';
COMMENT ON FUNCTION cgae.ih(cgae.robustness) IS
  'intrinsic-hallucination integrity of a vector, in [0,1]; null for null; a switch in the gate, not a step';

CREATE FUNCTION cgae.weakest(r cgae.robustness) RETURNS pg_catalog.float8
  LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cgae_weakest';
COMMENT ON FUNCTION cgae.weakest(cgae.robustness) IS
  'the least of cc, er and as, in [0,1], the link that counts in the gate and in aggregate_safety(); null for null';

-- Comparison: lexicographic by cc, er, as, ih.  Leakproof, since it cannot fail:
-- a table with row security may use its indexes.

CREATE FUNCTION cgae.robustness_eq(cgae.robustness, cgae.robustness) RETURNS pg_catalog.bool
  LANGUAGE C IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE AS 'MODULE_PATHNAME', 'cgae_robustness_eq';
COMMENT ON FUNCTION cgae.robustness_eq(cgae.robustness, cgae.robustness) IS 'implementation of = operator';

CREATE FUNCTION cgae.robustness_ne(cgae.robustness, cgae.robustness) RETURNS pg_catalog.bool
  LANGUAGE C IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE AS 'MODULE_PATHNAME', 'cgae_robustness_ne';
COMMENT ON FUNCTION cgae.robustness_ne(cgae.robustness, cgae.robustness) IS 'implementation of <> operator';

CREATE FUNCTION cgae.robustness_lt(cgae.robustness, cgae.robustness) RETURNS pg_catalog.bool
  LANGUAGE C IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE AS 'MODULE_PATHNAME', 'cgae_robustness_lt';
COMMENT ON FUNCTION cgae.robustness_lt(cgae.robustness, cgae.robustness) IS 'implementation of < operator';

CREATE FUNCTION cgae.robustness_le(cgae.robustness, cgae.robustness) RETURNS pg_catalog.bool
  LANGUAGE C IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE AS 'MODULE_PATHNAME', 'cgae_robustness_le';
COMMENT ON FUNCTION cgae.robustness_le(cgae.robustness, cgae.robustness) IS 'implementation of <= operator';

CREATE FUNCTION cgae.robustness_gt(cgae.robustness, cgae.robustness) RETURNS pg_catalog.bool
  LANGUAGE C IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE AS 'MODULE_PATHNAME', 'cgae_robustness_gt';
COMMENT ON FUNCTION cgae.robustness_gt(cgae.robustness, cgae.robustness) IS 'implementation of > operator';

CREATE FUNCTION cgae.robustness_ge(cgae.robustness, cgae.robustness) RETURNS pg_catalog.bool
  LANGUAGE C IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE AS 'MODULE_PATHNAME', 'cgae_robustness_ge';
COMMENT ON FUNCTION cgae.robustness_ge(cgae.robustness, cgae.robustness) IS 'implementation of >= operator';

CREATE FUNCTION cgae.robustness_cmp(cgae.robustness, cgae.robustness) RETURNS pg_catalog.int4
  LANGUAGE C IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE AS 'MODULE_PATHNAME', 'cgae_robustness_cmp';
COMMENT ON FUNCTION cgae.robustness_cmp(cgae.robustness, cgae.robustness) IS 'less, equal or greater: -1, 0 or 1';

CREATE FUNCTION cgae.robustness_sortsupport(pg_catalog.internal) RETURNS pg_catalog.void
  LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cgae_robustness_sortsupport';
COMMENT ON FUNCTION cgae.robustness_sortsupport(pg_catalog.internal) IS 'sort support';

CREATE FUNCTION cgae.robustness_hash(cgae.robustness) RETURNS pg_catalog.int4
  LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cgae_robustness_hash';
COMMENT ON FUNCTION cgae.robustness_hash(cgae.robustness) IS 'hash';

CREATE FUNCTION cgae.robustness_hash_extended(cgae.robustness, pg_catalog.int8) RETURNS pg_catalog.int8
  LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cgae_robustness_hash_extended';
COMMENT ON FUNCTION cgae.robustness_hash_extended(cgae.robustness, pg_catalog.int8) IS 'hash with a seed';

-- The operators alone live in pg_catalog.  IS DISTINCT FROM, NULLIF, CASE, IN and
-- JOIN ... USING find = through search_path, live and in what pg_dump prints of them,
-- which it loads with an empty one.  They change the meaning of no other expression
-- as long as no implicit cast leads to robustness: there must never be one.

CREATE OPERATOR pg_catalog.= (
  LEFTARG = cgae.robustness, RIGHTARG = cgae.robustness, FUNCTION = cgae.robustness_eq,
  COMMUTATOR = OPERATOR(pg_catalog.=), NEGATOR = OPERATOR(pg_catalog.<>),
  RESTRICT = pg_catalog.eqsel, JOIN = pg_catalog.eqjoinsel,
  HASHES, MERGES
);
COMMENT ON OPERATOR pg_catalog.= (cgae.robustness, cgae.robustness) IS 'equal';

CREATE OPERATOR pg_catalog.<> (
  LEFTARG = cgae.robustness, RIGHTARG = cgae.robustness, FUNCTION = cgae.robustness_ne,
  COMMUTATOR = OPERATOR(pg_catalog.<>), NEGATOR = OPERATOR(pg_catalog.=),
  RESTRICT = pg_catalog.neqsel, JOIN = pg_catalog.neqjoinsel
);
COMMENT ON OPERATOR pg_catalog.<> (cgae.robustness, cgae.robustness) IS 'not equal';

CREATE OPERATOR pg_catalog.< (
  LEFTARG = cgae.robustness, RIGHTARG = cgae.robustness, FUNCTION = cgae.robustness_lt,
  COMMUTATOR = OPERATOR(pg_catalog.>), NEGATOR = OPERATOR(pg_catalog.>=),
  RESTRICT = pg_catalog.scalarltsel, JOIN = pg_catalog.scalarltjoinsel
);
COMMENT ON OPERATOR pg_catalog.< (cgae.robustness, cgae.robustness) IS 'less than';

CREATE OPERATOR pg_catalog.<= (
  LEFTARG = cgae.robustness, RIGHTARG = cgae.robustness, FUNCTION = cgae.robustness_le,
  COMMUTATOR = OPERATOR(pg_catalog.>=), NEGATOR = OPERATOR(pg_catalog.>),
  RESTRICT = pg_catalog.scalarlesel, JOIN = pg_catalog.scalarlejoinsel
);
COMMENT ON OPERATOR pg_catalog.<= (cgae.robustness, cgae.robustness) IS 'less than or equal';

CREATE OPERATOR pg_catalog.> (
  LEFTARG = cgae.robustness, RIGHTARG = cgae.robustness, FUNCTION = cgae.robustness_gt,
  COMMUTATOR = OPERATOR(pg_catalog.<), NEGATOR = OPERATOR(pg_catalog.<=),
  RESTRICT = pg_catalog.scalargtsel, JOIN = pg_catalog.scalargtjoinsel
);
COMMENT ON OPERATOR pg_catalog.> (cgae.robustness, cgae.robustness) IS 'greater than';

CREATE OPERATOR pg_catalog.>= (
  LEFTARG = cgae.robustness, RIGHTARG = cgae.robustness, FUNCTION = cgae.robustness_ge,
  COMMUTATOR = OPERATOR(pg_catalog.<=), NEGATOR = OPERATOR(pg_catalog.<),
  RESTRICT = pg_catalog.scalargesel, JOIN = pg_catalog.scalargejoinsel
);
COMMENT ON OPERATOR pg_catalog.>= (cgae.robustness, cgae.robustness) IS 'greater than or equal';

CREATE OPERATOR FAMILY cgae.robustness_ops USING btree;
COMMENT ON OPERATOR FAMILY cgae.robustness_ops USING btree IS 'ordering of cgae.robustness';
CREATE OPERATOR CLASS cgae.robustness_ops
  DEFAULT FOR TYPE cgae.robustness USING btree FAMILY cgae.robustness_ops AS
  OPERATOR 1 pg_catalog.<,
  OPERATOR 2 pg_catalog.<=,
  OPERATOR 3 pg_catalog.=,
  OPERATOR 4 pg_catalog.>=,
  OPERATOR 5 pg_catalog.>,
  FUNCTION 1 cgae.robustness_cmp(cgae.robustness, cgae.robustness),
  FUNCTION 2 cgae.robustness_sortsupport(pg_catalog.internal),
  -- equal values are equal bytes, so that an index may deduplicate
  FUNCTION 4 pg_catalog.btequalimage(pg_catalog.oid);
COMMENT ON OPERATOR CLASS cgae.robustness_ops USING btree IS 'lexicographic order: cc, er, as, ih';

CREATE OPERATOR FAMILY cgae.robustness_ops USING hash;
COMMENT ON OPERATOR FAMILY cgae.robustness_ops USING hash IS 'hashing of cgae.robustness';
CREATE OPERATOR CLASS cgae.robustness_ops
  DEFAULT FOR TYPE cgae.robustness USING hash FAMILY cgae.robustness_ops AS
  OPERATOR 1 pg_catalog.=,
  FUNCTION 1 cgae.robustness_hash(cgae.robustness),
  FUNCTION 2 cgae.robustness_hash_extended(cgae.robustness, pg_catalog.int8);
COMMENT ON OPERATOR CLASS cgae.robustness_ops USING hash IS 'equality of all four scores';

-- Casts.  None is implicit: an implicit one would make other functions'
-- calls ambiguous.  On assignment all are, for clients that know no new types.

CREATE TYPE cgae.robustness_scores AS (
  cc pg_catalog.float8,
  er pg_catalog.float8,
  as_ pg_catalog.float8,
  ih pg_catalog.float8
);
COMMENT ON TYPE cgae.robustness_scores IS 'the four scores of a cgae.robustness as a row';
COMMENT ON COLUMN cgae.robustness_scores.cc IS 'constraint compliance';
COMMENT ON COLUMN cgae.robustness_scores.er IS 'epistemic robustness';
COMMENT ON COLUMN cgae.robustness_scores.as_ IS 'behavioural alignment';
COMMENT ON COLUMN cgae.robustness_scores.ih IS 'intrinsic-hallucination integrity';

CREATE FUNCTION cgae.robustness_from_jsonb(pg_catalog.jsonb) RETURNS cgae.robustness
  LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cgae_robustness_from_jsonb';
COMMENT ON FUNCTION cgae.robustness_from_jsonb(pg_catalog.jsonb) IS
  'a robustness vector from a jsonb object with the keys cc, er, as, ih';

CREATE FUNCTION cgae.robustness_to_jsonb(cgae.robustness) RETURNS pg_catalog.jsonb
  LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cgae_robustness_to_jsonb';
COMMENT ON FUNCTION cgae.robustness_to_jsonb(cgae.robustness) IS
  'a robustness vector as a jsonb object with the keys cc, er, as, ih';

CREATE CAST (pg_catalog.jsonb AS cgae.robustness)
  WITH FUNCTION cgae.robustness_from_jsonb(pg_catalog.jsonb) AS ASSIGNMENT;
COMMENT ON CAST (pg_catalog.jsonb AS cgae.robustness) IS
  'a robustness vector from a jsonb object with the keys cc, er, as, ih';
CREATE CAST (cgae.robustness AS pg_catalog.jsonb)
  WITH FUNCTION cgae.robustness_to_jsonb(cgae.robustness) AS ASSIGNMENT;
COMMENT ON CAST (cgae.robustness AS pg_catalog.jsonb) IS
  'a robustness vector as a jsonb object with the keys cc, er, as, ih';

CREATE FUNCTION cgae.robustness_from_json(pg_catalog.json) RETURNS cgae.robustness
  LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cgae_robustness_from_json';
COMMENT ON FUNCTION cgae.robustness_from_json(pg_catalog.json) IS
  'a robustness vector from a json object with the keys cc, er, as, ih';

CREATE FUNCTION cgae.robustness_to_json(cgae.robustness) RETURNS pg_catalog.json
  LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cgae_robustness_to_json';
COMMENT ON FUNCTION cgae.robustness_to_json(cgae.robustness) IS
  'a robustness vector as a json object with the keys cc, er, as, ih';

CREATE CAST (pg_catalog.json AS cgae.robustness)
  WITH FUNCTION cgae.robustness_from_json(pg_catalog.json) AS ASSIGNMENT;
COMMENT ON CAST (pg_catalog.json AS cgae.robustness) IS
  'a robustness vector from a json object with the keys cc, er, as, ih';
-- to_json(), to_jsonb(), row_to_json() and json_agg() look for this cast
CREATE CAST (cgae.robustness AS pg_catalog.json)
  WITH FUNCTION cgae.robustness_to_json(cgae.robustness) AS ASSIGNMENT;
COMMENT ON CAST (cgae.robustness AS pg_catalog.json) IS
  'a robustness vector as a json object with the keys cc, er, as, ih';

CREATE FUNCTION cgae.robustness_from_array(pg_catalog.float8[]) RETURNS cgae.robustness
  LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cgae_robustness_from_array';
COMMENT ON FUNCTION cgae.robustness_from_array(pg_catalog.float8[]) IS
  'a robustness vector from the array {cc,er,as,ih}';

CREATE FUNCTION cgae.robustness_to_array(cgae.robustness) RETURNS pg_catalog.float8[]
  LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cgae_robustness_to_array';
COMMENT ON FUNCTION cgae.robustness_to_array(cgae.robustness) IS
  'a robustness vector as the array {cc,er,as,ih}';

CREATE CAST (pg_catalog.float8[] AS cgae.robustness)
  WITH FUNCTION cgae.robustness_from_array(pg_catalog.float8[]) AS ASSIGNMENT;
COMMENT ON CAST (pg_catalog.float8[] AS cgae.robustness) IS
  'a robustness vector from the array {cc,er,as,ih}';
CREATE CAST (cgae.robustness AS pg_catalog.float8[])
  WITH FUNCTION cgae.robustness_to_array(cgae.robustness) AS ASSIGNMENT;
COMMENT ON CAST (cgae.robustness AS pg_catalog.float8[]) IS
  'a robustness vector as the array {cc,er,as,ih}';

CREATE FUNCTION cgae.robustness_from_numeric_array(pg_catalog.numeric[]) RETURNS cgae.robustness
  LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cgae_robustness_from_numeric_array';
COMMENT ON FUNCTION cgae.robustness_from_numeric_array(pg_catalog.numeric[]) IS
  'a robustness vector from the array {cc,er,as,ih}, which ARRAY[0.7, 0.65, 0.6, 0.9] is';

CREATE CAST (pg_catalog.numeric[] AS cgae.robustness)
  WITH FUNCTION cgae.robustness_from_numeric_array(pg_catalog.numeric[]) AS ASSIGNMENT;
COMMENT ON CAST (pg_catalog.numeric[] AS cgae.robustness) IS
  'a robustness vector from the array {cc,er,as,ih}';

CREATE FUNCTION cgae.robustness_from_scores(cgae.robustness_scores) RETURNS cgae.robustness
  LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cgae_robustness_from_scores';
COMMENT ON FUNCTION cgae.robustness_from_scores(cgae.robustness_scores) IS
  'a robustness vector from the row (cc,er,as_,ih)';

CREATE FUNCTION cgae.robustness_to_scores(cgae.robustness) RETURNS cgae.robustness_scores
  LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cgae_robustness_to_scores';
COMMENT ON FUNCTION cgae.robustness_to_scores(cgae.robustness) IS
  'a robustness vector as the row (cc,er,as_,ih)';

CREATE CAST (cgae.robustness_scores AS cgae.robustness)
  WITH FUNCTION cgae.robustness_from_scores(cgae.robustness_scores) AS ASSIGNMENT;
COMMENT ON CAST (cgae.robustness_scores AS cgae.robustness) IS
  'a robustness vector from the row (cc,er,as_,ih)';
CREATE CAST (cgae.robustness AS cgae.robustness_scores)
  WITH FUNCTION cgae.robustness_to_scores(cgae.robustness) AS ASSIGNMENT;
COMMENT ON CAST (cgae.robustness AS cgae.robustness_scores) IS
  'a robustness vector as the row (cc,er,as_,ih)';

---------------------------------------------------------------------------
-- Gate                                              src/policy/gate.c
---------------------------------------------------------------------------

CREATE FUNCTION cgae.gate_tier(r cgae.robustness) RETURNS cgae.tier
  LANGUAGE C STABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cgae_gate_tier';
COMMENT ON FUNCTION cgae.gate_tier(cgae.robustness) IS
  'tier of a vector under the policy in force (the paper''s before there is a registry): the least of the steps of cc, er and as, T0 when ih is below its threshold; bounds inclusive; null for null (CGAE, weakest-link gate)';

CREATE FUNCTION cgae.gate_tier(r cgae.robustness, policy_version pg_catalog.int4) RETURNS cgae.tier
  LANGUAGE C STABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cgae_gate_tier_by_version';
COMMENT ON FUNCTION cgae.gate_tier(cgae.robustness, pg_catalog.int4) IS
  'tier of a vector under a published policy, by version, past ones included: what if, and what was; an unknown version is no_data_found; null for nulls';

CREATE FUNCTION cgae.gate_tier(
  r cgae.robustness,
  cc pg_catalog.float8[],
  er pg_catalog.float8[],
  as_ pg_catalog.float8[],
  ih_threshold pg_catalog.float8) RETURNS cgae.tier
  LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cgae_gate_tier_by_thresholds';
COMMENT ON FUNCTION cgae.gate_tier(cgae.robustness, pg_catalog.float8[], pg_catalog.float8[], pg_catalog.float8[], pg_catalog.float8) IS
  'tier of a vector under given thresholds: six numbers T0 to T5 for each dimension, from 0 strictly increasing to at most 1, ih_threshold in [0,1]; others are invalid_parameter_value; null for nulls';

CREATE FUNCTION cgae.gate_detail(r cgae.robustness,
  OUT tier cgae.tier,
  OUT tier_index pg_catalog.int4,
  OUT g_cc pg_catalog.int4,
  OUT g_er pg_catalog.int4,
  OUT g_as pg_catalog.int4,
  OUT ih_pass pg_catalog.bool,
  OUT binding_dimension pg_catalog.text,
  OUT gap_to_next_tier pg_catalog.float8,
  OUT budget_ceiling pg_catalog.numeric)
  LANGUAGE C STABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cgae_gate_detail';
COMMENT ON FUNCTION cgae.gate_detail(cgae.robustness) IS
  'why a vector has its tier under the policy in force: steps 0 to 5 by dimension, does ih pass, the binding dimension (cc, er, as or ih), what it lacks to the next tier there (both null at T5, which has none), and the tier''s budget ceiling in tokens; null for null';

CREATE FUNCTION cgae.budget_ceiling(tier cgae.tier) RETURNS pg_catalog.numeric
  LANGUAGE C STABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cgae_budget_ceiling';
COMMENT ON FUNCTION cgae.budget_ceiling(cgae.tier) IS
  'what a tier may spend under the policy in force, in tokens; null for null';

CREATE FUNCTION cgae.chain_tier(chain cgae.robustness[]) RETURNS cgae.tier
  LANGUAGE C STABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cgae_chain_tier';
COMMENT ON FUNCTION cgae.chain_tier(cgae.robustness[]) IS
  'tier of a delegation chain under the policy in force: that of its weakest member, T0 when empty; a null member is null_value_not_allowed; null for null';

CREATE FUNCTION cgae.chain_tier_accum(state cgae.tier, r cgae.robustness) RETURNS cgae.tier
  LANGUAGE C STABLE CALLED ON NULL INPUT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cgae_chain_tier_accum';
COMMENT ON FUNCTION cgae.chain_tier_accum(cgae.tier, cgae.robustness) IS 'transition of chain_tier_agg';

CREATE FUNCTION cgae.chain_tier_final(state cgae.tier) RETURNS cgae.tier
  LANGUAGE C IMMUTABLE CALLED ON NULL INPUT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cgae_chain_tier_final';
COMMENT ON FUNCTION cgae.chain_tier_final(cgae.tier) IS 'final function of chain_tier_agg';

CREATE AGGREGATE cgae.chain_tier_agg(r cgae.robustness) (
  SFUNC = cgae.chain_tier_accum,
  STYPE = cgae.tier,
  FINALFUNC = cgae.chain_tier_final,
  COMBINEFUNC = pg_catalog.enum_smaller,
  PARALLEL = SAFE
);
COMMENT ON AGGREGATE cgae.chain_tier_agg(cgae.robustness) IS
  'tier of a delegation chain under the policy in force: that of its weakest member, T0 when there is no row; a null member is null_value_not_allowed';

CREATE FUNCTION cgae.aggregate_safety_accum(
  state pg_catalog.float8[],
  r cgae.robustness,
  exposure pg_catalog.float8) RETURNS pg_catalog.float8[]
  LANGUAGE C IMMUTABLE CALLED ON NULL INPUT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cgae_aggregate_safety_accum';
COMMENT ON FUNCTION cgae.aggregate_safety_accum(pg_catalog.float8[], cgae.robustness, pg_catalog.float8) IS
  'transition of aggregate_safety';

CREATE FUNCTION cgae.aggregate_safety_combine(state pg_catalog.float8[], other pg_catalog.float8[]) RETURNS pg_catalog.float8[]
  LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cgae_aggregate_safety_combine';
COMMENT ON FUNCTION cgae.aggregate_safety_combine(pg_catalog.float8[], pg_catalog.float8[]) IS 'combine function of aggregate_safety';

CREATE FUNCTION cgae.aggregate_safety_final(state pg_catalog.float8[]) RETURNS pg_catalog.float8
  LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cgae_aggregate_safety_final';
COMMENT ON FUNCTION cgae.aggregate_safety_final(pg_catalog.float8[]) IS 'final function of aggregate_safety';

CREATE AGGREGATE cgae.aggregate_safety(r cgae.robustness, exposure pg_catalog.float8) (
  SFUNC = cgae.aggregate_safety_accum,
  STYPE = pg_catalog.float8[],
  FINALFUNC = cgae.aggregate_safety_final,
  COMBINEFUNC = cgae.aggregate_safety_combine,
  INITCOND = '{0,0}',
  PARALLEL = SAFE
);
COMMENT ON AGGREGATE cgae.aggregate_safety(cgae.robustness, pg_catalog.float8) IS
  'S = 1 - sum(exposure * (1 - weakest)) / sum(exposure), in [0,1]; 1 when nothing is exposed; exposure in any unit, not negative, else numeric_value_out_of_range; nulls are null_value_not_allowed (CGAE, aggregate safety)';

---------------------------------------------------------------------------
-- Decay                                            src/policy/decay.c
---------------------------------------------------------------------------

CREATE FUNCTION cgae.decay_factor(elapsed pg_catalog.float8, rate pg_catalog.float8) RETURNS pg_catalog.float8
  LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cgae_decay_factor';
COMMENT ON FUNCTION cgae.decay_factor(pg_catalog.float8, pg_catalog.float8) IS
  'e^(-rate * elapsed), in [0,1]: what decay leaves after elapsed time steps at rate lambda per time step; neither may be negative or NaN (invalid_parameter_value); null for nulls (CGAE, temporal decay)';

CREATE FUNCTION cgae.effective_robustness(
  r cgae.robustness,
  elapsed pg_catalog.float8,
  rate pg_catalog.float8) RETURNS cgae.robustness
  LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cgae_effective_robustness';
COMMENT ON FUNCTION cgae.effective_robustness(cgae.robustness, pg_catalog.float8, pg_catalog.float8) IS
  'a vector as it has decayed after elapsed time steps at rate lambda per time step: all four scores times decay_factor(); underflow gives 0, not an error; null for nulls';

CREATE FUNCTION cgae.effective_robustness_at(
  r cgae.robustness,
  certified_at pg_catalog.timestamptz,
  at pg_catalog.timestamptz) RETURNS cgae.robustness
  LANGUAGE C STABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cgae_effective_robustness_at';
COMMENT ON FUNCTION cgae.effective_robustness_at(cgae.robustness, pg_catalog.timestamptz, pg_catalog.timestamptz) IS
  'a vector as it has decayed from its certification to an instant, by rate and time step of the policy in force; an instant before the certification is invalid_parameter_value; null for nulls';

CREATE FUNCTION cgae.effective_tier_at(
  r cgae.robustness,
  certified_at pg_catalog.timestamptz,
  at pg_catalog.timestamptz) RETURNS cgae.tier
  LANGUAGE C STABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cgae_effective_tier_at';
COMMENT ON FUNCTION cgae.effective_tier_at(cgae.robustness, pg_catalog.timestamptz, pg_catalog.timestamptz) IS
  'tier of a vector as it has decayed from its certification to an instant, under the policy in force; an instant before the certification is invalid_parameter_value; null for nulls';

CREATE FUNCTION cgae.time_to_tier_drop(
  score pg_catalog.float8,
  threshold pg_catalog.float8,
  rate pg_catalog.float8) RETURNS pg_catalog.float8
  LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cgae_time_to_tier_drop';
COMMENT ON FUNCTION cgae.time_to_tier_drop(pg_catalog.float8, pg_catalog.float8, pg_catalog.float8) IS
  'time steps until a score decays to a threshold, ln(score / threshold) / rate: 0 when it is there or below, else null for a threshold of 0 or less, which it never reaches, else infinity at rate 0; a score or rate that is negative or NaN is refused; null for nulls';

CREATE FUNCTION cgae.tier_drop_at(r cgae.robustness, certified_at pg_catalog.timestamptz) RETURNS pg_catalog.timestamptz
  LANGUAGE C STABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cgae_tier_drop_at';
COMMENT ON FUNCTION cgae.tier_drop_at(cgae.robustness, pg_catalog.timestamptz) IS
  'first instant, to the microsecond, at which a vector''s tier falls by decay, under the policy in force; null at T0 and for nulls, infinity when never';

CREATE FUNCTION cgae.audit_probability(tier cgae.tier, elapsed pg_catalog.float8) RETURNS pg_catalog.float8
  LANGUAGE C STABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cgae_audit_probability';
COMMENT ON FUNCTION cgae.audit_probability(cgae.tier, pg_catalog.float8) IS
  'probability, in [0,1], that an agent of a tier is audited within elapsed time steps of its last audit: 1 - e^(-mu * elapsed), mu of the policy in force; negative or NaN is invalid_parameter_value; null for nulls (CGAE, spot audits)';

---------------------------------------------------------------------------
-- Architecture hash                          src/types/architecture.c
---------------------------------------------------------------------------

CREATE FUNCTION cgae.canonical_json(config pg_catalog.json) RETURNS pg_catalog.text
  AS 'MODULE_PATHNAME', 'cgae_canonical_json'
  LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION cgae.canonical_json(pg_catalog.json) IS
  'canonical JSON, byte for byte what Python''s json.dumps(json.loads(text), sort_keys=True) writes: keys in code-point order, the last duplicate wins, all else than ASCII escaped; null for null; over 1 GB is program_limit_exceeded';

CREATE FUNCTION cgae.architecture_hash(config pg_catalog.json) RETURNS pg_catalog.text
  AS 'MODULE_PATHNAME', 'cgae_architecture_hash'
  LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION cgae.architecture_hash(pg_catalog.json) IS
  'architecture hash h(arch): the first 16 hex digits, lower case, of architecture_digest(json); null for null';

CREATE FUNCTION cgae.architecture_digest(config pg_catalog.json) RETURNS pg_catalog.text
  AS 'MODULE_PATHNAME', 'cgae_architecture_digest'
  LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION cgae.architecture_digest(pg_catalog.json) IS
  'SHA-256 of canonical_json(json), 64 hex digits, lower case: the identity of a model configuration; null for null';

CREATE FUNCTION cgae.canonical_jsonb(config pg_catalog.jsonb) RETURNS pg_catalog.text
  AS 'MODULE_PATHNAME', 'cgae_canonical_jsonb'
  LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION cgae.canonical_jsonb(pg_catalog.jsonb) IS
  'canonical JSON of what jsonb kept: its numbers are normalised (1e5 is the integer 100000), so it may differ from canonical_json() of the text; null for null';

CREATE FUNCTION cgae.architecture_hash_jsonb(config pg_catalog.jsonb) RETURNS pg_catalog.text
  AS 'MODULE_PATHNAME', 'cgae_architecture_hash_jsonb'
  LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION cgae.architecture_hash_jsonb(pg_catalog.jsonb) IS
  'the first 16 hex digits of architecture_digest_jsonb(jsonb): of what jsonb kept, not of the text it was made from; null for null';

CREATE FUNCTION cgae.architecture_digest_jsonb(config pg_catalog.jsonb) RETURNS pg_catalog.text
  AS 'MODULE_PATHNAME', 'cgae_architecture_digest_jsonb'
  LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION cgae.architecture_digest_jsonb(pg_catalog.jsonb) IS
  'SHA-256 of canonical_jsonb(jsonb), 64 hex digits: of what jsonb kept, not of the text it was made from; null for null';

---------------------------------------------------------------------------
-- Guards (trigger functions)                   src/guards/trigger_*.c
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

-- who installs may hang the guards on tables: create_registry() and a restore do;
-- create_registry() and upgrade_registry() let the registry's owner, too
REVOKE EXECUTE ON FUNCTION cgae.guard_agents(), cgae.guard_certifications(), cgae.guard_events(),
  cgae.guard_policies(), cgae.guard_append_only() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION cgae.guard_agents(), cgae.guard_certifications(), cgae.guard_events(),
  cgae.guard_policies(), cgae.guard_append_only() TO @extowner@;

-- any application may hang this one on its tables: its owner must be able to read agents
CREATE FUNCTION cgae.require_tier() RETURNS pg_catalog.trigger
  AS 'MODULE_PATHNAME', 'cgae_require_tier' LANGUAGE c VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION cgae.require_tier() IS
  'AFTER ROW trigger of an application table, arguments (agent_id column, tier): refuses with insufficient_privilege a row whose agent holds less at the clock; a null agent_id is refused; the table''s owner needs SELECT on cgae.agents';

---------------------------------------------------------------------------
-- Registry and application functions                         src/api/
---------------------------------------------------------------------------

CREATE FUNCTION cgae.create_registry(partitions pg_catalog.int4 DEFAULT NULL) RETURNS pg_catalog.void
  AS 'MODULE_PATHNAME', 'cgae_create_registry' LANGUAGE c VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION cgae.create_registry(pg_catalog.int4) IS
  'make the registry''s tables, triggers and views, owned by the caller, who needs CREATE on schema cgae; once per database (duplicate_object); with a number of partitions, 1 to 256, hash-partitioned by agent, with null (the default) not';

CREATE FUNCTION cgae.upgrade_registry() RETURNS pg_catalog.int4
  AS 'MODULE_PATHNAME', 'cgae_upgrade_registry' LANGUAGE c VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION cgae.upgrade_registry() IS 'bring the registry to the layout of this release, put back missing views, and return the layout''s version; run by the owner, as often as you like';

CREATE FUNCTION cgae.seed_registry() RETURNS pg_catalog.void
  AS 'MODULE_PATHNAME', 'cgae_seed_registry' LANGUAGE c VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION cgae.seed_registry() IS
  'fill the empty tables of a registry that was cloned by a dump of its schema alone: layout version, the paper''s policy, the first audit epoch; run by the owner; object_not_in_prerequisite_state when one of the tables holds a row';

CREATE FUNCTION cgae.grant_access(role pg_catalog.text, level pg_catalog.text) RETURNS pg_catalog.void
  AS 'MODULE_PATHNAME', 'cgae_grant_access' LANGUAGE c VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION cgae.grant_access(pg_catalog.text, pg_catalog.text) IS
  'make a role a reader, registrar, auditor or operator of the registry; levels add up; for its owner alone; unknown role: undefined_object, unknown level: invalid_parameter_value, null: null_value_not_allowed';

CREATE FUNCTION cgae.revoke_access(role pg_catalog.text, level pg_catalog.text DEFAULT NULL) RETURNS pg_catalog.void
  AS 'MODULE_PATHNAME', 'cgae_revoke_access' LANGUAGE c VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION cgae.revoke_access(pg_catalog.text, pg_catalog.text) IS
  'take a level of access away from a role, or all of them when level is null; what another of its levels includes stays; for the registry''s owner alone; errors as for grant_access()';

CREATE FUNCTION cgae.register_agent(
    model_name pg_catalog.text,
    model_config pg_catalog.json,
    provenance pg_catalog.jsonb DEFAULT '{}',
    initial_balance pg_catalog.numeric DEFAULT 0,
    agent_id pg_catalog.text DEFAULT NULL,
    registered_at pg_catalog.timestamptz DEFAULT pg_catalog.now(),
    wallet_address pg_catalog.text DEFAULT NULL) RETURNS pg_catalog.text
  AS 'MODULE_PATHNAME', 'cgae_register_agent' LANGUAGE c VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION cgae.register_agent(pg_catalog.text, pg_catalog.json, pg_catalog.jsonb, pg_catalog.numeric, pg_catalog.text, pg_catalog.timestamptz, pg_catalog.text) IS
  'register an agent, pending at T0; returns its id, generated when null; model_config is a JSON object, from which the architecture hash is computed; initial_balance in tokens, not negative; registered_at not in the future; the same as INSERT INTO cgae.agents; an id that exists is unique_violation';

CREATE FUNCTION cgae.certify(
    agent_id pg_catalog.text,
    robustness cgae.robustness,
    audit_type pg_catalog.text DEFAULT NULL,
    observed_architecture_hash pg_catalog.text DEFAULT NULL,
    audit_details pg_catalog.jsonb DEFAULT '{}',
    certified_at pg_catalog.timestamptz DEFAULT NULL,
    request_id pg_catalog.text DEFAULT NULL,
    OUT outcome pg_catalog.text,
    OUT agent_id pg_catalog.text,
    OUT seq pg_catalog.int4,
    OUT tier cgae.tier,
    OUT status cgae.agent_status,
    OUT previous_tier cgae.tier)
  AS 'MODULE_PATHNAME', 'cgae_certify' LANGUAGE c VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION cgae.certify(pg_catalog.text, cgae.robustness, pg_catalog.text, pg_catalog.text, pg_catalog.jsonb, pg_catalog.timestamptz, pg_catalog.text) IS
  'record an audit: certifies the agent at the tier of its vector under the policy in force, outcome certified, or failed when ih is below its threshold, or suspends it when the observed architecture (16 or 64 hex digits, null: not observed) differs, outcome architecture_mismatch; audit_type null: registration for the first certification, else re-certification; certified_at null: the clock; never ahead nor before the last certification (check_violation); a null robustness passes with drift alone; repeated with the same request_id it returns the first result, to a role that may read it, and changes nothing';

CREATE FUNCTION cgae.certify_many(
    agent_ids pg_catalog.text[],
    robustness cgae.robustness[],
    audit_types pg_catalog.text[] DEFAULT NULL,
    observed_architecture_hashes pg_catalog.text[] DEFAULT NULL,
    audit_details pg_catalog.jsonb[] DEFAULT NULL,
    certified_at pg_catalog.timestamptz[] DEFAULT NULL,
    request_ids pg_catalog.text[] DEFAULT NULL,
    OUT outcome pg_catalog.text,
    OUT agent_id pg_catalog.text,
    OUT seq pg_catalog.int4,
    OUT tier cgae.tier,
    OUT status cgae.agent_status,
    OUT previous_tier cgae.tier)
  RETURNS SETOF pg_catalog.record
  AS 'MODULE_PATHNAME', 'cgae_certify_many' LANGUAGE c VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION cgae.certify_many(pg_catalog.text[], cgae.robustness[], pg_catalog.text[], pg_catalog.text[], pg_catalog.jsonb[], pg_catalog.timestamptz[], pg_catalog.text[]) IS 'record many audits in one statement, all or none: one row of certify() each, in the order of the arrays; a null array or element is certify()''s default';

CREATE FUNCTION cgae.demote(
    agent_id pg_catalog.text,
    new_robustness cgae.robustness,
    reason pg_catalog.text DEFAULT 'spot_audit_failure',
    certified_at pg_catalog.timestamptz DEFAULT NULL,
    request_id pg_catalog.text DEFAULT NULL,
    OUT outcome pg_catalog.text,
    OUT agent_id pg_catalog.text,
    OUT seq pg_catalog.int4,
    OUT tier cgae.tier,
    OUT status cgae.agent_status,
    OUT previous_tier cgae.tier)
  AS 'MODULE_PATHNAME', 'cgae_demote' LANGUAGE c VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION cgae.demote(pg_catalog.text, cgae.robustness, pg_catalog.text, pg_catalog.timestamptz, pg_catalog.text) IS
  'record an audit that lowers the certified tier, with a reason; refused (check_violation) when it does not; result, times and nulls as for certify()';

CREATE FUNCTION cgae.observe_architecture(agent_id pg_catalog.text, observed_hash pg_catalog.text) RETURNS pg_catalog.bool
  AS 'MODULE_PATHNAME', 'cgae_observe_architecture' LANGUAGE c VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION cgae.observe_architecture(pg_catalog.text, pg_catalog.text) IS
  'heartbeat: true, and nothing written, when the observed hash (16 or 64 hex digits) is the registered one; false, with a WARNING and the agent suspended, when it differs; unknown agent: no_data_found, null: null_value_not_allowed';

CREATE FUNCTION cgae.update_architecture(agent_id pg_catalog.text, model_config pg_catalog.json) RETURNS cgae.agent_status
  AS 'MODULE_PATHNAME', 'cgae_update_architecture' LANGUAGE c VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION cgae.update_architecture(pg_catalog.text, pg_catalog.json) IS
  'register a new architecture, a JSON object; a certified agent is suspended until a certification with the new hash passes; returns the status; unknown agent: no_data_found, null: null_value_not_allowed';

CREATE FUNCTION cgae.suspend(agent_id pg_catalog.text, hold pg_catalog.text) RETURNS cgae.agent_status
  AS 'MODULE_PATHNAME', 'cgae_suspend' LANGUAGE c VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION cgae.suspend(pg_catalog.text, pg_catalog.text) IS
  'suspend an agent for a reason of the operator''s, the hold; one that stands changes nothing; the registry''s own holds failed_audit and architecture_drift cannot be placed by hand; returns the status; nulls are refused';

CREATE FUNCTION cgae.reinstate(agent_id pg_catalog.text, hold pg_catalog.text) RETURNS cgae.agent_status
  AS 'MODULE_PATHNAME', 'cgae_reinstate' LANGUAGE c VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION cgae.reinstate(pg_catalog.text, pg_catalog.text) IS
  'lift an operator''s hold; returns the status, still suspended while another hold stands; one that does not stand is undefined_object, failed_audit and architecture_drift end by certification alone; nulls are refused';

CREATE FUNCTION cgae.deregister_agent(agent_id pg_catalog.text, at pg_catalog.timestamptz DEFAULT NULL) RETURNS cgae.agent_status
  AS 'MODULE_PATHNAME', 'cgae_deregister_agent' LANGUAGE c VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION cgae.deregister_agent(pg_catalog.text, pg_catalog.timestamptz) IS
  'end an agent''s participation for good, at an instant not before its last certification nor ahead (null: now); repeating it changes nothing; returns the status; unknown agent: no_data_found';

CREATE FUNCTION cgae.agent_record(agent_id pg_catalog.text) RETURNS pg_catalog.jsonb
  AS 'MODULE_PATHNAME', 'cgae_agent_record' LANGUAGE c STABLE PARALLEL SAFE;
COMMENT ON FUNCTION cgae.agent_record(pg_catalog.text) IS
  'record document of an agent: standing, money, counters, newest audit certificate; times in seconds since 1970; unknown agent: no_data_found, null: null_value_not_allowed';

CREATE FUNCTION cgae.audit_cid(agent_id pg_catalog.text) RETURNS pg_catalog.text
  AS 'MODULE_PATHNAME', 'cgae_audit_cid' LANGUAGE c STABLE PARALLEL SAFE;
COMMENT ON FUNCTION cgae.audit_cid(pg_catalog.text) IS
  'newest non-empty storage_root_hash in the details of an agent''s certifications, or null; unknown agent: no_data_found, null: null_value_not_allowed';

CREATE FUNCTION cgae.tier_distribution(OUT tier cgae.tier, OUT agents pg_catalog.int8) RETURNS SETOF pg_catalog.record
  AS 'MODULE_PATHNAME', 'cgae_tier_distribution' LANGUAGE c STABLE PARALLEL SAFE ROWS 6;
COMMENT ON FUNCTION cgae.tier_distribution() IS
  'number of active agents of each current tier, six rows T0 to T5; the current tier is the stored one, which waits for sweeps';

CREATE FUNCTION cgae.agents_by_tier(
    tier cgae.tier,
    OUT agent_id pg_catalog.text,
    OUT model_name pg_catalog.text,
    OUT certified_at pg_catalog.timestamptz,
    OUT balance pg_catalog.numeric) RETURNS SETOF pg_catalog.record
  AS 'MODULE_PATHNAME', 'cgae_agents_by_tier' LANGUAGE c STABLE PARALLEL SAFE;
COMMENT ON FUNCTION cgae.agents_by_tier(cgae.tier) IS
  'active agents of a current tier (the stored one), ordered by agent_id; null is null_value_not_allowed';

CREATE FUNCTION cgae.check_registry(
    OUT agent_id pg_catalog.text,
    OUT rule pg_catalog.text,
    OUT detail pg_catalog.text) RETURNS SETOF pg_catalog.record
  AS 'MODULE_PATHNAME', 'cgae_check_registry' LANGUAGE c STABLE PARALLEL UNSAFE;
COMMENT ON FUNCTION cgae.check_registry() IS 'everything that contradicts; no row when all is well. rule says about what: table, column, type, owner, key, guard, trigger, rule (of rewriting), access (somebody else holds REFERENCES or TRIGGER), view, layout, policy, audit_seed, clock (a date that lies ahead); with an agent_id a column of the agent''s row or of a row of its history, or a rule that its history breaks (unknown_agent, registration, sequence, event, time, tier, architecture, demotion, decay, deregistration)';

---------------------------------------------------------------------------
-- Permission                                  src/guards/permission.c
---------------------------------------------------------------------------

CREATE FUNCTION cgae.effective_tier(agent_id pg_catalog.text, at pg_catalog.timestamptz DEFAULT NULL) RETURNS cgae.tier
  AS 'MODULE_PATHNAME', 'cgae_effective_tier' LANGUAGE c STABLE PARALLEL SAFE;
COMMENT ON FUNCTION cgae.effective_tier(pg_catalog.text, pg_catalog.timestamptz) IS
  'what an agent may do at an instant (now when null, ahead if you like): T0 unless active, else the gate of its decayed vector, never above its current tier, and T0 while its certification lies ahead of the clock; unknown agent: no_data_found; before its certification: invalid_parameter_value';

CREATE FUNCTION cgae.permits(agent_id pg_catalog.text, required cgae.tier, at pg_catalog.timestamptz DEFAULT NULL) RETURNS pg_catalog.bool
  AS 'MODULE_PATHNAME', 'cgae_permits' LANGUAGE c STABLE PARALLEL SAFE;
COMMENT ON FUNCTION cgae.permits(pg_catalog.text, cgae.tier, pg_catalog.timestamptz) IS
  'is the agent''s effective tier at an instant (now when null) at least the required one; false, never null, for an unknown agent and for nulls: fit for policies and CHECKs';

CREATE FUNCTION cgae.lies_ahead(at pg_catalog.timestamptz) RETURNS pg_catalog.bool
  AS 'MODULE_PATHNAME', 'cgae_lies_ahead' LANGUAGE c STABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION cgae.lies_ahead(pg_catalog.timestamptz) IS
  'does an instant lie more than a minute ahead of the clock: a certification dated so gives its agent no tier until then; null for null';

CREATE FUNCTION cgae.agent_fault(status cgae.agent_status, current_tier cgae.tier, current_robustness cgae.robustness,
    certified_at pg_catalog.timestamptz, holds pg_catalog.text[], last_seq pg_catalog.int4,
    architecture_hash pg_catalog.text) RETURNS pg_catalog.text
  AS 'MODULE_PATHNAME', 'cgae_agent_fault' LANGUAGE c STABLE PARALLEL SAFE;
COMMENT ON FUNCTION cgae.agent_fault(cgae.agent_status, cgae.tier, cgae.robustness, pg_catalog.timestamptz,
    pg_catalog.text[], pg_catalog.int4, pg_catalog.text) IS
  'what about a row of cgae.agents cannot be read, in words; null when it can; such an agent, whose row came without the guards, counts as T0';

---------------------------------------------------------------------------
-- Policies and sweeps src/api/publish_policy.c, src/api/sweep_decay.c
---------------------------------------------------------------------------

CREATE FUNCTION cgae.publish_policy(
    cc pg_catalog.float8[] DEFAULT NULL,
    er pg_catalog.float8[] DEFAULT NULL,
    as_ pg_catalog.float8[] DEFAULT NULL,
    ih_threshold pg_catalog.float8 DEFAULT NULL,
    budget_ceilings pg_catalog.numeric[] DEFAULT NULL,
    audit_intensities pg_catalog.float8[] DEFAULT NULL,
    decay_rate pg_catalog.float8 DEFAULT NULL,
    time_step pg_catalog.interval DEFAULT NULL,
    note pg_catalog.text DEFAULT '') RETURNS pg_catalog.int4
  AS 'MODULE_PATHNAME', 'cgae_publish_policy' LANGUAGE c VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION cgae.publish_policy(pg_catalog.float8[], pg_catalog.float8[], pg_catalog.float8[], pg_catalog.float8, pg_catalog.numeric[], pg_catalog.float8[], pg_catalog.float8, pg_catalog.interval, pg_catalog.text) IS
  'publish a gate policy, in force at once; what is null stays as in the version before; six numbers T0 to T5 in each array, budget ceilings in tokens, audit intensities and decay rate per time step; returns the version; a policy that breaks a rule is check_violation; lock_not_available when open transactions hold the policies or agents for 5 seconds (or lock_timeout); READ COMMITTED only, and in a transaction of its own';

CREATE FUNCTION cgae.policy_impact(
    version pg_catalog.int4,
    OUT agent_id pg_catalog.text,
    OUT model_name pg_catalog.text,
    OUT tier_now cgae.tier,
    OUT tier_then cgae.tier) RETURNS SETOF pg_catalog.record
  AS 'MODULE_PATHNAME', 'cgae_policy_impact_of_version' LANGUAGE c STABLE PARALLEL SAFE;
COMMENT ON FUNCTION cgae.policy_impact(pg_catalog.int4) IS
  'active agents whose effective tier now would change if a published policy were in force, with both tiers; unknown version: no_data_found, null: null_value_not_allowed';

CREATE FUNCTION cgae.policy_impact(
    cc pg_catalog.float8[],
    er pg_catalog.float8[],
    as_ pg_catalog.float8[],
    ih_threshold pg_catalog.float8,
    OUT agent_id pg_catalog.text,
    OUT model_name pg_catalog.text,
    OUT tier_now cgae.tier,
    OUT tier_then cgae.tier) RETURNS SETOF pg_catalog.record
  AS 'MODULE_PATHNAME', 'cgae_policy_impact_of_thresholds' LANGUAGE c STABLE PARALLEL SAFE;
COMMENT ON FUNCTION cgae.policy_impact(pg_catalog.float8[], pg_catalog.float8[], pg_catalog.float8[], pg_catalog.float8) IS
  'active agents whose effective tier now these thresholds would change, with both tiers; null stands for those in force; others than a policy may have are invalid_parameter_value';

CREATE FUNCTION cgae.apply_decay(
    at pg_catalog.timestamptz DEFAULT NULL,
    batch pg_catalog.int4 DEFAULT 1000,
    OUT lowered pg_catalog.int8,
    OUT expired pg_catalog.int8)
  AS 'MODULE_PATHNAME', 'cgae_apply_decay' LANGUAGE c VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION cgae.apply_decay(pg_catalog.timestamptz, pg_catalog.int4) IS
  'lower the stored tier of the active agents whose tier has decayed by an instant (default now), batch rows at a time (default 1000), in one transaction; those that reach T0 expire; returns how many fell and how many of them expired; a batch below 1 is invalid_parameter_value';

CREATE PROCEDURE cgae.sweep_decay(batch pg_catalog.int4 DEFAULT 1000)
  AS 'MODULE_PATHNAME', 'cgae_sweep_decay' LANGUAGE c;
COMMENT ON PROCEDURE cgae.sweep_decay(pg_catalog.int4) IS
  'apply_decay() as of now, committing after each batch (default 1000) and reporting progress; not inside a transaction block (invalid_transaction_termination)';

---------------------------------------------------------------------------
-- History                                                src/history/
---------------------------------------------------------------------------

CREATE FUNCTION cgae.effective_tier_at(
    r cgae.robustness,
    certified_at pg_catalog.timestamptz,
    at pg_catalog.timestamptz,
    policy_version pg_catalog.int4) RETURNS cgae.tier
  AS 'MODULE_PATHNAME', 'cgae_effective_tier_at_by_version'
  LANGUAGE C STABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION cgae.effective_tier_at(cgae.robustness, pg_catalog.timestamptz, pg_catalog.timestamptz, pg_catalog.int4) IS
  'tier of a vector as it has decayed from its certification to an instant, under a published policy, by version; an unknown version is no_data_found, an instant before the certification invalid_parameter_value; null for nulls';

CREATE FUNCTION cgae.tier_at(
    agent_id pg_catalog.text,
    at pg_catalog.timestamptz,
    known_at pg_catalog.timestamptz DEFAULT NULL,
    OUT status cgae.agent_status,
    OUT certified_tier cgae.tier,
    OUT effective_tier cgae.tier)
  AS 'MODULE_PATHNAME', 'cgae_tier_at'
  LANGUAGE C STABLE CALLED ON NULL INPUT PARALLEL SAFE;
COMMENT ON FUNCTION cgae.tier_at(pg_catalog.text, pg_catalog.timestamptz, pg_catalog.timestamptz) IS
  'standing of an agent at an instant, past or ahead, as known at another (null: now); nulls before its registration; unknown agent: no_data_found; null agent_id or at: null_value_not_allowed';

CREATE FUNCTION cgae.standing_as_of(
    at pg_catalog.timestamptz,
    known_at pg_catalog.timestamptz DEFAULT NULL,
    OUT agent_id pg_catalog.text,
    OUT model_name pg_catalog.text,
    OUT status cgae.agent_status,
    OUT certified_tier cgae.tier,
    OUT effective_tier cgae.tier,
    OUT robustness cgae.robustness,
    OUT certified_at pg_catalog.timestamptz) RETURNS SETOF pg_catalog.record
  AS 'MODULE_PATHNAME', 'cgae_standing_as_of'
  LANGUAGE C STABLE CALLED ON NULL INPUT PARALLEL SAFE;
COMMENT ON FUNCTION cgae.standing_as_of(pg_catalog.timestamptz, pg_catalog.timestamptz) IS
  'standing of every agent registered at an instant, as known at another (null: now), in one pass over the history; null at: null_value_not_allowed';

CREATE FUNCTION cgae.expiring_within(
    within pg_catalog.interval,
    OUT agent_id pg_catalog.text,
    OUT model_name pg_catalog.text,
    OUT current_tier cgae.tier,
    OUT effective_tier cgae.tier,
    OUT tier_drop_at pg_catalog.timestamptz,
    OUT falls_to cgae.tier,
    OUT time_left pg_catalog.interval) RETURNS SETOF pg_catalog.record
  AS 'MODULE_PATHNAME', 'cgae_expiring_within'
  LANGUAGE C STABLE CALLED ON NULL INPUT PARALLEL SAFE;
COMMENT ON FUNCTION cgae.expiring_within(pg_catalog.interval) IS
  'rows of cgae.expiring_agents whose tier falls within a time from now, soonest first, overdue ones included; a negative interval is invalid_parameter_value, null is null_value_not_allowed';

CREATE FUNCTION cgae.tier_distribution_over_time(
    "from" pg_catalog.timestamptz,
    "to" pg_catalog.timestamptz,
    step pg_catalog.interval,
    OUT at pg_catalog.timestamptz,
    OUT tier cgae.tier,
    OUT agents pg_catalog.int8) RETURNS SETOF pg_catalog.record
  AS 'MODULE_PATHNAME', 'cgae_tier_distribution_over_time'
  LANGUAGE C STABLE CALLED ON NULL INPUT PARALLEL SAFE;
COMMENT ON FUNCTION cgae.tier_distribution_over_time(pg_catalog.timestamptz, pg_catalog.timestamptz, pg_catalog.interval) IS
  'number of active agents of each effective tier at the instants from, from + step, ... up to to, six rows each, past or ahead; at most 100,000 instants, a step that leads forward, finite ends, else invalid_parameter_value; nulls are refused';

---------------------------------------------------------------------------
-- Report                                                  src/report/
---------------------------------------------------------------------------

CREATE FUNCTION cgae.report(
    title pg_catalog.text DEFAULT NULL,
    since pg_catalog.timestamptz DEFAULT NULL,
    until pg_catalog.timestamptz DEFAULT NULL,
    "limit" pg_catalog.int4 DEFAULT 10) RETURNS pg_catalog.text
  AS 'MODULE_PATHNAME', 'cgae_report'
  LANGUAGE C STABLE CALLED ON NULL INPUT PARALLEL SAFE;
COMMENT ON FUNCTION cgae.report(pg_catalog.text, pg_catalog.timestamptz, pg_catalog.timestamptz, pg_catalog.int4) IS
  'state of the registry now, and its history from since to until (default: 30 days back, 15 days ahead by decay alone), as one HTML page without scripts: tiers, falls to come, binding dimensions, aggregate safety, holds, changes, policy; lists have at most "limit" rows (0 to 1000); times in the session''s time zone; reads with the caller''s privileges (a reader''s suffice)';

---------------------------------------------------------------------------
-- Spot audits       src/api/audit_lottery.c, src/guards/audit_seeds.c
---------------------------------------------------------------------------

CREATE FUNCTION cgae.guard_seeds() RETURNS pg_catalog.trigger
  AS 'MODULE_PATHNAME', 'cgae_guard_seeds' LANGUAGE c VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION cgae.guard_seeds() IS 'guard of cgae.audit_seeds: lets in what rotate_audit_seed() writes, nothing else';
REVOKE EXECUTE ON FUNCTION cgae.guard_seeds() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION cgae.guard_seeds() TO @extowner@;

CREATE FUNCTION cgae.rotate_audit_seed() RETURNS pg_catalog.int4
  AS 'MODULE_PATHNAME', 'cgae_rotate_audit_seed' LANGUAGE c VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION cgae.rotate_audit_seed() IS
  'end the current epoch of the spot-audit lottery, reveal its secret and begin a new one with a fresh secret; returns the number of the new epoch; needs INSERT and UPDATE on cgae.audit_seeds';

CREATE FUNCTION cgae.audit_draw(secret pg_catalog.bytea, agent_id pg_catalog.text, seq pg_catalog.int4) RETURNS pg_catalog.float8
  AS 'MODULE_PATHNAME', 'cgae_audit_draw' LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION cgae.audit_draw(pg_catalog.bytea, pg_catalog.text, pg_catalog.int4) IS
  'draw u in (0,1] of a certification: the first 53 bits of HMAC-SHA256(secret, agent_id || '':'' || seq), plus one, over 2^53; an empty secret is invalid_parameter_value; null for nulls';

CREATE FUNCTION cgae.due_audits(
    at pg_catalog.timestamptz DEFAULT NULL,
    "limit" pg_catalog.int4 DEFAULT NULL,
    OUT agent_id pg_catalog.text,
    OUT seq pg_catalog.int4,
    OUT tier cgae.tier,
    OUT last_audit_at pg_catalog.timestamptz,
    OUT due_at pg_catalog.timestamptz,
    OUT overdue pg_catalog.interval) RETURNS SETOF pg_catalog.record
  AS 'MODULE_PATHNAME', 'cgae_due_audits' LANGUAGE c STABLE PARALLEL SAFE;
COMMENT ON FUNCTION cgae.due_audits(pg_catalog.timestamptz, pg_catalog.int4) IS
  'active agents whose spot audit is due at an instant (null: now), the longest due first, no more than limit (null: all); needs to read cgae.audit_seeds; one pass over the active agents';
