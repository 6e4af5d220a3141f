/*
 * check_guards.c
 *	  The triggers that the registry rests on, for cgae.check_registry().
 *
 * What is expected is what the files of sql/registry/ say.
 */
#include "postgres.h"

#include "catalog/namespace.h"
#include "catalog/pg_type.h"
#include "utils/array.h"
#include "utils/builtins.h"

#include "check/check_guards.h"
#include "server/registry_triggers.h"

/*
 * Guards that are missing, renamed, disabled, conditional, of other columns, or
 * no longer ALWAYS where they should be.  A statement may name a partition: it
 * needs them all.  A trigger is known by its function and its type; its name
 * must be the guard's, for the order in which triggers fire is that of their
 * names.  The arrays have an element for each guard.  $1: its table, $2: name,
 * $3: function, $4: pg_trigger.tgtype, $5: columns, $6: whether it is ALWAYS.
 */
#define GUARDS CGAE_CHECK_TREE \
	"SELECT 'guard', pg_catalog.format('trigger %s on %s %s', x.guard," \
	"  CAST(t.oid AS pg_catalog.regclass)," \
	"  CASE WHEN EXISTS (SELECT FROM pg_catalog.pg_trigger AS g" \
	"   WHERE g.tgrelid OPERATOR(pg_catalog.=) t.oid" \
	"   AND g.tgname OPERATOR(pg_catalog.=) x.guard) THEN 'is disabled or changed'" \
	"   ELSE 'is missing' END)" \
	" FROM ROWS FROM (pg_catalog.unnest($1), pg_catalog.unnest($2), pg_catalog.unnest($3)," \
	"  pg_catalog.unnest($4), pg_catalog.unnest($5), pg_catalog.unnest($6))" \
	"  AS x(root, guard, function, kind, columns, is_always)" \
	" JOIN tree AS t ON t.root OPERATOR(pg_catalog.=) x.root" \
	" WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_trigger AS g" \
	"  WHERE g.tgrelid OPERATOR(pg_catalog.=) t.oid" \
	"  AND g.tgfoid OPERATOR(pg_catalog.=) x.function AND g.tgtype OPERATOR(pg_catalog.=) x.kind" \
	"  AND g.tgname OPERATOR(pg_catalog.=) x.guard AND g.tgqual IS NULL AND NOT g.tgdeferrable" \
	"  AND COALESCE((SELECT pg_catalog.string_agg(CAST(a.attname AS pg_catalog.text), ', ')" \
	"   FROM pg_catalog.unnest(CAST(g.tgattr AS pg_catalog.int2[])) AS u(attnum)" \
	"   JOIN pg_catalog.pg_attribute AS a ON a.attrelid OPERATOR(pg_catalog.=) t.oid" \
	"    AND a.attnum OPERATOR(pg_catalog.=) u.attnum), '') OPERATOR(pg_catalog.=) x.columns" \
	"  AND (g.tgenabled OPERATOR(pg_catalog.=) 'A'" \
	"   OR g.tgenabled OPERATOR(pg_catalog.=) 'O' AND NOT x.is_always))" \
	" ORDER BY 2"

enum
{
	GUARD_TABLE,
	GUARD_NAME,
	GUARD_FUNCTION,
	GUARD_TYPE,
	GUARD_COLUMNS,
	GUARD_ALWAYS,
	GUARD_ARGUMENTS
};

static const Oid element_types[GUARD_ARGUMENTS] = {
	OIDOID, TEXTOID, OIDOID, INT2OID, TEXTOID, BOOLOID
};

static const CgaeStatement list_guards = {
	GUARDS, GUARD_ARGUMENTS, (const Oid[]) {
		OIDARRAYOID, TEXTARRAYOID, OIDARRAYOID, INT2ARRAYOID, TEXTARRAYOID, BOOLARRAYOID
	}
};

/* Add what is expected of a table to the arguments. */
static void
expect_guards(ArrayBuildState **arguments, Oid table, Oid namespace, const CgaeTableGuard *guards)
{
	for (; guards->name != NULL; guards++)
	{
		Datum		guard[GUARD_ARGUMENTS];

		guard[GUARD_TABLE] = ObjectIdGetDatum(table);
		guard[GUARD_NAME] = CStringGetTextDatum(guards->name);
		/* no trigger has the function that is not there */
		guard[GUARD_FUNCTION] = ObjectIdGetDatum(cgae_guard_function(namespace, guards->function));
		guard[GUARD_TYPE] = Int16GetDatum(guards->type);
		guard[GUARD_COLUMNS] = CStringGetTextDatum(guards->columns);
		guard[GUARD_ALWAYS] = BoolGetDatum(guards->is_always);
		for (int a = 0; a < GUARD_ARGUMENTS; a++)
			arguments[a] = accumArrayResult(arguments[a], guard[a], false, element_types[a],
											CurrentMemoryContext);
	}
}

void
cgae_check_guards(FunctionCallInfo fcinfo, CgaeCheck *check)
{
	Oid			namespace = get_namespace_oid("cgae", false);
	ArrayBuildState *arguments[GUARD_ARGUMENTS];
	Datum		values[GUARD_ARGUMENTS];

	for (int a = 0; a < GUARD_ARGUMENTS; a++)
		arguments[a] = initArrayResult(element_types[a], CurrentMemoryContext, false);
	for (int t = 0; t < CGAE_TABLES; t++)
		if (OidIsValid(check->tables[t].oid))
			expect_guards(arguments, check->tables[t].oid, namespace,
						  cgae_relation_definition(t)->guards);
	for (int a = 0; a < GUARD_ARGUMENTS; a++)
		values[a] = makeArrayResult(arguments[a], CurrentMemoryContext);
	(void) cgae_check_report_rows(fcinfo, check, &list_guards, values);
}
