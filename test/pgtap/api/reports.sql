-- What applications read: record document, audit certificate, tiers.
\ir ../include/begin.psql
\ir ../include/registry.psql
SELECT * FROM no_plan();
SET LOCAL client_min_messages = error;

-- all six tiers, also when nobody is there
SELECT results_eq('SELECT tier::text, agents FROM cgae.tier_distribution()', $$SELECT 'T' || n, 0::bigint FROM generate_series(0, 5) AS n$$, 'an empty registry has six tiers');
SELECT is_empty($$SELECT * FROM cgae.agents_by_tier('T0')$$, '... and no agents');

-- the record document
SELECT cgae.register_agent('model "é"', '{"a": 1}', '{"s": 1}', 1.50, 'r', '2024-01-01 00:00:00.25+00', '0xabc') \g /dev/null
SELECT is(cgae.agent_record('r'), jsonb_build_object('agent_id', 'r', 'model_name', 'model "é"', 'architecture_hash', cgae.architecture_hash('{"a": 1}'), 'status', 'pending',
  'current_tier', 'T0', 'balance', 1.50, 'total_earned', 0, 'total_spent', 0, 'total_penalties', 0, 'total_topups', 0, 'contracts_completed', 0, 'contracts_failed', 0,
  'registration_time', 1704067200.25, 'audit_cid', NULL, 'wallet_address', '0xabc', 'robustness', NULL), 'before certification: robustness is null, the tier T0');
UPDATE cgae.agents SET total_earned = 10.5, contracts_completed = 3, balance = 12, wallet_address = NULL WHERE agent_id = 'r';
SELECT cgae.certify('r', '(0.1,0.30000000000000004,1,0.5)', audit_details => '{"storage_root_hash": "bafy"}') \g /dev/null
SELECT is(cgae.agent_record('r'), jsonb_build_object('agent_id', 'r', 'model_name', 'model "é"', 'architecture_hash', cgae.architecture_hash('{"a": 1}'), 'status', 'active',
  'current_tier', 'T0', 'balance', 12, 'total_earned', 10.5, 'total_spent', 0, 'total_penalties', 0, 'total_topups', 0, 'contracts_completed', 3, 'contracts_failed', 0,
  'registration_time', 1704067200.25, 'audit_cid', 'bafy', 'wallet_address', NULL, 'robustness', '{"cc": 0.1, "er": 0.30000000000000004, "as": 1, "ih": 0.5}'::jsonb), 'after it: the vector, exactly');
SELECT is((SELECT array_agg(k ORDER BY k) FROM jsonb_object_keys(cgae.agent_record('r')) AS k),
  '{agent_id,architecture_hash,audit_cid,balance,contracts_completed,contracts_failed,current_tier,model_name,registration_time,robustness,status,total_earned,total_penalties,total_spent,total_topups,wallet_address}'::text[],
  'the keys of the reference''s document');
SELECT cgae.suspend('r', 'x') \g /dev/null
SELECT is(cgae.agent_record('r')->>'status', 'suspended', 'a record follows its agent');

-- the newest certificate that is a non-empty string, of a certification that certified
SELECT t.agent('c') \g /dev/null
CREATE FUNCTION t.cid_after(details jsonb, observed text DEFAULT NULL) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
  PERFORM cgae.certify('c', '(1,1,1,1)', observed_architecture_hash => observed, audit_details => details);
  RETURN cgae.audit_cid('c');
END $$;
SELECT is(cgae.audit_cid('c'), NULL, 'none before any');
SELECT is(t.cid_after(details, observed), cid, 'after ' || details::text) FROM (VALUES
  ('{}'::jsonb, NULL, NULL), ('{"storage_root_hash": ""}', NULL, NULL), ('{"storage_root_hash": "one"}', NULL, 'one'), ('{"other": "x"}', NULL, 'one'), ('{"storage_root_hash": ""}', NULL, 'one'),
  ('{"storage_root_hash": null}', NULL, 'one'), ('{"storage_root_hash": 7}', NULL, 'one'), ('{"storage_root_hash": ["x"]}', NULL, 'one'), ('{"storage_root_hash": {"a": "b"}}', NULL, 'one'),
  ('{"storage_root_hash": "null"}', NULL, 'null'), ('{"storage_root_hash": " "}', NULL, ' '), ('{"storage_root_hash": "two", "x": 1}', NULL, 'two'),
  ('{"storage_root_hash": "drift"}', '0000000000000000', 'two')) AS v(details, observed, cid);

-- active agents by current tier
SELECT t.agent('t-' || n, cgae.robustness(n / 10.0, n / 10.0, n / 10.0, 1)) FROM generate_series(1, 10) AS n \g /dev/null
SELECT cgae.suspend('t-9', 'x'), cgae.deregister_agent('t-10') \g /dev/null
SELECT t.agent('t-pending') \g /dev/null
SELECT results_eq('SELECT tier::text, agents FROM cgae.tier_distribution()', $$VALUES ('T0', 2::bigint), ('T1', 2), ('T2', 2), ('T3', 1), ('T4', 1), ('T5', 0)$$, 'pending, suspended and deregistered do not count');
SELECT results_eq($$SELECT * FROM cgae.agents_by_tier('T1')$$,
  $$SELECT agent_id, model_name, certified_at, balance FROM cgae.agents WHERE agent_id IN ('t-3', 't-4') ORDER BY agent_id$$, 'by agent_id');
SELECT is((SELECT sum(agents) FROM cgae.tier_distribution()), (SELECT count(*)::numeric FROM unnest(enum_range(NULL::cgae.tier)) AS t, cgae.agents_by_tier(t)), 'both say the same');
INSERT INTO cgae.agents (agent_id, model_name, model_config) SELECT 'many-' || n, 'm', '{}' FROM generate_series(1, 2500) AS n;
INSERT INTO cgae.certifications (agent_id, robustness) SELECT agent_id, '(1,1,1,1)' FROM cgae.agents WHERE agent_id LIKE 'many-%';
SELECT is((SELECT count(DISTINCT agent_id) FROM cgae.agents_by_tier('T5')), 2500::bigint, 'thousands of one tier');
SELECT is((SELECT count(*) FROM (SELECT agent_id, lag(agent_id) OVER () AS before FROM cgae.agents_by_tier('T5')) AS x WHERE agent_id <= before), 0::bigint, '... in order');
SELECT is((SELECT count(*) FROM cgae.agents AS a WHERE cgae.agent_record(a.agent_id)->>'current_tier' IS DISTINCT FROM current_tier::text), 0::bigint, 'a record for each');

SELECT * FROM finish();
ROLLBACK;
