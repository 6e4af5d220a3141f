/*
 * check_epochs.h
 *	  Epochs of the audit lottery, for cgae.check_registry().
 */
#ifndef CGAE_CHECK_EPOCHS_H
#define CGAE_CHECK_EPOCHS_H

#include "check/check.h"

/*
 * Report epochs that do not follow each other, do not keep to their
 * commitment or lie ahead.  Whoever may not read audit_seeds sees what the
 * view audit_epochs shows.  After cgae_check_layout(), and between
 * cgae_statement_begin() and _end().
 */
extern void cgae_check_epochs(FunctionCallInfo fcinfo, CgaeCheck *check);

#endif							/* CGAE_CHECK_EPOCHS_H */
