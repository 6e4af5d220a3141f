/*
 * audit_seeds.c
 *	  Epochs of the audit lottery on their way into cgae.audit_seeds.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "utils/timestamp.h"

#include "guards/audit_seeds.h"
#include "server/errors.h"
#include "server/statement.h"

const CgaeTicketKind cgae_rotation_ticket = {"rotation"};

static const CgaeStatement insert_first = {
	"INSERT INTO cgae.audit_seeds DEFAULT VALUES", 0, NULL
};

/* $1 is null, as by default; asked for, it tells that the statement runs (caller.h) */
static const CgaeStatement insert_next = {
	"INSERT INTO cgae.audit_seeds (revealed_at) VALUES ($1)", 1, (const Oid[]) {TIMESTAMPTZOID}
};
static const CgaeStatement update_last = {
	"UPDATE cgae.audit_seeds SET revealed_at = $2 WHERE epoch OPERATOR(pg_catalog.=) $1",
	2, (const Oid[]) {INT4OID, TIMESTAMPTZOID}
};

/* Run the INSERT; returns the number of rows. */
static uint64
insert_epoch(FunctionCallInfo fcinfo)
{
	static const Datum values[] = {(Datum) 0};
	int			result;

	if (fcinfo != NULL)
		return cgae_statement_run(fcinfo, &insert_next, values, "n", false);
	result = SPI_execute(insert_first.sql, false, 0);
	if (result < 0)
		elog(ERROR, "SPI_execute failed: %s", SPI_result_code_string(result));
	return SPI_processed;
}

void
cgae_rotation_begin_epoch(FunctionCallInfo fcinfo, CgaeRotation *rotation)
{
	uint64		written;

	cgae_ticket_push(&cgae_rotation_ticket, rotation);
	written = insert_epoch(fcinfo);
	cgae_ticket_pop(&cgae_rotation_ticket);
	if (written != 1 || !rotation->is_begun)
		ereport(ERROR,
				(errcode(ERRCODE_TRIGGERED_DATA_CHANGE_VIOLATION),
				 errmsg("new epoch of the audit lottery was not stored by its guard"),
				 errhint("A trigger or rule on cgae.audit_seeds suppresses it, or the guard is disabled.")));
}

void
cgae_audit_begin_first_epoch(void)
{
	CgaeRotation rotation = {0};

	cgae_rotation_begin_epoch(NULL, &rotation);
}

bool
cgae_rotation_reveal(FunctionCallInfo fcinfo, CgaeRotation *rotation)
{
	Datum		values[] = {
		Int32GetDatum(rotation->epoch - 1), TimestampTzGetDatum(rotation->created_at)
	};
	uint64		written;

	cgae_ticket_push(&cgae_rotation_ticket, rotation);
	written = cgae_statement_run(fcinfo, &update_last, values, NULL, false);
	cgae_ticket_pop(&cgae_rotation_ticket);
	return written == 1;
}
