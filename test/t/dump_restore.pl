# Dump and restore: plain and custom format, by a superuser and by the owner of the
# database, reproduce the registry with everything that its owner added to it.
use strict;
use warnings;
use File::Temp qw(tempdir);
use Test::More;

my $dir = tempdir(CLEANUP => 1);
my $superuser = $ENV{PGUSER} // getpwuid($<);
my $password = $ENV{PGPASSWORD} // 'secret';
$ENV{PGPASSWORD} = $password;
$ENV{PGOPTIONS} = '-c client_min_messages=warning';
my @roles = qw(cgae_dump_owner cgae_dump_auditor);
my @databases = map { "cgae_dump_$_" } qw(source plain_super plain_owner custom_super custom_owner data schema);

# Run a command as a role; its output, standard error included, and its success.
sub run
{
	my ($role, $command) = @_;
	local $ENV{PGUSER} = $role;
	my $output = qx($command 2>&1);
	return ($output, $? == 0);
}

# Run SQL and return its output; errors are part of it.
sub sql
{
	my ($role, $database, $sql) = @_;
	open(my $file, '>', "$dir/in.sql") or die $!;
	print $file $sql;
	close($file);
	my ($output) = run($role, "psql -XqAt -d $database -f $dir/in.sql");
	$output =~ s/^psql:[^ ]* //mg;
	return $output;
}

# Everything that a dump has to carry over, as text.
sub contents
{
	my ($database) = @_;
	return sql($superuser, $database, <<'SQL');
SET extra_float_digits = 1;
COPY (SELECT t::text FROM cgae.agents AS t ORDER BY agent_id) TO STDOUT;
COPY (SELECT t::text FROM cgae.certifications AS t ORDER BY agent_id, seq) TO STDOUT;
COPY (SELECT t::text FROM cgae.agent_events AS t ORDER BY agent_id, seq) TO STDOUT;
COPY (SELECT t::text FROM cgae.gate_policies AS t ORDER BY version) TO STDOUT;
COPY (SELECT t::text FROM cgae.audit_seeds AS t ORDER BY epoch) TO STDOUT;
COPY (SELECT t::text FROM cgae.tier_changes AS t ORDER BY agent_id, seq) TO STDOUT;
COPY (SELECT t::text FROM cgae.registry_layout AS t ORDER BY version) TO STDOUT;
COPY (SELECT t::text FROM cgae.events AS t ORDER BY agent_id, seq) TO STDOUT;
SELECT tgrelid::regclass::text, tgname, tgenabled, pg_get_triggerdef(oid), obj_description(oid, 'pg_trigger')
FROM pg_trigger WHERE NOT tgisinternal ORDER BY 1, 2;
SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid)
FROM pg_constraint WHERE connamespace = 'cgae'::regnamespace AND conrelid <> 0 ORDER BY 1, 2;
SELECT pg_get_indexdef(indexrelid) FROM pg_index AS i JOIN pg_class AS c ON c.oid = i.indrelid
WHERE c.relnamespace = 'cgae'::regnamespace ORDER BY 1;
SELECT c.oid::regclass::text, c.relowner::regrole, coalesce(c.relacl, acldefault('r', c.relowner)), c.relrowsecurity, a.attnum, a.attname,
  format_type(a.atttypid, a.atttypmod), a.attacl, pg_get_expr(d.adbin, d.adrelid), col_description(c.oid, a.attnum)
FROM pg_class AS c JOIN pg_attribute AS a ON a.attrelid = c.oid
  LEFT JOIN pg_attrdef AS d ON d.adrelid = c.oid AND d.adnum = a.attnum
WHERE c.relnamespace = 'cgae'::regnamespace AND c.relkind IN ('r', 'v') AND a.attnum > 0 ORDER BY 1, a.attnum;
SELECT * FROM pg_policies ORDER BY policyname;
SQL
}

sub cleanup
{
	sql($superuser, 'postgres',
		join('', map { "DROP DATABASE IF EXISTS $_;\n" } @databases)
		  . join('', map { "DROP ROLE IF EXISTS $_;\n" } @roles));
}

cleanup();
is(sql($superuser, 'postgres', join('',
	map({ "CREATE ROLE $_ LOGIN PASSWORD '$password';\n" } @roles),
	map({ "CREATE DATABASE $_ OWNER cgae_dump_owner;\n" } @databases))), '', 'databases and roles');

# A registry with all that can be in it, and with additions of its owner's.
is(sql('cgae_dump_owner', 'cgae_dump_source', <<'SQL'), '', 'the owner makes a registry');
\o /dev/null
SET client_min_messages = error;
CREATE EXTENSION cgae;
SELECT cgae.create_registry();
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
SELECT cgae.publish_policy(ih_threshold => 0.6, time_step => '12:00', note => 'stricter');
SELECT cgae.certify('agent 34', '(0.95,0.95,0.95,0.55)');
ALTER TABLE cgae.agents ADD region text DEFAULT 'eu', ADD half numeric GENERATED ALWAYS AS (balance / 2) STORED;
ALTER TABLE cgae.certifications ADD ticket int;
UPDATE cgae.agents SET region = 'us' WHERE agent_id > 'agent 2';
CREATE INDEX agents_region_idx ON cgae.agents (region, (cgae.cc(current_robustness)));
CREATE FUNCTION public.mark() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN NEW.ticket := 7; RETURN NEW; END $$;
CREATE TRIGGER mark BEFORE INSERT ON cgae.certifications FOR EACH ROW EXECUTE FUNCTION public.mark();
SELECT cgae.grant_access('cgae_dump_auditor', 'auditor');
ALTER TABLE cgae.certifications ENABLE ROW LEVEL SECURITY;
CREATE POLICY readers ON cgae.certifications FOR SELECT USING (true);
CREATE POLICY region ON cgae.certifications FOR INSERT TO cgae_dump_auditor
  WITH CHECK (EXISTS (SELECT FROM cgae.agents AS a WHERE a.agent_id = certifications.agent_id AND a.region = 'eu'));
SQL

my $source = contents('cgae_dump_source');
like($source, qr/\(certified\)|certified/, 'the registry has contents');
unlike($source, qr/ERROR/, 'the registry can be read');

for my $case (
	[ 'plain_super',  $superuser,        'plain' ],
	[ 'plain_owner',  'cgae_dump_owner', 'plain' ],
	[ 'custom_super', $superuser,        'custom' ],
	[ 'custom_owner', 'cgae_dump_owner', 'custom' ])
{
	my ($name, $role, $format) = @$case;
	my $to = "cgae_dump_$name";
	my $file = "$dir/$name.dump";
	my ($output, $ok) = run($role, "pg_dump -d cgae_dump_source --format=$format --file=$file");
	is($output, '', "$name: dump");
	($output, $ok) = run($role, $format eq 'plain' ?
		  "psql -Xq -o /dev/null -v ON_ERROR_STOP=1 -d $to -f $file" :
		  "pg_restore --exit-on-error -j2 -d $to $file");
	is($output, '', "$name: restore");
	my %lines = map { $_ => 1 } split(/\n/, $source);
	my $restored = contents($to);
	ok($restored eq $source, "$name: the same registry")
	  or diag(join("\n", 'not in the original:', grep { !$lines{$_} } split(/\n/, $restored)));

	# it goes on where it was
	is(sql('cgae_dump_owner', $to, <<'SQL'), <<'OUT', "$name: certifying goes on");
SELECT outcome, agent_id, seq, tier, status, previous_tier FROM cgae.certify('agent 35', '(1,1,1,0.61)');
SELECT outcome, agent_id, seq, tier, status FROM cgae.certify('agent 1', '(1,1,1,0.59)');
SELECT policy_version, ticket FROM cgae.certifications WHERE agent_id = 'agent 1' ORDER BY seq DESC LIMIT 1;
SELECT cgae.reinstate('agent 31', 'a,b'), cgae.reinstate('agent 31', 'manual "review"');
SELECT cgae.register_agent('late', '{}', agent_id => 'late');
SQL
certified|agent 35|3|T5|active|T4
certified|agent 1|3|T0|suspended
2|7
suspended|active
late
OUT
	is(sql('cgae_dump_auditor', $to, <<'SQL'), <<'OUT', "$name: the auditor's row policy");
\set VERBOSITY terse
SELECT outcome, seq FROM cgae.certify('agent 10', '(1,1,1,1)');
SELECT outcome, seq FROM cgae.certify('agent 20', '(1,1,1,1)');
SQL
certified|3
ERROR:  new row violates row-level security policy for table "certifications"
OUT
	is(sql('cgae_dump_owner', $to, <<'SQL'), <<'OUT', "$name: the guards stand");
\set VERBOSITY sqlstate
UPDATE cgae.agents SET current_tier = 'T5' WHERE agent_id = 'agent 1';
DELETE FROM cgae.certifications;
TRUNCATE cgae.agent_events;
SELECT cgae.certify('agent 33', '(1,1,1,1)');
SELECT cgae.create_registry();
SQL
ERROR:  428C9
ERROR:  23001
ERROR:  23001
ERROR:  55000
ERROR:  42710
OUT
}

# Data alone is refused by the guards: they would have to derive it anew.
my ($output, $ok) = run('cgae_dump_owner', "pg_dump -d cgae_dump_source --data-only --file=$dir/data.sql");
is(sql('cgae_dump_owner', 'cgae_dump_data', "CREATE EXTENSION cgae; SELECT cgae.create_registry();"), "\n",
	'data only: a new registry');
($output, $ok) = run('cgae_dump_owner', "psql -Xq -o /dev/null -v VERBOSITY=sqlstate -d cgae_dump_data -f $dir/data.sql");
like($output, qr/ERROR:  428C9/, 'data only: refused');
is(sql('cgae_dump_owner', 'cgae_dump_data', <<'SQL'), "0|0|0|1\n", 'data only: nothing came in');
SELECT (SELECT count(*) FROM cgae.agents), (SELECT count(*) FROM cgae.certifications),
  (SELECT count(*) FROM cgae.agent_events), (SELECT count(*) FROM cgae.gate_policies);
SQL

# Schema first and data afterwards work with --disable-triggers, by a superuser.
for my $step ('--schema-only', '--data-only --disable-triggers')
{
	($output, $ok) = run($superuser, "pg_dump -d cgae_dump_source $step --file=$dir/step.sql &&"
		  . " psql -Xq -o /dev/null -v ON_ERROR_STOP=1 -d cgae_dump_schema -f $dir/step.sql");
	ok($ok, "schema, then data: $step") or diag($output);
}
my $rows = 'SELECT a::text FROM cgae.agents AS a ORDER BY agent_id; SELECT e::text FROM cgae.events AS e ORDER BY agent_id, seq;';
is(sql($superuser, 'cgae_dump_schema', $rows), sql($superuser, 'cgae_dump_source', $rows), 'schema, then data: the same rows');

cleanup();
done_testing();
