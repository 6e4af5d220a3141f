/*
 * registry_columns.h
 *	  The registry's tables and their columns, as create_registry() makes them.
 *
 * The one list of them beside the DDL.  What a guard needs of its own table,
 * numbered as it uses it, is said where the guard is.
 */
#ifndef CGAE_REGISTRY_COLUMNS_H
#define CGAE_REGISTRY_COLUMNS_H

/* The tables, agents first, and the views that functions read. */
typedef enum CgaeRelation
{
	CGAE_AGENTS,
	CGAE_CERTIFICATIONS,
	CGAE_AGENT_EVENTS,
	CGAE_GATE_POLICIES,
	CGAE_AUDIT_SEEDS,
	CGAE_REGISTRY_LAYOUT,
	CGAE_TABLES,
	CGAE_AUDIT_EPOCHS = CGAE_TABLES,
	CGAE_EXPIRING_AGENTS,
	CGAE_RELATIONS
} CgaeRelation;

typedef struct CgaeTableColumn
{
	const char *name;
	const char *type;			/* "schema.name" for ours */
	bool		not_null;		/* in the table; a view's may always be null */
	char		generated;		/* as pg_attribute.attgenerated */
} CgaeTableColumn;

/* Name of each, in schema cgae. */
extern const char *const cgae_relation_names[CGAE_RELATIONS];

/* Columns of each; ends with a null name. */
extern const CgaeTableColumn *const cgae_relation_columns[CGAE_RELATIONS];

#endif							/* CGAE_REGISTRY_COLUMNS_H */
