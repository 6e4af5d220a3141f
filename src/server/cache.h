/*
 * cache.h
 *	  The one long-lived memory context of the extension, and the invalidations
 *	  on which its caches rest.
 */
#ifndef CGAE_CACHE_H
#define CGAE_CACHE_H

#include "utils/palloc.h"

/* Context "cgae cache", a child of CacheMemoryContext; made on first use. */
extern MemoryContext cgae_cache_context(void);

/*
 * What a cache does about an invalidation of relid (InvalidOid: of everything,
 * or of a schema, whose name is part of what is looked up).
 */
typedef void (*CgaeInvalidate) (Oid relid);

/* Call a function at every such invalidation, for the life of the backend. */
extern void cgae_on_relcache_invalidation(CgaeInvalidate invalidate);

/*
 * A number that every relcache invalidation of this backend changes.  What was
 * looked up is still right while the number is the one read before looking.
 */
extern uint64 cgae_relcache_generation(void);

#endif							/* CGAE_CACHE_H */
