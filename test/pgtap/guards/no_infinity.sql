-- No infinite timestamp is stored or shown, whatever is done: many drivers cannot read one.
\ir ../include/begin.psql
\ir ../include/registry.psql
SELECT * FROM no_plan();
SET LOCAL client_min_messages = error;

-- Columns of tables and views of the registry that hold an infinite timestamp, as a value or in text
CREATE FUNCTION t.infinite() RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  relation regclass;
  shown text;
  found text := '';
BEGIN
  FOR relation IN SELECT oid FROM pg_class WHERE relnamespace = 'cgae'::regnamespace AND relkind IN ('r', 'p', 'v') AND NOT relispartition ORDER BY relname LOOP
    FOR shown IN EXECUTE format('SELECT DISTINCT %L || key FROM %s AS r, jsonb_each_text(to_jsonb(r)) WHERE value ~* %L', relation || '.', relation, 'infinity') LOOP
      found := found || shown || ' ';
    END LOOP;
  END LOOP;
  RETURN found;
END $$;
-- the test is one
SAVEPOINT s;
ALTER TABLE cgae.agents DISABLE TRIGGER USER;
INSERT INTO cgae.agents (agent_id, model_name, architecture_hash, registered_at, recorded_at, rated_policy) VALUES ('x', 'm', '0123456789abcdef', '-infinity', now(), 1);
SELECT isnt(t.infinite(), '', 'an infinite timestamp would be found');
ROLLBACK TO s;

SELECT is(t.infinite(), '', 'a new registry');
SELECT is(cgae.report() ~* 'infinity|always|never fall', false, '... and its report');
SELECT t.agent('none'), t.agent('a', '(1,1,1,1)'), t.agent('low', '(0.1,0.1,0.1,1)'), t.agent('failed', '(1,1,1,0.1)'), t.agent('held', '(0.9,0.9,0.9,0.9)'), t.agent('gone', '(0.9,0.9,0.9,0.9)') \g /dev/null
SELECT cgae.suspend('held', 'x'), cgae.deregister_agent('gone'), cgae.certify('a', NULL, observed_architecture_hash => '0000000000000000', certified_at => 'infinity') \g /dev/null
SELECT is(t.infinite(), '', 'agents of every status');
SELECT cgae.apply_decay('-infinity'), cgae.apply_decay() \g /dev/null
SELECT is(t.infinite(), '', 'sweeps');
SELECT cgae.publish_policy(decay_rate => 0) \g /dev/null
SELECT is(t.infinite(), '', 'a policy under which nothing decays');
SELECT t.agent('b'), cgae.certify('b', '(1,1,1,1)'), cgae.certify('low', '(1,1,1,1)'), cgae.demote('low', '(0.5,0.5,0.5,1)') \g /dev/null
SELECT is((SELECT array_agg(agent_id ORDER BY agent_id) FROM cgae.agents WHERE status = 'active' AND tier_drop_at IS NULL), '{b,low}', 'nothing falls: no instant');
SELECT is((SELECT string_agg(agent_id, ',') FROM cgae.agent_standing WHERE agent_id IN ('b', 'low') AND tier_drop_at IS NOT NULL), NULL, '... in the view');
SELECT is((SELECT count(*)::int FROM cgae.expiring_agents WHERE agent_id IN ('b', 'low')) + (SELECT count(*)::int FROM cgae.expiring_within('100000 years') WHERE agent_id IN ('b', 'low')), 0, '... nobody expires');
SELECT is((SELECT (overdue_agents, sweep_lag, falling_within_a_day)::text FROM cgae.registry_health), '(0,,0)', '... nobody is due');
SELECT is((SELECT (lowered, expired)::text FROM cgae.apply_decay()), '(0,0)', '... nor swept');
SELECT is(t.infinite(), '', 'certified under it');
SELECT cgae.publish_policy(decay_rate => 1e-300), cgae.certify('b', '(1,1,1,1)') \g /dev/null
SELECT is(t.infinite() || coalesce((SELECT tier_drop_at::text FROM cgae.agents WHERE agent_id = 'b'), ''), '', 'a fall beyond the range of the type');
SELECT cgae.publish_policy(decay_rate => 0.01, audit_intensities => '{0,1,1,1,1,1}'), cgae.rotate_audit_seed() \g /dev/null
SELECT is((SELECT count(*)::int FROM cgae.agents WHERE status = 'active' AND current_tier > 'T0' AND tier_drop_at IS NULL), 0, 'decay again: everybody falls');
SELECT is(t.infinite(), '', 'a policy more, an epoch more');
SELECT is_empty('SELECT * FROM cgae.check_registry()', 'all is well');

-- functions, asked about infinite instants too
SELECT is((SELECT string_agg(to_jsonb(r)::text, '') FROM (SELECT * FROM cgae.due_audits('infinity')) AS r WHERE to_jsonb(r)::text ~ 'infinity'), NULL, 'due_audits');
SELECT cmp_ok((SELECT count(*)::int FROM cgae.due_audits('infinity')), '>', 0, '... tells of somebody');
SELECT is((SELECT string_agg(to_jsonb(r)::text, '') FROM unnest('{infinity,-infinity}'::timestamptz[]) AS i, cgae.standing_as_of(i) AS r WHERE to_jsonb(r)::text ~ 'infinity'), NULL, 'standing_as_of');
SELECT is((SELECT string_agg(cgae.tier_drop_at(r, i)::text, ' ') FROM unnest('{infinity,-infinity}'::timestamptz[]) AS i, unnest('{"(1,1,1,1)","(0,0,0,0)"}'::cgae.robustness[]) AS r), NULL, 'tier_drop_at of an infinite certification');
SELECT is(cgae.time_to_tier_drop(1, 0.5, 0), 'Infinity'::float8, 'a number may be infinite');
SELECT is((cgae.effective_tier('b', 'infinity'), cgae.permits('b', 'T1', 'infinity'))::text, '(T0,f)', 'for ever from now');
SELECT is((SELECT string_agg(cgae.agent_record(agent_id)::text, ' ') FROM cgae.agents) ~* 'infinity', false, 'agent_record');
SELECT is(cgae.report() ~* 'infinity', false, 'report');

-- nor is one taken
SELECT matches(t.try(statement), '^(23514|22023): ', statement) FROM unnest('{infinity,-infinity}'::text[]) AS i, unnest(ARRAY[
  format($$SELECT cgae.register_agent('m', '{}', registered_at => %L)$$, i),
  format($$INSERT INTO cgae.agents (model_name, model_config, registered_at) VALUES ('m', '{}', %L)$$, i),
  format($$SELECT cgae.certify('b', '(1,1,1,1)', certified_at => %L)$$, i),
  format($$INSERT INTO cgae.certifications (agent_id, robustness, certified_at) VALUES ('b', '(1,1,1,1)', %L)$$, i),
  format($$SELECT cgae.certify_many('{b}', '{"(1,1,1,1)"}', certified_at => '{%s}')$$, i),
  format($$SELECT cgae.demote('b', '(0.1,0.1,0.1,1)', certified_at => %L)$$, i),
  format($$SELECT cgae.deregister_agent('b', %L)$$, i),
  format($$UPDATE cgae.agents SET status = 'deregistered', deregistered_at = %L WHERE agent_id = 'b'$$, i),
  format($$SELECT cgae.report(since => %L)$$, i),
  format($$SELECT * FROM cgae.tier_distribution_over_time(%L, now(), '1 day')$$, i)]) AS statement;
SELECT is(t.infinite(), '', 'and nothing is there');

-- version 1 judges what was before there was a registry
SELECT is((SELECT effective_from > '2024-01-02' FROM cgae.gate_policies WHERE version = 1), true, 'the registry is younger than what it knows');
SELECT is((SELECT effective_tier::text FROM cgae.tier_at('a', '2024-01-02 00:00+00')), 'T5', 'tier_at');
SELECT is((SELECT effective_tier::text FROM cgae.tier_at('a', '2024-01-20 00:00+00')), 'T4', '... by its decay');
SELECT is((SELECT effective_tier::text FROM cgae.standing_as_of('2024-01-20 00:00+00') WHERE agent_id = 'a'), 'T4', 'standing_as_of');
SELECT is((SELECT string_agg(agents::text, ',' ORDER BY tier) FROM cgae.tier_distribution_over_time('2024-01-02 00:00+00', '2024-01-02 00:00+00', '1 day')), '1,0,0,0,0,3', 'tier_distribution_over_time');
SELECT is((SELECT abs(extract(epoch FROM occurred_at - ('2024-01-02 00:00+00'::timestamptz + ln(0.9 / 0.5) / 0.01 * interval '86400 s'))) < 0.001 FROM cgae.agent_events WHERE agent_id = 'held' AND type = 'decay'), true, 'a fall is dated before the registry was made');
SELECT is((SELECT occurred_at < '2024-07-01' FROM cgae.agent_events WHERE agent_id = 'low' AND type IN ('decay', 'expiration')), NULL, 'T0 from the start: nothing fell');
SELECT * FROM finish();
ROLLBACK;
