-- Who may do what: all authority is privileges on tables and columns.
\ir ../include/begin.psql
\ir ../include/registry.psql
SELECT * FROM no_plan();
SET LOCAL client_min_messages = error;
CREATE ROLE t_nobody;
CREATE ROLE t_reader;
CREATE ROLE t_registrar;
CREATE ROLE t_auditor;
CREATE ROLE t_operator;
CREATE ROLE "t; Odd ""name""";
SELECT t.agent('a', '(0.7,0.7,0.7,0.7)'), t.agent('p') \g /dev/null

-- PUBLIC has nothing
SELECT is((SELECT string_agg(relname || ' ' || privilege_type, ', ') FROM pg_class AS c, aclexplode(coalesce(relacl, acldefault('r', relowner)))
            WHERE relnamespace = 'cgae'::regnamespace AND relkind IN ('r', 'v', 'S', 'p') AND grantee = 0), NULL, 'no table or view is open to PUBLIC');
SELECT is((SELECT string_agg(attname, ', ') FROM pg_attribute, aclexplode(attacl) WHERE attrelid IN (SELECT oid FROM pg_class WHERE relnamespace = 'cgae'::regnamespace) AND grantee = 0),
          NULL, 'nor a column');
SAVEPOINT s;
ALTER DEFAULT PRIVILEGES GRANT ALL ON TABLES TO PUBLIC;
DROP TABLE cgae.agents, cgae.certifications, cgae.agent_events, cgae.gate_policies, cgae.audit_seeds, cgae.registry_layout CASCADE;
SELECT cgae.create_registry() \g /dev/null
SELECT is((SELECT string_agg(relname || ' ' || privilege_type, ', ') FROM pg_class AS c, aclexplode(relacl) WHERE relnamespace = 'cgae'::regnamespace AND grantee = 0), NULL,
          'whatever the default privileges are');
ROLLBACK TO s;

-- levels
SELECT cgae.grant_access('t_' || l, l) FROM unnest(ARRAY['reader', 'registrar', 'auditor', 'operator']) AS l \g /dev/null

-- what is worth the owner's own rights is in none of them: REFERENCES runs casts of the holder's as the owner, TRIGGER any function
SELECT is((SELECT string_agg(DISTINCT privilege_type, ' ' ORDER BY privilege_type) FROM pg_class AS c, aclexplode(relacl) WHERE relnamespace = 'cgae'::regnamespace AND grantee <> relowner),
          'INSERT SELECT', 'levels grant no more than SELECT and INSERT on tables');
SELECT is((SELECT string_agg(DISTINCT privilege_type, ' ') FROM pg_class AS c, pg_attribute AS a, aclexplode(attacl) WHERE attrelid = c.oid AND relnamespace = 'cgae'::regnamespace AND grantee <> relowner),
          'UPDATE', '... and UPDATE of columns');

-- attempts x levels: '1' where it is allowed, in the order nobody, reader, registrar, auditor, operator
CREATE TEMP TABLE attempt (n int GENERATED ALWAYS AS IDENTITY, allowed text, statement text);
INSERT INTO attempt (allowed, statement) VALUES
  ('01111', 'SELECT * FROM cgae.agents'),
  ('01111', 'SELECT * FROM cgae.certifications'),
  ('01111', 'SELECT * FROM cgae.agent_events'),
  ('01111', 'SELECT * FROM cgae.events'),
  ('01111', 'SELECT * FROM cgae.gate_policies'),
  ('01111', 'SELECT * FROM cgae.registry_layout'),
  ('01111', $$SELECT cgae.agent_record('a')$$),
  ('01111', $$SELECT cgae.audit_cid('a')$$),
  ('01111', 'SELECT * FROM cgae.tier_distribution()'),
  ('01111', $$SELECT * FROM cgae.agents_by_tier('T3')$$),
  ('11111', $$SELECT cgae.gate_tier('(1,1,1,1)'), cgae.gate_tier('(1,1,1,1)', 1), cgae.budget_ceiling('T3'), cgae.architecture_hash('{}')$$),
  ('11111', $$SELECT * FROM cgae.gate_detail('(1,1,1,1)')$$),
  -- register
  ('00100', $$SELECT cgae.register_agent('m', '{}')$$),
  ('00100', $$INSERT INTO cgae.agents (model_name, model_config) VALUES ('m', '{}')$$),
  ('00100', $$INSERT INTO cgae.agents (model_name, model_config) VALUES ('m', '{}') RETURNING agent_id, status$$),
  ('00100', $$UPDATE cgae.agents SET model_name = 'x', provenance = '{}', wallet_address = 'w' WHERE agent_id = 'a'$$),
  ('00100', $$INSERT INTO cgae.agents (agent_id, model_name, model_config) VALUES ('a', 'x', '{}') ON CONFLICT (agent_id)
              DO UPDATE SET agent_id = EXCLUDED.agent_id, model_name = EXCLUDED.model_name$$),
  -- audit
  ('00010', $$SELECT cgae.certify('a', '(1,1,1,1)')$$),
  ('00010', $$SELECT cgae.demote('a', '(0,0,0,1)')$$),
  ('00010', $$INSERT INTO cgae.certifications (agent_id, robustness) VALUES ('a', '(1,1,1,1)') RETURNING *$$),
  ('00010', $$SELECT cgae.certify('a', '(1,1,1,1)', observed_architecture_hash => '0000000000000000')$$),
  ('00011', $$SELECT cgae.observe_architecture('a', '0000000000000000')$$),
  ('00011', $$UPDATE cgae.agents SET observed_architecture_hash = '0000000000000000' WHERE agent_id = 'a'$$),
  ('01111', $$SELECT cgae.observe_architecture('a', architecture_hash) FROM cgae.agents WHERE agent_id = 'a'$$),
  -- operate
  ('00001', $$SELECT cgae.suspend('a', 'x')$$),
  ('00001', $$UPDATE cgae.agents SET holds = '{x}' WHERE agent_id = 'a'$$),
  ('00001', $$SELECT cgae.reinstate('held', 'x')$$),
  ('00001', $$SELECT cgae.update_architecture('a', '{}')$$),
  ('00001', $$UPDATE cgae.agents SET model_config = '{}' WHERE agent_id = 'a'$$),
  ('00001', $$SELECT cgae.deregister_agent('a')$$),
  ('00001', $$UPDATE cgae.agents SET status = 'deregistered', deregistered_at = now() WHERE agent_id = 'a'$$),
  ('00001', $$UPDATE cgae.agents SET balance = 1, total_earned = 1, total_spent = 1, total_penalties = 1, total_topups = 1, contracts_completed = 1, contracts_failed = 1$$),
  -- nobody
  ('00000', $$INSERT INTO cgae.agent_events (agent_id, seq, type, occurred_at, data, actor, recorded_at) VALUES ('a', 3, 'x', now(), '{}', 'me', now())$$),
  ('00000', $$UPDATE cgae.agents SET registered_at = now()$$),
  ('00000', $$UPDATE cgae.agents SET certified_tier = 'T5'$$),
  ('00000', $$UPDATE cgae.agents SET last_seq = 7$$),
  ('00428C9: column "agent_id" of agent "p" is derived by the registry and cannot be set00', $$UPDATE cgae.agents SET agent_id = 'z' WHERE agent_id = 'p'$$),
  ('00000', 'UPDATE cgae.certifications SET seq = seq'),
  ('00000', 'DELETE FROM cgae.agents'),
  ('00000', 'DELETE FROM cgae.certifications'),
  ('00000', 'TRUNCATE cgae.agents, cgae.certifications, cgae.agent_events'),
  ('00000', 'INSERT INTO cgae.registry_layout VALUES (9)'),
  ('00000', $$INSERT INTO cgae.gate_policies (cc, er, as_, ih_threshold, budget_ceilings, audit_intensities, decay_rate, time_step)
              SELECT cc, er, as_, ih_threshold, budget_ceilings, audit_intensities, decay_rate, time_step FROM cgae.gate_policies$$),
  ('00000', 'LOCK TABLE cgae.agents IN ACCESS EXCLUSIVE MODE'),
  ('00000', 'LOCK TABLE cgae.gate_policies IN ACCESS EXCLUSIVE MODE'),
  ('00000', 'LOCK TABLE cgae.certifications IN SHARE ROW EXCLUSIVE MODE'),
  ('00000', 'CREATE TRIGGER x BEFORE INSERT ON cgae.certifications FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger()'),
  ('00000', 'ALTER TABLE cgae.agents DISABLE TRIGGER ALL'),
  ('00000', 'CREATE TABLE t_x (a text REFERENCES cgae.agents)'),
  ('00000', $$SELECT cgae.grant_access('t_nobody', 'operator')$$),
  ('00000', $$SELECT cgae.revoke_access('t_reader')$$),
  ('00000', 'CREATE TABLE cgae.x (a int)'),
  ('00000', 'DROP TABLE cgae.agents CASCADE');
SELECT t.agent('held', '(1,1,1,1)'), cgae.suspend('held', 'x') \g /dev/null
-- each attempt is undone
CREATE FUNCTION t.attempt(role text, statement text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  said text;
BEGIN
  said := t.try(role, statement);
  RAISE SQLSTATE 'ROLLB' USING MESSAGE = CASE WHEN said = 'ok' THEN '1' WHEN said LIKE '42501:%' THEN '0' ELSE said END;
EXCEPTION WHEN SQLSTATE 'ROLLB' THEN
  RETURN SQLERRM;
END $$;
SELECT is((SELECT string_agg(t.attempt(role, statement), '' ORDER BY n) FROM unnest(ARRAY['t_nobody', 't_reader', 't_registrar', 't_auditor', 't_operator']) WITH ORDINALITY AS r(role, n)),
          allowed, statement) FROM attempt ORDER BY attempt.n;

-- Levels add up, and go one by one.
CREATE FUNCTION t.rights(role text) RETURNS text LANGUAGE sql AS $$
  SELECT concat_ws(' ', CASE WHEN has_table_privilege(role, 'cgae.agents', 'SELECT') THEN 'read' END,
    CASE WHEN has_table_privilege(role, 'cgae.agents', 'INSERT') THEN 'register' END,
    CASE WHEN has_column_privilege(role, 'cgae.agents', 'model_name', 'UPDATE') THEN 'rename' END,
    CASE WHEN has_table_privilege(role, 'cgae.certifications', 'INSERT') THEN 'audit' END,
    CASE WHEN has_column_privilege(role, 'cgae.agents', 'observed_architecture_hash', 'UPDATE') THEN 'observe' END,
    CASE WHEN has_column_privilege(role, 'cgae.agents', 'holds', 'UPDATE') THEN 'operate' END) $$;
CREATE FUNCTION t.access(verb text, role text, level text DEFAULT NULL) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
  IF verb = 'grant' THEN PERFORM cgae.grant_access(role, level); ELSE PERFORM cgae.revoke_access(role, level); END IF;
  RETURN t.rights(role);
END $$;
SELECT is(t.access(verb, 't_nobody', level), rights, concat_ws(' ', verb, level, 'gives', rights)) FROM (VALUES
  (1, 'grant', 'reader', 'read'), (2, 'grant', 'auditor', 'read audit observe'), (3, 'grant', 'registrar', 'read register rename audit observe'),
  (4, 'grant', 'operator', 'read register rename audit observe operate'), (5, 'grant', 'operator', 'read register rename audit observe operate'),
  (6, 'revoke', 'auditor', 'read register rename observe operate'), (7, 'revoke', 'operator', 'read register rename'), (8, 'revoke', 'auditor', 'read register rename'),
  (9, 'grant', 'auditor', 'read register rename audit observe'), (10, 'revoke', NULL, ''), (11, 'revoke', NULL, ''), (12, 'grant', 'auditor', 'read audit observe'), (13, 'revoke', 'auditor', '')) AS v(n, verb, level, rights)
  ORDER BY n;
SELECT is(t.access('grant', 't; Odd "name"', 'auditor'), 'read audit observe', 'a role of an odd name');
SELECT is(t.access('revoke', 't; Odd "name"'), '', '... revoked');
SELECT is(t.rights('t_auditor'), 'read audit observe', 'other roles keep theirs');

-- one privilege alone
CREATE ROLE t_certifier;
GRANT INSERT ON cgae.certifications TO t_certifier;
SELECT is(t.try('t_certifier', $$INSERT INTO cgae.certifications (agent_id, robustness) VALUES ('a', '(0.9,0.9,0.9,1)')$$), 'ok', 'INSERT on certifications suffices to certify');
SELECT is(t.try('t_certifier', $$SELECT cgae.certify('a', '(0.9,0.9,0.9,1)')$$), 'ok', '... by function');
SELECT is(t.try('t_certifier', $$SELECT cgae.demote('a', '(0.5,0.5,0.5,1)')$$), 'ok', '... to demote');
SELECT is(t.try('t_certifier', $$SELECT cgae.certify('p', '(0.9,0.9,0.9,1)', observed_architecture_hash => '0000000000000000')$$), 'ok', '... to find drift');
SELECT is(t.standing('a') || ' / ' || t.standing('p'), 'active {} T2 4 / suspended {architecture_drift} T0 0', '... and it took effect');
SELECT is((SELECT string_agg(DISTINCT actor, ' ') FROM cgae.events WHERE agent_id = 'a' AND seq > 2), 't_certifier', '... in its own name');
SELECT is(t.attempt('t_certifier', statement), '0', 'but not: ' || statement) FROM unnest(ARRAY['SELECT * FROM cgae.agents', 'SELECT * FROM cgae.certifications', $$UPDATE cgae.agents SET holds = '{}'$$,
  $$UPDATE cgae.agents SET balance = 1$$, $$SELECT cgae.register_agent('m', '{}')$$, $$SELECT cgae.observe_architecture('a', '0000000000000000')$$, $$SELECT cgae.agent_record('a')$$]) AS statement;
CREATE ROLE t_enroller;
GRANT INSERT ON cgae.agents TO t_enroller;
SELECT is(t.try('t_enroller', $$INSERT INTO cgae.agents (agent_id, model_name, model_config) VALUES ('e', 'm', '{}')$$), 'ok', 'INSERT on agents suffices to register');
SELECT is(t.try('t_enroller', $$SELECT cgae.register_agent('m', '{}', agent_id => 'e-2')$$), 'ok', '... by function');
SELECT is(t.try('t_enroller', $$SELECT cgae.register_agent('m', '{}')$$), 'ok', '... with a generated id');
SELECT is(t.history('e') || (SELECT actor FROM cgae.events WHERE agent_id = 'e'), '1 registrationt_enroller', '... and is recorded, in its own name');
SELECT is(t.attempt('t_enroller', statement), '0', 'but not: ' || statement) FROM unnest(ARRAY['SELECT * FROM cgae.agents', $$SELECT cgae.certify('e', '(1,1,1,1)')$$, $$UPDATE cgae.agents SET model_name = 'x'$$,
  $$SELECT cgae.suspend('e', 'x')$$, $$SELECT cgae.deregister_agent('e')$$, $$INSERT INTO cgae.agents (agent_id, model_name, model_config) VALUES ('e', 'm', '{}') RETURNING *$$]) AS statement;
SELECT is(t.attempt('t_enroller', $$INSERT INTO cgae.agents (agent_id, model_name, model_config, current_tier) VALUES ('f', 'm', '{}', 'T5')$$) ~ '^428C9', true, 'nor with a tier');

-- A certification's error tells its reader no more than that: no row is printed.
SELECT is(t.try('t_enroller', $$INSERT INTO cgae.agents (agent_id, model_name, model_config, balance) VALUES ('g', 'm', '{}', -1)$$),
          '23514: balance of agent "g" is -1, which is negative', 'a refusal');

-- RLS on certifications scopes an auditor.
CREATE ROLE t_scoped;
SELECT cgae.grant_access('t_scoped', 'auditor') \g /dev/null
SELECT t.agent('team-1'), t.agent('other-1') \g /dev/null
ALTER TABLE cgae.certifications ENABLE ROW LEVEL SECURITY;
CREATE POLICY scoped ON cgae.certifications TO t_scoped USING (agent_id LIKE 'team-%') WITH CHECK (agent_id LIKE 'team-%');
CREATE FUNCTION t.scoping() RETURNS text LANGUAGE sql AS $$
  SELECT t.attempt('t_scoped', $_$SELECT cgae.certify('team-1', '(1,1,1,1)')$_$) || t.attempt('t_scoped', $_$SELECT cgae.certify('other-1', '(1,1,1,1)')$_$) ||
         t.attempt('t_scoped', $_$SELECT cgae.certify('other-1', '(1,1,1,1)', observed_architecture_hash => '0000000000000000')$_$) ||
         t.attempt('t_scoped', $_$INSERT INTO cgae.certifications (agent_id, robustness) VALUES ('other-1', '(1,1,1,1)')$_$) ||
         t.attempt('t_auditor', $_$SELECT cgae.certify('team-1', '(1,1,1,1)')$_$) $$;
SELECT is(t.scoping(), '10000', 'RLS: the scoped auditor certifies its agents alone, and one without a policy nobody');
ALTER TABLE cgae.certifications FORCE ROW LEVEL SECURITY;
ALTER TABLE cgae.agents ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
ALTER TABLE cgae.agent_events ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
SELECT is(t.scoping(), '10000', '... with FORCE, too: the guards see what they need');
CREATE UNIQUE INDEX ON cgae.certifications (agent_id, seq, auditor);
SELECT is(t.scoping(), '10000', '... and with a unique index of the user''s');
SELECT is(t.standing('other-1'), 'pending {} T0 0', '... nothing happened to the others');

SELECT * FROM finish();
ROLLBACK;
