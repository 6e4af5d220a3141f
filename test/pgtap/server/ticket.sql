-- Tickets (src/server/ticket.h): what a trigger, rule or function of the owner's writes while a statement of
-- the registry's runs, kept or rolled back, takes nothing from that statement and adds nothing to it.
\ir ../include/begin.psql
\ir ../include/registry.psql
\ir ../include/tamper.psql
SELECT * FROM no_plan();
SET LOCAL client_min_messages = error;
SELECT t.agent(id, '(0.95,0.95,0.95,0.95)') FROM unnest('{a,b}'::text[]) AS id \g /dev/null
SELECT cgae.apply_decay() \g /dev/null
SELECT cgae.certify(id, '(0.95,0.95,0.95,0.95)') FROM unnest('{a,b}'::text[]) AS id \g /dev/null

-- What somebody else's code does in the middle of a statement; depth is where it stops to set itself off again.
CREATE FUNCTION t.act(what text, id text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  CASE what
    WHEN 'update' THEN UPDATE cgae.agents SET provenance = '{"x": 1}' WHERE agent_id = id;
    WHEN 'update other' THEN UPDATE cgae.agents SET provenance = provenance || '{"x": 1}' WHERE agent_id <> id;
    WHEN 'same' THEN UPDATE cgae.agents SET current_tier = current_tier WHERE agent_id = id;
    WHEN 'suspend' THEN PERFORM cgae.suspend(id, 'theirs');
    WHEN 'certify' THEN PERFORM cgae.certify(id, '(0.4,0.4,0.4,1)');
    WHEN 'certify other' THEN PERFORM cgae.certify(a.agent_id, '(0.4,0.4,0.4,1)') FROM cgae.agents AS a WHERE a.agent_id <> id;
    WHEN 'sweep' THEN PERFORM cgae.apply_decay();
    WHEN 'publish' THEN PERFORM cgae.publish_policy(note => 'theirs');
    WHEN 'rotate' THEN PERFORM cgae.rotate_audit_seed();
    WHEN 'event' THEN
      INSERT INTO cgae.agent_events (agent_id, seq, type, occurred_at, data, actor)
        SELECT agent_id, last_seq + 1, 'reinstatement', now(), '{}', 'me' FROM cgae.agents WHERE agent_id = id;
    WHEN 'fail' THEN
      BEGIN PERFORM cgae.certify(id, '(0.4,0.4,0.4,1)', certified_at => 'infinity'); EXCEPTION WHEN check_violation THEN NULL; END;
    ELSE NULL;
  END CASE;
END $$;
-- The same, kept or rolled back.
CREATE FUNCTION t.interfere(what text, back bool, id text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  IF current_setting('t.busy', true) = 'on' THEN RETURN; END IF;
  PERFORM set_config('t.busy', 'on', true);
  BEGIN
    PERFORM t.act(what, id);
    IF back THEN RAISE SQLSTATE 'BACKS'; END IF;
  EXCEPTION WHEN SQLSTATE 'BACKS' THEN NULL;
  END;
  PERFORM set_config('t.busy', 'off', true);
END $$;
CREATE FUNCTION t.meddle() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM t.interfere(TG_ARGV[0], TG_ARGV[1]::bool, CASE WHEN TG_TABLE_NAME LIKE ANY ('{agents%,certifications%,agent_events%}') THEN to_jsonb(NEW)->>'agent_id' ELSE 'a' END);
  RETURN NEW;
END $$;
-- Run a statement while a trigger, or a rule, of the owner's interferes: what it says, and what became of a, and what contradicts.
CREATE FUNCTION t.with(made text, statement text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  said text;
BEGIN
  EXECUTE made;
  said := t.try(statement);
  RAISE SQLSTATE 'ROLLB' USING MESSAGE = concat_ws(' / ', said, t.standing('a'),
    (SELECT string_agg(rule, ', ') FROM cgae.check_registry() WHERE rule NOT IN ('trigger', 'rule')));
EXCEPTION WHEN SQLSTATE 'ROLLB' THEN
  RETURN SQLERRM;
END $$;
CREATE FUNCTION t.trigger(timing text, tbl text, what text, back bool) RETURNS text LANGUAGE sql AS $$
  SELECT format('CREATE TRIGGER a %s ON cgae.%I FOR EACH ROW EXECUTE FUNCTION t.meddle(%L, %L)', timing, tbl, what, back) $$;

-- What is rolled back leaves a statement as it would be without: whoever interferes, where and with what.
CREATE TEMP TABLE statement (n int, statement text, said text);
INSERT INTO statement VALUES
  (1, $$SELECT cgae.certify('a', '(0.6,0.6,0.6,1)')$$, 'ok / active {} T2 3'),
  (2, $$INSERT INTO cgae.certifications (agent_id, robustness) VALUES ('a', '(0.6,0.6,0.6,1)')$$, 'ok / active {} T2 3'),
  (3, $$SELECT cgae.certify('a', '(0.6,0.6,0.6,1)', request_id => 'r')$$, 'ok / active {} T2 3'),
  (4, $$SELECT cgae.demote('a', '(0.6,0.6,0.6,1)')$$, 'ok / active {} T2 3'),
  (5, $$SELECT * FROM cgae.certify_many('{b,a,b}', '{"(1,1,1,1)","(0.6,0.6,0.6,1)","(1,1,1,1)"}')$$, 'ok / active {} T2 3'),
  (6, $$SELECT cgae.suspend('a', 'x')$$, 'ok / suspended {x} T5 2'),
  (7, $$SELECT cgae.observe_architecture('a', '0000000000000000')$$, 'ok / suspended {architecture_drift} T5 2'),
  (8, $$SELECT cgae.publish_policy(decay_rate => 0.02)$$, 'ok / active {} T5 2');
-- A server with assertions stops at one of its own, HEAP_XMAX_IS_LOCKED_ONLY in heap_update(), where a transaction that
-- holds a row has rolled back an update of it and updates it again on a full page: any plpgsql trigger can do that to
-- any table.  So this is for servers without.
SELECT NOT current_setting('debug_assertions')::bool AS may_update_again \gset
\if :may_update_again
SELECT is(t.with(t.trigger(timing, tbl, what, true), statement), said, format('%s %s: %s, rolled back: %s', timing, tbl, what, statement))
  FROM statement, (VALUES ('BEFORE UPDATE', 'agents'), ('AFTER UPDATE', 'agents'), ('BEFORE INSERT', 'certifications'), ('AFTER INSERT', 'certifications'), ('BEFORE INSERT', 'agent_events'),
                          ('BEFORE INSERT', 'gate_policies')) AS v(timing, tbl),
       unnest('{update,update other,same,suspend,certify,certify other,sweep,rotate,fail}'::text[]) AS what
  WHERE NOT (tbl = 'gate_policies' AND n <> 8)
  ORDER BY timing, tbl, what, n;
-- ... also by a function that a rule calls, at the depth of the statement itself
SELECT is(t.with(format('CREATE RULE r AS ON UPDATE TO cgae.agents DO ALSO SELECT t.interfere(%L, true, OLD.agent_id)', what), statement), said, format('rule: %s, rolled back: %s', what, statement))
  FROM statement, unnest('{update,same,suspend,certify,fail}'::text[]) AS what WHERE n IN (1, 2, 3, 4) ORDER BY what, n;
\endif

-- An event that is nobody's is refused in the middle of a statement too.
SELECT is(t.with(t.trigger(timing, tbl, 'event', false), statement), '428C9: events are written by the registry alone / active {} T5 2', format('%s %s: an event of its own: %s', timing, tbl, statement))
  FROM statement, (VALUES ('BEFORE UPDATE', 'agents'), ('AFTER UPDATE', 'agents'), ('BEFORE INSERT', 'certifications'), ('BEFORE INSERT', 'agent_events')) AS v(timing, tbl)
  WHERE n IN (1, 6) AND NOT (n = 1 AND tbl = 'agent_events') AND NOT (n = 6 AND tbl = 'certifications');

-- What is kept stands beside the statement, or stops it; nothing of either is lost.
SELECT is(t.with(t.trigger(timing, tbl, what, false), $$SELECT cgae.certify('a', '(0.6,0.6,0.6,1)')$$), said, format('%s %s: %s, kept', timing, tbl, what))
  FROM (VALUES
    ('BEFORE UPDATE', 'agents', 'update', '27000: tuple to be updated was already modified by an operation triggered by the current command / active {} T5 2'),
    ('BEFORE UPDATE', 'agents', 'certify', '27000: tuple to be updated was already modified by an operation triggered by the current command / active {} T5 2'),
    ('BEFORE UPDATE', 'agents', 'update other', 'ok / active {} T2 3'),
    ('BEFORE UPDATE', 'agents', 'certify other', 'ok / active {} T2 3'),
    ('AFTER UPDATE', 'agents', 'update', 'ok / active {} T2 3'),
    ('AFTER UPDATE', 'agents', 'certify', 'ok / active {} T1 4'),
    ('BEFORE INSERT', 'certifications', 'certify', 'ok / active {} T2 4'),
    ('AFTER INSERT', 'certifications', 'certify', 'ok / active {} T1 4'),
    ('AFTER INSERT', 'certifications', 'suspend', 'ok / suspended {theirs} T2 3')) AS v(timing, tbl, what, said);

-- The very row of a statement, written by a trigger in its place, is no row of the registry's.
CREATE FUNCTION t.instead() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF current_setting('t.busy', true) = 'on' THEN RETURN NEW; END IF;
  PERFORM set_config('t.busy', 'on', true);
  EXECUTE format('INSERT INTO cgae.%I SELECT ($1).*', TG_ARGV[0]) USING NEW;
  PERFORM set_config('t.busy', 'off', true);
  RETURN NULL;
END $$;
SELECT is(t.with(format('CREATE TRIGGER a BEFORE INSERT ON cgae.%I FOR EACH ROW EXECUTE FUNCTION t.instead(%1$L)', tbl), statement), said || ' / active {} T5 2', format('its own row of %s: %s', tbl, statement))
  FROM (VALUES ('agent_events', $$SELECT cgae.suspend('a', 'x')$$, '428C9: events are written by the registry alone'),
               ('gate_policies', 'SELECT cgae.publish_policy()', '428C9: gate policies are published, not inserted')) AS v(tbl, statement, said);

-- An error leaves no ticket behind, whether a block of plpgsql or a savepoint catches it.
CREATE FUNCTION t.after(failing text, next text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  first text := t.try(failing);
BEGIN
  RETURN left(first, 5) || ' / ' || t.try(next);
END $$;
CREATE FUNCTION t.fail() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE SQLSTATE 'FAILS'; END $$;
SAVEPOINT s;
CREATE TRIGGER a BEFORE INSERT ON cgae.agent_events FOR EACH ROW WHEN (NEW.type IN ('suspension', 'decay')) EXECUTE FUNCTION t.fail();
CREATE TRIGGER a AFTER INSERT ON cgae.gate_policies FOR EACH ROW EXECUTE FUNCTION t.fail();
CREATE TRIGGER a AFTER INSERT ON cgae.certifications FOR EACH ROW EXECUTE FUNCTION t.fail();
CREATE TRIGGER a BEFORE INSERT ON cgae.audit_seeds FOR EACH ROW EXECUTE FUNCTION t.fail();
SELECT is(t.after(failing, next), said, failing || ' fails: ' || next) FROM (VALUES
  ($$SELECT cgae.suspend('a', 'x')$$, $$INSERT INTO cgae.agent_events (agent_id, seq, type, occurred_at, data, actor) SELECT 'a', last_seq + 1, 'x', now(), '{}', 'me' FROM cgae.agents WHERE agent_id = 'a'$$,
    'FAILS / 428C9: events are written by the registry alone'),
  ($$SELECT cgae.publish_policy()$$, $$INSERT INTO cgae.gate_policies SELECT version + 1, cc, er, as_, ih_threshold, budget_ceilings, audit_intensities, decay_rate, time_step, effective_from, note, actor FROM cgae.gate_policies$$,
    'FAILS / 428C9: gate policies are published, not inserted'),
  ($$SELECT cgae.certify('a', '(0.4,0.4,0.4,1)')$$, $$UPDATE cgae.agents SET current_tier = current_tier WHERE agent_id = 'a'$$, 'FAILS / ok'),
  ($$SELECT cgae.rotate_audit_seed()$$, $$UPDATE cgae.audit_seeds SET revealed_at = now()$$, 'FAILS / 23001: rows of "audit_seeds" cannot be updated: they commit the registry to its audits')) AS v(failing, next, said);
SELECT is(t.standing('a'), 'active {} T5 2', 'a is what it was');
SAVEPOINT caught;
SELECT throws_ok($$SELECT cgae.suspend('a', 'x')$$, 'FAILS');
ROLLBACK TO caught;
ROLLBACK TO s;
SELECT is(t.try($$SELECT cgae.certify('a', '(0.6,0.6,0.6,1)')$$), 'ok', 'and what comes then is the registry''s as ever');
SELECT is(t.standing('a'), 'active {} T2 3', '... to a');
SELECT is(t.broken(), NULL, 'nothing contradicts');

SELECT * FROM finish();
ROLLBACK;
