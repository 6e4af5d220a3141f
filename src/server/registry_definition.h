/*
 * registry_definition.h
 *	  What the SQL files of sql/registry/ say about each relation: its columns, its
 *	  keys and its guards.
 *
 * Read by the server's own parser, so that a column or a trigger is said once,
 * in its file.  What a guard needs of its own table, numbered as it uses it, is
 * said where the guard is.
 */
#ifndef CGAE_REGISTRY_DEFINITION_H
#define CGAE_REGISTRY_DEFINITION_H

#include "server/registry_sql.h"

typedef struct CgaeTableColumn
{
	const char *name;
	const char *type;			/* "schema.name" for ours, else pg_catalog's */
	bool		not_null;		/* in the table; a view's may always be null */
	char		generated;		/* as pg_attribute.attgenerated */
} CgaeTableColumn;

/*
 * A trigger that the registry rests on.  On a table or partition it is known by
 * its function and its type; that its name sorts it last is one of its properties.
 */
typedef struct CgaeTableGuard
{
	const char *name;
	const char *function;		/* in schema cgae, without arguments */
	int16		type;			/* as pg_trigger.tgtype */
	const char *columns;		/* it fires on updates of these, "a, b"; empty: of any */
	bool		is_always;		/* ENABLE ALWAYS */
} CgaeTableGuard;

typedef struct CgaeRelationDefinition
{
	/* of a view those whose type its text tells: plain columns of one table, and casts */
	const CgaeTableColumn *columns; /* ends with a null name */
	const CgaeTableGuard *guards;	/* ends with a null name */
	const char *primary_key;	/* "agent_id, seq"; NULL for a view */
	bool		references_agents;	/* by a foreign key */
	bool		is_invoker;		/* a view that reads with the rights of whoever selects */
} CgaeRelationDefinition;

/* The definition of a relation, which lasts as long as the backend. */
extern const CgaeRelationDefinition *cgae_relation_definition(CgaeRelation relation);

#endif							/* CGAE_REGISTRY_DEFINITION_H */
