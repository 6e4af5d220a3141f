# Copies of the registry that live: a physical standby, on which everything that reads works,
# and a logical subscriber.  Each is then promoted, and the registry goes on there.
use strict;
use warnings;
use File::Basename qw(dirname);
use Test::More;

BEGIN
{
	my $config = $ENV{PG_CONFIG} // 'pg_config';
	chomp(my $bin = qx($config --bindir));
	chomp(my $pgxs = qx($config --pgxs));
	my $top = dirname($pgxs) . '/../..';
	plan(skip_all => 'a server does not run as root') if $> == 0;
	plan(skip_all => 'PostgreSQL::Test is not here: the package with the server\'s headers has it')
	  unless -e "$top/src/test/perl/PostgreSQL/Test/Cluster.pm";
	plan(skip_all => 'IPC::Run is not installed; on Debian: libipc-run-perl') unless eval { require IPC::Run };
	# what "make prove_installcheck" sets
	delete @ENV{qw(PGHOST PGHOSTADDR PGPORT PGUSER PGPASSWORD PGDATABASE PGSERVICE PGOPTIONS)};
	$ENV{PATH} = "$bin:$ENV{PATH}";
	# for all queries of a session together
	$ENV{PG_TEST_TIMEOUT_DEFAULT} //= 1200;
	$ENV{PG_REGRESS} = "$top/src/test/regress/pg_regress";
	unshift(@INC, "$top/src/test/perl");
}
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Copy;

my ($owner, $auditor) = qw(cgae_copy_owner cgae_copy_auditor);

# Point the helpers of Copy at a server.
sub at
{
	my ($node) = @_;
	@Copy::settings = ('host=' . $node->host, 'port=' . $node->port);
	$Copy::superuser = getpwuid($<);
	return $node;
}

# The value of one statement.
sub value
{
	my ($node, $sql) = @_;
	return $node->safe_psql('registry', $sql);
}

my $primary = PostgreSQL::Test::Cluster->new('primary');
# roles of the test's own are let in
$primary->init(allows_streaming => 'logical', auth_extra => [ '--create-role', "$owner,$auditor" ]);
$primary->append_conf('postgresql.conf', "autovacuum = off\n");
$primary->start;
at($primary);
sql($Copy::superuser, 'postgres', "CREATE ROLE $owner LOGIN; CREATE ROLE $auditor LOGIN; CREATE DATABASE registry OWNER $owner ENCODING 'UTF8' TEMPLATE template0;");

# ---------------------------------------------------------------- physical

$primary->backup('base');
my $standby = PostgreSQL::Test::Cluster->new('standby');
$standby->init_from_backup($primary, 'base', has_streaming => 1);
# a read that would wait for a replayed lock is to fail, not to hang
$standby->append_conf('postgresql.conf', "hot_standby_feedback = on\nmax_standby_streaming_delay = 300s\n");
$standby->start;

# a session that has read the policy before there is a registry
my $reader = $standby->background_psql('postgres', on_error_stop => 0);
is(Copy::fill($owner, 'registry'), '', 'the owner makes a registry');
$primary->wait_for_catchup($standby);
my $original = contents('registry');
at($standby);
same_contents(contents('registry'), $original, 'standby: the same registry');
is_clean('registry', 'standby');
$reader->quit;

# All that reads, each alone; as a role that may only read, except for the audit list.
my %reads = (
	'SELECT cgae.gate_tier($$(0.7,0.7,0.7,0.7)$$)' => 'T3',
	'SELECT cgae.gate_tier($$(0.9,0.9,0.9,0.55)$$), cgae.gate_tier($$(0.9,0.9,0.9,0.55)$$, 1)' => 'T0|T5',
	'SELECT (cgae.gate_detail($$(0.7,0.7,0.7,0.7)$$)).binding_dimension' => 'cc',
	'SELECT cgae.permits($$agent 35$$, $$T4$$), cgae.permits($$agent 31$$, $$T1$$), cgae.permits($$nobody$$, $$T0$$)' => 't|f|f',
	'SELECT cgae.effective_tier($$agent 35$$), cgae.effective_tier($$agent 33$$)' => 'T4|T0',
	'SELECT cgae.tier_at($$agent 38$$, $$2025-02-01 01:00Z$$)' => '(active,T5,T4)',
	'SELECT count(*) FROM cgae.standing_as_of(now())' => '41',
	'SELECT count(*) FROM cgae.agent_standing' => '41',
	'SELECT count(*) > 40 FROM cgae.events' => 't',
	'SELECT count(*) > 30 FROM cgae.tier_changes' => 't',
	'SELECT count(*) > 30 FROM cgae.certification_history' => 't',
	'SELECT count(*) > 0 FROM cgae.expiring_agents' => 't',
	'SELECT count(*) > 0 FROM cgae.expiring_within($$1000 days$$)' => 't',
	'SELECT sum(agents) > 0 FROM cgae.binding_dimension_counts' => 't',
	'SELECT count(*) FROM cgae.tier_distribution()' => '6',
	'SELECT count(*) > 0 FROM cgae.tier_distribution_over_time($$2026-01-01Z$$, now(), $$30 days$$)' => 't',
	'SELECT count(*) > 0 FROM cgae.agents_by_tier($$T4$$)' => 't',
	'SELECT cgae.agent_record($$agent 2$$) ->> $$status$$' => 'suspended',
	'SELECT cgae.audit_cid($$agent 2$$)' => "0x\x{c3}\x{a9}",
	'SELECT count(*) >= 0 FROM cgae.policy_impact(1)' => 't',
	'SELECT count(*) >= 0 FROM cgae.policy_impact($${0,0.3,0.5,0.65,0.8,0.9}$$, $${0,0.3,0.5,0.65,0.8,0.9}$$, $${0,0.3,0.5,0.65,0.8,0.9}$$, 0.5)' => 't',
	'SELECT cgae.budget_ceiling($$T3$$), cgae.audit_probability($$T3$$, 1) > 0' => '1|t',
	'SELECT cgae.tier_drop_at($$(0.7,0.7,0.7,0.7)$$, $$2026-01-01Z$$) > $$2026-01-01Z$$' => 't',
	'SELECT cgae.chain_tier_agg(current_robustness) FROM cgae.agents WHERE status = $$active$$' => 'T0',
	'SELECT cgae.architecture_hash($${"a": 1}$$)' => 'f9d86028c6e0d64e',
	'SELECT count(*) FROM cgae.audit_epochs' => '2');
for my $sql (sort keys %reads)
{
	is(sql($auditor, 'registry', "SET client_encoding = 'UTF8'; $sql"), "$reads{$sql}\n", "standby reads: $sql");
}
is(sql($owner, 'registry', 'SELECT count(*) > 5 FROM cgae.due_audits($$2100-01-01Z$$)'), "t\n", 'standby reads: due_audits()');

# Locks that a standby may not take would have failed; nor does a reader wait for, or hold up, a
# publication that is being replayed.
is(sql($auditor, 'registry', <<'SQL'), "AccessShareLock\n", 'standby: a reader holds no lock above ACCESS SHARE');
\o /dev/null
BEGIN;
SELECT cgae.permits('agent 35', 'T4'), cgae.gate_tier('(0.7,0.7,0.7,0.7)');
SELECT * FROM cgae.agent_standing;
\o
SELECT DISTINCT mode FROM pg_locks WHERE locktype = 'relation' AND pid = pg_backend_pid();
COMMIT;
SQL

# What writes is refused as on any standby.
for my $sql ("cgae.certify('agent 35', '(1,1,1,1)')", "cgae.register_agent('m', '{}')", "cgae.suspend('agent 35', 'x')",
	"cgae.observe_architecture('agent 35', repeat('0', 64))", "cgae.update_architecture('agent 35', '{}')",
	"cgae.deregister_agent('agent 35')", "cgae.demote('agent 35', '(0,0,0,1)')", 'cgae.apply_decay()',
	'cgae.publish_policy()', 'cgae.rotate_audit_seed()', 'cgae.upgrade_registry()', 'cgae.create_registry()',
	"cgae.grant_access('$auditor', 'reader')")
{
	my $expected = $sql =~ /create_registry/ ? '42710' : '25006';
	is(sql($owner, 'registry', "\\set VERBOSITY sqlstate\nSELECT $sql;"), "ERROR:  $expected\n", "standby refuses $sql");
}
is(sql($owner, 'registry', "\\set VERBOSITY sqlstate\nCALL cgae.sweep_decay();"), "ERROR:  25006\n", 'standby refuses sweep_decay()');

# A session of the standby's notices a policy that is published on the primary.
my $session = $standby->background_psql('registry', on_error_stop => 0);
my $tier = q{SELECT cgae.gate_tier('(0.7,0.7,0.7,0.7)'), (cgae.gate_detail('(0.7,0.7,0.7,0.7)')).g_cc;};
is($session->query($tier), 'T3|3', 'standby: a session has read the policy');
at($primary);
is(sql($owner, 'registry', q{SELECT cgae.publish_policy(cc => '{0,0.75,0.8,0.85,0.9,0.95}')}), "3\n", 'a policy is published');
$primary->wait_for_catchup($standby);
is($session->query($tier), 'T0|0', 'standby: the session judges by it');
is($session->query("SELECT cgae.permits('agent 35', 'T4'), cgae.effective_tier('agent 35')"), 'f|T3', 'standby: so does permits()');
at($primary);
sql($owner, 'registry', q{SELECT cgae.publish_policy(cc => '{0,0.30,0.50,0.65,0.80,0.90}')});
my $before = contents('registry');
$primary->wait_for_catchup($standby);

# ------------------------------------------------------------------ logical

my $subscriber = PostgreSQL::Test::Cluster->new('subscriber');
$subscriber->init(allows_streaming => 'logical', auth_extra => [ '--create-role', "$owner,$auditor" ]);
$subscriber->start;
at($subscriber);
sql($Copy::superuser, 'postgres', "CREATE ROLE $owner LOGIN; CREATE ROLE $auditor LOGIN; CREATE DATABASE registry OWNER $owner ENCODING 'UTF8' TEMPLATE template0;");
my $connection = 'host=' . $primary->host . ' port=' . $primary->port . ' dbname=registry';
is(system("pg_dump --schema-only -d '$connection' | psql -Xq -o /dev/null -v ON_ERROR_STOP=1 -d 'host=" . $subscriber->host . ' port=' . $subscriber->port . " dbname=registry'"), 0, 'subscriber: the schema');
value($primary, 'CREATE PUBLICATION registry FOR ALL TABLES');
value($subscriber, "CREATE SUBSCRIPTION registry CONNECTION '$connection' PUBLICATION registry");
$subscriber->wait_for_subscription_sync($primary, 'registry', 'registry');
same_contents(contents('registry'), $before, 'subscriber: the same registry');
is_clean('registry', 'subscriber');
is(value($subscriber, q{SELECT string_agg(relname, ' ') FROM pg_class AS c WHERE relnamespace = 'cgae'::regnamespace AND relkind IN ('r', 'p')
	AND NOT EXISTS (SELECT FROM pg_index WHERE indrelid = c.oid AND indisprimary)}), '', 'each table has a replica identity: its primary key');

# What the primary does from now on comes over; sessions of the subscriber's notice its policies,
# also while the trigger that announces them is an ordinary one.
my $other = $subscriber->background_psql('registry', on_error_stop => 0);
is($other->query($tier), 'T3|3', 'subscriber: a session has read the policy');
for my $case ([ 'announced', '{0,0.75,0.8,0.85,0.9,0.95}', 'T0|0', 'A' ], [ 'not announced', '{0,0.30,0.50,0.60,0.65,0.90}', 'T3|4', 'O' ])
{
	my ($name, $cc, $expected, $enabled) = @$case;
	if ($enabled eq 'O')
	{
		value($subscriber, 'ALTER TABLE cgae.gate_policies ENABLE TRIGGER zz_cgae_invalidate');
		is($other->query($tier), 'T0|0', "subscriber: read again");
	}
	at($primary);
	sql($owner, 'registry', "SELECT cgae.publish_policy(cc => '$cc')");
	$primary->wait_for_catchup('registry');
	is($other->query($tier), $expected, "subscriber: the session judges by a new policy, $name");
}
at($primary);
is(sql($owner, 'registry', <<'SQL'), '', 'the primary goes on');
\o /dev/null
SET client_min_messages = error;
SELECT cgae.register_agent('m', '{"new": 1}', agent_id => 'new');
SELECT cgae.certify('new', '(0.95,0.95,0.95,0.95)');
SELECT cgae.certify('new', '(0.95,0.95,0.95,0.95)', observed_architecture_hash => '0123456789abcdef');
SELECT cgae.suspend('agent 28', 'y');
SELECT cgae.demote('agent 26', '(0.1,0.1,0.1,0.9)');
UPDATE cgae.agents SET balance = 5, region = 'eu' WHERE agent_id = 'agent 25';
SELECT cgae.rotate_audit_seed();
SQL
my $now = contents('registry');
$primary->wait_for_catchup('registry');
at($subscriber);
is(sql($owner, 'registry', 'SELECT cgae.upgrade_registry()'), "1\n", 'subscriber: the trigger is put back');
same_contents(contents('registry'), $now, 'subscriber: the same registry still');
is_clean('registry', 'subscriber, later');
is($other->query($tier), 'T3|4', 'subscriber: the session knows the policy');

# Both take over, one after the other.  The last policy of the fixture comes back first, since
# what follows is written for it.
at($primary);
sql($owner, 'registry', q{SELECT cgae.publish_policy(cc => '{0,0.30,0.50,0.65,0.80,0.90}')});
$primary->wait_for_catchup('registry');
$primary->wait_for_catchup($standby);
value($subscriber, 'DROP SUBSCRIPTION registry');
$primary->stop;
at($subscriber);
promoted($subscriber, 'subscriber promoted');
$standby->promote;
at($standby);
is($session->query('SELECT pg_is_in_recovery()'), 'f', 'the standby is promoted');
promoted($standby, 'standby promoted');
is($session->query("SELECT tier FROM cgae.certify('agent 35', '(0.9,0.9,0.9,0.9)')"), 'T5', 'standby promoted: a session from before certifies');
$session->quit;
$other->quit;

# The registry goes on where it was: number 3 of agent 35 was the stricter policy's.
sub promoted
{
	my ($node, $name) = @_;
	is(sql($owner, 'registry', <<'SQL'), <<'OUT', "$name: certifying goes on");
SELECT outcome, seq, tier, status, previous_tier FROM cgae.certify('agent 35', '(1,1,1,0.61)');
SELECT outcome, seq, tier, status FROM cgae.certify('agent 1', '(1,1,1,0.59)');
SELECT outcome, seq, status FROM cgae.certify('new', '(1,1,1,1)', observed_architecture_hash => (SELECT architecture_hash FROM cgae.agents WHERE agent_id = 'new'));
SELECT cgae.register_agent('late', '{}', agent_id => 'late');
SELECT cgae.rotate_audit_seed();
SELECT lowered FROM cgae.apply_decay();
INSERT INTO public.contracts VALUES (2, 'agent 35') RETURNING contract;
\set VERBOSITY sqlstate
UPDATE cgae.agents SET current_tier = 'T5' WHERE agent_id = 'agent 1';
DELETE FROM cgae.certifications;
SQL
certified|4|T5|active|T4
failed|3|T0|suspended
certified|4|active
late
4
0
2
ERROR:  428C9
ERROR:  23001
OUT
	return is_clean('registry', "$name: afterwards");
}

done_testing();
