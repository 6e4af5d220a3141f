-- A publication reaches every agent that it must, or it is none: whoever it passed by would keep a tier that
-- had decayed, and a laxer policy would lift him.  A sweep that is suppressed says so too.
\ir ../include/begin.psql
\ir ../include/registry.psql
SELECT * FROM no_plan();
SET LOCAL client_min_messages = error;
SELECT t.agent('none'), t.agent('a'), t.agent('b'), t.agent('c'), t.agent('held'), t.agent('gone') \g /dev/null
SELECT cgae.certify(id, '(0.95,0.95,0.95,0.95)', certified_at => clock_timestamp() - interval '20 days') FROM unnest('{a,b,c,held,gone}'::text[]) AS id \g /dev/null
SELECT cgae.suspend('held', 'x'), cgae.deregister_agent('gone') \g /dev/null
SELECT is((SELECT string_agg(current_tier::text, ' ' ORDER BY agent_id) FROM cgae.agents), 'T5 T5 T5 T5 T5 T0', 'nobody was swept');
CREATE FUNCTION t.nothing() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF NEW.agent_id = ANY (TG_ARGV) OR TG_NARGS = 0 THEN RETURN NULL; END IF; RETURN NEW; END $$;
CREATE FUNCTION t.pay_others() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN UPDATE cgae.agents SET balance = balance + 1 WHERE agent_id = 'a' AND pg_trigger_depth() = 1; RETURN NEW; END $$;
CREATE FUNCTION t.retry() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN BEGIN UPDATE cgae.agents SET balance = 1 WHERE agent_id = 'none'; RAISE SQLSTATE 'UNDO0'; EXCEPTION WHEN SQLSTATE 'UNDO0' THEN NULL; END; RETURN NEW; END $$;

-- What a statement says with something of the owner's in the way, what its detail names, and whether anything changed
CREATE FUNCTION t.with(made text, statement text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  said text := 'ok';
  named text;
  before text := t.state();
BEGIN
  EXECUTE made;
  BEGIN
    EXECUTE statement;
  EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS named = PG_EXCEPTION_DETAIL;
    said := concat_ws(' ', SQLSTATE || ':', SQLERRM, substring(named FROM '"(.*)"'));
  END;
  RAISE SQLSTATE 'ROLLB' USING MESSAGE = said || CASE WHEN said <> 'ok' AND t.state() <> before THEN ', changed' ELSE '' END;
EXCEPTION WHEN SQLSTATE 'ROLLB' THEN RETURN SQLERRM;
END $$;
CREATE TABLE t.way (made text, unreached text, swept text);
INSERT INTO t.way VALUES
  ('CREATE TRIGGER a BEFORE UPDATE ON cgae.agents FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger()', '4 of 4 agents a', 'sweep of 3 agents was suppressed for 3'),
  ('CREATE TRIGGER a BEFORE UPDATE ON cgae.agents FOR EACH ROW EXECUTE FUNCTION t.nothing()', '4 of 4 agents a', 'sweep of 3 agents was suppressed for 3'),
  ('CREATE TRIGGER a BEFORE UPDATE ON cgae.agents FOR EACH ROW EXECUTE FUNCTION t.nothing(''b'')', '1 of 4 agents b', 'sweep of 3 agents was suppressed for 1'),
  ('CREATE TRIGGER a BEFORE UPDATE OF current_tier ON cgae.agents FOR EACH ROW WHEN (NEW.agent_id > ''b'') EXECUTE FUNCTION t.nothing()', '2 of 4 agents c', 'sweep of 3 agents was suppressed for 1'),
  ('CREATE TRIGGER a BEFORE UPDATE ON cgae.agents FOR EACH ROW EXECUTE FUNCTION t.nothing(''c''); CREATE TRIGGER z AFTER UPDATE ON cgae.agents FOR EACH ROW EXECUTE FUNCTION t.pay_others()', '1 of 4 agents c', 'sweep of 3 agents was suppressed for 1'),
  ('CREATE RULE r AS ON UPDATE TO cgae.agents DO INSTEAD NOTHING', '4 of 4 agents a', 'sweep of 3 agents was suppressed for 3'),
  ('CREATE RULE r AS ON UPDATE TO cgae.agents WHERE OLD.agent_id = ''held'' DO INSTEAD NOTHING', '1 of 4 agents held', NULL),
  ('ALTER TABLE cgae.agents DISABLE TRIGGER zz_cgae_guard', '4 of 4 agents', NULL);
SELECT is(t.with(made, statement), '27000: gate policy is not published: it did not reach ' || unreached, made || ' / ' || statement)
  FROM t.way, (VALUES ($$SELECT cgae.publish_policy('{0,0.1,0.2,0.3,0.4,0.5}', '{0,0.1,0.2,0.3,0.4,0.5}', '{0,0.1,0.2,0.3,0.4,0.5}')$$), ($$SELECT cgae.publish_policy('{0,0.96,0.97,0.98,0.99,1}')$$), ('SELECT cgae.publish_policy()')) AS p(statement);
SELECT is(t.with(made, 'SELECT cgae.apply_decay()'), coalesce('27000: ' || swept, 'ok'), made || ' / sweep') FROM t.way;
SELECT is(t.with('CREATE TRIGGER a BEFORE UPDATE ON cgae.agents FOR EACH ROW EXECUTE FUNCTION t.nothing(''b'')', 'SELECT cgae.apply_decay(now(), 1)'), '27000: sweep of 1 agents was suppressed for 1', 'one by one');

-- what is not in the way
SELECT is(t.with(made, statement), 'ok', made || ' / ' || statement) FROM (VALUES
  ('CREATE TRIGGER z AFTER UPDATE ON cgae.agents FOR EACH ROW EXECUTE FUNCTION t.pay_others()'),
  ('CREATE TRIGGER z BEFORE UPDATE ON cgae.agents FOR EACH ROW WHEN (NEW.agent_id <> ''none'') EXECUTE FUNCTION t.retry()'),
  ('CREATE TRIGGER a BEFORE UPDATE ON cgae.agents FOR EACH ROW EXECUTE FUNCTION t.nothing(''none'', ''gone'')'),
  ('CREATE RULE r AS ON UPDATE TO cgae.agents DO ALSO SELECT 1')) AS m(made), (VALUES ('SELECT cgae.publish_policy()'), ('SELECT cgae.apply_decay()')) AS p(statement);
SELECT is(cgae.effective_tier('a')::text, 'T3', 'nobody was lifted');

-- row security: who does not see everybody cannot publish, also when he owns the tables
CREATE ROLE t_owner;
GRANT CREATE ON SCHEMA cgae TO t_owner;
SELECT format('ALTER TABLE cgae.%I OWNER TO t_owner', relname) FROM pg_class WHERE relnamespace = 'cgae'::regnamespace AND relkind IN ('r', 'p') \gexec
ALTER TABLE cgae.agents ENABLE ROW LEVEL SECURITY;
SELECT is(t.try('t_owner', 'SELECT cgae.publish_policy()'), 'ok', 'row security that is not for the owner');
ALTER TABLE cgae.agents FORCE ROW LEVEL SECURITY;
SELECT matches(t.try('t_owner', 'SELECT cgae.publish_policy()'), '^42501: ', 'row security that is');
SELECT * FROM finish();
ROLLBACK;
