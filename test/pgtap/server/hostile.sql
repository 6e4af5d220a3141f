-- A search_path full of traps: objects of the same names as what the registry uses, found first.
\ir ../include/begin.psql
SELECT * FROM no_plan();
SET LOCAL client_min_messages = error;

CREATE SCHEMA evil;
GRANT USAGE ON SCHEMA evil TO PUBLIC;
-- every trap raises, so that nothing that steps into one looks like success
DO $$
DECLARE
  r record;
  body text := $body$ LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION ''trapped''; END' $body$;
BEGIN
  -- functions, by the signatures that calls would match best
  FOR r IN SELECT * FROM (VALUES
      ('now()', 'timestamptz'), ('clock_timestamp()', 'timestamptz'), ('gen_random_uuid()', 'uuid'), ('substr(text, int, int)', 'text'), ('replace(text, text, text)', 'text'),
      ('lower(text)', 'text'), ('array_append(text[], text)', 'text[]'), ('array_remove(text[], text)', 'text[]'), ('count()', 'bigint'), ('current_user()', 'text'),
      ('jsonb_typeof(jsonb)', 'text'), ('json_typeof(json)', 'text'), ('jsonb_build_object(text, cgae.tier, text, text, text, jsonb)', 'jsonb'),
      ('jsonb_build_object(text, text, text, text, text, text)', 'jsonb'), ('trim_scale(numeric)', 'numeric'), ('aclexplode(aclitem[])', 'text'), ('date_part(text, timestamptz)', 'float8'),
      ('extract(text, timestamptz)', 'numeric'), ('int4(numeric)', 'int'), ('text(cgae.tier)', 'text'), ('robustness(float8, float8, float8, float8)', 'cgae.robustness'),
      ('gate_tier(cgae.robustness)', 'cgae.tier'), ('architecture_hash(json)', 'text'), ('certify(text, cgae.robustness)', 'text'), ('register_agent(text, json)', 'text'),
      ('guard_agents()', 'trigger'), ('guard_certifications()', 'trigger'), ('guard_events()', 'trigger'), ('guard_policies()', 'trigger'), ('guard_append_only()', 'trigger'),
      ('enum_smaller(cgae.tier, cgae.tier)', 'cgae.tier'), ('has_table_privilege(text, text)', 'boolean')) AS v(signature, result) LOOP
    EXECUTE format('CREATE FUNCTION evil.%s RETURNS %s %s', r.signature, r.result, body);
  END LOOP;
  -- operators, exact for the types at hand, where pg_catalog's are polymorphic or need a cast
  FOR r IN SELECT * FROM (VALUES
      ('=', 'text', 'text', 'boolean'), ('<>', 'text', 'text', 'boolean'), ('<', 'text', 'text', 'boolean'), ('=', 'int', 'int', 'boolean'), ('<', 'int', 'int', 'boolean'),
      ('=', 'cgae.tier', 'cgae.tier', 'boolean'), ('<', 'cgae.tier', 'cgae.tier', 'boolean'), ('=', 'cgae.agent_status', 'cgae.agent_status', 'boolean'),
      ('<>', 'cgae.agent_status', 'cgae.agent_status', 'boolean'), ('=', 'text[]', 'text[]', 'boolean'), ('<>', 'text[]', 'text[]', 'boolean'), ('||', 'text', 'text', 'text'),
      ('||', 'text[]', 'text[]', 'text[]'), ('->>', 'jsonb', 'text', 'text'), ('->', 'jsonb', 'text', 'jsonb'), ('=', 'cgae.robustness', 'cgae.robustness', 'boolean'),
      ('=', 'name', 'name', 'boolean'), ('=', 'oid', 'oid', 'boolean'), ('=', 'timestamptz', 'timestamptz', 'boolean'), ('>=', 'numeric', 'numeric', 'boolean'),
      ('<', 'numeric', 'numeric', 'boolean')) AS v(op, l, r, result) LOOP
    EXECUTE format('CREATE FUNCTION evil.op_%s(%s, %s) RETURNS %s %s', md5(r.op || r.l), r.l, r.r, r.result, body);
    EXECUTE format('CREATE OPERATOR evil.%s (LEFTARG = %s, RIGHTARG = %s, FUNCTION = evil.op_%s)', r.op, r.l, r.r, md5(r.op || r.l));
  END LOOP;
  -- types and relations
  FOR r IN SELECT unnest(ARRAY['tier', 'agent_status', 'robustness', 'text', 'json', 'jsonb', 'int4', 'float8', 'timestamptz', 'robustness_scores']) AS name LOOP
    EXECUTE format('CREATE DOMAIN evil.%I AS pg_catalog.int2 CHECK (false)', r.name);
  END LOOP;
  FOR r IN SELECT unnest(ARRAY['agents', 'certifications', 'agent_events', 'gate_policies', 'registry_layout', 'events', 'pg_class', 'pg_attribute', 'pg_type']) AS name LOOP
    EXECUTE format('CREATE TABLE evil.%I (version int, agent_id text)', r.name);
    EXECUTE format('CREATE TEMP TABLE %I (version int, agent_id text)', r.name);
  END LOOP;
END $$;
CREATE DOMAIN pg_temp.tier AS pg_catalog.int2 CHECK (false);
CREATE DOMAIN pg_temp.robustness AS pg_catalog.int2 CHECK (false);
-- Casts that nobody but a superuser could make take no part in what the registry does.  (An implicit
-- one from an enum to text is not among them: it makes every comparison of that enum ambiguous.)
CREATE FUNCTION evil.to_tier(pg_catalog.text) RETURNS cgae.tier LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION ''trapped''; END';
CREATE FUNCTION evil.to_status(pg_catalog.text) RETURNS cgae.agent_status LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION ''trapped''; END';
CREATE FUNCTION evil.to_text(cgae.tier) RETURNS pg_catalog.text LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION ''trapped''; END';
CREATE FUNCTION evil.status_to_text(cgae.agent_status) RETURNS pg_catalog.text LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION ''trapped''; END';
CREATE FUNCTION evil.to_robustness(pg_catalog.text) RETURNS cgae.robustness LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION ''trapped''; END';
CREATE CAST (pg_catalog.text AS cgae.tier) WITH FUNCTION evil.to_tier(pg_catalog.text) AS IMPLICIT;
CREATE CAST (pg_catalog.text AS cgae.agent_status) WITH FUNCTION evil.to_status(pg_catalog.text) AS IMPLICIT;
CREATE CAST (cgae.tier AS pg_catalog.text) WITH FUNCTION evil.to_text(cgae.tier) AS ASSIGNMENT;
CREATE CAST (cgae.agent_status AS pg_catalog.text) WITH FUNCTION evil.status_to_text(cgae.agent_status) AS ASSIGNMENT;
CREATE CAST (pg_catalog.text AS cgae.robustness) WITH FUNCTION evil.to_robustness(pg_catalog.text) AS IMPLICIT;

-- Run a statement with the traps first.
CREATE FUNCTION t.hostile(role text, statement text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
  BEGIN
    IF role IS NOT NULL THEN
      PERFORM pg_catalog.set_config('role', role, true);
    END IF;
    PERFORM pg_catalog.set_config('search_path', 'evil, pg_temp, pg_catalog', true);
    EXECUTE statement;
    PERFORM pg_catalog.set_config('search_path', 'public, pg_catalog', true);
    PERFORM pg_catalog.set_config('role', 'none', true);
    RETURN 'ok';
  EXCEPTION WHEN OTHERS THEN
    RETURN SQLSTATE || ': ' || SQLERRM;
  END;
END $$;

SELECT is(t.hostile(NULL, $$SELECT now()$$), 'P0001: trapped', 'the traps work');
SELECT is(t.hostile(NULL, $$SELECT 'a'::pg_catalog.text = 'b'::pg_catalog.text$$), 'P0001: trapped', '... operators too');
-- everything, first thing in this session, so that every plan is made with the traps in sight
SELECT is(t.hostile(NULL, 'SELECT cgae.create_registry()'), 'ok', 'create_registry()');
CREATE ROLE t_auditor;
CREATE ROLE t_operator;
CREATE ROLE t_registrar;
SELECT is(t.hostile(role, statement), said, statement) FROM (VALUES
  (1, NULL, $$SELECT cgae.grant_access('t_auditor', 'auditor'), cgae.grant_access('t_operator', 'operator'), cgae.grant_access('t_registrar', 'registrar')$$, 'ok'),
  (2, 't_registrar', $$SELECT cgae.register_agent('m', '{"a": 1}', agent_id => 'a', registered_at => '2024-01-01 00:00+00')$$, 'ok'),
  (3, 't_registrar', $$SELECT cgae.register_agent('m', '{"a": 1}')$$, 'ok'),
  (4, 't_registrar', $$INSERT INTO cgae.agents (agent_id, model_name, model_config) VALUES ('b', 'm', '{"b": 1}')$$, 'ok'),
  (5, 't_registrar', $$INSERT INTO cgae.agents (model_name, architecture_hash) VALUES ('m', 'ABCDEF0123456789')$$, 'ok'),
  (6, 't_auditor', $$SELECT cgae.certify('a', '(0.7,0.7,0.7,0.7)')$$, 'ok'),
  (7, 't_auditor', $$INSERT INTO cgae.certifications (agent_id, robustness) VALUES ('b', '(0.9,0.9,0.9,0.9)')$$, 'ok'),
  (8, 't_auditor', $$SELECT cgae.demote('b', '(0.3,0.3,0.3,0.9)')$$, 'ok'),
  (9, 't_auditor', $$SELECT cgae.observe_architecture('b', '0000000000000000')$$, 'ok'),
  (10, 't_operator', $$SELECT cgae.suspend('a', 'x')$$, 'ok'),
  (11, 't_operator', $$SELECT cgae.reinstate('a', 'x')$$, 'ok'),
  (12, 't_operator', $$SELECT cgae.update_architecture('a', '{"a": 2}')$$, 'ok'),
  (13, 't_operator', $$SELECT cgae.agent_record('a'), cgae.audit_cid('a')$$, 'ok'),
  (14, 't_operator', $$SELECT * FROM cgae.tier_distribution()$$, 'ok'),
  (15, 't_operator', $$SELECT * FROM cgae.agents_by_tier('T3')$$, 'ok'),
  (16, 't_operator', $$SELECT * FROM cgae.events$$, 'ok'),
  (17, 't_operator', $$SELECT cgae.deregister_agent('a')$$, 'ok'),
  (18, NULL, $$SELECT cgae.gate_detail('(1,1,1,1)'), cgae.gate_tier('(1,1,1,1)', 1), cgae.gate_tier('(1,1,1,1)', '{0,.3,.5,.65,.8,.9}', '{0,.3,.5,.65,.8,.9}', '{0,.25,.45,.6,.75,.85}', 0.5),
                      cgae.budget_ceiling('T5'), cgae.chain_tier('{}'), cgae.chain_tier_agg('(1,1,1,1)'), cgae.aggregate_safety('(1,1,1,1)', 1)$$, 'ok'),
  (19, NULL, $$SELECT cgae.architecture_hash('{}'), cgae.canonical_json('{}'), cgae.architecture_digest_jsonb('{}')$$, 'ok'),
  (20, NULL, $$SELECT CAST(CAST('{"cc": 1, "er": 1, "as": 1, "ih": 1}' AS pg_catalog.jsonb) AS cgae.robustness), CAST(cgae.robustness(1, 1, 1, 1) AS pg_catalog.jsonb)$$, 'ok'),
  (21, NULL, $$SELECT cgae.revoke_access('t_registrar', 'registrar'), cgae.revoke_access('t_auditor')$$, 'ok'),
  (22, NULL, $$SELECT cgae.publish_policy()$$, 'ok'),
  (23, NULL, $$SELECT cgae.create_registry()$$, '42710: the agent registry of this database already exists'),
  (24, NULL, $$UPDATE cgae.agents SET balance = -1 WHERE agent_id OPERATOR(pg_catalog.=) 'a'$$, '23514: balance of agent "a" is -1, which is negative')) AS v(n, role, statement, said)
  ORDER BY n;
DROP CAST (cgae.tier AS pg_catalog.text);
DROP CAST (cgae.agent_status AS pg_catalog.text);
SELECT is(t.standing('a') || ' / ' || t.history('a'),
          'deregistered {architecture_drift} T3 1 / 1 registration, 2 certification, 3 suspension, 4 reinstatement, 5 architecture_update, 6 deregistration', 'all of it happened');
SELECT is(t.standing('b') || ' / ' || t.history('b'), 'suspended {architecture_drift} T0 2 / 1 registration, 2 certification, 3 certification, 4 demotion, 5 architecture_mismatch, 6 decay', '... to both');
SELECT is((SELECT sum(n) FROM (SELECT count(*) AS n FROM evil.agents UNION ALL SELECT count(*) FROM evil.certifications UNION ALL SELECT count(*) FROM pg_temp.agents) AS x), 0::numeric, 'the decoys are empty');

-- nothing that create_registry() made depends on a trap
DROP TABLE pg_temp.pg_class, pg_temp.pg_attribute, pg_temp.pg_type;
SELECT is((SELECT string_agg(pg_describe_object(classid, objid, objsubid), ', ') FROM pg_depend
            WHERE refobjid IN (SELECT oid FROM pg_proc WHERE pronamespace = 'evil'::regnamespace UNION ALL SELECT oid FROM pg_operator WHERE oprnamespace = 'evil'::regnamespace
                               UNION ALL SELECT oid FROM pg_type WHERE typnamespace = 'evil'::regnamespace UNION ALL SELECT oid FROM pg_class WHERE relnamespace = 'evil'::regnamespace)
              AND (classid, objid) IN (SELECT 'pg_class'::regclass::oid, oid FROM pg_class WHERE relnamespace = 'cgae'::regnamespace
                            UNION ALL SELECT 'pg_constraint'::regclass::oid, oid FROM pg_constraint WHERE connamespace = 'cgae'::regnamespace
                            UNION ALL SELECT 'pg_rewrite'::regclass::oid, oid FROM pg_rewrite UNION ALL SELECT 'pg_attrdef'::regclass::oid, oid FROM pg_attrdef
                            UNION ALL SELECT 'pg_trigger'::regclass::oid, oid FROM pg_trigger)), NULL, 'no object of the registry refers to a trap');
SELECT is((SELECT string_agg(DISTINCT p.pronamespace::regnamespace::text, ',') FROM pg_trigger AS g JOIN pg_proc AS p ON p.oid = tgfoid
            JOIN pg_class AS c ON c.oid = tgrelid WHERE relnamespace = 'cgae'::regnamespace AND NOT tgisinternal), 'cgae', 'the guards are the extension''s');

SELECT * FROM finish();
ROLLBACK;
