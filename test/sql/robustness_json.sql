-- The JSON form of cgae.robustness as text input and json; arrays of numbers; what to_json() makes of a vector.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS cgae;
RESET client_min_messages;

\getenv abs_srcdir PG_ABS_SRCDIR
\set include :abs_srcdir '/sql/include/try.psql'
\i :include

--
-- Objects that are a vector, as text, json and jsonb
--
CREATE TEMP TABLE document (n int GENERATED ALWAYS AS IDENTITY, j text);
INSERT INTO document (j) VALUES
  ('{"cc": 0.1, "er": 0.2, "as": 0.3, "ih": 0.4}'),
  ('{"ih":0.4,"as":0.3,"er":0.2,"cc":0.1}'),
  (E' \n\t{ "cc" : 1 , "er" : 1.0 , "as" : 0.45 , "ih" : -0 }\r\n'),
  ('{"cc": 0.30000000000000004, "er": 5e-324, "as": 1E-3, "ih": 0.9999999999999999}'),
  ('{"cc": 0.450000000000000011102230246251565404236316680908203125, "er": 1.00000000000000001, "as": 10e-1, "ih": 0e5}'),
  ('{"\u0063c": 0.1, "er": 0.2, "a\u0073": 0.3, "ih": 0.4}'),
  -- the last of a repeated key counts
  ('{"cc": 7, "cc": 0.1, "er": "x", "er": 0.2, "as": null, "as": 0.3, "ih": {"cc": [0.9]}, "ih": 0.4}');
SELECT j::cgae.robustness AS text, j::json::cgae.robustness = j::cgae.robustness AS json, j::jsonb::cgae.robustness = j::cgae.robustness AS jsonb
  FROM document ORDER BY n;
SELECT NULL::json::cgae.robustness IS NULL AND NULL::numeric[]::cgae.robustness IS NULL AS strict;
-- every double survives
SELECT count(*) AS vectors, count(*) FILTER (WHERE r::json::text::cgae.robustness = r) AS text, count(*) FILTER (WHERE r::json::cgae.robustness = r) AS json,
       count(*) FILTER (WHERE (r::jsonb)::text::cgae.robustness = r) AS jsonb, count(*) FILTER (WHERE r::json::jsonb = r::jsonb) AS same
  FROM generate_series(1, 2000) AS n, LATERAL (SELECT random() AS x) AS x, LATERAL (SELECT cgae.robustness(x, 1 - x, sqrt(x) * 2 ^ (-n / 2), 1 - sqrt(x)) AS r) AS r;

--
-- Objects that are none: refused alike by text, json and jsonb, in text as malformed text
--
TRUNCATE document;
INSERT INTO document (j) VALUES
  ('{}'), ('{"cc": 0.1, "er": 0.2, "as": 0.3}'), ('{"cc": 0.1, "er": 0.2, "as_": 0.3, "ih": 0.4}'), ('{"CC": 0.1, "er": 0.2, "as": 0.3, "ih": 0.4}'),
  ('{"cc": 0.1, "er": 0.2, "as": 0.3, "ih": 0.4, "extra": {"cc": 1}}'), ('{"cc": 0.1, "er": 0.2, "as": 0.3, "ih": 0.4, "": 0}'),
  ('{"r": {"cc": 0.1, "er": 0.2, "as": 0.3, "ih": 0.4}}'), ('{"cc ": 0.1, "er": 0.2, "as": 0.3, "ih": 0.4}'),
  ('{"cc": null, "er": 0.2, "as": 0.3, "ih": 0.4}'), ('{"cc": 0.1, "er": "0.2", "as": 0.3, "ih": 0.4}'), ('{"cc": 0.1, "er": 0.2, "as": true, "ih": 0.4}'),
  ('{"cc": 0.1, "er": 0.2, "as": 0.3, "ih": [0.4]}'), ('{"cc": {"cc": 0.1}, "er": 0.2, "as": 0.3, "ih": 0.4}'), ('{"cc": 0.1, "cc": "0.1", "er": 0.2, "as": 0.3, "ih": 0.4}'),
  ('{"cc": 1.0000000000000002, "er": 0.2, "as": 0.3, "ih": 0.4}'), ('{"cc": 0.1, "er": -0.2, "as": 0.3, "ih": 0.4}'),
  ('{"cc": 0.1, "er": 0.2, "as": 1e400, "ih": 0.4}'), ('{"cc": 0.1, "er": 0.2, "as": 0.3, "ih": -5e-324}');
SELECT j, t AS text, CASE WHEN left(json, 5) = left(jsonb, 5) THEN left(json, 5) ELSE json || ' / ' || jsonb END AS casts, substr(t, 7) = substr(json, 7) AS same_message
  FROM document, LATERAL (SELECT pg_temp.try(format('SELECT %L::cgae.robustness', j)) AS t, pg_temp.try(format('SELECT %L::json::cgae.robustness', j)) AS json,
                                 pg_temp.try(format('SELECT %L::jsonb::cgae.robustness', j)) AS jsonb) AS x ORDER BY n;
-- json that is no object
SELECT j, pg_temp.try(format('SELECT %L::json::cgae.robustness', j)) FROM (VALUES
  ('null'), ('1'), ('"(0.1,0.2,0.3,0.4)"'), ('[0.1, 0.2, 0.3, 0.4]'), ('[]'), ('[{"cc": 0.1, "er": 0.2, "as": 0.3, "ih": 0.4}]'),
  ('{"cc": 0.1, "er": 0.2, "as": 0.3, "\u0000": 0.4}')) AS v (j);

--
-- Text that begins like an object and is no JSON
--
SELECT j, pg_temp.try(format('SELECT %L::cgae.robustness', j)) FROM (VALUES
  ('{'), ('{"cc"'), ('{"cc": 0.1, "er": 0.2, "as": 0.3, "ih": 0.4'), ('{"cc": 0.1, "er": 0.2, "as": 0.3, "ih": 0.4,}'), ('{"cc": 0.1, "er": 0.2, "as": 0.3, "ih": 0.4} x'),
  ('{"cc": 0.1, "er": 0.2, "as": 0.3, "ih": 0.4}{}'), ('{cc: 0.1, er: 0.2, as: 0.3, ih: 0.4}'), ('{''cc'': 0.1, ''er'': 0.2, ''as'': 0.3, ''ih'': 0.4}'), ('{"cc": .1, "er": 0.2, "as": 0.3, "ih": 0.4}'),
  ('{"cc": 0.1, "er": NaN, "as": 0.3, "ih": 0.4}'), ('{"cc": 0.1, "er": 0x1, "as": 0.3, "ih": 0.4}'), ('{"cc": +0.1, "er": 0.2, "as": 0.3, "ih": 0.4}'), ('{"cc": 0.1, "\ud800": 0.2, "as": 0.3, "ih": 0.4}'),
  -- an array's text is none of the forms
  ('{0.1,0.2,0.3,0.4}'), ('{"0.1","0.2","0.3","0.4"}'), ('{}  {}'), ('[{"cc": 0.1, "er": 0.2, "as": 0.3, "ih": 0.4}]'), ('"{}"')) AS v (j);
\set VERBOSITY default
SELECT '{0.1,0.2,0.3,0.4}'::cgae.robustness;
SELECT '{"cc": 0.1}'::cgae.robustness;
\set VERBOSITY terse
-- long ones are not repeated in full, deep ones stop in time
SELECT max(length(pg_temp.try(format('SELECT %L::cgae.robustness', j)))) < 250 AS short
  FROM (VALUES ('{' || repeat('9', 1000000)), ('{"' || repeat(U&'\00e9', 1000000) || '": 1}'), ('{"cc": 0.1, "er": 0.2, "as": 0.3, "ih": 0.' || repeat('9', 1000000) || 'x}')) AS v (j);
SELECT left(pg_temp.try(format('SELECT %L::cgae.robustness', '{"cc": ' || repeat('[', 1000000))), 5) AS deep;
SELECT pg_temp.try(format('SELECT %L::cgae.robustness', '{"cc": 0.1, "er": 0.2, "as": 0.3, "ih": 0.' || repeat('4', 100000) || '}'));
-- soft errors, on servers that have them
SELECT current_setting('server_version_num')::int >= 160000 AS has_soft_errors \gset
\if :has_soft_errors
SELECT bool_and(pg_input_is_valid(input, 'cgae.robustness') = valid) AS soft_errors_agree FROM (VALUES
  ('{"cc": 0.1, "er": 0.2, "as": 0.3, "ih": 0.4}', true), ('{"cc": 0.1, "er": 0.2, "as": 0.3, "ih": 1.1}', false), ('{"cc": 0.1, "er": 0.2, "as": 0.3, "ih": null}', false), ('{"cc": 0.1, "er": 0.2, "as": 0.3}', false),
  ('{"cc": 0.1, "er": 0.2, "as": 0.3, "ih": "x"}', false), ('{"cc": 0.1, "er": 0.2, "as": 0.3, "ih": 0.4, "x": 1}', false), ('{"cc": 0.1', false), ('{0.1,0.2,0.3,0.4}', false), ('{"\ud800": 1}', false), ('{"cc": 1e400, "er": 0.2, "as": 0.3, "ih": 0.4}', false)
) AS v(input, valid) \gset
\else
\set soft_errors_agree t
\endif
\echo :soft_errors_agree

--
-- Arrays of numeric: the digits decide
--
SELECT ARRAY[0.1, 0.2, 0.3, 0.4]::cgae.robustness, '[-3:0]={0.1,0.2,0.3,0.4}'::numeric[]::cgae.robustness, ARRAY[1, 0.30000000000000004, 0.45, -0.0]::cgae.robustness,
       cgae.as_(ARRAY[0, 0, 0.45, 0]::cgae.robustness) = 0.45::float8 AS exact;
SELECT a, pg_temp.try(format('SELECT %L::numeric[]::cgae.robustness', a)) FROM (VALUES
  ('{}'), ('{0.1,0.2,0.3}'), ('{0.1,0.2,0.3,0.4,0.5}'), ('{{0.1,0.2},{0.3,0.4}}'), ('{NULL,0.2,0.3,0.4}'), ('{0.1,0.2,0.3,NULL}'), ('{0.1,NaN,0.3,0.4}'), ('{0.1,0.2,Infinity,0.4}'),
  ('{1.0000000000000002,0.2,0.3,0.4}'), ('{0.1,0.2,0.3,-0.1}')) AS v (a);

--
-- On assignment, never unasked; and nothing became ambiguous
--
CREATE TEMP TABLE assigned (r cgae.robustness, j json);
INSERT INTO assigned (r) SELECT '{"cc": 0.1, "er": 0.2, "as": 0.3, "ih": 0.4}'::json;
INSERT INTO assigned (r) VALUES (ARRAY[0.1, 0.2, 0.3, 0.4]), ('{"cc": 0.1, "er": 0.2, "as": 0.3, "ih": 0.4}'), ('(0.1,0.2,0.3,0.4)');
UPDATE assigned SET j = r;
SELECT r, j FROM assigned;
SELECT pg_temp.try('SELECT cgae.gate_tier(''{"cc": 1, "er": 1, "as": 1, "ih": 1}''::json)'), pg_temp.try('SELECT cgae.gate_tier(ARRAY[1, 1, 1, 1.0])');
SELECT cgae.gate_tier('{"cc": 1, "er": 1, "as": 1, "ih": 1}'), cgae.robustness('{"cc": 1, "er": 1, "as": 1, "ih": 1}'), cgae.robustness(1, 0.5, 0.5, 1);
PREPARE untyped AS SELECT cgae.gate_tier($1), cgae.weakest($2), cgae.chain_tier($3), cgae.robustness($4, $5, $6, $7) FROM cgae.certify($8, $9);
SELECT parameter_types FROM pg_prepared_statements WHERE name = 'untyped';

--
-- A vector within JSON is an object, and comes back
--
SELECT to_json(r), to_jsonb(r), row_to_json(v), json_agg(r) OVER (), jsonb_build_object('r', r) FROM (VALUES (1, '(0.1,0.2,1e-05,1)'::cgae.robustness)) AS v (n, r);
SELECT (json_populate_record(NULL::assigned, j)).r, (jsonb_populate_record(NULL::assigned, j::jsonb)).r, (SELECT r FROM json_to_record(j) AS x (r cgae.robustness))
  FROM (VALUES ('{"r": {"cc": 0.1, "er": 0.2, "as": 1e-05, "ih": 1}}'::json), ('{"r": "(0.1,0.2,1e-05,1)"}'), ('{"r": null}')) AS v (j);
