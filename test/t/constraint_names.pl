# Every constraint that an error of ours names is provoked in test/pgtap/guards/constraints.sql: a
# name that the source gives away, for programs to rely on, is a name that is tested.
use strict;
use warnings;
use File::Find;
use Test::More;

my $root = $ENV{CGAE_SOURCE} // '.';

sub text
{
	my ($name) = @_;
	open(my $file, '<', $name) or die "$name: $!";
	local $/;
	return scalar(<$file>);
}

# The arguments of every call of a function, as they are written.
sub calls
{
	my ($code, $function) = @_;
	my $string = qr/"(?:[^"\\]|\\.)*"/;
	my $within = qr/(?:$string|[^()"]|(\((?:$string|[^()"]|(?-1))*\)))*/;
	my @calls;
	while ($code =~ /\b$function\(($within)\)/g)
	{
		my $arguments = $1;
		my @argument = ('');
		my $depth = 0;
		for my $token ($arguments =~ /$string|[^"]/gs)
		{
			$depth += $token eq '(' ? 1 : $token eq ')' ? -1 : 0;
			if ($token eq ',' && $depth == 0) { push(@argument, '') }
			else { $argument[-1] .= $token }
		}
		push(@calls, [ map { s/^\s+|\s+$//gr } @argument ]);
	}
	return @calls;
}

my %source;
find({ no_chdir => 1, wanted => sub { $source{$_} = text($_) =~ s{/\*.*?\*/}{}gsr if /\.[ch]$/ } }, "$root/src");
my %defined = map { /#define\s+(\w+)\s+"(\w+)"/g } values %source;

my (%named, @unknown);
for my $file (sort keys %source)
{
	# where the name stands in a call: of what sets the error field, and of this file's functions that are handed one
	my %place = (cgae_err_object => 2);
	while ($source{$file} =~ /^(\w+)\(([^)]*\bconst char \*constraint\b[^)]*)\)\s*\{/mg)
	{
		my ($function, @parameters) = ($1, split(/,/, $2));
		($place{$function}) = grep { $parameters[$_] =~ /\bconstraint$/ } 0 .. $#parameters;
	}
	for my $function (sort keys %place)
	{
		for my $call (calls($source{$file}, $function))
		{
			my $given = $call->[ $place{$function} ];
			# none, or a parameter
			next if $given =~ /^NULL$|^(?:const char \*)?constraint$/;
			if ($given =~ /^"(\w+)"$/) { $named{$1} = 1 }
			elsif ($given =~ /^psprintf\("(\w*)%s(\w*)"/) { $named{"$1\\S+$2"} = 1 }
			elsif (defined $defined{$given}) { $named{ $defined{$given} } = 1 }
			# a key of the owner's, as it is called
			elsif ($given ne 'name') { push(@unknown, "$file: $given") }
		}
	}
}
is(join("\n", @unknown), '', 'every name is understood');
cmp_ok(scalar(keys %named), '>', 10, 'there are some');

my $test = text("$root/test/pgtap/guards/constraints.sql");
ok($test =~ / $_'/, "$_ is provoked") for sort keys %named;
done_testing();
