/*
 * registry_triggers.h
 *	  Guards as they hang on tables and partitions.
 *
 * A trigger is known by its function and its type, which no renaming changes.
 */
#ifndef CGAE_REGISTRY_TRIGGERS_H
#define CGAE_REGISTRY_TRIGGERS_H

#include "utils/rel.h"

/*
 * OID of a guard's function, InvalidOid when there is none.  Looks at no
 * privilege: it is called on behalf of whoever fires a trigger.
 */
extern Oid	cgae_guard_function(Oid namespace, const char *name);

/*
 * The guard of a relation that has a function and a type, whatever its name and
 * whether it is enabled; NULL when there is none.  Valid until the catalogs are
 * read again, which may make the relation's triggers anew.
 */
extern const Trigger *cgae_find_guard(Relation relation, Oid function, int16 type);

/*
 * The statement that makes a table's trigger for each statement, which partitions
 * do not inherit, on one of its partitions; palloc'd.
 */
extern char *cgae_trigger_on_partition(Oid trigger, Relation table, Oid partition);

#endif							/* CGAE_REGISTRY_TRIGGERS_H */
