-- Agents and their standing.
--! per agent
CREATE TABLE cgae.agents (
    agent_id text NOT NULL
        DEFAULT ('agent_' || substr(replace(gen_random_uuid()::text, '-', ''), 1, 12))
        CONSTRAINT agents_pkey PRIMARY KEY,
    model_name text NOT NULL,
    architecture_hash text NOT NULL,
    architecture_digest text,
    model_config json,
    provenance jsonb NOT NULL DEFAULT '{}',
    wallet_address text,
    registered_at timestamptz NOT NULL DEFAULT now(),
    initial_robustness cgae.robustness NOT NULL DEFAULT '(0,0,0,0)',
    status cgae.agent_status NOT NULL DEFAULT 'pending',
    holds text[] NOT NULL DEFAULT '{}',
    certified_tier cgae.tier,
    current_tier cgae.tier NOT NULL DEFAULT 'T0',
    current_robustness cgae.robustness,
    certified_at timestamptz,
    last_audit_at timestamptz,
    tier_drop_at timestamptz,
    observed_architecture_hash text,
    last_seq int NOT NULL DEFAULT 1,
    certification_count int NOT NULL DEFAULT 0,
    balance numeric NOT NULL DEFAULT 0,
    total_earned numeric NOT NULL DEFAULT 0,
    total_spent numeric NOT NULL DEFAULT 0,
    total_penalties numeric NOT NULL DEFAULT 0,
    total_topups numeric NOT NULL DEFAULT 0,
    contracts_completed bigint NOT NULL DEFAULT 0,
    contracts_failed bigint NOT NULL DEFAULT 0,
    deregistered_at timestamptz,
    recorded_at timestamptz NOT NULL,
    rated_policy int NOT NULL);

COMMENT ON TABLE cgae.agents IS
    'registered agents and their standing; state columns are derived by the guard';
COMMENT ON COLUMN cgae.agents.agent_id IS
    'identity of the agent; never changes';
COMMENT ON COLUMN cgae.agents.model_name IS
    'human-readable name of the model';
COMMENT ON COLUMN cgae.agents.architecture_hash IS
    'h(arch): first 16 hex digits of the digest of the registered architecture';
COMMENT ON COLUMN cgae.agents.architecture_digest IS
    'all 64 hex digits of SHA-256 over the canonical JSON of model_config; null when only 16 are known';
COMMENT ON COLUMN cgae.agents.model_config IS
    'model configuration as registered; updating it registers a new architecture';
COMMENT ON COLUMN cgae.agents.provenance IS
    'training provenance, a JSON object';
COMMENT ON COLUMN cgae.agents.wallet_address IS
    'on-chain address of the agent';
COMMENT ON COLUMN cgae.agents.registered_at IS
    'when the agent was registered';
COMMENT ON COLUMN cgae.agents.initial_robustness IS
    'vector of the first certification; (0,0,0,0) before; derived';
COMMENT ON COLUMN cgae.agents.status IS
    'lifecycle status; derived, but a client may set it to deregistered';
COMMENT ON COLUMN cgae.agents.holds IS
    'reasons of suspension; an operator adds and lifts its own here';
COMMENT ON COLUMN cgae.agents.certified_tier IS
    'tier of the last certification; derived';
COMMENT ON COLUMN cgae.agents.current_tier IS
    'tier as last certified or lowered; derived';
COMMENT ON COLUMN cgae.agents.current_robustness IS
    'vector of the last certification; derived';
COMMENT ON COLUMN cgae.agents.certified_at IS
    'time of the last certification; derived';
COMMENT ON COLUMN cgae.agents.last_audit_at IS
    'time of the last audit; derived';
COMMENT ON COLUMN cgae.agents.tier_drop_at IS
    'when decay next lowers the tier; null when it never does; derived';
COMMENT ON COLUMN cgae.agents.observed_architecture_hash IS
    'last observed hash that mattered; updating it reports an observation';
COMMENT ON COLUMN cgae.agents.last_seq IS
    'last number of the agent''s history; derived';
COMMENT ON COLUMN cgae.agents.certification_count IS
    'how often the agent was certified; derived';
COMMENT ON COLUMN cgae.agents.balance IS
    'token balance, never negative';
COMMENT ON COLUMN cgae.agents.total_earned IS
    'tokens earned so far';
COMMENT ON COLUMN cgae.agents.total_spent IS
    'tokens spent so far';
COMMENT ON COLUMN cgae.agents.total_penalties IS
    'tokens lost to penalties so far';
COMMENT ON COLUMN cgae.agents.total_topups IS
    'tokens topped up so far';
COMMENT ON COLUMN cgae.agents.contracts_completed IS
    'contracts completed so far';
COMMENT ON COLUMN cgae.agents.contracts_failed IS
    'contracts failed so far';
COMMENT ON COLUMN cgae.agents.deregistered_at IS
    'when the agent was deregistered; given with status = deregistered';
COMMENT ON COLUMN cgae.agents.recorded_at IS
    'when the newest fact of the agent''s history was recorded; never runs backwards, whatever the clock does; derived';
COMMENT ON COLUMN cgae.agents.rated_policy IS
    'version of the policy under which the tiers were last rated: lower than that in force where the tier waits for a sweep; derived';

COMMENT ON CONSTRAINT agents_pkey ON cgae.agents IS
    'one row an agent; nothing else is unique across agents';
COMMENT ON INDEX cgae.agents_pkey IS
    'one row an agent; nothing else is unique across agents';

CREATE INDEX agents_active_tier_idx ON cgae.agents (current_tier, tier_drop_at)
    WHERE status = 'active';
COMMENT ON INDEX cgae.agents_active_tier_idx IS
    'for tier_distribution(), agents_by_tier(), and apply_decay(): who is due';

CREATE STATISTICS cgae.agents_gate_tier ON (cgae.gate_tier(current_robustness))
    FROM cgae.agents;
COMMENT ON STATISTICS cgae.agents_gate_tier IS
    'tells the planner that the gate gives six tiers, not as many as there are vectors';

-- Guards.  zz_ sorts them behind the owner's own triggers: who fires last has the last word.
CREATE TRIGGER zz_cgae_guard
    BEFORE INSERT OR UPDATE ON cgae.agents
    FOR EACH ROW EXECUTE FUNCTION cgae.guard_agents();
COMMENT ON TRIGGER zz_cgae_guard ON cgae.agents IS
    'derives all state of an agent and refuses what a client may not set';
CREATE TRIGGER zz_cgae_policy_lock
    BEFORE UPDATE OF current_tier ON cgae.agents
    FOR EACH STATEMENT EXECUTE FUNCTION cgae.guard_agents();
COMMENT ON TRIGGER zz_cgae_policy_lock ON cgae.agents IS
    'locks the policy before the agents whose tier it lowers';
CREATE TRIGGER zz_cgae_registration
    AFTER INSERT ON cgae.agents
    FOR EACH ROW EXECUTE FUNCTION cgae.guard_agents();
COMMENT ON TRIGGER zz_cgae_registration ON cgae.agents IS
    'logs the registration';
CREATE TRIGGER zz_cgae_append_only
    BEFORE DELETE ON cgae.agents
    FOR EACH ROW EXECUTE FUNCTION cgae.guard_append_only();
COMMENT ON TRIGGER zz_cgae_append_only ON cgae.agents IS
    'refuses delete';
CREATE TRIGGER zz_cgae_no_truncate
    BEFORE TRUNCATE ON cgae.agents
    FOR EACH STATEMENT EXECUTE FUNCTION cgae.guard_append_only();
COMMENT ON TRIGGER zz_cgae_no_truncate ON cgae.agents IS
    'refuses truncate';

-- cgae.grant_access() opens it; the owner's default privileges do not.
REVOKE ALL ON cgae.agents FROM PUBLIC;
