-- Many certifications in one statement: what certify() does one by one.
\ir ../include/begin.psql
\ir ../include/registry.psql
SELECT * FROM no_plan();

-- Twins: a* is certified by certify_many(), b* by certify() in the same order.
INSERT INTO cgae.agents (agent_id, model_name, model_config, registered_at)
  SELECT k || i, 'm', json_build_object('n', i), '2024-01-01 00:00+00' FROM generate_series(1, 40) AS i, unnest(ARRAY['a', 'b']) AS k;
SELECT cgae.suspend(k || 3, 'review') FROM unnest(ARRAY['a', 'b']) AS k \g /dev/null
SELECT setseed(0.25) \g /dev/null
CREATE TEMP TABLE audits AS
  SELECT n, i, CASE WHEN i = 5 THEN NULL ELSE cgae.robustness(random(), random(), random(), random() ^ 0.25) END AS r,
         CASE WHEN n % 7 > 0 THEN (ARRAY['spot', 'upgrade', 'registration'])[1 + n % 3] END AS type,
         CASE WHEN i = 5 THEN 'badc0ffee0ddf00d'
              WHEN n % 5 = 0 THEN cgae.architecture_hash(json_build_object('n', CASE WHEN n % 10 = 0 THEN i ELSE -1 END)) END AS observed,
         CASE WHEN n % 4 = 0 THEN jsonb_build_object('n', n) END AS details,
         CASE WHEN i < 20 THEN '2024-02-01 00:00+00'::timestamptz + n * interval '1 minute' END AS at
    FROM (SELECT n, 1 + n * 13 % 40 AS i FROM generate_series(1, 150) AS n) AS x;
CREATE TEMP TABLE many AS
  SELECT f.* FROM (SELECT array_agg('a' || i ORDER BY n) AS ids, array_agg(r ORDER BY n) AS rs, array_agg(type ORDER BY n) AS types,
                          array_agg(observed ORDER BY n) AS observed, array_agg(details ORDER BY n) AS details, array_agg(at ORDER BY n) AS ats
                     FROM audits) AS x,
       cgae.certify_many(ids, rs, types, observed, details, ats) WITH ORDINALITY AS f;
CREATE TEMP TABLE one AS
  SELECT f.*, n AS ordinality FROM (SELECT * FROM audits ORDER BY n) AS x,
       cgae.certify('b' || i, r, type, observed, details, at) AS f;
SELECT set_eq('SELECT outcome, substr(agent_id, 2), seq, tier::text, status::text, previous_tier::text, ordinality FROM many',
              'SELECT outcome, substr(agent_id, 2), seq, tier::text, status::text, previous_tier::text, ordinality FROM one', 'the same rows, in the order of the arrays');
SELECT ok(count(*) FILTER (WHERE outcome = 'architecture_mismatch') > 10 AND count(DISTINCT tier) >= 4 AND max(seq) > 4 AND count(*) = 150, '... of all kinds') FROM many;
CREATE FUNCTION t.agents_of(k text) RETURNS SETOF jsonb LANGUAGE sql AS $$
  SELECT to_jsonb(a) - '{agent_id,registered_at,recorded_at}'::text[] - CASE WHEN certified_at > '2025-01-01' THEN '{certified_at,last_audit_at,tier_drop_at}'::text[] ELSE '{}' END
         || jsonb_build_object('id', substr(agent_id, 2)) FROM cgae.agents AS a WHERE agent_id LIKE k || '%' $$;
SELECT bag_eq($$SELECT t.agents_of('a')$$, $$SELECT t.agents_of('b')$$, 'the same agents');
CREATE FUNCTION t.audits_of(k text) RETURNS SETOF jsonb LANGUAGE sql AS $$
  SELECT to_jsonb(c) - '{agent_id,recorded_at}'::text[] - CASE WHEN certified_at > '2025-01-01' THEN 'certified_at' ELSE '' END
         || jsonb_build_object('id', substr(agent_id, 2)) FROM cgae.certifications AS c WHERE agent_id LIKE k || '%' $$;
SELECT bag_eq($$SELECT t.audits_of('a')$$, $$SELECT t.audits_of('b')$$, 'the same certifications');
SELECT is((SELECT string_agg(t.history('a' || i), ';') FROM generate_series(1, 40) AS i), (SELECT string_agg(t.history('b' || i), ';') FROM generate_series(1, 40) AS i), 'the same histories');

-- Demotions among them
SELECT t.agent(k) FROM unnest(ARRAY['x', 'y']) AS k \g /dev/null
SELECT results_eq($$SELECT agent_id, seq, tier::text, previous_tier::text FROM cgae.certify_many('{x,x,x}', '{"(1,1,1,1)","(0.7,0.7,0.7,1)","(0.4,0.4,0.4,1)"}', '{spot,demotion,demotion}', audit_details => ARRAY[NULL, '{"reason": "caught"}', NULL]::jsonb[])$$,
                  $$VALUES ('x', 2, 'T5', NULL), ('x', 3, 'T3', 'T5'), ('x', 5, 'T1', 'T3')$$, 'one agent, in the order of the arrays');
SELECT is(t.history('x'), '1 registration, 2 certification, 3 certification, 4 demotion, 5 certification, 6 demotion', '... with its demotions');
SELECT is((SELECT data ->> 'reason' FROM cgae.agent_events WHERE agent_id = 'x' AND seq = 4), 'caught', '... and their reason');

-- Nothing and one
SELECT is_empty($$SELECT * FROM cgae.certify_many('{}', '{}')$$, 'none');
SELECT is((SELECT (outcome, agent_id, tier)::text FROM cgae.certify_many('{y}', '{"(0.7,0.7,0.7,0.7)"}')), '(certified,y,T3)', 'one');

-- All or none
CREATE TEMP TABLE before AS SELECT t.state() AS state;
SELECT is(t.try(format('SELECT * FROM cgae.certify_many(%s)', arguments)), said, arguments)
  FROM (VALUES ($$'{y,nobody}', '{"(1,1,1,1)","(1,1,1,1)"}'$$, '23503: agent "nobody" is not registered'),
               ($$'{nobody}', '{"(1,1,1,1)"}'$$, '23503: agent "nobody" is not registered'),
               ($$'{y,NULL}', '{"(1,1,1,1)","(1,1,1,1)"}'$$, '22004: element 2 of agent_ids is null'),
               ($$NULL, '{"(1,1,1,1)"}'$$, '22004: argument "agent_ids" of cgae.certify_many is null'),
               ($$'{y}', NULL$$, '22004: argument "robustness" of cgae.certify_many is null'),
               ($$'{y,x}', '{"(1,1,1,1)"}'$$, '2202E: robustness has 1 elements, but agent_ids has 2'),
               ($$'{y}', '{"(1,1,1,1)"}', '{}'$$, '2202E: audit_types has 0 elements, but agent_ids has 1'),
               ($$'{{y}}', '{"(1,1,1,1)"}'$$, '2202E: agent_ids has 2 dimensions, not one'),
               ($$'{x,y}', '{"(1,1,1,1)",NULL}'$$, '23502: certification of agent "y" has no robustness vector'),
               ($$'{x,y}', '{"(1,1,1,1)","(1,1,1,1)"}', '{spot," "}'$$, '23514: audit_type of agent "y" is blank'),
               ($$'{x,y}', '{"(1,1,1,1)","(1,1,1,1)"}', '{spot,demotion}'$$, '23514: demotion of agent "y" from T3 to T5 does not lower its tier'),
               ($$'{x,y}', '{"(1,1,1,1)","(1,1,1,1)"}', NULL, '{NULL,xyz}'$$, '22P02: architecture hash "xyz" is not 16 or 64 hexadecimal digits'),
               ($$'{x,y}', '{"(1,1,1,1)","(1,1,1,1)"}', audit_details => ARRAY['{}', '[]']::jsonb[]$$, '23514: audit_details of agent "y" are not a JSON object')) AS v(arguments, said);
SELECT matches(t.try($$SELECT * FROM cgae.certify_many('{x,y}', '{"(1,1,1,1)","(1,1,1,1)"}', certified_at => ARRAY[NULL, 'infinity']::timestamptz[])$$), '^23514: certified_at infinity of agent "y" is in the future', 'the time');
SELECT is(t.state(), state, 'no refusal changed anything') FROM before;
SELECT t.agent('z') \g /dev/null
SELECT cgae.deregister_agent('z') \g /dev/null
SELECT is(t.try($$SELECT * FROM cgae.certify_many('{x,z}', '{"(1,1,1,1)","(1,1,1,1)"}')$$), '55000: agent "z" is deregistered, which is final', 'deregistered');

-- INSERT on certifications is all it takes, and row security is heeded.
CREATE ROLE t_auditor;
GRANT USAGE ON SCHEMA cgae TO t_auditor;
SELECT matches(t.try('t_auditor', $$SELECT * FROM cgae.certify_many('{x,y}', '{"(1,1,1,1)","(1,1,1,1)"}')$$), '^42501: ', 'not without the privilege');
GRANT INSERT ON cgae.certifications TO t_auditor;
SELECT is(t.try('t_auditor', $$SELECT * FROM cgae.certify_many('{x,y}', '{"(1,1,1,1)","(1,1,1,1)"}')$$), 'ok', 'INSERT suffices');
SELECT is((SELECT string_agg(DISTINCT auditor, ' ') FROM cgae.certifications WHERE (agent_id, seq) IN (SELECT agent_id, last_seq FROM cgae.agents WHERE agent_id IN ('x', 'y'))), 't_auditor', '... and is on record');
ALTER TABLE cgae.certifications ENABLE ROW LEVEL SECURITY;
CREATE POLICY only_x ON cgae.certifications FOR INSERT TO t_auditor WITH CHECK (agent_id = 'x');
TRUNCATE before; INSERT INTO before SELECT t.state();
SELECT matches(t.try('t_auditor', $$SELECT * FROM cgae.certify_many('{x,y}', '{"(1,1,1,1)","(1,1,1,1)"}')$$), '^42501: ', 'a policy on certifications');
SELECT is(t.state(), state, '... undoes the whole batch') FROM before;
DROP POLICY only_x ON cgae.certifications;
ALTER TABLE cgae.certifications DISABLE ROW LEVEL SECURITY;

-- The user's own triggers have their say, on both tables.
CREATE FUNCTION t.lower_it() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN NEW.robustness := '(0.4,0.4,0.4,1)'; RETURN NEW; END$$;
CREATE TRIGGER a_lower BEFORE INSERT ON cgae.certifications FOR EACH ROW EXECUTE FUNCTION t.lower_it();
SELECT is((SELECT string_agg(tier::text, ' ') FROM cgae.certify_many('{y,x,y}', '{"(1,1,1,1)","(1,1,1,1)","(1,1,1,1)"}')), 'T1 T1 T1', 'what a BEFORE trigger makes of the row is judged');
SELECT is((SELECT count(*)::int FROM cgae.agents WHERE agent_id IN ('x', 'y') AND current_robustness::text = '(0.4,0.4,0.4,1)'), 2, '... for the agent too');
DROP TRIGGER a_lower ON cgae.certifications;
CREATE FUNCTION t.drop_y() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN RETURN CASE NEW.agent_id WHEN 'y' THEN NULL ELSE NEW END; END$$;
CREATE TRIGGER a_drop BEFORE INSERT ON cgae.certifications FOR EACH ROW EXECUTE FUNCTION t.drop_y();
TRUNCATE before; INSERT INTO before SELECT t.state();
SELECT is(t.try($$SELECT * FROM cgae.certify_many('{x,y,x}', '{"(1,1,1,1)","(1,1,1,1)","(1,1,1,1)"}')$$), '27000: certification of agent "y" did not reach its guard', 'a row that a trigger drops is an error');
DROP TRIGGER a_drop ON cgae.certifications;
CREATE TRIGGER a_drop BEFORE UPDATE ON cgae.agents FOR EACH ROW EXECUTE FUNCTION t.drop_y();
SELECT is(t.try($$SELECT * FROM cgae.certify_many('{x,y}', '{"(1,1,1,1)","(1,1,1,1)"}')$$), '27000: update of agent "y" by its certification was suppressed', 'so is an agent whose update one suppresses');
DROP TRIGGER a_drop ON cgae.agents;
CREATE FUNCTION t.meddle() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN UPDATE cgae.agents SET model_name = 'meddled' WHERE agent_id = 'y'; RETURN NEW; END$$;
CREATE TRIGGER a_meddle BEFORE UPDATE ON cgae.agents FOR EACH ROW WHEN (OLD.agent_id = 'x') EXECUTE FUNCTION t.meddle();
SELECT is((SELECT string_agg(tier::text, ' ') FROM cgae.certify_many('{x,y}', '{"(1,1,1,1)","(0.7,0.7,0.7,1)"}')), 'T5 T3', 'an update of another agent in between is not taken for the batch''s');
SELECT is((SELECT (model_name, current_tier)::text FROM cgae.agents WHERE agent_id = 'y'), '(meddled,T3)', '... and stands');
DROP TRIGGER a_meddle ON cgae.agents;
CREATE RULE no_y AS ON INSERT TO cgae.certifications WHERE NEW.agent_id = 'y' DO INSTEAD NOTHING;
TRUNCATE before; INSERT INTO before SELECT t.state();
SELECT is(t.try($$SELECT * FROM cgae.certify_many('{x,y}', '{"(1,1,1,1)","(1,1,1,1)"}')$$), '27000: certification of agent "y" did not reach its guard', 'a rule that takes rows away is an error');
SELECT is(t.state(), state, '... that changes nothing') FROM before;
DROP RULE no_y ON cgae.certifications;

-- Every agent is updated once, however many are certified.
SELECT t.agent('many' || i) FROM generate_series(1, 50) AS i \g /dev/null
CREATE FUNCTION t.count() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN INSERT INTO statements VALUES (TG_TABLE_NAME); RETURN NULL; END$$;
CREATE TEMP TABLE statements (name text);
CREATE TRIGGER a_count AFTER UPDATE ON cgae.agents FOR EACH STATEMENT EXECUTE FUNCTION t.count();
CREATE TRIGGER a_count AFTER INSERT ON cgae.certifications FOR EACH STATEMENT EXECUTE FUNCTION t.count();
SELECT count(*) FROM cgae.certify_many(ARRAY(SELECT 'many' || i FROM generate_series(1, 50) AS i), array_fill('(1,1,1,1)'::cgae.robustness, ARRAY[50])) \g /dev/null
SELECT is((SELECT string_agg(name, ' ' ORDER BY name) FROM statements), 'agents certifications', 'two statements for fifty agents');

SELECT * FROM finish();
ROLLBACK;
