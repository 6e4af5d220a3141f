-- upgrade_registry(): run by the owner, idempotent, puts back what is missing, refuses a layout of the future.
\ir ../include/begin.psql
SELECT * FROM no_plan();
CREATE ROLE t_owner;
CREATE ROLE t_other;
CREATE ROLE t_member IN ROLE t_owner;
GRANT CREATE ON SCHEMA cgae TO t_owner;

SELECT matches(t.try('SELECT cgae.upgrade_registry()'), '^42P01: there is no agent registry', 'there is nothing to upgrade');
SET LOCAL ROLE t_owner;
DO $$ BEGIN PERFORM cgae.create_registry(); END $$;
RESET ROLE;

-- Every object of the registry: what it is, whose, who may, what is said about it.
CREATE FUNCTION t.objects() RETURNS text LANGUAGE sql AS $$
  SELECT string_agg(o::text, E'\n' ORDER BY o::text) FROM (
    SELECT c.oid::regclass::text, c.relowner::regrole, c.relacl, c.reloptions, pg_get_viewdef(c.oid), obj_description(c.oid, 'pg_class'),
           (SELECT string_agg(concat(attname, format_type(atttypid, atttypmod), attacl, col_description(c.oid, attnum)), E'\n' ORDER BY attnum) FROM pg_attribute AS a WHERE attrelid = c.oid)
      FROM pg_class AS c WHERE relnamespace = 'cgae'::regnamespace AND relkind IN ('r', 'v')
    UNION ALL
    SELECT tgrelid::regclass::text || tgname, NULL, NULL, NULL, pg_get_triggerdef(oid), obj_description(oid, 'pg_trigger'), tgenabled::text
      FROM pg_trigger WHERE NOT tgisinternal) AS o
$$;
CREATE TEMP TABLE kept AS SELECT t.objects() AS objects, t.state() AS state, (SELECT max(version) FROM cgae.registry_layout) AS version;

SELECT is(t.try(role, 'SELECT cgae.upgrade_registry()'), said, coalesce(role, 'a superuser')) FROM (VALUES
  ('t_owner', 'ok'), ('t_member', 'ok'), (NULL, 'ok'), ('t_other', '42501: must be owner of the agent registry')) AS v(role, said);
SELECT is(cgae.upgrade_registry(), (SELECT version FROM kept), 'it returns the layout''s version');
SELECT is(t.objects(), (SELECT objects FROM kept), 'and changes no object when there is nothing to do');
SELECT is(t.state(), (SELECT state FROM kept), 'and no row');

-- a view that was dropped comes back as it was, the owner's whoever calls
SAVEPOINT s;
ALTER DEFAULT PRIVILEGES FOR ROLE t_owner GRANT SELECT ON TABLES TO PUBLIC;
DROP VIEW cgae.agent_standing CASCADE;
DROP VIEW cgae.registry_health, cgae.audit_epochs, cgae.events;
SELECT is(to_regclass('cgae.binding_dimension_counts'), NULL, 'views are dropped');
SELECT is(cgae.upgrade_registry(), (SELECT version FROM kept), 'the registry is completed');
SELECT is(t.objects(), (SELECT objects FROM kept), '... as it was');
SELECT is(has_table_privilege('t_other', 'cgae.audit_epochs', 'SELECT'), false, 'default privileges open nothing');
ROLLBACK TO s;

-- views of the owner's on ours are no obstacle
CREATE VIEW t.mine AS SELECT agent_id, effective_tier FROM cgae.agent_standing;
SELECT is(t.try('t_owner', 'SELECT cgae.upgrade_registry()'), 'ok', 'a view of the owner''s');

-- without CREATE on the schema there is nothing to make views with
REVOKE CREATE ON SCHEMA cgae FROM t_owner;
SELECT is(t.try('t_owner', 'SELECT cgae.upgrade_registry()'), 'ok', 'nothing to make: CREATE on the schema is not needed');
DROP VIEW cgae.expiring_agents;
SELECT is(t.try('t_owner', 'SELECT cgae.upgrade_registry()'), '42501: owner "t_owner" of the agent registry may not create in schema cgae', 'else it is');
SELECT is(t.try('SELECT cgae.upgrade_registry()'), '42501: owner "t_owner" of the agent registry may not create in schema cgae', '... also when a superuser calls: the owner makes it');
GRANT CREATE ON SCHEMA cgae TO t_owner;
ROLLBACK TO s;

-- the trigger that announces policies, as a load with --disable-triggers leaves it
ALTER TABLE cgae.gate_policies DISABLE TRIGGER ALL;
ALTER TABLE cgae.gate_policies ENABLE TRIGGER ALL;
SELECT is(cgae.gate_tier('(0.7,0.7,0.7,0.7)')::text, 'T3', 'a policy is read');
SET LOCAL session_replication_role = replica;	-- as a logical subscription writes
INSERT INTO cgae.gate_policies SELECT 2, '{0,0.75,0.8,0.85,0.9,0.95}', er, as_, ih_threshold, budget_ceilings, audit_intensities, decay_rate, time_step, now(), '', 'publisher', digest FROM cgae.gate_policies;
SELECT is(cgae.gate_tier('(0.7,0.7,0.7,0.7)')::text, 'T0', 'a later one is noticed though no trigger announces it');
DELETE FROM cgae.gate_policies WHERE version = 2;
SELECT is(cgae.gate_tier('(0.7,0.7,0.7,0.7)')::text, 'T3', '... as is that it is gone');
SET LOCAL session_replication_role = origin;
SELECT isnt(t.objects(), (SELECT objects FROM kept), 'the trigger is an ordinary one');
SELECT is(cgae.upgrade_registry(), (SELECT version FROM kept), 'the registry is mended');
SELECT is(t.objects(), (SELECT objects FROM kept), '... as it was');
SET LOCAL session_replication_role = replica;
INSERT INTO cgae.gate_policies SELECT 2, '{0,0.75,0.8,0.85,0.9,0.95}', er, as_, ih_threshold, budget_ceilings, audit_intensities, decay_rate, time_step, now(), '', 'publisher', digest FROM cgae.gate_policies;
SELECT is(cgae.gate_tier('(0.7,0.7,0.7,0.7)')::text, 'T0', 'now the trigger announces it');
SET LOCAL session_replication_role = origin;
ROLLBACK TO s;

-- layouts that this library does not know
SELECT is(t.try('TRUNCATE cgae.registry_layout'), '23001: "registry_layout" cannot be truncated: it keeps the registry''s history', 'the layout is kept');
INSERT INTO cgae.registry_layout (version) SELECT version + 1 FROM kept;
SELECT matches(t.try('t_owner', 'SELECT cgae.upgrade_registry()'), '^55000: the agent registry has layout \d+, newer than layout \d+ of this library$', 'a newer one is refused');
SELECT is(t.fields('SELECT cgae.upgrade_registry()'), 'cgae.registry_layout', 'a program is told the table');
ROLLBACK TO s;
SET LOCAL session_replication_role = replica;
DELETE FROM cgae.registry_layout;
SET LOCAL session_replication_role = origin;
SELECT matches(t.try('t_owner', 'SELECT cgae.upgrade_registry()'), '^55000: layout of the agent registry is unknown', 'a schema without its data');

SELECT * FROM finish();
ROLLBACK;
