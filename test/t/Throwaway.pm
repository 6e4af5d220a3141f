# A server of a test's own: made with initdb in a folder that goes away with the object, told
# by TEMP_CONFIG where the extension is, reached by a socket in that folder.
#
#	my $server = Throwaway->new(user => 'owner', settings => "cron.host = '%DIR'\n");   # %DIR: its folder
#	$server->start;
#	my ($output, $ok) = $server->psql('SELECT 1', database => 'postgres', options => '-At');
#
# environment => { NAME => 'value' } sets variables for the server, and for nothing else.
#
# A server does not run as root: skip the test when $> is 0.
package Throwaway;
use strict;
use warnings;
use File::Temp qw(tempdir);

my $config = $ENV{PG_CONFIG} // 'pg_config';
chomp(our $bin = qx($config --bindir));
chomp(our $share = qx($config --sharedir));

# The settings of another server would only mislead.
delete @ENV{qw(PGHOST PGHOSTADDR PGPORT PGUSER PGPASSWORD PGDATABASE PGSERVICE PGOPTIONS)};

# Is an extension installed, so that a server of ours can have it?
sub has_extension
{
	my ($name) = @_;
	return -e "$share/extension/$name.control";
}

sub new
{
	my ($class, %with) = @_;
	my $dir = tempdir(CLEANUP => 1);
	my $self = bless({ dir => $dir, user => $with{user} // 'owner', log => "$dir/log", postgres => '' }, $class);
	system("$bin/initdb -D $dir/data -U $self->{user} -A trust -E UTF8 --locale=C --no-sync >$self->{log} 2>&1") == 0
		or die "initdb failed:\n" . $self->log;
	open(my $conf, '>>', "$dir/data/postgresql.conf") or die $!;
	if (defined $ENV{TEMP_CONFIG} && open(my $settings, '<', $ENV{TEMP_CONFIG}))
	{
		print $conf "\n", <$settings>;
		close($settings);
	}
	print $conf "\nlisten_addresses = ''\nunix_socket_directories = '$dir'\nport = 5432\nfsync = off\n", ($with{settings} // '') =~ s/%DIR/$dir/gr;
	close($conf);
	if (my $environment = $with{environment})
	{
		# of the server alone: pg_ctl is told to start a script that sets it
		$self->{postgres} = "-p $dir/postgres";
		open(my $script, '>', "$dir/postgres") or die $!;
		print $script "#!/bin/sh\nexec env ", join(' ', map { "$_='$environment->{$_}'" =~ s/%DIR/$dir/gr } sort keys %$environment), " $bin/postgres \"\$@\"\n";
		close($script);
		chmod(0755, "$dir/postgres") or die $!;
	}
	return $self;
}

sub start
{
	my ($self) = @_;
	system("$bin/pg_ctl -D $self->{dir}/data -l $self->{log} $self->{postgres} -w -t 300 start >/dev/null 2>&1") == 0
		or die "the server does not start:\n" . $self->log;
	$self->{running} = 1;
	return $self;
}

sub stop
{
	my ($self) = @_;
	system("$bin/pg_ctl -D $self->{dir}/data -m immediate -w -t 300 stop >/dev/null 2>&1") if delete $self->{running};
	return;
}

sub DESTROY { local $?; $_[0]->stop; return }

# The end of the server's log.
sub log
{
	my ($self) = @_;
	return qx(tail -n 30 $self->{log});
}

# How a client of PostgreSQL reaches the server: arguments for its command line.
sub connection
{
	my ($self) = @_;
	return "-h $self->{dir} -p 5432 -U $self->{user}";
}

# What psql prints for SQL, errors included where they come, and whether it went well.  The
# text is its standard input, so that messages carry no file name.
sub psql
{
	my ($self, $sql, %with) = @_;
	my $input = "$self->{dir}/in.sql";
	open(my $file, '>', $input) or die $!;
	print $file $sql;
	close($file);
	my $options = $with{options} // '-qAt -v ON_ERROR_STOP=1';
	my $database = $with{database} // 'postgres';
	my $output = qx($bin/psql -X $options @{[$self->connection]} -d $database <$input 2>&1);
	chomp($output);
	return wantarray ? ($output, $? == 0) : $output;
}

1;
