"""Turn a copy of the source tree into what the next release may be: version 1.1 of the extension,
layout 2 of the registry.  It has one more function, column and column of a view.

    next_release.py TREE

Each change is what a maintainer would do: the upgrade script has what is new, the full script all;
the layout has a step, and create_registry() makes the same at once."""
import re
import sys
from pathlib import Path

tree = Path(sys.argv[1])
FUNCTION = """
CREATE FUNCTION cgae.next_release(r cgae.robustness) RETURNS pg_catalog.float8
  AS 'MODULE_PATHNAME', 'cgae_weakest' LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION cgae.next_release(cgae.robustness) IS 'what the next release brings';
"""
COLUMN_COMMENT = "COMMENT ON COLUMN cgae.agents.next_release IS 'what the next release brings'"


def change(name, old, new):
    """Replace the one occurrence of a text in a file."""
    path = tree / name
    text = path.read_text(encoding='utf-8')
    if text.count(old) != 1:
        sys.exit(f'{name} has "{old}" {text.count(old)} times, not once')
    path.write_text(text.replace(old, new), encoding='utf-8')


script = (tree / 'sql/cgae--1.0.sql').read_text(encoding='utf-8')
(tree / 'sql/cgae--1.1.sql').write_text(script + FUNCTION, encoding='utf-8')
(tree / 'sql/cgae--1.0--1.1.sql').write_text(
    '\\echo Use "ALTER EXTENSION cgae UPDATE" to load this file. \\quit\n' + FUNCTION, encoding='utf-8')
change('cgae.control', "default_version = '1.0'", "default_version = '1.1'")
makefile = (tree / 'Makefile').read_text(encoding='utf-8')
(tree / 'Makefile').write_text(
    re.sub(r'^(DATA = \\\n)', '\\1\tsql/cgae--1.0--1.1.sql sql/cgae--1.1.sql \\\\\n', makefile, count=1, flags=re.M),
    encoding='utf-8')

change('src/schema/layout.h', '#define CGAE_LAYOUT_VERSION 1\n', '#define CGAE_LAYOUT_VERSION 2\n')
change('src/schema/upgrade_registry.c', '\t{0, NULL}',
       '\t{2, (const char *const[]) {"ALTER TABLE cgae.agents ADD next_release text NOT NULL DEFAULT \'new\'",\n'
       f'\t\t"{COLUMN_COMMENT}", NULL}}}},\n\t{{0, NULL}}')
change('src/schema/create_registry.c', '\t" rated_policy int NOT NULL)',
       '\t" rated_policy int NOT NULL, next_release text NOT NULL DEFAULT \'new\')')
change('src/schema/create_registry.c', '\t"COMMENT ON COLUMN cgae.agents.deregistered_at',
       f'\t"{COLUMN_COMMENT}",\n\t"COMMENT ON COLUMN cgae.agents.deregistered_at')
END_OF_VIEW = '"\n\t" FROM cgae.certifications AS c";\n\nstatic const char *const certification_history_comments[] = {\n'
change('src/schema/views.c', END_OF_VIEW,
       ', cgae.next_release(c.robustness) AS next_release' + END_OF_VIEW +
       '\t"COMMENT ON COLUMN cgae.certification_history.next_release IS \'what the next release brings\'",\n')
