-- Every recorded model configuration has the recorded canonical form and hash.
-- Needs a UTF8 database: the file's JSON escapes stand for characters of all planes.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS cgae;
RESET client_min_messages;

\getenv abs_srcdir PG_ABS_SRCDIR
\set file :abs_srcdir '/data/architecture_hash.jsonl'
\set content `cat :'file'`

CREATE TEMP TABLE recorded AS
  SELECT number, line::json ->> 'config' AS config, line::json ->> 'canonical' AS canonical,
         line::json ->> 'sha256' AS sha256, line::json ->> 'architecture_hash' AS hash
  FROM string_to_table(:'content', E'\n') WITH ORDINALITY AS lines (line, number)
  WHERE line <> '';
\unset content

SELECT count(*) AS lines_checked FROM recorded;

-- no row: none fails
SELECT number, config, canonical, cgae.canonical_json(config::json) AS got
FROM recorded
WHERE cgae.canonical_json(config::json) IS DISTINCT FROM canonical
   OR cgae.architecture_digest(config::json) IS DISTINCT FROM sha256
   OR cgae.architecture_hash(config::json) IS DISTINCT FROM hash
ORDER BY number;
