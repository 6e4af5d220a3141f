/*
 * statement.h
 *	  Running an application function's fixed statements with the caller's
 *	  own privileges, or as the registry's owner for a superuser (caller.h).
 */
#ifndef CGAE_STATEMENT_H
#define CGAE_STATEMENT_H

#include "server/plan_cache.h"

/* Bracket all statements of one call. */
extern void cgae_statement_begin(void);
extern void cgae_statement_end(void);

/* The function's first count arguments, as a statement's parameters. */
extern void cgae_statement_arguments(FunctionCallInfo fcinfo, int count, Datum *values,
									 char *nulls);

/*
 * Run a statement, read-only in the caller's snapshot or in a fresh one.
 * Returns the number of rows; they stay in SPI_tuptable.
 */
extern uint64 cgae_statement_run(FunctionCallInfo fcinfo, const CgaeStatement *statement,
								 const Datum *values, const char *nulls, bool read_only);

/* The same of a statement whose arguments' types are known only now. */
extern uint64 cgae_statement_run_typed(FunctionCallInfo fcinfo, const CgaeStatement *statement,
									   const Oid *types, const Datum *values, const char *nulls,
									   bool read_only);

/*
 * Look a row of the registry up by its key, read-only in the caller's
 * snapshot: false when there is none.  Refuses a database without a registry.
 */
extern bool cgae_statement_find(FunctionCallInfo fcinfo, const CgaeStatement *statement,
								const Datum *values);

/* First column of the first row, whose type the statement sees to; null is refused. */
extern Datum cgae_statement_datum(void);

/* Refuse an agent that is not there (no_data_found). */
extern void cgae_refuse_unknown_agent(Datum agent_id);

#endif							/* CGAE_STATEMENT_H */
