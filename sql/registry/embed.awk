# Embeds the registry's SQL files as C: src/server/registry_sql.c, with the types of registry_sql.h.
#
#   awk -f embed.awk agents.sql ... registry_health.sql 1--2.sql 2--3.sql ...
#
# Each file of a relation, in the order in which they are made, and each upgrade step becomes an
# array of statements, without comments.  What psql would run differently from the server's parser,
# and what is not as README.md says, fails the build.  POSIX awk; run it under LC_ALL=C.

function fail(what) {
	printf "%s:%d: %s\n", FILENAME, FNR, what >"/dev/stderr"
	failed = 1
	exit 1
}

# The text as the lines of a C string literal, one a line.
function literal(text,    lines, count, i, c) {
	gsub(/"/, "\\\"", text)
	count = split(text, lines, "\n")
	c = ""
	for (i = 1; i <= count; i++)
		c = c (i > 1 ? "\\n\"\n" : "") "\t\"" lines[i]
	return c "\""
}

# A statement is complete: see that it may stand in this file, and write it.
function statement(text,    words, first, about) {
	sub(/^[ \t\n]+/, "", text)
	sub(/[ \t\n]+$/, "", text)
	if (text == "")
		fail("a statement is empty")
	split(text, words, /[ \t\n(;]+/)
	first = words[1] " " words[2]
	if (!is_step) {
		about = "cgae." name
		if (count == 0) {
			if ((first != "CREATE TABLE" && first != "CREATE VIEW") || words[3] != about)
				fail("the file's first statement must be CREATE TABLE or CREATE VIEW of " about)
			is_view = first == "CREATE VIEW"
		}
		else if (first !~ /^CREATE (INDEX|UNIQUE|STATISTICS|TRIGGER)$/ &&
				 first !~ /^(COMMENT ON|ALTER TABLE|REVOKE ALL)$/)
			fail("no statement of a relation's file: " first)
		else if (is_view && first !~ /^(COMMENT ON|REVOKE ALL)$/)
			fail("no statement of a view's file: " first)
	}
	if (marks != "0" && (first != "CREATE TABLE" || (is_step && marks ~ /SECRET/)))
		fail("a mark stands above CREATE TABLE only, \"secret\" in the table's own file")
	if (count == 0)
		file_marks = marks
	printf "%s%s, %s},\n", "\t{\n", literal(text), marks
	marks = "0"
	count++
}

function finish_file() {
	files++
	if (state != "" || buffer !~ /^[ \t\n]*$/)
		fail("the file ends within a statement")
	if (marks != "0")
		fail("a mark without a statement")
	if (count == 0)
		fail("the file has no statement")
	print "\t{NULL, 0}\n};\n"
	if (is_step) {
		step_version[++steps] = to
		return
	}
	relation[relations++] = name
	relation_marks[name] = file_marks
	relation_is_view[name] = is_view
}

function begin_file(    parts) {
	name = FILENAME
	sub(/.*\//, "", name)
	if (name !~ /^([a-z_]+|[0-9]+--[0-9]+)\.sql$/)
		fail("neither RELATION.sql nor N--M.sql")
	sub(/\.sql$/, "", name)
	is_step = name ~ /^[0-9]/
	count = 0
	is_view = 0
	marks = "0"
	state = buffer = ""
	if (is_step) {
		split(name, parts, "--")
		to = parts[2] + 0
		if (parts[1] + 0 != steps + 1 || to != steps + 2)
			fail("the steps are 1--2, 2--3, ..., in this order")
		printf "static const CgaeRegistryStatement step_%d[] = {\n", to
		return
	}
	if (steps > 0)
		fail("relations come before the steps")
	if (name in relation_marks)
		fail("the relation was there before")
	printf "static const CgaeRegistryStatement %s[] = {\n", name
}

# The rest of a line that begins outside of strings and comments, up to where that changes.
function plain(line,    c, two) {
	while (line != "" && state == "") {
		c = substr(line, 1, 1)
		two = substr(line, 1, 2)
		if (two == "--")
			return ""
		if (two == "/*")
			fail("comments are --, which end with their line")
		if (two == "::") {
			buffer = buffer two
			line = substr(line, 3)
			continue
		}
		if (c == ":" || c == "\\" || c == "`")
			fail("psql takes \"" c "\" for something of its own")
		if (c == "$" && match(line, /^\$[A-Za-z_]*\$/)) {
			state = substr(line, 1, RLENGTH)
			buffer = buffer state
			line = substr(line, RLENGTH + 1)
			continue
		}
		if (c == "'" && buffer ~ /(^|[^A-Za-z0-9_])([eEbBxXnN]|[uU]&)$/)
			fail("strings have no prefix")
		if (c == "\"" && buffer ~ /(^|[^A-Za-z0-9_])[uU]&$/)
			fail("names have no prefix")
		line = substr(line, 2)
		if (c == ";") {
			statement(buffer)
			buffer = ""
			continue
		}
		if (c == "'" || c == "\"")
			state = c
		buffer = buffer c
	}
	return line
}

# The rest of a line that begins within a string, up to its end.  A quote that is doubled ends one
# string and begins another, which comes to the same.
function quoted(line,    at) {
	at = index(line, state)
	if ((at == 0 ? line : substr(line, 1, at)) ~ /\\/)
		fail("a backslash in a string depends on standard_conforming_strings")
	if (at == 0) {
		buffer = buffer line
		return ""
	}
	buffer = buffer substr(line, 1, at - 1 + length(state))
	line = substr(line, at + length(state))
	state = ""
	return line
}

BEGIN {
	print "/* Made from sql/registry/ by embed.awk. */"
	print "#include \"postgres.h\"\n"
	print "#include \"server/registry_sql.h\"\n"
	marks = "0"
}

FNR == 1 {
	if (NR > 1)
		finish_file()
	begin_file()
}

/[\r\f\v]/ || /[^\t -~]/ { fail("a character that is not printable ASCII") }

state == "" && /^--!/ {
	if (buffer !~ /^[ \t\n]*$/)
		fail("a mark within a statement")
	mark = $0
	sub(/^--! */, "", mark)
	if (mark == "per agent")
		marks = (marks == "0" ? "" : marks " | ") "CGAE_SQL_PER_AGENT"
	else if (mark == "secret")
		marks = (marks == "0" ? "" : marks " | ") "CGAE_SQL_SECRET"
	else
		fail("no mark is called \"" mark "\"")
	next
}

{
	rest = $0
	while (rest != "")
		rest = state == "" ? plain(rest) : quoted(rest)
	# outside of strings, blanks at the end and lines without anything go
	if (state == "") {
		sub(/[ \t\n]+$/, "", buffer)
		if (buffer == "")
			next
	}
	buffer = buffer "\n"
}

END {
	if (failed)
		exit 1
	if (NR == 0)
		fail("no file")
	finish_file()
	if (files != ARGC - 1)
		fail("one of the files is empty")
	print "const CgaeRegistryFile cgae_registry_files[CGAE_RELATIONS] = {"
	for (i = 0; i < relations; i++)
		printf "\t[CGAE_%s] = {\"%s\", %s, %s},\n", \
			toupper(relation[i]), relation[i], relation[i], relation_marks[relation[i]]
	print "};\n"
	print "const CgaeRegistryStep cgae_registry_steps[] = {"
	for (i = 1; i <= steps; i++)
		printf "\t{%d, step_%d},\n", step_version[i], step_version[i]
	print "\t{0, NULL}\n};\n"
	printf "const int cgae_layout_version = %d;\n\n", steps + 1
	# the enum is in the order of the files, tables first
	for (i = 0; i < relations; i++) {
		constant = "CGAE_" toupper(relation[i])
		printf "StaticAssertDecl(%s == %d, \"the order of the files\");\n", constant, i
		printf "StaticAssertDecl((%s < CGAE_TABLES) == %d, \"tables come first\");\n", \
			constant, !relation_is_view[relation[i]]
	}
	printf "StaticAssertDecl(CGAE_RELATIONS == %d, \"every relation has a file\");\n", relations
}
