-- What the owner hangs on agents runs with his rights when a guard updates them: each kind of it with a search_path
-- that is not the client's, and each kind of trigger, from the moment that it is there until it is gone.
\ir ../include/begin.psql
SELECT * FROM no_plan();
\ir ../include/owner.psql

-- Once armed, code of the owner's says whose rights and which path it has, and ends the statement.
-- (Its argument is never a constant: what is immutable would be worked out once, by the planner.)
CREATE SCHEMA app AUTHORIZATION t_owner;
SET LOCAL ROLE t_owner;
CREATE FUNCTION app.say(text) RETURNS text IMMUTABLE LANGUAGE plpgsql AS $$
BEGIN
  IF current_setting('app.armed', true) = 'on' THEN
    RAISE EXCEPTION 'by % in %', current_user, current_setting('search_path');
  END IF;
  RETURN $1;
END $$;
CREATE FUNCTION app.seen() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM app.say(TG_NAME); RETURN NEW; END $$;
CREATE FUNCTION app.compare(int, int) RETURNS int IMMUTABLE LANGUAGE plpgsql AS $$ BEGIN PERFORM app.say($1::text); RETURN btint4cmp($1, $2); END $$;
RESET ROLE;
CREATE OPERATOR CLASS app.ops FOR TYPE int USING btree AS
  OPERATOR 1 <, OPERATOR 2 <=, OPERATOR 3 =, OPERATOR 4 >=, OPERATOR 5 >, FUNCTION 1 app.compare(int, int);
CREATE DOMAIN app.name AS text CHECK (app.say(VALUE) IS NOT NULL);

-- What a statement of the auditor's says before an object is made, while it is there, and when it is gone again.
CREATE FUNCTION t.said(made text, statement text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  armed text := 'SET LOCAL app.armed = on; SET LOCAL search_path = public, pg_catalog; ' || statement;
  said text[];
BEGIN
  said := ARRAY[t.try('t_auditor', armed)];
  BEGIN
    PERFORM t.try('t_owner', 'SET LOCAL app.armed = off');
    said := said || t.try('SET LOCAL ROLE t_owner; ' || made || '; RESET ROLE') || t.try('t_auditor', armed);
    RAISE EXCEPTION USING ERRCODE = 'T0000';
  EXCEPTION WHEN SQLSTATE 'T0000' THEN
  END;
  RETURN pg_catalog.array_to_string(said || t.try('t_auditor', armed), '; ');
END $$;

-- Indexes are of a column that each certification changes: an update that changes none of them makes no entry.
SELECT is(t.said(made, statement), 'ok; ok; P0001: by t_owner in pg_catalog, pg_temp; ok', made || ' / ' || statement)
FROM (VALUES
  ('INSERT INTO cgae.certifications (agent_id, robustness) VALUES (''a'', ''(0.7,0.7,0.7,0.7)'')'),
  ('SELECT cgae.certify(''a'', ''(0.7,0.7,0.7,0.7)'')'),
  ('SELECT cgae.certify_many(''{a,b}'', ''{"(0.7,0.7,0.7,0.7)","(0.6,0.6,0.6,0.6)"}'')')) AS s(statement), (VALUES
  ('CREATE TRIGGER seen AFTER UPDATE ON cgae.agents FOR EACH ROW EXECUTE FUNCTION app.seen()'),
  ('CREATE TRIGGER seen BEFORE UPDATE ON cgae.agents FOR EACH ROW EXECUTE FUNCTION app.seen()'),
  ('CREATE TRIGGER seen AFTER UPDATE ON cgae.agents FOR EACH STATEMENT EXECUTE FUNCTION app.seen()'),
  ('CREATE TRIGGER seen AFTER UPDATE OF certified_at, last_seq ON cgae.agents FOR EACH ROW EXECUTE FUNCTION app.seen()'),
  ('CREATE TRIGGER seen AFTER UPDATE OF current_robustness ON cgae.agents FOR EACH ROW WHEN (NEW.current_tier >= ''T1'') EXECUTE FUNCTION app.seen()'),
  ('CREATE TRIGGER seen AFTER UPDATE ON cgae.agents FOR EACH ROW WHEN (app.say(NEW.model_name) IS NOT NULL) EXECUTE FUNCTION cgae.guard_agents()'),
  ('CREATE CONSTRAINT TRIGGER seen AFTER UPDATE ON cgae.agents FOR EACH ROW EXECUTE FUNCTION app.seen()'),
  ('ALTER TABLE cgae.agents ADD CHECK (app.say(model_name) IS NOT NULL)'),
  ('ALTER TABLE cgae.agents ADD team text GENERATED ALWAYS AS (app.say(model_name)) STORED'),
  ('CREATE INDEX ON cgae.agents (app.say(last_seq::text))'),
  ('CREATE INDEX ON cgae.agents (last_seq) WHERE app.say(model_name) IS NOT NULL'),
  ('CREATE INDEX ON cgae.agents (last_seq app.ops)'),
  ('CREATE INDEX ON cgae.agents (last_seq) WHERE CAST(model_name AS app.name) IS NOT NULL')) AS m(made);
SELECT is(t.said('CREATE TRIGGER seen AFTER UPDATE OF wallet_address ON cgae.agents FOR EACH ROW EXECUTE FUNCTION app.seen()',
                 'SELECT cgae.certify(''a'', ''(0.7,0.7,0.7,0.7)'')'), 'ok; ok; ok; ok', 'a trigger for a column that certifications leave alone does not fire');
SELECT is(t.said('ALTER TABLE cgae.agents ADD team text DEFAULT ''blue''; CREATE INDEX ON cgae.agents (team)',
                 'SELECT cgae.certify(''a'', ''(0.7,0.7,0.7,0.7)'')'), 'ok; ok; ok; ok', 'plain columns and indexes are nothing special');
SELECT is_empty($$SELECT * FROM cgae.check_registry()$$, 'the registry is in order');
SELECT * FROM finish();
ROLLBACK;
