-- What the owner of the registry, an operator or an odd trigger can do to the
-- guards: an error that says so or a right answer, never a crash, a gap in the
-- history or an internal error.
SET client_min_messages = error;
DROP EXTENSION IF EXISTS cgae CASCADE;
CREATE EXTENSION cgae;
SELECT cgae.create_registry();
SELECT cgae.register_agent('m', '{}', agent_id => 'a');
SELECT tier FROM cgae.certify('a', '(1,1,1,1)');
\set VERBOSITY sqlstate

-- Nulls: a BEFORE trigger runs ahead of the NOT NULL constraints.
UPDATE cgae.agents SET status = 'deregistered', balance = NULL;
UPDATE cgae.agents SET status = 'deregistered', contracts_completed = NULL;
UPDATE cgae.agents SET holds = '{x}', model_name = NULL;
UPDATE cgae.agents SET holds = NULL;
UPDATE cgae.agents SET status = NULL;
UPDATE cgae.agents SET last_seq = NULL;
UPDATE cgae.agents SET observed_architecture_hash = NULL, certified_at = NULL;
UPDATE cgae.agents SET architecture_hash = NULL;
UPDATE cgae.agents SET architecture_digest = NULL;
UPDATE cgae.agents SET agent_id = NULL;
INSERT INTO cgae.agents (agent_id, model_name, model_config) VALUES (NULL, 'm', '{}');
INSERT INTO cgae.agents (agent_id, model_name, model_config) VALUES ('b', NULL, '{}');
INSERT INTO cgae.agents DEFAULT VALUES;
INSERT INTO cgae.certifications DEFAULT VALUES;
INSERT INTO cgae.certifications (agent_id) VALUES ('a');
INSERT INTO cgae.agent_events DEFAULT VALUES;
INSERT INTO cgae.gate_policies DEFAULT VALUES;

-- ... which their owner may drop.
BEGIN;
ALTER TABLE cgae.agents ALTER model_name DROP NOT NULL;
INSERT INTO cgae.agents (agent_id, model_name, model_config) VALUES ('b', NULL, '{}');
ROLLBACK;
BEGIN;
ALTER TABLE cgae.agents DISABLE TRIGGER USER, ALTER holds DROP NOT NULL, ALTER architecture_hash DROP NOT NULL;
UPDATE cgae.agents SET holds = NULL, architecture_hash = NULL, architecture_digest = NULL;
SELECT cgae.observe_architecture('a', '0123456789abcdef');
ALTER TABLE cgae.agents ENABLE TRIGGER USER;
SAVEPOINT s;
UPDATE cgae.agents SET holds = '{x}';
ROLLBACK TO s;
SELECT cgae.certify('a', '(1,1,1,1)');
ROLLBACK;

-- Columns of another type, renamed, dropped.
BEGIN;
DROP VIEW cgae.agent_standing, cgae.expiring_agents, cgae.tier_changes, cgae.certification_history, cgae.binding_dimension_counts;
ALTER TABLE cgae.agents DISABLE TRIGGER USER, ALTER model_name TYPE bigint USING 9223372036854775807;
SAVEPOINT s;
SELECT agent_id, model_name FROM cgae.agents_by_tier('T5');
ROLLBACK TO s;
ALTER TABLE cgae.agents ENABLE TRIGGER USER;
UPDATE cgae.agents SET holds = '{x}';
ROLLBACK;
BEGIN;
ALTER TABLE cgae.agents RENAME last_seq TO seq;
SELECT cgae.suspend('a', 'x');
ROLLBACK;
BEGIN;
ALTER TABLE cgae.certifications DROP audit_type CASCADE;
SELECT cgae.certify('a', '(1,1,1,1)');
ROLLBACK;
BEGIN;
ALTER TABLE cgae.gate_policies RENAME decay_rate TO lambda;
SELECT cgae.gate_tier('(1,1,1,1)');
ROLLBACK;
SELECT tier, seq FROM cgae.certify('a', '(0.7,0.7,0.7,1)');

-- More tiers than the gate knows.
ALTER TYPE cgae.tier ADD VALUE 'T6';
INSERT INTO cgae.certifications (agent_id, robustness, tier) VALUES ('a', '(1,1,1,1)', 'T6');
\c -
SET client_min_messages = error;
\set VERBOSITY sqlstate
SELECT cgae.certify('a', '(1,1,1,1)');
SELECT cgae.gate_tier('(1,1,1,1)');

-- Another kind of relation in the place of the policies.
DROP EXTENSION cgae CASCADE;
CREATE EXTENSION cgae;
CREATE TABLE cgae.gate_policies (version int) PARTITION BY RANGE (version);
SELECT cgae.gate_tier('(1,1,1,1)');
DROP TABLE cgae.gate_policies;
CREATE FOREIGN DATA WRAPPER cgae_hostile;
CREATE SERVER cgae_hostile FOREIGN DATA WRAPPER cgae_hostile;
CREATE FOREIGN TABLE cgae.gate_policies (version int) SERVER cgae_hostile;
SELECT cgae.gate_tier('(1,1,1,1)');
DROP FOREIGN DATA WRAPPER cgae_hostile CASCADE;
CREATE VIEW cgae.gate_policies AS SELECT 1 AS version;
SELECT cgae.gate_tier('(1,1,1,1)');
DROP VIEW cgae.gate_policies;
CREATE SEQUENCE cgae.gate_policies;
SELECT cgae.gate_tier('(1,1,1,1)');
DROP SEQUENCE cgae.gate_policies;
SELECT cgae.gate_tier('(1,1,1,1)');

-- Dropped and created again in one session: no plan, type or policy is stale.
SELECT cgae.create_registry();
SELECT cgae.register_agent('m', '{}', agent_id => 'a');
SELECT tier FROM cgae.certify('a', '(1,1,1,1)');
SELECT cgae.suspend('a', 'x'), cgae.observe_architecture('a', 'aaaaaaaaaaaaaaaa');
DROP EXTENSION cgae CASCADE;
CREATE EXTENSION cgae;
SELECT cgae.create_registry();
SELECT cgae.register_agent('m', '{}', agent_id => 'a');
SELECT tier, seq FROM cgae.certify('a', '(1,1,1,1)');
SELECT cgae.suspend('a', 'x'), cgae.reinstate('a', 'x'), cgae.observe_architecture('a', 'aaaaaaaaaaaaaaaa');
SELECT tier, status FROM cgae.certify('a', '(1,1,1,1)', observed_architecture_hash => cgae.architecture_hash('{}'));
SELECT * FROM cgae.tier_distribution() WHERE agents > 0;

-- A policy that was cached before its transaction was rolled back.
BEGIN;
SELECT cgae.publish_policy(ih_threshold => 1);
SELECT cgae.gate_tier('(1,1,1,0.9)'), cgae.gate_tier('(1,1,1,0.9)', 2);
ROLLBACK;
SELECT cgae.gate_tier('(1,1,1,0.9)');
SELECT cgae.gate_tier('(1,1,1,0.9)', 2);
BEGIN;
ALTER TABLE cgae.gate_policies DISABLE TRIGGER USER;
UPDATE cgae.gate_policies SET version = 2147483647;
ALTER TABLE cgae.gate_policies ENABLE TRIGGER USER;
SELECT cgae.publish_policy(ih_threshold => 1);
ROLLBACK;

-- Guards on other tables and views.
CREATE TABLE public.other (LIKE cgae.agents);
CREATE TRIGGER g AFTER INSERT ON public.other FOR EACH ROW EXECUTE FUNCTION cgae.guard_agents();
ALTER TABLE public.other ALTER holds DROP NOT NULL, ALTER recorded_at DROP NOT NULL, ALTER rated_policy DROP NOT NULL;
INSERT INTO public.other (agent_id, model_name, architecture_hash, provenance, registered_at, initial_robustness, status, current_tier, last_seq, certification_count, balance, total_earned, total_spent, total_penalties, total_topups, contracts_completed, contracts_failed)
  VALUES ('z', 'm', 'not a hash', '{}', now(), '(0,0,0,0)', 'pending', 'T0', 1, 0, 0, 0, 0, 0, 0, 0, 0);
DROP TABLE public.other;
CREATE VIEW public.other AS SELECT * FROM cgae.agents;
CREATE TRIGGER g INSTEAD OF INSERT ON public.other FOR EACH ROW EXECUTE FUNCTION cgae.guard_agents();
INSERT INTO public.other (agent_id, model_name, model_config) VALUES ('z', 'm', '{}');
DROP VIEW public.other;
SELECT cgae.guard_agents();

-- Holds: any shape of array, and how many.
UPDATE cgae.agents SET holds = '{{b,a},{a,b}}' RETURNING holds, status;
UPDATE cgae.agents SET holds = '[5:6]={a,b}' RETURNING holds, last_seq;
UPDATE cgae.agents SET holds = '{}' RETURNING holds, status;
UPDATE cgae.agents SET holds = '{NULL}';
UPDATE cgae.agents SET holds = '{" "}';
UPDATE cgae.agents SET holds = (SELECT array_agg('h' || i) FROM generate_series(1, 20000) AS i);
UPDATE cgae.agents SET holds = (SELECT array_agg('h'::text) FROM generate_series(1, 20000) AS i) RETURNING holds;
UPDATE cgae.agents SET holds = '{}' RETURNING status;

-- A state that only a disabled guard lets in.
BEGIN;
ALTER TABLE cgae.agents DISABLE TRIGGER USER;
UPDATE cgae.agents SET holds = '{x}';
ALTER TABLE cgae.agents ENABLE TRIGGER USER;
UPDATE cgae.agents SET holds = '{}';
ROLLBACK;
BEGIN;
ALTER TABLE cgae.agents DISABLE TRIGGER USER;
UPDATE cgae.agents SET last_seq = 2147483647;
ALTER TABLE cgae.agents ENABLE TRIGGER USER;
SELECT cgae.certify('a', '(1,1,1,1)');
ROLLBACK;

-- Triggers that drop what the registry writes.
CREATE FUNCTION public.drop_row() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
BEGIN;
CREATE TRIGGER a BEFORE INSERT ON cgae.agents FOR EACH ROW EXECUTE FUNCTION public.drop_row();
SELECT cgae.register_agent('m', '{}');
ROLLBACK;
BEGIN;
CREATE TRIGGER a BEFORE INSERT ON cgae.agent_events FOR EACH ROW EXECUTE FUNCTION public.drop_row();
SELECT cgae.suspend('a', 'x');
ROLLBACK;
BEGIN;
CREATE TRIGGER a BEFORE UPDATE ON cgae.agents FOR EACH ROW EXECUTE FUNCTION public.drop_row();
SELECT cgae.certify('a', '(1,1,1,1)');
ROLLBACK;
BEGIN;
CREATE TRIGGER a BEFORE INSERT ON cgae.certifications FOR EACH ROW EXECUTE FUNCTION public.drop_row();
SELECT cgae.certify('a', '(1,1,1,1)');
ROLLBACK;
DROP FUNCTION public.drop_row;

-- A trigger whose own update is rolled back takes nothing from the certification.
CREATE FUNCTION public.meddle() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF pg_trigger_depth() < 3 THEN
    BEGIN
      UPDATE cgae.agents SET model_name = 'x' WHERE agent_id = NEW.agent_id;
      RAISE 'back';
    EXCEPTION WHEN raise_exception THEN NULL;
    END;
  END IF;
  RETURN NEW;
END $$;
BEGIN;
CREATE TRIGGER a BEFORE UPDATE ON cgae.agents FOR EACH ROW EXECUTE FUNCTION public.meddle();
SELECT cgae.certify('a', '(1,1,1,1)');
ROLLBACK;
DROP FUNCTION public.meddle;

-- A trigger that certifies once more: certify() reports its own.
CREATE FUNCTION public.again() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF pg_trigger_depth() < 2 THEN
    INSERT INTO cgae.certifications (agent_id, robustness) VALUES (NEW.agent_id, '(0.3,0.3,0.3,1)');
    PERFORM cgae.certify(NEW.agent_id, '(0.5,0.5,0.5,1)');
  END IF;
  RETURN NEW;
END $$;
BEGIN;
CREATE TRIGGER a AFTER INSERT ON cgae.certifications FOR EACH ROW EXECUTE FUNCTION public.again();
SELECT outcome, tier, previous_tier FROM cgae.certify('a', '(0.7,0.7,0.7,1)');
ROLLBACK;
BEGIN;
CREATE TRIGGER a BEFORE INSERT ON cgae.certifications FOR EACH ROW EXECUTE FUNCTION public.again();
SELECT outcome, tier, previous_tier FROM cgae.certify('a', '(0.7,0.7,0.7,1)');
ROLLBACK;
DROP FUNCTION public.again;

-- Who cannot grant is told so; who cannot read agents is not told the hash.
CREATE ROLE regress_cgae_reader;
CREATE ROLE regress_cgae_nobody;
SELECT cgae.grant_access('regress_cgae_reader', 'reader');
GRANT INSERT ON cgae.certifications TO regress_cgae_nobody;
SET ROLE regress_cgae_reader;
SELECT cgae.grant_access('regress_cgae_nobody', 'reader');
SELECT cgae.grant_access('regress_cgae_nobody', 'operator');
SET ROLE regress_cgae_nobody;
SET client_min_messages = warning;
\set VERBOSITY default
INSERT INTO cgae.certifications (agent_id, observed_architecture_hash) VALUES ('a', 'aaaaaaaaaaaaaaaa');
RESET ROLE;
INSERT INTO cgae.certifications (agent_id, observed_architecture_hash) VALUES ('a', 'aaaaaaaaaaaaaaaa');
SET client_min_messages = error;
DROP OWNED BY regress_cgae_reader, regress_cgae_nobody;
DROP ROLE regress_cgae_reader, regress_cgae_nobody;

-- One history without gaps is left.
SELECT last_seq = count(*) AND last_seq = max(seq) AS gapless FROM cgae.agents AS a JOIN cgae.events AS e USING (agent_id) GROUP BY last_seq;
DROP EXTENSION cgae CASCADE;
