-- Schema cgae under another name: what gates goes on by the registry's own policy, never by the paper's
-- numbers; what needs the name says so; and nothing of it stays when the name is back.
SET client_min_messages = warning;
DROP EXTENSION IF EXISTS cgae CASCADE;
CREATE EXTENSION cgae;
RESET client_min_messages;
CREATE FUNCTION pg_temp.try(statement text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  result text;
  hint text;
BEGIN
  EXECUTE statement INTO result;
  RETURN result;
EXCEPTION WHEN OTHERS THEN
  GET STACKED DIAGNOSTICS hint = PG_EXCEPTION_HINT;
  RETURN SQLSTATE || ' ' || SQLERRM || ' / ' || hint;
END $$;

-- without a registry: the paper's
SELECT cgae.gate_tier('(0.95,0.95,0.95,0.95)');
ALTER SCHEMA cgae RENAME TO elsewhere;
SELECT elsewhere.gate_tier('(0.95,0.95,0.95,0.95)');
SELECT pg_temp.try('SELECT elsewhere.create_registry()');
ALTER SCHEMA elsewhere RENAME TO cgae;

SELECT cgae.create_registry();
SELECT cgae.publish_policy('{0,0.95,0.96,0.97,0.98,0.99}', '{0,0.95,0.96,0.97,0.98,0.99}', '{0,0.95,0.96,0.97,0.98,0.99}', budget_ceilings => '{0,1,2,3,4,5}', decay_rate => 0);
SELECT cgae.register_agent('m', '{}', agent_id => 'a');
SELECT tier FROM cgae.certify('a', '(0.97,0.97,0.97,0.97)');
CREATE TABLE jobs (agent_id text);
CREATE TRIGGER needs_t1 AFTER INSERT ON jobs FOR EACH ROW EXECUTE FUNCTION cgae.require_tier('agent_id', 'T1');

-- renamed, and rolled back
BEGIN;
ALTER SCHEMA cgae RENAME TO elsewhere;
SELECT elsewhere.gate_tier('(0.95,0.95,0.95,0.95)'), elsewhere.gate_tier('(0.95,0.95,0.95,0.95)', 1);
ROLLBACK;
SELECT cgae.gate_tier('(0.95,0.95,0.95,0.95)'), cgae.permits('a', 'T3'), cgae.permits('a', 'T4');
SELECT tier FROM cgae.certify('a', '(0.97,0.97,0.97,0.97)');
BEGIN;
SAVEPOINT s;
ALTER SCHEMA cgae RENAME TO elsewhere;
SELECT elsewhere.gate_tier('(0.95,0.95,0.95,0.95)');
ROLLBACK TO s;
SELECT tier FROM cgae.certify('a', '(0.97,0.97,0.97,0.97)');
COMMIT;

-- renamed, with somebody else's schema, laxer and without agents, in its place
ALTER SCHEMA cgae RENAME TO elsewhere;
CREATE SCHEMA cgae;
CREATE TABLE cgae.gate_policies AS TABLE elsewhere.gate_policies;
UPDATE cgae.gate_policies SET cc = '{0,0.1,0.2,0.3,0.4,0.5}', er = '{0,0.1,0.2,0.3,0.4,0.5}', as_ = '{0,0.1,0.2,0.3,0.4,0.5}';
CREATE TABLE cgae.agents AS TABLE elsewhere.agents;
SELECT elsewhere.gate_tier('(0.95,0.95,0.95,0.95)'), elsewhere.budget_ceiling('T5'), (elsewhere.gate_detail('(0.95,0.95,0.95,0.95)')).tier,
       elsewhere.chain_tier('{"(0.95,0.95,0.95,0.95)"}'), elsewhere.effective_tier_at('(0.95,0.95,0.95,0.95)', now(), now()), elsewhere.tier_drop_at('(0.95,0.95,0.95,0.95)', now());
SELECT statement, pg_temp.try(statement) FROM unnest(ARRAY[
  $$SELECT elsewhere.permits('a', 'T3')$$, $$SELECT elsewhere.effective_tier('a')$$, $$SELECT elsewhere.certify('a', '(1,1,1,1)')$$,
  $$SELECT elsewhere.register_agent('m', '{}')$$, $$SELECT elsewhere.suspend('a', 'x')$$, $$SELECT elsewhere.apply_decay()$$,
  $$SELECT elsewhere.publish_policy()$$, $$SELECT elsewhere.policy_impact(1)$$, $$SELECT elsewhere.tier_at('a', now())$$, $$SELECT elsewhere.check_registry()$$,
  $$SELECT elsewhere.report()$$, $$SELECT elsewhere.create_registry()$$,
  $$INSERT INTO elsewhere.certifications (agent_id, robustness) VALUES ('a', '(1,1,1,1)')$$,
  $$INSERT INTO elsewhere.agents (agent_id, model_name, model_config) VALUES ('b', 'm', '{}')$$, $$UPDATE elsewhere.agents SET balance = 1$$,
  $$INSERT INTO jobs VALUES ('a') RETURNING agent_id$$]) AS statement;
DROP SCHEMA cgae CASCADE;
SELECT pg_temp.try($$SELECT elsewhere.permits('a', 'T3')$$), elsewhere.gate_tier('(0.95,0.95,0.95,0.95)');

-- and back
ALTER SCHEMA elsewhere RENAME TO cgae;
SELECT cgae.permits('a', 'T3'), cgae.gate_tier('(0.95,0.95,0.95,0.95)');
SELECT tier FROM cgae.certify('a', '(0.97,0.97,0.97,0.97)');
SELECT * FROM cgae.check_registry();

DROP TABLE jobs;
SET client_min_messages = warning;
DROP EXTENSION cgae CASCADE;
