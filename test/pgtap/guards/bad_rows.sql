-- Rows that came without the guards (replication, an edited dump, an owner who disabled them): one of every kind
-- beside agents that are as they should be.  Nobody else is stopped, nobody is lifted, and authority can be taken away.
\ir ../include/begin.psql
SELECT * FROM no_plan();
SET LOCAL jit = off;	-- which would take seconds over tables without keys
\ir ../include/owner.psql
-- only a superuser can bring about a vector that the type does not let in: a box is as long
CREATE CAST (box AS cgae.robustness) WITHOUT FUNCTION;
CREATE ROLE t_operator;
CREATE ROLE t_shop;
GRANT USAGE, CREATE ON SCHEMA t TO t_owner, t_shop;
GRANT ALL ON ALL FUNCTIONS IN SCHEMA t TO PUBLIC;
-- pgTAP counts in temporary tables
DO $$
BEGIN
  EXECUTE format('GRANT ALL ON SCHEMA %s TO PUBLIC', pg_my_temp_schema()::regnamespace);
  EXECUTE format('GRANT ALL ON ALL TABLES IN SCHEMA %1$s TO PUBLIC; GRANT ALL ON ALL SEQUENCES IN SCHEMA %1$s TO PUBLIC', pg_my_temp_schema()::regnamespace);
END $$;
SET ROLE t_owner;
SELECT cgae.grant_access('t_operator', 'operator') \g /dev/null
GRANT SELECT, REFERENCES (agent_id) ON cgae.agents TO t_shop;

-- What is done to the row of each kind, and whether it can still be read.
CREATE TABLE t.kind (kind text PRIMARY KEY, change text, readable bool DEFAULT false);
INSERT INTO t.kind VALUES
  ('good', NULL, true), ('fresh', NULL, true),
  ('holds: null', 'holds = NULL', false), ('holds: {NULL}', 'holds = ''{NULL}''', false), ('holds: blank', 'holds = ''{""}''', false),
  ('holds: blank and one', 'holds = ''{x,"  ",architecture_drift}''', false), ('holds: many', 'holds = (SELECT array_agg(''h'' || i) FROM generate_series(1, 1001) AS i)', false),
  ('holds: too many', 'holds = (SELECT array_agg(''h''::text) FROM generate_series(1, 100000) AS i)', false),
  ('last_seq: null', 'last_seq = NULL', false), ('last_seq: 0', 'last_seq = 0', false), ('last_seq: -5', 'last_seq = -5', false), ('last_seq: last', 'last_seq = 2147483647', false),
  ('last_seq: behind', 'last_seq = 1', true), ('last_seq: ahead', 'last_seq = 1000', true),
  ('hash: empty', 'architecture_hash = '''', architecture_digest = NULL', false), ('hash: short', 'architecture_hash = ''44136'', architecture_digest = NULL', false),
  ('hash: odd', 'architecture_hash = ''wxyz136fa355b367'', architecture_digest = NULL', false), ('hash: null', 'architecture_hash = NULL, architecture_digest = NULL', false),
  ('digest: empty', 'architecture_digest = ''''', true), ('digest: long', 'architecture_digest = architecture_digest || ''0''', true),
  ('hash: upper case', 'architecture_hash = upper(architecture_hash), architecture_digest = upper(architecture_digest)', true),
  ('vector: null', 'current_robustness = NULL', false), ('vector: too large', 'current_robustness = ''((2,2),(2,2))''::box::cgae.robustness', false),
  ('vector: NaN', 'current_robustness = ''((NaN,NaN),(NaN,NaN))''::box::cgae.robustness', false), ('vector: negative', 'current_robustness = ''((-1,0.5),(-1,0.5))''::box::cgae.robustness', false),
  ('certified_at: null', 'certified_at = NULL', false), ('certified_at: infinity', $$certified_at = 'infinity'$$, false), ('certified_at: -infinity', $$certified_at = '-infinity'$$, false), ('neither', 'certified_at = NULL, current_robustness = NULL', false),
  ('status: null', 'status = NULL', false), ('tier: null', 'current_tier = NULL', false),
  ('name: null', 'model_name = NULL', true), ('registered_at: null', 'registered_at = NULL', true), ('count: null', 'certification_count = NULL', true),
  ('balance: null', 'balance = NULL, contracts_completed = NULL', true), ('balance: NaN', 'balance = ''NaN''', true);
GRANT SELECT ON t.kind TO PUBLIC;
SELECT count(cgae.register_agent('model of ' || kind, '{}', agent_id => kind, registered_at => now() - interval '400 days')) FROM t.kind \g /dev/null
-- all but two fell to T1 long ago, when the sweep that tells so is still to come
SELECT count(cgae.certify(kind, '(0.7,0.7,0.7,0.9)', certified_at => now() - CASE kind WHEN 'fresh' THEN interval '1 day' ELSE interval '40 days' END)) FROM t.kind \g /dev/null
SELECT count(*) AS kinds, count(*) FILTER (WHERE NOT readable) AS bad FROM t.kind \gset

ALTER TABLE cgae.agents DISABLE TRIGGER USER;
ALTER TABLE cgae.agent_events DISABLE TRIGGER USER;
ALTER TABLE cgae.certifications DISABLE TRIGGER USER;
ALTER TABLE cgae.audit_seeds DISABLE TRIGGER USER;
DO $$
DECLARE
  c record;
BEGIN
  FOR c IN SELECT attname FROM pg_attribute WHERE attrelid = 'cgae.agents'::regclass AND attnotnull AND attnum > 0 AND attname <> 'agent_id' LOOP
    EXECUTE format('ALTER TABLE cgae.agents ALTER %I DROP NOT NULL', c.attname);
  END LOOP;
  FOR c IN SELECT * FROM t.kind WHERE change IS NOT NULL LOOP
    EXECUTE format('UPDATE cgae.agents SET %s WHERE agent_id = %L', c.change, c.kind);
  END LOOP;
END $$;
ALTER TABLE cgae.agents ENABLE TRIGGER USER;
ALTER TABLE cgae.agent_events ENABLE TRIGGER USER;
ALTER TABLE cgae.certifications ENABLE TRIGGER USER;
ALTER TABLE cgae.audit_seeds ENABLE TRIGGER USER;
SAVEPOINT bad;

-- what they may do: nothing
SELECT is((SELECT string_agg(kind, ', ' ORDER BY kind) FROM t.kind WHERE cgae.permits(kind, 'T1') <> readable), NULL, 'permits(): T0 for those that cannot be read, and no change for the others');
SELECT is((SELECT string_agg(kind, ', ' ORDER BY kind) FROM t.kind WHERE NOT readable AND cgae.effective_tier(kind) <> 'T0'), NULL, 'effective_tier()');
SELECT is((SELECT string_agg(kind, ', ' ORDER BY kind) FROM t.kind WHERE cgae.permits(kind, 'T1', now() + interval '1 s') <> readable), NULL, 'at another instant');
SELECT is((SELECT string_agg(k.kind, ', ' ORDER BY kind) FROM t.kind AS k JOIN cgae.agent_standing AS s ON s.agent_id = k.kind WHERE (s.effective_tier > 'T0') <> readable), NULL, 'agent_standing');
SELECT is((SELECT string_agg(k.kind, ', ' ORDER BY kind) FROM t.kind AS k JOIN cgae.expiring_agents AS s ON s.agent_id = k.kind WHERE NOT k.readable AND (s.effective_tier > 'T0' OR s.falls_to > 'T0')), NULL, 'expiring_agents');
SELECT is((SELECT string_agg(agent_id, ', ' ORDER BY agent_id) FROM cgae.agents AS a JOIN t.kind AS k ON k.kind = a.agent_id
            WHERE (cgae.agent_fault(status, current_tier, current_robustness, certified_at, holds, last_seq, architecture_hash) IS NULL) <> readable), NULL, 'agent_fault() says which');
SELECT is((SELECT unreadable_agents FROM cgae.registry_health), :bad::bigint, 'registry_health counts them');
SELECT lives_ok('SELECT * FROM cgae.registry_health', '... and all else');
SET ROLE t_shop;
CREATE TABLE t.orders (agent_id text);
CREATE TRIGGER tier AFTER INSERT ON t.orders FOR EACH ROW EXECUTE FUNCTION cgae.require_tier('agent_id', 'T1');
SELECT is((SELECT string_agg(kind, ', ' ORDER BY kind) FROM t.kind WHERE (t.try(format('INSERT INTO t.orders VALUES (%L)', kind)) = 'ok') <> readable), NULL, 'require_tier');
SELECT is(t.try($$INSERT INTO t.orders VALUES ('holds: {NULL}')$$), '42501: agent "holds: {NULL}" holds tier T0, but "orders" requires T1', '... says T0');
SET ROLE t_owner;

-- sweeps and publications go on after them, whatever the size of a batch
SELECT t.state() AS state \gset
CREATE FUNCTION t.swept() RETURNS text LANGUAGE sql AS $$
  SELECT string_agg(kind, ', ' ORDER BY kind) FROM t.kind AS k JOIN cgae.agents AS a ON a.agent_id = k.kind
   WHERE coalesce(a.current_tier::text, '') <> CASE WHEN kind = 'fresh' THEN 'T3' WHEN kind = 'tier: null' THEN '' WHEN readable THEN 'T1' ELSE 'T3' END $$;
CREATE FUNCTION t.untouched() RETURNS text LANGUAGE plpgsql AS $$
BEGIN
  RETURN md5((SELECT string_agg(a::text, E'\n' ORDER BY agent_id) FROM cgae.agents AS a JOIN t.kind AS k ON k.kind = a.agent_id WHERE NOT readable));
END $$;
SELECT t.untouched() AS untouched \gset
SAVEPOINT s;
SELECT is((SELECT lowered FROM cgae.apply_decay(batch => n)), (SELECT count(*) - 1 FROM t.kind WHERE readable), 'a sweep in batches of ' || n) FROM (VALUES (3)) AS v(n);
SELECT is(t.swept(), NULL, 'lowers who can be read');
SELECT is(t.untouched(), :'untouched', 'and leaves the others as they are');
SELECT is((SELECT lowered FROM cgae.apply_decay(batch => 1)), 0::bigint, 'and there is an end to it');
SELECT is((SELECT string_agg(kind || ' ' || h, '; ' ORDER BY kind) FROM t.kind, t.history(kind) AS h WHERE kind LIKE 'last_seq: %' AND readable),
          'last_seq: ahead 1 registration, 2 certification, 1001 decay; last_seq: behind 1 registration, 2 certification, 3 decay', 'what is behind its history is recorded after it');
ROLLBACK TO s;
-- where a trigger of the owner's looks on, each batch begins anew
CREATE FUNCTION t.nothing() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$;
CREATE TRIGGER a BEFORE UPDATE ON cgae.agents FOR EACH ROW EXECUTE FUNCTION t.nothing();
SELECT is((SELECT lowered FROM cgae.apply_decay(batch => 1)), (SELECT count(*) - 1 FROM t.kind WHERE readable), 'a sweep that begins anew with each batch');
SELECT is(t.swept(), NULL, 'gets to the end too');
ROLLBACK TO s;
SET ROLE t_operator;
SELECT is(t.try('SELECT cgae.apply_decay()'), 'ok', 'by an operator');
SET ROLE t_owner;
ROLLBACK TO s;
-- a laxer policy: whoever had decayed stays where he was
SELECT is(t.try($$SELECT cgae.publish_policy(decay_rate => 0)$$), 'ok', 'a publication');
SELECT is(t.swept(), NULL, 'lowers who can be read');
SELECT is(t.untouched(), :'untouched', 'and leaves the others as they are');
SELECT is((SELECT string_agg(kind, ', ' ORDER BY kind) FROM t.kind WHERE kind <> 'fresh' AND cgae.permits(kind, 'T2')), NULL, 'nobody was lifted');
-- made readable by an operator: what was missed is made up for
SELECT is(t.try(format($$SELECT cgae.suspend(%L, 'x1')$$, kind)), 'ok', kind || ' is suspended') FROM t.kind WHERE kind IN ('holds: {NULL}', 'holds: blank', 'last_seq: 0', 'last_seq: last');
SELECT is(t.try(format($$SELECT cgae.reinstate(%L, 'x1')$$, kind)), 'ok', '... and reinstated') FROM t.kind WHERE kind IN ('holds: {NULL}', 'holds: blank', 'last_seq: 0', 'last_seq: last');
SELECT is((SELECT string_agg(cgae.effective_tier(kind)::text, ' ') FROM t.kind WHERE kind IN ('holds: {NULL}', 'holds: blank', 'last_seq: 0', 'last_seq: last')), 'T1 T1 T1 T1', '... at what had been left');
ROLLBACK TO s;
SELECT is(t.try($$SELECT cgae.policy_impact('{0,0.1,0.2,0.3,0.4,0.5}', NULL, NULL, NULL)$$), 'ok', 'policy_impact()');
SELECT is((SELECT sum(agents) FROM cgae.tier_distribution()), (:kinds - 1)::numeric, 'tier_distribution()');
SELECT is(t.try(format('SELECT * FROM cgae.%s', f)), 'ok', f) FROM unnest(ARRAY['agents_by_tier(''T3'')', 'due_audits()', 'due_audits(now() + interval ''100 days'')', 'expiring_within(''1000 days'')',
  'standing_as_of(now())', 'tier_distribution_over_time(now() - interval ''300 days'', now() + interval ''300 days'', ''10 days'')', 'report()', 'check_registry()', 'tier_changes', 'events', 'certification_history', 'binding_dimension_counts']) AS f;
SELECT is(t.try(format('SELECT cgae.tier_at(%L, now()), cgae.agent_record(%1$L), cgae.audit_cid(%1$L)', kind)), 'ok', kind || ': tier_at(), agent_record()') FROM t.kind;

-- authority can be taken away from each, but where the status cannot be read
SELECT is(t.try('t_operator', format($$SELECT cgae.suspend(%L, 'stop')$$, kind)), 'ok', kind || ': suspended') FROM t.kind WHERE kind <> 'status: null';
SELECT is((SELECT string_agg(kind, ', ') FROM t.kind JOIN cgae.agents AS a ON a.agent_id = kind WHERE kind <> 'status: null' AND (a.status <> 'suspended' OR NOT 'stop' = ANY (a.holds))), NULL, 'and so they are');
SELECT is((SELECT holds FROM cgae.agents WHERE agent_id = 'holds: blank and one'), '{architecture_drift,stop,x}', 'holds that can be read are kept');
SELECT cmp_ok((SELECT cardinality(holds) FROM cgae.agents WHERE agent_id = 'holds: many'), '>', 900, '... as far as there is room');
SELECT is((SELECT string_agg(kind, ', ') FROM t.kind, cgae.events AS e WHERE kind <> 'status: null' AND kind <> 'last_seq: ahead' AND e.agent_id = kind AND e.type = 'suspension' AND seq NOT IN (3, 4)), NULL, 'the next number of the history is taken');
SELECT is(t.try('t_operator', $$SELECT cgae.suspend('status: null', 'stop')$$), '23502: null value in column "status" of relation "agents" violates not-null constraint', 'without a status nothing can be done');
ROLLBACK TO s;
SELECT is(t.try('t_operator', format($$SELECT cgae.deregister_agent(%L)$$, kind)), 'ok', kind || ': deregistered') FROM t.kind WHERE kind <> 'status: null';
SELECT is((SELECT string_agg(kind, ', ') FROM t.kind JOIN cgae.agents AS a ON a.agent_id = kind WHERE kind <> 'status: null' AND (a.status <> 'deregistered' OR deregistered_at IS NULL)), NULL, 'and so they are');
SELECT is((SELECT count(*) FROM cgae.agent_events WHERE type = 'deregistration'), (:kinds - 1)::bigint, 'each on record');
SELECT is((SELECT unreadable_agents FROM cgae.registry_health), 1::bigint, 'they are counted no more');
ROLLBACK TO s;
-- not so to give it
SELECT matches(t.try('t_operator', $$UPDATE cgae.agents SET holds = '{}' WHERE agent_id = 'holds: blank'$$), '^55000: ', 'unreadable holds are not lifted by the way');
SELECT matches(t.try('t_operator', $$UPDATE cgae.agents SET holds = '{NULL,""}' WHERE agent_id = 'holds: blank'$$), '^22004: ', 'nor others put in their place');
SELECT matches(t.try(format($$SELECT cgae.certify(%L, '(1,1,1,1)')$$, kind)), CASE WHEN kind ~ '^(holds|hash|digest|status|tier|last_seq: (null|last))' THEN '^(22004|22023|54000|55000|23502|22003): ' ELSE '' END, kind || ' is certified or refused') FROM t.kind WHERE NOT readable;
SELECT is(cgae.permits('vector: null', 'T5'), true, 'a certification cures a vector');
ROLLBACK TO s;

-- a registered architecture that cannot be read is not what was observed
SELECT is((SELECT outcome || ' ' || status FROM cgae.certify(kind, '(1,1,1,1)', observed_architecture_hash => cgae.architecture_hash('{}'))), 'architecture_mismatch suspended', kind || ': drift') FROM t.kind WHERE kind ~ '^(hash|digest): ' AND NOT readable;
ROLLBACK TO s;
SELECT is(cgae.observe_architecture(kind, cgae.architecture_hash('{}')), false, kind || ': observed') FROM t.kind WHERE kind ~ '^(hash|digest): ' AND NOT readable;
SELECT is((SELECT string_agg(DISTINCT status || ' ' || holds::text, ', ') FROM cgae.agents JOIN t.kind ON kind = agent_id WHERE kind ~ '^(hash|digest): ' AND NOT readable), 'suspended {architecture_drift}', '... which is drift');
ROLLBACK TO s;
SELECT is(cgae.observe_architecture(kind, cgae.architecture_digest('{}')), true, kind || ': hashes compare by value, as far as they are known') FROM t.kind WHERE kind ~ 'upper case|^digest';
SELECT is(cgae.observe_architecture(kind, '0123456789abcdef'), false, '... and drift is found') FROM t.kind WHERE kind ~ '^digest';
SELECT is((SELECT outcome FROM cgae.certify('hash: upper case', '(1,1,1,1)', observed_architecture_hash => cgae.architecture_hash('{}'))), 'certified', '... in a certification too');
-- drift is recorded whatever else cannot be read
SELECT is((SELECT string_agg(kind, ', ') FROM t.kind WHERE kind !~ '^status' AND (cgae.certify(kind, NULL, observed_architecture_hash => '0123456789abcdef')).outcome <> 'architecture_mismatch'), NULL, 'drift of each');
ROLLBACK TO s;
SELECT is((SELECT string_agg(kind, ', ') FROM t.kind WHERE kind !~ '^status' AND cgae.observe_architecture(kind, '0123456789abcdef')), NULL, '... by a heartbeat');
SELECT is((SELECT string_agg(kind, ', ') FROM t.kind JOIN cgae.agents AS a ON a.agent_id = kind WHERE kind !~ '^status' AND (a.status <> 'suspended' OR NOT 'architecture_drift' = ANY (a.holds))), NULL, '... suspends');
ROLLBACK TO s;
-- a heartbeat that finds nothing makes nobody readable
SELECT cgae.observe_architecture(kind, cgae.architecture_hash('{}')) FROM t.kind WHERE kind ~ '^(holds|last_seq|vector|certified_at|tier)' \g /dev/null
UPDATE cgae.agents SET observed_architecture_hash = cgae.architecture_hash('{}'), model_name = 'n' WHERE agent_id ~ '^(holds|last_seq|vector|certified_at|tier)';
SELECT is((SELECT unreadable_agents FROM cgae.registry_health), :bad::bigint, 'a heartbeat mends nothing');
ROLLBACK TO s;
SELECT is(t.try(format($$SELECT cgae.update_architecture(%L, '{"a":1}')$$, kind)), 'ok', kind || ': a new architecture') FROM t.kind WHERE kind ~ '^(hash|digest): ';
SELECT is((SELECT string_agg(DISTINCT status || ' ' || holds::text, ', ') FROM cgae.agents WHERE agent_id ~ '^(hash|digest): '), 'suspended {architecture_drift}', '... awaits its audit');
ROLLBACK TO s;

SELECT is(t.try(format($$UPDATE cgae.agents SET architecture_hash = cgae.architecture_hash(model_config) WHERE agent_id = %L$$, kind)), 'ok', kind || ': its hash anew') FROM t.kind WHERE kind ~ '^hash: ' AND NOT readable;
SELECT is((SELECT string_agg(DISTINCT status || ' ' || holds::text, ', ') FROM cgae.agents JOIN t.kind ON kind = agent_id WHERE kind ~ '^hash: ' AND NOT readable), 'suspended {architecture_drift}', '... awaits its audit, as nobody knows what was certified');
ALTER TABLE cgae.agents DISABLE TRIGGER USER;
UPDATE cgae.agents SET architecture_hash = '' WHERE agent_id = 'fresh';
ALTER TABLE cgae.agents ENABLE TRIGGER USER;
SELECT is(cgae.permits('fresh', 'T1'), false, 'the digest alone is left');
UPDATE cgae.agents SET architecture_hash = cgae.architecture_hash(model_config) WHERE agent_id = 'fresh';
SELECT is(cgae.permits('fresh', 'T3'), true, '... which tells what was certified');
ROLLBACK TO s;

-- a history that has reached its last number
ALTER TABLE cgae.agent_events DISABLE TRIGGER USER;
INSERT INTO cgae.agent_events VALUES ('good', 2147483647, 'odd', now(), '{}', 'x', now());
ALTER TABLE cgae.agent_events ENABLE TRIGGER USER;
SELECT is(t.try('SELECT cgae.apply_decay()'), 'ok', 'no number is left: the sweep goes on');
SELECT is((SELECT current_tier FROM cgae.agents WHERE agent_id = 'good'), 'T1', '... and lowers, off the record');
SELECT is(t.try($$SELECT cgae.suspend('good', 'x')$$), 'ok', '... as a suspension takes authority away');
SELECT is(cgae.permits('good', 'T1'), false, '... all the same');
SELECT matches(t.try($$SELECT cgae.reinstate('good', 'x')$$), '^22003: ', '... but gives none');
SELECT is(t.try($$SELECT cgae.deregister_agent('good')$$), 'ok', '... and a deregistration ends it');
ROLLBACK TO s;

-- histories: what is not a label tells nothing, what cannot be read says T0
SELECT count(*) FROM cgae.apply_decay() \g /dev/null
ALTER TABLE cgae.agent_events DISABLE TRIGGER USER;
ALTER TABLE cgae.certifications DISABLE TRIGGER USER;
INSERT INTO cgae.agent_events
  SELECT 'good', 100 + row_number() OVER (), type, now() - interval '1 hour', data::jsonb, 'x', now()
    FROM unnest('{decay,expiration,suspension,odd,reinstatement,architecture_mismatch}'::text[]) AS type,
         unnest(ARRAY['null', '1', '[]', '{}', '{"status":"T9","new_tier":"T9","added":1,"lifted":{}}', '{"status":null,"new_tier":[1],"added":{"a":1}}', '{"status":"","new_tier":"","lifted":"x","added":[1,null,{}]}']) AS data;
SELECT is((SELECT x::text FROM cgae.tier_at('good', now()) AS x), '(active,T3,T1)', 'labels that are none: tier_at()');
SELECT is((SELECT string_agg(old_tier || '-' || new_tier, ' ' ORDER BY seq) FROM cgae.tier_changes WHERE agent_id = 'good'), 'T0-T3 T3-T1', 'tier_changes');
SELECT is((SELECT effective_tier || ' ' || status FROM cgae.standing_as_of(now()) WHERE agent_id = 'good'), 'T1 active', 'standing_as_of()');
SELECT is((SELECT agents FROM cgae.tier_distribution_over_time(now(), now(), '1 day') WHERE tier = 'T3'), 1::bigint, 'tier_distribution_over_time()');
SELECT is(t.try(f), 'ok', f) FROM unnest(ARRAY['SELECT cgae.report()', 'SELECT * FROM cgae.registry_health', 'SELECT * FROM cgae.check_registry()', 'SELECT * FROM cgae.events']) AS f;
SET CONSTRAINTS ALL IMMEDIATE;
UPDATE cgae.certifications SET robustness = NULL WHERE agent_id = 'fresh';
SELECT is((SELECT x::text FROM cgae.tier_at('fresh', now()) AS x), '(active,T3,T0)', 'a certification without its vector: tier_at()');
SELECT is((SELECT s::text FROM (SELECT effective_tier, certified_tier, robustness FROM cgae.standing_as_of(now()) WHERE agent_id = 'fresh') AS s), '(T0,T3,)', 'standing_as_of()');
SELECT is((SELECT agents FROM cgae.tier_distribution_over_time(now(), now(), '1 day') WHERE tier = 'T3'), 0::bigint, 'tier_distribution_over_time()');
UPDATE cgae.certifications SET robustness = '((NaN,2),(-1,0))'::box::cgae.robustness WHERE agent_id = 'fresh';
SELECT is((SELECT x::text FROM cgae.tier_at('fresh', now()) AS x), '(active,T3,T0)', 'an impossible one');
SELECT is(t.try(f), 'ok', f) FROM unnest(ARRAY['SELECT cgae.report()', 'SELECT * FROM cgae.registry_health', 'SELECT * FROM cgae.check_registry()', 'SELECT * FROM cgae.events', 'SELECT * FROM cgae.certification_history']) AS f;
ROLLBACK TO s;

-- nulls where there were keys: nobody's rows, and no reason to crash
ALTER TABLE cgae.certifications DROP CONSTRAINT certifications_agent_id_fkey;
ALTER TABLE cgae.agent_events DROP CONSTRAINT agent_events_agent_id_fkey;
ALTER TABLE cgae.certifications DROP CONSTRAINT certifications_pkey;
ALTER TABLE cgae.agent_events DROP CONSTRAINT agent_events_pkey;
ALTER TABLE cgae.agents DROP CONSTRAINT agents_pkey;
ALTER TABLE cgae.audit_seeds DROP CONSTRAINT audit_seeds_pkey;
DO $$
DECLARE
  c record;
BEGIN
  FOR c IN SELECT attrelid::regclass AS tbl, attname FROM pg_attribute
            WHERE attrelid IN ('cgae.agents'::regclass, 'cgae.certifications'::regclass, 'cgae.agent_events'::regclass, 'cgae.audit_seeds'::regclass) AND attnotnull AND attnum > 0 AND attgenerated = '' LOOP
    EXECUTE format('ALTER TABLE %s ALTER %I DROP NOT NULL, DISABLE TRIGGER USER', c.tbl, c.attname);
  END LOOP;
END $$;
ALTER TABLE cgae.audit_seeds ALTER commitment DROP NOT NULL;
INSERT INTO cgae.agents SELECT (jsonb_populate_record(a, '{"agent_id":null}')).* FROM cgae.agents AS a WHERE agent_id = 'good';
ALTER TABLE cgae.agents ENABLE TRIGGER USER;
ALTER TABLE cgae.certifications ENABLE TRIGGER USER;
ALTER TABLE cgae.agent_events ENABLE TRIGGER USER;
ALTER TABLE cgae.audit_seeds ENABLE TRIGGER USER;
CREATE FUNCTION t.all_read() RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
  f text;
BEGIN
  FOREACH f IN ARRAY ARRAY['cgae.agents_by_tier(''T3'')', 'cgae.due_audits()', 'cgae.due_audits(now() + interval ''100 days'')', 'cgae.expiring_within(''1000 days'')',
    'cgae.standing_as_of(now())', 'cgae.tier_distribution_over_time(now() - interval ''300 days'', now() + interval ''300 days'', ''10 days'')', 'cgae.report()', 'cgae.check_registry()', 'cgae.tier_changes',
    'cgae.events', 'cgae.certification_history', 'cgae.binding_dimension_counts', 'cgae.registry_health', 'cgae.agent_standing', 'cgae.tier_at(''good'', now())', 'cgae.agent_record(''good'')', 'cgae.apply_decay(batch => 1)',
    'cgae.publish_policy(decay_rate => 0)', 'cgae.policy_impact(''{0,0.1,0.2,0.3,0.4,0.5}'', NULL, NULL, NULL)', 'cgae.rotate_audit_seed()', 'cgae.tier_distribution()'] LOOP
    RETURN NEXT f || ': ' || t.try('SELECT * FROM ' || f);
  END LOOP;
END $$;
SAVEPOINT s;
SELECT is(line, split_part(line, ': ', 1) || ': ok', 'an agent without id: ' || line) FROM t.all_read() AS line;
ROLLBACK TO s;
SAVEPOINT s;
CREATE FUNCTION t.nullified(tbl text) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
  c record;
  line text;
  said text[] := '{}';
BEGIN
  FOR c IN SELECT attname FROM pg_attribute WHERE attrelid = tbl::regclass AND attnum > 0 AND attgenerated = '' AND NOT attisdropped LOOP
    BEGIN
      EXECUTE format('ALTER TABLE %s DISABLE TRIGGER USER', tbl);
      EXECUTE format('UPDATE %s SET %I = NULL', tbl, c.attname);
      EXECUTE format('ALTER TABLE %s ENABLE TRIGGER USER', tbl);
      FOR line IN SELECT t.all_read() LOOP
        said := said || (tbl || '.' || c.attname || ': ' || line);
      END LOOP;
      RAISE SQLSTATE 'ROLLB';
    EXCEPTION WHEN SQLSTATE 'ROLLB' THEN NULL;
    END;
  END LOOP;
  RETURN QUERY SELECT unnest(said);
END $$;
SELECT is((SELECT string_agg(line, E'\n') FROM unnest('{agents,certifications,agent_events,audit_seeds}'::text[]) AS tbl, t.nullified('cgae.' || tbl) AS line WHERE line !~ ': ok$'),
          'cgae.agents.agent_id: cgae.agent_record(''good''): P0002: agent "good" is not registered', 'every column null in every row');
ROLLBACK TO s;
SELECT ok(true, 'the server lives');

SELECT * FROM finish();
ROLLBACK;
