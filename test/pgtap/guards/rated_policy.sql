-- Under which policy an agent's tiers were rated, and whether decay or a policy brought a fall.
\ir ../include/begin.psql
\ir ../include/registry.psql
SELECT * FROM no_plan();
SET LOCAL client_min_messages = error;
CREATE FUNCTION t.rated() RETURNS text LANGUAGE sql AS $$
  SELECT string_agg(format('%s %s %s', agent_id, current_tier, rated_policy), ', ' ORDER BY agent_id) FROM cgae.agents
$$;
CREATE FUNCTION t.falls(id text) RETURNS text LANGUAGE sql AS $$
  SELECT string_agg(concat_ws(' ', type, data ->> 'old_tier', data ->> 'new_tier', data ->> 'cause', data ->> 'policy_version'), ', ' ORDER BY seq)
    FROM cgae.agent_events WHERE agent_id = id AND type IN ('decay', 'expiration')
$$;
CREATE FUNCTION t.causes(id text) RETURNS text LANGUAGE sql AS $$
  SELECT string_agg(format('%s %s-%s', cause, old_tier, new_tier), ', ' ORDER BY seq) FROM cgae.tier_changes WHERE agent_id = id
$$;
-- Register and certify so many days ago
CREATE FUNCTION t.since(id text, r cgae.robustness, days float8) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  PERFORM t.agent(id);
  PERFORM cgae.certify(id, r, certified_at => clock_timestamp() - days * interval '1 day');
END $$;

SELECT t.agent('none'), t.since('fresh', '(0.82,0.82,0.82,0.9)', 0), t.since('aged', '(0.95,0.95,0.95,0.95)', 20), t.since('held', '(0.82,0.82,0.82,0.9)', 0), t.since('gone', '(0.82,0.82,0.82,0.9)', 0), t.since('old', '(0.95,0.95,0.95,0.95)', 1000) \g /dev/null
SELECT cgae.suspend('held', 'x'), cgae.deregister_agent('gone') \g /dev/null
SELECT is(t.rated(), 'aged T5 1, fresh T4 1, gone T4 1, held T4 1, none T0 1, old T5 1', 'the version in force');

-- derived: nobody sets it
SELECT is(t.try(statement), '428C9: column "rated_policy" of agent "' || id || '" is derived by the registry and cannot be set', statement) FROM (VALUES
  ('fresh', $$UPDATE cgae.agents SET rated_policy = 2 WHERE agent_id = 'fresh'$$), ('fresh', $$UPDATE cgae.agents SET rated_policy = NULL WHERE agent_id = 'fresh'$$),
  ('x', $$INSERT INTO cgae.agents (agent_id, model_name, model_config, rated_policy) VALUES ('x', 'm', '{}', 2)$$),
  ('x', $$INSERT INTO cgae.agents (agent_id, model_name, model_config, rated_policy) VALUES ('x', 'm', '{}', 0)$$)) AS v(id, statement);
SAVEPOINT s;
SELECT is(t.try($$INSERT INTO cgae.agents (agent_id, model_name, model_config, rated_policy) VALUES ('x', 'm', '{}', 1), ('y', 'm', '{}', NULL)$$), 'ok', 'but may say what it is, or nothing');
SELECT is((SELECT array_agg(rated_policy) FROM cgae.agents WHERE agent_id IN ('x', 'y')), '{1,1}', '... and has it');
ROLLBACK TO s;
SELECT is(t.try($$UPDATE cgae.agents SET rated_policy = rated_policy, balance = 1 WHERE agent_id = 'none'$$), 'ok', 'set to itself');

-- a policy under which everything stands: all are rated anew, and what falls has decayed
SELECT cgae.publish_policy(note => 'the same') \g /dev/null
SELECT is(t.rated(), 'aged T3 2, fresh T4 2, gone T4 1, held T4 2, none T0 1, old T0 2', 'nothing is left to a sweep but who never had a tier, or is gone');
SELECT is(t.falls('aged') || '; ' || t.falls('old'), 'decay T5 T3; expiration T5 T0', 'what falls has decayed');
SELECT is((SELECT string_agg(DISTINCT k, ',' ORDER BY k) FROM cgae.agent_events, jsonb_object_keys(data) AS k WHERE type IN ('decay', 'expiration')), 'new_tier,old_tier,status', '... and says no more than that');

-- a stricter one: who waits for the sweep is rated under the last one until then
SELECT cgae.publish_policy('{0,0.4,0.6,0.75,0.85,0.96}') \g /dev/null
SELECT is(t.rated(), 'aged T3 3, fresh T4 2, gone T4 1, held T4 2, none T0 1, old T0 3', 'who awaits the sweep');
SELECT is(cgae.effective_tier('fresh')::text, 'T3', 'which permission does not wait for');
SELECT is_empty('SELECT * FROM cgae.check_registry()', 'all is well');
SAVEPOINT s;
SELECT is((SELECT (lowered, expired)::text FROM cgae.apply_decay()), '(1,0)', 'the sweep');
SELECT is(t.rated(), 'aged T3 3, fresh T3 3, gone T4 1, held T4 2, none T0 1, old T0 3', '... rates it');
SELECT is(t.falls('fresh'), 'decay T4 T3 policy 3', '... and tells what brought it down');
SELECT is((SELECT data::text FROM cgae.agent_events WHERE agent_id = 'fresh' AND type = 'decay'), '{"cause": "policy", "status": "active", "new_tier": "T3", "old_tier": "T4", "policy_version": 3}', '... as a number');
SELECT is((SELECT occurred_at = effective_from FROM cgae.agent_events, cgae.gate_policies WHERE agent_id = 'fresh' AND type = 'decay' AND version = 3), true, '... at its publication');
SELECT is(t.causes('fresh') || '; ' || t.causes('aged') || '; ' || t.causes('old'), 'certification T0-T4, policy T4-T3; certification T0-T5, decay T5-T3; certification T0-T5, expiration T5-T0', 'tier_changes');
SELECT is((SELECT (old_certified_tier, new_certified_tier)::text FROM cgae.tier_changes WHERE agent_id = 'fresh' AND cause = 'policy'), '(,)', '... no certification');
SELECT is((SELECT effective_tier::text FROM cgae.tier_at('fresh', now() + interval '1 h')), 'T3', 'tier_at');
SELECT is_empty('SELECT * FROM cgae.check_registry()', 'all is well');
ROLLBACK TO s;
-- the same by hand
SELECT is(t.try($$UPDATE cgae.agents SET current_tier = 'T3' WHERE agent_id = 'fresh'$$), 'ok', 'lowered by hand');
SELECT is(t.falls('fresh') || (SELECT rated_policy FROM cgae.agents WHERE agent_id = 'fresh'), 'decay T4 T3 policy 33', '... alike');
ROLLBACK TO s;
-- a certification instead
SELECT cgae.certify('fresh', '(0.82,0.82,0.82,0.9)') \g /dev/null
SELECT is(t.falls('fresh'), NULL, 'certified before a sweep came');
SELECT is((SELECT (current_tier, rated_policy)::text FROM cgae.agents WHERE agent_id = 'fresh'), '(T3,3)', '... by the policy in force');
ROLLBACK TO s;
-- another publication instead: it falls by the one before
SELECT cgae.publish_policy('{0,0.1,0.2,0.3,0.4,0.5}') \g /dev/null
SELECT is(t.falls('fresh') || '; ' || t.falls('held'), 'decay T4 T3 policy 3; decay T4 T3 policy 3', 'a laxer one finds them fallen');
SELECT is(t.rated(), 'aged T3 4, fresh T3 4, gone T4 1, held T3 4, none T0 1, old T0 4', '... and rated');
SELECT is_empty('SELECT * FROM cgae.check_registry()', 'all is well');
ROLLBACK TO s;
-- two stricter ones: by the first, then by the second
SELECT cgae.publish_policy('{0,0.4,0.6,0.85,0.9,0.96}') \g /dev/null
SELECT is(t.rated(), 'aged T3 3, fresh T3 3, gone T4 1, held T3 3, none T0 1, old T0 4', 'waits again, from one step down');
SELECT cgae.apply_decay(), cgae.reinstate('held', 'x'), cgae.apply_decay() \g /dev/null
SELECT is(t.falls('fresh') || '; ' || t.falls('held') || '; ' || t.falls('aged'), 'decay T4 T3 policy 3, decay T3 T2 policy 4; decay T4 T3 policy 3, decay T3 T2 policy 4; decay T5 T3, decay T3 T2 policy 4', 'each by its own');
SELECT is(t.rated(), 'aged T2 4, fresh T2 4, gone T4 1, held T2 4, none T0 1, old T0 4', '... also who was held, once he is not');
SELECT is_empty('SELECT * FROM cgae.check_registry()', 'all is well');
ROLLBACK TO s;
-- brought to T0: an expiration
SELECT cgae.publish_policy(ih_threshold => 1), cgae.apply_decay() \g /dev/null
SELECT is(t.falls('fresh'), 'decay T4 T3 policy 3, expiration T3 T0 policy 4', 'an expiration of a policy''s');
SELECT is(t.causes('fresh'), 'certification T0-T4, policy T4-T3, policy T3-T0', 'tier_changes');
SELECT is_empty('SELECT * FROM cgae.check_registry()', 'all is well');
ROLLBACK TO s;

-- who is registered later has the later one, whatever the tier
SELECT t.agent('late') \g /dev/null
SELECT is((SELECT rated_policy FROM cgae.agents WHERE agent_id = 'late'), 3, 'registered later');

-- tampered with
CREATE FUNCTION t.tamper(statement text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  found text;
BEGIN
  SET LOCAL session_replication_role = replica;
  EXECUTE statement;
  SELECT string_agg(concat_ws(' ', agent_id, rule), ', ' ORDER BY agent_id, rule) INTO found FROM cgae.check_registry();
  RAISE SQLSTATE 'ROLLB';
EXCEPTION WHEN SQLSTATE 'ROLLB' THEN
  RETURN found;
END $$;
SELECT cgae.apply_decay() \g /dev/null
SELECT is(t.tamper(statement), tells, statement) FROM (VALUES
  ($$UPDATE cgae.agents SET rated_policy = 9 WHERE agent_id = 'fresh'$$, 'fresh rated_policy'),
  ($$UPDATE cgae.agents SET rated_policy = 0 WHERE agent_id = 'none'$$, 'none rated_policy'),
  ($$UPDATE cgae.agents SET rated_policy = 2 WHERE agent_id = 'fresh'$$, 'fresh rated_policy'),
  ($$UPDATE cgae.agents SET rated_policy = 2 WHERE agent_id = 'old'$$, 'old rated_policy'),
  ($$UPDATE cgae.agents SET rated_policy = 3 WHERE agent_id = 'held'$$, 'held rated_policy'),
  ($$UPDATE cgae.agents SET rated_policy = 1 WHERE agent_id = 'late'$$, NULL),
  ($$UPDATE cgae.agent_events SET data = data - 'cause' WHERE agent_id = 'fresh' AND type = 'decay'$$, 'fresh cause'),
  ($$UPDATE cgae.agent_events SET data = data - 'policy_version' WHERE agent_id = 'fresh' AND type = 'decay'$$, 'fresh cause'),
  ($$UPDATE cgae.agent_events SET data = data || '{"policy_version": 9}' WHERE agent_id = 'fresh' AND type = 'decay'$$, 'fresh cause'),
  ($$UPDATE cgae.agent_events SET data = data || '{"policy_version": 2}' WHERE agent_id = 'fresh' AND type = 'decay'$$, 'fresh cause'),
  ($$UPDATE cgae.agent_events SET data = data || '{"policy_version": 1}' WHERE agent_id = 'fresh' AND type = 'decay'$$, 'fresh cause'),
  ($$UPDATE cgae.agent_events SET data = data || '{"policy_version": "3"}' WHERE agent_id = 'fresh' AND type = 'decay'$$, 'fresh cause'),
  ($$UPDATE cgae.agent_events SET data = data || '{"cause": "whim"}' WHERE agent_id = 'fresh' AND type = 'decay'$$, 'fresh cause'),
  ($$UPDATE cgae.agent_events SET data = data || '{"cause": ["policy"]}' WHERE agent_id = 'fresh' AND type = 'decay'$$, 'fresh cause'),
  ($$UPDATE cgae.agent_events SET data = data || '{"cause": "policy", "policy_version": 1}' WHERE agent_id = 'aged' AND type = 'decay'$$, 'aged cause')) AS v(statement, tells);
SELECT * FROM finish();
ROLLBACK;
