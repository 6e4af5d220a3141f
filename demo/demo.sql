-- The main job of cgae on real input: 14 published audits.
--   psql -X -q -v ON_ERROR_STOP=1 < demo.sql      (from this folder; demo/run does it)
-- expect() stops the demo with an error when something is not as the text says.

\pset footer off
\pset null '-'
\set ECHO none

CREATE FUNCTION public.expect(what text, ok boolean) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
  IF ok IS DISTINCT FROM true THEN
    RAISE EXCEPTION 'the demo expected: %', what;
  END IF;
  RETURN 'checked: ' || what;
END $$;

\echo
\echo '1. A registry'
\echo '   CREATE EXTENSION brings types and functions, create_registry() the tables: yours to own.'
\echo
SET client_min_messages = warning;
CREATE EXTENSION cgae;
SELECT cgae.create_registry() \g /dev/null
SELECT c.relname AS relation,
       CASE c.relkind WHEN 'v' THEN 'view' ELSE 'table' END AS kind,
       pg_catalog.pg_get_userbyid(c.relowner) AS owner
  FROM pg_catalog.pg_class c
 WHERE c.relnamespace = 'cgae'::regnamespace AND c.relkind IN ('r', 'p', 'v')
 ORDER BY kind, relation;

\echo '2. Fourteen models register'
\echo '   The hash is SHA-256 of the configuration as canonical JSON, the first 16 digits of it.'
\echo '   The CGAE project published the hashes of eight: they must come out the same.'
\echo
CREATE TEMPORARY TABLE published (audit json);
-- one JSON text a line; no character is quote or delimiter
\copy published from 'audited_models.jsonl' with (format csv, quote e'\x01', delimiter e'\x02')

CREATE TEMPORARY TABLE models AS
SELECT cgae.register_agent(audit->>'model_name', (audit->>'model_config')::json) AS agent_id,
       audit->>'published_hash' AS published_hash,
       audit->>'expected_tier' AS expected_tier,
       cgae.robustness((audit->'robustness'->>0)::float8, (audit->'robustness'->>1)::float8,
                       (audit->'robustness'->>2)::float8, (audit->'robustness'->>3)::float8) AS r,
       (audit->'audit_details')::jsonb AS details
  FROM published;

SELECT a.model_name AS model, a.architecture_hash AS computed, m.published_hash AS published,
       CASE WHEN m.published_hash IS NULL THEN 'not published'
            WHEN m.published_hash = a.architecture_hash THEN 'equal'
            ELSE 'DIFFERENT' END AS compared
  FROM models m
  JOIN cgae.agents a USING (agent_id)
 ORDER BY m.published_hash IS NULL, a.model_name COLLATE "C";

SELECT public.expect('14 pending agents, 8 hashes equal the published ones, none differs',
                     count(*) = 14 AND bool_and(a.status = 'pending' AND a.current_tier = 'T0')
                     AND count(*) FILTER (WHERE m.published_hash = a.architecture_hash) = 8
                     AND count(*) FILTER (WHERE m.published_hash <> a.architecture_hash) = 0)
  FROM models m
  JOIN cgae.agents a USING (agent_id) \g (tuples_only=on)

\echo '3. Their audits are certified'
\echo '   The weakest dimension decides: the tier is the least of the steps of cc, er and as.'
\echo '   "held by" is that dimension, gap what it lacks for the next tier.'
\echo '   (er 0.5 and ih 0.7 are the publishing project''s fall-back values, not measurements.)'
\echo
SELECT count(*)
  FROM models m
  JOIN cgae.agents a USING (agent_id),
       LATERAL cgae.certify(m.agent_id, m.r, 'registration', a.architecture_hash, m.details)
\g /dev/null

SELECT a.model_name AS model,
       round(cgae.cc(a.current_robustness)::numeric, 3) AS cc,
       round(cgae.er(a.current_robustness)::numeric, 3) AS er,
       round(cgae.as_(a.current_robustness)::numeric, 3) AS "as",
       round(cgae.ih(a.current_robustness)::numeric, 3) AS ih,
       a.current_tier AS tier, g.binding_dimension AS "held by",
       round(g.gap_to_next_tier::numeric, 3) AS gap
  FROM cgae.agents a, LATERAL cgae.gate_detail(a.current_robustness) AS g
 ORDER BY a.current_tier DESC, a.model_name COLLATE "C";

SELECT public.expect('14 active agents, each with the tier that was published',
                     count(*) = 14 AND bool_and(a.status = 'active')
                     AND bool_and(a.current_tier::text = m.expected_tier))
  FROM models m
  JOIN cgae.agents a USING (agent_id) \g (tuples_only=on)

\echo '4. Drift'
\echo '   An auditor hands in splendid scores for gpt-5, measured on something that is not gpt-5.'
\echo '   No error: an error would roll the suspension back.  A warning, and the outcome says it.'
\echo
SELECT a.agent_id, a.architecture_hash, a.current_robustness AS robustness, a.current_tier AS tier
  FROM cgae.agents a
 WHERE a.model_name = 'gpt-5' \gset
SELECT outcome, seq, tier, status, previous_tier
  FROM cgae.certify(:'agent_id', cgae.robustness(0.99, 0.99, 0.99, 0.99), 'spot',
                    'badc0ffee0ddf00d');

\echo '   The transaction is over and this is a new connection: the suspension has survived.'
\echo
\connect
\pset footer off
SET client_min_messages = warning;
SELECT a.model_name AS model, a.status, a.holds, a.current_tier AS tier,
       a.certification_count AS certified
  FROM cgae.agents a
 WHERE a.agent_id = :'agent_id';
SELECT e.seq, e.type, e.actor
  FROM cgae.events e
 WHERE e.agent_id = :'agent_id'
 ORDER BY e.seq;

SELECT public.expect('suspended for drift, nothing certified by the attempt, the attempt on record',
                     a.status = 'suspended' AND a.holds = ARRAY['architecture_drift']
                     AND a.certification_count = 1
                     AND a.current_robustness::text = :'robustness'
                     AND EXISTS (SELECT FROM cgae.certifications c
                                  WHERE c.agent_id = a.agent_id
                                    AND c.outcome = 'architecture_mismatch' AND c.tier IS NULL))
  FROM cgae.agents a
 WHERE a.agent_id = :'agent_id' \g (tuples_only=on)

\echo '5. The back door'
\echo '   The superuser who owns the tables types UPDATE cgae.agents SET current_tier = ''T5''.'
\echo
\set ON_ERROR_STOP off
UPDATE cgae.agents SET current_tier = 'T5' WHERE agent_id = :'agent_id';
\set refused :ERROR
\set sqlstate :SQLSTATE
\set ON_ERROR_STOP on
\echo

SELECT public.expect('refused with SQLSTATE ' || :'sqlstate' || ', and the tier is what it was',
                     :'refused' AND a.current_tier = :'tier')
  FROM cgae.agents a
 WHERE a.agent_id = :'agent_id' \g (tuples_only=on)

\echo '6. A re-audit'
\echo '   The real gpt-5 is audited again: its hash matches, so the certification reinstates it.'
\echo
SELECT outcome, seq, tier, status, previous_tier
  FROM cgae.certify(:'agent_id', :'robustness'::cgae.robustness, 'spot', :'architecture_hash');

SELECT public.expect('active again with no hold, at the tier of its audit',
                     a.status = 'active' AND a.holds = '{}' AND a.current_tier = :'tier')
  FROM cgae.agents a
 WHERE a.agent_id = :'agent_id' \g (tuples_only=on)

\echo '7. The economy by tier: active agents'
\echo
SELECT tier, agents, repeat('#', agents::int) AS " "
  FROM cgae.tier_distribution()
 ORDER BY tier;

SELECT public.expect('six tiers, 14 active agents', count(*) = 6 AND sum(agents) = 14)
  FROM cgae.tier_distribution() \g (tuples_only=on)

\echo '8. Forty days'
\echo '   The same fourteen audits, but made 41 days ago: vectors decay by e^(-0.01 t), t in days.'
\echo '   Sweeps, here as of some of those days, lower the tiers that have fallen until then.'
\echo
SELECT now() - interval '41 days' AS day0 \gset
CREATE TEMPORARY TABLE aged AS
SELECT cgae.register_agent(audit->>'model_name', (audit->>'model_config')::json,
                           agent_id => 'aged ' || (audit->>'model_name'), registered_at => :'day0') AS agent_id
  FROM (SELECT json_build_object('model_name', a.model_name, 'model_config', a.model_config::text) AS audit
          FROM cgae.agents a) AS a;
SELECT count(*)
  FROM cgae.agents a
  JOIN cgae.agents fresh ON 'aged ' || fresh.model_name = a.agent_id AND fresh.agent_id <> a.agent_id,
       LATERAL cgae.certify(a.agent_id, fresh.initial_robustness, certified_at => :'day0')
\g /dev/null

SELECT days AS "after day", s.lowered, s.expired,
       (SELECT string_agg(tier || ' ' || agents, ', ' ORDER BY tier)
          FROM (SELECT t.tier, count(*) AS agents
                  FROM aged, LATERAL cgae.tier_at(aged.agent_id, :'day0'::timestamptz + days * interval '1 day') AS h,
                       LATERAL (SELECT h.effective_tier AS tier) AS t
                 GROUP BY t.tier) AS d) AS "effective tiers"
  FROM unnest('{1,5,20,34,40}'::int[]) AS days,
       LATERAL cgae.apply_decay(:'day0'::timestamptz + days * interval '1 day') AS s;

\echo '   Each fall is dated by the formula, to the microsecond; here the day on which it came.'
\echo
SELECT a.model_name AS model, a.certified_tier AS certified,
       string_agg((e.data->>'new_tier') || ' on day '
                  || ceil(extract(epoch FROM e.occurred_at - :'day0'::timestamptz) / 86400),
                  ', ' ORDER BY e.seq) AS falls,
       a.status
  FROM aged
  JOIN cgae.agents a USING (agent_id)
  LEFT JOIN cgae.events e ON e.agent_id = a.agent_id AND e.type IN ('decay', 'expiration')
 GROUP BY a.agent_id
 ORDER BY a.certified_tier DESC, a.model_name COLLATE "C";

SELECT public.expect('every fall came when the closed form says, and the sweeps agree with the formula',
                     bool_and(a.current_tier = cgae.effective_tier_at(a.current_robustness, a.certified_at, :'day0'::timestamptz + interval '40 days'))
                     AND bool_and((a.status = 'expired') = (a.current_tier = 'T0' AND a.certified_tier > 'T0'))
                     AND count(*) FILTER (WHERE a.status = 'expired') > 0)
  FROM aged
  JOIN cgae.agents a USING (agent_id) \g (tuples_only=on)

\echo '   An expired agent may do nothing, whatever anybody remembers; a new audit brings it back.'
\echo
SELECT status AS "status before", cgae.permits(agent_id, 'T1') AS "may do T1"
  FROM cgae.agents
 WHERE agent_id = 'aged gpt-5';
SELECT outcome, tier, status
  FROM cgae.certify('aged gpt-5', :'robustness'::cgae.robustness, 're-certification');
SELECT status AS "status after", cgae.permits(agent_id, 'T1') AS "may do T1"
  FROM cgae.agents
 WHERE agent_id = 'aged gpt-5';
SELECT public.expect('re-certified, active and permitted', cgae.permits('aged gpt-5', 'T1')
                     AND (SELECT status FROM cgae.agents WHERE agent_id = 'aged gpt-5') = 'active') \g (tuples_only=on)
