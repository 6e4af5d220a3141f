-- Peer for size: the same rows in the same columns, of PostgreSQL's own types (a vector is four float8),
-- with the same primary keys and indexes.
CREATE SCHEMA plain_types;
CREATE TYPE plain_types.tier AS ENUM ('T0', 'T1', 'T2', 'T3', 'T4', 'T5');
CREATE TYPE plain_types.agent_status AS ENUM ('pending', 'active', 'suspended', 'expired', 'deregistered');

CREATE TABLE plain_types.agents AS
SELECT agent_id, model_name, architecture_hash, architecture_digest, model_config, provenance, wallet_address,
  registered_at,
  cgae.cc(initial_robustness) AS initial_cc, cgae.er(initial_robustness) AS initial_er,
  cgae.as_(initial_robustness) AS initial_as, cgae.ih(initial_robustness) AS initial_ih,
  CAST(CAST(status AS text) AS plain_types.agent_status) AS status, holds,
  CAST(CAST(certified_tier AS text) AS plain_types.tier) AS certified_tier,
  CAST(CAST(current_tier AS text) AS plain_types.tier) AS current_tier,
  cgae.cc(current_robustness) AS cc, cgae.er(current_robustness) AS er, cgae.as_(current_robustness) AS as_,
  cgae.ih(current_robustness) AS ih,
  certified_at, last_audit_at, tier_drop_at, observed_architecture_hash, last_seq, certification_count, balance,
  total_earned, total_spent, total_penalties, total_topups, contracts_completed, contracts_failed, deregistered_at,
  recorded_at, rated_policy
FROM cgae.agents;
ALTER TABLE plain_types.agents ADD PRIMARY KEY (agent_id);
CREATE INDEX ON plain_types.agents (current_tier, tier_drop_at) WHERE status = 'active';

CREATE TABLE plain_types.certifications AS
SELECT agent_id, seq, outcome,
  cgae.cc(robustness) AS cc, cgae.er(robustness) AS er, cgae.as_(robustness) AS as_, cgae.ih(robustness) AS ih,
  CAST(CAST(tier AS text) AS plain_types.tier) AS tier,
  CAST(CAST(previous_tier AS text) AS plain_types.tier) AS previous_tier,
  audit_type, audit_details, observed_architecture_hash, certified_at, policy_version, auditor, recorded_at,
  CAST(CAST(status AS text) AS plain_types.agent_status) AS status, request_id
FROM cgae.certifications;
ALTER TABLE plain_types.certifications ADD PRIMARY KEY (agent_id, seq);
CREATE UNIQUE INDEX ON plain_types.certifications (agent_id, request_id) WHERE request_id IS NOT NULL;

CREATE TABLE plain_types.agent_events AS SELECT * FROM cgae.agent_events;
ALTER TABLE plain_types.agent_events ADD PRIMARY KEY (agent_id, seq);

-- ours as freshly built as theirs
VACUUM FULL cgae.agents;
VACUUM FULL cgae.certifications;
VACUUM FULL cgae.agent_events;
