-- cgae.registry_health: what an operator asks, for whom.
\ir ../include/begin.psql
\ir ../include/registry.psql
SELECT * FROM no_plan();
SET LOCAL client_min_messages = error;
SET LOCAL timezone = 'UTC';

SELECT is((SELECT (sweep_lag, overdue_agents, falling_within_a_day, overdue_audits, drift_last_day, suspensions_last_day, statuses, holds, policy_version, seed_epoch, access)::text FROM cgae.registry_health),
          '(,0,0,0,0,0,,,1,1,)', 'an empty registry: one row, nothing to tell');

-- decay lowers T3 after ln(0.7/0.65)/0.01 = 7.41 days: "late" is overdue since the day before yesterday
SELECT cgae.register_agent('m', '{}', agent_id => id, registered_at => '2026-01-01 00:00+00') FROM unnest(ARRAY['late', 'soon', 'well', 'low', 'held', 'failed', 'drifted', 'gone', 'pending']) AS id \g /dev/null
SELECT cgae.certify('late', '(0.7,0.9,0.9,1)', certified_at => now() - interval '9.5 days'),
       cgae.certify('soon', '(0.7,0.9,0.9,1)', certified_at => now() - interval '7 days'),
       cgae.certify('well', '(0.9,0.9,0.9,1)', certified_at => '2026-02-01 00:00+00'),
       cgae.certify('well', '(1,1,1,1)', certified_at => now() - interval '1 hour'),
       cgae.certify('low', '(0.301,0.9,0.9,1)', certified_at => '2026-02-02 00:00+00'),
       cgae.apply_decay(now() - interval '3 days'),
       cgae.certify('failed', '(0.9,0.9,0.9,0.1)', certified_at => '2026-03-03 00:00+00'),
       cgae.certify('drifted', '(0.9,0.9,0.9,1)', observed_architecture_hash => '0000000000000000'),
       cgae.observe_architecture('held', '1111111111111111'),
       cgae.suspend('held', 'manual_review'), cgae.deregister_agent('gone', '2026-04-04 00:00+00') \g /dev/null
SELECT is((SELECT overdue_agents || ' ' || falling_within_a_day || ' ' || (sweep_lag BETWEEN interval '2 days' AND interval '2.2 days') FROM cgae.registry_health), '1 1 true', 'who waits for a sweep, for how long; who will');
SELECT is((SELECT overdue_audits FROM cgae.registry_health), (SELECT count(*) FROM cgae.due_audits()), 'overdue audits');
SELECT is((SELECT drift_last_day || ' ' || suspensions_last_day FROM cgae.registry_health), '2 1', 'drift, by audit and by heartbeat, and suspensions of the last day');
SELECT is((SELECT jsonb_object_agg(key, value->'agents') FROM cgae.registry_health, jsonb_each(statuses)), '{"active": 3, "expired": 1, "pending": 1, "suspended": 3, "deregistered": 1}'::jsonb, 'agents by status');
SELECT is((SELECT jsonb_object_agg(key, value->'agents') FROM cgae.registry_health, jsonb_each(holds)), '{"failed_audit": 1, "manual_review": 1, "architecture_drift": 2}'::jsonb, 'by hold');
CREATE FUNCTION t.since(part text, which text) RETURNS timestamptz LANGUAGE sql AS $$
  SELECT CASE part WHEN 'status' THEN (statuses->which->>'since')::timestamptz ELSE (holds->which->>'since')::timestamptz END FROM cgae.registry_health $$;
SELECT is(t.since(part, which), (SELECT occurred_at FROM cgae.events WHERE agent_id = id AND seq = n), which || ' since') FROM (VALUES
  ('status', 'pending', 'pending', 1), ('status', 'active', 'late', 2), ('status', 'suspended', 'failed', 2), ('status', 'expired', 'low', 3), ('status', 'deregistered', 'gone', 2),
  ('hold', 'failed_audit', 'failed', 2), ('hold', 'manual_review', 'held', 3), ('hold', 'architecture_drift', 'held', 2)) AS v(part, which, id, n) WHERE which <> 'architecture_drift';
SELECT is(t.since('hold', 'architecture_drift'), (SELECT min(occurred_at) FROM cgae.events WHERE type = 'architecture_mismatch'), 'architecture_drift since the longest');
SELECT cgae.suspend('failed', 'second') \g /dev/null
SELECT is(t.since('status', 'suspended'), '2026-03-03 00:00+00', 'a second hold does not make the suspension younger');
SELECT cgae.publish_policy(decay_rate => 0.02), cgae.rotate_audit_seed() \g /dev/null
SELECT is((SELECT (policy_version, policy_since = (SELECT effective_from FROM cgae.gate_policies WHERE version = 2), seed_epoch, seed_age < interval '1 minute', checked_at = statement_timestamp())::text FROM cgae.registry_health),
          '(2,t,2,t,t)', 'policy and epoch');

-- access
CREATE ROLE t_reader; CREATE ROLE t_auditor; CREATE ROLE t_operator; CREATE ROLE "t registrar"; CREATE ROLE t_nobody;
SELECT cgae.grant_access('t_reader', 'reader'), cgae.grant_access('t_auditor', 'auditor'), cgae.grant_access('t_operator', 'operator'), cgae.grant_access('t registrar', 'registrar') \g /dev/null
SELECT is((SELECT access FROM cgae.registry_health), '{"reader": ["t registrar", "t_auditor", "t_operator", "t_reader"], "auditor": ["t_auditor"], "operator": ["t_operator"], "registrar": ["t registrar"]}'::jsonb, 'roles by access level');
CREATE FUNCTION t.seen(role text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE said text;
BEGIN
  PERFORM set_config('role', role, true);
  SELECT (overdue_agents, overdue_audits IS NULL, drift_last_day, statuses->'active'->'agents', holds->'second'->'agents', policy_version, seed_epoch, access->'operator')::text INTO said FROM cgae.registry_health;
  PERFORM set_config('role', 'none', true);
  RETURN said;
END $$;
SELECT is(t.seen('t_reader'), '(1,t,2,3,1,2,2,"[""t_operator""]")', 'a reader sees all of it but the audits due');
SELECT is(t.seen('t_operator'), '(1,f,2,3,1,2,2,"[""t_operator""]")', 'an operator those, too');
SELECT matches(t.try('t_nobody', 'SELECT * FROM cgae.registry_health'), '^42501', 'nobody else anything');
SELECT cgae.revoke_access('t_reader') \g /dev/null
SELECT matches(t.try('t_reader', 'SELECT policy_version FROM cgae.registry_health'), '^42501', '... nor who was a reader');

-- what is not selected is not computed
CREATE FUNCTION t.plan(columns text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE line text; plan text := '';
BEGIN
  FOR line IN EXECUTE 'EXPLAIN SELECT ' || columns || ' FROM cgae.registry_health' LOOP plan := plan || line; END LOOP;
  RETURN plan;
END $$;
SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off;
SELECT ok(t.plan('sweep_lag, overdue_agents, falling_within_a_day, policy_version, seed_age') !~ 'Seq Scan on (agents|certifications|agent_events)', 'lag and counts of sweeps come from the index');
SELECT ok(t.plan('sweep_lag') !~ 'certifications|agent_events' AND t.plan('statuses') ~ 'certifications', 'a column that is not selected costs nothing');

SELECT * FROM finish();
ROLLBACK;
