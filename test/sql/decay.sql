-- Decay: factor, vectors and tiers over time, the instant of a fall, spot audits.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS cgae;
RESET client_min_messages;
SET TimeZone = 'UTC';
SET DateStyle = 'ISO, YMD';

\getenv abs_srcdir PG_ABS_SRCDIR
\set include :abs_srcdir '/sql/include/try.psql'
\i :include

\set include :abs_srcdir '/sql/include/close.psql'
\i :include

--
-- Factor
--
SELECT elapsed, rate, cgae.decay_factor(elapsed, rate)
  FROM (VALUES (1, 0::float8, 0::float8), (2, 0, 0.01), (3, 5, 0), (4, '-0', 'Infinity'), (5, 'Infinity', '-0'), (6, 0, 'Infinity'),
               (7, 'Infinity', 0), (8, 'Infinity', 5e-324), (9, 5e-324, 'Infinity'), (10, 'Infinity', 'Infinity'),
               (11, 1e308, 1e308), (12, 1e308, 1e-320), (13, 1, 745.2), (14, 5e-324, 5e-324), (15, 1, 1e-17), (16, 36524250, 0.01))
         AS v(n, elapsed, rate) ORDER BY n;
-- underflow gives a subnormal
SELECT cgae.decay_factor(1, 744) BETWEEN 5e-324 AND 2e-323 AS subnormal,
       cgae.effective_robustness('(1,0.5,0.1,0)', 1, 744) > '(0,0,0,0)' AS still_something;
-- time steps add up
SELECT count(*) FILTER (WHERE pg_temp.close(cgae.decay_factor(a + b, rate), cgae.decay_factor(a, rate) * cgae.decay_factor(b, rate)) IS NOT TRUE) AS failures, count(*)
  FROM generate_series(0, 50, 3.7) AS a, generate_series(0, 5, 0.3) AS b, unnest('{0,0.001,0.01,0.1,1}'::float8[]) AS rate;
SELECT cgae.decay_factor(ln(2::float8) / 0.01, 0.01) AS half;

--
-- Vectors
--
SELECT elapsed, rate, cgae.effective_robustness('(1,0.8,0.5,0.0625)', elapsed, rate)
  FROM (VALUES (1, 0::float8, 0.01::float8), (2, 'Infinity', 0), (3, 'Infinity', 1e-300), (4, 1e300, 1e300), (5, 1e6, 1)) AS v(n, elapsed, rate) ORDER BY n;
SELECT count(*) FILTER (WHERE pg_temp.close(cgae.cc(d), cc * exp(-rate * elapsed)) AND pg_temp.close(cgae.er(d), 0.7 * exp(-rate * elapsed))
                          AND pg_temp.close(cgae.as_(d), 0.3 * exp(-rate * elapsed)) AND pg_temp.close(cgae.ih(d), (1 - cc) * exp(-rate * elapsed))) AS right, count(*)
  FROM unnest('{0,1e-200,0.1,0.45,1}'::float8[]) AS cc, unnest('{0,0.5,7,100}'::float8[]) AS elapsed, unnest('{0,0.01,1}'::float8[]) AS rate,
       cgae.effective_robustness(cgae.robustness(cc, 0.7, 0.3, 1 - cc), elapsed, rate) AS d;
-- what decays is the result, not the argument
SELECT r, cgae.effective_robustness(r, 5, 0), r FROM (SELECT '(1,0.5,0.25,0.125)'::cgae.robustness AS r) AS s;
-- no zero is negative: values stay equal, whatever way they came
SELECT cgae.effective_robustness('(0,0,0,0)', 'Infinity', 1) = '(0,0,0,0)' AS equal,
       cgae.effective_robustness('(1,1,1,1)', 'Infinity', 1) = '(0,0,0,0)' AS nothing_left;

--
-- Time until a drop
--
SELECT score, threshold, rate, cgae.time_to_tier_drop(score, threshold, rate)
  FROM (VALUES (1, 1::float8, 1::float8, 0.01::float8), (2, 0.5, 0.9, 0.01), (3, 0, 0.3, 0.01), (4, 0, 0, 0.01), (5, 0.5, 0, 0.01),
               (6, 0.5, -1, 0.01), (7, 0.5, '-Infinity', 0), (8, 0.9, 0.5, 0), (9, 0.5, 0.5, 0), (10, 0.4, 0.5, 0), (11, 0.9, 0.5, 'Infinity'),
               (12, 1, 0.5, 5e-324), (13, '-0', '-0', '-0'), (14, 0.5, 1, 'Infinity')) AS v(n, score, threshold, rate) ORDER BY n;
SELECT pg_temp.close(cgae.time_to_tier_drop(0.85, 0.75, 0.01), ln(0.85::float8 / 0.75) / 0.01) AS formula,
       pg_temp.close(cgae.time_to_tier_drop(1, 5e-324, 1), 744.4400719213812) AS quotient_overflows,
       cgae.time_to_tier_drop(1, 0.9999999999999999, 1) > 0 AS a_little;

--
-- Nulls, and what is refused
--
SELECT cgae.decay_factor(NULL, 1) IS NULL AND cgae.decay_factor(1, NULL) IS NULL
   AND cgae.effective_robustness(NULL, 1, 1) IS NULL AND cgae.effective_robustness('(1,1,1,1)', NULL, -1) IS NULL
   AND cgae.effective_robustness('(1,1,1,1)', -1, NULL) IS NULL
   AND cgae.effective_robustness_at(NULL, now(), now()) IS NULL AND cgae.effective_robustness_at('(1,1,1,1)', NULL, now()) IS NULL
   AND cgae.effective_robustness_at('(1,1,1,1)', now(), NULL) IS NULL
   AND cgae.effective_tier_at(NULL, now(), now()) IS NULL AND cgae.effective_tier_at('(1,1,1,1)', NULL, now()) IS NULL
   AND cgae.effective_tier_at('(1,1,1,1)', now(), NULL) IS NULL
   AND cgae.time_to_tier_drop(NULL, 1, 1) IS NULL AND cgae.time_to_tier_drop(2, NULL, 1) IS NULL AND cgae.time_to_tier_drop(1, 1, NULL) IS NULL
   AND cgae.tier_drop_at(NULL, now()) IS NULL AND cgae.tier_drop_at('(1,1,1,1)', NULL) IS NULL
   AND cgae.audit_probability(NULL, 1) IS NULL AND cgae.audit_probability('T1', NULL) IS NULL AS strict;
SELECT call, pg_temp.try('SELECT cgae.' || call) FROM (VALUES
  (1, $$decay_factor(-1, 0.01)$$), (2, $$decay_factor(-5e-324, 0)$$), (3, $$decay_factor('NaN', 0.01)$$), (4, $$decay_factor('-Infinity', 0.01)$$),
  (5, $$decay_factor(1, -0.01)$$), (6, $$decay_factor(0, -5e-324)$$), (7, $$decay_factor(1, 'NaN')$$), (8, $$decay_factor(1, '-Infinity')$$),
  (9, $$effective_robustness('(1,1,1,1)', -0.5, 0.01)$$), (10, $$effective_robustness('(1,1,1,1)', 'NaN', 0.01)$$),
  (11, $$effective_robustness('(1,1,1,1)', 1, -2)$$), (12, $$effective_robustness('(0,0,0,0)', 1, 'NaN')$$),
  (13, $$time_to_tier_drop(1.0000000000000002, 0.5, 0.01)$$), (14, $$time_to_tier_drop(-0.1, 0.5, 0.01)$$), (15, $$time_to_tier_drop('NaN', 0.5, 0.01)$$),
  (16, $$time_to_tier_drop('Infinity', 0, 0.01)$$), (17, $$time_to_tier_drop(1, 1.5, 0.01)$$), (18, $$time_to_tier_drop(0.5, 'NaN', 0.01)$$),
  (19, $$time_to_tier_drop(0.5, 'Infinity', 0)$$), (20, $$time_to_tier_drop(0.5, 0.4, -1)$$), (21, $$time_to_tier_drop(0.5, 0, 'NaN')$$),
  (22, $$time_to_tier_drop(0.4, 0.5, '-Infinity')$$),
  (23, $$effective_robustness_at('(1,1,1,1)', '2025-01-02', '2025-01-01 23:59:59.999999')$$),
  (24, $$effective_tier_at('(1,1,1,1)', '2025-01-02', '2025-01-01 23:59:59.999999')$$),
  (25, $$effective_tier_at('(0,0,0,0)', '2025-01-02', '-infinity')$$), (26, $$effective_tier_at('(1,1,1,1)', 'infinity', '2025-01-01')$$),
  (27, $$effective_robustness_at('(1,1,1,1)', 'infinity', '-infinity')$$), (28, $$effective_robustness_at('(1,1,1,1)', '4714-11-24 BC', '-infinity')$$),
  (29, $$audit_probability('T3', -1)$$), (30, $$audit_probability('T0', 'NaN')$$), (31, $$audit_probability('T5', '-Infinity')$$)) AS v(n, call) ORDER BY n;

--
-- The policy in force; nothing of this section stays
--
BEGIN;
SELECT to_regclass('cgae.gate_policies') IS NULL AS missing \gset
\if :missing
\o /dev/null
SELECT cgae.create_registry();
\o
\endif
CREATE FUNCTION pg_temp.policy(decay_rate float8, time_step interval, ih_threshold float8 DEFAULT 0.5,
                               cc float8[] DEFAULT '{0,0.3,0.5,0.65,0.8,0.9}', er float8[] DEFAULT '{0,0.3,0.5,0.65,0.8,0.9}',
                               as_ float8[] DEFAULT '{0,0.25,0.45,0.6,0.75,0.85}', mu float8[] DEFAULT '{0,0.005,0.01,0.02,0.04,0.08}') RETURNS void LANGUAGE sql AS
$$ SELECT cgae.publish_policy(cc, er, as_, ih_threshold, '{0,0.01,0.1,1,10,100}', mu, decay_rate, time_step) $$;
\pset tuples_only on
SELECT pg_temp.policy(0.01, '1 day');
\pset tuples_only off

-- day by day; the step is 86400 s, daylight saving or not
SET LOCAL TimeZone = 'Europe/Berlin';
SELECT days, cgae.effective_tier_at('(0.95,0.9,0.86,0.75)', t, at), cgae.gate_tier(cgae.effective_robustness('(0.95,0.9,0.86,0.75)', days, 0.01)) AS by_formula
  FROM (SELECT days, '2025-03-29 12:00'::timestamptz AS t, '2025-03-29 12:00'::timestamptz + days * interval '24 hours' AS at
          FROM unnest('{0,1,11,12,32,33,40,41,100}'::int[]) AS days) AS s ORDER BY days;
SET LOCAL TimeZone = 'UTC';
SELECT cgae.effective_robustness_at('(1,1,1,1)', t, t + interval '100 days') = cgae.effective_robustness('(1,1,1,1)', 100, 0.01) AS whole_days,
       pg_temp.close(cgae.cc(cgae.effective_robustness_at('(1,1,1,1)', t, t + interval '36 hours')), exp(-0.015::float8)) AS half_days,
       1 - cgae.cc(cgae.effective_robustness_at('(1,1,1,1)', t, t + interval '1 microsecond')) BETWEEN 1.15e-13 AND 1.16e-13 AS one_microsecond
  FROM (VALUES ('2024-02-28'::timestamptz)) AS v(t);

-- centuries, the ends of the type, infinite instants
SELECT n, r, certified_at, at, cgae.effective_robustness_at(r, certified_at, at) AS left, cgae.effective_tier_at(r, certified_at, at)
  FROM (VALUES (1, '(1,1,1,1)'::cgae.robustness, '1000-01-01'::timestamptz, '3000-01-01'::timestamptz),
               (2, '(1,1,1,1)', '4714-11-24 BC', '294276-12-31 23:59:59.999999'),
               (3, '(1,1,1,1)', '294276-12-31 23:59:59.999999', '294276-12-31 23:59:59.999999'),
               (4, '(1,1,1,1)', '4714-11-24 BC', '4714-11-24 BC'),
               (5, '(1,1,1,1)', '-infinity', '-infinity'), (6, '(1,1,1,1)', 'infinity', 'infinity'), (7, '(1,1,1,1)', '-infinity', 'infinity'),
               (8, '(1,1,1,1)', '-infinity', '4714-11-24 BC'), (9, '(1,1,1,1)', '294276-12-31 23:59:59.999999', 'infinity'),
               (10, '(1,1,1,1)', '2025-01-01', 'infinity')) AS v(n, r, certified_at, at) ORDER BY n;

-- the fall: by the formula, up to rounding
SELECT n, r, drop_at, cgae.effective_tier_at(r, t, drop_at - interval '1 microsecond') AS before, cgae.effective_tier_at(r, t, drop_at) AS at,
       abs(extract(epoch FROM drop_at - t) - 86400 * by_formula) < 0.001 AS by_formula
  FROM (VALUES ('2025-01-01'::timestamptz)) AS c(t),
       (VALUES (1, '(1,1,1,1)'::cgae.robustness, cgae.time_to_tier_drop(1, 0.9, 0.01)),
               (2, '(0.85,1,1,1)', cgae.time_to_tier_drop(0.85, 0.8, 0.01)),
               (3, '(0.7,0.69,0.62,1)', cgae.time_to_tier_drop(0.62, 0.6, 0.01)),
               -- a strong dimension of a higher step does not hold the tier up, a weak one that is strong enough does not bind
               (4, '(1,1,0.5,1)', cgae.time_to_tier_drop(0.5, 0.45, 0.01)),
               (5, '(1,1,1,0.51)', cgae.time_to_tier_drop(0.51, 0.5, 0.01)),
               -- thresholds met exactly
               (6, '(0.9,0.9,0.85,0.5)', 0), (7, '(0.3,1,1,1)', 0), (8, '(1,1,1,0.5)', 0)) AS v(n, r, by_formula),
       LATERAL cgae.tier_drop_at(r, t) AS drop_at ORDER BY n;
SELECT r, cgae.tier_drop_at(r, '2025-01-01') AS never, cgae.tier_drop_at(r, 'infinity') IS NULL AND cgae.tier_drop_at(r, '-infinity') IS NULL AS nor_ever
  FROM unnest('{"(0,0,0,0)","(1,1,1,0.4)","(1,0.29,1,1)","(0,1,1,1)"}'::cgae.robustness[]) AS r;
SELECT t, cgae.tier_drop_at('(1,1,1,1)', t)
  FROM unnest('{-infinity,"4714-11-24 BC","294276-12-21 11:00","294276-12-21 11:20","294276-12-31 23:59:59.999999",infinity}'::timestamptz[]) AS t;

-- rate 0: nothing ever falls
\pset tuples_only on
SELECT pg_temp.policy(0, '1 microsecond');
\pset tuples_only off
SELECT at, cgae.effective_tier_at('(0.9,0.9,0.85,0.5)', t, at), cgae.effective_robustness_at('(0.9,0.9,0.85,0.5)', t, at), cgae.tier_drop_at('(0.9,0.9,0.85,0.5)', t)
  FROM (VALUES ('2025-01-01'::timestamptz, '2025-01-01'::timestamptz), ('2025-01-01', '294276-12-31'), ('-infinity', 'infinity'), ('-infinity', '2025-01-01'),
               ('2025-01-01', 'infinity'), ('infinity', 'infinity')) AS v(t, at);
-- a rate that leaves nothing after a microsecond, and one that needs longer than there is time
\pset tuples_only on
SELECT pg_temp.policy(1e308, '1 microsecond');
\pset tuples_only off
SELECT t, drop_at, cgae.effective_tier_at('(1,1,1,1)', t, t), cgae.effective_robustness_at('(1,1,1,1)', t, drop_at)
  FROM unnest('{2025-01-01,"294276-12-31 23:59:59.999998","294276-12-31 23:59:59.999999"}'::timestamptz[]) AS t, LATERAL cgae.tier_drop_at('(1,1,1,1)', t) AS drop_at;
\pset tuples_only on
SELECT pg_temp.policy(0.01, '106751991 days');
\pset tuples_only off
SELECT cgae.tier_drop_at('(1,1,1,1)', '4714-11-24 BC'), cgae.tier_drop_at('(0.901,1,1,1)', '4714-11-24 BC') < 'infinity' AS just_in_time,
       cgae.effective_tier_at('(1,1,1,1)', '4714-11-24 BC', '294276-12-31 23:59:59.999999');

-- a stricter policy counts at once, for the tier that is to fall too
\pset tuples_only on
SELECT pg_temp.policy(0.01, '1 day', 0.5, '{0,0.3,0.5,0.65,0.8,0.95}');
\pset tuples_only off
SELECT cgae.effective_tier_at('(0.9,0.95,0.95,0.95)', t, t), cgae.tier_drop_at('(0.9,0.95,0.95,0.95)', t) - t > interval '11 days' AS t4_holds FROM (VALUES ('2025-01-01'::timestamptz)) AS v(t);

--
-- The instant of a fall is exact to the microsecond, for any policy and vector
--
CREATE TEMP TABLE trial (policy int, r cgae.robustness, t timestamptz, drop_at timestamptz);
CREATE TEMP TABLE failure (why text, policy int, r cgae.robustness, t timestamptz, drop_at timestamptz);
-- the same draws each time: with others, rare cases now and then come too rarely to be counted
DO $$ BEGIN PERFORM setseed(0.7); END $$;
CREATE TEMP TABLE tally (fell bigint, never bigint, nothing bigint, exact_threshold bigint);

-- six thresholds, some of them all but 0, some next to each other, some ending at 1
CREATE FUNCTION pg_temp.thresholds(kind int) RETURNS float8[] LANGUAGE sql VOLATILE AS
$$ SELECT array_agg(x ORDER BY x) FROM (
     SELECT 0::float8 AS x UNION ALL
     SELECT CASE kind WHEN 0 THEN k * 5e-324 WHEN 1 THEN 0.7 + k * 1.2e-16 WHEN 2 THEN (k - random() * (k < 5)::int) / 5 WHEN 3 THEN random() ^ 20 ELSE random() END
       FROM generate_series(1, 5) AS k) AS s $$;
-- a score for a dimension: on a threshold, a bit above, the best, or any
CREATE FUNCTION pg_temp.score(theta float8[], kind int) RETURNS float8 LANGUAGE sql VOLATILE AS
$$ SELECT least(1, CASE WHEN kind < 3 THEN theta[1 + floor(random() * array_length(theta, 1))::int] * (1 + (kind = 1)::int * 2.3e-16 + (kind = 2)::int * 1e-9)
                        WHEN kind = 3 THEN 1 ELSE random() END) $$;

CREATE FUNCTION pg_temp.run(policies int, vectors int) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  rates float8[] := '{0,5e-324,1e-300,1e-18,1e-9,1e-5,0.001,0.01,0.1,1,700,1e10,1e300,1.7e308}';
  steps interval[] := '{00:00:00.000001,00:00:00.001,01:00:00,1 day,23:59:59.999999,365 days,1000000 days,106751990 days}';
  last constant timestamptz := '294276-12-31 23:59:59.999999';
  p cgae.gate_policies;
BEGIN
  FOR i IN 1..policies LOOP
    PERFORM pg_temp.policy(CASE WHEN random() < 0.4 THEN 0.001 + random() * 0.1 ELSE rates[1 + floor(random() * 14)::int] END,
                           CASE WHEN random() < 0.3 THEN random() * interval '100 days' + interval '1 microsecond' ELSE steps[1 + i % 8] END,
                           CASE i % 4 WHEN 0 THEN 0 WHEN 1 THEN random() * 1e-310 ELSE random() END,
                           pg_temp.thresholds(i % 9), pg_temp.thresholds((i + 1) % 7), pg_temp.thresholds((i + 2) % 8));
    SELECT * INTO p FROM cgae.gate_policies ORDER BY version DESC LIMIT 1;

    TRUNCATE trial;
    INSERT INTO trial
    SELECT p.version, r, t, cgae.tier_drop_at(r, t)
      FROM (SELECT cgae.robustness(pg_temp.score(p.cc, kind[1]), pg_temp.score(p.er, kind[2]), pg_temp.score(p.as_, kind[3]), pg_temp.score(ARRAY[p.ih_threshold], kind[4])) AS r,
                   CASE WHEN n % 8 = 0 THEN '4714-11-24 BC' WHEN n % 8 = 1 THEN last - random() * interval '30 days'
                        WHEN n % 8 = 2 THEN '2025-01-01'::timestamptz - random() * interval '2400000 days'
                        ELSE '2000-01-01'::timestamptz + random() * interval '20000 days' END AS t
              FROM (SELECT n, ARRAY[floor(random() * 6)::int, floor(random() * 6)::int, floor(random() * 6)::int, floor(random() * 6)::int] AS kind
                      FROM generate_series(1, vectors) AS n) AS g) AS v;

    INSERT INTO failure
    SELECT why, trial.* FROM trial, LATERAL (SELECT cgae.effective_tier_at(r, t, t) AS certified) AS c,
           LATERAL (VALUES ('tier at the certification is not the gate''s', certified IS DISTINCT FROM cgae.gate_tier(r)),
                           ('never, yet it falls, or the reverse', (drop_at IS NULL) <> (cgae.effective_tier_at(r, t, last) = certified)),
                           ('infinite', NOT isfinite(drop_at)),
                           ('at once', drop_at <= t),
                           ('has not fallen at that instant', drop_at IS NOT NULL AND cgae.effective_tier_at(r, t, drop_at) >= certified),
                           ('has fallen a microsecond before', drop_at IS NOT NULL AND cgae.effective_tier_at(r, t, drop_at - interval '1 microsecond') <> certified),
                           ('has fallen earlier', drop_at IS NOT NULL AND cgae.effective_tier_at(r, t,
                              CASE WHEN drop_at < '4714-12-01 BC' THEN t ELSE greatest(t, drop_at - random() * interval '1 second') END) <> certified),
                           ('rises again', drop_at < last - interval '1 day' AND cgae.effective_tier_at(r, t, drop_at + random() * interval '1 day') >= certified),
                           ('tier is not the decayed vector''s', drop_at IS NOT NULL AND cgae.effective_tier_at(r, t, drop_at)
                                                                  <> cgae.gate_tier(cgae.effective_robustness_at(r, t, drop_at)))) AS w(why, failed)
     WHERE failed;
    INSERT INTO tally
    SELECT count(drop_at), count(*) FILTER (WHERE drop_at IS NULL AND cgae.gate_tier(r) > 'T0'), count(*) FILTER (WHERE cgae.gate_tier(r) = 'T0'),
           count(*) FILTER (WHERE drop_at IS NOT NULL AND (cgae.cc(r) = ANY (p.cc) OR cgae.er(r) = ANY (p.er) OR cgae.as_(r) = ANY (p.as_) OR cgae.ih(r) = p.ih_threshold))
      FROM trial;
  END LOOP;
END $$;
\pset tuples_only on
SELECT pg_temp.run(150, 100);
\pset tuples_only off
SELECT * FROM failure LIMIT 20;
-- enough of each kind was tried
SELECT sum(fell) > 2000 AS fell, sum(never) > 1000 AS never, sum(nothing) > 1000 AS nothing, sum(exact_threshold) > 2000 AS exact_threshold FROM tally;

-- policies that cannot be: refused by name, and the one in force stays
SELECT version AS before FROM cgae.gate_policies ORDER BY version DESC LIMIT 1 \gset
SELECT call, pg_temp.try('SELECT pg_temp.policy(' || call || ')') FROM (VALUES
  (1, $$-0.01, '1 day'$$), (2, $$-5e-324, '1 day'$$), (3, $$'NaN', '1 day'$$), (4, $$'Infinity', '1 day'$$),
  (5, $$0.01, '0'$$), (6, $$0.01, '-1 microsecond'$$), (7, $$0.01, '1 day -24 hours'$$), (8, $$0.01, '1 month'$$), (9, $$0.01, '106751992 days'$$),
  (10, $$0.01, '1 day', 'NaN'$$), (11, $$0.01, '1 day', 1.1$$), (12, $$0.01, '1 day', cc => '{0,0.5,0.3,0.65,0.8,0.9}'$$),
  (13, $$0.01, '1 day', er => '{0,0.3,0.5,NaN,0.8,0.9}'$$), (14, $$0.01, '1 day', as_ => '{0,0.3,0.5,0.6,0.8,1.5}'$$),
  (15, $$0.01, '1 day', mu => '{0,0.1,0.2,0.1,0.3,0.4}'$$), (16, $$0.01, '1 day', mu => '{0,0.1,0.2,0.3,0.4,NaN}'$$)) AS v(n, call) ORDER BY n;
SELECT count(*) AS more FROM cgae.gate_policies WHERE version > :before;

--
-- Spot audits
--
\pset tuples_only on
SELECT pg_temp.policy(0.01, '1 day');
\pset tuples_only off
SELECT tier, cgae.audit_probability(tier, 0) AS at_once, cgae.audit_probability(tier, 'Infinity') AS at_last,
       pg_temp.close(cgae.audit_probability(tier, 1e-9), mu * 1e-9 * (1 - mu * 1e-9 / 2)) AS small,
       pg_temp.close(cgae.audit_probability(tier, 50), 1 - exp(-50 * mu)) AS formula,
       cgae.audit_probability(tier, 5e-324) < 1e-300 AS tiny, cgae.audit_probability(tier, 1e308) AS huge, cgae.audit_probability(tier, '-0') AS minus_zero
  FROM unnest(enum_range(NULL::cgae.tier), '{0,0.005,0.01,0.02,0.04,0.08}'::float8[]) AS u(tier, mu);
-- by the policy in force
\pset tuples_only on
SELECT pg_temp.policy(0.01, '1 day', mu => '{0,0,0.1,1,1e300,1.7e308}');
\pset tuples_only off
SELECT tier, cgae.audit_probability(tier, 'Infinity') AS at_last, cgae.audit_probability(tier, 1e300) AS huge, pg_temp.close(cgae.audit_probability(tier, 1), p)
  FROM unnest(enum_range(NULL::cgae.tier), ARRAY[0, 0, 1 - exp(-0.1::float8), 1 - exp(-1::float8), 1, 1]) AS u(tier, p);
ROLLBACK;

--
-- As declared
--
SELECT p.oid::regprocedure, p.provolatile, p.proisstrict, p.proparallel, p.prorettype::regtype
  FROM pg_proc AS p WHERE p.pronamespace = 'cgae'::regnamespace
   AND p.proname IN ('decay_factor', 'effective_robustness', 'effective_robustness_at', 'effective_tier_at', 'time_to_tier_drop', 'tier_drop_at', 'audit_probability')
 ORDER BY p.proname, p.pronargs;
