-- Certifying an agent: the tier that the gate gives, the row, the agent, and what is refused.
\ir ../include/begin.psql
\ir ../include/registry.psql
SELECT * FROM no_plan();
SET LOCAL client_min_messages = error;

-- first certification
SELECT t.agent('a') \g /dev/null
SELECT results_eq($$SELECT outcome, agent_id, seq, tier::text, status::text, previous_tier::text
                      FROM cgae.certify('a', '(0.7,0.7,0.7,0.7)', certified_at => '2024-01-02 00:00+00')$$,
                  $$VALUES ('certified', 'a', 2, 'T3', 'active', NULL::text)$$, 'what certify() returns');
SELECT results_eq($$SELECT agent_id, seq, outcome, robustness::text, tier::text, previous_tier::text, audit_type, audit_details,
                           observed_architecture_hash, certified_at, policy_version, auditor,
                           abs(extract(epoch FROM clock_timestamp() - recorded_at)) < 60 FROM cgae.certifications$$,
                  $$VALUES ('a', 2, 'certified', '(0.7,0.7,0.7,0.7)', 'T3', NULL::text, 'registration', '{}'::jsonb, NULL::text,
                            '2024-01-02 00:00+00'::timestamptz, 1, current_user::text COLLATE "default", true)$$, 'the row');
SELECT results_eq($$SELECT status::text, holds, certified_tier::text, current_tier::text, current_robustness::text, initial_robustness::text,
                           certified_at, last_audit_at, last_seq, certification_count FROM cgae.agents$$,
                  $$VALUES ('active', '{}'::text[], 'T3', 'T3', '(0.7,0.7,0.7,0.7)', '(0.7,0.7,0.7,0.7)',
                            '2024-01-02 00:00+00'::timestamptz, '2024-01-02 00:00+00'::timestamptz, 2, 1)$$, 'the agent');
-- a second one
SELECT results_eq($$SELECT outcome, seq, tier::text, status::text, previous_tier::text
                      FROM cgae.certify('a', '(0.9,0.9,0.9,0.9)', 'registration', upper(t.hash('a')), '{"k": 1}', '2024-01-02 00:00+00')$$,
                  $$VALUES ('certified', 3, 'T5', 'active', 'T3')$$, 'again at the same instant, positionally');
SELECT is((SELECT (initial_robustness, current_robustness, certification_count)::text FROM cgae.agents),
          '("(0.7,0.7,0.7,0.7)","(0.9,0.9,0.9,0.9)",2)', 'the initial vector is written once, though the audit is typed registration');
SELECT is((SELECT observed_architecture_hash FROM cgae.certifications WHERE seq = 3), t.hash('a'), 'the observed hash is stored lower-cased');
SELECT is((SELECT audit_details FROM cgae.certifications WHERE seq = 3), '{"k": 1}', 'the details too');
-- bounds are inclusive, compared as doubles
SELECT is((SELECT tier::text FROM cgae.certify('a', v.r::cgae.robustness)), v.tier, 'tier of ' || v.r)
  FROM (VALUES ('(0,0,0,1)', 'T0'), ('(0.3,0.3,0.25,0.5)', 'T1'), ('(0.3,0.3,0.25,0.49999999999999994)', 'T0'), ('(0.29999999999999999,1,1,1)', 'T1'),
               ('(0.29999999999999993,1,1,1)', 'T0'), ('(0.5,0.5,0.45,1)', 'T2'), ('(0.65,0.65,0.6,1)', 'T3'), ('(0.8,0.8,0.75,1)', 'T4'),
               ('(0.9,0.9,0.85,1)', 'T5'), ('(1,1,0,1)', 'T0'), ('(1,0.5,1,1)', 'T2'), ('(1,1,0.44999998807907104,1)', 'T1')) AS v(r, tier);

-- T0 with ih passing stays active; ih failing suspends; then a passing one reinstates
SELECT t.agent('b') \g /dev/null
SELECT is((SELECT (outcome, tier, status)::text FROM cgae.certify('b', '(0,0,0,0.5)')), '(certified,T0,active)', 'T0 with ih passing: active');
SELECT is((SELECT (outcome, tier, status)::text FROM cgae.certify('b', '(1,1,1,0.4)')), '(failed,T0,suspended)', 'ih failing: suspended');
SELECT is(t.standing('b'), 'suspended {failed_audit} T0 2', '... held for it, and certified at T0');
SELECT is((SELECT (outcome, tier, status, previous_tier)::text FROM cgae.certify('b', '(1,1,1,1)')), '(certified,T5,active,T0)', 'passing again: active');
SELECT is(t.standing('b'), 'active {} T5 3', '... and no longer held');
SELECT is((SELECT string_agg(status::text, ' ' ORDER BY seq) FROM cgae.certifications WHERE agent_id = 'b'), 'active suspended active', '... each row keeps the status that followed');

-- the time
SELECT t.agent('c') \g /dev/null
SELECT cgae.certify('c', '(1,1,1,1)') FROM generate_series(1, 3) \g /dev/null
SELECT ok(every(certified_at BETWEEN now() AND clock_timestamp()), 'a time not given is the clock') FROM cgae.certifications WHERE agent_id = 'c';
SELECT ok(every(certified_at >= before), 'which never runs backwards')
  FROM (SELECT certified_at, lag(certified_at, 1, '-infinity') OVER (ORDER BY seq) AS before FROM cgae.certifications WHERE agent_id = 'c') AS x;
INSERT INTO cgae.agents (agent_id, model_name, model_config, registered_at) VALUES ('d', 'd', '{}', '2024-03-01 00:00+00');
SELECT is((SELECT outcome FROM cgae.certify('d', '(1,1,1,1)', certified_at => '2024-03-01 00:00+00')), 'certified', 'at the very registration');
CREATE TEMP TABLE before AS SELECT t.state() AS state;
SELECT is(t.try($$SELECT cgae.certify('d', '(1,1,1,1)', certified_at => '2024-02-29 23:59:59.999999+00')$$),
          '23514: certified_at 2024-02-29 23:59:59.999999+00 of agent "d" is before its registration, 2024-03-01 00:00:00+00', 'before the registration') FROM set_config('TimeZone', 'UTC', true);
SELECT cgae.certify('d', '(1,1,1,1)', certified_at => '2024-03-02 00:00+00') \g /dev/null
SELECT is(t.try($$SELECT cgae.certify('d', '(1,1,1,1)', certified_at => '2024-03-01 23:00+00')$$),
          '23514: certified_at 2024-03-01 23:00:00+00 of agent "d" is before its last certification, 2024-03-02 00:00:00+00', 'before the last certification');
SELECT matches(t.try(format($$SELECT cgae.certify('d', '(1,1,1,1)', certified_at => %L)$$, at)), '^23514: certified_at .* of agent "d" is ' || m, at)
  FROM (VALUES ((clock_timestamp() + '1 minute')::text, 'in the future'), ('infinity', 'in the future'), ('-infinity', 'before its registration')) AS v(at, m);
SELECT is(t.fields($$SELECT cgae.certify('d', '(1,1,1,1)', certified_at => 'infinity')$$), 'cgae.certifications.certified_at not_in_the_future', '... for programs');

-- what is refused, by statement and by function
CREATE TEMP TABLE unchanged AS SELECT t.state() AS state;
SELECT is(t.try($$INSERT INTO cgae.certifications (agent_id, robustness) VALUES ('nobody', '(1,1,1,1)')$$), '23503: agent "nobody" is not registered', 'unknown agent');
SELECT is(t.try($$SELECT cgae.certify('nobody', '(1,1,1,1)')$$), '23503: agent "nobody" is not registered', '... by function');
SELECT is(t.fields($$SELECT cgae.certify('nobody', '(1,1,1,1)')$$), 'cgae.certifications.agent_id certifications_agent_id_fkey', '... as the foreign key would');
SELECT is(t.try($$INSERT INTO cgae.certifications (robustness) VALUES ('(1,1,1,1)')$$), '23502: certification names no agent: agent_id is null', 'no agent');
SELECT is(t.try($$SELECT cgae.certify(NULL, '(1,1,1,1)')$$), '22004: argument "agent_id" of cgae.certify is null', '... by function');
SELECT is(t.try($$SELECT cgae.certify('d', NULL)$$), '23502: certification of agent "d" has no robustness vector', 'no vector');
SELECT is(t.try($$SELECT cgae.certify('d', '(1,1,1,1)', ' ')$$), '23514: audit_type of agent "d" is blank', 'a blank one');
SELECT is(t.try($$SELECT cgae.certify('d', '(1,1,1,1)', audit_details => '[]')$$), '23514: audit_details of agent "d" are not a JSON object', 'details that are no object');
SELECT matches(t.try(format($$SELECT cgae.certify('d', %L)$$, r)), '^' || m, 'vector ' || r)
  FROM (VALUES ('(NaN,1,1,1)', '22003: .*cc.*NaN'), ('(1,1.0000000000000002,1,1)', '22003: .*er.*1\.0000000000000002'), ('(1,1,-0.1,1)', '22003: .*as.*-0\.1'),
               ('(1,1,1,Infinity)', '22003: .*ih.*Infinity'), ('(1,1,1)', '22P02: '), ('(1,1,1,1,1)', '22P02: '), ('(1,1,,1)', '22P02: '), ('', '22P02: '), ('1,1,1,1', '22P02: ')) AS v(r, m);
SELECT matches(t.try(format($$SELECT cgae.certify('d', '(1,1,1,1)', observed_architecture_hash => %L)$$, h)), '^22P02: ', 'hash "' || h || '"')
  FROM unnest(ARRAY['', 'x', '0123456789abcde', '0123456789abcdeff', '0x23456789abcdef']) AS h;
SELECT is(t.try(format($$INSERT INTO cgae.certifications (agent_id, robustness, %s) VALUES ('d', '(0.5,1,1,1)', %L)$$, c, v)),
          format('428C9: %s %s supplied for agent "d" disagrees with the registry, which finds %s', c, v, f), 'supplied ' || c)
  FROM (VALUES ('tier', 'T3', 'T2'), ('tier', 'T0', 'T2'), ('outcome', 'architecture_mismatch', 'certified'), ('seq', '9', '4'), ('seq', '3', '4'),
               ('previous_tier', 'T4', 'T5'), ('policy_version', '2', '1')) AS x(c, v, f);
SELECT is(t.state(), (SELECT state FROM unchanged), 'nothing changed');

-- what agrees is welcome
SELECT lives_ok($$INSERT INTO cgae.certifications (agent_id, robustness, tier, previous_tier, outcome, seq, policy_version, audit_details)
                  VALUES ('d', '(0.5,1,1,1)', 'T2', 'T5', 'certified', 4, 1, NULL)$$, 'supplied values that agree');
SELECT is((SELECT audit_details FROM cgae.certifications WHERE agent_id = 'd' AND seq = 4), '{}', 'null details are none');
INSERT INTO cgae.certifications (agent_id, robustness, auditor, recorded_at, status) VALUES ('d', '(0.5,1,1,1)', 'somebody else', '2000-01-01', 'suspended');
SELECT is((SELECT (auditor, recorded_at > '2020-01-01', status)::text FROM cgae.certifications WHERE agent_id = 'd' AND seq = 5), format('(%s,t,active)', current_user),
          'auditor, time of record and status are always the guard''s');

-- demotion
SELECT t.agent('e') \g /dev/null
SELECT is(t.try($$SELECT cgae.demote('e', '(0,0,0,1)')$$), '55000: agent "e" cannot be demoted: it was never certified', 'demotion before certification');
SELECT cgae.certify('e', '(0.7,0.7,0.7,0.7)', certified_at => '2024-01-02 00:00+00') \g /dev/null
SELECT is(t.try(format($$SELECT cgae.demote('e', %L)$$, r)), format('23514: demotion of agent "e" from T3 to %s does not lower its tier', tier), 'demotion to ' || tier)
  FROM (VALUES ('(1,1,1,1)', 'T5'), ('(0.65,0.65,0.6,0.5)', 'T3')) AS v(r, tier);
SELECT is(t.try($$INSERT INTO cgae.certifications (agent_id, robustness, audit_type) VALUES ('e', '(0.7,0.7,0.7,0.7)', 'demotion')$$),
          '23514: demotion of agent "e" from T3 to T3 does not lower its tier', '... by plain INSERT');
SELECT results_eq($$SELECT outcome, agent_id, seq, tier::text, status::text, previous_tier::text FROM cgae.demote('e', '(0.3,0.3,0.3,0.7)', 'audit 17', '2024-01-03 00:00+00')$$,
                  $$VALUES ('certified', 'e', 3, 'T1', 'active', 'T3')$$, 'a demotion');
SELECT is(t.history('e'), '1 registration, 2 certification, 3 certification, 4 demotion', 'its history');
SELECT is((SELECT (occurred_at, data)::text FROM cgae.events WHERE agent_id = 'e' AND seq = 4),
          '("2024-01-03 00:00:00+00","{""reason"": ""audit 17"", ""new_tier"": ""T1"", ""old_tier"": ""T3""}")', 'its event');
SELECT is((SELECT (audit_type, audit_details)::text FROM cgae.certifications WHERE agent_id = 'e' AND seq = 3), '(demotion,"{""reason"": ""audit 17""}")', 'its row');
SELECT is((SELECT status::text FROM cgae.demote('e', '(1,1,1,0.1)')), 'suspended', 'a demotion whose ih fails suspends');
SELECT is((SELECT data->>'reason' FROM cgae.events WHERE agent_id = 'e' AND type = 'demotion' ORDER BY seq DESC LIMIT 1), 'spot_audit_failure', 'the reason when none is given');
SELECT is(t.try($$SELECT cgae.demote('e', '(0,0,0,0)', NULL)$$), '22004: argument "reason" of cgae.demote is null', 'a null reason');
-- a fall without the name is no demotion
SELECT is((SELECT tier::text FROM cgae.certify('d', '(0,0,0,1)')), 'T0', 'an ordinary certification may lower the tier');
SELECT ok(NOT EXISTS (SELECT FROM cgae.agent_events WHERE agent_id = 'd' AND type = 'demotion'), '... and is no demotion');

-- the kind of an audit that is not given one, and details that are not given
SELECT t.agent('k'), t.agent('l') \g /dev/null
SELECT cgae.certify('k', '(0.7,0.7,0.7,0.7)', observed_architecture_hash => 'badc0ffee0ddf00d') \g /dev/null
SELECT cgae.certify('k', '(0.7,0.7,0.7,0.7)', audit_type => NULL, audit_details => NULL) \g /dev/null
INSERT INTO cgae.certifications (agent_id, robustness) VALUES ('k', '(0.6,0.6,0.6,0.7)');
INSERT INTO cgae.certifications (agent_id, robustness, audit_type, audit_details, observed_architecture_hash, certified_at, tier, outcome, seq, request_id)
  VALUES ('k', '(0.5,0.5,0.5,0.7)', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
SELECT cgae.certify('k', '(0.5,0.5,0.5,0.7)', observed_architecture_hash => 'badc0ffee0ddf00d') \g /dev/null
SELECT cgae.certify('k', '(0.5,0.5,0.5,0.7)', 'upgrade') \g /dev/null
SELECT cgae.certify_many('{l,k,l,k}', array_fill('(0.7,0.7,0.7,0.7)'::cgae.robustness, '{4}'), '{NULL,NULL,NULL,spot}', audit_details => '{NULL,NULL,NULL,NULL}') \g /dev/null
SELECT results_eq($$SELECT agent_id, string_agg(concat_ws(' ', outcome, audit_type), ', ' ORDER BY seq), jsonb_agg(DISTINCT audit_details) FROM cgae.certifications WHERE agent_id IN ('k', 'l') GROUP BY agent_id ORDER BY 1$$,
                  $$VALUES ('k', 'architecture_mismatch registration, certified registration, certified re-certification, certified re-certification, architecture_mismatch re-certification, certified upgrade, certified re-certification, certified spot', '[{}]'::jsonb),
                           ('l', 'certified registration, certified re-certification', '[{}]')$$, 'an audit without a kind is a registration until the agent is certified');
SELECT is((SELECT count(*)::int FROM pg_attrdef WHERE adrelid = 'cgae.certifications'::regclass), 1, 'which no default of a column says: there is one, of audit_details');
SELECT t.agent('m') \g /dev/null
SELECT is((SELECT string_agg((cgae.certify('m', '(1,1,1,1)')).seq::text, ' ') FROM generate_series(1, 2)), '2 3', 'within one statement');
SELECT is((SELECT string_agg(audit_type, ' ' ORDER BY seq) FROM cgae.certifications WHERE agent_id = 'm'), 'registration re-certification', '... too');

-- a failed audit counts as any other does
SELECT t.agent('n', '(0.7,0.7,0.7,0.7)') \g /dev/null
SELECT is((SELECT x::text FROM cgae.certify('n', '(1,1,1,0.4)', audit_details => '{"storage_root_hash": "cid"}') AS x), '(failed,n,3,T0,suspended,T3)', 'failed');
INSERT INTO cgae.certifications (agent_id, robustness, outcome) VALUES ('n', '(1,1,1,0.3)', 'failed');
SELECT is((SELECT string_agg(x::text, ' ') FROM cgae.certify_many('{n,m}', '{"(1,1,1,0)","(1,1,1,0.49)"}') AS x), '(failed,n,5,T0,suspended,T0) (failed,m,4,T0,suspended,T5)', '... by certify_many()');
SELECT is(t.try($$INSERT INTO cgae.certifications (agent_id, robustness, outcome) VALUES ('n', '(1,1,1,0.4)', 'certified')$$), '428C9: outcome certified supplied for agent "n" disagrees with the registry, which finds failed', 'nothing else fails');
SELECT is(t.try($$INSERT INTO cgae.certifications (agent_id, robustness, outcome) VALUES ('n', '(1,1,1,0.5)', 'failed')$$), '428C9: outcome failed supplied for agent "n" disagrees with the registry, which finds certified', '... nor passes');
SELECT is((SELECT x::text FROM cgae.demote('l', '(0.1,0.1,0.1,0.1)') AS x), '(failed,l,4,T0,suspended,T3)', 'a demotion can fail');
SELECT is(t.standing('n'), 'suspended {failed_audit} T0 4', 'it is counted');
SELECT is((SELECT (current_robustness, certified_tier, certified_at = last_audit_at)::text FROM cgae.agents WHERE agent_id = 'n'), '("(1,1,1,0)",T0,t)', '... and is the standing one');
SELECT is(t.history('n'), '1 registration, 2 certification, 3 certification, 4 certification, 5 certification', 'its event is a certification');
SELECT is((SELECT string_agg(data->>'tier', ' ' ORDER BY seq) FROM cgae.events WHERE agent_id = 'n' AND seq > 1), 'T3 T0 T0 T0', '... with its data');
SELECT is((SELECT string_agg(concat_ws(' ', seq, old_tier, new_tier), ', ' ORDER BY seq) FROM cgae.tier_changes WHERE agent_id = 'n'), '2 T0 T3, 3 T3 T0', 'it changes the tier');
SELECT is(cgae.audit_cid('n'), 'cid', 'its certificate is an audit''s');
SELECT is((SELECT x::text FROM cgae.tier_at('n', clock_timestamp()) AS x), '(suspended,T0,T0)', 'tier_at() knows it');
SELECT is((SELECT string_agg(outcome, ' ' ORDER BY seq) FROM cgae.certification_history WHERE agent_id = 'n'), 'certified failed failed failed', 'analysts see it');
SELECT cgae.certify('n', '(0.7,0.7,0.7,0.7)') \g /dev/null
SELECT is(t.standing('n'), 'active {} T3 5', 'a passing one makes it good');
SELECT is_empty('SELECT * FROM cgae.check_registry()', 'all agrees');
ALTER TABLE cgae.certifications DISABLE TRIGGER USER;
UPDATE cgae.certifications SET outcome = CASE outcome WHEN 'failed' THEN 'certified' ELSE 'failed' END WHERE agent_id = 'n' AND seq IN (2, 3);
ALTER TABLE cgae.certifications ENABLE TRIGGER USER;
SELECT set_eq('SELECT agent_id, rule, detail FROM cgae.check_registry()', $$VALUES ('n', 'outcome', 'number 2 is failed, where ih by policy 1 passes'), ('n', 'outcome', 'number 3 is certified, where ih by policy 1 fails')$$,
              'check_registry() tells where the outcome and ih disagree');

SELECT * FROM finish();
ROLLBACK;
