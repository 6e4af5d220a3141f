-- A call that is repeated with its request_id returns the first result and changes nothing.
\ir ../include/begin.psql
\ir ../include/registry.psql
SELECT * FROM no_plan();
SELECT t.agent(id) FROM unnest(ARRAY['a', 'b', 'c', 'd']) AS id \g /dev/null
CREATE TEMP TABLE before (state text);
CREATE FUNCTION t.twice(call text) RETURNS text LANGUAGE plpgsql AS $$	-- what both calls say, and whether the second changed anything
DECLARE first text; second text; state text;
BEGIN
  EXECUTE 'SELECT string_agg(x::text, '' '') FROM ' || call || ' AS x' INTO first;
  state := t.state();
  EXECUTE 'SELECT string_agg(x::text, '' '') FROM ' || call || ' AS x' INTO second;
  RETURN first || CASE WHEN first = second AND state = t.state() THEN ' twice' ELSE ' then ' || second END;
END $$;

SELECT is(t.twice($$cgae.certify('a', '(0.7,0.7,0.7,0.9)', request_id => 'r1')$$), '(certified,a,2,T3,active,) twice', 'certify() twice');
SELECT is(t.twice($$cgae.certify('b', '(0.9,0.9,0.9,0.9)', 'spot', cgae.architecture_hash('{"model": "b"}'), '{"n": 1.0, "m": [2]}', '2024-05-01 00:00+00', 'r1')$$),
          '(certified,b,2,T5,active,) twice', '... with all there is to say, under an id that another agent has');
SELECT is(t.twice($$cgae.certify('a', '(0.6,0.6,0.6,0.9)', request_id => 'r2')$$), '(certified,a,3,T2,active,T3) twice', 'the next one');
SELECT is(t.twice($$cgae.demote('a', '(0.3,0.3,0.3,0.9)', 'caught', request_id => 'r3')$$), '(certified,a,4,T1,active,T2) twice', 'demote()');
SELECT is(t.twice($$cgae.certify('a', '(0.9,0.9,0.9,0.1)', request_id => 'r4')$$), '(failed,a,6,T0,suspended,T1) twice', 'a failed audit');
SELECT is(t.twice($$cgae.certify('a', NULL, NULL, 'badc0ffee0ddf00d', '[]', '2000-01-01 00:00+00', 'r5')$$), '(architecture_mismatch,a,7,,suspended,T0) twice', 'drift, with whatever was wrong besides');
SELECT is((SELECT count(*)::int FROM cgae.certifications WHERE agent_id = 'a'), 5, 'each is on record once');
SELECT is(t.history('a'), '1 registration, 2 certification, 3 certification, 4 certification, 5 demotion, 6 certification, 7 architecture_mismatch', '... in a history as without');
SELECT is((SELECT string_agg(request_id, ' ' ORDER BY seq) FROM cgae.certification_history WHERE agent_id = 'a'), 'r1 r2 r3 r4 r5', '... where analysts see the ids');
SELECT is((SELECT x::text FROM cgae.certify('a', '(0.7,0.7,0.7,0.9)', request_id => 'r1') AS x), '(certified,a,2,T3,active,)', 'the first result still, also when the agent is suspended');
SELECT cgae.deregister_agent('a') \g /dev/null
SELECT is((SELECT x::text FROM cgae.certify('a', '(0.7,0.7,0.7,0.9)', request_id => 'r1') AS x), '(certified,a,2,T3,active,)', '... and when it is deregistered');
SELECT is(t.try($$SELECT cgae.certify('a', '(0.7,0.7,0.7,0.9)', request_id => 'new')$$), '55000: agent "a" is deregistered, which is final', '... which a new request is told');
SELECT is((SELECT string_agg((cgae.certify('c', '(1,1,1,1)')).seq::text, ' ') FROM generate_series(1, 2)), '2 3', 'without an id each call is another certification');

-- What is not the same
INSERT INTO before SELECT t.state();
SELECT is(t.try(format('SELECT cgae.certify(%s)', arguments)), '23505: request_id "r1" of agent "b" stands for another certification', 'another ' || what)
  FROM (VALUES ('vector', $$'b', '(0.9,0.9,0.9,0.8)', 'spot', cgae.architecture_hash('{"model": "b"}'), '{"n": 1, "m": [2]}', '2024-05-01 00:00+00', 'r1'$$),
               ('type', $$'b', '(0.9,0.9,0.9,0.9)', 'upgrade', cgae.architecture_hash('{"model": "b"}'), '{"n": 1, "m": [2]}', '2024-05-01 00:00+00', 'r1'$$),
               ('observation', $$'b', '(0.9,0.9,0.9,0.9)', 'spot', 'badc0ffee0ddf00d', '{"n": 1, "m": [2]}', '2024-05-01 00:00+00', 'r1'$$),
               ('observation: none', $$'b', '(0.9,0.9,0.9,0.9)', 'spot', NULL, '{"n": 1, "m": [2]}', '2024-05-01 00:00+00', 'r1'$$),
               ('detail', $$'b', '(0.9,0.9,0.9,0.9)', 'spot', cgae.architecture_hash('{"model": "b"}'), '{"n": 1, "m": [3]}', '2024-05-01 00:00+00', 'r1'$$),
               ('time', $$'b', '(0.9,0.9,0.9,0.9)', 'spot', cgae.architecture_hash('{"model": "b"}'), '{"n": 1, "m": [2]}', '2024-05-02 00:00+00', 'r1'$$)) AS v(what, arguments);
SELECT is((SELECT x::text FROM cgae.certify('b', '(0.9,0.9,0.9,0.9)', 'spot', cgae.architecture_digest('{"model": "b"}'), '{"m": [2], "n": 1}', '2024-05-01 01:00+01', 'r1') AS x),
          '(certified,b,2,T5,active,)', 'the same in other words');
SELECT is((SELECT x::text FROM cgae.certify('b', '(0.9,0.9,0.9,0.9)', 'spot', cgae.architecture_hash('{"model": "b"}'), '{"n": 1, "m": [2]}', NULL, 'r1') AS x),
          '(certified,b,2,T5,active,)', '... and with no time, whatever time the first call had');
SELECT is((SELECT x::text FROM cgae.certify('b', '(0.9,0.9,0.9,0.9)', NULL, cgae.architecture_digest('{"model": "b"}'), '{"m": [2], "n": 1}', NULL, 'r1') AS x),
          '(certified,b,2,T5,active,)', 'a kind and a time that are not given again are those of the first call');
SELECT is(t.fields($$SELECT cgae.certify('b', '(0.9,0.9,0.9,0.8)', request_id => 'r1')$$), 'cgae.certifications.request_id certifications_request_id_key', 'a program can tell');
SELECT is(t.try(format('SELECT cgae.certify(''b'', ''(1,1,1,1)'', request_id => %L)', id)), '23514: request_id "' || id || '" of agent "b" is blank', 'a blank id') FROM unnest(ARRAY['', E' \t']) AS id;
SELECT matches(t.try(format('SELECT cgae.certify(''b'', ''(1,1,1,1)'', request_id => %L)', repeat('x', 3000))), '^54000: agent_id and request_id have 3001 bytes together', 'an id that no index holds');
SELECT is((SELECT string_agg(t.try(format('SELECT cgae.certify(''nobody'', ''(1,1,1,1)'', request_id => %L)', id)), ' ') FROM (VALUES ('x')) AS v(id)), '23503: agent "nobody" is not registered', 'of nobody');
SELECT is(t.state(), state, 'none of it changed anything') FROM before;
SELECT is(t.try(format('SELECT cgae.certify(''d'', ''(1,1,1,1)'', request_id => %L)', (SELECT string_agg(md5(i::text), '') FROM generate_series(1, 81) AS i))), 'ok', 'the longest fits');
SELECT is((SELECT string_agg((cgae.certify('d', '(1,1,1,1)', observed_architecture_hash => 'badc0ffee0ddf00d', request_id => id)).outcome, ' ') FROM unnest(ARRAY[' ', repeat('x', 3000)]) AS id),
          'architecture_mismatch architecture_mismatch', 'drift is recorded all the same');
SELECT is((SELECT count(*)::int FROM cgae.certifications WHERE agent_id = 'd' AND request_id IS NULL), 2, '... without the id');

-- By INSERT
SELECT t.agent(id) FROM unnest(ARRAY['e', 'f', 'g', 'h']) AS id \g /dev/null
SELECT is(t.try($$INSERT INTO cgae.certifications (agent_id, robustness, request_id) VALUES ('e', '(0.7,0.7,0.7,0.9)', 'i1')$$), 'ok', 'INSERT takes an id');
TRUNCATE before; INSERT INTO before SELECT t.state();
SELECT matches(t.try(statement), '^23505: duplicate key value violates unique constraint "certifications_(request_id_key|agent_id_request_id_idx)"$', statement)
  FROM unnest(ARRAY[$$INSERT INTO cgae.certifications (agent_id, robustness, request_id) VALUES ('e', '(0.7,0.7,0.7,0.9)', 'i1')$$,
                    $$INSERT INTO cgae.certifications (agent_id, robustness, request_id) VALUES ('e', '(1,1,1,1)', 'i1')$$,
                    $$INSERT INTO cgae.certifications (agent_id, robustness, request_id) VALUES ('e', '(1,1,1,1)', 'i2'), ('e', '(1,1,1,1)', 'i1')$$,
                    $$INSERT INTO cgae.certifications (agent_id, robustness, request_id) SELECT 'e', '(1,1,1,1)', i FROM unnest('{i2,i1}'::text[]) AS i$$,
                    $$INSERT INTO cgae.certifications (agent_id, robustness, request_id, seq) VALUES ('e', '(1,1,1,1)', 'i1', 2)$$,
                    $$INSERT INTO cgae.certifications (agent_id, robustness, request_id) VALUES ('e', '(1,1,1,1)', 'i1') ON CONFLICT (agent_id, seq) DO NOTHING$$,
                    $$INSERT INTO cgae.certifications (agent_id, robustness, request_id) VALUES ('e', '(1,1,1,1)', 'i1') ON CONFLICT (agent_id, seq) DO UPDATE SET tier = 'T5'$$,
                    $$MERGE INTO cgae.certifications USING (VALUES ('e', 'i1')) AS v(a, r) ON false WHEN NOT MATCHED THEN INSERT (agent_id, robustness, request_id) VALUES (v.a, '(1,1,1,1)', v.r)$$]) AS statement;
SELECT is(t.try($$INSERT INTO cgae.certifications (agent_id, robustness, request_id) VALUES ('e', '(1,1,1,1)', 'i1') ON CONFLICT (agent_id, request_id) WHERE request_id IS NOT NULL DO UPDATE SET tier = 'T5'$$),
          '23001: rows of "certifications" cannot be updated: it keeps the registry''s history', 'DO UPDATE updates nothing');
CREATE TEMP TABLE returned (seq int, tier cgae.tier, outcome text);
CREATE FUNCTION t.stored(statement text) RETURNS int LANGUAGE plpgsql AS $$
DECLARE n int; BEGIN EXECUTE statement; GET DIAGNOSTICS n = ROW_COUNT; RETURN n; END $$;
SELECT is(t.stored(statement), 0, statement)
  FROM unnest(ARRAY[$$INSERT INTO cgae.certifications (agent_id, robustness, request_id) VALUES ('e', '(0.7,0.7,0.7,0.9)', 'i1') ON CONFLICT DO NOTHING$$,
                    $$INSERT INTO cgae.certifications (agent_id, robustness, request_id) VALUES ('e', '(1,1,1,1)', 'i1'), ('e', '(0,0,0,0)', 'i1') ON CONFLICT DO NOTHING$$,
                    $$WITH i AS (INSERT INTO cgae.certifications (agent_id, robustness, request_id) VALUES ('e', '(1,1,1,1)', 'i1') ON CONFLICT DO NOTHING RETURNING seq, tier, outcome) INSERT INTO returned SELECT * FROM i$$,
                    $$INSERT INTO cgae.certifications (agent_id, robustness, request_id) VALUES ('e', '(1,1,1,1)', 'i1') ON CONFLICT (agent_id, request_id) WHERE request_id IS NOT NULL DO NOTHING$$,
                    $$INSERT INTO cgae.certifications (agent_id, robustness, request_id) VALUES ('e', '(1,1,1,1)', 'i1') ON CONFLICT (agent_id, request_id) WHERE request_id IS NOT NULL DO UPDATE SET tier = 'T5' WHERE false$$,
                    $$INSERT INTO cgae.certifications (agent_id, robustness, request_id, observed_architecture_hash) VALUES ('e', '(1,1,1,1)', 'i1', cgae.architecture_hash('{"model": "e"}')) ON CONFLICT DO NOTHING$$]) AS statement;
SELECT is(t.fields($$INSERT INTO cgae.certifications (agent_id, robustness, request_id) VALUES ('e', '(1,1,1,1)', 'i1')$$) ~ '^cgae.certifications(_p[0-9])? certifications_', true, 'the fields are those of the index');
CREATE FUNCTION t.detail(statement text) RETURNS text LANGUAGE plpgsql AS $$DECLARE d text; BEGIN EXECUTE statement; RETURN 'ok'; EXCEPTION WHEN OTHERS THEN GET STACKED DIAGNOSTICS d = PG_EXCEPTION_DETAIL; RETURN d; END$$;
SELECT is(t.detail($$INSERT INTO cgae.certifications (agent_id, robustness, request_id) VALUES ('e', '(1,1,1,1)', 'i1')$$), 'Key (agent_id, request_id)=(e, i1) already exists.', '... and so is the detail, which clients take apart');
-- drift is not hidden behind a request that is used
SELECT is(t.try(format($$INSERT INTO cgae.certifications (agent_id, robustness, request_id, observed_architecture_hash) VALUES ('e', '(1,1,1,1)', 'i1', 'badc0ffee0ddf00d')%s$$, what)),
          '23505: request_id "i1" of agent "e" stands for another certification', 'drift under a used id' || what)
  FROM unnest(ARRAY['', ' ON CONFLICT DO NOTHING', ' ON CONFLICT (agent_id, request_id) WHERE request_id IS NOT NULL DO NOTHING']) AS what;
SELECT is((SELECT x::text FROM cgae.certify('e', '(0.7,0.7,0.7,0.9)', request_id => 'i1') AS x), '(certified,e,2,T3,active,)', 'certify() returns what an INSERT made');
SELECT is(t.state(), state, 'and nothing has changed') FROM before;
SELECT is(t.try($$INSERT INTO cgae.certifications (agent_id, robustness, request_id) VALUES ('e', '(0.8,0.8,0.8,0.9)', 'i3') ON CONFLICT DO NOTHING$$), 'ok', 'ON CONFLICT does no harm to a new one');

-- Who may certify may repeat: INSERT suffices; who may not learns nothing.
CREATE ROLE t_auditor; CREATE ROLE t_narrow; CREATE ROLE t_nobody;
GRANT USAGE ON SCHEMA cgae TO t_auditor, t_narrow, t_nobody;
GRANT INSERT ON cgae.certifications TO t_auditor;
GRANT INSERT (agent_id, robustness, audit_type, observed_architecture_hash, audit_details, certified_at) ON cgae.certifications TO t_narrow;
SELECT is((SELECT string_agg(t.try('t_auditor', $$SELECT cgae.certify('f', '(1,1,1,1)', request_id => 'p1')$$), ' ') FROM generate_series(1, 2)),
          'ok 23505: certification of agent "f" with request_id "p1" is on record already', 'INSERT suffices to certify, not to be told again what came of it');
SELECT is(t.try('t_auditor', $$INSERT INTO cgae.certifications (agent_id, robustness, request_id) VALUES ('f', '(1,1,1,1)', 'p1') ON CONFLICT DO NOTHING$$), 'ok', '... but to ask again and be told nothing');
GRANT SELECT (agent_id, seq, outcome) ON cgae.certifications TO t_auditor;
SELECT matches(t.try('t_auditor', $$SELECT cgae.certify('f', '(1,1,1,1)', request_id => 'p1')$$), '^23505: ', 'who may read a part is told nothing');
GRANT SELECT ON cgae.certifications TO t_auditor;
SELECT is((SELECT string_agg(t.try('t_auditor', $$SELECT cgae.certify('f', '(1,1,1,1)', request_id => 'p1')$$), ' ') FROM generate_series(1, 2)), 'ok ok', '... with SELECT it is');
SELECT is((SELECT count(*)::int FROM cgae.certifications WHERE agent_id = 'f'), 1, '... which records nothing');
SELECT is(t.try('t_narrow', $$SELECT cgae.certify('f', '(1,1,1,1)')$$), 'ok', 'without an id no privilege on its column is needed');
SELECT matches(t.try('t_narrow', $$SELECT cgae.certify('f', '(1,1,1,1)', request_id => 'p1')$$), '^42501: ', '... with one it is');
SELECT matches(t.try('t_nobody', $$SELECT cgae.certify('f', '(1,1,1,1)', request_id => 'p1')$$), '^42501: ', 'who may not certify may not repeat');
ALTER TABLE cgae.certifications ENABLE ROW LEVEL SECURITY;
CREATE POLICY only_g ON cgae.certifications TO t_auditor USING (agent_id = 'g') WITH CHECK (agent_id = 'g');
SELECT is((SELECT string_agg(t.try('t_auditor', $$SELECT cgae.certify('g', '(1,1,1,1)', request_id => 'p1')$$), ' ') FROM generate_series(1, 2)), 'ok ok', 'row security lets through whom it lets certify');
SELECT matches(t.try('t_auditor', $$SELECT cgae.certify('f', '(1,1,1,1)', request_id => 'p1')$$), '^42501: new row violates row-level security', '... and nobody else');
DROP POLICY only_g ON cgae.certifications;
-- two tenants, and what one of them put on record: the other learns that the id is used
SELECT t.agent('t') \g /dev/null
CREATE ROLE t_tenant;
GRANT USAGE ON SCHEMA cgae TO t_tenant;
GRANT INSERT, SELECT ON cgae.certifications TO t_tenant;
CREATE POLICY own_rows ON cgae.certifications FOR SELECT USING (auditor = current_user);
CREATE POLICY anything ON cgae.certifications FOR INSERT WITH CHECK (true);
ALTER TABLE cgae.certifications FORCE ROW LEVEL SECURITY;
SELECT is((SELECT string_agg(t.try('t_auditor', $$SELECT cgae.certify('t', '(0.9,0.9,0.9,1)', audit_details => '{"secret": 1}', request_id => 'tenant')$$), ' ') FROM generate_series(1, 2)), 'ok ok', 'a tenant repeats its own');
SELECT is(t.try('t_tenant', format($$SELECT cgae.certify('t', '(%s,0.9,0.9,1)', audit_details => '{"secret": 1}', request_id => 'tenant')$$, cc)),
          '23505: certification of agent "t" with request_id "tenant" is on record already', 'another tenant is told nothing of it, right or wrong: ' || cc) FROM unnest('{0.9,0.8}'::text[]) AS cc;
SELECT is(t.try('t_tenant', $$SELECT cgae.certify_many('{h,t}', '{"(1,1,1,1)","(0.9,0.9,0.9,1)"}', request_ids => '{tenant,tenant}')$$),
          '23505: certification of agent "t" with request_id "tenant" is on record already', '... nor by certify_many()');
SELECT is(t.try('t_tenant', $$SELECT cgae.demote('t', '(0.1,0.1,0.1,1)', request_id => 'tenant')$$), '23505: certification of agent "t" with request_id "tenant" is on record already', '... nor by demote()');
SELECT is(t.try('t_tenant', format($$INSERT INTO cgae.certifications (agent_id, robustness, request_id) VALUES ('t', '(1,1,1,1)', 'tenant') ON CONFLICT %s$$, what)), said, '... nor by ON CONFLICT ' || what)
  FROM (VALUES ('DO NOTHING', 'ok'), ($$(agent_id, request_id) WHERE request_id IS NOT NULL DO UPDATE SET tier = excluded.tier$$, '42501: permission denied for table certifications')) AS v(what, said);
ALTER TABLE cgae.certifications NO FORCE ROW LEVEL SECURITY;
DROP POLICY own_rows ON cgae.certifications; DROP POLICY anything ON cgae.certifications;
ALTER TABLE cgae.certifications DISABLE ROW LEVEL SECURITY;

-- Many
TRUNCATE before;
SELECT is(t.twice($$cgae.certify_many('{g,h,g,h}', '{"(0.7,0.7,0.7,1)","(0.3,0.3,0.3,1)","(0.5,0.5,0.5,1)","(0.1,0.1,0.1,1)"}', request_ids => '{m1,m1,m2,m2}')$$),
          '(certified,g,3,T3,active,T5) (certified,h,2,T1,active,) (certified,g,4,T2,active,T3) (certified,h,3,T0,active,T1) twice', 'certify_many() twice');
SELECT is((SELECT string_agg(x::text, ' ') FROM cgae.certify_many('{h,g,g,h,g}', '{"(0.3,0.3,0.3,1)","(0.8,0.8,0.8,1)","(0.5,0.5,0.5,1)","(1,1,1,1)","(0.8,0.8,0.8,1)"}', request_ids => '{m1,m3,m2,NULL,m3}') AS x),
          '(certified,h,2,T1,active,) (certified,g,5,T4,active,T2) (certified,g,4,T2,active,T3) (certified,h,4,T5,active,T0) (certified,g,5,T4,active,T2)', 'old and new, with and without, one twice in the call');
SELECT is((SELECT count(*)::int FROM cgae.certifications WHERE agent_id IN ('g', 'h')), 7, '... each on record once');
INSERT INTO before SELECT t.state();
SELECT is(t.try($$SELECT cgae.certify_many('{g,h}', '{"(0.7,0.7,0.7,1)","(1,1,1,1)"}', request_ids => '{m4,m2}')$$), '23505: request_id "m2" of agent "h" stands for another certification', 'all or none');
SELECT is(t.try($$SELECT cgae.certify_many('{g,g}', '{"(0.7,0.7,0.7,1)","(1,1,1,1)"}', request_ids => '{m4,m4}')$$), '23505: request_id "m4" of agent "g" stands for another certification', '... one id for two of a call');
SELECT is(t.try($$SELECT cgae.certify_many('{g,h}', '{"(0.7,0.7,0.7,1)","(1,1,1,1)"}', request_ids => '{m4}')$$), '2202E: request_ids has 1 elements, but agent_ids has 2', '... one short');
SELECT is(t.try($$SELECT cgae.certify_many('{g,h}', '{"(0.7,0.7,0.7,1)","(1,1,1,1)"}', request_ids => '{m4," "}')$$), '23514: request_id " " of agent "h" is blank', '... a blank');
SELECT is(t.state(), state, '... changed nothing') FROM before;

-- The user's own triggers and indexes
CREATE FUNCTION t.note() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN INSERT INTO fired VALUES (TG_NAME); RETURN NULL; END$$;
CREATE TEMP TABLE fired (name text);
CREATE TRIGGER stored AFTER INSERT ON cgae.certifications FOR EACH ROW EXECUTE FUNCTION t.note();
CREATE TRIGGER touched AFTER UPDATE ON cgae.agents FOR EACH STATEMENT EXECUTE FUNCTION t.note();
SELECT is((SELECT string_agg((cgae.certify('h', '(1,1,1,1)', request_id => 'u1')).seq::text, ' ') FROM generate_series(1, 3)), '5 5 5', 'called three times');
SELECT is((SELECT string_agg(name, ' ' ORDER BY name) FROM fired), 'stored touched', '... triggers see one');
DROP TRIGGER stored ON cgae.certifications; DROP TRIGGER touched ON cgae.agents;
CREATE FUNCTION t.name_it() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN NEW.request_id := 'fixed'; RETURN NEW; END$$;
CREATE TRIGGER a_name BEFORE INSERT ON cgae.certifications FOR EACH ROW EXECUTE FUNCTION t.name_it();
SELECT matches((SELECT string_agg(t.try($$SELECT cgae.certify('h', '(1,1,1,1)')$$), ' ') FROM generate_series(1, 2)), '^ok 23505: duplicate key value violates unique constraint "certifications_', 'an id that a trigger gives is as good as one in an INSERT');
DROP TRIGGER a_name ON cgae.certifications;
SELECT is((SELECT string_agg(attname, ' ' ORDER BY attnum) FROM pg_index JOIN pg_attribute ON attrelid = indexrelid WHERE indexrelid = 'cgae.certifications_request_id_key'::regclass AND indisunique), 'agent_id request_id', 'the index leads with the agent');

SELECT * FROM finish();
ROLLBACK;
