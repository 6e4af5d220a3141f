-- All that a copy of the registry must have in common with the original, as text that is the
-- same in every major version: rows to the last byte, and the objects of schema cgae and the
-- owner's own; but for MAINTAIN, which owners have since 17.  Run by a superuser.
SET extra_float_digits = 1;
SET client_min_messages = error;
COPY (SELECT t::text FROM cgae.agents AS t ORDER BY agent_id COLLATE "C") TO STDOUT;
COPY (SELECT t::text FROM cgae.certifications AS t ORDER BY agent_id COLLATE "C", seq) TO STDOUT;
COPY (SELECT t::text FROM cgae.agent_events AS t ORDER BY agent_id COLLATE "C", seq) TO STDOUT;
COPY (SELECT t::text FROM cgae.gate_policies AS t ORDER BY version) TO STDOUT;
COPY (SELECT t::text FROM cgae.audit_seeds AS t ORDER BY epoch) TO STDOUT;
COPY (SELECT t::text FROM cgae.registry_layout AS t ORDER BY version) TO STDOUT;
COPY (SELECT t::text FROM cgae.events AS t ORDER BY agent_id COLLATE "C", seq) TO STDOUT;
COPY (SELECT t::text FROM cgae.tier_changes AS t ORDER BY agent_id COLLATE "C", seq) TO STDOUT;
COPY (SELECT t::text FROM cgae.audit_epochs AS t ORDER BY epoch) TO STDOUT;
COPY (SELECT t::text FROM cgae.certification_history AS t ORDER BY agent_id COLLATE "C", seq) TO STDOUT;
COPY (SELECT t::text FROM public.seen AS t ORDER BY agent_id COLLATE "C", seq) TO STDOUT;
COPY (SELECT t::text FROM public.contracts AS t ORDER BY contract) TO STDOUT;
COPY (SELECT t::text FROM public.measured AS t ORDER BY id) TO STDOUT;
COPY (SELECT t::text FROM public.compared AS t ORDER BY id) TO STDOUT;
-- nothing of these moves with the clock
COPY (SELECT agent_id, cgae.tier_at(agent_id, '2026-06-01 00:00Z'), cgae.effective_tier(agent_id, '2100-01-01 00:00Z') FROM cgae.agents ORDER BY agent_id COLLATE "C") TO STDOUT;
COPY (SELECT agent_id, seq, e FROM cgae.due_audits('2100-01-01 00:00Z') AS e ORDER BY agent_id COLLATE "C", seq) TO STDOUT;

SELECT 'extension', extversion, extnamespace::regnamespace FROM pg_extension WHERE extname = 'cgae';
SELECT 'trigger', tgrelid::regclass::text COLLATE "C", tgname, tgenabled, pg_get_triggerdef(t.oid), obj_description(t.oid, 'pg_trigger')
  FROM pg_trigger AS t JOIN pg_class AS c ON c.oid = tgrelid
 WHERE NOT tgisinternal AND relnamespace IN ('cgae'::regnamespace, 'public'::regnamespace) ORDER BY 2, 3;
SELECT 'constraint', conrelid::regclass::text COLLATE "C", conname, pg_get_constraintdef(oid)
  FROM pg_constraint WHERE connamespace IN ('cgae'::regnamespace, 'public'::regnamespace) AND conrelid <> 0 AND contype <> 'n' ORDER BY 2, 3;
SELECT 'domain constraint', contypid::regtype::text COLLATE "C", conname, pg_get_constraintdef(oid)
  FROM pg_constraint WHERE connamespace = 'public'::regnamespace AND contypid <> 0 AND contype <> 'n' ORDER BY 2, 3;
SELECT 'rule', ev_class::regclass::text COLLATE "C", rulename, pg_get_ruledef(r.oid)
  FROM pg_rewrite AS r JOIN pg_class AS c ON c.oid = ev_class WHERE relnamespace IN ('cgae'::regnamespace, 'public'::regnamespace) AND rulename <> '_RETURN' ORDER BY 2, 3;
SELECT 'index', pg_get_indexdef(indexrelid) COLLATE "C", obj_description(indexrelid, 'pg_class')
  FROM pg_index AS i JOIN pg_class AS c ON c.oid = i.indrelid WHERE c.relnamespace IN ('cgae'::regnamespace, 'public'::regnamespace) ORDER BY 2;
SELECT 'statistics', pg_get_statisticsobjdef(oid) COLLATE "C" FROM pg_statistic_ext WHERE stxnamespace IN ('cgae'::regnamespace, 'public'::regnamespace) ORDER BY 2;
SELECT 'relation', c.oid::regclass::text COLLATE "C", relkind, relowner::regrole, reloptions, relrowsecurity, relforcerowsecurity, relreplident,
       (SELECT string_agg(g, ', ' ORDER BY g) FROM (SELECT concat_ws(' ', grantee::regrole, privilege_type, is_grantable, grantor::regrole) COLLATE "C"
          FROM aclexplode(coalesce(relacl, acldefault('r', relowner))) WHERE privilege_type <> 'MAINTAIN') AS x (g)), obj_description(c.oid, 'pg_class')
  FROM pg_class AS c WHERE relnamespace IN ('cgae'::regnamespace, 'public'::regnamespace) AND relkind IN ('r', 'p', 'v') ORDER BY 2;
SELECT 'column', c.oid::regclass::text COLLATE "C", attnum, attname, format_type(atttypid, atttypmod), attnotnull, attgenerated,
       (SELECT string_agg(x::text, ', ' ORDER BY x::text COLLATE "C") FROM unnest(attacl) AS x), pg_get_expr(adbin, adrelid), col_description(c.oid, attnum)
  FROM pg_class AS c JOIN pg_attribute AS a ON attrelid = c.oid LEFT JOIN pg_attrdef ON adrelid = c.oid AND adnum = attnum
 WHERE relnamespace IN ('cgae'::regnamespace, 'public'::regnamespace) AND relkind IN ('r', 'p', 'v') AND attnum > 0 AND NOT attisdropped ORDER BY 2, 3;
SELECT 'policy', p::text COLLATE "C" FROM pg_policies AS p ORDER BY 2;
