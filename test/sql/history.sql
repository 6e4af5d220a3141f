-- History: standing at past instants and to come, on both axes of time; the series and
-- the views for analysts.  In a database of its own, so that every agent is known.
SELECT current_database() AS here \gset
CREATE DATABASE cgae_test_history;
\c cgae_test_history
SET client_min_messages = error;
SET TimeZone = 'UTC';
SET DateStyle = 'ISO';
SET IntervalStyle = 'postgres';
CREATE EXTENSION cgae;

-- before there is a registry
\set VERBOSITY sqlstate
SELECT * FROM cgae.tier_at('a', now());
SELECT * FROM cgae.standing_as_of(now());
SELECT * FROM cgae.tier_distribution_over_time(now(), now(), '1 day');
SELECT * FROM cgae.expiring_within('1 day');
\set VERBOSITY terse

-- no agents: nothing, but no error either
SELECT cgae.create_registry();
SELECT * FROM cgae.standing_as_of(now());
SELECT tier, agents FROM cgae.tier_distribution_over_time(now(), now(), '1 day');
SELECT * FROM cgae.agent_standing;
SELECT * FROM cgae.tier_changes;
SELECT * FROM cgae.certification_history;
SELECT * FROM cgae.expiring_agents;
SELECT * FROM cgae.expiring_within('1 day');
SELECT * FROM cgae.binding_dimension_counts;
SELECT * FROM cgae.tier_at('nobody', now());

--
-- One agent, certified in the past: every fall on its day, ln(1 / theta) / 0.01 days.
--
SELECT cgae.register_agent('Old', '{"m": 1}', agent_id => 'old', registered_at => '2024-01-01');
SELECT * FROM cgae.certify('old', '(1,1,1,1)', certified_at => '2024-02-01');
SELECT at, t.*
  FROM unnest('{-infinity, 2023-12-31 23:59:59.999999, 2024-01-01, 2024-01-31 23:59:59.999999,
                2024-02-01, 2024-02-11, 2024-02-12, 2024-02-23, 2024-02-24, 2024-03-15,
                2024-03-16, 2024-04-10, 2024-04-11, 2262-01-01, infinity}'::timestamptz[]) AS at,
       cgae.tier_at('old', at) AS t;
-- a later certification at T5 raises it; what was before stays as it was
SELECT tier, previous_tier FROM cgae.certify('old', '(0.95,0.99,0.96,0.9)', certified_at => '2024-06-01');
SELECT at, t.* FROM unnest('{2024-02-12, 2024-05-31, 2024-06-01, 2024-07-01}'::timestamptz[]) AS at,
       cgae.tier_at('old', at) AS t;
SELECT * FROM cgae.standing_as_of('2024-02-12');
SELECT * FROM cgae.standing_as_of('2024-01-15');
SELECT * FROM cgae.standing_as_of('2023-01-15');

-- to the microsecond where tier_drop_at says
SELECT d AS drop_at, before.effective_tier AS before, after.effective_tier AS after
  FROM cgae.certification_history AS c,
       cgae.tier_drop_at(cgae.robustness(c.cc, c.er, c.as_, c.ih), c.certified_at) AS d,
       cgae.tier_at(c.agent_id, d - interval '1 microsecond') AS before,
       cgae.tier_at(c.agent_id, d) AS after;

-- What was known: both certifications were recorded today, and are backdated.  As it was
-- known before, there was no such agent; as known between the two, only the first counts.
SELECT recorded_at AS first_recorded FROM cgae.certifications WHERE agent_id = 'old' AND seq = 2 \gset
SELECT t.* FROM cgae.tier_at('old', '2024-07-01', '2024-07-02') AS t;
SELECT t.* FROM cgae.tier_at('old', '2024-07-01', :'first_recorded') AS t;
SELECT t.* FROM cgae.tier_at('old', '2024-07-01', now()) AS t;
SELECT t.* FROM cgae.tier_at('old', '2024-07-01', 'infinity') AS t;
SELECT agent_id, certified_at FROM cgae.standing_as_of('2024-07-01', :'first_recorded');
SELECT agent_id FROM cgae.standing_as_of('2024-07-01', '2024-07-02');

--
-- Decay as the sweep records it.  Events are the guards' to write; let us be a restore.
--
SELECT cgae.register_agent('Swept', '{"m": 2}', agent_id => 'swept', registered_at => '2024-01-01');
SELECT seq FROM cgae.certify('swept', '(0.9,0.9,0.9,0.9)', certified_at => '2024-02-01');
BEGIN;
SET LOCAL session_replication_role = replica;
INSERT INTO cgae.agent_events VALUES
  ('swept', 3, 'decay', '2024-02-05', '{"old_tier": "T5", "new_tier": "T4", "status": "active"}', 'me', now()),
  ('swept', 4, 'decay', '2024-02-20', '{"old_tier": "T4", "new_tier": "T3", "status": "active"}', 'me', now()),
  ('swept', 5, 'expiration', '2024-07-01', '{"old_tier": "T3", "new_tier": "T0", "status": "expired"}', 'me', now());
UPDATE cgae.agents SET status = 'expired', current_tier = 'T0', last_seq = 5 WHERE agent_id = 'swept';
COMMIT;
SELECT at, t.* FROM unnest('{2024-02-01, 2024-02-05, 2024-06-01, 2024-07-01}'::timestamptz[]) AS at,
       cgae.tier_at('swept', at) AS t;
-- re-certified: what decay had lowered counts no more
SELECT seq, status FROM cgae.certify('swept', '(0.9,0.9,0.9,0.9)', certified_at => '2024-08-01');
SELECT seq FROM cgae.demote('swept', '(0.4,0.9,0.9,0.9)', certified_at => '2024-08-03');
SELECT at, t.* FROM unnest('{2024-07-31, 2024-08-01, 2024-08-03}'::timestamptz[]) AS at,
       cgae.tier_at('swept', at) AS t;
SELECT seq, at, cause, old_tier, new_tier, old_certified_tier, new_certified_tier
  FROM cgae.tier_changes WHERE agent_id = 'swept' ORDER BY seq;
-- certified at the tier that it has: no change of the current tier, but of the certified one
SELECT seq FROM cgae.certify('swept', '(0.9,0.9,0.9,0.9)', certified_at => '2024-09-01');
BEGIN;
SET LOCAL session_replication_role = replica;
INSERT INTO cgae.agent_events
  VALUES ('swept', 10, 'decay', '2024-09-05', '{"old_tier": "T5", "new_tier": "T4", "status": "active"}', 'me', now());
UPDATE cgae.agents SET current_tier = 'T4', last_seq = 10 WHERE agent_id = 'swept';
COMMIT;
SELECT seq FROM cgae.certify('swept', '(0.8,0.9,0.9,0.9)', certified_at => '2024-10-01');
SELECT seq FROM cgae.certify('swept', '(0.8,0.8,0.9,0.9)', certified_at => '2024-10-02');
SELECT seq, cause, old_tier, new_tier, old_certified_tier, new_certified_tier
  FROM cgae.tier_changes WHERE agent_id = 'swept' AND seq > 8 ORDER BY seq;
SELECT seq, outcome, cc, er, as_, ih, tier, previous_tier, status, audit_type, certified_at, policy_version
  FROM cgae.certification_history WHERE agent_id = 'swept' ORDER BY seq;

-- lowered under a policy that was stricter meanwhile: a laxer one raises nobody
SELECT cgae.register_agent('Lowered', '{"m": 2}', agent_id => 'lowered', registered_at => '2024-01-01');
SELECT tier FROM cgae.certify('lowered', '(1,1,1,1)', certified_at => '2024-02-01');
BEGIN;
SET LOCAL session_replication_role = replica;
INSERT INTO cgae.agent_events VALUES
  ('lowered', 3, 'decay', '2024-02-03', '{"old_tier": "T5", "new_tier": "T2", "status": "active"}', 'me', clock_timestamp()),
  ('lowered', 4, 'decay', '2024-02-05', '{"old_tier": "T2", "new_tier": "T1", "status": "active"}', 'me', clock_timestamp());
UPDATE cgae.agents SET current_tier = 'T1', last_seq = 4 WHERE agent_id = 'lowered';
COMMIT;
SELECT tier, previous_tier FROM cgae.certify('lowered', '(1,1,1,1)', certified_at => '2024-02-07');
SELECT at, t.*, s.effective_tier AS same
  FROM unnest('{2024-02-02, 2024-02-03, 2024-02-04, 2024-02-05, 2024-02-06, 2024-02-07}'::timestamptz[]) AS at,
       cgae.tier_at('lowered', at) AS t, cgae.standing_as_of(at) AS s
 WHERE s.agent_id = 'lowered';
SELECT at, tier FROM cgae.tier_distribution_over_time('2024-02-02', '2024-02-07', '1 day') AS d
 WHERE d.agents <> (SELECT count(*) FROM cgae.standing_as_of(d.at) AS s WHERE s.status = 'active' AND s.effective_tier = d.tier);

--
-- Replay: whatever happens to agents, their history tells at every instant what their rows
-- said at that instant, as it was known then.
--
CREATE TABLE seen (agent_id text, at timestamptz, status cgae.agent_status, certified_tier cgae.tier,
                   effective_tier cgae.tier);
CREATE FUNCTION look() RETURNS void LANGUAGE sql AS $$
  WITH clock AS MATERIALIZED (SELECT clock_timestamp() AS at)
  INSERT INTO seen
  SELECT a.agent_id, c.at, a.status, a.certified_tier,
         CASE WHEN a.status = 'active'
              THEN least(a.current_tier, cgae.effective_tier_at(a.current_robustness, a.certified_at, c.at))
              ELSE 'T0' END
    FROM cgae.agents AS a, clock AS c;
$$;
-- Certifications come at any time since the last one; the rest happens when it happens.
CREATE PROCEDURE live(population int, steps int) LANGUAGE plpgsql AS $$
DECLARE
  a cgae.agents;
  what float8;
  r cgae.robustness;
BEGIN
  PERFORM setseed(0.25);
  FOR i IN 1..population LOOP
    PERFORM cgae.register_agent('Agent ' || i, '{"m": 0}', agent_id => 'live' || i,
      registered_at => clock_timestamp() - random() * interval '300 days');
  END LOOP;
  PERFORM look();
  FOR i IN 1..steps LOOP
    a.agent_id := 'live' || 1 + floor(random() * population);
    SELECT * FROM cgae.agents WHERE agent_id = a.agent_id INTO a;
    what := random();
    r := cgae.robustness(1 - random() ^ 2, 1 - random() ^ 2, 1 - random() ^ 2, 1 - random() ^ 2 * 0.6);
    BEGIN
      CASE
        WHEN what < 0.5 THEN
          PERFORM cgae.certify(a.agent_id, r, 'spot',
            CASE WHEN random() < 0.1 THEN repeat('0', 16) WHEN random() < 0.7 THEN a.architecture_hash END,
            certified_at => CASE WHEN random() < 0.8 THEN coalesce(a.certified_at, a.registered_at)
              + random() * (clock_timestamp() - coalesce(a.certified_at, a.registered_at)) END);
        WHEN what < 0.65 THEN PERFORM cgae.suspend(a.agent_id, 'review');
        WHEN what < 0.85 THEN PERFORM cgae.reinstate(a.agent_id, 'review');
        WHEN what < 0.90 THEN PERFORM cgae.observe_architecture(a.agent_id, repeat('1', 16));
        WHEN what < 0.95 THEN PERFORM cgae.update_architecture(a.agent_id, json_build_object('m', i));
        WHEN what < 0.96 THEN PERFORM cgae.deregister_agent(a.agent_id);
        ELSE UPDATE cgae.agents SET balance = balance + 1 WHERE agent_id = a.agent_id;
      END CASE;
    EXCEPTION
      -- a deregistered agent, or a hold that does not stand
      WHEN object_not_in_prerequisite_state OR undefined_object THEN NULL;
    END;
    PERFORM look();
  END LOOP;
END $$;
CALL live(12, 400);
-- all that can happen has happened
SELECT array_agg(DISTINCT status ORDER BY status) AS statuses, count(DISTINCT effective_tier) AS tiers FROM seen;
SELECT array_agg(DISTINCT type ORDER BY type) AS types FROM cgae.events;
SELECT count(*) > 5000 AS many, count(*) FILTER (WHERE (t.status, t.certified_tier, t.effective_tier)
         IS DISTINCT FROM (s.status, s.certified_tier, s.effective_tier)) AS differences
  FROM seen AS s, cgae.tier_at(s.agent_id, s.at, s.at) AS t;
-- the rows now are what the history says of now
SELECT count(*) AS differences
  FROM cgae.agent_standing AS s, cgae.tier_at(s.agent_id, clock_timestamp()) AS t
 WHERE (t.status, t.certified_tier, t.effective_tier)
       IS DISTINCT FROM (s.status, s.certified_tier, s.effective_tier);

--
-- Two more policies: a stricter one, and one that is laxer than all.
--
SELECT cgae.publish_policy('{0, 0.5, 0.7, 0.8, 0.9, 0.97}', '{0, 0.5, 0.7, 0.8, 0.9, 0.97}', '{0, 0.5, 0.7, 0.8, 0.9, 0.97}', 0.6,
        '{0, 1, 2, 3, 4, 5}', '{0, 0.01, 0.02, 0.03, 0.04, 0.05}', 0.02, '1 day');
SELECT clock_timestamp() AS between_policies, pg_sleep(0.01) \gset
SELECT cgae.publish_policy('{0, 0.1, 0.2, 0.3, 0.4, 0.5}', '{0, 0.1, 0.2, 0.3, 0.4, 0.5}', '{0, 0.1, 0.2, 0.3, 0.4, 0.5}', 0.1,
        '{0, 1, 2, 3, 4, 5}', '{0, 0.01, 0.02, 0.03, 0.04, 0.05}', 0.005, '12 hours');
SELECT cgae.register_agent('Judged', '{"m": 3}', agent_id => 'judged', registered_at => '2024-01-01');
SELECT tier FROM cgae.certify('judged', '(0.45,0.9,0.9,0.9)', certified_at => now() - interval '1 day');
SELECT cgae.register_agent('Steady', '{"m": 3}', agent_id => 'steady', registered_at => '2024-01-01');
-- judged by the policy in force, which the time before did not know
SELECT certified_tier, effective_tier FROM cgae.tier_at('judged', now() - interval '1 hour');
SELECT certified_tier, effective_tier FROM cgae.tier_at('judged', :'between_policies');
SELECT certified_tier, effective_tier FROM cgae.tier_at('judged', clock_timestamp());
-- a laxer policy raises nobody above the tier certified: under version 1 this was T1
SELECT count(*) AS above FROM cgae.standing_as_of(clock_timestamp()) WHERE effective_tier > certified_tier;
SELECT count(*) > 0 AS some_would FROM cgae.standing_as_of(clock_timestamp())
 WHERE status = 'active' AND cgae.gate_tier(robustness) > effective_tier;
-- as known before they were published, the policies are not in force
SELECT count(*) FILTER (WHERE k.effective_tier <> n.effective_tier) > 0 AS differ
  FROM cgae.standing_as_of(now() + interval '20 days') AS n
  JOIN cgae.standing_as_of(now() + interval '20 days', :'between_policies') AS k USING (agent_id);
SELECT v, cgae.effective_tier_at('(0.95,0.95,0.95,0.95)', '2024-01-01', '2024-01-11', v)
  FROM generate_series(1, 3) AS v;

--
-- The rule once more, in plain SQL.
--
CREATE FUNCTION rule(agent text, i timestamptz, known timestamptz,
  OUT status cgae.agent_status, OUT certified_tier cgae.tier, OUT effective_tier cgae.tier)
LANGUAGE sql STABLE AS $$
  WITH certification AS (
    SELECT * FROM cgae.certifications
     WHERE agent_id = agent AND certified_at <= i AND recorded_at <= known),
  event AS (
    SELECT * FROM cgae.agent_events WHERE agent_id = agent AND occurred_at <= i AND recorded_at <= known),
  last AS (SELECT * FROM certification WHERE outcome IN ('certified', 'failed') ORDER BY seq DESC LIMIT 1),
  standing AS (
    SELECT s.status FROM (SELECT seq, status FROM certification
                          UNION ALL SELECT seq, (data->>'status')::cgae.agent_status FROM event) AS s
     WHERE s.status IS NOT NULL ORDER BY seq DESC LIMIT 1),
  policy AS (
    SELECT coalesce(max(version) FILTER (WHERE effective_from <= least(i, known)), min(version)) AS version
      FROM cgae.gate_policies)
  SELECT (SELECT status FROM standing), (SELECT tier FROM last),
         CASE (SELECT status FROM standing) WHEN NULL THEN NULL WHEN 'active' THEN
           (SELECT least(cgae.effective_tier_at(l.robustness, l.certified_at, i, p.version), l.tier,
                         (SELECT min((data->>'new_tier')::cgae.tier) FROM event
                           WHERE seq > l.seq AND type IN ('decay', 'expiration')))
              FROM last AS l, policy AS p)
         ELSE (SELECT 'T0'::cgae.tier FROM standing) END
$$;
-- instants about every fact, on both axes
CREATE TABLE instants AS
  SELECT row_number() OVER (ORDER BY t) AS n, t
    FROM (SELECT occurred_at + d * interval '1 microsecond' AS t FROM cgae.events, generate_series(-1, 1) AS d
          UNION SELECT recorded_at + d * interval '1 microsecond' FROM cgae.events, generate_series(-1, 1) AS d
          UNION SELECT effective_from FROM cgae.gate_policies
          UNION SELECT now() + n * interval '7 days' FROM generate_series(1, 40) AS n
          UNION VALUES ('-infinity'::timestamptz), ('infinity')) AS i;
SELECT count(*) > 1000 AS many, count(*) FILTER (WHERE (t.status, t.certified_tier, t.effective_tier)
         IS DISTINCT FROM (r.status, r.certified_tier, r.effective_tier)) AS differences
  FROM instants AS i JOIN instants AS k ON k.n % 97 = i.n % 97 AND i.n % 3 = 0 AND k.n % 5 = 0,
       (VALUES ('old'), ('swept'), ('lowered'), ('judged'), ('steady'), ('live1'), ('live5'), ('live9')) AS a (id),
       cgae.tier_at(a.id, i.t, k.t) AS t, rule(a.id, i.t, k.t) AS r;
-- all agents at once say what each says alone, and nobody is missing
SELECT count(*) > 50 AS many, sum(d.differences) AS differences
  FROM instants AS i JOIN instants AS k ON k.n % 101 = i.n % 101 AND i.n % 70 = 0,
       LATERAL (WITH one AS (SELECT a.agent_id, t.* FROM cgae.agents AS a, cgae.tier_at(a.agent_id, i.t, k.t) AS t
                              WHERE t.status IS NOT NULL),
                     every AS (SELECT agent_id, status, certified_tier, effective_tier
                                 FROM cgae.standing_as_of(i.t, k.t))
                SELECT count(*) AS differences
                  FROM (TABLE one EXCEPT TABLE every UNION ALL (TABLE every EXCEPT TABLE one)) AS x) AS d;

--
-- The series counts what standing_as_of() says at each of its instants.
--
SELECT label, count(*) AS rows, count(DISTINCT d.at) AS instants, sum(agents) > 0 AS any,
       count(*) FILTER (WHERE agents <> (SELECT count(*) FROM cgae.standing_as_of(d.at) AS s
                                          WHERE s.status = 'active' AND s.effective_tier = d.tier)) AS differences
  FROM (VALUES ('long', '2024-01-01'::timestamptz, '2030-01-01'::timestamptz, '13 days'::interval),
               ('short', now() - interval '2 minutes', clock_timestamp(), '5 seconds'),
               ('past', '2020-01-01', '2020-01-10', '1 day'),
               ('to come', '2300-01-01', '2300-01-10', '1 day')) AS v (label, f, t, step),
       cgae.tier_distribution_over_time(f, t, step) AS d
 GROUP BY label ORDER BY label;
-- the facts of the replay, a few milliseconds apart
SELECT count(*) > 0 AS many,
       count(*) FILTER (WHERE agents <> (SELECT count(*) FROM cgae.standing_as_of(d.at) AS s
                                          WHERE s.status = 'active' AND s.effective_tier = d.tier)) AS differences
  FROM (SELECT min(at) AS f, max(at) AS t FROM seen) AS s,
       cgae.tier_distribution_over_time(f, t, (t - f) / 100) AS d;
-- both ends included; months and days as the calendar has them
SELECT DISTINCT at FROM cgae.tier_distribution_over_time('2024-01-31', '2024-05-31', '1 month') ORDER BY at;
SELECT DISTINCT at FROM cgae.tier_distribution_over_time('2024-01-31', '2024-01-31', '1 month') ORDER BY at;
SET TimeZone = 'Europe/Rome';
SELECT DISTINCT at FROM cgae.tier_distribution_over_time('2024-03-30', '2024-04-01', '1 day') ORDER BY at;
SET TimeZone = 'UTC';
SELECT array_agg(tier) AS tiers FROM cgae.tier_distribution_over_time('2024-01-31', '2024-01-31', '1 month');
SELECT count(*) FROM cgae.tier_distribution_over_time('2024-01-01', timestamptz '2024-01-01' + interval '99999 s', '1 s');

--
-- Falls to come.
--
SELECT count(cgae.register_agent('Fading', '{"m": 4}', agent_id => 'fading' || i, registered_at => '2024-01-01'))
  FROM generate_series(1, 20) AS i;
SELECT count(*) FROM generate_series(1, 20) AS i,
       cgae.certify('fading' || i, cgae.robustness(0.2 + 0.04 * i, 0.95, 0.95, 0.9),
                    certified_at => now() - (i % 7) * interval '9 days');
SELECT cgae.register_agent('Fading', '{"m": 4}', agent_id => 'fading');
SELECT tier, status FROM cgae.certify('fading', '(0.45,0.9,0.9,0.9)');
BEGIN;
SET LOCAL session_replication_role = replica;
UPDATE cgae.agents SET tier_drop_at = cgae.tier_drop_at(current_robustness, certified_at)
 WHERE agent_id ~ '^fading';
COMMIT;
SELECT current_tier, effective_tier, falls_to, time_left BETWEEN '11 days' AND '12 days' AS in_time,
       tier_drop_at - interval '11 days 18 hours' > now() AS after_eleven_days
  FROM cgae.expiring_agents WHERE agent_id = 'fading';
SELECT count(*) FROM cgae.expiring_within('11 days') WHERE agent_id = 'fading';
SELECT count(*) FROM cgae.expiring_within('12 days') WHERE agent_id = 'fading';
-- each falls to the tier that it then has, and only active agents do
SELECT count(*) >= 20 AS many, count(*) FILTER (WHERE a.status <> 'active'
         OR (e.tier_drop_at > now()) IS DISTINCT FROM (e.time_left > '0')
         OR e.falls_to IS DISTINCT FROM t.effective_tier OR (e.falls_to < e.current_tier) IS NOT TRUE) AS wrong
  FROM cgae.expiring_within('1000 years') AS e JOIN cgae.agents AS a USING (agent_id),
       cgae.tier_at(e.agent_id, greatest(e.tier_drop_at, now())) AS t;
SELECT count(*) AS wrong
  FROM (SELECT tier_drop_at < lag(tier_drop_at) OVER () AS wrong FROM cgae.expiring_within('1000 years')) AS e
 WHERE wrong;

--
-- Standing now.
--
SELECT count(*) > 3 AS many, count(*) FILTER (WHERE
         (s.cc, s.er, s.as_, s.ih) IS DISTINCT FROM (cgae.cc(r), cgae.er(r), cgae.as_(r), cgae.ih(r))
         OR s.binding_dimension IS DISTINCT FROM d.binding_dimension
         OR num_nulls(s.gap_to_next_tier, d.gap_to_next_tier) = 1 OR abs(s.gap_to_next_tier - d.gap_to_next_tier) > 1e-9
         OR num_nulls(s.effective_cc, s.effective_er, s.effective_as_, s.effective_ih, cgae.cc(e), cgae.er(e), cgae.as_(e), cgae.ih(e)) NOT IN (0, 8)
         OR abs(s.effective_cc - cgae.cc(e)) > 1e-9 OR abs(s.effective_er - cgae.er(e)) > 1e-9
         OR abs(s.effective_as_ - cgae.as_(e)) > 1e-9 OR abs(s.effective_ih - cgae.ih(e)) > 1e-9
         OR s.budget_ceiling IS DISTINCT FROM cgae.budget_ceiling(s.effective_tier)
         OR (s.effective_tier <= s.current_tier) IS NOT TRUE
         OR (s.status <> 'active' AND s.effective_tier IS DISTINCT FROM 'T0')) AS wrong
  FROM cgae.agent_standing AS s JOIN cgae.agents AS a USING (agent_id)
 CROSS JOIN LATERAL (SELECT a.current_robustness AS r) AS r
  LEFT JOIN LATERAL cgae.effective_robustness_at(r, a.certified_at, greatest(a.certified_at, now())) AS e ON true
  LEFT JOIN LATERAL cgae.gate_detail(e) AS d ON true;
SELECT agent_id, status, certified_tier, effective_tier, cc, binding_dimension, holds
  FROM cgae.agent_standing WHERE agent_id IN ('steady') ORDER BY agent_id;
TABLE cgae.binding_dimension_counts
EXCEPT SELECT binding_dimension, effective_tier, count(*) FROM cgae.agent_standing
 WHERE status = 'active' GROUP BY 1, 2;
SELECT sum(agents) = (SELECT count(*) FROM cgae.agents WHERE status = 'active') AS everybody
  FROM cgae.binding_dimension_counts;
-- a certification that comes after the statement began counts as of its own instant
DO $$
BEGIN
  PERFORM cgae.certify('steady', '(1,1,1,1)');
  ASSERT (SELECT effective_tier = 'T5' AND effective_cc = 1 AND certified_at > statement_timestamp()
            FROM cgae.agent_standing WHERE agent_id = 'steady');
  PERFORM * FROM cgae.expiring_agents WHERE agent_id = 'steady';
  PERFORM * FROM cgae.binding_dimension_counts;
END $$;

-- tiers change from where the last change left them, and end where the agent is
SELECT count(*) AS wrong
  FROM (SELECT *, lag(new_tier) OVER (PARTITION BY agent_id ORDER BY seq) AS before FROM cgae.tier_changes) AS c
 WHERE c.old_tier IS DISTINCT FROM coalesce(c.before, 'T0');
SELECT count(*) AS wrong
  FROM (SELECT DISTINCT ON (agent_id) agent_id, new_tier FROM cgae.tier_changes ORDER BY agent_id, seq DESC) AS c
  JOIN cgae.agents AS a USING (agent_id)
 WHERE a.current_tier <> c.new_tier;

--
-- Who may look: readers; and each sees what row security lets them.
--
CREATE ROLE regress_cgae_analyst;
SET ROLE regress_cgae_analyst;
\set VERBOSITY sqlstate
SELECT * FROM cgae.tier_at('old', now());
SELECT * FROM cgae.standing_as_of(now());
SELECT * FROM cgae.tier_distribution_over_time(now(), now(), '1 day');
SELECT * FROM cgae.expiring_within('1 day');
SELECT * FROM cgae.agent_standing;
SELECT * FROM cgae.tier_changes;
SELECT * FROM cgae.certification_history;
SELECT * FROM cgae.expiring_agents;
SELECT * FROM cgae.binding_dimension_counts;
\set VERBOSITY terse
RESET ROLE;
SELECT cgae.grant_access('regress_cgae_analyst', 'reader');
SELECT format('CREATE POLICY one ON cgae.%I FOR SELECT TO regress_cgae_analyst USING (agent_id = ''old'')', t)
  FROM unnest('{agents, certifications, agent_events}'::text[]) AS t \gexec
ALTER TABLE cgae.agents ENABLE ROW LEVEL SECURITY;
ALTER TABLE cgae.certifications ENABLE ROW LEVEL SECURITY;
ALTER TABLE cgae.agent_events ENABLE ROW LEVEL SECURITY;
SET ROLE regress_cgae_analyst;
SELECT status, certified_tier FROM cgae.tier_at('old', '2024-06-01');
SELECT * FROM cgae.tier_at('swept', '2024-06-01');
SELECT agent_id FROM cgae.standing_as_of('2024-06-01');
SELECT tier, agents FROM cgae.tier_distribution_over_time('2024-06-01', '2024-06-01', '1 day') WHERE agents > 0;
SELECT agent_id FROM cgae.agent_standing;
SELECT DISTINCT agent_id FROM cgae.tier_changes;
SELECT DISTINCT agent_id FROM cgae.certification_history;
SELECT DISTINCT agent_id FROM cgae.expiring_agents;
RESET ROLE;
SELECT cgae.revoke_access('regress_cgae_analyst');
SELECT relname FROM pg_class
 WHERE relnamespace = 'cgae'::regnamespace AND relacl::text ~ 'regress_cgae_analyst';
ALTER TABLE cgae.agents DISABLE ROW LEVEL SECURITY;
ALTER TABLE cgae.certifications DISABLE ROW LEVEL SECURITY;
ALTER TABLE cgae.agent_events DISABLE ROW LEVEL SECURITY;
DROP POLICY one ON cgae.agents;
DROP POLICY one ON cgae.certifications;
DROP POLICY one ON cgae.agent_events;
DROP ROLE regress_cgae_analyst;

-- every view says what its columns are, and reads with its reader's privileges
SELECT c.relname, a.attname
  FROM pg_class AS c JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum >= 0 AND NOT a.attisdropped
 WHERE c.relnamespace = 'cgae'::regnamespace AND c.relkind = 'v' AND col_description(c.oid, a.attnum) IS NULL;
SELECT relname FROM pg_class
 WHERE relnamespace = 'cgae'::regnamespace AND relkind = 'v'
   AND relname <> 'audit_epochs' -- hides the secrets, so it reads with its owner's rights
   AND (obj_description(oid, 'pg_class') IS NULL OR reloptions IS DISTINCT FROM '{security_invoker=true}');

--
-- Misuse.
--
SELECT * FROM cgae.tier_at(NULL, now());
SELECT * FROM cgae.tier_at('old', NULL);
SELECT * FROM cgae.standing_as_of(NULL);
SELECT * FROM cgae.expiring_within(NULL);
SELECT * FROM cgae.expiring_within('-1 s');
SELECT * FROM cgae.expiring_within('400000 years');
SELECT * FROM cgae.tier_distribution_over_time(NULL, '2024-01-02', '1 day');
SELECT * FROM cgae.tier_distribution_over_time('2024-01-01', NULL, '1 day');
SELECT * FROM cgae.tier_distribution_over_time('2024-01-01', '2024-01-02', NULL);
SELECT * FROM cgae.tier_distribution_over_time('2024-01-02', '2024-01-01', '1 day');
SELECT * FROM cgae.tier_distribution_over_time('2024-01-01', '2024-01-02', '0');
SELECT * FROM cgae.tier_distribution_over_time('2024-01-01', '2024-01-01', '-1 day');
SELECT * FROM cgae.tier_distribution_over_time('2024-01-31', '2026-01-01', '1 month -30 days');
SELECT * FROM cgae.tier_distribution_over_time('2024-01-01', 'infinity', '1 day');
SELECT * FROM cgae.tier_distribution_over_time('-infinity', '2024-01-01', '1 day');
SELECT * FROM cgae.tier_distribution_over_time('2024-01-01', timestamptz '2024-01-01' + interval '100000 s', '1 s');
SELECT * FROM cgae.tier_distribution_over_time('2024-01-01', '2024-01-02', '1 microsecond');
SELECT cgae.effective_tier_at('(1,1,1,1)', '2024-01-02', '2024-01-01', 1);
SELECT cgae.effective_tier_at('(1,1,1,1)', '2024-01-02', '2024-01-03', 0);
SELECT cgae.effective_tier_at('(1,1,1,1)', '2024-01-02', '2024-01-03', 99);
SELECT cgae.effective_tier_at('(1,1,1,1)', '2024-01-02', '2024-01-03', NULL);

\c :here
DROP DATABASE cgae_test_history;
