/*
 * check_objects.h
 *	  What cgae.check_registry() reads in the catalog about the registry's objects.
 */
#ifndef CGAE_CHECK_OBJECTS_H
#define CGAE_CHECK_OBJECTS_H

#include "check/check.h"

/*
 * Report what is wrong with the kinds, owners, keys, triggers, rules,
 * privileges, types and views; after cgae_check_layout(), and between
 * cgae_statement_begin() and _end().  Marks tables as not readable that have
 * a foreign table below them.
 */
extern void cgae_check_objects(FunctionCallInfo fcinfo, CgaeCheck *check);

#endif							/* CGAE_CHECK_OBJECTS_H */
