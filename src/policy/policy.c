/*
 * policy.c
 *	  Policies of cgae.gate_policies, cached by version in each backend.
 *
 * A policy row never changes, so a version once read stays right; only which
 * version is in force moves.  An AFTER trigger on gate_policies (see
 * trigger_append_only.c) sends a relcache invalidation for the table with the
 * commit that publishes; every backend then drops what it has and reads anew.
 * While that trigger does not fire for every change (a load with
 * --disable-triggers leaves it an ordinary one, which a logical subscription
 * does not fire), each statement and each guard reads anew instead.
 *
 * The table is read with SnapshotSelf, which sees what is committed at this
 * instant and what this transaction wrote.  A transaction's own snapshot would
 * be wrong: a cache filled from an old snapshot has used up the invalidation
 * and would stay wrong for ever.  A new "latest" snapshot is not to be had in
 * parallel mode.  Rows are only ever added, so that reading without MVCC finds
 * the same highest version that a snapshot taken now would.
 */
#include "postgres.h"

#include "access/table.h"
#include "access/tableam.h"
#include "access/xact.h"
#include "catalog/pg_trigger.h"
#include "commands/trigger.h"
#include "executor/tuptable.h"
#include "storage/lmgr.h"
#include "utils/builtins.h"
#include "utils/hsearch.h"
#include "utils/inval.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"
#include "utils/timestamp.h"

#include "policy/policy.h"
#include "server/cache.h"
#include "server/clock.h"
#include "server/errors.h"
#include "server/registry_namespace.h"
#include "server/registry_triggers.h"
#include "server/table_shape.h"

/* The trigger function that announces changes of gate_policies to the caches. */
#define ANNOUNCER "guard_policies"

/* Bumped by every invalidation that may concern us; what was read before is stale. */
static uint64 generation = 1;
static uint64 cached_generation = 0;

/* Relation that the cache was read from; InvalidOid: there was none. */
static Oid	cached_relid = InvalidOid;

static MemoryContext policy_context = NULL;
static HTAB *policies_by_version = NULL;
static CgaePolicy *in_force = NULL;

/* A cached policy was written by this transaction and may yet vanish. */
static bool has_uncommitted = false;

/* Who wrote the policy in force. */
static TransactionId in_force_xmin = InvalidTransactionId;

/* Did the table announce its changes when it was read, and which statement read it? */
static bool announced = true;
static TimestampTz read_by_statement = 0;
static TimestampTz read_by_transaction = 0;

static void
invalidate_policies(Oid relid)
{
	/* without a registry any new relation may be the one */
	if (relid == cached_relid || !OidIsValid(relid) || !OidIsValid(cached_relid))
		generation++;
}

/*
 * An abort takes back a policy that we may have cached before the message
 * about it was due; PREPARE TRANSACTION takes it out of our sight.
 */
static void
forget_uncommitted(void)
{
	if (has_uncommitted)
		generation++;
}

static void
policy_xact_callback(XactEvent event, void *arg)
{
	if (event == XACT_EVENT_ABORT || event == XACT_EVENT_PREPARE)
		forget_uncommitted();
	has_uncommitted = false;
}

static void
policy_subxact_callback(SubXactEvent event, SubTransactionId mySubid,
						SubTransactionId parentSubid, void *arg)
{
	if (event == SUBXACT_EVENT_ABORT_SUB)
		forget_uncommitted();
}

Oid
cgae_policies_relid(void)
{
	static Oid	kept = InvalidOid;
	static uint64 kept_generation = 0;

	if (unlikely(!OidIsValid(kept) || kept_generation != cgae_relcache_generation()))
	{
		uint64		seen = cgae_relcache_generation();
		Oid			namespace = cgae_registry_namespace();

		kept = OidIsValid(namespace) ? get_relname_relid("gate_policies", namespace) : InvalidOid;
		kept_generation = seen;
	}
	return kept;
}

/* The registry has lost its policies: the paper's are not to take their place. */
static void
refuse_without_policies(void)
{
	ereport(ERROR,
			(errcode(ERRCODE_UNDEFINED_TABLE),
			 errmsg("the registry has no policies: table cgae.gate_policies does not exist"),
			 errhint("Restore it from a backup; until then nothing is gated, certified or permitted."),
			 cgae_err_object("gate_policies", NULL, NULL)));
}

/* Is there a registry, apart from its policies? */
static bool
has_agents(void)
{
	Oid			namespace = cgae_registry_namespace();

	return OidIsValid(namespace) && OidIsValid(get_relname_relid("agents", namespace));
}

/*
 * Find the row of a version, or of the highest one for version 0, that a
 * snapshot sees.  Returns a copy in the current context, or NULL; xmin may be
 * NULL.
 */
static HeapTuple
find_policy(Relation policies, Snapshot snapshot, int32 version, int32 *found,
			TransactionId *xmin)
{
	TupleDesc	desc = RelationGetDescr(policies);
	TupleTableSlot *slot;
	TableScanDesc scan;
	AttrNumber	version_att = get_attnum(RelationGetRelid(policies), "version");
	HeapTuple	best = NULL;

	/* whoever may create tables in the schema may have put another kind there */
	if (policies->rd_rel->relkind != RELKIND_RELATION)
		ereport(ERROR,
				(errcode(ERRCODE_WRONG_OBJECT_TYPE),
				 errmsg("\"%s\" is not an ordinary table, as gate policies are kept in",
						cgae_table_name(policies))));

	slot = table_slot_create(policies, NULL);
	scan = table_beginscan(policies, snapshot, 0, NULL);
	*found = 0;
	while (AttributeNumberIsValid(version_att) &&
		   table_scan_getnextslot(scan, ForwardScanDirection, slot))
	{
		bool		isnull;
		Datum		value = slot_getattr(slot, version_att, &isnull);

		if (isnull || TupleDescAttr(desc, version_att - 1)->atttypid != INT4OID ||
			(version > 0 && DatumGetInt32(value) != version) || DatumGetInt32(value) <= *found)
			continue;
		*found = DatumGetInt32(value);
		if (best != NULL)
			heap_freetuple(best);
		best = ExecCopySlotHeapTuple(slot);
		if (xmin != NULL)
			*xmin = DatumGetTransactionId(slot_getsysattr(slot, MinTransactionIdAttributeNumber,
														  &isnull));
	}
	table_endscan(scan);
	ExecDropSingleTupleTableSlot(slot);
	return best;
}

bool
cgae_policy_changes_announced(Relation policies)
{
	const int16 type = TRIGGER_TYPE_ROW | TRIGGER_TYPE_AFTER | TRIGGER_TYPE_INSERT |
		TRIGGER_TYPE_UPDATE | TRIGGER_TYPE_DELETE;
	Oid			announcer = cgae_guard_function(RelationGetNamespace(policies), ANNOUNCER);
	const Trigger *trigger = cgae_find_guard(policies, announcer, type);

	return trigger != NULL && trigger->tgenabled == TRIGGER_FIRES_ALWAYS && trigger->tgqual == NULL;
}

int32
cgae_policy_last_version(Relation policies)
{
	int32		last;
	HeapTuple	tuple = find_policy(policies, SnapshotSelf, 0, &last, NULL);

	if (tuple != NULL)
		heap_freetuple(tuple);
	return last;
}

/* Empty the cache when anything since has made it doubtful. */
static void
renew_cache(void)
{
	static bool subscribed = false;
	HASHCTL		ctl = {0};

	if (!subscribed)
	{
		cgae_on_relcache_invalidation(invalidate_policies);
		RegisterXactCallback(policy_xact_callback, NULL);
		RegisterSubXactCallback(policy_subxact_callback, NULL);
		subscribed = true;
	}
	if (policy_context != NULL && cached_generation == generation)
		return;

	in_force = NULL;
	has_uncommitted = false;
	policies_by_version = NULL;
	if (policy_context == NULL)
		policy_context = AllocSetContextCreate(cgae_cache_context(), "cgae policies",
											   ALLOCSET_SMALL_SIZES);
	MemoryContextReset(policy_context);

	ctl.keysize = sizeof(int32);
	ctl.entrysize = sizeof(CgaePolicy);
	ctl.hcxt = policy_context;
	policies_by_version = hash_create("cgae policies by version", 16, &ctl,
									  HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
	cached_relid = InvalidOid;
	cached_generation = generation;
}

/*
 * Read a policy (0: the one in force) into the cache.  An invalidation that
 * arrives meanwhile leaves cached_generation behind, so that the next call
 * reads again; what this call read was right when it read it.
 */
static CgaePolicy *
load_policy(int32 version)
{
	Oid			relid = cgae_policies_relid();
	Relation	policies;
	HeapTuple	tuple;
	MemoryContext scratch;
	MemoryContext oldcontext;
	CgaePolicy	policy;
	CgaePolicy *entry;
	int32		found;
	TransactionId xmin = InvalidTransactionId;
	bool		is_announced;

	/* the table may have been dropped since its name was looked up */
	policies = OidIsValid(relid) ? try_table_open(relid, AccessShareLock) : NULL;
	if (policies == NULL)
	{
		if (version != 0)
			return NULL;
		if (has_agents())
			refuse_without_policies();
		oldcontext = MemoryContextSwitchTo(policy_context);
		entry = palloc(sizeof(CgaePolicy));
		cgae_policy_of_paper(entry);
		announced = true;
		MemoryContextSwitchTo(oldcontext);
		return in_force = entry;
	}

	cached_relid = relid;
	is_announced = cgae_policy_changes_announced(policies);
	scratch = AllocSetContextCreate(CurrentMemoryContext, "cgae policy read",
									ALLOCSET_SMALL_SIZES);
	oldcontext = MemoryContextSwitchTo(scratch);
	tuple = find_policy(policies, SnapshotSelf, version, &found, &xmin);
	if (tuple == NULL)
	{
		MemoryContextSwitchTo(oldcontext);
		MemoryContextDelete(scratch);
		table_close(policies, AccessShareLock);
		if (version == 0)
			ereport(ERROR,
					(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
					 errmsg("no gate policy is in force: cgae.gate_policies is empty"),
					 errhint("A dump's restore may check a constraint or domain before it loads the policies: there write cgae.gate_tier(r, cc, er, as_, ih_threshold) with constant thresholds."),
					 cgae_err_object("gate_policies", NULL, NULL)));
		return NULL;
	}
	cgae_policy_from_tuple(tuple, RelationGetDescr(policies), &policy);
	MemoryContextSwitchTo(policy_context);
	for (int i = 0; i < CGAE_TIERS; i++)
		policy.budget_ceiling[i] = DatumGetNumericCopy(NumericGetDatum(policy.budget_ceiling[i]));
	MemoryContextSwitchTo(oldcontext);
	MemoryContextDelete(scratch);
	table_close(policies, AccessShareLock);

	entry = hash_search(policies_by_version, &found, HASH_ENTER, NULL);
	*entry = policy;
	if (version == 0)
	{
		in_force = entry;
		in_force_xmin = xmin;
		announced = is_announced;
		read_by_statement = GetCurrentStatementStartTimestamp();
		read_by_transaction = GetCurrentTransactionStartTimestamp();
	}
	has_uncommitted |= TransactionIdIsCurrentTransactionId(xmin);
	return entry;
}

const CgaePolicy *
cgae_policy_in_force(void)
{
	/*
	 * FETCH from a cursor and expressions of a long-running function take no
	 * lock, hence no invalidation.  With none waiting this is one test.
	 */
	AcceptInvalidationMessages();
	if (likely(in_force != NULL && cached_generation == generation))
	{
		if (likely(announced) ||
			(read_by_statement == GetCurrentStatementStartTimestamp() &&
			 read_by_transaction == GetCurrentTransactionStartTimestamp()))
			return in_force;
		generation++;
	}
	renew_cache();
	return load_policy(0);
}

const CgaePolicy *
cgae_policy_of_registry(void)
{
	const CgaePolicy *policy = cgae_policy_in_force();

	/* the paper's policy is for those who have no agents */
	if (policy->version == 0)
		refuse_without_policies();
	return policy;
}

/*
 * Taking in invalidations costs a tenth of gating a row, so it is done once
 * for a statement (and for each transaction of one that commits) and snapshot.
 * Of two snapshots with one xmax the younger has
 * fewer transactions running, unless nothing ended in between.
 */
const CgaePolicy *
cgae_policy_for_rows(void)
{
	static TimestampTz asked_at = 0;
	static TransactionId xmax = InvalidTransactionId;
	static uint32 running = 0;
	Snapshot	snapshot;

	if (unlikely(!ActiveSnapshotSet()))
		return cgae_policy_in_force();
	snapshot = GetActiveSnapshot();
	if (likely(asked_at == cgae_now() && xmax == snapshot->xmax &&
			   running == snapshot->xcnt + (uint32) snapshot->subxcnt &&
			   in_force != NULL && cached_generation == generation))
		return in_force;

	asked_at = cgae_now();
	xmax = snapshot->xmax;
	running = snapshot->xcnt + (uint32) snapshot->subxcnt;
	return cgae_policy_in_force();
}

int32
cgae_policy_last_seen(void)
{
	int32		version = cgae_policy_in_force()->version;
	Snapshot	snapshot = GetActiveSnapshot();
	Relation	policies;
	HeapTuple	tuple;

	/* our own row may count as not seen here: the scan knows better */
	if (likely(version == 0 || !XidInMVCCSnapshot(in_force_xmin, snapshot)))
		return version;

	policies = table_open(cached_relid, AccessShareLock);
	tuple = find_policy(policies, snapshot, 0, &version, NULL);
	if (tuple != NULL)
		heap_freetuple(tuple);
	table_close(policies, AccessShareLock);
	return version;
}

bool
cgae_policy_is_uncommitted(void)
{
	return cgae_policy_in_force()->version > 0 &&
		TransactionIdIsCurrentTransactionId(in_force_xmin);
}

void
cgae_policy_lock(LOCKMODE mode)
{
	Oid			relid = cgae_policies_relid();

	if (unlikely(!OidIsValid(relid)))
	{
		AcceptInvalidationMessages();
		relid = cgae_policies_relid();
	}
	/* locking takes in what other sessions have committed */
	if (OidIsValid(relid))
		LockRelationOid(relid, mode);
}

void
cgae_policy_in_force_for_guard(CgaePolicy *copy)
{
	cgae_policy_lock(RowShareLock);
	if (!announced)
		generation++;
	*copy = *cgae_policy_of_registry();
	memset(copy->budget_ceiling, 0, sizeof(copy->budget_ceiling));
}

const CgaePolicy *
cgae_policy_by_version(int32 version)
{
	const CgaePolicy *policy = NULL;

	renew_cache();
	if (version > 0)
	{
		policy = hash_search(policies_by_version, &version, HASH_FIND, NULL);
		if (policy == NULL)
			policy = load_policy(version);
	}
	if (policy == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_NO_DATA_FOUND),
				 errmsg("gate policy version %d does not exist", version),
				 errhint("Published versions are listed in cgae.gate_policies.")));
	return policy;
}
