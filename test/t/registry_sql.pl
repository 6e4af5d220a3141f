# sql/registry/: psql makes of the files what create_registry() makes, and embed.awk splits them
# as psql does, or fails.
use strict;
use warnings;
use File::Temp qw(tempdir);
use Test::More;
use Copy;

my $root = $ENV{CGAE_SOURCE} // '.';
my $dir = tempdir(CLEANUP => 1);
my $awk = $ENV{AWK} // 'awk';

sub text
{
	my ($name) = @_;
	open(my $file, '<', $name) or die "$name: $!";
	local $/ = undef;
	return scalar(<$file>);
}

#
# the files
#
my ($list) = text("$root/Makefile") =~ /^RELATIONS = \\\n((?:\t\w+(?: \\)?\n)+)/m;
my @relations = $list =~ /(\w+)/g;
is(join(' ', sort @relations), join(' ', sort map { m{/([a-z_]+)\.sql$} ? $1 : () } glob("$root/sql/registry/*.sql")), 'the Makefile has every relation');

sql($Copy::superuser, 'postgres', "CREATE DATABASE $_;") for qw(cgae_made cgae_files);
# not as the partitioned suite wants it: the files know of no partitions
is(sql($Copy::superuser, 'cgae_made', 'CREATE EXTENSION cgae; SELECT cgae.create_registry(NULL);'), "\n", 'create_registry()');
is(sql($Copy::superuser, 'cgae_files', 'CREATE EXTENSION cgae;'), '', 'a database with the extension');
for my $relation (@relations)
{
	my ($said, $ok) = run($Copy::superuser, "psql -Xq -v ON_ERROR_STOP=1 -d cgae_files -f $root/sql/registry/$relation.sql");
	is($said, '', "psql -f $relation.sql");
}
my $objects = text("$root/test/upgrade/objects.sql");
my $made = sql($Copy::superuser, 'cgae_made', $objects);
cmp_ok(scalar(split(/\n/, $made)), '>', 300, 'create_registry() makes objects');
same_contents(sql($Copy::superuser, 'cgae_files', $objects), $made, 'the files make the same');
is(sql($Copy::superuser, 'cgae_files', 'SELECT cgae.seed_registry();'), "\n", 'seeded, they are a registry');
is_clean('cgae_files', 'the registry of psql');
sql($Copy::superuser, 'postgres', "DROP DATABASE $_;") for qw(cgae_made cgae_files);

#
# embed.awk
#
# The statements that it makes of one file, "--" between them, or what it says.
sub embed
{
	my ($content, $name) = @_;
	$name //= 'thing.sql';
	open(my $file, '>', "$dir/$name") or die $!;
	print $file $content;
	close($file);
	my ($c, $ok) = run($Copy::superuser, "cd $dir && LC_ALL=C $awk -f $root/sql/registry/embed.awk $name");
	return $c =~ /^\S*:(\d+: .*)/m ? $1 : "failed without a word: $c" unless $ok;
	my ($statements) = $c =~ /Statement thing\[\] = \{\n\t\{\n(.*?)\},\n\t\{NULL/s or return $c;
	$statements =~ s/\},\n\t\{\n/--/g;
	$statements =~ s/\\n"\n\t"/\n/g;
	$statements =~ s/\t"(.*?)", /$1, /gs;
	return $statements =~ s/\\"/"/gr;
}

my $table = "CREATE TABLE cgae.thing (id int);\n";
is(embed($table), 'CREATE TABLE cgae.thing (id int), 0', 'a statement');
is(embed("--! per agent\n--! secret\n$table"), 'CREATE TABLE cgae.thing (id int), CGAE_SQL_PER_AGENT | CGAE_SQL_SECRET', 'marks');
is(embed("-- it's; a comment\n\n  $table\n-- 'another\nCOMMENT ON TABLE cgae.thing\n  -- in between;\n  IS 'it''s; \"a\" -- string' ; -- and ; more\n"),
	"CREATE TABLE cgae.thing (id int), 0--COMMENT ON TABLE cgae.thing\n  IS 'it''s; \"a\" -- string', 0", 'comments and strings');
is(embed("CREATE TABLE cgae.thing (\"a;'\"\"--\" int, b text DEFAULT ';', c text DEFAULT 'two  \n\n  lines;'); COMMENT ON TABLE cgae.thing IS 'x';"),
	"CREATE TABLE cgae.thing (\"a;'\"\"--\" int, b text DEFAULT ';', c text DEFAULT 'two  \n\n  lines;'), 0--COMMENT ON TABLE cgae.thing IS 'x', 0", 'names, strings of several lines');
is(embed("${table}COMMENT ON TABLE cgae.thing IS \$\$it's; \"\$x\$\n\$\$; COMMENT ON TABLE cgae.thing IS \$x\$\$\$;\$x\$;"),
	"CREATE TABLE cgae.thing (id int), 0--COMMENT ON TABLE cgae.thing IS \$\$it's; \"\$x\$\n\$\$, 0--COMMENT ON TABLE cgae.thing IS \$x\$\$\$;\$x\$, 0", 'dollar quotes');
is(embed("CREATE VIEW cgae.thing AS SELECT 1::int AS a;\nREVOKE ALL ON cgae.thing FROM PUBLIC;"), 'CREATE VIEW cgae.thing AS SELECT 1::int AS a, 0--REVOKE ALL ON cgae.thing FROM PUBLIC, 0', 'a view');

for my $case (
	[ 'CREATE TABLE cgae.thing (id int)', '1: the file ends within a statement' ],
	[ "${table}COMMENT ON TABLE cgae.thing IS 'x;\n", '2: the file ends within a statement' ],
	[ "${table}COMMENT ON TABLE cgae.thing IS \$a\$x;\n", '2: the file ends within a statement' ],
	[ "-- nothing\n", '1: the file has no statement' ],
	[ "$table;", '2: a statement is empty' ],
	[ "CREATE TABLE cgae.other (id int);\n", '1: the file\'s first statement must be CREATE TABLE or CREATE VIEW of cgae.thing' ],
	[ "COMMENT ON TABLE cgae.thing IS 'x';\n", '1: the file\'s first statement must be CREATE TABLE or CREATE VIEW of cgae.thing' ],
	[ "${table}INSERT INTO cgae.thing VALUES (1);\n", '2: no statement of a relation\'s file: INSERT INTO' ],
	[ "${table}create index on cgae.thing (id);\n", '2: no statement of a relation\'s file: create index' ],
	[ "CREATE VIEW cgae.thing AS SELECT 1;\nCREATE TRIGGER x\n", '2: the file ends within a statement' ],
	[ "CREATE VIEW cgae.thing AS SELECT 1;\nCREATE TRIGGER x INSTEAD OF INSERT ON cgae.thing EXECUTE FUNCTION f();\n", '2: no statement of a view\'s file: CREATE TRIGGER' ],
	[ "--! per agnt\n$table", '1: no mark is called "per agnt"' ],
	[ "${table}--! secret\n", '2: a mark without a statement' ],
	[ "${table}--! secret\nCOMMENT ON TABLE cgae.thing IS 'x';\n", '3: a mark stands above CREATE TABLE only, "secret" in the table\'s own file' ],
	[ "CREATE TABLE cgae.thing (\n--! secret\nid int);\n", '2: a mark within a statement' ],
	[ "/* a comment; */ $table", '1: comments are --, which end with their line' ],
	[ "\\echo x\n$table", '1: psql takes "\\" for something of its own' ],
	[ "CREATE TABLE cgae.thing (id int DEFAULT :x);\n", '1: psql takes ":" for something of its own' ],
	[ "${table}COMMENT ON TABLE cgae.thing IS 'a\\b';\n", '2: a backslash in a string depends on standard_conforming_strings' ],
	[ "${table}COMMENT ON TABLE cgae.thing IS\nE'a';\n", '3: strings have no prefix' ],
	[ "${table}COMMENT ON TABLE cgae.thing IS U&'a';\n", '2: strings have no prefix' ],
	[ "${table}COMMENT ON TABLE cgae.U&\"a\" IS 'a';\n", '2: names have no prefix' ],
	[ "${table}COMMENT ON TABLE cgae.thing IS 'caf\xc3\xa9';\n", '2: a character that is not printable ASCII' ],
	[ "CREATE TABLE cgae.thing (id int);\r\n", '1: a character that is not printable ASCII' ],
	[ $table, '1: the steps are 1--2, 2--3, ..., in this order', '2--3.sql' ],
	[ "--! secret\n$table", '2: a mark stands above CREATE TABLE only, "secret" in the table\'s own file', '1--2.sql' ],
	[ '', '0: no file' ])
{
	my ($content, $said, $name) = @$case;
	like(embed($content, $name), qr/^\Q$said\E/, "refused: $said");
}
done_testing();
