# From one release to another: a registry made by the older one, ALTER EXTENSION UPDATE,
# upgrade_registry(); then everything must be as in a fresh install of the newer one.
#
#   release.pl INSTALL_OLD INSTALL_NEW VERSION LAYOUT: two shell commands that put a release where the
#   server finds it, and the version and layout that the newer one has.  The server is in the environment.
use strict;
use warnings;
use File::Basename qw(dirname);
use Test::More;
use Copy;

my ($install_old, $install_new, $version, $layout) = @ARGV;
my ($owner, $auditor) = qw(cgae_copy_owner cgae_copy_auditor);
my @databases = qw(cgae_plain cgae_parts cgae_full cgae_fresh cgae_fresh_parts);
my $make = 'CREATE EXTENSION cgae; SELECT cgae.create_registry();';
my $make_parts = $make =~ s/\(\)/(3)/r;

# Every object of a database, its name replaced.
sub objects
{
	my ($database) = @_;
	open(my $file, '<', dirname($0) . '/objects.sql') or die $!;
	local $/ = undef;
	return sql($Copy::superuser, $database, <$file>);
}

# The rows of the history and of each table, in the columns that the older release had.
my %columns;
sub rows
{
	my ($database) = @_;
	my $rows = '';
	for my $table (qw(agents certifications agent_events gate_policies audit_seeds events))
	{
		$columns{$table} //= sql($owner, $database, "SELECT string_agg(quote_ident(attname), ', ' ORDER BY attnum) FROM pg_attribute WHERE attrelid = 'cgae.$table'::regclass AND attnum > 0");
		$rows .= sql($owner, $database, "SELECT t::text FROM (SELECT $columns{$table} FROM cgae.$table) AS t ORDER BY 1");
	}
	return $rows;
}

sub install { return is(system("$_[0] >/dev/null"), 0, "$_[1] release is installed") }

sql($Copy::superuser, 'postgres', "CREATE ROLE $owner LOGIN PASSWORD '$ENV{PGPASSWORD}'; CREATE ROLE $auditor LOGIN PASSWORD '$ENV{PGPASSWORD}';"
	  . join('', map { "\nCREATE DATABASE $_ OWNER $owner;" } @databases));
install($install_old, 'the older');
is(sql($owner, 'cgae_plain', $make), "\n", 'a registry of the older release');
is(sql($owner, 'cgae_parts', $make_parts), "\n", 'one in partitions');
is(Copy::fill($owner, 'cgae_full'), '', 'one with all that can be in it');
my $rows = rows('cgae_full');
unlike($rows, qr/ERROR/, 'it can be read');
chomp(my $old_layout = sql($owner, 'cgae_plain', 'SELECT max(version) FROM cgae.registry_layout'));

install($install_new, 'the newer');
# the server restarts, the extension is updated, then the registry: at each step it works
sub works
{
	my ($name) = @_;
	is(sql($owner, 'cgae_full', <<'SQL'), "certified\nt\nt\n", $name);
BEGIN;
SELECT outcome FROM cgae.certify('agent 35', '(1,1,1,1)');
SELECT cgae.permits('agent 35', 'T5');
SELECT count(*) > 40 FROM cgae.agent_standing;
ROLLBACK;
SQL
	return;
}
works('the newer library serves the older extension and registry');
for my $database (qw(cgae_plain cgae_parts cgae_full))
{
	is(sql($owner, $database, 'ALTER EXTENSION cgae UPDATE'), '', "$database: the owner updates the extension");
}
works('the newer extension serves the older registry');
# restored from a dump meanwhile, which brings the newer extension and the older registry
my ($said, $ok) = run($Copy::superuser, 'createdb cgae_restored && pg_dump -Fc cgae_full | pg_restore --exit-on-error -d cgae_restored');
ok($ok, 'a dump of it can be restored') or diag($said);
# a superuser restored it, so that its owner has yet to be let into the schema
is(sql($Copy::superuser, 'cgae_restored', "SELECT cgae.upgrade_registry();\nGRANT CREATE ON SCHEMA cgae TO $owner;"), <<"OUT", 'the owner must be allowed to create in the schema');
ERROR:  owner "$owner" of the agent registry may not create in schema cgae
HINT:  Run GRANT CREATE ON SCHEMA cgae TO $owner.
OUT
for my $database (qw(cgae_plain cgae_parts cgae_full cgae_restored))
{
	# whoever calls, all belongs to the registry's owner
	is(sql($database eq 'cgae_plain' ? $owner : $Copy::superuser, $database, 'SELECT cgae.upgrade_registry()'), "$layout\n", "$database: the registry is upgraded");
	is(sql($owner, $database, 'SELECT cgae.upgrade_registry()'), "$layout\n", "$database: doing it again changes nothing");
	is(sql($owner, $database, 'SELECT count(*), max(version) FROM cgae.registry_layout'),
		($layout - $old_layout + 1) . "|$layout\n", "$database: each layout is recorded once");
}
works('the newer extension serves the upgraded registry');

is(sql($owner, 'cgae_fresh', $make), "\n", 'a fresh registry of the newer release');
is(sql($owner, 'cgae_fresh', q{SELECT extversion FROM pg_extension WHERE extname = 'cgae'}), "$version\n", '... which is the one that was meant');
my $fresh = objects('cgae_fresh');
cmp_ok(scalar(my @lines = split(/\n/, $fresh)), '>', 300, 'it has objects');
unlike($fresh, qr/^ERROR/m, '... all told');
same_contents(objects('cgae_plain'), $fresh, 'object by object, the upgraded registry is the fresh one');
is(sql($owner, 'cgae_fresh_parts', $make_parts), "\n", 'a fresh one in partitions');
same_contents(objects('cgae_parts'), objects('cgae_fresh_parts'), '... which the upgraded one in partitions is, too');
is_clean('cgae_parts', 'cgae_parts');
for my $database (qw(cgae_full cgae_restored))
{
	same_contents(rows($database), $rows, "$database: every row is what it was");
}
# but for the times at which they were upgraded, and the rights of who installed the extension
same_contents(map({ contents($_) =~ s/^\(\d+,"[^"]*"\)\n//mgr } qw(cgae_restored cgae_full)), 'the restored registry is the one that was not dumped');

for my $database (qw(cgae_full cgae_restored))
{
	is_clean($database, $database);
	goes_on($owner, $auditor, $database, $database);
}
done_testing();
