-- Agents whose rows came without the guards and cannot be read: who passes
-- them by says so once for each, and goes on.
SET client_min_messages = error;
DROP EXTENSION IF EXISTS cgae CASCADE;
CREATE EXTENSION cgae;
SELECT cgae.create_registry();
SET client_min_messages = notice;
\set VERBOSITY default
SET TimeZone = 'UTC';
\set SHOW_CONTEXT never

-- Bad ones first, in the order in which a sweep meets them; all have decayed to T1.
SELECT count(cgae.register_agent('m', '{}', agent_id => id, registered_at => '2020-01-01')) FROM unnest('{bad1,bad2,bad3,good1,good2,good3,good4}'::text[]) AS id;
SELECT count(cgae.certify(id, '(0.7,0.7,0.7,1)', certified_at => now() - interval '50 days' + n * interval '1 hour'))
  FROM unnest('{bad1,bad2,bad3,good1,good2,good3,good4}'::text[]) WITH ORDINALITY AS a(id, n);
CREATE FUNCTION public.spoil() RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  ALTER TABLE cgae.agents DISABLE TRIGGER USER;
  UPDATE cgae.agents SET holds = '{NULL}' WHERE agent_id = 'bad1';
  UPDATE cgae.agents SET last_seq = 2147483647 WHERE agent_id = 'bad2';
  UPDATE cgae.agents SET architecture_hash = '', architecture_digest = NULL WHERE agent_id = 'bad3';
  ALTER TABLE cgae.agents ENABLE TRIGGER USER;
END $$;
SELECT public.spoil();
CREATE VIEW public.tiers AS SELECT agent_id, current_tier, cgae.effective_tier(agent_id) FROM cgae.agents ORDER BY agent_id;
SELECT * FROM public.tiers;

-- Whatever the size of a batch.
BEGIN;
SELECT * FROM cgae.apply_decay(batch => 1);
SELECT * FROM public.tiers;
ROLLBACK;
-- several in one statement are met in no certain order
SET client_min_messages = error;
BEGIN;
SELECT * FROM cgae.apply_decay(batch => 2);
ROLLBACK;
BEGIN;
SELECT * FROM cgae.apply_decay();
ROLLBACK;
SET client_min_messages = notice;

-- Where a trigger of the owner's looks on, each batch looks for who is due anew.
CREATE FUNCTION public.look() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
CREATE TRIGGER look AFTER UPDATE ON cgae.agents FOR EACH ROW EXECUTE FUNCTION public.look();
BEGIN;
SELECT * FROM cgae.apply_decay(batch => 1);
ROLLBACK;
SET client_min_messages = error;
BEGIN;
SELECT * FROM cgae.apply_decay(batch => 3);
ROLLBACK;
DROP TRIGGER look ON cgae.agents;

-- A laxer policy lifts nobody.
BEGIN;
SELECT cgae.publish_policy(decay_rate => 0);
SELECT * FROM public.tiers;
ROLLBACK;
SET client_min_messages = notice;

-- The procedure, which meets them again in every transaction.
CALL cgae.sweep_decay(1);
SELECT * FROM public.tiers;
-- with nobody left to lower
CALL cgae.sweep_decay(1);
SELECT unreadable_agents FROM cgae.registry_health;

-- More of them than anybody reads.
SELECT count(cgae.register_agent('m', '{}', agent_id => 'many' || i, registered_at => '2020-01-01')) FROM generate_series(1, 150) AS i;
SELECT count(cgae.certify('many' || i, '(0.7,0.7,0.7,1)', certified_at => now() - interval '60 days')) FROM generate_series(1, 150) AS i;
ALTER TABLE cgae.agents DISABLE TRIGGER USER;
UPDATE cgae.agents SET last_seq = 0 WHERE agent_id LIKE 'many%' OR agent_id = 'good1';
UPDATE cgae.agents SET current_tier = 'T3', tier_drop_at = now() - interval '1 hour' WHERE agent_id = 'good2';
ALTER TABLE cgae.agents ENABLE TRIGGER USER;
\set VERBOSITY terse
SET client_min_messages = error;
BEGIN;
SELECT * FROM cgae.apply_decay(batch => 7);
ROLLBACK;
CALL cgae.sweep_decay(7);
CALL cgae.sweep_decay(3);
SELECT * FROM public.tiers WHERE agent_id = 'good2';
SET client_min_messages = notice;
\set VERBOSITY default

-- Authority is taken away even where no number is left to record it.
BEGIN;
ALTER TABLE cgae.agent_events DISABLE TRIGGER USER;
INSERT INTO cgae.agent_events VALUES ('good3', 2147483647, 'odd', now(), '{}', 'x', now());
ALTER TABLE cgae.agent_events ENABLE TRIGGER USER;
SELECT cgae.suspend('good3', 'x');
SELECT cgae.permits('good3', 'T1');
ROLLBACK;

-- Drift from an architecture that cannot be read.
BEGIN;
SELECT outcome, status FROM cgae.certify('bad3', '(1,1,1,1)', observed_architecture_hash => cgae.architecture_hash('{}'));
ROLLBACK;
SELECT cgae.certify('bad3', '(1,1,1,1)');

-- Epochs without what they need draw nobody.
BEGIN;
SELECT count(*) FROM cgae.due_audits('infinity');
SELECT cgae.rotate_audit_seed();
ALTER TABLE cgae.audit_seeds DISABLE TRIGGER USER, ALTER secret DROP NOT NULL, ALTER commitment DROP NOT NULL, ALTER created_at DROP NOT NULL;
UPDATE cgae.audit_seeds SET secret = NULL WHERE epoch = 1;
SAVEPOINT s;
SELECT count(*) FROM cgae.due_audits('infinity');
UPDATE cgae.audit_seeds SET created_at = NULL WHERE epoch = 2;
SELECT count(*) FROM cgae.due_audits('infinity');
ROLLBACK TO s;
UPDATE cgae.audit_seeds SET secret = '' WHERE epoch = 2;
SELECT count(*) FROM cgae.due_audits('infinity');
ROLLBACK;

SET client_min_messages = error;
DROP VIEW public.tiers;
DROP FUNCTION public.look, public.spoil;
DROP EXTENSION cgae CASCADE;
