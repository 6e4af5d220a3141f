-- The gate policy: versioned rows, validated, append-only, in force at once, readable by all who judge.
\ir ../include/begin.psql
\ir ../include/registry.psql
SELECT * FROM no_plan();
SET LOCAL client_min_messages = error;

-- the paper's policy is version 1
SELECT results_eq('SELECT version, cc, er, as_, ih_threshold, budget_ceilings, audit_intensities, decay_rate, time_step FROM cgae.gate_policies',
  $$VALUES (1, '{0,0.3,0.5,0.65,0.8,0.9}'::float8[], '{0,0.3,0.5,0.65,0.8,0.9}'::float8[], '{0,0.25,0.45,0.6,0.75,0.85}'::float8[], 0.5::float8,
            '{0,0.01,0.1,1,10,100}'::numeric[], '{0,0.005,0.01,0.02,0.04,0.08}'::float8[], 0.01::float8, '1 day'::interval)$$, 'version 1');
SELECT is((SELECT effective_from = installed_at AND actor = current_user FROM cgae.gate_policies, cgae.registry_layout), true, 'in force since the registry was made, by who made it');

-- Publish the last version with one column changed, or none.
CREATE FUNCTION t.publish(col text DEFAULT 'note', value text DEFAULT 'test') RETURNS text LANGUAGE plpgsql AS $$
BEGIN
  RETURN t.try(format('SELECT cgae.publish_policy(%I => %L)', col, value));
END $$;
CREATE TEMP TABLE before AS SELECT t.state() AS state;
SELECT matches(t.publish(col, value), '^' || said, format('%s = %s', col, coalesce(value, 'NULL'))) FROM (VALUES
  ('cc', '{0.1,0.3,0.5,0.65,0.8,0.9}', '23514: .*\mcc\M'), ('cc', '{0,0.3,0.3,0.65,0.8,0.9}', '23514: .*\mcc\M'), ('cc', '{0,0.5,0.3,0.65,0.8,0.9}', '23514: .*\mcc\M'),
  ('er', '{0,0.3,0.5,0.65,0.8,1.0000000000000002}', '23514: .*\mer\M'), ('er', '{0,0.3,0.5,0.65,0.8}', '23514: .*\mer\M'), ('er', '{0,0.3,0.5,0.65,0.8,0.9,0.95}', '23514: .*\mer\M'),
  ('as_', '{0,0.3,NULL,0.65,0.8,0.9}', '23514: .*\mas_?\M'), ('as_', '{0,0.3,NaN,0.65,0.8,0.9}', '23514: .*\mas_?\M'), ('as_', '{{0,0.3,0.5},{0.65,0.8,0.9}}', '23514: .*\mas_?\M'), ('as_', '{}', '23514: .*\mas_?\M'),
  ('cc', '{-0.1,0.3,0.5,0.65,0.8,0.9}', '23514: .*\mcc\M'), ('cc', '{0,0.3,0.5,0.65,0.8,Infinity}', '23514: .*\mcc\M'),
  ('ih_threshold', '-0.1', '23514: .*ih_threshold'), ('ih_threshold', '1.1', '23514: .*ih_threshold'), ('ih_threshold', 'NaN', '23514: .*ih_threshold'),
  ('budget_ceilings', '{0,0.1,0.01,1,10,100}', '23514: .*budget_ceilings'), ('budget_ceilings', '{-1,0.1,0.1,1,10,100}', '23514: .*budget_ceilings'), ('budget_ceilings', '{0,1,2,3,4}', '23514: .*budget_ceilings'),
  ('budget_ceilings', '{0,1,2,3,4,NaN}', '23514: .*budget_ceilings'), ('budget_ceilings', '{0,1,2,3,4,Infinity}', '23514: .*budget_ceilings'), ('budget_ceilings', '{0,1,2,3,4,NULL}', '23514: .*budget_ceilings'),
  ('audit_intensities', '{0,1,0.5,2,3,4}', '23514: .*audit_intensities'), ('audit_intensities', '{-1,1,2,3,4,5}', '23514: .*audit_intensities'), ('audit_intensities', '{0,1,2,3,4,NaN}', '23514: .*audit_intensities'),
  ('audit_intensities', '{0,1,2,3,4,Infinity}', '23514: .*audit_intensities'),
  ('decay_rate', '-0.01', '23514: .*decay_rate'), ('decay_rate', 'NaN', '23514: .*decay_rate'), ('decay_rate', 'Infinity', '23514: .*decay_rate'),
  ('time_step', '0', '23514: .*time_step'), ('time_step', '-1 day', '23514: .*time_step'), ('time_step', '1 month', '23514: .*time_step'), ('time_step', '1 year -12 months', '(23514: .*time_step|23514)'),
  ('time_step', '1 month -29 days', '23514: .*time_step'), ('time_step', '-1 day 23 hours', '23514: .*time_step'),
  ('time_step', '100000 years', '23514: .*time_step')) AS v(col, value, said)
  WHERE NOT (col = 'time_step' AND value = '1 year -12 months');
SELECT is(t.state(), (SELECT state FROM before), 'nothing changed');
SELECT is(t.fields($$SELECT cgae.publish_policy(decay_rate => -1)$$) ~ '^cgae\.gate_policies\.decay_rate', true, 'a program is told the column');

-- what is allowed at the edges
SAVEPOINT s;
SELECT is(t.publish(col, value), 'ok', format('%s = %s', col, value)) FROM (VALUES
  ('budget_ceilings', '{0,0,0,0,0,0}'), ('budget_ceilings', '{1,1,2,2,3,3}'), ('audit_intensities', '{0,0,0,0,0,0}'), ('decay_rate', '0'), ('ih_threshold', '0'), ('ih_threshold', '1'),
  ('cc', '{0,0.1,0.2,0.3,0.4,1}'), ('cc', '{-0,5e-324,1e-323,0.3,0.4,1}'), ('time_step', '1 microsecond'), ('time_step', '1000 days'), ('time_step', '-1 day 25 hours'),
  ('note', NULL), ('cc', NULL)) AS v(col, value);
SELECT is((SELECT array_agg(version ORDER BY version) FROM cgae.gate_policies), (SELECT array_agg(n) FROM generate_series(1, 14) AS n), 'numbered one after the other');
SELECT is((SELECT every(effective_from BETWEEN now() AND clock_timestamp() AND actor = current_user) FROM cgae.gate_policies WHERE version > 1), true, 'effective_from is the clock, actor the publisher');
SELECT is((SELECT every(a.effective_from <= b.effective_from) FROM cgae.gate_policies AS a JOIN cgae.gate_policies AS b ON b.version = a.version + 1), true, '... one after the other');
ROLLBACK TO s;

-- in force at once, in the same transaction; what-if over history
SELECT t.agent('a', '(0.7,0.7,0.7,0.7)'), cgae.certify('a', '(0.7,0.7,0.7,0.7)') \g /dev/null
SELECT is(cgae.gate_tier('(0.7,0.7,0.7,0.7)')::text, 'T3', 'under version 1');
SELECT t.publish('cc', '{0,0.75,0.8,0.85,0.9,0.95}') \g /dev/null
SELECT is(cgae.gate_tier('(0.7,0.7,0.7,0.7)')::text, 'T0', 'under version 2, in force at once');
SELECT is((SELECT (tier, binding_dimension)::text FROM cgae.gate_detail('(0.7,0.7,0.7,0.7)')), '(T0,cc)', '... in detail');
SELECT is(cgae.gate_tier('(0.7,0.7,0.7,0.7)', 1)::text || cgae.gate_tier('(0.7,0.7,0.7,0.7)', 2), 'T3T0', 'what if');
SELECT is((SELECT current_tier::text FROM cgae.agents WHERE agent_id = 'a'), 'T3', 'what was certified stays');
SELECT is((SELECT (tier, previous_tier)::text FROM cgae.certify('a', '(0.7,0.7,0.7,0.7)')), '(T0,T3)', 'the next certification is judged by the new one');
SELECT is((SELECT string_agg(policy_version::text, ',' ORDER BY seq) FROM cgae.certifications), '1,1,2', '... and says so');
SELECT is(t.try($$INSERT INTO cgae.certifications (agent_id, robustness, policy_version) VALUES ('a', '(1,1,1,1)', 1)$$),
          '428C9: policy_version 1 supplied for agent "a" disagrees with the registry, which finds 2', 'nobody chooses his policy');
SAVEPOINT s2;
SELECT t.publish('ih_threshold', '0.9'), t.try($$SELECT cgae.publish_policy(budget_ceilings => '{0,1,2,3,4,5}', ih_threshold => 0.5)$$) \g /dev/null
SELECT is((SELECT (status, holds)::text FROM cgae.agents WHERE agent_id = 'a'), '(active,{})', 'publishing changes no status');
SELECT is((SELECT status::text FROM cgae.certify('a', '(1,1,1,0.8)')), 'active', 'the highest version counts, not each');
SELECT is(cgae.budget_ceiling('T5'), 5::numeric, 'ceilings of the highest');
ROLLBACK TO s2;
SELECT is(cgae.budget_ceiling('T5'), 100::numeric, 'rolled back to version 2');
SELECT is(cgae.gate_tier('(0.7,0.7,0.7,0.7)')::text, 'T0', '... whose thresholds stand');
SELECT is(t.try($$SELECT cgae.gate_tier('(1,1,1,1)', 3)$$), 'P0002: gate policy version 3 does not exist', '... and the others are gone');
ROLLBACK TO s;
SELECT is(cgae.gate_tier('(0.7,0.7,0.7,0.7)')::text, 'T3', 'rolled back to version 1');

-- the digest is over what the row says, made here from the description alone
CREATE FUNCTION t.field(v bytea) RETURNS bytea LANGUAGE sql AS $$ SELECT convert_to(length(v) || ' ', 'UTF8') || v || '\x0a'::bytea $$;
CREATE FUNCTION t.field(v text) RETURNS bytea LANGUAGE sql AS $$ SELECT t.field(convert_to(v, 'UTF8')) $$;
CREATE FUNCTION t.field(v float8[]) RETURNS bytea LANGUAGE sql AS $$ SELECT t.field(string_agg(float8send(x), ''::bytea ORDER BY n)) FROM unnest(v) WITH ORDINALITY AS u(x, n) $$;
SAVEPOINT digests;
SELECT cgae.publish_policy('{-0,0.1,0.2,0.3,0.4,0.5}', budget_ceilings => '{0,0.10,1.50,2,1e20,1e20}', audit_intensities => '{0,0,1e-300,0.1,0.2,0.3}', decay_rate => 0.1, time_step => '1 day 02:03:04.000005', note => E'gr\u00fc\u00df\n dich') \g /dev/null
SELECT is(digest, sha256(convert_to(E'cgae/policy/v1\n', 'UTF8') || t.field(version::text) || t.field(cc) || t.field(er) || t.field(as_) || t.field(float8send(ih_threshold))
                         || t.field(array_to_string(budget_ceilings, ',')) || t.field(audit_intensities) || t.field(float8send(decay_rate))
                         || t.field(((extract(epoch FROM time_step) * 1000000)::int8)::text) || t.field(((extract(epoch FROM effective_from) * 1000000)::int8)::text)
                         || t.field(note) || t.field(actor) || t.field('0,0,0,0,0,0'::text) || t.field('T0'::text) || t.field('T0'::text)),
          'the digest of version ' || version) FROM cgae.gate_policies ORDER BY version;
SELECT is((SELECT count(DISTINCT digest) = count(*) AND count(*) > 1 FROM cgae.gate_policies), true, '... is another for each');
ROLLBACK TO digests;

-- published, never inserted: neither by the owner, nor what publish_policy() would have written, nor in its shadow
CREATE FUNCTION t.insert(lax text DEFAULT '{0,0.1,0.2,0.3,0.4,0.5}') RETURNS text LANGUAGE sql AS $$
  SELECT format('INSERT INTO cgae.gate_policies (version, cc, er, as_, ih_threshold, budget_ceilings, audit_intensities, decay_rate, time_step, effective_from, actor)
    SELECT max(version) + 1, %L, er, as_, ih_threshold, budget_ceilings, audit_intensities, decay_rate, time_step, now(), current_user FROM cgae.gate_policies GROUP BY er, as_, ih_threshold, budget_ceilings, audit_intensities, decay_rate, time_step', lax)
$$;
SELECT is(t.try(statement), '428C9: gate policies are published, not inserted', statement)
  FROM unnest(ARRAY[t.insert(), 'INSERT INTO cgae.gate_policies DEFAULT VALUES', 'INSERT INTO cgae.gate_policies SELECT * FROM cgae.gate_policies ON CONFLICT DO NOTHING',
    'INSERT INTO cgae.gate_policies SELECT version + 1, cc, er, as_, ih_threshold, budget_ceilings, audit_intensities, decay_rate, time_step, effective_from, note, actor FROM cgae.gate_policies',
    'WITH p AS (' || t.insert() || ' RETURNING version) SELECT cgae.publish_policy(), version FROM p',
    $$MERGE INTO cgae.gate_policies AS p USING (SELECT * FROM cgae.gate_policies) AS q ON p.version = q.version + 1 WHEN NOT MATCHED THEN INSERT VALUES (q.version + 1, q.cc, q.er, q.as_, q.ih_threshold, q.budget_ceilings, q.audit_intensities, q.decay_rate, q.time_step, q.effective_from, '', '')$$]) AS statement;
SELECT is(t.fields(t.insert()), 'cgae.gate_policies', 'a program is told the table');
SELECT is((SELECT count(*)::int FROM cgae.gate_policies), 1, 'none is there');
-- what a trigger makes of the row is not what was published, and what it inserts itself was never
CREATE FUNCTION t.meddle() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF pg_trigger_depth() > 1 THEN RETURN NEW; END IF;
  CASE TG_ARGV[0]
    WHEN 'cc' THEN NEW.cc := '{0,0.1,0.2,0.3,0.4,0.5}';
    WHEN 'effective_from' THEN NEW.effective_from := '2000-01-01';
    WHEN 'actor' THEN NEW.actor := 'nobody';
    WHEN 'note' THEN NEW.note := 'x';
    WHEN 'version' THEN NEW.version := 7;
    WHEN 'decay_rate' THEN NEW.decay_rate := NULL;
    WHEN 'nothing' THEN RETURN NULL;
    WHEN 'same' THEN NULL;
    WHEN 'own' THEN EXECUTE t.insert();
    WHEN 'own, caught' THEN BEGIN EXECUTE t.insert(); EXCEPTION WHEN OTHERS THEN NULL; END;
    WHEN 'other' THEN PERFORM cgae.publish_policy(cc => '{0,0.1,0.2,0.3,0.4,0.5}');
  END CASE;
  RETURN NEW;
END $$;
CREATE FUNCTION t.meddled(what text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE said text;
BEGIN
  EXECUTE format('CREATE TRIGGER a BEFORE INSERT ON cgae.gate_policies FOR EACH ROW EXECUTE FUNCTION t.meddle(%L)', what);
  said := t.try('SELECT cgae.publish_policy(cc => ''{0,0.75,0.8,0.85,0.9,0.95}'')');
  RAISE SQLSTATE 'ROLLB' USING MESSAGE = said || ', ' || (SELECT count(*) FROM cgae.gate_policies);
EXCEPTION WHEN SQLSTATE 'ROLLB' THEN RETURN SQLERRM;
END $$;
SELECT is(t.meddled(what), said || CASE said WHEN 'ok' THEN ', 2' ELSE ', 1' END, 'a trigger of the owner''s: ' || what) FROM (VALUES
  ('cc', '27000: column "cc" of the new gate policy is not what was published'), ('effective_from', '27000: column "effective_from" of the new gate policy is not what was published'),
  ('actor', '27000: column "actor" of the new gate policy is not what was published'), ('note', '27000: column "note" of the new gate policy is not what was published'),
  ('version', '27000: column "version" of the new gate policy is not what was published'), ('decay_rate', '27000: column "decay_rate" of the new gate policy is not what was published'),
  ('nothing', '27000: the new gate policy was not stored by its guard'), ('same', 'ok'),
  ('own', '428C9: gate policies are published, not inserted'), ('own, caught', 'ok'),
  ('other', '23514: gate policy version 2 is refused: the next version is 3')) AS v(what, said);
CREATE RULE r AS ON INSERT TO cgae.gate_policies DO INSTEAD NOTHING;
SELECT is(t.publish(), '27000: the new gate policy was not stored by its guard', 'a rule of the owner''s');
DROP RULE r ON cgae.gate_policies;
-- a laxer one, however it comes, raises nobody whom no sweep has lowered yet
SELECT t.agent('aged'), cgae.certify('aged', '(0.95,0.95,0.95,0.95)', certified_at => now() - interval '20 days') \g /dev/null
SELECT t.try(t.insert()) \g /dev/null
SELECT is(cgae.effective_tier('aged')::text, 'T3', 'inserted: nothing happened');
SELECT cgae.publish_policy('{0,0.1,0.2,0.3,0.4,0.5}', '{0,0.1,0.2,0.3,0.4,0.5}', '{0,0.1,0.2,0.3,0.4,0.5}') \g /dev/null
SELECT is(cgae.effective_tier('aged')::text, 'T3', 'published: it stays where it was');
ROLLBACK TO s;

-- append-only, also for the owner
SELECT matches(t.try(sql), '^23001: ', sql) FROM unnest(ARRAY['UPDATE cgae.gate_policies SET note = note', 'DELETE FROM cgae.gate_policies', 'TRUNCATE cgae.gate_policies',
  $$INSERT INTO cgae.gate_policies SELECT * FROM cgae.gate_policies ON CONFLICT (version) DO UPDATE SET cc = '{0,.1,.2,.3,.4,.5}'$$]) AS sql
  WHERE sql NOT LIKE '%CONFLICT%';
SELECT matches(t.try($$INSERT INTO cgae.gate_policies SELECT * FROM cgae.gate_policies ON CONFLICT (version) DO UPDATE SET cc = '{0,.1,.2,.3,.4,.5}'$$), '^428C9: ', 'nor by an upsert');
-- privileges: judging needs none, reading and publishing do
CREATE ROLE t_nobody;
CREATE ROLE t_reader;
SELECT cgae.grant_access('t_reader', 'reader') \g /dev/null
SELECT t.publish('cc', '{0,0.75,0.8,0.85,0.9,0.95}') \g /dev/null
SELECT is(t.try('t_nobody', $$SELECT * FROM cgae.gate_policies$$), '42501: permission denied for table gate_policies', 'a stranger cannot read the policies');
SET LOCAL ROLE t_nobody;
SELECT cgae.gate_tier('(0.7,0.7,0.7,0.7)')::text || cgae.gate_tier('(0.7,0.7,0.7,0.7)', 1) || cgae.budget_ceiling('T5') || (cgae.gate_detail('(1,1,1,1)')).tier ||
  cgae.chain_tier('{"(1,1,1,1)"}') AS judged \gset
RESET ROLE;
SELECT is(:'judged'::text, 'T0T3100T5T5', '... but judge by them');
SELECT is(t.try('t_reader', $$SELECT * FROM cgae.gate_policies$$), 'ok', 'a reader reads them');
SELECT matches(t.try('t_reader', $$INSERT INTO cgae.gate_policies SELECT * FROM cgae.gate_policies$$), '^42501: ', '... and cannot publish');
SELECT t.try('t_reader', 'SELECT cgae.publish_policy()') LIKE '42501: %' AS refused \gset
SELECT is(:'refused'::bool, true, '... by no function either');
CREATE ROLE t_publisher;
GRANT SELECT, INSERT ON cgae.gate_policies TO t_publisher;
GRANT SELECT, UPDATE (current_tier) ON cgae.agents TO t_publisher;
SAVEPOINT p;
SELECT is(t.try('t_publisher', 'SELECT cgae.publish_policy()'), 'ok', 'a publisher publishes');
SELECT is((SELECT actor FROM cgae.gate_policies ORDER BY version DESC LIMIT 1), 't_publisher', '... in his name');
SELECT is(t.try('t_publisher', t_insert), '428C9: gate policies are published, not inserted', '... and inserts none') FROM (SELECT 'INSERT INTO cgae.gate_policies SELECT version + 1, cc, er, as_, ih_threshold, budget_ceilings, audit_intensities, decay_rate, time_step, now(), note, actor FROM cgae.gate_policies ORDER BY version DESC LIMIT 1' AS t_insert) AS i;
SELECT cgae.grant_access('t_publisher', 'operator') \g /dev/null
SELECT is(t.try('t_publisher', 'SELECT cgae.rotate_audit_seed()'), 'ok', 'an operator rotates the seed');
SELECT is((SELECT array_agg(actor = current_user ORDER BY epoch) FROM cgae.audit_epochs), '{t,f}', '... in his name');
SELECT is((SELECT actor FROM cgae.audit_seeds WHERE epoch = 2), 't_publisher', '... which is kept');
ROLLBACK TO p;
ALTER TABLE cgae.gate_policies ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
SET LOCAL ROLE t_nobody;
SELECT cgae.gate_tier('(0.7,0.7,0.7,0.7)')::text AS judged \gset
RESET ROLE;
SELECT is(:'judged'::text, 'T0', 'row security on the policies does not bend the gate');
-- a stranger's index and statistics
CREATE TABLE t.mine (r cgae.robustness);
INSERT INTO t.mine SELECT cgae.robustness(n / 100.0, 1, 1, 1) FROM generate_series(0, 100) AS n;
ALTER TABLE t.mine OWNER TO t_nobody;
CREATE STATISTICS t.mine_tier ON (cgae.gate_tier(r)) FROM t.mine;
SELECT is(t.try('t_nobody', 'ANALYZE t.mine'), 'ok', 'ANALYZE of an expression over the gate');
SELECT matches(t.try('CREATE INDEX ON t.mine (cgae.gate_tier(r))'), '^42P17: ', 'no index on what policies may change');
SELECT is(t.try($$CREATE INDEX ON t.mine (cgae.gate_tier(r, '{0,.3,.5,.65,.8,.9}', '{0,.3,.5,.65,.8,.9}', '{0,.25,.45,.6,.75,.85}', 0.5))$$), 'ok', 'one on thresholds given is fine');

-- a trigger of changes that says nothing of some of them is none: policies are read anew
SAVEPOINT w;
DROP TRIGGER zz_cgae_invalidate ON cgae.gate_policies;
CREATE TRIGGER zz_cgae_invalidate AFTER INSERT OR UPDATE OR DELETE ON cgae.gate_policies FOR EACH ROW WHEN (false) EXECUTE FUNCTION cgae.guard_policies();
ALTER TABLE cgae.gate_policies ENABLE ALWAYS TRIGGER zz_cgae_invalidate;
SELECT is(cgae.gate_tier('(1,1,1,0.9)')::text, 'T5', 'judged by the policy that is there');
SET LOCAL session_replication_role = replica;
UPDATE cgae.gate_policies SET ih_threshold = 1;
SET LOCAL session_replication_role = origin;
SELECT is(cgae.gate_tier('(1,1,1,0.9)')::text, 'T0', 'and by what becomes of it, where a WHEN of the owner''s keeps the change to itself');
ROLLBACK TO w;

-- the owner drops the table: the paper's policy does not take the place of his
SELECT t.agent('strict'), cgae.certify('strict', '(1,1,1,1)') \g /dev/null
CREATE TABLE t.operation (agent_id text);
CREATE TRIGGER needs_t1 AFTER INSERT ON t.operation FOR EACH ROW EXECUTE FUNCTION cgae.require_tier('agent_id', 'T1');
SELECT is(t.try('INSERT INTO t.operation VALUES (''strict'')'), 'ok', 'permitted while there are policies');
DROP TABLE cgae.gate_policies CASCADE;
SELECT is(t.try(statement), '42P01: the registry has no policies: table cgae.gate_policies does not exist', statement || ' without policies')
FROM (VALUES ('SELECT cgae.permits(''strict'', ''T1'')'), ('SELECT cgae.effective_tier(''strict'')'),
             ('SELECT cgae.certify(''strict'', ''(1,1,1,1)'')'), ('INSERT INTO t.operation VALUES (''strict'')'),
             ('UPDATE cgae.agents SET current_tier = ''T0''')) AS v(statement);
SELECT is(t.try('SELECT ' || call), '42P01: the registry has no policies: table cgae.gate_policies does not exist', call || ' without policies') FROM unnest(ARRAY[
  $$cgae.gate_tier('(1,1,1,1)')$$, $$cgae.gate_detail('(1,1,1,1)')$$, $$cgae.budget_ceiling('T5')$$, $$cgae.chain_tier('{"(1,1,1,1)"}')$$, $$cgae.chain_tier_agg('(1,1,1,1)')$$,
  $$cgae.tier_drop_at('(1,1,1,1)', now())$$, $$cgae.effective_tier_at('(1,1,1,1)', now(), now())$$, $$cgae.effective_robustness_at('(1,1,1,1)', now(), now())$$, $$cgae.audit_probability('T5', 1)$$,
  $$cgae.publish_policy()$$]) AS call;
SELECT is(cgae.gate_tier('(1,1,1,1)', '{0,.1,.2,.3,.4,.5}', '{0,.1,.2,.3,.4,.5}', '{0,.1,.2,.3,.4,.5}', 0)::text, 'T5', 'thresholds that are given need none');

SELECT * FROM finish();
ROLLBACK;
