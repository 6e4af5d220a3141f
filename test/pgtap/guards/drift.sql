-- An observed architecture that differs: recorded whatever else the row says, and never an error.

-- First, in a database of its own, what a client leaves behind that only looks at RETURNING.
\set QUIET 1
SELECT current_database() AS home \gset
SET client_min_messages = error;
DROP DATABASE IF EXISTS cgae_pgtap_drift;
CREATE DATABASE cgae_pgtap_drift;
\c cgae_pgtap_drift
SET client_min_messages = error;
CREATE EXTENSION cgae;
SELECT cgae.create_registry() \g /dev/null
SELECT cgae.register_agent('m', '{}', agent_id => 'lasting') \g /dev/null
SELECT cgae.certify('lasting', '(1,1,1,1)') \g /dev/null
BEGIN;
INSERT INTO cgae.certifications (agent_id, robustness, tier, observed_architecture_hash)
  VALUES ('lasting', '(1,1,1,1)', 'T5', '0000000000000000') RETURNING outcome AS returned \gset
COMMIT;
\c -
SELECT status || ' ' || holds::text || ' ' || last_seq AS lasting FROM cgae.agents \gset
SELECT outcome AS stored FROM cgae.certifications WHERE seq = 3 \gset
\c :home
DROP DATABASE cgae_pgtap_drift;

\ir ../include/begin.psql
\ir ../include/registry.psql
SELECT * FROM no_plan();
SET LOCAL client_min_messages = error;

SELECT is(:'returned'::text, 'architecture_mismatch', 'RETURNING tells');
SELECT is(:'lasting'::text, 'suspended {architecture_drift} 3', 'the suspension outlives the commit');
SELECT is(:'stored'::text, 'architecture_mismatch', 'so does the row');

-- by function
SELECT t.agent('a', '(0.7,0.7,0.7,0.7)') \g /dev/null
SELECT results_eq($$SELECT outcome, agent_id, seq, tier::text, status::text, previous_tier::text
                      FROM cgae.certify('a', '(1,1,1,1)', 'upgrade', 'ABCDEF0123456789', '{"k": 1}', '2024-02-01 00:00+00')$$,
                  $$VALUES ('architecture_mismatch', 'a', 3, NULL::text, 'suspended', 'T3')$$, 'certify() says so');
SELECT results_eq($$SELECT outcome, robustness::text, tier::text, previous_tier::text, audit_type, audit_details, observed_architecture_hash, certified_at,
                           policy_version, auditor FROM cgae.certifications WHERE agent_id = 'a' AND seq = 3$$,
                  $$VALUES ('architecture_mismatch', '(1,1,1,1)', NULL::text, 'T3', 'upgrade', '{"k": 1}'::jsonb, 'abcdef0123456789',
                            '2024-02-01 00:00+00'::timestamptz, NULL::int, current_user::text COLLATE "default")$$, 'the attempt stays, judged by no policy');
SELECT results_eq($$SELECT status::text, holds, certified_tier::text, current_tier::text, current_robustness::text, certified_at, last_audit_at,
                           certification_count, last_seq, observed_architecture_hash FROM cgae.agents$$,
                  $$VALUES ('suspended', '{architecture_drift}'::text[], 'T3', 'T3', '(0.7,0.7,0.7,0.7)', '2024-01-02 00:00+00'::timestamptz,
                            '2024-01-02 00:00+00'::timestamptz, 1, 3, 'abcdef0123456789')$$, 'it certified nothing, and suspended the agent');
SELECT is((SELECT (type, occurred_at, data)::text FROM cgae.events WHERE agent_id = 'a' AND seq = 3), (
             SELECT ('architecture_mismatch', '2024-02-01 00:00+00'::timestamptz,
                     jsonb_build_object('audit_type', 'upgrade', 'expected_hash', architecture_digest, 'observed_hash', 'abcdef0123456789', 'status', 'suspended'))::text
               FROM cgae.agents), 'the history shows it, with both hashes');
SELECT is(cgae.audit_cid('a'), NULL, 'no audit certificate came of it')
  FROM cgae.certify('a', '(1,1,1,1)', 'x', '0000000000000000', '{"storage_root_hash": "bafy"}');
SELECT is((cgae.agent_record('a'))->>'status', 'suspended', 'the record');
SELECT is((SELECT sum(agents) FROM cgae.tier_distribution()), 0::numeric, 'not among the active ones');

-- an INSERT whose client looks at RETURNING only
PREPARE returning_row AS INSERT INTO cgae.certifications (agent_id, robustness, observed_architecture_hash)
  VALUES ('a', '(1,1,1,1)', '0000000000000000') RETURNING agent_id, outcome, tier::text;
SELECT results_eq('returning_row', $$VALUES ('a', 'architecture_mismatch', NULL::text)$$, 'RETURNING shows the row');

-- Drift is decided before anything else about the row.
SELECT t.agent('r-' || n, '(0.7,0.7,0.7,0.7)') FROM generate_series(1, 20) AS n \g /dev/null
CREATE TEMP TABLE nonsense (n int GENERATED ALWAYS AS IDENTITY, columns text, row text, what text);
INSERT INTO nonsense (columns, row, what) VALUES
  ('robustness', 'NULL', 'no vector'),
  ('robustness, tier', $$'(1,1,1,1)', 'T0'$$, 'a wrong tier'),
  ('robustness, tier, outcome', $$'(1,1,1,1)', 'T5', 'certified'$$, 'tier and outcome of a certification'),
  ('outcome', $$'nonsense'$$, 'an unknown outcome'),
  ('seq, previous_tier, policy_version', $$99, 'T5', 99$$, 'wrong derived columns'),
  ('certified_at', $$'infinity'$$, 'a time in the future'),
  ('certified_at', $$'-infinity'$$, 'a time before all'),
  ('certified_at', $$'2024-01-01 12:00+00'$$, 'a time before the last certification'),
  ('certified_at', 'NULL', 'no time'),
  ('audit_type', 'NULL', 'no audit type'),
  ('audit_type', $$' '$$, 'a blank audit type'),
  ('audit_type, robustness', $$'demotion', '(1,1,1,1)'$$, 'a demotion that would promote'),
  ('audit_type, audit_details', $$'demotion', '{"reason": 1}'$$, 'a demotion without a reason'),
  ('audit_details', $$'[1, 2]'$$, 'details that are an array'),
  ('audit_details', $$'"text"'$$, 'details that are a string'),
  ('audit_details', 'NULL', 'no details'),
  ('auditor, recorded_at, status', $$'somebody else', 'infinity', 'active'$$, 'a forged auditor and status');
CREATE TEMP TABLE outcome AS
  SELECT n, t.try(format('INSERT INTO cgae.certifications (agent_id, observed_architecture_hash, %s) VALUES (%L, %L, %s)',
                         columns, 'r-' || n, '0000000000000000', row)) AS said FROM nonsense;
SELECT is(said, 'ok', what || ': accepted') FROM nonsense JOIN outcome USING (n) ORDER BY n;
SELECT is((SELECT (seq, outcome, tier, previous_tier, policy_version, status, auditor)::text FROM cgae.certifications WHERE agent_id = 'r-' || n AND seq > 2),
          format('(3,architecture_mismatch,,T3,,suspended,%s)', current_user), what || ': recorded') FROM nonsense ORDER BY n;
SELECT is(t.standing('r-' || n), 'suspended {architecture_drift} T3 1', what || ': suspended') FROM nonsense ORDER BY n;
SELECT ok(every(certified_at BETWEEN now() AND clock_timestamp() AND recorded_at <= clock_timestamp()), 'an unusable time becomes the clock')
  FROM cgae.certifications WHERE agent_id LIKE 'r-%' AND seq = 3;
SELECT ok(every(audit_type <> '' AND audit_type !~ '^\s*$' AND jsonb_typeof(audit_details) = 'object'), 'nonsense is not stored')
  FROM cgae.certifications WHERE agent_id LIKE 'r-%' AND seq = 3;
SELECT is((SELECT count(*) FROM cgae.agent_events WHERE agent_id LIKE 'r-%' AND type = 'demotion'), 0::bigint, 'no demotion came of it');

-- Only these raise.
CREATE TEMP TABLE before AS SELECT t.state() AS state;
SELECT is(t.try($$INSERT INTO cgae.certifications (agent_id, observed_architecture_hash) VALUES ('nobody', '0000000000000000')$$),
          '23503: agent "nobody" is not registered', 'unknown agent');
SELECT is(t.try($$INSERT INTO cgae.certifications (agent_id, observed_architecture_hash) VALUES ('r-1', 'x')$$),
          '22P02: architecture hash "x" is not 16 or 64 hexadecimal digits', 'malformed hash');
SELECT is(t.state(), (SELECT state FROM before), 'nothing changed');
SELECT cgae.deregister_agent('r-1') \g /dev/null
SELECT is(t.try($$SELECT cgae.certify('r-1', NULL, observed_architecture_hash => '0000000000000000')$$), '55000: agent "r-1" is deregistered, which is final', 'deregistered');
CREATE ROLE t_nobody;
GRANT SELECT ON cgae.agents TO t_nobody;
SELECT matches(t.try('t_nobody', $$SELECT cgae.certify('r-2', NULL, observed_architecture_hash => '0000000000000000')$$), '^42501: permission denied for table certifications', 'missing privilege');

-- By value: 16 digits against the prefix, 64 against the digest, in either case.
SELECT t.agent('v') \g /dev/null
SELECT is((SELECT outcome FROM cgae.certify('v', '(1,1,1,1)', observed_architecture_hash => h)), want, what)
  FROM cgae.agents AS a, LATERAL (VALUES
    (architecture_hash, 'certified', '16 digits'),
    (upper(architecture_hash), 'certified', '16 in upper case'),
    (architecture_digest, 'certified', '64 digits'),
    (upper(architecture_digest), 'certified', '64 in upper case'),
    (architecture_hash || repeat('0', 48), 'architecture_mismatch', '64 whose first 16 alone agree')) AS v(h, want, what)
  WHERE agent_id = 'v';
INSERT INTO cgae.agents (agent_id, model_name, architecture_hash) VALUES ('short', 's', '0123456789abcdef');
SELECT is((SELECT outcome FROM cgae.certify('short', '(1,1,1,1)', observed_architecture_hash => h)), want, what)
  FROM (VALUES ('0123456789ABCDEF', 'certified', 'registered by 16 digits: the same'), ('0123456789abcdef' || repeat('7', 48), 'certified', '... as a prefix of 64'),
               ('0123456789abcdee' || repeat('7', 48), 'architecture_mismatch', '... another prefix')) AS v(h, want, what);

-- heartbeats
SELECT t.agent('o', '(1,1,1,1)') \g /dev/null
CREATE TEMP TABLE healthy AS SELECT t.state() AS state, xmin::text AS row_xmin, ctid AS row_ctid FROM cgae.agents WHERE agent_id = 'o';
SELECT is(cgae.observe_architecture('o', h), true, 'a heartbeat: ' || h)
  FROM cgae.agents AS a, LATERAL (VALUES (architecture_hash), (upper(architecture_digest))) AS v(h) WHERE agent_id = 'o';
SELECT ok((SELECT row_ctid = a.ctid AND row_xmin = a.xmin::text AND state = t.state() FROM healthy AS h, cgae.agents AS a WHERE agent_id = 'o'), 'writes nothing while all is well');
SELECT is(t.try($$UPDATE cgae.agents SET observed_architecture_hash = architecture_hash WHERE agent_id = 'o'$$), 'ok', 'by plain UPDATE');
SELECT is(t.standing('o') || ' ' || t.history('o'), 'active {} T5 1 1 registration, 2 certification', '... changes nothing either');
SELECT is(cgae.observe_architecture('o', 'FFFFFFFFFFFFFFFF'), false, 'one that differs');
SELECT is(t.standing('o'), 'suspended {architecture_drift} T5 1', '... suspends');
SELECT is((SELECT observed_architecture_hash FROM cgae.agents WHERE agent_id = 'o'), 'ffffffffffffffff', '... and is kept');
SELECT is(cgae.observe_architecture('o', 'ffffffffffffffff'), false, 'the same again');
SELECT is(t.history('o'), '1 registration, 2 certification, 3 architecture_mismatch', '... is no new fact');
SELECT is(cgae.observe_architecture('o', 'eeeeeeeeeeeeeeee'), false, 'another one');
SELECT is(t.history('o'), '1 registration, 2 certification, 3 architecture_mismatch, 4 architecture_mismatch', '... is');
SELECT is(cgae.observe_architecture('o', t.hash('o')), true, 'a healthy one after drift is true');
SELECT is(t.standing('o'), 'suspended {architecture_drift} T5 1', '... but clears nothing');
SELECT is((SELECT (status, previous_tier)::text FROM cgae.certify('o', '(0.3,0.3,0.3,0.9)', observed_architecture_hash => t.hash('o'))), '(active,T5)', 'an audit does');
SELECT is((SELECT observed_architecture_hash FROM cgae.agents WHERE agent_id = 'o'), t.hash('o'), '... and the observed hash is the registered one again');
SELECT is(t.try($$SELECT cgae.observe_architecture('nobody', 'ffffffffffffffff')$$), 'P0002: agent "nobody" is not registered', 'unknown agent');
SELECT is(t.try($$SELECT cgae.observe_architecture('o', 'f')$$), '22P02: architecture hash "f" is not 16 or 64 hexadecimal digits', 'malformed hash');
SELECT is(t.try($$SELECT cgae.observe_architecture('o', NULL)$$), '22004: argument "observed_hash" of cgae.observe_architecture is null', 'no hash');
SELECT is(t.try($$UPDATE cgae.agents SET observed_architecture_hash = NULL WHERE agent_id = 'o'$$), '23502: observed_architecture_hash of agent "o" cannot be taken back', 'a hash taken back');

-- operators cannot fill the holds so that drift or a failed audit finds no room
SELECT t.agent('f', '(1,1,1,1)') \g /dev/null
SELECT is(t.try($$UPDATE cgae.agents SET holds = (SELECT array_agg('h' || i) FROM generate_series(1, 1000) AS i) WHERE agent_id = 'f'$$), 'ok', 'as many holds as operators may place');
SELECT is((SELECT outcome FROM cgae.certify('f', '(1,1,1,0.1)')), 'failed', 'an audit that fails');
SELECT is((SELECT outcome FROM cgae.certify('f', '(1,1,1,1)', observed_architecture_hash => 'ffffffffffffffff')), 'architecture_mismatch', 'drift in an audit');
SELECT is(cgae.observe_architecture('f', 'eeeeeeeeeeeeeeee'), false, '... and a heartbeat');
SELECT is((SELECT cardinality(holds) || ' ' || (holds @> '{architecture_drift,failed_audit}') FROM cgae.agents WHERE agent_id = 'f'), '1002 true', 'the registry''s own holds stand besides');
SELECT is(cgae.permits('f', 'T0'), true, 'the agent can be read');
SELECT is(cgae.permits('f', 'T1'), false, '... and may nothing');
SELECT is(t.try($$SELECT cgae.suspend('f', 'one more')$$), '54000: an agent cannot have more than 1000 holds', 'one more of an operator''s');
SELECT is(cgae.reinstate('f', 'h1')::text, 'suspended', 'one is lifted');
SELECT is(t.try($$UPDATE cgae.agents SET holds = holds || '{one more}' WHERE agent_id = 'f'$$), 'ok', '... and another placed');
SELECT is(t.try($$UPDATE cgae.agents SET holds = '{architecture_drift,failed_audit}' WHERE agent_id = 'f'$$), 'ok', 'all are lifted');
SELECT is(t.standing('f'), 'suspended {architecture_drift,failed_audit} T0 2', '... but the registry''s own');
SELECT is_empty($$SELECT * FROM cgae.check_registry()$$, 'the history agrees');

SELECT * FROM finish();
ROLLBACK;
