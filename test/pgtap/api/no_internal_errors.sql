-- Every function of the extension that SQL can call, with every hostile value of its arguments' types:
-- an answer or an error with a SQLSTATE of its own, never an internal one.
\ir ../include/begin.psql
\ir ../include/registry.psql
SELECT * FROM no_plan();
SELECT t.agent('a', '(0.7,0.7,0.7,0.7)') \g /dev/null

CREATE TABLE t.value (type regtype, value text);
INSERT INTO t.value VALUES
  ('text', 'NULL'), ('text', $$''$$), ('text', $$' '$$), ('text', $$'a'$$), ('text', $$'T1'$$), ('text', $$'0000000000000000'$$), ('text', $$repeat('x', 10000)$$), ('text', $$E'\x01\n"'$$), ('text', 'current_user::text'),
  ('cstring', 'NULL::cstring'), ('cstring', $$''::cstring$$), ('cstring', $$'(1,1,1,1)'::cstring$$), ('cstring', $$'('::cstring$$), ('cstring', $$'(1e400,nan,,)'::cstring$$),
  ('integer', 'NULL'), ('integer', '0'), ('integer', '1'), ('integer', '-1'), ('integer', '2147483647'), ('integer', '-2147483648'),
  ('bigint', 'NULL'), ('bigint', '9223372036854775807'), ('bigint', '-9223372036854775808'), ('bigint', '0'),
  ('double precision', 'NULL'), ('double precision', '0'), ('double precision', '-0.0::float8'), ('double precision', '0.5'), ('double precision', '-1'), ('double precision', $$'NaN'$$), ('double precision', $$'Infinity'$$),
  ('double precision', $$'-Infinity'$$), ('double precision', '1.7976931348623157e308'), ('double precision', '5e-324'),
  ('double precision[]', 'NULL'), ('double precision[]', $$'{}'$$), ('double precision[]', $$'{1}'$$), ('double precision[]', $$'{1,1,1,1}'$$), ('double precision[]', $$'{{0,0},{0,0}}'$$), ('double precision[]', $$'{NULL,1}'$$),
  ('double precision[]', $$'{0,NaN}'$$), ('double precision[]', $$'{Infinity,-Infinity}'$$), ('double precision[]', $$'[5:6]={0,1}'$$), ('double precision[]', $$'{0,0.3,0.5,0.65,0.8,0.9}'$$), ('double precision[]', $$'{0,NULL,0.5,0.65,0.8,0.9}'$$),
  ('numeric', 'NULL'), ('numeric', '0'), ('numeric', '-1'), ('numeric', $$'NaN'$$), ('numeric', $$'Infinity'$$), ('numeric', '1e1000'),
  ('numeric[]', 'NULL'), ('numeric[]', $$'{}'$$), ('numeric[]', $$'{0,0.01,0.1,1,10,100}'$$), ('numeric[]', $$'{0,0,0,0,0,NaN}'$$), ('numeric[]', $$'{0,NULL,0,0,0,0}'$$), ('numeric[]', $$'{{0,0,0,0,0,0}}'$$),
  ('boolean', 'NULL'), ('boolean', 'true'),
  ('json', 'NULL'), ('json', $$'{}'$$), ('json', $$'null'$$), ('json', $$'[]'$$), ('json', $$'"\u0000"'$$), ('json', $$'1e999999999'$$), ('json', $$'{"a":1,"a":{"b":[1e-400,-0,"\ud83d\ude00"]}}'$$),
  ('jsonb', 'NULL'), ('jsonb', $$'{}'$$), ('jsonb', $$'null'$$), ('jsonb', $$'[1,2,3,4]'$$), ('jsonb', $$'{"cc":1,"er":1,"as":1,"ih":1}'$$), ('jsonb', $$'{"cc":1e1000,"er":-1,"as":1,"ih":null}'$$),
  ('jsonb[]', 'NULL'), ('jsonb[]', $$'{}'$$), ('jsonb[]', $$ARRAY['{}'::jsonb]$$), ('jsonb[]', $$ARRAY[NULL, 'null'::jsonb]$$),
  ('bytea', 'NULL'), ('bytea', $$''$$), ('bytea', $$'\x00'$$), ('bytea', $$decode(repeat('ff', 1000), 'hex')$$),
  ('timestamptz', 'NULL'), ('timestamptz', $$'infinity'$$), ('timestamptz', $$'-infinity'$$), ('timestamptz', $$'294276-12-31 23:59:59.999999+00'$$), ('timestamptz', $$'4714-11-24 00:00:00+00 BC'$$), ('timestamptz', $$'2024-06-01'$$),
  ('timestamptz[]', 'NULL'), ('timestamptz[]', $$'{infinity}'$$), ('timestamptz[]', $$'{NULL,-infinity}'$$),
  ('interval', 'NULL'), ('interval', $$'0'$$), ('interval', $$'1 day'$$), ('interval', $$'-178000000 years'$$), ('interval', $$'178000000 years'$$), ('interval', $$'2147483647 days'$$), ('interval', $$'1 us'$$),
  ('text[]', 'NULL'), ('text[]', $$'{}'$$), ('text[]', $$'{a}'$$), ('text[]', $$'{NULL,a}'$$), ('text[]', $$'{{a,a}}'$$), ('text[]', $$'[3:3]={a}'$$),
  ('cgae.tier', 'NULL'), ('cgae.tier', $$'T0'$$), ('cgae.tier', $$'T5'$$), ('cgae.agent_status', 'NULL'), ('cgae.agent_status', $$'active'$$),
  ('cgae.robustness', 'NULL'), ('cgae.robustness', $$'(0,0,0,0)'$$), ('cgae.robustness', $$'(1,1,1,1)'$$), ('cgae.robustness', $$'(5e-324,0.3,0.45,0.5)'$$),
  ('cgae.robustness[]', 'NULL'), ('cgae.robustness[]', $$'{}'$$), ('cgae.robustness[]', $$'{"(1,1,1,1)"}'$$), ('cgae.robustness[]', $$'{"(1,1,1,1)",NULL}'$$), ('cgae.robustness[]', $$'{{"(1,1,1,1)"},{"(0,0,0,0)"}}'$$),
  ('cgae.robustness_scores', 'NULL'), ('cgae.robustness_scores', 'ROW(1,1,1,1)'), ('cgae.robustness_scores', 'ROW(NULL,1,1,1)'), ('cgae.robustness_scores', $$ROW('NaN',1,1,1)$$);

CREATE TABLE t.said (call text, state text, message text);
-- a call, undone
CREATE FUNCTION t.call(statement text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  state text := 'ok';
  message text;
BEGIN
  BEGIN
    EXECUTE statement;
    RAISE SQLSTATE 'ROLLB';
  EXCEPTION WHEN SQLSTATE 'ROLLB' THEN NULL;
            WHEN OTHERS THEN state := SQLSTATE; message := SQLERRM;
  END;
  INSERT INTO t.said VALUES (statement, state, message);
END $$;
-- all combinations where there are few, else as many drawn from them
CREATE FUNCTION t.calls(function oid, most int) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
  p record;
  counts int[];
  kinds regtype[];
  total numeric := 1;
  n numeric;
  arguments text[];
BEGIN
  SELECT oid::regprocedure AS signature, prokind, pronamespace::regnamespace || '.' || quote_ident(proname) AS name, proargtypes::oid[] AS types INTO p FROM pg_proc WHERE oid = function;
  kinds := ARRAY(SELECT t::regtype FROM unnest(p.types) AS t);
  counts := ARRAY(SELECT (SELECT count(*) FROM t.value WHERE type = k) FROM unnest(kinds) AS k);
  SELECT coalesce(exp(sum(ln(c))), 1) INTO total FROM unnest(counts) AS c;
  FOR i IN 0..least(total, most)::int - 1 LOOP
    -- a stride prime to every base spreads what is drawn
    n := CASE WHEN total <= most THEN i ELSE mod(i::numeric * 7919::numeric * 104729, total) END;
    arguments := '{}';
    FOR a IN 1..coalesce(array_length(kinds, 1), 0) LOOP
      arguments := arguments || (SELECT format('(%s)::%s', value, type) FROM t.value WHERE type = kinds[a] ORDER BY value OFFSET mod(trunc(n), counts[a]) LIMIT 1);
      n := n / counts[a];
    END LOOP;
    RETURN NEXT CASE p.prokind WHEN 'p' THEN 'CALL ' ELSE 'SELECT ' END || format('%s(%s)', p.name, array_to_string(arguments, ', '));
  END LOOP;
END $$;
-- and each argument's values among arguments that are right
CREATE FUNCTION t.right_value(type regtype, name text) RETURNS text LANGUAGE sql AS $$
  SELECT CASE WHEN name ~ 'hash' THEN quote_literal('0123456789abcdef') WHEN name = 'role' THEN 'current_user::text' WHEN name = 'level' THEN quote_literal('reader') WHEN name = 'initial_balance' THEN '0'
              ELSE coalesce((SELECT value FROM (VALUES
    ('text'::regtype, $_$'a'$_$), ('integer', '1'), ('double precision', '0.5'), ('double precision[]', $_$'{0,0.3,0.5,0.65,0.8,0.9}'$_$), ('numeric', '1'), ('numeric[]', $_$'{0,0.01,0.1,1,10,100}'$_$),
    ('json', $_$'{}'$_$), ('jsonb', $_$'{}'$_$), ('jsonb[]', 'NULL'), ('bytea', $_$'\x00'$_$), ('interval', $_$'1 day'$_$), ('text[]', CASE name WHEN 'agent_ids' THEN $_$'{a}'$_$ ELSE 'NULL' END),
    ('cgae.tier', $_$'T1'$_$), ('cgae.robustness', $_$'(0.3,0.3,0.3,1)'$_$), ('cgae.robustness[]', $_$'{"(1,1,1,1)"}'$_$), ('timestamptz[]', 'NULL')) AS v(t, value) WHERE t = type), 'NULL') END
$$;
CREATE FUNCTION t.varied(function oid) RETURNS SETOF text LANGUAGE sql AS $$
  WITH p AS (SELECT prokind, pronamespace::regnamespace || '.' || quote_ident(proname) AS name FROM pg_proc WHERE oid = function),
       a AS (SELECT n, type::regtype, coalesce((SELECT proargnames[n] FROM pg_proc WHERE oid = function), '') AS name
               FROM pg_proc, unnest(proargtypes::oid[]) WITH ORDINALITY AS u(type, n) WHERE oid = function)
  SELECT DISTINCT CASE p.prokind WHEN 'p' THEN 'CALL ' ELSE 'SELECT ' END
         || format('%s(%s)', p.name, (SELECT string_agg(format('(%s)::%s', CASE a.n WHEN varied.n THEN v.value ELSE t.right_value(a.type, a.name) END, a.type), ', ' ORDER BY a.n) FROM a))
    FROM p, a AS varied JOIN t.value AS v USING (type)
$$;
CREATE TEMP TABLE callable AS
  SELECT oid FROM pg_proc WHERE pronamespace = 'cgae'::regnamespace AND prorettype <> 'trigger'::regtype AND NOT ('internal'::regtype = ANY (proargtypes::oid[])) AND proname NOT IN ('create_registry');
SELECT is((SELECT string_agg(DISTINCT t::regtype::text, ', ') FROM callable JOIN pg_proc USING (oid), unnest(proargtypes::oid[]) AS t WHERE t::regtype NOT IN (SELECT type FROM t.value)), NULL, 'every type of argument has its values');
SELECT t.state() AS state \gset
SELECT count(t.call(statement)) FROM callable, t.calls(oid, 150) AS statement \g /dev/null
SELECT count(t.call(statement)) FROM callable, t.varied(oid) AS statement \g /dev/null
SELECT cmp_ok(count(*)::int, '>', 4000, 'calls') FROM t.said;
SELECT is((SELECT string_agg(concat_ws(' ', state, message, call), E'\n') FROM t.said WHERE state LIKE 'XX%' OR state = 'P0001'), NULL, 'none ends in an internal error');
SELECT is((SELECT string_agg(DISTINCT state, ' ' ORDER BY state) FROM t.said WHERE state !~ '^(ok|2[23]\w{3}|42501|42704|55000|54\w{3}|P0002|0A000|2D000)$'), NULL, 'nor in any but those that the README lists');
SELECT is(t.state(), :'state', 'what was undone is undone');
-- every function gave an answer to something
SELECT is((SELECT string_agg(oid::regprocedure::text, ', ') FROM callable JOIN pg_proc AS p USING (oid)
            -- it lifts no hold that is not there; it does not run within a transaction; it fills empty tables alone
            WHERE proname NOT IN ('reinstate', 'sweep_decay', 'seed_registry')
              AND NOT EXISTS (SELECT FROM t.said WHERE state = 'ok' AND call LIKE '% cgae.' || replace(p.proname, '_', '\_') || '(%')), NULL, 'every function answers to something');

-- guards called, or hung, in every wrong way
SELECT is((SELECT string_agg(DISTINCT said, ' ') FROM pg_proc AS p, left(t.try(format('SELECT cgae.%I()', proname)), 5) AS said WHERE pronamespace = 'cgae'::regnamespace AND prorettype = 'trigger'::regtype), '39P01', 'the guards are called as triggers only');
CREATE FUNCTION t.hung(guard text, timing text, level text, relation text, statement text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  said text;
BEGIN
  said := t.try(format('CREATE TRIGGER zzz %s ON %s FOR EACH %s EXECUTE FUNCTION cgae.%s(%s)', timing, relation, level, guard, CASE guard WHEN 'require_tier' THEN '''agent_id'', ''T1''' ELSE '' END));
  IF said <> 'ok' THEN RETURN left(said, 5); END IF;
  RAISE SQLSTATE 'ROLLB' USING MESSAGE = t.try(statement);
EXCEPTION WHEN SQLSTATE 'ROLLB' THEN
  RETURN left(SQLERRM, 5);
END $$;
CREATE TABLE t.plain (agent_id text, seq int, x numeric);
INSERT INTO t.plain VALUES ('a', 1, 1);
CREATE VIEW t.view AS SELECT * FROM t.plain;
CREATE TABLE t.parted (agent_id text, seq int) PARTITION BY LIST (agent_id);
CREATE TABLE t.part PARTITION OF t.parted FOR VALUES IN ('a');
CREATE TABLE t.like_agents (LIKE cgae.agents INCLUDING DEFAULTS);
CREATE TABLE t.like_certifications (LIKE cgae.certifications INCLUDING DEFAULTS);
CREATE TABLE t.like_events (LIKE cgae.agent_events);
CREATE TABLE t.like_policies (LIKE cgae.gate_policies);
CREATE TABLE t.like_seeds (LIKE cgae.audit_seeds);
INSERT INTO t.like_agents SELECT * FROM cgae.agents;
CREATE TEMP TABLE hung AS
  SELECT guard, timing, level, relation, t.hung(guard, timing || ' ' || event, level, relation,
           CASE event WHEN 'INSERT' THEN format('INSERT INTO %s (%s) SELECT %s', relation, columns, chosen)
                      WHEN 'UPDATE' THEN format('UPDATE %s SET %s', relation, CASE WHEN columns ~ 'agent_id' THEN 'agent_id = agent_id' ELSE columns || ' = ' || columns END)
                      WHEN 'DELETE' THEN format('DELETE FROM %s', relation) ELSE format('TRUNCATE %s', relation) END) AS said
    FROM unnest(ARRAY['guard_agents', 'guard_certifications', 'guard_events', 'guard_policies', 'guard_append_only', 'guard_seeds', 'require_tier']) AS guard,
         unnest(ARRAY['BEFORE', 'AFTER', 'INSTEAD OF']) AS timing, unnest(ARRAY['ROW', 'STATEMENT']) AS level, unnest(ARRAY['INSERT', 'UPDATE', 'DELETE', 'TRUNCATE']) AS event,
         (VALUES ('t.plain', 'agent_id', '''a'''), ('t.view', 'agent_id', '''a'''), ('t.parted', 'agent_id', '''a'''), ('t.part', 'agent_id', 'NULL'), ('t.like_agents', 'agent_id, model_name', '''x'', ''y'''),
           ('t.like_certifications', 'agent_id', '''a'''), ('t.like_events', 'agent_id', 'NULL'), ('t.like_policies', 'version', '1'), ('t.like_seeds', 'epoch', '1')) AS r(relation, columns, chosen);
SELECT is((SELECT string_agg(concat_ws(' ', said, guard, timing, level, relation), E'\n') FROM hung WHERE said LIKE 'XX%'), NULL, 'hung anywhere, no guard ends in an internal error');
SELECT is((SELECT string_agg(DISTINCT said, ' ' ORDER BY said) FROM hung WHERE said <> 'ok' AND said !~ '^(0A000|23\d{3}|27000|39P01|42\w{3}|428C9|55000|22023)$'), NULL, '... but says what is wrong');
SELECT is(t.state(), :'state', '... and changes nothing of the registry');

SELECT * FROM finish();
ROLLBACK;
