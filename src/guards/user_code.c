/*
 * user_code.c
 *	  Whose code runs, and looks on, when the registry writes to a table of its own?
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/table.h"
#include "access/transam.h"
#include "catalog/pg_inherits.h"
#include "catalog/pg_trigger.h"
#include "commands/trigger.h"
#include "nodes/nodeFuncs.h"
#include "rewrite/prs2lock.h"
#include "storage/lmgr.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"

#include "guards/agent_row.h"
#include "guards/user_code.h"
#include "server/cache.h"
#include "server/registry_triggers.h"

/* What was found out about agents; a registry made anew has another relid. */
static struct
{
	Oid			agents;			/* InvalidOid: nothing is known */
	bool		runs_user_code;
}			kept = {InvalidOid, true};

static void
forget_agents(Oid relid)
{
	if (!OidIsValid(relid) || relid == kept.agents)
		kept.agents = InvalidOid;
}

/* A trigger of the user's, or one of the guard's whose WHEN is the user's. */
static bool
table_has_user_trigger(Relation table, Oid guard, int16 wanted)
{
	const TriggerDesc *desc = table->trigdesc;

	for (int i = 0; desc != NULL && i < desc->numtriggers; i++)
	{
		const Trigger *trigger = &desc->triggers[i];

		if ((trigger->tgtype & wanted) == wanted && !trigger->tgisinternal &&
			trigger->tgenabled != TRIGGER_DISABLED &&
			(trigger->tgfoid != guard || trigger->tgqual != NULL))
			return true;
	}
	return false;
}

bool
cgae_has_user_trigger(Oid root, const char *guard, int16 wanted)
{
	Oid			ours = cgae_guard_function(get_rel_namespace(root), guard);
	List	   *tables;
	ListCell   *cell;
	bool		found = false;

	/* find_all_inheritors() takes it that its caller has locked the top */
	LockRelationOid(root, RowExclusiveLock);
	tables = find_all_inheritors(root, RowExclusiveLock, NULL);
	foreach(cell, tables)
	{
		Relation	table = table_open(lfirst_oid(cell), NoLock);

		found |= table_has_user_trigger(table, ours, wanted);
		table_close(table, NoLock);
	}
	list_free(tables);
	return found;
}

bool
cgae_has_rules(Oid relid)
{
	Relation	table = table_open(relid, RowExclusiveLock);
	bool		found = table->rd_rules != NULL;

	table_close(table, NoLock);
	return found;
}

static bool
is_user_function(Oid function, void *context)
{
	return function >= FirstNormalObjectId;
}

/* Does an expression call a function that did not come with the server? */
static bool
calls_user_function(Node *node, void *context)
{
	if (node == NULL)
		return false;
	/* a domain's constraints are not in the expression */
	return IsA(node, CoerceToDomain) ||
		check_functions_in_node(node, is_user_function, context) ||
		expression_tree_walker(node, calls_user_function, context);
}

/* Does an entry in an index take more than the server's own functions? */
static bool
index_runs_user_code(Oid relid)
{
	Relation	index = index_open(relid, AccessShareLock);
	bool		found = calls_user_function((Node *) RelationGetIndexExpressions(index), NULL) ||
		calls_user_function((Node *) RelationGetIndexPredicate(index), NULL);

	/* the family of an operator class may hold support functions of the user's */
	for (int i = 0; i < IndexRelationGetNumberOfKeyAttributes(index); i++)
		found |= index->rd_opfamily[i] >= FirstNormalObjectId;
	found |= index->rd_rel->relam >= FirstNormalObjectId;
	index_close(index, NoLock);
	return found;
}

/* Has a table a column of the user's whose type did not come with the server? */
static bool
has_column_of_user_type(Relation agents)
{
	TupleDesc	desc = RelationGetDescr(agents);

	for (int i = 0; i < desc->natts; i++)
	{
		Form_pg_attribute att = TupleDescAttr(desc, i);
		bool		is_ours = att->attisdropped || att->atttypid < FirstNormalObjectId;

		for (int c = 0; c < CGAE_AGENT_COLUMNS && !is_ours; c++)
			is_ours = strcmp(NameStr(att->attname), cgae_agent_columns[c].name) == 0;
		if (!is_ours)
			return true;
	}
	return false;
}

/* Look at everything that an UPDATE of a row of agents meets. */
static bool
agents_run_user_code(Relation agents)
{
	const TupleConstr *constraints = RelationGetDescr(agents)->constr;
	List	   *indexes;
	ListCell   *cell;
	bool		found;

	if (agents->rd_rel->relkind != RELKIND_RELATION || agents->rd_rel->relhassubclass ||
		agents->rd_rel->relispartition || agents->rd_rel->relrowsecurity ||
		has_column_of_user_type(agents) || agents->rd_rules != NULL ||
		(constraints != NULL &&
		 (constraints->num_check > 0 || constraints->has_generated_stored)) ||
		table_has_user_trigger(agents,
							   cgae_guard_function(RelationGetNamespace(agents), "guard_agents"),
							   TRIGGER_TYPE_UPDATE))
		return true;

	indexes = RelationGetIndexList(agents);
	found = false;
	foreach(cell, indexes)
		found |= index_runs_user_code(lfirst_oid(cell));
	list_free(indexes);
	return found;
}

bool
cgae_agents_run_user_code(Oid agents)
{
	static bool is_listening = false;
	Relation	relation;
	bool		found;

	LockRelationOid(agents, RowExclusiveLock);
	if (kept.agents == agents)
		return kept.runs_user_code;
	if (!is_listening)
	{
		cgae_on_relcache_invalidation(forget_agents);
		is_listening = true;
	}
	relation = table_open(agents, NoLock);
	/* an invalidation that comes while its indexes are opened makes it unknown again */
	kept.runs_user_code = true;
	kept.agents = agents;
	found = agents_run_user_code(relation);
	kept.runs_user_code = found;
	table_close(relation, NoLock);
	return found;
}
