-- Statuses, holds and what moves an agent from one to another.
\ir ../include/begin.psql
\ir ../include/registry.psql
SELECT * FROM no_plan();
SET LOCAL client_min_messages = error;

-- One agent for each starting point: the holds it stands under, and whether it was ever certified.
CREATE FUNCTION t.start(id text, what text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  PERFORM t.agent(id, CASE WHEN what NOT IN ('pending', 'pending drift', 'pending op') THEN '(1,1,1,1)'::cgae.robustness END);
  IF what LIKE '%failed%' THEN PERFORM cgae.certify(id, '(1,1,1,0)'); END IF;
  IF what LIKE '%drift%' THEN PERFORM cgae.observe_architecture(id, '0000000000000000'); END IF;
  IF what LIKE '%op%' THEN PERFORM cgae.suspend(id, 'op'); END IF;
  IF what LIKE '%op2%' THEN PERFORM cgae.suspend(id, 'op2'); END IF;
  IF what = 'deregistered' THEN PERFORM cgae.deregister_agent(id); END IF;
END $$;

-- What happens next.
CREATE FUNCTION t.act(id text, action text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  CASE action
    WHEN 'pass' THEN PERFORM cgae.certify(id, '(0.7,0.7,0.7,0.7)');
    WHEN 'pass with hash' THEN PERFORM cgae.certify(id, '(0.7,0.7,0.7,0.7)', observed_architecture_hash => t.hash(id));
    WHEN 'pass at T0' THEN PERFORM cgae.certify(id, '(0,0,0,0.5)');
    WHEN 'fail' THEN PERFORM cgae.certify(id, '(1,1,1,0.1)');
    WHEN 'fail with hash' THEN PERFORM cgae.certify(id, '(1,1,1,0.1)', observed_architecture_hash => t.hash(id));
    WHEN 'drift' THEN PERFORM cgae.certify(id, '(1,1,1,1)', observed_architecture_hash => '1111111111111111');
    WHEN 'heartbeat' THEN PERFORM cgae.observe_architecture(id, '1111111111111111');
    WHEN 'healthy heartbeat' THEN PERFORM cgae.observe_architecture(id, t.hash(id));
    WHEN 'suspend' THEN PERFORM cgae.suspend(id, 'new');
    WHEN 'reinstate' THEN PERFORM cgae.reinstate(id, 'op');
    WHEN 'lift failed_audit' THEN PERFORM cgae.reinstate(id, 'failed_audit');
    WHEN 'lift architecture_drift' THEN PERFORM cgae.reinstate(id, 'architecture_drift');
    WHEN 'deregister' THEN PERFORM cgae.deregister_agent(id);
  END CASE;
END $$;

CREATE TEMP TABLE transition (n int GENERATED ALWAYS AS IDENTITY, start text, action text, becomes text, holds text);
INSERT INTO transition (start, action, becomes, holds) VALUES
  ('pending', 'pass', 'active', '{}'),
  ('pending', 'pass with hash', 'active', '{}'),
  ('pending', 'pass at T0', 'active', '{}'),
  ('pending', 'fail', 'suspended', '{failed_audit}'),
  ('pending', 'drift', 'suspended', '{architecture_drift}'),
  ('pending', 'heartbeat', 'suspended', '{architecture_drift}'),
  ('pending', 'healthy heartbeat', 'pending', '{}'),
  ('pending', 'suspend', 'suspended', '{new}'),
  ('pending', 'reinstate', '42704', NULL),
  ('pending', 'deregister', 'deregistered', '{}'),
  ('pending op', 'reinstate', 'pending', '{}'),
  ('pending op', 'pass', 'suspended', '{op}'),
  ('pending op', 'fail', 'suspended', '{failed_audit,op}'),
  ('pending op', 'deregister', 'deregistered', '{op}'),
  ('pending drift', 'pass', 'suspended', '{architecture_drift}'),
  ('pending drift', 'pass with hash', 'active', '{}'),
  ('pending drift', 'fail', 'suspended', '{architecture_drift,failed_audit}'),
  ('pending drift', 'lift architecture_drift', '55000', NULL),
  ('active', 'pass', 'active', '{}'),
  ('active', 'pass at T0', 'active', '{}'),
  ('active', 'fail', 'suspended', '{failed_audit}'),
  ('active', 'fail with hash', 'suspended', '{failed_audit}'),
  ('active', 'drift', 'suspended', '{architecture_drift}'),
  ('active', 'heartbeat', 'suspended', '{architecture_drift}'),
  ('active', 'healthy heartbeat', 'active', '{}'),
  ('active', 'suspend', 'suspended', '{new}'),
  ('active', 'reinstate', '42704', NULL),
  ('active', 'lift failed_audit', '42704', NULL),
  ('active', 'deregister', 'deregistered', '{}'),
  ('failed', 'pass', 'active', '{}'),
  ('failed', 'pass with hash', 'active', '{}'),
  ('failed', 'pass at T0', 'active', '{}'),
  ('failed', 'fail', 'suspended', '{failed_audit}'),
  ('failed', 'drift', 'suspended', '{architecture_drift,failed_audit}'),
  ('failed', 'healthy heartbeat', 'suspended', '{failed_audit}'),
  ('failed', 'lift failed_audit', '55000', NULL),
  ('failed', 'deregister', 'deregistered', '{failed_audit}'),
  ('drift', 'pass', 'suspended', '{architecture_drift}'),
  ('drift', 'pass with hash', 'active', '{}'),
  ('drift', 'fail', 'suspended', '{architecture_drift,failed_audit}'),
  -- only a passing certification ends it
  ('drift', 'fail with hash', 'suspended', '{architecture_drift,failed_audit}'),
  ('drift', 'healthy heartbeat', 'suspended', '{architecture_drift}'),
  ('drift', 'heartbeat', 'suspended', '{architecture_drift}'),
  ('drift', 'lift architecture_drift', '55000', NULL),
  ('drift', 'deregister', 'deregistered', '{architecture_drift}'),
  ('failed drift', 'pass', 'suspended', '{architecture_drift}'),
  ('failed drift', 'pass with hash', 'active', '{}'),
  ('op', 'pass', 'suspended', '{op}'),
  ('op', 'pass with hash', 'suspended', '{op}'),
  ('op', 'suspend', 'suspended', '{new,op}'),
  ('op', 'reinstate', 'active', '{}'),
  ('op op2', 'reinstate', 'suspended', '{op2}'),
  ('op failed', 'reinstate', 'suspended', '{failed_audit}'),
  ('op failed', 'pass', 'suspended', '{op}'),
  ('op drift', 'reinstate', 'suspended', '{architecture_drift}'),
  ('op drift', 'pass with hash', 'suspended', '{op}'),
  ('op failed drift', 'pass with hash', 'suspended', '{op}'),
  ('op failed drift', 'pass', 'suspended', '{architecture_drift,op}'),
  ('op failed drift', 'reinstate', 'suspended', '{architecture_drift,failed_audit}'),
  ('deregistered', 'pass', '55000', NULL),
  ('deregistered', 'pass with hash', '55000', NULL),
  ('deregistered', 'fail', '55000', NULL),
  ('deregistered', 'drift', '55000', NULL),
  ('deregistered', 'heartbeat', '55000', NULL),
  ('deregistered', 'healthy heartbeat', '55000', NULL),
  ('deregistered', 'suspend', '55000', NULL),
  ('deregistered', 'reinstate', '42704', NULL),
  ('deregistered', 'deregister', 'deregistered', '{}');

SELECT t.start('agent ' || n, start) FROM transition \g /dev/null
CREATE TEMP TABLE outcome AS
  SELECT n, t.try(format('SELECT t.act(%L, %L)', 'agent ' || n, action)) AS said FROM transition;
SELECT is(CASE said WHEN 'ok' THEN concat_ws(' ', a.status, a.holds) ELSE left(said, 5) END,
          concat_ws(' ', becomes, w.holds), format('%s: %s -> %s', start, action, concat_ws(' ', becomes, w.holds)))
  FROM transition AS w JOIN outcome USING (n) JOIN cgae.agents AS a ON a.agent_id = 'agent ' || n ORDER BY n;

-- held or not, an audit is counted and its tier kept: only the status says what it may do
SELECT is(t.standing('agent ' || n), concat_ws(' ', becomes, w.holds, 'T3', CASE WHEN start LIKE '%failed%' THEN 3 WHEN start LIKE 'pending%' THEN 1 ELSE 2 END),
          format('%s: a passing certification is recorded', start))
  FROM transition AS w WHERE action IN ('pass', 'pass with hash') AND start <> 'deregistered' ORDER BY n;
SELECT is((SELECT DISTINCT (current_tier, certified_tier, current_robustness)::text FROM cgae.agents JOIN transition ON agent_id = 'agent ' || n
            WHERE start = 'active' AND action IN ('drift', 'heartbeat', 'suspend', 'deregister')), '(T5,T5,"(1,1,1,1)")',
          'suspension and deregistration leave tier and vector');

-- deregistration
SELECT t.start('d', 'active'), t.start('d-2', 'active') \g /dev/null
SELECT is(t.try($$SELECT cgae.deregister_agent('d', '2024-01-01 12:00+00')$$),
  '23514: deregistered_at 2024-01-01 12:00:00+00 of agent "d" is before its last certification, 2024-01-02 00:00:00+00', 'not before the last certification')
  FROM set_config('TimeZone', 'UTC', true);
SELECT matches(t.try($$SELECT cgae.deregister_agent('d', 'infinity')$$), '^23514: deregistered_at infinity of agent "d" is in the future', 'nor in the future');
SELECT is(t.fields($$SELECT cgae.deregister_agent('d', 'infinity')$$), 'cgae.agents.deregistered_at not_in_the_future', '... for programs');
UPDATE cgae.agents SET balance = 12.5, contracts_completed = 3 WHERE agent_id = 'd';
SELECT is(cgae.deregister_agent('d', '2024-01-02 00:00+00')::text, 'deregistered', 'at the last certification');
SELECT is(cgae.deregister_agent('d', '2024-01-03 00:00+00')::text, 'deregistered', 'again, later');
SELECT is(cgae.deregister_agent('d')::text, 'deregistered', 'and again');
SELECT results_eq($$SELECT occurred_at, data FROM cgae.events WHERE agent_id = 'd' AND type = 'deregistration'$$,
  $$VALUES ('2024-01-02 00:00+00'::timestamptz, '{"final_balance": 12.5, "contracts_completed": 3, "status": "deregistered"}'::jsonb)$$, 'is one event, of the first time');
SELECT is((SELECT deregistered_at FROM cgae.agents WHERE agent_id = 'd'), '2024-01-02 00:00+00', 'whose time stands');
UPDATE cgae.agents SET status = 'deregistered' WHERE agent_id = 'd-2';
SELECT ok((SELECT deregistered_at BETWEEN now() AND clock_timestamp() FROM cgae.agents WHERE agent_id = 'd-2'), 'by plain UPDATE, at the clock');
SELECT is(t.try($$UPDATE cgae.agents SET status = 'deregistered' WHERE agent_id = 'd-2'$$), 'ok', 'repeated');
SELECT is(t.history('d-2'), '1 registration, 2 certification, 3 deregistration', 'once is enough');
SELECT is(t.try($$UPDATE cgae.agents SET status = 'active' WHERE agent_id = 'd-2'$$), '55000: agent "d-2" is deregistered, which is final', 'never back');
SELECT is(t.try($$UPDATE cgae.agents SET deregistered_at = NULL WHERE agent_id = 'd-2'$$), '55000: agent "d-2" is deregistered, which is final', 'nor undated');
SELECT is(t.try($$UPDATE cgae.agents SET deregistered_at = '2024-01-02 00:00+00' WHERE agent_id = 'd-2'$$), '55000: agent "d-2" is deregistered, which is final', 'nor redated');
SELECT is(t.try($$UPDATE cgae.agents SET model_config = '{"x": 1}' WHERE agent_id = 'd-2'$$), '55000: agent "d-2" is deregistered, which is final', 'nor rebuilt');
SELECT is(t.try($$UPDATE cgae.agents SET balance = 0, model_name = 'late' WHERE agent_id = 'd-2'$$), 'ok', 'its money and name may still be settled');

-- holds as a column
SELECT t.start('h', 'active') \g /dev/null
UPDATE cgae.agents SET holds = '{zeta,alpha,zeta}' WHERE agent_id = 'h';
SELECT is(t.standing('h'), 'suspended {alpha,zeta} T5 1', 'a set: sorted, each once');
UPDATE cgae.agents SET holds = '{zeta,alpha}' WHERE agent_id = 'h';
SELECT is(t.history('h'), '1 registration, 2 certification, 3 suspension', 'its order means nothing');
UPDATE cgae.agents SET holds = '{beta,zeta}' WHERE agent_id = 'h';
SELECT is(t.history('h'), '1 registration, 2 certification, 3 suspension, 4 suspension, 5 reinstatement', 'added and lifted in one statement');
SELECT results_eq($$SELECT data FROM cgae.events WHERE agent_id = 'h' AND seq > 2 ORDER BY seq$$,
  $$VALUES ('{"added": ["alpha", "zeta"], "holds": ["alpha", "zeta"], "status": "suspended"}'::jsonb),
           ('{"added": ["beta"], "holds": ["alpha", "beta", "zeta"], "status": "suspended"}'),
           ('{"lifted": ["alpha"], "holds": ["beta", "zeta"], "status": "suspended"}')$$, 'what the events say');
UPDATE cgae.agents SET holds = '{}' WHERE agent_id = 'h';
SELECT is(t.standing('h'), 'active {} T5 1', 'all lifted');
SELECT is(cgae.suspend('h', 'x')::text, 'suspended', 'suspend() returns the status');
SELECT is(cgae.suspend('h', 'x')::text, 'suspended', 'suspending twice for one reason');
SELECT is((SELECT count(*) FROM cgae.events WHERE agent_id = 'h' AND type = 'suspension'), 3::bigint, '... is one event');
SELECT is(cgae.reinstate('h', 'x')::text, 'active', 'reinstate() returns the status');
SELECT is(t.try($$SELECT cgae.reinstate('h', 'x')$$), '42704: agent "h" has no hold "x"', 'reinstating twice is an error');
SELECT is(t.try($$SELECT cgae.suspend('h', $$ || quote_literal(hold) || ')'),
          format('55000: hold "%s" of agent "h" is placed by the registry alone', hold), hold || ' is no operator''s')
  FROM unnest(ARRAY['failed_audit', 'architecture_drift']) AS hold;
SELECT is(t.try($$UPDATE cgae.agents SET holds = '{failed_audit}' WHERE agent_id = 'h'$$),
          '55000: hold "failed_audit" of agent "h" is placed by the registry alone', '... by plain UPDATE either');
SELECT cgae.certify('h', '(1,1,1,0)') \g /dev/null
SELECT is(t.try($$UPDATE cgae.agents SET holds = '{}' WHERE agent_id = 'h'$$), '55000: hold "failed_audit" of agent "h" is not the operator''s to lift', 'nor to lift');
SELECT is(t.try($$UPDATE cgae.agents SET holds = '{x}' WHERE agent_id = 'h'$$), '55000: hold "failed_audit" of agent "h" is not the operator''s to lift', '... nor to forget');
SELECT is(t.try($$UPDATE cgae.agents SET holds = NULL WHERE agent_id = 'h'$$), '23502: holds of agent "h" are null', 'null holds');
SELECT matches(t.try($$UPDATE cgae.agents SET holds = '{failed_audit,NULL}' WHERE agent_id = 'h'$$), '^22004: ', 'a null among them');
SELECT is(t.try($$SELECT cgae.suspend('h', '')$$), '22023: name of a hold is blank', 'a blank one');
SELECT is(t.try($$SELECT cgae.suspend('h', NULL)$$), '22004: argument "hold" of cgae.suspend is null', 'none');
SELECT is(t.try($$SELECT cgae.suspend('nobody', 'x')$$), 'P0002: agent "nobody" is not registered', 'unknown agent: suspend');
SELECT is(t.try($$SELECT cgae.reinstate('nobody', 'x')$$), 'P0002: agent "nobody" is not registered', 'unknown agent: reinstate');
SELECT is(t.try($$SELECT cgae.deregister_agent('nobody')$$), 'P0002: agent "nobody" is not registered', 'unknown agent: deregister');

-- status is derived
SELECT is(t.try(format($$UPDATE cgae.agents SET status = %L WHERE agent_id = 'h'$$, s)),
          CASE s WHEN 'suspended' THEN 'ok' ELSE '428C9: column "status" of agent "h" is derived by the registry and cannot be set' END, 'status set to ' || s)
  FROM unnest(ARRAY['pending', 'active', 'suspended', 'expired']) AS s;
SELECT ok(t.try($$UPDATE cgae.agents SET status = NULL WHERE agent_id = 'h'$$) ~ '^(428C9|23502): ', 'nor nothing');
SELECT is(t.try($$UPDATE cgae.agents SET deregistered_at = now() WHERE agent_id = 'h'$$),
          '428C9: column "deregistered_at" of agent "h" is derived by the registry and cannot be set', 'a time of deregistration alone');
SELECT is(t.try($$UPDATE cgae.agents SET holds = '{failed_audit,x}', status = 'active' WHERE agent_id = 'h'$$),
          '428C9: column "status" of agent "h" is derived by the registry and cannot be set', 'a status that contradicts the holds');

-- two changes in one statement
SELECT t.start('two', 'active') \g /dev/null
UPDATE cgae.agents SET holds = '{x}', status = 'deregistered', observed_architecture_hash = '0000000000000000', model_config = '{"new": true}'
  WHERE agent_id = 'two';
SELECT is(t.standing('two'), 'deregistered {architecture_drift,x} T5 1', 'everything at once');
SELECT is(t.history('two'), '1 registration, 2 certification, 3 suspension, 4 architecture_update, 5 architecture_mismatch, 6 deregistration', '... each an event');
SELECT is((SELECT last_seq FROM cgae.agents WHERE agent_id = 'two'), 6, '... counted');

SELECT * FROM finish();
ROLLBACK;
