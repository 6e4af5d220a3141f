-- The whole history, in one order per agent.
CREATE VIEW cgae.events WITH (security_invoker = true) AS
    SELECT agent_id, seq, type, occurred_at, data, actor, recorded_at
    FROM cgae.agent_events
    UNION ALL
    SELECT c.agent_id, c.seq,
        CASE WHEN c.outcome IN ('certified', 'failed') THEN 'certification' ELSE c.outcome END,
        c.certified_at,
        CASE WHEN c.outcome IN ('certified', 'failed')
            THEN jsonb_build_object('tier', c.tier, 'audit_type', c.audit_type,
                'robustness', c.robustness::jsonb, 'status', c.status)
            ELSE jsonb_build_object(
                'expected_hash', (SELECT e.data ->> 'architecture_hash'
                    FROM cgae.agent_events AS e
                    WHERE e.agent_id = c.agent_id AND e.seq < c.seq
                        AND e.type IN ('registration', 'architecture_update')
                    ORDER BY e.seq DESC LIMIT 1),
                'observed_hash', c.observed_architecture_hash, 'audit_type', c.audit_type,
                'status', c.status)
            END,
        c.auditor, c.recorded_at
    FROM cgae.certifications AS c;

COMMENT ON VIEW cgae.events IS
    'the whole history: agent_events and certifications, one order per agent by seq';
COMMENT ON COLUMN cgae.events.agent_id IS
    'the agent';
COMMENT ON COLUMN cgae.events.seq IS
    'number in the agent''s history, without gaps';
COMMENT ON COLUMN cgae.events.type IS
    'type of an event; certification or architecture_mismatch for an audit';
COMMENT ON COLUMN cgae.events.occurred_at IS
    'when it happened';
COMMENT ON COLUMN cgae.events.data IS
    'particulars';
COMMENT ON COLUMN cgae.events.actor IS
    'role whose statement it was';
COMMENT ON COLUMN cgae.events.recorded_at IS
    'when it was recorded';

-- cgae.grant_access() opens it; the owner's default privileges do not.
REVOKE ALL ON cgae.events FROM PUBLIC;
