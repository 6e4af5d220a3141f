-- A database owner who is no superuser installs, owns and hands out the registry.
\set QUIET 1
SELECT current_database() AS home \gset
SET client_min_messages = error;
DROP DATABASE IF EXISTS cgae_pgtap_trusted;
DROP ROLE IF EXISTS t_dbowner, t_other, t_app;
CREATE ROLE t_dbowner;
CREATE ROLE t_other;
CREATE ROLE t_app;
CREATE DATABASE cgae_pgtap_trusted OWNER t_dbowner;
\c cgae_pgtap_trusted
SET client_min_messages = error;
CREATE EXTENSION pgtap;
\ir ../include/begin.psql
SELECT * FROM no_plan();
SET LOCAL client_min_messages = error;

SELECT matches(t.try('t_other', 'CREATE EXTENSION cgae'), '^42501: permission denied to create extension "cgae"$', 'who may not create in the database may not install');
SELECT is(t.try('t_dbowner', 'CREATE EXTENSION cgae'), 'ok', 'its owner may, who is no superuser');
SELECT is((SELECT rolsuper FROM pg_roles WHERE rolname = 't_dbowner'), false, '... truly');
SELECT is((SELECT nspowner::regrole::text FROM pg_namespace WHERE nspname = 'cgae'), (SELECT rolname::text FROM pg_roles WHERE oid = 10), 'the schema is the bootstrap superuser''s');
SELECT matches(t.try('t_other', 'SELECT cgae.create_registry()'), '^42501: permission denied for schema cgae$', 'another role cannot make a registry');
SELECT is(t.try('t_dbowner', 'SELECT cgae.create_registry()'), 'ok', 'the installer can');
SELECT is((SELECT string_agg(DISTINCT relowner::regrole::text, ' ') FROM pg_class WHERE relnamespace = 'cgae'::regnamespace AND relkind IN ('r', 'v')), 't_dbowner', '... and owns it');
SELECT is((SELECT count(*) FROM pg_depend AS d JOIN pg_class AS c ON d.objid = c.oid WHERE d.deptype = 'e' AND relkind IN ('r', 'v') AND relnamespace = 'cgae'::regnamespace), 0::bigint,
          'its tables are no members of the extension');
SELECT is(t.try('t_dbowner', statement), 'ok', statement) FROM unnest(ARRAY[
  $$SELECT cgae.register_agent('m', '{}', agent_id => 'a')$$, $$SELECT cgae.certify('a', '(0.7,0.7,0.7,0.7)')$$,
  $$INSERT INTO cgae.certifications (agent_id, robustness, observed_architecture_hash) VALUES ('a', '(1,1,1,1)', '0000000000000000')$$,
  $$SELECT cgae.grant_access('t_app', 'auditor')$$, 'ALTER TABLE cgae.agents ADD COLUMN team text', 'CREATE INDEX ON cgae.certifications (certified_at)', 'CREATE TABLE cgae.extra (x int)']) AS statement;
SELECT is(t.standing('a'), 'suspended {architecture_drift} T3 1', 'it works');
SELECT is(t.try('t_app', $$SELECT cgae.certify('a', '(0.9,0.9,0.9,0.9)', observed_architecture_hash => cgae.architecture_hash('{}'))$$), 'ok', 'an auditor certifies by the owner''s grant');
SELECT is(t.standing('a'), 'active {} T5 2', '... in force');
SELECT is((SELECT actor FROM cgae.events WHERE agent_id = 'a' ORDER BY seq DESC LIMIT 1), 't_app', '... in its own name');
-- row security that binds even the owner does not bind the guards
SAVEPOINT forced;
ALTER TABLE cgae.certifications ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
ALTER TABLE cgae.agents ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
ALTER TABLE cgae.agent_events ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
ALTER TABLE cgae.gate_policies ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY p ON cgae.certifications TO t_app WITH CHECK (agent_id = 'a');
CREATE INDEX ON cgae.certifications (agent_id, (audit_details->>'cid'));
SELECT is(t.try('t_app', $$SELECT cgae.certify('a', '(0.7,0.7,0.7,0.7)', audit_details => '{"cid": "x"}')$$), 'ok', 'FORCE ROW LEVEL SECURITY: an auditor certifies what his policy allows');
SELECT is(t.try('t_app', $$SELECT cgae.certify('a', '(0.5,0.5,0.5,0.7)', 'demotion')$$), 'ok', '... events are written');
SELECT matches(t.try('t_app', $$SELECT cgae.certify('b', '(0.7,0.7,0.7,0.7)')$$), '^(42501|23503): ', '... and nothing else');
SELECT matches(t.try('t_dbowner', $$SELECT cgae.certify('a', '(0.7,0.7,0.7,0.7)')$$), '^42501: ', '... nor the owner, without a policy');
SELECT is(t.standing('a'), 'active {} T2 4', '... it took effect');
ROLLBACK TO forced;
SELECT matches(t.try('t_other', statement), '^42501: ', 'another role: ' || statement) FROM unnest(ARRAY[
  'SELECT * FROM cgae.agents', $$SELECT cgae.register_agent('m', '{}')$$, $$SELECT cgae.certify('a', '(1,1,1,1)')$$, $$SELECT cgae.grant_access('t_other', 'operator')$$,
  'CREATE TABLE cgae.mine (x int)', 'CREATE FUNCTION cgae.mine() RETURNS int LANGUAGE sql AS $_$ SELECT 1 $_$', 'DROP EXTENSION cgae', 'ALTER EXTENSION cgae UPDATE']) AS statement;
-- the owner of the database does not own what the superuser's script made
SELECT matches(t.try('t_dbowner', statement), '^42501: ', 'nor the owner: ' || statement) FROM unnest(ARRAY[
  'DROP FUNCTION cgae.certify(text, cgae.robustness, text, text, jsonb, timestamptz, text)', 'CREATE OR REPLACE FUNCTION cgae.guard_events() RETURNS trigger LANGUAGE plpgsql AS $_$ BEGIN RETURN NEW; END $_$',
  'ALTER TYPE cgae.tier ADD VALUE ''T6''', 'DROP SCHEMA cgae CASCADE', 'DROP OPERATOR pg_catalog.= (cgae.robustness, cgae.robustness)',
  'ALTER OPERATOR pg_catalog.= (cgae.robustness, cgae.robustness) SET (RESTRICT = NONE)', 'CREATE CAST (text AS cgae.robustness) WITH INOUT AS IMPLICIT']) AS statement;
-- the guards are the registry owner's to hang on tables, and nobody else's
SELECT matches(t.try('t_other', 'CREATE TABLE pg_temp.mine (agent_id text); CREATE TRIGGER g BEFORE INSERT ON pg_temp.mine FOR EACH ROW EXECUTE FUNCTION cgae.guard_agents()'),
               '^42501: permission denied for function cgae.guard_agents$', 'a guard is not for everybody');
-- the right to create may be taken away once the registry stands
REVOKE CREATE ON SCHEMA cgae FROM t_dbowner;
SELECT is(t.try('t_dbowner', $$SELECT cgae.certify(cgae.register_agent('m', '{}'), '(1,1,1,1)')$$), 'ok', 'the registry works without CREATE on the schema');
SELECT matches(t.try('t_dbowner', 'CREATE TABLE cgae.more (x int)'), '^42501: ', '... which then is gone');
GRANT CREATE ON SCHEMA cgae TO t_dbowner;
-- removal
SELECT matches(t.try('t_dbowner', 'DROP EXTENSION cgae'), '^2BP01: cannot drop extension cgae because other objects depend on it$', 'dropping the extension does not take the data along');
SELECT is(t.try('t_dbowner', 'DROP TABLE cgae.agents, cgae.certifications, cgae.agent_events, cgae.gate_policies, cgae.audit_seeds, cgae.registry_layout, cgae.extra CASCADE'), 'ok', 'the owner may drop his tables');
SELECT is(cgae.gate_tier('(1,1,1,1)')::text, 'T5', '... the gate falls back to the paper''s policy');
SELECT is(t.try('t_dbowner', $$SELECT cgae.certify('a', '(1,1,1,1)')$$), '42P01: there is no agent registry in this database', '... and the registry is gone');
SELECT is(t.try('t_dbowner', 'SELECT cgae.create_registry()'), 'ok', 'and make new ones');
SELECT is(t.try('t_dbowner', $$SELECT cgae.certify(cgae.register_agent('m', '{}', agent_id => 'a'), '(1,1,1,1)')$$), 'ok', '... that work, in the same session');
SELECT is(t.history('a'), '1 registration, 2 certification', '... from the start');
-- another role may own it: CREATE on the schema is all that it is granted
SAVEPOINT another;
SELECT is(t.try('t_dbowner', 'DROP TABLE cgae.agents, cgae.certifications, cgae.agent_events, cgae.gate_policies, cgae.audit_seeds, cgae.registry_layout CASCADE'), 'ok', 'without a registry');
SELECT matches(t.try('t_other', 'SELECT cgae.create_registry()'), '^42501: permission denied for schema cgae$', '... another role may not make one');
SELECT is((SELECT bool_or(has_function_privilege('t_other', oid, 'EXECUTE')) FROM pg_proc WHERE pronamespace = 'cgae'::regnamespace AND proname ~ '^guard_'), false, '... and was not given the guards');
GRANT CREATE ON SCHEMA cgae TO t_other;
SELECT is(t.try('t_other', 'SELECT cgae.create_registry()'), 'ok', 'with CREATE on the schema it may');
SELECT is((SELECT string_agg(DISTINCT relowner::regrole::text, ' ') FROM pg_class WHERE relnamespace = 'cgae'::regnamespace AND relkind IN ('r', 'p', 'v')), 't_other', '... and owns it');
SELECT is((SELECT bool_and(has_function_privilege('t_other', oid, 'EXECUTE')) FROM pg_proc WHERE pronamespace = 'cgae'::regnamespace AND proname ~ '^guard_'), true, '... and may hang the guards on its partitions');
SELECT is((SELECT bool_or(has_function_privilege('t_app', oid, 'EXECUTE')) FROM pg_proc WHERE pronamespace = 'cgae'::regnamespace AND proname ~ '^guard_'), false, '... which others may not');
SELECT is(t.try('t_other', $$SELECT cgae.certify(cgae.register_agent('m', '{}', agent_id => 'o'), '(0.7,0.7,0.7,1)'); SELECT cgae.publish_policy(); SELECT cgae.rotate_audit_seed()$$), 'ok', '... and works with it');
SELECT is((SELECT count(*)::int FROM cgae.check_registry()), 0, '... which is as it should be');
-- REASSIGN OWNED: the new owner goes on
REASSIGN OWNED BY t_other TO t_app;
SELECT is((SELECT string_agg(DISTINCT relowner::regrole::text, ' ') FROM pg_class WHERE relnamespace = 'cgae'::regnamespace AND relkind IN ('r', 'p', 'v')), 't_app', 'a new owner');
SELECT is(t.try('t_app', statement), 'ok', '... ' || statement) FROM unnest(ARRAY[$$SELECT cgae.certify('o', '(0.9,0.9,0.9,1)')$$, $$SELECT cgae.suspend('o', 'x')$$, $$SELECT cgae.reinstate('o', 'x')$$,
  'SELECT cgae.publish_policy()', 'SELECT cgae.rotate_audit_seed()', $$SELECT cgae.register_agent('m', '{}')$$, $$SELECT cgae.grant_access('t_other', 'reader')$$, 'SELECT * FROM cgae.apply_decay()',
  'SELECT cgae.upgrade_registry()', 'ALTER TABLE cgae.agents DISABLE TRIGGER zz_cgae_guard; ALTER TABLE cgae.agents ENABLE TRIGGER zz_cgae_guard']) AS statement;
SELECT is((SELECT bool_and(has_function_privilege('t_app', oid, 'EXECUTE')) FROM pg_proc WHERE pronamespace = 'cgae'::regnamespace AND proname ~ '^guard_'), true, 'upgrade_registry() gave it the guards');
SELECT is((SELECT count(*)::int FROM cgae.check_registry()), 0, '... and nothing contradicts');
ROLLBACK TO another;
SELECT is(t.try('t_dbowner', 'DROP EXTENSION cgae CASCADE'), 'ok', 'with CASCADE the extension goes');
SELECT is((SELECT count(*) FROM pg_namespace WHERE nspname = 'cgae'), 0::bigint, '... and its schema');
SELECT is((SELECT count(*) FROM pg_operator WHERE oprnamespace = 'pg_catalog'::regnamespace AND oid >= 16384), 0::bigint, '... and its operators in pg_catalog');
SELECT is(t.try('t_dbowner', 'CREATE EXTENSION cgae'), 'ok', 'and comes again');
SELECT is(t.try('t_dbowner', 'SELECT cgae.create_registry()'), 'ok', '... with a registry');
SELECT is(t.try('t_dbowner', $$SELECT cgae.certify(cgae.register_agent('m', '{}', agent_id => 'a'), '(1,1,1,1)')$$), 'ok', '... that works, in the same session');

SELECT * FROM finish();
ROLLBACK;
\c :home
DROP DATABASE cgae_pgtap_trusted;
DROP ROLE t_dbowner, t_other, t_app;
