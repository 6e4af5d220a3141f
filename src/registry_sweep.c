/*
 * registry_sweep.c
 *	  Lowering the tiers of agents whose certification has decayed.
 *
 * Permission never waits for a sweep: it is asked of the effective tier.  A
 * sweep brings current_tier, status and history up to date.  Its cost is in
 * proportion to the agents that are due, found by an index on tier_drop_at.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "nodes/parsenodes.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

#include "errors.h"
#include "statement.h"
#include "sweep.h"

static CgaeSweep *announced = NULL;

CgaeSweep *
cgae_announce_sweep(CgaeSweep *sweep)
{
	CgaeSweep  *before = announced;

	announced = sweep;
	return before;
}

CgaeSweep *
cgae_announced_sweep(void)
{
	return announced;
}

/*
 * Lower one batch of agents that were due at an instant; returns how many
 * were found.  Agents that somebody else has locked are left for the next
 * time: whoever holds the lock may be certifying them.
 *
 * The inner SELECT stands in an ARRAY so that the outer one is planned for a
 * handful of keys, not for a share of the table.  The order is the index's: one
 * probe a tier finds who is due.
 */
static int64
sweep_batch(FunctionCallInfo fcinfo, CgaeSweep *sweep, int32 batch)
{
	static const Oid types[] = {TIMESTAMPTZOID, INT4OID};
	Datum		values[] = {TimestampTzGetDatum(sweep->at), Int32GetDatum(batch)};
	CgaeSweep  *outer;
	volatile int64 found = 0;	/* set within PG_TRY */

	cgae_policy_in_force_for_guard(&sweep->policy);
	sweep->next = sweep->policy;
	outer = cgae_announce_sweep(sweep);
	PG_TRY();
	{
		found = cgae_statement_run(fcinfo, CGAE_Q_SWEEP,
								   "UPDATE cgae.agents SET current_tier = current_tier"
								   " WHERE agent_id OPERATOR(pg_catalog.=) ANY (ARRAY("
								   "SELECT agent_id FROM cgae.agents"
								   " WHERE status OPERATOR(pg_catalog.=) 'active'"
								   " AND current_tier OPERATOR(pg_catalog.=) ANY (CAST('{T1,T2,T3,T4,T5}' AS cgae.tier[]))"
								   " AND tier_drop_at OPERATOR(pg_catalog.<=) $1"
								   " ORDER BY current_tier, tier_drop_at LIMIT $2"
								   " FOR NO KEY UPDATE SKIP LOCKED))",
								   lengthof(types), types, values, NULL, false);
	}
	PG_FINALLY();
	{
		cgae_announce_sweep(outer);
	}
	PG_END_TRY();
	return found;
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
 * cgae.apply_decay(at timestamptz DEFAULT now(), batch int DEFAULT 1000)
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
	while (sweep_batch(fcinfo, &sweep, batch) >= batch)
		CHECK_FOR_INTERRUPTS();
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
	int64		found;

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
		CHECK_FOR_INTERRUPTS();
		found = sweep_batch(fcinfo, &sweep, batch);
		SPI_commit();
		if (found > 0)
			ereport(NOTICE,
					(errmsg("decay applied: " INT64_FORMAT " lowered, " INT64_FORMAT " expired so far",
							sweep.lowered, sweep.expired)));
	} while (found >= batch);
	SPI_finish();
	PG_RETURN_VOID();
}
