-- Type cgae.robustness: input, output, constructor, accessors, casts, binary form.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS cgae;
RESET client_min_messages;

\getenv abs_srcdir PG_ABS_SRCDIR
\set include :abs_srcdir '/sql/include/try.psql'
\i :include
CREATE FUNCTION pg_temp.read(input text) RETURNS text LANGUAGE sql AS
  $$ SELECT pg_temp.try(format('SELECT %L::cgae.robustness', input)) $$;

--
-- Text that is a robustness vector
--
SELECT input, pg_temp.read(input) FROM (VALUES
  ('(0.1,0.2,0.3,0.4)'),
  ('(0,0,0,0)'),
  ('(1,1,1,1)'),
  ('  (0.1, 0.2 ,0.3,  0.4)  '),
  ('(1.,.5,+0.25,1e-3)'),
  ('(1.0,0.50,1E-05,000.125)'),
  ('(0.1,0.30000000000000004,0.9999999999999999,5e-324)'),
  ('(2.2250738585072011e-308,4.9406564584124654e-324,0.45000000000000001,1e-320)'),
  ('(1.00000000000000001,0.00000000000000000000001,0e999,0)')
) AS v(input);

-- every kind of white space, everywhere it is welcome
SELECT (ws || '(' || ws || '0.1' || ws || ',' || ws || '0.2' || ws || ',' || ws || '0.3' || ws || ','
        || ws || '0.4' || ws || ')' || ws)::cgae.robustness::text AS read, count(*)
  FROM unnest(ARRAY['', ' ', E'\t', E'\n', E'\r', E'\x0b', E'\f', E' \t\n\r\x0b\f ']) AS ws GROUP BY 1;

-- -0 becomes 0, whichever way it comes
SELECT '(-0,-0.0,-0e5,-0)'::cgae.robustness,
       cgae.robustness('-0', '-0', '-0', '-0'),
       ARRAY['-0', '-0', '-0', '-0']::float8[]::cgae.robustness,
       ROW('-0', '-0', '-0', '-0')::cgae.robustness_scores::cgae.robustness;
SELECT cgae.robustness_send(cgae.robustness('-0', '-0', '-0', '-0'))
     = cgae.robustness_send('(0,0,0,0)') AS same_bytes;

--
-- Text that is not: the message names dimension and value
--
SELECT input, pg_temp.read(input) FROM (VALUES
  (''), (' '), ('('), ('()'), ('(,,,)'), ('(((('),
  ('0.1,0.2,0.3,0.4'), ('[0.1,0.2,0.3,0.4]'), ('{0.1,0.2,0.3,0.4}'),
  ('(0.1,0.2,0.3,0.4'), ('0.1,0.2,0.3,0.4)'), ('((0.1,0.2,0.3,0.4))'),
  ('(0.1,0.2,0.3)'), ('(0.1,0.2,0.3,0.4,0.5)'), ('(0.1,0.2,0.3,0.4,)'),
  ('(,0.2,0.3,0.4)'), ('(0.1,,0.3,0.4)'), ('(0.1,0.2, ,0.4)'), ('(0.1,0.2,0.3,)'),
  ('(0.1,0.2,0.3,0.4)x'), ('(0.1,0.2,0.3,0.4) 0'), ('(0.1,0.2,0.3,0.4))'), ('x(0.1,0.2,0.3,0.4)'),
  ('(0.1 0.2,0.3,0.4)'), ('(0.1;0.2;0.3;0.4)'), ('(0.1,0.2 0.3,0.4)'), ('("0.1",0.2,0.3,0.4)'),
  ('(0,1,0,2,0,3,0,4)'), ('(0.1,0.2,0.3,null)'), ('(0.1,NULL,0.3,0.4)'), ('(abc,0.2,0.3,0.4)'),
  ('(0.1,0.2x,0.3,0.4)'), ('(0.1,0.2,- 0.3,0.4)'), ('(0.1,0.2,0.3,--0.4)'), ('(.,0,0,0)'),
  ('(+,0,0,0)'), ('(e5,0,0,0)'), ('(0x1p-1,0.2,0.3,0.4)'), ('(0.1,0X0,0.3,0.4)'), ('(0.1,0.2,-0x0p0,0.4)'),
  ('(0.1,0.2,0.3,0b1)'), ('(0.1,0.2,0.3,0_1)'), ('(0.1,0.2,0.3,50%)'), ('(0.1,0.2,0.3,infinit)'),
  ('(NaN,0.2,0.3,0.4)'), ('(0.1,nan,0.3,0.4)'), ('(0.1,0.2,Infinity,0.4)'), ('(0.1,0.2,0.3,-inf)'),
  ('(1.0000000000000002,0.2,0.3,0.4)'), ('(0.1,-5e-324,0.3,0.4)'), ('(0.1,0.2,1.5,0.4)'), ('(0.1,0.2,0.3,-1)'),
  ('(1e400,0.2,0.3,0.4)'), ('(0.1,-1e400,0.3,0.4)'), ('(0.1,0.2,1e-400,0.4)'), ('(0.1,0.2,0.3,-1e-400)'),
  ('(1e,0,0,0)')
) AS v(input);
-- a long text is not repeated in full
SELECT pg_temp.read('(0.1,0.2,0.3,0.4' || repeat('5', 200) || 'x)');
SELECT length(pg_temp.read(repeat('9', 1000000))) < 200 AS short;
\set VERBOSITY default
SELECT '(0.1,0.2,0.3)'::cgae.robustness;
SELECT '(0.1,0.2,0.3,2)'::cgae.robustness;
SELECT '(0.1,0.2,0.3,1e-999)'::cgae.robustness;

-- soft errors, on servers that have them
SELECT current_setting('server_version_num')::int >= 160000 AS has_soft_errors \gset
\if :has_soft_errors
SELECT bool_and(pg_input_is_valid(input, 'cgae.robustness') = valid) AS soft_errors_agree FROM (VALUES
  ('(0.1,0.2,0.3,0.4)', true), ('(0.1,0.2,0.3,1.1)', false), ('(0.1,0.2,0.3,nan)', false), ('(0.1,x,0.3,1)', false),
  ('(0.1,0.2,0.3', false), ('', false), ('(0,0,0,0)x', false), ('(1e400,0,0,0)', false), ('(0x1,0,0,0)', false)
) AS v(input, valid) \gset
\else
\set soft_errors_agree t
\endif
\echo :soft_errors_agree

--
-- Constructor and accessors
--
SELECT cgae.robustness(0.1, 0.2, 0.3, 0.4), cgae.robustness(ih => 0.4, cc => 0.1, as_ => 0.3, er => 0.2);
SELECT cgae.cc(r), cgae.er(r), cgae.as_(r), cgae.ih(r), cgae.weakest(r)
  FROM (VALUES ('(0.1,0.2,0.3,0.4)'::cgae.robustness), ('(0.9,0.2,0.3,0.01)'), ('(0.9,0.8,0.3,0.4)'),
               ('(0.5,0.5,0.5,0)'), (NULL)) AS v(r);
-- strict
SELECT cgae.robustness(NULL, 0.2, 0.3, 0.4) IS NULL AND cgae.robustness(0.1, 0.2, 0.3, NULL) IS NULL AS strict;
SELECT pg_temp.try(format('SELECT cgae.robustness(%s)', args)) FROM (VALUES
  ($$'nan',0,0,0$$), ($$0,'infinity',0,0$$), ($$0,0,'-infinity',0$$), ($$0,0,0,1.0000000000000002$$), ($$-5e-324,0,0,0$$)
) AS v(args);
-- real is another number
SELECT cgae.as_(cgae.robustness(0, 0, 0.45::real, 0)) = 0.45 AS same, cgae.as_(cgae.robustness(0, 0, 0.45, 0)) = 0.45 AS exact;

--
-- Every double survives text, jsonb, array, row and binary, whatever extra_float_digits
--
CREATE TEMP TABLE vector AS
SELECT n, CASE n % 5
    WHEN 0 THEN random()
    WHEN 1 THEN random() * 2 ^ (-(n % 1000))
    WHEN 2 THEN (1 + n) * '5e-324'::float8
    WHEN 3 THEN (n % 100) / 100.0::float8 + (n % 7) * '1.1102230246251565e-16'::float8
    ELSE 1 - (n % 64) * '1.1102230246251565e-16'::float8 END AS x
  FROM generate_series(0, 4999) AS n;
ALTER TABLE vector ADD r cgae.robustness;
UPDATE vector SET x = least(x, 1);
UPDATE vector SET r = cgae.robustness(x, 1 - x, sqrt(x), 1 - sqrt(x));
CREATE FUNCTION pg_temp.survivors() RETURNS TABLE (vectors bigint, scores bigint, text bigint, "jsonb" bigint, "array" bigint, "row" bigint)
LANGUAGE sql AS $$
  SELECT count(*),
         count(*) FILTER (WHERE cgae.cc(r) = x AND cgae.er(r) = 1 - x AND cgae.as_(r) = sqrt(x) AND cgae.ih(r) = 1 - sqrt(x)),
         count(*) FILTER (WHERE r::text::cgae.robustness = r),
         count(*) FILTER (WHERE r::jsonb::text::jsonb::cgae.robustness = r),
         count(*) FILTER (WHERE r::float8[]::cgae.robustness = r),
         count(*) FILTER (WHERE r::cgae.robustness_scores::cgae.robustness = r)
    FROM vector $$;
SELECT * FROM pg_temp.survivors();
SET extra_float_digits = -15;
SELECT * FROM pg_temp.survivors();
SELECT '(0.30000000000000004,0.1,5e-324,1)'::cgae.robustness;
RESET extra_float_digits;

--
-- Binary form: version 1, then four doubles in network order
--
SELECT cgae.robustness_send('(1,0.5,0.25,5e-324)');

-- :file is a file of the test's results folder, reached by the client
\getenv abs_builddir PG_ABS_BUILDDIR
\set file :abs_builddir '/results/robustness.binary'
CREATE TEMP TABLE back (n int, x float8, r cgae.robustness);
\set copy_out '\\copy vector TO ' :'file' ' (FORMAT binary)'
\set copy_in '\\copy back FROM ' :'file' ' (FORMAT binary)'
:copy_out
:copy_in
SELECT count(*) AS vectors, count(*) FILTER (WHERE a.r = b.r) AS survived FROM vector a JOIN back b USING (n);

-- forged binary input: bytes go out as bytea and come in as robustness
CREATE TEMP TABLE forged (r cgae.robustness);
\set copy_in '\\copy forged FROM ' :'file' ' (FORMAT binary)'
\set good '01' '3ff0000000000000' '3fe0000000000000' '3fd0000000000000' '0000000000000000'
\set copy_out '\\copy (SELECT decode(''' :good ''', ''hex'')) TO ' :'file' ' (FORMAT binary)'
:copy_out
:copy_in
SELECT * FROM forged;
-- -0 becomes 0 here too
\set bytes '01' '8000000000000000' '8000000000000000' '8000000000000000' '8000000000000000'
\set copy_out '\\copy (SELECT decode(''' :bytes ''', ''hex'')) TO ' :'file' ' (FORMAT binary)'
:copy_out
:copy_in
SELECT cgae.robustness_send(r) FROM forged ORDER BY r LIMIT 1;
\set VERBOSITY terse
-- empty
\set copy_out '\\copy (SELECT ''\\x''::bytea) TO ' :'file' ' (FORMAT binary)'
:copy_out
:copy_in
-- another version
\set bytes '02' '3ff0000000000000' '3fe0000000000000' '3fd0000000000000' '0000000000000000'
\set copy_out '\\copy (SELECT decode(''' :bytes ''', ''hex'')) TO ' :'file' ' (FORMAT binary)'
:copy_out
:copy_in
-- too short
\set bytes '01' '3ff0000000000000' '3fe0000000000000' '3fd0000000000000' '00000000000000'
\set copy_out '\\copy (SELECT decode(''' :bytes ''', ''hex'')) TO ' :'file' ' (FORMAT binary)'
:copy_out
:copy_in
-- too long
\set bytes :good '00'
\set copy_out '\\copy (SELECT decode(''' :bytes ''', ''hex'')) TO ' :'file' ' (FORMAT binary)'
:copy_out
:copy_in
-- NaN
\set bytes '01' '3ff0000000000000' '7ff8000000000000' '3fd0000000000000' '0000000000000000'
\set copy_out '\\copy (SELECT decode(''' :bytes ''', ''hex'')) TO ' :'file' ' (FORMAT binary)'
:copy_out
:copy_in
-- the next double above 1
\set bytes '01' '3ff0000000000001' '3fe0000000000000' '3fd0000000000000' '0000000000000000'
\set copy_out '\\copy (SELECT decode(''' :bytes ''', ''hex'')) TO ' :'file' ' (FORMAT binary)'
:copy_out
:copy_in
-- the greatest double below 0
\set bytes '01' '3ff0000000000000' '3fe0000000000000' '3fd0000000000000' '8000000000000001'
\set copy_out '\\copy (SELECT decode(''' :bytes ''', ''hex'')) TO ' :'file' ' (FORMAT binary)'
:copy_out
:copy_in
SELECT count(*) FROM forged;

--
-- Casts
--
SELECT '(0.1,0.2,0.3,0.4)'::cgae.robustness::jsonb, '(1,1e-05,0.30000000000000004,0)'::cgae.robustness::jsonb;
SELECT '{"ih": 0.4, "as": 0.3, "cc": 0.1, "er": 0.2}'::jsonb::cgae.robustness,
       '{"cc": 1, "er": 1.0, "as": 0.45, "ih": -0}'::jsonb::cgae.robustness,
       '{"cc": 0.9, "cc": 0.1, "er": 0, "as": 1e-3, "ih": 5e-324}'::jsonb::cgae.robustness,
       NULL::jsonb::cgae.robustness;
SELECT cgae.as_('{"cc": 0, "er": 0, "as": 0.45, "ih": 0}'::jsonb::cgae.robustness) = 0.45::float8 AS exact;
SELECT j, pg_temp.try(format('SELECT %L::jsonb::cgae.robustness', j)) FROM (VALUES
  ('null'), ('1'), ('"(0.1,0.2,0.3,0.4)"'), ('[0.1, 0.2, 0.3, 0.4]'), ('{}'), ('[]'),
  ('{"cc": 0.1, "er": 0.2, "as": 0.3}'),
  ('{"cc": 0.1, "er": 0.2, "as_": 0.3, "ih": 0.4}'),
  ('{"CC": 0.1, "er": 0.2, "as": 0.3, "ih": 0.4}'),
  ('{"cc": 0.1, "er": 0.2, "as": 0.3, "ih": 0.4, "extra": {"cc": 1}}'),
  ('{"cc": 0.1, "er": 0.2, "as": 0.3, "ih": 0.4, "": 0}'),
  ('{"cc": null, "er": 0.2, "as": 0.3, "ih": 0.4}'),
  ('{"cc": 0.1, "er": "0.2", "as": 0.3, "ih": 0.4}'),
  ('{"cc": 0.1, "er": 0.2, "as": true, "ih": 0.4}'),
  ('{"cc": 0.1, "er": 0.2, "as": 0.3, "ih": [0.4]}'),
  ('{"cc": {"cc": 0.1}, "er": 0.2, "as": 0.3, "ih": 0.4}'),
  ('{"cc": 1.0000000000000002, "er": 0.2, "as": 0.3, "ih": 0.4}'),
  ('{"cc": 0.1, "er": -0.2, "as": 0.3, "ih": 0.4}'),
  ('{"cc": 0.1, "er": 0.2, "as": 1e400, "ih": 0.4}'),
  ('{"cc": 0.1, "er": 0.2, "as": 0.3, "ih": 1e-400}')
) AS v(j);

SELECT '(0.1,0.2,0.3,0.4)'::cgae.robustness::float8[],
       '{0.1,0.2,0.3,0.4}'::float8[]::cgae.robustness,
       '[-3:0]={0.1,0.2,0.3,0.4}'::float8[]::cgae.robustness;
SELECT a, pg_temp.try(format('SELECT %L::float8[]::cgae.robustness', a)) FROM (VALUES
  ('{}'), ('{0.1,0.2,0.3}'), ('{0.1,0.2,0.3,0.4,0.5}'), ('{{0.1,0.2},{0.3,0.4}}'), ('{{0.1,0.2,0.3,0.4}}'),
  ('{NULL,0.2,0.3,0.4}'), ('{0.1,0.2,0.3,NULL}'), ('{0.1,NaN,0.3,0.4}'), ('{0.1,0.2,Infinity,0.4}'),
  ('{1.0000000000000002,0.2,0.3,0.4}'), ('{0.1,0.2,0.3,-0.1}')
) AS v(a);

SELECT ('(0.1,0.2,0.3,0.4)'::cgae.robustness::cgae.robustness_scores).*;
SELECT ROW(0.1, 0.2, 0.3, 0.4)::cgae.robustness_scores::cgae.robustness, NULL::cgae.robustness_scores::cgae.robustness;
SELECT pg_temp.try(format('SELECT ROW(%s)::cgae.robustness_scores::cgae.robustness', s)) FROM (VALUES
  ('NULL, 0.2, 0.3, 0.4'), ('0.1, 0.2, 0.3, NULL'), ('NULL, NULL, NULL, NULL'), ('0.1, 0.2, ''NaN'', 0.4'), ('0.1, 1.1, 0.3, 0.4')
) AS v(s);

-- on assignment, for clients that know no new types; never implicit
CREATE TEMP TABLE assigned (r cgae.robustness, j jsonb, a float8[], s cgae.robustness_scores, t text);
INSERT INTO assigned (r) VALUES (ARRAY[0.1, 0.2, 0.3, 0.4]::float8[]);
INSERT INTO assigned (r) SELECT '{"cc": 0.1, "er": 0.2, "as": 0.3, "ih": 0.4}'::jsonb;
INSERT INTO assigned (r) SELECT ROW(0.1, 0.2, 0.3, 0.4)::cgae.robustness_scores;
INSERT INTO assigned SELECT r, r, r, r, r FROM assigned WHERE j IS NULL LIMIT 1;
SELECT * FROM assigned ORDER BY j NULLS FIRST;
SELECT (r::cgae.robustness_scores).cc, (r::cgae.robustness_scores).as_, s.*
  FROM assigned, LATERAL (SELECT (r::cgae.robustness_scores).*) AS s;
SELECT castsource::regtype, casttarget::regtype, castcontext FROM pg_cast
 WHERE 'cgae.robustness'::regtype IN (castsource, casttarget) ORDER BY 1, 2;

-- arrays, and rows through json and back
SELECT ARRAY['(0.1,0.2,0.3,0.4)', NULL]::cgae.robustness[]::text;
SELECT (jsonb_populate_record(NULL::assigned, to_jsonb(v))).r FROM (SELECT '(0.1,0.2,0.3,0.4)'::cgae.robustness AS r) AS v;

-- stored plainly in 32 bytes, never toasted
SELECT typlen, typalign, typstorage, typbyval, typcategory, pg_column_size('(1,1,1,1)'::cgae.robustness)
  FROM pg_type WHERE oid = 'cgae.robustness'::regtype;
