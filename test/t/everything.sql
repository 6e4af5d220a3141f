-- A registry with all that can be in it, and with additions of its owner's: what dump and
-- restore, upgrades and replicas have to carry over.  Run by the owner of the database; the
-- role cgae_copy_auditor is there.
\o /dev/null
SET client_min_messages = error;
CREATE EXTENSION cgae;
SELECT cgae.create_registry();
SELECT cgae.register_agent('never certified', '{}', agent_id => 'agent 41');
SELECT cgae.register_agent('m' || i, json_build_object('layers', i), agent_id => 'agent ' || i,
  registered_at => '2025-01-01 00:00Z', initial_balance => i / 7.0) FROM generate_series(1, 40) AS i;
SELECT cgae.certify('agent ' || i, cgae.robustness(i / 41.0, 0.9, 1 - i / 977.0, 0.3 + i / 60.0),
  audit_details => '{"storage_root_hash": "0x\u00e9"}') FROM generate_series(1, 36) AS i;
SELECT cgae.demote('agent 36', '(1e-300,0.1,0.1,0.7)');
SELECT cgae.certify('agent 30', NULL, observed_architecture_hash => '0123456789abcdef');
SELECT cgae.suspend('agent 31', 'manual "review"'), cgae.suspend('agent 31', 'a,b');
SELECT cgae.update_architecture('agent 32', '{"layers": "more"}');
SELECT cgae.deregister_agent('agent 33');
SELECT cgae.observe_architecture('agent 37', repeat('ab', 32));
SELECT cgae.rotate_audit_seed();
SELECT cgae.certify('agent 38', '(0.9,0.9,0.9,0.9)', certified_at => '2025-02-01 00:00Z');
SELECT cgae.certify('agent 39', '(0.9,0.9,0.9,0.9)', certified_at => '2025-02-02 00:00Z');
SELECT cgae.certify('agent 40', '(0.95,0.95,0.95,0.95)', certified_at => now() - interval '15 days');
SELECT cgae.apply_decay();
SELECT cgae.suspend('agent 27', 'x'), cgae.reinstate('agent 27', 'x');
SELECT cgae.publish_policy(ih_threshold => 0.6, time_step => '12:00', note => 'stricter');
SELECT cgae.certify('agent 34', '(0.95,0.95,0.95,0.55)');
UPDATE cgae.agents SET total_earned = 1e40, contracts_completed = 3, wallet_address = E'\\x\t' WHERE agent_id = 'agent 2';

-- additions of the owner's
ALTER TABLE cgae.agents ADD region text DEFAULT 'eu', ADD half numeric GENERATED ALWAYS AS (balance / 2) STORED;
COMMENT ON COLUMN cgae.agents.region IS 'where the agent runs';
ALTER TABLE cgae.certifications ADD ticket int;
UPDATE cgae.agents SET region = 'us' WHERE agent_id > 'agent 2';
CREATE INDEX agents_region_idx ON cgae.agents (region, (cgae.cc(current_robustness)));
CREATE INDEX certifications_robustness_idx ON cgae.certifications (robustness cgae.robustness_ops);
CREATE STATISTICS cgae.agents_region_stats ON region, status FROM cgae.agents;
ALTER TABLE cgae.agents ADD CONSTRAINT region_known CHECK (region IN ('eu', 'us'));
CREATE FUNCTION public.mark() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN NEW.ticket := 7; RETURN NEW; END $$;
CREATE TRIGGER mark BEFORE INSERT ON cgae.certifications FOR EACH ROW EXECUTE FUNCTION public.mark();
CREATE TABLE public.seen (agent_id text REFERENCES cgae.agents, seq int, tier cgae.tier, r cgae.robustness, PRIMARY KEY (agent_id, seq));
CREATE FUNCTION public.see() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN INSERT INTO public.seen VALUES (NEW.agent_id, NEW.seq, NEW.tier, NEW.robustness); RETURN NULL; END $$;
CREATE TRIGGER see AFTER INSERT ON cgae.certifications FOR EACH ROW EXECUTE FUNCTION public.see();
GRANT INSERT ON public.seen TO cgae_copy_auditor;
CREATE TABLE public.contracts (contract int PRIMARY KEY, agent_id text NOT NULL);
CREATE TRIGGER needs_t3 AFTER INSERT OR UPDATE ON public.contracts FOR EACH ROW EXECUTE FUNCTION cgae.require_tier('agent_id', 'T3');
INSERT INTO public.contracts VALUES (1, 'agent 35');
CREATE VIEW public.able AS SELECT agent_id, effective_tier FROM cgae.agent_standing WHERE effective_tier > 'T1';
SELECT cgae.certify('agent 29', '(0.8,0.8,0.8,0.8)');
SELECT cgae.grant_access('cgae_copy_auditor', 'auditor');
GRANT UPDATE (region) ON cgae.agents TO cgae_copy_auditor WITH GRANT OPTION;
GRANT SELECT ON cgae.events TO PUBLIC;
ALTER TABLE cgae.certifications ENABLE ROW LEVEL SECURITY;
CREATE POLICY readers ON cgae.certifications FOR SELECT USING (true);
CREATE POLICY region ON cgae.certifications FOR INSERT TO cgae_copy_auditor
  WITH CHECK (EXISTS (SELECT FROM cgae.agents AS a WHERE a.agent_id = certifications.agent_id AND a.region = 'eu'));
