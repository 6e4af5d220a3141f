-- A guard works on the table that it guards and on no other: borrowed by whoever may execute it, it judges nothing.
\ir ../include/begin.psql
\ir ../include/registry.psql
SELECT * FROM no_plan();
SELECT t.agent('a', '(0.3,0.3,0.3,0.9)') \g /dev/null
SELECT t.partitioned() AS partitioned \gset

-- A role with the guards and the level operator, which could raise a tier before: in tables of its own, in a schema of its own.
CREATE ROLE t_borrower;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA cgae TO t_borrower;
SELECT cgae.grant_access('t_borrower', 'operator') \g /dev/null
GRANT USAGE, CREATE ON SCHEMA t TO t_borrower;
GRANT TEMPORARY ON DATABASE :"DBNAME" TO t_borrower;
SELECT t.state() AS state \gset
CREATE TEMP TABLE borrowed (tbl text, guard text, event text, statement text);
GRANT SELECT ON borrowed TO PUBLIC;
INSERT INTO borrowed VALUES
  ('agents', 'guard_agents', 'BEFORE INSERT ON %1$s FOR EACH ROW', $$INSERT INTO %1$s SELECT * FROM cgae.agents$$),
  ('agents', 'guard_agents', 'AFTER INSERT ON %1$s FOR EACH ROW', $$INSERT INTO %1$s SELECT * FROM cgae.agents$$),
  ('agents', 'guard_agents', 'BEFORE UPDATE ON %1$s FOR EACH ROW', $$UPDATE %1$s SET holds = '{x}'$$),
  ('agents', 'guard_agents', 'BEFORE UPDATE OF current_tier ON %1$s FOR EACH STATEMENT', $$UPDATE %1$s SET current_tier = 'T0'$$),
  ('certifications', 'guard_certifications', 'BEFORE INSERT ON %1$s FOR EACH ROW', $$INSERT INTO %1$s (agent_id, robustness) VALUES ('a', '(1,1,1,1)')$$),
  ('agent_events', 'guard_events', 'BEFORE INSERT ON %1$s FOR EACH ROW', $$INSERT INTO %1$s SELECT * FROM cgae.agent_events$$),
  ('gate_policies', 'guard_policies', 'BEFORE INSERT ON %1$s FOR EACH ROW', $$INSERT INTO %1$s SELECT * FROM cgae.gate_policies$$),
  ('gate_policies', 'guard_policies', 'AFTER INSERT OR UPDATE OR DELETE ON %1$s FOR EACH ROW', $$INSERT INTO %1$s SELECT * FROM cgae.gate_policies$$),
  ('audit_seeds', 'guard_seeds', 'BEFORE INSERT OR UPDATE ON %1$s FOR EACH ROW', $$INSERT INTO %1$s DEFAULT VALUES$$),
  ('registry_layout', 'guard_append_only', 'BEFORE UPDATE OR DELETE ON %1$s FOR EACH ROW', $$INSERT INTO %1$s SELECT * FROM cgae.registry_layout; DELETE FROM %1$s$$),
  ('certifications', 'guard_append_only', 'BEFORE TRUNCATE ON %1$s FOR EACH STATEMENT', $$TRUNCATE %1$s$$);
-- make a table like one of the registry's, fill it, hang a guard on it and use it
CREATE FUNCTION t.borrow(role text, name text, make text, tbl text, guard text, event text, statement text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  said text;
BEGIN
  PERFORM pg_catalog.set_config('role', coalesce(role, 'none'), true);
  EXECUTE format(make, name, 'cgae.' || tbl);
  IF statement ~ '^UPDATE' AND make <> 'SELECT' THEN
    EXECUTE format('INSERT INTO %s SELECT * FROM cgae.%I', name, tbl);
  END IF;
  EXECUTE format('CREATE TRIGGER g ' || event || ' EXECUTE FUNCTION cgae.%2$I()', name, guard);
  BEGIN
    EXECUTE format(statement, name);
    said := 'ok';
  EXCEPTION WHEN OTHERS THEN said := SQLSTATE || ': ' || SQLERRM;
  END;
  RAISE SQLSTATE 'ROLLB';
EXCEPTION WHEN SQLSTATE 'ROLLB' THEN RETURN said;
          WHEN OTHERS THEN RETURN 'not made: ' || SQLERRM;
END $$;
SELECT is(t.borrow('t_borrower', 't.' || tbl, make, tbl, guard, event, statement),
          format('39P01: function cgae.%s guards %s, not t.%s', guard, CASE guard WHEN 'guard_append_only' THEN 'the tables of the registry' ELSE 'cgae.' || tbl END, tbl),
          concat_ws(' ', guard, event, make))
  FROM borrowed, unnest(ARRAY['CREATE TABLE %s (LIKE %s)', 'CREATE TABLE %s (LIKE %s INCLUDING ALL)', 'CREATE UNLOGGED TABLE %s (LIKE %s)']) AS make;
SELECT alike(t.borrow('t_borrower', 'pg_temp.' || tbl, 'CREATE TEMP TABLE %s (LIKE %s)', tbl, guard, event, statement), '39P01: function cgae.' || guard || ' guards %, not pg_temp%.' || tbl, guard || ' on a temporary table')
  FROM borrowed;
SELECT alike(t.borrow(NULL, 'cgae.mine', 'CREATE TABLE %s (LIKE %s)', tbl, guard, event, statement), '39P01: function cgae.' || guard || ' guards %, not cgae.mine', guard || ' on a table of the owner''s with another name')
  FROM borrowed;
SELECT matches(t.borrow(NULL, 'cgae.' || other, 'SELECT', tbl, guard, replace(event, 'INSERT', 'UPDATE'), 'UPDATE %1$s SET ' || col || ' = ' || col), '^39P01: ', guard || ' on ' || other)
  FROM (VALUES ('agents', 'guard_certifications', 'BEFORE INSERT ON %1$s FOR EACH ROW', 'agents', 'agent_id'),
               ('agents', 'guard_events', 'BEFORE INSERT ON %1$s FOR EACH ROW', 'agents', 'agent_id'),
               ('agents', 'guard_policies', 'AFTER INSERT ON %1$s FOR EACH ROW', 'agents', 'agent_id'),
               ('agents', 'guard_seeds', 'BEFORE INSERT ON %1$s FOR EACH ROW', 'agents', 'agent_id')) AS v(tbl, guard, event, other, col);
CREATE VIEW t.agents AS SELECT * FROM cgae.agents;
CREATE TRIGGER g INSTEAD OF UPDATE ON t.agents FOR EACH ROW EXECUTE FUNCTION cgae.guard_agents();
SELECT is(t.try($$UPDATE t.agents SET holds = '{x}'$$), '39P01: function cgae.guard_agents guards cgae.agents, not t.agents', 'a view');
DROP VIEW t.agents;
SELECT is(t.state(), :'state', 'none of it changed anything');

-- require_tier is for everybody's tables
CREATE TABLE t.jobs (agent_id text);
CREATE TRIGGER need AFTER INSERT ON t.jobs FOR EACH ROW EXECUTE FUNCTION cgae.require_tier('agent_id', 'T1');
SELECT cgae.certify('a', '(0.7,0.7,0.7,0.9)') \g /dev/null
SELECT is(t.try($$INSERT INTO t.jobs VALUES ('a')$$), 'ok', 'require_tier works on any table');

-- A table of the right name below another that is none of the registry's
CREATE TABLE t.top (LIKE cgae.certifications) PARTITION BY LIST (agent_id);
ALTER TABLE t.top OWNER TO t_borrower;
CREATE TABLE t.certifications PARTITION OF t.top DEFAULT;
CREATE TRIGGER g BEFORE INSERT ON t.top FOR EACH ROW EXECUTE FUNCTION cgae.guard_certifications();
SELECT is(t.try($$INSERT INTO t.top (agent_id, robustness) VALUES ('a', '(1,1,1,1)')$$), '39P01: function cgae.guard_certifications guards cgae.certifications, not t.top', 'a partition of another table');
DROP TABLE t.top;
-- ... and in the place of one of ours
SAVEPOINT s;
ALTER TABLE cgae.agent_events RENAME TO was_events;
CREATE TABLE cgae.agent_events (LIKE cgae.was_events);
CREATE TRIGGER g BEFORE INSERT ON cgae.agent_events FOR EACH ROW EXECUTE FUNCTION cgae.guard_events();
SELECT matches(t.try($$INSERT INTO cgae.was_events SELECT * FROM cgae.was_events$$), '^39P01: function cgae.guard_events guards cgae.agent_events, not cgae.was_', 'a table renamed is guarded no more');
SELECT is(t.try($$SELECT cgae.suspend('a', 'x')$$), 'ok', '... another of its name and owner is');
ROLLBACK TO s;
SELECT is(t.try($$SELECT cgae.suspend('a', 'x')$$), 'ok', 'and the old one, when it is back');
SAVEPOINT s;
ALTER TABLE cgae.certifications SET SCHEMA t;
SELECT matches(t.try($$INSERT INTO t.certifications (agent_id, robustness) VALUES ('a', '(1,1,1,1)')$$), '^39P01: function cgae.guard_certifications guards cgae.certifications, not ', 'a table moved to another schema');
ROLLBACK TO s;

-- A guard that is moved away after it has worked, in one session
SELECT is(t.try($$UPDATE cgae.agents SET balance = balance WHERE agent_id = 'a'$$), 'ok', 'a guard at its work');
SAVEPOINT s;
ALTER FUNCTION cgae.guard_agents() SET SCHEMA t;
SELECT matches(t.try($$UPDATE cgae.agents SET balance = balance WHERE agent_id = 'a'$$), '^39P01: ', 'a guard of another schema');
ROLLBACK TO s;
SELECT is(t.try($$UPDATE cgae.agents SET balance = balance WHERE agent_id = 'a'$$), 'ok', 'the guard when it is back');

-- A schema that is renamed, with and without another in its place
SAVEPOINT s;
ALTER SCHEMA cgae RENAME TO elsewhere;
SELECT matches(t.try($$INSERT INTO elsewhere.certifications (agent_id, robustness) VALUES ('a', '(1,1,1,1)')$$), '^3F000: ', 'under another name');
SELECT matches(t.try($$UPDATE elsewhere.agents SET holds = '{x}'$$), '^3F000: ', '... the agents too');
CREATE SCHEMA cgae;
CREATE TABLE cgae.certifications (LIKE elsewhere.certifications);
CREATE TABLE cgae.agents (LIKE elsewhere.agents);
CREATE TRIGGER g BEFORE INSERT ON cgae.certifications FOR EACH ROW EXECUTE FUNCTION elsewhere.guard_certifications();
SELECT matches(t.try($$INSERT INTO cgae.certifications (agent_id, robustness) VALUES ('a', '(1,1,1,1)')$$), '^3F000: ', '... whose guards are not those of another schema of that name');
SELECT matches(t.try($$INSERT INTO elsewhere.certifications (agent_id, robustness) VALUES ('a', '(1,1,1,1)')$$), '^3F000: ', '... nor look into it');
ROLLBACK TO s;
SELECT is(t.try($$SELECT cgae.certify('a', '(0.3,0.3,0.3,0.9)')$$), 'ok', 'and back');

-- One owner
CREATE ROLE t_new;
GRANT USAGE, CREATE ON SCHEMA cgae TO t_new;
SELECT current_user AS me \gset
SELECT t.state() AS state \gset
CREATE FUNCTION t.owned(tbl text, statement text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  me text := current_user;
  said text;
BEGIN
  IF t.try(statement) <> 'ok' THEN RETURN 'not even before: ' || t.try(statement); END IF;	-- what is cached then is no more
  EXECUTE format('ALTER TABLE cgae.%I OWNER TO t_new', tbl);
  said := t.try(statement) || ' / ' || t.hint(statement);
  EXECUTE format('ALTER TABLE cgae.%I OWNER TO %I', tbl, me);
  RETURN said || ' / ' || t.try(statement);
END $$;
SELECT is(t.owned(tbl, statement), format('39P01: table cgae.%s belongs to "%s", but cgae.agents to "%s" / ALTER TABLE cgae.%1$s OWNER TO %3$s / ok',
                                          CASE WHEN tbl <> 'agents' THEN tbl WHEN statement ~ 'rotate' THEN 'audit_seeds' ELSE 'certifications' END, CASE tbl WHEN 'agents' THEN :'me' ELSE 't_new' END, CASE tbl WHEN 'agents' THEN 't_new' ELSE :'me' END),
          tbl || ' of another owner''s: ' || statement)
  FROM unnest('{agents,certifications,agent_events,gate_policies,audit_seeds,registry_layout}'::text[]) AS tbl,
       unnest(ARRAY[$$SELECT cgae.certify('a', '(0.3,0.3,0.3,0.9)')$$, $$INSERT INTO cgae.certifications (agent_id, robustness) VALUES ('a', '(0.3,0.3,0.3,0.9)')$$,
                    $$UPDATE cgae.agents SET model_name = model_name$$, $$SELECT cgae.register_agent('m', '{}', agent_id => gen_random_uuid()::text)$$, 'SELECT cgae.rotate_audit_seed()']) AS statement;
-- all of them at once: the new one goes on
SAVEPOINT s;
SELECT format('ALTER TABLE cgae.%I OWNER TO t_new', relname) FROM pg_class WHERE relnamespace = 'cgae'::regnamespace AND relkind IN ('r', 'p') \gexec
SELECT is(t.try($$SELECT cgae.certify('a', '(0.3,0.3,0.3,0.9)')$$), 'ok', 'a new owner for all of them');
SELECT is(t.try('t_new', $$SELECT cgae.certify('a', '(0.3,0.3,0.3,0.9)'), cgae.suspend('a', 'y')$$), 'ok', '... who goes on');
CREATE ROLE t_newer;
REASSIGN OWNED BY t_new TO t_newer;
SELECT is(t.try('t_newer', $$SELECT cgae.certify('a', '(0.3,0.3,0.3,0.9)'), cgae.suspend('a', 'z'), cgae.register_agent('m', '{}')$$), 'ok', 'REASSIGN OWNED: so does the next one');
ROLLBACK TO s;
SELECT is(t.try($$SELECT cgae.certify('a', '(0.3,0.3,0.3,0.9)')$$), 'ok', '... or not');

-- Partitions: of another owner's, of another schema, foreign
SELECT NOT :'partitioned' AS plain \gset
\if :plain
SELECT pass('partitions: see partitioned:own_table');
\else
SELECT 'cgae.certifications_' || substring(tableoid::regclass::text from 'p[0-9]+$') AS part, substring(tableoid::regclass::text from '[0-9]+$') AS n FROM cgae.agents WHERE agent_id = 'a' \gset
SAVEPOINT s;
SELECT is((SELECT string_agg(modulus, ' ') FROM (SELECT substring(pg_get_expr(relpartbound, oid) from 'modulus ([0-9]+)') AS modulus FROM pg_class WHERE oid = :'part'::regclass) AS m) ~ '^[0-9]+$', true, 'hash partitions');
SELECT substring(pg_get_expr(relpartbound, oid) from 'modulus ([0-9]+)') AS modulus FROM pg_class WHERE oid = :'part'::regclass \gset
ALTER TABLE cgae.certifications DETACH PARTITION :part;
CREATE TABLE t.part (LIKE :part INCLUDING ALL);
INSERT INTO t.part SELECT * FROM :part;
ALTER TABLE cgae.certifications ATTACH PARTITION t.part FOR VALUES WITH (MODULUS :modulus, REMAINDER :n);
CREATE TRIGGER zz_cgae_no_truncate BEFORE TRUNCATE ON t.part FOR EACH STATEMENT EXECUTE FUNCTION cgae.guard_append_only();
SELECT is(t.try($$SELECT cgae.certify('a', '(0.3,0.3,0.3,0.9)')$$), 'ok', 'a partition in another schema, of the same owner''s');
ALTER TABLE t.part OWNER TO t_new;
SELECT matches(t.try($$SELECT cgae.certify('a', '(0.3,0.3,0.3,0.9)')$$), '^39P01: table t.part belongs to "t_new", but cgae.agents to ', '... and of another''s');
SELECT matches(t.hint($$SELECT cgae.certify('a', '(0.3,0.3,0.3,0.9)')$$), '^ALTER TABLE t.part OWNER TO ', '... with a hint');
ALTER TABLE t.part OWNER TO CURRENT_USER;
SELECT is(t.try($$SELECT cgae.certify('a', '(0.3,0.3,0.3,0.9)')$$), 'ok', '... and ours again');
ROLLBACK TO s;
CREATE EXTENSION postgres_fdw;
-- a connection is made before the guard is called: to this server, wherever it listens
SELECT format('CREATE SERVER t_loop FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host %L, port %L)',
              coalesce(nullif(split_part(current_setting('unix_socket_directories'), ',', 1), ''), 'localhost'), current_setting('port')) \gexec
CREATE USER MAPPING FOR CURRENT_USER SERVER t_loop;
ALTER TABLE cgae.certifications DROP CONSTRAINT certifications_pkey, DROP CONSTRAINT certifications_agent_id_fkey;
DROP INDEX cgae.certifications_request_id_key;
ALTER TABLE cgae.certifications DETACH PARTITION :part;
CREATE FOREIGN TABLE cgae.far PARTITION OF cgae.certifications FOR VALUES WITH (MODULUS :modulus, REMAINDER :n) SERVER t_loop;
SELECT is(t.try(statement), '55000: partition cgae.far of "certifications" is a foreign table', statement)
  FROM unnest(ARRAY[$$SELECT cgae.certify('a', '(1,1,1,1)')$$, $$INSERT INTO cgae.certifications (agent_id, robustness) VALUES ('a', '(1,1,1,1)') ON CONFLICT DO NOTHING$$,
                    $$INSERT INTO cgae.far (agent_id, robustness) VALUES ('a', '(1,1,1,1)')$$]) AS statement;
ROLLBACK TO s;
\endif
SELECT is_empty('SELECT * FROM cgae.check_registry()', 'the registry is in order');
SELECT * FROM finish();
ROLLBACK;
