-- The gate: tiers, detail, custom thresholds, chains, aggregates.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS cgae;
RESET client_min_messages;

\getenv abs_srcdir PG_ABS_SRCDIR
\set include :abs_srcdir '/sql/include/try.psql'
\i :include

--
-- Tier and its detail, on the bounds and one step below
--
SELECT r, cgae.gate_tier(r), d.*
  FROM (VALUES (1, '(1,1,1,1)'::cgae.robustness), (2, '(0.9,0.9,0.85,0.5)'), (3, '(0.8999999999999999,0.9,0.85,0.5)'),
               (4, '(0.9,0.9,0.85,0.49999999999999994)'), (5, '(0.8,1,1,1)'), (6, '(1,0.65,1,1)'), (7, '(1,1,0.45,1)'),
               (8, '(1,1,0.44999999999999996,1)'), (9, '(0.5,0.5,0.45,0.9)'), (10, '(0.3,0.3,0.24,0.9)'),
               (11, '(0,0,0,0.5)'), (12, '(0,0,0,0)'), (13, '(1,1,1,0)'), (14, '(0.95,0.7,0.62,0.9)')) AS v(n, r),
       LATERAL cgae.gate_detail(r) AS d ORDER BY n;
SELECT cgae.gate_tier(NULL), cgae.gate_detail(NULL) IS NULL AS no_detail;
SELECT tier, cgae.budget_ceiling(tier) FROM unnest(enum_range(NULL::cgae.tier)) AS tier;
SELECT cgae.budget_ceiling(NULL);
-- strength in one dimension never compensates another
SELECT count(*) FROM generate_series(0, 1, 0.05) AS cc, generate_series(0, 1, 0.05) AS er
 WHERE cgae.gate_tier(cgae.robustness(cc, er, 1, 1)) <> least(cgae.gate_tier(cgae.robustness(cc, 1, 1, 1)), cgae.gate_tier(cgae.robustness(1, er, 1, 1)));

--
-- The caller's own thresholds
--
SELECT cgae.gate_tier('(0.5,0.5,0.5,0.1)', '{0,0.1,0.2,0.3,0.4,0.5}', '{0,0.1,0.2,0.3,0.5,1}', '[0:5]={0,0.5,0.6,0.7,0.8,0.9}', 0.1);
SELECT cgae.gate_tier(r => '(1,1,1,0)', cc => '{-0,1e-300,2e-300,3e-300,4e-300,5e-300}', er => '{0,0.1,0.2,0.3,0.4,1}',
                      as_ => '{0,0.1,0.2,0.3,0.4,0.5}', ih_threshold => 0);
SELECT cgae.gate_tier('(1,1,1,1)', NULL, '{0,0.1,0.2,0.3,0.4,0.5}', '{0,0.1,0.2,0.3,0.4,0.5}', 0.5) IS NULL AS strict;
\set good '{0,0.1,0.2,0.3,0.4,0.5}'
SELECT cc, er, as_, ih, pg_temp.try(format('SELECT cgae.gate_tier(''(1,1,1,1)'', %L, %L, %L, %L)', cc, er, as_, ih))
  FROM (VALUES ('{}', :'good', :'good', '0.5'),
    ('{0,0.1,0.2,0.3,0.4}', :'good', :'good', '0.5'),
    (:'good', '{0,0.1,0.2,0.3,0.4,0.5,0.6}', :'good', '0.5'),
    (:'good', :'good', '{{0,0.1,0.2},{0.3,0.4,0.5}}', '0.5'),
    ('{0,0.1,NULL,0.3,0.4,0.5}', :'good', :'good', '0.5'),
    ('{0.01,0.1,0.2,0.3,0.4,0.5}', :'good', :'good', '0.5'),
    (:'good', '{-0.1,0.1,0.2,0.3,0.4,0.5}', :'good', '0.5'),
    (:'good', :'good', '{0,0.1,0.2,0.2,0.4,0.5}', '0.5'),
    (:'good', :'good', '{0,0.1,0.3,0.2,0.4,0.5}', '0.5'),
    (:'good', '{0,0,0.2,0.3,0.4,0.5}', :'good', '0.5'),
    ('{0,0.1,0.2,0.3,0.4,1.0000000000000002}', :'good', :'good', '0.5'),
    ('{0,0.1,0.2,0.3,0.4,Infinity}', :'good', :'good', '0.5'),
    ('{NaN,0.1,0.2,0.3,0.4,0.5}', :'good', :'good', '0.5'),
    (:'good', '{0,0.1,NaN,0.3,0.4,0.5}', :'good', '0.5'),
    (:'good', :'good', '{0,0.1,0.2,0.3,0.4,NaN}', '0.5'),
    (:'good', :'good', :'good', 'NaN'), (:'good', :'good', :'good', '-0.1'), (:'good', :'good', :'good', '1.0000000000000002'),
    (:'good', :'good', :'good', 'Infinity')) AS v(cc, er, as_, ih);
-- a policy that was never published
SELECT pg_temp.try($$SELECT cgae.gate_tier('(1,1,1,1)', -1)$$), pg_temp.try($$SELECT cgae.gate_tier('(1,1,1,1)', 0)$$),
       pg_temp.try($$SELECT cgae.gate_tier('(1,1,1,1)', 2147483647)$$);
SELECT cgae.gate_tier('(1,1,1,1)', NULL) IS NULL AS strict;

--
-- Chains
--
SELECT cgae.chain_tier('{}'), cgae.chain_tier(NULL), cgae.chain_tier(ARRAY['(1,1,1,1)']::cgae.robustness[]),
       cgae.chain_tier(ARRAY['(1,1,1,1)', '(0.65,0.7,0.6,0.5)', '(0.9,0.9,0.9,0.9)']::cgae.robustness[]),
       cgae.chain_tier(ARRAY['(1,1,1,1)', '(1,1,1,0.4)']::cgae.robustness[]),
       cgae.chain_tier(ARRAY[ARRAY['(1,1,1,1)', '(0.8,1,1,1)'], ARRAY['(1,1,1,1)', '(0.9,1,1,1)']]::cgae.robustness[]);
SELECT pg_temp.try($$SELECT cgae.chain_tier(ARRAY['(1,1,1,1)', NULL]::cgae.robustness[])$$);
SELECT pg_temp.try($$SELECT cgae.chain_tier(ARRAY[NULL]::cgae.robustness[])$$);
-- a long chain, also out of line and compressed
CREATE TEMP TABLE chain AS
SELECT n, array_agg(cgae.robustness(1, 1, CASE WHEN i = n THEN 0.6 ELSE 1 END, 1)) AS members
  FROM generate_series(1, 20000, 6667) AS n, generate_series(1, 20000) AS i GROUP BY n;
SELECT n, cgae.chain_tier(members) FROM chain ORDER BY n;

--
-- Aggregates
--
SELECT cgae.chain_tier_agg(r) FROM (VALUES ('(1,1,1,1)'::cgae.robustness), ('(0.65,0.7,0.6,0.5)'), ('(0.8,0.9,0.9,0.9)')) AS v(r);
SELECT cgae.chain_tier_agg(r) AS none FROM (VALUES ('(1,1,1,1)'::cgae.robustness)) AS v(r) WHERE false;
SELECT pg_temp.try($$SELECT cgae.chain_tier_agg(r) FROM (VALUES ('(1,1,1,1)'::cgae.robustness), (NULL)) AS v(r)$$);
SELECT pg_temp.try($$SELECT cgae.chain_tier_agg(NULL)$$);
SELECT cgae.chain_tier_agg(r) FILTER (WHERE r IS NOT NULL) FROM (VALUES ('(1,1,1,1)'::cgae.robustness), (NULL)) AS v(r);
-- as a window: the tier of the chain so far
SELECT array_agg(tier) FROM (
  SELECT cgae.chain_tier_agg(r) OVER (ORDER BY n) AS tier
    FROM (VALUES (1, '(1,1,1,1)'::cgae.robustness), (2, '(0.8,1,1,1)'), (3, '(1,1,1,1)'), (4, '(0.1,1,1,1)')) AS v(n, r)) AS w;

SELECT cgae.aggregate_safety(r, e) FROM (VALUES ('(0.5,0.9,0.9,0)'::cgae.robustness, 3::float8), ('(0.9,0.8,0.7,1)', 1)) AS v(r, e);
-- nothing exposed
SELECT cgae.aggregate_safety(r, e) FROM (VALUES ('(0,0,0,0)'::cgae.robustness, 0::float8), ('(0,0,0,0)', '-0')) AS v(r, e);
SELECT cgae.aggregate_safety('(0,0,0,0)', 1) WHERE false;
-- the ends
SELECT cgae.aggregate_safety(r, e), cgae.aggregate_safety('(1,1,1,0)', e), cgae.aggregate_safety(r, 5e-324)
  FROM (VALUES ('(0,1,1,1)'::cgae.robustness, 0.1::float8), ('(1,0,1,1)', 0.7), ('(1,1,0,1)', 1e300), ('(0,0,0,0)', 1e-300)) AS v(r, e);
SELECT pg_temp.try(format('SELECT cgae.aggregate_safety(%s)', args)) FROM (VALUES
  ($$NULL, 1$$), ($$'(1,1,1,1)', NULL$$), ($$NULL, NULL$$), ($$'(1,1,1,1)', -5e-324$$), ($$'(1,1,1,1)', -1$$),
  ($$'(1,1,1,1)', 'NaN'$$), ($$'(1,1,1,1)', 'Infinity'$$), ($$'(1,1,1,1)', '-Infinity'$$)) AS v(args);
-- one row of 1e308 is fine, a sum that no double holds is not
SELECT cgae.aggregate_safety('(0.5,1,1,1)', 1e308);
SELECT pg_temp.try($$SELECT cgae.aggregate_safety('(0.5,1,1,1)', 1e308) FROM generate_series(1, 2)$$);
-- pieces called directly
SELECT pg_temp.try($$SELECT cgae.aggregate_safety_final('{1}')$$), pg_temp.try($$SELECT cgae.aggregate_safety_accum(NULL, '(1,1,1,1)', 1)$$),
       pg_temp.try($$SELECT cgae.aggregate_safety_combine('{1,NULL}', '{0,0}')$$), pg_temp.try($$SELECT cgae.aggregate_safety_combine('{1,2}', '{{0},{0}}')$$);
SELECT state, cgae.aggregate_safety_accum(state, '(0.5,1,1,1)', 2), state FROM (SELECT '{1,0.5}'::float8[] AS state) AS s;

-- row by row and in order, the sums of the formula; parallel, the same up to rounding
CREATE SCHEMA cgae_test_gate;
CREATE TABLE cgae_test_gate.exposed WITH (parallel_workers = 2) AS
SELECT n, n % 10 AS g, cgae.robustness((n * 7919 % 1000) / 1000.0, (n * 104729 % 1000) / 1000.0, (n * 1299709 % 1000) / 1000.0, 0.5 + (n % 50) / 100.0) AS r,
       (n * 15485863 % 100000) / 7.0::float8 AS e
  FROM generate_series(1, 50000::bigint) AS n;
ANALYZE cgae_test_gate.exposed;
SET max_parallel_workers_per_gather = 0;
SELECT bool_and(safety IS NOT DISTINCT FROM formula) AS exact, count(*) FROM (
  SELECT cgae.aggregate_safety(r, e ORDER BY n) AS safety,
         1 - sum(e * (1 - cgae.weakest(r)) ORDER BY n) / sum(e ORDER BY n) AS formula
    FROM cgae_test_gate.exposed GROUP BY g) AS s;
CREATE TEMP TABLE serial AS
SELECT g, cgae.aggregate_safety(r, e) AS safety, cgae.chain_tier_agg(r) FILTER (WHERE cgae.weakest(r) > g / 10.0) AS tier,
       count(*) FILTER (WHERE cgae.gate_tier(r) >= 'T3') AS n
  FROM cgae_test_gate.exposed GROUP BY g;
SET max_parallel_workers_per_gather = 2;
SET parallel_setup_cost = 0;
SET parallel_tuple_cost = 0;
SET min_parallel_table_scan_size = 0;
EXPLAIN (COSTS OFF) SELECT cgae.aggregate_safety(r, e), cgae.chain_tier_agg(r) FROM cgae_test_gate.exposed;
SELECT count(*) AS groups, count(*) FILTER (WHERE abs(s.safety - p.safety) <= 1e-12 * s.safety AND s.tier = p.tier AND s.n = p.n) AS same
  FROM serial AS s JOIN (
  SELECT g, cgae.aggregate_safety(r, e) AS safety, cgae.chain_tier_agg(r) FILTER (WHERE cgae.weakest(r) > g / 10.0) AS tier,
         count(*) FILTER (WHERE cgae.gate_tier(r) >= 'T3') AS n
    FROM cgae_test_gate.exposed GROUP BY g) AS p USING (g);
-- workers without a row
SELECT cgae.aggregate_safety(r, e), cgae.chain_tier_agg(r) FROM cgae_test_gate.exposed WHERE n < 0;
SELECT cgae.chain_tier_agg(r), cgae.gate_tier(min(r::text)::cgae.robustness) FROM cgae_test_gate.exposed WHERE n = 1;
RESET max_parallel_workers_per_gather;
RESET parallel_setup_cost;
RESET parallel_tuple_cost;
RESET min_parallel_table_scan_size;
DROP TABLE cgae_test_gate.exposed;
DROP SCHEMA cgae_test_gate;

-- what the planner is told
SELECT p.oid::regprocedure, provolatile, proisstrict, proparallel FROM pg_proc AS p
 WHERE pronamespace = 'cgae'::regnamespace AND (proname ~ '^(gate|chain)_' OR proname IN ('budget_ceiling')
    OR proname ~ '^aggregate_safety') ORDER BY proname COLLATE "C", pronargs;
-- an index on the tier under fixed thresholds is possible
CREATE TEMP TABLE rated (r cgae.robustness);
CREATE INDEX ON rated (cgae.gate_tier(r, '{0,0.1,0.2,0.3,0.4,0.5}', '{0,0.1,0.2,0.3,0.4,0.5}', '{0,0.1,0.2,0.3,0.4,0.5}', 0.5));

--
-- The extension goes and comes back in one session: enum values have other OIDs
-- then, and prepared statements, functions and plans must follow
--
SELECT current_database() AS here \gset
CREATE DATABASE cgae_test_recreate;
\c cgae_test_recreate
CREATE EXTENSION cgae;
PREPARE tier(text) AS SELECT cgae.gate_tier($1::cgae.robustness)::text AS tier;
PREPARE detail(text) AS SELECT tier, binding_dimension, budget_ceiling FROM cgae.gate_detail($1::cgae.robustness);
PREPARE ceiling(text) AS SELECT cgae.budget_ceiling($1::cgae.tier);
PREPARE agg(text) AS SELECT cgae.chain_tier_agg($1::cgae.robustness)::text AS tier, cgae.chain_tier(ARRAY[$1::cgae.robustness])::text;
CREATE FUNCTION tier_of(text) RETURNS text LANGUAGE plpgsql AS $$ BEGIN RETURN cgae.gate_tier($1::cgae.robustness); END $$;
SELECT tier_of('(0.7,0.7,0.7,0.7)');
EXECUTE tier('(0.7,0.7,0.7,0.7)');
EXECUTE detail('(0.7,0.7,0.7,0.7)');
EXECUTE ceiling('T3');
EXECUTE agg('(0.7,0.7,0.7,0.7)');
DROP EXTENSION cgae;
CREATE EXTENSION cgae;
EXECUTE tier('(0.7,0.7,0.7,0.7)');
EXECUTE ceiling('T3');
EXECUTE agg('(0.7,0.7,0.7,0.7)');
SELECT tier_of('(0.7,0.7,0.7,0.7)');
SELECT tier, binding_dimension, budget_ceiling FROM cgae.gate_detail('(0.7,0.7,0.7,0.7)');
-- and within one transaction
BEGIN;
SELECT tier_of('(0.8,0.8,0.8,0.7)');
DROP EXTENSION cgae;
CREATE EXTENSION cgae;
SELECT tier_of('(0.8,0.8,0.8,0.7)');
EXECUTE tier('(0.8,0.8,0.8,0.7)');
EXECUTE agg('(0.8,0.8,0.8,0.7)');
ROLLBACK;
SELECT tier_of('(0.8,0.8,0.8,0.7)');
EXECUTE tier('(0.8,0.8,0.8,0.7)');
-- no use of a tier that the rules do not know
ALTER TYPE cgae.tier ADD VALUE 'T6';
\set VERBOSITY terse
EXECUTE tier('(0.8,0.8,0.8,0.7)');
\c :here
DROP DATABASE cgae_test_recreate;
