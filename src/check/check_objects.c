/*
 * check_objects.c
 *	  What cgae.check_registry() reads in the catalog about the registry's objects.
 *
 * One query for each concern, over the tables that cgae_check_layout() found
 * and everything below them.  Each gives rows (rule, detail).  What an owner
 * may add is no fault: columns, indexes, triggers that fire before the guard
 * or after the statement, row security, grants of the access levels.
 */
#include "postgres.h"

#include "access/relation.h"
#include "catalog/namespace.h"
#include "catalog/pg_class.h"
#include "catalog/pg_trigger.h"
#include "catalog/pg_type.h"
#include "lib/stringinfo.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"

#include "check/check_keys.h"
#include "check/check_objects.h"
#include "server/registry_triggers.h"
#include "server/rights.h"

/* Kinds of tables; the third column is the root that a foreign table makes unreadable. */
#define RELATIONS CGAE_CHECK_TREE \
	"SELECT 'table', pg_catalog.concat(n.name, f.fault)," \
	" CASE WHEN c.relkind OPERATOR(pg_catalog.=) 'f' THEN t.root END" \
	" FROM tree AS t JOIN named AS n ON n.oid OPERATOR(pg_catalog.=) t.oid" \
	" JOIN pg_catalog.pg_class AS c ON c.oid OPERATOR(pg_catalog.=) t.oid" \
	" CROSS JOIN LATERAL (VALUES" \
	"  (c.relkind OPERATOR(pg_catalog.=) 'f', ' is a foreign table')," \
	"  (t.oid OPERATOR(pg_catalog.<>) t.root AND NOT c.relispartition," \
	"   ' inherits from a table of the registry, but is no partition of it')," \
	"  (c.relpersistence OPERATOR(pg_catalog.=) 'u', ' is unlogged: a crash empties it')," \
	"  (c.relpersistence OPERATOR(pg_catalog.=) 't', ' is temporary')," \
	"  (t.oid OPERATOR(pg_catalog.=) t.root AND EXISTS (SELECT FROM pg_catalog.pg_inherits AS i" \
	"    WHERE i.inhrelid OPERATOR(pg_catalog.=) t.oid)," \
	"   ' is a partition or a child of another table')" \
	" ) AS f(is_so, fault) WHERE f.is_so ORDER BY 2"

/* The parts of all hash partitions add up to one. */
#define PARTITIONS CGAE_CHECK_TREE \
	"SELECT 'table', pg_catalog.format('%s lacks a partition: some agents have no place', n.name)" \
	" FROM pg_catalog.unnest($1) AS x(oid)" \
	" JOIN named AS n ON n.oid OPERATOR(pg_catalog.=) x.oid" \
	" JOIN pg_catalog.pg_partitioned_table AS h ON h.partrelid OPERATOR(pg_catalog.=) x.oid" \
	"  AND h.partstrat OPERATOR(pg_catalog.=) 'h'" \
	" WHERE COALESCE((SELECT pg_catalog.round(pg_catalog.sum(1.0 OPERATOR(pg_catalog./) CAST(" \
	"   pg_catalog.substring(pg_catalog.pg_get_expr(c.relpartbound, c.oid), 'modulus ([0-9]+)')" \
	"   AS pg_catalog.numeric)), 6)" \
	"  FROM pg_catalog.pg_inherits AS i" \
	"  JOIN pg_catalog.pg_class AS c ON c.oid OPERATOR(pg_catalog.=) i.inhrelid" \
	"  WHERE i.inhparent OPERATOR(pg_catalog.=) x.oid), 0) OPERATOR(pg_catalog.<) 1 ORDER BY 2"

#define OWNERS CGAE_CHECK_TREE \
	"SELECT 'owner', pg_catalog.format(" \
	"  '%s is owned by %s, but cgae.agents by %s: nothing can be written'," \
	"  n.name, pg_catalog.pg_get_userbyid(n.owner), pg_catalog.pg_get_userbyid(a.relowner))" \
	" FROM tree AS t JOIN named AS n ON n.oid OPERATOR(pg_catalog.=) t.oid" \
	" JOIN pg_catalog.pg_class AS a ON a.oid OPERATOR(pg_catalog.=) $2" \
	" WHERE n.owner OPERATOR(pg_catalog.<>) a.relowner ORDER BY 2"

/*
 * Triggers of others that make a guard refuse to work, since they fire after
 * it, or make rows vanish: the server's own that does so, and those that say
 * RETURN NULL.  What else a BEFORE trigger does to a row nobody can tell from
 * outside.  tgtype: 1 row, 2 before, 4 insert, 8 delete, 16 update.
 * $2: the functions that judge rows.
 */
#define TRIGGERS CGAE_CHECK_TREE \
	"SELECT 'trigger', pg_catalog.format('trigger %I on %s %s', g.tgname, n.name," \
	"  CASE WHEN s.suppresses THEN 'suppresses updates that change nothing'" \
	"   WHEN s.drops THEN 'may drop rows: its function says RETURN NULL'" \
	"   ELSE 'fires after the guard, which then refuses to write' END)" \
	" FROM tree AS t JOIN named AS n ON n.oid OPERATOR(pg_catalog.=) t.oid" \
	" JOIN pg_catalog.pg_trigger AS g ON g.tgrelid OPERATOR(pg_catalog.=) t.oid" \
	" JOIN pg_catalog.pg_proc AS p ON p.oid OPERATOR(pg_catalog.=) g.tgfoid" \
	" CROSS JOIN LATERAL (SELECT l.lanname OPERATOR(pg_catalog.=) 'internal'" \
	"   AND p.prosrc OPERATOR(pg_catalog.=) 'suppress_redundant_updates_trigger'," \
	"  l.lanname OPERATOR(pg_catalog.=) 'plpgsql'" \
	"   AND p.prosrc OPERATOR(pg_catalog.~*) 'return[[:space:]]+null[[:space:]]*;'" \
	"  FROM pg_catalog.pg_language AS l WHERE l.oid OPERATOR(pg_catalog.=) p.prolang)" \
	"  AS s(suppresses, drops)" \
	" WHERE NOT g.tgisinternal AND g.tgenabled OPERATOR(pg_catalog.<>) 'D'" \
	" AND (g.tgtype OPERATOR(pg_catalog.&) CAST(3 AS pg_catalog.int2)) OPERATOR(pg_catalog.=) 3" \
	" AND (s.suppresses OR s.drops OR EXISTS (SELECT FROM pg_catalog.pg_trigger AS b" \
	"  WHERE b.tgrelid OPERATOR(pg_catalog.=) t.oid" \
	"  AND b.tgfoid OPERATOR(pg_catalog.=) ANY ($2)" \
	"  AND (b.tgtype OPERATOR(pg_catalog.&) CAST(3 AS pg_catalog.int2)) OPERATOR(pg_catalog.=) 3" \
	"  AND b.tgname OPERATOR(pg_catalog.<) g.tgname" \
	"  AND b.tgfoid OPERATOR(pg_catalog.<>) g.tgfoid" \
	"  AND (b.tgtype OPERATOR(pg_catalog.&) g.tgtype OPERATOR(pg_catalog.&)" \
	"   CAST(28 AS pg_catalog.int2)) OPERATOR(pg_catalog.<>) 0)) ORDER BY 2"

#define RULES CGAE_CHECK_TREE \
	"SELECT 'rule', pg_catalog.format('rule %I on %s %s', r.rulename, n.name," \
	"  CASE WHEN r.is_instead THEN 'does something instead of what a statement says'" \
	"   ELSE 'does something besides what a statement says' END)" \
	" FROM tree AS t JOIN named AS n ON n.oid OPERATOR(pg_catalog.=) t.oid" \
	" JOIN pg_catalog.pg_rewrite AS r ON r.ev_class OPERATOR(pg_catalog.=) t.oid" \
	" WHERE r.ev_enabled OPERATOR(pg_catalog.<>) 'D' ORDER BY 2"

/* Who else may write code that the owner runs. */
#define PRIVILEGES CGAE_CHECK_TREE \
	"SELECT 'access', pg_catalog.format('%s holds %s on %s'," \
	"  CASE WHEN g.grantee OPERATOR(pg_catalog.=) 0 THEN 'PUBLIC'" \
	"   ELSE pg_catalog.format('role %I', pg_catalog.pg_get_userbyid(g.grantee)) END," \
	"  g.privilege_type, CASE WHEN h.attname IS NULL THEN n.name" \
	"   ELSE pg_catalog.format('%s (%I)', n.name, h.attname) END)" \
	" FROM tree AS t JOIN named AS n ON n.oid OPERATOR(pg_catalog.=) t.oid" \
	" CROSS JOIN LATERAL (SELECT c.relacl, NULL FROM pg_catalog.pg_class AS c" \
	"   WHERE c.oid OPERATOR(pg_catalog.=) t.oid" \
	"  UNION ALL SELECT a.attacl, a.attname FROM pg_catalog.pg_attribute AS a" \
	"   WHERE a.attrelid OPERATOR(pg_catalog.=) t.oid AND NOT a.attisdropped) AS h(acl, attname)" \
	" CROSS JOIN LATERAL pg_catalog.aclexplode(h.acl) AS g" \
	" WHERE g.privilege_type OPERATOR(pg_catalog.=) ANY ('{REFERENCES,TRIGGER}')" \
	" AND g.grantee OPERATOR(pg_catalog.<>) n.owner ORDER BY 2"

/* What such a privilege has left behind: a foreign key or a trigger stays when it is revoked. */
#define FOREIGN_CODE CGAE_CHECK_TREE \
	", others (oid, name) AS (SELECT r.oid, r.rolname FROM pg_catalog.pg_roles AS r" \
	" WHERE NOT r.rolsuper)" \
	"SELECT 'access', pg_catalog.format('foreign key %I of %s, a table of role %I, refers to %s'," \
	"  c.conname, f.name, o.name, n.name)" \
	" FROM tree AS t JOIN named AS n ON n.oid OPERATOR(pg_catalog.=) t.oid" \
	" JOIN pg_catalog.pg_constraint AS c ON c.confrelid OPERATOR(pg_catalog.=) t.oid" \
	"  AND c.contype OPERATOR(pg_catalog.=) 'f'" \
	" JOIN named AS f ON f.oid OPERATOR(pg_catalog.=) c.conrelid" \
	" JOIN others AS o ON o.oid OPERATOR(pg_catalog.=) f.owner" \
	" WHERE f.owner OPERATOR(pg_catalog.<>) n.owner AND c.conparentid OPERATOR(pg_catalog.=) 0" \
	" AND NOT EXISTS (SELECT FROM tree AS own WHERE own.oid OPERATOR(pg_catalog.=) f.oid)" \
	" UNION ALL " \
	"SELECT 'access', pg_catalog.format('trigger %I on %s calls %I.%I(), a function of role %I'," \
	"  g.tgname, n.name, s.nspname, p.proname, o.name)" \
	" FROM tree AS t JOIN named AS n ON n.oid OPERATOR(pg_catalog.=) t.oid" \
	" JOIN pg_catalog.pg_trigger AS g ON g.tgrelid OPERATOR(pg_catalog.=) t.oid" \
	" JOIN pg_catalog.pg_proc AS p ON p.oid OPERATOR(pg_catalog.=) g.tgfoid" \
	" JOIN pg_catalog.pg_namespace AS s ON s.oid OPERATOR(pg_catalog.=) p.pronamespace" \
	"  AND s.nspname OPERATOR(pg_catalog.<>) 'cgae'" \
	" JOIN others AS o ON o.oid OPERATOR(pg_catalog.=) p.proowner" \
	" WHERE NOT g.tgisinternal AND g.tgparentid OPERATOR(pg_catalog.=) 0" \
	" AND p.proowner OPERATOR(pg_catalog.<>) n.owner ORDER BY 2"

/* Views of the registry's that rest on relations and functions of other schemas.  $1: the views. */
#define VIEW_USES \
	"SELECT DISTINCT 'view', pg_catalog.format(" \
	"  'cgae.%I uses %s, which is none of the registry''s'," \
	"  v.relname, pg_catalog.pg_describe_object(d.refclassid, d.refobjid, 0))" \
	" FROM pg_catalog.unnest($1) AS x(oid)" \
	" JOIN pg_catalog.pg_class AS v ON v.oid OPERATOR(pg_catalog.=) x.oid" \
	" JOIN pg_catalog.pg_rewrite AS r ON r.ev_class OPERATOR(pg_catalog.=) x.oid" \
	"  AND r.ev_type OPERATOR(pg_catalog.=) '1'" \
	" JOIN pg_catalog.pg_depend AS d ON d.objid OPERATOR(pg_catalog.=) r.oid" \
	"  AND d.classid OPERATOR(pg_catalog.=) CAST('pg_catalog.pg_rewrite' AS pg_catalog.regclass)" \
	" LEFT JOIN pg_catalog.pg_class AS c ON c.oid OPERATOR(pg_catalog.=) d.refobjid" \
	"  AND d.refclassid OPERATOR(pg_catalog.=) CAST('pg_catalog.pg_class' AS pg_catalog.regclass)" \
	" LEFT JOIN pg_catalog.pg_proc AS p ON p.oid OPERATOR(pg_catalog.=) d.refobjid" \
	"  AND d.refclassid OPERATOR(pg_catalog.=) CAST('pg_catalog.pg_proc' AS pg_catalog.regclass)" \
	" JOIN pg_catalog.pg_namespace AS n" \
	"  ON n.oid OPERATOR(pg_catalog.=) COALESCE(c.relnamespace, p.pronamespace)" \
	" WHERE n.nspname OPERATOR(pg_catalog.<>) ALL ('{cgae,pg_catalog}') ORDER BY 2"

/* $1: names, $2: labels of the extension's enum types */
#define ENUMS \
	"SELECT 'type', pg_catalog.format('cgae.%s has the labels %s, where this library knows %s'," \
	"  x.name, l.labels, x.labels)" \
	" FROM ROWS FROM (pg_catalog.unnest($1), pg_catalog.unnest($2)) AS x(name, labels)" \
	" CROSS JOIN LATERAL (SELECT pg_catalog.string_agg(CAST(e.enumlabel AS pg_catalog.text), ', '" \
	"   ORDER BY e.enumsortorder)" \
	"  FROM pg_catalog.pg_enum AS e" \
	"  JOIN pg_catalog.pg_type AS y ON y.oid OPERATOR(pg_catalog.=) e.enumtypid" \
	"  JOIN pg_catalog.pg_namespace AS n ON n.oid OPERATOR(pg_catalog.=) y.typnamespace" \
	"  WHERE n.nspname OPERATOR(pg_catalog.=) 'cgae'" \
	"  AND y.typname OPERATOR(pg_catalog.=) x.name) AS l(labels)" \
	" WHERE NOT COALESCE(l.labels OPERATOR(pg_catalog.=) x.labels, false)"

static const CgaeStatement list_relation_faults = {RELATIONS, 1, (const Oid[]) {OIDARRAYOID}};
static const CgaeStatement list_partition_faults = {PARTITIONS, 1, (const Oid[]) {OIDARRAYOID}};
static const CgaeStatement list_owner_faults = {OWNERS, 2, (const Oid[]) {OIDARRAYOID, OIDOID}};

/* Kinds and owners of the tables and of what is below them. */
static void
check_relations(FunctionCallInfo fcinfo, CgaeCheck *check)
{
	Datum		values[2];
	CgaeStream	rows;

	values[0] = cgae_check_table_array(check, CGAE_CHECK_EVERY_TABLE);
	values[1] = ObjectIdGetDatum(check->tables[CGAE_AGENTS].oid);
	rows = cgae_check_report_rows(fcinfo, check, &list_relation_faults, values);
	while (cgae_stream_next(&rows))
	{
		Datum		root;

		/* another server, or a file, decides what a foreign table says */
		if (!cgae_read_datum(rows.tuple, rows.desc, 3, OIDOID, &root))
			continue;
		for (int t = 0; t < CGAE_TABLES; t++)
			if (check->tables[t].oid == DatumGetObjectId(root))
				check->tables[t].is_readable = false;
	}
	(void) cgae_check_report_rows(fcinfo, check, &list_partition_faults, values);
	(void) cgae_check_report_rows(fcinfo, check, &list_owner_faults, values);
}

/* Labels of an enum type in a line. */
static Datum
label_list(const char *const *labels, int count)
{
	StringInfoData list;

	initStringInfo(&list);
	for (int i = 0; i < count; i++)
		appendStringInfo(&list, "%s%s", i > 0 ? ", " : "", labels[i]);
	return CStringGetTextDatum(list.data);
}

static const CgaeStatement list_enum_faults = {
	ENUMS,
	2, (const Oid[]) {TEXTARRAYOID, TEXTARRAYOID}
};

/* The enum types must have the labels that this library knows. */
static void
check_enums(FunctionCallInfo fcinfo, CgaeCheck *check)
{
	Datum		names[2];
	Datum		labels[2];
	Datum		values[2];

	names[0] = CStringGetTextDatum("tier");
	names[1] = CStringGetTextDatum("agent_status");
	labels[0] = label_list(cgae_tier_labels, lengthof(cgae_tier_labels));
	labels[1] = label_list(cgae_status_labels, lengthof(cgae_status_labels));
	values[0] = PointerGetDatum(construct_array(names, 2, TEXTOID, -1, false, TYPALIGN_INT));
	values[1] = PointerGetDatum(construct_array(labels, 2, TEXTOID, -1, false, TYPALIGN_INT));
	check->types_are_known =
		cgae_check_report_rows(fcinfo, check, &list_enum_faults, values).count == 0;
}

/* What is wrong with a view that is there, or NULL. */
static const char *
view_fault(Relation view, bool is_invoker)
{
	if (view->rd_rel->relkind != RELKIND_VIEW)
		return "is no view";
	if (is_invoker)
		return RelationHasSecurityInvoker(view) ? NULL :
			"is no longer security_invoker: it reads with its owner's rights";
	if (RelationHasSecurityInvoker(view))
		return "is security_invoker: who may read it sees nothing";
	return RelationIsSecurityView(view) ? NULL : "is no longer a security_barrier";
}

static const CgaeStatement list_view_uses = {VIEW_USES, 1, (const Oid[]) {OIDARRAYOID}};

/*
 * The views must be there, with their options and the registry's owner, and
 * rest on nothing but the registry.
 */
static void
check_views(FunctionCallInfo fcinfo, CgaeCheck *check)
{
	ArrayBuildState *found = initArrayResult(OIDOID, CurrentMemoryContext, false);
	Datum		views;
	Oid			namespace = get_namespace_oid("cgae", false);
	Oid			agents = check->tables[CGAE_AGENTS].oid;

	for (int v = CGAE_TABLES; v < CGAE_RELATIONS; v++)
	{
		const char *name = cgae_relation_name(v);
		bool		is_invoker = cgae_relation_definition(v)->is_invoker;
		Oid			relid = get_relname_relid(name, namespace);
		Relation	view = OidIsValid(relid) ? try_relation_open(relid, AccessShareLock) : NULL;
		const char *fault = view == NULL ? "is missing" : view_fault(view, is_invoker);

		if (fault == NULL && OidIsValid(agents) &&
			view->rd_rel->relowner != cgae_relation_owner(agents))
			fault = "is not owned by the owner of cgae.agents";
		if (fault != NULL)
			cgae_check_report(check, "view", "cgae.%s %s", name, fault);
		if (view != NULL)
		{
			found = accumArrayResult(found, ObjectIdGetDatum(relid), false, OIDOID,
									 CurrentMemoryContext);
			relation_close(view, NoLock);
		}
	}
	views = makeArrayResult(found, CurrentMemoryContext);
	(void) cgae_check_report_rows(fcinfo, check, &list_view_uses, &views);
}

static const CgaeStatement list_triggers = {TRIGGERS, 2, (const Oid[]) {OIDARRAYOID, OIDARRAYOID}};
static const CgaeStatement list_rules = {RULES, 1, (const Oid[]) {OIDARRAYOID}};
static const CgaeStatement list_privileges = {PRIVILEGES, 1, (const Oid[]) {OIDARRAYOID}};
static const CgaeStatement list_foreign_code = {FOREIGN_CODE, 1, (const Oid[]) {OIDARRAYOID}};

/* Triggers that get into the way of those that judge rows before they are written. */
static void
check_triggers(FunctionCallInfo fcinfo, CgaeCheck *check, Datum tables)
{
	const int16 judging = TRIGGER_TYPE_ROW | TRIGGER_TYPE_BEFORE | TRIGGER_TYPE_INSERT;
	ArrayBuildState *functions = initArrayResult(OIDOID, CurrentMemoryContext, false);
	Oid			namespace = get_namespace_oid("cgae", false);
	Datum		values[2];

	for (int t = 0; t < CGAE_TABLES; t++)
	{
		const CgaeTableGuard *guard = cgae_relation_definition(t)->guards;

		for (; guard->name != NULL; guard++)
		{
			Oid			function = cgae_guard_function(namespace, guard->function);

			if ((guard->type & judging) == judging)
				functions = accumArrayResult(functions, ObjectIdGetDatum(function), false, OIDOID,
											 CurrentMemoryContext);
		}
	}
	values[0] = tables;
	values[1] = makeArrayResult(functions, CurrentMemoryContext);
	(void) cgae_check_report_rows(fcinfo, check, &list_triggers, values);
}

void
cgae_check_objects(FunctionCallInfo fcinfo, CgaeCheck *check)
{
	Datum		tables = cgae_check_table_array(check, CGAE_CHECK_EVERY_TABLE);

	check_relations(fcinfo, check);
	check_enums(fcinfo, check);
	cgae_check_keys(fcinfo, check);
	check_triggers(fcinfo, check, tables);
	(void) cgae_check_report_rows(fcinfo, check, &list_rules, &tables);
	(void) cgae_check_report_rows(fcinfo, check, &list_privileges, &tables);
	(void) cgae_check_report_rows(fcinfo, check, &list_foreign_code, &tables);
	check_views(fcinfo, check);
}
