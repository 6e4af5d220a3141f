/*
 * holds.h
 *	  The set of reasons for which an agent is suspended, a sorted text[].
 */
#ifndef CGAE_HOLDS_H
#define CGAE_HOLDS_H

#include "core/lifecycle_core.h"
#include "utils/array.h"

/* The two holds that only the guards place, and only a certification lifts. */
#define CGAE_HOLD_FAILED_AUDIT "failed_audit"
#define CGAE_HOLD_DRIFT "architecture_drift"

/*
 * A set is kept by linear searches; more holds of operators' than this are a
 * mistake.  The registry's own are not counted, and always find room.
 */
#define CGAE_MAX_HOLDS 1000
#define CGAE_RESERVED_HOLDS 2

typedef struct CgaeHolds
{
	int			count;
	char	  **name;			/* sorted bytewise, no two equal */
} CgaeHolds;

/*
 * Read a text[] of any dimensions; duplicates fold, order does not matter.  A
 * null element or a blank name is refused (null_value_not_allowed,
 * invalid_parameter_value), and so are more than CGAE_MAX_HOLDS
 * that are not the registry's own (program_limit_exceeded); an array that is
 * too long is refused before any of it is looked at.  Memory is the current
 * context's.
 */
extern CgaeHolds cgae_holds_from_array(Datum array);

/* Would cgae_holds_from_array() read what is on record?  Never raises. */
extern bool cgae_holds_are_readable(ArrayType *array);

/*
 * What can be read of holds on record that it would refuse: names that are
 * neither null nor blank, the registry's own and the last one always, of
 * others as many as leave room for more.
 */
extern CgaeHolds cgae_holds_salvage(ArrayType *array);

extern Datum cgae_holds_to_array(const CgaeHolds *holds);

extern bool cgae_holds_has(const CgaeHolds *holds, const char *name);
extern void cgae_holds_add(CgaeHolds *holds, const char *name);
extern void cgae_holds_remove(CgaeHolds *holds, const char *name);
extern bool cgae_hold_is_reserved(const char *name);

/* Place and lift the registry's own holds as a certification does. */
extern void cgae_holds_change(CgaeHolds *holds, CgaeHoldChanges changes);

/* Could a hold be added?  The registry's own always can, whatever operators did. */
extern bool cgae_holds_have_room(const CgaeHolds *holds, const char *name);

/* The elements of a that b lacks. */
extern CgaeHolds cgae_holds_minus(const CgaeHolds *a, const CgaeHolds *b);

/* Refuse a blank name (invalid_parameter_value). */
extern void cgae_hold_check_name(const char *name);

#endif							/* CGAE_HOLDS_H */
