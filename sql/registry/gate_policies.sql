-- Versions of the gate policy.
CREATE TABLE cgae.gate_policies (
    version int NOT NULL CONSTRAINT gate_policies_pkey PRIMARY KEY,
    cc float8[] NOT NULL,
    er float8[] NOT NULL,
    as_ float8[] NOT NULL,
    ih_threshold float8 NOT NULL,
    budget_ceilings numeric[] NOT NULL,
    audit_intensities float8[] NOT NULL,
    decay_rate float8 NOT NULL,
    time_step interval NOT NULL,
    effective_from timestamptz NOT NULL,
    note text NOT NULL DEFAULT '',
    actor text NOT NULL,
    digest bytea NOT NULL);

COMMENT ON TABLE cgae.gate_policies IS
    'versions of the gate policy; the highest is in force; append-only';
COMMENT ON COLUMN cgae.gate_policies.version IS
    'number of the version: 1, 2, ...';
COMMENT ON COLUMN cgae.gate_policies.cc IS
    'least constraint compliance for T0 to T5, in [0,1]';
COMMENT ON COLUMN cgae.gate_policies.er IS
    'least epistemic robustness for T0 to T5, in [0,1]';
COMMENT ON COLUMN cgae.gate_policies.as_ IS
    'least behavioural alignment for T0 to T5, in [0,1]';
COMMENT ON COLUMN cgae.gate_policies.ih_threshold IS
    'least intrinsic-hallucination integrity for any tier above T0, in [0,1]';
COMMENT ON COLUMN cgae.gate_policies.budget_ceilings IS
    'budget ceiling of T0 to T5, in tokens';
COMMENT ON COLUMN cgae.gate_policies.audit_intensities IS
    'spot-audit intensity mu of T0 to T5, per time step';
COMMENT ON COLUMN cgae.gate_policies.decay_rate IS
    'decay rate lambda, per time step';
COMMENT ON COLUMN cgae.gate_policies.time_step IS
    'length of a time step; a day is 86400 s';
COMMENT ON COLUMN cgae.gate_policies.effective_from IS
    'when the version took force; for the first one the registry''s creation, though it judges what was before as well';
COMMENT ON COLUMN cgae.gate_policies.note IS
    'why the version was published';
COMMENT ON COLUMN cgae.gate_policies.actor IS
    'role whose statement published it';
COMMENT ON COLUMN cgae.gate_policies.digest IS
    'SHA-256 over all that the version says, by which check_registry() knows one that was changed';

COMMENT ON CONSTRAINT gate_policies_pkey ON cgae.gate_policies IS
    'one row a version';
COMMENT ON INDEX cgae.gate_policies_pkey IS
    'one row a version';

-- Guards.  zz_ sorts them behind the owner's own triggers: who fires last has the last word.
CREATE TRIGGER zz_cgae_guard
    BEFORE INSERT ON cgae.gate_policies
    FOR EACH ROW EXECUTE FUNCTION cgae.guard_policies();
COMMENT ON TRIGGER zz_cgae_guard ON cgae.gate_policies IS
    'lets in what publish_policy() publishes, nothing else';
CREATE TRIGGER zz_cgae_append_only
    BEFORE UPDATE OR DELETE ON cgae.gate_policies
    FOR EACH ROW EXECUTE FUNCTION cgae.guard_append_only();
COMMENT ON TRIGGER zz_cgae_append_only ON cgae.gate_policies IS
    'refuses update and delete';
CREATE TRIGGER zz_cgae_no_truncate
    BEFORE TRUNCATE ON cgae.gate_policies
    FOR EACH STATEMENT EXECUTE FUNCTION cgae.guard_append_only();
COMMENT ON TRIGGER zz_cgae_no_truncate ON cgae.gate_policies IS
    'refuses truncate';
CREATE TRIGGER zz_cgae_invalidate
    AFTER INSERT OR UPDATE OR DELETE ON cgae.gate_policies
    FOR EACH ROW EXECUTE FUNCTION cgae.guard_policies();
COMMENT ON TRIGGER zz_cgae_invalidate ON cgae.gate_policies IS
    'makes every session read the policies anew';
ALTER TABLE cgae.gate_policies ENABLE ALWAYS TRIGGER zz_cgae_invalidate;

-- cgae.grant_access() opens it; the owner's default privileges do not.
REVOKE ALL ON cgae.gate_policies FROM PUBLIC;
