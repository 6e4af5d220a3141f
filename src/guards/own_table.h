/*
 * own_table.h
 *	  Does a guard hang on the table that it guards?
 *
 * A guard runs fixed statements on the registry's tables with the rights of
 * the owner of its own table.  On any other table, or on one of these that
 * somebody else owns, it would judge what nobody stores.
 */
#ifndef CGAE_OWN_TABLE_H
#define CGAE_OWN_TABLE_H

#include "commands/trigger.h"

/*
 * Refuse (trigger_protocol_violated) a guard that is not on its own table of
 * schema cgae or a partition of it, and any guard while the registry's tables
 * and their partitions have more than one owner.
 */
extern void cgae_require_own_table(const TriggerData *trigdata, Oid function, const char *guard);

#endif							/* CGAE_OWN_TABLE_H */
