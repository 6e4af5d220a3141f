/*
 * sweep_decay.c
 *	  Lowering the tiers of agents whose certification has decayed.
 *
 * Permission never waits for a sweep: it is asked of the effective tier.  A
 * sweep brings current_tier, status and history up to date.  Its cost is in
 * proportion to the agents that are due, found by an index on tier_drop_at.
 */
#include "postgres.h"

#include "access/xact.h"
#include "catalog/namespace.h"
#include "catalog/pg_class.h"
#include "catalog/pg_inherits.h"
#include "catalog/pg_type.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "nodes/parsenodes.h"
#include "storage/itemptr.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

#include "guards/history_end.h"
#include "guards/sweep.h"
#include "server/caller.h"
#include "server/errors.h"
#include "server/row_stream.h"
#include "server/statement.h"

/*
 * Who is due, locked as it is fetched.  Agents that somebody else has locked
 * are left for the next time: whoever holds the lock may be certifying them.
 * The order is the index's: one probe a tier finds who is due.  The limit lets
 * the planner know that few are; null is none.
 */
#define DUE \
	" FROM cgae.agents" \
	" WHERE status OPERATOR(pg_catalog.=) 'active'" \
	" AND current_tier OPERATOR(pg_catalog.=) ANY (CAST('{T1,T2,T3,T4,T5}' AS cgae.tier[]))" \
	" AND tier_drop_at OPERATOR(pg_catalog.<=) $1" \
	" ORDER BY current_tier, tier_drop_at LIMIT $2" \
	" FOR NO KEY UPDATE SKIP LOCKED"

static const Oid due_types[] = {TIMESTAMPTZOID, INT8OID};

#define LOWER "UPDATE cgae.agents SET current_tier = current_tier WHERE "

/*
 * How a row that was found due is reached again.  What is locked stays where
 * it is, so that its place will do, if there is one table to look in.
 */
typedef struct Reach
{
	CgaeStatement find;
	CgaeStatement lower;
	Oid			type;
	Oid			array_type;
	int16		length;
	char		align;
} Reach;

static const Reach by_place = {
	{"SELECT ctid" DUE, lengthof(due_types), due_types},
	{LOWER "ctid OPERATOR(pg_catalog.=) ANY ($1)", 1, (const Oid[]) {TIDARRAYOID}},
	TIDOID, TIDARRAYOID, sizeof(ItemPointerData), TYPALIGN_SHORT
};
static const Reach by_key = {
	{"SELECT agent_id" DUE, lengthof(due_types), due_types},
	{LOWER "agent_id OPERATOR(pg_catalog.=) ANY ($1)", 1, (const Oid[]) {TEXTARRAYOID}},
	TEXTOID, TEXTARRAYOID, -1, TYPALIGN_INT
};

static Oid
agents_relid(void)
{
	return get_relname_relid("agents", get_namespace_oid("cgae", false));
}

static const Reach *
how_to_reach(void)
{
	Oid			agents = agents_relid();

	return get_rel_relkind(agents) == RELKIND_RELATION && !has_subclass(agents) ?
		&by_place : &by_key;
}

/* Begin to look for who was due at an instant, at most limit agents. */
static void
open_due(FunctionCallInfo fcinfo, CgaeStream *due, const Reach *reach, TimestampTz at, int64 limit,
		 int64 batch)
{
	Datum		values[] = {TimestampTzGetDatum(at), Int64GetDatum(limit)};

	cgae_stream_open_plan(due, cgae_plan(fcinfo->flinfo->fn_oid, &reach->find), values,
						  limit < 0 ? " n" : NULL, false, batch);
}

/* Lower the next batch of agents that are due; returns how many were found. */
static int64
lower_next(FunctionCallInfo fcinfo, CgaeSweep *sweep, const Reach *reach, CgaeStream *due)
{
	int64		found = cgae_stream_next_batch(due);
	int64		count = 0;
	int64		updated;
	Datum	   *rows;
	Datum		array;

	if (found == 0)
		return 0;
	/* not before: nobody is due nearly always */
	if (sweep->events == NULL)
		sweep->events = cgae_event_batch_begin();
	rows = MemoryContextAllocHuge(CurrentMemoryContext, found * sizeof(Datum));
	for (int64 i = 0; i < found && cgae_stream_next(due); i++)
	{
		if (cgae_read_datum(due->tuple, due->desc, 1, reach->type, &rows[count]))
			count++;
		else
		{
			/* no key reaches it, so that its guard cannot */
			sweep->met++;
			cgae_sweep_pass_by(sweep, NULL, NULL);
		}
	}
	array = PointerGetDatum(construct_array(rows, count, reach->type, reach->length, false,
											reach->align));
	sweep->trusts_last_seq = !cgae_any_behind_history(agents_relid(), reach->array_type, array);
	cgae_ticket_push(&cgae_sweep_ticket, sweep);
	updated = cgae_statement_run(fcinfo, &reach->lower, &array, NULL, false);
	cgae_ticket_pop(&cgae_sweep_ticket);
	/* they are locked, so that nothing but the owner's code is in the way */
	if (updated < count)
		ereport(ERROR,
				(errcode(ERRCODE_TRIGGERED_DATA_CHANGE_VIOLATION),
				 errmsg("sweep of " INT64_FORMAT " agents was suppressed for " INT64_FORMAT,
						count, count - updated),
				 errhint("A trigger or rule on cgae.agents prevents it."),
				 cgae_err_object("agents", NULL, NULL)));
	pfree(DatumGetPointer(array));
	pfree(rows);
	return found;
}

/*
 * May a scan begun anew find more?  It meets what cannot be read again, which
 * is in the way: the next batch is the larger by that.  It gets there as long
 * as something can be read, or more of what cannot came in sight.
 */
static bool
may_go_on(CgaeSweep *sweep, int64 batch, int64 met, int64 passed)
{
	bool		go_on = met >= batch && (met > passed || passed > sweep->in_the_way);

	sweep->in_the_way = passed;
	return go_on;
}

/*
 * Lower agents that are due, batch by batch: all of them, or one batch.
 * Returns whether there may be more.
 *
 * All are found by one scan, which goes on where it was.  But where the user's
 * triggers act on what a batch does, the next one is looked for anew, since
 * they may have changed who is due; then one that they keep from falling would
 * be found for ever, and the sweep ends with a batch that is not complete.
 */
static bool
sweep_agents(FunctionCallInfo fcinfo, CgaeSweep *sweep, int32 batch, bool all)
{
	const Reach *reach = how_to_reach();
	CgaeStream	due = {0};
	bool		go_on;

	cgae_policy_in_force_for_guard(&sweep->policy);
	sweep->next = sweep->policy;
	sweep->events = NULL;
	do
	{
		int64		size = batch + sweep->in_the_way;
		int64		met_before = sweep->met;
		int64		passed_before = sweep->passed;
		int64		found;

		CHECK_FOR_INTERRUPTS();
		if (due.portal == NULL)
		{
			/* a clock that was stepped back finds again and again who does not fall yet */
			sweep->at = Min(sweep->at, GetCurrentTimestamp());
			open_due(fcinfo, &due, reach, sweep->at, all ? -1 : size, size);
		}
		found = lower_next(fcinfo, sweep, reach, &due);
		if (all && sweep->events != NULL)
		{
			go_on = found >= size;
			continue;
		}
		cgae_stream_close(&due);
		/* not the rows updated: without its guard one stays due for ever */
		go_on = may_go_on(sweep, size, sweep->met - met_before, sweep->passed - passed_before);
	} while (all && go_on);
	cgae_stream_close(&due);
	cgae_event_batch_end(sweep->events);
	return go_on;
}

/* Refuse a batch that would never end. */
static int32
batch_argument(FunctionCallInfo fcinfo, int argument, const char *function)
{
	int32		batch;

	if (PG_ARGISNULL(argument))
		cgae_refuse_null_argument(function, "batch");
	batch = PG_GETARG_INT32(argument);
	if (batch <= 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("batch %d is not positive", batch)));
	return batch;
}

/*
 * cgae.apply_decay(at timestamptz DEFAULT NULL, batch int DEFAULT 1000)
 *	   -> (lowered bigint, expired bigint)
 *
 * Lowers every active agent whose effective tier had fallen below its current
 * one at that instant (not in the future; null is now); one that reached T0
 * expires.  Works in batches and skips agents that are locked, so that several
 * sessions may run it at once.  The caller needs UPDATE on current_tier.
 */
PG_FUNCTION_INFO_V1(cgae_apply_decay);
Datum
cgae_apply_decay(PG_FUNCTION_ARGS)
{
	int32		batch = batch_argument(fcinfo, 1, "apply_decay");
	TimestampTz now = GetCurrentTimestamp();
	CgaeSweep	sweep = {.at = PG_ARGISNULL(0) ? now : PG_GETARG_TIMESTAMPTZ(0)};
	TupleDesc	desc;
	Datum		values[2];
	bool		nulls[2] = {false, false};

	/* the default, where the clock was stepped back since the transaction began */
	if (sweep.at > now && sweep.at == GetCurrentTransactionStartTimestamp())
		sweep.at = now;
	if (sweep.at > now)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("cannot apply decay at %s, which is in the future",
						timestamptz_to_str(sweep.at)),
				 errhint("What will be is told by cgae.effective_tier() and the view cgae.expiring_agents.")));
	if (get_call_result_type(fcinfo, NULL, &desc) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "return type must be a row type");

	cgae_require_registry();
	cgae_statement_begin();
	(void) sweep_agents(fcinfo, &sweep, batch, true);
	cgae_sweep_end(&sweep);
	cgae_statement_end();

	values[0] = Int64GetDatum(sweep.lowered);
	values[1] = Int64GetDatum(sweep.expired);
	PG_RETURN_DATUM(HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(desc), values, nulls)));
}

/*
 * PROCEDURE cgae.sweep_decay(batch int DEFAULT 1000)
 *
 * The same as of now, committing after each batch and reporting progress, for
 * a schedule or for a registry that was not swept for long.  Interrupted, it
 * keeps what it has done.  Not inside a transaction block
 * (invalid_transaction_termination).
 */
PG_FUNCTION_INFO_V1(cgae_sweep_decay);
Datum
cgae_sweep_decay(PG_FUNCTION_ARGS)
{
	int32		batch = batch_argument(fcinfo, 0, "sweep_decay");
	CgaeSweep	sweep = {.at = GetCurrentTimestamp()};
	bool		go_on;

	if (fcinfo->context == NULL || !IsA(fcinfo->context, CallContext) ||
		((CallContext *) fcinfo->context)->atomic)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_TRANSACTION_TERMINATION),
				 errmsg("cgae.sweep_decay() commits and cannot run inside a transaction block"),
				 errhint("Use SELECT * FROM cgae.apply_decay() there.")));

	cgae_require_registry();
	if (SPI_connect_ext(SPI_OPT_NONATOMIC) != SPI_OK_CONNECT)
		elog(ERROR, "SPI_connect_ext failed");
	do
	{
		int64		lowered = sweep.lowered + sweep.expired;

		CHECK_FOR_INTERRUPTS();
		/* in each transaction anew: a commit must not meet another user */
		cgae_caller_begin();
		go_on = sweep_agents(fcinfo, &sweep, batch, false);
		cgae_caller_end();
		SPI_commit();
		if (sweep.lowered + sweep.expired > lowered)
			ereport(NOTICE,
					(errmsg("decay applied: " INT64_FORMAT " lowered, "
							INT64_FORMAT " expired so far",
							sweep.lowered, sweep.expired)));
	} while (go_on);
	cgae_sweep_end(&sweep);
	SPI_finish();
	PG_RETURN_VOID();
}
