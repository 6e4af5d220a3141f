-- Epochs of the spot-audit lottery, whose secrets tell who is audited next.
--! secret
CREATE TABLE cgae.audit_seeds (
    epoch int NOT NULL CONSTRAINT audit_seeds_pkey PRIMARY KEY,
    secret bytea NOT NULL,
    commitment text NOT NULL GENERATED ALWAYS AS (encode(sha256(secret), 'hex')) STORED,
    created_at timestamptz NOT NULL,
    revealed_at timestamptz,
    actor text NOT NULL);

COMMENT ON TABLE cgae.audit_seeds IS
    'epochs of the spot-audit lottery with their secrets: who reads this foresees the audits; written by rotate_audit_seed() alone';
COMMENT ON COLUMN cgae.audit_seeds.epoch IS
    'number of the epoch: 1, 2, ...; the highest is the current one';
COMMENT ON COLUMN cgae.audit_seeds.secret IS
    'key of the epoch''s draws: see audit_draw()';
COMMENT ON COLUMN cgae.audit_seeds.commitment IS
    'SHA-256 of the secret, 64 hex digits, public from the beginning of the epoch';
COMMENT ON COLUMN cgae.audit_seeds.created_at IS
    'when the epoch began; not before the one before it, unless that lay ahead of the clock';
COMMENT ON COLUMN cgae.audit_seeds.revealed_at IS
    'when the epoch ended and its secret became public; null for the current one';
COMMENT ON COLUMN cgae.audit_seeds.actor IS
    'role whose statement began the epoch';

COMMENT ON CONSTRAINT audit_seeds_pkey ON cgae.audit_seeds IS
    'one row an epoch';
COMMENT ON INDEX cgae.audit_seeds_pkey IS
    'one row an epoch';

-- Guards.  zz_ sorts them behind the owner's own triggers: who fires last has the last word.
CREATE TRIGGER zz_cgae_guard
    BEFORE INSERT OR UPDATE ON cgae.audit_seeds
    FOR EACH ROW EXECUTE FUNCTION cgae.guard_seeds();
COMMENT ON TRIGGER zz_cgae_guard ON cgae.audit_seeds IS
    'makes new epochs and reveals ended ones for rotate_audit_seed(), refuses all else';
CREATE TRIGGER zz_cgae_append_only
    BEFORE DELETE ON cgae.audit_seeds
    FOR EACH ROW EXECUTE FUNCTION cgae.guard_append_only();
COMMENT ON TRIGGER zz_cgae_append_only ON cgae.audit_seeds IS
    'refuses delete';
CREATE TRIGGER zz_cgae_no_truncate
    BEFORE TRUNCATE ON cgae.audit_seeds
    FOR EACH STATEMENT EXECUTE FUNCTION cgae.guard_append_only();
COMMENT ON TRIGGER zz_cgae_no_truncate ON cgae.audit_seeds IS
    'refuses truncate';

-- cgae.grant_access() opens it; the owner's default privileges do not.
REVOKE ALL ON cgae.audit_seeds FROM PUBLIC;
