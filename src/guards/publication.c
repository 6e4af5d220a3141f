/*
 * publication.c
 *	  A gate policy on its way into cgae.gate_policies.
 */
#include "postgres.h"

#include "access/xact.h"
#include "catalog/pg_type.h"
#include "common/int.h"
#include "utils/snapmgr.h"
#include "utils/timestamp.h"

#include "guards/policy_digest.h"
#include "guards/publication.h"
#include "server/clock.h"
#include "server/errors.h"
#include "server/statement.h"

/* In the order of the columns above. */
static const Oid column_types[CGAE_POLICY_COLUMNS] = {
	FLOAT8ARRAYOID, FLOAT8ARRAYOID, FLOAT8ARRAYOID, FLOAT8OID, NUMERICARRAYOID, FLOAT8ARRAYOID,
	FLOAT8OID, INTERVALOID, TEXTOID, INT4OID, TIMESTAMPTZOID, TEXTOID, BYTEAOID
};

static const CgaeStatement insert_policy = {
	"INSERT INTO cgae.gate_policies (cc, er, as_, ih_threshold, budget_ceilings,"
	" audit_intensities, decay_rate, time_step, note, version, effective_from, actor, digest)"
	" VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)",
	CGAE_POLICY_COLUMNS, column_types
};

const CgaeTicketKind cgae_publication_ticket = {"publication"};

/* This transaction has published; a rollback to a savepoint may have taken it back since. */
static bool has_published = false;

int32
cgae_publication_next_version(int32 last)
{
	int32		next;

	if (pg_add_s32_overflow(last, 1, &next))
		ereport(ERROR,
				(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
				 errmsg("gate policies have reached their last version, %d", last),
				 cgae_err_object("gate_policies", "version", NULL)));
	return next;
}

TimestampTz
cgae_publication_effective_from(const CgaePolicy *before)
{
	return cgae_clock_after(before->effective_from);
}

/* Run the INSERT; returns the number of rows. */
static uint64
insert_row(FunctionCallInfo fcinfo, CgaePublication *publication)
{
	int			result;

	if (fcinfo != NULL)
		return cgae_statement_run(fcinfo, &insert_policy, publication->values, NULL, false);
	result = SPI_execute_with_args(insert_policy.sql, insert_policy.argument_count,
								   unconstify(Oid *, insert_policy.types), publication->values,
								   NULL, false, 0);
	if (result < 0)
		elog(ERROR, "SPI_execute_with_args failed: %s", SPI_result_code_string(result));
	return SPI_processed;
}

void
cgae_publication_write(FunctionCallInfo fcinfo, CgaePublication *publication)
{
	uint64		written;

	publication->values[CGAE_POLICY_DIGEST] =
		PointerGetDatum(cgae_policy_digest(publication->values));
	publication->is_judged = false;
	cgae_ticket_push(&cgae_publication_ticket, publication);
	written = insert_row(fcinfo, publication);
	cgae_ticket_pop(&cgae_publication_ticket);
	if (written != 1 || !publication->is_judged)
		ereport(ERROR,
				(errcode(ERRCODE_TRIGGERED_DATA_CHANGE_VIOLATION),
				 errmsg("the new gate policy was not stored by its guard"),
				 errhint("A trigger or rule on cgae.gate_policies suppresses it, or the guard is disabled."),
				 cgae_err_object("gate_policies", NULL, NULL)));
}

/* Refuse to prepare a transaction whose publication stands. */
static void
refuse_prepare(XactEvent event, void *arg)
{
	bool		stands;

	if (event == XACT_EVENT_PRE_PREPARE && has_published)
	{
		/* the policy may have to be read anew */
		PushActiveSnapshot(GetTransactionSnapshot());
		stands = OidIsValid(cgae_policies_relid()) && cgae_policy_is_uncommitted();
		PopActiveSnapshot();
		if (stands)
			ereport(ERROR,
					(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
					 errmsg("cannot prepare a transaction that has published a gate policy"),
					 errdetail("Nobody could be certified until it is committed."),
					 errhint("Publish in a transaction of its own.")));
	}
	else if (event == XACT_EVENT_COMMIT || event == XACT_EVENT_ABORT || event == XACT_EVENT_PREPARE)
		has_published = false;
}

void
cgae_publication_forbid_prepare(void)
{
	static bool is_registered = false;

	if (!is_registered)
		RegisterXactCallback(refuse_prepare, NULL);
	is_registered = has_published = true;
}
