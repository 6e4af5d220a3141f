-- Versions of the layout that these files describe.
CREATE TABLE cgae.registry_layout (
    version int NOT NULL CONSTRAINT registry_layout_pkey PRIMARY KEY,
    installed_at timestamptz NOT NULL DEFAULT now());

COMMENT ON TABLE cgae.registry_layout IS
    'versions of the layout of these tables; the highest one stands';
COMMENT ON COLUMN cgae.registry_layout.version IS
    'version of the layout';
COMMENT ON COLUMN cgae.registry_layout.installed_at IS
    'when it was made';

COMMENT ON CONSTRAINT registry_layout_pkey ON cgae.registry_layout IS
    'one row a version of the layout';
COMMENT ON INDEX cgae.registry_layout_pkey IS
    'one row a version of the layout';

-- Guards.  zz_ sorts them behind the owner's own triggers: who fires last has the last word.
CREATE TRIGGER zz_cgae_append_only
    BEFORE UPDATE OR DELETE ON cgae.registry_layout
    FOR EACH ROW EXECUTE FUNCTION cgae.guard_append_only();
COMMENT ON TRIGGER zz_cgae_append_only ON cgae.registry_layout IS
    'refuses update and delete';
CREATE TRIGGER zz_cgae_no_truncate
    BEFORE TRUNCATE ON cgae.registry_layout
    FOR EACH STATEMENT EXECUTE FUNCTION cgae.guard_append_only();
COMMENT ON TRIGGER zz_cgae_no_truncate ON cgae.registry_layout IS
    'refuses truncate';

-- cgae.grant_access() opens it; the owner's default privileges do not.
REVOKE ALL ON cgae.registry_layout FROM PUBLIC;
