-- Epochs with the secrets of those that have ended.  With its owner's rights: what it hides, its
-- readers may not read themselves.
CREATE VIEW cgae.audit_epochs WITH (security_barrier = true) AS
    SELECT epoch, commitment, created_at, revealed_at,
        (CASE WHEN revealed_at IS NOT NULL THEN secret END)::bytea AS secret, actor
    FROM cgae.audit_seeds;

COMMENT ON VIEW cgae.audit_epochs IS
    'epochs of the spot-audit lottery, with the secrets of those that have ended';
COMMENT ON COLUMN cgae.audit_epochs.epoch IS
    'number of the epoch: 1, 2, ...; the highest is the current one';
COMMENT ON COLUMN cgae.audit_epochs.commitment IS
    'SHA-256 of the secret, 64 hex digits';
COMMENT ON COLUMN cgae.audit_epochs.created_at IS
    'when the epoch began';
COMMENT ON COLUMN cgae.audit_epochs.revealed_at IS
    'when the epoch ended; null for the current one';
COMMENT ON COLUMN cgae.audit_epochs.secret IS
    'key of the epoch''s draws; null until the epoch ends';
COMMENT ON COLUMN cgae.audit_epochs.actor IS
    'role whose statement began the epoch';

-- cgae.grant_access() opens it; the owner's default privileges do not.
REVOKE ALL ON cgae.audit_epochs FROM PUBLIC;
