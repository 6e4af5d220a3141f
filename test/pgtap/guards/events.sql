-- The history: one order per agent, without gaps, of everything that happened and nothing else.
\ir ../include/begin.psql
\ir ../include/registry.psql
SELECT * FROM no_plan();
SET LOCAL client_min_messages = error;
CREATE ROLE t_auditor;
SELECT cgae.grant_access('t_auditor', 'auditor') \g /dev/null

-- one of each
SELECT t.agent('a', '(0.7,0.7,0.7,0.7)') \g /dev/null
SELECT cgae.demote('a', '(0.5,0.5,0.5,0.5)', 'r', '2024-02-01 00:00+00') \g /dev/null
SELECT cgae.suspend('a', 'review') \g /dev/null
SELECT cgae.reinstate('a', 'review') \g /dev/null
SET LOCAL ROLE t_auditor;
SELECT cgae.certify('a', '(1,1,1,1)', observed_architecture_hash => '0000000000000000') \g /dev/null
RESET ROLE;
SELECT cgae.update_architecture('a', '{"v": 2}') \g /dev/null
SELECT cgae.observe_architecture('a', '1111111111111111') \g /dev/null
SELECT cgae.deregister_agent('a') \g /dev/null
SELECT columns_are('cgae', 'events', ARRAY['agent_id', 'seq', 'type', 'occurred_at', 'data', 'actor', 'recorded_at']);
SELECT results_eq($$SELECT seq, type, data FROM cgae.events WHERE agent_id = 'a' ORDER BY seq$$,
  $$SELECT * FROM (VALUES
     (1, 'registration', jsonb_build_object('model_name', 'model of a', 'architecture_hash', cgae.architecture_digest('{"model": "a"}'), 'status', 'pending')),
     (2, 'certification', '{"tier": "T3", "audit_type": "registration", "robustness": {"cc": 0.7, "er": 0.7, "as": 0.7, "ih": 0.7}, "status": "active"}'),
     (3, 'certification', '{"tier": "T2", "audit_type": "demotion", "robustness": {"cc": 0.5, "er": 0.5, "as": 0.5, "ih": 0.5}, "status": "active"}'),
     (4, 'demotion', '{"old_tier": "T3", "new_tier": "T2", "reason": "r"}'),
     (5, 'suspension', '{"added": ["review"], "holds": ["review"], "status": "suspended"}'),
     (6, 'reinstatement', '{"lifted": ["review"], "holds": [], "status": "active"}'),
     (7, 'architecture_mismatch', jsonb_build_object('expected_hash', cgae.architecture_digest('{"model": "a"}'), 'observed_hash', '0000000000000000', 'audit_type', 're-certification', 'status', 'suspended')),
     (8, 'architecture_update', jsonb_build_object('old_architecture_hash', cgae.architecture_digest('{"model": "a"}'),
                                                   'architecture_hash', cgae.architecture_digest('{"v": 2}'), 'status', 'suspended')),
     (9, 'architecture_mismatch', jsonb_build_object('expected_hash', cgae.architecture_digest('{"v": 2}'), 'observed_hash', '1111111111111111', 'status', 'suspended')),
     (10, 'deregistration', '{"status": "deregistered", "final_balance": 0, "contracts_completed": 0}')) AS v$$, 'types and data, in order');
SELECT results_eq($$SELECT seq, actor FROM cgae.events WHERE agent_id = 'a' ORDER BY seq$$,
  $$SELECT n, CASE n WHEN 7 THEN 't_auditor' ELSE current_user::text COLLATE "default" END FROM generate_series(1, 10) AS n$$, 'who did it: the role, not the owner');
SELECT is((SELECT array_agg(occurred_at ORDER BY seq) FROM cgae.events WHERE agent_id = 'a' AND seq <= 4),
          '{2024-01-01 00:00+00,2024-01-02 00:00+00,2024-02-01 00:00+00,2024-02-01 00:00+00}'::timestamptz[], 'when it happened, as stated');
SELECT ok(every(occurred_at BETWEEN now() AND clock_timestamp()), '... or by the clock') FROM cgae.events WHERE agent_id = 'a' AND seq > 4;
SELECT ok(every(recorded_at BETWEEN now() AND clock_timestamp() AND recorded_at >= before), 'when it was recorded, never against the order')
  FROM (SELECT recorded_at, lag(recorded_at, 1, '-infinity') OVER (ORDER BY seq) AS before FROM cgae.events WHERE agent_id = 'a') AS x;
SELECT is((SELECT last_seq FROM cgae.agents WHERE agent_id = 'a'), 10, 'the agent knows the last number');

-- no fact is written twice, and each table has its share
SELECT is((SELECT array_agg(seq ORDER BY seq) FROM cgae.certifications WHERE agent_id = 'a'), '{2,3,7}', 'certifications');
SELECT is((SELECT array_agg(seq ORDER BY seq) FROM cgae.agent_events WHERE agent_id = 'a'), '{1,4,5,6,8,9,10}', 'events');

-- what changes nothing leaves no trace
SELECT t.agent('b', '(1,1,1,1)') \g /dev/null
UPDATE cgae.agents SET status = status, holds = holds, model_config = model_config, current_tier = current_tier, observed_architecture_hash = observed_architecture_hash WHERE agent_id = 'b';
UPDATE cgae.agents SET balance = balance + 1, model_name = 'x', wallet_address = 'w', provenance = '{}', contracts_failed = 3 WHERE agent_id = 'b';
INSERT INTO cgae.agents (agent_id, model_name, model_config) VALUES ('b', 'b', '{}') ON CONFLICT DO NOTHING;
SELECT is(t.try($$SELECT cgae.certify('b', '(1,1,1,1)', certified_at => 'infinity')$$) ~ '^23514', true, 'refused');
SELECT is(t.history('b'), '1 registration, 2 certification', 'money, names, conflicts and refusals are no events');
SAVEPOINT s;
SELECT cgae.certify('b', '(1,1,1,1)'), cgae.suspend('b', 'x') \g /dev/null
ROLLBACK TO s;
SELECT is((SELECT (seq, previous_tier)::text FROM cgae.certify('b', '(1,1,1,1)')), '(3,T5)', 'what is rolled back leaves no gap');

-- many agents, many steps: every history is 1, 2, 3, ...
SELECT t.agent('n-' || n) FROM generate_series(1, 20) AS n \g /dev/null
INSERT INTO cgae.certifications (agent_id, robustness, observed_architecture_hash)
  SELECT 'n-' || n % 20 + 1, cgae.robustness(n % 7 / 6.0, n % 5 / 4.0, n % 3 / 2.0, n % 11 / 10.0), CASE WHEN n % 13 = 0 THEN '0000000000000000' END
    FROM generate_series(1, 400) AS n;
UPDATE cgae.agents SET holds = holds || '{x}'::text[] WHERE agent_id LIKE 'n-%' AND certification_count % 2 = 0;
SELECT is((SELECT count(*) FROM cgae.agents AS a WHERE last_seq <> (SELECT count(*) FROM cgae.events AS e WHERE e.agent_id = a.agent_id)
                                                    OR last_seq IS DISTINCT FROM (SELECT max(seq) FROM cgae.events AS e WHERE e.agent_id = a.agent_id)), 0::bigint, 'no gaps');
SELECT is((SELECT count(*) FROM cgae.agents AS a WHERE certification_count <> (SELECT count(*) FROM cgae.events AS e WHERE e.agent_id = a.agent_id AND type = 'certification')),
          0::bigint, 'counted as often as recorded');
SELECT is((SELECT count(*) FROM cgae.events WHERE type = 'architecture_mismatch' AND agent_id LIKE 'n-%'), 30::bigint, 'every drift is there');

-- the history shows what its reader may see, and is no way around the privileges of the tables
CREATE ROLE t_stranger;
SELECT matches(t.try('t_stranger', 'SELECT * FROM cgae.events'), '^42501: ', 'a stranger sees nothing');
GRANT SELECT ON cgae.events TO t_stranger;
SELECT matches(t.try('t_stranger', 'SELECT * FROM cgae.events'), '^42501: ', '... nor with the view alone');
SELECT is(t.try('t_auditor', 'SELECT * FROM cgae.events'), 'ok', 'an auditor sees it');

-- nobody writes it by hand
SELECT is(t.try($$INSERT INTO cgae.agent_events VALUES ('b', 4, 'registration', now(), '{}', 'me', now())$$),
          '428C9: events are written by the registry alone', 'not even its owner');
SELECT matches(t.try(sql), '^' || error || ': ', sql) FROM (VALUES
  ($$UPDATE cgae.agent_events SET data = '{}'$$, '23001'), ($$DELETE FROM cgae.agent_events$$, '23001'), ('TRUNCATE cgae.agent_events', '23001'),
  ($$INSERT INTO cgae.events VALUES ('b', 4, 'x', now(), '{}', 'me', now())$$, '55000')) AS v(sql, error);

SELECT * FROM finish();
ROLLBACK;
