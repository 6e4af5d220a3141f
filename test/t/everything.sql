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

-- comparisons of robustness in all that keeps an expression: a restore reads it under an empty search_path
CREATE DOMAIN public.capable AS cgae.robustness CONSTRAINT capable CHECK (VALUE IS DISTINCT FROM '(0,0,0,0)' AND VALUE BETWEEN '(0.1,0,0,0)' AND '(1,1,1,1)'
  AND cgae.gate_tier(VALUE, '{0,0.3,0.5,0.65,0.8,0.9}', '{0,0.3,0.5,0.65,0.8,0.9}', '{0,0.25,0.45,0.6,0.75,0.85}', 0.5) >= 'T1');
CREATE TABLE public.measured (id int PRIMARY KEY, r cgae.robustness, floor cgae.robustness DEFAULT '(0.1,0.1,0.1,0.1)', best public.capable, moved int DEFAULT 0,
  same boolean GENERATED ALWAYS AS (r IS NOT DISTINCT FROM best OR NULLIF(r, floor) IS NULL) STORED,
  kind text GENERATED ALWAYS AS (CASE r WHEN '(0.9,0.9,0.9,0.9)' THEN 'splendid' WHEN floor THEN 'least' ELSE 'other' END) STORED,
  CONSTRAINT comparable CHECK (r IS DISTINCT FROM '(0,0,0,0)' AND r BETWEEN floor AND '(1,1,1,1)' AND r NOT IN ('(0.2,0,0,0)', '(0.3,0,0,0)') AND CASE r WHEN '(0.4,0,0,0)' THEN NULLIF(r, floor) = floor ELSE true END),
  CONSTRAINT thresholds CHECK (cgae.gate_tier(r, '{0,0.3,0.5,0.65,0.8,0.9}', '{0,0.3,0.5,0.65,0.8,0.9}', '{0,0.25,0.45,0.6,0.75,0.85}', 0.5) >= 'T0'));
CREATE UNIQUE INDEX measured_r_idx ON public.measured (r, id) WHERE r <> '(0.5,0.5,0.5,0.5)' AND r IN ('(0.9,0.9,0.9,0.9)', '(0.6,0.6,0.6,0.6)') AND NULLIF(r, floor) IS NOT NULL;
CREATE INDEX measured_expression_idx ON public.measured ((NULLIF(r, floor)), (r IS DISTINCT FROM best), (r IN (floor, '(1,1,1,1)')), (r BETWEEN floor AND best));
CREATE STATISTICS public.measured_stats ON (r = floor), (r IS DISTINCT FROM floor) FROM public.measured;
CREATE TABLE public.named (r cgae.robustness PRIMARY KEY, name text);
CREATE TABLE public.apart (r cgae.robustness, EXCLUDE USING hash (r WITH =));
INSERT INTO public.apart VALUES ('(0.9,0.9,0.9,0.9)');
INSERT INTO public.named VALUES ('(0.9,0.9,0.9,0.9)', 'nine'), ('(0.1,0.1,0.1,0.1)', 'one');
CREATE FUNCTION public.move() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN NEW.moved := NEW.moved + 1; RETURN NEW; END $$;
CREATE TRIGGER move BEFORE UPDATE ON public.measured FOR EACH ROW WHEN (OLD.r IS DISTINCT FROM NEW.r AND NULLIF(NEW.r, OLD.floor) IS NOT NULL
  AND NEW.r NOT IN (OLD.floor, '(1,1,1,1)') AND NEW.r BETWEEN OLD.floor AND '(1,1,1,1)' AND CASE NEW.r WHEN OLD.floor THEN false ELSE NEW.r <> OLD.r END) EXECUTE FUNCTION public.move();
CREATE RULE keep AS ON UPDATE TO public.measured WHERE NULLIF(NEW.r, OLD.r) IS NULL AND NEW.id IS NOT DISTINCT FROM OLD.id AND NEW.r IN (OLD.r, OLD.floor) AND NEW.r BETWEEN OLD.floor AND OLD.r
  AND CASE NEW.r WHEN OLD.r THEN true END DO INSTEAD NOTHING;
CREATE VIEW public.compared AS SELECT r, m.id, n.name, r IS DISTINCT FROM m.best AS d, NULLIF(r, m.floor) AS u, r IN (m.floor, '(0.9,0.9,0.9,0.9)') AS i, r BETWEEN m.floor AND m.best AS b,
  CASE r WHEN m.floor THEN 'least' WHEN '(0.9,0.9,0.9,0.9)' THEN 'splendid' END AS c, (r, m.id) > (m.floor, 1) AS w, ARRAY[r] = ARRAY[m.floor] AS a
  FROM public.measured AS m LEFT JOIN public.named AS n USING (r);
CREATE MATERIALIZED VIEW public.joined AS SELECT r, a.agent_id, c.seq FROM (SELECT agent_id, current_robustness AS r FROM cgae.agents) AS a JOIN (SELECT robustness AS r, agent_id, seq FROM cgae.certifications) AS c USING (agent_id, r);
CREATE FUNCTION public.is_least(m public.measured) RETURNS boolean LANGUAGE sql STABLE BEGIN ATOMIC SELECT m.r = m.floor OR NULLIF(m.r, m.floor) IS NULL; END;
ALTER TABLE public.measured ENABLE ROW LEVEL SECURITY;
CREATE POLICY splendid ON public.measured USING (r IN ('(0.9,0.9,0.9,0.9)', floor) AND r IS DISTINCT FROM NULL AND NULLIF(r, '(1,1,1,1)') IS NOT NULL AND EXISTS (SELECT FROM public.named AS n JOIN public.named AS m USING (r)));
GRANT SELECT ON public.measured, public.named TO cgae_copy_auditor;
INSERT INTO public.measured (id, r, best) VALUES (1, '(0.9,0.9,0.9,0.9)', '(0.9,0.9,0.9,0.9)'), (2, '(0.1,0.1,0.1,0.1)', NULL), (3, '(0.6,0.6,0.6,0.6)', '(0.7,0.7,0.7,0.7)'), (4, NULL, '(0.3,0.3,0.3,0.5)');
-- and on the registry's own
CREATE TABLE public.moves (agent_id text, r cgae.robustness);
CREATE FUNCTION public.moved() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN INSERT INTO public.moves VALUES (NEW.agent_id, NEW.current_robustness); RETURN NULL; END $$;
CREATE TRIGGER moved AFTER UPDATE ON cgae.agents FOR EACH ROW WHEN (OLD.current_robustness IS DISTINCT FROM NEW.current_robustness AND NEW.current_robustness IN ('(1,1,1,0.61)', OLD.current_robustness))
  EXECUTE FUNCTION public.moved();
ALTER TABLE cgae.agents ADD is_splendid boolean GENERATED ALWAYS AS (current_robustness IS NOT DISTINCT FROM '(1,1,1,1)' OR current_robustness IN ('(1,1,1,0.61)') AND NULLIF(current_robustness, '(0,0,0,0)') IS NOT NULL) STORED;
