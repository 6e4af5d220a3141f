# The README keeps its word.  Its examples are run in order, in one session each database, on a
# server of their own:
#
#	```sql              statements: run; no error and no warning unless output follows
#	```text             right after such a block: what psql prints, to the letter; "..." is
#	                    anything within a line
#	```sql replica      the same in a second database, named by the word
#
# and what it names is there: every path, and in its reference every function, type, table,
# view, trigger, setting and SQLSTATE, each list in both directions.
#
# README_OUT=FILE writes the page with the outputs that came, to be looked at and taken over.
use strict;
use warnings;
use Test::More;
use Throwaway;

plan(skip_all => 'a server does not run as root') if $> == 0;

my $root = $ENV{CGAE_SOURCE} // '.';
open(my $page, '<', "$root/README.md") or die "README.md: $!";
my @lines = <$page>;
close($page);
chomp(@lines);

# ------------------------------------------------------------------ examples

# A fenced block: language, the word after it, first line, last line, text.
my (@blocks, $open);
for my $i (0 .. $#lines)
{
	if (!$open && $lines[$i] =~ /^```(\w*)(?: (\w+))?$/)
	{
		$open = { language => $1, database => $2 // 'economy', first => $i, text => '' };
	}
	elsif ($open && $lines[$i] eq '```')
	{
		push(@blocks, { %$open, last => $i });
		undef $open;
	}
	elsif ($open)
	{
		$open->{text} .= "$lines[$i]\n";
	}
	elsif ($lines[$i] =~ /^(?:    |\t)\s*(?:SELECT|INSERT|UPDATE|DELETE|CREATE|ALTER|DROP|GRANT|REVOKE|CALL|WITH|SET|BEGIN)\b/)
	{
		fail("line " . ($i + 1) . ": SQL outside of a block that is run: $lines[$i]");
	}
}
ok(!$open, 'every block ends');

my (@examples, $before);
for my $block (@blocks)
{
	if ($block->{language} eq 'sql')
	{
		push(@examples, $block);
	}
	elsif ($block->{language} eq 'text' && $before && $before->{language} eq 'sql' && $block->{first} == $before->{last} + 1)
	{
		$before->{shown} = $block;
	}
	$before = $block;
}
cmp_ok(scalar(@examples), '>', 10, 'examples');

# With the real pg_cron where there is one; else its commands are noted, and run below.
my $cron = Throwaway::has_extension('pg_cron');
my $server = Throwaway->new(
	user => 'postgres',
	settings => "wal_level = logical\n" . ($cron ? "shared_preload_libraries = 'pg_cron'\ncron.database_name = 'economy'\n" : ''));
$server->start;
my %databases = map { $_->{database} => 1 } @examples;
$server->psql(join('', map { "CREATE DATABASE $_;\n" } sort keys %databases));
my ($prepared, $ok) = $server->psql($cron ? 'CREATE EXTENSION pg_cron' : <<'SQL', database => 'economy');
CREATE SCHEMA cron;
CREATE TABLE cron.job (jobname text PRIMARY KEY, schedule text, command text);
CREATE FUNCTION cron.schedule(text, text, text) RETURNS bigint LANGUAGE sql
  AS 'INSERT INTO cron.job VALUES ($1, $2, $3) RETURNING 1::bigint';
SQL
ok($ok, $cron ? 'pg_cron' : 'a stand-in for pg_cron') or diag($prepared);

# One session runs them all; a line that no psql prints stands before each.
for my $database (sort keys %databases)
{
	my @here = grep { $_->{database} eq $database } @examples;
	my $script = join('', map { "\\echo <<<$_>>>\n$here[$_]{text}" } 0 .. $#here);
	my $printed = $server->psql($script, database => $database, options => '-q -P footer=off');
	$printed =~ s/[ \t]+$//mg;
	my (undef, %came) = split(/^<<<(\d+)>>>\n?/m, $printed, -1);
	for my $i (0 .. $#here)
	{
		my $came = $came{$i} // '(the session had ended)';
		$came =~ s/\n+\z//;
		$here[$i]{came} = $came;
	}
}

for my $example (@examples)
{
	my $came = $example->{came};
	my $name = 'line ' . ($example->{first} + 2) . ': ' . (split(/\n/, $example->{text}))[0];
	if (!$example->{shown})
	{
		unlike($came, qr/^(?:ERROR|WARNING|FATAL|psql):|the session had ended/m, $name);
		next;
	}
	my $shown = $example->{shown}{text};
	$shown =~ s/[ \t]+$//mg;
	$shown =~ s/\n+\z//;
	my $pattern = quotemeta($shown);
	$pattern =~ s/(?:\\\.){3}/[^\\n]*/g;
	ok($came =~ /\A$pattern\z/, $name) or diag("shown:\n$shown\ncame:\n$came");
}

for my $command (split(/\0/, $server->psql('SELECT command FROM cron.job ORDER BY jobname', database => 'economy', options => '-qAt -0')))
{
	my ($printed, $went) = $server->psql("$command;\n", database => 'economy');
	ok($went, "cron runs: $command") or diag($printed);
}

if (defined $ENV{README_OUT})
{
	open(my $out, '>', $ENV{README_OUT}) or die "$ENV{README_OUT}: $!";
	my %output = map { ($_->{shown}{first} => $_) } grep { $_->{shown} } @examples;
	for (my $i = 0; $i <= $#lines; $i++)
	{
		print $out "$lines[$i]\n";
		next unless $output{$i};
		print $out "$output{$i}{came}\n```\n";
		$i = $output{$i}{shown}{last};
	}
	close($out);
}

# ----------------------------------------------------------------- reference

# Reference tables by heading: the code spans of each row's first cell, and the row.
my (%table, $heading);
my $chapter = '';
for (@lines)
{
	if (/^(#+) (.*)/)
	{
		$chapter = $2 if $1 eq '##';
		$heading = $2;
	}
	elsif ($chapter eq 'Reference' && /^\| *(?!-|\|)(.*?) *\| (.*)/)
	{
		push(@{ $table{$heading} }, { first => $1, rest => $2 });
	}
}

# spans TEXT: what stands between backticks.
sub spans { return $_[0] =~ /`([^`]+)`/g }

# named HEADING...: the code spans of the first cells of these tables.
sub named { return map { spans($_->{first}) } map { @{ $table{$_} // [] } } @_ }

# catalog QUERY: one value a row.
sub catalog
{
	my ($query) = @_;
	my ($printed, $went) = $server->psql("LOAD 'cgae';\n$query;\n", database => 'reference');
	die "$query: $printed" unless $went;
	return split(/\n/, $printed);
}

# same WHAT, NAMED, THERE: the README names what there is, and nothing else.
sub same
{
	my ($what, $names, $there) = @_;
	my (%named, %is) = ();
	$named{$_}++ for @$names;
	$is{$_} = 1 for @$there;
	my @wrong = (
		map({ "not named: $_" } grep { !$named{$_} } sort keys %is),
		map({ "not there: $_" } grep { !$is{$_} } sort keys %named),
		map({ "named twice: $_" } grep { $named{$_} > 1 } sort keys %named));
	is(join("\n", @wrong), '', "the reference names every $what, each once, and no other");
	cmp_ok(scalar(@$there), '>', 0, "... of which there are some");
	return;
}

($prepared, $ok) = $server->psql(<<'SQL', options => '-q -o /dev/null -v ON_ERROR_STOP=1');
CREATE DATABASE reference;
\connect reference
CREATE EXTENSION cgae;
SELECT cgae.create_registry();
SQL
ok($ok, 'a database with the registry alone') or diag($prepared);

# Functions that nobody calls by name are out: of types, operators, casts and aggregates, and guards.
my @functions = catalog(<<'SQL');
SELECT p.proname || '(' || coalesce(
         (SELECT string_agg(CASE WHEN i <= p.pronargs - p.pronargdefaults THEN '' WHEN i = p.pronargs - p.pronargdefaults + 1 THEN '[' ELSE '' END
                            || p.proargnames[i], ',' ORDER BY i)
            FROM generate_series(1, p.pronargs) AS i), '')
       || CASE WHEN p.pronargdefaults > 0 THEN ']' ELSE '' END || ')'
  FROM pg_proc AS p
 WHERE p.pronamespace = 'cgae'::regnamespace
   AND NOT EXISTS (SELECT FROM pg_type WHERE p.oid IN (typinput, typoutput, typreceive, typsend))
   AND NOT EXISTS (SELECT FROM pg_operator WHERE oprcode = p.oid)
   AND NOT EXISTS (SELECT FROM pg_amproc WHERE amproc = p.oid)
   AND NOT EXISTS (SELECT FROM pg_cast WHERE castfunc = p.oid)
   AND NOT EXISTS (SELECT FROM pg_aggregate WHERE p.oid IN (aggtransfn, aggfinalfn, aggcombinefn))
   AND NOT EXISTS (SELECT FROM pg_trigger WHERE tgfoid = p.oid)
SQL
my @signatures = map { s/\s//gr =~ s/,?\[,?/,[/r =~ s/\(,\[/([/r } grep { /\(/ } named(grep { /unctions/ } keys %table);
same('function', \@signatures, \@functions);

same('type', [ named('Types') ], [ catalog(<<'SQL') ]);
SELECT typname FROM pg_type WHERE typnamespace = 'cgae'::regnamespace AND typelem = 0
   AND (typrelid = 0 OR (SELECT relkind FROM pg_class WHERE oid = typrelid) = 'c')
SQL
same('table', [ named('Tables') ], [ catalog("SELECT relname FROM pg_class WHERE relnamespace = 'cgae'::regnamespace AND relkind IN ('r', 'p')") ]);
same('view', [ named('Views') ], [ catalog("SELECT relname FROM pg_class WHERE relnamespace = 'cgae'::regnamespace AND relkind IN ('v', 'm')") ]);
same('setting', [ named('Settings') ], [ catalog("SELECT name FROM pg_settings WHERE name LIKE 'cgae.%'") ]);

# "every table" is every one that create_registry() makes.
my @tables = named('Tables');
my @triggers;
for my $row (@{ $table{Triggers} })
{
	my ($on) = split(/\|/, $row->{rest});
	my ($trigger) = spans($row->{first}) or next;
	push(@triggers, map { "$trigger $_" } $on =~ /every table/ ? @tables : spans($on));
}
same('trigger', \@triggers, [ catalog("SELECT tgname || ' ' || relname FROM pg_trigger JOIN pg_class AS c ON c.oid = tgrelid WHERE relnamespace = 'cgae'::regnamespace AND NOT tgisinternal") ]);

# What the server itself raises on our behalf.
my @by_server = qw(22008 23505 42P06 54001);
chomp(my $include = qx(@{[$ENV{PG_CONFIG} // 'pg_config']} --includedir-server));
my (%code, %label);
open(my $errcodes, '<', "$include/utils/errcodes.h") or die "errcodes.h: $!";
while (<$errcodes>)
{
	next unless /^#define (ERRCODE_\w+) MAKE_SQLSTATE\('(.)','(.)','(.)','(.)','(.)'\)/;
	$code{$1} = "$2$3$4$5$6";
}
close($errcodes);
my %raised = map { $_ => 1 } @by_server;
for my $source (glob("$root/src/*/*.[ch]"))
{
	open(my $file, '<', $source) or die "$source: $!";
	my $text = do { local $/; <$file> };
	# not what is compared with, as in "error->sqlerrcode != ERRCODE_..."
	$text =~ s/[!=]= *ERRCODE_\w+|case ERRCODE_\w+|ERRCODE_TO_CATEGORY//g;
	$raised{ $code{$_} // $_ } = 1 for $text =~ /\b(ERRCODE_[A-Z_0-9]+)/g;
	close($file);
}
# internal_error is for what cannot happen
delete $raised{XX000};
same('SQLSTATE', [ map { $_->{first} =~ /^([0-9A-Z]{5}) / ? $1 : () } @{ $table{Errors} } ], [ keys %raised ]);

# Elsewhere on the page: no function is called that is not there, no path is named that leads nowhere.
my %known = map { $_ => 1 } catalog('SELECT proname FROM pg_proc');
my $prose = join("\n", @lines);
my @unknown = grep { !$known{$_} } map { /^(?:cgae\.)?([a-z_]+)\(/ ? $1 : () } spans($prose =~ s/^```.*?^```$//smgr);
is("@unknown", '', 'functions that the text names exist');
my @lost = grep { !-e "$root/$_" } map { m{^((?:src|sql|test|expected|demo|bench|scripts|debian)/[\w./]*)$} ? $1 : () } spans($prose);
is("@lost", '', 'paths that the text names exist');

done_testing();
