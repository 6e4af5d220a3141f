/*
 * ddl.h
 *	  Running the registry's own DDL, for create_registry() and
 *	  upgrade_registry().
 */
#ifndef CGAE_DDL_H
#define CGAE_DDL_H

/*
 * Bracket statements in which names mean pg_catalog's, whatever search_path
 * the caller has; begin returns what end wants.
 */
extern int	cgae_ddl_begin(void);
extern void cgae_ddl_end(int guc_level);

/* Run one utility statement, or an INSERT, with the current user's rights. */
extern void cgae_ddl_run(const char *sql);

/*
 * Refuse (insufficient_privilege) when the current user, who owns the
 * registry, may not create in schema cgae: after a superuser's restore nobody
 * may who has not been allowed to.
 */
extern void cgae_ddl_require_create(void);

#endif							/* CGAE_DDL_H */
