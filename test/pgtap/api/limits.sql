-- Inputs that are huge, deep, long or at the edge of their types: taken, or refused with an error that says so.
\ir ../include/begin.psql
\ir ../include/registry.psql
SELECT * FROM no_plan();
SELECT t.agent('a', '(0.7,0.7,0.7,0.7)') \g /dev/null
SET LOCAL max_stack_depth = '1MB';
SELECT t.state() AS state \gset
CREATE FUNCTION t.undone(statement text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
  RAISE SQLSTATE 'ROLLB' USING MESSAGE = t.try(statement);
EXCEPTION WHEN SQLSTATE 'ROLLB' THEN
  RETURN left(SQLERRM, 300);
END $$;

SELECT matches(t.undone(statement), '^' || said, left(statement, 130)) FROM (VALUES
  -- deep
  ($$SELECT cgae.architecture_hash(repeat('[', 200000)::json)$$, '(54001|22P02): '),
  ($$SELECT cgae.architecture_hash((repeat('[', 200000) || repeat(']', 200000))::json)$$, '54001: '),
  ($$SELECT cgae.canonical_json(('{"a":' || repeat('[', 3000) || repeat(']', 3000) || '}')::json)$$, '(ok|54001: )'),
  ($$SELECT cgae.register_agent('m', (repeat('{"a":', 100000) || '1' || repeat('}', 100000))::json)$$, '54001: '),
  ($$SELECT cgae.certify('a', '(1,1,1,1)', audit_details => (repeat('{"a":', 100000) || '1' || repeat('}', 100000))::jsonb)$$, '54001: '),
  -- wide
  ($$SELECT cgae.register_agent('m', json_build_object('k', repeat('x', 3000000)))$$, 'ok'),
  ($$SELECT cgae.register_agent('m', (SELECT json_object_agg('k' || i, i) FROM generate_series(1, 100000) AS i))$$, 'ok'),
  ($$SELECT cgae.register_agent(repeat('m', 3000000), '{}')$$, 'ok'),
  ($$SELECT cgae.register_agent('m', '{}', wallet_address => repeat('0', 3000000))$$, 'ok'),
  ($$SELECT cgae.certify('a', '(1,1,1,1)', audit_details => jsonb_build_object('k', repeat('x', 3000000)))$$, 'ok'),
  ($$SELECT cgae.certify('a', '(1,1,1,1)', audit_type => repeat('x', 2000000))$$, 'ok'),
  ($$SELECT cgae.demote('a', '(0,0,0,1)', repeat('x', 2000000))$$, 'ok'),
  ($$SELECT cgae.certify(repeat('x', 3000000), '(1,1,1,1)')$$, '23503: '),
  ($$SELECT cgae.permits(repeat('x', 3000000), 'T0')$$, 'ok'),
  ($$SELECT cgae.agent_record(repeat('x', 2000000))$$, 'P0002: '),
  ($$SELECT cgae.observe_architecture('a', repeat('a', 3000000))$$, '22P02: .{1,200}$'),
  ($$SELECT cgae.robustness_in(rpad('(1,1,1,1', 2000000, '1')::cstring)$$, '22\w{3}: .{1,250}$'),
  ($$SELECT rpad('(1', 1000000, '(')::cgae.robustness$$, '22P02: .{1,250}$'),
  ($$SELECT cgae.publish_policy(note => repeat('x', 2000000))$$, 'ok'),
  ($$SELECT cgae.publish_policy(cc => array_fill(0.5::float8, ARRAY[100000]))$$, '23514: '),
  ($$SELECT cgae.publish_policy(cc => array_fill(0.5::float8, ARRAY[2,3]))$$, '23514: '),
  ($$SELECT cgae.publish_policy(budget_ceilings => ARRAY[0, 1, 2, 3, 4, 'Infinity'::numeric])$$, '23514: '),
  ($$SELECT cgae.publish_policy(budget_ceilings => ARRAY[0, 1, 2, 3, 4, repeat('9', 100000)::numeric])$$, 'ok'),
  ($$SELECT cgae.publish_policy(decay_rate => 'Infinity')$$, '23514: '),
  ($$SELECT cgae.publish_policy(decay_rate => 1.7976931348623157e308, time_step => '1 us')$$, 'ok'),
  ($$SELECT cgae.publish_policy(decay_rate => 5e-324, time_step => '30000000 days')$$, '(ok|23514: )'),
  ($$SELECT cgae.publish_policy(time_step => '2147483647 days')$$, '23514: '),
  ($$SELECT cgae.publish_policy(time_step => '-1 us')$$, '23514: '),
  ($$SELECT cgae.chain_tier(array_fill('(1,1,1,1)'::cgae.robustness, ARRAY[1000000]))$$, 'ok'),
  ($$SELECT cgae.certify_many(array_fill('a'::text, ARRAY[500]), array_fill('(1,1,1,1)'::cgae.robustness, ARRAY[500]))$$, 'ok'),
  ($$SELECT cgae.certify_many('{a}', array_fill('(1,1,1,1)'::cgae.robustness, ARRAY[100000]))$$, '2202E: '),
  ($$SELECT cgae.audit_draw(convert_to(repeat('s', 3000000), 'UTF8'), repeat('a', 3000000), 2147483647)$$, 'ok'),
  ($$SELECT cgae.audit_draw('', 'a', 1)$$, '22023: '),
  ($$SELECT cgae.audit_draw('s', '', -2147483648)$$, 'ok'),
  -- holds
  ($$SELECT cgae.suspend('a', repeat('h', 1000000))$$, 'ok'),
  ($$UPDATE cgae.agents SET holds = (SELECT array_agg('h' || i) FROM generate_series(1, 1000) AS i)$$, 'ok'),
  ($$UPDATE cgae.agents SET holds = (SELECT array_agg('h' || i) FROM generate_series(1, 1001) AS i)$$, '54000: '),
  -- refused by their number, before any name is looked at
  ($$UPDATE cgae.agents SET holds = array_fill('h'::text, ARRAY[1001])$$, '54000: '),
  ($$UPDATE cgae.agents SET holds = array_fill('h'::text, ARRAY[2,3,200])$$, '54000: '),
  ($$UPDATE cgae.agents SET holds = (SELECT array_agg('h' || i % 1000) FROM generate_series(1, 500000) AS i)$$, '54000: '),
  ($$INSERT INTO cgae.agents (model_name, model_config, holds) VALUES ('m', '{}', array_fill('h'::text, ARRAY[500000]))$$, '54000: '),
  ($$SELECT cgae.publish_policy(cc => array_fill(0.5::float8, ARRAY[1000000]))$$, '23514: '),
  ($$SELECT cgae.suspend('a', E'\n\t')$$, '22023: '),
  ($$SELECT cgae.suspend('a', 'failed_audit')$$, '55000: '),
  -- money and times at the edge
  ($$UPDATE cgae.agents SET balance = repeat('9', 131072)::numeric$$, 'ok'),
  ($$UPDATE cgae.agents SET balance = 'NaN'$$, '23514: '),
  ($$UPDATE cgae.agents SET contracts_completed = 9223372036854775807$$, 'ok'),
  ($$UPDATE cgae.agents SET contracts_completed = contracts_completed - 1$$, '23514: '),
  ($$SELECT cgae.certify('a', '(1,1,1,1)', certified_at => t) FROM unnest('{infinity,294276-12-31 23:59:59.999999+00}'::timestamptz[]) AS t$$, '23514: '),
  ($$SELECT cgae.certify('a', '(1,1,1,1)', certified_at => t) FROM unnest('{-infinity,4714-11-24 00:00:00+00 BC}'::timestamptz[]) AS t$$, '23514: '),
  ($$SELECT cgae.register_agent('m', '{}', agent_id => 'old', registered_at => '4714-11-24 00:00:00+00 BC'); SELECT cgae.certify('old', '(1,1,1,1)', certified_at => '4714-11-24 00:00:00+00 BC'); SELECT cgae.effective_tier('old') FROM cgae.apply_decay()$$, 'ok'),
  ($$SELECT cgae.effective_tier('a', 'infinity'), cgae.effective_tier('a', '294276-12-31 23:59:59.999999+00')$$, 'ok'),
  ($$SELECT cgae.effective_tier('a', '-infinity')$$, '22023: '),
  ($$SELECT * FROM cgae.tier_at('a', 'infinity', 'infinity') AS x, cgae.tier_at('a', '-infinity', '-infinity')$$, '(ok|22\w{3}: )'),
  ($$SELECT * FROM cgae.standing_as_of('infinity', '-infinity')$$, '(ok|22\w{3}: )'),
  ($$SELECT * FROM cgae.tier_distribution_over_time('-infinity', 'infinity', '1 us')$$, '22\w{3}: '),
  ($$SELECT * FROM cgae.tier_distribution_over_time('2024-01-01', '2024-01-02', '0')$$, '22\w{3}: '),
  ($$SELECT * FROM cgae.tier_distribution_over_time('2024-01-01', '2024-01-02', '-1 day')$$, '22\w{3}: '),
  ($$SELECT * FROM cgae.expiring_within('178000000 years')$$, '(ok|22\w{3}: )'),
  ($$SELECT * FROM cgae.expiring_within('-178000000 years')$$, '(ok|22\w{3}: )'),
  ($$SELECT * FROM cgae.apply_decay('infinity')$$, '22023: '),
  ($$SELECT * FROM cgae.apply_decay('-infinity')$$, 'ok'),
  ($$SELECT * FROM cgae.apply_decay(now(), 2147483647)$$, 'ok'),
  ($$SELECT * FROM cgae.apply_decay(now(), -2147483648)$$, '22023: '),
  ($$SELECT * FROM cgae.due_audits('infinity', 2147483647) AS x, cgae.due_audits('-infinity', 0)$$, '(ok|22\w{3}: )'),
  ($$SELECT * FROM cgae.due_audits(NULL, -1)$$, '(22|2201)\w+: '),
  ($$SELECT * FROM cgae.policy_impact(-2147483648)$$, 'P0002: '),
  ($$SELECT cgae.deregister_agent('a', 'infinity')$$, '23514: '),
  -- encodings and odd characters
  ($$SELECT cgae.register_agent('m', '{"a": "\u0000"}')$$, 'ok'),
  ($$SELECT cgae.register_agent('m', '{"a": "\ud800"}')$$, '(ok|22P02: )'),
  ($$SELECT cgae.register_agent('m', '{"\u202e": "\ufeff\uffff"}', agent_id => U&'\202E\FEFFx')$$, 'ok'),
  ($$SELECT cgae.register_agent('m', '{}', provenance => '{"a": "\u0000"}')$$, '22P05: '),
  ($$SELECT cgae.register_agent(convert_from('\xff', 'UTF8'), '{}')$$, '22021: '),
  ($$SELECT cgae.certify('a', '(1,1,1,1)', observed_architecture_hash => U&'\FF3000000000000000')$$, '22P02: '),
  ($$SELECT cgae.observe_architecture('a', E'0000000000000000\n')$$, '22P02: ')) AS v(statement, said);
SELECT is(t.state(), :'state', 'nothing is left of it');

-- the counter of a history, and of certifications, at its end
SAVEPOINT s;
ALTER TABLE cgae.agents DISABLE TRIGGER USER;
UPDATE cgae.agents SET last_seq = 2147483646, certification_count = 2147483647;
ALTER TABLE cgae.agents ENABLE TRIGGER USER;
SELECT matches(t.undone($$SELECT cgae.suspend('a', 'x')$$), '^ok$', 'the last number of a history');
SELECT matches(t.undone($$SELECT cgae.suspend('a', 'x'), cgae.suspend('a', 'y')$$), '^2\d\w{3}: |^5\w{4}: ', '... after which there is none');
SELECT matches(t.undone($$SELECT cgae.certify('a', '(1,1,1,1)')$$), '^(2|5)\w{4}: ', 'more certifications than can be counted');
ROLLBACK TO s;

-- long names
CREATE ROLE "t_long_🤖_ääääääääääääääääääääääääääääääääääääääää";
SELECT is(t.try(format('SELECT cgae.grant_access(%L, %L)', (SELECT rolname FROM pg_roles WHERE rolname LIKE 't\_long%'), 'auditor')), 'ok', 'a role with the longest name');
SELECT is(t.try((SELECT rolname FROM pg_roles WHERE rolname LIKE 't\_long%'), $$SELECT cgae.certify('a', '(0.9,0.9,0.9,0.9)')$$), 'ok', '... certifies');
SELECT is((SELECT auditor FROM cgae.certifications WHERE agent_id = 'a' ORDER BY seq DESC LIMIT 1), (SELECT rolname::text FROM pg_roles WHERE rolname LIKE 't\_long%'), '... under all of it');

SELECT * FROM finish();
ROLLBACK;
