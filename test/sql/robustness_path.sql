-- Comparisons of cgae.robustness mean the same under every search_path, in statements
-- and in whatever keeps an expression; and no other expression means anything new.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS cgae;
RESET client_min_messages;

CREATE SCHEMA path;
-- the vectors of n = 1 and n = 2 are equal
CREATE TABLE path.v (n int PRIMARY KEY, r cgae.robustness);
INSERT INTO path.v VALUES (1, '(0.5,0.5,0.5,0.5)'), (2, '(0.50,0.50,0.50,0.50)'), (3, '(0.5,0.5,0.5,0.6)'), (4, '(0.9,0.9,0.9,0.9)'), (5, NULL);
CREATE TABLE path.other (r cgae.robustness PRIMARY KEY, name text);
INSERT INTO path.other VALUES ('(0.5,0.5,0.5,0.5)', 'half'), ('(0.9,0.9,0.9,0.9)', 'most');

-- Statements under a search_path, one after the other: what the last one gives, or the first error.  All is undone.
CREATE FUNCTION path.try(search_path text, VARIADIC statements text[]) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  statement text;
  result text;
BEGIN
  BEGIN
    PERFORM pg_catalog.set_config('search_path', search_path, true);
    FOREACH statement IN ARRAY statements LOOP
      result := NULL;
      IF statement OPERATOR(pg_catalog.~) '^(SELECT|WITH|TABLE)' THEN
        EXECUTE 'SELECT pg_catalog.string_agg(x::pg_catalog.text, '' '' ORDER BY x::pg_catalog.text COLLATE pg_catalog."C") FROM (' OPERATOR(pg_catalog.||) statement OPERATOR(pg_catalog.||) ') AS x' INTO result;
      ELSE
        EXECUTE statement;
      END IF;
    END LOOP;
    RAISE SQLSTATE 'ROLLB';
  EXCEPTION
    WHEN SQLSTATE 'ROLLB' THEN RETURN result;
    WHEN OTHERS THEN RETURN SQLSTATE OPERATOR(pg_catalog.||) ' ' OPERATOR(pg_catalog.||) pg_catalog.replace(SQLERRM, 'cgae.', '');
  END;
END $$;
-- one result, when it is the same under every path
CREATE FUNCTION path.everywhere(VARIADIC statements text[]) RETURNS text LANGUAGE sql AS $$
  SELECT CASE WHEN pg_catalog.count(DISTINCT said) = 1 THEN pg_catalog.min(said) ELSE pg_catalog.string_agg(path || ': ' || said, E'\n') END
    FROM (VALUES ('""'), ('public'), ('cgae, public'), ('pg_temp, public'), ('public, pg_catalog')) AS p (path),
         LATERAL (SELECT coalesce(path.try(path, VARIADIC statements), 'null') AS said) AS t $$;

--
-- In statements
--
SELECT statement, path.everywhere(statement) FROM (VALUES
  (1, 'SELECT n FROM path.v WHERE r = ''(0.5,0.5,0.5,0.5)'''),
  (2, 'SELECT n FROM path.v WHERE r <> ''(0.5,0.5,0.5,0.5)'''),
  (3, 'SELECT n FROM path.v WHERE r < ''(0.5,0.5,0.5,0.6)'''),
  (4, 'SELECT n FROM path.v WHERE r <= ''(0.5,0.5,0.5,0.6)'''),
  (5, 'SELECT n FROM path.v WHERE r > ''(0.5,0.5,0.5,0.6)'''),
  (6, 'SELECT n FROM path.v WHERE r >= ''(0.5,0.5,0.5,0.6)'''),
  (7, 'SELECT n FROM path.v WHERE ''(0.5,0.5,0.5,0.6)'' = r'),
  (8, 'SELECT n FROM path.v WHERE r IS DISTINCT FROM ''(0.5,0.5,0.5,0.5)'''),
  (9, 'SELECT n FROM path.v WHERE r IS NOT DISTINCT FROM NULL::cgae.robustness'),
  (10, 'SELECT n FROM path.v WHERE r IN (''(0.5,0.5,0.5,0.5)'', ''(0.9,0.9,0.9,0.9)'')'),
  (11, 'SELECT n FROM path.v WHERE r NOT IN (''(0.5,0.5,0.5,0.5)'', ''(0.9,0.9,0.9,0.9)'')'),
  (12, 'SELECT n FROM path.v WHERE r IN (SELECT r FROM path.other)'),
  (13, 'SELECT n FROM path.v WHERE r = ANY (''{"(0.5,0.5,0.5,0.5)"}'')'),
  (14, 'SELECT n FROM path.v WHERE r <> ALL (ARRAY[''(0.5,0.5,0.5,0.5)'']::cgae.robustness[])'),
  (15, 'SELECT n FROM path.v WHERE r BETWEEN ''(0.5,0.5,0.5,0.55)'' AND ''(0.7,0,0,0)'''),
  (16, 'SELECT n FROM path.v WHERE r NOT BETWEEN SYMMETRIC ''(0.7,0,0,0)'' AND ''(0.5,0.5,0.5,0.55)'''),
  (17, 'SELECT n FROM path.v WHERE NULLIF(r, ''(0.5,0.5,0.5,0.5)'') IS NULL'),
  (18, 'SELECT n, CASE r WHEN ''(0.5,0.5,0.5,0.5)'' THEN ''half'' WHEN ''(0.9,0.9,0.9,0.9)'' THEN ''most'' ELSE ''other'' END FROM path.v'),
  (19, 'SELECT n, name FROM path.v JOIN path.other USING (r)'),
  (20, 'SELECT n, name FROM path.v NATURAL LEFT JOIN path.other'),
  (21, 'SELECT n FROM path.v WHERE (r, n) = (''(0.5,0.5,0.5,0.5)'', 2)'),
  (22, 'SELECT n FROM path.v WHERE (r, n) > (''(0.5,0.5,0.5,0.5)'', 1)'),
  (23, 'SELECT n FROM path.v WHERE (r, n) IN (SELECT r, 1 FROM path.other)'),
  (24, 'SELECT n FROM path.v WHERE ROW(r) IS DISTINCT FROM ROW(''(0.5,0.5,0.5,0.5)''::cgae.robustness)'),
  (25, 'SELECT n FROM path.v WHERE ARRAY[r, r] = ARRAY[''(0.5,0.5,0.5,0.5)'', ''(0.5,0.5,0.5,0.5)'']::cgae.robustness[]'),
  (26, 'SELECT a.n, b.n FROM path.v AS a, path.v AS b WHERE a < b AND a.r = b.r'),
  (27, 'SELECT array_position(ARRAY[''(0.5,0.5,0.5,0.6)'', ''(0.9,0.9,0.9,0.9)'']::cgae.robustness[], r) FROM path.v WHERE r > ''(0.5,0.5,0.5,0.6)'''),
  (28, 'SELECT greatest(a.r, b.r), least(a.r, b.r) FROM path.v AS a, path.v AS b WHERE a.n = 3 AND b.n = 4'),
  (29, 'SELECT r FROM path.v UNION SELECT r FROM path.other'),
  (30, 'SELECT r FROM path.v EXCEPT SELECT r FROM path.other'),
  (31, 'SELECT count(DISTINCT r), count(*) FILTER (WHERE r = ''(0.5,0.5,0.5,0.5)''), mode() WITHIN GROUP (ORDER BY r) FROM path.v'),
  (32, 'SELECT (array_agg(n ORDER BY r USING >, n))[1:2] FROM path.v WHERE r IS NOT NULL'),
  (33, 'SELECT rank() OVER (PARTITION BY r ORDER BY n) FROM path.v WHERE n <= 2'),
  (34, 'WITH RECURSIVE x AS (SELECT r FROM path.v WHERE n = 1 UNION SELECT r FROM x) SELECT * FROM x')
) AS s (n, statement) ORDER BY n;

--
-- In what keeps an expression: made, then used
--
SELECT kind, path.everywhere(VARIADIC statements) FROM (VALUES
  (1, 'view', ARRAY['CREATE VIEW path.w AS SELECT n, r IS DISTINCT FROM ''(0.5,0.5,0.5,0.5)'' AS d, NULLIF(r, ''(0.9,0.9,0.9,0.9)'') IS NULL AS u, r IN (''(0.5,0.5,0.5,0.6)'') AS i, CASE r WHEN ''(0.9,0.9,0.9,0.9)'' THEN 1 END AS c FROM path.v LEFT JOIN path.other USING (r)',
                     'TABLE path.w']),
  (2, 'trigger', ARRAY['CREATE FUNCTION path.t() RETURNS trigger LANGUAGE plpgsql AS ''BEGIN NEW.n := NEW.n OPERATOR(pg_catalog.+) 100; RETURN NEW; END''',
                       'CREATE TRIGGER t BEFORE UPDATE ON path.v FOR EACH ROW WHEN (OLD.r IS DISTINCT FROM NEW.r AND NULLIF(NEW.r, OLD.r) IS NOT NULL AND NEW.r IN (OLD.r, ''(1,1,1,1)'') AND NEW.r BETWEEN OLD.r AND ''(1,1,1,1)'' AND CASE NEW.r WHEN OLD.r THEN false ELSE true END) EXECUTE FUNCTION path.t()',
                       'UPDATE path.v SET r = ''(1,1,1,1)'' WHERE n = 4', 'UPDATE path.v SET r = r', 'SELECT n FROM path.v']),
  (3, 'rule', ARRAY['CREATE RULE x AS ON UPDATE TO path.v WHERE NEW.r = OLD.r OR NEW.r IS NOT DISTINCT FROM OLD.r DO INSTEAD NOTHING', 'UPDATE path.v SET n = n + 100, r = ''(0.9,0.9,0.9,0.9)''', 'SELECT n FROM path.v']),
  (4, 'check', ARRAY['ALTER TABLE path.v ADD CHECK (r < ''(1,1,1,1)'' AND r IS DISTINCT FROM ''(0,0,0,0)'')', 'INSERT INTO path.v VALUES (6, ''(0,0,0,0)'')']),
  (5, 'domain', ARRAY['CREATE DOMAIN path.d AS cgae.robustness CHECK (VALUE BETWEEN ''(0.1,0,0,0)'' AND ''(0.9,1,1,1)'')', 'SELECT ''(0.2,0,0,0)''::path.d = ''(0.2,0,0,0)'' AS a, ''(0.2,0,0,0)''::path.d IN (''(0.3,0,0,0)'') AS b',
                      'SELECT ''(0,0,0,0)''::path.d']),
  (6, 'index', ARRAY['CREATE UNIQUE INDEX x ON path.v (r) WHERE n <> 2 AND r <> ''(0,0,0,0)''', 'INSERT INTO path.v VALUES (7, ''(0.5,0.5,0.5,0.5)'') ON CONFLICT (r) WHERE n <> 2 AND r <> ''(0,0,0,0)'' DO UPDATE SET n = 70', 'SELECT n FROM path.v']),
  (7, 'index on an expression', ARRAY['CREATE INDEX x ON path.v ((r IN (''(0.5,0.5,0.5,0.5)'')), (NULLIF(r, ''(1,1,1,1)'')))', 'SELECT n FROM path.v WHERE r IN (''(0.5,0.5,0.5,0.5)'')']),
  (8, 'exclusion', ARRAY['CREATE TABLE path.e (r cgae.robustness, EXCLUDE USING hash (r WITH =))', 'INSERT INTO path.e VALUES (''(1,1,1,1)'')', 'INSERT INTO path.e VALUES (''(1,1,1,1.0)'')']),
  (9, 'generated column', ARRAY['ALTER TABLE path.v ADD g boolean GENERATED ALWAYS AS (r IS DISTINCT FROM ''(0.9,0.9,0.9,0.9)'' AND r >= ''(0.5,0.5,0.5,0.6)'') STORED', 'SELECT n, g FROM path.v']),
  (10, 'policy', ARRAY['CREATE POLICY p ON path.v USING (r IN (''(0.9,0.9,0.9,0.9)'') OR r IS NOT DISTINCT FROM NULL)', 'ALTER TABLE path.v ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY', 'CREATE ROLE regress_cgae_path', 'GRANT USAGE ON SCHEMA path TO regress_cgae_path',
                       'GRANT SELECT ON path.v TO regress_cgae_path', 'SET LOCAL ROLE regress_cgae_path', 'SELECT n FROM path.v']),
  (11, 'foreign key', ARRAY['CREATE TABLE path.f (r cgae.robustness REFERENCES path.other)', 'INSERT INTO path.f VALUES (''(0.9,0.9,0.9,0.9)'')', 'UPDATE path.other SET r = ''(0.8,0.8,0.8,0.8)'' WHERE name = ''half''', 'DELETE FROM path.other']),
  (12, 'SQL function', ARRAY['CREATE FUNCTION path.b(a cgae.robustness) RETURNS boolean LANGUAGE sql BEGIN ATOMIC SELECT a = ''(0.9,0.9,0.9,0.9)'' OR a IS DISTINCT FROM ''(0.5,0.5,0.5,0.5)''; END', 'SELECT n, path.b(r) FROM path.v']),
  (13, 'partitions', ARRAY['CREATE TABLE path.p (r cgae.robustness) PARTITION BY RANGE (r)', 'CREATE TABLE path.p1 PARTITION OF path.p FOR VALUES FROM (MINVALUE) TO (''(0.5,0.5,0.5,0.6)'')', 'CREATE TABLE path.p2 PARTITION OF path.p FOR VALUES FROM (''(0.5,0.5,0.5,0.6)'') TO (MAXVALUE)',
                           'INSERT INTO path.p SELECT r FROM path.v WHERE r IS NOT NULL', 'SELECT tableoid::regclass::oid = ''path.p2''::regclass::oid AS second, count(*) FROM path.p WHERE r >= ''(0.5,0.5,0.5,0.5)'' GROUP BY 1']),
  (14, 'MERGE', ARRAY['MERGE INTO path.other AS o USING (SELECT DISTINCT r FROM path.v WHERE r IS NOT NULL) AS v ON o.r = v.r WHEN MATCHED THEN UPDATE SET name = ''met'' WHEN NOT MATCHED THEN INSERT VALUES (v.r, ''new'')', 'TABLE path.other'])
) AS s (n, kind, statements) ORDER BY n;
-- what is printed of them needs no schema
CREATE VIEW path.w AS SELECT a.r = b.r AS eq, a.r IS DISTINCT FROM b.r AS d, NULLIF(a.r, b.r) AS u, a.r IN (b.r, a.r) AS i FROM path.v AS a JOIN path.other AS b USING (r);
SELECT pg_get_viewdef('path.w'::regclass) ~ 'OPERATOR' AS has_operators_with_schema;

--
-- Other expressions are what they were: literals alone are text, other types have no operator with robustness
--
SELECT statement, path.everywhere(statement) FROM (VALUES
  (1, 'SELECT ''a'' = ''a'' AS a, ''a'' <> ''b'' AS b, ''a'' < ''b'' AS c, ''a'' <= ''b'' AS d, ''a'' > ''b'' AS e, ''a'' >= ''b'' AS f'),
  -- equal vectors are different texts
  (2, 'SELECT ''(1,1,1,1)'' = ''(1.0,1,1,1)'' AS a, ''(1,1,1,1)'' IS DISTINCT FROM ''(1.0,1,1,1)'' AS b, ''(1,1,1,1)'' IN (''(1.0,1,1,1)'') AS c, NULLIF(''(1,1,1,1)'', ''(1.0,1,1,1)'') AS d'),
  (3, 'SELECT NULL = NULL AS a, NULL IN (NULL, NULL) AS b, NULL IS DISTINCT FROM NULL AS c, NULLIF(NULL, NULL) AS d'),
  (4, 'SELECT CASE ''(1,1,1,1)'' WHEN ''(1.0,1,1,1)'' THEN 1 ELSE 2 END AS a, ''b'' BETWEEN ''a'' AND ''c'' AS b, (''a'', 1) = (''a'', 1) AS c, ARRAY[''a''] = ARRAY[''a''] AS d, ''a'' = ANY (''{a,b}'') AS e'),
  (5, 'SELECT pg_typeof(NULLIF(''a'', ''b'')) AS a, pg_typeof(greatest(''a'', ''b'')) AS b, pg_typeof(ARRAY[''a'', NULL]) AS c'),
  (6, 'SELECT 1 = ''1'' AS a, ''1'' = 1 AS b, now() = ''now'' AS c, 1.5 > ''1'' AS d, ''a''::text = ''a'' AS e, ''a'' = ''a''::name AS f, ''a''::char(3) = ''a'' AS g, ''T1'' < ''T2''::cgae.tier AS h'),
  (7, 'SELECT * FROM path.v WHERE r = ''(1,1,1,1)''::text'),
  (8, 'SELECT * FROM path.v WHERE r = ''{"cc": 1, "er": 1, "as": 1, "ih": 1}''::jsonb'),
  (9, 'SELECT * FROM path.v WHERE ''{"cc": 1, "er": 1, "as": 1, "ih": 1}''::json = r'),
  (10, 'SELECT * FROM path.v WHERE r = ARRAY[1, 1, 1, 1.0]'),
  (11, 'SELECT * FROM path.v WHERE r = ROW(1, 1, 1, 1)::cgae.robustness_scores'),
  (12, 'SELECT ''1''::json = ''1'' AS a'),
  (13, 'SELECT ''(1,1)''::point = ''(1,1)'' AS a')
) AS s (n, statement) ORDER BY n;
PREPARE untyped AS SELECT $1 = $2, $3 IN ('(1,1,1,1)'), NULLIF($4, $5), $6 BETWEEN $7 AND 'x';
PREPARE typed AS SELECT r = $1, $2 IN (r), NULLIF(r, $3), r BETWEEN $4 AND $5, CASE r WHEN $6 THEN 1 END FROM path.v;
SELECT name, parameter_types FROM pg_prepared_statements ORDER BY name;

-- the reason: among operators of these names only those of robustness take it, and no cast leads there unasked
SELECT count(*) FROM pg_cast WHERE casttarget = 'cgae.robustness'::regtype AND castcontext = 'i';
SELECT count(*) FROM pg_operator WHERE 'cgae.robustness'::regtype IN (oprleft, oprright) AND oprleft <> oprright;

-- and all goes with the extension
SET client_min_messages = warning;
DROP SCHEMA path CASCADE;
CREATE TEMP TABLE type AS SELECT 'cgae.robustness'::regtype::oid AS oid;
BEGIN;
DROP EXTENSION cgae;
SELECT count(*) FROM pg_operator, type WHERE type.oid IN (oprleft, oprright);
SELECT count(*) FROM pg_operator WHERE oprnamespace = 'pg_catalog'::regnamespace AND oid >= 16384;
SELECT count(*) FROM pg_depend AS d, type WHERE type.oid IN (objid, refobjid);
ROLLBACK;
