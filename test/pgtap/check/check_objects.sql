-- cgae.check_registry(): the registry's tables, columns, keys, triggers, rules, views, owners and
-- privileges.  It names what has been altered, runs nobody's code for that, and says nothing of
-- what an owner may add.
\ir ../include/begin.psql
CREATE ROLE t_owner;
GRANT CREATE ON SCHEMA cgae TO t_owner;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA cgae TO t_owner;
GRANT ALL ON SCHEMA t TO t_owner;
CREATE ROLE t_shop;
GRANT CREATE ON SCHEMA t TO t_shop;
SET ROLE t_owner;
\ir ../include/registry.psql
\ir ../include/tamper.psql
RESET ROLE;
SELECT * FROM no_plan();
SET LOCAL client_min_messages = error;

SET ROLE t_owner;
SELECT t.agent(id, '(0.95,0.95,0.95,0.95)') FROM unnest('{a,b}'::text[]) AS id \g /dev/null
RESET ROLE;
SELECT is(t.faults('SELECT'), NULL, 'a clean registry');

-- The reports of one rule.
CREATE FUNCTION t.details(rule text, statement text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  found text;
BEGIN
  EXECUTE statement;
  SELECT string_agg(detail, '; ' ORDER BY detail) INTO found FROM cgae.check_registry() AS c WHERE c.rule = details.rule;
  RAISE SQLSTATE 'ROLLB';
EXCEPTION WHEN SQLSTATE 'ROLLB' THEN
  RETURN found;
END $$;

--
-- tables
--
CREATE TEMP TABLE tabs AS SELECT relname AS tab, oid FROM pg_class
  WHERE relnamespace = 'cgae'::regnamespace AND relkind IN ('r', 'p') AND NOT relispartition;
SELECT is((SELECT count(*) FROM tabs)::int, 6, 'six tables');
SELECT is(t.details('table', format('DROP TABLE cgae.%I CASCADE', tab)), format('cgae.%s is missing', tab), tab || ' dropped') FROM tabs;
SELECT is(t.details('table', format('ALTER TABLE cgae.%1$I RENAME TO gone; CREATE VIEW cgae.%1$I AS TABLE cgae.gone', tab)), format('cgae.%s is no table', tab), tab || ' replaced by a view') FROM tabs;
SELECT is(t.details('table', format('ALTER TABLE cgae.%1$I RENAME TO gone; CREATE FOREIGN DATA WRAPPER t_w; CREATE SERVER t_s FOREIGN DATA WRAPPER t_w; CREATE FOREIGN TABLE cgae.%1$I () SERVER t_s', tab)),
  format('cgae.%s is no table', tab), tab || ' replaced by a foreign table') FROM tabs;
SELECT is(t.details('table', format('CREATE TABLE t.child () INHERITS (cgae.%I)', tab)), 't.child inherits from a table of the registry, but is no partition of it', tab || ' with a child') FROM tabs, pg_class AS c WHERE c.oid = tabs.oid AND relkind = 'r';
SELECT is(t.details('table', format('CREATE TABLE t.parent (); ALTER TABLE cgae.%I INHERIT t.parent', tab)), format('cgae.%s is a partition or a child of another table', tab), tab || ' made a child') FROM tabs, pg_class AS c WHERE c.oid = tabs.oid AND relkind = 'r';
SELECT is(t.details('table', 'ALTER TABLE cgae.certifications DROP CONSTRAINT certifications_agent_id_fkey; ALTER TABLE cgae.agent_events DROP CONSTRAINT agent_events_agent_id_fkey; '
  || format('ALTER TABLE cgae.%I SET UNLOGGED', tab)), format('cgae.%s is unlogged: a crash empties it', tab), tab || ' unlogged') FROM tabs, pg_class AS c WHERE c.oid = tabs.oid AND relkind = 'r';
SELECT alike(t.details('table', $$CREATE FOREIGN DATA WRAPPER t_w; CREATE SERVER t_s FOREIGN DATA WRAPPER t_w; CREATE FOREIGN TABLE t.far () INHERITS (cgae.agents) SERVER t_s$$), '%t.far is a foreign table%', 'a foreign table below agents')
  WHERE NOT t.partitioned();

SELECT is(t.details('table', format('ALTER TABLE cgae.%1$I DETACH PARTITION cgae.%1$I_p1', tab)), format('cgae.%s lacks a partition: some agents have no place', tab), tab || ' without a partition')
  FROM unnest('{certifications,agent_events}'::text[]) AS tab WHERE t.partitioned();

--
-- columns: each is missed when it is renamed, has another type, may be null
--
CREATE TEMP TABLE cols AS SELECT tab, attname AS col, attnotnull, format_type(atttypid, NULL) AS type, attgenerated FROM tabs JOIN pg_attribute ON attrelid = oid WHERE attnum > 0 AND NOT attisdropped;
-- a partition key can neither be dropped nor be retyped
DELETE FROM cols WHERE col = 'agent_id' AND t.partitioned();
SELECT cmp_ok((SELECT count(*) FROM cols)::int, '>', 60, 'there are columns');
SELECT is(t.details('column', format('ALTER TABLE cgae.%I RENAME %I TO other', tab, col)), format('cgae.%s has no column %s', tab, col), format('%s.%s renamed', tab, col)) FROM cols;
-- a type whose casts tell
CREATE TYPE t.mood AS ENUM ('sad');
CREATE FUNCTION t.tell(mood t.mood) RETURNS text LANGUAGE plpgsql AS $$ BEGIN RAISE 'the owner''s code ran'; END $$;
CREATE FUNCTION t.tell_json(mood t.mood) RETURNS json LANGUAGE plpgsql AS $$ BEGIN RAISE 'the owner''s code ran'; END $$;
CREATE FUNCTION t.tell_jsonb(mood t.mood) RETURNS jsonb LANGUAGE plpgsql AS $$ BEGIN RAISE 'the owner''s code ran'; END $$;
CREATE FUNCTION t.tell_int(mood t.mood) RETURNS int LANGUAGE plpgsql AS $$ BEGIN RAISE 'the owner''s code ran'; END $$;
CREATE FUNCTION t.tell_bigint(mood t.mood) RETURNS bigint LANGUAGE plpgsql AS $$ BEGIN RAISE 'the owner''s code ran'; END $$;
CREATE FUNCTION t.tell_numeric(mood t.mood) RETURNS numeric LANGUAGE plpgsql AS $$ BEGIN RAISE 'the owner''s code ran'; END $$;
CREATE FUNCTION t.tell_time(mood t.mood) RETURNS timestamptz LANGUAGE plpgsql AS $$ BEGIN RAISE 'the owner''s code ran'; END $$;
CREATE FUNCTION t.tell_robustness(mood t.mood) RETURNS cgae.robustness LANGUAGE plpgsql AS $$ BEGIN RAISE 'the owner''s code ran'; END $$;
CREATE FUNCTION t.tell_tier(mood t.mood) RETURNS cgae.tier LANGUAGE plpgsql AS $$ BEGIN RAISE 'the owner''s code ran'; END $$;
CREATE FUNCTION t.tell_status(mood t.mood) RETURNS cgae.agent_status LANGUAGE plpgsql AS $$ BEGIN RAISE 'the owner''s code ran'; END $$;
CREATE FUNCTION t.tell_holds(mood t.mood) RETURNS text[] LANGUAGE plpgsql AS $$ BEGIN RAISE 'the owner''s code ran'; END $$;
CREATE FUNCTION t.tell_bytes(mood t.mood) RETURNS bytea LANGUAGE plpgsql AS $$ BEGIN RAISE 'the owner''s code ran'; END $$;
CREATE CAST (t.mood AS text) WITH FUNCTION t.tell(t.mood) AS IMPLICIT;
CREATE CAST (t.mood AS json) WITH FUNCTION t.tell_json(t.mood) AS IMPLICIT;
CREATE CAST (t.mood AS jsonb) WITH FUNCTION t.tell_jsonb(t.mood) AS IMPLICIT;
CREATE CAST (t.mood AS int) WITH FUNCTION t.tell_int(t.mood) AS IMPLICIT;
CREATE CAST (t.mood AS bigint) WITH FUNCTION t.tell_bigint(t.mood) AS IMPLICIT;
CREATE CAST (t.mood AS numeric) WITH FUNCTION t.tell_numeric(t.mood) AS IMPLICIT;
CREATE CAST (t.mood AS timestamptz) WITH FUNCTION t.tell_time(t.mood) AS IMPLICIT;
CREATE CAST (t.mood AS cgae.robustness) WITH FUNCTION t.tell_robustness(t.mood) AS IMPLICIT;
CREATE CAST (t.mood AS cgae.tier) WITH FUNCTION t.tell_tier(t.mood) AS IMPLICIT;
CREATE CAST (t.mood AS cgae.agent_status) WITH FUNCTION t.tell_status(t.mood) AS IMPLICIT;
CREATE CAST (t.mood AS text[]) WITH FUNCTION t.tell_holds(t.mood) AS IMPLICIT;
CREATE CAST (t.mood AS bytea) WITH FUNCTION t.tell_bytes(t.mood) AS IMPLICIT;
SELECT alike(t.details('column', format($$ALTER TABLE cgae.%1$I DROP COLUMN %2$I CASCADE, ADD COLUMN %2$I t.mood NOT NULL DEFAULT 'sad'$$, tab, col)), format('%%cgae.%s.%s has type t.mood, not %%', tab, col), format('%s.%s of another type', tab, col)) FROM cols;
SELECT alike(t.details('column', $$DROP VIEW cgae.registry_health, cgae.events, cgae.tier_changes, cgae.certification_history; ALTER TABLE cgae.agent_events ALTER type TYPE varchar(40), ALTER seq TYPE bigint$$),
  'cgae.agent_events.seq has type bigint, not int4; cgae.agent_events.type has type character varying, not text', 'types that hold the same');
CREATE FUNCTION t.nullable(tab name, col name) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  found text;
BEGIN
  EXECUTE format('ALTER TABLE cgae.%I DROP CONSTRAINT %I CASCADE, ALTER %I DROP NOT NULL', tab, tab || '_pkey', col);
  SELECT string_agg(detail, '; ') INTO found FROM cgae.check_registry() WHERE rule = 'column';
  RAISE SQLSTATE 'ROLLB';
EXCEPTION WHEN SQLSTATE 'ROLLB' THEN
  RETURN found;
END $$;
SELECT is(t.nullable(tab, col), format('cgae.%s.%s may be null', tab, col), format('%s.%s may be null', tab, col)) FROM cols WHERE attnotnull;
SELECT is(t.details('column', 'ALTER TABLE cgae.audit_seeds ALTER commitment DROP EXPRESSION'), 'cgae.audit_seeds.commitment is no longer generated', 'a commitment that somebody writes');
SELECT is(t.details('column', $$ALTER TABLE cgae.agents DROP COLUMN balance CASCADE, ADD COLUMN balance numeric NOT NULL GENERATED ALWAYS AS (1000) STORED$$), 'cgae.agents.balance is generated from other columns', 'a balance that nobody writes');
SELECT is(t.details('column', $$CREATE COLLATION t.same (provider = icu, locale = 'und-u-ks-level2', deterministic = false); DROP VIEW cgae.certification_history; ALTER TABLE cgae.certifications ALTER request_id TYPE text COLLATE t.same$$),
  'cgae.certifications.request_id has a nondeterministic collation', 'request ids that are equal and differ');
SELECT is(t.details('type', $$ALTER TYPE cgae.tier RENAME VALUE 'T5' TO 'T6'$$), 'cgae.tier has the labels T0, T1, T2, T3, T4, T6, where this library knows T0, T1, T2, T3, T4, T5', 'tiers renamed');
SELECT alike(t.details('type', $$ALTER TYPE cgae.agent_status RENAME VALUE 'active' TO 'x'; ALTER TYPE cgae.agent_status RENAME VALUE 'pending' TO 'active'; ALTER TYPE cgae.agent_status RENAME VALUE 'x' TO 'pending'$$), 'cgae.agent_status has the labels active, pending,%', 'statuses exchanged');

--
-- keys
--
SELECT is(t.details('key', format('ALTER TABLE cgae.%I DROP CONSTRAINT %I CASCADE', tab, tab || '_pkey')) LIKE format('%%cgae.%s has no primary key (%%', tab), true, tab || ' without primary key') FROM tabs;
SELECT is(t.details('key', 'ALTER TABLE cgae.certifications DROP CONSTRAINT certifications_pkey; ALTER TABLE cgae.certifications ADD PRIMARY KEY (seq, agent_id)'), 'cgae.certifications has no primary key (agent_id, seq)', 'a primary key in another order')
  WHERE NOT t.partitioned();
SELECT is(t.details('key', 'ALTER TABLE cgae.certifications DROP CONSTRAINT certifications_pkey; ALTER TABLE cgae.certifications ADD PRIMARY KEY (agent_id, seq) DEFERRABLE'), 'cgae.certifications has no primary key (agent_id, seq)', 'a primary key that waits')
  WHERE NOT t.partitioned();
SELECT is(t.details('key', format('ALTER TABLE cgae.%1$I DROP CONSTRAINT %1$s_agent_id_fkey', tab)), format('cgae.%s has no foreign key (agent_id) to cgae.agents', tab), tab || ' without foreign key') FROM unnest('{certifications,agent_events}'::text[]) AS tab;
SELECT is(t.details('key', 'ALTER TABLE cgae.agent_events DROP CONSTRAINT agent_events_agent_id_fkey; ALTER TABLE cgae.agent_events ADD FOREIGN KEY (agent_id) REFERENCES cgae.agents NOT VALID'), 'cgae.agent_events has no foreign key (agent_id) to cgae.agents', 'a foreign key that was never checked')
  WHERE NOT t.partitioned();
SELECT is(t.details('key', 'ALTER TABLE cgae.agent_events RENAME CONSTRAINT agent_events_agent_id_fkey TO fk; ALTER INDEX cgae.certifications_request_id_key RENAME TO rk; ALTER TABLE cgae.agents RENAME CONSTRAINT agents_pkey TO pk'), NULL, 'names of keys are the owner''s');
SELECT alike(t.details('key', 'ALTER TABLE cgae.agents DISABLE TRIGGER ALL'), '%triggers of foreign key certifications_agent_id_fkey%are disabled on cgae.agents%', 'agents without the triggers of foreign keys');
SELECT alike(t.details('key', 'ALTER TABLE cgae.agent_events DISABLE TRIGGER ALL; ALTER TABLE cgae.agent_events ENABLE TRIGGER USER'), '%triggers of foreign key agent_events_agent_id_fkey%are disabled on cgae.agent_events%', 'events without them');
SELECT is(t.details('key', 'DROP INDEX cgae.certifications_request_id_key'), 'cgae.certifications has no unique index (agent_id, request_id)', 'no request key');
SELECT is(t.details('key', 'DROP INDEX cgae.certifications_request_id_key; CREATE INDEX ON cgae.certifications (agent_id, request_id)'), 'cgae.certifications has no unique index (agent_id, request_id)', '... or one that is not unique');
SELECT is(t.details('key', $$DROP INDEX cgae.certifications_request_id_key; CREATE UNIQUE INDEX ON cgae.certifications (agent_id, request_id) WHERE request_id > 'm'$$), 'cgae.certifications has no unique index (agent_id, request_id)', '... or of some');
SELECT is(t.details('key', 'DROP INDEX cgae.certifications_request_id_key; CREATE UNIQUE INDEX ON cgae.certifications (agent_id, request_id)'), NULL, '... but one of all requests will do');
SELECT is(t.details('key', statement), 'index k of cgae.certifications could drop a certification that was judged: ' || fault, statement)
  FROM (VALUES ('ALTER TABLE cgae.certifications ADD id int CONSTRAINT k UNIQUE', 'its columns neither include agent_id and seq nor are agent_id and request_id'),
    ('CREATE UNIQUE INDEX k ON cgae.certifications (agent_id, recorded_at)', 'its columns neither include agent_id and seq nor are agent_id and request_id'),
    ('CREATE UNIQUE INDEX k ON cgae.certifications (agent_id, request_id, tier)', 'its columns neither include agent_id and seq nor are agent_id and request_id'),
    ('CREATE UNIQUE INDEX k ON cgae.certifications (agent_id, request_id) NULLS NOT DISTINCT', 'it takes two request_ids that are null for the same'),
    ('CREATE UNIQUE INDEX k ON cgae.certifications (agent_id, seq, (lower(auditor)))', 'one of its keys is an expression'),
    ('CREATE UNIQUE INDEX k ON cgae.certifications (agent_id bpchar_ops, seq)', 'it compares by an operator class that is not the default'),
    ('ALTER TABLE cgae.certifications ADD CONSTRAINT k EXCLUDE USING btree (agent_id WITH =, seq WITH =)', 'it is an exclusion constraint'),
    ($$CREATE COLLATION t.same (provider = icu, locale = 'und-u-ks-level2', deterministic = false); CREATE UNIQUE INDEX k ON cgae.certifications (agent_id COLLATE t.same, seq)$$, 'it compares by a nondeterministic collation')) AS x(statement, fault)
  WHERE NOT t.partitioned();
SELECT is(t.details('key', 'CREATE UNIQUE INDEX k ON cgae.certifications_p1 (agent_id, recorded_at)'), 'index k of cgae.certifications_p1 could drop a certification that was judged: its columns neither include agent_id and seq nor are agent_id and request_id', 'a key of one partition')
  WHERE t.partitioned();

--
-- triggers, rules
--
SELECT is(t.details('trigger', format('CREATE TRIGGER quick BEFORE UPDATE ON cgae.%I FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger()', tab)) LIKE format('trigger quick on cgae.%s suppresses updates that change nothing%%', tab), true, tab || ' with suppressed updates') FROM tabs;
SELECT is(t.details('trigger', 'CREATE TRIGGER quick BEFORE UPDATE ON cgae.agents FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger(); ALTER TABLE cgae.agents DISABLE TRIGGER quick'), NULL, '... but not when that is disabled');
CREATE FUNCTION t.drop_some() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF NEW.model_name = 'm' THEN return
  null; END IF; RETURN NEW; END $$;
SELECT alike(t.details('trigger', 'CREATE TRIGGER picky BEFORE UPDATE ON cgae.agents FOR EACH ROW EXECUTE FUNCTION t.drop_some()'), 'trigger picky on cgae.agents may drop rows: its function says RETURN NULL%', 'a trigger that drops rows');
SELECT is(t.details('trigger', 'CREATE TRIGGER picky AFTER UPDATE ON cgae.agents FOR EACH ROW EXECUTE FUNCTION t.drop_some()'), NULL, '... but not when it is too late for that');
CREATE FUNCTION t.nothing() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN coalesce(NEW, OLD); END';
SELECT alike(t.details('trigger', format('CREATE TRIGGER zz_late BEFORE INSERT ON cgae.%I FOR EACH ROW EXECUTE FUNCTION t.nothing()', tab)), format('trigger zz_late on cgae.%s fires after the guard, which then refuses to write%%', tab), tab || ' with a trigger behind the guard')
  FROM tabs WHERE tab <> 'registry_layout';
SELECT is(t.details('trigger', 'CREATE TRIGGER zz_late BEFORE UPDATE ON cgae.certifications FOR EACH ROW EXECUTE FUNCTION t.nothing()'), NULL, '... unless it is for what the guard does not judge');
SELECT alike(t.details('rule', format('CREATE RULE r AS ON UPDATE TO cgae.%I DO INSTEAD NOTHING', tab)), format('rule r on cgae.%s does something instead of what a statement says', tab), tab || ' with a rule') FROM tabs;
SELECT is(t.details('rule', 'CREATE RULE r AS ON INSERT TO cgae.agents DO ALSO NOTIFY x'), 'rule r on cgae.agents does something besides what a statement says', 'a rule that does more');
SELECT is(t.details('rule', 'CREATE RULE r AS ON INSERT TO cgae.agents DO INSTEAD NOTHING; ALTER TABLE cgae.agents DISABLE RULE r'), NULL, '... but not when it is disabled');

--
-- guards: of all columns, at once
--
SELECT is(t.details('guard', 'DROP TRIGGER zz_cgae_guard ON cgae.agents; CREATE TRIGGER zz_cgae_guard BEFORE INSERT OR UPDATE OF balance ON cgae.agents FOR EACH ROW EXECUTE FUNCTION cgae.guard_agents()') LIKE 'trigger zz_cgae_guard on cgae.agents is disabled or changed%', true, 'a guard of one column');
SELECT is(t.details('guard', 'DROP TRIGGER zz_cgae_policy_lock ON cgae.agents; CREATE TRIGGER zz_cgae_policy_lock BEFORE UPDATE OF balance ON cgae.agents EXECUTE FUNCTION cgae.guard_agents()'), 'trigger zz_cgae_policy_lock on cgae.agents is disabled or changed', 'a lock of another column');
SELECT is(t.details('guard', 'DROP TRIGGER zz_cgae_policy_lock ON cgae.agents; CREATE TRIGGER zz_cgae_policy_lock BEFORE UPDATE ON cgae.agents EXECUTE FUNCTION cgae.guard_agents()'), 'trigger zz_cgae_policy_lock on cgae.agents is disabled or changed', '... or of all');
SELECT is(t.details('guard', 'DROP TRIGGER zz_cgae_registration ON cgae.agents; CREATE CONSTRAINT TRIGGER zz_cgae_registration AFTER INSERT ON cgae.agents DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION cgae.guard_agents()') LIKE 'trigger zz_cgae_registration on cgae.agents is disabled or changed%', true, 'a registration that waits for the commit')
  WHERE NOT t.partitioned();
SELECT is(t.details('guard', 'ALTER TRIGGER zz_cgae_guard ON cgae.audit_seeds RENAME TO zz_guard'), 'trigger zz_cgae_guard on cgae.audit_seeds is missing', 'a guard of another name');

--
-- views
--
CREATE TEMP TABLE vs AS SELECT relname AS view, relname = 'audit_epochs' AS is_barrier FROM pg_class WHERE relnamespace = 'cgae'::regnamespace AND relkind = 'v';
SELECT is((SELECT count(*) FROM vs)::int, 8, 'eight views');
SELECT alike(t.details('view', format('DROP VIEW cgae.%I CASCADE', view)), format('%%cgae.%s is missing%%', view), view || ' dropped') FROM vs;
SELECT is(t.details('view', format('ALTER VIEW cgae.%1$I RENAME TO gone; CREATE TABLE cgae.%1$I ()', view)), format('cgae.%s is no view', view), view || ' replaced by a table') FROM vs;
SELECT is(t.details('view', format('ALTER VIEW cgae.%I OWNER TO t_shop', view)), format('cgae.%s is not owned by the owner of cgae.agents', view), view || ' of somebody else') FROM vs;
SELECT is(t.details('view', format('ALTER VIEW cgae.%I SET (security_invoker = false)', view)), format('cgae.%s is no longer security_invoker: it reads with its owner''s rights', view), view || ' with its owner''s rights') FROM vs WHERE NOT is_barrier;
SELECT is(t.details('view', format('ALTER VIEW cgae.%I SET (security_invoker = on)', view)), NULL, view || ': on is true') FROM vs WHERE NOT is_barrier;
SELECT is(t.details('view', 'ALTER VIEW cgae.audit_epochs SET (security_invoker = true)'), 'cgae.audit_epochs is security_invoker: who may read it sees nothing', 'epochs with the reader''s rights');
SELECT is(t.details('view', 'ALTER VIEW cgae.audit_epochs RESET (security_barrier)'), 'cgae.audit_epochs is no longer a security_barrier', 'epochs without a barrier');

SELECT is(t.details('view', $$CREATE FUNCTION t.look(x text) RETURNS text LANGUAGE sql AS 'SELECT x'; CREATE OR REPLACE VIEW cgae.audit_epochs WITH (security_barrier = true) AS SELECT epoch, t.look(commitment) AS commitment, created_at, revealed_at, secret, actor FROM cgae.audit_seeds$$),
  'cgae.audit_epochs uses function t.look(text), which is none of the registry''s', 'a view that calls something else');
SELECT is(t.details('view', $$CREATE TABLE t.seeds AS SELECT * FROM cgae.audit_epochs; CREATE OR REPLACE VIEW cgae.audit_epochs WITH (security_barrier = true) AS SELECT * FROM t.seeds$$),
  'cgae.audit_epochs uses table t.seeds, which is none of the registry''s', '... or reads it');

--
-- owners
--
SELECT is(t.details('owner', format('ALTER TABLE cgae.%I OWNER TO t_shop', tab)), format('cgae.%s is owned by t_shop, but cgae.agents by t_owner: nothing can be written', tab), tab || ' of somebody else')
  FROM tabs WHERE tab <> 'agents';
SELECT alike(t.details('owner', 'ALTER TABLE cgae.agents OWNER TO t_shop'), '%cgae.audit_seeds is owned by t_owner, but cgae.agents by t_shop: nothing can be written%', 'agents of somebody else');
SELECT is(t.details('owner', 'ALTER TABLE cgae.certifications_p1 OWNER TO t_shop'), 'cgae.certifications_p1 is owned by t_shop, but cgae.agents by t_owner: nothing can be written', 'a partition of somebody else')
  WHERE t.partitioned();
SELECT is(t.faults('GRANT CREATE ON SCHEMA cgae TO t_shop; REASSIGN OWNED BY t_owner TO t_shop'), NULL, 'all of it of somebody else');

--
-- privileges that let others write what the owner runs
--
SELECT is(t.details('access', format('GRANT %s ON cgae.%I TO %s', privilege, tab, role)), format('%s holds %s on cgae.%s', CASE role WHEN 'PUBLIC' THEN role ELSE 'role ' || role END, privilege, tab), format('%s on %s for %s', privilege, tab, role))
  FROM tabs, unnest('{REFERENCES,TRIGGER}'::text[]) AS privilege, unnest('{t_shop,PUBLIC}'::text[]) AS role;
SELECT is(t.details('access', 'GRANT REFERENCES (agent_id, model_name) ON cgae.agents TO t_shop'), 'role t_shop holds REFERENCES on cgae.agents (agent_id); role t_shop holds REFERENCES on cgae.agents (model_name)', 'REFERENCES by column');
SELECT is(t.details('access', 'GRANT ALL ON cgae.gate_policies TO t_shop'), 'role t_shop holds REFERENCES on cgae.gate_policies; role t_shop holds TRIGGER on cgae.gate_policies', 'ALL is more than one thinks');
SELECT is(t.details('access', 'GRANT TRIGGER ON cgae.agents_p1 TO t_shop'), 'role t_shop holds TRIGGER on cgae.agents_p1', 'a privilege on a partition') WHERE t.partitioned();
SELECT is(t.details('access', 'GRANT REFERENCES ON cgae.agents TO t_shop; SET LOCAL ROLE t_shop; CREATE TABLE t.orders (agent_id text CONSTRAINT orders_fk REFERENCES cgae.agents); RESET ROLE; REVOKE REFERENCES ON cgae.agents FROM t_shop'),
  'foreign key orders_fk of t.orders, a table of role t_shop, refers to cgae.agents', 'a foreign key that outlived its privilege');
SELECT is(t.details('access', $$SET LOCAL ROLE t_shop; CREATE FUNCTION t.mine() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'; RESET ROLE; GRANT EXECUTE ON FUNCTION t.mine() TO t_owner;
  SET LOCAL ROLE t_owner; CREATE TRIGGER x AFTER INSERT ON cgae.gate_policies FOR EACH ROW EXECUTE FUNCTION t.mine(); RESET ROLE$$), 'trigger x on cgae.gate_policies calls t.mine(), a function of role t_shop', 'a trigger whose function is somebody else''s');

--
-- what an owner may add, and what levels grant, is no fault
--
SET ROLE t_owner;
SELECT cgae.grant_access('t_shop', level) FROM unnest('{reader,registrar,auditor,operator}'::text[]) AS level \g /dev/null
ALTER TABLE cgae.agents ADD COLUMN team text DEFAULT 'x', ADD CONSTRAINT c CHECK (balance < 1e9);
ALTER TABLE cgae.certifications ADD COLUMN remark text;
ALTER TABLE cgae.agents ALTER balance SET DEFAULT 5, ALTER agent_id DROP DEFAULT;
ALTER TABLE cgae.certifications DROP COLUMN remark;
CREATE INDEX ON cgae.agents (team);
CREATE INDEX ON cgae.certifications (auditor, recorded_at);
CREATE UNIQUE INDEX ON cgae.certifications (agent_id, seq) INCLUDE (tier);
CREATE INDEX ON cgae.agent_events USING gin (data);
CREATE FUNCTION t.before() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN NEW.team := ''y''; RETURN NEW; END';
CREATE FUNCTION t.after() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
CREATE TRIGGER mine BEFORE INSERT ON cgae.agents FOR EACH ROW EXECUTE FUNCTION t.before();
CREATE TRIGGER zz_zz AFTER INSERT OR UPDATE ON cgae.agents FOR EACH ROW EXECUTE FUNCTION t.after();
CREATE TRIGGER zz_zz AFTER INSERT ON cgae.certifications FOR EACH STATEMENT EXECUTE FUNCTION t.after();
CREATE TABLE t.mine (agent_id text REFERENCES cgae.agents, FOREIGN KEY (agent_id) REFERENCES cgae.agents);
ALTER TABLE cgae.certifications ENABLE ROW LEVEL SECURITY;
CREATE POLICY p ON cgae.certifications USING (true);
CREATE VIEW t.own AS SELECT * FROM cgae.agents;
GRANT SELECT, INSERT ON cgae.gate_policies TO t_shop;
SELECT t.agent('c', '(0.5,0.5,0.5,0.5)') \g /dev/null
COMMENT ON TABLE cgae.agents IS 'ours';
ALTER TABLE cgae.gate_policies SET (fillfactor = 70);
RESET ROLE;
SELECT is(t.faults('SELECT'), NULL, 'what an owner may add');
SELECT is(t.faults('SET LOCAL search_path = t, pg_catalog; CREATE OPERATOR t.= (LEFTARG = oid, RIGHTARG = oid, FUNCTION = oidne); CREATE OPERATOR t.= (LEFTARG = text, RIGHTARG = text, FUNCTION = textne); CREATE FUNCTION t.format(text, VARIADIC "any") RETURNS text LANGUAGE internal AS ''text_format'''), NULL, 'a hostile search_path changes nothing');
-- dropped columns shift what comes after them
SELECT is(t.faults('ALTER TABLE cgae.agents DROP COLUMN team CASCADE, ADD COLUMN team int'), NULL, 'columns that come and go');

--
-- without a registry there is nothing to say
--
SELECT is(t.try('DROP TABLE cgae.agents, cgae.certifications, cgae.agent_events, cgae.gate_policies, cgae.audit_seeds, cgae.registry_layout CASCADE; SELECT * FROM cgae.check_registry()'), '42P01: there is no agent registry in this database', 'no registry');

SELECT * FROM finish();
ROLLBACK;
