-- What each role tries, and how it is refused: attempts x roles.
\ir ../include/begin.psql
\ir ../include/registry.psql
SELECT * FROM no_plan();
CREATE ROLE t_public;
CREATE ROLE t_owner_of_other;
CREATE ROLE t_reader;
CREATE ROLE t_registrar;
CREATE ROLE t_auditor;
CREATE ROLE t_operator;
SELECT cgae.grant_access('t_' || l, l) FROM unnest(ARRAY['reader', 'registrar', 'auditor', 'operator']) AS l \g /dev/null
SELECT t.agent('a', '(0.7,0.7,0.7,0.7)'), t.agent('p') \g /dev/null
CREATE SCHEMA other AUTHORIZATION t_owner_of_other;
GRANT USAGE, CREATE ON SCHEMA other TO PUBLIC;
CREATE TABLE other.mine (agent_id text, r cgae.robustness);
ALTER TABLE other.mine OWNER TO t_owner_of_other;
GRANT ALL ON other.mine TO PUBLIC;
CREATE FUNCTION other.evil() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'evil ran as %', current_user; END $$;

--
-- SQLSTATE for each of: public, owner of another table, reader, registrar, auditor, operator ('-': as the one before)
--
CREATE TEMP TABLE attempt (n int GENERATED ALWAYS AS IDENTITY, refused text[], statement text);
INSERT INTO attempt (refused, statement) VALUES
  -- forging state
  ('{42501,-,-,-,-,428C9}', $$UPDATE cgae.agents SET current_tier = 'T5' WHERE agent_id = 'p'$$),
  ('{42501,-,-,-,-,428C9}', $$UPDATE cgae.agents SET current_tier = 'T1' WHERE agent_id = 'a'$$),
  ('{42501,-,-,-,-,428C9}', $$UPDATE cgae.agents SET status = 'active' WHERE agent_id = 'p'$$),
  ('{42501,-,-,-,-,428C9}', $$UPDATE cgae.agents SET deregistered_at = now() WHERE agent_id = 'p'$$),
  ('{42501,-,-,-,-,23514}', $$UPDATE cgae.agents SET status = 'deregistered', deregistered_at = 'infinity' WHERE agent_id = 'p'$$),
  ('{42501,-,-,-,-,-}', $$UPDATE cgae.agents SET certified_tier = 'T5', current_robustness = '(1,1,1,1)'$$),
  ('{42501,-,-,-,-,-}', $$UPDATE cgae.agents SET last_seq = 99$$),
  ('{42501,-,-,-,-,-}', $$UPDATE cgae.agents SET registered_at = '2000-01-01', certified_at = now(), last_audit_at = now(), tier_drop_at = 'infinity'$$),
  ('{42501,-,-,428C9,42501,-}', $$INSERT INTO cgae.agents (agent_id, model_name, model_config, current_tier) VALUES ('n', 'm', '{}', 'T5')$$),
  ('{42501,-,-,428C9,42501,-}', $$INSERT INTO cgae.agents (agent_id, model_name, model_config, status) VALUES ('n', 'm', '{}', 'active')$$),
  ('{42501,-,-,428C9,42501,-}', $$INSERT INTO cgae.agents (agent_id, model_name, model_config, last_seq) VALUES ('n', 'm', '{}', 0)$$),
  ('{42501,-,-,23514,42501,-}', $$INSERT INTO cgae.agents (agent_id, model_name, model_config, registered_at) VALUES ('n', 'm', '{}', 'infinity')$$),
  ('{42501,-,-,23514,42501,-}', $$INSERT INTO cgae.agents (agent_id, model_name, model_config, registered_at) VALUES ('n', 'm', '{}', '-infinity')$$),
  ('{42501,-,-,23514,42501,-}', $$INSERT INTO cgae.agents (agent_id, model_name, model_config, balance) VALUES ('n', 'm', '{}', 'NaN')$$),
  ('{42501,-,-,23514,42501,-}', $$INSERT INTO cgae.agents (agent_id, model_name, model_config, balance) VALUES ('n', 'm', '{}', 'Infinity')$$),
  ('{42501,-,-,23514,42501,-}', $$INSERT INTO cgae.agents (agent_id, model_name, model_config, architecture_hash) VALUES ('n', 'm', '{}', '0000000000000000')$$),
  ('{42501,-,-,23505,42501,-}', $$INSERT INTO cgae.agents (agent_id, model_name, model_config) VALUES ('a', 'usurped', '{}')$$),
  ('{42501,-,-,42501,-,-}', $$INSERT INTO cgae.agents (agent_id, model_name, model_config) VALUES ('a', 'm', '{}') ON CONFLICT (agent_id) DO UPDATE SET current_tier = 'T5'$$),
  ('{42501,-,-,42501,-,-}', $$INSERT INTO cgae.agents (agent_id, model_name, model_config) VALUES ('a', 'm', '{}') ON CONFLICT (agent_id) DO UPDATE SET holds = '{}'$$),
  -- forging audits: tier, number, time, auditor
  ('{42501,-,-,-,428C9,42501}', $$INSERT INTO cgae.certifications (agent_id, robustness, tier) VALUES ('a', '(0,0,0,1)', 'T5')$$),
  ('{42501,-,-,-,428C9,42501}', $$INSERT INTO cgae.certifications (agent_id, robustness, previous_tier) VALUES ('a', '(1,1,1,1)', 'T0')$$),
  ('{42501,-,-,-,428C9,42501}', $$INSERT INTO cgae.certifications (agent_id, robustness, seq) VALUES ('a', '(1,1,1,1)', 2)$$),
  ('{42501,-,-,-,428C9,42501}', $$INSERT INTO cgae.certifications (agent_id, robustness, seq) VALUES ('a', '(1,1,1,1)', 2147483647)$$),
  ('{42501,-,-,-,428C9,42501}', $$INSERT INTO cgae.certifications (agent_id, robustness, policy_version) VALUES ('a', '(1,1,1,1)', 0)$$),
  ('{42501,-,-,-,428C9,42501}', $$INSERT INTO cgae.certifications (agent_id, robustness, outcome) VALUES ('a', '(1,1,1,1)', 'architecture_mismatch')$$),
  ('{42501,-,-,-,23514,42501}', $$INSERT INTO cgae.certifications (agent_id, robustness, certified_at) VALUES ('a', '(1,1,1,1)', now() + interval '1 day')$$),
  ('{42501,-,-,-,23514,42501}', $$INSERT INTO cgae.certifications (agent_id, robustness, certified_at) VALUES ('a', '(1,1,1,1)', '2024-01-01')$$),
  ('{42501,-,-,-,23514,42501}', $$INSERT INTO cgae.certifications (agent_id, robustness, certified_at) VALUES ('a', '(1,1,1,1)', 'infinity')$$),
  ('{42501,-,-,-,23514,42501}', $$INSERT INTO cgae.certifications (agent_id, robustness, certified_at) VALUES ('a', '(1,1,1,1)', '-infinity')$$),
  ('{22003,-,-,-,-,-}', $$INSERT INTO cgae.certifications (agent_id, robustness) VALUES ('a', cgae.robustness('NaN', 1, 1, 1))$$),
  ('{42501,-,-,-,23514,42501}', $$INSERT INTO cgae.certifications (agent_id, robustness, audit_type) VALUES ('a', '(1,1,1,1)', 'demotion')$$),
  ('{42501,-,-,-,23514,42501}', $$INSERT INTO cgae.certifications (agent_id, robustness, audit_details) VALUES ('a', '(1,1,1,1)', '[]')$$),
  ('{42501,-,-,-,22P02,42501}', $$INSERT INTO cgae.certifications (agent_id, robustness, observed_architecture_hash) VALUES ('a', '(1,1,1,1)', 'xyz')$$),
  ('{42501,-,-,-,42501,-}', $$INSERT INTO cgae.certifications (agent_id, robustness) VALUES ('a', '(1,1,1,1)') ON CONFLICT (agent_id, seq) DO UPDATE SET tier = 'T5'$$),
  -- history
  ('{42501,-,-,-,-,-}', $$INSERT INTO cgae.agent_events VALUES ('a', 3, 'reinstatement', now(), '{}', 'me', now())$$),
  ('{42501,-,-,-,-,-}', $$UPDATE cgae.agent_events SET actor = 'me'$$),
  ('{42501,-,-,-,-,-}', $$UPDATE cgae.certifications SET auditor = 'me', tier = 'T5', certified_at = now()$$),
  ('{42501,-,-,-,-,-}', 'DELETE FROM cgae.agents'),
  ('{42501,-,-,-,-,-}', 'DELETE FROM cgae.certifications'),
  ('{42501,-,-,-,-,-}', 'DELETE FROM cgae.agent_events'),
  ('{42501,-,-,-,-,-}', 'TRUNCATE cgae.agents, cgae.certifications, cgae.agent_events'),
  ('{42501,-,-,-,-,-}', 'TRUNCATE cgae.gate_policies'),
  -- policies, seeds, layout
  ('{42501,-,-,-,-,-}', $$INSERT INTO cgae.gate_policies DEFAULT VALUES$$),
  ('{42501,-,-,-,-,-}', $$UPDATE cgae.gate_policies SET cc = '{0,0.1,0.2,0.3,0.4,0.5}'$$),
  ('{42501,-,-,-,-,-}', $$SELECT cgae.publish_policy(ih_threshold => 0)$$),
  ('{42501,-,-,-,-,428C9}', $$INSERT INTO cgae.audit_seeds (epoch, secret, created_at) VALUES (2, 'known', now())$$),
  ('{42501,-,-,-,-,23001}', $$UPDATE cgae.audit_seeds SET revealed_at = NULL$$),
  ('{42501,-,-,-,-,-}', $$UPDATE cgae.audit_seeds SET secret = 'known'$$),
  ('{42501,-,-,-,-,-}', $$DELETE FROM cgae.audit_seeds$$),
  ('{42501,-,-,-,-,ok}', $$SELECT secret FROM cgae.audit_seeds$$),
  ('{42501,-,-,-,-,ok}', $$SELECT * FROM cgae.due_audits()$$),
  ('{42501,-,-,-,-,-}', $$INSERT INTO cgae.registry_layout VALUES (2)$$),
  -- MERGE, writable CTEs, cursors, views and rules of one's own
  ('{42501,-,-,-,-,-}', $$MERGE INTO cgae.certifications AS c USING cgae.agents AS a ON c.agent_id = a.agent_id WHEN MATCHED THEN UPDATE SET tier = 'T5'$$),
  ('{42501,-,-,-,-,428C9}', $$MERGE INTO cgae.agents AS a USING (SELECT 'p' AS id) AS s ON a.agent_id = s.id WHEN MATCHED THEN UPDATE SET current_tier = 'T4'$$),
  ('{42501,-,-,-,-,-}', $$MERGE INTO cgae.agents AS a USING (SELECT 'p' AS id) AS s ON a.agent_id = s.id WHEN MATCHED THEN DELETE$$),
  ('{42501,-,-,-,-,-}', $$WITH d AS (DELETE FROM cgae.agent_events RETURNING *), c AS (DELETE FROM cgae.certifications RETURNING *) SELECT count(*) FROM d, c$$),
  ('{42501,-,-,-,428C9,42501}', $$WITH c AS (INSERT INTO cgae.certifications (agent_id, robustness, tier) VALUES ('p', '(0.3,0.3,0.3,1)', 'T4') RETURNING *) SELECT * FROM c$$),
  ('{42501,-,-,-,-,428C9}', $$CREATE TEMP VIEW v AS SELECT * FROM cgae.agents; UPDATE v SET current_tier = 'T5'$$),
  ('{42501,-,-,-,-,-}', $$CREATE RULE r AS ON UPDATE TO cgae.agents DO INSTEAD NOTHING$$),
  ('{42501,-,-,-,-,-}', $$CREATE RULE "_RETURN" AS ON SELECT TO cgae.agent_standing DO INSTEAD SELECT * FROM cgae.agents$$),
  ('{42501,-,-,-,-,-}', $$CREATE TRIGGER aa INSTEAD OF INSERT ON cgae.events FOR EACH ROW EXECUTE FUNCTION other.evil()$$),
  ('{42501,-,-,-,-,-}', $$CREATE TRIGGER aa BEFORE INSERT ON cgae.certifications FOR EACH ROW EXECUTE FUNCTION other.evil()$$),
  ('{42501,-,-,-,-,-}', $$CREATE OR REPLACE TRIGGER zz_cgae_guard BEFORE INSERT ON cgae.certifications FOR EACH ROW EXECUTE FUNCTION other.evil()$$),
  -- taking the guards off
  ('{42501,-,-,-,-,-}', 'ALTER TABLE cgae.agents DISABLE TRIGGER zz_cgae_guard'),
  ('{42501,-,-,-,-,-}', 'ALTER TABLE cgae.certifications DISABLE TRIGGER ALL'),
  ('{42501,-,-,-,-,-}', 'ALTER TABLE cgae.certifications ENABLE REPLICA TRIGGER zz_cgae_guard'),
  ('{42501,-,-,-,-,-}', 'DROP TRIGGER zz_cgae_guard ON cgae.certifications'),
  ('{42501,-,-,-,-,-}', 'ALTER TRIGGER zz_cgae_guard ON cgae.certifications RENAME TO aa'),
  ('{42501,-,-,-,-,-}', 'ALTER TABLE cgae.events DISABLE RULE "_RETURN"'),
  ('{42501,-,-,-,-,-}', 'DROP TABLE cgae.agents CASCADE'),
  ('{42501,-,-,-,-,-}', 'DROP EXTENSION cgae CASCADE'),
  ('{42501,-,-,-,-,-}', 'ALTER TABLE cgae.agents OWNER TO CURRENT_USER'),
  ('{42501,-,-,-,-,-}', 'ALTER TABLE cgae.agents ADD COLUMN x int DEFAULT 1'),
  ('{42501,-,-,-,-,-}', 'ALTER TABLE cgae.agents ALTER model_name SET DEFAULT ''x'''),
  ('{42501,-,-,-,-,-}', 'ALTER TABLE cgae.agents DROP CONSTRAINT agents_pkey CASCADE'),
  ('{42501,-,-,-,-,-}', 'ALTER TABLE cgae.agents ENABLE ROW LEVEL SECURITY'),
  ('{42501,-,-,-,-,-}', 'CREATE POLICY p ON cgae.agents USING (true)'),
  ('{42501,-,-,-,-,-}', 'CREATE INDEX ON cgae.agents (lower(model_name))'),
  ('{42501,-,-,-,-,-}', 'CREATE STATISTICS cgae.s ON status, current_tier FROM cgae.agents'),
  ('{42501,-,-,-,-,-}', 'COMMENT ON TABLE cgae.agents IS ''mine'''),
  ('{42501,-,ok,-,-,-}', 'GRANT UPDATE ON cgae.agents TO CURRENT_USER; SELECT 1 / (NOT has_table_privilege(''cgae.agents'', ''UPDATE''))::int'), -- a warning, and nothing granted
  ('{42501,-,-,-,-,ok}', 'GRANT SELECT ON cgae.audit_seeds TO t_public; SELECT 1 / (NOT has_table_privilege(''t_public'', ''cgae.audit_seeds'', ''SELECT''))::int'),
  ('{42501,-,-,-,-,-}', 'SELECT cgae.grant_access(current_user, ''operator'')'),
  ('{42501,-,-,-,-,-}', 'SELECT cgae.revoke_access(''t_operator'')'),
  ('{42501,-,-,-,-,-}', 'SET LOCAL session_replication_role = replica'),
  ('{42501,-,-,-,-,-}', 'SET LOCAL cgae.notify = off'),
  ('{42602,-,-,-,-,-}', 'SET LOCAL cgae.token = ''a'''),
  ('{42501,-,-,-,-,-}', 'SET LOCAL allow_system_table_mods = on'),
  ('{42501,-,-,-,-,-}', 'UPDATE pg_catalog.pg_trigger SET tgenabled = ''D'''),
  ('{42501,-,-,-,-,-}', 'CREATE EVENT TRIGGER e ON ddl_command_start EXECUTE FUNCTION other.evil()'),
  -- locks, and files
  ('{42501,-,-,-,-,-}', 'LOCK TABLE cgae.agents IN SHARE MODE'),
  ('{42501,-,-,-,-,-}', 'LOCK TABLE cgae.gate_policies IN EXCLUSIVE MODE'),
  ('{42501,-,-,-,-,-}', 'LOCK TABLE cgae.certifications IN ACCESS EXCLUSIVE MODE'),
  ('{42501,-,-,-,-,-}', 'COPY cgae.certifications FROM ''/dev/null'''),
  ('{42501,-,-,-,-,-}', 'COPY cgae.agents TO PROGRAM ''true'''),
  ('{42501,-,-,ok,ok,ok}', 'SELECT FROM cgae.agents FOR UPDATE'),
  -- inheritance and partitions
  ('{42501,-,-,-,-,-}', 'CREATE TEMP TABLE child () INHERITS (cgae.agents)'),
  ('{42501,-,-,-,-,-}', 'CREATE TEMP TABLE child (LIKE cgae.agents); ALTER TABLE child INHERIT cgae.agents'),
  ('{42501,-,-,-,-,-}', 'ALTER TABLE cgae.agents ATTACH PARTITION other.mine DEFAULT'),
  ('{42501,-,-,-,-,-}', 'CREATE TABLE cgae.agents_p99 PARTITION OF cgae.agents DEFAULT'),
  ('{42501,-,-,-,-,-}', 'CREATE TABLE other.fk (agent_id text REFERENCES cgae.agents ON DELETE CASCADE)'),
  -- names of the registry's
  ('{42501,-,-,-,-,-}', 'CREATE TABLE cgae.t (x int)'),
  ('{42501,-,-,-,-,-}', $$CREATE FUNCTION cgae.lower(cgae.tier) RETURNS text LANGUAGE sql AS 'SELECT 1::text'$$),
  ('{42501,-,-,-,-,-}', $$CREATE OR REPLACE FUNCTION cgae.permits(agent_id text, required cgae.tier, at timestamptz DEFAULT NULL) RETURNS bool LANGUAGE sql AS 'SELECT true'$$),
  ('{42501,-,-,-,-,-}', 'ALTER FUNCTION cgae.permits(text, cgae.tier, timestamptz) IMMUTABLE'),
  ('{42501,-,-,-,-,-}', 'CREATE OPERATOR cgae.=== (LEFTARG = cgae.tier, RIGHTARG = cgae.tier, FUNCTION = enum_eq)'),
  ('{42501,-,-,-,-,-}', 'ALTER OPERATOR pg_catalog.= (cgae.robustness, cgae.robustness) SET (RESTRICT = NONE)'),
  ('{42501,-,-,-,-,-}', 'CREATE OPERATOR CLASS other.ops DEFAULT FOR TYPE cgae.tier USING btree AS OPERATOR 1 <'),
  ('{42501,-,-,-,-,-}', 'CREATE CAST (cgae.tier AS int) WITH INOUT AS IMPLICIT'),
  ('{42501,-,-,-,-,-}', 'ALTER TYPE cgae.tier ADD VALUE ''T6'''),
  ('{42501,-,-,-,-,-}', 'ALTER TYPE cgae.tier RENAME VALUE ''T0'' TO ''T9'''),
  ('{42501,-,-,-,-,-}', 'ALTER SCHEMA cgae RENAME TO c'),
  ('{42501,-,-,-,-,-}', 'ALTER EXTENSION cgae ADD TABLE other.mine'),
  ('{42501,-,-,-,-,ok}', 'SELECT cgae.rotate_audit_seed()');
-- of a partitioned table there is nothing to inherit, whoever asks
UPDATE attempt SET refused = '{42809,-,-,-,-,-}' WHERE statement ~ ' INHERITS ' AND t.partitioned();

CREATE FUNCTION t.refusals(statement text) RETURNS text[] LANGUAGE plpgsql AS $$
DECLARE
  role text;
  result text[] := '{}';
  said text;
BEGIN
  FOREACH role IN ARRAY ARRAY['t_public', 't_owner_of_other', 't_reader', 't_registrar', 't_auditor', 't_operator'] LOOP
    BEGIN
      said := left(t.try(role, statement), 5);
      RAISE SQLSTATE 'ROLLB';
    EXCEPTION WHEN SQLSTATE 'ROLLB' THEN
      result := result || CASE WHEN said = 'ok' THEN 'ok' ELSE said END;
    END;
  END LOOP;
  RETURN result;
END $$;
-- '-' stands for the one before
CREATE FUNCTION t.spell(short text[]) RETURNS text[] LANGUAGE plpgsql AS $$
BEGIN
  FOR i IN 2..6 LOOP
    IF short[i] = '-' THEN short[i] := short[i - 1]; END IF;
  END LOOP;
  RETURN short;
END $$;
SELECT t.state() AS state \gset
SELECT is(t.refusals(statement), t.spell(refused), statement) FROM attempt ORDER BY n;
SELECT is(t.state(), :'state', 'nothing changed');
SELECT is((SELECT string_agg(tgname || ' on ' || tgrelid::regclass, ', ') FROM pg_trigger JOIN pg_class AS c ON c.oid = tgrelid WHERE relnamespace = 'cgae'::regnamespace AND NOT tgisinternal AND tgenabled NOT IN ('O', 'A')),
          NULL, 'every guard is on');

SELECT * FROM finish();
ROLLBACK;
