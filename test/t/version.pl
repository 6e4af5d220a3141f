# One version, wherever it is written: META.json says it.
use strict;
use warnings;
use File::Temp qw(tempdir);
use JSON::PP;
use Test::More;

my $root = $ENV{CGAE_SOURCE} // '.';

sub text
{
	my ($name) = @_;
	open(my $file, '<', "$root/$name") or die "$name: $!";
	local $/;
	return scalar(<$file>);
}

# What a pattern finds first in a file.
sub found
{
	my ($name, $pattern) = @_;
	return text($name) =~ $pattern ? $1 : undef;
}

my $meta = decode_json(text('META.json'));
my $version = $meta->{version};
like($version, qr/^\d+\.\d+\.\d+$/, 'META.json: a semantic version');
my ($extension) = $version =~ /^(\d+\.\d+)/;

is($meta->{provides}{cgae}{version}, $version, 'META.json: the extension\'s is the distribution\'s');
is($meta->{provides}{cgae}{file}, "sql/cgae--$extension.sql", 'META.json: the script');
is(found('cgae.control', qr/^default_version = '(.*)'$/m), $extension, 'cgae.control: its first two numbers');
is(found('src/api/module.c', qr/PG_MODULE_MAGIC_EXT\(.*\.version = "(.*?)"/), $extension, 'the library');
ok(-e "$root/sql/cgae--$extension.sql", 'the script that installs it');
is(found('CHANGELOG.md', qr/^## \[(.*?)\]/m), $version, 'CHANGELOG.md: the newest entry');
is(found('debian/changelog', qr/\A cgae \ \( ([^)]*) - [^-)]+ \)/x), $version, 'debian/changelog: the newest entry');

# Every script in sql/ is installed, and each older version has a way up.
my @scripts = map { s{.*/sql/}{sql/}r } glob("$root/sql/*.sql");
is(join(' ', sort(text('Makefile') =~ /\b(sql\/cgae--\S+\.sql)/g)), join(' ', sort @scripts), 'the Makefile installs what is in sql/');
my %from = map { /cgae--(.*)--(.*)\.sql/ ? ($1 => $2) : () } @scripts;
for my $old (map { /cgae--([\d.]+)\.sql/ && $1 ne $extension ? $1 : () } @scripts)
{
	my ($at, $steps) = ($old, 0);
	$at = $from{$at} while defined $from{$at} && $steps++ < 100;
	is($at, $extension, "version $old can be upgraded");
}

# test/long.d/upgrade makes up a next release by replacing lines, which must be there.
my $next = tempdir(CLEANUP => 1);
is(qx(cp -R '$root/Makefile' '$root/cgae.control' '$root/src' '$root/sql' '$next' && python3 '$root/test/upgrade/next_release.py' '$next' 2>&1), '', 'the next release can be made up');
is($?, 0, '... without an error');
done_testing();
