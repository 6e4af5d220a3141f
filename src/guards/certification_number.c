/*
 * certification_number.c
 *	  Is the number of a judged certification free?
 *
 * This runs for every certification: so the keys themselves are asked, without
 * a statement, and as the index will ask them: for rows of every transaction
 * that is not rolled back.
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/stratnum.h"
#include "access/table.h"
#include "access/tableam.h"
#include "catalog/namespace.h"
#include "catalog/partition.h"
#include "catalog/pg_class.h"
#include "catalog/pg_type.h"
#include "executor/tuptable.h"
#include "partitioning/partbounds.h"
#include "partitioning/partdesc.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"
#include "utils/partcache.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"

#include "guards/certification_number.h"
#include "guards/certification_request.h"
#include "guards/event.h"
#include "server/cache.h"
#include "server/compat.h"
#include "server/errors.h"
#include "server/rights.h"

/* Say what a column of the index is to be, which is this attribute of the table. */
static void
set_key(ScanKey key, int column, Relation table, int attribute, RegProcedure equal, Datum value)
{
	ScanKeyInit(key, column, BTEqualStrategyNumber, equal, value);
	key->sk_collation = TupleDescAttr(RelationGetDescr(table), attribute)->attcollation;
}

/* Does a table have a row by two columns of one of its keys? */
static bool
key_has_row(Relation table, Oid index, ScanKey keys)
{
	Relation	key = index_open(index, AccessShareLock);
	TupleTableSlot *slot = NULL;
	SnapshotData any;
	IndexScanDesc scan;
	bool		found = false;

	InitDirtySnapshot(any);
	scan = cgae_index_beginscan(table, key, &any, 2);
	index_rescan(scan, keys, 2, NULL, 0);
	/* nearly always the index has nothing, and no row is looked at */
	while (!found && index_getnext_tid(scan, ForwardScanDirection) != NULL)
	{
		if (slot == NULL)
			slot = table_slot_create(table, NULL);
		found = index_fetch_heap(scan, slot);
	}
	if (slot != NULL)
		ExecDropSingleTupleTableSlot(slot);
	index_endscan(scan);
	/* as the lock of the table, that of its key stays until the transaction ends */
	index_close(key, NoLock);
	return found;
}

/* Does a statement find the number, where there is no such key? */
static bool
statement_has_row(Relation certifications, const CgaeStatement *statement,
				  const CgaeCertification *certification)
{
	Datum		values[] = {
		PointerGetDatum(certification->agent_id), Int32GetDatum(certification->seq)
	};

	return cgae_execute_as_owner(certifications, statement, values, NULL) > 0;
}

/* The partition that keeps an agent's rows, where a hash of its id says which, or InvalidOid. */
static Oid
find_partition(Relation table, const text *agent_id)
{
	PartitionKey key = RelationGetPartitionKey(table);
	PartitionDesc desc = RelationGetPartitionDesc(table, false);
	Datum		value = PointerGetDatum(agent_id);
	bool		isnull = false;
	uint64		hash;
	int			i;

	if (key->strategy != PARTITION_STRATEGY_HASH || key->partnatts != 1 || desc->nparts == 0 ||
		key->partattrs[0] != get_attnum(RelationGetRelid(table), "agent_id"))
		return InvalidOid;
	hash = compute_partition_hash_value(1, key->partsupfunc, key->partcollation, &value, &isnull);
	i = desc->boundinfo->indexes[hash % desc->boundinfo->nindexes];
	return i < 0 ? InvalidOid : desc->oids[i];
}

/*
 * Does an event of the agent have the number, by the key of a table?  False in
 * *is_known where the key does not tell.
 */
static bool
key_has_event(Oid relid, const CgaeCertification *certification, bool *is_known)
{
	Relation	events = table_open(relid, AccessShareLock);
	const CgaeShape *shape = cgae_table_shape(events, cgae_event_columns, CGAE_EVENT_COLUMNS);
	ScanKeyData keys[2];
	bool		found = false;

	*is_known = OidIsValid(shape->keys.number_key);
	if (*is_known)
	{
		set_key(&keys[0], 1, events, shape->index[CGAE_EVENT_AGENT_ID], F_TEXTEQ,
				PointerGetDatum(certification->agent_id));
		set_key(&keys[1], 2, events, shape->index[CGAE_EVENT_SEQ], F_INT4EQ,
				Int32GetDatum(certification->seq));
		found = key_has_row(events, shape->keys.number_key, keys);
	}
	table_close(events, NoLock);
	return found;
}

/* The table of events in the schema of a table of certifications, or InvalidOid; and what it is. */
static Oid
find_events(Oid certifications, char *relkind)
{
	static Oid	found_for = InvalidOid;
	static Oid	found = InvalidOid;
	static char kind;
	static uint64 generation = 0;

	if (found_for != certifications || !OidIsValid(found) ||
		generation != cgae_relcache_generation())
	{
		uint64		seen = cgae_relcache_generation();

		found = get_relname_relid("agent_events", get_rel_namespace(certifications));
		kind = OidIsValid(found) ? get_rel_relkind(found) : '\0';
		found_for = certifications;
		generation = seen;		/* validity last */
	}
	*relkind = kind;
	return found;
}

static const CgaeStatement find_event = {
	"SELECT FROM cgae.agent_events"
	" WHERE agent_id OPERATOR(pg_catalog.=) $1"
	" AND seq OPERATOR(pg_catalog.=) $2",
	2, (const Oid[]) {TEXTOID, INT4OID}
};

/* Does an event of the agent have the number? */
static bool
event_has_number(Relation certifications, const CgaeCertification *certification)
{
	char		kind;
	Oid			relid = find_events(cgae_table_root(certifications), &kind);
	bool		is_known = false;
	bool		found = false;

	if (!OidIsValid(relid))
		return false;
	if (kind == RELKIND_PARTITIONED_TABLE)
	{
		Relation	events = table_open(relid, AccessShareLock);
		Oid			partition = find_partition(events, certification->agent_id);

		table_close(events, NoLock);
		if (OidIsValid(partition))
		{
			relid = partition;
			kind = get_rel_relkind(relid);
		}
	}
	if (kind == RELKIND_RELATION)
		found = key_has_event(relid, certification, &is_known);
	return is_known ? found :
		statement_has_row(certifications, &find_event, certification);
}

static const CgaeStatement find_certification = {
	"SELECT FROM cgae.certifications"
	" WHERE agent_id OPERATOR(pg_catalog.=) $1"
	" AND seq OPERATOR(pg_catalog.=) $2",
	2, (const Oid[]) {TEXTOID, INT4OID}
};

/* Tested by the tests stored and bad_rows. */
void
cgae_require_free_number(Relation certifications, const CgaeShape *shape,
						 const CgaeCertification *certification)
{
	ScanKeyData keys[2];
	bool		is_taken;

	set_key(&keys[0], 1, certifications, shape->index[CGAE_CERT_AGENT_ID], F_TEXTEQ,
			PointerGetDatum(certification->agent_id));
	if (OidIsValid(shape->keys.number_key))
	{
		set_key(&keys[1], 2, certifications, shape->index[CGAE_CERT_SEQ], F_INT4EQ,
				Int32GetDatum(certification->seq));
		is_taken = key_has_row(certifications, shape->keys.number_key, keys);
	}
	else
		is_taken = statement_has_row(certifications, &find_certification, certification);
	if (is_taken || event_has_number(certifications, certification))
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("number %d of agent \"%s\" is in its history already", certification->seq,
						text_to_cstring(certification->agent_id)),
				 errdetail("Rows were written without the guards: the agent's last_seq lags behind its history."),
				 errhint("cgae.check_registry() tells what contradicts."),
				 cgae_err_object("certifications", "seq", NULL)));

	if (certification->request_id != NULL && OidIsValid(shape->keys.request_key))
	{
		set_key(&keys[1], 2, certifications, shape->index[CGAE_CERT_REQUEST_ID], F_TEXTEQ,
				PointerGetDatum(certification->request_id));
		if (key_has_row(certifications, shape->keys.request_key, keys))
			cgae_request_refuse_used(certification);
	}
}
