/*
 * unconfirmed.c
 *	  Certifications that changed their agent and may yet fail to be stored.
 */
#include "postgres.h"

#include "access/xact.h"
#include "catalog/pg_type.h"
#include "utils/builtins.h"
#include "utils/memutils.h"

#include "errors.h"
#include "unconfirmed.h"

typedef struct UnconfirmedRow
{
	struct UnconfirmedRow *next;
	SubTransactionId subid;		/* in which it was noted */
	text	   *agent_id;
	int32		seq;
} UnconfirmedRow;

/* In TopTransactionContext: gone with the transaction. */
static UnconfirmedRow *unconfirmed = NULL;

static void
forget_all(XactEvent event, void *arg)
{
	unconfirmed = NULL;
}

/* Rows noted in a subtransaction vanish with it: ids of children are higher. */
static void
forget_subtransaction(SubXactEvent event, SubTransactionId mySubid,
					  SubTransactionId parentSubid, void *arg)
{
	if (event == SUBXACT_EVENT_ABORT_SUB)
		while (unconfirmed != NULL && unconfirmed->subid >= mySubid)
			unconfirmed = unconfirmed->next;
}

void
cgae_unconfirmed_add(const text *agent_id, int32 seq)
{
	static bool registered = false;
	MemoryContext oldcontext;
	UnconfirmedRow *row;

	if (!registered)
	{
		RegisterXactCallback(forget_all, NULL);
		RegisterSubXactCallback(forget_subtransaction, NULL);
		registered = true;
	}
	oldcontext = MemoryContextSwitchTo(TopTransactionContext);
	row = palloc(sizeof(UnconfirmedRow));
	row->subid = GetCurrentSubTransactionId();
	row->agent_id = DatumGetTextPCopy(PointerGetDatum(agent_id));
	row->seq = seq;
	row->next = unconfirmed;
	unconfirmed = row;
	MemoryContextSwitchTo(oldcontext);
}

void
cgae_unconfirmed_check(Relation relation)
{
	static const Oid types[] = {TEXTOID, INT4OID};

	while (unconfirmed != NULL)
	{
		UnconfirmedRow *row = unconfirmed;
		Datum		values[] = {PointerGetDatum(row->agent_id), Int32GetDatum(row->seq)};

		unconfirmed = row->next;
		if (cgae_guard_execute(relation, CGAE_Q_FIND_CERTIFICATION,
							   "SELECT FROM cgae.certifications"
							   " WHERE agent_id OPERATOR(pg_catalog.=) $1"
							   " AND seq OPERATOR(pg_catalog.=) $2",
							   lengthof(types), types, values, NULL) == 0)
			ereport(ERROR,
					(errcode(ERRCODE_TRIGGERED_DATA_CHANGE_VIOLATION),
					 errmsg("certification %d of agent \"%s\" was judged but not stored", row->seq,
							text_to_cstring(row->agent_id)),
					 errhint("A unique index refuses it: insert without ON CONFLICT, or call without a request_id, to learn which."),
					 cgae_err_object("certifications", NULL, NULL)));
		pfree(row->agent_id);
		pfree(row);
	}
}
