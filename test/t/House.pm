# The rules of src/ that a script can check.  faults(ROOT) reads a source tree and gives what
# breaks them, each as [rule, file, line, what to do].
#
# C is read as the compiler reads it, as far as a rule needs it: lines joined, comments and strings
# told apart from code, and where #if gives a choice, once with each first branch and once with
# each last.
package House;
use strict;
use warnings;
use Exporter qw(import);

our @EXPORT_OK = qw(faults rules wants);

# ------------------------------------------------------------------ what the rules allow

# Server headers of the folders that must not need a server.
my %allowed = (
	core => [qw(c.h datatype/timestamp.h)],
	json => [qw(postgres.h common/shortest_dec.h mb/pg_wchar.h miscadmin.h utils/memutils.h)]);

# Headers of the C language, which every folder may include.
my %libc = map { ("$_.h" => 1) } qw(assert ctype errno fenv float inttypes limits math signal stdarg
	stdbool stddef stdint stdio stdlib string time);

# The server's include folders, for where no server is; where one is, it is asked, too.
my @server_folders = qw(access archive backup bootstrap catalog commands common datatype executor
	fe_utils foreign jit lib libpq mb nodes optimizer parser partitioning pch port portability
	postmaster regex replication rewrite snowball statistics storage tcop tsearch utils);

# What is visible in other files without our prefix: what the server calls by name, what stands in
# for the API of newer servers, and the macros that fmgr's own conventions name.
my %unprefixed = map { ($_ => 1) } qw(_PG_init _PG_fini);
my $imitating = 'server/compat.h';
my $fmgr_macro = qr/^(?:PG_GETARG|PG_RETURN|DatumGet|\w+GetDatum$)/;

# Statements and rights that only server/ prepares and changes.
my $only_server = qr/\b(?:SPI_prepare\w*|SPI_keepplan|SPI_saveplan|SetUserId\w*)/;

# The beginning of a statement that makes, changes or opens an object.
my $ddl_word = 'CREATE|ALTER|DROP|COMMENT\s+ON|GRANT|REVOKE';
my $ddl = qr/\b(?:$ddl_word)\b|(?:\A|;)\s*(?i:$ddl_word)\s/;

# Caches outside of server/, which alone may keep a pointer from one call to the next; and names of
# what is handed over.
my %caches = (
	'types/architecture.c' => [qw(algorithm state)],
	'policy/policy.c' => [qw(policies_by_version in_force)],
	'guards/own_table.c' => [qw(own_tables)],
	'api/audit_lottery.c' => [qw(algorithm)]);
my $handing = qr/announce|hand_?over|handed|ticket/i;

# What a comment must name when it cites a section.
my $cited = qr/arXiv|\bpaper\b|\bRFC\s*\d|\bFIPS\b|\bIEEE\b|\bUnicode\b/;

my %kinds = map { ($_ => 1) } qw(c h md html css awk);
my ($function_lines, $file_lines, $columns, $tab, $page_lines) = (70, 600, 100, 4, 40);

# Every rule, and what whoever breaks it should do.
my %rules = (
	folder => 'each file lies in one folder of the table in src/README.md',
	layer => 'a file includes only its own folder and those above it in the table',
	include => 'an own header is included as "folder/file.h", another by its own name',
	circle => 'files do not include each other in a circle',
	serverless => 'core/ and json/ include only the server headers that House.pm lists',
	basename => 'a name stands for one file in all of src/',
	shadow => 'no folder is named like one of the server\'s include folders',
	version => 'PG_VERSION_NUM is asked in server/compat.h alone',
	rights => 'statements are prepared and users changed in server/ alone',
	ddl => 'statements that make objects are SQL files, or in schema/',
	once => 'a typedef or an enum constant is defined once',
	prefix => 'what other files can see begins with cgae_, Cgae or CGAE_',
	ambient => 'what is handed over is a ticket: no static pointer but the caches that House.pm lists',
	function => "a function has at most $function_lines lines",
	file => "a file has at most $file_lines lines",
	line => "a line has at most $columns columns, but for a message that stands alone",
	reference => 'a comment names only what exists',
	page => "each folder has a README.md of at most $page_lines lines that names its files");

sub rules { return sort keys %rules }

# What a rule wants.
sub wants { return $rules{ $_[0] } }

# ------------------------------------------------------------------ reading

sub slurp
{
	my ($path) = @_;
	open(my $file, '<:raw', $path) or die "$path: $!";
	local $/;
	my $text = <$file> // '';
	$text =~ s/\r\n?/\n/g;
	return $text;
}

# Lines that are joined by a backslash become one, as long as it was: the lines that went are
# added where it ends.
sub joined
{
	my ($text) = @_;
	my @lines = split(/\n/, $text, -1);
	my @out;
	while (@lines)
	{
		my ($line, $more) = (shift(@lines), 0);
		while (@lines && $line =~ s/\\[ \t]*\z//)
		{
			$line .= shift(@lines);
			$more++;
		}
		push(@out, $line, ('') x $more);
	}
	return join("\n", @out);
}

# lex TEXT: the code with strings emptied, the same with strings, and the strings and comments,
# each {at, line, text}.  Lengths and lines stay what they are.
sub lex
{
	my ($text) = @_;
	my ($code, $with_strings) = ('', '');
	my (@strings, @comments);
	my $line = 1;
	while ($text =~ m{\G(?:(/\*.*?(?:\*/|\z)|//[^\n]*)|("(?:[^"\\\n]|\\.)*(?:"|$))|('(?:[^'\\\n]|\\.)*')|[^/"']+|.)}gcsm)
	{
		my $token = $&;
		if (defined $1)
		{
			push(@comments, { at => length($code), line => $line, text => $token });
			(my $blank = $token) =~ s/[^\n]/ /g;
			$code .= $blank;
			$with_strings .= $blank;
		}
		elsif (defined $2)
		{
			push(@strings, { at => length($code), line => $line, text => $token });
			$code .= '"' . ' ' x (length($token) - 2) . '"';
			$with_strings .= $token;
		}
		elsif (defined $3)
		{
			$code .= q(') . 'x' x (length($token) - 2) . q(');
			$with_strings .= $token;
		}
		else
		{
			$token =~ s/%:/# /g;
			$token =~ s/<%/{ /g;
			$token =~ s/%>/} /g;
			$code .= $token;
			$with_strings .= $token;
		}
		$line += ($token =~ tr/\n//);
	}
	return { code => $code, with_strings => $with_strings, strings => \@strings, comments => \@comments };
}

sub line_at { return 1 + (substr($_[0], 0, $_[1]) =~ tr/\n//) }

# The position behind the bracket that closes the one at AT, or the text's end.
sub closing
{
	my ($code, $at) = @_;
	my $depth = 0;
	pos($code) = $at;
	while ($code =~ /([({\[])|([)}\]])/g)
	{
		$depth += defined $1 ? 1 : -1;
		return pos($code) if $depth <= 0;
	}
	return length($code);
}

# readings CODE: the code without directives, with the first branch of each #if and with the last.
sub readings
{
	my ($code) = @_;
	my (@open, @where, %branches);
	my $groups = 0;
	my @lines = split(/\n/, $code, -1);
	for my $i (0 .. $#lines)
	{
		if ($lines[$i] =~ /^\s*#\s*(\w*)/)
		{
			my $what = $1;
			$lines[$i] = '';
			if ($what =~ /^if/) { push(@open, [ ++$groups, 1 ]); $branches{$groups} = 1 }
			elsif ($what =~ /^el/ && @open) { $branches{ $open[-1][0] } = ++$open[-1][1] }
			elsif ($what eq 'endif') { pop(@open) }
		}
		$where[$i] = [ map { [@$_] } @open ];
	}
	return map {
		my $first = $_;
		join("\n", map {
			my $i = $_;
			(grep { $_->[1] != ($first ? 1 : $branches{ $_->[0] }) } @{ $where[$i] }) ? '' : $lines[$i]
		} 0 .. $#lines)
	} (1, 0);
}

# What says something about a name and is none.
my $attribute = qr/\b(?:__attribute__|__declspec|pg_attribute_\w+|pg_(?:noreturn|noinline|unreachable|nodiscard)|PGDLLEXPORT|PGDLLIMPORT|_Noreturn|alignas|_Alignas)\b\s*(\((?:[^()]|(?1))*\))?/;

# The names that declarators declare: "a, *b[3], (*c)(int), d = {1}".
sub declared
{
	my ($text) = @_;
	my @names;
	1 while $text =~ s/\{[^{}]*\}/ /g;
	1 while $text =~ s/\[[^][]*\]/ /g;
	# arguments of functions and of attributes, but not the brackets of "(*name)"
	1 while $text =~ s/\((?!\s*\*)[^()]*\)/ / || $text =~ s/\(\s*\*([^()]*)\)/ $1 /;
	for my $part (split(/,/, $text))
	{
		$part =~ s/=.*//s;
		push(@names, $1) if $part =~ /(\w+)\s*\z/;
	}
	return @names;
}

# What stands at the top of a file: each declaration or definition as {line, head, body, last},
# body being there when braces end it like a function's.
sub top_level
{
	my ($code) = @_;
	my @found;
	my $from = 0;
	pos($code) = 0;
	while ($code =~ /[;{}()]/g)
	{
		my ($char, $at) = ($&, pos($code) - 1);
		if ($char eq '(') { pos($code) = closing($code, $at); next }
		if ($char eq '{')
		{
			my $before = substr($code, $from, $at - $from);
			my $end = closing($code, $at);
			if ($before =~ /extern\s*"\s*"\s*\z/) { $from = $at + 1; next }
			# a function's body follows its arguments, or in old style their declarations; another
			# brace belongs to a type or a value
			if ($before =~ s/$attribute//gr =~ /\)\s*\z/ && $before !~ /=/)
			{
				push(@found, item($code, $from, $before, $at, $end));
				$from = $end;
			}
			elsif ($before =~ /\A\s*\z/ && @found && !defined $found[-1]{body})
			{
				@{ $found[-1] }{qw(body last)} = (substr($code, $at, $end - $at), line_at($code, $end - 1));
				$from = $end;
			}
			pos($code) = $end;
			next;
		}
		if ($char eq '}') { $from = $at + 1; next }
		push(@found, item($code, $from, substr($code, $from, $at - $from), undef, $at));
		$from = $at + 1;
	}
	return @found;
}

sub item
{
	my ($code, $from, $text, $body, $end) = @_;
	my ($space) = $text =~ /\A(\s*)/;
	return {
		line => line_at($code, $from + length($space)),
		text => substr($text, length($space)),
		body => defined $body ? substr($code, $body, $end - $body) : undef,
		last => line_at($code, $end - (defined $body ? 1 : 0)) };
}

# What an item at the top of a file makes visible to others: [line, name, kind].
sub visible
{
	my ($item, $header) = @_;
	my $text = $item->{text};
	my @names;
	$text =~ s/$attribute//g;
	# what other files see is what these macros make of their argument
	if ($text =~ s/\A((?:\s*PG_FUNCTION_INFO_V1\s*\(\s*(\w+)\s*\)\s*;?)+)//)
	{
		push(@names, [ $item->{line}, $2, 'function' ]);
	}
	$text =~ s/\A\s*(?:PG_MODULE_MAGIC\w*|StaticAssertDecl|_Static_assert|static_assert)\b\s*(\((?:[^()]|(?1))*\))?//;
	return @names if $text =~ /\A\s*\z/;
	return @names if $text =~ /\A[^({=[]*\bstatic\b/ && !$header;
	if ($text =~ /\btypedef\b/)
	{
		return @names unless $header;
		push(@names, [ $item->{line}, $_, 'type' ]) for declared($text);
	}
	if ($header)
	{
		push(@names, [ $item->{line}, $1, 'tag' ]) while $text =~ /\b(?:struct|union|enum)\s+(\w+)\s*\{/g;
		return @names if $text =~ /\btypedef\b/;
	}
	if (defined $item->{body})
	{
		push(@names, [ $item->{line}, $1, 'function' ]) if $text =~ /(\w+)\s*\(/;
		return @names;
	}
	# a type alone declares nothing more
	my $rest = $text;
	1 while $rest =~ s/\{[^{}]*\}/ /g;
	return @names if $rest =~ /\A\s*(?:struct|union|enum)\s*\w*\s*\z/;
	my %objects = map { ($_ => 1) } declared($rest);
	push(@names, [ $item->{line}, $_, 'variable or function' ]) for sort keys %objects;
	return @names;
}

# Typedefs and enum constants of a reading: [line, name, kind].
sub defined_once
{
	my ($code) = @_;
	my @found;
	while ($code =~ /\btypedef\b/g)
	{
		my $at = pos($code);
		my $end = $at;
		pos(my $rest = $code) = $at;
		while ($rest =~ /[;({]/g)
		{
			$end = pos($rest);
			last if $& eq ';';
			pos($rest) = closing($rest, $end - 1);
		}
		push(@found, [ line_at($code, $at), $_, 'typedef' ]) for declared(substr($code, $at, $end - $at - 1));
	}
	while ($code =~ /\benum\b\s*(?:$attribute)?\s*\w*\s*\{/g)
	{
		my $at = pos($code) - 1;
		my $end = closing($code, $at);
		my $body = substr($code, $at + 1, $end - $at - 2);
		my $offset = $at + 1;
		while ($body =~ /(?:\A|\G)\s*(\w+)([^,({]*(?:\((?:[^()]|\([^()]*\))*\)[^,({]*)*)(?:,|\z)/gc)
		{
			my ($name, $rest, $where) = ($1, $2, $-[1]);
			# a list that a macro makes is not seen
			push(@found, [ line_at($code, $offset + $where), $name, 'enum constant' ]) unless $rest =~ /\A\s*\(/;
		}
	}
	return @found;
}

# ------------------------------------------------------------------ a tree

# tree ROOT: its files, read, and the table of folders.
sub tree
{
	my ($root) = @_;
	my %tree = (root => $root, files => [], folders => [], level => {});
	my $line = 0;
	for (split(/\n/, slurp("$root/src/README.md")))
	{
		$line++;
		next unless m{^\s*\|\s*\[?`?(\w+)/`?(?:\](?:\([^)]*\))?)?\s*\|};
		push(@{ $tree{folders} }, { name => $1, line => $line });
		$tree{level}{$1} //= scalar @{ $tree{folders} };
	}
	$tree{made} = made($root);
	my @walk = ('');
	while (@walk)
	{
		my $folder = shift(@walk);
		opendir(my $dir, "$root/src/$folder") or die "src/$folder: $!";
		for my $name (sort grep { !/^\.\.?$/ } readdir($dir))
		{
			my $path = $folder eq '' ? $name : "$folder/$name";
			next if $tree{made}{$path} || $name =~ /\.(?:o|bc|d|gcda|gcno|new)\z/;
			if (-d "$root/src/$path") { push(@walk, $path); $tree{dirs}{$path} = 1; next }
			my %file = (path => $path, folder => $folder, name => $name);
			($file{base}, $file{kind}) = $name =~ /\A(.*?)\.([^.]*)\z/ ? ($1, $2) : ($name, '');
			if ($file{kind} =~ /^[ch]$/)
			{
				$file{raw} = slurp("$root/src/$path");
				%file = (%file, %{ lex(joined($file{raw})) });
				$file{readings} = [ readings($file{code}) ];
			}
			push(@{ $tree{files} }, \%file);
		}
		closedir($dir);
	}
	$tree{sources} = [ grep { defined $_->{code} } @{ $tree{files} } ];
	$tree{by_path} = { map { ($_->{path} => $_) } @{ $tree{files} } };
	$tree{by_name} = { map { ($_->{name} => $_) } @{ $tree{files} } };
	$tree{include} = server_include();
	return \%tree;
}

# The folder of the server's headers, where there is one.
my $server_include;

sub server_include
{
	return $server_include if defined $server_include;
	$server_include = qx(@{[ $ENV{PG_CONFIG} // 'pg_config' ]} --includedir-server 2>/dev/null) // '';
	chomp($server_include);
	$server_include = '' unless -d $server_include;
	return $server_include;
}

# What the build makes of other files, as the Makefile says.
sub made
{
	my ($root) = @_;
	return {} unless -e "$root/Makefile";
	return { map { ($_ => 1) } slurp("$root/Makefile") =~ m{^src/(\S+\.[ch])\s*:}mg };
}

# ------------------------------------------------------------------ the rules

sub check_folders
{
	my ($tree, $fault) = @_;
	my %seen;
	for my $folder (@{ $tree->{folders} })
	{
		my $name = $folder->{name};
		$fault->('folder', 'README.md', $folder->{line}, "$name/ stands twice in the table: leave one row") if $seen{$name}++;
		$fault->('folder', 'README.md', $folder->{line}, "there is no folder $name/: take the row away") unless $tree->{dirs}{$name};
		$fault->('shadow', 'README.md', $folder->{line}, "the server has an include folder $name/: name ours otherwise")
			if grep({ $_ eq $name } @server_folders) || ($tree->{include} && -d "$tree->{include}/$name");
	}
	for my $dir (sort keys %{ $tree->{dirs} })
	{
		next if $tree->{level}{$dir};
		$fault->('folder', $dir, 0, $dir =~ m{/} ? 'folders of src/ have none of their own: move its files up' : 'not in the table of src/README.md: add a row, or move its files');
	}
	my %base;
	for my $file (@{ $tree->{files} })
	{
		my ($path, $folder) = @$file{qw(path folder)};
		next if $file->{name} eq 'README.md' && ($folder eq '' || $tree->{level}{$folder});
		$fault->('folder', $path, 0, 'lies beside the folders: move it into one') if $folder eq '';
		$fault->('folder', $path, 0, "House.pm knows no such kind of source file") unless $kinds{ $file->{kind} };
		next unless $file->{kind} =~ /^[ch]$/;
		my $other = $base{ lc $file->{base} } //= $file;
		$fault->('basename', $path, 0, "$other->{path} has the same name: rename one")
			if $other->{folder} ne $folder || ($other->{kind} eq $file->{kind} && $other != $file);
	}
	return;
}

# The includes of a file: {line, path, how}; how is the opening character, or '' for a macro.
sub includes
{
	my ($file) = @_;
	my (@found, $line);
	for (split(/\n/, $file->{with_strings}, -1))
	{
		$line++;
		next unless /^\s*#\s*(?:include|include_next|import)\b\s*(.*?)\s*$/;
		my $what = $1;
		push(@found, $what =~ /^(["<])\s*(.*?)\s*[">]/ ? { line => $line, how => $1, path => $2 } : { line => $line, how => '', path => $what });
	}
	return @found;
}

sub check_includes
{
	my ($tree, $fault) = @_;
	my %graph;
	for my $file (@{ $tree->{sources} })
	{
		my ($path, $folder) = @$file{qw(path folder)};
		for my $include (includes($file))
		{
			my ($line, $to) = @$include{qw(line path)};
			if ($include->{how} eq '')
			{
				$fault->('include', $path, $line, "$to hides what is included: name the file");
				next;
			}
			my ($first, $base) = $to =~ m{\A(?:(.*)/)?([^/]+)\z};
			$base //= $to;
			my $own = $tree->{by_path}{$to};
			my $of_server = !$own && is_servers($tree, $to);
			if (!$own && !$of_server && $tree->{by_name}{$base} && !($include->{how} eq '<' && $libc{$to}))
			{
				$fault->('include', $path, $line, "write #include \"$tree->{by_name}{$base}{path}\"");
				$own = $tree->{by_name}{$base};
			}
			elsif ($own && $include->{how} eq '<')
			{
				$fault->('include', $path, $line, "write #include \"$to\"");
			}
			elsif (!$own && ($to =~ m{\.\.?/} || defined $first && $tree->{level}{$first}))
			{
				$fault->('include', $path, $line, "there is no src/$to");
			}
			if ($own)
			{
				$fault->('include', $path, $line, "$to is no header") if $own->{kind} ne 'h';
				my ($from, $level) = map { $tree->{level}{$_} // 0 } ($folder, $own->{folder});
				$fault->('layer', $path, $line, "$own->{folder}/ stands below $folder/: move what is needed up")
					if $level > $from;
				push(@{ $graph{ "$folder/$file->{base}" } }, { to => "$own->{folder}/$own->{base}", line => $line, path => $path })
					unless "$folder/$file->{base}" eq "$own->{folder}/$own->{base}";
			}
			elsif ($allowed{$folder} && !$libc{$to} && !grep { $_ eq $to } @{ $allowed{$folder} })
			{
				$fault->('serverless', $path, $line, "$folder/ does without $to");
			}
		}
	}
	check_circles(\%graph, $fault);
	return;
}

# Is a path one of the server's headers?
sub is_servers
{
	my ($tree, $path) = @_;
	return -e "$tree->{include}/$path" if $tree->{include};
	my ($folder) = $path =~ m{\A(\w+)/};
	return defined $folder && !!grep { $_ eq $folder } @server_folders;
}

# A file and its header are one here.  Each circle is told once, where it is closed.
sub check_circles
{
	my ($graph, $fault) = @_;
	my %state;
	my $visit;
	$visit = sub {
		my ($node, @way) = @_;
		$state{$node} = 1;
		for my $edge (@{ $graph->{$node} // [] })
		{
			my $to = $edge->{to};
			if (($state{$to} // 0) == 1)
			{
				my @circle = (@way, $node);
				shift(@circle) while $circle[0] ne $to;
				$fault->('circle', $edge->{path}, $edge->{line}, join(' -> ', @circle, $to) . ': move what both need into a third');
			}
			elsif (!$state{$to})
			{
				$visit->($to, @way, $node);
			}
		}
		$state{$node} = 2;
	};
	$visit->($_) for grep { !$state{$_} } sort keys %$graph;
	return;
}

# The parts of the code that stand in brackets after a name: [from, to].
sub calls
{
	my ($code, $name) = @_;
	my @ranges;
	push(@ranges, [ $-[0], closing($code, pos($code) - 1) ]) while $code =~ /\b$name\s*\(/g;
	return @ranges;
}

# Where a file's messages to users are.
sub messages
{
	my ($file) = @_;
	$file->{messages} //= [ calls($file->{code}, qr/err(?:msg|detail|hint|context)(?:_(?:internal|log|plural|log_plural|msg))?|elog/) ];
	return @{ $file->{messages} };
}

sub check_words
{
	my ($tree, $fault) = @_;
	for my $file (@{ $tree->{sources} })
	{
		my ($path, $folder, $code) = @$file{qw(path folder code)};
		while ($code =~ /\bPG_(?:MAJOR)?VERSION_NUM\b/g)
		{
			$fault->('version', $path, line_at($code, $-[0]), "move the difference into src/$imitating") if $path ne $imitating;
		}
		while ($code =~ /$only_server/g)
		{
			$fault->('rights', $path, line_at($code, $-[0]), "call what server/ offers instead of $&") if $folder ne 'server';
		}
		next if $folder eq 'schema';
		my @messages = messages($file);
		my @strings = @{ $file->{strings} };
		while (@strings)
		{
			# strings that follow each other are one
			my $string = shift(@strings);
			my ($from, $end, $text) = ($string->{at}, $string->{at}, '');
			for (my $next = $string; $next; $next = shift(@strings))
			{
				$text .= substr($next->{text}, 1, -1);
				$end = $next->{at} + length($next->{text});
				last unless @strings && substr($code, $end, $strings[0]{at} - $end) =~ /\A\s*(?:\w+\s*)?\z/;
			}
			next unless $text =~ s/\\[nt]/ /gr =~ /$ddl/;
			next if grep { $_->[0] < $from && $_->[1] > $from } @messages;
			next if line_text($file, $string->{line}) =~ /^\s*#\s*(?:error|warning|pragma)/;
			$fault->('ddl', $path, $string->{line}, "\"$&\" belongs into an SQL file");
		}
		while ($code =~ /\b(?:CREATE|ALTER|DROP)\s+(?:TABLE|INDEX|VIEW|TRIGGER|FUNCTION|ROLE|TYPE|SCHEMA)\b|\b(?:GRANT|REVOKE)\s+\w+\s+ON\b/g)
		{
			$fault->('ddl', $path, line_at($code, $-[0]), "\"$&\" belongs into an SQL file");
		}
	}
	for my $other (glob("$tree->{root}/Makefile $tree->{root}/test/*.[ch] $tree->{root}/test/*/*.[ch] $tree->{root}/bench/*.[ch] $tree->{root}/bench/*/*.[ch]"))
	{
		next unless -e $other;
		my $name = substr($other, length("$tree->{root}/"));
		my $text = slurp($other);
		my $code = $name eq 'Makefile' ? $text =~ s/^\s*#.*//gmr : lex(joined($text))->{code};
		$fault->('version', "../$name", line_at($code, $-[0]), "move the difference into src/$imitating") while $code =~ /PG_(?:MAJOR)?VERSION_NUM/g;
	}
	return;
}

sub line_text { return (split(/\n/, $_[0]{with_strings}, -1))[ $_[1] - 1 ] }

sub check_names
{
	my ($tree, $fault) = @_;
	my %defined;
	# what a header defines is what others repeat
	for my $file (sort { $b->{kind} cmp $a->{kind} || $a->{path} cmp $b->{path} } @{ $tree->{sources} })
	{
		my ($path, $header) = ($file->{path}, $file->{kind} eq 'h');
		my %told;
		# a name may stand in both branches of an #if, so they are read apart
		for my $reading (@{ $file->{readings} })
		{
			my %here;
			for my $found (defined_once($reading))
			{
				my ($line, $name, $kind) = @$found;
				my $before = $here{$name} // ($defined{$name} && $defined{$name}[0] ne $path ? $defined{$name} : undef);
				if ($before && !$told{"once $line $name"}++)
				{
					$fault->('once', $path, $line, "$kind $name is defined in $before->[0]:$before->[1], too: use one, or rename");
				}
				$here{$name} //= [ $path, $line ];
				$defined{$name} //= [ $path, $line ];
				$fault->('prefix', $path, $line, "enum constant $name: name it CGAE_...")
					if $header && $kind eq 'enum constant' && $name !~ /^CGAE_/ && !$told{"prefix $line $name"}++;
			}
			for my $item (top_level($reading))
			{
				for my $seen (visible($item, $header))
				{
					my ($line, $name, $kind) = @$seen;
					next if $unprefixed{$name} || $name =~ /^(?:cgae_|Cgae[A-Z])/;
					next if $path eq $imitating || $name =~ $fmgr_macro;
					next if $told{"prefix $line $name"}++;
					$fault->('prefix', $path, $line, "$kind $name: make it static, or name it cgae_... (a type Cgae...)");
				}
			}
		}
		my $line = 0;
		for (split(/\n/, $file->{code}, -1))
		{
			$line++;
			next unless /^\s*#\s*define\s+(\w+)/;
			my $name = $1;
			$fault->('once', $path, $line, "$name is an enum constant in $defined{$name}[0]:$defined{$name}[1], too")
				if $defined{$name};
			next unless $header && $path ne $imitating;
			next if $name =~ /^(?:CGAE_|cgae_|Cgae)/ || $name =~ $fmgr_macro;
			$fault->('prefix', $path, $line, "macro $name: move it into a .c, or name it CGAE_...");
		}
	}
	return;
}

# Variables that outlive a call and point somewhere, or hold what one part hands over to another.
sub check_ambient
{
	my ($tree, $fault) = @_;
	for my $file (grep { $_->{path} ne 'server/ticket.c' } @{ $tree->{sources} })
	{
		my ($path, %told) = ($file->{path});
		my %kept = map { ($_ => 1) } @{ $caches{$path} // [] };
		for my $reading (@{ $file->{readings} })
		{
			my @found;
			push(@found, [ $-[0], $1, 1 ]) while $reading =~ /\bstatic\b[^;{}()=]*\(\s*\*\s*(?!const\b)(\w+)/g;
			while ($reading =~ /\bstatic\b([^;{}()=]*)(?=[;=])/g)
			{
				my ($at, $declared) = ($-[0], $1);
				for my $part (split(/,/, $declared =~ s/\[[^]]*\]//gr))
				{
					push(@found, [ $at, $1, 1 ]) if $part =~ /\*\s*(?:volatile\s+|restrict\s+)*(\w+)\s*\z/;
					# a flag, a number and a constant hand nothing over
					push(@found, [ $at, $1, 0 ])
						if $part =~ /(\w+)\s*\z/ && $part !~ /\*|\bconst\b|\A\s*(?:volatile\s+)?(?:bool|int|u?int\d+|TimestampTz)\s+\w+\s*\z/;
				}
			}
			for my $found (@found)
			{
				my ($at, $name, $points) = @$found;
				my $line = line_at($reading, $at);
				next if $points && ($file->{folder} eq 'server' && $name !~ $handing || $kept{$name});
				next if !$points && $name !~ $handing;
				$fault->('ambient', $path, $line, "push $name as a ticket instead, or list it as a cache in House.pm") unless $told{"$line $name"}++;
			}
		}
	}
	return;
}

sub check_sizes
{
	my ($tree, $fault) = @_;
	for my $file (@{ $tree->{sources} })
	{
		my $path = $file->{path};
		my %told;
		for my $item (map { top_level($_) } @{ $file->{readings} })
		{
			my $lines = $item->{last} - $item->{line} + 1;
			next unless defined $item->{body} && $lines > $function_lines;
			my ($name) = $item->{text} =~ /(\w+)\s*\((?!.*\)\s*\()/s;
			$fault->('function', $path, $item->{line}, ($name // 'a function') . " has $lines lines: take a part out") unless $told{ $item->{line} }++;
		}
		my @lines = split(/\n/, $file->{raw}, -1);
		pop(@lines) if @lines && $lines[-1] eq '';
		$fault->('file', $path, $file_lines + 1, scalar(@lines) . ' lines: divide it by concern') if @lines > $file_lines;
		for my $i (0 .. $#lines)
		{
			my $width = width($lines[$i]);
			next if $width <= $columns || $lines[$i] =~ /^\s*(?:\(?err(?:msg|detail|hint)\w*\()?"(?:[^"\\]|\\.)*"[\s),;:?]*$/
				&& in_message($file, $i + 1);
			$fault->('line', $path, $i + 1, "$width columns: break it");
		}
	}
	return;
}

# Does a string of a message begin on this line?
sub in_message
{
	my ($file, $line) = @_;
	for my $string (grep { $_->{line} == $line } @{ $file->{strings} })
	{
		return 1 if grep { $_->[0] < $string->{at} && $_->[1] > $string->{at} } messages($file);
	}
	return 0;
}

# Columns of a line.
sub width
{
	my ($line) = @_;
	utf8::decode($line);
	my $width = 0;
	$width += $_ eq "\t" ? $tab - $width % $tab : 1 for split(//, $line);
	return $width;
}

sub check_references
{
	my ($tree, $fault) = @_;
	my %servers;
	if ($tree->{include})
	{
		$servers{ s{.*/}{}r } = 1 for glob("$tree->{include}/*.h $tree->{include}/*/*.h");
	}
	for my $file (@{ $tree->{sources} })
	{
		my $path = $file->{path};
		for my $comment (@{ $file->{comments} })
		{
			my ($text, $first) = @$comment{qw(text line)};
			my $report = sub { $fault->('reference', $path, $first + (substr($text, 0, $_[0]) =~ tr/\n//), $_[1]) };
			while ($text =~ m{(?<![\w/.<-])((?:[\w-]+/)*[\w-]+\.[ch])\b}g)
			{
				my ($name, $at) = ($1, $-[1]);
				my ($base) = $name =~ m{([^/]+)\z};
				next if $tree->{by_path}{ $name =~ s{^src/}{}r } || ($name eq $base && $tree->{by_name}{$base}) || -e "$tree->{root}/$name";
				next if grep { m{(?:\A|/)\Q$name\E\z} } keys %{ $tree->{made} };
				next if $servers{$base} || $libc{$name} || is_servers($tree, $name);
				$report->($at, "there is no $name");
			}
			while ($text =~ m{(?<![\w/.<-])((?:doc|src|test|sql|bench|demo|scripts|expected)/[\w./-]*\w/?)}g)
			{
				my ($name, $at) = ($1, $-[1]);
				next if $name =~ /\.[ch]$/;
				# letters that stand for a name
				next if $name =~ m{\A(.*/)(?:[A-Z]|[A-Z]{3,})(?:-+[A-Z]+)*\.\w+\z} && -d "$tree->{root}/$1";
				$report->($at, "there is no $name") unless -e "$tree->{root}/$name";
			}
			while ($text =~ m{((?:[\w-]+/)*[\w-]+\.md)\b(?:[\s*]*,[\s*]*(?:section|heading)?[\s*]*(["']?)([A-Z`][^"']*))?}g)
			{
				my ($name, $at, $after) = ($1, $-[1], $3);
				if (!-e "$tree->{root}/$name")
				{
					$report->($at, "there is no $name") if $name !~ m{^(?:doc|src|test|sql|bench|demo)/};
					next;
				}
				next unless defined $after;
				$after =~ s/\s+\*?\s*/ /g;
				my @headings = map { /^#+\s+(.*?)\s*#*$/ ? $1 : () } split(/\n/, slurp("$tree->{root}/$name"));
				$report->($at, "$name has no such heading: " . ($after =~ /\A([^.;:)]*)/)[0])
					unless grep { my $heading = $_; $after =~ /\A\Q$heading\E(?!\w)/i } @headings;
			}
			while ($text =~ /\bsections?\s+(?=\d|[A-Z]\b|[IVX]+\b)|\x{c2}\x{a7}/gi)
			{
				my $at = $-[0];
				$report->($at, 'say of which paper or RFC') unless $text =~ $cited;
			}
		}
	}
	return;
}

sub check_pages
{
	my ($tree, $fault) = @_;
	my %seen;
	for my $folder (grep { $tree->{dirs}{$_} && !$seen{$_}++ } map { $_->{name} } @{ $tree->{folders} })
	{
		my $page = "$folder/README.md";
		if (!-e "$tree->{root}/src/$page")
		{
			$fault->('page', $page, 0, 'write it: what may be here, what may not, the invariants, a line a file');
			next;
		}
		my $text = slurp("$tree->{root}/src/$page");
		my $lines = ($text =~ tr/\n//);
		$fault->('page', $page, $page_lines + 1, "$lines lines: shorten it") if $lines > $page_lines;
		$fault->('page', $page, 1, 'say what may not be here') unless $text =~ /may not/i;
		$fault->('page', $page, 1, 'say the invariants') unless $text =~ /invariant/i;
		my %named;
		while ($text =~ m{`((?:\w+/)*)([\w-]+\.(?:c|h|html|css|awk))`}g)
		{
			my ($where, $name, $at) = ($1, $2, $-[0]);
			$named{$name} = 1 if $where eq '' || $where =~ m{\A(?:src/)?$folder/\z};
			my $there = $where eq '' ? "$folder/" : $where =~ s{^src/}{}r;
			$fault->('page', $page, line_at($text, $at), "there is no $there$name")
				unless $tree->{by_path}{"$there$name"} || $tree->{made}{"$there$name"} || is_servers($tree, $where . $name);
		}
		for my $file (grep { $_->{folder} eq $folder && $_->{kind} ne 'md' && $kinds{ $_->{kind} } } @{ $tree->{files} })
		{
			# a header goes without saying where its .c is named
			next if $named{ $file->{name} } || ($file->{kind} =~ /^[ch]$/ && $text =~ /`$file->{base}`/) || ($file->{kind} eq 'h' && $tree->{by_path}{"$folder/$file->{base}.c"});
			$fault->('page', $page, $lines, "say what is in $file->{name}");
		}
	}
	return;
}

# faults ROOT: what breaks the rules, in the order of files.
sub faults
{
	my ($root) = @_;
	my $tree = tree($root);
	my @faults;
	my $fault = sub {
		my ($rule, $path, $line, $text) = @_;
		die "no rule $rule" unless $rules{$rule};
		$path = $path =~ s{^\.\./}{} ? $path : "src/$path";
		push(@faults, { rule => $rule, file => $path, line => $line || 1, text => $text });
	};
	check_folders($tree, $fault);
	check_includes($tree, $fault);
	check_words($tree, $fault);
	check_names($tree, $fault);
	check_ambient($tree, $fault);
	check_sizes($tree, $fault);
	check_references($tree, $fault);
	check_pages($tree, $fault);
	return sort { $a->{file} cmp $b->{file} || $a->{line} <=> $b->{line} || $a->{rule} cmp $b->{rule} } @faults;
}

1;
