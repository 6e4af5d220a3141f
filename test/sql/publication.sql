-- Publishing gate policies: versions, force at once, nobody raised.
\set VERBOSITY terse
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS cgae;
BEGIN;
DO $$ BEGIN IF to_regclass('cgae.agents') IS NULL THEN PERFORM cgae.create_registry(); END IF; END $$;
CREATE FUNCTION pg_temp.try(statement text) RETURNS text LANGUAGE plpgsql AS
$$ BEGIN EXECUTE statement; RETURN 'ok'; EXCEPTION WHEN OTHERS THEN RETURN SQLSTATE || ' ' || SQLERRM; END $$;
-- agents certified in the past, some of whose tiers have decayed
SELECT count(cgae.register_agent(id, '{}', agent_id => id, registered_at => now() - interval '1 year'))
  FROM unnest('{fresh,aged,held,old,gone}'::text[]) AS id;
SELECT agent_id, tier, status FROM cgae.certify('fresh', '(0.82,0.82,0.82,0.9)');
SELECT agent_id, tier, status FROM cgae.certify('aged', '(0.82,0.82,0.82,0.9)', certified_at => now() - interval '10 days');
SELECT agent_id, tier, status FROM cgae.certify('held', '(0.82,0.82,0.82,0.9)', certified_at => now() - interval '10 days');
SELECT agent_id, tier, status FROM cgae.certify('old', '(0.82,0.82,0.82,0.9)', certified_at => now() - interval '300 days');
SELECT agent_id, tier, status FROM cgae.certify('gone', '(0.82,0.82,0.82,0.9)', certified_at => now() - interval '10 days');
SELECT cgae.suspend('held', 'manual'), cgae.deregister_agent('gone');
CREATE TEMP VIEW standing AS
SELECT agent_id, status, certified_tier AS certified, current_tier AS current, cgae.effective_tier(agent_id) AS effective,
       (SELECT string_agg(type, ',' ORDER BY seq) FROM cgae.events AS e WHERE e.agent_id = a.agent_id AND type IN ('decay', 'expiration')) AS falls
  FROM cgae.agents AS a WHERE agent_id IN ('fresh', 'aged', 'held', 'old', 'gone') ORDER BY agent_id COLLATE "C";
TABLE standing;
SELECT max(version) AS before FROM cgae.gate_policies \gset

-- refused: nothing is published
SELECT n, pg_temp.try('SELECT cgae.publish_policy(' || arguments || ')') FROM (VALUES
  (1, $$cc => '{0.1,0.3,0.5,0.65,0.8,0.9}'$$), (2, $$er => '{0,0.3,0.3,0.65,0.8,0.9}'$$), (3, $$as_ => '{0,0.3,0.5,0.65,0.8,1.1}'$$),
  (4, $$cc => '{0,0.3,NaN,0.65,0.8,0.9}'$$), (5, $$cc => '{0,0.3,0.65,0.8,0.9}'$$), (6, $$cc => '{0,0.3,NULL,0.65,0.8,0.9}'$$),
  (7, 'ih_threshold => 1.5'), (8, $$ih_threshold => 'NaN'$$), (9, $$budget_ceilings => '{0,2,1,3,4,5}'$$), (10, $$budget_ceilings => '{-1,2,3,4,5,6}'$$),
  (11, $$audit_intensities => '{0,2,1,3,4,5}'$$), (12, 'decay_rate => -0.01'), (13, $$decay_rate => 'NaN'$$), (14, $$time_step => '0'$$),
  (15, $$time_step => '-1 day'$$), (16, $$time_step => '1 month'$$)) AS v(n, arguments) ORDER BY n;
SELECT count(*) AS published FROM cgae.gate_policies WHERE version > :before;

-- what if: the same that publishing will do
SELECT agent_id, tier_now, tier_then FROM cgae.policy_impact(NULL, NULL, NULL, 0.85) ORDER BY agent_id COLLATE "C";
SELECT count(*) AS none FROM cgae.policy_impact('{0,0.1,0.2,0.3,0.4,0.5}', '{0,0.1,0.2,0.3,0.4,0.5}', '{0,0.1,0.2,0.3,0.4,0.5}', 0);
SELECT pg_temp.try($$SELECT * FROM cgae.policy_impact('{0,0.5,0.4,0.6,0.7,0.8}', NULL, NULL, NULL)$$),
       pg_temp.try('SELECT * FROM cgae.policy_impact(4711)'), pg_temp.try('SELECT * FROM cgae.policy_impact(NULL)');

-- stricter: counts at once, for the gate, the ceilings and every effective tier; nulls keep
SAVEPOINT s;
SELECT cgae.publish_policy(ih_threshold => 0.85, note => 'stricter') - :before AS next;
SELECT p.ih_threshold, p.note, p.cc = q.cc AND p.decay_rate = q.decay_rate AND p.time_step = q.time_step AND p.budget_ceilings = q.budget_ceilings AS kept,
       p.effective_from > q.effective_from AS later
  FROM cgae.gate_policies AS p, cgae.gate_policies AS q WHERE p.version = :before + 1 AND q.version = :before;
SELECT cgae.gate_tier('(1,1,1,0.84)'), cgae.gate_tier('(1,1,1,0.84)', :before), (cgae.gate_detail('(1,1,1,0.84)')).binding_dimension;
TABLE standing;
SELECT count(*) AS agree FROM cgae.agents WHERE tier_drop_at IS NOT DISTINCT FROM cgae.tier_drop_at(current_robustness, certified_at)
   AND agent_id = 'fresh';
-- a sweep writes down what has fallen
SELECT lowered > 0 AND expired > 0 AS swept FROM cgae.apply_decay();
TABLE standing;
-- the way back raises nobody before the next certification
SELECT cgae.publish_policy(ih_threshold => 0) - :before AS next;
TABLE standing;
SELECT cgae.reinstate('held', 'manual');
SELECT agent_id, effective FROM standing WHERE agent_id = 'held';
SELECT tier, status, previous_tier FROM cgae.certify('aged', '(0.82,0.82,0.82,0.9)');
ROLLBACK TO s;
SELECT cgae.gate_tier('(1,1,1,0.84)'), pg_temp.try(format('SELECT cgae.gate_tier(%L, %s)', '(1,1,1,0.84)', :before + 1)) LIKE 'P0002 %' AS gone;

-- laxer, with nothing swept before: nobody is raised, the fallen stay where they were
SELECT cgae.publish_policy('{0,0.1,0.2,0.3,0.4,0.5}', '{0,0.1,0.2,0.3,0.4,0.5}', '{0,0.1,0.2,0.3,0.4,0.5}', 0) - :before AS next;
TABLE standing;
SELECT cgae.reinstate('held', 'manual');
SELECT agent_id, effective FROM standing WHERE agent_id = 'held';
SELECT tier FROM cgae.certify('aged', '(0.5,0.5,0.5,0.5)');
ROLLBACK TO s;

-- no decay: nothing ever falls again, and nothing rises
SELECT cgae.publish_policy(decay_rate => 0) - :before AS next;
SELECT agent_id, current_tier, tier_drop_at FROM cgae.agents WHERE agent_id IN ('fresh', 'aged', 'old') ORDER BY agent_id COLLATE "C";
ROLLBACK TO s;

-- who may
CREATE ROLE cgae_test_operator;
SELECT cgae.grant_access('cgae_test_operator', 'operator');
SET ROLE cgae_test_operator;
SELECT pg_temp.try('SELECT cgae.publish_policy(ih_threshold => 0)');
RESET ROLE;
ROLLBACK;

-- only at READ COMMITTED
BEGIN ISOLATION LEVEL REPEATABLE READ;
DO $$ BEGIN IF to_regclass('cgae.agents') IS NULL THEN PERFORM cgae.create_registry(); END IF; END $$;
SELECT cgae.publish_policy(ih_threshold => 0);
ROLLBACK;

-- a prepared publication is not in force before its commit
SELECT current_database() AS home \gset
CREATE DATABASE cgae_test_publication;
\c cgae_test_publication
SET client_min_messages = warning;
CREATE EXTENSION cgae;
SELECT cgae.create_registry();
BEGIN;
SELECT cgae.publish_policy(ih_threshold => 0.9);
SELECT cgae.gate_tier('(1,1,1,0.8)');
PREPARE TRANSACTION 'cgae_test_publication';
SELECT cgae.gate_tier('(1,1,1,0.8)') AS before;
COMMIT PREPARED 'cgae_test_publication';
SELECT cgae.gate_tier('(1,1,1,0.8)') AS after;
-- what is published by plain INSERT counts too
INSERT INTO cgae.gate_policies (cc, er, as_, ih_threshold, budget_ceilings, audit_intensities, decay_rate, time_step)
SELECT cc, er, as_, 0.1, budget_ceilings, audit_intensities, decay_rate, time_step FROM cgae.gate_policies WHERE version = 2;
SELECT cgae.gate_tier('(1,1,1,0.2)');
\c :home
DROP DATABASE cgae_test_publication;
