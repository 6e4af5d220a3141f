-- Code of a client's, run with the registry owner's rights?  Rows told to who may not read them?
\ir ../include/begin.psql
SELECT * FROM no_plan();
\ir ../include/owner.psql
CREATE ROLE t_writer;
CREATE ROLE t_shop;
SET LOCAL ROLE t_owner;
SELECT cgae.certify(id, '(0.7,0.7,0.7,0.7)', certified_at => '2024-01-02') FROM unnest('{a,b}'::text[]) AS id \g /dev/null
GRANT INSERT ON cgae.certifications TO t_writer;
GRANT UPDATE (current_tier, architecture_hash) ON cgae.agents TO t_writer;
RESET ROLE;

--
-- a trigger of the owner's that the guards set off: names that he left unqualified are not the client's to say
--
CREATE SCHEMA app AUTHORIZATION t_owner;
CREATE SCHEMA evil AUTHORIZATION t_auditor;
CREATE TABLE app.log (agent_id text, by text);
ALTER TABLE app.log OWNER TO t_owner;
SET LOCAL ROLE t_owner;
CREATE FUNCTION app.log() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO app.log VALUES (lower(NEW.agent_id), current_user);
  RETURN NEW;
END $$;
CREATE TRIGGER log AFTER UPDATE ON cgae.agents FOR EACH ROW EXECUTE FUNCTION app.log();
CREATE TRIGGER log AFTER INSERT ON cgae.agent_events FOR EACH ROW EXECUTE FUNCTION app.log();
SET LOCAL ROLE t_auditor;
CREATE FUNCTION evil.lower(text) RETURNS text LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'evil ran as %', current_user; END $$;
SET LOCAL search_path = evil, pg_catalog;
SELECT cgae.certify('a', '(0.5,0.5,0.5,0.7)', 'demotion') \g /dev/null
SELECT pg_catalog.current_setting('search_path') AS path \gset
RESET ROLE;
SET LOCAL search_path = public;
SELECT results_eq('SELECT agent_id, by, count(*)::int FROM app.log GROUP BY 1, 2', $$VALUES ('a', 't_owner', 2)$$, 'a shadowing function is not called');
SELECT is(:'path'::text, 'evil, pg_catalog', '... and the search_path is what it was');
SET LOCAL ROLE t_owner;
CREATE OR REPLACE FUNCTION app.log() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO log VALUES (NEW.agent_id, current_user); RETURN NEW; END $$;
RESET ROLE;
SET LOCAL search_path = app, public;
SELECT is(t.try('t_owner', $$SELECT cgae.certify('a', '(0.5,0.5,0.5,0.7)')$$), '42P01: relation "log" does not exist', 'an unqualified table is not found at all: nobody relies on one');
SET LOCAL search_path = public;
SET LOCAL ROLE t_owner;
ALTER FUNCTION app.log() SET search_path = app, pg_catalog, pg_temp;
SET LOCAL ROLE t_auditor;
CREATE TEMP TABLE log (agent_id text, by text CHECK (evil.lower(by) = by));
GRANT ALL ON log TO PUBLIC;
RESET ROLE;
SELECT is(t.try('t_auditor', $$SELECT cgae.certify('a', '(0.5,0.5,0.5,0.7)')$$), 'ok', 'a function with a search_path of its own finds its table');
SELECT is((SELECT count(*)::int FROM app.log), 3, '... and not the temporary one');
DROP TRIGGER log ON cgae.agents;
DROP TRIGGER log ON cgae.agent_events;

--
-- operators, casts and types of one's own
--
SELECT is(t.try('t_auditor', statement), said, statement) FROM (VALUES
  (1, $$CREATE FUNCTION evil.wrong(cgae.tier, cgae.tier) RETURNS bool IMMUTABLE LANGUAGE sql AS 'SELECT true'$$, 'ok'),
  (2, $$CREATE OPERATOR evil.= (LEFTARG = cgae.tier, RIGHTARG = cgae.tier, FUNCTION = evil.wrong)$$, 'ok'),
  (2, $$CREATE OPERATOR evil.>= (LEFTARG = cgae.tier, RIGHTARG = cgae.tier, FUNCTION = evil.wrong)$$, 'ok'),
  (3, $$CREATE OPERATOR evil.= (LEFTARG = text, RIGHTARG = text, FUNCTION = textne)$$, 'ok'),
  (4, $$CREATE OPERATOR evil.<= (LEFTARG = timestamptz, RIGHTARG = timestamptz, FUNCTION = timestamptz_gt)$$, 'ok'),
  (5, $$CREATE DOMAIN evil.tier AS cgae.tier DEFAULT 'T5'$$, 'ok'),
  (6, $$CREATE DOMAIN evil.robustness AS cgae.robustness CHECK (evil.lower(cgae.cc(VALUE)::text) IS NULL)$$, 'ok'),
  (7, $$CREATE AGGREGATE evil.max(cgae.tier) (SFUNC = enum_smaller, STYPE = cgae.tier)$$, 'ok'),
  (8, $$CREATE TABLE evil.agents (LIKE cgae.agents INCLUDING ALL); INSERT INTO evil.agents SELECT * FROM cgae.agents; UPDATE evil.agents SET current_tier = 'T5'$$, 'ok'),
  (9, $$CREATE TEMP TABLE agents AS SELECT * FROM evil.agents$$, 'ok')) AS v(n, statement, said) ORDER BY n;
SET LOCAL search_path = evil, pg_temp, pg_catalog, public;
SELECT cgae.effective_tier('a')::text || cgae.permits('a', 'T1') || (SELECT count(*) FROM cgae.agents_by_tier('T5')) || (SELECT current_tier::text FROM cgae.agent_standing WHERE agent_id OPERATOR(pg_catalog.=) 'a')
       || (SELECT pg_catalog.sum(agents) FROM cgae.tier_distribution() WHERE tier OPERATOR(pg_catalog.=) 'T5') AS said \gset
SET LOCAL search_path = public;
SELECT is(:'said'::text, 'T1true0T20', 'permission and reports are asked of the registry, whatever comes first in the search_path');
-- a superuser's implicit cast from our enum to text makes every comparison of that enum ambiguous, for everybody: a plain error
SAVEPOINT s;
CREATE CAST (cgae.agent_status AS text) WITH INOUT AS IMPLICIT;
SELECT matches(t.try($$SELECT 'active'::cgae.agent_status = 'active'::cgae.agent_status$$), '^(ok$|42725: )', 'the server''s own comparison');
SELECT matches(t.try($$SELECT cgae.certify('a', '(0.5,0.5,0.5,0.7)')$$), '^ok$', 'certifying compares no enum in SQL');
ROLLBACK TO s;

--
-- require_tier on a table of one's own, with odd arguments
--
GRANT CREATE ON SCHEMA evil TO t_shop;
GRANT USAGE ON SCHEMA evil TO PUBLIC;
CREATE FUNCTION t.require(arguments text, statement text DEFAULT $$INSERT INTO evil.orders VALUES ('a', 1)$$, columns text DEFAULT 'who text, n int') RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  said text;
BEGIN
  said := t.try('t_shop', format('CREATE TABLE evil.orders (%s); GRANT ALL ON evil.orders TO PUBLIC; CREATE TRIGGER g AFTER INSERT OR UPDATE ON evil.orders FOR EACH ROW EXECUTE FUNCTION cgae.require_tier(%s)', columns, arguments));
  IF said <> 'ok' THEN RETURN 'trigger: ' || said; END IF;
  said := t.try('t_writer', statement);
  RAISE SQLSTATE 'ROLLB' USING MESSAGE = said;
EXCEPTION WHEN SQLSTATE 'ROLLB' THEN
  RETURN SQLERRM;
END $$;
SELECT is(t.require($$'who', 'T1'$$), '42501: owner "t_shop" of "orders" may not read cgae.agents', 'without SELECT it tells nothing');
SELECT is(t.require($$'who', 'T1'$$, $$INSERT INTO evil.orders VALUES ('no such', 1)$$), '42501: owner "t_shop" of "orders" may not read cgae.agents', '... not even who is registered');
-- REFERENCES is worth the owner's rights: nothing of ours is had for it
GRANT REFERENCES ON cgae.agents TO t_shop;
SELECT is(t.require($$'who', 'T1'$$), '42501: owner "t_shop" of "orders" may not read cgae.agents', 'nor with REFERENCES');
REVOKE REFERENCES ON cgae.agents FROM t_shop;
GRANT SELECT ON cgae.agents TO t_shop;
-- what the referencing table's owner wrote for a foreign key to compare with, require_tier never calls
CREATE TYPE evil.t AS ENUM ('a');
ALTER TYPE evil.t OWNER TO t_shop;
CREATE TABLE evil.ran (by text);
GRANT ALL ON evil.ran TO PUBLIC;
GRANT ALL ON SCHEMA evil TO t_shop;
SELECT is(t.try('t_shop', statement), 'ok', statement) FROM unnest(ARRAY[
  $f$CREATE FUNCTION evil.c(evil.t) RETURNS text LANGUAGE plpgsql AS $$ BEGIN INSERT INTO evil.ran VALUES (current_user); RETURN 'a'; END $$ $f$,
  'CREATE CAST (evil.t AS text) WITH FUNCTION evil.c(evil.t) AS IMPLICIT']) AS statement;
SELECT is(t.require($$'who', 'T1'$$, $$INSERT INTO evil.orders VALUES ('a', 1)$$, 'who evil.t, n int'), 'ok', 'a column of a type with a cast of the shop''s own');
SELECT is((SELECT string_agg(by, ', ') FROM evil.ran), NULL, '... which nobody ran');
SELECT matches(t.require(arguments), said, 'require_tier(' || arguments || ')') FROM (VALUES
  ('', '^22023: '), ($$'who'$$, '^22023: '), ($$'who', 'T1', 'x'$$, '^22023: '), ($$'who', 'T6'$$, '^22023: '), ($$'who', 't1'$$, '^22023: '), ($$'who', ''$$, '^22023: '),
  ($$'', 'T1'$$, '^42703: '), ($$'ctid', 'T1'$$, '^42703: '), ($$'tableoid', 'T1'$$, '^42703: '), ($$'WHO', 'T1'$$, '^42703: '), ($$'who; DROP TABLE cgae.agents', 'T1'$$, '^42703: '),
  ($$'n', 'T1'$$, '^23503: agent "1" is not registered'), ($$'who', 'T0'$$, '^ok$')) AS v(arguments, said);
SELECT matches(t.require($$'who', 'T1'$$, $$INSERT INTO evil.orders VALUES (ROW('a', 1)::evil.pair, 1)$$, 'who evil.pair, n int'), 'evil.pair', 'a type that is not there');
CREATE TYPE evil.pair AS (x text, y int);
SELECT matches(t.require($$'who', 'T1'$$, $$INSERT INTO evil.orders VALUES (ROW('a', 1), 1)$$, 'who evil.pair, n int'), '^23503: agent "\(a,1\)" is not registered', 'a column of another type is taken as its text');
SELECT matches(t.require($$'who', 'T1'$$, $$INSERT INTO evil.orders (n) VALUES (1)$$, $$n int, who text GENERATED ALWAYS AS ('a' || n::text) STORED$$), '^(23503: agent "a1"|42P17|trigger: 42P17)', 'a generated column');
SELECT matches(t.require($$'who', 'T5'$$, $$INSERT INTO evil.orders VALUES ('a', 1)$$), '^42501: agent "a" does not hold tier T5, which "orders" requires$', 'who may not read agents is not told what they hold');

--
-- nor is who writes without reading
--
CREATE FUNCTION t.told(role text, statement text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  detail text;
BEGIN
  PERFORM set_config('role', role, true);
  EXECUTE statement;
  RETURN 'ok';
EXCEPTION WHEN OTHERS THEN
  GET STACKED DIAGNOSTICS detail = PG_EXCEPTION_DETAIL;
  -- rows come in any order
  RETURN concat_ws(' / ', replace(SQLERRM, 'agent "b"', 'agent "a"'), nullif(detail, ''));
END $$;
SELECT is(t.told('t_writer', statement), said, 'not told: ' || statement) FROM (VALUES
  ($$INSERT INTO cgae.certifications (agent_id, robustness, certified_at) VALUES ('a', '(1,1,1,1)', '2024-01-01 00:00:01+00')$$, 'certified_at 2024-01-01 00:00:01+00 of agent "a" is before its last certification'),
  ($$INSERT INTO cgae.certifications (agent_id, robustness, certified_at) VALUES ('a', '(1,1,1,1)', '2023-01-01 00:00+00')$$, 'certified_at 2023-01-01 00:00:00+00 of agent "a" is before its registration'),
  ($$INSERT INTO cgae.certifications (agent_id, robustness, audit_type) VALUES ('a', '(1,1,1,1)', 'demotion')$$, 'demotion of agent "a" to T5 does not lower its tier'),
  ($$INSERT INTO cgae.certifications (agent_id, robustness, previous_tier) VALUES ('a', '(1,1,1,1)', 'T5')$$, 'previous_tier T5 supplied for agent "a" disagrees with the registry'),
  ($$INSERT INTO cgae.certifications (agent_id, robustness, seq) VALUES ('a', '(1,1,1,1)', 1)$$, 'seq 1 supplied for agent "a" disagrees with the registry'),
  ($$UPDATE cgae.agents SET architecture_hash = '0000000000000000'$$, 'architecture_hash 0000000000000000 of agent "a" does not agree with its model_config'),
  ($$UPDATE cgae.agents SET current_tier = 'T5'$$, 'current_tier of agent "a" cannot be set to T5')) AS v(statement, said);
SELECT is(t.told('t_auditor', $$INSERT INTO cgae.certifications (agent_id, robustness, previous_tier) VALUES ('a', '(1,1,1,1)', 'T5')$$), 'previous_tier T5 supplied for agent "a" disagrees with the registry, which finds T2', 'who may read is told');
SELECT matches(t.told('t_auditor', $$INSERT INTO cgae.certifications (agent_id, robustness, certified_at) VALUES ('a', '(1,1,1,1)', '2024-01-02')$$), ' is before its last certification, 20', '... when the last one was');
ALTER TABLE cgae.agents ENABLE ROW LEVEL SECURITY;
CREATE POLICY b ON cgae.agents TO t_auditor USING (agent_id = 'b');
SELECT is(t.told('t_auditor', $$INSERT INTO cgae.certifications (agent_id, robustness, previous_tier) VALUES ('a', '(1,1,1,1)', 'T5')$$), 'previous_tier T5 supplied for agent "a" disagrees with the registry', '... unless row security hides some');
-- a cheap function of the client's does not see what row security and security barriers hide
CREATE TABLE t.leaked (what text);
GRANT ALL ON t.leaked TO PUBLIC;
CREATE FUNCTION t.leak(text) RETURNS bool LANGUAGE plpgsql COST 0.0000001 AS $$ BEGIN INSERT INTO t.leaked VALUES ($1); RETURN true; END $$;
SELECT is(t.try('t_auditor', $$SELECT count(*) FROM cgae.agents WHERE t.leak(agent_id)$$), 'ok', 'a leaky function over agents');
SELECT is(t.try('t_auditor', $$SELECT count(*) FROM cgae.agent_standing WHERE t.leak(agent_id)$$), 'ok', '... over a view of them');
SELECT is(t.try('t_auditor', $$SELECT count(*) FROM cgae.audit_epochs WHERE t.leak(encode(secret, 'hex')) AND t.leak('epoch ' || epoch)$$), 'ok', '... over the secrets');
SELECT is((SELECT string_agg(DISTINCT what, ', ' ORDER BY what) FROM t.leaked), 'b, epoch 1', '... sees what its reader may see');
ALTER TABLE cgae.agents DISABLE ROW LEVEL SECURITY;

--
-- the owner is trusted, but what he breaks says so
--
SELECT t.state() AS state \gset
CREATE FUNCTION t.owner_tries(statement text, then_ text DEFAULT $$SELECT cgae.certify('a', '(0.5,0.5,0.5,0.7)')$$) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  said text;
BEGIN
  said := t.try('t_owner', statement);
  IF said = 'ok' THEN said := left(t.try('t_auditor', then_), 5); END IF;
  RAISE SQLSTATE 'ROLLB' USING MESSAGE = left(said, 5);
EXCEPTION WHEN SQLSTATE 'ROLLB' THEN
  RETURN SQLERRM;
END $$;
SELECT matches(t.owner_tries(statement), '^(' || said || ')$', 'owner: ' || statement) FROM (VALUES
  ('ALTER TABLE cgae.agents DISABLE TRIGGER zz_cgae_guard', '27000'),
  ('ALTER TABLE cgae.certifications DISABLE TRIGGER zz_cgae_guard', '23502|27000'),
  ('ALTER TABLE cgae.agent_events DISABLE TRIGGER zz_cgae_guard', 'ok'),
  ('ALTER TABLE cgae.agents DISABLE TRIGGER ALL', '42501'),
  ('SET LOCAL session_replication_role = replica', '42501'),
  ('CREATE RULE r AS ON UPDATE TO cgae.agents DO INSTEAD NOTHING', '27000'),
  ('REVOKE ALL ON cgae.agents FROM t_owner', '42501'),
  ('REVOKE ALL ON cgae.agent_events FROM t_owner', 'ok'), -- no event is written here
  ('REVOKE INSERT ON cgae.certifications FROM t_auditor', '42501'),
  ('ALTER TABLE cgae.agents ALTER current_tier TYPE text', '0A000|42804|42P17'),
  ('ALTER TABLE cgae.certifications ADD COLUMN x int NOT NULL DEFAULT (1 / 0)', '22012'),
  ('ALTER TABLE cgae.certifications ADD CHECK (tier < ''T2'')', '23514'),
  ('CREATE UNIQUE INDEX ON cgae.certifications (agent_id, audit_type)', '55000')) AS v(statement, said);
SELECT CASE WHEN t.partitioned() THEN pass('a partitioned table has no children but its partitions')
            ELSE is(t.owner_tries($$CREATE TABLE app.child () INHERITS (cgae.agents); INSERT INTO app.child SELECT * FROM ONLY cgae.agents WHERE agent_id = 'a'$$), '27000', 'owner: a child with the same agent, unguarded') END;
SELECT is(t.state(), :'state', 'nothing changed');

SELECT * FROM finish();
ROLLBACK;
