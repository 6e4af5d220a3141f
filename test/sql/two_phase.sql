-- Certifications in transactions that are prepared, committed at the end by a
-- deferred trigger or a cursor WITH HOLD, or read-only.
SET client_min_messages = error;
\set VERBOSITY sqlstate
-- a server may have them switched off
SELECT current_setting('max_prepared_transactions') = '0' AS off \gset
\if :off
\quit
\endif
DROP EXTENSION IF EXISTS cgae CASCADE;
CREATE EXTENSION cgae;
SELECT cgae.create_registry();
SELECT cgae.register_agent('m', '{}', agent_id => id) FROM unnest('{a,b}'::text[]) AS id;
CREATE VIEW public.standing AS
  SELECT agent_id, status, current_tier, last_seq, (SELECT count(*) FROM cgae.events AS e WHERE e.agent_id = a.agent_id) AS events FROM cgae.agents AS a ORDER BY agent_id;

-- prepared and committed
BEGIN;
SELECT tier FROM cgae.certify('a', '(1,1,1,1)');
SELECT cgae.suspend('b', 'x');
PREPARE TRANSACTION 'cgae certify';
TABLE public.standing;
SELECT cgae.permits('a', 'T1');
SET lock_timeout = '50ms';
SELECT cgae.certify('a', '(0.5,0.5,0.5,1)');
SELECT cgae.observe_architecture('a', 'aaaaaaaaaaaaaaaa');
SELECT cgae.deregister_agent('b');
SELECT cgae.publish_policy(ih_threshold => 0.9);
RESET lock_timeout;
COMMIT PREPARED 'cgae certify';
TABLE public.standing;
SELECT tier, previous_tier FROM cgae.certify('a', '(0.5,0.5,0.5,1)');

-- prepared and rolled back; savepoints within
BEGIN;
SAVEPOINT s;
SELECT tier FROM cgae.certify('a', '(1,1,1,1)');
ROLLBACK TO s;
SELECT tier FROM cgae.certify('a', '(0.3,0.3,0.3,1)');
SELECT outcome FROM cgae.certify('b', NULL, observed_architecture_hash => 'aaaaaaaaaaaaaaaa');
PREPARE TRANSACTION 'cgae certify';
ROLLBACK PREPARED 'cgae certify';
TABLE public.standing;

-- a policy cannot be prepared: nobody would be judged meanwhile
BEGIN;
SELECT cgae.publish_policy(ih_threshold => 0.9);
SELECT cgae.gate_tier('(1,1,1,0.8)');
PREPARE TRANSACTION 'cgae policy';
SELECT cgae.gate_tier('(1,1,1,0.8)');
SELECT tier FROM cgae.certify('a', '(1,1,1,0.8)');

-- a secret of the lottery
BEGIN;
SELECT cgae.rotate_audit_seed();
PREPARE TRANSACTION 'cgae seed';
SELECT count(*) FROM cgae.audit_epochs;
SET lock_timeout = '50ms';
SELECT cgae.rotate_audit_seed();
RESET lock_timeout;
COMMIT PREPARED 'cgae seed';
SELECT epoch, revealed_at IS NULL AS current FROM cgae.audit_epochs ORDER BY epoch;

-- with a unique index of the user's, and a request that a prepared transaction has made
CREATE UNIQUE INDEX cid ON cgae.certifications (agent_id, seq, request_id);
BEGIN;
SELECT tier FROM cgae.certify('a', '(0.7,0.7,0.7,1)', request_id => 'x');
PREPARE TRANSACTION 'cgae cid';
COMMIT PREPARED 'cgae cid';
SELECT tier, seq FROM cgae.certify('a', '(0.7,0.7,0.7,1)', request_id => 'x');
INSERT INTO cgae.certifications (agent_id, robustness, request_id) VALUES ('a', '(1,1,1,1)', 'x');
INSERT INTO cgae.certifications (agent_id, robustness, request_id) VALUES ('a', '(1,1,1,1)', 'x') ON CONFLICT DO NOTHING RETURNING seq;
DROP INDEX cgae.cid;

-- at the very end: a deferred trigger, a cursor that is held
CREATE TABLE public.measured (agent_id text, r cgae.robustness);
CREATE FUNCTION public.certify_late() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM cgae.certify(NEW.agent_id, NEW.r);
  RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER late AFTER INSERT ON public.measured DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION public.certify_late();
BEGIN;
INSERT INTO public.measured VALUES ('a', '(0.9,0.9,0.9,1)'), ('a', '(0.5,0.5,0.5,1)');
SELECT current_tier FROM cgae.agents WHERE agent_id = 'a';
COMMIT;
SELECT current_tier, last_seq FROM cgae.agents WHERE agent_id = 'a';
INSERT INTO public.measured VALUES ('nobody', '(1,1,1,1)');
BEGIN;
DECLARE c CURSOR WITH HOLD FOR SELECT tier, seq FROM cgae.certify('a', '(0.3,0.3,0.3,1)');
COMMIT;
FETCH ALL FROM c;
CLOSE c;
BEGIN;
DECLARE c CURSOR WITH HOLD FOR SELECT cgae.certify('nobody', '(1,1,1,1)');
COMMIT;
TABLE public.standing;

-- read-only, and as if it were read-only
BEGIN READ ONLY;
SELECT cgae.permits('a', 'T1'), cgae.effective_tier('b');
SELECT cgae.certify('a', '(1,1,1,1)');
ROLLBACK;
CREATE FUNCTION public.sly(id text) RETURNS text IMMUTABLE PARALLEL SAFE LANGUAGE plpgsql AS $$ BEGIN RETURN (SELECT tier FROM cgae.certify(id, '(0.5,0.5,0.5,1)')); END $$;
SELECT public.sly('a');
-- which 16 has renamed
SELECT name AS parallel_mode FROM pg_settings WHERE name IN ('force_parallel_mode', 'debug_parallel_query') \gset
SET :parallel_mode = on;
SELECT public.sly(agent_id) FROM cgae.agents WHERE agent_id = 'a';
RESET :parallel_mode;
TABLE public.standing;

DROP FUNCTION public.sly, public.certify_late CASCADE;
DROP TABLE public.measured;
DROP VIEW public.standing;
DROP EXTENSION cgae CASCADE;
