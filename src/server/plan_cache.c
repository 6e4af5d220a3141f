/*
 * plan_cache.c
 *	  Prepared statements, the only user of SPI_keepplan.
 *
 * The server's plan cache notices by itself when a table that a plan reads
 * changes, and plans again.  What it cannot know is that the types of our
 * arguments were dropped and created again: those are compared here.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "nodes/parsenodes.h"
#include "utils/guc.h"
#include "utils/hsearch.h"
#include "utils/plancache.h"
#include "utils/resowner.h"

#include "server/cache.h"
#include "server/plan_cache.h"
#include "server/registry_tables.h"

typedef struct PlanKey
{
	Oid			owner;
	int32		query;
	int32		no_force;		/* what was rewritten where row security is not forced holds there alone */
} PlanKey;

typedef struct PlanEntry
{
	PlanKey		key;
	SPIPlanPtr	plan;			/* NULL: to be prepared */
	CgaeNamedTables tables;		/* of the registry's, that it names */
	Oid			argument_types[CGAE_PLAN_MAX_ARGS];
} PlanEntry;

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

/* The entry of a key, or NULL.  Nearly always it is the one of the call before: none is ever removed. */
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
cgae_plan(Oid owner, CgaeQuery query, const char *sql, int argument_count,
		  const Oid *argument_types)
{
	PlanKey		key = {owner, query, InNoForceRLSOperation()};
	PlanEntry  *entry = find_entry(&key);
	SPIPlanPtr	plan;
	Size		types_size = argument_count * sizeof(Oid);

	Assert(argument_count <= CGAE_PLAN_MAX_ARGS);
	if (entry == NULL)
	{
		if (plans == NULL)
			make_plans();
		entry = hash_search(plans, &key, HASH_ENTER, NULL);
		entry->plan = NULL;
		memset(&entry->tables, 0, sizeof(entry->tables));
	}
	cgae_named_tables_require(&entry->tables, sql);
	/* without arguments there is no array, and memcmp() and memcpy() take no null */
	if (entry->plan != NULL &&
		(types_size == 0 || memcmp(entry->argument_types, argument_types, types_size) == 0) &&
		!is_rewritten_away(entry->plan))
		return entry->plan;

	if (entry->plan != NULL)
	{
		SPIPlanPtr	stale = entry->plan;

		entry->plan = NULL;
		SPI_freeplan(stale);
	}
	/* one agent by its key: no set of parameters deserves a plan of its own */
	plan = SPI_prepare_cursor(sql, argument_count, unconstify(Oid *, argument_types),
							  CURSOR_OPT_GENERIC_PLAN);
	if (plan == NULL)
		elog(ERROR, "SPI_prepare failed: %s", SPI_result_code_string(SPI_result));
	if (SPI_keepplan(plan) != 0)
		elog(ERROR, "SPI_keepplan failed");

	if (types_size > 0)
		memcpy(entry->argument_types, argument_types, types_size);
	entry->plan = plan;			/* validity last: preparing may have failed */
	return plan;
}

bool
cgae_plan_stands(Oid owner, CgaeQuery query)
{
	PlanKey		key = {owner, query, InNoForceRLSOperation()};
	PlanEntry  *entry = find_entry(&key);

	return entry != NULL && entry->plan != NULL && SPI_plan_is_valid(entry->plan);
}

void
cgae_plan_by_index(SPIPlanPtr plan)
{
	static const char *const avoided[] = {"enable_seqscan", "enable_bitmapscan"};
	int			nest_level = NewGUCNestLevel();
	CachedPlan *cached;

	for (int i = 0; i < lengthof(avoided); i++)
		(void) set_config_option(avoided[i], "off", PGC_USERSET, PGC_S_SESSION, GUC_ACTION_SAVE,
								 true, 0, false);
	/* the plan cache keeps it; the settings are back before any trigger runs */
	cached = SPI_plan_get_cached_plan(plan);
	if (cached != NULL)
		ReleaseCachedPlan(cached, CurrentResourceOwner);
	AtEOXact_GUC(true, nest_level);
}
