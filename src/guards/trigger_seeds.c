/*
 * trigger_seeds.c
 *	  The guard of cgae.audit_seeds.
 *
 * A secret is made here, from the server's strong random source, and reaches its
 * row without passing through any SQL text or parameter, so that no log shows
 * it.  The table is never replicated: its guard may read the clock and draw.
 */
#include "postgres.h"

#include "access/table.h"
#include "access/tableam.h"
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
	CgaeRotation *rotation = cgae_ticket_claim(&cgae_rotation_ticket);
	TimestampTz last_created_at = DT_NOBEGIN;
	CgaeRow		row;
	bytea	   *secret;

	if (rotation == NULL || rotation->is_begun)
		ereport(ERROR,
				(errcode(ERRCODE_GENERATED_ALWAYS),
				 errmsg("epochs of the audit lottery are written by the registry alone"),
				 errhint("Begin a new one with cgae.rotate_audit_seed()."),
				 cgae_err_object("audit_seeds", NULL, NULL)));

	/*
	 * One rotation at a time.  The lock conflicts with itself but not with
	 * what INSERT holds already: two that wait for each other cannot be.
	 * Tested by test/specs/audit_rotation.spec.
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
	rotation->is_begun = true;

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

/* Let the revelation of a rotation in: the old row with revealed_at and nothing else. */
static HeapTuple
reveal_epoch(TriggerData *trigdata)
{
	Relation	seeds = trigdata->tg_relation;
	CgaeRotation *rotation = cgae_ticket_claim(&cgae_rotation_ticket);
	CgaeRow		row;

	cgae_row_open(&row, cgae_table_shape(seeds, seed_columns, SEED_COLUMNS),
				  RelationGetDescr(seeds), trigdata->tg_trigtuple);
	if (rotation == NULL || !rotation->is_begun || rotation->is_revealed ||
		!CGAE_ROW_NULL(&row, SEED_REVEALED_AT) || CGAE_ROW_NULL(&row, SEED_EPOCH) ||
		DatumGetInt32(CGAE_ROW_VALUE(&row, SEED_EPOCH)) != rotation->epoch - 1)
		ereport(ERROR,
				(errcode(ERRCODE_RESTRICT_VIOLATION),
				 errmsg("rows of \"%s\" cannot be updated: they commit the registry to its audits",
						RelationGetRelationName(seeds)),
				 errhint("cgae.rotate_audit_seed() ends an epoch and reveals its secret."),
				 cgae_err_object("audit_seeds", NULL, NULL)));
	rotation->is_revealed = true;
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
