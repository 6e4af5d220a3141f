# What doc/operations.md schedules with pg_cron, run by the real pg_cron on a server of
# our own: within a minute and a half, agents that are due have fallen.
use strict;
use warnings;
use Test::More;
use Throwaway;
use Time::HiRes qw(sleep time);

plan(skip_all => 'pg_cron is not installed') unless Throwaway::has_extension('pg_cron');
plan(skip_all => 'a server does not run as root') if $> == 0;

# The page's lines; its folder is above this one, or it was copied beside it.
my ($page) = grep { -e } map { "$_/doc/operations.md" } ($ENV{PG_ABS_SRCDIR} // '.', '.', '..', '../..');
my %command;
if (defined $page)
{
	open(my $file, '<', $page) or die $!;
	while (my $line = <$file>)
	{
		$command{$1} = $2 if $line =~ /^SELECT cron\.schedule\('([^']+)', '[^']+', '([^']+)'\);$/;
	}
	close($file);
}
ok($command{'cgae decay'}, 'the page says how to schedule sweeps');
$command{'a function'} = 'SELECT * FROM cgae.apply_decay()';

my $server = Throwaway->new(user => 'cron_owner',
	settings => "shared_preload_libraries = 'pg_cron'\ncron.database_name = 'postgres'\ncron.host = '%DIR'\n");
$server->start;

sub psql { return scalar($server->psql("SET client_min_messages = warning;\n$_[0]")) }

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

	# a minute begins within a minute; how long the jobs then take is the machine's affair
	my $jobs = keys %command;
	my $until = time + 300;
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
is($error, '', 'no accident') or diag($server->log);
$server->stop;
done_testing();
