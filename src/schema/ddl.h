/*
 * ddl.h
 *	  Running the statements of sql/registry/, for create_registry() and
 *	  upgrade_registry().
 */
#ifndef CGAE_DDL_H
#define CGAE_DDL_H

#include "server/registry_sql.h"

/*
 * Bracket statements in which names mean pg_catalog's, whatever search_path
 * the caller has; begin returns what end wants.
 */
extern int	cgae_ddl_begin(void);
extern void cgae_ddl_end(int guc_level);

/* Run one utility statement, or an INSERT, with the current user's rights. */
extern void cgae_ddl_run(const char *sql);

/* Run statements; with partitions, a table that is per agent is partitioned by agent_id. */
extern void cgae_ddl_run_all(const CgaeRegistryStatement *statements, bool is_partitioned);

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
extern void cgae_ddl_make_views(CgaeViewMode mode);

/* Record that the registry has a version of the layout. */
extern void cgae_ddl_record_layout(int version);

/*
 * Refuse (insufficient_privilege) when the current user, who owns the
 * registry, may not create in schema cgae: after a superuser's restore nobody
 * may who has not been allowed to.
 */
extern void cgae_ddl_require_create(void);

#endif							/* CGAE_DDL_H */
