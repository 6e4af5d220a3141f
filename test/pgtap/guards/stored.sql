-- What is judged is stored: no key can drop a certification after its agent was changed, whatever the statement says,
-- and a used request_id judges nothing.
\ir ../include/begin.psql
\ir ../include/registry.psql
SELECT * FROM no_plan();
SELECT t.agent('a', '(0.3,0.3,0.3,0.9)'), t.agent('b', '(0.3,0.3,0.3,0.9)'), t.agent('r') \g /dev/null
SELECT cgae.certify('r', '(0.3,0.3,0.3,0.9)', request_id => 'used') \g /dev/null
CREATE SEQUENCE t.ids;
ALTER TABLE cgae.certifications ADD id bigint DEFAULT nextval('t.ids'), ADD spot text DEFAULT 'x';
CREATE COLLATION t.nd (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
SELECT CASE WHEN t.partitioned() THEN (SELECT tableoid::regclass FROM cgae.certifications WHERE agent_id = 'a') ELSE 'cgae.certifications' END AS leaf,
       CASE WHEN t.partitioned() THEN (SELECT tableoid::regclass FROM cgae.certifications WHERE agent_id = 'r') ELSE 'cgae.certifications' END AS leaf_r \gset
SELECT t.state() AS state \gset

-- Every way of recording an audit; what each of them said when all said the same, and whether anything changed.
CREATE TEMP TABLE way (statement text);
INSERT INTO way VALUES
  ($$INSERT INTO cgae.certifications (agent_id, robustness) VALUES ('a', '(1,1,1,1)')$$),
  ($$INSERT INTO cgae.certifications (agent_id, robustness) VALUES ('a', '(1,1,1,1)') ON CONFLICT DO NOTHING$$),
  ($$INSERT INTO cgae.certifications (agent_id, robustness, request_id) VALUES ('a', '(1,1,1,1)', 'new') ON CONFLICT DO NOTHING$$),
  ($$INSERT INTO cgae.certifications (agent_id, robustness) SELECT 'a', '(1,1,1,1)' FROM generate_series(1, 3) ON CONFLICT DO NOTHING$$),
  ($$INSERT INTO cgae.certifications (agent_id, robustness, observed_architecture_hash) VALUES ('a', '(1,1,1,1)', 'badc0ffee0ddf00d') ON CONFLICT DO NOTHING$$),
  ($$WITH c AS (INSERT INTO cgae.certifications (agent_id, robustness) VALUES ('a', '(1,1,1,1)'), ('a', '(1,1,1,1)') ON CONFLICT DO NOTHING RETURNING seq) SELECT * FROM c LIMIT 1$$),
  ($$MERGE INTO cgae.certifications USING (VALUES ('a')) AS v(a) ON false WHEN NOT MATCHED THEN INSERT (agent_id, robustness) VALUES (v.a, '(1,1,1,1)')$$),
  ($$SELECT cgae.certify('a', '(1,1,1,1)')$$),
  ($$SELECT cgae.certify('a', '(1,1,1,1)', request_id => 'new')$$),
  ($$SELECT cgae.demote('a', '(0.1,0.1,0.1,1)', request_id => 'new')$$),
  ($$SELECT cgae.certify_many('{a}', '{"(1,1,1,1)"}')$$),
  ($$SELECT cgae.certify_many('{b,a}', '{"(1,1,1,1)","(1,1,1,1)"}', request_ids => '{new,NULL}')$$);
INSERT INTO way SELECT format($$INSERT INTO %s (agent_id, robustness) VALUES ('a', '(1,1,1,1)') ON CONFLICT DO NOTHING$$, :'leaf');
GRANT SELECT ON way TO PUBLIC;
CREATE FUNCTION t.ways(made text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  before text := t.state();
  said text[];
  what text;
BEGIN
  EXECUTE made;
  FOR what IN SELECT statement FROM way LOOP
    BEGIN
      what := t.try(what);
      IF what = 'ok' AND t.state() = before THEN what := 'ok, but nothing'; END IF;
      said := said || what;
      RAISE SQLSTATE 'BACK0';
    EXCEPTION WHEN SQLSTATE 'BACK0' THEN NULL;
    END;
  END LOOP;
  RAISE SQLSTATE 'ROLLB';
EXCEPTION WHEN SQLSTATE 'ROLLB' THEN
  RETURN CASE WHEN t.state() <> before THEN 'changed: ' ELSE '' END || (SELECT string_agg(DISTINCT s, ' | ' ORDER BY s) FROM unnest(said) AS s);
          WHEN OTHERS THEN RETURN 'not made: ' || SQLERRM;
END $$;
SELECT is(t.ways('SELECT'), 'ok', 'without ado each of them stores');

-- Keys that are refused, as long as they are there
CREATE TABLE t.key (made text, why text);
INSERT INTO t.key VALUES
  ('CREATE UNIQUE INDEX k ON %s (id)', 'its columns neither include agent_id and seq nor are agent_id and request_id'),
  ('CREATE UNIQUE INDEX k ON %s (agent_id)', 'its columns neither include agent_id and seq nor are agent_id and request_id'),
  ('CREATE UNIQUE INDEX k ON %s (agent_id, spot)', 'its columns neither include agent_id and seq nor are agent_id and request_id'),
  ('CREATE UNIQUE INDEX k ON %s (agent_id, spot) INCLUDE (seq)', 'its columns neither include agent_id and seq nor are agent_id and request_id'),
  ('CREATE UNIQUE INDEX k ON %s (agent_id) WHERE tier = ''T5''', 'its columns neither include agent_id and seq nor are agent_id and request_id'),
  ('CREATE UNIQUE INDEX k ON %s (agent_id, request_id, spot)', 'its columns neither include agent_id and seq nor are agent_id and request_id'),
  ('CREATE UNIQUE INDEX k ON %s (agent_id, certified_at)', 'its columns neither include agent_id and seq nor are agent_id and request_id'),
  ('ALTER TABLE %s ADD CONSTRAINT k UNIQUE (agent_id, id)', 'its columns neither include agent_id and seq nor are agent_id and request_id'),
  ('ALTER TABLE %s ADD CONSTRAINT k UNIQUE (agent_id, id) DEFERRABLE INITIALLY DEFERRED', 'its columns neither include agent_id and seq nor are agent_id and request_id'),
  ('CREATE UNIQUE INDEX k ON %s (agent_id, (seq %% 2))', 'one of its keys is an expression'),
  ('CREATE UNIQUE INDEX k ON %s (agent_id, (lower(request_id)))', 'one of its keys is an expression'),
  ('CREATE UNIQUE INDEX k ON %s (agent_id, (spot || request_id))', 'one of its keys is an expression'),
  ('CREATE UNIQUE INDEX k ON %s (agent_id COLLATE t.nd, seq)', 'it compares by a nondeterministic collation'),
  ('CREATE UNIQUE INDEX k ON %s (agent_id, seq, spot COLLATE t.nd)', 'it compares by a nondeterministic collation'),
  ('CREATE UNIQUE INDEX k ON %s (agent_id, request_id COLLATE t.nd)', 'it compares by a nondeterministic collation'),
  ('CREATE UNIQUE INDEX k ON %s (agent_id text_pattern_ops, seq)', 'it compares by an operator class that is not the default'),
  ('CREATE UNIQUE INDEX k ON %s (agent_id, request_id text_pattern_ops)', 'it compares by an operator class that is not the default'),
  ('CREATE UNIQUE INDEX k ON %s (agent_id bpchar_ops, seq)', 'it compares by an operator class that is not the default'),
  ('CREATE UNIQUE INDEX k ON %s (agent_id, request_id bpchar_ops)', 'it compares by an operator class that is not the default'),
  ('CREATE UNIQUE INDEX k ON %s (agent_id, request_id) NULLS NOT DISTINCT', 'it takes two request_ids that are null for the same');
SELECT is(t.ways(format(made, tbl)), '55000: unique index "k" on "certifications" could drop a certification that was judged: ' || why, format(made, tbl))
  FROM t.key, unnest(ARRAY[:'leaf']) AS tbl;
SELECT matches(t.ways(format(made, 'cgae.certifications')), '^(55000: unique index "[a-z_0-9]+" on "certifications" could drop a certification that was judged: |not made: .*(partition|agent_id))', '... on the table at the top: ' || made)
  FROM t.key WHERE t.partitioned();
-- an exclusion constraint, a primary key of the owner's: keys of other kinds
SELECT is(t.ways(format('ALTER TABLE %s ADD CONSTRAINT k EXCLUDE (%s)', :'leaf', what)), '55000: unique index "k" on "certifications" could drop a certification that was judged: it is an exclusion constraint', 'EXCLUDE ' || what)
  FROM unnest(ARRAY['agent_id WITH =, seq WITH =', 'agent_id WITH =, request_id WITH =', 'spot WITH =) WHERE (tier = ''T5''']) AS what;
SELECT CASE WHEN t.partitioned() THEN pass('a primary key includes the partition key')
            ELSE is(t.ways('ALTER TABLE cgae.certifications DROP CONSTRAINT certifications_pkey, ADD CONSTRAINT k PRIMARY KEY (id)'),
                    '55000: unique index "k" on "certifications" could drop a certification that was judged: its columns neither include agent_id and seq nor are agent_id and request_id', 'a surrogate primary key') END;
-- valid or not, being dropped or not
SET LOCAL allow_system_table_mods = on;
SELECT is(t.ways(format('CREATE UNIQUE INDEX k ON %1$s (id); UPDATE pg_index SET %2$s WHERE indexrelid = (SELECT oid FROM pg_class WHERE relname = ''k''); COMMENT ON TABLE %1$s IS ''''; ALTER TABLE %1$s SET (fillfactor = 90)', :'leaf', what)),
          '55000: unique index "k" on "certifications" could drop a certification that was judged: its columns neither include agent_id and seq nor are agent_id and request_id', 'an index with ' || what)
  FROM unnest(ARRAY['indisvalid = false', 'indisvalid = false, indisready = false, indislive = false']) AS what;
SELECT is(t.ways(format('CREATE UNIQUE INDEX k ON %1$s (id); UPDATE pg_index SET indisvalid = false, indisready = false WHERE indexrelid = (SELECT oid FROM pg_class WHERE relname = ''k''); ALTER TABLE %1$s SET (fillfactor = 90)', :'leaf')),
          'ok', 'one that is not ready meets nobody');
-- built CONCURRENTLY, it becomes ready while its table hears nothing of it
SAVEPOINT ready;
CREATE UNIQUE INDEX k ON :leaf (id);
UPDATE pg_index SET indisvalid = false, indisready = false WHERE indexrelid = 'cgae.k'::regclass;
ALTER TABLE :leaf SET (fillfactor = 90);
SELECT is(t.try($$SELECT cgae.certify('a', '(0.5,0.5,0.5,1)')$$), 'ok', 'one that is being built');
UPDATE pg_index SET indisready = true WHERE indexrelid = 'cgae.k'::regclass;
SELECT matches(t.try($$SELECT cgae.certify('a', '(0.5,0.5,0.5,1)')$$), '^55000: unique index "k" on ', '... and is ready now');
ROLLBACK TO ready;
RESET allow_system_table_mods;
SELECT is(t.state(), :'state', 'nothing changed');

-- Keys that are allowed, with and without what the registry has itself
SELECT is(t.ways(format(made, :'leaf')), 'ok', made) FROM unnest(ARRAY[
  'CREATE UNIQUE INDEX k ON %s (agent_id, seq)', 'CREATE UNIQUE INDEX k ON %s (seq, agent_id, spot)', 'CREATE UNIQUE INDEX k ON %s (agent_id, seq, request_id) NULLS NOT DISTINCT',
  'CREATE UNIQUE INDEX k ON %s (agent_id, seq, spot COLLATE "C") INCLUDE (tier) WHERE tier > ''T3''', 'CREATE UNIQUE INDEX k ON %s (agent_id, request_id)',
  'CREATE UNIQUE INDEX k ON %s (request_id, agent_id) WHERE tier > ''T3''', 'CREATE INDEX k ON %s (agent_id, (spot || ''x''))', 'CREATE INDEX k ON %s (spot COLLATE t.nd)']) AS made;
SELECT is(t.ways('ALTER TABLE cgae.certifications DROP CONSTRAINT certifications_pkey'), 'ok', 'without the primary key');
SELECT is(t.ways('ALTER TABLE cgae.agent_events DROP CONSTRAINT agent_events_pkey'), 'ok', '... of the events');

-- Names that a nondeterministic collation compares: two agents would be one.  From PostgreSQL 18 on the foreign
-- keys are in the way, which an owner may drop.
CREATE FUNCTION t.collate(tbl text, col text) RETURNS text LANGUAGE sql AS $$
  SELECT (SELECT string_agg(format('DROP VIEW IF EXISTS %s CASCADE', oid::regclass), ';') FROM pg_class WHERE relnamespace = 'cgae'::regnamespace AND relkind = 'v') ||
    '; ALTER TABLE cgae.certifications DROP CONSTRAINT certifications_agent_id_fkey; ALTER TABLE cgae.agent_events DROP CONSTRAINT agent_events_agent_id_fkey' ||
    format('; ALTER TABLE cgae.%s ALTER %I TYPE text COLLATE t.nd', tbl, col)
$$;
SELECT matches(t.ways(t.collate(tbl, col)), CASE WHEN t.partitioned() AND col = 'agent_id' THEN '^not made: .*partition key' ELSE
          format('^55000: column "%s" of "%s" has the nondeterministic collation "nd"$', col, tbl) END, format('%s of %s with a nondeterministic collation', col, tbl))
  FROM (VALUES ('agents', 'agent_id'), ('certifications', 'agent_id'), ('certifications', 'request_id'), ('agent_events', 'agent_id')) AS v(tbl, col);
SELECT matches(t.ways('CREATE UNIQUE INDEX k ON cgae.agents (agent_id COLLATE t.nd)'), CASE WHEN t.partitioned() THEN '^not made: ' ELSE '^ok$' END, 'a key of agents drops agents, of which nothing is told then');

-- Columns that are computed after the guard
CREATE FUNCTION t.generated(tbl text, col text, type text, made text) RETURNS text LANGUAGE sql AS $$
  SELECT (SELECT string_agg(format('DROP VIEW IF EXISTS %s CASCADE', oid::regclass), ';') FROM pg_class WHERE relnamespace = 'cgae'::regnamespace AND relkind = 'v') ||
    format('; ALTER TABLE cgae.%s DROP COLUMN %2$I CASCADE, ADD COLUMN %2$I %s GENERATED ALWAYS AS (%s) STORED', tbl, col, type, made)
$$;
SELECT matches(t.ways(t.generated('certifications', col, type, made) || key), format('^(428C9: [^|]* \| )?55000: column "%s" of "certifications[0-9a-z_]*" is generated, so that its cgae trigger cannot set it', col), format('%s computed from %s%s', col, made, key))
  FROM (VALUES ('request_id', 'text', 'audit_type', ''),
               ('request_id', 'text', 'audit_type', '; CREATE UNIQUE INDEX k ON cgae.certifications (agent_id, request_id)'),
               ('seq', 'int', '5', ''),
               ('seq', 'int', '5', '; ALTER TABLE cgae.certifications ADD PRIMARY KEY (agent_id, seq)'),
               ('tier', 'cgae.tier', $$'T5'::cgae.tier$$, '')) AS v(col, type, made, key);

-- Rows that came without guards are in the way of the next number; drift is recorded behind all that is there
CREATE FUNCTION t.unguarded(tbl text, change text) RETURNS text LANGUAGE sql AS $$ SELECT format('ALTER TABLE cgae.%s DISABLE TRIGGER USER; %s; ALTER TABLE cgae.%1$s ENABLE TRIGGER USER', tbl, change) $$;
SELECT is(t.ways(what || t.unguarded('certifications', $$INSERT INTO cgae.certifications (agent_id, seq, outcome, audit_type, certified_at, auditor, recorded_at, status) VALUES ('a', 3, 'x', 'x', now(), 'x', now(), 'active')$$)),
          '55000: number 3 of agent "a" is in its history already | ok', 'a certification has the number; ' || what)
  FROM unnest(ARRAY['', 'ALTER TABLE cgae.certifications DROP CONSTRAINT certifications_pkey; ', 'ALTER TABLE cgae.certifications DROP CONSTRAINT certifications_pkey; CREATE UNIQUE INDEX k ON cgae.certifications (agent_id, seq, auditor); ']) AS what;
-- ... found by a key in the order of its own column alone: among a, B, c, D and so on by ICU, one looked for by bytes is missed
CREATE FUNCTION t.order_of(made text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
  PERFORM cgae.certify(cgae.register_agent('m', '{}', agent_id => 'z' || x), '(0.4,0.4,0.4,0.9)') FROM unnest('{a,B,c,D,e,F,g,H}'::text[]) AS x;
  EXECUTE made;
  EXECUTE t.unguarded('certifications', $_$INSERT INTO cgae.certifications (agent_id, seq, outcome, audit_type, certified_at, auditor, recorded_at, status) VALUES ('zH', 3, 'x', 'x', now(), 'x', now(), 'active')$_$);
  INSERT INTO cgae.certifications (agent_id, robustness) VALUES ('zH', '(1,1,1,1)') ON CONFLICT DO NOTHING;
  RAISE SQLSTATE 'ROLLB' USING MESSAGE = 'permits T5: ' || cgae.permits('zH', 'T5');
EXCEPTION WHEN OTHERS THEN RETURN SQLSTATE || ': ' || SQLERRM;
END $$;
SELECT is(t.order_of('ALTER TABLE cgae.certifications DROP CONSTRAINT certifications_pkey; CREATE UNIQUE INDEX k ON cgae.certifications (agent_id COLLATE "en-x-icu", seq)'), '55000: number 3 of agent "zH" is in its history already', 'a key in the order of another collation')
  WHERE NOT t.partitioned();
SELECT is(t.ways(what || t.unguarded('agent_events', $$INSERT INTO cgae.agent_events VALUES ('a', 3, 'x', now(), '{}', 'x', now())$$)),
          '55000: number 3 of agent "a" is in its history already | ok', 'an event has the number; ' || what)
  FROM unnest(ARRAY['', 'ALTER TABLE cgae.agent_events DROP CONSTRAINT agent_events_pkey; ']) AS what;
SELECT is(t.ways(t.unguarded('agents', format($$UPDATE cgae.agents SET last_seq = %s WHERE agent_id = 'a'$$, n))), format('55000: last_seq of agent "a" is %s, before its registration | ok', n), 'last_seq ' || n)
  FROM unnest('{0,-1,-2147483648}'::int[]) AS n;
SELECT is(t.ways(t.unguarded('agents', $$UPDATE cgae.agents SET last_seq = 1 WHERE agent_id = 'a'$$)), '55000: number 2 of agent "a" is in its history already | ok', 'last_seq behind the history');

-- A used request is left to its index only where that refuses it for sure: number 0 is never stored.
CREATE FUNCTION t.used(made text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  said text[];
  what text;
BEGIN
  EXECUTE made;
  FOREACH what IN ARRAY ARRAY[$_$INSERT INTO cgae.certifications (agent_id, robustness, request_id) VALUES ('r', '(1,1,1,1)', 'used')$_$,
      $_$INSERT INTO cgae.certifications (agent_id, robustness, request_id) VALUES ('r', '(1,1,1,1)', 'used') ON CONFLICT DO NOTHING$_$,
      $_$INSERT INTO cgae.certifications (agent_id, robustness, request_id) VALUES ('r', '(1,1,1,1)', 'used') ON CONFLICT (agent_id, seq) DO NOTHING$_$,
      $_$INSERT INTO cgae.certifications (agent_id, robustness, request_id) SELECT 'r', '(1,1,1,1)', x FROM unnest('{other,used,used,other}'::text[]) AS x ON CONFLICT DO NOTHING$_$,
      $_$SELECT cgae.certify('r', '(0.3,0.3,0.3,0.9)', request_id => 'used')$_$] LOOP
    said := said || left(t.try(what), 5);
    IF EXISTS (SELECT FROM cgae.certifications WHERE seq < 2) THEN said := said || text 'STORED'; END IF;
  END LOOP;
  said := said || (SELECT certified_tier || ' ' || count(c.seq) FROM cgae.agents AS a JOIN cgae.certifications AS c USING (agent_id) WHERE agent_id = 'r' GROUP BY certified_tier);
  RAISE SQLSTATE 'ROLLB';
EXCEPTION WHEN SQLSTATE 'ROLLB' THEN RETURN array_to_string(said, ' ');
          WHEN OTHERS THEN RETURN 'not made: ' || SQLERRM;
END $$;
SELECT is(t.used('SELECT'), '23505 ok 23505 ok ok T5 2', 'with its index: nothing');
SELECT matches(t.used(made), CASE WHEN t.partitioned() THEN '(T1 1|T5 2|^not made: .*)$' ELSE '^' || said || '$' END, made) FROM (VALUES
  ('DROP INDEX cgae.certifications_request_id_key', '23505 23505 23505 23505 23505 T1 1'),
  ('DROP INDEX cgae.certifications_request_id_key; CREATE UNIQUE INDEX k ON cgae.certifications (agent_id, request_id)', '23505 ok 23505 ok ok T5 2'),
  ('DROP INDEX cgae.certifications_request_id_key; CREATE UNIQUE INDEX k ON cgae.certifications (request_id, agent_id) WHERE request_id IS NOT NULL', '23505 23505 23505 23505 23505 T1 1'),
  ('DROP INDEX cgae.certifications_request_id_key; CREATE UNIQUE INDEX k ON cgae.certifications (agent_id, request_id) WHERE tier > ''T1''', '23505 23505 23505 23505 23505 T1 1'),
  ('DROP INDEX cgae.certifications_request_id_key; CREATE UNIQUE INDEX k ON cgae.certifications (agent_id, request_id) WHERE request_id IS NULL', '23505 23505 23505 23505 23505 T1 1'),
  ('DROP INDEX cgae.certifications_request_id_key; CREATE UNIQUE INDEX k ON cgae.certifications (agent_id, request_id) WHERE auditor IS NOT NULL', '23505 23505 23505 23505 23505 T1 1'),
  ('DROP INDEX cgae.certifications_request_id_key; CREATE UNIQUE INDEX k ON cgae.certifications (agent_id, seq, request_id)', '23505 23505 23505 23505 23505 T1 1'),
  ('DROP INDEX cgae.certifications_request_id_key; ALTER TABLE cgae.certifications ADD UNIQUE (agent_id, request_id) DEFERRABLE', '23505 23505 23505 55000 23505 T1 1'),
  ('DROP INDEX cgae.certifications_request_id_key; ALTER TABLE cgae.certifications ADD UNIQUE (agent_id, request_id) DEFERRABLE INITIALLY DEFERRED', '23505 23505 23505 55000 23505 T1 1')) AS v(made, said);
SET LOCAL allow_system_table_mods = on;
SELECT is(t.used(format('UPDATE pg_index SET indisvalid = false WHERE indrelid = %L::regclass AND indnkeyatts = 2 AND NOT indisprimary; ALTER TABLE %1$s SET (fillfactor = 90)', :'leaf_r')), '23505 23505 23505 23505 23505 T1 1', 'an index that may miss the record');
RESET allow_system_table_mods;
-- a record that another table keeps: its index is not asked
SELECT CASE WHEN t.partitioned() THEN pass('a partitioned table has no other children')
            ELSE is(t.used($$CREATE TABLE t.child () INHERITS (cgae.certifications); ALTER TABLE cgae.certifications DISABLE TRIGGER USER;
                             WITH moved AS (DELETE FROM ONLY cgae.certifications WHERE agent_id = 'r' RETURNING *) INSERT INTO t.child SELECT * FROM moved; ALTER TABLE cgae.certifications ENABLE TRIGGER USER$$),
                    '23505 23505 23505 23505 23505 T1 1', 'a record in a child table') END;

-- A partition with a statement trigger of somebody's, and a key of its own
CREATE FUNCTION t.silent() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$;
SELECT is(t.ways(format('CREATE TRIGGER s AFTER INSERT ON %1$s FOR EACH STATEMENT EXECUTE FUNCTION t.silent(); CREATE UNIQUE INDEX k ON %1$s (agent_id, spot)', :'leaf')),
          '55000: unique index "k" on "certifications" could drop a certification that was judged: its columns neither include agent_id and seq nor are agent_id and request_id', 'whatever triggers there are');
SELECT is(t.ways(format('CREATE TRIGGER s AFTER INSERT ON %1$s FOR EACH STATEMENT EXECUTE FUNCTION t.silent()', :'leaf')), 'ok', '... which do no harm');

-- Everything at once, in one transaction: a key made, met, dropped
CREATE UNIQUE INDEX k ON :leaf (agent_id, spot);
SELECT is(t.hint($$SELECT cgae.certify('a', '(1,1,1,1)')$$), 'Drop it. Allowed are unique indexes that include agent_id and seq, or have (agent_id, request_id) alone, on plain columns with their default operator class and a deterministic collation.', 'the hint says which keys are allowed');
SELECT is(t.fields($$SELECT cgae.certify('a', '(1,1,1,1)')$$), 'cgae.certifications k', 'the fields name the key');
DROP INDEX cgae.k;
SELECT is(t.try($$SELECT cgae.certify('a', '(0.5,0.5,0.5,1)')$$), 'ok', 'dropped, it is in nobody''s way');
SELECT is(t.standing('a'), 'active {} T2 2', '... and the certification is stored');
SELECT is_empty('SELECT * FROM cgae.check_registry()', 'the registry is in order');
SELECT is((SELECT count(*)::int FROM pg_trigger WHERE tgname = 'zz_cgae_stored'), 0, 'no trigger for each statement is needed');
SELECT * FROM finish();
ROLLBACK;
