/*
 * registry_definition.c
 *	  What the SQL files of sql/registry/ say about each relation.
 *
 * A file is read when it is first asked for, once in a backend: tens of
 * microseconds.  The files have neither backslashes nor anything else that a
 * setting of the client's would let the parser read differently.
 */
#include "postgres.h"

#include "catalog/pg_attribute.h"
#include "catalog/pg_trigger.h"
#include "lib/stringinfo.h"
#include "nodes/parsenodes.h"
#include "nodes/value.h"
#include "parser/parser.h"
#include "utils/memutils.h"

#include "server/cache.h"
#include "server/registry_definition.h"

/* A definition that is being read. */
typedef struct Definition
{
	CgaeRelationDefinition *definition;
	CgaeTableColumn *columns;
	CgaeTableGuard *guards;
	int			column_count;
	int			guard_count;
} Definition;

/* Names in a line, "agent_id, seq". */
static char *
name_list(const List *names)
{
	StringInfoData line;
	const ListCell *cell;

	initStringInfo(&line);
	foreach(cell, names)
		appendStringInfo(&line, "%s%s", line.len > 0 ? ", " : "", strVal(lfirst(cell)));
	return line.data;
}

/* A type as CgaeTableColumn names it; what is in no schema is pg_catalog's. */
static char *
type_name(const TypeName *type)
{
	bool		ours = list_length(type->names) > 1 &&
		strcmp(strVal(linitial(type->names)), "cgae") == 0;

	return psprintf("%s%s%s", ours ? "cgae." : "", type->arrayBounds != NIL ? "_" : "",
					strVal(llast(type->names)));
}

/* What a constraint, of a column or of the table (column NULL), says. */
static void
read_constraint(Definition *reading, const Constraint *constraint, CgaeTableColumn *column)
{
	if (constraint->contype == CONSTR_PRIMARY)
		reading->definition->primary_key = column == NULL ? name_list(constraint->keys) :
			column->name;
	if (constraint->contype == CONSTR_FOREIGN &&
		strcmp(constraint->pktable->relname, cgae_relation_name(CGAE_AGENTS)) == 0)
		reading->definition->references_agents = true;
	if (column != NULL && constraint->contype == CONSTR_GENERATED)
		column->generated = ATTRIBUTE_GENERATED_STORED;
	if (column != NULL &&
		(constraint->contype == CONSTR_NOTNULL || constraint->contype == CONSTR_PRIMARY))
		column->not_null = true;
}

static void
read_table(Definition *reading, const CreateStmt *table)
{
	ListCell   *cell;

	reading->columns = palloc0((list_length(table->tableElts) + 1) * sizeof(CgaeTableColumn));
	foreach(cell, table->tableElts)
	{
		const ColumnDef *element = lfirst(cell);
		CgaeTableColumn *column = NULL;
		ListCell   *of_column;

		if (IsA(element, Constraint))
		{
			read_constraint(reading, (const Constraint *) element, NULL);
			continue;
		}
		column = &reading->columns[reading->column_count++];
		column->name = pstrdup(element->colname);
		column->type = type_name(element->typeName);
		foreach(of_column, element->constraints)
			read_constraint(reading, lfirst_node(Constraint, of_column), column);
	}
}

/* The type of a column of the one relation that a query is from, or NULL. */
static const char *
source_column_type(const SelectStmt *query, const char *column)
{
	const RangeVar *source;

	if (list_length(query->fromClause) != 1 || !IsA(linitial(query->fromClause), RangeVar))
		return NULL;
	source = linitial_node(RangeVar, query->fromClause);
	for (int r = 0; r < CGAE_RELATIONS; r++)
	{
		const CgaeTableColumn *found;

		if (strcmp(source->relname, cgae_relation_name(r)) != 0)
			continue;
		for (found = cgae_relation_definition(r)->columns; found->name != NULL; found++)
			if (strcmp(found->name, column) == 0)
				return found->type;
	}
	return NULL;
}

static void
read_view(Definition *reading, const ViewStmt *view)
{
	const SelectStmt *query = castNode(SelectStmt, view->query);
	ListCell   *cell;

	foreach(cell, view->options)
		if (strcmp(lfirst_node(DefElem, cell)->defname, "security_invoker") == 0)
			reading->definition->is_invoker = true;
	/* the first branch of a UNION names the columns */
	while (query->op != SETOP_NONE)
		query = query->larg;
	reading->columns = palloc0((list_length(query->targetList) + 1) * sizeof(CgaeTableColumn));
	foreach(cell, query->targetList)
	{
		const ResTarget *target = lfirst_node(ResTarget, cell);
		const Node *last = IsA(target->val, ColumnRef) ?
			llast(((const ColumnRef *) target->val)->fields) : NULL;
		const char *type = NULL;

		if (target->name != NULL && IsA(target->val, TypeCast))
			type = type_name(((const TypeCast *) target->val)->typeName);
		else if (last != NULL && IsA(last, String))
			type = source_column_type(query, strVal(last));
		if (type == NULL)
			continue;
		reading->columns[reading->column_count].name =
			pstrdup(target->name != NULL ? target->name : strVal(last));
		reading->columns[reading->column_count++].type = type;
	}
}

static void
read_trigger(Definition *reading, const CreateTrigStmt *trigger)
{
	CgaeTableGuard *guard = &reading->guards[reading->guard_count++];

	/* what check_registry() would call a change of it */
	Assert(trigger->whenClause == NULL && !trigger->deferrable);
	guard->name = pstrdup(trigger->trigname);
	guard->function = pstrdup(strVal(llast(trigger->funcname)));
	/* the parser has the bits that pg_trigger has */
	guard->type = trigger->events | trigger->timing | (trigger->row ? TRIGGER_TYPE_ROW : 0);
	guard->columns = name_list(trigger->columns);
}

static void
read_alteration(Definition *reading, const AlterTableStmt *alteration)
{
	ListCell   *cell;

	foreach(cell, alteration->cmds)
	{
		const AlterTableCmd *command = lfirst_node(AlterTableCmd, cell);

		for (int g = 0; command->subtype == AT_EnableAlwaysTrig && g < reading->guard_count; g++)
			if (strcmp(reading->guards[g].name, command->name) == 0)
				reading->guards[g].is_always = true;
	}
}

/* Read a file into the current context; what the parser makes is freed. */
static CgaeRelationDefinition *
read_file(const CgaeRegistryFile *file)
{
	Definition	reading = {.definition = palloc0(sizeof(CgaeRelationDefinition))};
	MemoryContext outer = CurrentMemoryContext;
	MemoryContext parsed = AllocSetContextCreate(outer, "cgae registry statement",
												 ALLOCSET_DEFAULT_SIZES);
	int			count = 0;

	while (file->statements[count].sql != NULL)
		count++;
	reading.guards = palloc0((count + 1) * sizeof(CgaeTableGuard));
	for (int i = 0; i < count; i++)
	{
		const char *sql = file->statements[i].sql;
		Node	   *statement;

		/* half of the statements, and none that says anything here */
		if (strncmp(sql, "COMMENT", 7) == 0)
			continue;
		MemoryContextReset(parsed);
		MemoryContextSwitchTo(parsed);
		statement = linitial_node(RawStmt, raw_parser(sql, RAW_PARSE_DEFAULT))->stmt;
		MemoryContextSwitchTo(outer);
		if (IsA(statement, CreateStmt))
			read_table(&reading, (CreateStmt *) statement);
		else if (IsA(statement, ViewStmt))
			read_view(&reading, (ViewStmt *) statement);
		else if (IsA(statement, CreateTrigStmt))
			read_trigger(&reading, (CreateTrigStmt *) statement);
		else if (IsA(statement, AlterTableStmt))
			read_alteration(&reading, (AlterTableStmt *) statement);
	}
	MemoryContextDelete(parsed);
	reading.definition->columns = reading.columns;
	reading.definition->guards = reading.guards;
	return reading.definition;
}

const CgaeRelationDefinition *
cgae_relation_definition(CgaeRelation relation)
{
	static const CgaeRelationDefinition *definitions[CGAE_RELATIONS] = {NULL};
	MemoryContext context;
	MemoryContext outer;
	CgaeRelationDefinition *definition;

	if (likely(definitions[relation] != NULL))
		return definitions[relation];
	context = AllocSetContextCreate(CurrentMemoryContext, "cgae relation definition",
									ALLOCSET_SMALL_SIZES);
	outer = MemoryContextSwitchTo(context);
	definition = read_file(&cgae_registry_files[relation]);
	MemoryContextSwitchTo(outer);
	/* kept once it is whole */
	MemoryContextSetParent(context, cgae_cache_context());
	definitions[relation] = definition;
	return definition;
}
