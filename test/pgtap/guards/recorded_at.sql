-- The order of a history is that of seq and recorded_at, however many writes one statement makes: never
-- a number that was recorded before the one before it, and agents.recorded_at is that of the newest fact.
\ir ../include/begin.psql
\ir ../include/registry.psql
SELECT * FROM no_plan();
SET LOCAL client_min_messages = error;

-- What is out of order, and what check_registry() says, in a line.
CREATE FUNCTION t.disorder() RETURNS text LANGUAGE plpgsql AS $$
BEGIN
  RETURN (SELECT string_agg(line, '; ' ORDER BY line) FROM (
    SELECT agent_id || ' ' || seq AS line
      FROM (SELECT agent_id, seq, recorded_at, occurred_at, lag(recorded_at) OVER (PARTITION BY agent_id ORDER BY seq) AS before FROM cgae.events) AS e
     WHERE recorded_at < before OR occurred_at > recorded_at
    UNION ALL
    SELECT agent_id || ' row' FROM cgae.agents AS a
     WHERE recorded_at IS DISTINCT FROM (SELECT e.recorded_at FROM cgae.events AS e WHERE e.agent_id = a.agent_id AND e.seq = a.last_seq)
    UNION ALL
    SELECT concat_ws(' ', agent_id, rule, detail) FROM cgae.check_registry()) AS x);
END $$;
-- Run a statement: the history of agent x that comes of it, and what is wrong with the registry then.
CREATE FUNCTION t.wrote(statement text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  wrote text;
BEGIN
  EXECUTE statement;
  wrote := concat_ws(' / ', t.history('x'), t.disorder());
  RAISE SQLSTATE 'ROLLB';
EXCEPTION WHEN SQLSTATE 'ROLLB' THEN
  RETURN wrote;
END $$;
CREATE FUNCTION t.note() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM cgae.certify(NEW.agent_id, '(1,1,1,1)'); RETURN NULL; END $$;
CREATE FUNCTION t.hold() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM cgae.suspend(NEW.agent_id, 'new');
  UPDATE cgae.agents SET status = 'deregistered' WHERE agent_id = NEW.agent_id;
  RETURN NULL;
END $$;

CREATE TEMP TABLE one_statement (n int GENERATED ALWAYS AS IDENTITY, statement text, history text);
INSERT INTO one_statement (statement, history) VALUES
  -- registered and more
  ($$INSERT INTO cgae.agents (agent_id, model_name, model_config) VALUES ('x', 'm', '{}')$$, '1 registration'),
  ($$WITH r AS (SELECT cgae.register_agent('m', '{}', agent_id => 'x') AS id) SELECT cgae.certify(id, '(1,1,1,1)') FROM r$$, '1 registration, 2 certification'),
  ($$WITH r AS (INSERT INTO cgae.agents (agent_id, model_name, model_config) VALUES ('x', 'm', '{}') RETURNING agent_id) SELECT cgae.certify(agent_id, '(1,1,1,1)') FROM r$$, '1 registration, 2 certification'),
  ($$INSERT INTO cgae.agents (agent_id, model_name, model_config) VALUES ('x', 'm', '{}') RETURNING cgae.certify(agent_id, '(1,1,1,1)')$$, '1 registration, 2 certification'),
  ($$INSERT INTO cgae.agents (agent_id, model_name, model_config) VALUES ('x', 'm', '{}'), ('y', 'm', '{}') RETURNING (SELECT count(*) FROM cgae.certify_many(ARRAY[agent_id, agent_id], '{"(1,1,1,1)","(0.4,0.4,0.4,1)"}', '{registration,demotion}'))$$,
     '1 registration, 2 certification, 3 certification, 4 demotion'),
  ($$INSERT INTO cgae.agents (agent_id, model_name, model_config) VALUES ('x', 'm', '{}') RETURNING cgae.suspend(agent_id, 'h'), cgae.reinstate(agent_id, 'h')$$, '1 registration, 2 suspension, 3 reinstatement'),
  ($$INSERT INTO cgae.agents (agent_id, model_name, model_config) VALUES ('x', 'm', '{}') RETURNING cgae.observe_architecture(agent_id, '0000000000000000')$$, '1 registration, 2 architecture_mismatch'),
  ($$INSERT INTO cgae.agents (agent_id, model_name, model_config) VALUES ('x', 'm', '{}') RETURNING cgae.update_architecture(agent_id, '{"n": 1}')$$, '1 registration, 2 architecture_update'),
  ($$INSERT INTO cgae.agents (agent_id, model_name, model_config) VALUES ('x', 'm', '{}') RETURNING cgae.deregister_agent(agent_id)$$, '1 registration, 2 deregistration'),
  ($$INSERT INTO cgae.agents (agent_id, model_name, model_config, registered_at) VALUES ('x', 'm', '{}', '2024-01-01') RETURNING cgae.certify(agent_id, '(1,1,1,1)', certified_at => '2024-01-02'), cgae.apply_decay(), cgae.certify(agent_id, '(1,1,1,1)')$$,
     '1 registration, 2 certification, 3 expiration, 4 certification'),
  ($$COPY cgae.agents (agent_id, model_name, model_config) FROM PROGRAM 'printf "x\\tm\\t{}\\n"'$$, '1 registration'),
  ($$INSERT INTO cgae.agents (agent_id, model_name, model_config) VALUES ('x', 'm', '{}') ON CONFLICT (agent_id) DO UPDATE SET model_name = excluded.model_name RETURNING cgae.certify(agent_id, '(1,1,1,1)')$$, '1 registration, 2 certification'),
  -- an owner's trigger, which sorts before and behind the one that logs the registration
  ($$CREATE TRIGGER a AFTER INSERT ON cgae.agents FOR EACH ROW EXECUTE FUNCTION t.note(); SELECT cgae.register_agent('m', '{}', agent_id => 'x')$$, '1 registration, 2 certification'),
  ($$CREATE TRIGGER zzz AFTER INSERT ON cgae.agents FOR EACH ROW EXECUTE FUNCTION t.note(); SELECT cgae.register_agent('m', '{}', agent_id => 'x')$$, '1 registration, 2 certification'),
  ($$CREATE TRIGGER a AFTER INSERT ON cgae.agents FOR EACH ROW EXECUTE FUNCTION t.hold(); INSERT INTO cgae.agents (agent_id, model_name, model_config) VALUES ('x', 'm', '{}')$$, '1 registration, 2 suspension, 3 deregistration'),
  ($$CREATE TRIGGER a AFTER INSERT ON cgae.agent_events FOR EACH ROW WHEN (NEW.type = 'registration') EXECUTE FUNCTION t.note(); INSERT INTO cgae.agents (agent_id, model_name, model_config) VALUES ('x', 'm', '{}')$$, '1 registration, 2 certification'),
  -- many writes about one agent
  ($$SELECT t.agent('x'); SELECT cgae.certify('x', '(1,1,1,1)'), cgae.certify('x', '(0.5,0.5,0.5,1)'), cgae.demote('x', '(0.1,0.1,0.1,1)'), cgae.certify('x', '(1,1,1,1)', observed_architecture_hash => '0000000000000000')$$,
     '1 registration, 2 certification, 3 certification, 4 certification, 5 demotion, 6 architecture_mismatch'),
  ($$SELECT t.agent('x'); INSERT INTO cgae.certifications (agent_id, robustness, audit_type) SELECT 'x', r::cgae.robustness, a FROM (VALUES ('(1,1,1,1)', 'spot'), ('(0.5,0.5,0.5,1)', 'demotion'), ('(1,1,1,0.1)', 'spot')) AS v(r, a)$$,
     '1 registration, 2 certification, 3 certification, 4 demotion, 5 certification'),
  ($$SELECT t.agent('x'), cgae.certify('x', '(1,1,1,1)'); UPDATE cgae.agents SET holds = '{p,q}', model_config = '{"n": 1}', observed_architecture_hash = '0000000000000000', status = 'deregistered' WHERE agent_id = 'x'$$,
     '1 registration, 2 certification, 3 suspension, 4 architecture_update, 5 architecture_mismatch, 6 deregistration'),
  ($$SELECT t.agent('x'), cgae.suspend('x', 'p'); UPDATE cgae.agents SET holds = '{q}' WHERE agent_id = 'x'; SELECT cgae.certify('x', '(1,1,1,1)')$$, '1 registration, 2 suspension, 3 suspension, 4 reinstatement, 5 certification'),
  -- batches of a sweep and of a publication
  ($$SELECT t.agent(id), cgae.certify(id, '(0.95,0.95,0.95,0.95)', certified_at => '2024-01-02') FROM unnest('{x,y,z}'::text[]) AS id; SELECT cgae.apply_decay('2024-01-10', 2), cgae.apply_decay(batch => 1)$$,
     '1 registration, 2 certification, 3 decay, 4 expiration'),
  ($$SELECT t.agent(id), cgae.certify(id, '(0.95,0.95,0.95,0.95)', certified_at => '2024-01-02') FROM unnest('{x,y,z}'::text[]) AS id; SELECT cgae.publish_policy(decay_rate => 0.5), cgae.rotate_audit_seed(), cgae.publish_policy(decay_rate => 0), cgae.rotate_audit_seed()$$,
     '1 registration, 2 certification, 3 expiration');
SELECT is(t.wrote(statement), history, statement) FROM one_statement ORDER BY n;

-- what writes no fact leaves it alone
SELECT t.agent('m'), cgae.certify('m', '(1,1,1,1)') \g /dev/null
CREATE TEMP TABLE before AS SELECT recorded_at FROM cgae.agents WHERE agent_id = 'm';
UPDATE cgae.agents SET balance = 7, model_name = 'other', status = 'active' WHERE agent_id = 'm';
SELECT cgae.apply_decay(), cgae.observe_architecture('m', t.hash('m')), cgae.publish_policy(note => 'the same') \g /dev/null
SELECT is((SELECT recorded_at FROM cgae.agents WHERE agent_id = 'm'), (SELECT recorded_at FROM before), 'payments, names, heartbeats, idle sweeps and publications are no facts');
INSERT INTO cgae.agents (agent_id, model_name, model_config) VALUES ('m', 'm', '{}') ON CONFLICT DO NOTHING;
SELECT is((SELECT recorded_at FROM cgae.agents WHERE agent_id = 'm'), (SELECT recorded_at FROM before), '... nor is a registration that is none');

-- a registry whose clock was stepped back: what is recorded lies ahead of it by a day, or by half a minute
CREATE FUNCTION t.ahead(id text, by interval) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
  PERFORM t.agent(id), cgae.certify(id, '(1,1,1,1)');
  SET LOCAL session_replication_role = replica;
  UPDATE cgae.certifications SET certified_at = certified_at + by, recorded_at = recorded_at + by WHERE agent_id = id;
  UPDATE cgae.agents SET certified_at = certified_at + by, last_audit_at = last_audit_at + by, recorded_at = recorded_at + by, tier_drop_at = tier_drop_at + by WHERE agent_id = id;
  SET LOCAL session_replication_role = origin;
  RETURN id;
END $$;
CREATE FUNCTION t.says(id text) RETURNS text LANGUAGE sql AS $$
  SELECT concat_ws(' ', cgae.effective_tier(id), (SELECT s.effective_tier FROM cgae.agent_standing AS s WHERE s.agent_id = id),
                   (SELECT e.effective_tier FROM cgae.expiring_agents AS e WHERE e.agent_id = id), cgae.permits(id, 'T1'),
                   (SELECT s.effective_tier FROM cgae.standing_as_of(statement_timestamp()) AS s WHERE s.agent_id = id),
                   (SELECT t.effective_tier FROM cgae.tier_at(id, statement_timestamp()) AS t),
                   (SELECT a.current_tier FROM cgae.agents AS a WHERE a.agent_id = id)) $$;
SELECT is((SELECT string_agg(concat_ws(' ', at, cgae.lies_ahead(clock_timestamp() + at::interval)), ', ' ORDER BY n) FROM unnest('{-1 day,0,59 s,62 s,1000 years}'::text[]) WITH ORDINALITY AS v(at, n)),
          '-1 day f, 0 f, 59 s f, 62 s t, 1000 years t', 'what lies ahead');
SELECT is(concat_ws(' ', cgae.lies_ahead('infinity'), cgae.lies_ahead('-infinity'), cgae.lies_ahead(NULL) IS NULL), 't f t', '... infinities and null');
SELECT is(t.says(t.ahead('little', '30 s')), 'T5 T5 T5 t T5 T5 T5', 'half a minute ahead: counts as of its own date');
SELECT is(t.disorder(), NULL, '... and nothing is to be named');
SELECT is(t.says(t.ahead('day', '1 day')), 'T0 T0 T0 f T0 T0 T5', 'a day ahead: T0 until then, whoever is asked; the stored tier is left alone');
SELECT is(t.disorder() ~ '^day clock certified_at .* lies ahead of the clock; day clock recorded_at .* lies ahead of the clock$', true, '... named, accused of nothing');
SELECT is((SELECT dates_ahead FROM cgae.registry_health), 1::bigint, '... and counted');
SELECT is(cgae.effective_tier('day', now() + '1 hour') || ' ' || cgae.effective_tier('day', now() + '2 days') || ' ' || (cgae.tier_at('day', now() + '1 hour')).effective_tier || ' ' || (cgae.tier_at('day', now() + '2 days')).effective_tier,
          'T0 T5 T0 T5', '... until then, whatever instant is asked for');
SELECT is((SELECT string_agg(tier || ' ' || agents, ', ' ORDER BY at, tier) FROM cgae.tier_distribution_over_time(statement_timestamp(), statement_timestamp() + interval '3 days', '36 h') WHERE agents > 0),
          'T0 1, T5 2, T5 3, T5 3', '... and by the series');
SELECT cgae.apply_decay() \g /dev/null
SELECT is(t.try($$UPDATE cgae.agents SET current_tier = 'T0' WHERE agent_id = 'day'$$) ~ '^428C9', true, 'no sweep lowers it, nor does one by hand');
SELECT is(t.standing('day'), 'active {} T5 1', '... it stays as it was');
CREATE TABLE t.contracts (agent_id text);
CREATE TRIGGER needs AFTER INSERT ON t.contracts FOR EACH ROW EXECUTE FUNCTION cgae.require_tier('agent_id', 'T1');
SELECT is(t.try($$INSERT INTO t.contracts VALUES ('day')$$), '42501: agent "day" holds tier T0, but "contracts" requires T1', 'require_tier says the same');
SELECT is(t.try($$INSERT INTO t.contracts VALUES ('little')$$), 'ok', '... and of one half a minute ahead');
SELECT is(t.try(format('SELECT cgae.certify(%L, %L, certified_at => %L)', 'day', '(1,1,1,1)', at)) ~ '^23514', true, 'a given time is refused: ' || what)
  FROM (VALUES (clock_timestamp(), 'now'), (now() - interval '1 hour', 'past'), (now() + interval '36 h', 'ahead')) AS v(at, what);
SELECT is(t.try($$SELECT cgae.deregister_agent('day', now())$$) ~ '^23514', true, '... for a deregistration, too');
SELECT cgae.suspend('day', 'h'), cgae.reinstate('day', 'h'), cgae.observe_architecture('day', t.hash('day')) \g /dev/null
SELECT is((SELECT (outcome, tier, status)::text FROM cgae.certify('day', '(0.85,0.85,0.85,0.85)')), '(certified,T4,active)', 'an honest audit without a time');
SELECT is(t.says('day'), 'T4 T4 T4 t T4 T4 T4', '... cures at once');
SELECT ok((SELECT certified_at BETWEEN now() AND clock_timestamp() AND recorded_at > clock_timestamp() + interval '23 h' FROM cgae.agents WHERE agent_id = 'day'), '... with the time of the clock; the order of recording goes on');
SELECT cgae.certify('day', '(0.9,0.9,0.9,0.9)', certified_at => clock_timestamp()), cgae.certify('day', '(0.9,0.9,0.9,0.9)', 'spot', '1111111111111111', certified_at => '2300-01-01'),
       cgae.update_architecture('day', '{"n": 1}'), cgae.certify('day', '(0.9,0.9,0.9,0.9)', observed_architecture_hash => cgae.architecture_hash('{"n": 1}')), cgae.demote('day', '(0.4,0.4,0.4,0.9)'), cgae.deregister_agent('day') \g /dev/null
SELECT is(t.disorder() ~ '^day clock recorded_at [^;]* lies ahead of the clock$', true, 'whatever follows is in order');
SELECT t.ahead('gone', '1 day'), cgae.deregister_agent('gone') \g /dev/null
SELECT ok((SELECT status = 'deregistered' AND deregistered_at BETWEEN now() AND clock_timestamp() FROM cgae.agents WHERE agent_id = 'gone'), 'one that lies ahead is deregistered by the clock');
SELECT is((SELECT string_agg(DISTINCT rule, ' ') FROM cgae.check_registry()), 'clock', '... and nothing is accused');


-- an epoch of the lottery that began under a clock that ran ahead: the one before lasts until the next
SET LOCAL session_replication_role = replica;
INSERT INTO cgae.audit_seeds (epoch, secret, created_at, revealed_at, actor) VALUES (2, sha256('second'), '2100-01-01', now() - interval '1 hour', 'x'), (3, sha256('third'), now() - interval '1 hour', NULL, 'x');
UPDATE cgae.audit_seeds SET secret = sha256('first'), created_at = now() - interval '9 days', revealed_at = '2100-01-01' WHERE epoch = 1;
SET LOCAL session_replication_role = origin;
SELECT cgae.register_agent('m', '{}', agent_id => 'due' || i, registered_at => now() - interval '9 days'), cgae.certify('due' || i, '(1,1,1,1)', certified_at => now() - interval '5 days') FROM generate_series(1, 60) AS i \g /dev/null
SELECT results_eq($$SELECT agent_id, due_at FROM cgae.due_audits('2099-01-01') WHERE agent_id LIKE 'due%' ORDER BY agent_id$$,
  $$SELECT agent_id, CASE WHEN first < now() - interval '1 hour' THEN first ELSE third END
      FROM (SELECT agent_id, certified_at + ceil(-ln(cgae.audit_draw(sha256('first'), agent_id, 2)) / 0.08 * 86400e6) * interval '1 us' AS first,
                   now() - interval '1 hour' + ceil(-ln(cgae.audit_draw(sha256('third'), agent_id, 2)) / 0.08 * 86400e6) * interval '1 us' AS third
              FROM cgae.agents WHERE agent_id LIKE 'due%') AS d ORDER BY agent_id$$, 'the lottery passes by an epoch that lies ahead, and nobody is drawn by a secret that is known');
SELECT is((SELECT string_agg(DISTINCT rule, ' ') FROM cgae.check_registry() WHERE agent_id IS NULL), 'clock', '... of which check_registry() names the date alone');

SELECT * FROM finish();
ROLLBACK;
