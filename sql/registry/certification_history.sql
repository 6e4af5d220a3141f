-- Certifications with their scores.
CREATE VIEW cgae.certification_history WITH (security_invoker = true) AS
    SELECT c.agent_id, c.seq, c.outcome, cgae.cc(c.robustness) AS cc, cgae.er(c.robustness) AS er,
        cgae.as_(c.robustness) AS as_, cgae.ih(c.robustness) AS ih, c.tier, c.previous_tier,
        c.status, c.audit_type, c.audit_details, c.observed_architecture_hash, c.certified_at,
        c.policy_version, c.auditor, c.recorded_at, c.request_id
    FROM cgae.certifications AS c;

COMMENT ON VIEW cgae.certification_history IS
    'every audit with its scores as columns';
COMMENT ON COLUMN cgae.certification_history.agent_id IS
    'the audited agent';
COMMENT ON COLUMN cgae.certification_history.seq IS
    'number in the agent''s history';
COMMENT ON COLUMN cgae.certification_history.outcome IS
    'certified, failed (ih below its threshold) or architecture_mismatch';
COMMENT ON COLUMN cgae.certification_history.cc IS
    'constraint compliance';
COMMENT ON COLUMN cgae.certification_history.er IS
    'epistemic robustness';
COMMENT ON COLUMN cgae.certification_history.as_ IS
    'behavioural alignment';
COMMENT ON COLUMN cgae.certification_history.ih IS
    'intrinsic-hallucination integrity';
COMMENT ON COLUMN cgae.certification_history.tier IS
    'tier that the gate gave; null on a mismatch';
COMMENT ON COLUMN cgae.certification_history.previous_tier IS
    'tier of the certification before';
COMMENT ON COLUMN cgae.certification_history.status IS
    'status of the agent that followed';
COMMENT ON COLUMN cgae.certification_history.audit_type IS
    'kind of audit';
COMMENT ON COLUMN cgae.certification_history.audit_details IS
    'details of the audit';
COMMENT ON COLUMN cgae.certification_history.observed_architecture_hash IS
    'architecture that the auditor saw';
COMMENT ON COLUMN cgae.certification_history.certified_at IS
    'when the audit holds from';
COMMENT ON COLUMN cgae.certification_history.policy_version IS
    'policy that judged';
COMMENT ON COLUMN cgae.certification_history.auditor IS
    'role that recorded it';
COMMENT ON COLUMN cgae.certification_history.recorded_at IS
    'when it was recorded';
COMMENT ON COLUMN cgae.certification_history.request_id IS
    'name of the request, unique per agent; null for none';

-- cgae.grant_access() opens it; the owner's default privileges do not.
REVOKE ALL ON cgae.certification_history FROM PUBLIC;
