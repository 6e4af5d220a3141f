# pg_upgrade of a cluster that has a registry, by copying and by linking its files; and a dump
# by the newer pg_dump.  OLD_BIN and NEW_BIN name the servers' folders; the extension is installed for both.
#
#   pg_upgrade.pl [probe]      probe: whether the newer server takes over the older one without the extension
use strict;
use warnings;
use File::Temp qw(tempdir);
use Test::More;

my $dir;
BEGIN
{
	$dir = tempdir(CLEANUP => 1);
	delete @ENV{grep { /^PG/ } keys %ENV};
	@ENV{qw(PGHOST PGPORT PGUSER PGTZ)} = ($dir, 5432, 'postgres', 'UTC');
	$ENV{PATH} = "$ENV{NEW_BIN}:$ENV{PATH}";
}
use Copy;

my ($old, $new) = @ENV{qw(OLD_BIN NEW_BIN)};
my ($owner, $auditor) = qw(cgae_copy_owner cgae_copy_auditor);

sub shell
{
	my ($command, $name) = @_;
	my $output = qx(cd $dir && $command 2>&1);
	return is($?, 0, $name) || diag($output);
}

sub initdb
{
	my ($bin, $data) = @_;
	return shell("$bin/initdb -D $dir/$data -U postgres -A trust -E UTF8 --locale=C.UTF-8 --data-checksums --no-sync"
		  . " && printf \"listen_addresses = ''\\nunix_socket_directories = '$dir'\\nfsync = off\\n\" >>$dir/$data/postgresql.conf", "$data: a cluster");
}

sub start { my ($bin, $data) = @_; return shell("$bin/pg_ctl -D $data -l $data.log -w start >/dev/null", "$data: started") || diag(qx(cat $dir/$data.log)) }
sub stop { my ($bin, $data) = @_; return shell("$bin/pg_ctl -D $data -m fast -w stop", "$data: stopped") }

# To a new cluster of the newer server.
sub upgrade
{
	my ($name, $mode) = @_;
	initdb($new, $name);
	return shell("pg_upgrade --old-bindir=$old --new-bindir=$new --old-datadir=$dir/old --new-datadir=$dir/$name --socketdir=$dir --username=postgres $mode", "$name: pg_upgrade")
	  || diag(qx(tail -n 20 $dir/$name/pg_upgrade_output.d/*/log/pg_upgrade_dump_*.log));
}

initdb($old, 'old');
start($old, 'old');
if (@ARGV)
{
	sql('postgres', 'postgres', 'CREATE TABLE any_table (id int)');
	stop($old, 'old');
	upgrade('new', '');
	done_testing();
	exit;
}
sql('postgres', 'postgres', "CREATE ROLE $owner LOGIN; CREATE ROLE $auditor LOGIN; CREATE DATABASE registry OWNER $owner;");
is(Copy::fill($owner, 'registry'), '', 'the owner makes a registry');
my $original = contents('registry');
unlike($original, qr/ERROR/, 'it can be read');
is_clean('registry', 'the original');
shell("pg_dump -Fc -f $dir/registry.dump registry", 'a dump by the newer pg_dump');
stop($old, 'old');

for my $mode ('', '--link')
{
	my $name = 'new' . ($mode =~ s/-//gr);
	upgrade($name, $mode) or last;
	start($new, $name);
	like(sql('postgres', 'registry', 'SHOW server_version'), qr/^(?!15)\d/, "$name: it is a newer server");
	same_contents(contents('registry'), $original, "$name: the same registry");
	is_clean('registry', $name);
	is(sql($owner, 'registry', 'SELECT cgae.upgrade_registry()'), "1\n", "$name: upgrade_registry() has nothing to do");
	goes_on($owner, $auditor, 'registry', $name);
	if ($mode eq '')
	{
		sql('postgres', 'postgres', "CREATE DATABASE restored OWNER $owner");
		shell("pg_restore --exit-on-error -j2 -d restored $dir/registry.dump", 'restored from the dump');
		same_contents(contents('restored'), $original, 'the dump: the same registry');
		is_clean('restored', 'the dump');
		goes_on($owner, $auditor, 'restored', 'the dump');
	}
	stop($new, $name);
}
done_testing();
