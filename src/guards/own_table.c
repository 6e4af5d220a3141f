/*
 * own_table.c
 *	  Does a guard hang on the table that it guards?
 */
#include "postgres.h"

#include "catalog/namespace.h"
#include "catalog/partition.h"
#include "catalog/pg_class.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/hsearch.h"
#include "utils/inval.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/syscache.h"

#include "guards/own_table.h"
#include "server/cache.h"
#include "server/errors.h"
#include "server/registry_definition.h"
#include "server/registry_namespace.h"
#include "server/registry_tables.h"
#include "server/rights.h"
#include "server/table_shape.h"

/* A table or partition with one of its guards. */
typedef struct OwnTableKey
{
	Oid			relid;
	Oid			function;
} OwnTableKey;

/* The two belonged together as long as nothing of this has changed. */
typedef struct OwnTable
{
	OwnTableKey key;			/* hash key */
	uint64		generation;		/* of relations and schemas */
	uint64		function_generation;
} OwnTable;

static HTAB *own_tables = NULL;

/* Moves when a function may have changed, for instance its schema. */
static uint64 function_generation = 1;

static void
function_changed(Datum arg, int cacheid, uint32 hashvalue)
{
	function_generation++;
}

/* Name of a relation as a message gives it. */
static char *
qualified_name(Oid relid)
{
	return quote_qualified_identifier(get_namespace_name(get_rel_namespace(relid)),
									  get_rel_name(relid));
}

/* See that the owner of agents has all tables of the registry, and a partition with its parents. */
static void
require_one_owner(Relation relation, Oid namespace)
{
	Oid			agents = get_relname_relid("agents", namespace);
	Oid			relid = RelationGetRelid(relation);
	Oid			owner = cgae_relation_owner(OidIsValid(agents) ? agents : relid);
	List	   *family = relation->rd_rel->relispartition ? get_partition_ancestors(relid) : NIL;
	ListCell   *cell;

	for (int i = 0; i < CGAE_TABLES; i++)
	{
		Oid			table = get_relname_relid(cgae_relation_name(i), namespace);

		if (OidIsValid(table) && cgae_relation_owner(table) != owner)
			cgae_refuse_owner(table, owner);
	}
	family = lappend_oid(family, relid);
	foreach(cell, family)
		if (cgae_relation_owner(lfirst_oid(cell)) != owner)
			cgae_refuse_owner(lfirst_oid(cell), owner);
	list_free(family);
}

/* Which of the registry's tables is a relation, or a part of?  -1: none. */
static int
find_table(Relation relation)
{
	Oid			root = cgae_table_root(relation);
	char	   *name = get_rel_name(root);
	char		kind = get_rel_relkind(root);

	if (name != NULL && (kind == RELKIND_RELATION || kind == RELKIND_PARTITIONED_TABLE))
		for (int i = 0; i < CGAE_TABLES; i++)
			if (strcmp(name, cgae_relation_name(i)) == 0)
				return i;
	return -1;
}

/* Is a function a guard of a table? */
static bool
guards_table(const char *function, CgaeRelation table)
{
	const CgaeTableGuard *guard = cgae_relation_definition(table)->guards;

	while (guard->name != NULL && strcmp(guard->function, function) != 0)
		guard++;
	return guard->name != NULL;
}

static void
refuse_table(Relation relation, const char *guard)
{
	const char *guarded = NULL;
	int			count = 0;

	cgae_require_schema_name();
	for (int i = 0; i < CGAE_TABLES; i++)
		if (guards_table(guard, i) && ++count == 1)
			guarded = cgae_relation_name(i);
	if (count != 1)
		guarded = NULL;
	ereport(ERROR,
			(errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
			 guarded != NULL ?
			 errmsg("function cgae.%s guards cgae.%s, not %s", guard, guarded,
					qualified_name(cgae_table_root(relation))) :
			 errmsg("function cgae.%s guards the tables of the registry, not %s", guard,
					qualified_name(cgae_table_root(relation))),
			 errhint("cgae.create_registry() makes the tables that the guards belong to.")));
}

/*
 * See that a relation is one of the registry's tables, or a part of one, and
 * that the function is its guard.
 */
static void
look_at_table(Relation relation, Oid function, const char *guard)
{
	Oid			namespace = get_namespace_oid("cgae", true);
	int			table = find_table(relation);

	if (table < 0 || get_rel_namespace(cgae_table_root(relation)) != namespace)
		refuse_table(relation, guard);
	if (relation->rd_rel->relkind == RELKIND_FOREIGN_TABLE)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("partition %s of \"%s\" is a foreign table",
						qualified_name(RelationGetRelid(relation)), cgae_relation_name(table)),
				 errhint("The registry keeps its rows in tables of this database."),
				 errtable(relation)));
	require_one_owner(relation, namespace);
	if (get_func_namespace(function) != namespace || !guards_table(guard, table))
		refuse_table(relation, guard);
}

static void
make_own_tables(void)
{
	HASHCTL		ctl = {0};

	ctl.keysize = sizeof(OwnTableKey);
	ctl.entrysize = sizeof(OwnTable);
	ctl.hcxt = cgae_cache_context();
	own_tables = hash_create("cgae own tables", 8, &ctl, HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
	CacheRegisterSyscacheCallback(PROCOID, function_changed, (Datum) 0);
}

void
cgae_require_own_table(const TriggerData *trigdata, Oid function, const char *guard)
{
	OwnTableKey key = {RelationGetRelid(trigdata->tg_relation), function};
	uint64		generation;
	uint64		seen_functions;
	OwnTable   *own;

	if (own_tables == NULL)
		make_own_tables();
	/* relations and schemas, whose renaming says nothing of their tables, share a generation */
	generation = cgae_relcache_generation();
	own = hash_search(own_tables, &key, HASH_FIND, NULL);
	if (likely(own != NULL && own->generation == generation &&
			   own->function_generation == function_generation))
		return;

	seen_functions = function_generation;
	look_at_table(trigdata->tg_relation, function, guard);
	own = hash_search(own_tables, &key, HASH_ENTER, NULL);
	/* what came in meanwhile has it looked at again */
	own->generation = generation;
	own->function_generation = seen_functions;
}
