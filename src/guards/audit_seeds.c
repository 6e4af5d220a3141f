/*
 * audit_seeds.c
 *	  Epochs of the audit lottery: their secrets, their guard, their rotation.
 *
 * Invariants: epochs are numbered 1, 2, ... and follow each other without gap
 * or overlap: each begins at the instant at which the one before ended.  One
 * that began under a clock that ran ahead ends before it begins, and the one
 * before it lasts, if longer, until then.  All
 * secrets but the last are revealed.  A secret is made here, from the server's
 * strong random source, and reaches its row without passing through any SQL
 * text or parameter, so that no log shows it.
 *
 * The guard lets in only what rotate_audit_seed() announces in C memory: see
 * guard.h on announcements.
 */
#include "postgres.h"

#include "access/table.h"
#include "access/tableam.h"
#include "catalog/pg_type.h"
#include "common/int.h"
#include "executor/tuptable.h"
#include "storage/lmgr.h"
#include "utils/builtins.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"
#include "utils/timestamp.h"

#include "guards/audit_seeds.h"
#include "guards/guard.h"
#include "server/clock.h"
#include "server/errors.h"
#include "server/statement.h"
#include "server/table_shape.h"

typedef enum SeedColumn
{
	SEED_EPOCH,
	SEED_SECRET,
	SEED_CREATED_AT,
	SEED_REVEALED_AT,
	SEED_ACTOR,
	SEED_COLUMNS
} SeedColumn;

static const CgaeColumn seed_columns[SEED_COLUMNS] = {
	[SEED_EPOCH] = {"epoch", "int4"},
	[SEED_SECRET] = {"secret", "bytea"},
	[SEED_CREATED_AT] = {"created_at", "timestamptz"},
	[SEED_REVEALED_AT] = {"revealed_at", "timestamptz"},
	[SEED_ACTOR] = {"actor", "text"},
};

/* A rotation on its way: first the new epoch is begun, then the last one revealed. */
typedef struct Rotation
{
	bool		begun;			/* false: the guard is to fill in what follows */
	int32		epoch;			/* the new epoch */
	TimestampTz created_at;		/* its beginning, and the end of the one before */
} Rotation;

/* The rotation whose next write the guard is to let in, if any. */
static Rotation *announced = NULL;

/* Number and beginning of the last epoch as it stands now; 0 when there is none. */
static int32
last_epoch(Relation seeds, const CgaeShape *shape, TimestampTz *created_at)
{
	TupleTableSlot *slot = table_slot_create(seeds, NULL);

	/* SnapshotSelf: what is committed at this instant, whatever the transaction's snapshot sees */
	TableScanDesc scan = table_beginscan(seeds, SnapshotSelf, 0, NULL);
	int32		last = 0;

	while (table_scan_getnextslot(scan, ForwardScanDirection, slot))
	{
		bool		isnull;
		Datum		epoch = slot_getattr(slot, shape->index[SEED_EPOCH] + 1, &isnull);
		Datum		begin;

		if (isnull || DatumGetInt32(epoch) <= last)
			continue;
		last = DatumGetInt32(epoch);
		begin = slot_getattr(slot, shape->index[SEED_CREATED_AT] + 1, &isnull);
		*created_at = isnull ? DT_NOBEGIN : DatumGetTimestampTz(begin);
	}
	table_endscan(scan);
	ExecDropSingleTupleTableSlot(slot);
	return last;
}

/* Make the row of a new epoch, whatever the client's row says. */
static HeapTuple
begin_epoch(TriggerData *trigdata)
{
	Relation	seeds = trigdata->tg_relation;
	const CgaeShape *shape = cgae_table_shape(seeds, seed_columns, SEED_COLUMNS);
	Rotation   *rotation = announced;
	TimestampTz last_created_at = DT_NOBEGIN;
	CgaeRow		row;
	bytea	   *secret;

	if (rotation == NULL || rotation->begun)
		ereport(ERROR,
				(errcode(ERRCODE_GENERATED_ALWAYS),
				 errmsg("epochs of the audit lottery are written by the registry alone"),
				 errhint("Begin a new one with cgae.rotate_audit_seed()."),
				 cgae_err_object("audit_seeds", NULL, NULL)));
	announced = NULL;

	/*
	 * One rotation at a time.  The lock conflicts with itself but not with
	 * what INSERT holds already: two that wait for each other cannot be.
	 */
	LockRelation(seeds, ShareUpdateExclusiveLock);
	if (pg_add_s32_overflow(last_epoch(seeds, shape, &last_created_at), 1, &rotation->epoch))
		ereport(ERROR,
				(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
				 errmsg("epochs of the audit lottery have reached their last number, %d",
						PG_INT32_MAX),
				 cgae_err_object("audit_seeds", "epoch", NULL)));
	/* an epoch that begins long after this instant ends before it began: it never was */
	rotation->created_at = cgae_clock_after(last_created_at);
	rotation->begun = true;

	secret = palloc(VARHDRSZ + CGAE_SECRET_BYTES);
	SET_VARSIZE(secret, VARHDRSZ + CGAE_SECRET_BYTES);
	if (!pg_strong_random(VARDATA(secret), CGAE_SECRET_BYTES))
		ereport(ERROR,
				(errcode(ERRCODE_INTERNAL_ERROR),
				 errmsg("could not generate a random secret for the audit lottery")));

	cgae_row_open(&row, shape, RelationGetDescr(seeds), trigdata->tg_trigtuple);
	cgae_row_set(&row, SEED_EPOCH, Int32GetDatum(rotation->epoch));
	cgae_row_set(&row, SEED_SECRET, PointerGetDatum(secret));
	cgae_row_set(&row, SEED_CREATED_AT, TimestampTzGetDatum(rotation->created_at));
	cgae_row_set_null(&row, SEED_REVEALED_AT);
	cgae_row_set(&row, SEED_ACTOR, CStringGetTextDatum(cgae_guard_actor()));
	return cgae_row_close(&row, trigdata->tg_trigtuple);
}

/* Let the announced revelation in: the old row with revealed_at and nothing else. */
static HeapTuple
reveal_epoch(TriggerData *trigdata)
{
	Relation	seeds = trigdata->tg_relation;
	Rotation   *rotation = announced;
	CgaeRow		row;

	cgae_row_open(&row, cgae_table_shape(seeds, seed_columns, SEED_COLUMNS),
				  RelationGetDescr(seeds), trigdata->tg_trigtuple);
	if (rotation == NULL || !rotation->begun || !CGAE_ROW_NULL(&row, SEED_REVEALED_AT) ||
		CGAE_ROW_NULL(&row, SEED_EPOCH) ||
		DatumGetInt32(CGAE_ROW_VALUE(&row, SEED_EPOCH)) != rotation->epoch - 1)
		ereport(ERROR,
				(errcode(ERRCODE_RESTRICT_VIOLATION),
				 errmsg("rows of \"%s\" cannot be updated: they commit the registry to its audits",
						RelationGetRelationName(seeds)),
				 errhint("cgae.rotate_audit_seed() ends an epoch and reveals its secret."),
				 cgae_err_object("audit_seeds", NULL, NULL)));
	announced = NULL;
	cgae_row_set(&row, SEED_REVEALED_AT, TimestampTzGetDatum(rotation->created_at));
	return cgae_row_close(&row, trigdata->tg_trigtuple);
}

/*
 * cgae.guard_seeds() -> trigger
 *
 * CREATE TRIGGER zz_cgae_guard BEFORE INSERT OR UPDATE ON cgae.audit_seeds
 *	   FOR EACH ROW EXECUTE FUNCTION cgae.guard_seeds();
 *
 * Makes the row of a new epoch and reveals the one before, for
 * rotate_audit_seed() and create_registry(); refuses every other insert
 * (generated_always) and update (restrict_violation).
 */
PG_FUNCTION_INFO_V1(cgae_guard_seeds);
Datum
cgae_guard_seeds(PG_FUNCTION_ARGS)
{
	TriggerData *trigdata = cgae_guard_enter(fcinfo, "guard_seeds");
	TriggerEvent event = trigdata->tg_event;

	if (TRIGGER_FIRED_BEFORE(event) && TRIGGER_FIRED_FOR_ROW(event))
	{
		if (TRIGGER_FIRED_BY_INSERT(event))
			return PointerGetDatum(begin_epoch(trigdata));
		if (TRIGGER_FIRED_BY_UPDATE(event))
			return PointerGetDatum(reveal_epoch(trigdata));
	}
	cgae_guard_refuse_event("guard_seeds", "before insert or update for each row");
	return PointerGetDatum(NULL);	/* not reached */
}

/*
 * Announce a rotation's next write and run its statement.  fcinfo NULL: once
 * only, no plan is kept.  Returns the number of rows written.
 */
static uint64
write_announced(FunctionCallInfo fcinfo, Rotation *rotation, CgaeQuery query, const char *sql,
				int argument_count, const Oid *types, const Datum *values, const char *nulls)
{
	Rotation   *outer = announced;
	uint64		written = 0;

	announced = rotation;
	PG_TRY();
	{
		if (fcinfo != NULL)
			written = cgae_statement_run(fcinfo, query, sql, argument_count, types, values, nulls,
										 false);
		else
		{
			int			result = SPI_execute(sql, false, 0);

			if (result < 0)
				elog(ERROR, "SPI_execute failed: %s", SPI_result_code_string(result));
			written = SPI_processed;
		}
	}
	PG_FINALLY();
	{
		announced = outer;
	}
	PG_END_TRY();
	return written;
}

/* Insert the row of a new epoch. */
static void
write_epoch(FunctionCallInfo fcinfo, Rotation *rotation)
{
	/* a null, as by default; asked for, it tells that the statement runs (caller.h) */
	static const Oid types[] = {TIMESTAMPTZOID};
	static const Datum values[] = {(Datum) 0};
	uint64		written = fcinfo == NULL ?
		write_announced(NULL, rotation, CGAE_Q_BEGIN_EPOCH,
						"INSERT INTO cgae.audit_seeds DEFAULT VALUES", 0, NULL, NULL, NULL) :
		write_announced(fcinfo, rotation, CGAE_Q_BEGIN_EPOCH,
						"INSERT INTO cgae.audit_seeds (revealed_at) VALUES ($1)",
						lengthof(types), types, values, "n");

	if (written != 1 || !rotation->begun)
		ereport(ERROR,
				(errcode(ERRCODE_TRIGGERED_DATA_CHANGE_VIOLATION),
				 errmsg("new epoch of the audit lottery was not stored by its guard"),
				 errhint("A trigger or rule on cgae.audit_seeds suppresses it, or the guard is disabled.")));
}

void
cgae_audit_begin_first_epoch(void)
{
	Rotation	rotation = {0};

	write_epoch(NULL, &rotation);
}

/*
 * cgae.rotate_audit_seed() -> int
 *
 * Ends the current epoch of the audit lottery, reveals its secret and begins
 * a new epoch, all at one instant; returns the new epoch.  Runs with the
 * caller's privileges: INSERT, SELECT and UPDATE (revealed_at) on
 * cgae.audit_seeds.  Rotations wait for each other; under REPEATABLE READ one
 * that another overtook fails (serialization_failure).
 */
PG_FUNCTION_INFO_V1(cgae_rotate_audit_seed);
Datum
cgae_rotate_audit_seed(PG_FUNCTION_ARGS)
{
	static const Oid types[] = {INT4OID, TIMESTAMPTZOID};
	Rotation	rotation = {0};
	Datum		values[lengthof(types)];

	cgae_require_registry();
	cgae_statement_begin();
	write_epoch(fcinfo, &rotation);
	values[0] = Int32GetDatum(rotation.epoch - 1);
	values[1] = TimestampTzGetDatum(rotation.created_at);
	if (rotation.epoch > 1 &&
		write_announced(fcinfo, &rotation, CGAE_Q_REVEAL_EPOCH,
						"UPDATE cgae.audit_seeds SET revealed_at = $2"
						" WHERE epoch OPERATOR(pg_catalog.=) $1",
						lengthof(types), types, values, NULL) != 1)
		ereport(ERROR,
				(errcode(ERRCODE_T_R_SERIALIZATION_FAILURE),
				 errmsg("could not end epoch %d of the audit lottery: it began after this transaction's snapshot",
						rotation.epoch - 1),
				 errhint("The transaction might succeed if retried.")));
	cgae_statement_end();
	PG_RETURN_INT32(rotation.epoch);
}
