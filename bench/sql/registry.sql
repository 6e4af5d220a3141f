-- A registry of :agents agents, each registered and certified once within the last ten days.
-- Filled with the guards disabled (the registry that a restore would load); the numbers are those
-- that the guards would have derived.
--
-- Agent k, 0 <= k < :agents, is 'agent_' || (100000000000 + k).  With a :step above 1 they lie
-- in the table in another order than in the index, as agents with generated ids do.
CREATE EXTENSION cgae;
SELECT cgae.create_registry();

SET session_replication_role = replica;
SET synchronous_commit = off;
SELECT setseed(0.5);

INSERT INTO cgae.agents (agent_id, model_name, architecture_hash, architecture_digest, model_config, provenance,
  registered_at, initial_robustness, status, certified_tier, current_tier, current_robustness, certified_at,
  last_audit_at, tier_drop_at, last_seq, certification_count, balance, recorded_at, rated_policy)
SELECT agent_id, 'gpt-5', '9e5c1f0a7b3d2846', '9e5c1f0a7b3d28469e5c1f0a7b3d28469e5c1f0a7b3d28469e5c1f0a7b3d2846',
  '{"model": "gpt-5", "provider": "azure_ai", "temperature": 0.7}', '{"source": "bench"}',
  certified_at - interval '1 hour', r, 'active', cgae.gate_tier(r), cgae.gate_tier(r), r, certified_at,
  certified_at, cgae.tier_drop_at(r, certified_at), 2, 1, 100, certified_at, 1
FROM (
  SELECT 'agent_' || (100000000000 + i * :step % :agents) AS agent_id,
    cgae.robustness(0.35 + 0.65 * random(), 0.35 + 0.65 * random(), 0.3 + 0.7 * random(), 0.55 + 0.45 * random()) AS r,
    now() - interval '10 days' * random() AS certified_at
  FROM generate_series(1, CAST(:agents AS bigint)) AS i
  OFFSET 0) AS given;

INSERT INTO cgae.agent_events (agent_id, seq, type, occurred_at, data, actor, recorded_at)
SELECT agent_id, 1, 'registration', registered_at,
  jsonb_build_object('architecture_hash', architecture_digest, 'model_name', model_name, 'status', 'pending'),
  'postgres', registered_at
FROM cgae.agents;

INSERT INTO cgae.certifications (agent_id, seq, outcome, robustness, tier, audit_type, certified_at, policy_version,
  auditor, recorded_at, status)
SELECT agent_id, 2, 'certified', current_robustness, certified_tier, 'registration', certified_at, 1, 'postgres', certified_at,
  status
FROM cgae.agents;

RESET session_replication_role;
VACUUM (ANALYZE, FREEZE) cgae.agents;
VACUUM (ANALYZE, FREEZE) cgae.certifications;
VACUUM (ANALYZE, FREEZE) cgae.agent_events;
