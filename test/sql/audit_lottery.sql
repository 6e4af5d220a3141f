-- Spot audits: the draw, the epochs and their secrets, who is due.
SET client_min_messages = warning;
DROP EXTENSION IF EXISTS cgae CASCADE;
CREATE EXTENSION cgae;
SELECT cgae.create_registry();
CREATE ROLE regress_cgae_reader;
CREATE ROLE regress_cgae_registrar;
CREATE ROLE regress_cgae_auditor;
CREATE ROLE regress_cgae_operator;
CREATE ROLE regress_cgae_nobody;

\getenv abs_srcdir PG_ABS_SRCDIR
\set include :abs_srcdir '/sql/include/try.psql'
\i :include

-- One-sample Kolmogorov-Smirnov statistic, times sqrt(n), of waits against the
-- exponential law with a rate.
CREATE FUNCTION pg_temp.ks(waits float8[], rate float8) RETURNS float8 LANGUAGE sql AS $$
  SELECT sqrt(max(n)) * max(greatest(i / n - f, f - (i - 1) / n))
    FROM (SELECT 1 - exp(-rate * w) AS f, row_number() OVER (ORDER BY w)::float8 AS i, count(*) OVER ()::float8 AS n
            FROM unnest(waits) AS w) AS s
$$;

--
-- The draw.  The numbers are Python's:
-- ((int.from_bytes(hmac.digest(secret, f'{agent_id}:{seq}'.encode(), 'sha256')[:8], 'big') >> 11) + 1) / 2**53
--
\set secret '\'\\x00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff\''
SELECT n, cgae.audit_draw(secret, agent_id, seq) AS u, cgae.audit_draw(secret, agent_id, seq) = expected AS ok
  FROM (VALUES (1, :secret::bytea, 'agent_0123456789ab', 2, 0.7575142158623964::float8),
               (2, :secret, 'agent_0123456789ab', 3, 0.1069859130727252),
               (3, :secret, 'a:1', 2, 0.29163844346893664),
               (4, :secret, 'a', 12, 0.43485925535462167),
               (5, :secret, U&'Gr\00F6\00DFe \6771\4EAC \+01F600', 2147483647, 0.20208310149577735),
               (6, :secret, '', -2147483648, 0.09056867807677571),
               (7, '\x00', repeat('x', 5000), 0, 0.9805418999358708),
               (8, (SELECT decode(string_agg(lpad(to_hex(i), 2, '0'), '' ORDER BY i), 'hex')
                      FROM generate_series(0, 199) AS i), 'a', 2, 0.38677650194038715))
       AS v(n, secret, agent_id, seq, expected) ORDER BY n;
SELECT cgae.audit_draw(NULL, 'a', 1), cgae.audit_draw('x', NULL, 1), cgae.audit_draw('x', 'a', NULL);
SELECT pg_temp.try($$SELECT cgae.audit_draw('', 'a', 1)$$);
-- whoever has a secret may verify
SET ROLE regress_cgae_nobody;
SELECT cgae.audit_draw(:secret, 'a', 12);
RESET ROLE;

--
-- Epochs
--
SELECT epoch, octet_length(secret), commitment = encode(sha256(secret), 'hex') AS committed,
       created_at BETWEEN now() - interval '1 minute' AND now() AS recent, revealed_at
  FROM cgae.audit_seeds;
SELECT epoch, commitment ~ '^[0-9a-f]{64}$' AS commitment, secret IS NULL AS hidden FROM cgae.audit_epochs;

CREATE TABLE first AS SELECT * FROM cgae.audit_seeds;
SELECT cgae.rotate_audit_seed();
-- the epoch that ended keeps what it committed to and shows its secret; the new one hides its own
SELECT e.epoch, e.secret = f.secret AS revealed, e.commitment = f.commitment AS same_commitment,
       encode(sha256(e.secret), 'hex') = e.commitment AS verified, e.created_at = f.created_at AS same_begin,
       e.revealed_at = lead(e.created_at) OVER (ORDER BY e.epoch) AS seamless
  FROM cgae.audit_epochs e LEFT JOIN first f USING (epoch) ORDER BY 1;
-- twice in one transaction, and taken back
BEGIN;
SELECT cgae.rotate_audit_seed() FROM generate_series(1, 2);
SAVEPOINT s;
SELECT cgae.rotate_audit_seed();
ROLLBACK TO s;
SELECT cgae.rotate_audit_seed();
SELECT count(*), count(DISTINCT secret), bool_and(created_at <= coalesce(revealed_at, 'infinity')) FROM cgae.audit_seeds;
ROLLBACK;
SELECT cgae.rotate_audit_seed();
SELECT epoch, revealed_at IS NULL AS current FROM cgae.audit_epochs ORDER BY 1;

--
-- Direct writes are refused, the owner's and a superuser's too
--
SELECT n, pg_temp.try(statement) FROM (VALUES
  (1, $$INSERT INTO cgae.audit_seeds DEFAULT VALUES RETURNING epoch$$),
  (2, $$INSERT INTO cgae.audit_seeds (epoch, secret, created_at) VALUES (4, 'known', now()) RETURNING epoch$$),
  (3, $$INSERT INTO cgae.audit_seeds (epoch, secret, created_at) VALUES (1, 'known', now()) ON CONFLICT DO NOTHING RETURNING epoch$$),
  (4, $$INSERT INTO cgae.audit_seeds (epoch, secret, commitment, created_at) VALUES (4, 'known', 'c', now()) RETURNING epoch$$),
  (5, $$UPDATE cgae.audit_seeds SET revealed_at = now() RETURNING epoch$$),
  (6, $$UPDATE cgae.audit_seeds SET revealed_at = now() WHERE revealed_at IS NULL RETURNING epoch$$),
  (7, $$UPDATE cgae.audit_seeds SET revealed_at = NULL WHERE epoch = 1 RETURNING epoch$$),
  (8, $$UPDATE cgae.audit_seeds SET secret = 'known' RETURNING epoch$$),
  (9, $$UPDATE cgae.audit_seeds SET epoch = epoch + 10 RETURNING epoch$$),
  (10, $$DELETE FROM cgae.audit_seeds RETURNING epoch$$),
  (11, $$MERGE INTO cgae.audit_seeds s USING (VALUES (3)) AS v(e) ON s.epoch = v.e WHEN MATCHED THEN UPDATE SET revealed_at = now()$$),
  (12, $$TRUNCATE cgae.audit_seeds$$),
  (13, $$SELECT cgae.guard_seeds()$$)) AS v(n, statement) ORDER BY n;
-- a guard of ours on a table of somebody else's lets nothing in either
CREATE TABLE other (epoch int, secret bytea, created_at timestamptz, revealed_at timestamptz, actor text);
CREATE TRIGGER zz_cgae_guard BEFORE INSERT ON other FOR EACH ROW EXECUTE FUNCTION cgae.guard_seeds();
SELECT pg_temp.try($$INSERT INTO other VALUES (1, 'known', now(), NULL) RETURNING epoch$$);
DROP TABLE other;
-- nor does a rotation open the door to a trigger's own insert
CREATE FUNCTION meddle() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO cgae.audit_seeds (epoch, secret, created_at) VALUES (99, 'known', now());
  RETURN NULL;
END $$;
CREATE TRIGGER meddle AFTER INSERT ON cgae.audit_seeds FOR EACH ROW EXECUTE FUNCTION meddle();
SELECT pg_temp.try('SELECT cgae.rotate_audit_seed()');
DROP TRIGGER meddle ON cgae.audit_seeds;
-- a rotation that is suppressed says so
CREATE FUNCTION suppress() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
CREATE TRIGGER aa_suppress BEFORE INSERT OR UPDATE ON cgae.audit_seeds FOR EACH ROW EXECUTE FUNCTION suppress();
SELECT pg_temp.try('SELECT cgae.rotate_audit_seed()');
DROP TRIGGER aa_suppress ON cgae.audit_seeds;
SELECT count(*), count(*) FILTER (WHERE revealed_at IS NULL) AS current, sum(octet_length(secret)) FROM cgae.audit_seeds;

--
-- Who may do what
--
SELECT cgae.grant_access('regress_cgae_' || level, level) FROM unnest('{reader,registrar,auditor,operator}'::text[]) AS level;
CREATE VIEW may AS
SELECT 1 AS n, 'commitments' AS what, pg_temp.try('SELECT count(commitment) FROM cgae.audit_epochs') AS answer
UNION ALL SELECT 2, 'ended secrets', pg_temp.try('SELECT count(secret) FROM cgae.audit_epochs')
UNION ALL SELECT 3, 'all secrets', pg_temp.try('SELECT count(secret) FROM cgae.audit_seeds')
UNION ALL SELECT 4, 'commitment', pg_temp.try('SELECT count(commitment) FROM cgae.audit_seeds')
UNION ALL SELECT 5, 'due', pg_temp.try('SELECT count(*) FROM cgae.due_audits()')
UNION ALL SELECT 6, 'rotate', pg_temp.try('SELECT cgae.rotate_audit_seed() > 0')
UNION ALL SELECT 7, 'lock', pg_temp.try('LOCK TABLE cgae.audit_seeds');
GRANT SELECT ON may TO PUBLIC;
SET ROLE regress_cgae_nobody;
SELECT * FROM may ORDER BY n;
SET ROLE regress_cgae_reader;
SELECT * FROM may ORDER BY n;
-- the view gives nothing away by the order in which conditions run
CREATE FUNCTION pg_temp.peek(b bytea) RETURNS boolean LANGUAGE plpgsql COST 0.0001 AS
  $$BEGIN IF b IS NOT NULL THEN RAISE WARNING 'seen: % bytes', octet_length(b); END IF; RETURN true; END$$;
SELECT count(*) FROM cgae.audit_epochs WHERE pg_temp.peek(secret) AND revealed_at IS NULL;
DROP FUNCTION pg_temp.peek(bytea);
SET ROLE regress_cgae_registrar;
SELECT * FROM may WHERE n > 2 ORDER BY n;
SET ROLE regress_cgae_auditor;
SELECT * FROM may WHERE n > 2 ORDER BY n;
SET ROLE regress_cgae_operator;
SELECT * FROM may ORDER BY n;
SELECT n, pg_temp.try(statement) FROM (VALUES
  (1, $$INSERT INTO cgae.audit_seeds DEFAULT VALUES RETURNING epoch$$),
  (2, $$UPDATE cgae.audit_seeds SET revealed_at = now() RETURNING epoch$$),
  (3, $$UPDATE cgae.audit_seeds SET secret = 'known' RETURNING epoch$$),
  (4, $$DELETE FROM cgae.audit_seeds RETURNING epoch$$)) AS v(n, statement) ORDER BY n;
RESET ROLE;
SELECT cgae.revoke_access('regress_cgae_operator', 'operator');
SET ROLE regress_cgae_operator;
SELECT * FROM may WHERE n IN (1, 3, 5, 6) ORDER BY n;
RESET ROLE;
DROP VIEW may;

--
-- Who is due: few agents
--
INSERT INTO cgae.agents (agent_id, model_name, model_config, registered_at)
SELECT id, 'm', '{}', timestamptz '2020-01-01 00:00Z'
  FROM unnest('{never,zero,t1,t5,held,gone,again,drifted,now}'::text[]) AS id;
INSERT INTO cgae.certifications (agent_id, robustness, certified_at)
SELECT id, r::cgae.robustness, timestamptz '2020-01-01 00:00Z'
  FROM (VALUES ('zero', '(0,0,0,1)'), ('t1', '(0.3,0.3,0.25,1)'), ('t5', '(1,1,1,1)'), ('held', '(1,1,1,1)'),
               ('gone', '(1,1,1,1)'), ('again', '(1,1,1,1)'), ('drifted', '(1,1,1,1)')) AS v(id, r);
INSERT INTO cgae.certifications (agent_id, robustness) VALUES ('now', '(1,1,1,1)');
SELECT cgae.suspend('held', 'review');
SELECT cgae.reinstate('held', 'review');
SELECT agent_id, seq, tier, last_audit_at = '2020-01-01 00:00Z' AS old, overdue = timestamptz '2999-01-01 00:00Z' - due_at AS overdue,
       due_at > last_audit_at AS later
  FROM cgae.due_audits('2999-01-01 00:00Z') ORDER BY 1;
-- inactive agents are not audited; a certification draws anew, also when drift follows
SELECT cgae.suspend('held', 'review');
SELECT cgae.deregister_agent('gone');
SELECT seq FROM cgae.certify('again', '(0.5,0.5,0.45,1)');
SET client_min_messages = error;
SELECT seq, outcome FROM cgae.certify('drifted', '(1,1,1,1)', observed_architecture_hash => '0123456789abcdef');
SET client_min_messages = warning;
SELECT agent_id, seq, tier, last_audit_at > '2021-01-01' AS fresh FROM cgae.due_audits('infinity') ORDER BY 1;
SELECT seq, status FROM cgae.certify('drifted', '(1,1,1,1)', observed_architecture_hash => (SELECT architecture_hash FROM cgae.agents WHERE agent_id = 'drifted'));
SELECT agent_id, seq FROM cgae.due_audits('infinity') WHERE agent_id = 'drifted';
-- the default is now: 'now', 'again' and 'drifted' were audited just now
SELECT count(*) FILTER (WHERE agent_id IN ('now', 'again', 'drifted')) AS fresh, bool_and(due_at <= now() AND overdue >= '0') FROM cgae.due_audits();
-- misuse
SELECT n, pg_temp.try(statement) FROM (VALUES
  (1, $$SELECT count(*) FROM cgae.due_audits("limit" => -1)$$),
  (2, $$SELECT count(*) FROM cgae.due_audits('infinity', 0)$$),
  (3, $$SELECT count(*) FROM cgae.due_audits('infinity', 1)$$),
  (4, $$SELECT count(*) FROM cgae.due_audits('infinity', 2147483647)$$),
  (5, $$SELECT count(*) FROM cgae.due_audits('-infinity')$$),
  (6, $$SELECT count(*) FROM cgae.due_audits('4714-11-24 00:00Z BC')$$),
  (7, $$SELECT count(*) FROM cgae.due_audits('294276-12-31 23:59:59.999999Z') WHERE overdue > '292000 years'$$),
  (8, $$SELECT count(*) FROM cgae.due_audits('infinity') WHERE overdue IS NOT NULL$$)) AS v(n, statement) ORDER BY n;
-- the policy in force applies: nobody is audited, T0 too, everybody at once
BEGIN;
SELECT cgae.publish_policy(audit_intensities => '{0,0,0,0,0,0}');
SELECT count(*) FROM cgae.due_audits('infinity');
SELECT cgae.publish_policy(audit_intensities => '{0,0,0,0,0,1e-320}');
SELECT count(*) FROM cgae.due_audits('infinity');
SELECT cgae.publish_policy(audit_intensities => '{1,1,1,1,1,1e308}', time_step => '1 microsecond');
SELECT agent_id, tier, tier = 'T0' OR due_at - last_audit_at <= '1 microsecond' AS at_once
  FROM cgae.due_audits() WHERE tier IN ('T0', 'T5') ORDER BY 1;
ROLLBACK;

--
-- The law, over 100,000 agents in two tiers
--
INSERT INTO cgae.agents (agent_id, model_name, architecture_hash, registered_at)
SELECT 'ks_' || i, 'm', '0123456789abcdef', now() - interval '300 days' FROM generate_series(1, 100000) AS i;
INSERT INTO cgae.certifications (agent_id, robustness, certified_at)
SELECT 'ks_' || i, CASE WHEN i % 2 = 0 THEN '(0.7,0.7,0.7,1)' ELSE '(0.5,0.5,0.5,1)' END::cgae.robustness, now() - interval '30 days'
  FROM generate_series(1, 100000) AS i;
VACUUM ANALYZE cgae.agents;
VACUUM ANALYZE cgae.certifications;

-- with a fixed secret: the critical value of 1 in 100
SELECT tier, n, d < 1.63 AS fits, d > 0.3 AS not_too_well
  FROM (SELECT a.current_tier AS tier, count(*) AS n,
               pg_temp.ks(array_agg(-ln(cgae.audit_draw(:secret, a.agent_id, c.seq)) / mu), mu) AS d
          FROM cgae.agents a JOIN cgae.certifications c USING (agent_id)
               JOIN (VALUES ('T2'::cgae.tier, 0.01), ('T3', 0.02)) AS p(tier, mu) ON p.tier = a.current_tier
         WHERE a.agent_id LIKE 'ks\_%' GROUP BY a.current_tier, mu) AS s ORDER BY 1;
-- a rotation in the middle leaves the law as it is
SELECT tier, d < 1.63 AS fits
  FROM (SELECT tier, pg_temp.ks(array_agg(CASE WHEN w1 < 30 THEN w1 ELSE 30 + w2 END), mu) AS d
          FROM (SELECT a.current_tier AS tier, mu, -ln(cgae.audit_draw(:secret, a.agent_id, c.seq)) / mu AS w1,
                       -ln(cgae.audit_draw('another secret', a.agent_id, c.seq)) / mu AS w2
                  FROM cgae.agents a JOIN cgae.certifications c USING (agent_id)
                       JOIN (VALUES ('T2'::cgae.tier, 0.01), ('T3', 0.02)) AS p(tier, mu) ON p.tier = a.current_tier
                 WHERE a.agent_id LIKE 'ks\_%') AS w GROUP BY tier, mu) AS s ORDER BY 1;

-- with the registry's secrets and a rotation since: no value of a fair lottery in 10^13 is above 4
SELECT cgae.rotate_audit_seed() > 0 AS rotated;
CREATE TABLE due AS SELECT * FROM cgae.due_audits('infinity') WHERE agent_id LIKE 'ks\_%';
SELECT tier, count(*) AS n, count(*) FILTER (WHERE due_at < now()) BETWEEN 1 AND 49999 AS both_sides,
       pg_temp.ks(array_agg(extract(epoch FROM due_at - last_audit_at)::float8 / 86400), mu) < 4 AS fits
  FROM due JOIN (VALUES ('T2'::cgae.tier, 0.01), ('T3', 0.02)) AS p(tier, mu) USING (tier)
 GROUP BY tier, mu ORDER BY 1;

-- the same computed in SQL from the secrets: the first epoch in which the draw comes before its end
CREATE TABLE expected AS
SELECT DISTINCT ON (agent_id) agent_id, due
  FROM (SELECT a.agent_id, e.epoch, e.until,
               e.since + ceil(-ln(cgae.audit_draw(e.secret, a.agent_id, c.seq)) / mu * 86400e6)::int8 AS due
          FROM cgae.agents a JOIN cgae.certifications c USING (agent_id)
               JOIN (VALUES ('T2'::cgae.tier, 0.01), ('T3', 0.02)) AS p(tier, mu) ON p.tier = a.current_tier,
               LATERAL (SELECT epoch, secret,
                               (extract(epoch FROM CASE WHEN epoch = 1 THEN a.last_audit_at ELSE greatest(created_at, a.last_audit_at) END) * 1000000)::int8 AS since,
                               coalesce((extract(epoch FROM revealed_at) * 1000000)::int8, 9223372036854775807) AS until
                          FROM cgae.audit_seeds) AS e
         WHERE a.agent_id LIKE 'ks\_%') AS s
 WHERE due < until ORDER BY agent_id, epoch;
SELECT count(*) FROM due FULL JOIN expected USING (agent_id)
 WHERE due IS DISTINCT FROM (extract(epoch FROM due_at) * 1000000)::int8;

-- an instant cuts the same list, a limit its head
SELECT (SELECT array_agg(agent_id ORDER BY agent_id) FROM cgae.due_audits(now() + interval '7 days') WHERE agent_id LIKE 'ks\_%')
     = (SELECT array_agg(agent_id ORDER BY agent_id) FROM due WHERE due_at <= now() + interval '7 days') AS cut;
SELECT bool_and(due_at >= before) AS sorted, count(*) > 100 AS many
  FROM (SELECT due_at, coalesce(lag(due_at) OVER (), '-infinity') AS before FROM cgae.due_audits()) AS s;
SELECT array_agg(agent_id) = (SELECT array_agg(agent_id) FROM (SELECT * FROM cgae.due_audits() LIMIT 10) AS s) AS head
  FROM cgae.due_audits("limit" => 10);
-- the first instant: one microsecond before, it is not due
SELECT (SELECT count(*) FROM cgae.due_audits(at)) - (SELECT count(*) FROM cgae.due_audits(at - interval '1 microsecond')) AS one
  FROM (SELECT max(due_at) AS at FROM due) AS s;

DROP TABLE first, due, expected;
DROP EXTENSION cgae CASCADE;
DROP FUNCTION meddle(), suppress();
DROP ROLE regress_cgae_reader, regress_cgae_registrar, regress_cgae_auditor, regress_cgae_operator, regress_cgae_nobody;
