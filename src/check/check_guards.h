/*
 * check_guards.h
 *	  The triggers that the registry rests on, for cgae.check_registry().
 */
#ifndef CGAE_CHECK_GUARDS_H
#define CGAE_CHECK_GUARDS_H

#include "check/check.h"

/*
 * Report guards that do not stand as the registry's files put them up; after
 * cgae_check_layout(), and between cgae_statement_begin() and _end().
 */
extern void cgae_check_guards(FunctionCallInfo fcinfo, CgaeCheck *check);

#endif							/* CGAE_CHECK_GUARDS_H */
