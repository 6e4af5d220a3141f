# A clock that is stepped forth and back under a running server, by libfaketime: order is that of
# seq and recorded_at, decay is the clock's; nobody keeps authority from a date that lies ahead, an
# honest audit cures at once, and check_registry() accuses nobody of what the guards wrote.
use strict;
use warnings;
use Test::More;
use Throwaway;

my ($library) = (glob('/usr/lib/*/faketime/libfaketime.so.1'), glob('/usr/lib/faketime/libfaketime.so.1'));
plan(skip_all => 'libfaketime is not installed') unless defined $library;
plan(skip_all => 'a server does not run as root') if $> == 0;
# with both preloaded the server does not start
plan(skip_all => 'a faked clock does not go with the runtime of a sanitizer') if ($ENV{LD_PRELOAD} // '') =~ /asan/;

my $server = Throwaway->new(user => 'clock_owner', settings => "autovacuum = off\nmax_prepared_transactions = 1\n",
	environment => {
		LD_PRELOAD => $library, FAKETIME_TIMESTAMP_FILE => '%DIR/now', FAKETIME_NO_CACHE => 1,
		FAKETIME_DONT_FAKE_MONOTONIC => 1, DONT_FAKE_MONOTONIC => 1, NO_FAKE_STAT => 1 });
my $offset = 0;

# A shell command that sets the server's clock off by so many seconds.
sub stepping
{
	my ($seconds) = @_;
	return sprintf("echo '%+d' > %s/next && mv %s/next %s/now", $seconds, ($server->{dir}) x 3);
}

sub step
{
	($offset) = @_;
	system(stepping($offset)) == 0 or die 'the clock cannot be set';
	return;
}

sub psql { return scalar($server->psql("SET client_min_messages = error;\n$_[0]")) }

# What a statement fails with; ok when it does not.
sub try
{
	my ($sql) = @_;
	my $said = scalar($server->psql("\\set VERBOSITY sqlstate\nSET client_min_messages = error;\n\\o /dev/null\n$sql;\n\\o"));
	return $said =~ /^ERROR:\s+(\w+)/m ? $1 : $said eq '' ? 'ok' : $said;
}

# Rules that check_registry() names, but for dates that lie ahead.
sub accused { return psql("SELECT concat_ws(' ', agent_id, rule, detail) FROM cgae.check_registry() WHERE rule <> 'clock'") }
sub ahead { return psql("SELECT string_agg(DISTINCT coalesce(agent_id, split_part(detail, ' ', 1)), ' ' ORDER BY coalesce(agent_id, split_part(detail, ' ', 1))) FROM cgae.check_registry() WHERE rule = 'clock'") }

# What an agent may do, by everything that can be asked, and the tier that is stored.
sub standing
{
	my ($id) = @_;
	return psql(<<"SQL");
SELECT concat_ws(' ', cgae.effective_tier('$id'), s.effective_tier, cgae.permits('$id', 'T1'), (cgae.tier_at('$id', statement_timestamp())).effective_tier,
  (SELECT w.effective_tier FROM cgae.standing_as_of(statement_timestamp()) AS w WHERE w.agent_id = '$id'), s.current_tier, s.status)
  FROM cgae.agent_standing AS s WHERE s.agent_id = '$id'
SQL
}

my $minute = 60;
my $hour = 60 * $minute;
my $year = 365 * 24 * $hour;
step(0);

eval {
	$server->start;
	is(psql(<<'SQL'), '', 'a registry');
\o /dev/null
CREATE EXTENSION cgae;
SELECT cgae.create_registry();
CREATE TABLE contracts (agent_id text);
CREATE TRIGGER needs AFTER INSERT ON contracts FOR EACH ROW EXECUTE FUNCTION cgae.require_tier('agent_id', 'T1');
SELECT cgae.register_agent('m', '{}', agent_id => id) FROM unnest('{fast,gone,little,later,plain}'::text[]) AS id;
SELECT cgae.certify(id, '(0.6,0.6,0.6,0.9)') FROM unnest('{fast,gone,little}'::text[]) AS id;
SQL
	step(-$hour);
	is(psql("SELECT clock_timestamp() < max(recorded_at) - interval '59 min' FROM cgae.agents"), 't', 'the clock can be stepped');

	# ten years ahead for one certification and one registration
	step(10 * $year);
	is(psql(<<'SQL'), '', 'ten years ahead');
\o /dev/null
SELECT cgae.certify('fast', '(1,1,1,1)'), cgae.certify('gone', '(1,1,1,1)', observed_architecture_hash => (SELECT architecture_hash FROM cgae.agents WHERE agent_id = 'gone'));
SELECT cgae.register_agent('m', '{}', agent_id => 'born');
SQL
	is(standing('fast'), 'T5 T5 t T5 T5 T5 active', 'whoever asks by that clock sees nothing strange');
	is(accused() . ahead(), '', 'nor does check_registry()');
	step(0);
	is(standing('fast'), 'T0 T0 f T0 T0 T5 active', 'back: T0, whatever is asked; the stored tier is left alone');
	is(try("INSERT INTO contracts VALUES ('fast')"), '42501', '... by require_tier, too');
	is(try("SELECT cgae.apply_decay()") . ' ' . try("CALL cgae.sweep_decay()") . ' ' . standing('fast'), 'ok ok T0 T0 f T0 T0 T5 active', 'sweeps do not lower it');
	is(try("UPDATE cgae.agents SET current_tier = 'T0' WHERE agent_id = 'fast'"), '428C9', '... nor does one by hand');
	is(accused(), '', 'nobody is accused');
	is(ahead(), 'born fast gone', 'but the dates are named');
	is(psql('SELECT dates_ahead FROM cgae.registry_health'), '3', '... and counted');
	is(try("SELECT cgae.certify('$_->[0]', '(0.7,0.7,0.7,0.9)', certified_at => $_->[1])"), '23514', "a given time is refused: $_->[0], $_->[1]")
		for map { my $id = $_; map { [$id, $_] } ('now()', "now() + interval '1 year'", "now() + interval '11 years'") } qw(fast born);
	is(try("SELECT cgae.deregister_agent('gone', now())"), '23514', '... for a deregistration, too');
	is(try("SELECT cgae.certify('$_', '(0.7,0.7,0.7,0.9)')"), 'ok', "an honest audit of $_") for qw(fast born);
	is(standing($_), 'T3 T3 t T3 T3 T3 active', '... cures at once') for qw(fast born);
	is(try("SELECT cgae.certify('fast', '(0.7,0.7,0.7,0.9)', certified_at => clock_timestamp())"), 'ok', '... and then a given time will do');
	is(try("INSERT INTO cgae.certifications (agent_id, robustness) VALUES ('born', '(0.7,0.7,0.7,0.9)')") . try("INSERT INTO contracts VALUES ('fast')"), 'okok', '... and all else');
	is(try("SELECT cgae.deregister_agent('gone')"), 'ok', 'a deregistration by the clock');
	is(psql("SELECT string_agg(agent_id || ' ' || (abs(extract(epoch FROM clock_timestamp() - coalesce(deregistered_at, certified_at))) < 60) || ' ' || (recorded_at > now() + interval '9 years'), ', ' ORDER BY agent_id) FROM cgae.agents WHERE agent_id IN ('fast', 'born', 'gone')"),
		'born true true, fast true true, gone true true', 'they are dated by the clock, and recorded in the order of the history');
	is(accused(), '', 'nobody is accused');

	# policies and epochs
	step(10 * $year);
	is(try("SELECT cgae.publish_policy(note => 'fast'), cgae.rotate_audit_seed()"), 'ok', 'published and rotated ten years ahead');
	step(0);
	is(psql('SELECT policy_version, seed_epoch, seed_age, dates_ahead FROM cgae.registry_health'), '2|2|00:00:00|6', 'no age is negative; the dates are counted');
	is(accused(), '', 'nobody is accused');
	is(ahead(), 'born created_at effective_from fast gone little revealed_at', 'all are named');
	is(standing($_), 'T0 T0 f T0 T0 T0 expired', "what had decayed by that clock stays so, and an audit cures: $_") for qw(fast little);
	is(try("SELECT cgae.certify('little', '(0.7,0.7,0.7,0.9)')") . ' ' . standing('little'), 'ok T3 T3 t T3 T3 T3 active', '... at once');
	is(try("SELECT cgae.publish_policy(note => 'right'), cgae.rotate_audit_seed()"), 'ok', 'published and rotated by a right clock');
	is(psql("SELECT abs(extract(epoch FROM clock_timestamp() - (SELECT created_at FROM cgae.audit_seeds WHERE epoch = 3))) < 60, (SELECT revealed_at FROM cgae.audit_seeds WHERE epoch = 2) = (SELECT created_at FROM cgae.audit_seeds WHERE epoch = 3)"), 't|t', 'one that lies ahead holds nobody back');
	step(-30);
	is(try("SELECT cgae.publish_policy(note => 'half a minute back'), cgae.rotate_audit_seed(), cgae.rotate_audit_seed()"), 'ok', 'half a minute back');
	is(psql('SELECT count(*), count(DISTINCT created_at) FROM cgae.audit_seeds WHERE epoch >= 3'), '3|1', 'epochs do not run backwards');
	is(psql("SELECT seed_age FROM cgae.registry_health"), '00:00:00', 'nor is their age negative');
	is(accused(), '', 'nobody is accused');
	is(psql("SELECT count(*) >= 0 FROM cgae.due_audits()"), 't', 'the lottery goes on');

	# a policy from before the clock was stepped back, which lowers tiers afterwards
	step(0);
	is(psql(<<'SQL'), '', 'agents whose tier falls under another policy alone');
\o /dev/null
SELECT cgae.register_agent('m', '{}', agent_id => 'late' || n, registered_at => now() - interval '9 days') FROM generate_series(1, 3) AS n;
SELECT cgae.certify('late' || n, '(0.95,0.95,0.95,0.95)', certified_at => now() - n * interval '1 day') FROM generate_series(1, 3) AS n;
SQL
	step(20);
	is(try("SELECT cgae.publish_policy(decay_rate => 0.1)"), 'ok', 'a policy');
	step(0);
	is(psql("SELECT lowered + expired FROM cgae.apply_decay()"), '3', 'steps back, and they fall');
	is(psql("SELECT count(*) FROM cgae.agent_events, cgae.gate_policies AS p WHERE type = 'decay' AND recorded_at < p.effective_from AND (data->>'policy_version')::int = p.version"), '3', '... by a policy that dates alone do not tell');
	is(accused(), '', 'nobody is accused');
	step(2 * $minute);
	is(accused(), '', '... nor later on');
	is(try("SELECT cgae.publish_policy(decay_rate => 0.01)"), 'ok', 'the old policy again');

	# decay under a policy from before the clock was stepped back, which judged the certification
	step($hour);
	is(try("SELECT cgae.publish_policy(decay_rate => 1, time_step => '1 s')"), 'ok', 'a fast policy');
	step(0);
	is(try("SELECT cgae.certify(cgae.register_agent('m', '{}', agent_id => 'falls'), '(0.95,0.95,0.95,0.95)')"), 'ok', '... that judges');
	step(30);
	is(psql("SELECT lowered + expired > 0 FROM cgae.apply_decay()"), 't', '... and lets decay');
	is(psql("SELECT data FROM cgae.agent_events WHERE agent_id = 'falls' AND type = 'expiration'"),
		'{"status": "expired", "new_tier": "T0", "old_tier": "T5", "policy_version": ' . psql('SELECT max(version) FROM cgae.gate_policies') . '}', 'the fall is by decay, and names its policy');
	is(accused(), '', 'nobody is accused');
	is(try("SELECT cgae.publish_policy(decay_rate => 0.01, time_step => '1 day')"), 'ok', 'the old policy again');

	# a publication waits when the clock is stepped back: its patience is not the clock's
	step(2 * $minute);
	is(try("BEGIN;\nUPDATE cgae.agents SET balance = balance + 1 WHERE agent_id = 'little';\nPREPARE TRANSACTION 'idle'"), 'ok', 'a transaction stays open');
	my $begun = time;
	open(my $publisher, '-|', "$Throwaway::bin/psql -XAtq @{[$server->connection]} -d postgres -v VERBOSITY=sqlstate -c 'SELECT cgae.publish_policy()' 2>&1") or die $!;
	# (a publisher that has given up already is not seen any more)
	for (1 .. 300)
	{
		last if psql("SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'Extension' AND query ~ '^SELECT cgae.publish_policy'") ne '0';
	}
	step(0);
	is(join('', <$publisher>), "ERROR:  55P03\n", 'a publication meets it, and gives up');
	close($publisher);
	cmp_ok(time - $begun, '<', 2 * $minute, '... before the clock is where it was');
	is(try("ROLLBACK PREPARED 'idle'"), 'ok', 'it ends');

	# the clock is stepped within a transaction
	step($hour);
	my $back = stepping(0);
	is(try(<<"SQL"), 'ok', 'stepped back within a transaction');
BEGIN;
SELECT cgae.certify('plain', '(1,1,1,1)'), cgae.suspend('plain', 'h');
\\! $back
SELECT cgae.register_agent('m', '{}', agent_id => 'within'), cgae.certify('within', '(1,1,1,1)'), cgae.reinstate('plain', 'h'), cgae.apply_decay();
INSERT INTO cgae.agents (agent_id, model_name, model_config) VALUES ('within too', 'm', '{}');
UPDATE cgae.agents SET holds = '{x}', model_config = '{"n": 1}', observed_architecture_hash = '0000000000000000', status = 'deregistered' WHERE agent_id = 'within';
COMMIT
SQL
	is(standing('plain'), 'T0 T0 f T0 T0 T5 active', 'an hour ahead');
	is(accused(), '', 'nobody is accused');
	is(try("SELECT cgae.certify('plain', '(1,1,1,1)', request_id => 'r')") . try("SELECT cgae.certify('plain', '(1,1,1,1)', request_id => 'r')"), 'okok', 'repeated');
	is(standing('plain'), 'T5 T5 t T5 T5 T5 active', 'cured');

	# every way of writing, under a clock that goes wherever it likes
	my $n = 0;
	for my $at (0, 40, 20, 0, $hour, $hour - 50, $hour - 2 * $minute, 0, -$hour, 11 * $year, 11 * $year - 10, 0, -3 * $year, 0, 30)
	{
		step($at);
		$n++;
		my $said = psql(<<"SQL");
\\o /dev/null
SELECT cgae.register_agent('m', '{"n": $n}', agent_id => id || $n) FROM unnest('{a,b,c,d,e,f}'::text[]) AS id;
INSERT INTO cgae.agents (agent_id, model_name, model_config) VALUES ('x$n', 'm', '{}') RETURNING cgae.certify(agent_id, '(1,1,1,1)'), cgae.suspend(agent_id, 'h');
SELECT cgae.certify(agent_id, '(0.95,0.95,0.95,0.95)') FROM cgae.agents WHERE agent_id ~ '^[a-f]' AND agent_id !~ '^b' AND status <> 'deregistered' ORDER BY agent_id;
INSERT INTO cgae.certifications (agent_id, robustness) SELECT agent_id, '(0.8,0.8,0.8,0.8)' FROM cgae.agents WHERE agent_id ~ '^[ab]' ORDER BY agent_id;
COPY cgae.certifications (agent_id, robustness) FROM stdin;
a$n	(0.9,0.9,0.9,0.9)
b$n	(0.9,0.9,0.9,0.9)
\\.
SELECT cgae.certify_many(array_agg(agent_id ORDER BY agent_id), array_agg('(0.97,0.97,0.97,0.97)'::cgae.robustness)) FROM (SELECT agent_id FROM cgae.agents, generate_series(1, 2) WHERE agent_id ~ '^[ab]') AS s;
SELECT cgae.demote(agent_id, '(0.31,0.31,0.31,0.9)') FROM cgae.agents WHERE agent_id ~ '^a' ORDER BY agent_id;
SELECT cgae.certify(agent_id, NULL, observed_architecture_hash => '0000000000000000', certified_at => '2300-01-01'), cgae.certify(agent_id, '(1,1,1,1)', observed_architecture_hash => architecture_hash) FROM cgae.agents WHERE agent_id ~ '^c' ORDER BY agent_id;
SELECT cgae.suspend(agent_id, 'h'), cgae.suspend(agent_id, 'i'), cgae.reinstate(agent_id, 'h'), cgae.reinstate(agent_id, 'i') FROM cgae.agents WHERE agent_id ~ '^d' ORDER BY agent_id;
SELECT cgae.observe_architecture(agent_id, '${\ sprintf('%016x', $n)}') FROM cgae.agents WHERE agent_id ~ '^d' ORDER BY agent_id;
SELECT cgae.update_architecture(agent_id, '{"n": [$n]}') FROM cgae.agents WHERE agent_id ~ '^[ce]' AND status <> 'deregistered' ORDER BY agent_id;
SELECT cgae.deregister_agent(agent_id) FROM cgae.agents WHERE agent_id ~ '^f' ORDER BY agent_id;
SELECT cgae.apply_decay(batch => 2);
SELECT cgae.publish_policy(decay_rate => 0.01 * (1 + $n % 3));
CALL cgae.sweep_decay();
SELECT cgae.rotate_audit_seed();
SELECT cgae.publish_policy(cc => CASE WHEN $n % 2 = 0 THEN '{0,0.3,0.5,0.65,0.8,0.9}'::float8[] ELSE '{0,0.3,0.5,0.7,0.85,0.99}' END);
SELECT cgae.apply_decay();
SQL
		is($said, '', "everything at once, the clock off by $at s");
		is(accused(), '', '... and nobody is accused');
		is(psql(<<'SQL'), '', '... and everybody says the same');
SELECT agent_id, s.effective_tier, e, t.effective_tier, w.effective_tier
  FROM cgae.agent_standing AS s CROSS JOIN LATERAL cgae.effective_tier(agent_id) AS e CROSS JOIN LATERAL cgae.tier_at(agent_id, statement_timestamp()) AS t
  JOIN cgae.standing_as_of(statement_timestamp()) AS w USING (agent_id)
 WHERE s.effective_tier <> e OR t.effective_tier <> e OR w.effective_tier <> e OR cgae.permits(agent_id, 'T1') <> (e >= 'T1')
SQL
	}
	for my $at (0, $hour, 5 * $year)
	{
		step($at);
		is(accused(), '', "nobody is accused with the clock off by $at s");
	}
	step(12 * $year);
	is(psql('SELECT * FROM cgae.check_registry()'), '', 'once nothing lies ahead any more, nothing is named');
	is(psql('SELECT dates_ahead FROM cgae.registry_health'), '0', '... or counted');
	is(psql("SELECT count(*) FROM (SELECT recorded_at < lag(recorded_at) OVER (PARTITION BY agent_id ORDER BY seq) AS back FROM cgae.events) AS e WHERE back"), '0', 'no fact was recorded before the one before it');
};
my $error = $@;
is($error, '', 'no accident') or diag($server->log);
$server->stop;
done_testing();
