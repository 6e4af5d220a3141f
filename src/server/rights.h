/*
 * rights.h
 *	  Running fixed SQL with the rights of a table's owner, as foreign keys do.
 */
#ifndef CGAE_RIGHTS_H
#define CGAE_RIGHTS_H

#include "server/plan_cache.h"
#include "utils/relcache.h"

/* Owner of a relation. */
extern Oid	cgae_relation_owner(Oid relid);

/*
 * Run a fixed statement with the rights of the owner of the relation that the
 * trigger is on (for a partition: of the table at the top), whatever row
 * security it forces, in the statement's own fresh snapshot.  Returns the
 * number of rows processed.
 */
extern uint64 cgae_execute_as_owner(Relation relation, const CgaeStatement *statement,
									const Datum *values, const char *nulls);

/*
 * Let unqualified names mean pg_catalog's until AtEOXact_GUC() is called with
 * the nest level that this returns, or an error ends the (sub)transaction.
 */
extern int	cgae_restrict_search_path(void);

/*
 * The same in three steps, for a statement whose rows are to be read before
 * the end, and for the rights of another owner.  Where the statement can run no
 * code of the user's, is_restricted may be false: it then runs with the client's
 * search_path, which costs less.
 */
typedef struct CgaeOwnerRights
{
	Oid			save_userid;
	int			save_sec_context;
	int			guc_nest_level; /* 0: search_path was left alone */
	bool		is_sealed;
} CgaeOwnerRights;

extern void cgae_owner_begin(Oid owner, bool is_restricted, CgaeOwnerRights *rights);
extern uint64 cgae_owner_execute(Oid relid, const CgaeStatement *statement,
								 const Datum *values, const char *nulls);

/*
 * After begin, where the client's own table sets the statement off: code that
 * the owner has in the registry leaves nothing behind in the client's session,
 * no setting and no trigger that fires later with the client's rights.
 */
extern void cgae_owner_seal(CgaeOwnerRights *rights);
extern void cgae_owner_end(const CgaeOwnerRights *rights);

/*
 * Work as a role, in a security-restricted operation and whatever row security is
 * forced, until the end, or until an error ends the (sub)transaction.
 */
typedef struct CgaeSavedUser
{
	Oid			userid;
	int			sec_context;
} CgaeSavedUser;

extern void cgae_act_as(Oid role, CgaeSavedUser *saved);
extern void cgae_act_end(const CgaeSavedUser *saved);

#endif							/* CGAE_RIGHTS_H */
