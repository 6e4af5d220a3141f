-- Vectors to gate: :rows of them with the tier stored beside, and :few of the same in the shapes that
-- SQL alone has.  Each tier is equally frequent and each dimension equally often the weakest; half of
-- T0 fails ih.
CREATE SCHEMA bench;
SET synchronous_commit = off;
SELECT setseed(0.125);

CREATE UNLOGGED TABLE bench.scores (
  id bigint NOT NULL,
  robustness cgae.robustness NOT NULL,
  tier cgae.tier NOT NULL,
  certified_at timestamptz NOT NULL
);
INSERT INTO bench.scores
SELECT i, r, cgae.gate_tier(r), '2026-01-01 00:00+00'::timestamptz + interval '10 days' * random()
FROM (
  SELECT i, cgae.robustness(
      cc[k] + random() * (CASE weakest WHEN 0 THEN cc[k + 1] ELSE 1 END - cc[k]),
      er[k] + random() * (CASE weakest WHEN 1 THEN er[k + 1] ELSE 1 END - er[k]),
      as_[k] + random() * (CASE weakest WHEN 2 THEN as_[k + 1] ELSE 1 END - as_[k]),
      CASE WHEN k = 1 AND i % 2 = 0 THEN 0.5 * random() ELSE 0.5 + 0.5 * random() END) AS r
  FROM (
    SELECT i, CAST(floor(random() * 6) AS int) + 1 AS k, CAST(floor(random() * 3) AS int) AS weakest,
      CAST('{0, 0.30, 0.50, 0.65, 0.80, 0.90, 1}' AS float8[]) AS cc,
      CAST('{0, 0.30, 0.50, 0.65, 0.80, 0.90, 1}' AS float8[]) AS er,
      CAST('{0, 0.25, 0.45, 0.60, 0.75, 0.85, 1}' AS float8[]) AS as_
    FROM generate_series(1, CAST(:rows AS bigint)) AS i
    OFFSET 0) AS band
  OFFSET 0) AS given;
-- what doc/recipes.md tells users of their own tables: let the planner know that there are six tiers
CREATE STATISTICS bench.scores_tier ON (cgae.gate_tier(robustness)) FROM bench.scores;
VACUUM (ANALYZE, FREEZE) bench.scores;

-- the same table of fewer rows for the slow peers
CREATE UNLOGGED TABLE bench.few AS SELECT * FROM bench.scores LIMIT :few;
CREATE STATISTICS bench.few_tier ON (cgae.gate_tier(robustness)) FROM bench.few;
VACUUM (ANALYZE, FREEZE) bench.few;

-- Peer: four float8 columns.
CREATE UNLOGGED TABLE bench.few_columns AS
SELECT id, cgae.cc(robustness) AS cc, cgae.er(robustness) AS er, cgae.as_(robustness) AS as_, cgae.ih(robustness) AS ih,
  tier, certified_at
FROM bench.few;

-- Peer: a composite column.
CREATE TYPE bench.vector AS (cc float8, er float8, as_ float8, ih float8);
CREATE UNLOGGED TABLE bench.few_composite AS
SELECT id, ROW(cc, er, as_, ih)::bench.vector AS vector, tier, certified_at FROM bench.few_columns;

-- The gate as one SQL expression, which the planner inlines: the middle threshold first, so that few
-- comparisons decide any tier.
CREATE FUNCTION bench.gate_case(cc float8, er float8, as_ float8, ih float8) RETURNS cgae.tier
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT CASE
    WHEN ih < 0.5 THEN 'T0'::cgae.tier
    WHEN cc >= 0.65 AND er >= 0.65 AND as_ >= 0.60 THEN CASE
      WHEN cc < 0.80 OR er < 0.80 OR as_ < 0.75 THEN 'T3'::cgae.tier
      WHEN cc < 0.90 OR er < 0.90 OR as_ < 0.85 THEN 'T4'::cgae.tier
      ELSE 'T5'::cgae.tier END
    WHEN cc < 0.30 OR er < 0.30 OR as_ < 0.25 THEN 'T0'::cgae.tier
    WHEN cc < 0.50 OR er < 0.50 OR as_ < 0.45 THEN 'T1'::cgae.tier
    ELSE 'T2'::cgae.tier
  END $$;

CREATE FUNCTION bench.gate_composite(v bench.vector) RETURNS cgae.tier
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT CASE
    WHEN v.ih < 0.5 THEN 'T0'::cgae.tier
    WHEN v.cc >= 0.65 AND v.er >= 0.65 AND v.as_ >= 0.60 THEN CASE
      WHEN v.cc < 0.80 OR v.er < 0.80 OR v.as_ < 0.75 THEN 'T3'::cgae.tier
      WHEN v.cc < 0.90 OR v.er < 0.90 OR v.as_ < 0.85 THEN 'T4'::cgae.tier
      ELSE 'T5'::cgae.tier END
    WHEN v.cc < 0.30 OR v.er < 0.30 OR v.as_ < 0.25 THEN 'T0'::cgae.tier
    WHEN v.cc < 0.50 OR v.er < 0.50 OR v.as_ < 0.45 THEN 'T1'::cgae.tier
    ELSE 'T2'::cgae.tier
  END $$;

CREATE FUNCTION bench.gate_plpgsql(cc float8, er float8, as_ float8, ih float8) RETURNS cgae.tier
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
BEGIN
  IF ih < 0.5 THEN RETURN 'T0';
  ELSIF cc >= 0.65 AND er >= 0.65 AND as_ >= 0.60 THEN
    IF cc < 0.80 OR er < 0.80 OR as_ < 0.75 THEN RETURN 'T3';
    ELSIF cc < 0.90 OR er < 0.90 OR as_ < 0.85 THEN RETURN 'T4';
    END IF;
    RETURN 'T5';
  ELSIF cc < 0.30 OR er < 0.30 OR as_ < 0.25 THEN RETURN 'T0';
  ELSIF cc < 0.50 OR er < 0.50 OR as_ < 0.45 THEN RETURN 'T1';
  END IF;
  RETURN 'T2';
END $$;

CREATE STATISTICS bench.few_columns_tier ON (bench.gate_case(cc, er, as_, ih)) FROM bench.few_columns;
CREATE STATISTICS bench.few_columns_plpgsql ON (bench.gate_plpgsql(cc, er, as_, ih)) FROM bench.few_columns;
CREATE STATISTICS bench.few_composite_tier ON (bench.gate_composite(vector)) FROM bench.few_composite;
VACUUM (ANALYZE, FREEZE) bench.few_columns;
VACUUM (ANALYZE, FREEZE) bench.few_composite;
