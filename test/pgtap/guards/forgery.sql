-- State that nobody can write: derived columns, events, policies; tampering triggers; borrowed guards.
\ir ../include/begin.psql
\ir ../include/registry.psql
SELECT * FROM no_plan();
SET LOCAL client_min_messages = error;
SELECT t.agent('a', '(0.7,0.7,0.7,0.7)'), t.agent('p'), t.agent('d', '(0.7,0.7,0.7,0.7)'), cgae.deregister_agent('d') \g /dev/null
CREATE ROLE t_operator;
CREATE ROLE t_registrar;
CREATE ROLE t_auditor;
SELECT cgae.grant_access('t_' || l, l) FROM unnest(ARRAY['operator', 'registrar', 'auditor']) AS l \g /dev/null
CREATE TEMP TABLE before AS SELECT t.state() AS state;

--
-- every derived column, on insert and on update, by a privileged role and by the owner
--
CREATE TEMP TABLE forgery (col text, value text);
INSERT INTO forgery VALUES ('initial_robustness', '(1,1,1,1)'), ('status', 'active'), ('holds', '{x}'), ('certified_tier', 'T5'), ('current_tier', 'T5'),
  ('current_robustness', '(1,1,1,1)'), ('certified_at', '2024-01-05'), ('last_audit_at', '2024-01-05'), ('tier_drop_at', '2024-01-05'),
  ('observed_architecture_hash', '0000000000000000'), ('last_seq', '7'), ('certification_count', '7'), ('total_earned', '1'), ('total_spent', '1'),
  ('total_penalties', '1'), ('total_topups', '1'), ('contracts_completed', '1'), ('contracts_failed', '1'), ('deregistered_at', '2024-01-05'), ('recorded_at', '2024-01-05');
SELECT is(t.try(r, format('INSERT INTO cgae.agents (agent_id, model_name, model_config, %I) VALUES (%L, %L, %L, %L)', col, 'x', 'x', '{}', value)),
          format('428C9: column "%s" of agent "x" is derived by the registry and cannot be set', col), format('insert %s %s', col, coalesce('by a ' || r, 'by the owner')))
  FROM forgery, (VALUES ('t_registrar'), (NULL)) AS v(r);
SELECT is(t.fields($$INSERT INTO cgae.agents (agent_id, model_name, model_config, current_tier) VALUES ('x', 'x', '{}', 'T5')$$), 'cgae.agents.current_tier', '... a program is told which');
SELECT is(t.try(format('UPDATE cgae.agents SET %I = %L WHERE agent_id = %L', col, value, id)),
          CASE WHEN col <> 'current_tier' THEN format('428C9: column "%s" of agent "%s" is derived by the registry and cannot be set', col, id)
               WHEN id = 'd' THEN '55000: agent "d" is deregistered, which is final'
               ELSE format('428C9: current_tier of agent "%s" cannot be set to T5: its effective tier is T0', id) END, format('update %s of %s', col, id))
  FROM (SELECT col, value FROM forgery UNION ALL VALUES ('registered_at', '2023-01-01'), ('agent_id', 'b')) AS f, unnest(ARRAY['a', 'p', 'd']) AS id
  WHERE col NOT LIKE 'total%' AND col NOT LIKE 'contracts%' AND col NOT IN ('holds', 'observed_architecture_hash', 'deregistered_at')
    AND NOT (col = 'status' AND id IN ('a', 'd'));
SELECT is(t.try(format('UPDATE cgae.agents SET %I = NULL WHERE agent_id = %L', col, 'a')),
          format('428C9: column "%s" of agent "a" is derived by the registry and cannot be set', col), format('update %s to NULL', col))
  FROM unnest(ARRAY['certified_tier', 'current_tier', 'current_robustness', 'certified_at', 'last_audit_at', 'last_seq', 'certification_count', 'registered_at', 'agent_id', 'initial_robustness', 'recorded_at']) AS col;
SELECT is(t.try('t_operator', $$UPDATE cgae.agents SET current_tier = 'T5' WHERE agent_id = 'a'$$),
          '428C9: current_tier of agent "a" cannot be set to T5: its effective tier is T0', 'an operator neither');
SELECT is(t.try('t_operator', $$UPDATE cgae.agents SET current_tier = 'T1', balance = 100 WHERE agent_id = 'a'$$) ~ '^428C9', true, '... nor lower but to what decay has left, nor among others');
-- a vector that compares equal but is not the same bytes cannot exist: -0 became 0
SELECT is(t.try($$UPDATE cgae.agents SET current_robustness = '(0.7,0.7,0.7,0.70)' WHERE agent_id = 'a'$$), 'ok', 'writing what is there already is no forgery');

--
-- certifications, events, policies, layout
--
SELECT matches(t.try(format('UPDATE cgae.certifications SET %I = %I', c, c)), '^23001: rows of "certifications" cannot be updated', 'certifications.' || c || ' is never updated')
  FROM unnest(ARRAY['tier', 'robustness', 'agent_id', 'seq', 'outcome', 'auditor', 'certified_at']) AS c;
SELECT matches(t.try(role, sql), '^' || error || ': ', coalesce(role, 'owner') || ': ' || sql)
  FROM (VALUES
    (NULL, $$INSERT INTO cgae.agent_events (agent_id, seq, type, occurred_at, data, actor, recorded_at) VALUES ('a', 3, 'reinstatement', now(), '{}', 'me', now())$$, '428C9'),
    (NULL, $$INSERT INTO cgae.agent_events SELECT agent_id, seq + 7, type, occurred_at, data, actor, recorded_at FROM cgae.agent_events$$, '428C9'),
    (NULL, $$DELETE FROM cgae.agent_events WHERE agent_id = 'a'$$, '23001'),
    (NULL, $$UPDATE cgae.gate_policies SET cc = '{0,.1,.2,.3,.4,.5}'$$, '23001'),
    (NULL, $$DELETE FROM cgae.gate_policies$$, '23001'),
    (NULL, $$UPDATE cgae.registry_layout SET version = 99$$, '23001'),
    ('t_operator', $$INSERT INTO cgae.agent_events (agent_id, seq, type, occurred_at, data, actor, recorded_at) VALUES ('a', 3, 'x', now(), '{}', 'me', now())$$, '42501'),
    ('t_operator', $$INSERT INTO cgae.gate_policies SELECT 2, cc, er, as_, ih_threshold, budget_ceilings, audit_intensities, decay_rate, time_step, now() FROM cgae.gate_policies$$, '42501'),
    ('t_operator', $$INSERT INTO cgae.registry_layout VALUES (99)$$, '42501'),
    ('t_operator', $$DELETE FROM cgae.agents$$, '42501'),
    ('t_operator', $$TRUNCATE cgae.agents CASCADE$$, '42501'),
    ('t_operator', $$LOCK TABLE cgae.agents IN ACCESS EXCLUSIVE MODE$$, '42501'),
    ('t_operator', $$CREATE TRIGGER aa BEFORE UPDATE ON cgae.agents FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger()$$, '42501'),
    ('t_operator', $$ALTER TABLE cgae.agents DISABLE TRIGGER ALL$$, '42501'),
    ('t_operator', $$SET LOCAL session_replication_role = replica$$, '42501')) AS v(role, sql, error);
SELECT is(t.state(), (SELECT state FROM before), 'nothing changed');

--
-- triggers of the user's that sort before the guard: their NEW is a client's
--
CREATE FUNCTION t.tamper() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  CASE tg_argv[0]
    WHEN 'tier' THEN NEW.current_tier := 'T5'; NEW.certified_tier := 'T5'; NEW.current_robustness := '(1,1,1,1)';
    WHEN 'status' THEN NEW.status := 'active'; NEW.holds := '{}';
    WHEN 'id' THEN NEW.agent_id := 'p';
    WHEN 'seq' THEN NEW.last_seq := 77;
    WHEN 'money' THEN NEW.balance := 42;
    WHEN 'suppress' THEN RETURN NULL;
    WHEN 'nest' THEN
      IF pg_trigger_depth() < 4 THEN
        UPDATE cgae.agents SET current_tier = 'T5' WHERE agent_id = NEW.agent_id;
      END IF;
    WHEN 'cert tier' THEN NEW.tier := 'T5';
    WHEN 'cert vector' THEN NEW.robustness := '(0.3,0.3,0.3,1)';
    WHEN 'cert agent' THEN NEW.agent_id := 'p';
    WHEN 'event seq' THEN NEW.seq := NEW.seq + 1;
    WHEN 'event agent' THEN NEW.agent_id := 'p';
    WHEN 'again' THEN
      IF pg_trigger_depth() < 3 THEN
        PERFORM cgae.certify(NEW.agent_id, '(0.5,0.5,0.5,1)');
      END IF;
  END CASE;
  RETURN NEW;
END $$;
CREATE FUNCTION t.with_trigger(name text, timing text, tbl text, argument text, statement text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  said text;
BEGIN
  EXECUTE format('CREATE TRIGGER %I %s ON cgae.%I FOR EACH ROW EXECUTE FUNCTION t.tamper(%L)', name, timing, tbl, argument);
  said := t.try(statement);
  RAISE SQLSTATE 'ROLLB' USING MESSAGE = concat_ws(' / ', said, t.standing('a') || ' ' || (SELECT balance FROM cgae.agents WHERE agent_id = 'a'), t.standing('p'),
    (SELECT 'HISTORY BROKEN' WHERE EXISTS (SELECT FROM cgae.agents AS a WHERE last_seq <> (SELECT count(*) FROM cgae.events AS e WHERE e.agent_id = a.agent_id))));
EXCEPTION WHEN SQLSTATE 'ROLLB' THEN
  RETURN SQLERRM;
END $$;
SELECT is(t.with_trigger('aa', timing, tbl, argument, statement), said, format('%s trigger on %s that tampers with %s: %s', timing, tbl, argument, left(statement, 30)))
  FROM (VALUES
    ('BEFORE UPDATE', 'agents', 'tier', $$UPDATE cgae.agents SET model_name = 'x' WHERE agent_id = 'a'$$,
      '428C9: column "certified_tier" of agent "a" is derived by the registry and cannot be set / active {} T3 1 0 / pending {} T0 0'),
    ('BEFORE UPDATE', 'agents', 'tier', $$SELECT cgae.certify('a', '(0.5,0.5,0.5,1)')$$, 'ok / active {} T2 2 0 / pending {} T0 0'),
    ('BEFORE UPDATE', 'agents', 'status', $$SELECT cgae.certify('a', '(1,1,1,0)')$$, 'ok / suspended {failed_audit} T0 2 0 / pending {} T0 0'),
    ('BEFORE UPDATE', 'agents', 'status', $$SELECT cgae.certify('a', '(1,1,1,0)', observed_architecture_hash => '0000000000000000')$$, 'ok / suspended {architecture_drift} T3 1 0 / pending {} T0 0'),
    ('BEFORE UPDATE', 'agents', 'id', $$SELECT cgae.certify('a', '(0.5,0.5,0.5,1)')$$, 'ok / active {} T2 2 0 / pending {} T0 0'),
    ('BEFORE UPDATE', 'agents', 'seq', $$SELECT cgae.certify('a', '(0.5,0.5,0.5,1)')$$, 'ok / active {} T2 2 0 / pending {} T0 0'),
    ('BEFORE UPDATE', 'agents', 'money', $$SELECT cgae.certify('a', '(0.5,0.5,0.5,1)')$$, 'ok / active {} T2 2 42 / pending {} T0 0'),
    ('BEFORE UPDATE', 'agents', 'suppress', $$SELECT cgae.certify('a', '(0.5,0.5,0.5,1)')$$,
      '27000: update of agent "a" by its certification was suppressed / active {} T3 1 0 / pending {} T0 0'),
    ('BEFORE UPDATE', 'agents', 'nest', $$SELECT cgae.certify('a', '(0.5,0.5,0.5,1)')$$,
      '428C9: current_tier of agent "a" cannot be set to T5: its effective tier is T0 / active {} T3 1 0 / pending {} T0 0'),
    ('BEFORE INSERT', 'certifications', 'cert tier', $$SELECT cgae.certify('a', '(0.5,0.5,0.5,1)')$$,
      '428C9: tier T5 supplied for agent "a" disagrees with the registry, which finds T2 / active {} T3 1 0 / pending {} T0 0'),
    ('BEFORE INSERT', 'certifications', 'cert vector', $$SELECT cgae.certify('a', '(0.5,0.5,0.5,1)')$$, 'ok / active {} T1 2 0 / pending {} T0 0'),
    ('BEFORE INSERT', 'certifications', 'suppress', $$SELECT cgae.certify('a', '(0.5,0.5,0.5,1)')$$,
      '27000: certification of agent "a" did not reach its guard / active {} T3 1 0 / pending {} T0 0'),
    ('AFTER INSERT', 'certifications', 'again', $$SELECT cgae.certify('a', '(0.7,0.7,0.7,1)')$$, 'ok / active {} T2 4 0 / pending {} T0 0'),
    ('BEFORE INSERT', 'certifications', 'again', $$SELECT cgae.certify('a', '(0.7,0.7,0.7,1)')$$, 'ok / active {} T3 4 0 / pending {} T0 0'),
    ('AFTER UPDATE', 'agents', 'nest', $$SELECT cgae.certify('a', '(0.5,0.5,0.5,1)')$$,
      '428C9: current_tier of agent "a" cannot be set to T5: its effective tier is T1 / active {} T3 1 0 / pending {} T0 0'),
    ('BEFORE INSERT', 'agent_events', 'event seq', $$SELECT cgae.suspend('a', 'x')$$, '428C9: events are written by the registry alone / active {} T3 1 0 / pending {} T0 0'),
    ('BEFORE INSERT', 'agent_events', 'suppress', $$SELECT cgae.suspend('a', 'x')$$, '27000: event 3 of agent "a" was suppressed / active {} T3 1 0 / pending {} T0 0')) AS v(timing, tbl, argument, statement, said);

-- another agent may be in another partition, where the server does not move a row to
SELECT is(t.with_trigger('aa', 'BEFORE INSERT', tbl, argument, statement),
          CASE WHEN t.partitioned() THEN '0A000: moving row to another partition during a BEFORE FOR EACH ROW trigger is not supported / active {} T3 1 0 / pending {} T0 0' ELSE said END,
          format('BEFORE INSERT trigger on %s that names another agent', tbl))
  FROM (VALUES
    ('certifications', 'cert agent', $$INSERT INTO cgae.certifications (agent_id, robustness) VALUES ('a', '(0.5,0.5,0.5,1)')$$, 'ok / active {} T3 1 0 / active {} T2 1'),
    ('agent_events', 'event agent', $$SELECT cgae.suspend('a', 'x')$$, '428C9: events are written by the registry alone / active {} T3 1 0 / pending {} T0 0')) AS v(tbl, argument, statement, said);

-- and those that sort after it
SELECT is(t.with_trigger('zzz', 'BEFORE ' || event, tbl, argument, statement),
          format('55000: trigger "zzz" on "%s" would fire after the guard "%s" / active {} T3 1 0 / pending {} T0 0', tbl, guard), format('a later BEFORE %s trigger on %s is refused', event, tbl))
  FROM (VALUES
    ('UPDATE', 'agents', 'tier', $$SELECT cgae.certify('a', '(0.5,0.5,0.5,1)')$$, 'zz_cgae_guard'),
    ('UPDATE', 'agents', 'tier', $$UPDATE cgae.agents SET balance = 1$$, 'zz_cgae_guard'),
    ('INSERT', 'agents', 'tier', $$SELECT cgae.register_agent('x', '{}')$$, 'zz_cgae_guard'),
    ('INSERT', 'certifications', 'cert tier', $$SELECT cgae.certify('a', '(0.5,0.5,0.5,1)')$$, 'zz_cgae_guard'),
    ('INSERT', 'agent_events', 'event seq', $$SELECT cgae.suspend('a', 'x')$$, 'zz_cgae_guard')) AS v(event, tbl, argument, statement, guard);
-- a guard that is there twice would judge twice
CREATE FUNCTION t.twice(tbl text, event text, guard text, statement text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
  EXECUTE format('CREATE TRIGGER zzz BEFORE %s ON cgae.%I FOR EACH ROW EXECUTE FUNCTION cgae.%I()', event, tbl, guard);
  RAISE SQLSTATE 'ROLLB' USING MESSAGE = concat_ws(' / ', t.try(statement), t.standing('a'));
EXCEPTION WHEN SQLSTATE 'ROLLB' THEN
  RETURN SQLERRM;
END $$;
SELECT is(t.twice(tbl, event, guard, statement), format('55000: trigger "zzz" on "%s" would fire after the guard "zz_cgae_guard" / active {} T3 1', tbl), format('%s twice: %s', guard, statement))
  FROM (VALUES
    ('certifications', 'INSERT', 'guard_certifications', $$SELECT cgae.certify('a', '(0.5,0.5,0.5,1)')$$),
    ('certifications', 'INSERT', 'guard_certifications', $$INSERT INTO cgae.certifications (agent_id, observed_architecture_hash) VALUES ('a', 'ffffffffffffffff')$$),
    ('agent_events', 'INSERT', 'guard_events', $$SELECT cgae.suspend('a', 'x')$$),
    ('agents', 'UPDATE', 'guard_agents', $$SELECT cgae.suspend('a', 'x')$$),
    ('agents', 'INSERT', 'guard_agents', $$SELECT cgae.register_agent('x', '{}')$$)) AS v(tbl, event, guard, statement);
SELECT is(t.with_trigger('zzz', 'AFTER UPDATE', 'agents', 'tier', $$SELECT cgae.certify('a', '(0.5,0.5,0.5,1)')$$), 'ok / active {} T2 2 0 / pending {} T0 0', 'an AFTER trigger may sort where it likes');

-- rules
CREATE FUNCTION t.with_rule(rule text, statement text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
  EXECUTE rule;
  RAISE SQLSTATE 'ROLLB' USING MESSAGE = concat_ws(' / ', t.try(statement), t.standing('a'));
EXCEPTION WHEN SQLSTATE 'ROLLB' THEN
  RETURN SQLERRM;
END $$;
SELECT is(t.with_rule('CREATE RULE r AS ON INSERT TO cgae.certifications DO INSTEAD NOTHING', $$SELECT cgae.certify('a', '(1,1,1,1)')$$),
          '27000: certification of agent "a" did not reach its guard / active {} T3 1', 'a rule that swallows certifications');
SELECT is(t.with_rule('CREATE RULE r AS ON INSERT TO cgae.agent_events DO INSTEAD NOTHING', $$SELECT cgae.suspend('a', 'x')$$),
          '27000: event 3 of agent "a" was suppressed / active {} T3 1', 'a rule that swallows events');

--
-- the guards, borrowed
--
SELECT matches(t.try('SELECT cgae.' || g || '()'), '^(0A000|39P01): ', 'calling ' || g || '()')
  FROM unnest(ARRAY['guard_agents', 'guard_certifications', 'guard_events', 'guard_policies', 'guard_append_only']) AS g;
CREATE ROLE t_stranger;
GRANT CREATE ON SCHEMA t TO t_stranger;
SET LOCAL ROLE t_stranger;
CREATE TABLE t.agents (agent_id text DEFAULT 'a', current_tier text);
CREATE TABLE t.certifications (agent_id text, seq int, outcome text, robustness cgae.robustness, tier cgae.tier, previous_tier cgae.tier, audit_type text,
  audit_details jsonb, observed_architecture_hash text, certified_at timestamptz, policy_version int, auditor text, recorded_at timestamptz, status cgae.agent_status, request_id text);
RESET ROLE;
SELECT matches(t.try('t_stranger', format('CREATE TRIGGER g BEFORE INSERT ON t.%s FOR EACH ROW EXECUTE FUNCTION cgae.%s()', tbl, g)), '^42501: permission denied for function cgae.' || g, g || ' is not for strangers')
  FROM (VALUES ('agents', 'guard_agents'), ('certifications', 'guard_certifications'), ('agents', 'guard_events'), ('agents', 'guard_policies'), ('agents', 'guard_append_only')) AS v(tbl, g);
-- even hung by somebody who may, it does nothing on another table (more in own_table.sql)
SET LOCAL ROLE t_stranger;
CREATE TABLE t.events_like (agent_id text, seq int, type text, occurred_at timestamptz, data jsonb, actor text, recorded_at timestamptz);
RESET ROLE;
CREATE TRIGGER g BEFORE INSERT ON t.certifications FOR EACH ROW EXECUTE FUNCTION cgae.guard_certifications();
CREATE TRIGGER g BEFORE INSERT ON t.events_like FOR EACH ROW EXECUTE FUNCTION cgae.guard_events();
CREATE TABLE t.agents_like (LIKE cgae.agents INCLUDING DEFAULTS);
ALTER TABLE t.agents_like OWNER TO t_stranger;
CREATE TRIGGER g BEFORE UPDATE ON t.agents_like FOR EACH ROW EXECUTE FUNCTION cgae.guard_agents();
CREATE TRIGGER h AFTER INSERT ON t.agents_like FOR EACH ROW EXECUTE FUNCTION cgae.guard_agents();
INSERT INTO before SELECT t.state();
SELECT matches(t.try('t_stranger', $$INSERT INTO t.certifications (agent_id, robustness) VALUES ('a', '(1,1,1,1)')$$), '^39P01: ', 'a borrowed guard certifies nobody');
SELECT matches(t.try('t_stranger', $$INSERT INTO t.events_like VALUES ('a', 3, 'x', now(), '{}', 'me', now())$$), '^39P01: ', '... and lets no event in');
SELECT matches(t.try('t_stranger', $$INSERT INTO t.agents_like (agent_id, model_name, architecture_hash, recorded_at, rated_policy) VALUES ('a', 'x', '0000000000000000', now(), 1)$$), '^39P01: ', '... and registers nobody');
SELECT is((SELECT count(DISTINCT state) FROM before), 1::bigint, 'nothing changed');
-- wrong events
CREATE TABLE t.wrong (agent_id text);
CREATE TRIGGER g AFTER INSERT ON t.wrong FOR EACH ROW EXECUTE FUNCTION cgae.guard_certifications();
SELECT matches(t.try($$INSERT INTO t.wrong VALUES ('a')$$), '^39P01: function cgae.guard_certifications guards cgae.certifications, not t.wrong', 'a guard on the wrong event and table says so');
DROP TRIGGER g ON t.wrong;
CREATE TRIGGER g BEFORE INSERT ON t.wrong FOR EACH ROW EXECUTE FUNCTION cgae.guard_certifications();
SELECT matches(t.try($$INSERT INTO t.wrong VALUES ('a')$$), '^39P01: ', 'a guard on a table of another shape too');

SELECT * FROM finish();
ROLLBACK;
