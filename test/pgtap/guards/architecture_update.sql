-- A new architecture: new hash, hold, re-audit; for an agent never certified only recorded.
\ir ../include/begin.psql
\ir ../include/registry.psql
SELECT * FROM no_plan();
SET LOCAL client_min_messages = error;

CREATE FUNCTION t.architecture(id text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
  RETURN (SELECT concat_ws(' ', architecture_hash, coalesce(architecture_digest, '-'), coalesce(model_config::text, '-')) FROM cgae.agents WHERE agent_id = id);
END $$;
CREATE FUNCTION t.expected(config json) RETURNS text LANGUAGE sql AS $$
  SELECT concat_ws(' ', cgae.architecture_hash(config), cgae.architecture_digest(config), config::text) $$;

-- never certified
SELECT t.agent('p') \g /dev/null
SELECT is(cgae.update_architecture('p', '{"v": 2}')::text, 'pending', 'pending stays pending');
SELECT is(t.architecture('p'), t.expected('{"v": 2}'), 'hash, digest and configuration are new');
SELECT is(t.history('p'), '1 registration, 2 architecture_update', 'recorded');
SELECT results_eq($$SELECT data, abs(extract(epoch FROM clock_timestamp() - occurred_at)) < 60 FROM cgae.events WHERE agent_id = 'p' AND seq = 2$$,
  $$SELECT jsonb_build_object('old_architecture_hash', cgae.architecture_digest('{"model": "p"}'), 'architecture_hash', cgae.architecture_digest('{"v": 2}'),
                              'status', 'pending'), true$$, 'with both hashes');
SELECT is((SELECT outcome FROM cgae.certify('p', '(1,1,1,1)', observed_architecture_hash => cgae.architecture_hash('{"v": 2}'))), 'certified', 'certified as what it is now');
SELECT is((SELECT outcome FROM cgae.certify('p', '(1,1,1,1)', observed_architecture_hash => cgae.architecture_hash('{"model": "p"}'))), 'architecture_mismatch', 'no longer as what it was');
SELECT is((SELECT data->>'expected_hash' FROM cgae.events WHERE agent_id = 'p' AND type = 'architecture_mismatch'), cgae.architecture_digest('{"v": 2}'), 'whose event names the hash expected then');

-- certified
SELECT t.agent('c', '(0.7,0.7,0.7,0.7)') \g /dev/null
SELECT is(cgae.update_architecture('c', '{"v": 2}')::text, 'suspended', 'a certified agent is suspended');
SELECT is(t.standing('c'), 'suspended {architecture_drift} T3 1', '... for drift');
SELECT is((SELECT (status, tier)::text FROM cgae.certify('c', '(1,1,1,1)')), '(suspended,T5)', 'an audit that did not look at the architecture is recorded only');
SELECT is((SELECT (status, tier)::text FROM cgae.certify('c', '(1,1,1,1)', observed_architecture_hash => cgae.architecture_hash('{"v": 2}'))), '(active,T5)', 'one that did reinstates');
SELECT is(cgae.update_architecture('c', '{"v":2}')::text, 'active', 'the same architecture in other words');
SELECT is(t.architecture('c'), t.expected('{"v":2}'), '... is kept as written now');
SELECT is(t.history('c'), '1 registration, 2 certification, 3 architecture_update, 4 certification, 5 certification', '... and is no update');
SELECT is((SELECT (audit_details->>'x', outcome)::text FROM cgae.certifications WHERE agent_id = 'c' AND seq = 2), '(,certified)', 'what was certified stays on record');

-- expected hash of an old mismatch
SELECT t.agent('m', '(1,1,1,1)') \g /dev/null
SELECT cgae.observe_architecture('m', '0000000000000000'), cgae.update_architecture('m', '{"v": 2}') \g /dev/null
SELECT cgae.certify('m', '(1,1,1,1)', observed_architecture_hash => '0000000000000000') \g /dev/null
SELECT is((SELECT string_agg(data->>'expected_hash', ' ' ORDER BY seq) FROM cgae.events WHERE agent_id = 'm' AND type = 'architecture_mismatch'),
          cgae.architecture_digest('{"model": "m"}') || ' ' || cgae.architecture_digest('{"v": 2}'), 'each mismatch keeps the hash that it was compared with');

-- by plain UPDATE
SELECT t.agent('u', '(1,1,1,1)') \g /dev/null
UPDATE cgae.agents SET model_config = '{"u": 1}' WHERE agent_id = 'u';
SELECT is(t.architecture('u') || ' ' || t.standing('u'), t.expected('{"u": 1}') || ' suspended {architecture_drift} T5 1', 'model_config alone');
UPDATE cgae.agents SET model_config = '{"u": 2}', architecture_hash = cgae.architecture_hash('{"u": 2}') WHERE agent_id = 'u';
SELECT is(t.architecture('u'), t.expected('{"u": 2}'), 'configuration and the hash that agrees');
UPDATE cgae.agents SET model_config = '{"u": 3}', architecture_hash = upper(cgae.architecture_digest('{"u": 3}')), architecture_digest = NULL WHERE agent_id = 'u';
SELECT is(t.architecture('u'), t.expected('{"u": 3}'), '... 64 digits, upper case, in the place of 16');
SELECT is(t.try($$UPDATE cgae.agents SET model_config = '{"u": 4}', architecture_hash = '0000000000000000' WHERE agent_id = 'u'$$),
  '23514: architecture_hash 0000000000000000 of agent "u" does not agree with its model_config, whose hash is ' || cgae.architecture_hash('{"u": 4}'), 'one that does not');
SELECT is(t.try($$UPDATE cgae.agents SET architecture_hash = '0000000000000000' WHERE agent_id = 'u'$$),
  '23514: architecture_hash 0000000000000000 of agent "u" does not agree with its model_config, whose hash is ' || cgae.architecture_hash('{"u": 3}'), 'a hash that leaves the configuration behind');
SELECT is(t.fields($$UPDATE cgae.agents SET architecture_hash = '0000000000000000' WHERE agent_id = 'u'$$), 'cgae.agents.architecture_hash architecture_hash_agrees', '... for programs');
SELECT is(t.try($$UPDATE cgae.agents SET architecture_hash = 'nonsense' WHERE agent_id = 'u'$$), '22P02: architecture hash "nonsense" is not 16 or 64 hexadecimal digits', 'a malformed one');
UPDATE cgae.agents SET model_config = NULL, architecture_hash = '0000000000000000', architecture_digest = NULL WHERE agent_id = 'u';
SELECT is(t.architecture('u'), '0000000000000000 - -', 'the hash alone, without configuration');
UPDATE cgae.agents SET architecture_hash = '0000000000000000' || repeat('0', 48) WHERE agent_id = 'u';
SELECT is(t.architecture('u'), '0000000000000000 ' || repeat('0', 64) || ' -', 'the digest of the same, learnt later');
SELECT is((SELECT count(*) FROM cgae.events WHERE agent_id = 'u' AND type = 'architecture_update'), 4::bigint, '... which is no new architecture');
UPDATE cgae.agents SET model_name = 'other', provenance = '{"p": 1}' WHERE agent_id = 'u';
SELECT is((SELECT count(*) FROM cgae.events WHERE agent_id = 'u' AND type = 'architecture_update'), 4::bigint, 'a new name is none either');

-- refused
CREATE TEMP TABLE before AS SELECT t.state() AS state;
SELECT is(t.try($$SELECT cgae.update_architecture('nobody', '{}')$$), 'P0002: agent "nobody" is not registered', 'unknown agent');
SELECT is(t.try($$SELECT cgae.update_architecture('c', NULL)$$), '22004: argument "model_config" of cgae.update_architecture is null', 'no configuration');
SELECT is(t.try($$SELECT cgae.update_architecture('c', '"x"')$$), '23514: model_config of agent "c" is a JSON string, not an object', 'no object');
SELECT matches(t.try($$SELECT cgae.update_architecture('c', '{')$$), '^22P02: invalid input syntax for type json', 'no JSON');
SELECT is(t.state(), (SELECT state FROM before), 'nothing changed');

-- a second change while suspended, and an audit of the first
SELECT t.agent('s', '(1,1,1,1)') \g /dev/null
SELECT cgae.update_architecture('s', '{"s": 2}'), cgae.update_architecture('s', '{"s": 3}') \g /dev/null
SELECT is((SELECT outcome FROM cgae.certify('s', '(1,1,1,1)', observed_architecture_hash => cgae.architecture_hash('{"s": 2}'))), 'architecture_mismatch', 'an audit of an architecture replaced since');
SELECT is(cgae.update_architecture('s', '{"model": "s"}')::text, 'suspended', 'returning to the first architecture');
SELECT is((SELECT status::text FROM cgae.certify('s', '(1,1,1,1)', observed_architecture_hash => t.hash('s'))), 'active', '... asks for an audit too');

SELECT * FROM finish();
ROLLBACK;
