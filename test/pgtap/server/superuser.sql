-- A superuser asks a registry of somebody else's, who has put traps into every place where a table holds code: none
-- runs as the superuser.  And the superuser is named for what he did, for nothing that the owner's code did meanwhile.
\ir ../include/begin.psql
SELECT * FROM no_plan();
\ir ../include/owner.psql
SELECT current_user AS me \gset
CREATE SCHEMA app AUTHORIZATION t_owner;
SET LOCAL ROLE t_owner;
SELECT cgae.certify('a', '(0.7,0.7,0.7,0.9)', certified_at => '2024-01-02', request_id => 'r'), cgae.register_agent('m', '{}', agent_id => 'c') \g /dev/null
SELECT cgae.suspend('b', 'x') \g /dev/null

-- What a trap does: count that it ran, and as a superuser; the counts outlive an error.
CREATE SEQUENCE app.ran;
CREATE SEQUENCE app.sprung;
CREATE FUNCTION app.trap() RETURNS bool LANGUAGE plpgsql AS $$
BEGIN
  PERFORM nextval('app.ran');
  IF (SELECT rolsuper FROM pg_catalog.pg_roles WHERE rolname = current_user) THEN PERFORM nextval('app.sprung'); END IF;
  RETURN true;
END $$;
CREATE FUNCTION app.fold(int) RETURNS text LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN PERFORM app.trap(); RETURN 'x'; END $$;
CREATE FUNCTION app.say(text) RETURNS text LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN PERFORM app.trap(); RETURN $1; END $$;
CREATE FUNCTION app.compare(text, text) RETURNS int LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN PERFORM app.trap(); RETURN pg_catalog.bttextcmp($1, $2); END $$;
CREATE FUNCTION app.fire() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM app.trap(); RETURN NEW; END $$;
CREATE DOMAIN app.dom AS text CHECK (app.trap());
CREATE TYPE app.own AS (x text);
DO $$
DECLARE
  type text;
BEGIN
  FOREACH type IN ARRAY '{text,int,bigint,timestamptz,numeric,json,jsonb,bytea,float8,interval,text[],float8[],numeric[],cgae.tier,cgae.agent_status,cgae.robustness}'::text[] LOOP
    EXECUTE format('CREATE FUNCTION app.of(app.own, %s DEFAULT NULL) RETURNS %1$s LANGUAGE plpgsql IMMUTABLE AS $f$ BEGIN PERFORM app.trap(); RETURN ($1).x; END $f$', type);
    EXECUTE format('CREATE FUNCTION app.to_%s(app.own) RETURNS %s LANGUAGE plpgsql IMMUTABLE AS $f$ BEGIN PERFORM app.trap(); RETURN ($1).x; END $f$', md5(type), type);
    EXECUTE format('CREATE CAST (app.own AS %s) WITH FUNCTION app.to_%s(app.own) AS IMPLICIT', type, md5(type));
  END LOOP;
END $$;
RESET ROLE;
CREATE OPERATOR CLASS app.ops FOR TYPE text USING btree AS OPERATOR 1 <, OPERATOR 2 <=, OPERATOR 3 =, OPERATOR 4 >=, OPERATOR 5 >, FUNCTION 1 app.compare(text, text);

CREATE TABLE t.trap (id int GENERATED ALWAYS AS IDENTITY, made text);
CREATE TEMP VIEW tabs AS SELECT * FROM (VALUES ('agents', 'model_name'), ('certifications', 'agent_id'), ('agent_events', 'agent_id'), ('gate_policies', 'note'), ('audit_seeds', 'commitment')) AS v(tab, col);
INSERT INTO t.trap (made)
  SELECT format(made, tab, col) FROM tabs, (VALUES
    ('ALTER TABLE cgae.%s RENAME TO kept; CREATE VIEW cgae.%1$s AS SELECT * FROM cgae.kept WHERE app.trap()'),
    ('ALTER TABLE cgae.%s RENAME TO kept; CREATE MATERIALIZED VIEW cgae.%1$s AS SELECT * FROM cgae.kept; CREATE INDEX ON cgae.%1$s ((app.fold(1)))'),
    ('ALTER TABLE cgae.%s RENAME TO kept; CREATE TABLE cgae.%1$s AS SELECT * FROM cgae.kept; CREATE INDEX ON cgae.%1$s ((app.fold(1)))'),
    ('CREATE INDEX ON cgae.%s ((app.fold(1)))'),
    ('CREATE INDEX ON cgae.%s ((%2$s || app.fold(1)))'),
    ('CREATE INDEX ON cgae.%s ((1)) WHERE app.fold(1) = ''x'''),
    ('CREATE STATISTICS app.s ON (app.fold(1) || %2$s), (app.say(%2$s)) FROM cgae.%1$s'),
    ('ALTER TABLE cgae.%s ADD own text GENERATED ALWAYS AS (app.say(''x'')) STORED'),
    ('ALTER TABLE cgae.%s ADD own text; ALTER TABLE cgae.%1$s ALTER own SET DEFAULT app.trap()::text'),
    ('ALTER TABLE cgae.%s ADD own app.dom DEFAULT ''x'''),
    ('ALTER TABLE cgae.%s ADD CHECK (app.trap()) NOT VALID'),
    ('ALTER TABLE cgae.%s ENABLE ROW LEVEL SECURITY; ALTER TABLE cgae.%1$s FORCE ROW LEVEL SECURITY; CREATE POLICY p ON cgae.%1$s USING (app.trap()) WITH CHECK (app.trap())'),
    ('CREATE TRIGGER a BEFORE INSERT OR UPDATE ON cgae.%s FOR EACH ROW EXECUTE FUNCTION app.fire()'),
    ('CREATE TRIGGER a BEFORE INSERT OR UPDATE ON cgae.%s FOR EACH ROW WHEN (app.trap()) EXECUTE FUNCTION app.fire()'),
    ('CREATE TRIGGER a AFTER INSERT OR UPDATE ON cgae.%s FOR EACH ROW EXECUTE FUNCTION app.fire()'),
    ('CREATE TRIGGER a BEFORE INSERT OR UPDATE ON cgae.%s FOR EACH STATEMENT EXECUTE FUNCTION app.fire()'),
    ('CREATE CONSTRAINT TRIGGER a AFTER INSERT OR UPDATE ON cgae.%s DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION app.fire()'),
    ('CREATE RULE a AS ON INSERT TO cgae.%s DO ALSO SELECT app.trap()'),
    ('CREATE RULE a AS ON UPDATE TO cgae.%s DO ALSO SELECT app.trap()'),
    ('CREATE RULE a AS ON UPDATE TO cgae.%s DO INSTEAD SELECT app.trap()')) AS m(made);
INSERT INTO t.trap (made) VALUES
  ('CREATE INDEX ON cgae.agents (agent_id app.ops)'), ('CREATE INDEX ON cgae.certifications (agent_id app.ops)'), ('CREATE INDEX ON cgae.agents (app.say(model_name))'),
  ('DROP VIEW cgae.audit_epochs CASCADE; CREATE VIEW cgae.audit_epochs AS SELECT epoch, commitment, created_at, revealed_at, secret FROM cgae.audit_seeds WHERE app.trap()'),
  ('DROP VIEW cgae.expiring_agents; CREATE VIEW cgae.expiring_agents AS SELECT agent_id, model_name, current_tier, current_tier AS effective_tier, tier_drop_at, current_tier AS falls_to, interval ''1 day'' AS time_left FROM cgae.agents WHERE app.trap()'),
  ('DROP VIEW cgae.expiring_agents; CREATE VIEW cgae.expiring_agents AS SELECT 1 AS agent_id, 2 AS model_name, 3 AS current_tier, 4 AS effective_tier, now() AS tier_drop_at, 5 AS falls_to, 6 AS time_left'),
  ('CREATE TABLE app.child () INHERITS (cgae.agents); CREATE INDEX ON app.child ((app.fold(1)))');
-- a column of the owner's own type, in a table of the owner's or where it was
INSERT INTO t.trap (made)
  SELECT format('ALTER TABLE cgae.%s RENAME TO kept; CREATE TABLE cgae.%1$s (LIKE cgae.kept); ALTER TABLE cgae.%1$s DROP COLUMN %I; ALTER TABLE cgae.%1$s ADD %2$I app.own; INSERT INTO cgae.%1$s (%3$s, %2$I) SELECT %3$s, ROW(%2$I::text)::app.own FROM cgae.kept',
                tab, attname, (SELECT string_agg(quote_ident(o.attname), ', ') FROM pg_attribute AS o WHERE o.attrelid = a.attrelid AND o.attnum > 0 AND NOT o.attisdropped AND o.attnum <> a.attnum))
    FROM tabs, pg_attribute AS a WHERE attrelid = ('cgae.' || tab)::regclass AND attnum > 0 AND NOT attisdropped;

-- Every function of ours that reads or writes the registry.
CREATE TABLE t.call (statement text);
INSERT INTO t.call VALUES
  ($$SELECT cgae.register_agent('m', '{}', agent_id => 'z')$$),
  ($$SELECT cgae.certify('a', '(0.8,0.7,0.7,0.9)')$$),
  ($$SELECT cgae.certify('a', '(0.7,0.7,0.7,0.9)', certified_at => '2024-01-02', request_id => 'r')$$),
  ($$SELECT cgae.certify('a', '(0.7,0.7,0.7,0.9)', observed_architecture_hash => '0000000000000000')$$),
  ($$SELECT cgae.certify_many('{a,c}', '{"(0.5,0.5,0.5,0.9)","(0.5,0.5,0.5,0.9)"}', request_ids => '{s,NULL}')$$),
  ($$SELECT cgae.certify_many('{a,c}', '{"(0.5,0.5,0.5,0.9)","(0.5,0.5,0.5,0.9)"}')$$),
  ($$SELECT cgae.demote('a', '(0.3,0.3,0.3,0.9)')$$),
  ($$SELECT cgae.suspend('a', 'y')$$), ($$SELECT cgae.reinstate('b', 'x')$$), ($$SELECT cgae.update_architecture('a', '{"b":2}')$$),
  ($$SELECT cgae.observe_architecture('a', cgae.architecture_hash('{}'))$$), ($$SELECT cgae.observe_architecture('a', '0000000000000000')$$),
  ($$SELECT cgae.deregister_agent('a')$$),
  ($$SELECT cgae.apply_decay()$$), ($$SELECT cgae.publish_policy(decay_rate => 0.02)$$), ($$SELECT cgae.rotate_audit_seed()$$),
  ($$SELECT * FROM cgae.policy_impact(1)$$), ($$SELECT * FROM cgae.policy_impact(NULL, NULL, NULL, 0.99)$$),
  ($$SELECT * FROM cgae.due_audits()$$), ($$SELECT * FROM cgae.check_registry()$$),
  ($$SELECT cgae.permits('a', 'T1')$$), ($$SELECT cgae.effective_tier('a')$$), ($$SELECT cgae.tier_at('a', now())$$),
  ($$SELECT * FROM cgae.standing_as_of(now())$$), ($$SELECT * FROM cgae.expiring_within('10000 days')$$),
  ($$SELECT * FROM cgae.tier_distribution()$$), ($$SELECT * FROM cgae.tier_distribution_over_time('2024-01-01', '2024-02-01', '10 days')$$),
  ($$SELECT * FROM cgae.agents_by_tier('T3')$$), ($$SELECT cgae.agent_record('a')$$), ($$SELECT cgae.audit_cid('a')$$), ($$SELECT cgae.report()$$),
  ($$SELECT cgae.gate_tier('(0.5,0.5,0.5,0.9)'), cgae.gate_tier('(0.5,0.5,0.5,0.9)', 1), cgae.gate_detail('(0.5,0.5,0.5,0.9)'), cgae.budget_ceiling('T1'), cgae.audit_probability('T1', 1)$$),
  ($$SELECT cgae.upgrade_registry()$$), ($$SELECT cgae.seed_registry()$$), ($$SELECT cgae.grant_access('t_auditor', 'operator')$$), ($$SELECT cgae.revoke_access('t_auditor', 'operator')$$);

CREATE TABLE t.said (made text, call text, state text, message text, ran int, sprung int);
CREATE FUNCTION t.counted(seq regclass) RETURNS int LANGUAGE plpgsql AS $$
DECLARE n int;
BEGIN EXECUTE format('SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM %s', seq) INTO n; RETURN n; END $$;
-- Spring one trap: its owner makes it, a superuser makes every call; all is undone.
CREATE FUNCTION t.spring(made text, calls text DEFAULT '%') RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  said t.said[] := '{}';
  one t.said;
  me text := current_user;
BEGIN
  BEGIN
    one.made := made;
    PERFORM set_config('role', 't_owner', true);
    EXECUTE made;
    PERFORM set_config('role', 'none', true);
    FOR one.call IN SELECT statement FROM t.call WHERE statement LIKE calls LOOP
      PERFORM setval('app.ran', 1, false), setval('app.sprung', 1, false);
      one.state := 'ok'; one.message := NULL;
      BEGIN
        EXECUTE one.call;
        RAISE SQLSTATE 'ROLLB';
      EXCEPTION WHEN SQLSTATE 'ROLLB' THEN NULL;
                WHEN OTHERS THEN one.state := SQLSTATE; one.message := SQLERRM;
      END;
      IF current_user <> me THEN RAISE 'the user has changed'; END IF;
      one.ran := t.counted('app.ran'); one.sprung := t.counted('app.sprung');
      said := said || one;
    END LOOP;
    RAISE SQLSTATE 'ROLLB';
  EXCEPTION WHEN SQLSTATE 'ROLLB' THEN NULL;
            -- the server itself may refuse the trap
            WHEN OTHERS THEN one.call := 'refused'; one.state := SQLSTATE; one.message := SQLERRM; said := said || one;
  END;
  INSERT INTO t.said SELECT * FROM unnest(said);
END $$;
GRANT ALL ON ALL TABLES IN SCHEMA t TO PUBLIC;
SELECT t.state() AS state \gset
SELECT t.spring('SELECT') \g /dev/null
SELECT is((SELECT string_agg(concat_ws(' ', state, message, call), E'\n') FROM t.said WHERE state <> CASE WHEN call ~ 'seed_registry' THEN '55000' ELSE 'ok' END), NULL, 'without a trap every function works for a superuser');
SELECT t.spring(made) FROM t.trap ORDER BY id \g /dev/null
SELECT is((SELECT string_agg(concat_ws(' / ', made, call), E'\n') FROM t.said WHERE sprung > 0), NULL, 'no trap ran as the superuser');
SELECT is((SELECT string_agg(concat_ws(' ', state, message, made, call), E'\n') FROM t.said WHERE state ~ '^(XX|P0001|57|58|2F|38|39P0[2-9])'), NULL, 'none ends in an internal error');
SELECT is((SELECT string_agg(concat_ws(' ', state, message, made), E'\n') FROM t.said WHERE call = 'refused' AND NOT t.partitioned()), NULL, 'all traps could be made');
-- (an expression of an index is folded once in a session, by who makes it: test/sql/superuser.sql)
SELECT is((SELECT string_agg(made, E'\n') FROM (SELECT made FROM t.said WHERE call <> 'refused' AND made LIKE 'CREATE%' AND made !~ 'STATISTICS|DEFERRED|fold\(1\)\)\)|RULE a AS ON UPDATE TO cgae.(cert|agent_ev|gate|audit)|INHERITS'
  GROUP BY 1 HAVING sum(ran) = 0) AS x), NULL, 'every trap runs as its owner');
SELECT cmp_ok((SELECT count(*)::int FROM t.said WHERE ran > 0), '>', 300, '... often');
SELECT is((SELECT string_agg(DISTINCT state, ' ' ORDER BY state) FROM t.said WHERE made LIKE '%RENAME TO kept; CREATE VIEW%' AND call ~ 'permits|check_registry' AND made ~ 'cgae.agents '), '42809 ok', 'a view in the place of agents is refused, and reported');
SELECT is((SELECT string_agg(DISTINCT state, ' ' ORDER BY state) FROM t.said WHERE made LIKE '%RENAME TO kept; CREATE TABLE cgae.agents (LIKE%DROP COLUMN status;%' AND call ~ 'permits|effective|agents_by|suspend|report'), '42804', 'so is a column of another type');
SELECT is((SELECT string_agg(DISTINCT state, ' ' ORDER BY state) FROM t.said WHERE made LIKE '%app.own%' AND call ~ 'check_registry'), 'ok', 'check_registry() reads no such column');
SELECT is(t.state(), :'state', 'nothing changed');

-- what is said of them, to whoever asks
CREATE FUNCTION t.with(made text, role text, statement text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE said text;
BEGIN
  PERFORM set_config('role', 't_owner', true);
  EXECUTE made;
  PERFORM set_config('role', 'none', true);
  said := t.try(role, statement);
  IF said <> 'ok' THEN said := concat_ws(' ', said, '/', nullif(t.fields(statement), 'ok')); END IF;
  RAISE SQLSTATE 'ROLLB';
EXCEPTION WHEN SQLSTATE 'ROLLB' THEN RETURN said;
END $$;
SELECT is(t.with(made, role, $$SELECT cgae.permits('a', 'T1')$$), said, role || ': ' || made)
  FROM (VALUES ('t_owner'), ('t_auditor'), ('none')) AS r(role), (VALUES
    ('ALTER TABLE cgae.agents RENAME TO kept; CREATE VIEW cgae.agents AS SELECT * FROM cgae.kept; GRANT SELECT ON cgae.agents TO t_auditor', '42809: relation "cgae.agents" is not a table / cgae.agents'),
    ('ALTER TABLE cgae.agents RENAME TO kept; CREATE TABLE cgae.agents (LIKE cgae.kept); GRANT SELECT ON cgae.agents TO t_auditor; ALTER TABLE cgae.agents ALTER status TYPE text', '42804: column "status" of relation "cgae.agents" has type text, not cgae.agent_status / cgae.agents.status'),
    ('ALTER TABLE cgae.agents RENAME TO kept; CREATE TABLE cgae.agents (LIKE cgae.kept); GRANT SELECT ON cgae.agents TO t_auditor; ALTER TABLE cgae.agents DROP certified_at', '42703: relation "cgae.agents" has no column "certified_at", which the registry needs / cgae.agents.certified_at'),
    ('ALTER TABLE cgae.agents RENAME TO kept; CREATE TABLE cgae.agents (LIKE cgae.kept); GRANT SELECT ON cgae.agents TO t_auditor; ALTER TABLE cgae.agents ALTER wallet_address TYPE varchar', 'ok')) AS m(made, said);
SELECT is(t.with('ALTER TABLE cgae.agents RENAME TO kept; CREATE VIEW cgae.agents AS SELECT * FROM cgae.kept', 'none',
  $$SELECT 1 / count(*) FROM cgae.check_registry() WHERE detail = 'cgae.agents is no table'$$), 'ok', 'check_registry() names it');

--
-- the actor is the superuser who called, for his own statement alone
--
CREATE FUNCTION t.actors(statement text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE said text;
BEGIN
  EXECUTE statement;
  SELECT string_agg(agent_id || ' ' || type || ' ' || actor, ', ' ORDER BY agent_id COLLATE "C", seq) INTO said FROM cgae.events WHERE recorded_at >= statement_timestamp();
  RAISE SQLSTATE 'ROLLB' USING MESSAGE = said;
EXCEPTION WHEN SQLSTATE 'ROLLB' THEN RETURN replace(SQLERRM, current_user, 'ME');
END $$;
SELECT is(t.actors(statement), said, statement) FROM (VALUES
  ($$SELECT cgae.register_agent('m', '{}', agent_id => 'z')$$, 'z registration ME'),
  ($$SELECT cgae.certify('a', '(0.3,0.3,0.3,0.9)', 'demotion')$$, 'a certification ME, a demotion ME'),
  ($$SELECT cgae.certify('a', '(0.3,0.3,0.3,0.9)', request_id => 's')$$, 'a certification ME'),
  ($$SELECT cgae.certify_many('{a,c}', '{"(0.5,0.5,0.5,0.9)","(0.5,0.5,0.5,0.9)"}')$$, 'a certification ME, c certification ME'),
  ($$SELECT cgae.suspend('a', 'y')$$, 'a suspension ME'), ($$SELECT cgae.reinstate('b', 'x')$$, 'b reinstatement ME'),
  ($$SELECT cgae.update_architecture('c', '{"b":2}')$$, 'c architecture_update ME'), ($$SELECT cgae.observe_architecture('c', '0000000000000000')$$, 'c architecture_mismatch ME'),
  ($$SELECT cgae.deregister_agent('c')$$, 'c deregistration ME'), ($$SELECT cgae.apply_decay()$$, 'a expiration ME'), ($$SELECT cgae.publish_policy(note => 'x')$$, 'a expiration ME'),
  ($$SET LOCAL plan_cache_mode = force_custom_plan; SELECT cgae.suspend('a', 'y')$$, 'a suspension ME'),
  ($$SET LOCAL ROLE t_owner; SELECT cgae.suspend('a', 'y')$$, 'a suspension t_owner'),
  ($$UPDATE cgae.agents SET holds = '{y}' WHERE agent_id = 'a'$$, 'a suspension ME')) AS v(statement, said);
-- the owner's code writes meanwhile: in a trigger, in an expression, by a rule
SET LOCAL ROLE t_owner;
CREATE FUNCTION app.write() RETURNS bool LANGUAGE plpgsql AS $$
BEGIN
  IF coalesce(current_setting('app.wrote', true), '') = '' THEN
    PERFORM set_config('app.wrote', 'yes', true);
    UPDATE cgae.agents SET holds = '{forged}' WHERE agent_id = 'c';
  END IF;
  RETURN true;
END $$;
CREATE FUNCTION app.write_sql() RETURNS bool LANGUAGE sql AS $$
  UPDATE cgae.agents SET holds = '{forged}' WHERE agent_id = 'c' AND NOT holds @> '{forged}'; SELECT true $$;
CREATE FUNCTION app.writes() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM app.write(); RETURN NEW; END $$;
CREATE FUNCTION app.calls() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.agent_id = 'a' THEN
    BEGIN
      PERFORM cgae.certify('c', '(0.5,0.5,0.5,0.9)'), cgae.suspend('nobody', 'x');
    EXCEPTION WHEN no_data_found THEN
      PERFORM cgae.suspend('c', 'forged');
    END;
  END IF;
  RETURN NEW;
END $$;
RESET ROLE;
SELECT is(t.actors(format('SET LOCAL ROLE t_owner; %s; RESET ROLE; SELECT cgae.certify(''a'', ''(0.7,0.7,0.7,0.9)'')', made)), 'a certification ' || by || ', c suspension t_owner', made) FROM (VALUES
  ('ME', 'CREATE TRIGGER a BEFORE INSERT ON cgae.certifications FOR EACH ROW EXECUTE FUNCTION app.writes()'),
  ('ME', 'CREATE TRIGGER a AFTER INSERT ON cgae.certifications FOR EACH ROW EXECUTE FUNCTION app.writes()'),
  ('ME', 'CREATE TRIGGER a BEFORE INSERT ON cgae.certifications FOR EACH STATEMENT EXECUTE FUNCTION app.writes()'),
  ('ME', 'CREATE TRIGGER a BEFORE INSERT ON cgae.certifications FOR EACH ROW EXECUTE FUNCTION app.calls()'),
  ('ME', 'CREATE TRIGGER a AFTER INSERT ON cgae.certifications FOR EACH ROW EXECUTE FUNCTION app.calls()'),
  ('ME', 'CREATE TRIGGER a BEFORE UPDATE ON cgae.agents FOR EACH ROW EXECUTE FUNCTION app.writes()'),
  ('ME', 'CREATE TRIGGER a AFTER UPDATE ON cgae.agents FOR EACH ROW EXECUTE FUNCTION app.writes()'),
  ('ME', 'ALTER TABLE cgae.certifications ADD CHECK (app.write()) NOT VALID'),
  ('ME', 'ALTER TABLE cgae.certifications ADD CHECK (app.write_sql()) NOT VALID'),
  ('ME', 'ALTER TABLE cgae.certifications ADD own bool; ALTER TABLE cgae.certifications ALTER own SET DEFAULT app.write()'),
  ('ME', 'ALTER TABLE cgae.certifications ADD own bool; ALTER TABLE cgae.certifications ALTER own SET DEFAULT app.write_sql()'),
  ('t_owner', 'CREATE RULE a AS ON INSERT TO cgae.certifications DO ALSO SELECT app.write_sql()'),
  ('t_owner', 'CREATE RULE a AS ON INSERT TO cgae.certifications DO ALSO UPDATE cgae.agents SET holds = ''{forged}'' WHERE agent_id = ''c''')) AS v(by, made);
SELECT is(t.actors($$SET LOCAL ROLE t_owner; CREATE TRIGGER a BEFORE UPDATE ON cgae.agents FOR EACH ROW EXECUTE FUNCTION app.writes(); RESET ROLE; SELECT cgae.suspend('a', 'y')$$), 'a suspension ME, c suspension t_owner', 'the same for an update');
SELECT is(t.actors($$SET LOCAL ROLE t_owner; CREATE RULE a AS ON UPDATE TO cgae.agents WHERE OLD.agent_id = 'a' DO ALSO INSERT INTO cgae.certifications (agent_id, robustness) VALUES ('c', '(0.5,0.5,0.5,0.9)'); RESET ROLE; SELECT cgae.suspend('a', 'y')$$),
          'a suspension t_owner, c certification t_owner', 'where a rule adds statements, none passes for the superuser''s');

--
-- what a security-restricted operation forbids says what to do
--
CREATE FUNCTION t.hint(made text, statement text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE hint text;
BEGIN
  PERFORM set_config('role', 't_owner', true);
  EXECUTE made;
  PERFORM set_config('role', 'none', true);
  EXECUTE statement;
  RAISE SQLSTATE 'ROLLB';
EXCEPTION WHEN SQLSTATE 'ROLLB' THEN RETURN 'ok';
          WHEN OTHERS THEN
  GET STACKED DIAGNOSTICS hint = PG_EXCEPTION_HINT;
  RETURN SQLSTATE || ': ' || hint;
END $$;
SELECT matches(t.hint(made, $$SELECT cgae.suspend('a', 'y')$$), '^42501: Called by a superuser, .* Connect as the owner, "t_owner", ', made) FROM (VALUES
  ('CREATE CONSTRAINT TRIGGER a AFTER UPDATE ON cgae.agents DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION app.fire()'),
  ('CREATE OR REPLACE FUNCTION app.fire() RETURNS trigger LANGUAGE plpgsql AS $f$ BEGIN CREATE TEMP TABLE x (); RETURN NEW; END $f$; CREATE TRIGGER a AFTER UPDATE ON cgae.agents FOR EACH ROW EXECUTE FUNCTION app.fire()'),
  ('CREATE OR REPLACE FUNCTION app.fire() RETURNS trigger LANGUAGE plpgsql AS $f$ BEGIN RESET ROLE; RETURN NEW; END $f$; CREATE TRIGGER a AFTER UPDATE ON cgae.agents FOR EACH ROW EXECUTE FUNCTION app.fire()'),
  ('REVOKE ALL ON cgae.agents FROM t_owner')) AS v(made);
SELECT is(t.hint('CREATE CONSTRAINT TRIGGER a AFTER UPDATE ON cgae.agents DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION app.fire()', $$SET LOCAL ROLE t_owner; SELECT cgae.suspend('a', 'y')$$), 'ok', 'as the owner it is done');

--
-- what the owner's code sets in the session ends with the call; forced row security hides nothing; listeners are told
--
SET LOCAL ROLE t_owner;
CREATE OR REPLACE FUNCTION app.fire() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM set_config('search_path', 'evil', false), set_config('application_name', 'evil', true); RETURN NEW; END $$;
CREATE TRIGGER a BEFORE UPDATE ON cgae.agents FOR EACH ROW EXECUTE FUNCTION app.fire();
RESET ROLE;
SET LOCAL cgae.notify = on;
SELECT current_setting('search_path') AS path, current_setting('application_name') AS name \gset
SELECT cgae.suspend('a', 'y') \g /dev/null
SELECT is(current_setting('search_path') || current_setting('application_name'), :'path' || :'name', 'settings are what they were');
SET LOCAL ROLE t_owner;
DROP TRIGGER a ON cgae.agents;
ALTER TABLE cgae.agents ENABLE ROW LEVEL SECURITY;
ALTER TABLE cgae.agents FORCE ROW LEVEL SECURITY;
CREATE POLICY p ON cgae.agents USING (agent_id = 'b');
SELECT is((SELECT count(*)::int FROM cgae.standing_as_of(now())), 1, 'an owner under FORCE sees what the policy shows');
RESET ROLE;
SELECT is((SELECT count(*)::int FROM cgae.standing_as_of(now())), 3, 'a superuser everything');
SELECT is(cgae.reinstate('a', 'y')::text, 'active', '... and changes it');
SET LOCAL ROLE t_owner;
SELECT is((SELECT count(*)::int FROM cgae.standing_as_of(now())), 1, '... and the owner none the more');
RESET ROLE;
SELECT is_empty($$SELECT * FROM cgae.check_registry()$$, 'the registry is in order');
SELECT * FROM finish();
ROLLBACK;
