/*
 * plan_cache.h
 *	  Prepared statements of the guards and application functions.
 */
#ifndef CGAE_PLAN_CACHE_H
#define CGAE_PLAN_CACHE_H

#include "executor/spi.h"

/*
 * A fixed statement.  Its address is the key of the plan cache, so that each is
 * one static object.
 */
typedef struct CgaeStatement
{
	const char *sql;
	int			argument_count;
	const Oid  *types;			/* of the arguments; NULL: given with each call, not known before */
} CgaeStatement;

#define CGAE_STATEMENT_MAX_ARGUMENTS 13

/* Is there an agent of this id?  Also as the beginning of a longer statement. */
#define CGAE_AGENT_EXISTS \
	"SELECT FROM cgae.agents WHERE agent_id OPERATOR(pg_catalog.=) $1"
extern const CgaeStatement cgae_agent_exists;

/*
 * The plan of a statement, prepared once per backend for an owner: the
 * relation whose trigger runs it or the function that does.  Owners and
 * argument types change when the extension is dropped and created anew, so
 * both are part of the key.  Refuses tables and columns of the registry's that
 * are not what they should be (registry_tables.h).  Call between SPI_connect
 * and SPI_finish.
 */
extern SPIPlanPtr cgae_plan(Oid owner, const CgaeStatement *statement);

/* The same of a statement whose arguments' types are known only now. */
extern SPIPlanPtr cgae_plan_typed(Oid owner, const CgaeStatement *statement, const Oid *types);

/* Is there a plan of a statement, and nothing that it reads has changed since? */
extern bool cgae_plan_stands(Oid owner, const CgaeStatement *statement);

/*
 * Plan an update now, if that is still to be done, rather by an index than by a
 * scan of the table or of a bitmap.  True when the plan that came of it is the
 * one that will be executed and meets the rows in the order of the column, by a
 * btree index that begins with it.
 */
extern bool cgae_plan_by_index(SPIPlanPtr plan, AttrNumber column);

#endif							/* CGAE_PLAN_CACHE_H */
