/*
 * views.h
 *	  The registry's views.
 */
#ifndef CGAE_VIEWS_H
#define CGAE_VIEWS_H

/* Which views to make, and what to do about those that are there. */
typedef enum CgaeViewMode
{
	CGAE_VIEWS_NEW,				/* all: none may be there */
	CGAE_VIEWS_MISSING,			/* those that are not there */
	CGAE_VIEWS_ALL				/* all, replacing those that are there */
} CgaeViewMode;

/*
 * Make views, owned by the current user, once the tables are there; within
 * cgae_ddl_begin() and cgae_ddl_end().  A view that is replaced keeps its grants.
 */
extern void cgae_registry_make_views(CgaeViewMode mode);

/*
 * Name of a view, counted from 0; NULL when there are no more.  is_invoker: it
 * reads with the privileges of whoever selects from it; else with its owner's,
 * as a security barrier.
 */
extern const char *cgae_registry_view(int number, bool *is_invoker);

/* Names of those for analysts, as GRANT and REVOKE want them. */
#define CGAE_REGISTRY_VIEWS \
	"cgae.agent_standing, cgae.tier_changes, cgae.certification_history," \
	" cgae.expiring_agents, cgae.binding_dimension_counts, cgae.registry_health"

#endif							/* CGAE_VIEWS_H */
