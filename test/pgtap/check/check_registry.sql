-- cgae.check_registry(): silent about every registry that the guards made, and telling of each
-- kind of tampering while they were disabled.
\ir ../include/begin.psql
\ir ../include/registry.psql
\ir ../include/tamper.psql
SELECT * FROM no_plan();
SET LOCAL client_min_messages = error;

SELECT is_empty('SELECT * FROM cgae.check_registry()', 'a new registry is clean');

--
-- every kind of operation, by functions and by plain statements, leaves it clean
--
SELECT t.agent(id) FROM unnest('{a,b,c,d,e,f,g,h,i,j,k,l,m,n,none,o,p}'::text[]) AS id \g /dev/null
INSERT INTO cgae.agents (agent_id, model_name, architecture_hash) VALUES ('hash', 'm', '0123456789ABCDEF');
SELECT cgae.certify(id, '(0.95,0.95,0.95,0.95)', certified_at => '2024-01-02') FROM unnest('{a,b,c,d,e,f,g,h,i,o,p}'::text[]) AS id \g /dev/null
SELECT cgae.certify('a', '(0.7,0.7,0.7,0.7)', observed_architecture_hash => t.hash('a')) \g /dev/null
SELECT cgae.certify('b', '(1,1,1,0.1)'), cgae.certify('b', '(1,1,1,0.9)') \g /dev/null
SELECT cgae.certify('c', '(1,1,1,1)', observed_architecture_hash => '1111111111111111') \g /dev/null
SELECT cgae.certify('c', '(1,1,1,1)'), cgae.certify('c', '(1,1,1,0.1)', observed_architecture_hash => t.hash('c')) \g /dev/null
SELECT cgae.certify('c', '(1,1,1,1)', observed_architecture_hash => t.hash('c')) \g /dev/null
SELECT cgae.certify('c', NULL, observed_architecture_hash => repeat('2', 64), certified_at => '2300-01-01') \g /dev/null
SELECT cgae.demote('d', '(0.4,0.9,0.9,0.9)', 'why'), cgae.demote('d', '(0.4,0.9,0.9,0.2)') \g /dev/null
SELECT cgae.observe_architecture('e', '3333333333333333'), cgae.observe_architecture('e', t.hash('e')), cgae.observe_architecture('e', '4444444444444444') \g /dev/null
SELECT cgae.update_architecture('f', '{"n": 1}'), cgae.update_architecture('k', '{"n": 1}'), cgae.update_architecture('f', '{"n": 2}') \g /dev/null
SELECT cgae.suspend('g', 'x'), cgae.suspend('g', 'y'), cgae.reinstate('g', 'x'), cgae.suspend('l', 'x'), cgae.reinstate('l', 'x') \g /dev/null
UPDATE cgae.agents SET holds = '{p,q}' WHERE agent_id IN ('g', 'h', 'm');
UPDATE cgae.agents SET holds = '{}', model_config = '{"n": 3}', observed_architecture_hash = '5555555555555555', balance = 7 WHERE agent_id = 'm';
UPDATE cgae.agents SET holds = '{z}', model_config = NULL, status = 'deregistered' WHERE agent_id = 'n';
UPDATE cgae.agents SET architecture_digest = '0123456789abcdef' || repeat('0', 48) WHERE agent_id = 'hash';
SELECT cgae.certify('hash', '(1,1,1,1)', observed_architecture_hash => '0123456789abcdef' || repeat('1', 48)) \g /dev/null
SELECT cgae.deregister_agent('h'), cgae.deregister_agent('h'), cgae.deregister_agent('i', '2024-02-01') \g /dev/null
SELECT cgae.certify_many('{a,j,a,j}', '{"(1,1,1,1)","(1,1,1,1)","(0.5,0.5,0.5,0.5)","(0.1,0.1,0.1,0.1)"}', '{registration,registration,demotion,demotion}') \g /dev/null
SELECT is(t.broken(), NULL, 'all operations');
SELECT cgae.apply_decay('2024-03-01'), cgae.apply_decay() \g /dev/null
SELECT cmp_ok((SELECT count(*) FROM cgae.agent_events WHERE type IN ('decay', 'expiration'))::int, '>', 0, 'something decayed');
SELECT is(t.broken(), NULL, 'sweeps');
SELECT cgae.certify(id, '(0.8,0.8,0.8,0.8)', certified_at => now() - interval '1 day') FROM unnest('{k,l,o}'::text[]) AS id \g /dev/null
SELECT cgae.publish_policy(decay_rate => 0.02, ih_threshold => 0.79), cgae.publish_policy(time_step => '1 us'), cgae.publish_policy(decay_rate => 0),
       cgae.publish_policy(decay_rate => 1e-5) \g /dev/null
SELECT is(t.broken(), NULL, 'publications');
SELECT cgae.publish_policy('{0,0.5,0.6,0.7,0.8,0.9}', ih_threshold => 0.1, decay_rate => 0.1, time_step => '1 h') \g /dev/null
SELECT cgae.certify('b', '(0.95,0.95,0.95,0.95)') \g /dev/null
UPDATE cgae.agents SET current_tier = cgae.effective_tier(agent_id) WHERE status = 'active';
SELECT cgae.rotate_audit_seed(), cgae.rotate_audit_seed() \g /dev/null
SELECT is(t.broken(), NULL, 'a policy once more, sweeps by hand, rotations');

--
-- who may ask
--
CREATE ROLE t_check_reader;
SELECT is(t.try('t_check_reader', 'SELECT * FROM cgae.check_registry()') ~ '^42501', true, 'nobody');
SELECT cgae.grant_access('t_check_reader', 'reader') \g /dev/null
SELECT is(t.try('t_check_reader', $$DO $x$ BEGIN IF EXISTS (SELECT FROM cgae.check_registry()) THEN RAISE 'dirty'; END IF; END $x$ $$), 'ok', 'a reader finds what the owner finds');
ALTER TABLE cgae.certifications ENABLE ROW LEVEL SECURITY;
SELECT is(t.try('t_check_reader', 'SELECT * FROM cgae.check_registry()'), '42501: the registry cannot be checked under row-level security of cgae.certifications', '... but not under row security');
SELECT is(t.broken(), NULL, '... which does not concern the owner');
ALTER TABLE cgae.certifications DISABLE ROW LEVEL SECURITY;

--
-- tampering: what is done while the guards are off, and the rules that tell
--
CREATE TEMP TABLE tampering (n int GENERATED ALWAYS AS IDENTITY, statement text, tells text);
INSERT INTO tampering (statement, tells) VALUES
  -- nothing at all: the frame itself changes nothing
  ('SELECT', NULL),
  -- numbers
  ($$DELETE FROM cgae.certifications WHERE agent_id = 'b' AND seq = 2$$, 'b certification_count, b initial_robustness, b previous_tier, b sequence'),
  ($$UPDATE cgae.agent_events SET seq = 99 WHERE agent_id = 'k' AND seq = 2$$, 'k holds, k last_seq, k recorded_at, k sequence, k status, k time'),
  ($$INSERT INTO cgae.agent_events SELECT agent_id, 2, 'architecture_update', occurred_at, data || '{"old_architecture_hash": "0000000000000000", "architecture_hash": "1111111111111111"}', actor, recorded_at FROM cgae.agent_events WHERE agent_id = 'a' AND seq = 1$$, 'a architecture, a architecture_hash, a sequence'),
  ($$UPDATE cgae.agents SET last_seq = 9 WHERE agent_id = 'a'$$, 'a last_seq'),
  -- registration
  ($$DELETE FROM cgae.agent_events WHERE agent_id = 'none'$$, 'none registration'),
  ($$DELETE FROM cgae.agent_events WHERE agent_id = 'a' AND seq = 1$$, 'a registered_at, a registration, a sequence'),
  ($$UPDATE cgae.agents SET registered_at = '2023-01-01' WHERE agent_id = 'none'$$, 'none registered_at'),
  ($$DELETE FROM cgae.agents WHERE agent_id = 'l'$$, 'l unknown_agent'),
  ($$UPDATE cgae.agent_events SET type = 'rumour' WHERE agent_id = 'none'$$, 'none event, none registered_at, none registration'),
  -- what the agent's row derives from its certifications
  ($$UPDATE cgae.agents SET certification_count = 7 WHERE agent_id = 'a'$$, 'a certification_count'),
  ($$UPDATE cgae.agents SET certified_tier = 'T4' WHERE agent_id = 'a'$$, 'a certified_tier'),
  ($$UPDATE cgae.agents SET current_tier = 'T5' WHERE agent_id = 'a'$$, 'a current_tier'),
  ($$UPDATE cgae.agents SET current_tier = 'T0' WHERE agent_id = 'b'$$, 'b current_tier'),
  ($$UPDATE cgae.agents SET current_robustness = '(1,1,1,1)' WHERE agent_id = 'a'$$, 'a current_robustness'),
  ($$UPDATE cgae.agents SET initial_robustness = '(1,1,1,1)' WHERE agent_id = 'a'$$, 'a initial_robustness'),
  ($$UPDATE cgae.agents SET initial_robustness = '(1,1,1,1)' WHERE agent_id = 'none'$$, 'none initial_robustness'),
  ($$UPDATE cgae.agents SET certified_at = certified_at + interval '1 us' WHERE agent_id = 'a'$$, 'a certified_at'),
  ($$UPDATE cgae.agents SET last_audit_at = NULL WHERE agent_id = 'a'$$, 'a last_audit_at'),
  ($$UPDATE cgae.agents SET tier_drop_at = tier_drop_at + interval '1 s' WHERE agent_id = 'b'$$, 'b tier_drop_at'),
  ($$UPDATE cgae.agents SET tier_drop_at = NULL WHERE agent_id = 'b'$$, 'b tier_drop_at'),
  ($$UPDATE cgae.agents SET tier_drop_at = 'infinity' WHERE agent_id = 'none'$$, 'none tier_drop_at'),
  ($$UPDATE cgae.agents SET observed_architecture_hash = NULL WHERE agent_id = 'e'$$, 'e observed_architecture_hash'),
  ($$UPDATE cgae.agents SET recorded_at = recorded_at + interval '1 us' WHERE agent_id = 'a'$$, 'a recorded_at'),
  ($$UPDATE cgae.agents SET recorded_at = recorded_at - interval '1 us' WHERE agent_id = 'none'$$, 'none recorded_at'),
  ($$UPDATE cgae.agents SET status = 'active' WHERE agent_id = 'c'$$, 'c status'),
  ($$UPDATE cgae.agents SET holds = '{}' WHERE agent_id = 'c'$$, 'c holds'),
  ($$UPDATE cgae.agents SET holds = '{failed_audit}' WHERE agent_id = 'c'$$, 'c holds'),
  ($$UPDATE cgae.agents SET holds = '{}', status = 'active' WHERE agent_id = 'c'$$, 'c holds, c status'),
  ($$UPDATE cgae.agents SET deregistered_at = NULL WHERE agent_id = 'h'$$, 'h deregistered_at'),
  ($$UPDATE cgae.agents SET deregistered_at = now() WHERE agent_id = 'a'$$, 'a deregistered_at'),
  ($$UPDATE cgae.agents SET status = 'active', deregistered_at = NULL WHERE agent_id = 'i'$$, 'i deregistered_at, i status'),
  -- architecture
  ($$UPDATE cgae.agents SET architecture_hash = '0000000000000000' WHERE agent_id = 'none'$$, 'none architecture_digest, none architecture_hash'),
  ($$UPDATE cgae.agents SET architecture_hash = 'F' WHERE agent_id = 'none'$$, 'none architecture_hash'),
  ($$UPDATE cgae.agents SET architecture_digest = left(architecture_digest, 16) || repeat('0', 48) WHERE agent_id = 'none'$$, 'none architecture_hash, none model_config'),
  ($$UPDATE cgae.agents SET architecture_digest = NULL WHERE agent_id = 'none'$$, 'none model_config'),
  ($$UPDATE cgae.agents SET model_config = '{"n": 5}' WHERE agent_id = 'none'$$, 'none model_config'),
  ($$UPDATE cgae.agents SET model_config = '{"n": 5}', architecture_hash = cgae.architecture_hash('{"n": 5}'), architecture_digest = cgae.architecture_digest('{"n": 5}') WHERE agent_id = 'none'$$, 'none architecture_hash'),
  ($$UPDATE cgae.agent_events SET data = jsonb_set(data, '{architecture_hash}', '"0000000000000000"') WHERE agent_id = 'none'$$, 'none architecture_hash'),
  ($$UPDATE cgae.agent_events SET data = jsonb_set(data, '{old_architecture_hash}', '"0000000000000000"') WHERE agent_id = 'k' AND type = 'architecture_update'$$, 'k architecture'),
  ($$UPDATE cgae.agent_events SET data = jsonb_set(data, '{expected_hash}', '"0000000000000000"') WHERE agent_id = 'm' AND type = 'architecture_mismatch'$$, 'm architecture'),
  ($$UPDATE cgae.certifications SET observed_architecture_hash = '0000000000000000' WHERE agent_id = 'a' AND observed_architecture_hash IS NOT NULL$$, 'a architecture, a observed_architecture_hash'),
  ($$UPDATE cgae.certifications SET observed_architecture_hash = t.hash('c') WHERE agent_id = 'c' AND outcome = 'architecture_mismatch' AND seq < 5$$, 'c architecture'),
  -- certifications
  ($$UPDATE cgae.certifications SET tier = 'T5' WHERE agent_id = 'b' AND seq = 3$$, 'b previous_tier, b tier'),
  ($$UPDATE cgae.certifications SET tier = 'T4' WHERE agent_id = 'b' AND seq = 2$$, 'b previous_tier, b tier'),
  ($$UPDATE cgae.certifications SET tier = 'T1' WHERE agent_id = 'c' AND outcome = 'architecture_mismatch'$$, 'c tier'),
  ($$UPDATE cgae.certifications SET robustness = '(0.1,1,1,1)' WHERE agent_id = 'b' AND seq = 2$$, 'b initial_robustness, b tier'),
  ($$UPDATE cgae.certifications SET robustness = NULL WHERE agent_id = 'a' AND seq = 3$$, 'a tier'),
  ($$UPDATE cgae.certifications SET previous_tier = 'T1' WHERE agent_id = 'b' AND seq = 3$$, 'b previous_tier'),
  ($$UPDATE cgae.certifications SET previous_tier = NULL WHERE agent_id = 'c' AND seq = 3$$, 'c previous_tier'),
  ($$UPDATE cgae.certifications SET policy_version = 9 WHERE agent_id = 'b' AND seq = 2$$, 'b policy_version'),
  ($$UPDATE cgae.certifications SET policy_version = NULL WHERE agent_id = 'b' AND seq = 2$$, 'b policy_version'),
  ($$UPDATE cgae.certifications SET policy_version = 6 WHERE agent_id = 'b' AND seq = 2$$, 'b decay, b policy_version'),
  ($$UPDATE cgae.certifications SET outcome = 'passed' WHERE agent_id = 'b' AND seq = 2$$, 'b outcome'),
  ($$UPDATE cgae.certifications SET status = 'pending' WHERE agent_id = 'b' AND seq = 2$$, 'b status'),
  ($$UPDATE cgae.certifications SET status = 'active' WHERE agent_id = 'b' AND seq = 3$$, 'b status'),
  ($$UPDATE cgae.certifications SET audit_type = 'spot' WHERE agent_id = 'd' AND seq = 3$$, 'd demotion'),
  ($$UPDATE cgae.certifications SET audit_type = 'demotion' WHERE agent_id = 'b' AND seq = 3$$, 'b demotion'),
  -- events
  ($$UPDATE cgae.agent_events SET data = jsonb_set(data, '{new_tier}', '"T0"') WHERE agent_id = 'd' AND seq = 4$$, 'd demotion'),
  ($$UPDATE cgae.agent_events SET data = jsonb_set(data, '{status}', '"active"') WHERE agent_id = 'g' AND type = 'suspension' AND seq = 3$$, 'g status'),
  ($$UPDATE cgae.agent_events SET data = '[]' WHERE agent_id = 'none'$$, 'none architecture, none status'),
  ($$UPDATE cgae.agent_events SET data = jsonb_set(data, '{added}', '["w"]') WHERE agent_id = 'g' AND type = 'suspension' AND seq = 3$$, 'g holds'),
  ($$UPDATE cgae.agent_events SET data = jsonb_set(data, '{holds}', '["w"]') WHERE agent_id = 'g' AND type = 'suspension' AND seq = 3$$, 'g holds'),
  ($$UPDATE cgae.agent_events SET data = jsonb_set(data, '{lifted}', '["architecture_drift"]') WHERE agent_id = 'l' AND type = 'reinstatement'$$, 'l holds, l status'),
  ($$UPDATE cgae.agent_events SET data = jsonb_set(data, '{old_tier}', '"T3"') WHERE agent_id = 'f' AND type = 'decay'$$, 'f decay'),
  ($$UPDATE cgae.agent_events SET occurred_at = occurred_at - interval '1 h' WHERE type IN ('decay', 'expiration') AND agent_id = 'p'$$, 'p decay'),
  ($$UPDATE cgae.agent_events SET data = jsonb_set(data, '{new_tier}', '"T1"') WHERE type = 'decay' AND agent_id = 'p'$$, 'p decay'),
  ($$UPDATE cgae.agent_events SET type = 'decay' WHERE type = 'expiration' AND agent_id = 'p'$$, 'p decay'),
  -- time
  ($$UPDATE cgae.certifications SET certified_at = '2023-12-31' WHERE agent_id = 'b' AND seq = 2$$, 'b time'),
  ($$UPDATE cgae.certifications SET certified_at = '2100-01-01' WHERE agent_id = 'b' AND seq = 2$$, 'b time'),
  ($$UPDATE cgae.certifications SET recorded_at = recorded_at - interval '1 day' WHERE agent_id = 'b' AND seq = 3$$, 'b time'),
  -- dates that lie ahead, of which the first might be the guards'
  ($$UPDATE cgae.agent_events SET occurred_at = '2100-01-01', recorded_at = '2100-01-01' WHERE agent_id = 'none'; UPDATE cgae.agents SET registered_at = '2100-01-01', recorded_at = '2100-01-01' WHERE agent_id = 'none'$$, 'none clock'),
  ($$UPDATE cgae.agents SET recorded_at = '2100-01-01' WHERE agent_id = 'a'$$, 'a clock, a recorded_at'),
  ($$UPDATE cgae.gate_policies SET effective_from = '2100-01-01' WHERE version = 6$$, 'clock, policy'),
  ($$UPDATE cgae.audit_seeds SET created_at = '2100-01-01' WHERE epoch = 3; UPDATE cgae.audit_seeds SET revealed_at = '2100-01-01' WHERE epoch = 2$$, 'clock'),
  ($$UPDATE cgae.agent_events SET occurred_at = '2024-01-01 12:00+00' WHERE agent_id = 'h' AND type = 'deregistration'$$, 'h deregistered_at, h time'),
  -- after the deregistration
  ($$UPDATE cgae.certifications SET certified_at = '2024-03-01' WHERE agent_id = 'i' AND seq = 2$$, 'i certified_at, i last_audit_at, i tier_drop_at, i time'),
  ($$INSERT INTO cgae.agent_events SELECT agent_id, seq + 1, 'architecture_mismatch', recorded_at, '{"expected_hash": "0", "observed_hash": "1"}', actor, recorded_at FROM cgae.agent_events WHERE agent_id = 'n' AND type = 'deregistration'$$, 'n architecture, n deregistration, n holds, n last_seq, n observed_architecture_hash'),
  -- policies
  ($$DELETE FROM cgae.gate_policies WHERE version = 3$$, 'b decay, c decay, policy'),
  ($$UPDATE cgae.gate_policies SET cc = '{0,0.5,0.5,0.7,0.8,0.9}' WHERE version = 4$$, 'policy'),
  ($$UPDATE cgae.gate_policies SET budget_ceilings = '{1}' WHERE version = 4$$, 'policy'),
  ($$UPDATE cgae.gate_policies SET time_step = '1 month' WHERE version = 4$$, 'policy'),
  ($$UPDATE cgae.gate_policies SET effective_from = '-infinity' WHERE version = 4$$, 'policy'),
  -- its date alone would pass: a clock that was stepped back for a publication dates one so
  ($$UPDATE cgae.gate_policies SET effective_from = '2020-01-01' WHERE version = 4$$, 'policy'),
  ($$UPDATE cgae.gate_policies SET effective_from = '2020-01-01' WHERE version = 1$$, 'policy'),
  -- epochs
  ($$UPDATE cgae.audit_seeds SET revealed_at = NULL WHERE epoch = 1$$, 'audit_seed'),
  ($$UPDATE cgae.audit_seeds SET revealed_at = now() WHERE epoch = 3$$, 'audit_seed'),
  ($$UPDATE cgae.audit_seeds SET created_at = created_at - interval '1 s' WHERE epoch = 3$$, 'audit_seed'),
  ($$UPDATE cgae.audit_seeds SET created_at = created_at + interval '1 s' WHERE epoch = 2; UPDATE cgae.audit_seeds SET revealed_at = revealed_at + interval '1 s' WHERE epoch = 1$$, 'audit_seed'),
  ($$DELETE FROM cgae.audit_seeds WHERE epoch = 1$$, 'audit_seed'),
  ($$DELETE FROM cgae.audit_seeds$$, 'audit_seed'),
  ($$ALTER TABLE cgae.audit_seeds ALTER commitment DROP EXPRESSION; UPDATE cgae.audit_seeds SET secret = 'guess' WHERE epoch = 3$$, 'audit_seed, column'),
  -- guards
  ($$DROP TRIGGER zz_cgae_no_truncate ON cgae.certifications$$, 'guard');
SELECT is(t.tamper(statement), tells, statement) FROM tampering ORDER BY n;

--
-- guards: each must be there, enabled, without condition
--
CREATE FUNCTION t.with_guard(statement text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  found text;
BEGIN
  EXECUTE statement;
  SELECT string_agg(detail, ', ') INTO found FROM cgae.check_registry();
  RAISE SQLSTATE 'ROLLB';
EXCEPTION WHEN SQLSTATE 'ROLLB' THEN
  RETURN found;
END $$;
-- those of a partition come and go with their table's
CREATE TEMP TABLE guards AS SELECT tgrelid::regclass AS tab, tgname AS guard, tgparentid = 0 AS own FROM pg_trigger AS g JOIN pg_class AS c ON c.oid = tgrelid
  WHERE relnamespace = 'cgae'::regnamespace AND NOT tgisinternal;
SELECT cmp_ok((SELECT count(*) FROM guards)::int, '>=', 20, 'there are guards');
SELECT alike(t.with_guard(format('ALTER TABLE %s DISABLE TRIGGER %I', tab, guard)), format('%%trigger %s on %s is disabled or changed%%', guard, tab), format('%s on %s disabled', guard, tab))
  FROM guards ORDER BY tab::text, guard;
SELECT alike(t.with_guard(format('DROP TRIGGER %I ON %s', guard, tab)), format('%%trigger %s on %s is missing%%', guard, tab), format('%s on %s dropped', guard, tab))
  FROM guards WHERE own ORDER BY tab::text, guard;
SELECT alike(t.with_guard('ALTER TABLE cgae.agents ENABLE REPLICA TRIGGER zz_cgae_guard'), '%trigger zz_cgae_guard on cgae.agents is disabled or changed%', 'a guard that fires on replicas only');
SELECT is(t.with_guard('ALTER TABLE cgae.agents ENABLE ALWAYS TRIGGER zz_cgae_guard'), NULL, '... and one that fires always, which is the owner''s business');
SELECT is(t.with_guard('ALTER TABLE cgae.gate_policies ENABLE TRIGGER zz_cgae_invalidate'), 'trigger zz_cgae_invalidate on cgae.gate_policies is disabled or changed', 'a policy unnoticed on a subscriber');
SELECT alike(t.with_guard('DROP TRIGGER zz_cgae_guard ON cgae.agents; CREATE TRIGGER zz_cgae_guard BEFORE INSERT OR UPDATE ON cgae.agents FOR EACH ROW WHEN (false) EXECUTE FUNCTION cgae.guard_agents()'),
          '%trigger zz_cgae_guard on cgae.agents is disabled or changed%', 'a guard with a condition');
SELECT alike(t.with_guard('DROP TRIGGER zz_cgae_guard ON cgae.agents; CREATE TRIGGER zz_cgae_guard BEFORE INSERT ON cgae.agents FOR EACH ROW EXECUTE FUNCTION cgae.guard_agents()'),
          '%trigger zz_cgae_guard on cgae.agents is disabled or changed%', 'a guard of half the events');

--
-- what an owner may have done to the tables is no reason to fail
--
SELECT is(t.tamper($$ALTER TABLE cgae.agent_events ALTER data DROP NOT NULL, ALTER type DROP NOT NULL, ALTER occurred_at DROP NOT NULL;
  UPDATE cgae.agent_events SET data = NULL, type = NULL, occurred_at = NULL WHERE agent_id = 'none'$$), 'column, none event, none occurred_at, none registered_at, none registration', 'nulls in events');
SELECT is(t.tamper($$ALTER TABLE cgae.agents ALTER holds DROP NOT NULL, ALTER status DROP NOT NULL, ALTER current_tier DROP NOT NULL, ALTER last_seq DROP NOT NULL,
    ALTER architecture_hash DROP NOT NULL, ALTER initial_robustness DROP NOT NULL, ALTER registered_at DROP NOT NULL, ALTER certification_count DROP NOT NULL, ALTER recorded_at DROP NOT NULL;
  UPDATE cgae.agents SET holds = NULL, status = NULL, current_tier = NULL, last_seq = NULL, architecture_hash = NULL, initial_robustness = NULL, registered_at = NULL, recorded_at = NULL WHERE agent_id = 'none'$$),
  'column, none architecture_hash, none current_tier, none holds, none initial_robustness, none last_seq, none recorded_at, none registered_at, none status', 'nulls in agents');
SELECT is(t.tamper($$ALTER TABLE cgae.certifications ALTER outcome DROP NOT NULL, ALTER status DROP NOT NULL, ALTER audit_type DROP NOT NULL, ALTER certified_at DROP NOT NULL;
  UPDATE cgae.certifications SET outcome = NULL, status = NULL, audit_type = NULL WHERE agent_id = 'b' AND seq = 2$$), 'b audit_type, b outcome, b status, column', 'nulls in certifications');
SELECT * FROM finish();
ROLLBACK;
