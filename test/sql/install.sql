-- What CREATE EXTENSION leaves behind, and that DROP EXTENSION takes it all away.
-- The owner of a database can do it: no superuser needed.
CREATE ROLE regress_cgae_installer;
SELECT format('GRANT CREATE ON DATABASE %I TO regress_cgae_installer', current_database()) \gexec
SET ROLE regress_cgae_installer;
CREATE EXTENSION cgae;

SELECT e.extowner::regrole, n.nspname, e.extrelocatable
  FROM pg_extension e
  JOIN pg_namespace n ON n.oid = e.extnamespace
 WHERE e.extname = 'cgae';

-- No member outside the schema cgae but the comparisons of robustness, which are found under every search_path.
SELECT o.type, o.identity
  FROM pg_depend d
  JOIN pg_extension e ON e.oid = d.refobjid AND e.extname = 'cgae',
       LATERAL pg_identify_object(d.classid, d.objid, 0) AS o
 WHERE d.refclassid = 'pg_extension'::regclass AND d.deptype = 'e'
   AND CASE WHEN o.schema IS NULL THEN o.identity <> 'cgae' AND o.type <> 'cast'
            ELSE o.schema <> 'cgae' END
 ORDER BY 1, 2;

-- No member without a comment.  Operator families are apart, a class makes its own; and
-- array types, which are members from 17 on.
SELECT o.type, o.identity
  FROM pg_depend d
  JOIN pg_extension e ON e.oid = d.refobjid AND e.extname = 'cgae',
       LATERAL pg_identify_object(d.classid, d.objid, 0) AS o
 WHERE d.refclassid = 'pg_extension'::regclass AND d.deptype = 'e'
   AND d.classid <> 'pg_opfamily'::regclass AND o.identity !~ '\[\]$'
   AND obj_description(d.objid, d.classid::regclass::name) IS NULL
 ORDER BY 1, 2;

-- No function runs with somebody else's rights, and the language is C throughout.
SELECT p.oid::regprocedure, l.lanname, p.prosecdef, p.proconfig
  FROM pg_proc p
  JOIN pg_language l ON l.oid = p.prolang
 WHERE p.pronamespace = 'cgae'::regnamespace
   AND p.prokind <> 'a' AND (l.lanname <> 'c' OR p.prosecdef OR p.proconfig IS NOT NULL)
 ORDER BY 1;

DROP EXTENSION cgae;
SELECT to_regnamespace('cgae');
SELECT count(*) FROM pg_operator WHERE oprnamespace = 'pg_catalog'::regnamespace AND oid >= 16384;

RESET ROLE;
SELECT format('REVOKE CREATE ON DATABASE %I FROM regress_cgae_installer', current_database()) \gexec
DROP ROLE regress_cgae_installer;
