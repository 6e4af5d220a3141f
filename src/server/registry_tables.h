/*
 * registry_tables.h
 *	  Are the registry's tables what create_registry() made?
 *
 * Their owner can put a view in the place of a table, or give a column another
 * type.  Statements of ours read no such column: its values would be
 * taken for what they are not, and its casts are code of the owner's.
 */
#ifndef CGAE_REGISTRY_TABLES_H
#define CGAE_REGISTRY_TABLES_H

/* The most of the registry's tables and views that one statement names. */
#define CGAE_NAMED_TABLES_MAX 8

/* What is known of a statement's tables; all zero before the first look. */
typedef struct CgaeNamedTables
{
	bool		is_known;
	int			count;
	int			table[CGAE_NAMED_TABLES_MAX];
	uint64		generation;		/* as of which they were found in order */
} CgaeNamedTables;

/*
 * Lock the registry's tables and views that a statement names, so that they
 * stay as they are until the transaction ends, and refuse one of another kind
 * (wrong_object_type), a column that the statement names and that is missing
 * (undefined_column) or has another type (datatype_mismatch).  A relation that
 * is not there is left to the server.  Refuses a superuser
 * (trigger_protocol_violated) a table of another owner, who is none,
 * than cgae.agents has.
 */
extern void cgae_named_tables_require(CgaeNamedTables *named, const char *sql);

/*
 * Owner of cgae.agents, or of another of the tables where that is missing, which
 * stays until the transaction ends; undefined_table without a registry.
 */
extern Oid	cgae_registry_owner(void);

/*
 * Refuse (trigger_protocol_violated) a table of the registry, or a partition,
 * that does not belong to the owner of agents.
 */
extern void cgae_refuse_owner(Oid relid, Oid owner);

#endif							/* CGAE_REGISTRY_TABLES_H */
