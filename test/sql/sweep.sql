-- Sweeps: what decay lowers, when, and at what cost.
\set VERBOSITY terse
SET client_min_messages = warning;
CREATE DATABASE cgae_test_sweep;
SELECT current_database() AS home \gset
\c cgae_test_sweep
\set VERBOSITY terse
SET client_min_messages = warning;
\pset null '-'
CREATE EXTENSION cgae;
SELECT cgae.create_registry();
SELECT * FROM cgae.apply_decay();
SELECT date_trunc('day', now()) - interval '100 days' AS day0 \gset
CREATE FUNCTION pg_temp.certified(id text, r cgae.robustness, at timestamptz) RETURNS cgae.tier LANGUAGE sql AS
$$ SELECT tier FROM cgae.certify(cgae.register_agent('m', '{}', agent_id => id, registered_at => at), r, certified_at => at) $$;
SELECT pg_temp.certified('steps', '(1,1,1,1)', :'day0'), pg_temp.certified('ih', '(1,1,1,0.51)', :'day0'),
       pg_temp.certified('zero', '(0.2,1,1,1)', :'day0'), pg_temp.certified('fresh', '(1,1,1,1)', now()), pg_temp.certified('held', '(1,1,1,1)', :'day0');
SELECT cgae.suspend('held', 'manual');
CREATE VIEW public.fallen AS
SELECT agent_id, status, certified_tier AS certified, current_tier AS current, certification_count AS n FROM cgae.agents ORDER BY agent_id;

-- as of past days: each sweep lowers what had fallen until then
SELECT * FROM cgae.apply_decay(:'day0');
SELECT * FROM cgae.apply_decay(:'day0'::timestamptz + interval '10 days');
SELECT * FROM cgae.apply_decay(:'day0'::timestamptz + interval '11 days');
SELECT * FROM cgae.apply_decay(:'day0'::timestamptz + interval '11 days');
SELECT * FROM cgae.apply_decay(:'day0'::timestamptz + interval '60 days');
TABLE fallen;
SELECT * FROM cgae.apply_decay(NULL);
TABLE fallen;
-- dated by the formula, whenever the sweep ran; T5 to T4 at ln(1/0.9)/0.01 days, and so on
SELECT agent_id, seq, type, data, round(extract(epoch FROM occurred_at - :'day0'::timestamptz) / 86400, 6) AS day
  FROM cgae.events WHERE type IN ('decay', 'expiration') ORDER BY agent_id, seq;
SELECT round((-100 * ln(0.9))::numeric, 6) AS t5, round((-100 * ln(0.51) + 100 * ln(0.5))::numeric * -1, 6) AS ih, round((-100 * ln(0.5))::numeric, 6) AS t0;
-- the audit is left alone, and the fall to come is known
SELECT agent_id, current_robustness, tier_drop_at = cgae.tier_drop_at(current_robustness, certified_at) AS drop FROM cgae.agents WHERE agent_id IN ('steps', 'fresh') ORDER BY 1;

-- suspended agents wait; reinstated, they are due at once
SELECT cgae.reinstate('held', 'manual'), cgae.effective_tier('held');
SELECT * FROM cgae.apply_decay();
SELECT * FROM fallen WHERE agent_id = 'held';
-- expired, held, released: active, but at T0
SELECT cgae.suspend('ih', 'manual'), cgae.reinstate('ih', 'manual'), cgae.permits('ih', 'T1');
-- a new audit brings it back
SELECT tier, status, previous_tier FROM cgae.certify('steps', '(0.7,0.7,0.7,0.9)');

-- by hand: exactly what decay has left
SELECT pg_temp.certified('hand', '(0.82,0.82,0.82,0.9)', now() - interval '10 days');
SELECT cgae.effective_tier('hand');
UPDATE cgae.agents SET current_tier = 'T5' WHERE agent_id = 'hand';
UPDATE cgae.agents SET current_tier = 'T2' WHERE agent_id = 'hand';
UPDATE cgae.agents SET current_tier = NULL WHERE agent_id = 'hand';
UPDATE cgae.agents SET current_tier = 'T3' WHERE agent_id = 'hand' RETURNING status, current_tier, certified_tier, last_seq;
UPDATE cgae.agents SET current_tier = 'T4' WHERE agent_id = 'hand';

-- refused
SELECT cgae.apply_decay('infinity');
SELECT cgae.apply_decay(batch => 0);
SELECT cgae.apply_decay(batch => -1);
SELECT cgae.apply_decay(batch => NULL);
CALL cgae.sweep_decay(0);
BEGIN;
CALL cgae.sweep_decay();
ROLLBACK;
CREATE ROLE cgae_test_sweeper;
SELECT cgae.grant_access('cgae_test_sweeper', 'reader');
SET ROLE cgae_test_sweeper;
SELECT cgae.apply_decay();
RESET ROLE;
SELECT cgae.grant_access('cgae_test_sweeper', 'operator');

-- many, by an operator, in batches, committed one by one
INSERT INTO cgae.agents (agent_id, model_name, model_config, registered_at)
SELECT 'n' || n, 'm', '{}', now() - interval '300 days' FROM generate_series(1, 3000) AS n;
SELECT setseed(0.5);
INSERT INTO cgae.certifications (agent_id, robustness, certified_at)
SELECT 'n' || n, cgae.robustness(random(), 0.5 + random() / 2, 0.5 + random() / 2, 0.6 + 0.4 * random()), now() - random() * interval '300 days'
  FROM generate_series(1, 3000) AS n;
SELECT count(*) AS due FROM cgae.agents WHERE status = 'active' AND tier_drop_at <= now() \gset
SET ROLE cgae_test_sweeper;
SELECT lowered + expired > 0 AS some FROM cgae.apply_decay(now() - interval '100 days', 7);
CALL cgae.sweep_decay(100);
SELECT * FROM cgae.apply_decay();
RESET ROLE;
SELECT :due > 1000 AS many, count(*) FILTER (WHERE current_tier IS DISTINCT FROM cgae.effective_tier(agent_id)) AS differ,
       count(*) FILTER (WHERE tier_drop_at <= now()) AS overdue, count(*) FILTER (WHERE (current_tier = 'T0') <> (tier_drop_at IS NULL)) AS odd
  FROM cgae.agents WHERE status = 'active';
SELECT count(*) FILTER (WHERE current_tier <> 'T0' OR certified_tier = 'T0') AS odd, count(*) > 100 AS expired FROM cgae.agents WHERE status = 'expired';
SELECT count(*) AS gaps FROM cgae.agents AS a WHERE last_seq <> (SELECT count(*) FROM cgae.events AS e WHERE e.agent_id = a.agent_id);
SELECT count(*) AS late FROM cgae.events AS e WHERE type IN ('decay', 'expiration') AND occurred_at > recorded_at;

-- who is due comes from an index
ANALYZE cgae.agents;
EXPLAIN (COSTS OFF) SELECT agent_id FROM cgae.agents WHERE status = 'active' AND tier_drop_at <= now() - interval '1 day'
 ORDER BY tier_drop_at LIMIT 1000 FOR NO KEY UPDATE SKIP LOCKED;
\c :home
DROP DATABASE cgae_test_sweep;
DROP ROLE cgae_test_sweeper;
