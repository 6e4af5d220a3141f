-- Operators and operator classes of cgae.robustness.  Nothing here has cgae in
-- its search_path: the operators are in pg_catalog (robustness_path.sql has more of that).
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS cgae;
RESET client_min_messages;

-- many ties in every dimension
CREATE TEMP TABLE v AS
SELECT row_number() OVER () AS n, cgae.robustness(a, b, c, d) AS r, ARRAY[a, b, c, d] AS scores
  FROM unnest('{0,0.5,1}'::float8[]) AS a, unnest('{0,0.5,1}'::float8[]) AS b,
       unnest('{0,0.25,0.5,0.75,1}'::float8[]) AS c, unnest('{0,0.25,0.5,0.75,1}'::float8[]) AS d;

--
-- Every operator and the comparison function against the four scores compared in turn
--
SELECT count(*) AS pairs,
       count(*) FILTER (WHERE (x.r = y.r) IS DISTINCT FROM (x.scores = y.scores)) AS eq,
       count(*) FILTER (WHERE (x.r <> y.r) IS DISTINCT FROM (x.scores <> y.scores)) AS ne,
       count(*) FILTER (WHERE (x.r < y.r) IS DISTINCT FROM (x.scores < y.scores)) AS lt,
       count(*) FILTER (WHERE (x.r <= y.r) IS DISTINCT FROM (x.scores <= y.scores)) AS le,
       count(*) FILTER (WHERE (x.r > y.r) IS DISTINCT FROM (x.scores > y.scores)) AS gt,
       count(*) FILTER (WHERE (x.r >= y.r) IS DISTINCT FROM (x.scores >= y.scores)) AS ge,
       count(*) FILTER (WHERE sign(cgae.robustness_cmp(x.r, y.r)) IS DISTINCT FROM
                              sign(btarraycmp(x.scores, y.scores))) AS cmp
  FROM v AS x, v AS y;
-- neighbouring doubles differ; 0 and -0 do not
SELECT '(0.3,0,0,0)'::cgae.robustness < '(0.30000000000000004,0,0,0)',
       '(0,0,0,0)'::cgae.robustness < '(0,0,0,5e-324)',
       '(0,0,0,0)'::cgae.robustness = '(-0,0,-0,0)';

--
-- Sorting, grouping, distinct, by default classes
--
SELECT count(*) AS misplaced FROM (
  SELECT scores, lag(scores) OVER (ORDER BY r) AS previous FROM v) AS s WHERE scores <= previous;
SELECT r FROM v ORDER BY r DESC LIMIT 3;
SELECT r FROM (VALUES ('(0.5,0,0,0)'::cgae.robustness), (NULL), ('(0.1,1,1,1)')) AS x(r) ORDER BY r NULLS FIRST;
SET enable_hashagg = off;
SELECT count(*) FROM (SELECT r FROM (SELECT r FROM v UNION ALL SELECT r FROM v) AS x GROUP BY r) AS g;
RESET enable_hashagg;
SET enable_sort = off;
SELECT count(*) FROM (SELECT r FROM (SELECT r FROM v UNION ALL SELECT r FROM v) AS x GROUP BY r) AS g;
RESET enable_sort;
SELECT count(DISTINCT r) FROM v;

--
-- Joins: every method finds the same rows
--
CREATE FUNCTION pg_temp.plan_of(statement text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  line text;
  plan text := '';
BEGIN
  FOR line IN EXECUTE 'EXPLAIN (COSTS OFF) ' || statement LOOP
    plan := plan || line || E'\n';
  END LOOP;
  RETURN plan;
END $$;
\set join 'SELECT count(*) FROM v AS x JOIN v AS y ON x.r = y.r'
SET enable_mergejoin = off; SET enable_nestloop = off;
SELECT pg_temp.plan_of(:'join') LIKE '%Hash Join%' AS hashes;
:join;
RESET enable_mergejoin; SET enable_hashjoin = off;
SELECT pg_temp.plan_of(:'join') LIKE '%Merge Join%' AS merges;
:join;
RESET enable_nestloop; SET enable_mergejoin = off;
SELECT pg_temp.plan_of(:'join') LIKE '%Nested Loop%' AS loops;
:join;
RESET enable_hashjoin; RESET enable_mergejoin;

--
-- Indexes
--
CREATE UNIQUE INDEX v_btree ON v (r);
CREATE INDEX v_hash ON v USING hash (r);
ANALYZE v;
SET enable_seqscan = off;
SET enable_bitmapscan = off;
\set probe 'SELECT count(*) FROM v WHERE r >= ''(0.5,0.5,0,0)'' AND r < ''(1,0,0,0)'''
SELECT pg_temp.plan_of(:'probe') ~ 'Index (Only )?Scan using v_btree' AND pg_temp.plan_of(:'probe') LIKE '%Index Cond%' AS uses_btree;
:probe;
SELECT count(*) FROM v WHERE scores >= '{0.5,0.5,0,0}' AND scores < '{1,0,0,0}';
DROP INDEX v_btree;
\set probe 'SELECT scores FROM v WHERE r = ''(0.5,0.5,0.25,0.75)'''
SELECT pg_temp.plan_of(:'probe') LIKE '%Scan using v_hash%' AS uses_hash;
:probe;
RESET enable_seqscan;
RESET enable_bitmapscan;
-- a key, with its violation
CREATE TEMP TABLE keyed (r cgae.robustness PRIMARY KEY);
INSERT INTO keyed VALUES ('(0.1,0.2,0.3,0.4)');
\set VERBOSITY terse
INSERT INTO keyed VALUES ('(0.10,0.20,0.30,0.40)');
\set VERBOSITY default
INSERT INTO keyed VALUES ('(0.1,0.2,0.3,0.4)') ON CONFLICT DO NOTHING;
SELECT count(*) FROM keyed;

--
-- Hashes: equal values equal, seeds matter, values spread over low bits
--
SELECT count(*) AS vectors, count(DISTINCT cgae.robustness_hash(r)) = count(*) AS distinct_hashes,
       count(DISTINCT cgae.robustness_hash_extended(r, 42)) = count(*) AS distinct_seeded,
       bool_and(cgae.robustness_hash_extended(r, 0) & 4294967295 = cgae.robustness_hash(r)::bigint & 4294967295) AS agree,
       count(*) FILTER (WHERE cgae.robustness_hash_extended(r, 1) = cgae.robustness_hash_extended(r, 2)) AS seed_ignored,
       count(DISTINCT cgae.robustness_hash(r) & 15) AS buckets_of_16
  FROM v;
SELECT cgae.robustness_hash('(-0,0,0,1)') = cgae.robustness_hash('(0,-0,0,1.0)') AS zero_has_one_hash;
-- one dimension alone moves the hash
SELECT count(DISTINCT cgae.robustness_hash(r)) FROM unnest(ARRAY[
  '(0.1,0,0,0)', '(0,0.1,0,0)', '(0,0,0.1,0)', '(0,0,0,0.1)', '(0,0,0,5e-324)', '(0,0,0,0)']::cgae.robustness[]) AS r;
CREATE TEMP TABLE parted (r cgae.robustness) PARTITION BY HASH (r);
CREATE TEMP TABLE parted0 PARTITION OF parted FOR VALUES WITH (MODULUS 2, REMAINDER 0);
CREATE TEMP TABLE parted1 PARTITION OF parted FOR VALUES WITH (MODULUS 2, REMAINDER 1);
INSERT INTO parted SELECT r FROM v;
SELECT count(*) AS rows, count(*) FILTER (WHERE n > 60) AS partitions_in_balance
  FROM (SELECT count(*) AS n FROM parted GROUP BY tableoid) AS p;

--
-- The catalogue is coherent
--
SELECT amname, opcname, amvalidate(c.oid), opcdefault
  FROM pg_opclass AS c JOIN pg_am AS a ON a.oid = opcmethod
 WHERE opcintype = 'cgae.robustness'::regtype ORDER BY amname;
SELECT o.oprname, c.oprname AS commutator, n.oprname AS negator, o.oprcanhash AS hash, o.oprcanmerge AS merge, o.oprrest, o.oprjoin
  FROM pg_operator AS o JOIN pg_operator AS c ON c.oid = o.oprcom JOIN pg_operator AS n ON n.oid = o.oprnegate
 WHERE o.oprleft = 'cgae.robustness'::regtype ORDER BY o.oprname COLLATE "C";
SELECT count(*) AS operators_with_a_wrong_partner
  FROM pg_operator AS o
  LEFT JOIN pg_operator AS c ON c.oid = o.oprcom AND c.oprcom = o.oid
  LEFT JOIN pg_operator AS n ON n.oid = o.oprnegate AND n.oprnegate = o.oid AND n.oid <> o.oid
 WHERE o.oprleft = 'cgae.robustness'::regtype AND (c.oid IS NULL OR n.oid IS NULL OR o.oprcode = 0);
SELECT amprocnum, amproc::regproc FROM pg_amproc AS p JOIN pg_opfamily AS f ON f.oid = amprocfamily JOIN pg_am AS a ON a.oid = opfmethod
 WHERE amproclefttype = 'cgae.robustness'::regtype ORDER BY amname, amprocnum;
-- all that the type's operators and classes call is immutable, strict and parallel safe
SELECT proname FROM pg_proc
 WHERE pronamespace = 'cgae'::regnamespace AND proname ~ '^robustness' AND (provolatile <> 'i' OR NOT proisstrict OR proparallel <> 's');
