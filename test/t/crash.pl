# kill -9 under load: eight connections certify, report drift, sweep, suspend, deregister,
# publish policies and move money, until a random number of certifications has been acknowledged;
# then the server is killed.  After each recovery check_registry() finds nothing, and everything
# that a client saw acknowledged is there.
#
#	CRASH_ROUNDS=25 CRASH_SEED=42 test/run tap:crash
use strict;
use warnings;
use IO::Handle;
use IPC::Open2;
use Test::More;
use Throwaway;
use Time::HiRes qw(sleep time);

plan(skip_all => 'a server does not run as root') if $> == 0;
my $rounds = $ENV{CRASH_ROUNDS} // 4;
my $seed = $ENV{CRASH_SEED} // (time * 1000) % 1_000_000;
my $clients = 8;
my $agents = 30;
note("seed $seed: CRASH_SEED=$seed repeats what is sent, not when the server dies");
srand($seed);

my $server = Throwaway->new(user => 'crash', settings => <<'CONF');
fsync = on
full_page_writes = on
synchronous_commit = on
max_wal_size = 64MB
checkpoint_timeout = 30s
wal_level = replica
restart_after_crash = off
deadlock_timeout = 200ms
CONF
$server->start;
my $dir = $server->{dir};
my $files = "$dir/seen";
mkdir($files) or die $!;

is(scalar($server->psql(<<SQL)), '', 'a registry');
\\o /dev/null
CREATE EXTENSION cgae;
SELECT cgae.create_registry();
SELECT cgae.publish_policy(decay_rate => 0.05, time_step => '1 second');
SELECT cgae.register_agent('m', '{}', agent_id => 'a' || i, registered_at => now() - interval '1 hour') FROM generate_series(1, $agents) AS i;
SQL

sub pick { return $_[rand @_] }
sub agent { return 'a' . (1 + int(rand($agents))) }
sub vector { return sprintf('(%.3f,%.3f,%.3f,%.3f)', map { 1 - rand() * rand() } 1 .. 4) }

# What a certification's row says, for the log of what was acknowledged.
my $result = "'C', agent_id, seq, outcome, coalesce(tier::text, '-'), status, coalesce(previous_tier::text, '-')";
# a1 and a2 stay, others are deregistered now and then and followed by new ones
my $hash = "(SELECT architecture_hash FROM cgae.agents WHERE agent_id = '%s')";

# One piece of work, as SQL that commits once, at its end or by itself.
sub work
{
	my ($client, $n) = @_;
	my ($a, $b, $v) = (agent(), agent(), vector());
	my $same = sprintf($hash, $a);
	($a, $b) = ($b, $a) if $a gt $b;
	my $dice = rand(100);
	return "SELECT $result FROM cgae.certify('$a', '$v');" if $dice < 22;
	return "SELECT $result FROM cgae.certify('$a', '$v', observed_architecture_hash => " . sprintf($hash, $a) . ");" if $dice < 32;
	return "SELECT $result FROM cgae.certify('$a', '$v', observed_architecture_hash => 'badc0ffee0ddf00d');" if $dice < 36;
	return "SELECT $result FROM cgae.certify_many('{" . join(',', map { agent() } 1 .. 5) . "}', '{" . join(',', map { '"' . vector() . '"' } 1 .. 5) . "}');" if $dice < 46;
	return "INSERT INTO cgae.certifications AS c (agent_id, robustness, audit_type) VALUES ('$a', '$v', 'spot') RETURNING $result;" if $dice < 54;
	return "INSERT INTO cgae.certifications AS c (agent_id, robustness) SELECT agent_id, '$v' FROM (VALUES ('$a'), ('$b')) AS x(agent_id) ORDER BY 1 RETURNING $result;" if $dice < 58;
	return "SELECT $result FROM cgae.demote('$a', '(0.1,0.1,0.1,0.9)');" if $dice < 60;
	return "SELECT 'O', cgae.observe_architecture('$a', " . (rand() < 0.5 ? "'0123456789abcdef'" : sprintf($hash, $a)) . ");" if $dice < 64;
	return 'SELECT * FROM cgae.apply_decay();' if $dice < 68;
	return 'CALL cgae.sweep_decay(2);' if $dice < 70;
	return "SELECT cgae." . pick('suspend', 'reinstate') . "('$a', '" . pick('x', 'y') . "');" if $dice < 77;
	return "UPDATE cgae.agents SET holds = '" . pick('{}', '{x}', '{p,q}') . "' WHERE agent_id = '$a';" if $dice < 79;
	return "UPDATE cgae.agents SET balance = balance + 1, total_earned = total_earned + 1, model_name = 'n$n' WHERE agent_id = '$a';" if $dice < 87;
	return "SELECT cgae.update_architecture('$a', '{\"n\": $n}');" if $dice < 89;
	return "SELECT 'P', cgae.publish_policy(ih_threshold => " . sprintf('%.2f', 0.3 + rand(0.4)) . ", note => '$client $n');" if $dice < 90;
	return "SELECT 'E', cgae.rotate_audit_seed();" if $dice < 91;
	return "SELECT 'R', cgae.register_agent('m', '{}');" if $dice < 93;
	return "SELECT 'D', agent_id, cgae.deregister_agent(agent_id) FROM cgae.agents WHERE agent_id LIKE 'agent\\_%' AND status <> 'deregistered' LIMIT 1;" if $dice < 94;
	return "BEGIN; SELECT $result FROM cgae.certify('$a', '$v'); SAVEPOINT s; SELECT 1 FROM cgae.certify('$a', '$v');"
	  . " UPDATE cgae.agents SET balance = 0 WHERE agent_id = '$a'; ROLLBACK TO s; SELECT $result FROM cgae.certify('$a', '$v'); COMMIT;" if $dice < 97;
	return "BEGIN ISOLATION LEVEL " . pick('REPEATABLE READ', 'SERIALIZABLE') . "; SELECT $result FROM cgae.certify('$a', '$v'); COMMIT;";
}

# A client: sends work until the server is gone.  What psql has answered in full is
# committed; it goes to the file at once.
sub client
{
	my ($client, $file) = @_;
	open(my $seen, '>>', $file) or die $!;
	$seen->autoflush(1);
	my $pid = open2(my $answers, my $psql, "$Throwaway::bin/psql -XqAt -F ' ' @{[$server->connection]} -d postgres 2>&1");
	$psql->autoflush(1);
	local $SIG{PIPE} = 'IGNORE';
	print $psql "SET client_min_messages = error;\n\\set VERBOSITY verbose\n";
	for (my $n = 1;; $n++)
	{
		my @lines;
		my $failed = 0;
		my $done = 0;
		print $psql work($client, $n), "\n\\echo DONE $n\n" or last;
		while (my $line = <$answers>)
		{
			$done = 1, last if $line eq "DONE $n\n";
			$failed = 1, print $seen "X $1\n" if $line =~ /^ERROR:\s+(.*)/;
			last if $line =~ /^(?:FATAL|PANIC)|server closed|connection to server/;
			push(@lines, $line) if $line =~ /^[CPERD] /;
		}
		last unless $done;
		if ($failed) { print $psql "ROLLBACK;\n" }
		else { print $seen @lines }
	}
	close($psql);
	waitpid($pid, 0);
	return;
}

# The postmaster, as the file says that it leaves behind when it is killed.
sub postmaster
{
	open(my $file, '<', "$dir/data/postmaster.pid") or return 0;
	return int(<$file> // 0);
}

# All that runs in the server's folder, orphans too.
sub processes { return grep { (readlink("/proc/$_/cwd") // '') eq "$dir/data" } map { m{(\d+)$} } glob('/proc/[0-9]*') }

# kill -9: everything at once, or the postmaster alone, whom the others follow when they notice.
# One that was being forked meanwhile, or waits for a lock of the dead, is killed after them.
sub kill_server
{
	my $all = rand() < 0.5;
	my $until = time + 300;
	my $patience = time + 5;
	my $postmaster = postmaster();
	kill('KILL', $postmaster, $all ? processes() : ());
	delete $server->{running};
	# a dead postmaster that nobody has taken note of would keep the next one from starting
	while (time < $until && (processes() || kill(0, $postmaster)))
	{
		kill('KILL', processes()) if $all || time > $patience;
		sleep(0.02);
	}
	return 0 if processes() || kill(0, $postmaster);
	# killed before it wrote its number into a lock file: no server starts until that is removed
	-z $_ && unlink($_) for "$dir/data/postmaster.pid", glob("$dir/.s.PGSQL.*.lock");
	return 1;
}

# A second crash, while the server recovers from the first.
sub crash_again
{
	my $dead = postmaster();
	my $until = time + 300;
	system("$Throwaway::bin/pg_ctl -D $dir/data -l $server->{log} -W start >/dev/null 2>&1");
	while (time < $until)
	{
		# the file is the dead server's until the new one takes over
		last if postmaster() != 0 && postmaster() != $dead && kill(0, postmaster());
		sleep(0.005);
	}
	sleep(rand(0.3));
	kill_server() or die 'the recovering server cannot be killed';
	return;
}

# How many certifications the clients have seen acknowledged: what their files have anew is added up.
my %read;
my $acknowledged = 0;

sub acknowledged
{
	for my $file (glob("$files/*"))
	{
		open(my $seen, '<', $file) or die "$file: $!";
		seek($seen, $read{$file} // 0, 0);
		while (my $line = <$seen>)
		{
			last unless $line =~ /\n\z/;	# not written to its end yet
			$acknowledged++ if $line =~ /^C /;
			$read{$file} += length($line);
		}
		close($seen);
	}
	return $acknowledged;
}

# Load runs until so many more have been, however long the machine takes for them.
sub wait_for_answers
{
	my ($more) = @_;
	my $enough = acknowledged() + $more;
	my $until = time + 300;
	sleep(0.01) while acknowledged() < $enough && time < $until;
	return $acknowledged >= $enough;
}

# What was acknowledged and is not there as it was told.
my $missing = <<'SQL';
CREATE TEMP TABLE seen (kind text, a text, b text, c text, d text, e text, f text);
\copy seen FROM PROGRAM 'cat %FILES/* | awk ''$1 != "X" { while (NF < 7) $(NF + 1) = "-"; print }''' (FORMAT csv, DELIMITER ' ')
SELECT 'certification', s.a, s.b FROM seen AS s WHERE kind = 'C' AND NOT EXISTS (SELECT FROM cgae.certifications AS c
  WHERE c.agent_id = s.a AND c.seq = s.b::int AND c.outcome = s.c AND coalesce(c.tier::text, '-') = s.d AND c.status::text = s.e AND coalesce(c.previous_tier::text, '-') = s.f);
SELECT 'certification told twice', a, b FROM seen WHERE kind = 'C' GROUP BY a, b HAVING count(*) > 1;
SELECT 'policy', s.a FROM seen AS s WHERE kind = 'P' AND NOT EXISTS (SELECT FROM cgae.gate_policies AS p WHERE p.version = s.a::int);
SELECT 'epoch', s.a FROM seen AS s WHERE kind = 'E' AND NOT EXISTS (SELECT FROM cgae.audit_seeds AS e WHERE e.epoch = s.a::int);
SELECT 'agent', s.a FROM seen AS s WHERE kind = 'R' AND NOT EXISTS (SELECT FROM cgae.agents AS a WHERE a.agent_id = s.a);
SELECT 'deregistration', s.a FROM seen AS s WHERE kind = 'D' AND NOT EXISTS (SELECT FROM cgae.agents AS a WHERE a.agent_id = s.a AND a.status = 'deregistered');
SQL
$missing =~ s/%FILES/$files/;

my $began = time;
my $least = 10;
for my $round (1 .. $rounds)
{
	my @pids;
	for my $client (1 .. $clients)
	{
		my $pid = fork() // die $!;
		if ($pid == 0)
		{
			$server->{running} = 0;	# not ours to stop
			srand($seed + 100 * $round + $client);
			client($client, "$files/$client");
			require POSIX;
			POSIX::_exit(0);
		}
		push(@pids, $pid);
	}
	my $answers = $least + int(rand(20 * $least));
	ok(wait_for_answers($answers), "round $round: $answers certifications were acknowledged");
	$server->psql('CHECKPOINT') if rand() < 0.3;
	ok(kill_server(), "round $round: killed");
	waitpid($_, 0) for @pids;

	crash_again() if rand() < 0.2;
	$server->start;
	is(scalar($server->psql('SELECT * FROM cgae.check_registry()')), '', "round $round: the registry agrees with itself");
	is(scalar($server->psql($missing)), '', "round $round: all that was acknowledged is there");
	BAIL_OUT('see above, seed ' . $seed) unless Test::More->builder->is_passing;
}

my %count;
my @other;
for my $file (glob("$files/*"))
{
	open(my $f, '<', $file) or die $!;
	while (<$f>)
	{
		$count{/^X (\w+)/ ? $1 : substr($_, 0, 1)}++;
		# a lock of the next agent taken out of order, a row changed meanwhile, a publication that others keep waiting, a
		# rule of the registry: no more
		push(@other, $1) if /^X ((?!(?:40001|40P01|55P03|55000|23514|42704):).*)/;
	}
}
note(sprintf('%.0f s; acknowledged and errors: %s', time - $began, join(', ', map { "$_ $count{$_}" } sort keys %count)));
cmp_ok($count{C} // 0, '>=', $least * $rounds, 'certifications were acknowledged');
is(join("\n", @other), '', 'no other errors than refusals');
$server->stop;
done_testing();
