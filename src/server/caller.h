/*
 * caller.h
 *	  With whose rights a function's statements run, and who called it.
 *
 * What a superuser asks must run nobody else's code with those rights, and the
 * registry's owner has code in its tables: triggers, rules, expressions of
 * indexes and constraints, types with casts.  So where a superuser calls and
 * the owner of cgae.agents is none, a function works as that owner, in a
 * security-restricted operation, from before its statements are prepared until
 * after their last row.  Any other caller keeps its own rights.
 */
#ifndef CGAE_CALLER_H
#define CGAE_CALLER_H

#include "executor/spi.h"

/*
 * Bracket all statements of one call, between SPI_connect() and SPI_finish()
 * and within one transaction.  A superuser is refused (undefined_table) where
 * there is no registry.
 */
extern void cgae_caller_begin(void);
extern void cgae_caller_end(void);

/*
 * SPI_execute_plan(), for a statement of the innermost call.  An error of
 * privileges that the owner's rights bring about tells what to do.
 */
extern int	cgae_caller_execute(SPIPlanPtr plan, const Datum *values, const char *nulls,
								bool read_only, long limit);

/*
 * For whom a guard acts: the superuser who called when the statement that
 * fires it is the call's own, else the role whose rights that has.
 */
extern Oid	cgae_caller(void);

#endif							/* CGAE_CALLER_H */
