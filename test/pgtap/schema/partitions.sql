-- A registry in partitions: the same guards in each, whichever table a statement names.
\ir ../include/begin.psql
SELECT * FROM no_plan();

CREATE ROLE t_owner;
SELECT is(t.try(format('SELECT cgae.create_registry(%s)', n)), format('22023: number of partitions %s is not from 1 to 256', n), format('%s partitions', n))
  FROM unnest(ARRAY[0, -1, 257]) AS n;
SAVEPOINT s;
SELECT cgae.create_registry(partitions => NULL) \g /dev/null
SELECT is((SELECT string_agg(DISTINCT relkind::text, '') FROM pg_class WHERE relnamespace = 'cgae'::regnamespace AND relname IN ('agents', 'certifications', 'agent_events')), 'r', 'none: plain tables');
ROLLBACK TO s;
ALTER DEFAULT PRIVILEGES GRANT SELECT, TRUNCATE ON TABLES TO PUBLIC;
SELECT cgae.create_registry(4) \g /dev/null
SELECT is((SELECT string_agg(relname || ' ' || privilege_type, ', ') FROM pg_class AS c, aclexplode(relacl) WHERE relnamespace = 'cgae'::regnamespace AND grantee = 0), NULL, 'no partition is open to PUBLIC, whatever the default');

-- what there is
CREATE TEMP VIEW part AS
  SELECT i.inhparent::regclass AS parent, i.inhrelid::regclass AS part FROM pg_inherits AS i JOIN pg_class AS c ON c.oid = i.inhrelid
   WHERE c.relnamespace = 'cgae'::regnamespace AND c.relkind = 'r';
CREATE TEMP VIEW guard AS
  SELECT tgrelid::regclass AS tbl, concat_ws(' ', tgname, tgtype, tgattr, tgfoid::regprocedure, tgenabled) AS guard FROM pg_trigger WHERE NOT tgisinternal;
SELECT results_eq('SELECT parent::text, count(*)::int FROM part GROUP BY parent ORDER BY 1',
                  $$VALUES ('cgae.agent_events', 4), ('cgae.agents', 4), ('cgae.certifications', 4)$$, 'the partitions');
SELECT is((SELECT string_agg(part || ' lacks ' || guard, ', ') FROM part JOIN guard ON tbl = parent WHERE NOT EXISTS (SELECT FROM guard AS g WHERE g.tbl = part AND g.guard = guard.guard)), NULL,
          'every partition has every guard of its table');
SELECT is((SELECT string_agg(part || ' has ' || guard, ', ') FROM part JOIN guard ON tbl = part WHERE NOT EXISTS (SELECT FROM guard AS g WHERE g.tbl = parent AND g.guard = guard.guard)), NULL, '... and no other');
SELECT is((SELECT count(*)::int FROM pg_constraint WHERE contype = 'f' AND conrelid IN (SELECT part FROM part)), 8 * 1, 'foreign keys to the agents as a whole, in each partition');

SELECT cgae.register_agent('m', json_build_object('n', i), agent_id => 'p' || i, registered_at => '2024-01-01') FROM generate_series(1, 40) AS i \g /dev/null
SELECT is((SELECT count(DISTINCT tableoid)::int FROM cgae.agents), 4, 'agents are spread');
SELECT is((SELECT string_agg(DISTINCT concat_ws(' ', outcome, tier), ', ') FROM cgae.certify_many((SELECT array_agg(agent_id) FROM cgae.agents), array_fill('(0.7,0.7,0.7,1)'::cgae.robustness, ARRAY[40]))), 'certified T3', 'certified together');
SELECT is((SELECT string_agg(DISTINCT concat_ws(' ', tableoid::regclass::text ~ 'agents', last_seq), ', ') FROM cgae.agents), 't 2', '... in every partition');
SELECT is((SELECT count(*)::int FROM cgae.agents AS a JOIN cgae.agent_events AS e USING (agent_id) JOIN cgae.certifications AS c USING (agent_id)
            WHERE right(a.tableoid::regclass::text, 1) = right(e.tableoid::regclass::text, 1) AND right(a.tableoid::regclass::text, 1) = right(c.tableoid::regclass::text, 1)), 40,
          'an agent and its history are in partitions of one number');
SELECT results_eq('SELECT tier::text, agents FROM cgae.tier_distribution() WHERE agents > 0', $$VALUES ('T3', 40::bigint)$$, 'reports see them all');

-- statements that name a partition
SELECT tableoid::regclass AS agents, 'cgae.certifications_' || substring(tableoid::regclass::text from 'p[0-9]+$') AS certifications,
       'cgae.agent_events_' || substring(tableoid::regclass::text from 'p[0-9]+$') AS events,
       substring(tableoid::regclass::text from '[0-9]+$') AS n,
       'cgae.certifications_p' || (substring(tableoid::regclass::text from '[0-9]+$')::int + 1) % 4 AS elsewhere
  FROM cgae.agents WHERE agent_id = 'p1' \gset
INSERT INTO :certifications (agent_id, robustness) VALUES ('p1', '(0.9,0.9,0.9,1)');
SELECT is(t.standing('p1'), 'active {} T5 2', 'an audit inserted into the partition is judged');
INSERT INTO :certifications (agent_id, robustness) VALUES ('p1', '(0.5,0.5,0.5,1)') ON CONFLICT DO NOTHING;
SELECT is(t.standing('p1'), 'active {} T2 3', 'ON CONFLICT too');
SELECT t.state() AS state \gset
SELECT matches(t.try(format(statement, :'agents', :'certifications', :'events', :'elsewhere')), '^' || code || ': ', statement)
  FROM (VALUES
    ('INSERT INTO %4$s (agent_id, robustness) VALUES (''p1'', ''(1,1,1,1)'')', '0A000'),
    ('INSERT INTO %2$s (agent_id, robustness, tier) VALUES (''p1'', ''(0,0,0,1)'', ''T5'')', '428C9'),
    ('UPDATE %1$s SET current_tier = ''T5'' WHERE agent_id = ''p1''', '428C9'),
    ('UPDATE %1$s SET last_seq = 9 WHERE agent_id = ''p1''', '428C9'),
    ('UPDATE %1$s SET agent_id = ''p2'' WHERE agent_id = ''p1''', '428C9'),
    ('UPDATE cgae.agents SET agent_id = ''elsewhere'' WHERE agent_id = ''p1''', '428C9'),
    ('UPDATE %2$s SET tier = ''T5'' WHERE agent_id = ''p1''', '23001'),
    ('DELETE FROM %1$s WHERE agent_id = ''p1''', '23001'),
    ('DELETE FROM %2$s WHERE agent_id = ''p1''', '23001'),
    ('DELETE FROM %3$s WHERE agent_id = ''p1''', '23001'),
    ('INSERT INTO %3$s VALUES (''p1'', 9, ''x'', now(), ''{}'', ''me'', now())', '428C9'),
    ('TRUNCATE %1$s', '0A000'),
    ('TRUNCATE %1$s CASCADE', '23001'),
    ('TRUNCATE %2$s', '23001'),
    ('TRUNCATE %3$s', '23001'),
    ('TRUNCATE cgae.certifications', '23001')) AS v(statement, code);
SELECT is(t.state(), :'state', 'nothing changed');
SELECT is(t.try('DELETE FROM cgae.certifications WHERE agent_id = ''p1'''), '23001: rows of "certifications" cannot be deleted: it keeps the registry''s history', 'messages name the table');
SELECT is(t.fields(format('DELETE FROM %s', :'certifications')), 'cgae.certifications', '... so do their fields');

-- guards that fire for each statement are the partition's own
CREATE FUNCTION t.without(trigger text, part text, statement text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  hint text;
  said text;
BEGIN
  EXECUTE format('DROP TRIGGER %I ON %s', trigger, part);
  BEGIN
    EXECUTE statement;
    RETURN 'ok';
  EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS hint = PG_EXCEPTION_HINT;
    said := SQLSTATE;
  END;
  EXECUTE hint;
  EXECUTE statement;
  RETURN said || ', ok after ' || regexp_replace(regexp_replace(hint, '_p[0-9]', ''), 'FOR EACH.*', '...');
END $$;
SELECT is(t.without('zz_cgae_no_truncate', :'certifications', $$SELECT cgae.certify('p1', '(0.5,0.5,0.5,1)')$$), '55000, ok after CREATE TRIGGER zz_cgae_no_truncate BEFORE TRUNCATE ON cgae.certifications ...', 'a partition that could be truncated');
SELECT is(t.without('zz_cgae_no_truncate', :'agents', $$SELECT cgae.suspend('p1', 'x')$$), '55000, ok after CREATE TRIGGER zz_cgae_no_truncate BEFORE TRUNCATE ON cgae.agents ...', '... of agents');
SELECT is(t.without('zz_cgae_policy_lock', :'agents', $$SELECT cgae.reinstate('p1', 'x')$$), '55000, ok after CREATE TRIGGER zz_cgae_policy_lock BEFORE UPDATE OF current_tier ON cgae.agents ...', '... where publications could deadlock');
SELECT is(t.without('zz_cgae_no_truncate', :'events', $$SELECT cgae.suspend('p1', 'y')$$), '55000, ok after CREATE TRIGGER zz_cgae_no_truncate BEFORE TRUNCATE ON cgae.agent_events ...', '... of events');
SELECT is(t.history('p1'), '1 registration, 2 certification, 3 certification, 4 certification, 5 certification, 6 suspension, 7 reinstatement, 8 suspension', 'the history has it all, once');

-- a partition that goes and comes back
SELECT cgae.reinstate('p1', 'y') \g /dev/null
ALTER TABLE cgae.certifications DETACH PARTITION :certifications;
SELECT matches(t.try($$SELECT cgae.certify('p1', '(0.5,0.5,0.5,1)')$$), '^23514: no partition of relation "certifications" found', 'a partition gone');
ALTER TABLE cgae.certifications ATTACH PARTITION :certifications FOR VALUES WITH (MODULUS 4, REMAINDER :n);
SELECT is(t.try($$SELECT cgae.certify('p1', '(0.5,0.5,0.5,1)')$$), 'ok', '... and back');
SELECT matches(t.try(format('DELETE FROM %s', :'certifications')), '^23001: ', '... with its guards');

-- the table and all its partitions have one owner
CREATE ROLE t_auditor;
SELECT cgae.grant_access('t_auditor', 'auditor') \g /dev/null
GRANT USAGE, CREATE ON SCHEMA cgae TO t_owner;
ALTER TABLE :certifications OWNER TO t_owner;
SELECT matches(t.try('t_auditor', $$SELECT cgae.certify('p1', '(0.7,0.7,0.7,1)')$$), '^39P01: table cgae.certifications belongs to "t_owner", but cgae.agents to ', 'a partition of another owner''s takes no row');

-- one partition is enough for one agent
CREATE FUNCTION t.pruned(statement text) RETURNS int LANGUAGE plpgsql AS $$
DECLARE
  plan json;
BEGIN
  EXECUTE 'EXPLAIN (COSTS OFF, FORMAT JSON) ' || statement INTO plan;
  RETURN (SELECT sum((n #>> '{}')::int) FROM jsonb_path_query(plan::jsonb, 'strict $.**."Subplans Removed"') AS n);
END $$;
SET LOCAL plan_cache_mode = force_generic_plan;
PREPARE touch(text) AS UPDATE cgae.agents SET status = status WHERE agent_id OPERATOR(pg_catalog.=) $1;
PREPARE find(text) AS SELECT FROM cgae.agents WHERE agent_id OPERATOR(pg_catalog.=) $1 FOR NO KEY UPDATE;
PREPARE stored(text, int) AS SELECT FROM cgae.certifications WHERE agent_id OPERATOR(pg_catalog.=) $1 AND seq OPERATOR(pg_catalog.=) $2;
SELECT is(t.pruned('EXECUTE ' || statement), 3, 'three of four partitions are left alone: ' || statement) FROM unnest(ARRAY['touch(''p1'')', 'find(''p1'')', 'stored(''p1'', 1)']) AS statement;
RESET plan_cache_mode;

SELECT * FROM finish();
ROLLBACK;
