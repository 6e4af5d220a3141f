\set k 100000000000 + random(0, :agents - 1)
\set cc random(350, 1000) / 1000.0
\set er random(350, 1000) / 1000.0
\set as random(300, 1000) / 1000.0
\set ih random(550, 1000) / 1000.0
\set tier random(2, 6)
\set drop :now + random(1, 5000000)
WITH agent AS (
  UPDATE plain.agents SET
    initial_robustness = CASE WHEN certification_count = 0 THEN cgae.robustness(:cc, :er, :as, :ih)
      ELSE initial_robustness END,
    status = 'active', certified_tier = ('{T0,T1,T2,T3,T4,T5}'::cgae.tier[])[:tier],
    current_tier = ('{T0,T1,T2,T3,T4,T5}'::cgae.tier[])[:tier],
    current_robustness = cgae.robustness(:cc, :er, :as, :ih),
    certified_at = now(), last_audit_at = now(), tier_drop_at = to_timestamp(:drop), recorded_at = now(),
    rated_policy = 1, last_seq = last_seq + 1, certification_count = certification_count + 1
  WHERE agent_id = 'agent_' || :k::text
  RETURNING agent_id, last_seq, current_robustness, current_tier)
INSERT INTO plain.certifications (agent_id, seq, outcome, robustness, tier, previous_tier, audit_type, certified_at,
  policy_version, auditor, recorded_at, status)
SELECT agent_id, last_seq, 'certified', current_robustness, current_tier, 'T1', 're-certification', now(), 1, current_user, now(),
  'active'
FROM agent;
