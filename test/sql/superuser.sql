-- A superuser and the registry of somebody else: what takes sessions and transactions of its own.  (Else: test/pgtap/server/superuser.sql)
\set VERBOSITY terse
SET client_min_messages = warning;
DROP EXTENSION IF EXISTS cgae CASCADE;
CREATE EXTENSION cgae;
CREATE ROLE regress_cgae_keeper;
GRANT CREATE ON SCHEMA cgae TO regress_cgae_keeper;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA cgae TO regress_cgae_keeper;
CREATE SCHEMA regress_cgae_app AUTHORIZATION regress_cgae_keeper;
SET ROLE regress_cgae_keeper;
SELECT cgae.create_registry();
SELECT cgae.register_agent(id, '{}', agent_id => id, registered_at => '2020-01-01') FROM unnest('{a,b,c,d,e}'::text[]) AS id;
SELECT count(cgae.certify(id, '(0.95,0.95,0.95,0.95)', certified_at => now() - interval '20 days')) FROM unnest('{a,b,c,d,e}'::text[]) AS id;
-- counts by whom it is run, and outlives an error
CREATE SEQUENCE regress_cgae_app.as_owner;
CREATE SEQUENCE regress_cgae_app.as_superuser;
CREATE FUNCTION regress_cgae_app.trap() RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  PERFORM nextval('regress_cgae_app.as_' || CASE WHEN rolsuper THEN 'superuser' ELSE 'owner' END) FROM pg_catalog.pg_roles WHERE rolname = current_user;
END $$;
CREATE FUNCTION regress_cgae_app.fold(int) RETURNS text LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN PERFORM regress_cgae_app.trap(); RETURN 'x'; END $$;
CREATE FUNCTION regress_cgae_app.fire() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN PERFORM regress_cgae_app.trap(), set_config('search_path', 'nowhere', false); RETURN NEW; END $$;
RESET ROLE;

-- The procedure that commits works as the owner in each of its transactions, and commits as who called.
SET ROLE regress_cgae_keeper;
CREATE TRIGGER fire BEFORE UPDATE ON cgae.agents FOR EACH ROW EXECUTE FUNCTION regress_cgae_app.fire();
RESET ROLE;
CALL cgae.sweep_decay(2);
SELECT current_setting('search_path') AS path, current_user = session_user AS me;
SELECT last_value FROM regress_cgae_app.as_owner;
SELECT is_called FROM regress_cgae_app.as_superuser;
SELECT type, actor = current_user AS mine, count(*), count(DISTINCT xmin::text) AS transactions FROM cgae.agent_events WHERE type = 'decay' GROUP BY 1, 2;
-- an error in a later transaction leaves nothing behind
SET ROLE regress_cgae_keeper;
CREATE OR REPLACE FUNCTION regress_cgae_app.fire() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN IF NEW.agent_id = 'e' THEN RAISE 'not e'; END IF; RETURN NEW; END $$;
SELECT count(cgae.certify(id, '(0.95,0.95,0.95,0.95)', certified_at => now() - interval '19 days')) FROM unnest('{a,b,c,d}'::text[]) AS id;
ALTER TABLE cgae.agents DISABLE TRIGGER fire;
SELECT count(cgae.certify('e', '(0.95,0.95,0.95,0.95)', certified_at => now() - interval '8 days'));
ALTER TABLE cgae.agents ENABLE TRIGGER fire;
RESET ROLE;
CALL cgae.sweep_decay(2);
SELECT current_user = session_user AS me;
SELECT current_tier, count(*) FROM cgae.agents GROUP BY 1 ORDER BY 1;
SET ROLE regress_cgae_keeper;
DROP TRIGGER fire ON cgae.agents;
RESET ROLE;

-- Errors, savepoints and cursors leave the user as he was.
BEGIN;
SAVEPOINT s;
SELECT cgae.suspend('nobody', 'x');
SELECT current_user = session_user AS me;
ROLLBACK TO s;
SELECT current_user = session_user AS me;
DECLARE c CURSOR FOR SELECT agent_id FROM cgae.standing_as_of(now()) ORDER BY 1;
FETCH 2 FROM c;
SELECT current_user = session_user AS me;
SELECT cgae.suspend('a', 'x');
FETCH 2 FROM c;
SELECT actor = current_user AS mine FROM cgae.agent_events WHERE type = 'suspension';
ROLLBACK;

-- Workers ask as the owner too.
CREATE TABLE regress_cgae_jobs AS SELECT 'a' AS agent_id FROM generate_series(1, 2000);
ALTER TABLE regress_cgae_jobs SET (parallel_workers = 2);
SET parallel_setup_cost = 0;
SET parallel_tuple_cost = 0;
SET min_parallel_table_scan_size = 0;
SET parallel_leader_participation = off;
CREATE FUNCTION pg_temp.plan(statement text) RETURNS SETOF text LANGUAGE plpgsql AS $$ BEGIN RETURN QUERY EXECUTE 'EXPLAIN ' || statement; END $$;
SELECT bool_or(line ~ 'Gather') AS parallel FROM pg_temp.plan('SELECT count(*) FROM regress_cgae_jobs WHERE cgae.permits(agent_id, ''T1'')') AS p(line);
SELECT count(*) FROM regress_cgae_jobs WHERE cgae.permits(agent_id, 'T1');
DROP TABLE regress_cgae_jobs;
RESET parallel_setup_cost;
RESET parallel_tuple_cost;
RESET min_parallel_table_scan_size;
RESET parallel_leader_participation;

-- Constant arguments in the expression of an index are folded by the first in a session who plans: one session for each call.
SET ROLE regress_cgae_keeper;
CREATE INDEX ON cgae.agents ((regress_cgae_app.fold(1)));
CREATE INDEX ON cgae.certifications ((agent_id || regress_cgae_app.fold(1)));
CREATE INDEX ON cgae.agent_events ((regress_cgae_app.fold(1)));
CREATE INDEX ON cgae.gate_policies ((regress_cgae_app.fold(1)));
CREATE INDEX ON cgae.audit_seeds ((regress_cgae_app.fold(1)));
RESET ROLE;
SELECT setval('regress_cgae_app.as_superuser', 1, false), setval('regress_cgae_app.as_owner', 1, false);
\pset tuples_only on
\c -
SELECT cgae.permits('a', 'T1');
\c -
SELECT cgae.effective_tier('a');
\c -
SELECT count(*) >= 0 FROM cgae.due_audits();
\c -
SELECT length(cgae.report()) > 0;
\c -
SELECT * FROM cgae.apply_decay();
\c -
SELECT outcome FROM cgae.certify('b', '(0.95,0.95,0.95,0.95)');
\c -
SELECT outcome FROM cgae.certify('b', '(0.95,0.95,0.95,0.95)', request_id => 'r');
\c -
SELECT outcome FROM cgae.certify_many('{a,b}', '{"(0.9,0.9,0.9,0.9)","(0.9,0.9,0.9,0.9)"}');
\c -
SELECT cgae.suspend('c', 'x');
\c -
SELECT cgae.reinstate('c', 'x');
\c -
SELECT cgae.observe_architecture('a', cgae.architecture_hash('{}'));
\c -
SELECT cgae.register_agent('m', '{}', agent_id => 'f');
\c -
SELECT cgae.deregister_agent('f');
\c -
SELECT cgae.update_architecture('d', '{"d": 1}');
\c -
SELECT status FROM cgae.tier_at('a', now());
\c -
SELECT count(*) FROM cgae.standing_as_of(now());
\c -
SELECT count(*) > 0 FROM cgae.expiring_within('1000 days');
\c -
SELECT count(*) FROM cgae.tier_distribution();
\c -
SELECT count(*) FROM cgae.tier_distribution_over_time(now() - interval '1 day', now(), '1 day');
\c -
SELECT count(*) > 0 FROM cgae.agents_by_tier('T5');
\c -
SELECT cgae.agent_record('a') ->> 'agent_id';
\c -
SELECT cgae.audit_cid('a') IS NULL;
\c -
SELECT count(*) FROM cgae.check_registry();
\c -
SELECT count(*) FROM cgae.policy_impact(1);
\c -
SELECT cgae.publish_policy(note => 'x');
\c -
SELECT cgae.rotate_audit_seed();
\c -
CALL cgae.sweep_decay();
\c -
SELECT cgae.upgrade_registry();
\c -
SELECT cgae.gate_tier('(0.5,0.5,0.5,0.9)');
\pset tuples_only off
SELECT is_called AS sprung FROM regress_cgae_app.as_superuser;
SELECT last_value > 20 AS armed FROM regress_cgae_app.as_owner;


-- Nor does a row of the superuser's own table that needs a tier: the owner's code sets nothing and leaves nothing for later.
SET ROLE regress_cgae_keeper;
DROP INDEX cgae.agents_fold_idx;
CREATE TABLE regress_cgae_app.later (n int);
CREATE TABLE regress_cgae_app.armed ();
CREATE OR REPLACE FUNCTION regress_cgae_app.fire() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM regress_cgae_app.trap(); RETURN NEW; END $$;
CREATE CONSTRAINT TRIGGER later AFTER INSERT ON regress_cgae_app.later DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION regress_cgae_app.fire();
CREATE FUNCTION regress_cgae_app.plant(what text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  IF NOT EXISTS (SELECT FROM regress_cgae_app.armed) THEN RETURN; END IF;
  IF what = 'later' THEN INSERT INTO regress_cgae_app.later VALUES (1); ELSE PERFORM set_config('search_path', 'nowhere', false); END IF;
END $$;
CREATE FUNCTION regress_cgae_app.fold(text) RETURNS text LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN PERFORM regress_cgae_app.plant($1); RETURN 'x'; END $$;
CREATE INDEX planted ON cgae.agents ((regress_cgae_app.fold('later')));
INSERT INTO regress_cgae_app.armed DEFAULT VALUES;
-- an index over rows that were updated in place is used when every transaction from before it has ended
DO $$ BEGIN
  WHILE EXISTS (SELECT FROM pg_index WHERE indrelid IN (SELECT 'cgae.agents'::regclass UNION ALL SELECT relid FROM pg_partition_tree('cgae.agents')) AND indcheckxmin
                  AND xmin::text::bigint >= pg_snapshot_xmin(pg_current_snapshot())::text::bigint) LOOP COMMIT; END LOOP;
END $$;
RESET ROLE;
CREATE TABLE regress_cgae_orders (agent_id text);
CREATE TRIGGER needs AFTER INSERT ON regress_cgae_orders FOR EACH ROW EXECUTE FUNCTION cgae.require_tier('agent_id', 'T1');
\c -
INSERT INTO regress_cgae_orders VALUES ('a');
SET ROLE regress_cgae_keeper;
DROP INDEX cgae.planted;
DELETE FROM regress_cgae_app.armed;
CREATE INDEX ON cgae.agents ((regress_cgae_app.fold('set')));
INSERT INTO regress_cgae_app.armed DEFAULT VALUES;
-- an index over rows that were updated in place is used when every transaction from before it has ended
DO $$ BEGIN
  WHILE EXISTS (SELECT FROM pg_index WHERE indrelid IN (SELECT 'cgae.agents'::regclass UNION ALL SELECT relid FROM pg_partition_tree('cgae.agents')) AND indcheckxmin
                  AND xmin::text::bigint >= pg_snapshot_xmin(pg_current_snapshot())::text::bigint) LOOP COMMIT; END LOOP;
END $$;
\c -
INSERT INTO regress_cgae_orders VALUES ('a');
SELECT current_setting('search_path') AS path, is_called AS sprung FROM regress_cgae_app.as_superuser;
DROP TABLE regress_cgae_orders;

SET client_min_messages = error;
DROP SCHEMA regress_cgae_app CASCADE;
DROP EXTENSION cgae CASCADE;
DROP OWNED BY regress_cgae_keeper;
DROP ROLE regress_cgae_keeper;
