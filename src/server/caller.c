/*
 * caller.c
 *	  With whose rights a function's statements run, and who called it.
 *
 * A frame stands for a call that works as the registry's owner, and for every
 * call that is made meanwhile.  Frames that an error leaves behind are taken
 * off when its (sub)transaction ends, which restores the user as well.
 *
 * The owner's code runs inside a call's statement with the owner's rights and
 * may write to the registry itself: that is the owner's act, not the caller's.
 * What tells the two apart is the snapshot of the statement: whatever else can
 * write has pushed one of its own.
 */
#include "postgres.h"

#include "access/table.h"
#include "access/xact.h"
#include "catalog/namespace.h"
#include "miscadmin.h"
#include "nodes/params.h"
#include "nodes/parsenodes.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"
#include "utils/plancache.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"

#include "server/caller.h"
#include "server/registry_tables.h"
#include "server/rights.h"

typedef struct Frame
{
	struct Frame *outer;
	int			nest_level;		/* of the transaction that it began in */
	Oid			owner;			/* works as; InvalidOid: as whoever called */
	CgaeSavedUser saved;		/* the caller */
	int			guc_nest_level;
	Snapshot	snapshot;		/* of its statement that is running; NULL: not known */
} Frame;

static Frame *innermost = NULL;

static void
forget_frames(XactEvent event, void *arg)
{
	if (event == XACT_EVENT_ABORT || event == XACT_EVENT_PARALLEL_ABORT)
		innermost = NULL;
}

static void
forget_inner_frames(SubXactEvent event, SubTransactionId mySubid, SubTransactionId parentSubid,
					void *arg)
{
	if (event == SUBXACT_EVENT_ABORT_SUB)
		while (innermost != NULL && innermost->nest_level >= GetCurrentTransactionNestLevel())
			innermost = innermost->outer;
}

/* As whom the current user's call is to work, or InvalidOid: as itself. */
static Oid
owner_to_work_as(void)
{
	Oid			owner;

	if (!superuser())
		return InvalidOid;
	owner = cgae_registry_owner();
	return owner == GetUserId() || superuser_arg(owner) ? InvalidOid : owner;
}

void
cgae_caller_begin(void)
{
	static bool is_listening = false;
	Oid			owner = owner_to_work_as();
	Frame	   *frame;

	/* nearly always */
	if (innermost == NULL && !OidIsValid(owner))
		return;
	if (!is_listening)
	{
		RegisterXactCallback(forget_frames, NULL);
		RegisterSubXactCallback(forget_inner_frames, NULL);
		is_listening = true;
	}

	frame = palloc0(sizeof(Frame));
	frame->outer = innermost;
	frame->nest_level = GetCurrentTransactionNestLevel();
	frame->owner = owner;
	frame->saved.userid = GetUserId();
	innermost = frame;
	if (OidIsValid(owner))
	{
		/* what the owner's code sets ends with the call */
		frame->guc_nest_level = NewGUCNestLevel();
		/* forced row security would hide everything from the owner */
		cgae_act_as(owner, &frame->saved);
	}
}

void
cgae_caller_end(void)
{
	Frame	   *frame = innermost;

	if (frame == NULL)
		return;
	innermost = frame->outer;
	if (OidIsValid(frame->owner))
	{
		AtEOXact_GUC(false, frame->guc_nest_level);
		cgae_act_end(&frame->saved);
	}
	pfree(frame);
}

/*
 * Does a statement of ours write to a table with rules?  Those add statements
 * to it or put them in its place, under the same snapshot.
 */
static bool
target_has_rules(SPIPlanPtr plan)
{
	CachedPlanSource *source = linitial(SPI_plan_get_plan_sources(plan));
	Node	   *statement = source->raw_parse_tree->stmt;
	RangeVar   *target = IsA(statement, InsertStmt) ? ((InsertStmt *) statement)->relation :
		IsA(statement, UpdateStmt) ? ((UpdateStmt *) statement)->relation : NULL;
	Relation	relation;
	bool		found;

	if (target == NULL)
		return false;
	relation = table_openrv(target, AccessShareLock);
	found = relation->rd_rules != NULL;
	table_close(relation, NoLock);
	return found;
}

/* A statement's parameters, for its executor to ask for. */
typedef struct Parameters
{
	Frame	   *frame;
	SPIPlanPtr	plan;
	bool		had_rules;		/* before it was planned */
} Parameters;

/*
 * Only the executor of the statement itself asks for one, before it has a row
 * for a guard to see: its snapshot is then the active one.
 */
static ParamExternData *
fetch_parameter(ParamListInfo params, int number, bool speculative, ParamExternData *workspace)
{
	Parameters *ours = params->paramFetchArg;

	if (!speculative && ours->frame->snapshot == NULL && !ours->had_rules &&
		!target_has_rules(ours->plan))
		ours->frame->snapshot = GetActiveSnapshot();
	return &params->params[number - 1];
}

/* Say of an error of privileges what the caller can do about it. */
static void
rethrow_with_hint(const char *owner, MemoryContext context)
{
	ErrorData  *error;

	MemoryContextSwitchTo(context);
	error = CopyErrorData();
	FlushErrorState();
	if (error->sqlerrcode == ERRCODE_INSUFFICIENT_PRIVILEGE && error->hint == NULL)
		error->hint = psprintf(_("Called by a superuser, the function works with the rights of"
								 " the registry's owner, in a security-restricted operation."
								 " Connect as the owner, \"%s\", to do what that forbids."),
							   owner);
	ReThrowError(error);
}

int
cgae_caller_execute(SPIPlanPtr plan, const Datum *values, const char *nulls, bool read_only,
					long limit)
{
	Frame	   *frame = innermost;
	MemoryContext context = CurrentMemoryContext;
	int			count = SPI_getargcount(plan);
	Parameters	ours = {frame, plan, false};
	SPIExecuteOptions options = {.read_only = read_only, .tcount = limit};
	const char *owner;
	volatile int result = 0;	/* set within PG_TRY */

	if (frame == NULL || !OidIsValid(frame->owner))
		return SPI_execute_plan(plan, unconstify(Datum *, values), nulls, read_only, limit);

	owner = GetUserNameFromId(frame->owner, false);
	ours.had_rules = target_has_rules(plan);
	options.params = makeParamList(count);
	for (int i = 0; i < count; i++)
	{
		ParamExternData *param = &options.params->params[i];

		/* no constant for the planner, which would then leave it to no executor */
		param->pflags = 0;
		param->isnull = nulls != NULL && nulls[i] == 'n';
		param->value = param->isnull ? (Datum) 0 : values[i];
		param->ptype = SPI_getargtypeid(plan, i);
	}
	/* what only reads has no snapshot of its own, and fires no guard */
	if (!read_only)
	{
		options.params->paramFetch = fetch_parameter;
		options.params->paramFetchArg = &ours;
	}
	PG_TRY();
	{
		result = SPI_execute_plan_extended(plan, &options);
	}
	PG_CATCH();
	{
		rethrow_with_hint(owner, context);
	}
	PG_END_TRY();
	frame->snapshot = NULL;
	return result;
}

Oid
cgae_caller(void)
{
	return innermost != NULL && innermost->snapshot != NULL && ActiveSnapshotSet() &&
		GetActiveSnapshot() == innermost->snapshot ? innermost->saved.userid : GetUserId();
}
