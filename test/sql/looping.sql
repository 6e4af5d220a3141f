-- A procedure that commits in a loop is one statement for as long as it runs.  "Now" moves with its
-- transactions: it sees decay, in functions and in views.
SET client_min_messages = warning;
DROP EXTENSION IF EXISTS cgae CASCADE;
CREATE EXTENSION cgae;
SELECT cgae.create_registry();
RESET client_min_messages;
-- T5 falls after 10 steps, a spot audit is due after some microseconds
SELECT cgae.publish_policy(time_step => '20 ms', audit_intensities => '{0,1e6,1e6,1e6,1e6,1e6}');

CREATE PROCEDURE pg_temp.loop() LANGUAGE plpgsql AS $$
DECLARE
  started constant timestamptz := clock_timestamp();
  seen record;
BEGIN
  PERFORM cgae.register_agent('m', '{}', agent_id => 'a');
  PERFORM cgae.certify('a', '(1,1,1,1)');
  RAISE NOTICE 'permitted at first: %', cgae.permits('a', 'T5');
  COMMIT;
  -- it falls at the instant that is stored; a wait without end is an error here
  LOOP
    EXIT WHEN NOT cgae.permits('a', 'T5');
    IF clock_timestamp() > started + interval '1 min' THEN RAISE EXCEPTION 'decay was not seen'; END IF;
    COMMIT;
  END LOOP;
  RAISE NOTICE 'permitted after its fall: %', now() < (SELECT tier_drop_at FROM cgae.agents);
  RAISE NOTICE 'the statement began before its fall: %', statement_timestamp() < (SELECT tier_drop_at FROM cgae.agents);
  SELECT cgae.effective_tier('a') < 'T5' AS effective_tier,
         (SELECT effective_tier < 'T5' AND effective_cc < 0.95 FROM cgae.agent_standing) AS agent_standing,
         (SELECT effective_tier < 'T5' AND time_left <= '0' FROM cgae.expiring_agents) AS expiring_agents,
         (SELECT count(*) FROM cgae.expiring_within('0')) AS expiring_within,
         (SELECT count(*) FROM cgae.due_audits()) AS due_audits,
         (SELECT overdue_agents = 1 AND sweep_lag >= '0' AND falling_within_a_day = 0 AND checked_at = now() AND seed_age > '0' FROM cgae.registry_health) AS registry_health,
         (SELECT count(*) FROM cgae.policy_impact('{0,0.99,0.991,0.992,0.993,0.994}', NULL, NULL, NULL) AS i WHERE i.tier_now < 'T5') AS policy_impact
    INTO seen;
  RAISE NOTICE '%', seen;
  PERFORM cgae.apply_decay();
  RAISE NOTICE 'lowered: %', (SELECT current_tier < 'T5' FROM cgae.agents);
  COMMIT;
END $$;
CALL pg_temp.loop();

-- nor is it the transaction's beginning alone: a statement of a long transaction is later
CREATE FUNCTION pg_temp.pass(instant timestamptz) RETURNS void LANGUAGE plpgsql AS $$ BEGIN WHILE clock_timestamp() <= instant LOOP NULL; END LOOP; END $$;
BEGIN;
SELECT outcome FROM cgae.certify('a', '(1,1,1,1)');
SELECT pg_temp.pass((SELECT tier_drop_at FROM cgae.agents));
SELECT now() < tier_drop_at AS began_before, cgae.permits('a', 'T5'), (SELECT effective_tier < 'T5' FROM cgae.agent_standing) AS agent_standing, (SELECT overdue_agents FROM cgae.registry_health) FROM cgae.agents;
SELECT lowered + expired AS swept FROM cgae.apply_decay();
COMMIT;

-- what the views ask of an index is still asked of it
SET enable_seqscan = off;
CREATE FUNCTION pg_temp.condition(query text) RETURNS bool LANGUAGE plpgsql AS $$
DECLARE
  line text;
  found bool := false;
BEGIN
  FOR line IN EXECUTE 'EXPLAIN (COSTS off) ' || query LOOP
    found := found OR line ~ 'Index Cond: .*tier_drop_at <= (GREATEST|CASE)';
  END LOOP;
  RETURN found;
END $$;
SELECT pg_temp.condition('SELECT sweep_lag FROM cgae.registry_health') AS sweep_lag, pg_temp.condition('SELECT overdue_agents FROM cgae.registry_health') AS overdue_agents;

SET client_min_messages = warning;
DROP EXTENSION cgae CASCADE;
