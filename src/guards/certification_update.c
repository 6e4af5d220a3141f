/*
 * certification_update.c
 *	  How a certification reaches its agent's row.
 */
#include "postgres.h"

#include "catalog/namespace.h"
#include "catalog/pg_trigger.h"
#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"

#include "guards/certification_update.h"
#include "guards/guard.h"
#include "guards/user_code.h"
#include "server/cache.h"
#include "server/errors.h"
#include "server/rights.h"
#include "server/table_shape.h"
#include "server/ticket.h"
#include "server/varlena.h"

/*
 * Lock, check and rewrite the agent's row; the guard of agents does the rest.
 * The columns are named for the user's own UPDATE OF triggers to see.  Where
 * nobody looks on, one column will do, which saves the executor a tenth of a
 * certification: current_tier, for the registry's own trigger.
 */
#define UPDATE_AGENT "UPDATE cgae.agents SET current_tier = current_tier"
#define UPDATE_ALL \
	UPDATE_AGENT "," \
	" initial_robustness = initial_robustness," \
	" status = status," \
	" holds = holds," \
	" certified_tier = certified_tier," \
	" current_robustness = current_robustness," \
	" certified_at = certified_at," \
	" last_audit_at = last_audit_at," \
	" tier_drop_at = tier_drop_at," \
	" observed_architecture_hash = observed_architecture_hash," \
	" last_seq = last_seq," \
	" certification_count = certification_count," \
	" recorded_at = recorded_at," \
	" rated_policy = rated_policy"
#define ONE_AGENT " WHERE agent_id OPERATOR(pg_catalog.=) $1"

static const CgaeStatement update_unseen = {
	UPDATE_AGENT ONE_AGENT, 1, (const Oid[]) {TEXTOID}
};
static const CgaeStatement update_seen = {
	UPDATE_ALL ONE_AGENT, 1, (const Oid[]) {TEXTOID}
};
static const CgaeStatement update_batch = {
	UPDATE_ALL " WHERE agent_id OPERATOR(pg_catalog.=) ANY ($1)",
	1, (const Oid[]) {TEXTARRAYOID}
};
static const CgaeStatement lock_batch = {
	"SELECT FROM cgae.agents WHERE agent_id OPERATOR(pg_catalog.=) ANY ($1)"
	" ORDER BY agent_id FOR NO KEY UPDATE",
	1, (const Oid[]) {TEXTARRAYOID}
};

/* Of an update of one agent by its certification: a CgaeCertification. */
static const CgaeTicketKind agent_ticket = {"agent"};

/* Of an update of many agents by the first certification of each: a CgaeBatch. */
static const CgaeTicketKind agents_ticket = {"agents"};

static Oid
agents_relid(void)
{
	static Oid	kept = InvalidOid;
	static uint64 kept_generation = 0;

	if (unlikely(!OidIsValid(kept) || kept_generation != cgae_relcache_generation()))
	{
		uint64		seen = cgae_relcache_generation();

		kept = get_relname_relid("agents", get_namespace_oid("cgae", false));
		kept_generation = seen;
	}
	return kept;
}

CgaeCertification *
cgae_claim_certification(const text *agent_id)
{
	CgaeCertification *certification = cgae_ticket_claim(&agent_ticket);

	if (certification == NULL)
	{
		CgaeBatch  *batch = cgae_ticket_claim(&agents_ticket);
		CgaeBatchEntry *entry = batch == NULL ? NULL : cgae_batch_first(batch, agent_id);

		certification = entry == NULL ? NULL : &entry->certification;
	}
	else if (!cgae_text_equal(certification->agent_id, agent_id))
		return NULL;
	return certification == NULL || certification->is_judged ? NULL : certification;
}

/* Refuse the certification of an agent that is not there. */
static void
require_registered(Relation certifications, const CgaeCertification *certification)
{
	Datum		values[] = {PointerGetDatum(certification->agent_id)};

	if (cgae_execute_as_owner(certifications, &cgae_agent_exists, values, NULL) == 0)
		ereport(ERROR,
				(errcode(ERRCODE_FOREIGN_KEY_VIOLATION),
				 errmsg("agent \"%s\" is not registered", text_to_cstring(certification->agent_id)),
				 errhint("Register it first: insert into cgae.agents or call cgae.register_agent()."),
				 cgae_err_object("certifications", "agent_id", "certifications_agent_id_fkey")));
}

/*
 * See that the guard of agents has judged the certification, and that its row
 * was updated: a trigger or rule of the owner's can suppress the update before the
 * guard or after it, and the guard can be disabled.  What it judged stands as
 * long as this statement does (ticket.h).  Tested by the tests forgery,
 * certify_many, tampering and ticket.
 */
static void
require_judged(const CgaeCertification *certification, bool updated)
{
	if (!certification->is_judged || !updated)
		ereport(ERROR,
				(errcode(ERRCODE_TRIGGERED_DATA_CHANGE_VIOLATION),
				 errmsg("update of agent \"%s\" by its certification was suppressed",
						text_to_cstring(certification->agent_id)),
				 errhint("A trigger on cgae.agents, or the guard's absence from it, prevents certification.")));
}

/* Update the agent of a certification.  Returns the number of rows. */
static uint64
update_agent(Relation certifications, CgaeCertification *certification)
{
	Datum		values[] = {PointerGetDatum(certification->agent_id)};
	Oid			relid = cgae_table_root(certifications);
	Oid			agents = agents_relid();
	bool		is_seen = !OidIsValid(agents) || cgae_agents_run_user_code(agents);
	CgaeOwnerRights rights;
	uint64		processed;

	cgae_ticket_push(&agent_ticket, certification);
	cgae_owner_begin(cgae_relation_owner(relid), is_seen, &rights);
	processed = cgae_owner_execute(relid, is_seen ? &update_seen : &update_unseen, values, NULL);
	cgae_owner_end(&rights);
	cgae_ticket_pop(&agent_ticket);
	return processed;
}

void
cgae_update_agent(Relation certifications, CgaeCertification *certification)
{
	uint64		processed = update_agent(certifications, certification);

	if (processed == 0 && !certification->is_judged && !certification->is_stale)
	{
		/* one that was registered only since the update began is reached by the next */
		require_registered(certifications, certification);
		processed = update_agent(certifications, certification);
	}
	if (!certification->is_stale)
		require_judged(certification, processed == 1);
}

bool
cgae_may_update_together(Relation certifications)
{
	Oid			agents = agents_relid();

	return OidIsValid(agents) &&
		!cgae_has_user_trigger(cgae_table_root(certifications), "guard_certifications",
							   TRIGGER_TYPE_ROW | TRIGGER_TYPE_BEFORE | TRIGGER_TYPE_INSERT) &&
		!cgae_has_user_trigger(agents, "guard_agents",
							   TRIGGER_TYPE_ROW | TRIGGER_TYPE_BEFORE | TRIGGER_TYPE_UPDATE);
}

/* For qsort(): order agents' ids by their bytes. */
static int
compare_ids(const void *a, const void *b)
{
	/* sorting millions takes seconds */
	CHECK_FOR_INTERRUPTS();
	return cgae_text_compare((const text *) DatumGetPointer(*(const Datum *) a),
							 (const text *) DatumGetPointer(*(const Datum *) b));
}

/*
 * Update all agents of an array, locked in the order of agent_id by the
 * collation of its column, so that two batches cannot lock them crosswise.  Tested by
 * test/specs/certify_many.spec, lock_order.spec, crosswise.spec and partitions.spec.
 *
 * They are locked first, unless the plan of the update meets them in that order by
 * itself, as a scan of the key's index does: it sorts the keys.  Partitions are
 * updated one after the other, and do not.  Measured, to lock them first
 * always costs a batch of 50,000 15% more CPU time (10% more instructions).
 */
static uint64
update_agents(Relation certifications, Datum agent_ids)
{
	Oid			relid = cgae_table_root(certifications);
	AttrNumber	key = get_attnum(agents_relid(), "agent_id");
	CgaeOwnerRights rights;
	uint64		processed;

	cgae_owner_begin(cgae_relation_owner(relid), true, &rights);
	if (!cgae_plan_by_index(cgae_plan(relid, &update_batch), key))
		cgae_owner_execute(relid, &lock_batch, &agent_ids, NULL);
	processed = cgae_owner_execute(relid, &update_batch, &agent_ids, NULL);
	cgae_owner_end(&rights);
	return processed;
}

void
cgae_update_agents(Relation certifications, CgaeBatch *batch)
{
	CgaeBatchEntry **firsts = palloc(batch->count * sizeof(CgaeBatchEntry *));
	int			count = cgae_batch_find_firsts(batch, firsts);
	Datum	   *ids = palloc(count * sizeof(Datum));
	uint64		processed;
	int			elsewhere = 0;	/* not judged, or on their own */
	Datum		array;

	for (int i = 0; i < count; i++)
		ids[i] = PointerGetDatum(firsts[i]->agent_id);

	/*
	 * The index scan puts them into the order of the column's collation, which
	 * costs a tenth of the batch, and next to nothing where they are in that
	 * order already, as ids without punctuation or mixed case then are.
	 */
	qsort(ids, count, sizeof(Datum), compare_ids);
	array = PointerGetDatum(construct_array(ids, count, TEXTOID, -1, false, TYPALIGN_INT));

	cgae_ticket_push(&agents_ticket, batch);
	processed = update_agents(certifications, array);
	cgae_ticket_pop(&agents_ticket);

	/* those that were not reached first: the number is wrong on their account */
	for (int i = 0; i < count; i++)
	{
		CgaeCertification *certification = &firsts[i]->certification;

		CHECK_FOR_INTERRUPTS();
		if (certification->is_stale)
			elsewhere++;
		else if (!certification->is_judged)
		{
			cgae_update_agent(certifications, certification);
			elsewhere++;
		}
		else
			require_judged(certification, true);
	}
	if (processed + elsewhere != count)
		require_judged(&firsts[0]->certification, false);
	pfree(DatumGetPointer(array));
	pfree(ids);
	pfree(firsts);
}
