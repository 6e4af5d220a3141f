-- Certifications: every audit of every agent.
--! per agent
CREATE TABLE cgae.certifications (
    agent_id text NOT NULL
        CONSTRAINT certifications_agent_id_fkey REFERENCES cgae.agents,
    seq int NOT NULL,
    outcome text NOT NULL,
    robustness cgae.robustness,
    tier cgae.tier,
    previous_tier cgae.tier,
    audit_type text NOT NULL,
    audit_details jsonb NOT NULL DEFAULT '{}',
    observed_architecture_hash text,
    certified_at timestamptz NOT NULL,
    policy_version int,
    auditor text NOT NULL,
    recorded_at timestamptz NOT NULL,
    status cgae.agent_status NOT NULL,
    request_id text,
    CONSTRAINT certifications_pkey PRIMARY KEY (agent_id, seq));

COMMENT ON TABLE cgae.certifications IS
    'every audit of every agent, also those refused for drift; append-only';
COMMENT ON COLUMN cgae.certifications.agent_id IS
    'the audited agent';
COMMENT ON COLUMN cgae.certifications.seq IS
    'number in the agent''s history, which it shares with agent_events; derived';
COMMENT ON COLUMN cgae.certifications.outcome IS
    'certified, failed (ih below its threshold: T0, and held) or architecture_mismatch; derived';
COMMENT ON COLUMN cgae.certifications.robustness IS
    'measured vector; may be null on a mismatch';
COMMENT ON COLUMN cgae.certifications.tier IS
    'tier that the gate gives the vector; null on a mismatch; derived';
COMMENT ON COLUMN cgae.certifications.previous_tier IS
    'tier of the certification before; derived';
COMMENT ON COLUMN cgae.certifications.audit_type IS
    'kind of audit: registration, upgrade, spot, re-certification, demotion, ...; not given, an agent''s first certification is a registration, another a re-certification';
COMMENT ON COLUMN cgae.certifications.audit_details IS
    'details, a JSON object; storage_root_hash names the audit certificate';
COMMENT ON COLUMN cgae.certifications.observed_architecture_hash IS
    'architecture that the auditor saw, 16 or 64 hex digits';
COMMENT ON COLUMN cgae.certifications.certified_at IS
    'when the audit holds from; the clock when not given, also where the last audit lies ahead of it';
COMMENT ON COLUMN cgae.certifications.policy_version IS
    'policy that judged; derived';
COMMENT ON COLUMN cgae.certifications.auditor IS
    'role that recorded it; derived';
COMMENT ON COLUMN cgae.certifications.recorded_at IS
    'when it was recorded, never before what has a lower seq; derived';
COMMENT ON COLUMN cgae.certifications.status IS
    'status of the agent that followed; derived';
COMMENT ON COLUMN cgae.certifications.request_id IS
    'name of the request, unique per agent, by which a repeated call is known; null for none';

COMMENT ON CONSTRAINT certifications_pkey ON cgae.certifications IS
    'seq counts within the agent, together with agent_events';
COMMENT ON INDEX cgae.certifications_pkey IS
    'seq counts within the agent, together with agent_events';
COMMENT ON CONSTRAINT certifications_agent_id_fkey ON cgae.certifications IS
    'only registered agents are audited';

CREATE UNIQUE INDEX certifications_request_id_key ON cgae.certifications (agent_id, request_id)
    WHERE request_id IS NOT NULL;
COMMENT ON INDEX cgae.certifications_request_id_key IS
    'one certification per request of an agent';

CREATE STATISTICS cgae.certifications_gate_tier ON (cgae.gate_tier(robustness))
    FROM cgae.certifications;
COMMENT ON STATISTICS cgae.certifications_gate_tier IS
    'tells the planner that the gate gives six tiers, not as many as there are vectors';

-- Guards.  zz_ sorts them behind the owner's own triggers: who fires last has the last word.
CREATE TRIGGER zz_cgae_guard
    BEFORE INSERT ON cgae.certifications
    FOR EACH ROW EXECUTE FUNCTION cgae.guard_certifications();
COMMENT ON TRIGGER zz_cgae_guard ON cgae.certifications IS
    'judges a certification under the lock of its agent';
CREATE TRIGGER zz_cgae_append_only
    BEFORE UPDATE OR DELETE ON cgae.certifications
    FOR EACH ROW EXECUTE FUNCTION cgae.guard_append_only();
COMMENT ON TRIGGER zz_cgae_append_only ON cgae.certifications IS
    'refuses update and delete';
CREATE TRIGGER zz_cgae_no_truncate
    BEFORE TRUNCATE ON cgae.certifications
    FOR EACH STATEMENT EXECUTE FUNCTION cgae.guard_append_only();
COMMENT ON TRIGGER zz_cgae_no_truncate ON cgae.certifications IS
    'refuses truncate';

-- cgae.grant_access() opens it; the owner's default privileges do not.
REVOKE ALL ON cgae.certifications FROM PUBLIC;
