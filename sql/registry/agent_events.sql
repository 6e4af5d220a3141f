-- What happened to an agent and is no certification.
--! per agent
CREATE TABLE cgae.agent_events (
    agent_id text NOT NULL
        CONSTRAINT agent_events_agent_id_fkey REFERENCES cgae.agents,
    seq int NOT NULL,
    type text NOT NULL,
    occurred_at timestamptz NOT NULL,
    data jsonb NOT NULL,
    actor text NOT NULL,
    recorded_at timestamptz NOT NULL,
    CONSTRAINT agent_events_pkey PRIMARY KEY (agent_id, seq));

COMMENT ON TABLE cgae.agent_events IS
    'every fact about an agent that is not a certification; written by the guards; append-only';
COMMENT ON COLUMN cgae.agent_events.agent_id IS
    'the agent';
COMMENT ON COLUMN cgae.agent_events.seq IS
    'number in the agent''s history, which it shares with certifications';
COMMENT ON COLUMN cgae.agent_events.type IS
    'registration, architecture_update, configuration_removal, architecture_mismatch, demotion, suspension, reinstatement, decay, expiration, deregistration';
COMMENT ON COLUMN cgae.agent_events.occurred_at IS
    'when it happened';
COMMENT ON COLUMN cgae.agent_events.data IS
    'particulars; status is the one that followed; a fall names its policy_version where that is dated after recorded_at, since the clock was stepped back';
COMMENT ON COLUMN cgae.agent_events.actor IS
    'role whose statement it was';
COMMENT ON COLUMN cgae.agent_events.recorded_at IS
    'when it was recorded, never before what has a lower seq';

COMMENT ON CONSTRAINT agent_events_pkey ON cgae.agent_events IS
    'seq counts within the agent, together with certifications';
COMMENT ON INDEX cgae.agent_events_pkey IS
    'seq counts within the agent, together with certifications';
COMMENT ON CONSTRAINT agent_events_agent_id_fkey ON cgae.agent_events IS
    'every event is about a registered agent';

-- Guards.  zz_ sorts them behind the owner's own triggers: who fires last has the last word.
CREATE TRIGGER zz_cgae_guard
    BEFORE INSERT ON cgae.agent_events
    FOR EACH ROW EXECUTE FUNCTION cgae.guard_events();
COMMENT ON TRIGGER zz_cgae_guard ON cgae.agent_events IS
    'lets in what the registry writes, nothing else';
CREATE TRIGGER zz_cgae_append_only
    BEFORE UPDATE OR DELETE ON cgae.agent_events
    FOR EACH ROW EXECUTE FUNCTION cgae.guard_append_only();
COMMENT ON TRIGGER zz_cgae_append_only ON cgae.agent_events IS
    'refuses update and delete';
CREATE TRIGGER zz_cgae_no_truncate
    BEFORE TRUNCATE ON cgae.agent_events
    FOR EACH STATEMENT EXECUTE FUNCTION cgae.guard_append_only();
COMMENT ON TRIGGER zz_cgae_no_truncate ON cgae.agent_events IS
    'refuses truncate';

-- cgae.grant_access() opens it; the owner's default privileges do not.
REVOKE ALL ON cgae.agent_events FROM PUBLIC;
