-- What the catalogs say: signatures, volatility, comments, owners, and what the install script may contain.
\ir ../include/begin.psql
\ir ../include/registry.psql
SELECT * FROM no_plan();
SET LOCAL client_min_messages = error;

--
-- the functions of the contract: arguments by name and in order, defaults, result, volatility, strictness, parallel safety
--
CREATE TEMP TABLE contract (signature text, attributes text);
INSERT INTO contract VALUES
  ('robustness(cc double precision, er double precision, as_ double precision, ih double precision) cgae.robustness', 'i strict s'),
  ('cc(r cgae.robustness) double precision', 'i strict s'),
  ('er(r cgae.robustness) double precision', 'i strict s'),
  ('as_(r cgae.robustness) double precision', 'i strict s'),
  ('ih(r cgae.robustness) double precision', 'i strict s'),
  ('weakest(r cgae.robustness) double precision', 'i strict s'),
  ('gate_tier(r cgae.robustness) cgae.tier', 's strict s'),
  ('gate_tier(r cgae.robustness, policy_version integer) cgae.tier', 's strict s'),
  ('gate_tier(r cgae.robustness, cc double precision[], er double precision[], as_ double precision[], ih_threshold double precision) cgae.tier', 'i strict s'),
  ('gate_detail(r cgae.robustness, OUT tier cgae.tier, OUT tier_index integer, OUT g_cc integer, OUT g_er integer, OUT g_as integer, OUT ih_pass boolean, OUT binding_dimension text, OUT gap_to_next_tier double precision, OUT budget_ceiling numeric) record', 's strict s'),
  ('chain_tier(chain cgae.robustness[]) cgae.tier', 's strict s'),
  ('budget_ceiling(tier cgae.tier) numeric', 's strict s'),
  ('canonical_json(config json) text', 'i strict s'),
  ('architecture_hash(config json) text', 'i strict s'),
  ('architecture_digest(config json) text', 'i strict s'),
  ('canonical_jsonb(config jsonb) text', 'i strict s'),
  ('architecture_hash_jsonb(config jsonb) text', 'i strict s'),
  ('architecture_digest_jsonb(config jsonb) text', 'i strict s'),
  ('create_registry(partitions integer DEFAULT NULL::integer) void', 'v u'),
  ('seed_registry() void', 'v u'),
  ('upgrade_registry() integer', 'v u'),
  ('grant_access(role text, level text) void', 'v u'),
  ('revoke_access(role text, level text DEFAULT NULL::text) void', 'v u'),
  ('register_agent(model_name text, model_config json, provenance jsonb DEFAULT ''{}''::jsonb, initial_balance numeric DEFAULT 0, agent_id text DEFAULT NULL::text, registered_at timestamp with time zone DEFAULT now(), wallet_address text DEFAULT NULL::text) text', 'v u'),
  ('certify(agent_id text, robustness cgae.robustness, audit_type text DEFAULT NULL::text, observed_architecture_hash text DEFAULT NULL::text, audit_details jsonb DEFAULT ''{}''::jsonb, certified_at timestamp with time zone DEFAULT NULL::timestamp with time zone, request_id text DEFAULT NULL::text, OUT outcome text, OUT agent_id text, OUT seq integer, OUT tier cgae.tier, OUT status cgae.agent_status, OUT previous_tier cgae.tier) record', 'v u'),
  ('demote(agent_id text, new_robustness cgae.robustness, reason text DEFAULT ''spot_audit_failure''::text, certified_at timestamp with time zone DEFAULT NULL::timestamp with time zone, request_id text DEFAULT NULL::text, OUT outcome text, OUT agent_id text, OUT seq integer, OUT tier cgae.tier, OUT status cgae.agent_status, OUT previous_tier cgae.tier) record', 'v u'),
  ('observe_architecture(agent_id text, observed_hash text) boolean', 'v u'),
  ('update_architecture(agent_id text, model_config json) cgae.agent_status', 'v u'),
  ('suspend(agent_id text, hold text) cgae.agent_status', 'v u'),
  ('reinstate(agent_id text, hold text) cgae.agent_status', 'v u'),
  ('deregister_agent(agent_id text, at timestamp with time zone DEFAULT NULL::timestamp with time zone) cgae.agent_status', 'v u'),
  ('agent_fault(status cgae.agent_status, current_tier cgae.tier, current_robustness cgae.robustness, certified_at timestamp with time zone, holds text[], last_seq integer, architecture_hash text) text', 's s'),
  ('agent_record(agent_id text) jsonb', 's s'),
  ('audit_cid(agent_id text) text', 's s'),
  ('tier_distribution(OUT tier cgae.tier, OUT agents bigint) SETOF record', 's s'),
  ('lies_ahead(at timestamp with time zone) boolean', 's strict s'),
  ('check_registry(OUT agent_id text, OUT rule text, OUT detail text) SETOF record', 's u'),
  ('agents_by_tier(tier cgae.tier, OUT agent_id text, OUT model_name text, OUT certified_at timestamp with time zone, OUT balance numeric) SETOF record', 's s');
CREATE TEMP VIEW function AS
  SELECT p.oid, proname, prokind, prosrc, prosecdef, proconfig, probin, proacl, proowner, provolatile, proleakproof, pronargs, prorettype, prolang,
         format('%s(%s) %s', proname, pg_get_function_arguments(p.oid), pg_get_function_result(p.oid)) AS signature,
         concat_ws(' ', provolatile, CASE WHEN proisstrict THEN 'strict' END, proparallel) AS attributes
    FROM pg_proc AS p WHERE pronamespace = 'cgae'::regnamespace;
SELECT is(f.attributes, c.attributes, signature) FROM contract AS c LEFT JOIN function AS f USING (signature);
SELECT is((SELECT string_agg(signature, '; ' ORDER BY signature) FROM function WHERE prokind = 'a'), 'aggregate_safety(r cgae.robustness, exposure double precision) double precision; chain_tier_agg(r cgae.robustness) cgae.tier', 'the aggregates');
SELECT is((SELECT string_agg(aggtranstype::regtype::text, ' ' ORDER BY aggfnoid::text) FROM pg_aggregate WHERE aggfnoid IN (SELECT oid FROM function) AND aggcombinefn <> 0), 'double precision[] cgae.tier',
          '... combine, and their states have types of their own');

--
-- how functions are made
--
SELECT is((SELECT string_agg(signature, '; ') FROM function WHERE prosecdef), NULL, 'none is SECURITY DEFINER');
SELECT is((SELECT string_agg(signature, '; ') FROM function WHERE proconfig IS NOT NULL), NULL, 'none has settings');
SELECT is((SELECT string_agg(signature, '; ') FROM function WHERE prokind = 'f' AND prolang <> (SELECT oid FROM pg_language WHERE lanname = 'c')), NULL, 'all are C');
SELECT is((SELECT string_agg(signature || ' ' || prosrc, '; ') FROM function WHERE prokind = 'f' AND prosrc <> 'cgae_' || proname AND prosrc !~ ('^cgae_' || proname || '_(by|of)_')), NULL, 'cgae.foo is cgae_foo in C');
SELECT is((SELECT string_agg(signature, '; ') FROM function WHERE prokind = 'f' AND attributes ~ 'v' AND attributes !~ 'u'), NULL, 'what writes is not parallel safe');
SELECT is((SELECT string_agg(a.signature, '; ') FROM function AS a JOIN function AS b USING (proname, pronargs) WHERE a.oid < b.oid), NULL, 'no two functions differ by type alone');
-- each overload must be told apart also with the defaults left out
SELECT is((SELECT string_agg(signature, '; ') FROM function JOIN pg_proc AS p USING (oid) WHERE function.proname IN (SELECT proname FROM function GROUP BY 1 HAVING count(*) > 1) AND p.pronargdefaults > 0), NULL, '... nor by defaults');
SELECT is((SELECT string_agg(proname, ' ' ORDER BY proname) FROM function WHERE NOT has_function_privilege('public', oid, 'EXECUTE')),
          'guard_agents guard_append_only guard_certifications guard_events guard_policies guard_seeds', 'PUBLIC executes everything but the guards');
SELECT is((SELECT string_agg(proname, ' ' ORDER BY proname) FROM function WHERE prorettype = 'trigger'::regtype), 'guard_agents guard_append_only guard_certifications guard_events guard_policies guard_seeds require_tier', '... which are all the trigger functions but require_tier');
SELECT ok(has_schema_privilege('public', 'cgae', 'USAGE') AND NOT has_schema_privilege('public', 'cgae', 'CREATE'), 'PUBLIC may use the names of the schema, and create none');

--
-- every object has a comment
--
CREATE TEMP VIEW member AS SELECT classid, objid FROM pg_depend WHERE refclassid = 'pg_extension'::regclass AND deptype = 'e' AND refobjid = (SELECT oid FROM pg_extension WHERE extname = 'cgae');
SELECT cmp_ok((SELECT count(*) FROM member)::int, '>', 70, 'the extension has members');
-- array types and the rows of composite types come with the types they belong to; amop and amproc entries with their class
SELECT is((SELECT string_agg(pg_describe_object(classid, objid, 0), '; ') FROM member
            WHERE obj_description(objid, classid::regclass::name) IS NULL
              AND NOT (classid = 'pg_type'::regclass AND objid IN (SELECT typarray FROM pg_type UNION SELECT oid FROM pg_type WHERE typelem <> 0 AND typcategory = 'A'))
              AND NOT (classid = 'pg_class'::regclass AND objid IN (SELECT oid FROM pg_class WHERE relkind = 'c'))), NULL, 'every member has a comment');
-- of the registry: relations, columns, constraints, triggers; what a partition clones is described by its parent
CREATE FUNCTION t.uncommented() RETURNS text LANGUAGE sql AS $$
  WITH c AS (SELECT * FROM pg_class WHERE relnamespace = 'cgae'::regnamespace)
  SELECT string_agg(what, '; ' ORDER BY what) FROM (
    SELECT pg_describe_object('pg_class'::regclass, oid, 0) FROM c
     WHERE relkind <> 'c' AND relkind <> 't' AND NOT (relkind IN ('i', 'I') AND relispartition) AND obj_description(oid, 'pg_class') IS NULL
    UNION ALL
    SELECT pg_describe_object('pg_class'::regclass, attrelid, attnum) FROM pg_attribute JOIN c ON c.oid = attrelid
     WHERE relkind IN ('r', 'p', 'v', 'm', 'c') AND NOT relispartition AND attnum > 0 AND NOT attisdropped AND col_description(attrelid, attnum) IS NULL
    UNION ALL
    SELECT pg_describe_object('pg_constraint'::regclass, k.oid, 0) FROM pg_constraint AS k JOIN c ON c.oid = conrelid
     WHERE contype <> 'n' AND conparentid = 0 AND NOT relispartition AND obj_description(k.oid, 'pg_constraint') IS NULL
    UNION ALL
    SELECT pg_describe_object('pg_trigger'::regclass, g.oid, 0) FROM pg_trigger AS g JOIN c ON c.oid = tgrelid
     WHERE NOT tgisinternal AND tgparentid = 0 AND obj_description(g.oid, 'pg_trigger') IS NULL) AS u(what) $$;
SELECT is(t.uncommented(), NULL, 'so has every table, view, index, column, constraint and trigger of the registry');
SAVEPOINT s;
DROP TABLE cgae.agents, cgae.certifications, cgae.agent_events, cgae.gate_policies, cgae.audit_seeds, cgae.registry_layout CASCADE;
SELECT cgae.create_registry(2) \g /dev/null
SELECT is(t.uncommented(), NULL, '... in partitions, too');
COMMENT ON CONSTRAINT agents_pkey ON cgae.agents IS NULL;
SELECT is(t.uncommented(), 'constraint agents_pkey on table cgae.agents', '... which this would tell');
ROLLBACK TO s;
-- \df+ is the manual
SELECT is((SELECT string_agg(signature, '; ') FROM function WHERE length(obj_description(oid, 'pg_proc')) < 50 AND proname !~ '^(robustness|chain_tier|aggregate_safety)_' AND prorettype <> 'trigger'::regtype), NULL, 'a function''s comment says more than its name');
SELECT is((SELECT string_agg(signature, '; ') FROM function JOIN pg_proc AS p USING (oid) WHERE p.prokind <> 'a' AND p.proname !~ '^(robustness|chain_tier|aggregate_safety)_' AND p.prorettype <> 'trigger'::regtype
            AND p.pronargs > 0 AND obj_description(oid, 'pg_proc') !~* '\mnulls?\M|default'), NULL, '... and what becomes of nulls or arguments left out');
SELECT isnt(obj_description((SELECT oid FROM pg_extension WHERE extname = 'cgae'), 'pg_extension'), NULL, 'and the extension');

--
-- nothing outside the schema, nothing of the registry inside the extension
--
SELECT is((SELECT string_agg(i.identity, '; ') FROM member, LATERAL pg_identify_object(classid, objid, 0) AS i
            WHERE i.schema IS DISTINCT FROM 'cgae' AND i.type NOT IN ('cast', 'schema', 'operator')), NULL, 'no member is outside cgae but operators');
SELECT is((SELECT string_agg(objid::regoperator::text, '; ' ORDER BY objid::regoperator::text COLLATE "C") FROM member WHERE classid = 'pg_operator'::regclass),
          '<(cgae.robustness,cgae.robustness); <=(cgae.robustness,cgae.robustness); <>(cgae.robustness,cgae.robustness); =(cgae.robustness,cgae.robustness); >(cgae.robustness,cgae.robustness); >=(cgae.robustness,cgae.robustness)', 'these are the comparisons');
SELECT is((SELECT string_agg(DISTINCT oprnamespace::regnamespace::text, ' ') FROM member JOIN pg_operator AS o ON o.oid = objid WHERE classid = 'pg_operator'::regclass), 'pg_catalog', '... in pg_catalog');
SELECT is((SELECT count(*) FROM pg_operator WHERE oprnamespace = 'cgae'::regnamespace), 0::bigint, '... and none elsewhere');
SELECT is((SELECT string_agg(i.identity, '; ' ORDER BY i.identity) FROM member, LATERAL pg_identify_object(classid, objid, 0) AS i WHERE i.type = 'schema'), 'cgae', '... which it made');
SELECT is((SELECT string_agg(i.identity, '; ') FROM member, LATERAL pg_identify_object(classid, objid, 0) AS i WHERE i.type = 'cast' AND i.identity !~ 'cgae\.'), NULL, 'casts are of its types');
SELECT is((SELECT string_agg(relname, ' ') FROM pg_class WHERE relnamespace = 'cgae'::regnamespace AND relkind IN ('r', 'v', 'i', 'p', 'I') AND oid IN (SELECT objid FROM member WHERE classid = 'pg_class'::regclass)), NULL,
          'no table, view or index of the registry is a member');
SELECT is((SELECT string_agg(castsource::regtype || '->' || casttarget::regtype, ' ') FROM pg_cast WHERE oid IN (SELECT objid FROM member WHERE classid = 'pg_cast'::regclass) AND castcontext = 'i'), NULL, 'no cast is implicit');
-- the condition of operators in pg_catalog: an implicit one would give other expressions another meaning
SELECT is((SELECT string_agg(castsource::regtype || '->' || casttarget::regtype, ' ') FROM pg_cast WHERE castcontext = 'i' AND ARRAY[castsource, casttarget] && ARRAY['cgae.robustness', 'cgae.robustness[]', 'cgae.robustness_scores']::regtype[]::oid[]), NULL, '... whoever made it, to or from robustness');
SELECT is((SELECT (extversion, extrelocatable, extnamespace::regnamespace)::text FROM pg_extension WHERE extname = 'cgae'), '(1.0,f,pg_catalog)', 'version, not relocatable');

--
-- tables
--
SELECT is((SELECT array_agg(attname::text ORDER BY attname) FROM pg_attribute WHERE attrelid = ('cgae.' || tbl)::regclass AND attnum > 0 AND NOT attisdropped),
          (SELECT array_agg(c ORDER BY c) FROM regexp_split_to_table(columns, '[ ,]+') AS c), 'columns of ' || tbl)
  FROM (VALUES
    ('agents', 'agent_id, model_name, architecture_hash, architecture_digest, model_config, provenance, wallet_address, registered_at, initial_robustness, status, holds, certified_tier, current_tier, current_robustness, certified_at, last_audit_at, tier_drop_at, observed_architecture_hash, last_seq, certification_count, balance, total_earned, total_spent, total_penalties, total_topups, contracts_completed, contracts_failed, deregistered_at, recorded_at, rated_policy'),
    ('certifications', 'agent_id, seq, outcome, robustness, tier, previous_tier, audit_type, audit_details, observed_architecture_hash, certified_at, policy_version, auditor, recorded_at, status, request_id'),
    ('agent_events', 'agent_id, seq, type, occurred_at, data, actor, recorded_at'),
    ('gate_policies', 'version, cc, er, as_, ih_threshold, budget_ceilings, audit_intensities, decay_rate, time_step, effective_from, note, actor, digest'),
    ('audit_seeds', 'epoch, secret, commitment, created_at, revealed_at, actor')) AS v(tbl, columns);
SELECT is((SELECT string_agg(conrelid::regclass || ' ' || pg_get_constraintdef(oid), '; ' ORDER BY conrelid::regclass::text) FROM pg_constraint WHERE contype = 'p' AND conparentid = 0 AND connamespace = 'cgae'::regnamespace),
  'cgae.agent_events PRIMARY KEY (agent_id, seq); cgae.agents PRIMARY KEY (agent_id); cgae.audit_seeds PRIMARY KEY (epoch); cgae.certifications PRIMARY KEY (agent_id, seq); cgae.gate_policies PRIMARY KEY (version); cgae.registry_layout PRIMARY KEY (version)', 'keys');
SELECT is((SELECT string_agg(indexrelid::regclass::text, ', ') FROM pg_index JOIN pg_class AS c ON c.oid = indrelid WHERE relnamespace = 'cgae'::regnamespace AND NOT relispartition AND indisunique AND NOT indisprimary), 'cgae.certifications_request_id_key', 'nothing else is unique but requests of an agent');
SELECT is((SELECT string_agg(conname, ', ') FROM pg_constraint WHERE connamespace = 'cgae'::regnamespace AND condeferrable), NULL, 'nothing is deferrable');
SELECT is((SELECT string_agg(relname, ', ') FROM pg_class WHERE relnamespace = 'cgae'::regnamespace AND relkind = 'S'), NULL, 'there is no sequence');
SELECT is((SELECT string_agg(tgname || ' on ' || tgrelid::regclass, ', ') FROM pg_trigger JOIN pg_class AS c ON c.oid = tgrelid WHERE relnamespace = 'cgae'::regnamespace AND NOT tgisinternal AND tgenabled <> 'O'),
          'zz_cgae_invalidate on cgae.gate_policies', 'all triggers are origin triggers but one');
SELECT is((SELECT string_agg(tgname, ', ') FROM pg_trigger JOIN pg_class AS c ON c.oid = tgrelid WHERE relnamespace = 'cgae'::regnamespace AND NOT tgisinternal AND tgname NOT LIKE 'zz\_cgae\_%'), NULL, '... named to sort last');
SELECT is((SELECT string_agg(tgname, ', ') FROM pg_trigger JOIN pg_class AS c ON c.oid = tgrelid WHERE relnamespace = 'cgae'::regnamespace AND NOT tgisinternal AND tgconstraint <> 0), NULL, '... and none is a constraint trigger');
SELECT is((SELECT reloptions::text FROM pg_class WHERE oid = 'cgae.events'::regclass), '{security_invoker=true}', 'the view reads with its reader''s rights');

--
-- operator classes are what they claim
--
SELECT is((SELECT string_agg(opcname || ' ' || amname || ' ' || amvalidate(c.oid), ', ' ORDER BY amname) FROM pg_opclass AS c JOIN pg_am AS a ON a.oid = opcmethod, LATERAL (SELECT 1) AS x
            WHERE opcnamespace = 'cgae'::regnamespace), 'robustness_ops btree true, robustness_ops hash true', 'amvalidate()');
SELECT is((SELECT string_agg(oprname || ' ' || coalesce(nullif(oprcom, 0)::regoperator::text, 'no commutator') || coalesce(nullif(oprnegate, 0)::regoperator::text, 'no negator') , ', ') FROM pg_operator
            WHERE oprleft = 'cgae.robustness'::regtype AND (oprcom = 0 OR oprnegate = 0 OR oprrest = 0 OR oprjoin = 0)), NULL, 'operators name commutator, negator and selectivity');
SELECT is((SELECT (typlen, typbyval, typalign, typstorage, typreceive <> 0, typsend <> 0)::text FROM pg_type WHERE oid = 'cgae.robustness'::regtype), '(32,f,d,p,t,t)', 'the type: 32 bytes, by reference, double aligned');
SELECT is(enum_range(NULL::cgae.tier)::text || enum_range(NULL::cgae.agent_status)::text, '{T0,T1,T2,T3,T4,T5}{pending,active,suspended,expired,deregistered}', 'the enums');

--
-- the install script: it runs as superuser, in a schema where the installing user may create
--
-- as the client reads it: a throw-away server has it in no folder of its own
\set script `cat "$PG_ABS_SRCDIR"/../sql/cgae--1.0.sql`
CREATE TEMP TABLE script AS
  SELECT regexp_replace(regexp_replace(text, '--[^\n]*', '', 'g'), '''([^'']|'''')*''', '''''', 'g') AS code, text
    FROM (VALUES (:'script')) AS v(text);
CREATE TEMP TABLE statement AS SELECT n, regexp_replace(btrim(s, E' \n\t'), '\s+', ' ', 'g') AS code
  FROM script, regexp_split_to_table(regexp_replace(code, '^\\echo[^\n]*', '', 'gn'), ';') WITH ORDINALITY AS t(s, n) WHERE btrim(s, E' \n\t') <> '';
SELECT cmp_ok((SELECT count(*) FROM statement)::int, '>', 100, 'the script was read');
SELECT is((SELECT string_agg(code, '; ') FROM statement WHERE code !~ '^(CREATE (SCHEMA|TYPE|FUNCTION|PROCEDURE|AGGREGATE|OPERATOR|CAST)|COMMENT ON|GRANT|REVOKE) '), NULL, 'it contains CREATE, COMMENT, GRANT and REVOKE alone');
SELECT is((SELECT string_agg(code, '; ') FROM statement WHERE code ~* '\m(OR REPLACE|IF NOT EXISTS|SECURITY DEFINER|DO|SELECT|INSERT|UPDATE|DELETE|SET|PERFORM|EXECUTE IMMEDIATE|ALTER)\M' AND code !~* '^COMMENT'), NULL, 'no DO, SELECT, DML, SET, OR REPLACE');
SELECT is((SELECT string_agg(code, '; ') FROM statement WHERE code ~ '^CREATE (TYPE|FUNCTION|PROCEDURE|AGGREGATE|OPERATOR|SCHEMA) ' AND code !~ '^CREATE (SCHEMA cgae$|(TYPE|FUNCTION|PROCEDURE|AGGREGATE|OPERATOR FAMILY|OPERATOR CLASS) cgae\.|OPERATOR pg_catalog\.)'), NULL, 'each name is qualified');
SELECT is((SELECT string_agg(code, '; ') FROM statement WHERE code ~ '^CREATE FUNCTION' AND (code !~ ' (IMMUTABLE|STABLE|VOLATILE)\M' OR code !~ ' PARALLEL (SAFE|RESTRICTED|UNSAFE)\M' OR code !~* 'LANGUAGE c ')), NULL,
          'each function spells volatility and parallel safety');
SELECT is((SELECT string_agg(DISTINCT m[1], ' ') FROM statement, regexp_matches(code, '[( ,](int4|int8|integer|bigint|text|float8|double precision|bool|boolean|numeric|jsonb?|timestamptz|cstring|internal|void|trigger|bytea|oid|record|tier|robustness|agent_status)[][]*(?=[,); ]|$)', 'g') AS m
            WHERE code ~ '^CREATE (FUNCTION|AGGREGATE|CAST)' AND code !~ '^CREATE TYPE' AND m[1] NOT IN ('robustness', 'tier')), NULL, 'types too are qualified');
SELECT is((SELECT string_agg(code, '; ') FROM statement WHERE code ~ 'DEFAULT [^,)]*\(' AND code !~ 'DEFAULT pg_catalog\.now\(\)'), NULL, 'defaults call nothing but now()');

SELECT * FROM finish();
ROLLBACK;
