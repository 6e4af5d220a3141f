/*
 * publication_locks.c
 *	  The locks of a publication: waited for a little, given up, tried again.
 */
#include "postgres.h"

#include "access/transam.h"
#include "access/xact.h"
#include "catalog/namespace.h"
#include "catalog/pg_inherits.h"
#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "portability/instr_time.h"
#include "storage/latch.h"
#include "storage/lmgr.h"
#include "storage/proc.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"
#include "utils/wait_event.h"

#include "api/publication_locks.h"
#include "policy/policy.h"
#include "server/errors.h"
#include "server/row_reader.h"
#include "server/statement.h"

/* Milliseconds: for all attempts, for one at most, between two, between two looks at rows. */
#define PATIENCE 5000
#define LONGEST_WAIT 250
#define PAUSE 100
#define NAP 5

/*
 * So many milliseconds from now, by a clock that nobody sets: patience ends
 * although the other one is stepped back.
 */
static int64
after(int milliseconds)
{
	instr_time	now;

	INSTR_TIME_SET_CURRENT(now);
	return (int64) INSTR_TIME_GET_MILLISEC(now) + milliseconds;
}

/* Milliseconds until an instant of that clock, not below 0. */
static long
time_left(int64 until)
{
	return (long) Max(until - after(0), 0);
}

/* Sleep, holding up nobody who cancels it. */
static void
nap(long milliseconds)
{
	(void) WaitLatch(MyLatch, WL_LATCH_SET | WL_TIMEOUT | WL_EXIT_ON_PM_DEATH, milliseconds,
					 PG_WAIT_EXTENSION);
	ResetLatch(MyLatch);
	CHECK_FOR_INTERRUPTS();
}

void
cgae_locks_begin(CgaeLocks *locks)
{
	int			patience = LockTimeout > 0 ? Min(LockTimeout, PATIENCE) : PATIENCE;

	memset(locks, 0, sizeof(*locks));
	locks->deadline = after(patience);
	/* over before anybody who waits for us looks for a deadlock */
	locks->bound = Max(Min(Min(DeadlockTimeout / 2, LONGEST_WAIT), patience), 1);
	/*
	 * A transaction that has written may hold what somebody waits for who holds
	 * the policies: in their queue, it would be found to be part of a deadlock.
	 */
	locks->may_queue = !TransactionIdIsValid(GetTopTransactionIdIfAny());
}

/*
 * Lock gate_policies.  In its queue, so that a registry that is certifying all
 * the time lets a publication through.
 */
static bool
take_policies(CgaeLocks *locks)
{
	Oid			relid = cgae_policies_relid();
	int64		until = after(locks->bound);
	char		timeout[16];
	int			nest_level;

	while (!ConditionalLockRelationOid(relid, ExclusiveLock))
	{
		if (locks->may_queue)
		{
			snprintf(timeout, sizeof(timeout), "%d", locks->bound);
			nest_level = NewGUCNestLevel();
			(void) set_config_option("lock_timeout", timeout, PGC_USERSET, PGC_S_SESSION,
									 GUC_ACTION_SAVE, true, 0, false);
			locks->is_queued = true;
			LockRelationOid(relid, ExclusiveLock);
			locks->is_queued = false;
			AtEOXact_GUC(true, nest_level);
			return true;
		}
		if (time_left(until) == 0)
			return false;
		nap(NAP);
	}
	return true;
}

/*
 * Lock the tables that are written, for writing, which only DDL and LOCK TABLE
 * of somebody else's keep from us.
 */
static bool
take_tables(CgaeLocks *locks)
{
	static const char *const tables[] = {"agents", "agent_events"};
	Oid			namespace = get_namespace_oid("cgae", false);
	int64		until = after(locks->bound);

	for (int i = 0; i < lengthof(tables); i++)
	{
		Oid			root = get_relname_relid(tables[i], namespace);
		List	   *all = OidIsValid(root) ? find_all_inheritors(root, NoLock, NULL) : NIL;
		ListCell   *cell;

		foreach(cell, all)
			while (!ConditionalLockRelationOid(lfirst_oid(cell), RowExclusiveLock))
			{
				if (time_left(until) == 0)
					return false;
				nap(NAP);
			}
		list_free(all);
	}
	return true;
}

/* Run a statement that counts. */
static int64
count(FunctionCallInfo fcinfo, const CgaeStatement *statement)
{
	(void) cgae_statement_run(fcinfo, statement, NULL, NULL, false);
	return DatumGetInt64(cgae_statement_datum());
}

static const CgaeStatement lock_rerated = {
	"SELECT pg_catalog.count(*) FROM (SELECT FROM cgae.agents"
	" WHERE " CGAE_RERATED_AGENTS " FOR NO KEY UPDATE SKIP LOCKED) AS l",
	0, NULL
};
static const CgaeStatement count_rerated = {
	"SELECT pg_catalog.count(*) FROM cgae.agents"
	" WHERE " CGAE_RERATED_AGENTS,
	0, NULL
};

/*
 * Lock the rows of all agents that are to be re-rated, so that the update waits
 * for nobody.  Nobody can be certified meanwhile; who is deregistered meanwhile
 * is not counted in the end.
 */
static bool
take_agents(FunctionCallInfo fcinfo, CgaeLocks *locks)
{
	int64		until = after(locks->bound);

	for (;;)
	{
		locks->agents = count(fcinfo, &lock_rerated);
		if (locks->agents == count(fcinfo, &count_rerated))
			return true;
		if (time_left(until) == 0)
			return false;
		nap(NAP);
	}
}

bool
cgae_locks_take(FunctionCallInfo fcinfo, CgaeLocks *locks)
{
	locks->is_queued = false;
	return take_policies(locks) && take_tables(locks) && take_agents(fcinfo, locks);
}

static const CgaeStatement find_holders = {
	"SELECT pg_catalog.string_agg(DISTINCT COALESCE("
	"  CAST(l.pid AS pg_catalog.text), 'a prepared transaction'), ', ')"
	" FROM pg_catalog.pg_locks AS l"
	" JOIN pg_catalog.pg_database AS d ON d.oid OPERATOR(pg_catalog.=) l.database"
	" WHERE d.datname OPERATOR(pg_catalog.=) pg_catalog.current_database()"
	" AND l.granted AND (l.pid IS NULL OR"
	"  l.pid OPERATOR(pg_catalog.<>) pg_catalog.pg_backend_pid())"
	" AND l.mode OPERATOR(pg_catalog.<>) 'AccessShareLock'"
	" AND CASE WHEN $3 THEN l.relation OPERATOR(pg_catalog.=) $1"
	"   AND pg_catalog.pg_backend_pid() OPERATOR(pg_catalog.=)"
	"    ANY (pg_catalog.pg_blocking_pids(l.pid))"
	"  ELSE l.relation OPERATOR(pg_catalog.=) $1 OR"
	"   (l.mode OPERATOR(pg_catalog.<>) 'ShareUpdateExclusiveLock' AND"
	"    (l.relation OPERATOR(pg_catalog.=) $2 OR l.relation OPERATOR(pg_catalog.=)"
	"     ANY (SELECT t.relid FROM pg_catalog.pg_partition_tree($2) AS t))) END",
	3, (const Oid[]) {OIDOID, OIDOID, BOOLOID}
};

/*
 * Who holds the policies, or rows of agents; NULL when nobody does any more.
 * Only those who hold the policies and wait for this transaction, if so asked.
 */
static char *
holders(FunctionCallInfo fcinfo, bool waiting)
{
	Datum		values[3];
	text	   *found = NULL;

	values[2] = BoolGetDatum(waiting);
	values[0] = ObjectIdGetDatum(cgae_policies_relid());
	values[1] = ObjectIdGetDatum(get_relname_relid("agents", get_namespace_oid("cgae", false)));
	/* a prepared transaction has no process */
	if (cgae_statement_run(fcinfo, &find_holders, values, NULL, true) == 1)
		found = cgae_read_text(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1);
	return found == NULL ? NULL : text_to_cstring(found);
}

void
cgae_locks_pause(FunctionCallInfo fcinfo, const CgaeLocks *locks)
{
	char	   *who = NULL;

	cgae_statement_begin();
	/* a deadlock that nobody else finds, since we are in no queue */
	if (!locks->may_queue)
		who = holders(fcinfo, true);
	if (who == NULL && time_left(locks->deadline) > 0)
	{
		cgae_statement_end();
		nap(Min(PAUSE, time_left(locks->deadline)));
		return;
	}
	if (who == NULL)
		who = holders(fcinfo, false);
	ereport(ERROR,
			(errcode(ERRCODE_LOCK_NOT_AVAILABLE),
			 errmsg("gate policy is not published: open transactions hold the policies or agents"),
			 who != NULL ? errdetail("Locks are held by: %s.", who) : 0,
			 locks->may_queue ?
			 errhint("Try again when these processes (see pg_stat_activity) have ended their transactions.") :
			 errhint("Publish in a transaction of its own, which holds nothing that others wait for."),
			 cgae_err_object("gate_policies", NULL, NULL)));
}
