# The house is in order: src/ keeps the rules that House.pm checks.  And each rule is seen to bite:
# in a small tree that keeps them all, every fault planted is found where it was planted, and
# nothing else is.
use strict;
use warnings;
use File::Basename qw(dirname);
use File::Path qw(make_path remove_tree);
use File::Temp qw(tempdir);
use Test::More;

use lib dirname(__FILE__);
use House qw(faults rules wants);

my $root = $ENV{CGAE_SOURCE} // '.';
my %wrong;
push(@{ $wrong{ $_->{rule} } }, $_) for faults($root);
for my $rule (rules())
{
	my @wrong = @{ $wrong{$rule} // [] };
	is(join('', map { "$_->{file}:$_->{line}: $_->{text}\n" } @wrong), '', "$rule: " . wants($rule));
}

# ------------------------------------------------------------------ a tree that keeps the rules

my $page = "# A folder\n\nFiles may be here, others may not.  Invariants: none.\n\n";
my %house = (
	'Makefile' => "OBJS = src/core/gate.o\nsrc/guards/made.c: made.awk\n",
	'doc/internals.md' => "# How it works\n\n## Lock order\n\n## Whose rights\n",
	'src/README.md' => "# Layers\n\n| folder | what |\n|---|---|\n" . join('', map { "| `$_/` | what |\n" } qw(core server json schema guards)),
	'src/core/README.md' => "$page- `gate.c`: the gate\n- `tier.h`: tiers\n",
	'src/core/tier.h' => "#ifndef CGAE_TIER_H\n#define CGAE_TIER_H\n\ntypedef enum CgaeTier\n{\n\tCGAE_T0,\n\tCGAE_T1 = (1),\n\tCGAE_TIERS\n} CgaeTier;\n\n#endif\n",
	'src/core/gate.h' => "#ifndef CGAE_GATE_H\n#define CGAE_GATE_H\n\n#include \"core/tier.h\"\n\nextern int\tcgae_gate(int tier);\n\n#endif\n",
	'src/core/gate.c' => "/* gate.c: the gate (arXiv 2603.15639, section 3) */\n#include \"c.h\"\n\n#include <math.h>\n\n#include \"core/gate.h\"\n\nint\ncgae_gate(int tier)\n{\n\treturn tier;\n}\n",
	'src/server/README.md' => "$page- `cache.c`: a cache\n- `compat.h`: majors\n- `ticket.c`: tickets\n",
	'src/server/compat.h' => "#ifndef CGAE_COMPAT_H\n#define CGAE_COMPAT_H\n\n#if PG_VERSION_NUM < 160000\n#define palloc_aligned(x) palloc(x)\ntypedef int NewType;\n#else\ntypedef long NewType;\n#endif\n\n#endif\n",
	'src/server/cache.h' => "#ifndef CGAE_CACHE_H\n#define CGAE_CACHE_H\n\ntypedef struct CgaeCache CgaeCache;\n\nextern CgaeCache *cgae_cache(void);\n\nstatic inline int\ncgae_twice(int i)\n{\n\treturn 2 * i;\n}\n\n#endif\n",
	'src/server/cache.c' => "#include \"postgres.h\"\n\n#include \"executor/spi.h\"\n\n#include \"server/cache.h\"\n\nstruct CgaeCache\n{\n\tint\t\t\tmember;\n};\n\nstatic CgaeCache cache = {1};\n\nCgaeCache *\ncgae_cache(void)\n{\n\tSPI_keepplan(SPI_prepare(\"SELECT 1\", 0, NULL));\n\treturn &cache;\n}\n",
	'src/server/ticket.c' => "#include \"postgres.h\"\n\nstatic const void *announced;\n",
	'src/json/README.md' => "$page- `text.c`: text\n",
	'src/json/text.c' => "#include \"postgres.h\"\n\n#include \"mb/pg_wchar.h\"\n\n/* cuts a text */\nstatic int\tcut;\n",
	'src/schema/README.md' => "$page- `make.c`: makes\n",
	'src/schema/make.c' => "#include \"postgres.h\"\n\nstatic const char *const ddl = \"CREATE TABLE t ()\";\n",
	'src/guards/README.md' => "$page- `agent.c`: agents; see `server/cache.c`\n",
	'src/guards/agent.h' => "#ifndef CGAE_AGENT_H\n#define CGAE_AGENT_H\n\n#include \"server/cache.h\"\n\ntypedef int (*CgaeHook) (int);\n\nstruct CgaeAgent\n{\n\tint\t\t\tseq;\n};\n\nextern int\tcgae_agent, *cgae_agents[3];\nextern void cgae_fail(void) pg_attribute_noreturn();\nextern CgaeHook cgae_hook(CgaeHook hook, int (*other) (int));\n\n#endif\n",
	'src/guards/made.c' => "int made;\n",
	'src/guards/agent.o' => '',
	'src/guards/agent.c' => <<'C');
/*
 * agent.c
 *	  Agents.  See cache.h, tupdesc.h, doc/internals.md, Lock order, and src/core/gate.c.
 *
 * It never says DROP TABLE, PG_VERSION_NUM or SPI_prepare but here.
 */
#include "postgres.h"

#include "fmgr.h"

#include "core/gate.h"
#include "guards/agent.h"

#define LOCAL_MACRO 1
typedef struct Local
{
	int			i;
} Local;
enum
{
	LOCAL_ONE,
	LOCAL_TWO
};

int			cgae_agent = 1;

PG_FUNCTION_INFO_V1(cgae_guard_agent);
Datum
cgae_guard_agent(PG_FUNCTION_ARGS)
{
	const char *words[] = {"SPI_prepare", "a \"section 3\"", "// no comment"};

	ereport(ERROR,
			(errmsg("agent %s", words['"' == 0]),
			 errhint("Let its owner GRANT INSERT ON cgae.agents, or as the registry's owner run REVOKE, and try again.")));
}

void
_PG_init(void)
{
}
C
my $dir = tempdir(CLEANUP => 1);

# found CHANGES: the faults of the tree with these files changed, "rule file:line" each.
sub found
{
	my (%changes) = @_;
	my %tree = (%house, %changes);
	remove_tree($dir, { keep_root => 1 });
	for my $name (grep { defined $tree{$_} } keys %tree)
	{
		make_path(dirname("$dir/$name"));
		open(my $file, '>:raw', "$dir/$name") or die "$name: $!";
		print $file $tree{$name};
		close($file);
	}
	return join(' ', map { "$_->{rule} $_->{file}:$_->{line}" } faults($dir));
}

is(found(), '', 'a tree without a fault');

# planted RULE, HOW, FILE, LINES [, AT]: LINES behind the last line of FILE break the rule, in the
# line AT of them, and no other.
my %planted;

sub planted
{
	my ($rule, $how, $file, $lines, $at) = @_;
	my $text = $house{$file} // '';
	my $line = ($text =~ tr/\n//) + ($at // 1);
	$planted{$rule}++;
	is(found($file => $text . $lines), "$rule $file:$line", "$rule: $how");
	return;
}

# changed RULE, HOW, WHERE, CHANGES: the files so changed break the rule there.
sub changed
{
	my ($rule, $how, $where, %changes) = @_;
	$planted{$rule}++;
	is(found(%changes), "$rule $where", "$rule: $how");
	return;
}

# with FILE, FROM, TO: a file with a text replaced.
sub with
{
	my ($file, $from, $to) = @_;
	my $text = $house{$file};
	my $at = index($text, $from);
	die "$file has no $from" if $at < 0;
	substr($text, $at, length($from)) = $to;
	return ($file => $text);
}

my $agent = 'src/guards/agent.c';
my $header = 'src/guards/agent.h';
my $table = 'src/README.md';

# folder
changed('folder', 'a file beside the folders', 'src/stray.c:1', 'src/stray.c' => "static int i;\n");
changed('folder', 'a folder that is not in the table', 'src/attic:1', 'src/attic/old.c' => "static int i;\n");
changed('folder', 'a folder in a folder', 'src/guards/deep:1', 'src/guards/deep/old.c' => "static int i;\n");
planted('folder', 'a row without a folder', $table, "| `attic/` | what |\n");
planted('folder', 'a row that stands twice', $table, "| `guards/` | what |\n");
changed('folder', 'another kind of file', 'src/guards/agent.cpp:1', 'src/guards/agent.cpp' => '');

# layer, include, serverless, circle
planted('layer', 'from a folder below', 'src/server/ticket.c', "#include \"guards/agent.h\"\n");
planted('layer', 'with blanks, tabs and a comment', 'src/core/gate.c', "\t # \tinclude /* that */ \"server/cache.h\"\n");
planted('layer', 'in a header', 'src/server/compat.h', "#include\"guards/agent.h\"\n");
planted('layer', 'over two lines', 'src/server/ticket.c', "#include \\\n\t\"guards/agent.h\"\n");
planted('layer', 'with digraphs, in a file that ends its lines as on Windows', 'src/server/ticket.c', "%:include \"guards/agent.h\"\r\n");
planted('layer', 'where the compiler does not look', 'src/server/ticket.c', "#if 0\n#include \"guards/agent.h\"\n#endif\n", 2);
planted('include', 'by way of ..', $agent, "#include \"../core/gate.h\"\n");
planted('include', 'a bare name', $agent, "#include \"agent.h\"\n");
planted('include', 'a longer way', $agent, "#include \"src/core/gate.h\"\n");
planted('include', 'in angle brackets', $agent, "#include <core/gate.h>\n");
planted('include', 'a macro', $agent, "#include HEADER\n");
planted('include', 'a file that is no header', $agent, "#include \"core/gate.c\"\n");
planted('include', 'what is not there', $agent, "#include \"core/lost.h\"\n");
planted('serverless', 'a server header in core/', 'src/core/tier.h', "#include \"postgres.h\"\n");
planted('serverless', 'in angle brackets', 'src/core/gate.c', "#include <utils/palloc.h>\n");
planted('serverless', 'in json/', 'src/json/text.c', "#include \"executor/spi.h\"\n");
changed('circle', 'of headers', 'src/core/tier.h:4', with('src/core/tier.h', "typedef enum", "#include \"core/gate.h\"\ntypedef enum"));
changed('circle', 'of two files and their headers', 'src/guards/b.c:1',
	with($agent, '#include "guards/agent.h"', "#include \"guards/agent.h\"\n#include \"guards/b.h\""),
	'src/guards/b.h' => '', 'src/guards/b.c' => "#include \"guards/agent.h\"\n", with('src/guards/README.md', '`agent.c`', '`b.c`, `agent.c`'));

# basename, shadow
changed('basename', 'the same in two folders', 'src/server/gate.h:1', 'src/server/gate.h' => '', with('src/server/README.md', '`cache.c`', '`gate.h` `cache.c`'));
changed('basename', 'in other letters', 'src/server/Gate.h:1', 'src/server/Gate.h' => '', with('src/server/README.md', '`cache.c`', '`Gate.h` `cache.c`'));
changed('shadow', 'a folder of the server\'s', 'src/README.md:10', $table => "$house{$table}| `utils/` | what |\n", 'src/utils/README.md' => $page);

# version
planted('version', 'in #if', $agent, "#if PG_VERSION_NUM >= 160000\n#endif\n");
planted('version', 'in #elif, with blanks', $agent, "#if 0\n#  elif (PG_VERSION_NUM>=160000)\n#endif\n", 2);
planted('version', 'the major alone', $header, "#if PG_MAJORVERSION_NUM >= 16\n#endif\n");
planted('version', 'in code', $agent, "static int v =\n\tPG_VERSION_NUM;\n", 2);
planted('version', 'in the Makefile', 'Makefile', "PG_CPPFLAGS += -DV=PG_VERSION_NUM\n");
changed('version', 'in a test', 'test/fuzz/shim.c:2', 'test/fuzz/shim.c' => "/* PG_VERSION_NUM */\n#if PG_VERSION_NUM > 1\n#endif\n");

# rights
planted('rights', 'SPI_prepare', $agent, "static void\nf(void)\n{\n\tSPI_prepare (\"SELECT 1\", 0, NULL);\n}\n", 4);
planted('rights', "$_", $agent, "static void *const p = (void *) $_;\n") for qw(SPI_prepare_cursor SPI_prepare_extended SPI_keepplan SPI_saveplan SetUserIdAndSecContext SetUserIdAndContext);
planted('rights', 'by a macro', $header, "#define CGAE_PREPARE(q) \\\n\tSPI_prepare(q, 0, NULL)\n");
planted('rights', 'in schema/', 'src/schema/make.c', "static void *const p = SetUserIdAndSecContext;\n");

# ddl
planted('ddl', $_->[0], $agent, $_->[1], $_->[2])
	for ['a table', "static const char *const s = \"CREATE TABLE t ()\";\n"],
	['in pieces', "static const char *const s = \"DR\"\n\t\"OP TABLE t\";\n"],
	['around a macro', "static const char *const s = \"ALTER \" NAME \" ADD c\";\n"],
	['in small letters', "static const char *const s = \" drop table t\";\n"],
	['after another statement', "static const char *const s = \"SELECT 1; grant all on t to u\";\n"],
	['a word alone', "static const char *const s = \"REVOKE\";\n"],
	['a comment on', "static const char *const s = \"COMMENT  ON TABLE t IS ''\";\n"],
	['over lines', "static const char *const s = \"SELECT\\nCOMMENT\\n\"\n\t\"ON TABLE t IS ''\";\n"],
	['in a macro', "#define SQL \"GRANT SELECT\"\n"],
	['made a string by a macro', "static const char *const s = STRING(CREATE TABLE t ());\n"],
	['beside a message', "static void\nf(void)\n{\n\terrmsg(\"no\"), run(\"DROP TABLE t\");\n}\n", 4],
	['in a call that looks like a message', "static void\nf(void)\n{\n\terrmsg_run(\"DROP TABLE t\");\n}\n", 4];

# once
planted('once', $_->[0], $agent, $_->[1], $_->[2])
	for ['a typedef in two files', "typedef struct CgaeAgent CgaeCache;\n"],
	['a struct without a tag', "typedef struct\n{\n\tint\t\t\tx;\n\tstruct { int y; } z;\n} CgaeCache;\n"],
	['a pointer to a function', "typedef\n\tint (*CgaeHook) (int);\n"],
	['the second of two', "typedef int A, *CgaeCache;\n"],
	['in one file', "typedef int Local;\n"],
	['within a function', "static void\nf(void)\n{\n\ttypedef int CgaeTier;\n}\n", 4],
	['an enum constant', "enum Other\n{\n\tA,\n\tB = 1 << (2), CGAE_T0,\n};\n", 4],
	['an enum without a name', "static enum {CGAE_TIERS} e;\n"],
	['in one enum and another', "enum{ LOCAL_TWO=3 };\n"],
	['in one file and a macro', "#define CGAE_T1 1\n"],
	['in an #else', "#if 0\n#else\nenum {A, LOCAL_ONE};\n#endif\n", 3];

# prefix
planted('prefix', $_->[0], $agent, $_->[1], $_->[2])
	for ['a function', "int\nf(void)\n{\n\treturn 0;\n}\n"],
	['a brace on the same line', "int f (void) {\n\treturn 0;\n}\n"],
	['old style', "int f(a)\n\tint a;\n{\n\treturn a;\n}\n"],
	['over lines, with an attribute', "__attribute__((noinline))\nvoid\nf(int a,\n  int b)\n{\n}\n"],
	['a static argument', "int f(int a[static 3])\n{\n\treturn a[0];\n}\n"],
	['a variable', "int counter;\n"],
	['the second of two', "int cgae_a = 1, b[2] = {1, 2};\n"],
	['a variable with a struct', "struct s\n{\n\tint i;\n} v;\n"],
	['a pointer to a function', "int (*hook) (int);\n"],
	['a prototype', "extern int f(int (*cgae_x) (int));\n"],
	['a function of SQL', "PG_FUNCTION_INFO_V1(f);\n"],
	['in an #else', "#ifdef X\n#else\nint y;\n#endif\n", 3],
	['another prefix', "int cgaecount;\n"];
planted('prefix', $_->[0], $header, $_->[1], $_->[2])
	for ['an inline function', "static inline int\nf(void)\n{\n\treturn 0;\n}\n"],
	['a typedef', "typedef int Agent;\n"],
	['a type without a tag', "typedef struct\n{\n\tint i;\n} Agent;\n"],
	['a tag', "struct Agent\n{\n\tint i;\n};\n"],
	['an enum constant', "typedef enum CgaeKind\n{\n\tCGAE_A,\n\tKIND_B\n} CgaeKind;\n", 4],
	['an enum without a name', "enum { CGAE_A, B };\n"],
	['a macro', "#\tdefine AGENT_COLUMNS 3\n"],
	['a macro with arguments', "#define agent(x) (x)\n"],
	['a prototype over lines', "extern const char *\n\tname(int a,\n\t\t int b);\n"];

# ambient
planted('ambient', $_->[0], $agent, $_->[1], $_->[2])
	for ['a pointer', "static const Local *announced;\n"],
	['another name', "static struct Local *volatile the_hand_over = NULL;\n"],
	['a value', "static Local announced_row;\n"],
	['any pointer', "static\nLocal *last[3];\n"],
	['the second of two', "static int a, *b;\n"],
	['a pointer to a function', "static void (*hook) (int) = NULL;\n"],
	['within a function', "static void\nf(void)\n{\n\tstatic void *handed_over;\n}\n", 4];
is(found($agent => "$house{$agent}static const char *const announcement[] = {\"a\"};\nstatic void announce(int *i);\nstatic char *g(void);\nstatic const int *const b;\n"), '', 'ambient: constants are allowed');

# function, file, line
my $long = "{\n" . "\tg();\n" x 68 . "}\n";
planted('function', 'one line too long', $agent, "static void\nf(void)\n$long" =~ s/\tg/\tg();\n\tg/r);
planted('function', 'a brace on the same line', $agent, "static void f(void) {\n" . "\n" x 69 . "}\n");
planted('function', 'in a header', $header, "static inline void\ncgae_f(void)\n$long");
planted('function', 'with an attribute at its end', $agent, "static void\nf(void) pg_attribute_unused()\n$long");
planted('function', 'in an #else, with braces in strings', $agent, "#if 0\n#else\nstatic void\nf(void)\n" . $long =~ s/g\(/g("}}", '}'/r . "#endif\n", 3);
is(found($agent => "$house{$agent}static void\nf(void)\n" . $long =~ s/\tg\(\);\n\tg\(\);\n//r), '', 'function: 70 lines are allowed');
changed('file', 'one line too long', "$agent:601", $agent => $house{$agent} . "\n" x (601 - ($house{$agent} =~ tr/\n//)));
planted('line', $_->[0], $agent, $_->[1], $_->[2])
	for ['of code', "static int\tx;" . ' ' x 86 . "/* 101 */\n" =~ s/ 101/101/r],
	['of tabs', "\t" x 25 . ";\n"],
	['of a comment', '/* ' . 'x' x 95 . " */\n"],
	['of a string that is no message', "static const char *const s =\n\t\"" . 'x' x 100 . "\";\n", 2],
	['of a message and more', "static void\nf(void)\n{\n\terrmsg(\"" . 'x' x 95 . "\", 1);\n}\n", 4];
is(found($agent => "$house{$agent}/* " . "\x{c3}\x{a9}" x 94 . " */\n"), '', 'line: letters count, not bytes');

# reference
planted('reference', $_->[0], $agent, $_->[1], $_->[2])
	for ['a file', "/* see lost.c */\n"],
	['a header', "/* as\n * lost.h says */\n", 2],
	['a file in another folder', "/* core/agent.c */\n"],
	['a path', "// test/lost.spec\n"],
	['a page', "/* doc/lost.md */\n"],
	['a heading', "/* doc/internals.md, Lost order */\n"],
	['a heading over lines', "/*\n * See doc/internals.md,\n * Who is where.\n */\n", 2],
	['a section', "/* as section 4.2 says */\n"],
	['a section by its sign', "/* \x{c2}\x{a7} 4 */\n"],
	['at the end of a line', "static int i;\t/* lost.c */\n"];

# page
changed('page', 'missing', 'src/core/README.md:1', 'src/core/README.md' => undef);
planted('page', 'too long', 'src/core/README.md', "\n" x 40, 35);
changed('page', 'a file that is not there', 'src/core/README.md:7', 'src/core/README.md' => "$house{'src/core/README.md'}- `lost.c`: gone\n");
changed('page', 'a file elsewhere that is not there', 'src/core/README.md:7', 'src/core/README.md' => "$house{'src/core/README.md'}- see `guards/lost.c`\n");
changed('page', 'a file that it does not name', 'src/core/README.md:6', with('src/core/README.md', '`gate.c`', 'gate'));
changed('page', 'a header without a .c', 'src/core/README.md:6', with('src/core/README.md', '`tier.h`', 'tier'));
changed('page', 'without what may not be here', 'src/core/README.md:1', with('src/core/README.md', 'may not', 'can'));
changed('page', 'without invariants', 'src/core/README.md:1', with('src/core/README.md', 'Invariants', 'Rules'));

is(join(' ', grep { !$planted{$_} } rules()), '', 'no rule is without a planted fault');
done_testing();
