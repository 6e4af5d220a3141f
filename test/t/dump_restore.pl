# Dump and restore: in every format, by a superuser and by the owner of the database, into
# a database of the same or of another owner, reproduce the registry with everything that
# its owner added to it.
use strict;
use warnings;
use File::Temp qw(tempdir);
use Test::More;
use Copy;

my $dir = tempdir(CLEANUP => 1);
my $superuser = $Copy::superuser;
my $password = $ENV{PGPASSWORD} // 'secret';
$ENV{PGPASSWORD} = $password;
my ($owner, $other, $auditor) = qw(cgae_copy_owner cgae_copy_other cgae_copy_auditor);
my @roles = ($owner, $other, $auditor);
my $source = 'cgae_copy_source';
my $to = 'cgae_copy_target';

sub cleanup
{
	sql($superuser, 'postgres', join('', map({ "DROP DATABASE IF EXISTS $_;\n" } $source, $to),
		map({ "DROP ROLE IF EXISTS $_;\n" } @roles)));
}

# An empty database of a role's to restore into.
sub target
{
	my ($role) = @_;
	sql($superuser, 'postgres', "DROP DATABASE IF EXISTS $to;\nCREATE DATABASE $to OWNER $role;\n");
}

cleanup();
is(sql($superuser, 'postgres', join('', map({ "CREATE ROLE $_ LOGIN PASSWORD '$password';\n" } @roles),
	"CREATE DATABASE $source OWNER $owner;\n")), '', 'databases and roles');
is(Copy::fill($owner, $source), '', 'the owner makes a registry');
my $original = contents($source);
my $views = views($source);
unlike($original, qr/ERROR/, 'the registry can be read');
is(sql($superuser, $source, <<'SQL'), <<'OUT', 'it has everything');
SELECT string_agg(x, ' ' ORDER BY x COLLATE "C") FROM (SELECT status::text FROM cgae.agents UNION SELECT type FROM cgae.events) AS t(x);
SQL
active architecture_mismatch architecture_update certification decay demotion deregistered deregistration expiration expired pending registration reinstatement suspended suspension
OUT
is_clean($source, 'the original');

# Assert that a restored database is the original; roles are replaced as a pair says.
sub is_copy
{
	my ($name, $now, $before) = @_;
	my $copy = contents($to);
	$copy =~ s/\b$now\b/$before/g if defined $now;
	same_contents($copy, $original, "$name: the same registry");
	same_contents(views($to), $views, "$name: the same views");
	return is_clean($to, $name);
}

my $partitioned = sql($owner, $source, "SELECT relkind = 'p' FROM pg_class WHERE oid = 'cgae.agents'::regclass") eq "t\n";

# Side by side, pg_restore may make a partitioned table's triggers before its partitions are filled: by
# what it knows they depend on the table alone, which holds nothing.  So section by section there.
my @sections = $partitioned ? map { "--section=$_" } qw(pre-data data post-data) : ('');

# --no-owner: all becomes the restoring role's.
for my $case (
	[ 'plain, superuser',               $superuser, $owner, '--format=plain' ],
	[ 'plain, owner',                   $owner,     $owner, '--format=plain' ],
	[ 'custom, superuser',              $superuser, $owner, '--format=custom' ],
	[ 'custom, owner',                  $owner,     $owner, '--format=custom' ],
	[ 'plain, into another\'s',         $superuser, $other, '--format=plain' ],
	[ 'plain, becoming another\'s',     $other,     $other, '--format=plain --no-owner' ],
	[ 'custom, becoming another\'s',    $other,     $other, '--format=custom', '--no-owner' ],
	[ 'as inserts, owner',              $owner,     $owner, '--format=plain --rows-per-insert=7' ],
	[ 'directory, superuser',           $superuser, $owner, '--format=directory -j2' ])
{
	my ($name, $role, $database_owner, $options, $restore_options) = @$case;
	my $becomes = "$options " . ($restore_options // '') =~ /--no-owner/ ? $role : $owner;
	my $file = "$dir/dump";
	target($database_owner);
	# who restores into a database of its own did not dump the other's
	my ($output) = run($role eq $other ? $owner : $role, "rm -rf $file && pg_dump -d $source $options --file=$file");
	is($output, '', "$name: dump");
	($output) = run($role, $options =~ /=plain/ ? "psql -Xq -o /dev/null -v ON_ERROR_STOP=1 -d $to -f $file" :
		  join(' && ', map { "pg_restore --exit-on-error -j2 $_ @{[$restore_options // '']} -d $to $file" } @sections));
	is($output, '', "$name: restore");
	is_copy($name, $becomes eq $other ? ($other, $owner) : ());
	goes_on($becomes, $auditor, $to, $name);
}

# Data alone is refused by the guards: they would have to derive it anew.
target($owner);
run($owner, "pg_dump -d $source --data-only --schema=cgae --file=$dir/data.sql");
# with the columns of the dump: a COPY that cannot begin has psql take its rows for statements
is(sql($owner, $to, 'CREATE EXTENSION cgae; SELECT cgae.create_registry();'
		. ' ALTER TABLE cgae.agents ADD region text; ALTER TABLE cgae.certifications ADD ticket int;'),
	"\n", 'data only: a new registry');
my ($output) = run($owner, "psql -Xq -o /dev/null -v VERBOSITY=sqlstate -d $to -f $dir/data.sql");
like($output, qr/ERROR:  428C9/, 'data only: refused');
unlike($output, qr/ERROR:  4(?!28C9)/, 'data only: ... for that reason');
is(sql($owner, $to, <<'SQL'), "0|0|0|1\n", 'data only: nothing came in');
SELECT (SELECT count(*) FROM cgae.agents), (SELECT count(*) FROM cgae.certifications),
  (SELECT count(*) FROM cgae.agent_events), (SELECT count(*) FROM cgae.gate_policies);
SQL

# Schema first and data afterwards.  With --disable-triggers, which asks for a superuser because
# of the foreign keys; the trigger that is ENABLE ALWAYS comes back as an ordinary one.
target($owner);
for my $step ('--schema-only', '--data-only --disable-triggers')
{
	my ($said, $ok) = run($superuser, "pg_dump -d $source $step --file=$dir/step.sql &&"
		  . " psql -Xq -o /dev/null -v ON_ERROR_STOP=1 -d $to -f $dir/step.sql");
	ok($ok, "schema, then data: $step") or diag($said);
}
like(sql($superuser, $to, 'SELECT * FROM cgae.check_registry()'), qr/^[^\n]*zz_cgae_invalidate[^\n]*\n\z/, 'schema, then data: one trigger is not as it was');
is(sql($owner, $to, 'SELECT cgae.upgrade_registry()'), "1\n", 'schema, then data: upgrade_registry()');
is_copy('schema, then data');
goes_on($owner, $auditor, $to, 'schema, then data');

# The schema alone, for a registry that begins anew: seeded by its owner, or by a superuser for it.
for my $role ($owner, $superuser)
{
	target($owner);
	my ($said, $ok) = run($superuser, "pg_dump -d $source --schema-only --file=$dir/step.sql &&"
		  . " psql -Xq -o /dev/null -v ON_ERROR_STOP=1 -d $to -f $dir/step.sql");
	ok($ok, "seeded by $role: the schema") or diag($said);
	like(sql($owner, $to, 'SELECT cgae.upgrade_registry()'), qr/55000|layout of the agent registry is unknown/,
		"seeded by $role: it holds nothing yet");
	like(sql($auditor, $to, 'SELECT cgae.seed_registry()'), qr/must be owner of the agent registry/,
		"seeded by $role: not by anybody");
	is(sql($role, $to, 'SELECT cgae.seed_registry()'), "\n", "seeded by $role: seed_registry()");
	is(sql($owner, $to, <<'SQL'), "1|1|1|0\n", "seeded by $role: a policy, an epoch, a layout, nobody");
SELECT (SELECT max(version) FROM cgae.gate_policies), (SELECT max(epoch) FROM cgae.audit_seeds),
  (SELECT max(version) FROM cgae.registry_layout), (SELECT count(*) FROM cgae.agents);
SQL
	is(sql($owner, $to, 'SELECT * FROM cgae.check_registry()'), '', "seeded by $role: nothing contradicts");
	is(sql($owner, $to, <<'SQL'), "certified|T3\nT3\n2|2\n", "seeded by $role: it works");
SELECT outcome, tier FROM cgae.certify(cgae.register_agent('m', '{}', agent_id => 'a'), '(0.7,0.7,0.7,1)');
SELECT cgae.effective_tier('a');
SELECT cgae.publish_policy(), cgae.rotate_audit_seed();
SQL
	is_clean($to, "seeded by $role: afterwards");
	like(sql($owner, $to, 'SELECT cgae.seed_registry()'), qr/cannot be seeded: cgae\.\w+ is not empty/,
		"seeded by $role: once");
}

# The owner itself can switch off the triggers, all but those of the foreign keys.
target($owner);
my $tables = "ARRAY['cgae.agents', 'cgae.certifications', 'cgae.agent_events', 'cgae.gate_policies', 'cgae.audit_seeds', 'cgae.registry_layout', 'public.contracts', 'public.seen']";
my $toggle = sub {
	return sql($owner, $to, "SELECT format('ALTER TABLE %s $_[0] TRIGGER USER', t) FROM unnest($tables) AS t \\gexec\n");
};
my ($said, $ok) = run($owner, "pg_dump -d $source --schema-only --file=$dir/step.sql && psql -Xq -o /dev/null -v ON_ERROR_STOP=1 -d $to -f $dir/step.sql");
ok($ok, 'by the owner: the schema') or diag($said);
is($toggle->('DISABLE'), '', 'by the owner: triggers off');
# pg_dump does not order the partitions of tables by their foreign keys: agents go first
for my $part ($partitioned ? ("--table='cgae.agents*'", "--exclude-table='cgae.agents*'") : (''))
{
	($said, $ok) = run($owner, "pg_dump -d $source --data-only $part --file=$dir/step.sql && psql -Xq -o /dev/null -v ON_ERROR_STOP=1 -d $to -f $dir/step.sql");
	ok($ok, "by the owner: the data $part") or diag($said);
}
is($toggle->('ENABLE'), '', 'by the owner: triggers on');
is(sql($owner, $to, 'SELECT cgae.upgrade_registry()'), "1\n", 'by the owner: upgrade_registry()');
is_copy('by the owner');
goes_on($owner, $auditor, $to, 'by the owner');

# A constraint or domain over the policy in force, in a schema that sorts before cgae, meets its
# rows before the policies are loaded: they are refused, and the hint says what to write instead.
# With constant thresholds it depends on no table.
target($owner);
my $thresholds = q['{0,0.3,0.5,0.65,0.8,0.9}', '{0,0.3,0.5,0.65,0.8,0.9}', '{0,0.25,0.45,0.6,0.75,0.85}', 0.5];
is(sql($owner, $to, <<"SQL"), "\n", 'constraints over tiers: made');
CREATE EXTENSION cgae;
SELECT cgae.create_registry();
CREATE SCHEMA app;
CREATE DOMAIN app.in_force AS cgae.robustness CHECK (cgae.gate_tier(VALUE) >= 'T1');
CREATE DOMAIN app.constant AS cgae.robustness CHECK (cgae.gate_tier(VALUE, $thresholds) >= 'T1');
CREATE TABLE app.in_force_check (r cgae.robustness CHECK (cgae.gate_tier(r) >= 'T2'));
CREATE TABLE app.in_force_domain (r app.in_force);
CREATE TABLE app.constant_check (r cgae.robustness CHECK (cgae.gate_tier(r, $thresholds) >= 'T2'));
CREATE TABLE app.constant_domain (r app.constant);
INSERT INTO app.in_force_check VALUES ('(0.9,0.9,0.9,0.9)');
INSERT INTO app.in_force_domain TABLE app.in_force_check;
INSERT INTO app.constant_check TABLE app.in_force_check;
INSERT INTO app.constant_domain TABLE app.in_force_check;
SQL
for my $format ('plain', 'custom')
{
	my $file = "$dir/constraints.$format";
	($said, $ok) = run($owner, "pg_dump -d $to --format=$format --file=$file");
	ok($ok, "constraints over tiers, $format: dumped") or diag($said);
}
for my $format ('plain', 'custom')
{
	target($owner);
	($said) = run($owner, ($format eq 'plain' ? "psql -Xq -o /dev/null -d $to -f" : "pg_restore -d $to") . " $dir/constraints.$format");
	my @refused = $said =~ /no gate policy is in force/g;
	is(scalar(@refused), 2, "constraints over tiers, $format: those over the policy in force are refused") or diag($said);
	like($said, qr/HINT:.*constant thresholds/, "constraints over tiers, $format: ... and told what to write");
	is(sql($owner, $to, <<'SQL'), "0|0|1|1\n1\n", "constraints over tiers, $format: those over constant thresholds are restored");
SELECT (SELECT count(*) FROM app.in_force_check), (SELECT count(*) FROM app.in_force_domain), (SELECT count(*) FROM app.constant_check), (SELECT count(*) FROM app.constant_domain);
SELECT max(version) FROM cgae.gate_policies;
SQL
	is(sql($owner, $to, <<'SQL'), "ERROR:  23514\nERROR:  23514\n", "constraints over tiers, $format: ... and hold");
\set VERBOSITY sqlstate
INSERT INTO app.constant_check VALUES ('(0.4,0.4,0.4,0.9)');
INSERT INTO app.constant_domain VALUES ('(0.9,0.9,0.9,0.4)');
SQL
}

cleanup();
done_testing();
