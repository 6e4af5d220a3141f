/*
 * cache.c
 *	  Long-lived memory and relcache invalidation, shared by the caches.
 */
#include "postgres.h"

#include "utils/inval.h"
#include "utils/memutils.h"

#include "cache.h"

/* at least as many as there are files that subscribe: policy, registry_tables, table_shape, user_code */
#define MAX_SUBSCRIBERS 4

static MemoryContext cache_context = NULL;
static CgaeInvalidate subscribers[MAX_SUBSCRIBERS];
static int	subscriber_count = 0;

MemoryContext
cgae_cache_context(void)
{
	if (cache_context == NULL)
		cache_context = AllocSetContextCreate(CacheMemoryContext, "cgae cache",
											  ALLOCSET_SMALL_SIZES);
	return cache_context;
}

/* Pass an invalidation on to every cache. */
static void
relcache_callback(Datum arg, Oid relid)
{
	for (int i = 0; i < subscriber_count; i++)
		subscribers[i] (relid);
}

void
cgae_on_relcache_invalidation(CgaeInvalidate invalidate)
{
	if (subscriber_count == MAX_SUBSCRIBERS)
		elog(ERROR, "too many subscribers to relcache invalidation");

	/* the server has a fixed number of callback slots: take one for all */
	if (subscriber_count == 0)
		CacheRegisterRelcacheCallback(relcache_callback, (Datum) 0);
	subscribers[subscriber_count++] = invalidate;
}
