-- Bad input: a clear error with a fitting SQLSTATE, and nothing changed.
-- (What concerns one statement alone is in registration.sql, certification.sql, lifecycle.sql.)
\ir ../include/begin.psql
SELECT * FROM no_plan();
SET LOCAL client_min_messages = error;

--
-- a registry that is not there
--
SELECT is(t.try('SELECT ' || call), '42P01: there is no agent registry in this database', 'without a registry: ' || call)
  FROM unnest(ARRAY[$$cgae.register_agent('m', '{}')$$, $$cgae.certify('a', '(1,1,1,1)')$$, $$cgae.demote('a', '(0,0,0,0)')$$,
                    $$cgae.observe_architecture('a', '0000000000000000')$$, $$cgae.update_architecture('a', '{}')$$, $$cgae.suspend('a', 'h')$$,
                    $$cgae.reinstate('a', 'h')$$, $$cgae.deregister_agent('a')$$, $$cgae.agent_record('a')$$, $$cgae.audit_cid('a')$$,
                    $$cgae.tier_distribution()$$, $$cgae.agents_by_tier('T1')$$, $$cgae.grant_access(current_user, 'reader')$$,
                    $$cgae.revoke_access(current_user)$$]) AS call;
SELECT is(t.hint($$SELECT cgae.certify('a', '(1,1,1,1)')$$), 'Run SELECT cgae.create_registry() as the role that shall own it.', '... with a way out');
SELECT is(cgae.gate_tier('(0.7,0.7,0.7,0.7)')::text, 'T3', 'the gate works without one');
SELECT matches(t.try($$SELECT cgae.gate_tier('(1,1,1,1)', 1)$$), '^P0002: gate policy version 1 does not exist$', '... but has no versions');

\ir ../include/registry.psql
SELECT is(t.try('SELECT cgae.create_registry()'), '42710: the agent registry of this database already exists', 'a second registry');
SELECT t.agent('a', '(0.7,0.7,0.7,0.7)'), t.agent('p') \g /dev/null
CREATE TEMP TABLE before AS SELECT t.state() AS state;

--
-- NULL where something is needed: the function and the argument are named
--
SELECT is(t.try('SELECT ' || replace(call, '?', 'NULL')), format('22004: argument "%s" of cgae.%s is null', argument, split_part(call, '(', 1)), replace(call, '?', 'NULL'))
  FROM (VALUES
    ($$grant_access(?, 'reader')$$, 'role'), ($$grant_access(current_user, ?)$$, 'level'), ('revoke_access(?)', 'role'),
    ($$register_agent(?, '{}')$$, 'model_name'), ($$register_agent('m', ?)$$, 'model_config'),
    ($$certify(?, '(1,1,1,1)')$$, 'agent_id'), ($$demote(?, '(0,0,0,0)')$$, 'agent_id'), ($$demote('a', ?)$$, 'new_robustness'), ($$demote('a', '(0,0,0,0)', ?)$$, 'reason'),
    ($$observe_architecture(?, '0000000000000000')$$, 'agent_id'), ($$observe_architecture('a', ?)$$, 'observed_hash'),
    ($$update_architecture(?, '{}')$$, 'agent_id'), ($$update_architecture('a', ?)$$, 'model_config'),
    ($$suspend(?, 'h')$$, 'agent_id'), ($$suspend('a', ?)$$, 'hold'), ($$reinstate(?, 'h')$$, 'agent_id'), ($$reinstate('a', ?)$$, 'hold'),
    ('deregister_agent(?)', 'agent_id'), ('agent_record(?)', 'agent_id'), ('audit_cid(?)', 'agent_id'), ('agents_by_tier(?)', 'tier')) AS v(call, argument),
  LATERAL (SELECT set_config('search_path', 'cgae, public', true)) AS path;
RESET search_path;
SELECT is(t.try(sql), said, sql) FROM (VALUES
  ($$INSERT INTO cgae.agents (agent_id, model_name, model_config) VALUES (NULL, 'm', '{}')$$, '23502: null value in column "agent_id" of relation "agents" violates not-null constraint'),
  ($$INSERT INTO cgae.agents (agent_id, model_name, model_config) VALUES ('n', NULL, '{}')$$, '23502: null value in column "model_name" of relation "agents" violates not-null constraint'),
  ($$INSERT INTO cgae.agents DEFAULT VALUES$$, NULL),
  ($$INSERT INTO cgae.certifications DEFAULT VALUES$$, '23502: certification names no agent: agent_id is null'),
  ($$UPDATE cgae.agents SET model_name = NULL WHERE agent_id = 'a'$$, '23502: null value in column "model_name" of relation "agents" violates not-null constraint'),
  ($$UPDATE cgae.agents SET provenance = NULL WHERE agent_id = 'a'$$, '23502: null value in column "provenance" of relation "agents" violates not-null constraint'),
  ($$UPDATE cgae.agents SET balance = NULL WHERE agent_id = 'a'$$, '23502: null value in column "balance" of relation "agents" violates not-null constraint')) AS v(sql, said)
  WHERE said IS NOT NULL;
SELECT matches(t.try('INSERT INTO cgae.agents DEFAULT VALUES'), '^23502: ', 'nothing at all');

--
-- unknown agent, by every function
--
SELECT is(t.try('SELECT cgae.' || call), want || ': agent "nobody" is not registered', call)
  FROM (VALUES ($$certify('nobody', '(1,1,1,1)')$$, '23503'), ($$demote('nobody', '(0,0,0,0)')$$, '23503'), ($$observe_architecture('nobody', '0000000000000000')$$, 'P0002'),
    ($$update_architecture('nobody', '{}')$$, 'P0002'), ($$suspend('nobody', 'h')$$, 'P0002'), ($$reinstate('nobody', 'h')$$, 'P0002'), ($$deregister_agent('nobody')$$, 'P0002'),
    ($$agent_record('nobody')$$, 'P0002'), ($$audit_cid('nobody')$$, 'P0002')) AS v(call, want);

--
-- vectors: each refusal names dimension and value, whichever way it comes
--
SELECT matches(t.try('SELECT ' || expression), '^22003: .*\m' || dimension || '\M.*' || value, expression)
  FROM (VALUES
    ($$cgae.robustness('NaN', 1, 1, 1)$$, 'cc', 'NaN'), ($$cgae.robustness(1, 1.0000000000000002, 1, 1)$$, 'er', '1\.0000000000000002'),
    ($$cgae.robustness(1, 1, -5e-324, 1)$$, 'as', '-(4.9|5)e-324'), ($$cgae.robustness(1, 1, 1, 'Infinity')$$, 'ih', 'Infinity'),
    ($$'(1,1,1,NaN)'::cgae.robustness$$, 'ih', 'NaN'), ($$'(1.0000000000000002,1,1,1)'::cgae.robustness$$, 'cc', '1\.0000000000000002'),
    ($$'{"cc": 1, "er": 1, "as": 2, "ih": 1}'::jsonb::cgae.robustness$$, 'as', '2'), ($$'{"cc": 1, "er": 1e400, "as": 1, "ih": 1}'::jsonb::cgae.robustness$$, 'er', ''),
    ($$'{1,1,NaN,1}'::float8[]::cgae.robustness$$, 'as', 'NaN'), ($$ROW(1, 1, 1, -1)::cgae.robustness_scores::cgae.robustness$$, 'ih', '-1')) AS v(expression, dimension, value);
SELECT matches(t.try('SELECT ' || expression), '^' || said, expression)
  FROM (VALUES
    -- wrong types in jsonb
    ($$'{"cc": "1", "er": 1, "as": 1, "ih": 1}'::jsonb::cgae.robustness$$, '(22023|22P02|22018): .*cc'), ($$'{"cc": null, "er": 1, "as": 1, "ih": 1}'::jsonb::cgae.robustness$$, '22\w{3}: .*cc'),
    ($$'{"cc": 1, "er": 1, "as": 1}'::jsonb::cgae.robustness$$, '22\w{3}: .*ih'), ($$'{"cc": 1, "er": 1, "as": 1, "ih": 1, "x": 1}'::jsonb::cgae.robustness$$, '22\w{3}: .*x'),
    ($$'{"cc": 1, "er": 1, "as_": 1, "ih": 1}'::jsonb::cgae.robustness$$, '22\w{3}: .*as'), ($$'[1, 1, 1, 1]'::jsonb::cgae.robustness$$, '22\w{3}: '), ($$'1'::jsonb::cgae.robustness$$, '22\w{3}: '),
    ($$'null'::jsonb::cgae.robustness$$, '22\w{3}: '), ($$'{"cc": {}, "er": [], "as": true, "ih": 1}'::jsonb::cgae.robustness$$, '22\w{3}: '),
    -- and arrays, rows
    ($$'{1,1,1}'::float8[]::cgae.robustness$$, '22\w{3}: '), ($$'{1,1,1,1,1}'::float8[]::cgae.robustness$$, '22\w{3}: '), ($$'{{1,1,1,1}}'::float8[]::cgae.robustness$$, '22\w{3}: '),
    ($$'{1,1,NULL,1}'::float8[]::cgae.robustness$$, '22004: .*as'), ($$'{}'::float8[]::cgae.robustness$$, '22\w{3}: '),
    ($$ROW(1, 1, NULL, 1)::cgae.robustness_scores::cgae.robustness$$, '22004: .*as'),
    ($$'(1,1,1,1) x'::cgae.robustness$$, '22P02: '), ($$'(a,1,1,1)'::cgae.robustness$$, '22P02: '), ($$'(1 1 1 1)'::cgae.robustness$$, '22P02: '), ($$'(0x1,1,1,1)'::cgae.robustness$$, '22P02: '),
    ($$'T6'::cgae.tier$$, '22P02: '), ($$'retired'::cgae.agent_status$$, '22P02: '),
    -- thresholds given by the caller
    ($$cgae.gate_tier('(1,1,1,1)', '{0,1}', '{0,.3,.5,.65,.8,.9}', '{0,.25,.45,.6,.75,.85}', 0.5)$$, '22\w{3}: .*cc'),
    ($$cgae.gate_tier('(1,1,1,1)', '{0,.3,.5,.65,.8,.9}', '{0,.3,.3,.65,.8,.9}', '{0,.25,.45,.6,.75,.85}', 0.5)$$, '22\w{3}: .*er'),
    ($$cgae.gate_tier('(1,1,1,1)', '{0,.3,.5,.65,.8,.9}', '{0,.3,.5,.65,.8,.9}', '{0,.25,.45,.6,.75,1.1}', 0.5)$$, '22\w{3}: .*as'),
    ($$cgae.gate_tier('(1,1,1,1)', '{0,.3,.5,.65,.8,.9}', '{0,.3,.5,.65,.8,.9}', '{0,.25,.45,.6,.75,NULL}', 0.5)$$, '22\w{3}: .*as'),
    ($$cgae.gate_tier('(1,1,1,1)', '{0,.3,.5,.65,.8,.9}', '{0,.3,.5,.65,.8,.9}', '{0,.25,.45,.6,.75,.85}', 'NaN')$$, '22\w{3}: .*ih'),
    ($$cgae.chain_tier(ARRAY['(1,1,1,1)', NULL]::cgae.robustness[])$$, '22004: '), ($$cgae.chain_tier_agg(NULL::cgae.robustness)$$, '22004: '),
    ($$cgae.aggregate_safety('(1,1,1,1)', -1)$$, '22\w{3}: .*-1'), ($$cgae.aggregate_safety('(1,1,1,1)', 'NaN')$$, '22\w{3}: .*NaN'), ($$cgae.aggregate_safety(NULL, 1)$$, '22004: '),
    ($$cgae.aggregate_safety('(1,1,1,1)', NULL)$$, '22004: '),
    ($$cgae.gate_tier('(1,1,1,1)', 0)$$, 'P0002: gate policy version 0 does not exist'), ($$cgae.gate_tier('(1,1,1,1)', -1)$$, 'P0002: '), ($$cgae.gate_tier('(1,1,1,1)', 2)$$, 'P0002: '),
    ($$cgae.architecture_hash('{')$$, '22P02: '), ($$cgae.architecture_hash('')$$, '22P02: ')) AS v(expression, said);
SELECT is(cgae.gate_tier(NULL)::text || cgae.gate_tier(NULL, 1) || cgae.budget_ceiling(NULL) || cgae.architecture_hash(NULL) || cgae.canonical_json(NULL), NULL, 'NULL in, NULL out');

--
-- money
--
SELECT matches(t.try(format('UPDATE cgae.agents SET %s = %s WHERE agent_id = %L', c, v, 'a')), format('^23514: %s of agent "a" is %s, which is %s$', c, btrim(v, ''''), CASE v WHEN '-1' THEN 'negative' ELSE 'not finite' END), c || ' = ' || v)
  FROM unnest(ARRAY['balance', 'total_earned', 'total_spent', 'total_penalties', 'total_topups']) AS c, unnest(ARRAY['-1', $$'NaN'$$, $$'Infinity'$$]) AS v;
SELECT is(t.fields(format('UPDATE cgae.agents SET %s = %s WHERE agent_id = %L', c, v, 'a')), format('cgae.agents.%s agents_%s_not_negative', c, c), 'a program can tell')
  FROM unnest(ARRAY['balance', 'total_earned', 'total_spent', 'total_penalties', 'total_topups']) AS c, unnest(ARRAY['-1', $$'NaN'$$, $$'Infinity'$$]) AS v;
SELECT matches(t.try(format('UPDATE cgae.agents SET %s = -1', c)), '^23514: .* is -1, which is negative$', c || ' = -1') FROM unnest(ARRAY['contracts_completed', 'contracts_failed']) AS c;
SELECT matches(t.try($$UPDATE cgae.agents SET balance = 'x'$$), '^22P02: ', 'no number');
SELECT is(t.try($$UPDATE cgae.agents SET model_name = E'\n' WHERE agent_id = 'a'$$), '23514: model_name of agent "a" is blank', 'a blank name');
SELECT is(t.try($$UPDATE cgae.agents SET provenance = '1' WHERE agent_id = 'a'$$), '23514: provenance of agent "a" is not a JSON object', 'provenance that is no object');

--
-- roles and levels
--
SELECT is(t.try($$SELECT cgae.grant_access('t_no_such_role', 'reader')$$), '42704: role "t_no_such_role" does not exist', 'unknown role');
SELECT is(t.try($$SELECT cgae.revoke_access('t_no_such_role')$$), '42704: role "t_no_such_role" does not exist', '... to revoke from');
SELECT is(t.try($$SELECT cgae.grant_access('public', 'reader')$$), '42704: role "public" does not exist', 'PUBLIC is no role');
SELECT is(t.try(format('SELECT cgae.%s_access(current_user, %L)', f, l)), format('22023: access level "%s" does not exist', l), f || ' level "' || l || '"')
  FROM unnest(ARRAY['grant', 'revoke']) AS f, unnest(ARRAY['', 'owner', 'READER']) AS l;

--
-- what is kept stays
--
SELECT matches(t.try(sql), '^23001: ', sql) FROM unnest(ARRAY['DELETE FROM cgae.agents', $$DELETE FROM cgae.agents WHERE agent_id = 'p'$$, 'TRUNCATE cgae.agents CASCADE',
  'UPDATE cgae.certifications SET audit_type = audit_type', 'DELETE FROM cgae.certifications', 'TRUNCATE cgae.certifications', 'DELETE FROM cgae.agent_events', 'TRUNCATE cgae.agent_events',
  'UPDATE cgae.gate_policies SET note = note', 'DELETE FROM cgae.gate_policies', 'TRUNCATE cgae.gate_policies', 'DELETE FROM cgae.registry_layout', 'UPDATE cgae.registry_layout SET version = 2',
  'TRUNCATE cgae.registry_layout']) AS sql;

--
-- times beyond what can be told
--
SELECT matches(t.try(sql), '^(23514|22\w{3}): ', sql) FROM unnest(ARRAY[
  $$SELECT cgae.certify('a', '(1,1,1,1)', certified_at => '294276-12-31 23:59:59+00')$$, $$SELECT cgae.certify('a', '(1,1,1,1)', certified_at => '4713-01-01 00:00+00 BC')$$,
  $$SELECT cgae.register_agent('m', '{}', registered_at => '294276-12-31 23:59:59+00')$$, $$SELECT cgae.deregister_agent('a', '4713-01-01 00:00+00 BC')$$, $$SELECT cgae.deregister_agent('a', '-infinity')$$]) AS sql;
SELECT is(t.state(), (SELECT state FROM before), 'nothing changed');

-- ids are text: any text but a blank one, and long or odd ones are handled
SELECT is(t.try(format('SELECT cgae.certify(cgae.register_agent(%L, %L, agent_id => %L), %L)', 'm', '{}', id, '(1,1,1,1)')), 'ok', 'agent id ' || left(quote_nullable(replace(id, E'\n', '|')), 20))
  FROM unnest(ARRAY['a''b', E'a\nb', 'ä€😀', repeat('x', 1000), '"', '%s', '; --', ' a ']) AS id;
SELECT matches(t.try(format('SELECT cgae.register_agent(%L, %L, agent_id => (SELECT string_agg(md5(n::text), %L) FROM generate_series(1, 400) AS n))', 'm', '{}', '')), '^54000: ', 'an id too long for its index');

SELECT * FROM finish();
ROLLBACK;
