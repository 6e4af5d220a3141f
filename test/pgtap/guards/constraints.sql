-- What a program is told about a refusal: SQLSTATE, schema, table, column, and the constraint's name.  No catalog
-- has these constraints; the reference lists their names.  (test/t/constraint_names.pl: each is provoked here.)
\ir ../include/begin.psql
\ir ../include/registry.psql
SELECT * FROM no_plan();
CREATE FUNCTION t.refusal(statement text) RETURNS text LANGUAGE sql AS $$
  SELECT concat_ws(' ', left(t.try(statement), 5), regexp_replace(t.fields(statement), '(agents|certifications|agent_events)_p[0-9]+', '\1', 'g')) $$;

SELECT t.agent(id) FROM unnest('{a,b,new}'::text[]) AS id \g /dev/null
SELECT cgae.certify(id, '(0.7,0.7,0.7,0.9)', certified_at => '2024-03-01 00:00+00', request_id => 'used') FROM unnest('{a,b}'::text[]) AS id \g /dev/null
SELECT t.agent('gone'), cgae.deregister_agent('gone') \g /dev/null
-- triggers of the owner's that meddle with a policy: another version, another policy that comes between
CREATE FUNCTION t.skip_versions() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.version := NEW.version + 7; RETURN NEW; END $$;
CREATE FUNCTION t.publish_another() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF pg_trigger_depth() = 1 THEN PERFORM cgae.publish_policy(); END IF;
  RETURN NEW;
END $$;

--
-- with a constraint's name
--
CREATE TEMP TABLE refused (n int GENERATED ALWAYS AS IDENTITY, fields text, statement text);
INSERT INTO refused (fields, statement) VALUES
  -- agents: what is registered
  ('23514 cgae.agents.agent_id agent_id_not_blank', $$SELECT cgae.register_agent('m', '{}', agent_id => ' ')$$),
  ('23514 cgae.agents.agent_id agent_id_not_blank', $$INSERT INTO cgae.agents (agent_id, model_name, model_config) VALUES ('', 'm', '{}')$$),
  ('23514 cgae.agents.model_name model_name_not_blank', $$SELECT cgae.register_agent(E'\t', '{}', agent_id => 'x')$$),
  ('23514 cgae.agents.model_name model_name_not_blank', $$UPDATE cgae.agents SET model_name = '' WHERE agent_id = 'a'$$),
  ('23514 cgae.agents.model_config model_config_is_object', $$SELECT cgae.register_agent('m', '[]', agent_id => 'x')$$),
  ('23514 cgae.agents.model_config model_config_is_object', $$SELECT cgae.update_architecture('a', '"text"')$$),
  ('23514 cgae.agents.model_config model_config_is_object', $$UPDATE cgae.agents SET model_config = '1' WHERE agent_id = 'a'$$),
  ('23514 cgae.agents.provenance provenance_is_object', $$SELECT cgae.register_agent('m', '{}', '[]', agent_id => 'x')$$),
  ('23514 cgae.agents.provenance provenance_is_object', $$UPDATE cgae.agents SET provenance = '1' WHERE agent_id = 'a'$$),
  ('23514 cgae.agents.architecture_hash architecture_hash_agrees', $$INSERT INTO cgae.agents (agent_id, model_name, model_config, architecture_hash) VALUES ('x', 'm', '{}', '0123456789abcdef')$$),
  ('23514 cgae.agents.architecture_hash architecture_hash_agrees', $$UPDATE cgae.agents SET architecture_hash = '0123456789abcdef' WHERE agent_id = 'a'$$),
  ('23514 cgae.agents.architecture_digest architecture_hash_agrees', format($$INSERT INTO cgae.agents (agent_id, model_name, model_config, architecture_digest) VALUES ('x', 'm', '{}', %L)$$, repeat('0', 64))),
  ('23514 cgae.agents.registered_at not_in_the_future', $$SELECT cgae.register_agent('m', '{}', agent_id => 'x', registered_at => now() + interval '1 day')$$),
  ('23514 cgae.agents.registered_at not_in_the_future', $$INSERT INTO cgae.agents (agent_id, model_name, model_config, registered_at) VALUES ('x', 'm', '{}', 'infinity')$$),
  -- ... its end
  ('23514 cgae.agents.deregistered_at not_before_registration', $$SELECT cgae.deregister_agent('new', '2023-12-31 00:00+00')$$),
  ('23514 cgae.agents.deregistered_at not_before_registration', $$UPDATE cgae.agents SET status = 'deregistered', deregistered_at = '2023-12-31 00:00+00' WHERE agent_id = 'new'$$),
  ('23514 cgae.agents.deregistered_at not_before_last_certification', $$SELECT cgae.deregister_agent('a', '2024-02-29 00:00+00')$$),
  ('23514 cgae.agents.deregistered_at not_before_last_certification', $$UPDATE cgae.agents SET status = 'deregistered', deregistered_at = '2024-02-29 00:00+00' WHERE agent_id = 'a'$$),
  ('23514 cgae.agents.deregistered_at not_in_the_future', $$SELECT cgae.deregister_agent('a', now() + interval '1 day')$$),
  -- certifications
  ('23503 cgae.certifications.agent_id certifications_agent_id_fkey', $$SELECT cgae.certify('nobody', '(1,1,1,1)')$$),
  ('23503 cgae.certifications.agent_id certifications_agent_id_fkey', $$INSERT INTO cgae.certifications (agent_id, robustness) VALUES ('nobody', '(1,1,1,1)')$$),
  ('23503 cgae.certifications.agent_id certifications_agent_id_fkey', $$SELECT cgae.certify_many('{a,nobody}', '{"(1,1,1,1)","(1,1,1,1)"}')$$),
  ('23514 cgae.certifications.certified_at not_before_registration', $$SELECT cgae.certify('new', '(1,1,1,1)', certified_at => '2023-12-31 00:00+00')$$),
  ('23514 cgae.certifications.certified_at not_before_registration', $$INSERT INTO cgae.certifications (agent_id, robustness, certified_at) VALUES ('new', '(1,1,1,1)', '2023-12-31 00:00+00')$$),
  ('23514 cgae.certifications.certified_at not_before_last_certification', $$SELECT cgae.certify('a', '(1,1,1,1)', certified_at => '2024-02-29 00:00+00')$$),
  ('23514 cgae.certifications.certified_at not_before_last_certification', $$INSERT INTO cgae.certifications (agent_id, robustness, certified_at) VALUES ('b', '(1,1,1,1)', now()), ('a', '(1,1,1,1)', '2024-02-29 00:00+00')$$),
  ('23514 cgae.certifications.certified_at not_in_the_future', $$SELECT cgae.certify('a', '(1,1,1,1)', certified_at => now() + interval '1 day')$$),
  ('23514 cgae.certifications.tier demotion_lowers_tier', $$SELECT cgae.demote('a', '(1,1,1,1)')$$),
  ('23514 cgae.certifications.tier demotion_lowers_tier', $$INSERT INTO cgae.certifications (agent_id, robustness, audit_type) VALUES ('a', '(0.7,0.7,0.7,0.9)', 'demotion')$$),
  ('23514 cgae.certifications.audit_details audit_details_is_object', $$SELECT cgae.certify('a', '(1,1,1,1)', audit_details => '[]')$$),
  ('23514 cgae.certifications.request_id request_id_not_blank', $$SELECT cgae.certify('a', '(1,1,1,1)', request_id => ' ')$$),
  ('23505 cgae.certifications.request_id certifications_request_id_key', $$INSERT INTO cgae.certifications (agent_id, robustness, request_id, observed_architecture_hash) VALUES ('a', '(1,1,1,1)', 'used', '0123456789abcdef')$$),
  ('23505 cgae.certifications.request_id certifications_request_id_key', $$SELECT cgae.certify('a', '(1,1,1,1)', request_id => 'used')$$),
  -- policies
  ('23514 cgae.gate_policies.version version_follows', $$CREATE TRIGGER skip BEFORE INSERT ON cgae.gate_policies FOR EACH ROW EXECUTE FUNCTION t.publish_another(); SELECT cgae.publish_policy()$$);
INSERT INTO refused (fields, statement)
  SELECT format('23514 cgae.agents.%s agents_%1$s_not_negative', c), format('UPDATE cgae.agents SET %I = %L WHERE agent_id = ''a''', c, v)
    FROM unnest('{balance,total_earned,total_spent,total_penalties,total_topups}'::text[]) AS c, unnest('{-0.01,NaN,Infinity}'::text[]) AS v
  UNION ALL
  SELECT format('23514 cgae.agents.%s agents_%1$s_not_negative', c), format('UPDATE cgae.agents SET %I = -1 WHERE agent_id = ''a''', c)
    FROM unnest('{contracts_completed,contracts_failed}'::text[]) AS c
  UNION ALL
  VALUES ('23514 cgae.agents.balance agents_balance_not_negative', $$SELECT cgae.register_agent('m', '{}', '{}', -1, 'x')$$);

--
-- with a column or a table alone
--
INSERT INTO refused (fields, statement) VALUES
  ('P0002 cgae.agents.agent_id', $$SELECT cgae.suspend('nobody', 'x')$$),
  ('55000 cgae.agents.status', $$SELECT cgae.suspend('gone', 'x')$$),
  ('55000 cgae.agents.status', $$SELECT cgae.certify('gone', '(1,1,1,1)')$$),
  ('55000 cgae.agents.holds', $$SELECT cgae.suspend('a', 'failed_audit')$$),
  ('55000 cgae.agents.holds', $$UPDATE cgae.agents SET holds = '{architecture_drift}' WHERE agent_id = 'a'$$),
  ('42704 cgae.agents.holds', $$SELECT cgae.reinstate('a', 'x')$$),
  ('23502 cgae.agents.holds', $$UPDATE cgae.agents SET holds = NULL WHERE agent_id = 'a'$$),
  ('23502 cgae.agents.model_config', $$INSERT INTO cgae.agents (agent_id, model_name) VALUES ('x', 'm')$$),
  ('23502 cgae.agents.architecture_hash', $$UPDATE cgae.agents SET architecture_hash = NULL WHERE agent_id = 'a'$$),
  ('428C9 cgae.agents.current_tier', $$INSERT INTO cgae.agents (agent_id, model_name, model_config, current_tier) VALUES ('x', 'm', '{}', 'T5')$$),
  ('428C9 cgae.agents.current_tier', $$UPDATE cgae.agents SET current_tier = 'T5' WHERE agent_id = 'a'$$),
  ('428C9 cgae.agents.certified_at', $$UPDATE cgae.agents SET certified_at = now() WHERE agent_id = 'a'$$),
  ('428C9 cgae.agents.last_seq', $$UPDATE cgae.agents SET last_seq = 99 WHERE agent_id = 'a'$$),
  ('23001 cgae.agents', $$DELETE FROM cgae.agents WHERE agent_id = 'a'$$),
  ('23502 cgae.certifications.agent_id', $$INSERT INTO cgae.certifications (robustness) VALUES ('(1,1,1,1)')$$),
  ('23502 cgae.certifications.robustness', $$INSERT INTO cgae.certifications (agent_id) VALUES ('a')$$),
  ('23514 cgae.certifications.audit_type', $$INSERT INTO cgae.certifications (agent_id, robustness, audit_type) VALUES ('a', '(1,1,1,1)', ' ')$$),
  ('55000 cgae.certifications.audit_type', $$SELECT cgae.demote('new', '(0.3,0.3,0.3,0.9)')$$),
  ('428C9 cgae.certifications.tier', $$INSERT INTO cgae.certifications (agent_id, robustness, tier) VALUES ('a', '(0.7,0.7,0.7,0.9)', 'T5')$$),
  ('428C9 cgae.certifications.seq', $$INSERT INTO cgae.certifications (agent_id, robustness, seq) VALUES ('a', '(0.7,0.7,0.7,0.9)', 99)$$),
  ('54000 cgae.certifications.request_id', $$SELECT cgae.certify('a', '(1,1,1,1)', request_id => repeat('r', 3000))$$),
  ('23001 cgae.certifications', $$UPDATE cgae.certifications SET auditor = 'x'$$),
  ('428C9 cgae.agent_events', $$INSERT INTO cgae.agent_events (agent_id, seq, type) VALUES ('a', 99, 'decay')$$),
  ('23001 cgae.agent_events', $$DELETE FROM cgae.agent_events$$),
  ('23514 cgae.gate_policies.decay_rate', $$SELECT cgae.publish_policy(decay_rate => -1)$$),
  ('27000 cgae.gate_policies.version', $$CREATE TRIGGER skip BEFORE INSERT ON cgae.gate_policies FOR EACH ROW EXECUTE FUNCTION t.skip_versions(); SELECT cgae.publish_policy()$$),
  ('428C9 cgae.gate_policies', $$INSERT INTO cgae.gate_policies SELECT * FROM cgae.gate_policies$$),
  ('23001 cgae.gate_policies', $$DELETE FROM cgae.gate_policies$$),
  ('428C9 cgae.audit_seeds', $$INSERT INTO cgae.audit_seeds (epoch, secret, created_at) VALUES (9, '', now())$$),
  ('23001 cgae.audit_seeds', $$UPDATE cgae.audit_seeds SET secret = ''$$),
  ('23001 cgae.audit_seeds', $$DELETE FROM cgae.audit_seeds$$);

SELECT is(t.refusal(statement), fields, statement) FROM refused ORDER BY n;

-- a key of the owner's is named as it is called
CREATE UNIQUE INDEX one_a_tier ON cgae.certifications (agent_id, tier);
SELECT is(t.refusal($$SELECT cgae.certify('b', '(1,1,1,1)')$$), CASE WHEN t.partitioned() THEN '55000 cgae.certifications certifications_agent_id_tier_idx' ELSE '55000 cgae.certifications one_a_tier' END, 'a key that may drop certifications');
DROP INDEX cgae.one_a_tier;

SELECT is_empty('SELECT * FROM cgae.check_registry()', 'nothing of it was done');
SELECT is((SELECT string_agg(agent_id || ' ' || last_seq, ', ' ORDER BY agent_id) FROM cgae.agents), 'a 2, b 2, gone 2, new 1', '... nor is on record');
SELECT * FROM finish();
ROLLBACK;
