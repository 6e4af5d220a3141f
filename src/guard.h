/*
 * guard.h
 *	  What the trigger functions ("guards") share: the protocol check, the
 *	  owner's rights around their fixed SQL, the data of events, and the
 *	  announcements by which one guard knows another guard's write.
 *
 * An announcement is a pointer in backend memory to what the announcing guard
 * is about to write.  The guard of the target table consumes it with the row
 * that it names.  It cannot be forged from SQL, and an error takes it back.
 */
#ifndef CGAE_GUARD_H
#define CGAE_GUARD_H

#include "commands/trigger.h"
#include "plan_cache.h"
#include "utils/jsonb.h"

/*
 * Refuse (trigger_protocol_violated) a call that is not a trigger, or is one of
 * a table that the guard does not guard (own_table.h), and
 * (object_not_in_prerequisite_state) a BEFORE ROW guard after which another
 * trigger could still change or drop the row.  Returns the trigger data.
 */
extern TriggerData *cgae_guard_enter(FunctionCallInfo fcinfo, const char *function);

/*
 * Refuse (object_not_in_prerequisite_state) to write to a partition without a
 * trigger for each statement, "name event", that the server did not give it.
 */
extern void cgae_guard_require_on_partition(const TriggerData *trigdata, bool is_there,
											const char *trigger, const char *function);

/* Refuse a call for an event or level that the guard does not handle. */
extern void cgae_guard_refuse_event(const char *function, const char *wanted);

/*
 * Name of the role whose privileges the client's statement runs with; of the
 * superuser who called when it is that of a function of ours (caller.h).
 */
extern const char *cgae_guard_actor(void);

/*
 * Run a fixed statement with the rights of the owner of the relation that the
 * trigger is on (for a partition: of the table at the top), whatever row security it forces, in the statement's own
 * fresh snapshot.  Returns the number of rows processed.
 */
extern uint64 cgae_guard_execute(Relation relation, CgaeQuery query, const char *sql,
								 int argument_count, const Oid *types,
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
extern uint64 cgae_owner_execute(Oid relid, CgaeQuery query, const char *sql,
								 int argument_count, const Oid *types,
								 const Datum *values, const char *nulls);

/*
 * After begin, where the client's own table sets the statement off: code that
 * the owner has in the registry leaves nothing behind in the client's session,
 * no setting and no trigger that fires later with the client's rights.
 */
extern void cgae_owner_seal(CgaeOwnerRights *rights);
extern void cgae_owner_end(const CgaeOwnerRights *rights);

/* Owner of a relation. */
extern Oid	cgae_relation_owner(Oid relid);

/* How many triggers are being executed within one another. */
extern int	cgae_trigger_depth(void);

/* Do two text values hold the same bytes? */
extern bool cgae_text_equal(const text *a, const text *b);

/* Compare two text values byte by byte, as the collation "C" does. */
extern int	cgae_text_compare(const text *a, const text *b);

/* Building the data of an event: begin, any number of members, end. */
typedef struct CgaeObject
{
	JsonbParseState *state;
} CgaeObject;

extern void cgae_object_begin(CgaeObject *object);
extern void cgae_object_text(CgaeObject *object, const char *key, const char *value);
extern void cgae_object_numeric(CgaeObject *object, const char *key, Datum numeric);
extern void cgae_object_texts(CgaeObject *object, const char *key, char *const *values, int count);
extern Jsonb *cgae_object_end(CgaeObject *object);

#endif							/* CGAE_GUARD_H */
