# The map of src/ in CONTRIBUTING.md is true: every file is on it once, and includes headers of its
# own layer and of those before it only.
use strict;
use warnings;
use Test::More;

my $root = $ENV{CGAE_SOURCE} // '.';
my (%layer, $layers);
open(my $page, '<', "$root/CONTRIBUTING.md") or die "CONTRIBUTING.md: $!";
while (<$page>)
{
	next unless /^\| ([a-z ]+) \| (`.*?`) \|/;
	my ($layer, $files) = ($1, $2);
	$layers++;
	for my $file ($files =~ /`(\w+)`/g)
	{
		is($layer{$file}, undef, "$file is on the map once");
		$layer{$file} = $layers;
	}
}
close($page);
cmp_ok($layers, '>', 3, 'layers');

my %there = map { m{([^/]+)\.[ch]$} ? ($1 => 1) : () } glob("$root/src/*.[ch]");
is_deeply([ sort keys %layer ], [ sort keys %there ], 'the map has every file of src/ and no other');

for my $file (glob("$root/src/*.[ch]"))
{
	my ($name) = $file =~ m{([^/]+)\.[ch]$};
	open(my $source, '<', $file) or die "$file: $!";
	my @below = grep { ($layer{$_} // 0) > ($layer{$name} // 99) } map { /^#include "(\w+)\.h"/ ? $1 : () } <$source>;
	close($source);
	is("@below", '', "$file includes downward only");
}
done_testing();
