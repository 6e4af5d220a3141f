-- :audits audits of different agents, in no order, with what a client that knows the gate adds to them.
-- Made on a table of :agents agents (registry.sql tells their names).
CREATE SCHEMA IF NOT EXISTS bench;
SELECT setseed(0.25);
CREATE TABLE bench.given AS
SELECT agent_id, robustness, cgae.gate_tier(robustness) AS tier, CAST('T1' AS cgae.tier) AS previous_tier,
  cgae.tier_drop_at(robustness, now()) AS tier_drop_at
FROM (
  SELECT 'agent_' || (100000000000 + k) AS agent_id,
    cgae.robustness(0.35 + 0.65 * random(), 0.35 + 0.65 * random(), 0.3 + 0.7 * random(), 0.55 + 0.45 * random())
      AS robustness
  FROM generate_series(0, CAST(:agents AS bigint) - 1) AS k
  ORDER BY random()
  LIMIT :audits) AS audit;
VACUUM (ANALYZE, FREEZE) bench.given;
