-- Plain statements of every shape: the rules hold as through the functions.
\ir ../include/begin.psql
\ir ../include/registry.psql
SELECT * FROM no_plan();
SET LOCAL client_min_messages = error;

--
-- COPY
--
COPY cgae.agents (agent_id, model_name, model_config, balance, registered_at) FROM stdin (FORMAT csv);
c-1,copied,"{""c"": 1}",1.5,2024-01-01 00:00+00
c-2,copied,"{""c"": 2}",0,2024-01-01 00:00+00
\.
COPY cgae.certifications (agent_id, robustness, observed_architecture_hash) FROM stdin (FORMAT csv, DELIMITER ';', NULL '-');
c-1;(0.7,0.7,0.7,0.7);-
c-1;(0.9,0.9,0.9,0.9);-
c-2;(0.3,0.3,0.3,0.9);0000000000000000
\.
SELECT is(t.standing('c-1') || ' / ' || t.history('c-1'), 'active {} T5 2 / 1 registration, 2 certification, 3 certification', 'COPY: the same agent twice');
SELECT is(t.standing('c-2') || ' / ' || t.history('c-2'), 'suspended {architecture_drift} T0 0 / 1 registration, 2 architecture_mismatch', 'COPY: drift is recorded');
SELECT is((SELECT previous_tier::text FROM cgae.certifications WHERE agent_id = 'c-1' AND seq = 3), 'T3', 'COPY: each row sees the one before');
SELECT is((SELECT architecture_digest FROM cgae.agents WHERE agent_id = 'c-1'), cgae.architecture_digest('{"c": 1}'), 'COPY: hashed');

--
-- several rows, several agents, the same agent twice
--
INSERT INTO cgae.agents (agent_id, model_name, model_config) SELECT 'm-' || n, 'm', json_build_object('n', n) FROM generate_series(1, 5) AS n;
PREPARE several AS INSERT INTO cgae.certifications (agent_id, robustness)
  VALUES ('m-2', '(0.3,0.3,0.3,1)'), ('m-1', '(0.5,0.5,0.5,1)'), ('m-2', '(0.7,0.7,0.7,1)'), ('m-2', '(1,1,1,0)') RETURNING agent_id, seq, tier::text, previous_tier::text;
SELECT results_eq('several', $$VALUES ('m-2', 2, 'T1', NULL::text), ('m-1', 2, 'T2', NULL), ('m-2', 3, 'T3', 'T1'), ('m-2', 4, 'T0', 'T3')$$,
                  'rows are judged one after the other');
SELECT is(t.standing('m-2'), 'suspended {failed_audit} T0 3', '... the last one counts');
SELECT is(t.try($$INSERT INTO cgae.certifications (agent_id, robustness) VALUES ('m-1', '(1,1,1,1)'), ('nobody', '(1,1,1,1)')$$),
          '23503: agent "nobody" is not registered', 'one bad row refuses them all');
SELECT is(t.standing('m-1'), 'active {} T2 1', '... and nothing changed');
INSERT INTO cgae.certifications (agent_id, robustness, audit_type)
  SELECT agent_id, '(0.7,0.7,0.7,0.7)', 'bulk' FROM cgae.agents WHERE agent_id LIKE 'm-%' ORDER BY agent_id DESC;
SELECT is((SELECT count(*) FROM cgae.agents_by_tier('T3') WHERE agent_id LIKE 'm-%'), 5::bigint, 'INSERT ... SELECT');
UPDATE cgae.agents SET holds = '{audit}' WHERE agent_id IN ('m-3', 'm-4');
UPDATE cgae.agents AS a SET status = 'deregistered' FROM cgae.certifications AS c WHERE c.agent_id = a.agent_id AND c.audit_type = 'bulk' AND a.agent_id = 'm-5';
SELECT is((SELECT string_agg(status::text, ' ' ORDER BY agent_id) FROM cgae.agents WHERE agent_id LIKE 'm-%'), 'active active suspended suspended deregistered',
          'UPDATE of several, UPDATE ... FROM');

--
-- ON CONFLICT
--
CREATE TEMP TABLE before AS SELECT t.state() AS state;
INSERT INTO cgae.agents (agent_id, model_name, model_config) VALUES ('m-1', 'x', '{}'), ('m-2', 'x', '{}') ON CONFLICT DO NOTHING;
SELECT is(t.state(), (SELECT state FROM before), 'agents: DO NOTHING does nothing, events included');
INSERT INTO cgae.agents (agent_id, model_name, model_config) VALUES ('m-1', 'x', '{}'), ('o-1', 'o', '{}') ON CONFLICT (agent_id) DO NOTHING;
SELECT is(t.history('o-1'), '1 registration', '... but for the new ones');
INSERT INTO cgae.agents (agent_id, model_name, model_config) VALUES ('m-1', 'renamed', '{"n": 1}'), ('o-2', 'new', '{}')
  ON CONFLICT (agent_id) DO UPDATE SET model_name = EXCLUDED.model_name, model_config = EXCLUDED.model_config;
SELECT is((SELECT string_agg(model_name, ' ' ORDER BY agent_id) FROM cgae.agents WHERE agent_id IN ('m-1', 'o-2')), 'renamed new', 'an upsert');
SELECT is(t.standing('m-1') || ' / ' || t.history('o-2'), 'active {} T3 2 / 1 registration', '... of the same architecture changes no state');
INSERT INTO cgae.agents (agent_id, model_name, model_config) VALUES ('m-1', 'renamed', '{"n": 2}') ON CONFLICT (agent_id) DO UPDATE SET model_config = EXCLUDED.model_config;
SELECT is(t.standing('m-1'), 'suspended {architecture_drift} T3 2', '... of another suspends');
SELECT is(t.try($$INSERT INTO cgae.agents (agent_id, model_name, model_config) VALUES ('m-2', 'x', '{}') ON CONFLICT (agent_id) DO UPDATE SET current_tier = 'T5'$$),
          '428C9: current_tier of agent "m-2" cannot be set to T5: its effective tier is T3', 'an upsert is no way around');
DELETE FROM before;
INSERT INTO before SELECT t.state();
SELECT is(t.try($$INSERT INTO cgae.certifications (agent_id, robustness, certified_at) VALUES ('m-2', '(1,1,1,1)', now() - interval '10 years') ON CONFLICT DO NOTHING$$),
          (SELECT t.try($$INSERT INTO cgae.certifications (agent_id, robustness, certified_at) VALUES ('m-2', '(1,1,1,1)', now() - interval '10 years')$$)),
          'certifications: DO NOTHING excuses nothing');
SELECT is(t.try($$INSERT INTO cgae.certifications (agent_id, seq, robustness) VALUES ('m-2', 2, '(1,1,1,1)') ON CONFLICT DO NOTHING$$),
          '428C9: seq 2 supplied for agent "m-2" disagrees with the registry, which finds 6', '... nor a number that is taken');
SELECT is(t.try($$INSERT INTO cgae.certifications (agent_id, seq, robustness) VALUES ('m-2', 2, '(1,1,1,1)') ON CONFLICT (agent_id, seq) DO UPDATE SET tier = 'T5'$$),
          '428C9: seq 2 supplied for agent "m-2" disagrees with the registry, which finds 6', '... nor does DO UPDATE');
SELECT is(t.state(), (SELECT state FROM before), 'nothing changed');
SELECT is(t.try($$INSERT INTO cgae.certifications (agent_id, robustness) VALUES ('m-2', '(1,1,1,1)') ON CONFLICT DO NOTHING$$), 'ok', 'without a conflict it is an INSERT');
-- a user's own unique index: what is judged is stored (more in stored.sql)
SAVEPOINT s;
CREATE UNIQUE INDEX ON cgae.certifications (agent_id, (audit_details->>'cid'));
DELETE FROM before;
INSERT INTO before SELECT t.state();
SELECT is(t.try($$INSERT INTO cgae.certifications (agent_id, robustness, audit_details) VALUES ('m-2', '(1,1,1,1)', '{"cid": "x"}')$$ || what),
          '55000: unique index "certifications_agent_id_expr_idx" on "certifications" could drop a certification that was judged: one of its keys is an expression', 'a unique index of the user''s' || what)
  FROM unnest(ARRAY['', ' ON CONFLICT DO NOTHING', $$ ON CONFLICT (agent_id, (audit_details->>'cid')) DO UPDATE SET robustness = '(1,1,1,1)'$$]) AS what;
SELECT is(t.state(), (SELECT state FROM before), 'nothing changed');
ROLLBACK TO s;

--
-- MERGE
--
MERGE INTO cgae.agents AS a USING (VALUES ('m-2', 'merged', '{"n": 2}'::json), ('g-1', 'merged', '{"g": 1}')) AS v(id, name, config) ON a.agent_id = v.id
  WHEN MATCHED THEN UPDATE SET model_name = v.name, holds = a.holds || '{merged}'::text[]
  WHEN NOT MATCHED THEN INSERT (agent_id, model_name, model_config) VALUES (v.id, v.name, v.config);
SELECT is(t.standing('m-2') || ' / ' || t.history('g-1'), 'suspended {merged} T5 5 / 1 registration', 'MERGE into agents');
SET LOCAL enable_hashjoin = off;	-- else the rows may come in another order
SET LOCAL enable_mergejoin = off;
MERGE INTO cgae.certifications AS c USING (VALUES ('g-1', '(0.5,0.5,0.5,1)'::cgae.robustness), ('g-1', '(0.7,0.7,0.7,1)')) AS v(id, r) ON c.agent_id = v.id AND c.seq = 0
  WHEN NOT MATCHED THEN INSERT (agent_id, robustness) VALUES (v.id, v.r);
RESET enable_hashjoin;
RESET enable_mergejoin;
SELECT is(t.standing('g-1'), 'active {} T3 2', 'MERGE into certifications, one agent twice');
SELECT matches(t.try($$MERGE INTO cgae.certifications AS c USING (SELECT) AS v ON true WHEN MATCHED THEN UPDATE SET tier = 'T5'$$), '^23001: ', 'MERGE does not update them');
SELECT matches(t.try($$MERGE INTO cgae.agents AS a USING (SELECT) AS v ON true WHEN MATCHED THEN DELETE$$), '^23001: ', 'nor delete agents');
SELECT matches(t.try($$MERGE INTO cgae.agents AS a USING (SELECT) AS v ON a.agent_id = 'g-1' WHEN MATCHED THEN UPDATE SET current_tier = 'T5'$$), '^428C9: ', 'nor set a tier');

--
-- one statement that writes two tables
--
WITH a AS (INSERT INTO cgae.agents (agent_id, model_name, model_config) VALUES ('w-1', 'w', '{}') RETURNING agent_id)
  SELECT t.try($$SELECT 1$$) FROM a \g /dev/null
SELECT is(t.history('w-1'), '1 registration', 'a data-modifying CTE');
WITH certified AS (INSERT INTO cgae.certifications (agent_id, robustness) VALUES ('w-1', '(0.7,0.7,0.7,1)') RETURNING agent_id, tier)
  UPDATE cgae.agents SET model_name = 'tier ' || c.tier FROM certified AS c WHERE agents.agent_id = 'm-1' AND c.agent_id = 'w-1';
SELECT is(t.standing('w-1') || (SELECT model_name FROM cgae.agents WHERE agent_id = 'm-1'), 'active {} T3 1tier T3', 'certify one, update another');
SELECT results_eq($$WITH r AS (INSERT INTO cgae.agents (agent_id, model_name, model_config) VALUES ('w-2', 'w', '{}') RETURNING agent_id)
                    INSERT INTO cgae.certifications (agent_id, robustness) SELECT agent_id, '(0.9,0.9,0.9,1)' FROM r RETURNING seq, tier::text$$,
                  $$VALUES (2, 'T5')$$, 'register and certify in one statement');
SELECT is(t.standing('w-2') || ' / ' || t.history('w-2'), 'active {} T5 1 / 1 registration, 2 certification', '... both are there');
SELECT results_eq($$WITH r AS (SELECT cgae.register_agent('w', '{}', agent_id => 'w-3') AS id), c AS (SELECT (cgae.certify(id, '(0.9,0.9,0.9,1)')).* FROM r)
                    SELECT tier::text FROM c$$, $$VALUES ('T5')$$, '... by functions') WHERE true;
-- certify and suspend the same agent in one statement: PostgreSQL updates a row once; which comes first, the state must be one that some order gives
SELECT matches(t.try($$WITH c AS (INSERT INTO cgae.certifications (agent_id, robustness) VALUES ('w-2', '(0.3,0.3,0.3,1)') RETURNING agent_id)
                         UPDATE cgae.agents AS a SET holds = '{both}' FROM c WHERE a.agent_id = c.agent_id$$), '^(ok$|27000: )', 'certify and hold one agent in one statement');
SELECT is((SELECT last_seq FROM cgae.agents WHERE agent_id = 'w-2'), (SELECT count(*)::int FROM cgae.events WHERE agent_id = 'w-2'), '... whatever came of it is recorded');
SELECT is((SELECT certification_count FROM cgae.agents WHERE agent_id = 'w-2'), (SELECT count(*)::int FROM cgae.certifications WHERE agent_id = 'w-2'), '... and counted');

--
-- an ORM that writes back the whole row it read
--
SELECT t.agent('orm', '(0.7,0.7,0.7,0.7)') \g /dev/null
CREATE TEMP TABLE seen AS SELECT * FROM cgae.agents WHERE agent_id = 'orm';
CREATE FUNCTION t.write_back(a cgae.agents) RETURNS void LANGUAGE sql AS $$
  UPDATE cgae.agents SET agent_id = a.agent_id, model_name = a.model_name, architecture_hash = a.architecture_hash, architecture_digest = a.architecture_digest,
    model_config = a.model_config, provenance = a.provenance, wallet_address = a.wallet_address, registered_at = a.registered_at,
    initial_robustness = a.initial_robustness, status = a.status, holds = a.holds, certified_tier = a.certified_tier, current_tier = a.current_tier,
    current_robustness = a.current_robustness, certified_at = a.certified_at, last_audit_at = a.last_audit_at, tier_drop_at = a.tier_drop_at,
    observed_architecture_hash = a.observed_architecture_hash, last_seq = a.last_seq, certification_count = a.certification_count, balance = a.balance,
    total_earned = a.total_earned, total_spent = a.total_spent, total_penalties = a.total_penalties, total_topups = a.total_topups,
    contracts_completed = a.contracts_completed, contracts_failed = a.contracts_failed, deregistered_at = a.deregistered_at
  WHERE agent_id = a.agent_id $$;
UPDATE seen SET model_name = 'by the ORM', balance = 3;
SELECT is(t.try('SELECT t.write_back(s) FROM (SELECT (s::text::cgae.agents).* FROM seen AS s) AS s'), 'ok', 'its own changes and everything else as it was');
SELECT is((SELECT model_name || ' ' || balance FROM cgae.agents WHERE agent_id = 'orm') || ' ' || t.standing('orm') || ' ' || t.history('orm'),
          'by the ORM 3 active {} T3 1 1 registration, 2 certification', '... no event');
UPDATE seen SET holds = '{orm}', status = 'suspended';
SELECT is(t.try('SELECT t.write_back(s) FROM (SELECT (s::text::cgae.agents).* FROM seen AS s) AS s'), 'ok', 'a hold and the status that follows');
UPDATE seen SET current_tier = 'T5';
SELECT matches(t.try('SELECT t.write_back(s) FROM (SELECT (s::text::cgae.agents).* FROM seen AS s) AS s'), '^428C9: column "last_seq"', 'a row that is behind, with a tier of its own');
SELECT cgae.certify('orm', '(0.3,0.3,0.3,0.3)') \g /dev/null
UPDATE seen SET current_tier = 'T3';
SELECT matches(t.try('SELECT t.write_back(s) FROM (SELECT (s::text::cgae.agents).* FROM seen AS s) AS s'), '^(428C9|55000): ', 'a row read before an audit is refused, not written over it');

--
-- untyped parameters
--
PREPARE p_register (unknown, unknown, unknown, unknown, unknown) AS SELECT cgae.register_agent($1, $2, provenance => $3, initial_balance => $4, agent_id => $5);
EXECUTE p_register ('m', '{"p": 1}', '{"s": 1}', '1.25', 'p-1') \g /dev/null
PREPARE p_certify (unknown, unknown, unknown, unknown, unknown, unknown) AS SELECT outcome, tier::text FROM cgae.certify($1, $2, $3, $4, $5, $6);
CREATE TEMP TABLE registered AS SELECT clock_timestamp() AS at;
SELECT results_eq(format($$EXECUTE p_certify ('p-1', '(0.5,0.5,0.5,0.5)', 'spot', %L, '{"k": 1}', %L)$$, t.hash('p-1'), (SELECT at FROM registered)), $$VALUES ('certified', 'T2')$$, 'certify($1, ...)');
PREPARE p_rest (unknown, unknown, unknown) AS SELECT (cgae.demote($1, $2, $3)).tier::text;
SELECT results_eq($$EXECUTE p_rest ('p-1', '(0.3,0.3,0.3,0.9)', 'r')$$, $$VALUES ('T1')$$, 'demote($1, $2, $3)');
PREPARE p_suspend (unknown, unknown) AS SELECT cgae.suspend($1, $2)::text;
PREPARE p_reinstate (unknown, unknown) AS SELECT cgae.reinstate($1, $2)::text;
PREPARE p_observe (unknown, unknown) AS SELECT cgae.observe_architecture($1, $2);
PREPARE p_update (unknown, unknown) AS SELECT cgae.update_architecture($1, $2)::text;
PREPARE p_record (unknown) AS SELECT cgae.agent_record($1)->>'status';
PREPARE p_cid (unknown) AS SELECT cgae.audit_cid($1);
PREPARE p_by_tier (unknown) AS SELECT count(*) > 0 FROM cgae.agents_by_tier($1);
PREPARE p_gate (unknown) AS SELECT (cgae.gate_detail($1)).tier_index = 5;
PREPARE p_gate_tier (unknown) AS SELECT cgae.gate_tier($1)::text;
PREPARE p_hash (unknown) AS SELECT cgae.architecture_hash($1);
PREPARE p_ceiling (unknown) AS SELECT cgae.budget_ceiling($1);
PREPARE p_chain (unknown) AS SELECT cgae.chain_tier($1)::text;
PREPARE p_deregister (unknown, unknown) AS SELECT cgae.deregister_agent($1, $2)::text;
PREPARE p_insert (unknown, unknown, unknown) AS INSERT INTO cgae.certifications (agent_id, robustness, audit_details) VALUES ($1, $2, $3) RETURNING tier::text;
SELECT results_eq(e, 'VALUES (' || v || ')', e) FROM (VALUES
  ($$EXECUTE p_suspend ('p-1', 'x')$$, $$'suspended'$$), ($$EXECUTE p_reinstate ('p-1', 'x')$$, $$'active'$$),
  ($$EXECUTE p_insert ('p-1', '(0.7,0.7,0.7,0.7)', '{"storage_root_hash": "bafy"}')$$, $$'T3'$$),
  ($$EXECUTE p_cid ('p-1')$$, $$'bafy'$$), ($$EXECUTE p_by_tier ('T3')$$, 'true'),
  ($$EXECUTE p_observe ('p-1', '0000000000000000')$$, 'false'), ($$EXECUTE p_update ('p-1', '{}')$$, $$'suspended'$$),
  ($$EXECUTE p_record ('p-1')$$, $$'suspended'$$), ($$EXECUTE p_gate ('(1,1,1,1)')$$, 'true'), ($$EXECUTE p_gate_tier ('(1,1,1,1)')$$, $$'T5'$$),
  ($$EXECUTE p_hash ('{}')$$, $$'44136fa355b3678a'$$), ($$EXECUTE p_ceiling ('T3')$$, '1::numeric'), ($$EXECUTE p_chain ('{}')$$, $$'T0'$$),
  ($$EXECUTE p_deregister ('p-1', NULL)$$, $$'deregistered'$$)) AS v(e, v);

--
-- inside plpgsql, with exceptions and savepoints
--
SELECT t.agent('x', '(0.7,0.7,0.7,0.7)') \g /dev/null
CREATE FUNCTION t.stubborn() RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  said text := '';
BEGIN
  FOR i IN 1..5 LOOP
    BEGIN
      PERFORM cgae.certify('x', cgae.robustness(1, 1, 1, 1));
      IF i % 2 = 0 THEN
        PERFORM cgae.certify('x', '(1,1,1,1)', certified_at => 'infinity');
      END IF;
      said := said || ' kept';
    EXCEPTION WHEN check_violation THEN
      said := said || ' refused';
    END;
  END LOOP;
  RETURN said;
END $$;
SELECT is(t.stubborn(), ' kept refused kept refused kept', 'exceptions handled in plpgsql');
SELECT is(t.history('x'), '1 registration, 2 certification, 3 certification, 4 certification, 5 certification', '... undo what they must');
SELECT is((SELECT string_agg(outcome, ' ' ORDER BY seq) FROM cgae.certifications WHERE agent_id = 'x'), 'certified certified certified certified', '... all of it');
SAVEPOINT a;
SELECT cgae.observe_architecture('x', '0000000000000000') \g /dev/null
SAVEPOINT b;
SELECT cgae.certify('x', '(0,0,0,0)') \g /dev/null
ROLLBACK TO a;
SELECT is(t.standing('x'), 'active {} T5 4', 'a savepoint undoes drift too: durable is what is committed');

--
-- through views, rules of the user's and cursors
--
CREATE VIEW t.audits AS SELECT agent_id, robustness, certified_at FROM cgae.certifications;
INSERT INTO t.audits (agent_id, robustness) VALUES ('x', '(0.3,0.3,0.3,1)');
SELECT is(t.standing('x'), 'active {} T1 5', 'an updatable view');
-- in partitions the server wants the cursor over all that the UPDATE is: an expression prunes none
DECLARE c CURSOR FOR SELECT agent_id FROM cgae.agents WHERE agent_id || '' = 'x' FOR UPDATE;
FETCH c \g /dev/null
UPDATE cgae.agents SET holds = '{cursor}' WHERE CURRENT OF c;
CLOSE c;
SELECT is(t.standing('x'), 'suspended {cursor} T1 5', 'WHERE CURRENT OF');

-- the user's own columns are free
ALTER TABLE cgae.agents ADD COLUMN team text DEFAULT 'none';
ALTER TABLE cgae.certifications ADD COLUMN ticket int;
UPDATE cgae.agents SET team = 'red' WHERE agent_id = 'x';
INSERT INTO cgae.certifications (agent_id, robustness, ticket) VALUES ('x', '(0.5,0.5,0.5,1)', 7);
SELECT is((SELECT team || ' ' || current_tier FROM cgae.agents WHERE agent_id = 'x'), 'red T2', 'a column of the user''s is kept through a certification');
SELECT is((SELECT ticket FROM cgae.certifications WHERE agent_id = 'x' ORDER BY seq DESC LIMIT 1), 7, 'in certifications too');
ALTER TABLE cgae.agents DROP COLUMN team;
SELECT is((SELECT tier::text FROM cgae.certify('x', '(0.7,0.7,0.7,1)')), 'T3', 'and may go again');

SELECT * FROM finish();
ROLLBACK;
