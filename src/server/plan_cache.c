/*
 * plan_cache.c
 *	  Prepared statements, the only user of SPI_keepplan.
 *
 * The server's plan cache notices by itself when a table that a plan reads
 * changes, and plans again.  What it cannot know is that the types of our
 * arguments were dropped and created again: those are compared here.
 */
#include "postgres.h"

#include "access/genam.h"
#include "catalog/pg_am.h"
#include "catalog/pg_index.h"
#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "nodes/parsenodes.h"
#include "nodes/plannodes.h"
#include "utils/guc.h"
#include "utils/hsearch.h"
#include "utils/plancache.h"
#include "utils/rel.h"
#include "utils/resowner.h"
#include "utils/typcache.h"

#include "server/cache.h"
#include "server/plan_cache.h"
#include "server/registry_tables.h"

typedef struct PlanKey
{
	const CgaeStatement *statement;
	Oid			owner;
	int32		no_force;		/* rewriting depends on whether row security is forced */
} PlanKey;

typedef struct PlanEntry
{
	PlanKey		key;
	SPIPlanPtr	plan;			/* NULL: to be prepared */
	CgaeNamedTables tables;		/* of the registry's, that it names */
	Oid			types[CGAE_STATEMENT_MAX_ARGUMENTS];
} PlanEntry;

const CgaeStatement cgae_agent_exists = {CGAE_AGENT_EXISTS, 1, (const Oid[]) {TEXTOID}};

static HTAB *plans = NULL;

static void
make_plans(void)
{
	HASHCTL		ctl = {0};

	ctl.keysize = sizeof(PlanKey);
	ctl.entrysize = sizeof(PlanEntry);
	ctl.hcxt = cgae_cache_context();
	plans = hash_create("cgae plans", 32, &ctl, HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
}

/*
 * The entry of a key, or NULL.  Nearly always it is the one of the call before:
 * none is ever removed.
 */
static PlanEntry *
find_entry(const PlanKey *key)
{
	static PlanEntry *last = NULL;
	PlanEntry  *entry;

	if (last != NULL && memcmp(&last->key, key, sizeof(PlanKey)) == 0)
		return last;
	entry = plans == NULL ? NULL : hash_search(plans, key, HASH_FIND, NULL);
	if (entry != NULL)
		last = entry;
	return entry;
}

/*
 * Did a rule leave nothing of the statement?  Such a plan depends on no table,
 * so the server would not notice when the rule goes.
 */
static bool
is_rewritten_away(SPIPlanPtr plan)
{
	CachedPlanSource *source = linitial(SPI_plan_get_plan_sources(plan));

	return source->query_list == NIL;
}

SPIPlanPtr
cgae_plan_typed(Oid owner, const CgaeStatement *statement, const Oid *types)
{
	PlanKey		key = {statement, owner, InNoForceRLSOperation()};
	PlanEntry  *entry = find_entry(&key);
	SPIPlanPtr	plan;
	Size		types_size = statement->argument_count * sizeof(Oid);

	Assert(statement->argument_count <= CGAE_STATEMENT_MAX_ARGUMENTS);
	if (entry == NULL)
	{
		if (plans == NULL)
			make_plans();
		entry = hash_search(plans, &key, HASH_ENTER, NULL);
		entry->plan = NULL;
		memset(&entry->tables, 0, sizeof(entry->tables));
	}
	cgae_named_tables_require(&entry->tables, statement->sql);
	/* types that the statement has itself never change; and memcmp() takes no null */
	if (entry->plan != NULL &&
		(types == statement->types || memcmp(entry->types, types, types_size) == 0) &&
		!is_rewritten_away(entry->plan))
		return entry->plan;

	if (entry->plan != NULL)
	{
		SPIPlanPtr	stale = entry->plan;

		entry->plan = NULL;
		SPI_freeplan(stale);
	}
	/* one agent by its key: no set of parameters deserves a plan of its own */
	plan = SPI_prepare_cursor(statement->sql, statement->argument_count,
							  unconstify(Oid *, types), CURSOR_OPT_GENERIC_PLAN);
	if (plan == NULL)
		elog(ERROR, "SPI_prepare failed: %s", SPI_result_code_string(SPI_result));
	if (SPI_keepplan(plan) != 0)
		elog(ERROR, "SPI_keepplan failed");

	if (types_size > 0)
		memcpy(entry->types, types, types_size);
	entry->plan = plan;			/* validity last: preparing may have failed */
	return plan;
}

SPIPlanPtr
cgae_plan(Oid owner, const CgaeStatement *statement)
{
	Assert(statement->types != NULL || statement->argument_count == 0);
	return cgae_plan_typed(owner, statement, statement->types);
}

bool
cgae_plan_stands(Oid owner, const CgaeStatement *statement)
{
	PlanKey		key = {statement, owner, InNoForceRLSOperation()};
	PlanEntry  *entry = find_entry(&key);

	return entry != NULL && entry->plan != NULL && SPI_plan_is_valid(entry->plan);
}

/* Is an index sorted by a column first, as the column's own type compares, and upwards? */
static bool
is_sorted_by(Relation index, AttrNumber column)
{
	TypeCacheEntry *type;

	if (index->rd_rel->relam != BTREE_AM_OID || index->rd_index->indkey.values[0] != column ||
		(index->rd_indoption[0] & INDOPTION_DESC) != 0)
		return false;
	/* text_pattern_ops knows equality, too, but sorts by bytes */
	type = lookup_type_cache(index->rd_opcintype[0], TYPECACHE_BTREE_OPFAMILY);
	return index->rd_opfamily[0] == type->btree_opf;
}

/* Does a plan meet the rows that it updates in the order of a column's index? */
static bool
is_in_key_order(const CachedPlan *cached, AttrNumber column)
{
	const PlannedStmt *statement = linitial_node(PlannedStmt, cached->stmt_list);
	const Plan *scan = statement->planTree;
	Relation	index;
	bool		in_order;

	if (list_length(cached->stmt_list) != 1 || scan == NULL || !IsA(scan, ModifyTable))
		return false;
	scan = outerPlan(scan);
	if (scan == NULL || !IsA(scan, IndexScan) ||
		!ScanDirectionIsForward(((const IndexScan *) scan)->indexorderdir))
		return false;
	index = index_open(((const IndexScan *) scan)->indexid, AccessShareLock);
	in_order = is_sorted_by(index, column);
	index_close(index, NoLock);
	return in_order;
}

bool
cgae_plan_by_index(SPIPlanPtr plan, AttrNumber column)
{
	static const char *const avoided[] = {"enable_seqscan", "enable_bitmapscan"};
	bool		in_order = false;
	CachedPlan *cached;
	int			nest_level;

	/* the client has each execution planned by itself, with its own settings */
	if (plan_cache_mode == PLAN_CACHE_MODE_FORCE_CUSTOM_PLAN)
		return false;
	nest_level = NewGUCNestLevel();
	for (int i = 0; i < lengthof(avoided); i++)
		(void) set_config_option(avoided[i], "off", PGC_USERSET, PGC_S_SESSION, GUC_ACTION_SAVE,
								 true, 0, false);
	/* the plan cache keeps it; the settings are back before any trigger runs */
	cached = SPI_plan_get_cached_plan(plan);
	if (cached != NULL)
	{
		in_order = cached->stmt_list != NIL && is_in_key_order(cached, column);
		ReleaseCachedPlan(cached, CurrentResourceOwner);
	}
	AtEOXact_GUC(true, nest_level);
	return in_order;
}
