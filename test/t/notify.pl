# The setting cgae.notify: one notification for each event, or silence; who may
# change it; and that what it sends is JSON whatever an agent is called.
use strict;
use warnings;
use File::Temp qw(tempdir);
use JSON::PP;
use Test::More;

my $dir = tempdir(CLEANUP => 1);
my $superuser = $ENV{PGUSER} // getpwuid($<);
my $password = $ENV{PGPASSWORD} // 'secret';
$ENV{PGPASSWORD} = $password;
my $database = 'cgae_notify';

# Run SQL in one session; its output, standard error included.
sub run
{
	my ($role, $where, $sql) = @_;
	local $ENV{PGUSER} = $role;
	open(my $file, '>', "$dir/in.sql") or die $!;
	print $file $sql;
	close($file);
	my $output = qx(psql -XqAt -d $where -f $dir/in.sql 2>&1);
	$output =~ s/^psql:[^ ]* //mg;
	return $output;
}

# Run SQL in a session that listens; the payloads, and the complaints.
sub hear
{
	my ($role, $where, $sql) = @_;
	my @payloads;
	my $output = run($role, $where, "LISTEN cgae_events;\nSET client_min_messages = error;\n$sql");
	$output =~ s{Asynchronous notification "cgae_events" with payload "(.*)" received from server process with PID \d+\.\n}
		{push(@payloads, $1); ''}ge;
	return (\@payloads, join('', map { "$_\n" } grep { /^[A-Z]+:  / } split(/\n/, $output)));
}

# The payloads as "type agent seq"; each must have these keys and no others.
sub events
{
	my ($payloads) = @_;
	return map {
		my $event = decode_json($_);
		is(join(' ', sort keys %$event), 'agent seq type', 'keys') if keys %$event != 3;
		"$event->{type} " . ($event->{agent} // 'null') . " $event->{seq}";
	} @$payloads;
}

my $drop = "DROP DATABASE IF EXISTS $database;\nDROP DATABASE IF EXISTS ${database}_latin1;\nDROP ROLE IF EXISTS cgae_notify_user;\n";
run($superuser, 'postgres', "SET client_min_messages = warning;\n$drop");
is(run($superuser, 'postgres', <<SQL), '', 'databases');
CREATE ROLE cgae_notify_user LOGIN PASSWORD '$password';
CREATE DATABASE $database ENCODING 'UTF8' LOCALE 'C' TEMPLATE template0;
CREATE DATABASE ${database}_latin1 ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0;
SQL
for my $where ($database, "${database}_latin1")
{
	is(run($superuser, $where, <<'SQL'), '', "registry in $where");
\o /dev/null
CREATE EXTENSION cgae;
SELECT cgae.create_registry();
SELECT cgae.grant_access('cgae_notify_user', 'registrar'), cgae.grant_access('cgae_notify_user', 'auditor'), cgae.grant_access('cgae_notify_user', 'operator');
SQL
}

# everything that makes an event
my $life = <<'SQL';
SELECT cgae.register_agent('m', '{"v": 1}', agent_id => 'ID', registered_at => now() - interval '300 days');
SELECT cgae.certify('ID', '(0.95,0.95,0.95,0.95)', certified_at => now() - interval '200 days');
SELECT cgae.demote('ID', '(0.85,0.85,0.85,0.95)', certified_at => now() - interval '150 days');
SELECT cgae.suspend('ID', 'review');
SELECT cgae.reinstate('ID', 'review');
SELECT cgae.apply_decay(now() - interval '140 days');
CALL cgae.sweep_decay();
SELECT cgae.certify('ID', '(0.7,0.7,0.7,0.7)');
SELECT cgae.observe_architecture('ID', '0123456789abcdef');
SELECT cgae.certify('ID', '(0.7,0.7,0.7,0.7)', observed_architecture_hash => 'fedcba9876543210');
SELECT cgae.update_architecture('ID', '{"v": 2}');
SELECT cgae.deregister_agent('ID');
SQL

#
# Off: silence
#
(my $quiet = $life) =~ s/ID/quiet/g;
my ($payloads, $rest) = hear($superuser, $database, $quiet);
is_deeply($payloads, [], 'silence by default');
is($rest, '', 'no complaint');

#
# On: one for each event, in order
#
(my $loud = $life) =~ s/ID/loud/g;
($payloads, $rest) = hear($superuser, $database, "SET cgae.notify = on;\n$loud");
is($rest, '', 'no complaint');
my @expected = split(/\n/, run($superuser, $database, "SELECT type, agent_id, seq FROM cgae.events WHERE agent_id = 'loud' ORDER BY seq"));
s/\|/ /g for @expected;
is_deeply([ events($payloads) ], \@expected, 'one for each event, in order');
my %types = map { (split / /)[0] => 1 } @expected;
is(join(' ', sort keys %types),
	'architecture_mismatch architecture_update certification decay demotion deregistration expiration registration reinstatement suspension',
	'of each type');

# what does not happen is not told, nor twice what happens once
($payloads, $rest) = hear($superuser, $database, <<'SQL');
SET cgae.notify = on;
BEGIN;
SELECT cgae.register_agent('m', '{"v": 1}', agent_id => 'undone');
ROLLBACK;
BEGIN;
SELECT cgae.register_agent('m', '{"v": 1}', agent_id => 'partly');
SAVEPOINT s;
SELECT cgae.certify('partly', '(1,1,1,1)');
ROLLBACK TO s;
COMMIT;
INSERT INTO cgae.agents (agent_id, model_name, model_config) VALUES ('partly', 'm', '{"v": 1}') ON CONFLICT DO NOTHING;
SELECT cgae.observe_architecture('partly', cgae.architecture_hash('{"v": 1}'));
SELECT cgae.apply_decay();
UPDATE cgae.agents SET balance = 1, model_name = 'other' WHERE agent_id = 'partly';
SQL
is_deeply([ events($payloads) ], ['registration partly 1'], 'nothing of what was taken back or changed nothing');

# listeners in other sessions: heard by whoever may connect
($payloads, $rest) = hear('cgae_notify_user', $database, <<SQL);
\\! PGUSER=$superuser PGOPTIONS='-c client_min_messages=error' psql -XqAt -d $database -c "LOAD 'cgae'" -c "SET cgae.notify = on" -c "SELECT cgae.register_agent('m', '{}', agent_id => 'afar')" >/dev/null
SELECT 1;
SQL
is_deeply([ events($payloads) ], ['registration afar 1'], 'LISTEN has no privileges');

#
# Who may set it
#
like(run('cgae_notify_user', $database, "SELECT cgae.permits('x', 'T0');\nSET cgae.notify = on;"), qr/permission denied to set parameter "cgae.notify"/,
	'not everybody turns it on');
like(run('cgae_notify_user', $database, "ALTER ROLE cgae_notify_user SET cgae.notify = off;"), qr/permission denied/, 'nor for itself for good');
like(run($superuser, $database, "SELECT cgae.permits('x', 'T0');\nSET cgae.notfy = on;"), qr/invalid configuration parameter name "cgae.notfy"/, 'no other setting of this prefix');
is(run($superuser, $database, "ALTER DATABASE $database SET cgae.notify = on"), '', 'on for a database');
for my $off ('SET cgae.notify = off;', "SELECT cgae.permits('x', 'T0');\nSET cgae.notify = off;", "SET LOCAL cgae.notify = off;",
	"SELECT set_config('cgae.notify', 'off', false);", 'SET cgae.notify TO DEFAULT;', 'RESET ALL;', 'DISCARD ALL; LISTEN cgae_events;')
{
	my $id = "alarm$off";
	$id =~ s/\W//g;
	($payloads, $rest) = hear('cgae_notify_user', $database, "$off\nSELECT cgae.register_agent('m', '{\"v\": 1}', agent_id => '$id');");
	is_deeply([ events($payloads) ], ["registration $id 1"], "nobody silences its own alarm: $off");
}

# nor by an option of its connection, which comes before the library is loaded
for my $options ('-c cgae.notify=off', '-c cgae.notify=on', '--CGAE.notify=0')
{
	my $id = "option$options";
	$id =~ s/\W//g;
	local $ENV{PGOPTIONS} = $options;
	($payloads, $rest) = hear('cgae_notify_user', $database, "SELECT cgae.register_agent('m', '{\"v\": 1}', agent_id => '$id');\nRESET ALL;\nSELECT cgae.suspend('$id', 'x');");
	is_deeply([ events($payloads) ], [ "registration $id 1", "suspension $id 2" ], "nor in this way: $options");
}
{
	local $ENV{PGOPTIONS} = '-c cgae.notify=off';
	($payloads, $rest) = hear($superuser, $database, "SELECT cgae.register_agent('m', '{}');");
	is_deeply([ events($payloads) ], [], 'a superuser may');
}

#
# Two-phase commit
#
SKIP:
{
	skip('max_prepared_transactions is 0', 3) if run($superuser, 'postgres', 'SHOW max_prepared_transactions') == 0;
	like(run($superuser, $database, <<'SQL'), qr/^ERROR:  cannot PREPARE a transaction that has executed LISTEN, UNLISTEN, or NOTIFY/m, 'refused while it is on');
BEGIN;
SELECT cgae.register_agent('m', '{"v": 1}', agent_id => 'prepared');
PREPARE TRANSACTION 'cgae_notify';
SQL
	is(run($superuser, $database, <<'SQL'), "prepared\n", 'not while it is off');
SET cgae.notify = off;
BEGIN;
SELECT cgae.register_agent('m', '{"v": 1}', agent_id => 'prepared');
PREPARE TRANSACTION 'cgae_notify';
COMMIT PREPARED 'cgae_notify';
SQL
	is(run($superuser, $database, "SELECT count(*) FROM cgae.agents WHERE agent_id = 'prepared'"), "1\n", 'and it is committed');
}

#
# Whatever an agent is called
#
my @ids = ("it's", 'say "so"', 'back\\slash\\', "\"\\\\\"\\", "line\nfeed", "tab\tand\rreturn", "\x01\x1f\x7f", '</script><!--', '{"agent": null}',
	"', '{}'); DROP TABLE cgae.agents; --", '%s%n$1', "\x{e9}t\x{e9}", "\x{df}\x{ff}\x{a0}");
for my $where ($database, "${database}_latin1")
{
	my @these = $where eq $database ? (@ids, "\x{1f916}\x{4e2d}\x{2028}", "e\x{301}") : @ids;
	for my $id (@these)
	{
		my $quoted = $id;
		utf8::encode($quoted);
		(my $shown = $quoted) =~ s/[^ -~]/?/g;
		$quoted =~ s/'/''/g;
		($payloads, $rest) = hear($superuser, $where, "SET client_encoding = 'UTF8';\nSET cgae.notify = on;\n"
			  . "INSERT INTO cgae.agents (agent_id, model_name, model_config) VALUES ('$quoted', 'm', '{}');");
		my $event = eval { decode_json($payloads->[0] // '') };
		is_deeply([ $event, $rest ], [ { type => 'registration', agent => $id, seq => 1 }, '' ], "$where: $shown");
	}
}

# as long as a notification may be; beyond, the id is left out
my $frame = length('{"type": "registration", "agent": "", "seq": 1}');
for my $case ([ 7999 - $frame, 1 ], [ 8000 - $frame, 0 ], [ 20000, 0 ])
{
	my ($length, $named) = @$case;
	($payloads, $rest) = hear($superuser, $database, "SET cgae.notify = on;\n"
		  . "INSERT INTO cgae.agents (agent_id, model_name, model_config) VALUES (repeat('x', $length), 'm', '{}');");
	is_deeply([ events($payloads), $rest ], [ 'registration ' . ($named ? 'x' x $length : 'null') . ' 1', '' ], "an id of $length bytes");
}
# each of these is escaped to two, or is two bytes
for my $char ('"', "\x{c3}\x{a9}")
{
	($payloads, $rest) = hear($superuser, $database, "SET client_encoding = 'UTF8';\nSET cgae.notify = on;\n"
		  . "INSERT INTO cgae.agents (agent_id, model_name, model_config) VALUES (repeat('$char', 4200), 'm', '{}');");
	is_deeply([ events($payloads), $rest ], [ 'registration null 1', '' ], 'an id of 4200 characters that take two bytes');
}

is(run($superuser, 'postgres', $drop), '', 'cleaned up');
done_testing();
