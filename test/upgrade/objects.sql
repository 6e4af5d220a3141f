-- Every object of the extension and of schema cgae: what it is, whose, who may, what is said
-- about it.  A registry that was upgraded and one that was just made must print the same.
SET search_path = pg_catalog;
WITH extension AS (SELECT oid FROM pg_extension WHERE extname = 'cgae'), schema AS (SELECT 'cgae'::regnamespace::oid AS oid),
object (classid, objid) AS (
  SELECT classid, objid FROM pg_depend, extension AS e WHERE refclassid = 'pg_extension'::regclass AND refobjid = e.oid AND deptype = 'e'
  UNION SELECT 'pg_extension'::regclass, oid FROM extension
  UNION SELECT 'pg_class'::regclass, oid FROM pg_class WHERE relnamespace = (SELECT oid FROM schema)
  UNION SELECT 'pg_trigger'::regclass, oid FROM pg_trigger WHERE NOT tgisinternal AND tgrelid IN (SELECT oid FROM pg_class WHERE relnamespace = (SELECT oid FROM schema))
  UNION SELECT 'pg_policy'::regclass, oid FROM pg_policy
  UNION SELECT 'pg_constraint'::regclass, oid FROM pg_constraint WHERE connamespace = (SELECT oid FROM schema)
  UNION SELECT 'pg_proc'::regclass, oid FROM pg_proc WHERE pronamespace = (SELECT oid FROM schema)
  UNION SELECT 'pg_type'::regclass, oid FROM pg_type WHERE typnamespace = (SELECT oid FROM schema)
  UNION SELECT 'pg_operator'::regclass, oid FROM pg_operator WHERE oprnamespace = (SELECT oid FROM schema)
  UNION SELECT 'pg_opclass'::regclass, oid FROM pg_opclass WHERE opcnamespace = (SELECT oid FROM schema)
  UNION SELECT 'pg_opfamily'::regclass, oid FROM pg_opfamily WHERE opfnamespace = (SELECT oid FROM schema)
  UNION SELECT 'pg_statistic_ext'::regclass, oid FROM pg_statistic_ext WHERE stxnamespace = (SELECT oid FROM schema))
SELECT pg_describe_object(o.classid, o.objid, 0) COLLATE "C" AS name,
  EXISTS (SELECT FROM pg_depend AS d WHERE d.classid = o.classid AND d.objid = o.objid AND deptype = 'e') AS is_member,
  coalesce(
    (SELECT pg_get_functiondef(oid) FROM pg_proc WHERE oid = o.objid AND o.classid = 'pg_proc'::regclass AND prokind <> 'a'),
    (SELECT concat_ws(' ', aggtransfn, aggfinalfn, aggcombinefn, aggserialfn, aggdeserialfn, aggtranstype::regtype, agginitval, proparallel, provolatile)
       FROM pg_aggregate JOIN pg_proc AS p ON p.oid = aggfnoid WHERE p.oid = o.objid AND o.classid = 'pg_proc'::regclass),
    (SELECT CASE relkind WHEN 'i' THEN pg_get_indexdef(c.oid) WHEN 'v' THEN pg_get_viewdef(c.oid) END FROM pg_class AS c WHERE c.oid = o.objid AND o.classid = 'pg_class'::regclass AND relkind IN ('i', 'v')),
    (SELECT concat_ws(' ', tgenabled, pg_get_triggerdef(oid)) FROM pg_trigger WHERE oid = o.objid AND o.classid = 'pg_trigger'::regclass),
    (SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE oid = o.objid AND o.classid = 'pg_constraint'::regclass),
    (SELECT pg_get_statisticsobjdef(oid) FROM pg_statistic_ext WHERE oid = o.objid AND o.classid = 'pg_statistic_ext'::regclass),
    (SELECT concat_ws(' ', typlen, typbyval, typtype, typcategory, typalign, typstorage, typinput, typoutput, typreceive, typsend, typdefault,
              (SELECT array_agg(enumlabel ORDER BY enumsortorder) FROM pg_enum WHERE enumtypid = t.oid)) FROM pg_type AS t WHERE oid = o.objid AND o.classid = 'pg_type'::regclass),
    (SELECT concat_ws(' ', oprcode, oprcom::regoperator, oprnegate::regoperator, oprrest, oprjoin, oprcanmerge, oprcanhash) FROM pg_operator WHERE oid = o.objid AND o.classid = 'pg_operator'::regclass),
    (SELECT concat_ws(' ', opcdefault, opcintype::regtype) FROM pg_opclass WHERE oid = o.objid AND o.classid = 'pg_opclass'::regclass),
    (SELECT concat_ws(' ', (SELECT string_agg(concat_ws(' ', amopstrategy, amopopr::regoperator), ', ' ORDER BY amopstrategy) FROM pg_amop WHERE amopfamily = f.oid),
              (SELECT string_agg(concat_ws(' ', amprocnum, amproc::regprocedure), ', ' ORDER BY amprocnum) FROM pg_amproc WHERE amprocfamily = f.oid)) FROM pg_opfamily AS f WHERE oid = o.objid AND o.classid = 'pg_opfamily'::regclass),
    (SELECT concat_ws(' ', castfunc::regprocedure, castcontext, castmethod) FROM pg_cast WHERE oid = o.objid AND o.classid = 'pg_cast'::regclass),
    (SELECT concat_ws(' ', extversion, extrelocatable, extnamespace::regnamespace) FROM pg_extension WHERE oid = o.objid AND o.classid = 'pg_extension'::regclass)) AS definition,
  (SELECT concat_ws(' ', relkind, relpersistence, reloptions, relreplident, relrowsecurity, relforcerowsecurity) FROM pg_class WHERE oid = o.objid AND o.classid = 'pg_class'::regclass) AS relation,
  (SELECT string_agg(concat_ws(' ', attnum, attname, format_type(atttypid, atttypmod), attnotnull, attgenerated, attstorage, attstattarget, attacl, pg_get_expr(adbin, adrelid), col_description(attrelid, attnum)), E'\n' ORDER BY attnum)
     FROM pg_attribute LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum WHERE attrelid = o.objid AND o.classid = 'pg_class'::regclass AND attnum > 0) AS columns,
  (SELECT concat_ws(' ', owner::regrole, acl) FROM (
     SELECT relowner, relacl FROM pg_class WHERE oid = o.objid AND o.classid = 'pg_class'::regclass
     UNION ALL SELECT proowner, proacl FROM pg_proc WHERE oid = o.objid AND o.classid = 'pg_proc'::regclass
     UNION ALL SELECT typowner, typacl FROM pg_type WHERE oid = o.objid AND o.classid = 'pg_type'::regclass
     UNION ALL SELECT nspowner, nspacl FROM pg_namespace WHERE oid = o.objid AND o.classid = 'pg_namespace'::regclass
     UNION ALL SELECT extowner, NULL FROM pg_extension WHERE oid = o.objid AND o.classid = 'pg_extension'::regclass) AS x (owner, acl)) AS access,
  obj_description(o.objid, o.classid::regclass::name) AS comment
FROM object AS o ORDER BY 1;
