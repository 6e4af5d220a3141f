/*
 * cache.c
 *	  Long-lived memory and invalidation, shared by the caches.
 */
#include "postgres.h"

#include "utils/inval.h"
#include "utils/memutils.h"
#include "utils/syscache.h"

#include "server/cache.h"

/* at least as many as there are files that subscribe: grep for cgae_on_relcache_invalidation */
#define MAX_SUBSCRIBERS 8

static MemoryContext cache_context = NULL;
static CgaeInvalidate subscribers[MAX_SUBSCRIBERS];
static int	subscriber_count = 0;
static uint64 generation = 0;

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
	generation++;
	for (int i = 0; i < subscriber_count; i++)
		subscribers[i] (relid);
}

/* A schema was made, renamed, dropped, or such a change was rolled back. */
static void
namespace_callback(Datum arg, int cacheid, uint32 hashvalue)
{
	relcache_callback(arg, InvalidOid);
}

/* The server has a fixed number of callback slots: take one of each kind for all. */
static void
listen(void)
{
	static bool is_listening = false;

	if (!is_listening)
	{
		CacheRegisterRelcacheCallback(relcache_callback, (Datum) 0);
		CacheRegisterSyscacheCallback(NAMESPACEOID, namespace_callback, (Datum) 0);
	}
	is_listening = true;
}

void
cgae_on_relcache_invalidation(CgaeInvalidate invalidate)
{
	if (subscriber_count == MAX_SUBSCRIBERS)
		elog(ERROR, "too many subscribers to relcache invalidation");
	listen();
	subscribers[subscriber_count++] = invalidate;
}

uint64
cgae_relcache_generation(void)
{
	listen();
	return generation;
}
