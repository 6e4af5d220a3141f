-- The gate policy: versioned rows, validated, append-only, in force at once, readable by all who judge.
\ir include/begin.psql
\ir include/registry.psql
SELECT * FROM no_plan();
SET LOCAL client_min_messages = error;

-- the paper's policy is version 1
SELECT results_eq('SELECT version, cc, er, as_, ih_threshold, budget_ceilings, audit_intensities, decay_rate, time_step FROM cgae.gate_policies',
  $$VALUES (1, '{0,0.3,0.5,0.65,0.8,0.9}'::float8[], '{0,0.3,0.5,0.65,0.8,0.9}'::float8[], '{0,0.25,0.45,0.6,0.75,0.85}'::float8[], 0.5::float8,
            '{0,0.01,0.1,1,10,100}'::numeric[], '{0,0.005,0.01,0.02,0.04,0.08}'::float8[], 0.01::float8, '1 day'::interval)$$, 'version 1');
SELECT is((SELECT array_agg(effective_from) FROM cgae.gate_policies), '{-infinity}', 'in force since ever: the paper''s numbers hold before a registry exists');

-- Publish version 1 with one column changed, or none.
CREATE FUNCTION t.publish(col text DEFAULT NULL, value text DEFAULT NULL) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
  RETURN t.try(format('INSERT INTO cgae.gate_policies (cc, er, as_, ih_threshold, budget_ceilings, audit_intensities, decay_rate, time_step, note%s)
                         SELECT %s, %L%s FROM cgae.gate_policies WHERE version = 1',
    CASE WHEN col IN ('version', 'effective_from') THEN ', ' || col ELSE '' END,
    (SELECT string_agg(CASE WHEN c = col THEN coalesce(quote_literal(value), 'NULL') ELSE c END, ', ' ORDER BY n)
       FROM unnest(ARRAY['cc', 'er', 'as_', 'ih_threshold', 'budget_ceilings', 'audit_intensities', 'decay_rate', 'time_step']) WITH ORDINALITY AS u(c, n)), 'test',
    CASE WHEN col IN ('version', 'effective_from') THEN ', ' || coalesce(quote_literal(value), 'NULL') ELSE '' END));
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
  ('version', '1', '23514: gate policy version 1 is refused: the next version is 2'), ('version', '3', '23514: gate policy version 3 is refused: the next version is 2'), ('version', '0', '23514: '),
  ('cc', NULL, '23502: '), ('ih_threshold', NULL, '23502: '), ('time_step', NULL, '23502: ')) AS v(col, value, said)
  WHERE NOT (col = 'time_step' AND value = '1 year -12 months');
SELECT is(t.state(), (SELECT state FROM before), 'nothing changed');
SELECT is(t.fields($$INSERT INTO cgae.gate_policies (cc, er, as_, ih_threshold, budget_ceilings, audit_intensities, decay_rate, time_step)
                       SELECT cc, er, as_, ih_threshold, budget_ceilings, audit_intensities, -1, time_step FROM cgae.gate_policies$$) ~ '^cgae\.gate_policies\.decay_rate', true, 'a program is told the column');

-- what is allowed at the edges
SAVEPOINT s;
SELECT is(t.publish(col, value), 'ok', format('%s = %s', col, value)) FROM (VALUES
  ('budget_ceilings', '{0,0,0,0,0,0}'), ('budget_ceilings', '{1,1,2,2,3,3}'), ('audit_intensities', '{0,0,0,0,0,0}'), ('decay_rate', '0'), ('ih_threshold', '0'), ('ih_threshold', '1'),
  ('cc', '{0,0.1,0.2,0.3,0.4,1}'), ('cc', '{-0,5e-324,1e-323,0.3,0.4,1}'), ('time_step', '1 microsecond'), ('time_step', '1000 days'), ('time_step', '-1 day 25 hours'),
  ('version', NULL), ('effective_from', '2000-01-01 00:00+00')) AS v(col, value);
SELECT is((SELECT array_agg(version ORDER BY version) FROM cgae.gate_policies), (SELECT array_agg(n) FROM generate_series(1, 14) AS n), 'numbered one after the other');
SELECT is((SELECT every(effective_from >= now()) FROM cgae.gate_policies WHERE version > 1), true, 'effective_from is the guard''s clock');
ROLLBACK TO s;
SELECT is(t.publish('version', '2'), 'ok', 'the next number may be given');
ROLLBACK TO s;

-- in force at once, in the same transaction; what-if over history
SELECT t.agent('a', '(0.7,0.7,0.7,0.7)') \g /dev/null
SELECT is(cgae.gate_tier('(0.7,0.7,0.7,0.7)')::text, 'T3', 'under version 1');
SELECT t.publish('cc', '{0,0.75,0.8,0.85,0.9,0.95}') \g /dev/null
SELECT is(cgae.gate_tier('(0.7,0.7,0.7,0.7)')::text, 'T0', 'under version 2, in force at once');
SELECT is((SELECT (tier, binding_dimension)::text FROM cgae.gate_detail('(0.7,0.7,0.7,0.7)')), '(T0,cc)', '... in detail');
SELECT is(cgae.gate_tier('(0.7,0.7,0.7,0.7)', 1)::text || cgae.gate_tier('(0.7,0.7,0.7,0.7)', 2), 'T3T0', 'what if');
SELECT is((SELECT current_tier::text FROM cgae.agents WHERE agent_id = 'a'), 'T3', 'what was certified stays');
SELECT is((SELECT (tier, previous_tier)::text FROM cgae.certify('a', '(0.7,0.7,0.7,0.7)')), '(T0,T3)', 'the next certification is judged by the new one');
SELECT is((SELECT string_agg(policy_version::text, ',' ORDER BY seq) FROM cgae.certifications), '1,2', '... and says so');
SELECT is(t.try($$INSERT INTO cgae.certifications (agent_id, robustness, policy_version) VALUES ('a', '(1,1,1,1)', 1)$$),
          '428C9: policy_version 1 supplied for agent "a" disagrees with the registry, which finds 2', 'nobody chooses his policy');
SAVEPOINT s2;
SELECT t.publish('ih_threshold', '0.9'), t.publish('budget_ceilings', '{0,1,2,3,4,5}') \g /dev/null
SELECT is((SELECT (status, holds)::text FROM cgae.agents WHERE agent_id = 'a'), '(active,{})', 'publishing changes no agent');
SELECT is((SELECT status::text FROM cgae.certify('a', '(1,1,1,0.8)')), 'active', 'the highest version counts, not each');
SELECT is(cgae.budget_ceiling('T5'), 5::numeric, 'ceilings of the highest');
ROLLBACK TO s2;
SELECT is(cgae.budget_ceiling('T5'), 100::numeric, 'rolled back to version 2');
SELECT is(cgae.gate_tier('(0.7,0.7,0.7,0.7)')::text, 'T0', '... whose thresholds stand');
SELECT is(t.try($$SELECT cgae.gate_tier('(1,1,1,1)', 3)$$), 'P0002: gate policy version 3 does not exist', '... and the others are gone');
ROLLBACK TO s;
SELECT is(cgae.gate_tier('(0.7,0.7,0.7,0.7)')::text, 'T3', 'rolled back to version 1');

SELECT results_eq($$WITH p AS (INSERT INTO cgae.gate_policies (cc, er, as_, ih_threshold, budget_ceilings, audit_intensities, decay_rate, time_step)
             SELECT '{0,0.75,0.8,0.85,0.9,0.95}', er, as_, ih_threshold, budget_ceilings, audit_intensities, decay_rate, time_step FROM cgae.gate_policies WHERE version = 1 RETURNING version)
           SELECT version FROM p$$, 'VALUES (2)', 'a data-modifying CTE publishes');
SELECT is(cgae.gate_tier('(0.7,0.7,0.7,0.7)')::text, 'T0', '... in force with its end');
ROLLBACK TO s;

-- append-only, also for the owner
SELECT matches(t.try(sql), '^23001: ', sql) FROM unnest(ARRAY['UPDATE cgae.gate_policies SET note = note', 'DELETE FROM cgae.gate_policies', 'TRUNCATE cgae.gate_policies',
  $$INSERT INTO cgae.gate_policies SELECT * FROM cgae.gate_policies ON CONFLICT (version) DO UPDATE SET cc = '{0,.1,.2,.3,.4,.5}'$$]) AS sql
  WHERE sql NOT LIKE '%CONFLICT%';
SELECT matches(t.try($$INSERT INTO cgae.gate_policies SELECT * FROM cgae.gate_policies ON CONFLICT (version) DO UPDATE SET cc = '{0,.1,.2,.3,.4,.5}'$$), '^(23514|23001): ', 'nor by an upsert');
-- several in one statement
SELECT is(t.try($$INSERT INTO cgae.gate_policies (cc, er, as_, ih_threshold, budget_ceilings, audit_intensities, decay_rate, time_step)
  SELECT cc, er, as_, ih_threshold, budget_ceilings, audit_intensities, decay_rate, time_step FROM cgae.gate_policies, generate_series(1, 3)$$), 'ok', 'several in one statement');
SELECT is((SELECT array_agg(version ORDER BY version) FROM cgae.gate_policies), '{1,2,3,4}', '... are numbered in turn');
ROLLBACK TO s;

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
SELECT isnt(cgae.gate_tier('(1,1,1,1)'), NULL, 'a vector alone can be gated, as without a registry');

SELECT * FROM finish();
ROLLBACK;
