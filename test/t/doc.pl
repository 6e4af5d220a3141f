# The documentation keeps its word.  The pages are README.md and doc/*.md.  The examples of each are
# run in order, on a server of the page's own, in one session each database:
#
#	<!-- setup          an HTML comment, which readers do not see: what the page's examples
#	SQL                 rest on; run before all of them, and must print no error and no warning
#	-->
#	```sql              statements: run; no error and no warning unless output follows
#	```text             right after such a block: what psql prints, to the letter; "..." is
#	                    anything within a line
#	```sql tests        the same in a second database, named by the word; so is <!-- setup tests
#	```python, ```js    a program, run by python3 or node at its place among the statements, where
#	                    psycopg or pg is there; its syntax alone is checked where it is not
#	```sh               its syntax is checked
#
# And what the pages name is there: every link, heading and path; the lists of the reference in both
# directions; every test of a promise.  Links and paths are checked of CONTRIBUTING.md and the pages in
# folders too.
#
# DOC_OUT=FOLDER, which the user who runs this must be able to write to, receives each page with the
# outputs that came, to be looked at and taken over.
use strict;
use warnings;
use Cwd qw(abs_path);
use File::Basename qw(basename dirname);
use File::Find;
use File::Path qw(make_path);
use Test::More;
use Throwaway;

plan(skip_all => 'a server does not run as root') if $> == 0;

my $root = abs_path($ENV{CGAE_SOURCE} // '.');

# What the README may have at most, so that it stays a page.
my $README_LINES = 250;

# ------------------------------------------------------------------- reading

# lines FILE: of the source tree.
sub lines
{
	my ($file) = @_;
	open(my $handle, '<', "$root/$file") or die "$file: $!";
	my @lines = <$handle>;
	close($handle);
	chomp(@lines);
	return @lines;
}

# blocks PAGE, LINES: fenced blocks and set-ups, each with language, the word after it, first
# line, last line, text.
sub blocks
{
	my ($page, @lines) = @_;
	my (@blocks, $open);
	for my $i (0 .. $#lines)
	{
		if (!$open && $lines[$i] =~ /^```(\w*)(?: (\w+))?$/)
		{
			$open = { language => $1, database => $2 // 'economy', first => $i, text => '', end => '```' };
		}
		elsif (!$open && $lines[$i] =~ /^<!-- setup(?: (\w+))?$/)
		{
			$open = { language => 'setup', database => $1 // 'economy', first => $i, text => '', end => '-->' };
		}
		elsif ($open && $lines[$i] eq $open->{end})
		{
			push(@blocks, { %$open, last => $i, page => $page });
			undef $open;
		}
		elsif ($open)
		{
			$open->{text} .= "$lines[$i]\n";
		}
		elsif ($lines[$i] =~ /^(?:    |\t)\s*(?:SELECT|INSERT|UPDATE|DELETE|CREATE|ALTER|DROP|GRANT|REVOKE|CALL|WITH|SET|BEGIN)\b/)
		{
			fail("$page, line " . ($i + 1) . ": SQL outside of a block that is run: $lines[$i]");
		}
	}
	ok(!$open, "$page: every block ends") or diag("the one that begins in line " . ($open->{first} + 1) . ' does not');
	return @blocks;
}

# name BLOCK: where it stands, and its first line.
sub name
{
	my ($block) = @_;
	return "$block->{page}, line " . ($block->{first} + 2) . ': ' . (split(/\n/, $block->{text}))[0];
}

my @pages = ('README.md', map { "doc/" . basename($_) } sort glob("$root/doc/*.md"));
cmp_ok(scalar(@pages), '>', 5, 'pages');
my %lines = map { ($_ => [ lines($_) ]) } @pages;
my %blocks = map { ($_ => [ blocks($_, @{ $lines{$_} }) ]) } @pages;

cmp_ok(scalar(@{ $lines{'README.md'} }), '<=', $README_LINES, "README.md has at most $README_LINES lines");

my %installed = map { $_ => 1 } join("\n", lines('Makefile')) =~ m{^\t(doc/\S+)}mg;
is(join(' ', sort keys %installed), join(' ', map { "doc/" . basename($_) } sort glob("$root/doc/*")), 'make install installs all of doc/');

# ------------------------------------------------------------------ examples

# What runs a program of a page: a command, or nothing where the client is not there.
my %interpreter = (python => 'py', js => 'mjs');

# first_that COMMAND...: the first that says nothing and succeeds.
sub first_that
{
	my ($check, @candidates) = @_;
	for my $candidate (@candidates)
	{
		return $candidate if system(sprintf($check, $candidate) . ' </dev/null >/dev/null 2>&1') == 0;
	}
	return;
}

# Debian's modules belong to Debian's own python3, whatever comes first on PATH.
my $python = first_that('%s -c "import psycopg"', '/usr/bin/python3', 'python3');
# A module of JavaScript finds others in folders beside it alone.
my ($node_modules) = grep { -e "$_/pg/package.json" }
	(split(/:/, $ENV{NODE_PATH} // ''), "$root/test/clients/node_modules", '/usr/share/nodejs', '/usr/local/lib/node_modules', '/usr/lib/node_modules');
my $node = $node_modules ? first_that('%s --version', 'node') : undef;

# program SERVER, BLOCK, NUMBER: writes a program into the server's folder, returns the command.
sub program
{
	my ($server, $block, $number) = @_;
	my $folder = "$server->{dir}/programs";
	my $file = "$folder/$number.$interpreter{ $block->{language} }";
	make_path($folder);
	symlink($node_modules, "$folder/node_modules") if $node_modules && !-e "$folder/node_modules";
	open(my $handle, '>', $file) or die "$file: $!";
	print $handle $block->{text};
	close($handle);
	my $command = $block->{language} eq 'python' ? $python : $node;
	return ($command, $file);
}

# syntax BLOCK: of a program or of shell commands, where there is something to check it with.
sub syntax
{
	my ($block) = @_;
	my %check = (
		sh => 'sh -n %s',
		python => 'python3 -c "import ast, sys; ast.parse(open(sys.argv[1]).read())" %s',
		js => 'node --check %s');
	my %suffix = (sh => 'sh', %interpreter);
	my ($command) = split(/ /, $check{ $block->{language} });
	my $dir = File::Temp->newdir;
	my $file = "$dir/program.$suffix{ $block->{language} }";
SKIP: {
		if (!first_that('command -v %s', $command))
		{
			diag("NOT CHECKED, since $command is not there: " . name($block));
			skip("$command is not there", 1);
		}
		open(my $handle, '>', $file) or die "$file: $!";
		print $handle $block->{text};
		close($handle);
		my $said = qx(@{[sprintf($check{ $block->{language} }, $file)]} 2>&1);
		is($?, 0, 'syntax of ' . name($block)) or diag($said);
	}
	return;
}

# With the real pg_cron where there is one; else its commands are noted, and run below.
my $pg_cron = Throwaway::has_extension('pg_cron');

# page_server PAGE: a server with the page's databases.
sub page_server
{
	my ($page, @blocks) = @_;
	my $schedules = grep { $_->{text} =~ /cron\.schedule/ } @blocks;
	my $cron = $schedules && $pg_cron;
	my $server = Throwaway->new(
		user => 'postgres',
		settings => "wal_level = logical\n" . ($cron ? "shared_preload_libraries = 'pg_cron'\ncron.database_name = 'economy'\n" : ''));
	$server->start;
	my %databases = map { $_->{database} => 1 } @blocks;
	$server->psql(join('', map { "CREATE DATABASE $_;\n" } sort keys %databases));
	return $server unless $schedules;
	my ($prepared, $ok) = $server->psql($cron ? 'CREATE EXTENSION pg_cron' : <<'SQL', database => 'economy');
CREATE SCHEMA cron;
CREATE TABLE cron.job (jobname text PRIMARY KEY, schedule text, command text);
CREATE FUNCTION cron.schedule(text, text, text) RETURNS bigint LANGUAGE sql
  AS 'INSERT INTO cron.job VALUES ($1, $2, $3) RETURNING 1::bigint';
SQL
	ok($ok, $cron ? 'pg_cron' : 'a stand-in for pg_cron') or diag($prepared);
	$server->{schedules} = 1;
	return $server;
}

# in_psql SERVER, BLOCK, NUMBER: what one session of psql reads for a block.
sub in_psql
{
	my ($server, $block, $number) = @_;
	return $block->{text} unless $interpreter{ $block->{language} };
	my ($command, $file) = program($server, $block, $number);
	if (!defined $command)
	{
		$block->{is_skipped} = 1;
		return '';
	}
	# the error output of a program comes at its place, too
	return "\\set ran `PGHOST=$server->{dir} PGPORT=5432 $command $file 2>&1 </dev/null`\n\\echo :ran\n";
}

# run_blocks SERVER, DATABASE, BLOCKS: one session; a line that no psql prints stands before each.
sub run_blocks
{
	my ($server, $database, @here) = @_;
	my $script = join('', map { "\\echo <<<$_>>>\n" . in_psql($server, $here[$_], $_) } 0 .. $#here);
	my $printed = $server->psql($script, database => $database, options => '-q -P footer=off');
	$printed =~ s/[ \t]+$//mg;
	my (undef, %came) = split(/^<<<(\d+)>>>\n?/m, $printed, -1);
	for my $i (0 .. $#here)
	{
		$here[$i]{came} = ($came{$i} // '(the session had ended)') =~ s/\n+\z//r;
	}
	return;
}

# judge BLOCK: did what the page shows come?
sub judge
{
	my ($block) = @_;
	my $came = $block->{came};
SKIP: {
		if ($block->{is_skipped})
		{
			my $why = 'NOT RUN, since ' . ($block->{language} eq 'python' ? 'python3 has no psycopg' : 'node has no pg') . ': ' . name($block);
			diag($why);
			skip($why, 1);
		}
		if (!$block->{shown})
		{
			unlike($came, qr/^(?:ERROR|WARNING|FATAL|psql|Traceback|.*Error\b).*:|the session had ended/m, name($block));
			return;
		}
		my $shown = $block->{shown}{text};
		$shown =~ s/[ \t]+$//mg;
		$shown =~ s/\n+\z//;
		my $pattern = quotemeta($shown);
		$pattern =~ s/(?:\\\.){3}/[^\\n]*/g;
		ok($came =~ /\A$pattern\z/, name($block)) or diag("shown:\n$shown\ncame:\n$came");
	}
	return;
}

# write_page PAGE, BLOCKS: with the outputs that came.
sub write_page
{
	my ($page, @ran) = @_;
	my $file = "$ENV{DOC_OUT}/$page";
	make_path(dirname($file));
	open(my $out, '>', $file) or die "$file: $!";
	my %output = map { ($_->{shown}{first} => $_) } grep { $_->{shown} && !$_->{is_skipped} } @ran;
	my @lines = @{ $lines{$page} };
	for (my $i = 0; $i <= $#lines; $i++)
	{
		print $out "$lines[$i]\n";
		next unless $output{$i};
		print $out ($output{$i}{came} eq '' ? '' : "$output{$i}{came}\n"), "```\n";
		$i = $output{$i}{shown}{last};
	}
	close($out);
	return;
}

my $examples = 0;
for my $page (@pages)
{
	my (@run, $before);
	for my $block (@{ $blocks{$page} })
	{
		my $runs = $block->{language} =~ /^(?:sql|setup|python|js)$/;
		push(@run, $block) if $runs;
		syntax($block) if $block->{language} =~ /^(?:sh|python|js)$/;
		$before->{shown} = $block
			if $block->{language} eq 'text' && $before && $before->{language} ne 'setup' && $block->{first} == $before->{last} + 1;
		$before = $runs ? $block : undef;
	}
	next unless @run;
	$examples += grep { $_->{language} ne 'setup' } @run;
	my $server = page_server($page, @run);
	my %databases = map { $_->{database} => 1 } @run;
	for my $database (sort keys %databases)
	{
		my @here = grep { $_->{database} eq $database } @run;
		# stable: set-ups first, else in the page's order
		run_blocks($server, $database, sort { ($b->{language} eq 'setup') <=> ($a->{language} eq 'setup') } @here);
	}
	judge($_) for @run;
	if ($server->{schedules})
	{
		for my $command (split(/\0/, $server->psql('SELECT command FROM cron.job ORDER BY jobname', database => 'economy', options => '-qAt -0')))
		{
			my ($printed, $went) = $server->psql("$command;\n", database => 'economy');
			ok($went, "cron runs: $command") or diag($printed);
		}
	}
	write_page($page, @run) if defined $ENV{DOC_OUT};
	$server->stop;
}
cmp_ok($examples, '>', 30, 'examples');

# ----------------------------------------------------------------- reference

my $server = Throwaway->new(user => 'postgres')->start;

# Tables of the reference by heading: the code spans of each row's first cell, and the row.
my (%table, $heading);
for (@{ $lines{'doc/reference.md'} })
{
	if (/^#+ (.*)/)
	{
		$heading = $1;
	}
	elsif (/^\| *(?!-|\|)(.*?) *\| (.*)/)
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

# same WHAT, NAMED, THERE: the reference names what there is, and nothing else.
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

my ($prepared, $ok) = $server->psql(<<'SQL', options => '-q -o /dev/null -v ON_ERROR_STOP=1');
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

# All of the C source, by file.
my %source;
find(sub { $source{$File::Find::name} = join("\n", lines($File::Find::name =~ s{^\Q$root\E/}{}r)) . "\n" if /\.[ch]$/ }, "$root/src");

# What the server itself raises on our behalf.
my @by_server = qw(22008 23505 42P06 54001);
chomp(my $include = qx(@{[$ENV{PG_CONFIG} // 'pg_config']} --includedir-server));
my %code;
open(my $errcodes, '<', "$include/utils/errcodes.h") or die "errcodes.h: $!";
while (<$errcodes>)
{
	next unless /^#define (ERRCODE_\w+) MAKE_SQLSTATE\('(.)','(.)','(.)','(.)','(.)'\)/;
	$code{$1} = "$2$3$4$5$6";
}
close($errcodes);
my %raised = map { $_ => 1 } @by_server;
for my $text (values %source)
{
	# not what is compared with, as in "error->sqlerrcode != ERRCODE_..."
	my $raises = $text =~ s/[!=]= *ERRCODE_\w+|case ERRCODE_\w+|ERRCODE_TO_CATEGORY//gr;
	$raised{ $code{$_} // $_ } = 1 for $raises =~ /\b(ERRCODE_[A-Z_0-9]+)/g;
}
# internal_error is for what cannot happen
delete $raised{XX000};
same('SQLSTATE', [ map { $_->{first} =~ /^([0-9A-Z]{5}) / ? $1 : () } @{ $table{Errors} } ], [ keys %raised ]);

# Constraint names that error fields carry: of the catalogs, and those that guards/constraints.sql
# provokes, which are all that C has (constraint_names.pl).
my %constraint = map { $_ => 1 } catalog(<<'SQL');
SELECT conname FROM pg_constraint WHERE connamespace = 'cgae'::regnamespace AND contype IN ('p', 'f', 'u', 'c', 'x')
 UNION SELECT relname FROM pg_index JOIN pg_class AS c ON c.oid = indexrelid WHERE relnamespace = 'cgae'::regnamespace AND indisunique
SQL
my @counted = catalog("SELECT attname FROM pg_attribute WHERE attrelid = 'cgae.agents'::regclass AND attnum > 0 AND attname ~ '^(balance|total_|contracts_)'");
open(my $provoked, '<', "$root/test/pgtap/guards/constraints.sql") or die "constraints.sql: $!";
for (map { /'\w{5} cgae\.[\w.%]+ ([\w%\$]+)'/g } <$provoked>)
{
	my $name = s/%1\$s/%s/r;
	# an index of the owner's is refused by the name that it has
	next unless grep { /"\Q$name\E"/ } values %source;
	$constraint{$_} = 1 for $name =~ /%s/ ? map { $name =~ s/%s/$_/r } @counted : $name;
}
close($provoked);
same('constraint name', [ named('Constraint names') ], [ keys %constraint ]);

# ------------------------------------------------------------------- promises

# Every test of concurrency and every test of the contract stands with the promise that it keeps.
my %promised = map { $_ => 1 } spans(join("\n", @{ $lines{'doc/promises.md'} }));
my @tests;
find(sub { push(@tests, $File::Find::name =~ s{^\Q$root\E/}{}r) if /\.(?:spec|sql)$/ && $File::Find::dir !~ m{/include$} }, "$root/test/specs", "$root/test/pgtap");
cmp_ok(scalar(@tests), '>', 50, 'tests of promises');
is(join("\n", grep { !$promised{$_} } sort @tests), '', 'doc/promises.md names each of them');

# ------------------------------------------------------- what the pages name

# No function is named that is not there, in SQL or, for developers, in C.
my %known = map { $_ => 1 } catalog('SELECT proname FROM pg_proc');
my %known_in_c = (%known, map { $_ => 1 } map { /^(\w+)\(/mg } values %source);
my @others;
find({ no_chdir => 1, wanted => sub {
	$File::Find::prune = 1 if m{/(?:\.git|node_modules)$};
	push(@others, s{^\Q$root\E/}{}r) if m{/(?:README|NOTES[\w-]*|RESULTS|CONTRIBUTING)\.md$} && !$lines{ s{^\Q$root\E/}{}r };
} }, $root);
cmp_ok(scalar(@others), '>', 5, 'pages of other folders');

# prose PAGE: its text without blocks and comments.
my %prose;
for my $page (@pages, @others)
{
	$prose{$page} = join("\n", lines($page)) =~ s/^```.*?^```$//smgr =~ s/^<!--.*?^-->$//smgr;
}
for my $page (@pages)
{
	my $known = $page eq 'doc/internals.md' ? \%known_in_c : \%known;
	my @unknown = grep { !$known->{$_} } map { /^(?:cgae\.)?([a-z_]+)\(/ ? $1 : () } spans($prose{$page});
	is("@unknown", '', "$page: functions that the text names exist");
}

# anchors PAGE: what GitHub makes of its headings.
my %anchors;
sub anchors
{
	my ($page) = @_;
	return $anchors{$page} //= do
	{
		my (%seen, %anchors);
		for (split(/\n/, $prose{$page} // join("\n", lines($page))))
		{
			next unless /^#+ (.*?)\s*$/;
			my $slug = lc($1 =~ s/\[([^\]]*)\]\([^)]*\)/$1/gr) =~ s/[^\w\- ]//gr =~ s/ /-/gr;
			$anchors{ $seen{$slug} ? "$slug-$seen{$slug}" : $slug } = 1;
			$seen{$slug}++;
		}
		\%anchors;
	};
}

# is_path SPAN: does it look like a file or folder of the tree?
sub is_path
{
	my ($span) = @_;
	return $span =~ m{^(?:src|sql|test|expected|demo|bench|scripts|debian|doc)/[\w./-]*$}
		|| $span =~ m{^[\w./-]*\w\.(?:md|c|h|pl|pm|py|sql|spec|psql|mjs|java|control)$} && $span !~ m{^/}
		|| $span =~ m{^(?:Makefile|Dockerfile|META\.json)$};
}

my %tree;
find({ no_chdir => 1, wanted => sub { $File::Find::prune = 1 if m{/\.git$}; $tree{ basename($_) } = 1 } }, $root);

for my $page (@pages, @others)
{
	my $folder = dirname($page);
	# of the source, a path may leave src/ out; a header may be one of the server's
	my $is_of_source = $page =~ m{^src/|^doc/internals\.md$};
	my (@lost, @dead);
	for my $span (spans($prose{$page}))
	{
		next unless is_path($span);
		# in full, beside the page, or, of a name alone, anywhere
		push(@lost, $span) unless -e "$root/$span" || -e "$root/$folder/$span" || $span !~ m{/} && $tree{$span}
			|| $is_of_source && (-e "$root/src/$span" || grep { /^#include "\Q$span\E"/m } values %source);
	}
	is("@lost", '', "$page: paths that the text names exist");
	for my $link (($prose{$page} =~ s/`[^`]*`//gr) =~ /\[[^\]]*\]\(([^)\s]+)\)/g)
	{
		next if $link =~ m{^(?:https?|mailto):};
		my ($path, $anchor) = $link =~ /^([^#]*)(?:#(.*))?$/;
		my $target = $path eq '' ? $page : $folder eq '.' ? $path : "$folder/$path";
		1 while $target =~ s{(?:^|(?<=/))(?!\.\./)[^/]+/\.\./}{};
		push(@dead, $link) if !-e "$root/$target" || defined $anchor && !anchors($target)->{$anchor};
	}
	is("@dead", '', "$page: links lead somewhere");
}
# Every page is reached from the README.
my %reached = map { s/#.*//r => 1 } $prose{'README.md'} =~ /\]\(([^)\s]+)\)/g;
is(join(' ', grep { $_ ne 'README.md' && !$reached{$_} } @pages), '', 'README.md leads to every page');

done_testing();
