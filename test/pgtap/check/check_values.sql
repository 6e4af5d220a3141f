-- cgae.check_registry(): values that no guard lets in, row by row, each tried alone while the
-- guards were off.
\ir ../include/begin.psql
\ir ../include/registry.psql
\ir ../include/tamper.psql
SELECT * FROM no_plan();
SET LOCAL client_min_messages = error;

SELECT t.agent(id) FROM unnest('{a,b,none,other}'::text[]) AS id \g /dev/null
SELECT cgae.certify(id, '(0.95,0.95,0.95,0.95)') FROM unnest('{a,b}'::text[]) AS id \g /dev/null
SELECT cgae.suspend('b', 'x') \g /dev/null
INSERT INTO cgae.agents (agent_id, model_name, architecture_hash) VALUES ('hash', 'm', repeat('0123456789abcdef', 4));
SELECT cgae.publish_policy(budget_ceilings => '{0,1,2,3,4,500}') \g /dev/null
SELECT cgae.rotate_audit_seed(), cgae.rotate_audit_seed() \g /dev/null
SELECT is(t.broken(), NULL, 'a clean registry, where an agent has a digest and never had a configuration');

CREATE TEMP TABLE tampering (n int GENERATED ALWAYS AS IDENTITY, statement text, tells text);
INSERT INTO tampering (statement, tells)
  SELECT format('UPDATE cgae.agents SET %s = %L WHERE agent_id = %L', c, v, 'none'), 'none ' || c
    FROM unnest('{balance,total_earned,total_spent,total_penalties,total_topups}'::text[]) AS c, unnest('{-1,-0.000000001,NaN,Infinity,-Infinity}'::text[]) AS v;
INSERT INTO tampering (statement, tells)
  SELECT format('UPDATE cgae.agents SET %s = -1 WHERE agent_id = %L', c, 'none'), 'none ' || c FROM unnest('{contracts_completed,contracts_failed,certification_count,last_seq}'::text[]) AS c;
INSERT INTO tampering (statement, tells) VALUES
  ('SELECT', NULL),
  -- names
  ($$UPDATE cgae.agents SET model_name = '' WHERE agent_id = 'none'$$, 'none model_name'),
  ($$UPDATE cgae.agents SET model_name = E' \t\n\r\f\v' WHERE agent_id = 'none'$$, 'none model_name'),
  ($$UPDATE cgae.agents SET model_name = E'\n m' WHERE agent_id = 'none'$$, NULL),
  ($$UPDATE cgae.certifications SET audit_type = ' ' WHERE agent_id = 'a'$$, 'a audit_type'),
  ($$UPDATE cgae.certifications SET request_id = '' WHERE agent_id = 'a'$$, 'a request_id'),
  ($$UPDATE cgae.certifications SET auditor = '' WHERE agent_id = 'a'$$, 'a auditor'),
  ($$UPDATE cgae.certifications SET auditor = '  ' WHERE agent_id = 'a'$$, 'a auditor'),
  ($$UPDATE cgae.agent_events SET actor = E'\t' WHERE agent_id = 'b' AND type = 'suspension'$$, 'b actor'),
  ($$CREATE ROLE "  "; UPDATE cgae.certifications SET auditor = '  ' WHERE agent_id = 'a'; UPDATE cgae.agent_events SET actor = '  ' WHERE agent_id = 'a'$$, NULL),
  ($$ALTER TABLE cgae.agent_events DROP CONSTRAINT agent_events_agent_id_fkey; UPDATE cgae.agents SET agent_id = ' ' WHERE agent_id = 'none'; UPDATE cgae.agent_events SET agent_id = ' ' WHERE agent_id = 'none'$$, '  agent_id, key'),
  -- documents
  ($$UPDATE cgae.agents SET provenance = '[]' WHERE agent_id = 'none'$$, 'none provenance'),
  ($$UPDATE cgae.agents SET provenance = 'null' WHERE agent_id = 'none'$$, 'none provenance'),
  ($$UPDATE cgae.agents SET provenance = '"{}"' WHERE agent_id = 'none'$$, 'none provenance'),
  ($$UPDATE cgae.certifications SET audit_details = '1' WHERE agent_id = 'a'$$, 'a audit_details'),
  ($$UPDATE cgae.agents SET model_config = NULL WHERE agent_id = 'none'$$, 'none model_config'),
  ($$UPDATE cgae.agents SET model_config = NULL$$, 'a model_config, b model_config, none model_config, other model_config'),
  ($$UPDATE cgae.agents SET model_config = '[]', architecture_hash = cgae.architecture_hash('[]'), architecture_digest = cgae.architecture_digest('[]') WHERE agent_id = 'none'$$, 'none architecture_hash, none model_config'),
  ($$UPDATE cgae.agents SET model_config = (repeat('[', 3000) || repeat(']', 3000))::json WHERE agent_id = 'none'$$, 'none model_config'),
  -- hashes
  ($$UPDATE cgae.agents SET architecture_hash = '', architecture_digest = NULL WHERE agent_id = 'hash'$$, 'hash architecture_hash'),
  ($$UPDATE cgae.agents SET architecture_hash = 'zzzzzzzzzzzzzzzz' WHERE agent_id = 'hash'$$, 'hash architecture_hash'),
  ($$UPDATE cgae.agents SET architecture_digest = left(architecture_digest, 63) || 'z' WHERE agent_id = 'hash'$$, 'hash architecture_digest, hash architecture_hash'),
  ($$UPDATE cgae.agents SET architecture_digest = NULL WHERE agent_id = 'hash'$$, 'hash architecture_digest'),
  ($$UPDATE cgae.certifications SET observed_architecture_hash = '' WHERE agent_id = 'a'; UPDATE cgae.agents SET observed_architecture_hash = '' WHERE agent_id = 'a'$$, 'a observed_architecture_hash'),
  -- instants
  ($$UPDATE cgae.certifications SET recorded_at = 'infinity' WHERE agent_id = 'a'$$, 'a recorded_at'),
  ($$UPDATE cgae.certifications SET recorded_at = '-infinity' WHERE agent_id = 'a'$$, 'a recorded_at, a time'),
  ($$UPDATE cgae.agent_events SET recorded_at = 'infinity' WHERE agent_id = 'none'$$, 'none recorded_at'),
  ($$UPDATE cgae.agent_events SET occurred_at = '-infinity' WHERE agent_id = 'none'$$, 'none occurred_at, none registered_at'),
  ($$UPDATE cgae.agents SET certified_at = 'infinity' WHERE agent_id = 'a'$$, 'a certified_at'),
  ($$UPDATE cgae.agents SET certified_at = 'infinity', last_audit_at = 'infinity' WHERE agent_id = 'a'; UPDATE cgae.certifications SET certified_at = 'infinity' WHERE agent_id = 'a'$$, 'a certified_at, a tier_drop_at, a time'),
  ($$UPDATE cgae.agents SET certified_at = '-infinity', last_audit_at = '-infinity' WHERE agent_id = 'a'; UPDATE cgae.certifications SET certified_at = '-infinity' WHERE agent_id = 'a'$$, 'a certified_at, a tier_drop_at, a time'),
  ($$UPDATE cgae.agents SET registered_at = '-infinity' WHERE agent_id = 'none'$$, 'none registered_at'),
  -- policies
  ($$UPDATE cgae.gate_policies SET budget_ceilings = '{0, 0.01, 0.1, 1, 10, 100000}' WHERE version = 1$$, 'policy'),
  ($$UPDATE cgae.gate_policies SET audit_intensities = '{0, 0.005, 0.010, 0.020, 0.040, 0.081}' WHERE version = 1$$, 'policy'),
  ($$UPDATE cgae.gate_policies SET cc = '{0, 0.3, 0.5, 0.6, 0.8, 0.9}' WHERE version = 1$$, 'policy'),
  ($$UPDATE cgae.gate_policies SET ih_threshold = 0.4 WHERE version = 1$$, 'policy'),
  ($$UPDATE cgae.gate_policies SET decay_rate = 0 WHERE version = 1$$, 'policy'),
  ($$UPDATE cgae.gate_policies SET time_step = '2 days' WHERE version = 1$$, 'policy'),
  ($$UPDATE cgae.gate_policies SET note = 'nothing' WHERE version = 1$$, 'policy'),
  ($$UPDATE cgae.gate_policies SET budget_ceilings = '{0, 0.010, 0.10, 1.0, 1e1, 100}', time_step = '24 h' WHERE version = 1$$, 'policy'),
  ($$UPDATE cgae.gate_policies SET budget_ceilings = '{0,1,2,3,4,6}' WHERE version = 2$$, 'policy'),
  ($$UPDATE cgae.gate_policies SET audit_intensities = '{0,0,0,0,0,0.5}' WHERE version = 2$$, 'policy'),
  ($$UPDATE cgae.gate_policies SET note = 'another' WHERE version = 2$$, 'policy'),
  ($$UPDATE cgae.gate_policies SET actor = 'another' WHERE version = 2$$, 'policy'),
  ($$UPDATE cgae.gate_policies SET effective_from = effective_from - interval '1 us' WHERE version = 2$$, 'policy'),
  ($$UPDATE cgae.gate_policies SET digest = '' WHERE version = 2$$, 'policy'),
  ($$UPDATE cgae.gate_policies SET digest = (SELECT digest FROM cgae.gate_policies WHERE version = 1) WHERE version = 2$$, 'policy'),
  ($$UPDATE cgae.gate_policies SET budget_ceilings = '{0,1,2,3,4,NaN}' WHERE version = 2$$, 'a rated_policy, b rated_policy, policy'),
  ($$UPDATE cgae.gate_policies SET effective_from = now() + interval '9 years' WHERE version = 2$$, 'clock, policy'),
  ($$UPDATE cgae.gate_policies SET effective_from = now() + interval '9 years' WHERE version > 1$$, 'clock, policy'),
  -- epochs
  ($$UPDATE cgae.audit_seeds SET created_at = created_at + interval '9 years' WHERE epoch = 3; UPDATE cgae.audit_seeds SET revealed_at = revealed_at + interval '9 years' WHERE epoch = 2$$, 'clock'),
  ($$UPDATE cgae.audit_seeds SET created_at = created_at + interval '9 years' WHERE epoch = 3$$, 'audit_seed, clock'),
  ($$UPDATE cgae.audit_seeds SET created_at = 'infinity' WHERE epoch = 1$$, 'audit_seed'),
  ($$UPDATE cgae.audit_seeds SET created_at = '-infinity' WHERE epoch = 1$$, 'audit_seed'),
  ($$ALTER TABLE cgae.audit_seeds ALTER secret DROP NOT NULL, ALTER commitment DROP NOT NULL; UPDATE cgae.audit_seeds SET secret = NULL WHERE epoch = 3$$, 'audit_seed, column'),
  ($$ALTER TABLE cgae.audit_seeds ALTER secret DROP NOT NULL, ALTER commitment DROP NOT NULL; UPDATE cgae.audit_seeds SET secret = NULL WHERE epoch = 1$$, 'audit_seed, column'),
  ($$UPDATE cgae.audit_seeds SET secret = '' WHERE epoch = 3$$, 'audit_seed'),
  ($$UPDATE cgae.audit_seeds SET actor = '' WHERE epoch = 3$$, 'audit_seed'),
  ($$UPDATE cgae.audit_seeds SET actor = E' \t' WHERE epoch = 1$$, 'audit_seed'),
  ($$ALTER TABLE cgae.audit_seeds DROP CONSTRAINT audit_seeds_pkey, ALTER epoch DROP NOT NULL, ALTER created_at DROP NOT NULL; UPDATE cgae.audit_seeds SET epoch = NULL, created_at = NULL WHERE epoch = 3$$, 'audit_seed, column, key'),
  -- layout
  ($$ALTER TABLE cgae.registry_layout DISABLE TRIGGER USER; DELETE FROM cgae.registry_layout; ALTER TABLE cgae.registry_layout ENABLE TRIGGER USER$$, 'layout'),
  ($$ALTER TABLE cgae.registry_layout DISABLE TRIGGER USER; UPDATE cgae.registry_layout SET version = 99; ALTER TABLE cgae.registry_layout ENABLE TRIGGER USER$$, 'layout'),
  ($$INSERT INTO cgae.registry_layout VALUES (99)$$, 'layout'),
  ($$INSERT INTO cgae.registry_layout VALUES (0)$$, 'layout'),
  ($$ALTER TABLE cgae.registry_layout DISABLE TRIGGER USER; UPDATE cgae.registry_layout SET installed_at = 'infinity'; ALTER TABLE cgae.registry_layout ENABLE TRIGGER USER$$, 'layout, policy'),
  ($$ALTER TABLE cgae.registry_layout DISABLE TRIGGER USER; UPDATE cgae.registry_layout SET installed_at = now() + interval '1 year'; ALTER TABLE cgae.registry_layout ENABLE TRIGGER USER$$, 'clock, policy');
SELECT is(t.tamper(statement), tells, statement) FROM tampering ORDER BY n;

--
-- one bad row is a report about that row, and nobody else's is missed for it
--
CREATE TEMP TABLE bad_rows (n int GENERATED ALWAYS AS IDENTITY, statement text, tells text);
INSERT INTO bad_rows (statement, tells) VALUES
  ($$UPDATE cgae.agents SET holds = '{NULL}' WHERE agent_id = 'none'$$, 'none holds'),
  ($$UPDATE cgae.agents SET holds = '{""}' WHERE agent_id = 'none'$$, 'none holds'),
  ($$UPDATE cgae.agents SET holds = '{{x}}' WHERE agent_id = 'b'$$, 'b holds'),
  ($$UPDATE cgae.agents SET holds = '[5:5]={x}' WHERE agent_id = 'b'$$, 'b holds'),
  ($$UPDATE cgae.agents SET holds = '{{a,b},{c,NULL}}' WHERE agent_id = 'none'$$, 'none holds'),
  ($$UPDATE cgae.agents SET holds = (SELECT array_agg('h' || i) FROM generate_series(1, 1001) AS i) WHERE agent_id = 'none'$$, 'none holds'),
  ($$UPDATE cgae.agents SET last_seq = 2147483647 WHERE agent_id = 'none'$$, 'none last_seq'),
  ($$UPDATE cgae.agent_events SET type = 'rumour', data = '[[]]' WHERE agent_id = 'none'$$, 'none event, none registered_at, none registration'),
  ($$UPDATE cgae.agent_events SET data = data || '{"status": "unheard of"}' WHERE agent_id = 'none'$$, 'none status'),
  ($$UPDATE cgae.agent_events SET data = (SELECT jsonb_set(data, '{added}', jsonb_agg(i)) FROM generate_series(1, 1500) AS i) WHERE agent_id = 'b' AND type = 'suspension'$$, 'b holds'),
  ($$UPDATE cgae.agent_events SET data = (SELECT jsonb_set(data, '{added}', jsonb_agg('h' || i)) FROM generate_series(1, 1500) AS i) WHERE agent_id = 'b' AND type = 'suspension'$$, 'b holds'),
  ($$UPDATE cgae.certifications SET outcome = 'unheard of' WHERE agent_id = 'a'$$, 'a outcome');
SELECT is(t.tamper(statement || $$; UPDATE cgae.agents SET model_name = '' WHERE agent_id = 'other'$$), concat_ws(', ', tells, 'other model_name'), statement) FROM bad_rows ORDER BY n;
SELECT is(t.tamper($$ALTER TABLE cgae.agent_events DROP CONSTRAINT agent_events_agent_id_fkey, DROP CONSTRAINT agent_events_pkey, ALTER agent_id DROP NOT NULL;
  ALTER TABLE cgae.certifications DROP CONSTRAINT certifications_agent_id_fkey, DROP CONSTRAINT certifications_pkey, ALTER agent_id DROP NOT NULL, ALTER seq DROP NOT NULL;
  ALTER TABLE cgae.agents DROP CONSTRAINT agents_pkey, ALTER agent_id DROP NOT NULL;
  UPDATE cgae.agents SET agent_id = NULL WHERE agent_id = 'none'; UPDATE cgae.agent_events SET agent_id = NULL WHERE agent_id = 'none';
  UPDATE cgae.certifications SET seq = NULL WHERE agent_id = 'a'; UPDATE cgae.agents SET model_name = '' WHERE agent_id = 'other'$$),
  'a last_seq, a sequence, agent_id, column, key, other model_name', 'rows without agent_id, a certification without number');

-- a mark that somebody else left must not end up in a line of its own
SELECT is((SELECT count(*) FROM unnest(string_to_array(t.faults($$CREATE ROLE "t
line"; GRANT TRIGGER ON cgae.agents TO "t
line"$$), E'\n')))::int, 1, 'a detail is one line');

--
-- a configuration from which a digest was computed goes with an event, or is missed
--
UPDATE cgae.agents SET model_config = NULL WHERE agent_id = 'none';
UPDATE cgae.agents SET model_config = NULL, architecture_hash = upper(architecture_hash) WHERE agent_id = 'a';
SELECT is(t.history('none'), '1 registration, 2 configuration_removal', 'it may be taken back, which is an event');
SELECT is(t.history('a'), '1 registration, 2 certification, 3 configuration_removal', '... also by who gives the hash again');
SELECT is((SELECT data FROM cgae.agent_events WHERE agent_id = 'none' AND seq = 2),
  (SELECT jsonb_build_object('architecture_hash', architecture_digest, 'status', 'pending') FROM cgae.agents WHERE agent_id = 'none'), '... that says of which architecture');
SELECT is(t.standing('a'), 'active {} T5 1', '... and changes nothing else');
SELECT is(t.broken(), NULL, '... so that nothing is missed');
SELECT is(t.tamper($$UPDATE cgae.agent_events SET data = data || '{"architecture_hash": "0000000000000000"}' WHERE type = 'configuration_removal' AND agent_id = 'none'$$), 'none architecture', '... unless it is of another');
UPDATE cgae.agents SET model_config = NULL, architecture_hash = '0000000000000000', architecture_digest = NULL WHERE agent_id = 'other';
SELECT is(t.history('other'), '1 registration, 2 architecture_update', 'with its hash it leaves by the update');
SELECT is(t.broken(), NULL, '... and nothing is missed then');
SELECT cgae.update_architecture('none', '{"n": 1}'), cgae.update_architecture('hash', '{"n": 1}') \g /dev/null
SELECT is(t.broken(), NULL, 'it may come back');
SELECT is(t.tamper($$UPDATE cgae.agents SET model_config = NULL WHERE agent_id IN ('none', 'hash')$$), 'hash model_config, none model_config', '... and is missed again');

--
-- who may read no secret checks what he can
--
CREATE ROLE t_check_reader;
SELECT cgae.grant_access('t_check_reader', 'reader') \g /dev/null
CREATE FUNCTION t.reader_finds(statement text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  found text;
BEGIN
  ALTER TABLE cgae.audit_seeds DISABLE TRIGGER USER;
  EXECUTE statement;
  ALTER TABLE cgae.audit_seeds ENABLE TRIGGER USER;
  SET LOCAL ROLE t_check_reader;
  SELECT string_agg(detail, '; ') INTO found FROM cgae.check_registry() WHERE rule IN ('audit_seed', 'clock');
  RAISE SQLSTATE 'ROLLB';
EXCEPTION WHEN SQLSTATE 'ROLLB' THEN
  RETURN found;
END $$;
SELECT is(t.reader_finds('SELECT'), NULL, 'a reader finds nothing');
SELECT is(t.reader_finds($$ALTER TABLE cgae.audit_seeds ALTER secret DROP NOT NULL, ALTER commitment DROP NOT NULL; UPDATE cgae.audit_seeds SET secret = NULL WHERE epoch = 1$$), 'epoch 1 has no secret of 32 bytes', '... but a secret that is gone');
SELECT alike(t.reader_finds($$UPDATE cgae.audit_seeds SET created_at = created_at + interval '9 years' WHERE epoch = 3$$), '%created_at of epoch 3, % lies ahead of the clock%', '... and an epoch that lies ahead');
SELECT is(t.reader_finds('ALTER TABLE cgae.audit_seeds ENABLE ROW LEVEL SECURITY'), NULL, 'row security of the secrets hides no epoch');
SELECT is(t.reader_finds('GRANT SELECT ON cgae.audit_seeds TO t_check_reader; ALTER TABLE cgae.audit_seeds ENABLE ROW LEVEL SECURITY'), NULL, '... also from who could read them without');
SELECT is(t.try('t_check_reader', 'SELECT * FROM cgae.check_registry()'), 'ok', 'he may ask');
ALTER TABLE cgae.registry_layout ENABLE ROW LEVEL SECURITY;
SELECT is(t.try('t_check_reader', 'SELECT * FROM cgae.check_registry()'), '42501: the registry cannot be checked under row-level security of cgae.registry_layout', '... but not where he sees no layout');

SELECT * FROM finish();
ROLLBACK;
