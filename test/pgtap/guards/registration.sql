-- Registering an agent: what a client supplies, what is derived, what is refused.
\ir ../include/begin.psql
\ir ../include/registry.psql
SELECT * FROM no_plan();
SET LOCAL client_min_messages = error;

-- by function, with defaults
SELECT matches(cgae.register_agent('m', '{"model": "m"}'), '^agent_[0-9a-f]{12}$', 'a generated id');
SELECT isnt(cgae.register_agent('m', '{"model": "m"}'), cgae.register_agent('m', '{"model": "m"}'), 'each its own');
SELECT results_eq(
  $$SELECT model_name, provenance, status::text, holds, current_tier::text, certified_tier::text, initial_robustness::text,
           current_robustness::text, certified_at, last_audit_at, tier_drop_at, observed_architecture_hash,
           last_seq, certification_count, balance, total_earned + total_spent + total_penalties + total_topups,
           contracts_completed + contracts_failed, wallet_address, deregistered_at, registered_at = now()
      FROM cgae.agents LIMIT 1$$,
  $$VALUES ('m', '{}'::jsonb, 'pending', '{}'::text[], 'T0', NULL::text, '(0,0,0,0)', NULL::text, NULL::timestamptz, NULL::timestamptz,
            NULL::timestamptz, NULL::text, 1, 0, 0::numeric, 0::numeric, 0::bigint, NULL::text, NULL::timestamptz, true)$$,
  'pending, T0, no holds, nothing certified');
SELECT is(cgae.register_agent('n', '{"b": 1, "a": [1e5, "é"]}', '{"source": "hf"}', 2.50, 'a-1', '2024-01-01 00:00+00', '0xabc'), 'a-1',
          'every argument');
SELECT results_eq(
  $$SELECT model_name, model_config::text, provenance, balance, registered_at, wallet_address,
           architecture_hash, architecture_digest FROM cgae.agents WHERE agent_id = 'a-1'$$,
  $$SELECT 'n', '{"b": 1, "a": [1e5, "é"]}', '{"source": "hf"}'::jsonb, 2.50, '2024-01-01 00:00+00'::timestamptz, '0xabc',
           left(h, 16), h FROM encode(sha256('{"a": [100000.0, "\\u00e9"], "b": 1}'), 'hex') AS h$$,
  'is kept, the configuration as written, and hashed canonically');
SELECT is(cgae.register_agent(model_name => 'named', model_config => '{}', agent_id => 'a-2', initial_balance => NULL,
                              provenance => NULL, registered_at => NULL, wallet_address => NULL), 'a-2',
          'named arguments; null optional ones count as not given');
SELECT is((SELECT (balance, provenance)::text FROM cgae.agents WHERE agent_id = 'a-2'), '(0,{})', '... and get their defaults');
SELECT ok((SELECT abs(extract(epoch FROM clock_timestamp() - registered_at)) < 60 FROM cgae.agents WHERE agent_id = 'a-2'), '... the clock too');

-- by plain statements
SELECT lives_ok($$INSERT INTO cgae.agents (agent_id, model_name, model_config) VALUES ('p-1', 'p', '{}')$$, 'plain INSERT');
SELECT is((SELECT architecture_digest FROM cgae.agents WHERE agent_id = 'p-1'), encode(sha256('{}'), 'hex'), 'its hash is computed');
PREPARE generated AS INSERT INTO cgae.agents (model_name, model_config) VALUES ('p', '{}') RETURNING agent_id ~ '^agent_[0-9a-f]{12}$';
SELECT results_eq('generated', 'VALUES (true)', 'an id is generated and returned');
SELECT lives_ok($$INSERT INTO cgae.agents (agent_id, model_name, model_config, provenance, registered_at, initial_robustness, status, holds,
    certified_tier, current_tier, current_robustness, certified_at, last_audit_at, tier_drop_at, observed_architecture_hash, last_seq,
    certification_count, balance, total_earned, total_spent, total_penalties, total_topups, contracts_completed, contracts_failed, deregistered_at, recorded_at)
  VALUES ('p-null', 'p', '{}', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL,
          NULL, NULL, NULL, NULL)$$, 'an ORM may send NULL for everything it does not know');
SELECT lives_ok($$INSERT INTO cgae.agents (agent_id, model_name, model_config, provenance, initial_robustness, status, holds,
    current_tier, last_seq, certification_count, balance, total_earned, total_spent, total_penalties, total_topups, contracts_completed, contracts_failed)
  VALUES ('p-default', 'p', '{}', '{}', '(0,0,0,0)', 'pending', '{}', 'T0', 1, 0, 0, 0, 0, 0, 0, 0, 0)$$, '... or the defaults');
SELECT is((SELECT count(DISTINCT md5(to_jsonb(a) - '{agent_id,registered_at,recorded_at}'::text[] #>> '{}'))
             FROM cgae.agents AS a WHERE agent_id IN ('p-1', 'p-null', 'p-default')), 1::bigint, 'all three are the same');
SELECT is(t.history('p-null'), '1 registration', 'registered, number 1');

-- the architecture by its hash
SELECT lives_ok($$INSERT INTO cgae.agents (agent_id, model_name, architecture_hash) VALUES ('h-16', 'h', '0123456789ABCDEF')$$, '16 digits, no configuration');
SELECT is((SELECT (architecture_hash, architecture_digest)::text FROM cgae.agents WHERE agent_id = 'h-16'), '(0123456789abcdef,)', 'lower-cased; the digest is unknown');
SELECT lives_ok($$INSERT INTO cgae.agents (agent_id, model_name, architecture_hash)
  VALUES ('h-64', 'h', '0123456789ABCDEF0123456789abcdef0123456789abcdef0123456789abcdef')$$, '64 digits as the hash');
SELECT is((SELECT (architecture_hash, architecture_digest)::text FROM cgae.agents WHERE agent_id = 'h-64'),
          '(0123456789abcdef,0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef)', 'are stored as hash and digest');
SELECT lives_ok($$INSERT INTO cgae.agents (agent_id, model_name, model_config, architecture_hash)
  VALUES ('h-both', 'h', '{"a": 1}', upper(cgae.architecture_hash('{"a":1}')))$$, 'a hash that agrees with the configuration');
SELECT is(t.try($$INSERT INTO cgae.agents (agent_id, model_name, model_config, architecture_hash) VALUES ('x', 'h', '{"a": 1}', '0123456789abcdef')$$),
          '23514: architecture_hash 0123456789abcdef of agent "x" does not agree with its model_config, whose hash is '
            || cgae.architecture_hash('{"a": 1}'), 'one that does not');
SELECT matches(t.try($$INSERT INTO cgae.agents (agent_id, model_name, architecture_hash, architecture_digest)
    VALUES ('x', 'h', 'ffffffffffffffff', '0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef')$$),
  '^23514: architecture_hash ffffffffffffffff of agent "x" does not agree with its architecture_digest', 'nor with the digest');
SELECT matches(t.try($$INSERT INTO cgae.agents (agent_id, model_name) VALUES ('x', 'h')$$),
  '^23502: agent "x" has neither a model_config nor an architecture_hash$', 'neither');
SELECT is(t.fields($$INSERT INTO cgae.agents (agent_id, model_name) VALUES ('x', 'h')$$), 'cgae.agents.model_config', '... a program is told the column');
SELECT matches(t.try(format($$INSERT INTO cgae.agents (agent_id, model_name, architecture_hash) VALUES ('x', 'h', %L)$$, h)),
               '^22P02: architecture hash "' || h || '" is not 16 or 64 hex', 'malformed hash: ' || h)
  FROM unnest(ARRAY['', '0123456789abcde', '0123456789abcdeg', '0123456789abcdef0', ' 0123456789abcde']) AS h;

-- events
SELECT results_eq(
  $$SELECT seq, type, occurred_at, data, actor, abs(extract(epoch FROM clock_timestamp() - recorded_at)) < 60 FROM cgae.events WHERE agent_id = 'a-1'$$,
  $$SELECT 1, 'registration', '2024-01-01 00:00+00'::timestamptz,
           jsonb_build_object('model_name', 'n', 'architecture_hash', architecture_digest, 'status', 'pending'), current_user::text COLLATE "default", true
      FROM cgae.agents WHERE agent_id = 'a-1'$$, 'the registration is the first event');

-- what is refused
CREATE TEMP TABLE before AS SELECT t.state() AS state;
SELECT is(t.try($$SELECT cgae.register_agent('m', '{}', agent_id => 'a-1')$$),
          '23505: duplicate key value violates unique constraint "agents_pkey"', 'an id that exists');
SELECT is(t.try($$SELECT cgae.register_agent('', '{}', agent_id => 'x')$$), '23514: model_name of agent "x" is blank', 'empty name');
SELECT is(t.try($$SELECT cgae.register_agent(E' \t\n', '{}', agent_id => 'x')$$), '23514: model_name of agent "x" is blank', 'blank name');
SELECT is(t.try($$SELECT cgae.register_agent('m', '{}', agent_id => ' ')$$), '23514: agent_id " " is blank', 'blank id');
SELECT is(t.try($$SELECT cgae.register_agent(NULL, '{}')$$), '22004: argument "model_name" of cgae.register_agent is null', 'null name');
SELECT is(t.try($$SELECT cgae.register_agent('m', NULL)$$), '22004: argument "model_config" of cgae.register_agent is null', 'null configuration');
SELECT matches(t.try($$SELECT cgae.register_agent('m', '[1]', agent_id => 'x')$$), '^23514: model_config of agent "x" is a JSON array, not an object$', 'configuration is no object');
SELECT matches(t.try($$SELECT cgae.register_agent('m', '{"a": }')$$), '^22P02: invalid input syntax for type json', 'configuration is no JSON');
SELECT is(t.try($$SELECT cgae.register_agent('m', '{}', '[]', agent_id => 'x')$$), '23514: provenance of agent "x" is not a JSON object', 'provenance is no object');
SELECT matches(t.try($$SELECT cgae.register_agent('m', '{}', initial_balance => $$ || b || $$)$$), '^23514: balance of agent "agent_[0-9a-f]{12}" is .*, which is (negative|not finite)$', 'balance ' || b)
  FROM unnest(ARRAY['-0.000000000000000001', $$'NaN'$$, $$'Infinity'$$]) AS b;
SELECT matches(t.try(format($$SELECT cgae.register_agent('m', '{}', agent_id => 'x', registered_at => %L)$$, at)), '^23514: registered_at .* of agent "x" is ' || m, 'registered ' || at)
  FROM (VALUES ((clock_timestamp() + '1 hour')::text, 'in the future'), ('infinity', 'in the future'), ('-infinity', 'not finite')) AS v(at, m);
SELECT is(t.state(), (SELECT state FROM before), 'nothing changed');

SELECT * FROM finish();
ROLLBACK;
