-- May it, now?  permits(), effective_tier(), require_tier.
\set VERBOSITY default
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS cgae;
BEGIN;
\pset null '-'
DO $$ BEGIN IF to_regclass('cgae.agents') IS NULL THEN PERFORM cgae.create_registry(); END IF; END $$;
CREATE FUNCTION pg_temp.try(statement text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  detail text;
BEGIN
  EXECUTE statement;
  RETURN 'ok';
EXCEPTION WHEN OTHERS THEN
  GET STACKED DIAGNOSTICS detail = PG_EXCEPTION_DETAIL;
  RETURN SQLSTATE || ' ' || SQLERRM || coalesce(' / ' || nullif(detail, ''), '');
END $$;
SELECT count(cgae.register_agent(id, '{}', agent_id => id, registered_at => now() - interval '1 year')) FROM unnest('{able,weak,new,held,gone}'::text[]) AS id;
SELECT tier FROM cgae.certify('able', '(0.82,0.82,0.82,0.9)');
SELECT tier FROM cgae.certify('weak', '(0.82,0.7,0.82,0.9)', certified_at => now() - interval '10 days');
SELECT tier FROM cgae.certify('held', '(0.82,0.82,0.82,0.9)');
SELECT tier FROM cgae.certify('gone', '(0.82,0.82,0.82,0.9)');
SELECT cgae.suspend('held', 'manual'), cgae.deregister_agent('gone');

-- now, and ahead
SELECT id, cgae.effective_tier(id) AS now, cgae.effective_tier(id, now() + interval '3 days') AS in_3_days, cgae.effective_tier(id, now() + interval '1 year') AS in_a_year,
       cgae.effective_tier(id, 'infinity') AS ever, cgae.permits(id, 'T4') AS t4, cgae.permits(id, 'T0') AS t0, cgae.permits(id, 'T4', now() + interval '3 days') AS t4_later
  FROM unnest('{able,weak,new,held,gone}'::text[]) AS id;
-- to the microsecond, and never above the certified tier
SELECT cgae.permits(agent_id, current_tier, tier_drop_at - interval '1 microsecond') AS before, cgae.permits(agent_id, current_tier, tier_drop_at) AS at
  FROM cgae.agents WHERE agent_id = 'able';
-- unknown and null: no permission, never null, which a CHECK would let pass
SELECT cgae.permits('nobody', 'T0'), cgae.permits(NULL, 'T0'), cgae.permits('able', NULL), cgae.permits('able', 'T4', NULL);
SELECT pg_temp.try($$SELECT cgae.effective_tier('nobody')$$), pg_temp.try($$SELECT cgae.effective_tier(NULL)$$);
SELECT pg_temp.try($$SELECT cgae.effective_tier('able', '2000-01-01')$$) ~ '^22023 2000-01-01 .* is before the certification of agent "able" at ' AS refused;
SELECT pg_temp.try($$SELECT cgae.permits('able', 'T1', '-infinity')$$) ~ '^22023 ' AS refused;
PREPARE ask AS SELECT cgae.permits($1, $2);
EXECUTE ask('able', 'T4');
SELECT a.agent_id FROM cgae.agents AS a WHERE cgae.permits(a.agent_id, 'T3') AND a.agent_id IN ('able', 'weak', 'held') ORDER BY 1;

-- require_tier, like a foreign key of an application's
CREATE ROLE cgae_test_shop;
CREATE SCHEMA shop AUTHORIZATION cgae_test_shop;
SET ROLE cgae_test_shop;
CREATE TABLE shop.contract (id int, worker varchar(20), note text);
CREATE TRIGGER needs_t3 AFTER INSERT OR UPDATE ON shop.contract FOR EACH ROW EXECUTE FUNCTION cgae.require_tier('worker', 'T3');
SELECT pg_temp.try($$INSERT INTO shop.contract VALUES (1, 'able')$$);
RESET ROLE;
GRANT REFERENCES (agent_id) ON cgae.agents TO cgae_test_shop;
SET ROLE cgae_test_shop;
SELECT pg_temp.try('SELECT FROM cgae.agents');
SELECT worker, pg_temp.try(format('INSERT INTO shop.contract VALUES (1, %L)', worker)) FROM unnest('{able,weak,new,held,gone,nobody,NULL}'::text[]) AS worker;
SELECT pg_temp.try($$UPDATE shop.contract SET note = 'still able'$$), pg_temp.try($$UPDATE shop.contract SET worker = 'weak'$$);
SELECT * FROM shop.contract;
-- several rows in one statement, all or none
SELECT pg_temp.try($$INSERT INTO shop.contract SELECT n, 'able' FROM generate_series(2, 4) AS n$$), pg_temp.try($$INSERT INTO shop.contract VALUES (5, 'able'), (6, 'held')$$);
SELECT count(*) FROM shop.contract;
-- hung in a wrong way
CREATE TABLE shop.odd (worker text);
SELECT n, pg_temp.try('CREATE TRIGGER odd ' || kind || '; INSERT INTO shop.odd VALUES (''able''); DELETE FROM shop.odd') FROM (VALUES
  (1, $$BEFORE INSERT ON shop.odd FOR EACH ROW EXECUTE FUNCTION cgae.require_tier('worker', 'T3')$$),
  (2, $$AFTER INSERT ON shop.odd FOR EACH STATEMENT EXECUTE FUNCTION cgae.require_tier('worker', 'T3')$$),
  (3, $$AFTER DELETE ON shop.odd FOR EACH ROW EXECUTE FUNCTION cgae.require_tier('worker', 'T3')$$),
  (4, $$AFTER INSERT ON shop.odd FOR EACH ROW EXECUTE FUNCTION cgae.require_tier('worker')$$),
  (5, $$AFTER INSERT ON shop.odd FOR EACH ROW EXECUTE FUNCTION cgae.require_tier('worker', 'T9')$$),
  (6, $$AFTER INSERT ON shop.odd FOR EACH ROW EXECUTE FUNCTION cgae.require_tier('agent', 'T3')$$)) AS v(n, kind) ORDER BY n;
SELECT pg_temp.try('SELECT cgae.require_tier()');
RESET ROLE;
-- what binds when an earlier sweep or policy has lowered the tier
SELECT pg_temp.try($$INSERT INTO shop.contract VALUES (1, 'weak')$$);
SELECT cgae.publish_policy('{0,0.1,0.2,0.3,0.4,0.5}', '{0,0.1,0.2,0.3,0.4,0.5}', '{0,0.1,0.2,0.3,0.4,0.5}', 0) > 0 AS published;
SELECT pg_temp.try($$INSERT INTO shop.contract VALUES (1, 'weak')$$);

-- permits() in row security, for a role that may read the registry
SELECT cgae.grant_access('cgae_test_shop', 'reader');
ALTER TABLE shop.odd ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY capable ON shop.odd WITH CHECK (cgae.permits(worker, 'T3'));
CREATE POLICY reading ON shop.odd FOR SELECT USING (true);
SET ROLE cgae_test_shop;
SELECT worker, pg_temp.try(format('INSERT INTO shop.odd VALUES (%L)', worker)) FROM unnest('{able,weak,held,nobody,NULL}'::text[]) AS worker;
RESET ROLE;
ROLLBACK;
