-- Canonical JSON and architecture hash: the edges.  All expected values are
-- what Python's json.dumps(json.loads(text), sort_keys=True) gives.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS cgae;
RESET client_min_messages;
\pset null '(null)'

-- how the planner may use them
SELECT proname, provolatile, proisstrict, proparallel
FROM pg_proc
WHERE pronamespace = 'cgae'::regnamespace
  AND (proname LIKE 'canonical\_%' OR proname LIKE 'architecture\_%')
ORDER BY proname COLLATE "C";

-- a configuration and its published hash
SELECT cgae.canonical_json(c), cgae.architecture_hash(c), cgae.architecture_digest(c)
FROM (VALUES ('{"model": "gpt-4"}'::json)) AS v (c);
SELECT cgae.canonical_json(NULL) AS json, cgae.architecture_hash(NULL) AS hash, cgae.architecture_digest(NULL) AS digest,
       cgae.canonical_jsonb(NULL) AS jsonb;

-- structure, white space, scalars
SELECT c::text AS given, cgae.canonical_json(c)
FROM (VALUES ('{}'::json), ('[]'), (E' \t\r\n[ ] '), ('{ }'), ('null'), (' true '), ('false'), ('"x"'), ('1'),
             ('[[],{},[{}],[[[]]]]'), ('[1,[2,{"b":[{"d":1,"c":2}],"a":{}},3],4]'),
             ('{"b":{"z":[],"y":{"x":1}},"a":[true,false,null]}')) AS v (c);

-- keys: by code point (not by UTF-16 unit, not by byte as written), the last duplicate wins
SELECT cgae.canonical_json(c)
FROM (VALUES ('{"b":1,"a":2,"B":3,"":4,"aa":5,"a b":6}'::json),
             ('{"\ud83d\ude00":1,"\uffff":2,"\ue000":3,"\ud800":4,"\u00e9":5,"z":6}'),
             ('{"\ud800\ud800\udc00":1,"\ud800":2,"\ud800\udc00":3,"\udc00":4,"\udc00a":5}'),
             ('{"\u0000":1,"":2,"\u0000a":3,"\u0001":4,"\t":5," ":6}'),
             ('{"a":1,"\u0061":2,"b":3,"a":4}'),
             ('{"a":1,"b":2,"\u0061":{"a":[1,2],"a":{"c":1}}}'),
             ('{"k":{"deep":1},"k":[{"k":2,"k":3}],"j":0,"k":{"y":1,"x":[{}, {"q":1}]}}'),
             ('{"\/":1,"/":2,"\\":3,"\"":4}')) AS v (c);

-- strings: short escapes, control characters, DEL, surrogates alone and in pairs
SELECT cgae.canonical_json(c)
FROM (VALUES ('"\"\\\/\b\f\n\r\t"'::json), ('"\u0008\u000c\u000a\u000d\u0009\u0022\u005c\u002f"'),
             ('"\u0000\u0001\u001F\u0020\u007e\u007F\u0080"'), (('"' || chr(127) || '~"')::json),
             ('"\u00E9\uFFFF\uABCD"'), ('"\ud83d\ude00 \uD83D\uDE00"'),
             ('"\ud83d \ude00 \ud83d\ud83d\ude00 \ud83d\u0041 \ude00\ud83d"'),
             ('"\\u0041 \\\u0041 \\ud83d\ude00"')) AS v (c);
SELECT cgae.canonical_json(('["' || U&'\00e9\07ff\0800\ffff\+010000\+10ffff' || '"]')::json);

-- integers keep every digit; anything else is the shortest text of its double
SELECT n AS given, cgae.canonical_json(n::json)
FROM unnest(ARRAY['0', '-0', '-1', '123456789012345678901234567890', '-9223372036854775809',
  '0.0', '-0.0', '0e5', '-0e-5', '0.000e99999999999', '1.0', '1e0', '1E5', '1e+5', '7.0e9', '1.50', '100e-2', '12.5',
  '1e15', '1e16', '1e17', '9999999999999998.0', '12345678901234567.0', '123456789012345678.0', '1e21', '1e22',
  '1e23', '-1e23', '9.999999999999999e22', '8.41e21', '2e23', '9007199254740993.0', '9007199254740991.5',
  '0.001', '0.0001', '0.00001', '1e-5', '1.25e-7', '1e-10', '1e-100', '0.1', '0.30000000000000004', '0.1000000000000000055',
  '1e308', '1.7976931348623157e308', '1.7976931348623158e308', '1.7976931348623159e308', '1e309', '-1e400', '1e99999999999999999999',
  '5e-324', '2.4703282292062327e-324', '2.4703282292062328e-324', '2.2250738585072011e-308', '1e-400', '-1e-99999999999999999999']) AS n;

-- a double's neighbourhood decided by the 1,001st digit, and by digits before the point
SELECT cgae.canonical_json(('9007199254740993.' || repeat('0', 1000))::json) AS tie,
       cgae.canonical_json(('9007199254740993.' || repeat('0', 1000) || '1')::json) AS above,
       cgae.canonical_json((repeat('1', 400) || '.0')::json) AS too_large,
       cgae.canonical_json((repeat('1', 400) || 'e-395')::json) AS scaled,
       cgae.canonical_json(('0.' || repeat('0', 400) || '123e401')::json) AS scaled_up,
       cgae.canonical_json(('1' || repeat('0', 5000))::json) = '1' || repeat('0', 5000) AS integer_kept;

-- no setting has a say
SET extra_float_digits = -15;
SELECT cgae.canonical_json('[0.1, 1e23, 123456789.125]');
RESET extra_float_digits;

-- the hash is SHA-256 of the canonical form, its first 16 digits for short
SELECT bool_and(cgae.architecture_digest(c) IS NOT DISTINCT FROM encode(sha256(convert_to(cgae.canonical_json(c), 'UTF8')), 'hex')) AS digest,
       bool_and(cgae.architecture_hash(c) IS NOT DISTINCT FROM left(cgae.architecture_digest(c), 16)) AS hash,
       count(DISTINCT cgae.architecture_digest(c)) AS values
FROM (SELECT format('{"n": %s, "s": "%s"}', n, repeat('\u00e9x', n))::json AS c
      FROM generate_series(0, 4000, 7) AS n) AS s;

-- same configuration, written otherwise: same hash
SELECT cgae.architecture_hash('{"b": 1, "a": [1.0, "\u0041"]}') =
       cgae.architecture_hash(E'{"a":[10e-1,"A"],\n"b":0,"b":1}') AS same;

-- jsonb is hashed as jsonb kept it: numbers are numeric by then
SELECT cgae.canonical_jsonb(c::jsonb), cgae.canonical_json(c::json),
       cgae.architecture_hash_jsonb(c::jsonb) = left(cgae.architecture_digest_jsonb(c::jsonb), 16) AS hash,
       cgae.architecture_digest_jsonb(c::jsonb) = encode(sha256(convert_to(cgae.canonical_jsonb(c::jsonb), 'UTF8')), 'hex') AS digest
FROM (VALUES ('{"bb": 1e5, "a": 1.50, "a": 2.50}'), ('[1E30, -0, -0.0, 1e-7]'), ('"\u00e9\ud83d\ude00"'), ('{}')) AS v (c);

-- a value that is not JSON cannot come through json's input function, but through a careless cast
BEGIN;
CREATE CAST (bytea AS json) WITHOUT FUNCTION;
CREATE FUNCTION pg_temp.attempt(unchecked text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
  RETURN cgae.canonical_json(unchecked::bytea::json);
EXCEPTION WHEN OTHERS THEN
  RETURN SQLSTATE;
END $$;
SELECT left(t, 20) AS text, pg_temp.attempt(t)
FROM unnest(ARRAY['', ' ', '[', ']', '{', '}', ',', ':', '[1', '[1,', '[1,]', '[,1]', '[1 2]', '[1:2]', '1 2', '{"a"', '{"a"}',
  '{"a":', '{"a":}', '{"a":1', '{"a":1,', '{"a":1,}', '{1:2}', '{"a" 1}', '{"a":1 "b":2}', '{"a":1]', '[1}', '"a', 'nul',
  '01', '1.', '[1]]', '{}{}', '"a":1', '[1]', '{"a":1}',
  '\x22ff22', '\x22e28222', '\x22f09f98', '\x22f09f9822', '\x22eda08022', '\x22c0af22', repeat('[', 1000)]) AS t;
-- nesting costs memory, not stack: far deeper than json's own input function goes
SELECT length(cgae.canonical_json((repeat('[', 1000000) || repeat(']', 1000000))::bytea::json)) AS arrays,
       length(cgae.canonical_json((repeat('{"b":1,"a":', 100000) || '2' || repeat('}', 100000))::bytea::json)) AS objects;
ROLLBACK;

-- what json's input function says of deep nesting
\set VERBOSITY sqlstate
SELECT cgae.canonical_json((repeat('[', 1000000) || repeat(']', 1000000))::json);
SELECT cgae.architecture_hash((repeat('{"a":', 1000000) || '1' || repeat('}', 1000000))::json);
SELECT cgae.architecture_hash_jsonb((repeat('[', 1000000) || repeat(']', 1000000))::jsonb);
\set VERBOSITY default

-- large: 200,000 keys out of order, every tenth given twice; time would tell a quadratic sort
CREATE TEMP TABLE large AS
  SELECT json_text::json AS c FROM (
    SELECT '{' || string_agg(format('"key %s": %s', k, v), ',' ORDER BY o) || '}' AS json_text
    FROM (SELECT (n * 7919) % 200003 AS k, n AS v, n AS o FROM generate_series(1, 200000) AS n
          UNION ALL
          SELECT (n * 7919) % 200003, -n, 200000 + n FROM generate_series(10, 200000, 10) AS n) AS s) AS t;
SELECT cgae.canonical_json(c) =
       (SELECT '{' || string_agg(format('"key %s": %s', (n * 7919) % 200003, CASE WHEN n % 10 = 0 THEN -n ELSE n END), ', '
                                 ORDER BY format('key %s', (n * 7919) % 200003) COLLATE "C") || '}'
        FROM generate_series(1, 200000) AS n) AS sorted_and_unique
FROM large;
-- nested 1,000 deep with a long tail at every level: time would tell a copy a level
SELECT length(cgae.canonical_json(c)) AS length, cgae.architecture_digest(c) = cgae.architecture_digest(cgae.canonical_json(c)::json) AS stable
FROM (SELECT (repeat('{"b":', 1000) || '0' || repeat(',"a":"' || repeat('x', 5000) || '"}', 1000))::json AS c) AS s;

-- up to 15 digits a number is its own shortest form; around the limits of that
SELECT cgae.canonical_json('[123456789012345e285, 123456789012345e286, 0.0000123456789012345, 1234567890.123450, 999999999999999.9, 1e-300, 1e-301, 100000e300, -0.1e1, -0.0, 9007199254740993.0]');

-- the same hash in a database of another encoding
SELECT current_database() AS regression_database \gset
CREATE DATABASE cgae_latin1 ENCODING 'LATIN1' LC_COLLATE 'C' LC_CTYPE 'C' LOCALE_PROVIDER libc TEMPLATE template0;
CREATE DATABASE cgae_euc_jp ENCODING 'EUC_JP' LC_COLLATE 'C' LC_CTYPE 'C' LOCALE_PROVIDER libc TEMPLATE template0;
CREATE DATABASE cgae_sql_ascii ENCODING 'SQL_ASCII' LC_COLLATE 'C' LC_CTYPE 'C' LOCALE_PROVIDER libc TEMPLATE template0;
SELECT cgae.canonical_json(('{"\u65e5\ud83d\ude00":1,"\u00fc":"' || U&'\00fc' || '"}')::json) AS latin1,
       cgae.canonical_json(('{"\u672c\ud83d\ude00":1,"\u00fc":"' || U&'\65e5' || '"}')::json) AS euc_jp;
\c cgae_latin1
CREATE EXTENSION cgae;
SELECT cgae.canonical_json(('{"\u65e5\ud83d\ude00":1,"\u00fc":"' || chr(252) || '"}')::json) AS latin1;
\c cgae_euc_jp
CREATE EXTENSION cgae;
SELECT cgae.canonical_json(('{"\u672c\ud83d\ude00":1,"\u00fc":"' || convert_from('\xc6fc', 'EUC_JP') || '"}')::json) AS euc_jp;
\c cgae_sql_ascii
CREATE EXTENSION cgae;
-- bytes are read as UTF-8, and refused when they are not
SELECT cgae.canonical_json(('"\u65e5' || convert_from('\xc3bc', 'SQL_ASCII') || '"')::json) AS sql_ascii;
\set VERBOSITY sqlstate
SELECT cgae.canonical_json(('"' || convert_from('\xfc', 'SQL_ASCII') || '"')::json);
SELECT cgae.canonical_json(('{"a": "' || convert_from('\xfc', 'SQL_ASCII') || '", "a": 1}')::json);
-- a digest given up halfway leaves nothing to the next
SELECT cgae.architecture_hash(('["' || repeat('x', 20000) || convert_from('\xfc', 'SQL_ASCII') || '"]')::json);
SELECT cgae.architecture_hash('{"a": 1}');
\set VERBOSITY default
\c :regression_database
DROP DATABASE cgae_latin1;
DROP DATABASE cgae_euc_jp;
DROP DATABASE cgae_sql_ascii;
