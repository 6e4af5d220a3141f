-- Every line of the recorded decay data holds.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS cgae;
RESET client_min_messages;
\getenv abs_srcdir PG_ABS_SRCDIR

\set include :abs_srcdir '/sql/include/close.psql'
\i :include

--
-- decay.csv
--
CREATE TEMP TABLE decay (cc float8, er float8, as_ float8, ih float8, decay_rate float8, elapsed float8,
  eff_cc float8, eff_er float8, eff_as float8, eff_ih float8, effective_tier cgae.tier);
\set file :abs_srcdir '/data/decay.csv'
\set load '\\copy decay FROM ' :'file' ' (FORMAT csv, HEADER)'
:load
-- lines, and failures by column
SELECT 'decay.csv' AS file, count(*) AS lines,
       count(*) FILTER (WHERE pg_temp.close(cgae.cc(e), eff_cc) IS NOT TRUE) AS eff_cc,
       count(*) FILTER (WHERE pg_temp.close(cgae.er(e), eff_er) IS NOT TRUE) AS eff_er,
       count(*) FILTER (WHERE pg_temp.close(cgae.as_(e), eff_as) IS NOT TRUE) AS eff_as,
       count(*) FILTER (WHERE pg_temp.close(cgae.ih(e), eff_ih) IS NOT TRUE) AS eff_ih,
       count(*) FILTER (WHERE cgae.gate_tier(e) IS DISTINCT FROM effective_tier) AS effective_tier,
       count(*) FILTER (WHERE cgae.decay_factor(elapsed, decay_rate) IS DISTINCT FROM cgae.cc(cgae.effective_robustness('(1,1,1,1)', elapsed, decay_rate))) AS factor
  FROM decay, cgae.robustness(cc, er, as_, ih) AS r, cgae.effective_robustness(r, elapsed, decay_rate) AS e;

-- the same by the clock, to the microsecond, where the default rate applies
SELECT count(*) > 100 AS enough, count(*) FILTER (WHERE cgae.effective_tier_at(r, t, t + elapsed * interval '24 hours') IS DISTINCT FROM effective_tier) AS effective_tier_at
  FROM decay, cgae.robustness(cc, er, as_, ih) AS r, (VALUES ('2025-01-01'::timestamptz)) AS v(t)
 WHERE decay_rate = 0.01;

--
-- time_to_tier_drop.csv; an empty time is never: no rate in it is 0, so that this is null
--
CREATE TEMP TABLE time_to_drop (score float8, threshold float8, decay_rate float8, elapsed_until_drop float8);
\set file :abs_srcdir '/data/time_to_tier_drop.csv'
\set load '\\copy time_to_drop FROM ' :'file' ' (FORMAT csv, HEADER)'
:load
SELECT 'time_to_tier_drop.csv' AS file, count(*) AS lines,
       count(*) FILTER (WHERE CASE WHEN elapsed_until_drop IS NULL THEN drop IS NOT NULL
                                   ELSE pg_temp.close(drop, elapsed_until_drop) IS NOT TRUE END) AS elapsed_until_drop
  FROM time_to_drop, cgae.time_to_tier_drop(score, threshold, decay_rate) AS drop;

--
-- audit_probability.csv
--
CREATE TEMP TABLE audit (tier cgae.tier, elapsed_since_audit float8, probability float8, expected_audits float8);
\set file :abs_srcdir '/data/audit_probability.csv'
\set load '\\copy audit FROM ' :'file' ' (FORMAT csv, HEADER)'
:load
-- the expected number of audits is mu * elapsed
SELECT 'audit_probability.csv' AS file, count(*) AS lines,
       count(*) FILTER (WHERE pg_temp.close(p, probability) IS NOT TRUE) AS probability,
       count(*) FILTER (WHERE p < 0.9 AND (abs(-ln(1 - p) - expected_audits) <= 1e-12) IS NOT TRUE) AS expected_audits
  FROM audit, cgae.audit_probability(tier, elapsed_since_audit) AS p;
