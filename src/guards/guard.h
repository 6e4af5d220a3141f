/*
 * guard.h
 *	  What the trigger functions ("guards") share: the check of how they are
 *	  called, and for whom they act.
 */
#ifndef CGAE_GUARD_H
#define CGAE_GUARD_H

#include "commands/trigger.h"
#include "server/plan_cache.h"
#include "utils/jsonb.h"

/*
 * Refuse (trigger_protocol_violated) a call that is not a trigger, or is one of
 * a table that the guard does not guard (own_table.h), and
 * (object_not_in_prerequisite_state) a BEFORE ROW guard after which another
 * trigger could still change or drop the row.  Returns the trigger data.
 */
extern TriggerData *cgae_guard_enter(FunctionCallInfo fcinfo, const char *function);

/*
 * Refuse (object_not_in_prerequisite_state) to write to a partition that lacks
 * its table's trigger for each statement with a function, which the server does
 * not pass on.
 */
extern void cgae_guard_require_on_partition(const TriggerData *trigdata, bool is_there,
											const char *function);

/* Refuse a call for an event or level that the guard does not handle. */
extern void cgae_guard_refuse_event(const char *function, const char *wanted);

/*
 * Name of the role whose privileges the client's statement runs with; of the
 * superuser who called when it is that of a function of ours (caller.h).
 */
extern const char *cgae_guard_actor(void);

#endif							/* CGAE_GUARD_H */
