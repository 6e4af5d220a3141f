# A revealed epoch of the audit lottery, exported by a reader, is verified by a script that
# shares nothing with the extension: verify_epoch.py, with Python's hmac.  Also: the draw is the
# same in every database encoding.
use strict;
use warnings;
use File::Basename qw(dirname);
use File::Temp qw(tempdir);
use Test::More;

my $folder = tempdir(CLEANUP => 1);
my $script = dirname(__FILE__) . '/verify_epoch.py';

# Run SQL in a database; returns what it prints and whether it went well.
sub psql {
    my ($database, $sql) = @_;
    my $file = "$folder/in.sql";
    open(my $out, '>:encoding(UTF-8)', $file) or die "$file: $!";
    print $out "SET client_min_messages = warning;\n$sql";
    close($out) or die "$file: $!";
    my $printed = `psql -XqAt -v ON_ERROR_STOP=1 -d $database -f $file 2>&1`;
    chomp $printed;
    return ($printed, $? == 0);
}

# Run SQL that must go well.
sub run {
    my ($database, $sql) = @_;
    my ($printed, $ok) = psql($database, $sql);
    BAIL_OUT("SQL failed: $printed") unless $ok;
    return $printed;
}

# Write a query's result into a file of the folder, as a role.
sub export {
    my ($role, $name, $query) = @_;
    $query =~ s/\s+/ /g;
    run('cgae_audit_epoch', "SET ROLE $role;\n\\copy ($query) TO '$folder/$name.csv' WITH (FORMAT csv, HEADER, ENCODING 'UTF8')\n");
}

# Run the script; returns what it prints and whether it was content.
sub verify {
    my ($python) = @_;
    my $printed = `$python $script $folder 2>&1`;
    chomp $printed;
    return ($printed, $? == 0);
}

my ($python) = grep { system("$_ -c 'import hmac' >/dev/null 2>&1") == 0 } qw(python3 /usr/bin/python3);

my $micros = sub { "(extract(epoch FROM $_[0]) * 1000000)::int8 AS $_[1]" };
my $prepare = <<'SQL';
DROP DATABASE IF EXISTS cgae_audit_epoch;
DROP DATABASE IF EXISTS cgae_audit_latin1;
DROP ROLE IF EXISTS cgae_audit_reader;
DROP ROLE IF EXISTS cgae_audit_operator;
SQL
run('postgres', $prepare);
run('postgres', <<'SQL');
CREATE ROLE cgae_audit_reader;
CREATE ROLE cgae_audit_operator;
CREATE DATABASE cgae_audit_epoch ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0;
CREATE DATABASE cgae_audit_latin1 ENCODING 'LATIN1' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0;
SQL

my $draw = "SELECT cgae.audit_draw('secret', U&'\\00E9:1', 7)";
run('cgae_audit_latin1', 'CREATE EXTENSION cgae');
run('cgae_audit_epoch', 'CREATE EXTENSION cgae');
is(run('cgae_audit_latin1', $draw), run('cgae_audit_epoch', $draw), 'the draw is the same in LATIN1 as in UTF8');

# A time step of a tenth of a second, so that epochs of half a second have something to draw.
run('cgae_audit_epoch', <<'SQL');
SELECT cgae.create_registry();
SELECT cgae.grant_access('cgae_audit_reader', 'reader'), cgae.grant_access('cgae_audit_operator', 'operator');
SELECT cgae.publish_policy(audit_intensities => '{0, 0.01, 0.02, 0.1, 0.3, 1}', decay_rate => 0, time_step => '0.1 s');
INSERT INTO cgae.agents (agent_id, model_name, model_config, registered_at)
SELECT CASE i % 4 WHEN 0 THEN 'agent_' || i WHEN 1 THEN U&'\00E9t\00E9 \6771\4EAC \+01F600 ' || i WHEN 2 THEN 'a:' || i || ':2' ELSE E'"a", ''b''\n' || i END,
       'm', '{}', now() - interval '1 day'
  FROM generate_series(1, 600) AS i;
INSERT INTO cgae.certifications (agent_id, robustness, certified_at)
SELECT agent_id, cgae.robustness(s, s, s, 1), CASE WHEN i % 5 = 0 THEN now() - interval '2 seconds' END
  FROM (SELECT agent_id, row_number() OVER (ORDER BY agent_id) AS i FROM cgae.agents) AS a,
       LATERAL (SELECT ('{0.1,0.3,0.5,0.7,0.8,0.95}'::float8[])[1 + i % 6] AS s) AS s;
SELECT pg_sleep(0.5);
SELECT cgae.rotate_audit_seed();
SELECT pg_sleep(0.3);
-- some are audited again in the second epoch, and draw anew
INSERT INTO cgae.certifications (agent_id, robustness)
SELECT agent_id, current_robustness FROM cgae.agents WHERE agent_id LIKE '%7%';
SELECT pg_sleep(0.5);
SELECT cgae.rotate_audit_seed();
SELECT cgae.rotate_audit_seed();
SELECT pg_sleep(0.2);
SQL

my $last = '(SELECT max(revealed_at) FROM cgae.audit_epochs)';
export('cgae_audit_reader', 'policy',
    "SELECT array_to_json(audit_intensities) AS audit_intensities, " . $micros->('time_step', 'time_step') .
    ' FROM cgae.gate_policies ORDER BY version DESC LIMIT 1');
export('cgae_audit_reader', 'epochs',
    'SELECT epoch, commitment, ' . $micros->('created_at', 'created_at') . ', ' . $micros->('revealed_at', 'revealed_at') .
    q{, encode(secret, 'hex') AS secret FROM cgae.audit_epochs});
export('cgae_audit_reader', 'certifications',
    'SELECT DISTINCT ON (agent_id) agent_id, seq, tier, ' . $micros->('certified_at', 'certified_at') .
    ' FROM cgae.certifications ORDER BY agent_id, seq DESC');
export('cgae_audit_reader', 'draws',
    'SELECT epoch, agent_id, seq, cgae.audit_draw(secret, agent_id, seq) AS u' .
    ' FROM cgae.certifications, cgae.audit_epochs WHERE secret IS NOT NULL');
export('cgae_audit_operator', 'due',
    'SELECT agent_id, seq, ' . $micros->('due_at', 'due_at') . " FROM cgae.due_audits($last) WHERE due_at < $last");

is(run('cgae_audit_epoch', 'SET ROLE cgae_audit_reader; SELECT count(*), count(secret) FROM cgae.audit_epochs'),
    '4|3', 'a reader sees the commitments of four epochs and the secrets of the three that ended');

SKIP: {
    skip 'no python3', 5 unless $python;
    my ($printed, $ok) = verify($python);
    ok($ok, 'the revealed epochs verify') or diag($printed);
    like($printed, qr/^3 epochs, [0-9]{4} draws and [1-9][0-9]{2} audits verified$/, 'all of them, and enough audits to tell');

    # The script can tell: a forged secret, an audit spared, a draw altered.
    my $forge = sub {
        my ($name, $change) = @_;
        local $/;
        open(my $in, '<', "$folder/$name.csv") or die $!;
        my $text = <$in>;
        close $in;
        my $forged = $change->($text);
        die "nothing forged in $name" if $forged eq $text;
        my $write = sub { open(my $out, '>', "$folder/$name.csv") or die $!; print $out $_[0]; close $out; };
        $write->($forged);
        my ($answer, $content) = verify($python);
        $write->($text);
        return $content ? 'content' : $answer;
    };
    like($forge->('epochs', sub { $_[0] =~ s/,([0-9a-f])([0-9a-f]{63})$/",".($1 eq '0' ? '1' : '0').$2/emr }),
        qr/did not commit to/, 'a forged secret is found');
    like($forge->('due', sub { $_[0] =~ s/\n(agent_[^\n]*)\n/\n/r }),
        qr/^audit of agent_\d+ was due at \d+, not None$/, 'an audit spared is found');
    like($forge->('draws', sub { $_[0] =~ s/(agent_\d+,\d+),0\.\d+/$1,0.5/r }),
        qr/^draw of agent_/, 'an altered draw is found');
}

run('postgres', $prepare);
done_testing();
