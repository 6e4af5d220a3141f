# A registry with all that can be in it (everything.sql), and what a copy of it must have in
# common with it (contents.sql): for tests that dump, restore and replicate.
#
# Clients find the server in the environment (PGHOST, PGPORT); PGPASSWORD is everybody's.
package Copy;
use strict;
use warnings;
use Exporter qw(import);
use File::Basename qw(dirname);
use File::Temp qw(tempdir);
use Test::More;

our @EXPORT = qw(run sql contents views same_contents is_clean goes_on);

my $here = dirname(__FILE__);
my $dir = tempdir(CLEANUP => 1);
our $superuser = $ENV{PGUSER} // getpwuid($<);
our @settings = ();    # of every client: host=... port=..., when not from the environment
$ENV{PGOPTIONS} = '-c client_min_messages=warning';

# Run a shell command as a role; its output, standard error included, and its success.
sub run
{
	my ($role, $command) = @_;
	local $ENV{PGUSER} = $role;
	my $output = qx($command 2>&1);
	return ($output, $? == 0);
}

# Run SQL, or a file of it, and return its output; errors are part of it.
sub sql
{
	my ($role, $database, $sql) = @_;
	my $file = "$dir/in.sql";
	open(my $in, '>', $file) or die $!;
	print $in $sql;
	close($in);
	my ($output) = run($role, "psql -XqAt -d '" . join(' ', "dbname=$database", @settings) . "' -f $file");
	$output =~ s/^psql:[^ ]* //mg;
	return $output;
}

# A file of this folder, as SQL.
sub script
{
	my ($name) = @_;
	open(my $file, '<', "$here/$name") or die "$name: $!";
	local $/ = undef;
	return <$file>;
}

# Make the registry, as its owner.
sub fill
{
	my ($owner, $database) = @_;
	return sql($owner, $database, script('everything.sql'));
}

sub contents { return sql($superuser, $_[0], script('contents.sql')) }

# Definitions of all views, which majors print differently.
sub views
{
	return sql($superuser, $_[0], <<'SQL');
SELECT c.oid::regclass::text COLLATE "C", pg_get_viewdef(c.oid) FROM pg_class AS c
WHERE relkind = 'v' AND relnamespace IN ('cgae'::regnamespace, 'public'::regnamespace) ORDER BY 1;
SQL
}

# Assert that two contents are the same; show what differs.
sub same_contents
{
	my ($copy, $original, $name) = @_;
	my %in_original = map { $_ => 1 } split(/\n/, $original);
	my %in_copy = map { $_ => 1 } split(/\n/, $copy);
	return ok($copy eq $original, $name) || diag(join("\n",
		'not in the original:', (grep { !$in_original{$_} } split(/\n/, $copy)),
		'not in the copy:', (grep { !$in_copy{$_} } split(/\n/, $original))));
}

# Assert that nothing in the registry contradicts.
sub is_clean
{
	my ($database, $name) = @_;
	return is(sql($superuser, $database, 'SELECT * FROM cgae.check_registry()'), '', "$name: check_registry() finds nothing");
}

# Assert that the owner's comparisons of robustness do what they did, wherever they stand.
sub compares
{
	my ($owner, $auditor, $database, $name) = @_;
	is(sql($owner, $database, <<'SQL'), <<'OUT', "$name: comparisons go on");
\set VERBOSITY sqlstate
INSERT INTO public.measured (id, r) VALUES (10, '(0,0,0,0)');
INSERT INTO public.measured (id, r) VALUES (10, '(0.2,0,0,0)');
INSERT INTO public.measured (id, best) VALUES (10, '(0.2,1,1,1)');
INSERT INTO public.named VALUES ('(0.90,0.9,0.9,0.9)');
INSERT INTO public.apart VALUES ('(0.90,0.9,0.9,0.9)');
INSERT INTO public.measured (id, r, best) VALUES (10, '(0.6,0.6,0.6,0.6)', '(0.6,0.6,0.6,0.6)') RETURNING same, kind, moved;
UPDATE public.measured SET moved = 7 WHERE id = 10;
SELECT moved FROM public.measured WHERE id = 10;
UPDATE public.measured SET r = '(0.9,0.9,0.9,0.9)' WHERE id = 10;
SELECT same, kind, moved FROM public.measured WHERE id = 10;
UPDATE public.measured SET r = '(1,1,1,1)' WHERE id = 10;
SELECT same, kind, moved FROM public.measured WHERE id = 10;
SELECT name, d, i, b, c, w FROM public.compared WHERE id <= 2 ORDER BY id;
SELECT public.is_least(m) FROM public.measured AS m WHERE id <= 2 ORDER BY id;
SELECT * FROM public.moves;
SELECT agent_id FROM cgae.agents WHERE is_splendid ORDER BY 1;
REFRESH MATERIALIZED VIEW public.joined;
SELECT count(*) > 20 FROM public.joined;
SQL
ERROR:  23514
ERROR:  23514
ERROR:  23514
ERROR:  23505
ERROR:  23P01
t|other|0
0
f|splendid|1
f|other|1
nine|f|t|t|splendid|t
one|t|t||least|t
f
t
agent 35|(1,1,1,0.61)
agent 10
agent 35
t
OUT
	return is(sql($auditor, $database, 'SELECT id, kind FROM public.measured ORDER BY id'), "1|splendid\n2|least\n", "$name: a row policy of comparisons");
}

# Assert that the registry goes on where it was: certifying, guards, row security.
sub goes_on
{
	my ($owner, $auditor, $database, $name) = @_;
	is(sql($owner, $database, <<'SQL'), <<'OUT', "$name: certifying goes on");
SELECT outcome, agent_id, seq, tier, status, previous_tier FROM cgae.certify('agent 35', '(1,1,1,0.61)');
SELECT outcome, agent_id, seq, tier, status FROM cgae.certify('agent 1', '(1,1,1,0.59)');
SELECT policy_version, ticket FROM cgae.certifications WHERE agent_id = 'agent 1' ORDER BY seq DESC LIMIT 1;
SELECT tier FROM public.seen WHERE agent_id = 'agent 1';
SELECT cgae.reinstate('agent 31', 'a,b'), cgae.reinstate('agent 31', 'manual "review"');
SELECT cgae.register_agent('late', '{}', agent_id => 'late');
SELECT cgae.rotate_audit_seed(), cgae.publish_policy(note => 'later');
INSERT INTO public.contracts VALUES (2, 'agent 35') RETURNING contract;
SQL
certified|agent 35|3|T5|active|T4
failed|agent 1|3|T0|suspended
2|7
T0
suspended|active
late
3|3
2
OUT
	is(sql($auditor, $database, <<'SQL'), <<'OUT', "$name: the auditor's row policy");
\set VERBOSITY terse
SELECT outcome, seq FROM cgae.certify('agent 10', '(1,1,1,1)');
SELECT outcome, seq FROM cgae.certify('agent 20', '(1,1,1,1)');
SQL
certified|3
ERROR:  new row violates row-level security policy for table "certifications"
OUT
	is(sql($owner, $database, <<'SQL'), <<'OUT', "$name: the guards stand");
\set VERBOSITY sqlstate
UPDATE cgae.agents SET current_tier = 'T5' WHERE agent_id = 'agent 1';
DELETE FROM cgae.certifications;
TRUNCATE cgae.agent_events;
SELECT cgae.certify('agent 33', '(1,1,1,1)');
INSERT INTO public.contracts VALUES (3, 'agent 1');
SELECT cgae.create_registry();
SQL
ERROR:  428C9
ERROR:  23001
ERROR:  23001
ERROR:  55000
ERROR:  42501
ERROR:  42710
OUT
	compares($owner, $auditor, $database, $name);
	return is_clean($database, "$name: afterwards");
}

1;
