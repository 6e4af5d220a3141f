"""Turn a copy of the source tree into what the next release may be: version 1.1 of the extension,
layout 2 of the registry.  It has one more function, a column and a column of a view, and a table.

    next_release.py TREE

Each change is what a maintainer would do: the upgrade script has what is new, the full script all;
the files of the relations say what there is, and a step leads to it."""
import re
import sys
from pathlib import Path

tree = Path(sys.argv[1])
registry = tree / 'sql/registry'
FUNCTION = """
CREATE FUNCTION cgae.next_release(r cgae.robustness) RETURNS pg_catalog.float8
  AS 'MODULE_PATHNAME', 'cgae_weakest' LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION cgae.next_release(cgae.robustness) IS 'what the next release brings';
"""
COLUMN = "next_release text NOT NULL DEFAULT 'new'"
COLUMN_COMMENT = "COMMENT ON COLUMN cgae.agents.next_release IS 'what the next release brings';\n"
VIEW_COMMENT = "COMMENT ON COLUMN cgae.certification_history.next_release IS 'what the next release brings';\n"
TABLE = """--! per agent
CREATE TABLE cgae.agent_notes (
    agent_id text NOT NULL
        CONSTRAINT agent_notes_agent_id_fkey REFERENCES cgae.agents,
    seq int NOT NULL,
    note text,
    CONSTRAINT agent_notes_pkey PRIMARY KEY (agent_id, seq));
COMMENT ON TABLE cgae.agent_notes IS 'what the next release brings; it''s append-only';
CREATE TRIGGER zz_cgae_append_only BEFORE UPDATE OR DELETE ON cgae.agent_notes
    FOR EACH ROW EXECUTE FUNCTION cgae.guard_append_only();
CREATE TRIGGER zz_cgae_no_truncate BEFORE TRUNCATE ON cgae.agent_notes
    FOR EACH STATEMENT EXECUTE FUNCTION cgae.guard_append_only();
COMMENT ON TRIGGER zz_cgae_no_truncate ON cgae.agent_notes IS 'refuses truncate; isn''t a guard of rows';
REVOKE ALL ON cgae.agent_notes FROM PUBLIC;
"""
STEP = f"""-- What is new in layout 2.
ALTER TABLE cgae.agents ADD {COLUMN};
{COLUMN_COMMENT}
{TABLE}"""


def change(name, old, new):
    """Replace the one occurrence of a text in a file."""
    path = tree / name
    text = path.read_text(encoding='utf-8')
    if text.count(old) != 1:
        sys.exit(f'{name} has "{old}" {text.count(old)} times, not once')
    path.write_text(text.replace(old, new), encoding='utf-8')


# the extension
script = (tree / 'sql/cgae--1.0.sql').read_text(encoding='utf-8')
(tree / 'sql/cgae--1.1.sql').write_text(script + FUNCTION, encoding='utf-8')
(tree / 'sql/cgae--1.0--1.1.sql').write_text(
    '\\echo Use "ALTER EXTENSION cgae UPDATE" to load this file. \\quit\n' + FUNCTION, encoding='utf-8')
change('cgae.control', "default_version = '1.0'", "default_version = '1.1'")
makefile = (tree / 'Makefile').read_text(encoding='utf-8')
(tree / 'Makefile').write_text(
    re.sub(r'^(DATA = \\\n)', '\\1\tsql/cgae--1.0--1.1.sql sql/cgae--1.1.sql \\\\\n', makefile, count=1, flags=re.M),
    encoding='utf-8')

# the registry
(registry / '1--2.sql').write_text(STEP, encoding='utf-8')
change('Makefile', 'UPGRADE_STEPS =\n', 'UPGRADE_STEPS = 1--2\n')
change('sql/registry/agents.sql', '    rated_policy int NOT NULL);', f'    rated_policy int NOT NULL,\n    {COLUMN});')
change('sql/registry/agents.sql', 'COMMENT ON COLUMN cgae.agents.deregistered_at', f'{COLUMN_COMMENT}COMMENT ON COLUMN cgae.agents.deregistered_at')
change('sql/registry/certification_history.sql', '\n    FROM cgae.certifications AS c;\n',
       f',\n        cgae.next_release(c.robustness) AS next_release\n    FROM cgae.certifications AS c;\n{VIEW_COMMENT}')
(registry / 'agent_notes.sql').write_text(TABLE, encoding='utf-8')
change('Makefile', '\tregistry_layout \\\n', '\tregistry_layout \\\n\tagent_notes \\\n')
change('src/server/registry_sql.h', '\tCGAE_REGISTRY_LAYOUT,\n', '\tCGAE_REGISTRY_LAYOUT,\n\tCGAE_AGENT_NOTES,\n')
