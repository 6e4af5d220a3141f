-- publish_policy() and policy_impact(): what a new policy may be, what it changes, and when.
SET client_min_messages = warning;
DROP EXTENSION IF EXISTS cgae CASCADE;
CREATE EXTENSION cgae;
SELECT cgae.create_registry();
RESET client_min_messages;

\getenv abs_srcdir PG_ABS_SRCDIR
\set include :abs_srcdir '/sql/include/try.psql'
\i :include

--
-- What a policy may be
--
SELECT version, cc, er, as_, ih_threshold, budget_ceilings, audit_intensities, decay_rate, time_step, effective_from = (SELECT installed_at FROM cgae.registry_layout) AS made, note, actor = current_user AS actor
  FROM cgae.gate_policies;
\set six '{0,0.1,0.2,0.3,0.4,0.5}'
SELECT argument, value, pg_temp.try(format('SELECT cgae.publish_policy(%s => %L)', argument, value))
  FROM (VALUES (1, 'cc', '{}'), (2, 'er', '{0,0.1,0.2,0.3,0.4}'), (3, 'as_', '{0,0.1,0.2,0.3,0.4,0.5,0.6}'),
    (4, 'cc', '{{0,0.1,0.2},{0.3,0.4,0.5}}'), (5, 'er', '{0,0.1,NULL,0.3,0.4,0.5}'),
    (6, 'as_', '{0.01,0.1,0.2,0.3,0.4,0.5}'), (7, 'cc', '{-0.1,0.1,0.2,0.3,0.4,0.5}'),
    (8, 'er', '{0,0.1,0.2,0.2,0.4,0.5}'), (9, 'as_', '{0,0.1,0.3,0.2,0.4,0.5}'), (10, 'cc', '{0,0,0.2,0.3,0.4,0.5}'),
    (11, 'er', '{0,0.1,0.2,0.3,0.4,1.0000000000000002}'), (12, 'as_', '{0,0.1,0.2,0.3,0.4,Infinity}'),
    (13, 'cc', '{NaN,0.1,0.2,0.3,0.4,0.5}'), (14, 'er', '{0,0.1,NaN,0.3,0.4,0.5}'), (15, 'as_', '{0,0.1,0.2,0.3,0.4,NaN}'),
    (20, 'ih_threshold', 'NaN'), (21, 'ih_threshold', '-0.1'), (22, 'ih_threshold', '1.0000000000000002'), (23, 'ih_threshold', '-Infinity'),
    (30, 'budget_ceilings', '{0,1,2,3,4}'), (31, 'budget_ceilings', '{0,1,2,3,4,5,6}'), (32, 'budget_ceilings', '{0,1,2,NULL,4,5}'),
    (33, 'budget_ceilings', '{0,1,2,1.99,4,5}'), (34, 'budget_ceilings', '{-0.01,1,2,3,4,5}'), (35, 'budget_ceilings', '{0,1,2,3,4,NaN}'),
    (36, 'budget_ceilings', '{0,1,2,3,4,Infinity}'), (37, 'budget_ceilings', '{{0,1,2,3,4,5}}'),
    (40, 'audit_intensities', '{0,1,2,3,4}'), (41, 'audit_intensities', '{0,1,2,1.5,4,5}'), (42, 'audit_intensities', '{-1,1,2,3,4,5}'),
    (43, 'audit_intensities', '{0,1,2,3,4,NaN}'), (44, 'audit_intensities', '{0,NaN,2,3,4,5}'), (45, 'audit_intensities', '{0,1,2,3,4,Infinity}'),
    (46, 'audit_intensities', '{0,1,NULL,3,4,5}'),
    (50, 'decay_rate', '-1e-300'), (51, 'decay_rate', 'NaN'), (52, 'decay_rate', 'Infinity'), (53, 'decay_rate', '-Infinity'),
    (60, 'time_step', '0'), (61, 'time_step', '-1 us'), (62, 'time_step', '1 month'), (63, 'time_step', '1 year'),
    (64, 'time_step', '1 month -30 days'), (65, 'time_step', '1 day -24:00:00'), (66, 'time_step', '1 day -24:00:00.000001'),
    (67, 'time_step', '2000000000 days'), (68, 'time_step', '200000000 days')) AS v(n, argument, value) ORDER BY n;
-- nothing was published, and the version that a refused one had is free
SELECT count(*) FROM cgae.gate_policies;
-- what is just allowed: -0, equal neighbours of ceilings and intensities, zeros, a subnormal step
SELECT cgae.publish_policy('{-0,1e-300,2e-300,3e-300,4e-300,1}', :'six', '[0:5]={0,0.5,0.6,0.7,0.8,0.9}', 0, '{0,0,0,0,0,0}', '{0,0,0,0,0,0}', 0, '1 us', 'edges');
SELECT version, cc, er, as_, ih_threshold, budget_ceilings, audit_intensities, decay_rate, time_step, effective_from BETWEEN now() - interval '1 min' AND now() AS now, note
  FROM cgae.gate_policies WHERE version = 2;
-- null keeps what the last version says, but for the note
SELECT cgae.publish_policy();
SELECT a.version, b.version, (a.cc, a.er, a.as_, a.ih_threshold, a.budget_ceilings, a.audit_intensities, a.decay_rate, a.time_step)
         = (b.cc, b.er, b.as_, b.ih_threshold, b.budget_ceilings, b.audit_intensities, b.decay_rate, b.time_step) AS same, b.note
  FROM cgae.gate_policies AS a JOIN cgae.gate_policies AS b ON (a.version, b.version) = (2, 3);
SELECT cgae.publish_policy(decay_rate => 0.5, note => NULL);
SELECT version, decay_rate, time_step, ih_threshold, note FROM cgae.gate_policies WHERE version = 4;

--
-- None is inserted, and none is ever changed
--
\set VERBOSITY sqlstate
INSERT INTO cgae.gate_policies SELECT 9, cc, er, as_, ih_threshold, budget_ceilings, audit_intensities, decay_rate, time_step, now() FROM cgae.gate_policies WHERE version = 1;
INSERT INTO cgae.gate_policies (cc, er, as_, ih_threshold, budget_ceilings, audit_intensities, decay_rate, time_step)
  SELECT cc, er, as_, ih_threshold, budget_ceilings, audit_intensities, -1, time_step FROM cgae.gate_policies WHERE version = 1;
UPDATE cgae.gate_policies SET decay_rate = 0;
DELETE FROM cgae.gate_policies WHERE version = 4;
TRUNCATE cgae.gate_policies;
-- not from an old snapshot
BEGIN ISOLATION LEVEL REPEATABLE READ;
SELECT cgae.publish_policy();
ROLLBACK;
BEGIN ISOLATION LEVEL SERIALIZABLE;
SELECT cgae.publish_policy();
ROLLBACK;
BEGIN READ ONLY;
SELECT cgae.publish_policy();
ROLLBACK;
\set VERBOSITY default
SELECT max(version), count(*) FROM cgae.gate_policies;

-- privileges: INSERT on the policies, UPDATE of current_tier, and the sight of every agent
CREATE ROLE regress_cgae_publisher;
SET ROLE regress_cgae_publisher;
SELECT pg_temp.try('SELECT cgae.publish_policy()'), pg_temp.try('SELECT * FROM cgae.policy_impact(1)'),
       pg_temp.try('SELECT * FROM cgae.policy_impact(NULL, NULL, NULL, 0.1)');
-- who may not publish, locks nobody out
BEGIN;
SELECT pg_temp.try('SELECT cgae.publish_policy()');
SELECT count(*) FROM pg_locks WHERE relation = 'cgae.gate_policies'::regclass AND mode = 'ExclusiveLock';
COMMIT;
RESET ROLE;
GRANT SELECT, INSERT ON cgae.gate_policies TO regress_cgae_publisher;
SET ROLE regress_cgae_publisher;
SELECT pg_temp.try('SELECT cgae.publish_policy()');
RESET ROLE;
GRANT SELECT, UPDATE (current_tier) ON cgae.agents TO regress_cgae_publisher;
ALTER TABLE cgae.agents ENABLE ROW LEVEL SECURITY;
SET ROLE regress_cgae_publisher;
SELECT pg_temp.try('SELECT cgae.publish_policy()');
RESET ROLE;
ALTER TABLE cgae.agents DISABLE ROW LEVEL SECURITY;
SET ROLE regress_cgae_publisher;
SELECT pg_temp.try($$SELECT cgae.publish_policy('{0,0.3,0.5,0.65,0.8,0.9}', '{0,0.3,0.5,0.65,0.8,0.9}', '{0,0.25,0.45,0.6,0.75,0.85}', 0.5,
  '{0,0.01,0.1,1,10,100}', '{0,0.005,0.010,0.020,0.040,0.080}', 0.01, '1 day', 'the paper''s again')$$);
RESET ROLE;
REVOKE ALL ON cgae.gate_policies, cgae.agents FROM regress_cgae_publisher;
REVOKE UPDATE (current_tier) ON cgae.agents FROM regress_cgae_publisher;
DROP ROLE regress_cgae_publisher;

-- anew, by the paper's policy
SET client_min_messages = warning;
DROP EXTENSION cgae CASCADE;
CREATE EXTENSION cgae;
SELECT cgae.create_registry();
RESET client_min_messages;

\set include :abs_srcdir '/sql/include/agent.psql'
\i :include

-- The tier of a decayed vector, reckoned here: R * e^(-lambda * steps), by the policy in force
CREATE FUNCTION pg_temp.decayed_tier(r cgae.robustness, certified_at timestamptz, at timestamptz) RETURNS cgae.tier LANGUAGE sql AS $$
  SELECT cgae.gate_tier(cgae.robustness(cgae.cc(r) * factor, cgae.er(r) * factor, cgae.as_(r) * factor, cgae.ih(r) * factor))
    FROM (SELECT CASE WHEN x > 700 THEN 0 ELSE exp(-x) END AS factor
            FROM (SELECT decay_rate * ((extract(epoch FROM at - certified_at) * 1000000)::float8 / (extract(epoch FROM time_step) * 1000000)::float8) AS x
                    FROM cgae.gate_policies ORDER BY version DESC LIMIT 1) AS p) AS f
$$;
-- Agents whose stored instant of the next fall is not the first at which the current tier does not stand
CREATE FUNCTION pg_temp.wrong_drops() RETURNS SETOF text LANGUAGE sql AS $$
  SELECT agent_id FROM cgae.agents
   WHERE status <> 'deregistered' AND certified_at IS NOT NULL
     AND CASE WHEN current_tier = 'T0' THEN tier_drop_at IS NOT NULL
              WHEN tier_drop_at IS NULL THEN pg_temp.decayed_tier(current_robustness, certified_at, '200000-01-01') < current_tier
              ELSE pg_temp.decayed_tier(current_robustness, certified_at, tier_drop_at) >= current_tier
                OR (tier_drop_at > certified_at
                    AND pg_temp.decayed_tier(current_robustness, certified_at, tier_drop_at - interval '1 us') < current_tier)
         END
   ORDER BY agent_id
$$;
CREATE VIEW pg_temp.standing AS
  SELECT agent_id, status, certified_tier AS certified, current_tier AS current, cgae.effective_tier(agent_id) AS effective
    FROM cgae.agents ORDER BY agent_id;

--
-- In force at once: the gate, its detail, ceilings, and what every agent may do
--
SELECT pg_temp.agent('aged', '(0.95,0.95,0.95,0.95)', 20), pg_temp.agent('swept', '(0.95,0.95,0.95,0.95)', 20),
       pg_temp.agent('held', '(0.95,0.95,0.95,0.95)', 20), pg_temp.agent('gone', '(0.95,0.95,0.95,0.95)', 20),
       pg_temp.agent('stale', '(0.95,0.95,0.95,0.95)', 200), pg_temp.agent('fresh', '(0.7,0.7,0.7,0.7)', 0),
       pg_temp.agent('lapsed', '(0.95,0.95,0.95,0.95)', 200);
SELECT cgae.register_agent('never', '{"v": 1}', agent_id => 'never'), cgae.suspend('held', 'review'), cgae.deregister_agent('gone');
UPDATE cgae.agents SET current_tier = cgae.effective_tier(agent_id) WHERE agent_id IN ('swept', 'lapsed');
TABLE pg_temp.standing;
SELECT cgae.gate_tier('(0.7,0.7,0.7,0.7)'), (cgae.gate_detail('(0.7,0.7,0.7,0.7)')).*;
-- a stricter one lowers what may be done now; the record of the certification stands
SELECT * FROM cgae.policy_impact('{0,0.4,0.6,0.75,0.85,0.96}', NULL, NULL, NULL);
SELECT cgae.publish_policy('{0,0.4,0.6,0.75,0.85,0.96}', budget_ceilings => '{0,0.5,1.5,2.5,3.5,4.5}', audit_intensities => '{0,0.1,0.2,0.3,0.4,0.5}', note => 'stricter');
TABLE pg_temp.standing;
SELECT * FROM pg_temp.wrong_drops();
SELECT cgae.gate_tier('(0.7,0.7,0.7,0.7)'), (cgae.gate_detail('(0.7,0.7,0.7,0.7)')).*;
SELECT cgae.budget_ceiling('T5'), cgae.gate_tier('(0.7,0.7,0.7,0.7)', 1), cgae.gate_tier('(0.7,0.7,0.7,0.7)', 2);
-- what had decayed is logged, at the instant when it had, by the policy that held; ih holds to 0.5
SELECT agent_id, type, data, abs(extract(epoch FROM occurred_at - (a.certified_at + ln(0.95 / v.theta) / 0.01 * interval '86400 s'))) < 0.001 AS at_its_instant,
       e.actor = current_user AS actor
  FROM cgae.agent_events AS e JOIN cgae.agents AS a USING (agent_id)
  JOIN (VALUES ('aged', 0.8::float8), ('swept', 0.8), ('held', 0.8), ('stale', 0.5), ('lapsed', 0.5)) AS v(agent_id, theta) USING (agent_id)
 WHERE type IN ('decay', 'expiration') ORDER BY agent_id, e.seq;
-- now due by the new policy, from the instant of its publication
SELECT * FROM cgae.apply_decay();
TABLE pg_temp.standing;
SELECT agent_id, type, data, occurred_at = effective_from AS when_published
  FROM cgae.agent_events, cgae.gate_policies WHERE version = 2 AND type IN ('decay', 'expiration') AND recorded_at > effective_from
   AND agent_id <> 'stale' AND agent_id <> 'lapsed' AND data ->> 'new_tier' = 'T2' ORDER BY agent_id;
SELECT * FROM cgae.apply_decay();

-- a laxer one raises nobody, swept or not, held or reinstated, before the next certification
SELECT * FROM cgae.policy_impact(1);
SELECT * FROM cgae.policy_impact('{0,0.01,0.02,0.03,0.04,0.05}', '{0,0.01,0.02,0.03,0.04,0.05}', '{0,0.01,0.02,0.03,0.04,0.05}', 0);
SELECT cgae.publish_policy('{0,0.01,0.02,0.03,0.04,0.05}', '{0,0.01,0.02,0.03,0.04,0.05}', '{0,0.01,0.02,0.03,0.04,0.05}', 0, decay_rate => 0, note => 'laxer');
SELECT cgae.gate_tier('(0.05,0.05,0.05,0)');
TABLE pg_temp.standing;
SELECT * FROM pg_temp.wrong_drops();
SELECT cgae.reinstate('held', 'review');
SELECT cgae.effective_tier('held');
SELECT * FROM cgae.apply_decay();
SELECT tier, status, previous_tier FROM cgae.certify('held', '(0.05,0.05,0.05,0)');
SELECT tier, status, previous_tier FROM cgae.certify('lapsed', '(0.04,0.05,0.05,0)');
TABLE pg_temp.standing;
SELECT tier_drop_at FROM cgae.agents WHERE agent_id = 'held';

-- the same with nobody swept and the laxer one right upon the stricter
SELECT cgae.publish_policy('{0,0.3,0.5,0.65,0.8,0.9}', '{0,0.3,0.5,0.65,0.8,0.9}', '{0,0.25,0.45,0.6,0.75,0.85}', 0.5, decay_rate => 0.01);
SELECT pg_temp.agent('between', '(0.95,0.95,0.95,0.95)', 1), pg_temp.agent('between held', '(0.95,0.95,0.95,0.95)', 1);
SELECT cgae.suspend('between held', 'review');
SELECT cgae.publish_policy('{0,0.5,0.6,0.7,0.96,1}'), cgae.publish_policy('{0,0.3,0.5,0.65,0.8,0.9}');
SELECT * FROM pg_temp.standing WHERE agent_id LIKE 'between%';
SELECT cgae.reinstate('between held', 'review');
SELECT cgae.effective_tier('between held');
SELECT agent_id, e.type, e.data, e.occurred_at = p.effective_from AS when_published
  FROM cgae.agent_events AS e, cgae.gate_policies AS p WHERE version = 5 AND e.agent_id LIKE 'between%' AND type = 'decay' ORDER BY agent_id;

--
-- policy_impact tells what publishing then does
--
SELECT pg_temp.try('SELECT cgae.policy_impact(NULL)'), pg_temp.try('SELECT cgae.policy_impact(0)'), pg_temp.try('SELECT cgae.policy_impact(99)');
SELECT pg_temp.try($$SELECT cgae.policy_impact('{0,0.1,0.2,0.3,0.4,2}', NULL, NULL, NULL)$$),
       pg_temp.try($$SELECT cgae.policy_impact(NULL, '{0,0.1,0.2}', NULL, NULL)$$), pg_temp.try($$SELECT cgae.policy_impact(NULL, NULL, NULL, 'NaN')$$);
SELECT count(*) FROM cgae.policy_impact(NULL, NULL, NULL, NULL);
SELECT count(*) FROM cgae.policy_impact((SELECT max(version) FROM cgae.gate_policies));

SELECT setseed(0.3);
SELECT count(pg_temp.agent('r' || i, cgae.robustness(1 - random() ^ 3, 1 - random() ^ 3, 1 - random() ^ 3, 1 - random() ^ 3), random() * 120)) FROM generate_series(1, 150) AS i;
SELECT count(cgae.suspend('r' || i, 'review')) FROM generate_series(1, 150, 9) AS i WHERE cgae.effective_tier('r' || i) > 'T0';
CREATE FUNCTION pg_temp.six() RETURNS float8[] LANGUAGE sql AS $$
  SELECT 0::float8 || array_agg(x ORDER BY x) FROM (SELECT random() AS x FROM generate_series(1, 5)) AS v
$$;
-- Publish at random, and compare with what was told before
CREATE FUNCTION pg_temp.publications(n int, OUT changed bigint, OUT wrong bigint, OUT raised bigint, OUT drops bigint) LANGUAGE plpgsql AS $$
DECLARE
  cc float8[]; er float8[]; as_ float8[]; ih float8; rate float8; back int; x bigint;
BEGIN
  changed := 0; wrong := 0; raised := 0; drops := 0;
  FOR i IN 1..n LOOP
    -- some that nobody has swept yet
    PERFORM pg_temp.agent(format('n%s_%s', i, j), cgae.robustness(1 - random() ^ 3, 1 - random() ^ 3, 1 - random() ^ 3, 1 - random() ^ 3), random() * 120)
      FROM generate_series(1, 10) AS j;
    cc := pg_temp.six(); er := pg_temp.six(); as_ := pg_temp.six(); ih := random() * 0.5;
    rate := (ARRAY[0, 0.001, 0.01, 0.05])[1 + i % 4];
    back := (i + 1) / 2;  -- an old version, published again
    CREATE TEMP TABLE before AS SELECT agent_id, status, cgae.effective_tier(agent_id) AS tier FROM cgae.agents;
    CREATE TEMP TABLE told (agent_id text, model_name text, tier_now cgae.tier, tier_then cgae.tier);
    IF i % 2 = 0 THEN
      INSERT INTO told SELECT * FROM cgae.policy_impact(cc, er, as_, ih);
      PERFORM cgae.publish_policy(cc, er, as_, ih);
    ELSE
      INSERT INTO told SELECT * FROM cgae.policy_impact(back);
      PERFORM cgae.publish_policy(p.cc, p.er, p.as_, p.ih_threshold, decay_rate => p.decay_rate, time_step => p.time_step)
        FROM cgae.gate_policies AS p WHERE version = back;
    END IF;
    SELECT count(*) INTO x FROM told;
    changed := changed + x;
    SELECT count(*) INTO x FROM (
      (SELECT agent_id, tier, cgae.effective_tier(agent_id) FROM before WHERE status = 'active' AND tier <> cgae.effective_tier(agent_id)
       EXCEPT SELECT agent_id, tier_now, tier_then FROM told)
      UNION ALL
      (SELECT agent_id, tier_now, tier_then FROM told
       EXCEPT SELECT agent_id, tier, cgae.effective_tier(agent_id) FROM before)) AS difference;
    wrong := wrong + x;
    SELECT count(*) INTO x FROM before WHERE cgae.effective_tier(agent_id) > tier;
    raised := raised + x;
    SELECT count(*) INTO x FROM pg_temp.wrong_drops();
    drops := drops + x;
    -- the gate changes too now and then, and some are certified anew
    PERFORM cgae.publish_policy(decay_rate => rate);
    IF i % 3 = 0 THEN PERFORM cgae.apply_decay(); END IF;
    PERFORM cgae.certify(agent_id, cgae.robustness(1 - random() ^ 3, 1 - random() ^ 3, 1 - random() ^ 3, 1 - random() ^ 3))
      FROM (SELECT agent_id FROM cgae.agents WHERE status IN ('active', 'expired') ORDER BY random() LIMIT 40) AS chosen;
    DROP TABLE before, told;
  END LOOP;
END $$;
SELECT changed > 100 AS changed, wrong, raised, drops FROM pg_temp.publications(40);
-- and no tier of anybody, reinstated or not, is above his certified one or above his current one
SELECT count(*) AS held, count(*) FILTER (WHERE a.current_tier > certified_tier) FROM cgae.agents AS a WHERE 'review' = ANY (holds);

--
-- Taken back
--
SELECT max(version) AS version FROM cgae.gate_policies \gset
BEGIN;
SELECT cgae.publish_policy('{0,0.1,0.2,0.3,0.4,1}') - :version AS number, cgae.gate_tier('(0.45,1,1,1)', NULL::int) IS NULL AS strict;
SELECT cgae.publish_policy('{0,0.1,0.2,0.3,0.4,0.5}', :'six', :'six', 0);
SELECT cgae.gate_tier('(0.45,1,1,1)'), cgae.gate_tier('(0.45,1,1,1)', :version + 2);
SAVEPOINT s;
SELECT cgae.publish_policy('{0,0.5,0.6,0.7,0.8,0.9}') - :version AS number;
SELECT cgae.gate_tier('(0.45,1,1,1)'), cgae.gate_tier('(0.45,1,1,1)', :version + 3);
ROLLBACK TO s;
SELECT cgae.gate_tier('(0.45,1,1,1)'), pg_temp.try(format('SELECT cgae.gate_tier(''(0.45,1,1,1)'', %s)', :version + 3)) ~ '^P0002' AS gone;
-- the number is given again, to something else
SELECT cgae.publish_policy('{0,0.46,0.6,0.7,0.8,0.9}') - :version AS number;
SELECT cgae.gate_tier('(0.5,1,1,1)'), cgae.gate_tier('(0.5,1,1,1)', :version + 3);
RELEASE s;
-- refused inside, and caught: nothing of it stays
SELECT pg_temp.try('SELECT cgae.publish_policy(decay_rate => -1)'), cgae.gate_tier('(0.5,1,1,1)');
ROLLBACK;
SELECT max(version) - :version AS more FROM cgae.gate_policies;
SELECT cgae.gate_tier('(0.5,1,1,1)') = cgae.gate_tier('(0.5,1,1,1)', :version) AS old, pg_temp.try(format('SELECT cgae.gate_tier(''(0.45,1,1,1)'', %s)', :version + 1)) ~ '^P0002' AS gone;
SELECT * FROM pg_temp.wrong_drops();

SELECT cgae.publish_policy('{0,0.1,0.2,0.3,0.4,0.5}', :'six', :'six', 0) IS NULL AS nothing;

--
-- Not prepared, since nobody is certified until it is committed; what was taken back does not count
--
BEGIN;
SELECT cgae.publish_policy('{0,0.5,0.6,0.7,0.8,0.9}') IS NULL AS nothing;
PREPARE TRANSACTION 'regress_cgae_policy';
SELECT cgae.gate_tier('(0.5,1,1,1)');
BEGIN;
SAVEPOINT s;
SELECT cgae.publish_policy('{0,0.5,0.6,0.7,0.8,0.9}') IS NULL AS nothing;
ROLLBACK TO s;
PREPARE TRANSACTION 'regress_cgae_policy';
COMMIT PREPARED 'regress_cgae_policy';
SELECT cgae.gate_tier('(0.5,1,1,1)');

-- the history of every agent has still one order and no gap
SELECT agent_id FROM cgae.agents AS a JOIN cgae.events USING (agent_id) GROUP BY agent_id, last_seq
HAVING count(*) <> last_seq OR max(seq) <> last_seq OR count(DISTINCT seq) <> last_seq;
SET client_min_messages = warning;
DROP EXTENSION cgae CASCADE;
