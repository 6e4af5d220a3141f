/*
 * check_keys.h
 *	  Primary, foreign and other keys of the registry's tables, for cgae.check_registry().
 */
#ifndef CGAE_CHECK_KEYS_H
#define CGAE_CHECK_KEYS_H

#include "check/check.h"

/*
 * Report keys that are missing, their disabled triggers, and keys by which a
 * certification that was judged could be dropped.  After cgae_check_layout().
 */
extern void cgae_check_keys(FunctionCallInfo fcinfo, CgaeCheck *check);

#endif							/* CGAE_CHECK_KEYS_H */
