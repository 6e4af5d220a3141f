-- A sweep or publication writes its events together, unless somebody could tell; either way the
-- history is the same and has no gaps.
\ir ../include/begin.psql
\ir ../include/registry.psql
SELECT * FROM no_plan();

-- So many agents, certified at T5 a month ago; they have fallen to T3 since
CREATE FUNCTION t.fallen(prefix text, count int) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO cgae.agents (agent_id, model_name, model_config, registered_at)
    SELECT prefix || i, 'm', '{"v": 1}', '2024-01-01 00:00+00' FROM generate_series(1, count) AS i;
  INSERT INTO cgae.certifications (agent_id, robustness, certified_at)
    SELECT prefix || i, '(0.95,0.95,0.95,0.95)', now() - interval '30 days' + i * interval '1 second' FROM generate_series(1, count) AS i;
END $$;
-- What became of them: how many fell, by how many statements it was written, what is wrong
CREATE FUNCTION t.told(prefix text, OUT falls bigint, OUT statements bigint, OUT wrong bigint) LANGUAGE sql AS $$
  SELECT count(e), count(DISTINCT e.cmin::text),
         count(*) FILTER (WHERE a.last_seq <> 3 OR e.seq IS DISTINCT FROM 3 OR a.current_tier <> 'T3' OR e.recorded_at < a.certified_at
                             OR e.data <> '{"old_tier": "T5", "new_tier": "T3", "status": "active"}' OR e.actor <> current_user)
    FROM cgae.agents AS a LEFT JOIN cgae.agent_events AS e ON e.agent_id = a.agent_id AND e.type = 'decay'
   WHERE a.agent_id LIKE prefix || '%' $$;

-- Together
SELECT t.fallen('a', 30) \g /dev/null
SELECT is((SELECT d::text FROM cgae.apply_decay() AS d), '(30,0)', 'a batch');
SELECT is(t.told('a')::text, '(30,1,0)', '... is told by one statement');
SELECT t.fallen('b', 30) \g /dev/null
SELECT is((SELECT d::text FROM cgae.apply_decay(batch => 7) AS d), '(30,0)', 'five batches');
SELECT is(t.told('b')::text, '(30,1,0)', '... by one, too');
SELECT t.fallen('c', 2500) \g /dev/null
SELECT is((SELECT d::text FROM cgae.apply_decay(batch => 10000) AS d), '(2500,0)', 'a large batch');
SELECT is(t.told('c')::text, '(2500,3,0)', '... a thousand at a time');
SELECT t.fallen('d', 1200) \g /dev/null
SELECT cgae.publish_policy(decay_rate => 0.011) \g /dev/null
SELECT is(t.told('d')::text, '(1200,2,0)', 'and so are those that a publication finds fallen');
SELECT is_empty('SELECT * FROM cgae.check_registry()', 'history and agents agree');

-- One by one where a trigger of the user's looks from the agent at its event
CREATE TABLE t.seen (agent_id text, told bool);
CREATE FUNCTION t.look_for_event() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO t.seen SELECT NEW.agent_id, EXISTS (SELECT FROM cgae.agent_events WHERE agent_id = NEW.agent_id AND seq = NEW.last_seq);
  RETURN NULL;
END $$;
CREATE TRIGGER look AFTER UPDATE ON cgae.agents FOR EACH ROW WHEN (NEW.current_tier < OLD.current_tier) EXECUTE FUNCTION t.look_for_event();
SELECT t.fallen('e', 5) \g /dev/null
SELECT is((SELECT d::text FROM cgae.apply_decay() AS d), '(5,0)', 'a trigger on agents');
SELECT is(t.told('e')::text, '(5,5,0)', '... has events written one by one');
SELECT is((SELECT count(*) FILTER (WHERE told) FROM t.seen), 5::bigint, '... and finds each agent''s');
ALTER TABLE cgae.agents DISABLE TRIGGER look;
SELECT t.fallen('f', 5) \g /dev/null
SELECT cgae.apply_decay() \g /dev/null
SELECT is(t.told('f')::text, '(5,1,0)', 'one that is disabled finds nothing');
DROP TRIGGER look ON cgae.agents;

-- ... or from the event at its agent
CREATE FUNCTION t.look_for_agent() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO t.seen SELECT agent_id, current_tier = 'T5' FROM cgae.agents WHERE agent_id = NEW.agent_id AND NEW.type = 'decay';
  RETURN NEW;
END $$;
SELECT t.fallen('g', 5), t.fallen('h', 5) \g /dev/null
DELETE FROM t.seen;
CREATE TRIGGER look AFTER INSERT ON cgae.agent_events FOR EACH ROW EXECUTE FUNCTION t.look_for_agent();
SELECT cgae.publish_policy(decay_rate => 0.012) \g /dev/null
SELECT is(t.told('g')::text, '(5,5,0)', 'a trigger on events has them written one by one, too');
SELECT is((SELECT count(*) FILTER (WHERE told) FROM t.seen), 10::bigint, '... each before its agent falls');
DROP TRIGGER look ON cgae.agent_events;

-- Nobody keeps an event of many from being written
CREATE FUNCTION t.suppress() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.agent_id = 'i3' AND NEW.type = 'decay' THEN RETURN NULL; END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER suppress BEFORE INSERT ON cgae.agent_events FOR EACH ROW EXECUTE FUNCTION t.suppress();
SELECT t.fallen('i', 5) \g /dev/null
SELECT is(t.try('SELECT cgae.apply_decay()'), '27000: event 3 of agent "i3" was suppressed', 'neither a trigger');
SELECT is(t.told('i')::text, '(0,0,5)', '... and then nobody falls');
DROP TRIGGER suppress ON cgae.agent_events;
CREATE RULE suppress AS ON INSERT TO cgae.agent_events WHERE NEW.agent_id = 'i3' DO INSTEAD NOTHING;
SELECT is(t.try('SELECT cgae.apply_decay()'), '27000: event 3 of agent "i3" was suppressed', 'nor a rule');
DROP RULE suppress ON cgae.agent_events;
INSERT INTO t.seen VALUES ('nothing waits', true);
SELECT is(t.try($$INSERT INTO cgae.agent_events VALUES ('i1', 3, 'decay', now(), '{}', 'me', now())$$), '428C9: events are written by the registry alone', 'what failed waits no longer');
SELECT is((SELECT d::text FROM cgae.apply_decay() AS d), '(5,0)', '... and the next sweep finds them');
SELECT is(t.told('i')::text, '(5,1,0)', '... and tells of them');

-- What a subtransaction takes back is not told: here a constraint's function sweeps ahead, in vain
-- (with room for each row's versions on its page: a server with assertions ends where a row goes to
-- another page after it was locked, then updated in a subtransaction that was rolled back)
SELECT format('ALTER TABLE %s SET (fillfactor = 30)', oid::regclass) FROM pg_class
 WHERE relkind = 'r' AND (oid = 'cgae.agents'::regclass OR oid IN (SELECT inhrelid FROM pg_inherits WHERE inhparent = 'cgae.agents'::regclass)) \gexec
SELECT t.fallen('k', 5) \g /dev/null
CREATE FUNCTION t.sweep_ahead(id text, fallen bool) RETURNS bool LANGUAGE plpgsql AS $$
BEGIN
  IF id = 'k2' AND fallen THEN
    BEGIN
      UPDATE cgae.agents SET current_tier = current_tier WHERE agent_id = 'k4';
      RAISE EXCEPTION 'in vain';
    EXCEPTION WHEN raise_exception THEN NULL;
    END;
  END IF;
  RETURN true;
END $$;
ALTER TABLE cgae.agents ADD CONSTRAINT ahead CHECK (t.sweep_ahead(agent_id, current_tier < 'T5')) NOT VALID;
SELECT is((SELECT count(*) FROM cgae.apply_decay()), 1::bigint, 'a sweep with one inside it that is taken back');
SELECT is(t.told('k')::text, '(5,1,0)', '... tells of each fall once');
ALTER TABLE cgae.agents DROP CONSTRAINT ahead;
SELECT is_empty('SELECT * FROM cgae.check_registry()', 'history and agents agree');

SELECT * FROM finish();
ROLLBACK;
