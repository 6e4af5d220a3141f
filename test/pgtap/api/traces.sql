-- Economies recorded from the reference, replayed through the functions and through plain
-- statements: every step gives what was recorded, and so does the end.
-- Another recording: CGAE_TRACES=/path/to/traces.jsonl pg_prove ... test/pgtap/api/traces.sql
\ir ../include/begin.psql
\ir ../include/registry.psql

CREATE TEMP TABLE trace (n int GENERATED ALWAYS AS IDENTITY, doc jsonb);
\copy trace (doc) FROM PROGRAM 'cat "${CGAE_TRACES:-${PG_ABS_SRCDIR:-test}/data/registry_traces.jsonl}"' (FORMAT csv, QUOTE E'\x01', DELIMITER E'\x02')
CREATE TEMP TABLE model (n int GENERATED ALWAYS AS IDENTITY, doc jsonb);
\copy model (doc) FROM PROGRAM 'cat "${PG_ABS_SRCDIR:-test}/data/audited_models.jsonl"' (FORMAT csv, QUOTE E'\x01', DELIMITER E'\x02')

SELECT plan(((SELECT 2 * count(*) FROM trace) + (SELECT 2 * count(*) FROM model) + 3)::int);
SET LOCAL client_min_messages = error;

CREATE FUNCTION t.vector(j jsonb) RETURNS cgae.robustness LANGUAGE sql AS $$
  SELECT CASE WHEN jsonb_typeof(j) = 'array'
    THEN cgae.robustness((j->>0)::float8, (j->>1)::float8, (j->>2)::float8, (j->>3)::float8) END $$;

CREATE FUNCTION t.instant(j jsonb) RETURNS timestamptz LANGUAGE sql AS $$
  SELECT to_timestamp(nullif(j, 'null')::text::float8) $$;

CREATE TYPE t.result AS (outcome text, tier text, status text);

-- One step by the functions for applications.
CREATE FUNCTION t.step_by_function(op jsonb, id text) RETURNS t.result LANGUAGE plpgsql AS $$
DECLARE
  result t.result;
BEGIN
  CASE op->>'op'
    WHEN 'register' THEN
      IF cgae.register_agent(op->>'model_name', (op->>'model_config')::json, op->'provenance',
                             (op->>'initial_balance')::numeric, id, t.instant(op->'t')) <> id THEN
        RAISE 'register_agent() gave another id';
      END IF;
    WHEN 'certify' THEN
      SELECT c.outcome, c.tier, c.status INTO result
        FROM cgae.certify(id, t.vector(op->'robustness'), op->>'audit_type', op->>'observed_architecture_hash',
                          op->'audit_details', t.instant(op->'t')) AS c;
    WHEN 'demote' THEN
      SELECT c.outcome, c.tier, c.status INTO result
        FROM cgae.demote(id, t.vector(op->'robustness'), op->>'reason', t.instant(op->'t')) AS c;
    WHEN 'deregister' THEN
      result.status := cgae.deregister_agent(id, t.instant(op->'t'));
  END CASE;
  RETURN result;
END $$;

-- The same by plain statements.
CREATE FUNCTION t.step_by_statement(op jsonb, id text) RETURNS t.result LANGUAGE plpgsql AS $$
DECLARE
  result t.result;
BEGIN
  CASE op->>'op'
    WHEN 'register' THEN
      INSERT INTO cgae.agents (agent_id, model_name, model_config, provenance, balance, registered_at)
        VALUES (id, op->>'model_name', (op->>'model_config')::json, op->'provenance',
                (op->>'initial_balance')::numeric, t.instant(op->'t'));
    WHEN 'certify', 'demote' THEN
      INSERT INTO cgae.certifications (agent_id, robustness, audit_type, audit_details,
                                       observed_architecture_hash, certified_at)
        VALUES (id, t.vector(op->'robustness'),
                CASE op->>'op' WHEN 'demote' THEN 'demotion' ELSE op->>'audit_type' END,
                CASE op->>'op' WHEN 'demote' THEN jsonb_build_object('reason', op->'reason') ELSE op->'audit_details' END,
                op->>'observed_architecture_hash', t.instant(op->'t'))
        RETURNING outcome, tier INTO result.outcome, result.tier;
      SELECT status INTO result.status FROM cgae.agents WHERE agent_id = id;
    WHEN 'deregister' THEN
      UPDATE cgae.agents SET status = 'deregistered', deregistered_at = t.instant(op->'t')
        WHERE agent_id = id RETURNING status INTO result.status;
  END CASE;
  RETURN result;
END $$;

-- Where the end differs from the recorded one.
CREATE FUNCTION t.differences(doc jsonb) RETURNS text[] LANGUAGE plpgsql AS $$
DECLARE
  found text[];
BEGIN
  SELECT array_agg(format('final of agent %s: %s is %s, recorded %s', f->>'agent', d.what, d.got, d.want))
    INTO found
    FROM jsonb_array_elements(doc->'final') AS f
    LEFT JOIN cgae.agents AS a ON a.agent_id = 'agent ' || (f->>'agent'),
    LATERAL (VALUES
      ('status', a.status::text, f->>'status'),
      ('current_tier', a.current_tier::text, f->>'current_tier'),
      ('architecture_hash', a.architecture_hash, f->>'architecture_hash'),
      ('balance', trim_scale(a.balance)::text, trim_scale((f->>'balance')::numeric)::text),
      ('robustness', a.current_robustness::text, t.vector(f->'robustness')::text),
      ('initial_robustness', a.initial_robustness::text, t.vector(f->'initial_robustness')::text),
      ('certification_count', a.certification_count::text, f->>'certifications'),
      ('certifications', (SELECT count(*)::text FROM cgae.certifications AS c
                            WHERE c.agent_id = a.agent_id AND c.outcome IN ('certified', 'failed')), f->>'certifications'),
      ('audit_cid', cgae.audit_cid(a.agent_id), f->>'audit_cid'),
      ('last_audit_at', a.last_audit_at::text, t.instant(f->'last_audit_t')::text),
      ('record', cgae.agent_record(a.agent_id)->>'status', f->>'status')) AS d(what, got, want)
    WHERE d.got IS DISTINCT FROM d.want;

  SELECT found || array_agg(format('%s agents of tier %s, recorded %s', agents, tier, doc->'tier_distribution'->>tier::text))
    INTO found FROM cgae.tier_distribution()
    WHERE agents::text IS DISTINCT FROM doc->'tier_distribution'->>tier::text;
  SELECT found || array_agg(format('agents_by_tier(%s) gives %s', tier, listed))
    INTO found
    FROM unnest(enum_range(NULL::cgae.tier)) AS tier, LATERAL (SELECT count(*) FROM cgae.agents_by_tier(tier)) AS l(listed)
    WHERE listed::text IS DISTINCT FROM doc->'tier_distribution'->>tier::text;

  -- the history of all in one order, less the types that the reference does not have
  SELECT found || array_agg(format('event %s is %s, recorded %s', coalesce(got.n, want.n), got.event, want.event))
    INTO found
    FROM (SELECT row_number() OVER (ORDER BY recorded_at, seq) AS n, (type, agent_id, occurred_at)::text AS event
            FROM cgae.events
            WHERE type IN ('registration', 'certification', 'architecture_mismatch', 'demotion', 'deregistration')) AS got
    FULL JOIN (SELECT n, (e->>0, 'agent ' || (e->>1), t.instant(e->2))::text AS event
                 FROM jsonb_array_elements(doc->'events') WITH ORDINALITY AS e(e, n)) AS want USING (n)
    WHERE got.event IS DISTINCT FROM want.event;

  SELECT found || array_agg(format('%s %s %s', agent_id, rule, detail)) INTO found FROM cgae.check_registry();
  SELECT found || array_agg(format('history of %s has gaps', agent_id)) INTO found
    FROM (SELECT agent_id FROM cgae.events GROUP BY agent_id HAVING min(seq) <> 1 OR max(seq) <> count(*)) AS gaps;
  RETURN coalesce(found, '{}');
END $$;

-- Replay one trace, tell what differs, and leave nothing behind.
CREATE FUNCTION t.replay(doc jsonb, by_function boolean) RETURNS text[] LANGUAGE plpgsql AS $$
DECLARE
  op jsonb;
  n bigint;
  got t.result;
  refused text;
  -- what the reference has no name for is expected to be refused
  accepted boolean;
  found text[] := '{}';
BEGIN
  BEGIN
    FOR op, n IN SELECT * FROM jsonb_array_elements(doc->'ops') WITH ORDINALITY LOOP
      got := NULL;
      refused := NULL;
      accepted := coalesce(op->>'expect', 'certified') IN ('certified', 'architecture_mismatch');
      -- the reference calls an audit whose ih fails certified too
      IF coalesce(op->>'expect', 'certified') = 'certified' AND (op->'robustness'->>3)::float8 < 0.5 THEN
        op := op || '{"expect": "failed"}';
      END IF;
      BEGIN
        IF by_function THEN
          got := t.step_by_function(op, 'agent ' || (op->>'agent'));
        ELSE
          got := t.step_by_statement(op, 'agent ' || (op->>'agent'));
        END IF;
      EXCEPTION WHEN OTHERS THEN
        refused := SQLSTATE || ': ' || SQLERRM;
      END;
      IF accepted AND refused IS NOT NULL OR NOT accepted AND refused IS NULL OR
         refused IS NULL AND (
           op->>'expect' IS DISTINCT FROM got.outcome AND op->>'op' = 'certify' OR
           op->>'op' = 'demote' AND got.outcome IS DISTINCT FROM coalesce(op->>'expect', 'certified') OR
           op ? 'expect_status' AND op->>'expect_status' IS DISTINCT FROM got.status OR
           op->>'op' IN ('certify', 'demote') AND op->>'expect_tier' IS DISTINCT FROM got.tier) THEN
        found := found || format('step %s %s: %s', n, op, coalesce(refused, got::text));
      END IF;
    END LOOP;
    found := found || t.differences(doc);
    RAISE SQLSTATE 'ROLLB';
  EXCEPTION WHEN SQLSTATE 'ROLLB' THEN
    RETURN found;
  END;
END $$;

SELECT cmp_ok((SELECT count(*) FROM trace)::int, '>', 0, 'there are traces');
SELECT is(t.replay(doc, true), '{}', format('trace %s by functions', n)) FROM trace ORDER BY n;
SELECT is(t.replay(doc, false), '{}', format('trace %s by plain statements', n)) FROM trace ORDER BY n;
SELECT is((SELECT count(*) FROM cgae.agents), 0::bigint, 'nothing was left behind');

-- The published audits
SELECT is(ARRAY[cgae.architecture_hash((doc->>'model_config')::json),
                coalesce(doc->>'published_hash', doc->>'architecture_hash')],
          ARRAY[doc->>'architecture_hash', doc->>'architecture_hash'], (doc->>'model_name') || ': hash') FROM model ORDER BY n;
SELECT cgae.register_agent(doc->>'model_name', (doc->>'model_config')::json, agent_id => 'model ' || n) FROM model \g /dev/null
SELECT is((SELECT c.tier::text FROM cgae.certify('model ' || n, t.vector(doc->'robustness'), 'live_audit',
                                                 doc->>'architecture_hash', doc->'audit_details') AS c),
          doc->>'expected_tier', (doc->>'model_name') || ': tier') FROM model ORDER BY n;
SELECT results_eq('SELECT cgae.audit_cid(agent_id) FROM cgae.agents ORDER BY model_name, agent_id',
                  $$SELECT nullif(doc->'audit_details'->>'storage_root_hash', '') FROM model
                     ORDER BY doc->>'model_name', 'model ' || n$$, 'audit certificates');

SELECT * FROM finish();
ROLLBACK;
