/*
 * check_values.h
 *	  Values that no guard lets in, row by row, for cgae.check_registry().
 */
#ifndef CGAE_CHECK_VALUES_H
#define CGAE_CHECK_VALUES_H

#include "check/check.h"

/*
 * Report values that break a rule of their own column, whatever the history
 * says: one pass over each table that may be read.  Between
 * cgae_statement_begin() and _end().
 */
extern void cgae_check_values(FunctionCallInfo fcinfo, CgaeCheck *check);

#endif							/* CGAE_CHECK_VALUES_H */
