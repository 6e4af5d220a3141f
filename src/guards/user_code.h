/*
 * user_code.h
 *	  Whose code runs, and looks on, when the registry writes to a table of its own?
 *
 * The owner may add triggers, rules, checks, columns and indexes.  Whatever
 * the registry does faster without them rests on the answers here.  Tables are
 * locked as for writing rows, to the end of the transaction: who wants to make
 * a trigger or rule waits, so the answer stands when the rows are written.
 */
#ifndef CGAE_USER_CODE_H
#define CGAE_USER_CODE_H

/*
 * Has any table from a root down an enabled trigger that is not its guard's
 * and whose type has all bits of wanted?  The server's own triggers, for
 * foreign keys, do not count.
 */
extern bool cgae_has_user_trigger(Oid root, const char *guard, int16 wanted);

/* Is a table rewritten by rules?  Those of partitions never fire. */
extern bool cgae_has_rules(Oid relid);

/*
 * May code that is neither the registry's nor the server's run, or look on,
 * when a row of cgae.agents is updated?
 */
extern bool cgae_agents_run_user_code(Oid agents);

#endif							/* CGAE_USER_CODE_H */
