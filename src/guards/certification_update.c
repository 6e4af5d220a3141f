/*
 * certification_update.c
 *	  How a certification reaches its agent's row.
 */
#include "postgres.h"

#include "access/xact.h"
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

/* The certification that this backend's guard is about to write, if any. */
static CgaeCertification *announced = NULL;

/* The batch that it is about to write, and how deep in triggers it does so. */
static CgaeBatch *announced_batch = NULL;
static int	announced_batch_depth = 0;

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
	CgaeCertification *certification = announced;

	if (certification != NULL && cgae_text_equal(certification->agent_id, agent_id))
	{
		announced = NULL;
		return certification;
	}
	/* an update by a trigger of the owner's on agents runs deeper, and is none of ours */
	if (announced_batch != NULL && announced_batch_depth + 1 == cgae_trigger_depth())
	{
		CgaeBatchEntry *entry = cgae_batch_first(announced_batch, agent_id);

		if (entry != NULL && entry->certification.judged_in == InvalidSubTransactionId)
			return &entry->certification;
	}
	return NULL;
}

/* Refuse the certification of an agent that is not there. */
static void
require_registered(Relation certifications, const CgaeCertification *certification)
{
	static const Oid types[] = {TEXTOID};
	Datum		values[] = {PointerGetDatum(certification->agent_id)};

	if (cgae_execute_as_owner(certifications, CGAE_Q_AGENT_EXISTS, CGAE_AGENT_EXISTS, lengthof(types), types,
						   values, NULL) == 0)
		ereport(ERROR,
				(errcode(ERRCODE_FOREIGN_KEY_VIOLATION),
				 errmsg("agent \"%s\" is not registered", text_to_cstring(certification->agent_id)),
				 errhint("Register it first: insert into cgae.agents or call cgae.register_agent()."),
				 cgae_err_object("certifications", "agent_id", "certifications_agent_id_fkey")));
}

/*
 * See that what was done to the agent's row stands.  In another
 * subtransaction, an update inside a trigger of the owner's was taken for
 * ours, and may have been rolled back since.
 */
static void
require_judged(const CgaeCertification *certification, bool updated)
{
	if (certification->judged_in != GetCurrentSubTransactionId() || !updated)
		ereport(ERROR,
				(errcode(ERRCODE_TRIGGERED_DATA_CHANGE_VIOLATION),
				 errmsg("update of agent \"%s\" by its certification was suppressed",
						text_to_cstring(certification->agent_id)),
				 errhint("A trigger on cgae.agents, or the guard's absence from it, prevents certification.")));
}

/* Update one agent.  Returns the number of rows. */
static uint64
update_agent(Relation certifications, Datum agent_id)
{
#define ONE_AGENT " WHERE agent_id OPERATOR(pg_catalog.=) $1"
	static const Oid types[] = {TEXTOID};
	Oid			relid = cgae_table_root(certifications);
	Oid			agents = agents_relid();
	bool		is_seen = !OidIsValid(agents) || cgae_agents_run_user_code(agents);
	CgaeOwnerRights rights;
	uint64		processed;

	cgae_owner_begin(cgae_relation_owner(relid), is_seen, &rights);
	processed = cgae_owner_execute(relid,
								   is_seen ? CGAE_Q_UPDATE_AGENT_SEEN : CGAE_Q_UPDATE_AGENT,
								   is_seen ? UPDATE_ALL ONE_AGENT : UPDATE_AGENT ONE_AGENT,
								   lengthof(types), types, &agent_id, NULL);
	cgae_owner_end(&rights);
	return processed;
}

/* Announce a certification while its agent is updated.  Returns the number of rows. */
static uint64
update_announced(Relation certifications, CgaeCertification *certification)
{
	CgaeCertification *outer = announced;
	uint64		processed = 0;

	announced = certification;
	PG_TRY();
	{
		processed = update_agent(certifications, PointerGetDatum(certification->agent_id));
	}
	PG_FINALLY();
	{
		announced = outer;
	}
	PG_END_TRY();
	return processed;
}

void
cgae_update_agent(Relation certifications, CgaeCertification *certification)
{
	uint64		processed = update_announced(certifications, certification);

	if (processed == 0 && certification->judged_in == InvalidSubTransactionId &&
		!certification->is_stale)
	{
		/* one that was registered only since the update began is reached by the next */
		require_registered(certifications, certification);
		processed = update_announced(certifications, certification);
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
 * Update all agents of an array.  An index scan sorts the keys and meets the
 * rows in their order, so that two batches cannot lock them crosswise; a scan
 * of the table or of a bitmap would meet them in the order of the heap.  The
 * partitions of a partitioned table are updated one after the other: there the
 * rows are locked in order first.
 */
static uint64
update_agents(Relation certifications, Datum agent_ids)
{
	static const Oid types[] = {TEXTARRAYOID};
	static const char sql[] = UPDATE_ALL " WHERE agent_id OPERATOR(pg_catalog.=) ANY ($1)";
	static const char lock[] = "SELECT FROM cgae.agents WHERE agent_id OPERATOR(pg_catalog.=) ANY ($1)"
		" ORDER BY agent_id FOR NO KEY UPDATE";
	Oid			relid = cgae_table_root(certifications);
	Oid			agents = agents_relid();
	CgaeOwnerRights rights;
	uint64		processed;

	cgae_owner_begin(cgae_relation_owner(relid), true, &rights);
	if (get_rel_relkind(agents) == RELKIND_PARTITIONED_TABLE)
		cgae_owner_execute(relid, CGAE_Q_LOCK_AGENTS, lock, lengthof(types), types, &agent_ids, NULL);
	cgae_plan_by_index(cgae_plan(relid, CGAE_Q_UPDATE_AGENTS, sql, lengthof(types), types));
	processed = cgae_owner_execute(relid, CGAE_Q_UPDATE_AGENTS, sql, lengthof(types), types,
								   &agent_ids, NULL);
	cgae_owner_end(&rights);
	return processed;
}

void
cgae_update_agents(Relation certifications, CgaeBatch *batch)
{
	CgaeBatchEntry **firsts = palloc(batch->count * sizeof(CgaeBatchEntry *));
	int			count = cgae_batch_find_firsts(batch, firsts);
	Datum	   *ids = palloc(count * sizeof(Datum));
	CgaeBatch  *outer = announced_batch;
	int			outer_depth = announced_batch_depth;
	volatile uint64 processed = 0;	/* set within PG_TRY */
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

	announced_batch = batch;
	announced_batch_depth = cgae_trigger_depth();
	PG_TRY();
	{
		processed = update_agents(certifications, array);
	}
	PG_FINALLY();
	{
		announced_batch = outer;
		announced_batch_depth = outer_depth;
	}
	PG_END_TRY();

	/* those that were not reached first: the number is wrong on their account */
	for (int i = 0; i < count; i++)
	{
		CgaeCertification *certification = &firsts[i]->certification;

		CHECK_FOR_INTERRUPTS();
		if (certification->is_stale)
			elsewhere++;
		else if (certification->judged_in == InvalidSubTransactionId)
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
