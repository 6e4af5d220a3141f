# The folders of src/ are the layers that src/README.md lists, and a file includes headers of its
# own folder and of those before it only.
use strict;
use warnings;
use Test::More;

my $root = $ENV{CGAE_SOURCE} // '.';
my (%layer, $layers);
open(my $page, '<', "$root/src/README.md") or die "src/README.md: $!";
while (<$page>)
{
	$layer{$1} = ++$layers if m{^\| `(\w+)/` \|};
}
close($page);
cmp_ok($layers, '>', 3, 'layers');

my %there = map { m{/src/(\w+)/$} ? ($1 => 1) : () } glob("$root/src/*/");
is_deeply([ sort keys %layer ], [ sort keys %there ], 'the table has every folder of src/ and no other');
is_deeply([ glob("$root/src/*.[ch]") ], [], 'no file lies beside the folders');

for my $file (glob("$root/src/*/*.[ch]"))
{
	my ($folder, $name) = $file =~ m{/(\w+)/(\w+\.[ch])$};
	open(my $source, '<', $file) or die "$file: $!";
	my @below = grep { ($layer{$_} // 0) > $layer{$folder} } map { m{^#include "(\w+)/\w+\.h"} ? $1 : () } <$source>;
	close($source);
	is("@below", '', "$folder/$name includes downward only");
}
done_testing();
