# What the README schedules with pg_cron, run by the real pg_cron on a server of
# our own: within a minute and a half, agents that are due have fallen.
use strict;
use warnings;
use File::Temp qw(tempdir);
use Test::More;
use Time::HiRes qw(sleep time);

my $config = $ENV{PG_CONFIG} // 'pg_config';
chomp(my $bin = qx($config --bindir));
chomp(my $share = qx($config --sharedir));
plan(skip_all => "pg_cron is not installed ($share/extension/pg_cron.control); on Debian: postgresql-" . ($share =~ /(\d+)$/ ? $1 : 'NN') . '-cron')
  unless -e "$share/extension/pg_cron.control";
plan(skip_all => 'a server does not run as root') if $> == 0;

# The README's lines; its folder is above this one, or it was copied beside it.
my ($readme) = grep { -e } map { "$_/README.md" } ($ENV{PG_ABS_SRCDIR} // '.', '.', '..', '../..');
my %command;
if (defined $readme)
{
	open(my $file, '<', $readme) or die $!;
	while (my $line = <$file>)
	{
		$command{$1} = $2 if $line =~ /^    SELECT cron\.schedule\('([^']+)', '[^']+', '([^']+)'\);$/;
	}
	close($file);
}
ok($command{'cgae decay'}, 'the README says how to schedule sweeps');
$command{'a function'} = 'SELECT * FROM cgae.apply_decay()';

my $dir = tempdir(CLEANUP => 1);
my $log = "$dir/log";
delete @ENV{grep { /^PG(?!_)/ } keys %ENV};
@ENV{qw(PGHOST PGPORT PGUSER PGDATABASE PGOPTIONS)} = ($dir, 5432, 'cron_owner', 'postgres', '-c client_min_messages=warning');

sub psql
{
	my ($sql) = @_;
	open(my $file, '>', "$dir/in.sql") or die $!;
	print $file $sql;
	close($file);
	my $output = qx($bin/psql -XqAt -v ON_ERROR_STOP=1 -f $dir/in.sql 2>&1);
	chomp($output);
	return $output;
}

is(system("$bin/initdb -D $dir/data -U cron_owner -A trust -E UTF8 --locale=C --no-sync >$log 2>&1"), 0, 'a cluster');
open(my $conf, '>>', "$dir/data/postgresql.conf") or die $!;
# where the extension is
if (defined $ENV{TEMP_CONFIG} && open(my $settings, '<', $ENV{TEMP_CONFIG}))
{
	print $conf "\n", <$settings>;
	close($settings);
}
print $conf <<"CONF";
listen_addresses = ''
unix_socket_directories = '$dir'
port = 5432
fsync = off
shared_preload_libraries = 'pg_cron'
cron.database_name = 'postgres'
cron.host = '$dir'
CONF
close($conf);
is(system("$bin/pg_ctl -D $dir/data -l $log -w -t 60 start >/dev/null 2>&1"), 0, 'a server with pg_cron')
  or BAIL_OUT(qx(cat $log));

eval {
	is(psql(<<'SQL'), '', 'agents that are due');
\o /dev/null
CREATE EXTENSION pg_cron;
CREATE EXTENSION cgae;
SELECT cgae.create_registry();
INSERT INTO cgae.agents (agent_id, model_name, architecture_hash, registered_at)
  SELECT 'a' || i, 'm', '0123456789abcdef', now() - interval '300 days' FROM generate_series(1, 500) AS i;
INSERT INTO cgae.certifications (agent_id, robustness, certified_at)
  SELECT 'a' || i, '(0.95,0.95,0.95,0.95)', now() - i * interval '10 hours' FROM generate_series(1, 500) AS i;
SQL
	is(psql("SELECT count(*) > 400 FROM cgae.agents WHERE status = 'active' AND current_tier > cgae.effective_tier(agent_id)"), 't', 'they are');
	for my $job (sort keys %command)
	{
		like(psql("SELECT cron.schedule('$job', '* * * * *', '$command{$job}')"), qr/^\d+$/, "scheduled: $command{$job}");
	}

	# a minute begins within a minute
	my $jobs = keys %command;
	my $until = time + 85;
	my $done = '';
	while (time < $until)
	{
		$done = psql("SELECT count(DISTINCT jobid) FROM cron.job_run_details WHERE status IN ('succeeded', 'failed')");
		last if $done eq $jobs;
		sleep(0.5);
	}
	is($done, $jobs, 'every job has run');
	is(psql("SELECT DISTINCT jobname, status, CASE WHEN status <> 'succeeded' THEN return_message END FROM cron.job JOIN cron.job_run_details USING (jobid) ORDER BY 1, 2"),
		join("\n", map { "$_|succeeded|" } sort keys %command), 'with success');
	is(psql("SELECT count(*) FROM cgae.agents WHERE status IN ('active', 'expired') AND current_tier <> cgae.effective_tier(agent_id)"), '0', 'every agent is at its effective tier');
	is(psql("SELECT count(*) FROM cgae.agents WHERE status = 'active' AND cgae.effective_tier(agent_id) = 'T0' OR status = 'expired' AND current_tier > 'T0'"), '0', 'who reached T0 has expired');
	is(psql("SELECT count(*) - (SELECT count(*) FROM cgae.agents WHERE current_tier < certified_tier), count(DISTINCT agent_id) - count(*) FROM cgae.agent_events WHERE type IN ('decay', 'expiration')"), '0|0', 'each logged once');
};
my $error = $@;
system("$bin/pg_ctl -D $dir/data -m immediate -w stop >/dev/null 2>&1");
is($error, '', 'no accident') or diag(qx(tail -n 30 $log));
done_testing();
