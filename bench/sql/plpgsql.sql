-- Peer: the same tables with the same rules in plpgsql triggers, in plain types (four float8 columns
-- for the vector).  Few statements per certification (the policy, the agent under its lock, its
-- update), everything else in expressions; the guard of agents is called for derived columns only.
CREATE SCHEMA plp;
SET synchronous_commit = off;

CREATE TABLE plp.gate_policies (
  version int PRIMARY KEY,
  cc float8[] NOT NULL,
  er float8[] NOT NULL,
  as_ float8[] NOT NULL,
  ih_threshold float8 NOT NULL,
  decay_rate float8 NOT NULL,
  time_step interval NOT NULL
);
INSERT INTO plp.gate_policies
SELECT version, cc, er, as_, ih_threshold, decay_rate, time_step FROM cgae.gate_policies;

CREATE TABLE plp.agents (
  agent_id text PRIMARY KEY,
  model_name text NOT NULL,
  architecture_hash text NOT NULL,
  architecture_digest text,
  model_config json,
  provenance jsonb NOT NULL DEFAULT '{}',
  wallet_address text,
  registered_at timestamptz NOT NULL DEFAULT now(),
  initial_cc float8 NOT NULL DEFAULT 0,
  initial_er float8 NOT NULL DEFAULT 0,
  initial_as float8 NOT NULL DEFAULT 0,
  initial_ih float8 NOT NULL DEFAULT 0,
  status cgae.agent_status NOT NULL DEFAULT 'pending',
  holds text[] NOT NULL DEFAULT '{}',
  certified_tier cgae.tier,
  current_tier cgae.tier NOT NULL DEFAULT 'T0',
  cc float8,
  er float8,
  as_ float8,
  ih float8,
  certified_at timestamptz,
  last_audit_at timestamptz,
  tier_drop_at timestamptz,
  observed_architecture_hash text,
  last_seq int NOT NULL DEFAULT 1,
  certification_count int NOT NULL DEFAULT 0,
  balance numeric NOT NULL DEFAULT 0 CHECK (balance >= 0),
  total_earned numeric NOT NULL DEFAULT 0 CHECK (total_earned >= 0),
  total_spent numeric NOT NULL DEFAULT 0 CHECK (total_spent >= 0),
  total_penalties numeric NOT NULL DEFAULT 0 CHECK (total_penalties >= 0),
  total_topups numeric NOT NULL DEFAULT 0 CHECK (total_topups >= 0),
  contracts_completed bigint NOT NULL DEFAULT 0 CHECK (contracts_completed >= 0),
  contracts_failed bigint NOT NULL DEFAULT 0 CHECK (contracts_failed >= 0),
  deregistered_at timestamptz,
  recorded_at timestamptz NOT NULL,
  rated_policy int NOT NULL
);
INSERT INTO plp.agents
SELECT agent_id, model_name, architecture_hash, architecture_digest, model_config, provenance, wallet_address,
  registered_at, cgae.cc(initial_robustness), cgae.er(initial_robustness), cgae.as_(initial_robustness),
  cgae.ih(initial_robustness), status, holds, certified_tier, current_tier, cgae.cc(current_robustness),
  cgae.er(current_robustness), cgae.as_(current_robustness), cgae.ih(current_robustness), certified_at,
  last_audit_at, tier_drop_at, observed_architecture_hash, last_seq, certification_count, balance, total_earned,
  total_spent, total_penalties, total_topups, contracts_completed, contracts_failed, deregistered_at, recorded_at,
  rated_policy
FROM cgae.agents;
CREATE INDEX ON plp.agents (current_tier, tier_drop_at) WHERE status = 'active';

CREATE TABLE plp.certifications (
  agent_id text NOT NULL REFERENCES plp.agents,
  seq int NOT NULL,
  outcome text NOT NULL,
  cc float8 CHECK (cc BETWEEN 0 AND 1),
  er float8 CHECK (er BETWEEN 0 AND 1),
  as_ float8 CHECK (as_ BETWEEN 0 AND 1),
  ih float8 CHECK (ih BETWEEN 0 AND 1),
  tier cgae.tier,
  previous_tier cgae.tier,
  audit_type text NOT NULL CHECK (audit_type <> ''),
  audit_details jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(audit_details) = 'object'),
  observed_architecture_hash text,
  certified_at timestamptz NOT NULL,
  policy_version int,
  auditor text NOT NULL,
  recorded_at timestamptz NOT NULL,
  status cgae.agent_status NOT NULL,
  request_id text,
  PRIMARY KEY (agent_id, seq)
);
CREATE UNIQUE INDEX ON plp.certifications (agent_id, request_id) WHERE request_id IS NOT NULL;
INSERT INTO plp.certifications
SELECT agent_id, seq, outcome, cgae.cc(robustness), cgae.er(robustness), cgae.as_(robustness), cgae.ih(robustness),
  tier, previous_tier, audit_type, audit_details, observed_architecture_hash, certified_at, policy_version, auditor,
  recorded_at, status
FROM cgae.certifications;

CREATE TABLE plp.agent_events (
  agent_id text NOT NULL REFERENCES plp.agents,
  seq int NOT NULL,
  type text NOT NULL,
  occurred_at timestamptz NOT NULL,
  data jsonb NOT NULL,
  actor text NOT NULL,
  recorded_at timestamptz NOT NULL,
  PRIMARY KEY (agent_id, seq)
);
INSERT INTO plp.agent_events SELECT * FROM cgae.agent_events;

-- Highest k whose threshold a score reaches: width_bucket counts the thresholds that are not above it.
CREATE FUNCTION plp.guard_certification() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  a record;
  policy plp.gate_policies%ROWTYPE;
  clock timestamptz;
  k int;
  passing boolean;
  new_tier cgae.tier;
  new_status cgae.agent_status;
  new_holds text[];
  steps float8;
BEGIN
  LOCK TABLE plp.gate_policies IN ROW SHARE MODE;
  SELECT * INTO policy FROM plp.gate_policies ORDER BY version DESC LIMIT 1;
  SELECT status, holds, coalesce(architecture_digest, architecture_hash) AS hash, registered_at, certified_at,
      certified_tier, certification_count, last_seq, recorded_at
    INTO a FROM plp.agents WHERE agent_id = NEW.agent_id FOR NO KEY UPDATE;
  IF NOT FOUND THEN
    RAISE foreign_key_violation USING MESSAGE = format('agent "%s" is not registered', NEW.agent_id);
  END IF;
  IF a.status = 'deregistered' THEN
    RAISE object_not_in_prerequisite_state USING MESSAGE = format('agent "%s" is deregistered', NEW.agent_id);
  END IF;
  clock := clock_timestamp();
  NEW.seq := a.last_seq + 1;
  NEW.auditor := current_user;
  NEW.recorded_at := greatest(clock, a.recorded_at);
  NEW.audit_type := coalesce(NEW.audit_type, CASE a.certification_count WHEN 0 THEN 'registration'
                                             ELSE 're-certification' END);
  NEW.previous_tier := a.certified_tier;

  IF length(NEW.observed_architecture_hash) NOT IN (16, 64) THEN
    RAISE invalid_text_representation USING MESSAGE = 'an architecture hash has 16 or 64 digits';
  END IF;
  IF NEW.observed_architecture_hash IS NOT NULL AND NOT starts_with(a.hash, lower(NEW.observed_architecture_hash)) THEN
    NEW.outcome := 'architecture_mismatch';
    NEW.tier := NULL;
    NEW.status := 'suspended';
    NEW.certified_at := clock;
    UPDATE plp.agents
      SET status = 'suspended', holds = array_append(array_remove(holds, 'architecture_drift'), 'architecture_drift'),
        observed_architecture_hash = NEW.observed_architecture_hash, last_seq = NEW.seq, recorded_at = NEW.recorded_at
      WHERE agent_id = NEW.agent_id;
    RAISE WARNING 'agent "%" is suspended: its observed architecture differs', NEW.agent_id;
    RETURN NEW;
  END IF;

  IF NEW.certified_at IS NULL THEN
    NEW.certified_at := clock;
  ELSIF NEW.certified_at < a.registered_at OR NEW.certified_at < a.certified_at OR NEW.certified_at > clock THEN
    RAISE check_violation USING MESSAGE = format('certified_at of agent "%s" breaks the order of time', NEW.agent_id);
  END IF;

  passing := NEW.ih >= policy.ih_threshold;
  k := CASE WHEN passing THEN least(width_bucket(NEW.cc, policy.cc), width_bucket(NEW.er, policy.er),
                                    width_bucket(NEW.as_, policy.as_)) - 1
       ELSE 0 END;
  new_tier := ('{T0,T1,T2,T3,T4,T5}'::cgae.tier[])[k + 1];
  IF NEW.tier <> new_tier OR NEW.outcome <> (CASE WHEN passing THEN 'certified' ELSE 'failed' END) THEN
    RAISE generated_always USING MESSAGE = format('tier or outcome supplied for agent "%s" disagrees', NEW.agent_id);
  END IF;
  IF NEW.audit_type = 'demotion' AND (a.certified_tier IS NULL OR new_tier >= a.certified_tier) THEN
    RAISE check_violation USING MESSAGE = format('demotion of agent "%s" does not lower its tier', NEW.agent_id);
  END IF;

  IF NOT passing THEN
    new_holds := array_append(array_remove(a.holds, 'failed_audit'), 'failed_audit');
  ELSIF a.holds <> '{}' THEN
    new_holds := array_remove(a.holds, 'failed_audit');
    IF NEW.observed_architecture_hash IS NOT NULL THEN
      new_holds := array_remove(new_holds, 'architecture_drift');
    END IF;
  ELSE
    new_holds := a.holds;
  END IF;
  new_status := CASE WHEN new_holds = '{}' THEN 'active' ELSE 'suspended' END;
  steps := CASE WHEN k > 0 THEN
    least(ln(NEW.cc / policy.cc[k + 1]), ln(NEW.er / policy.er[k + 1]), ln(NEW.as_ / policy.as_[k + 1]),
          ln(NEW.ih / policy.ih_threshold)) / policy.decay_rate END;

  NEW.outcome := CASE WHEN passing THEN 'certified' ELSE 'failed' END;
  NEW.tier := new_tier;
  NEW.policy_version := policy.version;
  NEW.status := new_status;
  UPDATE plp.agents SET
      initial_cc = CASE WHEN certification_count = 0 THEN NEW.cc ELSE initial_cc END,
      initial_er = CASE WHEN certification_count = 0 THEN NEW.er ELSE initial_er END,
      initial_as = CASE WHEN certification_count = 0 THEN NEW.as_ ELSE initial_as END,
      initial_ih = CASE WHEN certification_count = 0 THEN NEW.ih ELSE initial_ih END,
      status = new_status, holds = new_holds, certified_tier = new_tier, current_tier = new_tier,
      cc = NEW.cc, er = NEW.er, as_ = NEW.as_, ih = NEW.ih,
      certified_at = NEW.certified_at, last_audit_at = NEW.certified_at,
      tier_drop_at = NEW.certified_at + steps * policy.time_step,
      observed_architecture_hash = coalesce(NEW.observed_architecture_hash, observed_architecture_hash),
      last_seq = NEW.seq, certification_count = certification_count + 1, recorded_at = NEW.recorded_at,
      rated_policy = policy.version
    WHERE agent_id = NEW.agent_id;
  IF NEW.audit_type = 'demotion' THEN
    UPDATE plp.agents SET last_seq = NEW.seq + 1 WHERE agent_id = NEW.agent_id;
    INSERT INTO plp.agent_events
    VALUES (NEW.agent_id, NEW.seq + 1, 'demotion', NEW.certified_at,
            jsonb_build_object('old_tier', a.certified_tier, 'new_tier', new_tier), current_user, NEW.recorded_at);
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER guard BEFORE INSERT ON plp.certifications
  FOR EACH ROW EXECUTE FUNCTION plp.guard_certification();

CREATE FUNCTION plp.refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE restrict_violation USING MESSAGE = format('"%s" is append-only', TG_RELNAME);
END $$;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON plp.certifications
  FOR EACH ROW EXECUTE FUNCTION plp.refuse();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON plp.agent_events
  FOR EACH ROW EXECUTE FUNCTION plp.refuse();

-- Derived columns change in the guard of certifications only, which runs one trigger deeper.
CREATE FUNCTION plp.guard_agent() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF pg_trigger_depth() < 2 THEN
    RAISE generated_always USING MESSAGE = format('agent "%s" has derived columns, which cannot be set', OLD.agent_id);
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER guard BEFORE UPDATE ON plp.agents
  FOR EACH ROW WHEN ((OLD.status, OLD.holds, OLD.certified_tier, OLD.current_tier, OLD.certified_at, OLD.tier_drop_at,
                      OLD.last_seq, OLD.certification_count, OLD.recorded_at, OLD.rated_policy)
    IS DISTINCT FROM (NEW.status, NEW.holds, NEW.certified_tier, NEW.current_tier, NEW.certified_at, NEW.tier_drop_at,
                      NEW.last_seq, NEW.certification_count, NEW.recorded_at, NEW.rated_policy))
  EXECUTE FUNCTION plp.guard_agent();

VACUUM (ANALYZE, FREEZE) plp.agents;
VACUUM (ANALYZE, FREEZE) plp.certifications;
VACUUM (ANALYZE, FREEZE) plp.agent_events;
