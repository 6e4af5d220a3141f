-- apply_decay() and sweep_decay(): tiers brought down to what decay has left of them.
SET client_min_messages = warning;
DROP EXTENSION IF EXISTS cgae CASCADE;
CREATE EXTENSION cgae;
RESET client_min_messages;

\getenv abs_srcdir PG_ABS_SRCDIR
\set include :abs_srcdir '/sql/include/try.psql'
\i :include
\set include :abs_srcdir '/sql/include/agent.psql'
\i :include
SELECT pg_temp.try('SELECT cgae.apply_decay()');
SELECT cgae.create_registry();
CREATE VIEW pg_temp.standing AS
  SELECT agent_id, status, certified_tier AS certified, current_tier AS current, cgae.effective_tier(agent_id) AS effective, tier_drop_at > now() AS falls_later
    FROM cgae.agents ORDER BY agent_id;
SELECT cgae.apply_decay();

--
-- Down to the effective tier; at T0 the agent expires
--
SELECT pg_temp.agent('fresh', '(0.95,0.95,0.95,0.95)', 0), pg_temp.agent('one down', '(0.95,0.95,0.95,0.95)', 7),
       pg_temp.agent('two down', '(0.95,0.95,0.95,0.95)', 20), pg_temp.agent('out', '(0.95,0.95,0.95,0.95)', 200),
       pg_temp.agent('held', '(0.95,0.95,0.95,0.95)', 20), pg_temp.agent('held out', '(0.95,0.95,0.95,0.95)', 200),
       pg_temp.agent('gone', '(0.95,0.95,0.95,0.95)', 20), pg_temp.agent('zero', '(0.1,0.95,0.95,0.95)', 200),
       pg_temp.agent('failed', '(0.95,0.95,0.95,0.1)', 200), pg_temp.agent('exact', '(0.9,0.9,0.85,0.9)', 0.00001);
SELECT cgae.register_agent('never', '{"v": 1}', agent_id => 'never'), cgae.suspend('held', 'review'), cgae.suspend('held out', 'review'), cgae.deregister_agent('gone');
TABLE pg_temp.standing;
CREATE TEMP TABLE before AS TABLE cgae.agents;
SELECT * FROM cgae.apply_decay();
TABLE pg_temp.standing;
-- the record of the certification stands, and the audit's clock; nothing but these columns changed
SELECT b.agent_id, array_agg(o.key ORDER BY o.key) AS changed
  FROM before AS b JOIN cgae.agents AS a USING (agent_id), LATERAL jsonb_each(to_jsonb(b)) AS o JOIN LATERAL jsonb_each(to_jsonb(a)) AS n USING (key)
 WHERE o.value <> n.value GROUP BY b.agent_id ORDER BY b.agent_id;
DROP TABLE before;
-- logged when it fell, by the formula: ln(score / threshold) / lambda days after the certification
SELECT e.agent_id, e.seq = a.last_seq AS last, type, data, actor = current_user AS actor,
       abs(extract(epoch FROM occurred_at - certified_at) - ln(v.score / v.theta) / 0.01 * 86400) < 0.001 AS at_its_instant, e.recorded_at > now() - interval '1 min' AS recorded_now
  FROM cgae.agent_events AS e JOIN cgae.agents AS a USING (agent_id)
  LEFT JOIN (VALUES ('one down', 0.95::float8, 0.9::float8), ('two down', 0.95, 0.8), ('out', 0.95, 0.5)) AS v(agent_id, score, theta) USING (agent_id)
 WHERE type IN ('decay', 'expiration') ORDER BY agent_id, seq;
-- what was exactly on its thresholds fell with the first microsecond that shows
SELECT occurred_at > certified_at AND occurred_at - certified_at < interval '100 us' AS at_once FROM cgae.agent_events JOIN cgae.agents USING (agent_id) WHERE agent_id = 'exact' AND type = 'decay';
SELECT count(*) AS events FROM cgae.agent_events \gset
-- again: nothing
SELECT * FROM cgae.apply_decay();
SELECT count(*) - :events AS more FROM cgae.agent_events;
-- held agents fall once they are free
SELECT cgae.reinstate('held', 'review'), cgae.reinstate('held out', 'review');
SELECT * FROM cgae.apply_decay();
SELECT * FROM pg_temp.standing WHERE agent_id LIKE 'held%';
-- certified anew: active, and the next fall is ahead
SELECT tier, status, previous_tier FROM cgae.certify('out', '(0.7,0.7,0.7,0.7)');
SELECT tier, status, previous_tier FROM cgae.certify('two down', '(0.95,0.95,0.95,0.95)');
SELECT * FROM cgae.apply_decay();
SELECT * FROM pg_temp.standing WHERE agent_id IN ('out', 'two down');
SELECT seq, type, data ->> 'status' AS status, data ->> 'new_tier' AS new_tier FROM cgae.events WHERE agent_id = 'out' ORDER BY seq;

--
-- As of an instant that has passed
--
SELECT pg_temp.agent('past', '(0.95,0.95,0.95,0.95)', 100);
CREATE FUNCTION pg_temp.past(days int, OUT lowered bigint, OUT expired bigint, OUT tier cgae.tier, OUT status cgae.agent_status) LANGUAGE plpgsql AS $$
BEGIN
  SELECT d.* INTO lowered, expired FROM cgae.agents AS a, LATERAL cgae.apply_decay(a.certified_at + days * interval '86400 s') AS d WHERE agent_id = 'past';
  SELECT a.current_tier, a.status INTO tier, status FROM cgae.agents AS a WHERE agent_id = 'past';
END $$;
SELECT days, p.* FROM unnest('{0,5,6,6,18,5,37,64,65}'::int[]) AS days, LATERAL pg_temp.past(days) AS p;
SELECT seq, type, data, round(extract(epoch FROM occurred_at - certified_at) / 86400, 4) AS day, agent_events.recorded_at > now() - interval '1 min' AS recorded_now
  FROM cgae.agent_events JOIN cgae.agents USING (agent_id) WHERE agent_id = 'past' AND type <> 'registration' ORDER BY seq;
-- at the instant itself it has fallen, a microsecond before not
SELECT pg_temp.agent('edge', '(0.95,0.95,0.95,0.95)', 10);
SELECT tier_drop_at - interval '1 us' AS before, tier_drop_at AS at FROM cgae.agents WHERE agent_id = 'edge' \gset
SELECT * FROM cgae.apply_decay(:'before');
SELECT * FROM cgae.apply_decay(:'at');
SELECT occurred_at = :'at' AS at_it FROM cgae.agent_events WHERE agent_id = 'edge' AND type = 'decay';

--
-- Refused
--
SELECT regexp_replace(pg_temp.try($$SELECT cgae.apply_decay(now() + interval '1 day')$$), '\d{4}-\d\d-\d\d [\d:.]+[+-]\d\d', 'TIME') AS future, pg_temp.try($$SELECT cgae.apply_decay('infinity')$$) AS infinite,
       pg_temp.try($$SELECT cgae.apply_decay('-infinity')$$) AS nobody_due, pg_temp.try('SELECT cgae.apply_decay(NULL)') AS null_is_now;
SELECT pg_temp.try('SELECT cgae.apply_decay(now(), 0)'), pg_temp.try('SELECT cgae.apply_decay(batch => -1)'), pg_temp.try('SELECT cgae.apply_decay(now(), NULL)');
SELECT pg_temp.try('CALL cgae.sweep_decay(0)'), pg_temp.try('CALL cgae.sweep_decay(NULL)');
CREATE ROLE regress_cgae_sweeper;
SET ROLE regress_cgae_sweeper;
SELECT pg_temp.try('SELECT cgae.apply_decay()');
\set VERBOSITY sqlstate
CALL cgae.sweep_decay();
\set VERBOSITY default
RESET ROLE;
SELECT cgae.grant_access('regress_cgae_sweeper', 'reader');
SET ROLE regress_cgae_sweeper;
SELECT pg_temp.try('SELECT cgae.apply_decay()');
RESET ROLE;
GRANT UPDATE (current_tier) ON cgae.agents TO regress_cgae_sweeper;
SELECT pg_temp.agent('for the sweeper', '(0.95,0.95,0.95,0.95)', 10);
SET ROLE regress_cgae_sweeper;
SELECT * FROM cgae.apply_decay();
RESET ROLE;
SELECT type, actor FROM cgae.agent_events WHERE agent_id = 'for the sweeper' ORDER BY seq DESC LIMIT 1;
SELECT cgae.revoke_access('regress_cgae_sweeper');
DROP ROLE regress_cgae_sweeper;

--
-- By hand: an UPDATE of current_tier, to what decay gives and to nothing else
--
SELECT pg_temp.agent('by hand', '(0.95,0.95,0.95,0.95)', 20), pg_temp.agent('by hand held', '(0.95,0.95,0.95,0.95)', 20), pg_temp.agent('by hand out', '(0.95,0.95,0.95,0.95)', 200);
SELECT cgae.suspend('by hand held', 'review');
SELECT agent_id, tier, pg_temp.try(format('UPDATE cgae.agents SET current_tier = %L WHERE agent_id = %L RETURNING current_tier, status, last_seq', tier, agent_id))
  FROM unnest('{by hand held,fresh,by hand}'::text[]) WITH ORDINALITY AS a(agent_id, n), unnest('{T0,T1,T2,T4,T5,T3,NULL}'::text[]) WITH ORDINALITY AS t(tier, m) ORDER BY n, m;
SELECT pg_temp.try($$UPDATE cgae.agents SET current_tier = 'T0' WHERE agent_id = 'by hand out' RETURNING status$$);
SELECT agent_id, seq, type, data FROM cgae.agent_events WHERE agent_id LIKE 'by hand%' AND type IN ('decay', 'expiration') ORDER BY agent_id, seq;
-- not up again, nor along with what takes the tier's ground away
SELECT pg_temp.try($$UPDATE cgae.agents SET current_tier = 'T5' WHERE agent_id = 'by hand'$$);
SELECT pg_temp.agent('both', '(0.95,0.95,0.95,0.95)', 20);
SELECT pg_temp.try($$UPDATE cgae.agents SET current_tier = 'T3', holds = '{review}' WHERE agent_id = 'both'$$);
UPDATE cgae.agents SET current_tier = 'T3', status = 'deregistered' WHERE agent_id = 'both';
SELECT seq, type FROM cgae.agent_events WHERE agent_id = 'both' ORDER BY seq;
-- a statement that changes nothing decays nothing
UPDATE cgae.agents SET current_tier = current_tier, model_name = 'renamed' WHERE agent_id = 'fresh';

--
-- In batches
--
SELECT count(pg_temp.agent('b' || i, cgae.robustness(0.95, 0.95, 0.95, 0.95), 10 + i)) FROM generate_series(1, 30) AS i;
SELECT * FROM cgae.apply_decay(batch => 7);
SELECT count(*) FROM cgae.agents WHERE status = 'active' AND tier_drop_at <= now();
SELECT count(pg_temp.agent('c' || i, cgae.robustness(0.95, 0.95, 0.95, 0.95), 10 + 10 * i)) FROM generate_series(1, 10) AS i;
SELECT * FROM cgae.apply_decay(now(), 1);
SELECT count(pg_temp.agent('d' || i, cgae.robustness(0.95, 0.95, 0.95, 0.95), 50 + i)) FROM generate_series(1, 20) AS i;
-- the procedure commits each of them and says how far it is
CALL cgae.sweep_decay(8);
CALL cgae.sweep_decay();
SELECT count(DISTINCT xmin::text) AS transactions, count(*) FROM cgae.agents WHERE agent_id LIKE 'd%';
SELECT count(*), count(DISTINCT recorded_at) > 1 AS each_by_its_clock FROM cgae.agent_events WHERE agent_id LIKE 'd%' AND type IN ('decay', 'expiration');
-- not where it could not commit
BEGIN;
\set VERBOSITY terse
CALL cgae.sweep_decay();
ROLLBACK;
CREATE FUNCTION pg_temp.call_it() RETURNS void LANGUAGE plpgsql AS 'BEGIN CALL cgae.sweep_decay(); END';
SELECT pg_temp.call_it();
\set VERBOSITY default
DO 'BEGIN CALL cgae.sweep_decay(); END';
-- interrupted, it keeps what it has done: the trigger cancels in the third batch
SELECT count(pg_temp.agent('e' || to_char(i, 'FM00'), cgae.robustness(0.95, 0.95, 0.95, 0.95), 100 - i)) FROM generate_series(1, 20) AS i;
CREATE FUNCTION pg_temp.stop() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.agent_id = 'e13' THEN RAISE query_canceled; END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER stop BEFORE UPDATE ON cgae.agents FOR EACH ROW EXECUTE FUNCTION pg_temp.stop();
\set VERBOSITY terse
CALL cgae.sweep_decay(5);
\set VERBOSITY default
SELECT count(*) FILTER (WHERE status = 'expired') AS done, count(*) FILTER (WHERE status = 'active') AS due FROM cgae.agents WHERE agent_id LIKE 'e__';
DROP TRIGGER stop ON cgae.agents;
-- after an interruption nothing is announced any more: a plain update decays nobody
UPDATE cgae.agents SET current_tier = current_tier WHERE agent_id = 'e20' RETURNING status, current_tier;
SELECT * FROM cgae.apply_decay();
-- a sweep rolled back is no sweep
SELECT pg_temp.agent('undone', '(0.95,0.95,0.95,0.95)', 20);
BEGIN;
SELECT * FROM cgae.apply_decay();
ROLLBACK;
SELECT current_tier, last_seq FROM cgae.agents WHERE agent_id = 'undone';
BEGIN ISOLATION LEVEL SERIALIZABLE;
SELECT * FROM cgae.apply_decay(batch => 1);
COMMIT;

--
-- At random: after a sweep the current tier is the effective one, everywhere, and the history is whole
--
SELECT setseed(0.7);
SELECT count(pg_temp.agent('r' || i, cgae.robustness(1 - random() ^ 3, 1 - random() ^ 3, 1 - random() ^ 3, 1 - random() ^ 3), random() * 150)) FROM generate_series(1, 400) AS i;
SELECT count(*) > 100 AS due FROM cgae.agents WHERE current_tier <> cgae.effective_tier(agent_id) AND status = 'active';
SELECT lowered > 15 AS lowered, expired > 50 AS expired FROM cgae.apply_decay(now() - interval '50 days', 13);
SELECT count(*) FROM cgae.agents WHERE status = 'active' AND current_tier < cgae.effective_tier(agent_id);
SELECT lowered > 15 AS lowered, expired > 50 AS expired FROM cgae.apply_decay(batch => 17);
SELECT agent_id, status, current_tier, cgae.effective_tier(agent_id) FROM cgae.agents
 WHERE status IN ('active', 'expired') AND current_tier <> cgae.effective_tier(agent_id) OR status = 'active' AND tier_drop_at <= now() OR status = 'expired' AND current_tier > 'T0';
-- each fall on its day: a microsecond before, the tier told as old was permitted still, and from then the new one
SELECT e.agent_id, e.data FROM cgae.agent_events AS e JOIN cgae.agents AS a USING (agent_id),
  LATERAL (SELECT exp(-0.01 * extract(epoch FROM occurred_at - certified_at)::float8 / 86400) AS at, exp(-0.01 * (extract(epoch FROM occurred_at - certified_at)::float8 - 0.001) / 86400) AS before) AS f
 WHERE type IN ('decay', 'expiration') AND agent_id LIKE 'r%'
   AND (cgae.gate_tier(cgae.robustness(cgae.cc(current_robustness) * at, cgae.er(current_robustness) * at, cgae.as_(current_robustness) * at, cgae.ih(current_robustness) * at)) <> (data ->> 'new_tier')::cgae.tier
     OR occurred_at > certified_at + interval '1 ms' AND cgae.gate_tier(cgae.robustness(cgae.cc(current_robustness) * before, cgae.er(current_robustness) * before, cgae.as_(current_robustness) * before, cgae.ih(current_robustness) * before)) <= (data ->> 'new_tier')::cgae.tier);
SELECT agent_id FROM cgae.agents AS a JOIN cgae.events USING (agent_id) GROUP BY agent_id, last_seq
HAVING count(*) <> last_seq OR max(seq) <> last_seq OR count(DISTINCT seq) <> last_seq;

--
-- At the cost of those due, not of all: the index finds them, planned for any batch
--
SET client_min_messages = warning;
DROP EXTENSION cgae CASCADE;
CREATE EXTENSION cgae;
SELECT cgae.create_registry();
INSERT INTO cgae.agents (agent_id, model_name, architecture_hash) SELECT 'a' || i, 'm', '0123456789abcdef' FROM generate_series(1, 20000) AS i;
INSERT INTO cgae.certifications (agent_id, robustness) SELECT 'a' || i, '(0.95,0.95,0.95,0.95)' FROM generate_series(1, 20000) AS i;
INSERT INTO cgae.agents (agent_id, model_name, architecture_hash, registered_at) SELECT 'due' || i, 'm', '0123456789abcdef', now() - interval '30 days' FROM generate_series(1, 3) AS i;
INSERT INTO cgae.certifications (agent_id, robustness, certified_at) SELECT 'due' || i, '(0.95,0.95,0.95,0.95)', now() - interval '20 days' FROM generate_series(1, 3) AS i;
RESET client_min_messages;
VACUUM ANALYZE cgae.agents;
PREPARE due(timestamptz, int) AS SELECT agent_id FROM cgae.agents
  WHERE status OPERATOR(pg_catalog.=) 'active' AND current_tier OPERATOR(pg_catalog.=) ANY (CAST('{T1,T2,T3,T4,T5}' AS cgae.tier[]))
    AND tier_drop_at OPERATOR(pg_catalog.<=) $1 ORDER BY current_tier, tier_drop_at LIMIT $2 FOR NO KEY UPDATE SKIP LOCKED;
SET plan_cache_mode = force_generic_plan;
-- nodes of the plan, each kind once; in partitions there is a Merge Append over their indexes
DO $$
DECLARE
  plan json;
BEGIN
  EXECUTE 'EXPLAIN (COSTS OFF, FORMAT JSON) EXECUTE due(now(), 1000)' INTO plan;
  RAISE INFO '%', (SELECT array_agg(DISTINCT node #>> '{}') FROM jsonb_path_query(plan::jsonb, 'strict $.**."Node Type" ? (@ != "Merge Append")') AS node);
  RAISE INFO '%', (SELECT array_agg(DISTINCT node #>> '{}') FROM jsonb_path_query(plan::jsonb, 'strict $.**."Index Cond"') AS node);
END $$;
RESET plan_cache_mode;
-- and the sweep itself touches few pages and scans no table
SELECT pg_stat_force_next_flush();
SELECT seq_scan AS scans FROM pg_stat_user_tables WHERE relid = 'cgae.agents'::regclass \gset
SELECT * FROM cgae.apply_decay();
SELECT pg_stat_force_next_flush();
SELECT seq_scan - :scans AS scans FROM pg_stat_user_tables WHERE relid = 'cgae.agents'::regclass;
SET client_min_messages = warning;
DROP EXTENSION cgae CASCADE;
