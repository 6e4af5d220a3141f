-- cgae.report(): what the page says, that it says it harmlessly, and to whom.
\ir ../include/begin.psql
SELECT * FROM no_plan();
SET LOCAL client_min_messages = error;
SET LOCAL timezone = 'UTC';

SELECT is(t.try('SELECT cgae.report()'), '42P01: there is no agent registry in this database', 'without a registry');
\ir ../include/registry.psql

-- The text of a page's table cells in the row whose first cell has this text, tags taken away.
CREATE FUNCTION t.row(page text, section text, first text) RETURNS text LANGUAGE sql AS $$
  SELECT pg_catalog.string_agg(pg_catalog.regexp_replace(cell[1], '<[^>]*>', '', 'g'), '|')
    FROM (SELECT substring(page FROM '<section aria-labelledby="' || section || '".*?</section>') AS s) AS a,
         LATERAL (SELECT r[1] AS r FROM pg_catalog.regexp_matches(s, '<tr>(.*?)</tr>', 'g') AS r
                   WHERE pg_catalog.regexp_replace(substring(r[1] FROM '<t[hd][^>]*?>.*?</t[hd]>'), '<[^>]*>', '', 'g') LIKE first || '%' LIMIT 1) AS b,
         LATERAL pg_catalog.regexp_matches(b.r, '<t[hd][^>]*?>(.*?)</t[hd]>', 'g') AS cell $$;

-- What every page keeps to.
CREATE FUNCTION t.faults(page text) RETURNS text LANGUAGE sql AS $$
  SELECT pg_catalog.concat_ws(', ',
    CASE WHEN page !~ '^<!DOCTYPE html>\n<html lang="en">' THEN 'no doctype or language' END,
    CASE WHEN page !~ '</html>\n$' THEN 'no end' END,
    CASE WHEN page ~ '[^\x01-\x7e]' THEN 'not ASCII' END,
    CASE WHEN page ~* '<(script|link|img|iframe|object|embed|base|form|input|a|foreignObject|use|image|audio|video)\M' THEN 'an element that loads or runs' END,
    CASE WHEN page ~* '\m(href|src|srcset|action|on[a-z]+|xlink)=' THEN 'an attribute that loads or runs' END,
    CASE WHEN page ~* '@import|url\(|expression\(' THEN 'a style that loads' END,
    CASE WHEN page !~ 'Content-Security-Policy" content="default-src ''none''' THEN 'no policy of content' END,
    CASE WHEN page !~ '<meta name="viewport" content="width=device-width' THEN 'no viewport' END,
    CASE WHEN page !~ 'prefers-color-scheme:dark' THEN 'no dark' END,
    CASE WHEN pg_catalog.length(pg_catalog.regexp_replace(page, '<h1', '', 'g')) <> pg_catalog.length(page) - 3 THEN 'not one h1' END,
    CASE WHEN page ~* '\m(nan|infinity|inf|null)\M' THEN 'NaN, Infinity or null' END,
    (SELECT 'pictures without title: ' || pg_catalog.count(*) FROM pg_catalog.regexp_matches(page, '<svg [^>]*>.{0,80}', 'g') AS s
      WHERE s[1] !~ 'aria-hidden="true"' AND s[1] !~ 'role="img" aria-labelledby="[a-z-]+ [a-z-]+"><title id=' HAVING pg_catalog.count(*) > 0),
    (SELECT 'tables without caption: ' || pg_catalog.count(*) FROM pg_catalog.regexp_matches(page, '<table>.{0,9}', 'g') AS s
      WHERE s[1] !~ '^<table><caption>' HAVING pg_catalog.count(*) > 0),
    (SELECT 'header cells without scope: ' || pg_catalog.count(*) FROM pg_catalog.regexp_matches(page, '<th[ >][^>]*', 'g') AS s
      WHERE s[1] !~ 'scope="(row|col)"' HAVING pg_catalog.count(*) > 0),
    (SELECT 'unbalanced ' || tag FROM pg_catalog.unnest(ARRAY['section', 'table', 'tr', 'td', 'th', 'div', 'dl', 'small', 'bdi', 'p', 'svg', 'span', 'details', 'ul', 'li', 'time']) AS tag
      WHERE (SELECT pg_catalog.count(*) FROM pg_catalog.regexp_matches(page, '<' || tag || '[ >]', 'g'))
         <> (SELECT pg_catalog.count(*) FROM pg_catalog.regexp_matches(page, '</' || tag || '>', 'g')) LIMIT 1),
    (SELECT 'id twice: ' || pg_catalog.min(id[1]) FROM pg_catalog.regexp_matches(page, ' id="([^"]*)"', 'g') AS id GROUP BY id[1] HAVING pg_catalog.count(*) > 1 LIMIT 1)) $$;

--
-- nothing registered
--
SELECT cgae.report() AS page \gset
SELECT is(t.faults(:'page'), '', 'an empty registry: a sound page');
SELECT ok(:'page' LIKE '%No agent is registered yet.%', '... that says so');
SELECT is(t.row(:'page', 'now', 'T3'), 'T3autonomous contracting||0|&ndash;', '... no share of nothing');
SELECT is(t.row(:'page', 'safety', 'All'), 'All|0|&ndash;|0|&ndash;|&ndash;|0', '... no exposure');
SELECT ok(:'page' LIKE '%S&nbsp;&#61;&nbsp;1.000</strong>, by definition%', '... which is safe by definition');
SELECT ok(:'page' LIKE '%Nothing happened in this period.%' AND :'page' LIKE '%No agent is suspended.%', '... nothing happened');

--
-- a few agents
--
SELECT cgae.register_agent('model ' || id, '{}', agent_id => id, registered_at => now() - interval '40 days') FROM unnest(ARRAY['t5', 't3', 't2', 'fresh', 'lapsed', 'held', 'failed', 'drifted', 'gone', 'pending']) AS id \g /dev/null
SELECT cgae.certify('t5', '(1,1,1,1)', certified_at => now() - interval '5 days'),
       cgae.certify('t3', '(0.66,0.9,0.9,1)', certified_at => now() - interval '12 hours'),
       cgae.certify('t2', '(0.9,0.6,0.9,1)', certified_at => now() - interval '1 days'),
       cgae.certify('fresh', '(0.9,0.9,0.1,1)', certified_at => now() - interval '1 hour'),
       cgae.certify('lapsed', '(0.31,0.9,0.9,1)', certified_at => now() - interval '20 days'),
       cgae.certify('held', '(0.9,0.9,0.9,1)', certified_at => now() - interval '2 days'),
       cgae.certify('failed', '(0.9,0.9,0.9,0.1)', certified_at => now() - interval '2 days'),
       cgae.certify('drifted', '(0.9,0.9,0.9,1)', observed_architecture_hash => '0000000000000000'),
       cgae.suspend('held', 'manual_review'), cgae.suspend('held', 'x'), cgae.deregister_agent('gone') \g /dev/null
SELECT cgae.report('Board', "limit" => 3) AS page \gset
SELECT is(t.faults(:'page'), '', 'some agents: a sound page');
SELECT is((SELECT string_agg(t.row(:'page', 'now', tier), ' ' ORDER BY tier) FROM unnest(ARRAY['T0', 'T1', 'T2', 'T3', 'T5']) AS tier),
  'T0no permission||2|40.0% T1microtasks||0|0.0% T2contracts with verified objectives||1|20.0% T3autonomous contracting||1|20.0% T5self-modification||1|20.0%', 'effective tiers');
SELECT is((SELECT string_agg(t.row(:'page', 'status', s), ' ') FROM unnest(ARRAY['pending', 'active', 'suspended', 'expired', 'deregistered']) AS s),
  'pending||1|10.0% active||5|50.0% suspended||3|30.0% expired||0|0.0% deregistered||1|10.0%', 'statuses');
SELECT is((SELECT string_agg(t.row(:'page', 'status', s), ' ') FROM unnest(ARRAY['manual', 'failed', 'arch']) AS s),
  'manual_review||1|33.3% failed_audit||1|33.3% architecture_drift||1|33.3%', 'holds');
SELECT ok(:'page' LIKE '%1 hold more.%', '... the fourth is told of');
SELECT ok(:'page' LIKE '%1 agent has fallen since the last sweep%', 'who waits for the sweep');
SELECT is((SELECT array_agg(regexp_replace(m[1], '<[^>]*>', ' ', 'g')) FROM regexp_matches(:'page', '<tr><th scope="row" class="id"><bdi>(.*?)</bdi></small></th><td class="tier"><span', 'g') AS m)::text,
  '{"t3   model t3","t5   model t5","t2   model t2"}', 'who falls next, soonest first');
SELECT is((SELECT string_agg(t.row(:'page', 'falls', s), ' ') FROM unnest(ARRAY['within', 'in 1', 'in 7', 'later', 'never']) AS s),
  'within 24 hours||0|0.0% in 1 to 7 days||2|40.0% in 7 to 30 days||1|20.0% later||0|0.0% never by decay||2|40.0%', '... and how many when');
-- the figures are those of the functions and views
CREATE FUNCTION t.safety() RETURNS text LANGUAGE sql AS $$
  SELECT pg_catalog.round(cgae.aggregate_safety(cgae.effective_robustness_at(current_robustness, certified_at, now()),
                          cgae.budget_ceiling(cgae.effective_tier(agent_id))::float8)::numeric, 3)::text
    FROM cgae.agents WHERE status = 'active' $$;
SELECT is(substring(:'page' FROM 'S&nbsp;&#61;&nbsp;([0-9.]+)</strong>'), t.safety(), 'aggregate safety');
SELECT is((SELECT string_agg(split_part(t.row(:'page', 'binding', name), '|', 3), ' ') FROM unnest(ARRAY['Constraint', 'Epistemic', 'Behavioural', 'Hallucination', 'Nothing']) AS name),
  (SELECT string_agg(coalesce((SELECT sum(agents) FROM cgae.binding_dimension_counts WHERE coalesce(binding_dimension, '') = d), 0)::text, ' ' ORDER BY n)
     FROM unnest(ARRAY['cc', 'er', 'as', 'ih', '']) WITH ORDINALITY AS x(d, n)), 'binding dimensions');
SELECT is(t.row(:'page', 'policy', 'T4'), 'T4|0.8|0.8|0.75|10|0.04', 'the policy');
SELECT is((SELECT string_agg(split_part(t.row(:'page', 'changes', k), '|', 3), ' ') FROM unnest(ARRAY['first', 'architecture drift', 'suspension', 'deregistration']) AS k), '7 1 2 1', 'what happened');
SELECT is(t.row(:'page', 'changes', 'registration'), NULL, '... in the period: the registrations were before it');
SELECT is((SELECT count(*) FROM regexp_matches(:'page', '<td class="when"><time[^>]*>[^<]*</time></td><th', 'g'))::int, 3, '... the last of it');
SELECT ok(:'page' LIKE '%All times are in time zone UTC.%' AND :'page' LIKE '%in tokens%', 'units and time zone are told');

-- the chart is tier_distribution_over_time()
SELECT is((SELECT string_agg(m[1] || regexp_replace(m[2], '<[^>]*>', ' ', 'g'), E'\n')
             FROM regexp_matches(cgae.report(since => now() - interval '48 hours', until => now()),
                                 '<th scope="row" class="when"><time[^>]*?>([^<]*?)</time></th>(.*?)</tr>', 'g') AS m),
          (SELECT string_agg(line, E'\n' ORDER BY at) FROM (SELECT at, to_char(at, 'YYYY-MM-DD HH24:MI') || string_agg(' ' || agents || ' ', '' ORDER BY tier)
             FROM cgae.tier_distribution_over_time(now() - interval '48 hours', now(), '1 hour') GROUP BY at) AS x(at, line)), 'the numbers over time');
SET LOCAL timezone = 'Asia/Kolkata';
SELECT ok(cgae.report() LIKE '%time zone Asia/Kolkata.%'
          AND cgae.report(since => '2026-01-01 00:00+00', until => '2026-01-03 00:00+00') LIKE '%<time datetime="2026-01-01T05:30:00+05:30">2026-01-01 05:30</time>%', 'another time zone');
SET LOCAL timezone = 'UTC';

--
-- arguments
--
SELECT is(t.try(format('SELECT cgae.report(%s)', arguments)), said, arguments) FROM (VALUES
  ($$since => '2026-02-01+00', until => '2026-01-01+00'$$, '22023: period of a report from 2026-02-01 00:00:00+00 until 2026-01-01 00:00:00+00 ends before it begins'),
  ($$since => '2026-02-01+00', until => '2026-02-01+00'$$, '22023: period of a report from 2026-02-01 00:00:00+00 until 2026-02-01 00:00:00+00 ends before it begins'),
  ($$since => '-infinity'$$, NULL), ($$until => 'infinity'$$, NULL),
  ($$"limit" => -1$$, '22023: limit of a report''s tables -1 is outside 0 to 1000'),
  ($$"limit" => 1001$$, '22023: limit of a report''s tables 1001 is outside 0 to 1000'),
  ($$"limit" => 1000$$, 'ok'), ($$NULL, NULL, NULL, NULL$$, 'ok'), ($$'T', now() - interval '1 day', now(), 5$$, 'ok'),
  ($$since => '4713-01-01 BC', until => '294276-12-31'$$, 'ok'), ($$since => '2026-01-01', until => '2026-01-01 00:00:00.000003'$$, 'ok'),
  ($$until => '4713-01-01 BC'$$, 'ok'), ($$since => '294000-01-01', until => '294276-12-31'$$, 'ok')) AS v(arguments, said) WHERE said IS NOT NULL;
SELECT matches(t.try(format('SELECT cgae.report(%s)', arguments)), '^22023: period of a report from .* is not finite$', arguments) FROM unnest(ARRAY[$$since => '-infinity'$$, $$until => 'infinity'$$, $$since => 'infinity'$$]) AS arguments;
SELECT is(t.faults(cgae.report("limit" => 0)), '', 'no lists: a sound page');
SELECT is(t.faults(cgae.report(since => '4713-01-01 BC', until => '294276-12-31')), '', 'all of time: a sound page');
SELECT is(t.faults(cgae.report(since => now() + interval '1 day', until => now() + interval '2 days')), '', 'what lies ahead: a sound page');
SELECT is(t.faults(cgae.report(since => '2020-01-01', until => '2020-01-02')), '', 'long ago: a sound page');
SELECT ok(cgae.report('{{role}}{{/kind}}{{=bar}}') LIKE '%<title>{{role}}{{/kind}}{{&#61;bar}}</title>%', 'a tag of the template in a name is text');
SELECT ok(cgae.report() NOT LIKE '%{{%', '... and none is left over elsewhere');

--
-- hostile names stay text, wherever they come
--
\set evil '''</title></style><script>document.title="run"</script><img src=x onerror=alert(1)>"''''&amp;`=\u202E'''
SELECT cgae.register_agent(:evil, '{}', agent_id => 'id' || :evil) AS id \gset
SELECT cgae.certify(:'id', '(0.9,0.9,0.9,1)', audit_type => :evil), cgae.suspend(:'id', :evil) \g /dev/null
SELECT cgae.register_agent(repeat('long ', 100000), '{}', agent_id => E'control \x01\x02\x1b\x7f') AS odd \gset
SELECT cgae.certify(:'odd', '(0.9,0.9,0.9,1)') \g /dev/null
SELECT cgae.publish_policy(note => :evil) \g /dev/null
CREATE ROLE "t<script>alert(1)</script>";
SELECT cgae.grant_access('t<script>alert(1)</script>', 'reader') \g /dev/null
SET LOCAL ROLE "t<script>alert(1)</script>";
SELECT cgae.report(:evil) AS page \gset
RESET ROLE;
SELECT is(t.faults(:'page'), '', 'hostile names: a sound page');
SELECT cmp_ok((SELECT count(*) FROM regexp_matches(:'page', '&#60;script&#62;document.title&#61;&#34;run&#34;', 'g'))::int, '>=', 7, '... title, agent, model, hold, kind of audit and note are text');
SELECT ok(:'page' ~ '<dt>Seen by</dt><dd>role <bdi>t&#60;script&#62;alert\(1\)&#60;/script&#62;</bdi>', '... so is the role');
SELECT ok(:'page' LIKE '%control &#65533;&#65533;&#65533;&#65533;<%', '... control characters are replaced');
SELECT ok(:'page' ~ '(long ){24}&hellip;' AND :'page' !~ '(long ){25}', '... long names are cut');
SELECT ok(length(cgae.report(repeat('x', 1000000))) < 200000, '... a long title, too');

--
-- who may read it
--
CREATE ROLE t_reader;
CREATE ROLE t_nobody;
SELECT cgae.grant_access('t_reader', 'reader') \g /dev/null
SELECT is(t.try('t_reader', 'SELECT cgae.report()'), 'ok', 'a reader''s privileges suffice');
SELECT matches(t.try('t_nobody', 'SELECT cgae.report()'), '^42501: permission denied for table ', 'nobody''s do not');
ALTER TABLE cgae.agents ENABLE ROW LEVEL SECURITY;
CREATE POLICY few ON cgae.agents TO t_reader USING (agent_id IN ('t3', 't5'));
SET LOCAL ROLE t_reader;
SELECT cgae.report() AS page \gset
RESET ROLE;
SELECT is((t.row(:'page', 'status', 'active'), t.faults(:'page'))::text, '(active||2|100.0%,"")', 'row security hides agents from it');
SELECT is((SELECT (provolatile, proparallel, proisstrict)::text FROM pg_proc WHERE oid = 'cgae.report(text,timestamptz,timestamptz,int)'::regprocedure), '(s,s,f)', 'it changes nothing');
SET LOCAL transaction_read_only = on;
SELECT lives_ok('SELECT cgae.report()', 'nor needs to be allowed to');

SELECT * FROM finish();
ROLLBACK;
