-- Every line of the recorded gate data holds.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS cgae;
RESET client_min_messages;
\getenv abs_srcdir PG_ABS_SRCDIR

\set include :abs_srcdir '/sql/include/close.psql'
\i :include

--
-- gate.csv
--
CREATE TEMP TABLE gate (cc float8, er float8, as_ float8, ih float8, tier cgae.tier, g_cc int, g_er int, g_as int,
  ih_pass boolean, binding_dimension text, gap_to_next_tier float8, budget_ceiling numeric, weakest float8);
\set file :abs_srcdir '/data/gate.csv'
\set load '\\copy gate FROM ' :'file' ' (FORMAT csv, HEADER)'
:load
-- lines, and failures by column
CREATE TEMP TABLE judged AS
SELECT g AS want, r, d.* FROM gate AS g, cgae.robustness(cc, er, as_, ih) AS r, cgae.gate_detail(r) AS d;
SELECT 'gate.csv' AS file, count(*) AS lines,
       count(*) FILTER (WHERE tier IS DISTINCT FROM (want).tier OR cgae.gate_tier(r) IS DISTINCT FROM (want).tier) AS tier,
       count(*) FILTER (WHERE tier::text IS DISTINCT FROM 'T' || tier_index) AS tier_index,
       count(*) FILTER (WHERE g_cc IS DISTINCT FROM (want).g_cc) AS g_cc,
       count(*) FILTER (WHERE g_er IS DISTINCT FROM (want).g_er) AS g_er,
       count(*) FILTER (WHERE g_as IS DISTINCT FROM (want).g_as) AS g_as,
       count(*) FILTER (WHERE ih_pass IS DISTINCT FROM (want).ih_pass) AS ih_pass,
       count(*) FILTER (WHERE binding_dimension IS DISTINCT FROM
                              CASE WHEN (want).ih_pass THEN (want).binding_dimension ELSE 'ih' END) AS binding,
       count(*) FILTER (WHERE (want).ih_pass AND CASE WHEN (want).gap_to_next_tier IS NULL THEN gap_to_next_tier IS NOT NULL
                                                      ELSE pg_temp.close(gap_to_next_tier, (want).gap_to_next_tier) IS NOT TRUE END) AS gap,
       count(*) FILTER (WHERE NOT (want).ih_pass AND gap_to_next_tier IS DISTINCT FROM 0.5 - (want).ih) AS ih_gap,
       count(*) FILTER (WHERE budget_ceiling IS DISTINCT FROM (want).budget_ceiling) AS ceiling,
       count(*) FILTER (WHERE cgae.weakest(r) IS DISTINCT FROM (want).weakest) AS weakest
  FROM judged;

--
-- gate_custom_policy.jsonl
--
CREATE TEMP TABLE line (j jsonb);
\set file :abs_srcdir '/data/gate_custom_policy.jsonl'
\set load '\\copy line FROM ' :'file' ' (FORMAT csv, QUOTE E''\\x01'', DELIMITER E''\\x02'')'
:load
CREATE FUNCTION pg_temp.doubles(j jsonb) RETURNS float8[] LANGUAGE sql AS
  $$ SELECT array_agg(x::float8 ORDER BY n) FROM jsonb_array_elements_text(j) WITH ORDINALITY AS e(x, n) $$;
SELECT 'gate_custom_policy.jsonl' AS file, count(DISTINCT j) AS lines, count(*) AS cases,
       count(*) FILTER (WHERE cgae.gate_tier(pg_temp.doubles(c->'r')::cgae.robustness, pg_temp.doubles(j->'cc'), pg_temp.doubles(j->'er'),
                                             pg_temp.doubles(j->'as'), (j->>'ih_threshold')::float8)::text
                              IS DISTINCT FROM c->>'tier') AS failures
  FROM line, jsonb_array_elements(j->'cases') AS c;

--
-- chain.jsonl
--
TRUNCATE line;
\set file :abs_srcdir '/data/chain.jsonl'
\set load '\\copy line FROM ' :'file' ' (FORMAT csv, QUOTE E''\\x01'', DELIMITER E''\\x02'')'
:load
SELECT 'chain.jsonl' AS file, count(*) AS lines,
       count(*) FILTER (WHERE cgae.chain_tier(chain)::text IS DISTINCT FROM j->>'tier') AS failures,
       count(*) FILTER (WHERE (SELECT cgae.chain_tier_agg(r) FROM unnest(chain) AS r)::text IS DISTINCT FROM j->>'tier') AS aggregate_failures
  FROM line, LATERAL (SELECT coalesce(array_agg(pg_temp.doubles(m)::cgae.robustness), '{}') AS chain
                        FROM jsonb_array_elements(j->'chain') AS m) AS c;
