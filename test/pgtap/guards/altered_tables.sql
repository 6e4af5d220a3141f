-- An owner who suppresses writes, drops NOT NULL, changes types or empties tables: every function then gives an
-- answer or an error with a SQLSTATE of its own, never an internal one, and the server lives on.
\ir ../include/begin.psql
\ir ../include/registry.psql
SELECT * FROM no_plan();
SELECT t.agent(id, '(0.7,0.7,0.7,0.9)') FROM unnest('{a,b,d}'::text[]) AS id \g /dev/null
SELECT t.agent('c'), cgae.suspend('b', 'x'), cgae.deregister_agent('d'), cgae.certify('a', '(0.8,0.8,0.8,0.9)', request_id => 'r') \g /dev/null
CREATE TABLE t.orders (agent_id text);
CREATE TRIGGER need BEFORE INSERT ON t.orders FOR EACH ROW EXECUTE FUNCTION cgae.require_tier('agent_id', 'T1');
CREATE FUNCTION t.nothing() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$;

-- Updates that something of the owner's keeps from the row are no success, and say what they are.
CREATE FUNCTION t.with(made text, statement text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE said text;
BEGIN
  EXECUTE made;
  said := t.try(statement);
  RAISE SQLSTATE 'ROLLB';
EXCEPTION WHEN SQLSTATE 'ROLLB' THEN RETURN said;
END $$;
SELECT is(t.with(made, 'SELECT ' || call), said, made || ' / ' || call) FROM (VALUES
  ('CREATE TRIGGER a BEFORE UPDATE ON cgae.agents FOR EACH ROW EXECUTE FUNCTION t.nothing()')) AS m(made), (VALUES
  ($$cgae.suspend('a', 'y')$$, '27000: update of agent "a" was suppressed'),
  ($$cgae.reinstate('b', 'x')$$, '27000: update of agent "b" was suppressed'),
  ($$cgae.reinstate('b', 'y')$$, '42704: agent "b" has no hold "y"'),
  ($$cgae.update_architecture('a', '{}')$$, '27000: update of agent "a" was suppressed'),
  ($$cgae.observe_architecture('a', '0000000000000000')$$, '27000: update of agent "a" was suppressed'),
  ($$cgae.deregister_agent('a')$$, '27000: update of agent "a" was suppressed'),
  ($$cgae.deregister_agent('a', now())$$, '27000: update of agent "a" was suppressed'),
  ($$cgae.deregister_agent('nobody')$$, 'P0002: agent "nobody" is not registered')) AS c(call, said);
SELECT is(t.with(format('ALTER TABLE cgae.certifications DISABLE TRIGGER USER; ALTER TABLE cgae.certifications ALTER %I DROP NOT NULL; UPDATE cgae.certifications SET %1$I = NULL; ALTER TABLE cgae.certifications ENABLE TRIGGER USER', c),
                 $$SELECT cgae.certify('a', '(0.8,0.8,0.8,0.9)', request_id => 'r')$$),
          format('23502: certification on record for agent "a" under request_id "r" has a null %s', c), 'a record without ' || c)
  FROM unnest('{outcome,audit_type,audit_details,certified_at,auditor,recorded_at,status}'::text[]) AS c;

-- A sweep that lowers nobody, since the guard is off and the owner looks on, comes to an end.
SET LOCAL statement_timeout = '5min';
SET LOCAL jit = off;	-- compiling thousands of plans is not what is tested
SELECT is(t.with('ALTER TABLE cgae.agents DISABLE TRIGGER USER; CREATE TRIGGER z AFTER UPDATE ON cgae.agents FOR EACH ROW EXECUTE FUNCTION t.nothing()',
                 'SELECT cgae.apply_decay(now(), 1)'), 'ok', 'a sweep without its guard ends');

-- DDL that a trigger before the guard tries, or undoes, leaves the guard a table to look at.
CREATE FUNCTION t.undone() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF pg_trigger_depth() < 3 THEN
    BEGIN
      EXECUTE TG_ARGV[0];
      RAISE SQLSTATE 'UNDO0';
    EXCEPTION WHEN OTHERS THEN NULL;
    END;
  END IF;
  RETURN NEW;
END $$;
-- (42804: plpgsql itself does not know its row again)
SELECT matches(t.with(format('CREATE TRIGGER a BEFORE %s ON cgae.%s FOR EACH ROW EXECUTE FUNCTION t.undone(%L)', event, tbl, ddl), call), '^(ok$|42804: returned row)', concat_ws(' / ', event, tbl, ddl))
  FROM (VALUES ('INSERT', 'agents', $$SELECT cgae.register_agent('m', '{}', agent_id => 'y')$$), ('UPDATE', 'agents', $$SELECT cgae.certify('a', '(0.5,0.5,0.5,0.9)')$$),
               ('INSERT', 'certifications', $$SELECT cgae.certify('a', '(0.5,0.5,0.5,0.9)')$$), ('INSERT', 'agent_events', $$SELECT cgae.suspend('a', 'y')$$),
               ('INSERT', 'gate_policies', 'SELECT cgae.publish_policy(decay_rate => 0.02)'), ('INSERT', 'audit_seeds', 'SELECT cgae.rotate_audit_seed()')) AS w(event, tbl, call),
       unnest(ARRAY['DROP EXTENSION cgae CASCADE', 'DROP TABLE cgae.agent_events CASCADE', 'ALTER TABLE cgae.agents ADD COLUMN extra int', 'CREATE TRIGGER a AFTER INSERT ON cgae.agent_events FOR EACH ROW EXECUTE FUNCTION t.nothing()']) AS ddl;

-- Everything that is called after each alteration.
CREATE TABLE t.call (statement text);
INSERT INTO t.call VALUES
  ($$SELECT cgae.register_agent('m', '{}', agent_id => 'z')$$),
  ($$SELECT cgae.certify('a', '(0.5,0.5,0.5,0.9)')$$),
  ($$SELECT cgae.certify('a', '(0.8,0.8,0.8,0.9)', request_id => 'r')$$),
  ($$SELECT cgae.certify('b', '(0.5,0.5,0.5,0.9)', observed_architecture_hash => '0000000000000000')$$),
  ($$SELECT cgae.certify_many('{a,b,c}', '{"(0.5,0.5,0.5,0.9)","(0.5,0.5,0.5,0.9)","(0.5,0.5,0.5,0.9)"}', request_ids => '{r,s,NULL}')$$),
  ($$INSERT INTO cgae.certifications (agent_id, robustness) VALUES ('a', '(0.5,0.5,0.5,0.9)')$$),
  ($$UPDATE cgae.agents SET balance = balance + 1$$),
  ($$SELECT cgae.suspend('a', 'y'), cgae.reinstate('a', 'y')$$),
  ($$SELECT cgae.reinstate('b', 'x')$$),
  ($$SELECT cgae.update_architecture('a', '{"b":2}')$$),
  ($$SELECT cgae.observe_architecture('a', '0000000000000000')$$),
  ($$SELECT cgae.deregister_agent('a')$$),
  ($$SELECT cgae.apply_decay(now() + interval '300 days')$$),
  ($$SELECT cgae.publish_policy(cc => '{0,0.9,0.91,0.92,0.93,0.94}')$$),
  ($$SELECT cgae.rotate_audit_seed()$$),
  ($$SELECT * FROM cgae.due_audits(now() + interval '300 days')$$),
  ($$SELECT * FROM cgae.check_registry()$$),
  ($$SELECT cgae.permits(id, 'T1'), cgae.tier_at(id, now()) FROM unnest('{a,b,c,d}'::text[]) AS id$$),
  ($$SELECT * FROM cgae.standing_as_of(now())$$),
  ($$SELECT * FROM cgae.tier_distribution_over_time('2024-01-01', '2024-02-01', '10 days')$$),
  ($$SELECT * FROM cgae.tier_distribution()$$),
  ($$SELECT cgae.agents_by_tier(t) FROM unnest(enum_range(NULL::cgae.tier)) AS t$$),
  ($$SELECT * FROM cgae.tier_changes$$),
  ($$SELECT * FROM cgae.events$$),
  ($$SELECT cgae.policy_impact('{0,0.1,0.2,0.3,0.4,0.5}', NULL, NULL, NULL), cgae.expiring_within('1000 years')$$),
  ($$SELECT * FROM cgae.agent_standing$$),
  ($$SELECT * FROM cgae.registry_health$$),
  ($$SELECT cgae.report()$$),
  ($$SELECT cgae.gate_tier('(0.5,0.5,0.5,0.9)'), cgae.gate_tier('(0.5,0.5,0.5,0.9)', 1)$$),
  ($$SELECT cgae.upgrade_registry()$$),
  ($$INSERT INTO t.orders VALUES ('a')$$);

CREATE VIEW t.column AS
  SELECT attrelid::regclass AS tbl, attname AS col, atttypid::regtype AS type
    FROM pg_attribute WHERE attrelid IN (SELECT oid FROM pg_class WHERE relnamespace = 'cgae'::regnamespace AND relkind IN ('r', 'p') AND NOT relispartition)
     AND attnum > 0 AND NOT attisdropped;
CREATE FUNCTION t.unguarded(tbl regclass, change text) RETURNS text LANGUAGE sql AS $$
  SELECT format('ALTER TABLE %s DISABLE TRIGGER USER; %s; ALTER TABLE %1$s ENABLE TRIGGER USER', tbl, change)
$$;
CREATE TABLE t.alteration AS
  SELECT t.unguarded(tbl, format('ALTER TABLE %s ALTER %I DROP NOT NULL; UPDATE %1$s SET %2$I = NULL', tbl, col)) AS made FROM t.column
  UNION ALL
  SELECT t.unguarded(tbl, format('UPDATE %s SET %I = %L', tbl, col, value)) FROM t.column JOIN (VALUES
    ('text'::regtype, 'x'), ('int', '-1'), ('int', '2147483647'), ('numeric', 'NaN'), ('double precision', 'NaN'), ('timestamptz', 'infinity'), ('timestamptz', '-infinity'), ('text[]', '{NULL}'), ('text[]', '{{a,b},{c,d}}'),
    ('double precision[]', '{0,NULL,1}'), ('numeric[]', '{}'), ('interval', '-1 day'), ('bytea', ''), ('jsonb', '[null]'), ('json', '1'), ('cgae.agent_status', 'active'), ('cgae.agent_status', 'deregistered'), ('cgae.tier', 'T5')) AS v(type, value) USING (type)
  UNION ALL
  SELECT format('ALTER TABLE %s ALTER %I DROP DEFAULT; ALTER TABLE %1$s ALTER %2$I TYPE %3$s USING %4$L', tbl, col, other, value) FROM t.column, (VALUES ('text'::regtype, 'x'), ('bigint', '7'), ('jsonb', '{}')) AS v(other, value) WHERE type <> other
  UNION ALL
  SELECT format('ALTER TABLE %s DROP COLUMN %I CASCADE', tbl, col) FROM t.column
  UNION ALL
  SELECT t.unguarded(tbl, 'DELETE FROM ' || tbl) FROM (SELECT DISTINCT tbl FROM t.column) AS x
  UNION ALL
  SELECT t.unguarded('cgae.agent_events', format('UPDATE cgae.agent_events SET data = (SELECT jsonb_object_agg(key, %L::jsonb) FROM jsonb_each(data))', value)) FROM unnest(ARRAY['null', '-1e400', '"T9"', '[1,null]', '{}']) AS value
  UNION ALL
  SELECT format('CREATE TRIGGER a BEFORE %s ON %s FOR EACH ROW EXECUTE FUNCTION t.nothing()', event, tbl) FROM (SELECT DISTINCT tbl FROM t.column) AS x, unnest('{INSERT,UPDATE}'::text[]) AS event
  UNION ALL
  SELECT format('CREATE RULE r AS ON %s TO %s DO %s', event, tbl, action) FROM (SELECT DISTINCT tbl FROM t.column) AS x, unnest('{INSERT,UPDATE}'::text[]) AS event, unnest('{INSTEAD NOTHING,ALSO SELECT 1,INSTEAD SELECT 1}'::text[]) AS action;

CREATE TABLE t.said (made text, call text, state text, message text);
CREATE FUNCTION t.all_calls(made text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  said t.said[] := '{}';
  one t.said;
BEGIN
  BEGIN
    one.made := made;
    EXECUTE made;
    FOR one.call IN SELECT statement FROM t.call LOOP
      BEGIN
        one.state := 'ok';
        EXECUTE one.call;
        SET CONSTRAINTS ALL IMMEDIATE;
        RAISE SQLSTATE 'ROLLB';
      EXCEPTION WHEN SQLSTATE 'ROLLB' THEN NULL;
                WHEN OTHERS THEN one.state := SQLSTATE; one.message := SQLERRM;
      END;
      said := said || one;
    END LOOP;
    RAISE SQLSTATE 'ROLLB';
  EXCEPTION WHEN SQLSTATE 'ROLLB' THEN NULL;
            -- the server itself may refuse the alteration
            WHEN OTHERS THEN one.call := 'refused'; one.state := SQLSTATE; one.message := SQLERRM; said := said || one;
  END;
  INSERT INTO t.said SELECT * FROM unnest(said);
END $$;
SELECT t.state() AS state \gset
SELECT count(t.all_calls(made)) FROM t.alteration \g /dev/null
SELECT cmp_ok(count(*)::int, '>', 9000, 'calls') FROM t.said;
SELECT is((SELECT string_agg(concat_ws(' ', state, message, made, call), E'\n') FROM t.said WHERE state ~ '^(XX|P0001|57|58|2F|38|39P0[2-9])'), NULL, 'none ends in an internal error');
SELECT is((SELECT string_agg(made, E'\n') FROM t.said WHERE call = 'refused' AND state !~ '^(23|428C9|42601|42804|42P16|0A000|42P17|42830|2BP01)'), NULL, 'what is not made is not for the server''s own rules');
SELECT is(t.state(), :'state', 'what was undone is undone');
SELECT is_empty($$SELECT * FROM cgae.check_registry()$$, 'the registry is in order');

-- What a session has found out about labels holds no longer than they do.
SELECT is(cgae.permits('a', 'T1'), true, 'an active agent');
SAVEPOINT s;
ALTER TYPE cgae.agent_status RENAME VALUE 'active' TO 'inactive';
SELECT is(cgae.permits('a', 'T1'), false, 'a status that is none permits nothing');
ROLLBACK TO s;
SELECT is(cgae.permits('a', 'T1'), true, 'the status when it is back');
SELECT * FROM finish();
ROLLBACK;
