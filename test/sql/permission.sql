-- permits(), effective_tier() and the trigger require_tier: what an agent may do, and when.
SET client_min_messages = warning;
DROP EXTENSION IF EXISTS cgae CASCADE;
CREATE EXTENSION cgae;
RESET client_min_messages;

\getenv abs_srcdir PG_ABS_SRCDIR
\set include :abs_srcdir '/sql/include/try.psql'
\i :include
-- A refused statement's SQLSTATE, message, detail, hint, table and column
CREATE FUNCTION pg_temp.refusal(statement text, OUT state text, OUT message text, OUT detail text, OUT hint text, OUT "table" text, OUT "column" text)
LANGUAGE plpgsql AS $$
BEGIN
  EXECUTE statement;
  message := 'not refused';
EXCEPTION WHEN OTHERS THEN
  GET STACKED DIAGNOSTICS state = RETURNED_SQLSTATE, message = MESSAGE_TEXT, detail = PG_EXCEPTION_DETAIL, hint = PG_EXCEPTION_HINT,
    "table" = TABLE_NAME, "column" = COLUMN_NAME;
END $$;
-- The lines of a statement's plan
CREATE FUNCTION pg_temp.plan(statement text) RETURNS SETOF text LANGUAGE plpgsql AS $$
BEGIN
  RETURN QUERY EXECUTE 'EXPLAIN (COSTS OFF) ' || statement;
END $$;
\set include :abs_srcdir '/sql/include/agent.psql'
\i :include

--
-- No registry
--
SELECT pg_temp.try($$SELECT cgae.permits('a', 'T0')$$), pg_temp.try($$SELECT cgae.effective_tier('a')$$);
SELECT cgae.create_registry();

--
-- What the effective tier rests on
--
SELECT pg_temp.agent('fresh', '(0.95,0.95,0.95,0.95)', 0), pg_temp.agent('aged', '(0.95,0.95,0.95,0.95)', 20),
       pg_temp.agent('stale', '(0.95,0.95,0.95,0.95)', 200), pg_temp.agent('failed', '(0.95,0.95,0.95,0.4)', 1),
       pg_temp.agent('low', '(0.1,0.95,0.95,0.95)', 0), pg_temp.agent('held', '(0.95,0.95,0.95,0.95)', 0),
       pg_temp.agent('gone', '(0.95,0.95,0.95,0.95)', 0), pg_temp.agent('expired', '(0.95,0.95,0.95,0.95)', 200),
       pg_temp.agent('swept', '(0.95,0.95,0.95,0.95)', 20);
SELECT cgae.register_agent('never', '{"v": 1}', agent_id => 'never'), cgae.suspend('held', 'review'), cgae.deregister_agent('gone');
UPDATE cgae.agents SET current_tier = cgae.effective_tier(agent_id) WHERE agent_id IN ('expired', 'swept');
SELECT agent_id, status, certified_tier, current_tier, cgae.effective_tier(agent_id) AS effective, cgae.effective_tier(agent_id, NULL) AS now,
       cgae.permits(agent_id, 'T0') AS t0, cgae.permits(agent_id, 'T1') AS t1, cgae.permits(agent_id, 'T3') AS t3,
       cgae.permits(agent_id, 'T4', NULL) AS t4, cgae.permits(agent_id, 'T5', now()) AS t5
  FROM cgae.agents ORDER BY agent_id;
SELECT cgae.reinstate('held', 'review');
SELECT cgae.effective_tier('held');
-- to the microsecond, ahead of time: one before the fall the tier stands, at it no more
SELECT agent_id, current_tier, cgae.effective_tier(agent_id, tier_drop_at - interval '1 us') AS before, cgae.effective_tier(agent_id, tier_drop_at) AS at,
       cgae.permits(agent_id, current_tier, tier_drop_at - interval '1 us') AS may_before, cgae.permits(agent_id, current_tier, tier_drop_at) AS may_at,
       tier_drop_at > now() AS ahead
  FROM cgae.agents WHERE agent_id IN ('fresh', 'aged', 'swept', 'held') ORDER BY agent_id;
-- at the certification; far ahead; for ever
SELECT cgae.effective_tier('aged', certified_at), cgae.effective_tier('aged', certified_at + interval '30 days'), cgae.effective_tier('aged', '200000-01-01'),
       cgae.effective_tier('aged', 'infinity'), cgae.permits('aged', 'T1', 'infinity'), cgae.permits('aged', 'T0', 'infinity')
  FROM cgae.agents WHERE agent_id = 'aged';
-- never above what a sweep left, also at an instant before the sweep
SELECT cgae.effective_tier('swept', certified_at) FROM cgae.agents WHERE agent_id = 'swept';
-- not before the certification; who was never certified has none
SELECT regexp_replace(pg_temp.try($$SELECT cgae.effective_tier('aged', certified_at - interval '1 us') FROM cgae.agents WHERE agent_id = 'aged'$$), '\d{4}-\d\d-\d\d [\d:.]+[+-]\d\d', 'TIME', 'g') AS earlier,
       regexp_replace(pg_temp.try($$SELECT cgae.permits('aged', 'T0', '2000-01-01')$$), '\d{4}-\d\d-\d\d [\d:.]+[+-]\d\d', 'TIME', 'g') AS permits,
       pg_temp.try($$SELECT cgae.permits('aged', 'T0', '-infinity')$$) ~ '^22023 ' AS infinite;
SELECT cgae.effective_tier('never', '2000-01-01'), cgae.effective_tier('never', '-infinity'), cgae.effective_tier('never', 'infinity');
-- unknown agents and nulls: never permitted, never null
SELECT pg_temp.try($$SELECT cgae.effective_tier('nobody')$$), pg_temp.try('SELECT cgae.effective_tier(NULL)'), pg_temp.try($$SELECT cgae.effective_tier('')$$);
SELECT cgae.permits('nobody', 'T0'), cgae.permits('nobody', 'T0', '-infinity'), cgae.permits(NULL, 'T0'), cgae.permits('fresh', NULL), cgae.permits(NULL, NULL, NULL), cgae.permits('', 'T0');
-- an id is what it is, not a pattern nor SQL
SELECT cgae.register_agent('q', '{"v": 1}', agent_id => $$it's "%\' OR true --$$);
SELECT cgae.effective_tier($$it's "%\' OR true --$$), cgae.permits($$' OR true --$$, 'T0'), cgae.permits('%', 'T0');
-- within a transaction: what it did itself, at once
BEGIN;
SELECT tier FROM cgae.certify('low', '(0.95,0.95,0.95,0.95)');
SELECT cgae.effective_tier('low'), cgae.suspend('low', 'review');
SELECT cgae.effective_tier('low'), cgae.permits('low', 'T0'), cgae.permits('low', 'T1');
ROLLBACK;
SELECT cgae.effective_tier('low');
-- the statement's now, though a certification is later than the transaction's
BEGIN;
SELECT pg_sleep(0.01), tier FROM cgae.certify('low', '(0.95,0.95,0.95,0.95)');
SELECT cgae.permits('low', 'T5'), cgae.effective_tier('low'), pg_temp.try($$SELECT cgae.permits('low', 'T5', now())$$) ~ '^22023 ' AS earlier;
ROLLBACK;

--
-- In SQL: a join, row security, a trigger like a check
--
SELECT t.tier, string_agg(a.agent_id, ', ' ORDER BY a.agent_id) AS who
  FROM unnest(enum_range(NULL::cgae.tier)) AS t(tier) LEFT JOIN cgae.agents AS a ON cgae.permits(a.agent_id, t.tier) GROUP BY t.tier ORDER BY t.tier;
SET client_min_messages = warning;
DROP SCHEMA IF EXISTS regress_cgae_shop CASCADE;
RESET client_min_messages;
CREATE SCHEMA regress_cgae_shop;
CREATE ROLE regress_cgae_app;
CREATE ROLE regress_cgae_seller;
GRANT USAGE, CREATE ON SCHEMA regress_cgae_shop TO regress_cgae_app, regress_cgae_seller;
CREATE TABLE regress_cgae_shop.bids (agent_id text, price int, needs cgae.tier DEFAULT 'T2');
ALTER TABLE regress_cgae_shop.bids ENABLE ROW LEVEL SECURITY;
CREATE POLICY capable ON regress_cgae_shop.bids USING (cgae.permits(agent_id, needs)) WITH CHECK (cgae.permits(agent_id, needs));
GRANT SELECT, INSERT, UPDATE, DELETE ON regress_cgae_shop.bids TO regress_cgae_app;
-- permits() asks with the asker's privileges
SET ROLE regress_cgae_app;
SELECT pg_temp.try($$INSERT INTO regress_cgae_shop.bids VALUES ('fresh', 1)$$);
RESET ROLE;
SELECT cgae.grant_access('regress_cgae_app', 'reader');
SET ROLE regress_cgae_app;
INSERT INTO regress_cgae_shop.bids VALUES ('fresh', 1), ('aged', 2), ('held', 3);
SELECT id, pg_temp.try(format('INSERT INTO regress_cgae_shop.bids VALUES (%L, 4)', id))
  FROM unnest('{stale,failed,low,gone,expired,never,nobody,NULL}'::text[]) AS id;
SELECT pg_temp.try($$INSERT INTO regress_cgae_shop.bids VALUES ('aged', 4, 'T4')$$), pg_temp.try($$INSERT INTO regress_cgae_shop.bids VALUES ('aged', 4, NULL)$$);
SELECT pg_temp.try($$UPDATE regress_cgae_shop.bids SET agent_id = 'stale' WHERE price = 2$$);
RESET ROLE;
SELECT cgae.suspend('held', 'review');
SET ROLE regress_cgae_app;
SELECT * FROM regress_cgae_shop.bids ORDER BY price;
DELETE FROM regress_cgae_shop.bids;
RESET ROLE;
SELECT * FROM regress_cgae_shop.bids;
SELECT cgae.reinstate('held', 'review');
-- who may not see an agent finds it permitted nothing
ALTER TABLE cgae.agents ENABLE ROW LEVEL SECURITY;
CREATE POLICY visible ON cgae.agents FOR SELECT TO regress_cgae_app USING (agent_id <> 'fresh');
SET ROLE regress_cgae_app;
SELECT cgae.permits('fresh', 'T0'), pg_temp.try($$SELECT cgae.effective_tier('fresh')$$), cgae.permits('aged', 'T3');
RESET ROLE;
SELECT cgae.permits('fresh', 'T0'), cgae.effective_tier('fresh');
DROP POLICY visible ON cgae.agents;
ALTER TABLE cgae.agents DISABLE ROW LEVEL SECURITY;
-- a trigger of the application's own
CREATE FUNCTION regress_cgae_shop.check_bid() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NOT cgae.permits(NEW.agent_id, NEW.needs) THEN
    RAISE check_violation USING MESSAGE = format('%s may not bid', NEW.agent_id);
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER check_bid BEFORE INSERT OR UPDATE ON regress_cgae_shop.bids FOR EACH ROW EXECUTE FUNCTION regress_cgae_shop.check_bid();
SELECT pg_temp.try($$INSERT INTO regress_cgae_shop.bids VALUES ('aged', 5, 'T3') RETURNING needs$$), pg_temp.try($$INSERT INTO regress_cgae_shop.bids VALUES ('aged', 5, 'T4')$$),
       pg_temp.try($$INSERT INTO regress_cgae_shop.bids VALUES ('nobody', 5)$$), pg_temp.try($$INSERT INTO regress_cgae_shop.bids VALUES (NULL, 5)$$);
-- parallel workers answer alike
CREATE TABLE regress_cgae_shop.many AS SELECT agent_id FROM cgae.agents, generate_series(1, 2000);
ANALYZE regress_cgae_shop.many;
SET parallel_setup_cost = 0;
SET parallel_tuple_cost = 0;
SET min_parallel_table_scan_size = 0;
SET max_parallel_workers_per_gather = 2;
SELECT bool_or(line ~ 'Gather') AS parallel
  FROM pg_temp.plan($$SELECT cgae.effective_tier(agent_id), count(*) FROM regress_cgae_shop.many WHERE cgae.permits(agent_id, 'T1') GROUP BY 1$$) AS line;
SELECT agent_id, cgae.effective_tier(agent_id), count(*) FROM regress_cgae_shop.many WHERE cgae.permits(agent_id, 'T1') GROUP BY 1, 2 ORDER BY 1;
RESET parallel_setup_cost;
RESET parallel_tuple_cost;
RESET min_parallel_table_scan_size;
RESET max_parallel_workers_per_gather;

--
-- require_tier: an application's table, whose owner must be able to read cgae.agents
--
SET ROLE regress_cgae_seller;
CREATE TABLE regress_cgae_shop.contracts (id int, "the Agent" varchar(60), note text);
CREATE TRIGGER needs_t3 AFTER INSERT OR UPDATE ON regress_cgae_shop.contracts FOR EACH ROW EXECUTE FUNCTION cgae.require_tier('the Agent', 'T3');
GRANT INSERT, SELECT, UPDATE ON regress_cgae_shop.contracts TO regress_cgae_app;
SELECT * FROM pg_temp.refusal($$INSERT INTO regress_cgae_shop.contracts VALUES (1, 'fresh')$$);
RESET ROLE;
-- REFERENCES is none of what it asks for, nor is a part of the columns enough
GRANT REFERENCES, SELECT (agent_id, status, current_tier, current_robustness, certified_at) ON cgae.agents TO regress_cgae_seller;
SET ROLE regress_cgae_seller;
SELECT * FROM pg_temp.refusal($$INSERT INTO regress_cgae_shop.contracts VALUES (1, 'fresh')$$);
RESET ROLE;
REVOKE ALL ON cgae.agents FROM regress_cgae_seller;
SELECT cgae.grant_access('regress_cgae_seller', 'reader');
SET ROLE regress_cgae_seller;
INSERT INTO regress_cgae_shop.contracts VALUES (1, 'fresh'), (2, 'aged'), (3, 'swept');
-- the agent is locked by the registry's owner: who reads may not
SELECT pg_temp.try('SELECT agent_id FROM cgae.agents FOR NO KEY UPDATE');
RESET ROLE;
-- the writer needs nothing of the registry
SELECT cgae.revoke_access('regress_cgae_app');
SET ROLE regress_cgae_app;
INSERT INTO regress_cgae_shop.contracts VALUES (4, 'held');
SELECT pg_temp.try('SELECT count(*) FROM cgae.agents'), pg_temp.try($$SELECT cgae.permits('fresh', 'T0')$$);
-- what its row says is told to whom may read it
SELECT id, (r).* FROM unnest(ARRAY['stale', 'failed', 'low', 'gone', 'expired', 'never', 'nobody', NULL, $$it's "%\' OR true --$$]) AS id,
  LATERAL pg_temp.refusal(format('INSERT INTO regress_cgae_shop.contracts VALUES (9, %L)', id)) AS r;
RESET ROLE;
SELECT id, (r).* FROM unnest(ARRAY['stale', 'failed', 'low', 'gone', 'expired', 'never', 'nobody', NULL, $$it's "%\' OR true --$$]) AS id,
  LATERAL pg_temp.refusal(format('INSERT INTO regress_cgae_shop.contracts VALUES (9, %L)', id)) AS r;
-- by any dimension, and after a sweep or a policy of which no dimension tells any more
SELECT pg_temp.agent('er binds', '(0.95,0.5,0.95,0.95)', 0), pg_temp.agent('as binds', '(0.95,0.95,0.3,0.95)', 0), pg_temp.agent('ih binds', '(0.95,0.95,0.95,0.55)', 11),
       pg_temp.agent('lowered', '(0.95,0.95,0.95,0.95)', 0);
SELECT (pg_temp.refusal($$INSERT INTO regress_cgae_shop.contracts VALUES (9, 'ih binds')$$)).*;
BEGIN;
SELECT cgae.publish_policy('{0,0.93,0.94,0.96,0.97,0.98}');
SELECT cgae.publish_policy('{0,0.3,0.5,0.65,0.8,0.9}');
SELECT id, (r).state, (r).message, (r).detail FROM unnest('{er binds,as binds,lowered}'::text[]) AS id,
  LATERAL pg_temp.refusal(format('INSERT INTO regress_cgae_shop.contracts VALUES (9, %L)', id)) AS r;
ROLLBACK;
-- an update is judged by the new row's agent
SET ROLE regress_cgae_app;
SELECT (pg_temp.refusal($$UPDATE regress_cgae_shop.contracts SET "the Agent" = 'stale' WHERE id = 1$$)).message,
       (pg_temp.refusal($$UPDATE regress_cgae_shop.contracts SET "the Agent" = NULL WHERE id = 1$$)).message;
UPDATE regress_cgae_shop.contracts SET "the Agent" = 'aged' WHERE id = 1;
-- one bad row of many: none stays
SELECT (pg_temp.refusal($$INSERT INTO regress_cgae_shop.contracts VALUES (7, 'fresh'), (8, 'low'), (9, 'aged')$$)).message;
SELECT * FROM regress_cgae_shop.contracts ORDER BY id;
RESET ROLE;
-- also an update of something else, unless the trigger says otherwise
SELECT cgae.suspend('held', 'review');
SELECT (pg_temp.refusal($$UPDATE regress_cgae_shop.contracts SET note = 'late' WHERE id = 4$$)).*;
ALTER TABLE regress_cgae_shop.contracts RENAME "the Agent" TO who;
SELECT (pg_temp.refusal($$UPDATE regress_cgae_shop.contracts SET note = 'late' WHERE id = 2$$)).*;
DROP TRIGGER needs_t3 ON regress_cgae_shop.contracts;
CREATE TRIGGER needs_t3 AFTER INSERT OR UPDATE OF who ON regress_cgae_shop.contracts FOR EACH ROW EXECUTE FUNCTION cgae.require_tier('who', 'T3');
UPDATE regress_cgae_shop.contracts SET note = 'late' WHERE id = 4;
SELECT (pg_temp.refusal($$UPDATE regress_cgae_shop.contracts SET who = 'held' WHERE id = 4$$)).message;
-- the agent is locked until the end, and the policy held
BEGIN;
INSERT INTO regress_cgae_shop.contracts VALUES (5, 'fresh');
SELECT mode FROM pg_locks WHERE relation = 'cgae.gate_policies'::regclass AND pid = pg_backend_pid() AND mode = 'RowShareLock';
SELECT count(*) FROM cgae.agents WHERE agent_id = 'fresh' AND xmax <> 0;
ROLLBACK;
-- T0 asks for a registered agent; deferred to the commit, judged there
CREATE TABLE regress_cgae_shop.visits (who name);
CREATE CONSTRAINT TRIGGER needs_t0 AFTER INSERT ON regress_cgae_shop.visits DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION cgae.require_tier('who', 'T0');
INSERT INTO regress_cgae_shop.visits VALUES ('never'), ('gone'), ('stale');
INSERT INTO regress_cgae_shop.visits VALUES ('nobody');
BEGIN;
INSERT INTO regress_cgae_shop.visits VALUES ('new');
SELECT cgae.register_agent('new', '{"v": 1}', agent_id => 'new');
COMMIT;
-- a partitioned table, with the column elsewhere in the partition; COPY
CREATE TABLE regress_cgae_shop.jobs (id int, who text) PARTITION BY RANGE (id);
CREATE TABLE regress_cgae_shop.jobs_1 (dropped int, who text, id int);
ALTER TABLE regress_cgae_shop.jobs_1 DROP COLUMN dropped;
ALTER TABLE regress_cgae_shop.jobs ATTACH PARTITION regress_cgae_shop.jobs_1 FOR VALUES FROM (1) TO (10);
CREATE TABLE regress_cgae_shop.jobs_2 PARTITION OF regress_cgae_shop.jobs FOR VALUES FROM (10) TO (20);
CREATE TRIGGER needs_t3 AFTER INSERT OR UPDATE ON regress_cgae_shop.jobs FOR EACH ROW EXECUTE FUNCTION cgae.require_tier('who', 'T3');
INSERT INTO regress_cgae_shop.jobs VALUES (1, 'fresh'), (11, 'fresh');
SELECT (pg_temp.refusal($$INSERT INTO regress_cgae_shop.jobs VALUES (1, 'fresh'), (2, 'low')$$)).message,
       (pg_temp.refusal($$UPDATE regress_cgae_shop.jobs SET id = 12, who = 'low' WHERE id = 1$$)).message;
COPY regress_cgae_shop.jobs FROM stdin;
3	aged
4	stale
\.
SELECT * FROM regress_cgae_shop.jobs ORDER BY id;

-- hung up wrongly
CREATE TABLE regress_cgae_shop.wrong (who text);
CREATE VIEW regress_cgae_shop.wrongs AS TABLE regress_cgae_shop.wrong;
INSERT INTO regress_cgae_shop.wrong VALUES ('fresh');
SELECT clause, (pg_temp.refusal(format('CREATE TRIGGER t %s; %s', clause, action))).*
  FROM (VALUES ($$BEFORE INSERT ON regress_cgae_shop.wrong FOR EACH ROW EXECUTE FUNCTION cgae.require_tier('who', 'T3')$$, $$INSERT INTO regress_cgae_shop.wrong VALUES ('fresh')$$),
    ($$AFTER INSERT ON regress_cgae_shop.wrong FOR EACH STATEMENT EXECUTE FUNCTION cgae.require_tier('who', 'T3')$$, $$INSERT INTO regress_cgae_shop.wrong VALUES ('fresh')$$),
    ($$AFTER DELETE ON regress_cgae_shop.wrong FOR EACH ROW EXECUTE FUNCTION cgae.require_tier('who', 'T3')$$, $$DELETE FROM regress_cgae_shop.wrong$$),
    ($$AFTER TRUNCATE ON regress_cgae_shop.wrong EXECUTE FUNCTION cgae.require_tier('who', 'T3')$$, $$TRUNCATE regress_cgae_shop.wrong$$),
    ($$INSTEAD OF INSERT ON regress_cgae_shop.wrongs FOR EACH ROW EXECUTE FUNCTION cgae.require_tier('who', 'T3')$$, $$INSERT INTO regress_cgae_shop.wrongs VALUES ('fresh')$$),
    ($$AFTER INSERT ON regress_cgae_shop.wrong FOR EACH ROW EXECUTE FUNCTION cgae.require_tier()$$, $$INSERT INTO regress_cgae_shop.wrong VALUES ('fresh')$$),
    ($$AFTER INSERT ON regress_cgae_shop.wrong FOR EACH ROW EXECUTE FUNCTION cgae.require_tier('who')$$, $$INSERT INTO regress_cgae_shop.wrong VALUES ('fresh')$$),
    ($$AFTER INSERT ON regress_cgae_shop.wrong FOR EACH ROW EXECUTE FUNCTION cgae.require_tier('who', 'T3', 'T4')$$, $$INSERT INTO regress_cgae_shop.wrong VALUES ('fresh')$$),
    ($$AFTER INSERT ON regress_cgae_shop.wrong FOR EACH ROW EXECUTE FUNCTION cgae.require_tier('who', 't3')$$, $$INSERT INTO regress_cgae_shop.wrong VALUES ('fresh')$$),
    ($$AFTER INSERT ON regress_cgae_shop.wrong FOR EACH ROW EXECUTE FUNCTION cgae.require_tier('who', 'T6')$$, $$INSERT INTO regress_cgae_shop.wrong VALUES ('fresh')$$),
    ($$AFTER INSERT ON regress_cgae_shop.wrong FOR EACH ROW EXECUTE FUNCTION cgae.require_tier('Who', 'T3')$$, $$INSERT INTO regress_cgae_shop.wrong VALUES ('fresh')$$),
    ($$AFTER INSERT ON regress_cgae_shop.wrong FOR EACH ROW EXECUTE FUNCTION cgae.require_tier('ctid', 'T3')$$, $$INSERT INTO regress_cgae_shop.wrong VALUES ('fresh')$$)) AS v(clause, action);
SELECT pg_temp.try('SELECT cgae.require_tier()');
-- the registry's owner is another than the caller, and row security binds even him
CREATE ROLE regress_cgae_owner;
ALTER TABLE cgae.agents OWNER TO regress_cgae_owner;
ALTER TABLE cgae.agents ENABLE ROW LEVEL SECURITY;
ALTER TABLE cgae.agents FORCE ROW LEVEL SECURITY;
SELECT (pg_temp.refusal($$INSERT INTO regress_cgae_shop.contracts VALUES (6, 'fresh')$$)).message;
-- a SELECT that is taken back counts at once
REVOKE SELECT ON cgae.agents FROM regress_cgae_seller;
SELECT (pg_temp.refusal($$INSERT INTO regress_cgae_shop.contracts VALUES (6, 'fresh')$$)).message;
GRANT SELECT ON cgae.agents TO regress_cgae_seller;
INSERT INTO regress_cgae_shop.contracts VALUES (8, 'fresh');
SELECT current_user = session_user AS rights_given_back;
-- no registry
SET client_min_messages = warning;
DROP EXTENSION cgae CASCADE;
CREATE EXTENSION cgae;
CREATE TRIGGER needs_t3 AFTER INSERT ON regress_cgae_shop.contracts FOR EACH ROW EXECUTE FUNCTION cgae.require_tier('who', 'T3');
SELECT (pg_temp.refusal($$INSERT INTO regress_cgae_shop.contracts VALUES (9, 'fresh')$$)).*;
DROP SCHEMA regress_cgae_shop CASCADE;
DROP EXTENSION cgae CASCADE;
DROP ROLE regress_cgae_app, regress_cgae_seller, regress_cgae_owner;
