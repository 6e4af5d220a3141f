/*
 * registry_sql.h
 *	  The registry's relations, and the SQL files of sql/registry/ that make them.
 *
 * The definitions are made from those files when the extension is built: see
 * sql/registry/README.md.
 */
#ifndef CGAE_REGISTRY_SQL_H
#define CGAE_REGISTRY_SQL_H

/*
 * The relations, each named as its file, in the order in which they are made:
 * the tables, agents first, and the views.
 */
typedef enum CgaeRelation
{
	CGAE_AGENTS,
	CGAE_CERTIFICATIONS,
	CGAE_AGENT_EVENTS,
	CGAE_GATE_POLICIES,
	CGAE_AUDIT_SEEDS,
	CGAE_REGISTRY_LAYOUT,
	CGAE_TABLES,
	CGAE_EVENTS = CGAE_TABLES,
	CGAE_AUDIT_EPOCHS,
	CGAE_AGENT_STANDING,
	CGAE_TIER_CHANGES,
	CGAE_CERTIFICATION_HISTORY,
	CGAE_EXPIRING_AGENTS,
	CGAE_BINDING_DIMENSION_COUNTS,
	CGAE_REGISTRY_HEALTH,
	CGAE_RELATIONS
} CgaeRelation;

/* What the marks above a CREATE TABLE say. */
#define CGAE_SQL_PER_AGENT	(1 << 0)	/* keyed by agent_id, partitioned where the registry is */
#define CGAE_SQL_SECRET		(1 << 1)	/* readers of the registry may not read it */

/* One statement, without comments; an array of them ends with a null. */
typedef struct CgaeRegistryStatement
{
	const char *sql;
	int			marks;
} CgaeRegistryStatement;

/* What makes a relation: first CREATE TABLE or CREATE VIEW. */
typedef struct CgaeRegistryFile
{
	const char *name;			/* of the relation, in schema cgae */
	const CgaeRegistryStatement *statements;
	int			marks;			/* of the table */
} CgaeRegistryFile;

/* What turns the layout before into this version; the array ends with version 0. */
typedef struct CgaeRegistryStep
{
	int			version;
	const CgaeRegistryStatement *statements;
} CgaeRegistryStep;

extern const CgaeRegistryFile cgae_registry_files[CGAE_RELATIONS];
extern const CgaeRegistryStep cgae_registry_steps[];

/* The version that the files describe, which the last step leads to. */
extern const int cgae_layout_version;

/* Name of a relation, in schema cgae. */
static inline const char *
cgae_relation_name(CgaeRelation relation)
{
	return cgae_registry_files[relation].name;
}

/* Is it a table with a row or more for each agent? */
static inline bool
cgae_is_per_agent(CgaeRelation relation)
{
	return (cgae_registry_files[relation].marks & CGAE_SQL_PER_AGENT) != 0;
}

#endif							/* CGAE_REGISTRY_SQL_H */
