/*
 * check_layout.h
 *	  The tables that create_registry() makes, as cgae.check_registry() expects them.
 */
#ifndef CGAE_CHECK_LAYOUT_H
#define CGAE_CHECK_LAYOUT_H

#include "check/check.h"

/*
 * Does any table of the registry exist?  Without one there is nothing to check.
 */
extern bool cgae_check_any_table(void);

/*
 * Look each table up, report those that are missing, are no tables or lack
 * columns, and tell in check->tables which of them the rest may read: whose
 * relkind and columns are the registry's, so that no code of anybody's is
 * needed to read them.  Reads the catalog as it is now and keeps the tables
 * locked, so that none of this changes before they are read.
 */
extern void cgae_check_layout(CgaeCheck *check);

/* Has audit_epochs, through which readers see epochs, the columns that are read?  Else reports. */
extern bool cgae_check_epochs_view(CgaeCheck *check);

#endif							/* CGAE_CHECK_LAYOUT_H */
