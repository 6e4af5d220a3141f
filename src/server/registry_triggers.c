/*
 * registry_triggers.c
 *	  Guards as they hang on tables and partitions.
 */
#include "postgres.h"

#include "catalog/pg_proc.h"
#include "nodes/parsenodes.h"
#include "parser/parser.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/lsyscache.h"
#include "utils/syscache.h"

#include "server/registry_triggers.h"

Oid
cgae_guard_function(Oid namespace, const char *name)
{
	oidvector  *no_arguments = buildoidvector(NULL, 0);
	Oid			function = GetSysCacheOid3(PROCNAMEARGSNSP, Anum_pg_proc_oid,
										   CStringGetDatum(name), PointerGetDatum(no_arguments),
										   ObjectIdGetDatum(namespace));

	pfree(no_arguments);
	return function;
}

const Trigger *
cgae_find_guard(Relation relation, Oid function, int16 type)
{
	const TriggerDesc *desc = relation->trigdesc;

	for (int i = 0; desc != NULL && i < desc->numtriggers; i++)
		if (desc->triggers[i].tgfoid == function && desc->triggers[i].tgtype == type)
			return &desc->triggers[i];
	return NULL;
}

/* A relation's name as SQL wants it, whatever the search_path. */
static char *
qualified_name(Oid relid)
{
	return quote_qualified_identifier(get_namespace_name(get_rel_namespace(relid)),
									  get_rel_name(relid));
}

char *
cgae_trigger_on_partition(Oid trigger, Relation table, Oid partition)
{
	char	   *sql = TextDatumGetCString(DirectFunctionCall1(pg_get_triggerdef,
															  ObjectIdGetDatum(trigger)));
	RawStmt    *parsed = linitial_node(RawStmt, raw_parser(sql, RAW_PARSE_DEFAULT));
	/* the table's name, whose place the parser knows, gives way to the partition's */
	int			location = castNode(CreateTrigStmt, parsed->stmt)->relation->location;
	char	   *name = qualified_name(RelationGetRelid(table));

	Assert(strncmp(sql + location, name, strlen(name)) == 0);
	return psprintf("%.*s%s%s", location, sql, qualified_name(partition),
					sql + location + strlen(name));
}
