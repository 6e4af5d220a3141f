/*
 * partitions.c
 *	  A registry whose per-agent tables are hash-partitioned by agent_id.
 *
 * The server gives every partition its table's indexes, keys and triggers for
 * each row.  Triggers for each statement it does not: one fires for the table
 * that the statement names, so a partition has its own, for statements that
 * name the partition.  The guards refuse to write to a partition without them
 * (see cgae_guard_require_on_partition).
 */
#include "postgres.h"

#include "access/table.h"
#include "catalog/namespace.h"
#include "catalog/pg_class.h"
#include "catalog/pg_inherits.h"
#include "catalog/pg_trigger.h"
#include "commands/comment.h"
#include "commands/trigger.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"

#include "schema/ddl.h"
#include "schema/partitions.h"
#include "server/registry_definition.h"
#include "server/registry_triggers.h"

/* Run a utility statement and free its text: there are many. */
static void
run(char *sql)
{
	cgae_ddl_run(sql);
	pfree(sql);
}

/* Make one partition of a table. */
static void
make_partition(const char *table, int number, int partitions)
{
	char	   *name = psprintf("%s_p%d", table, number);

	run(psprintf("CREATE TABLE cgae.%s PARTITION OF cgae.%s"
				 " FOR VALUES WITH (MODULUS %d, REMAINDER %d)", name, table, partitions, number));
	run(psprintf("COMMENT ON TABLE cgae.%s IS 'partition %d of %d of cgae.%s'", name, number,
				 partitions, table));
	/* default privileges of the owner's may have opened it */
	run(psprintf("REVOKE ALL ON cgae.%s FROM PUBLIC", name));
	pfree(name);
}

/* The statements that give a partition a guard of its table, as it is there, comment and all. */
static List *
guard_statements(const Trigger *trigger, Relation table, Oid partition)
{
	/* copies: reading the catalogs may make the table's triggers anew */
	const char *trigger_name = quote_identifier(pstrdup(trigger->tgname));
	Oid			trigger_oid = trigger->tgoid;
	bool		is_always = trigger->tgenabled == TRIGGER_FIRES_ALWAYS;
	List	   *statements = list_make1(cgae_trigger_on_partition(trigger_oid, table, partition));
	char	   *comment = GetComment(trigger_oid, TriggerRelationId, 0);
	char	   *partition_name =
		quote_qualified_identifier(get_namespace_name(get_rel_namespace(partition)),
								   get_rel_name(partition));

	if (comment != NULL)
		statements = lappend(statements, psprintf("COMMENT ON TRIGGER %s ON %s IS %s", trigger_name,
												  partition_name, quote_literal_cstr(comment)));
	if (is_always)
		statements = lappend(statements, psprintf("ALTER TABLE %s ENABLE ALWAYS TRIGGER %s",
												  partition_name, trigger_name));
	return statements;
}

/* What is missing on the partitions of an open table, as statements. */
static List *
missing_guards(Relation table, const CgaeTableGuard *guards)
{
	List	   *partitions = find_all_inheritors(RelationGetRelid(table), AccessShareLock, NULL);
	List	   *statements = NIL;
	Oid			namespace = RelationGetNamespace(table);
	ListCell   *cell;

	/* the first is the table itself, which has them */
	for_each_from(cell, partitions, 1)
	{
		Relation	partition = table_open(lfirst_oid(cell), NoLock);

		for (const CgaeTableGuard *guard = guards; guard->name != NULL; guard++)
		{
			Oid			function = cgae_guard_function(namespace, guard->function);
			const Trigger *trigger = cgae_find_guard(table, function, guard->type);

			if (trigger != NULL && !TRIGGER_FOR_ROW(guard->type) &&
				cgae_find_guard(partition, function, guard->type) == NULL)
				statements = list_concat(statements,
										 guard_statements(trigger, table, lfirst_oid(cell)));
		}
		table_close(partition, NoLock);
	}
	list_free(partitions);
	return statements;
}

/* Make the partitions of a table unless it has some, and the guards that they lack. */
static void
complete_table(CgaeRelation relation, int partitions)
{
	const char *name = cgae_relation_name(relation);
	Oid			relid = get_relname_relid(name, get_namespace_oid("cgae", false));
	Relation	table;
	List	   *statements;
	ListCell   *cell;

	if (!has_subclass(relid))
		for (int i = 0; i < partitions; i++)
			make_partition(name, i, partitions);
	table = table_open(relid, AccessShareLock);
	statements = missing_guards(table, cgae_relation_definition(relation)->guards);
	/* no DDL runs while the table is open */
	table_close(table, NoLock);
	foreach(cell, statements)
		run(lfirst(cell));
	list_free(statements);
}

int
cgae_count_partitions(void)
{
	Oid			agents = get_relname_relid(cgae_relation_name(CGAE_AGENTS),
										   get_namespace_oid("cgae", false));

	return get_rel_relkind(agents) != RELKIND_PARTITIONED_TABLE ? 0 :
		list_length(find_inheritance_children(agents, AccessShareLock));
}

void
cgae_complete_partitions(int partitions)
{
	for (int t = 0; t < CGAE_TABLES && partitions > 0; t++)
		if (cgae_is_per_agent(t))
			complete_table(t, partitions);
}
