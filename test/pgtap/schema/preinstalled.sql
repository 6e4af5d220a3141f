-- Somebody was there before the extension: schemas and objects of its names, made by a role that may create in the database.
\set QUIET 1
SELECT current_database() AS home \gset
SET client_min_messages = error;
DROP DATABASE IF EXISTS cgae_pgtap_before;
DROP ROLE IF EXISTS t_dbowner, t_early;
CREATE ROLE t_dbowner;
CREATE ROLE t_early;
CREATE DATABASE cgae_pgtap_before OWNER t_dbowner;
GRANT CREATE ON DATABASE cgae_pgtap_before TO t_early;
\c cgae_pgtap_before
SET client_min_messages = error;
GRANT CREATE ON SCHEMA public TO PUBLIC;
CREATE EXTENSION pgtap;
\ir ../include/begin.psql
SELECT * FROM no_plan();
SET LOCAL client_min_messages = error;

-- the schema itself: not taken over, not filled
SAVEPOINT s;
SELECT is(t.try('t_early', 'CREATE SCHEMA cgae'), 'ok', 'a schema of the name, made before');
SELECT is(t.try('t_early', $$CREATE FUNCTION cgae.tier_lt(text, text) RETURNS bool LANGUAGE sql AS 'SELECT true'; CREATE TABLE cgae.agents (x int); CREATE TYPE cgae.tier AS ENUM ('T9')$$), 'ok', '... with objects of its names');
SELECT is(t.try('t_dbowner', 'CREATE EXTENSION cgae'), '42P06: schema "cgae" already exists', 'the extension does not move in');
SELECT is(t.try(NULL, 'CREATE EXTENSION cgae'), '42P06: schema "cgae" already exists', '... nor when a superuser installs it');
SELECT is((SELECT count(*)::int FROM pg_extension WHERE extname = 'cgae'), 0, '... and nothing of it stays');
ROLLBACK TO s;
SELECT matches(t.try('t_dbowner', 'CREATE EXTENSION cgae SCHEMA public'), '^0A000: ', 'it goes into no other schema');

-- traps in public, on the search_path of whoever installs
CREATE FUNCTION t.trap(name text, arguments text, result text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
  RETURN t.try('t_early', format('CREATE FUNCTION public.%s(%s) RETURNS %s LANGUAGE plpgsql AS $f$ BEGIN RAISE EXCEPTION ''trapped''; END $f$', name, arguments, result));
END $$;
SELECT is(t.trap(name, arguments, result), 'ok', format('a trap: %s(%s)', name, arguments)) FROM (VALUES
  ('now', '', 'timestamptz'), ('array_append', 'text[], text', 'text[]'), ('substr', 'text, int, int', 'text'), ('replace', 'text, text, text', 'text'), ('gen_random_uuid', '', 'uuid'),
  ('sha256', 'bytea', 'bytea'), ('encode', 'bytea, text', 'text'), ('jsonb_build_object', 'text, text', 'jsonb'), ('op_eq', 'text, text', 'bool'), ('op_cat', 'text, text', 'text'), ('op_eq', 'int, int', 'bool')) AS v(name, arguments, result);
SELECT is(t.try('t_early', statement), 'ok', statement) FROM (VALUES
  (1, 'CREATE OPERATOR public.= (LEFTARG = text, RIGHTARG = text, FUNCTION = public.op_eq)'), (2, 'CREATE OPERATOR public.= (LEFTARG = int, RIGHTARG = int, FUNCTION = public.op_eq)'),
  (3, 'CREATE OPERATOR public.|| (LEFTARG = text, RIGHTARG = text, FUNCTION = public.op_cat)'), (4, 'CREATE DOMAIN public.robustness AS int CHECK (false)'), (5, 'CREATE DOMAIN public.tier AS int CHECK (false)'),
  (6, 'CREATE DOMAIN public.jsonb AS int CHECK (false)'), (7, 'CREATE TABLE public.agents (agent_id text)'), (8, 'CREATE TABLE public.pg_class (oid int)'),
  (9, $$ALTER DEFAULT PRIVILEGES FOR ROLE t_early GRANT ALL ON TABLES TO PUBLIC$$)) AS v(n, statement) ORDER BY n;
SELECT t.try('t_dbowner', $$SET LOCAL search_path = public, pg_catalog; CREATE EXTENSION cgae; SELECT cgae.create_registry(); SELECT cgae.register_agent('m', '{}', agent_id => 'a');
  SELECT cgae.certify('a', '(0.7,0.7,0.7,1)'); SELECT cgae.suspend('a', 'x'); SELECT cgae.rotate_audit_seed(); SET LOCAL search_path = public$$) AS said \gset
SELECT is(:'said'::text, 'ok', 'installed and used with the traps first');
SELECT is((SELECT string_agg(pg_describe_object(classid, objid, objsubid) || ' on ' || pg_describe_object(refclassid, refobjid, refobjsubid), ', ') FROM pg_catalog.pg_depend
            WHERE refobjid IN (SELECT oid FROM pg_catalog.pg_proc WHERE pronamespace = 'public'::regnamespace UNION ALL SELECT oid FROM pg_catalog.pg_operator WHERE oprnamespace = 'public'::regnamespace
                               UNION ALL SELECT oid FROM pg_catalog.pg_type WHERE typnamespace = 'public'::regnamespace UNION ALL SELECT oid FROM pg_catalog.pg_class WHERE relnamespace = 'public'::regnamespace)
              AND (objid IN (SELECT oid FROM pg_catalog.pg_class WHERE relnamespace = 'cgae'::regnamespace) OR objid IN (SELECT d.objid FROM pg_catalog.pg_depend AS d WHERE d.deptype = 'e' AND d.refobjid = (SELECT oid FROM pg_catalog.pg_extension WHERE extname = 'cgae')))),
          NULL, 'no member, table or view refers to a trap');
SELECT is((SELECT count(*)::int FROM pg_catalog.pg_proc WHERE pronamespace = 'cgae'::regnamespace AND proowner = 't_early'::regrole), 0, 'nor is any of them early''s');
SELECT is((SELECT string_agg(DISTINCT proowner::regrole::text, ' ') = (SELECT rolname FROM pg_catalog.pg_roles WHERE oid = 10) FROM pg_catalog.pg_proc WHERE pronamespace = 'cgae'::regnamespace), true, 'functions are the bootstrap superuser''s');
SELECT matches(t.try('t_early', statement), '^42501: ', 'early: ' || statement) FROM unnest(ARRAY['CREATE TABLE cgae.x (x int)', 'SELECT * FROM cgae.agents', $$SELECT cgae.certify('a', '(1,1,1,1)')$$,
  'CREATE TRIGGER g BEFORE INSERT ON public.agents FOR EACH ROW EXECUTE FUNCTION cgae.guard_agents()', 'DROP EXTENSION cgae CASCADE']) AS statement;
SELECT is(t.standing('a'), 'suspended {x} T3 1', 'the registry is what it should be');

SELECT * FROM finish();
ROLLBACK;
\c :home
DROP DATABASE cgae_pgtap_before;
DROP ROLE t_dbowner, t_early;
