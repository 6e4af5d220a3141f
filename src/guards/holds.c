/*
 * holds.c
 *	  The set of reasons for which an agent is suspended.
 *
 * A handful of names at most, so that linear searches are right.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"

#include "guards/holds.h"
#include "server/errors.h"

/* The registry's own: what a certification does to each, cgae_lifecycle_holds() says. */
static const char *const reserved[CGAE_RESERVED_HOLDS] = {CGAE_HOLD_FAILED_AUDIT, CGAE_HOLD_DRIFT};

/* What is kept of too many holds leaves room for those that the registry places. */
#define MAX_SALVAGED (CGAE_MAX_HOLDS - 10)

static void
refuse_more_holds(void)
{
	ereport(ERROR,
			(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
			 errmsg("an agent cannot have more than %d holds", CGAE_MAX_HOLDS)));
}

bool
cgae_holds_has(const CgaeHolds *holds, const char *name)
{
	for (int i = 0; i < holds->count; i++)
		if (strcmp(holds->name[i], name) == 0)
			return true;
	return false;
}

bool
cgae_holds_have_room(const CgaeHolds *holds, const char *name)
{
	int			operators = holds->count;

	if (operators < CGAE_MAX_HOLDS || cgae_hold_is_reserved(name))
		return true;
	for (int i = 0; i < CGAE_RESERVED_HOLDS; i++)
		operators -= cgae_holds_has(holds, reserved[i]);
	return operators < CGAE_MAX_HOLDS;
}

void
cgae_holds_add(CgaeHolds *holds, const char *name)
{
	char	  **grown;
	int			at = 0;

	while (at < holds->count && strcmp(holds->name[at], name) < 0)
		at++;
	if (at < holds->count && strcmp(holds->name[at], name) == 0)
		return;
	if (!cgae_holds_have_room(holds, name))
		refuse_more_holds();
	grown = palloc((holds->count + 1) * sizeof(char *));
	for (int i = 0; i < holds->count; i++)
		grown[i < at ? i : i + 1] = holds->name[i];
	grown[at] = pstrdup(name);
	holds->name = grown;
	holds->count++;
}

void
cgae_holds_remove(CgaeHolds *holds, const char *name)
{
	int			kept = 0;

	for (int i = 0; i < holds->count; i++)
		if (strcmp(holds->name[i], name) != 0)
			holds->name[kept++] = holds->name[i];
	holds->count = kept;
}

static void
change_hold(CgaeHolds *holds, const char *name, CgaeHoldChange change)
{
	if (change == CGAE_HOLD_PLACED)
		cgae_holds_add(holds, name);
	else if (change == CGAE_HOLD_LIFTED)
		cgae_holds_remove(holds, name);
}

/* Tested by test/specs/certify_holds.spec and the test lifecycle. */
void
cgae_holds_change(CgaeHolds *holds, CgaeHoldChanges changes)
{
	change_hold(holds, CGAE_HOLD_FAILED_AUDIT, changes.failed_audit);
	change_hold(holds, CGAE_HOLD_DRIFT, changes.drift);
}

bool
cgae_hold_is_reserved(const char *name)
{
	for (int i = 0; i < CGAE_RESERVED_HOLDS; i++)
		if (strcmp(name, reserved[i]) == 0)
			return true;
	return false;
}

CgaeHolds
cgae_holds_minus(const CgaeHolds *a, const CgaeHolds *b)
{
	CgaeHolds	rest = {0, NULL};

	for (int i = 0; i < a->count; i++)
		if (!cgae_holds_has(b, a->name[i]))
			cgae_holds_add(&rest, a->name[i]);
	return rest;
}

void
cgae_hold_check_name(const char *name)
{
	if (cgae_is_blank(name))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("name of a hold is blank"),
				 errhint("A hold names the reason of a suspension, for instance 'manual_review'.")));
}

/* May an array be taken apart?  That of a client may have millions of elements. */
static bool
is_small(ArrayType *array)
{
	return ArrayGetNItems(ARR_NDIM(array), ARR_DIMS(array)) <=
		CGAE_MAX_HOLDS + CGAE_RESERVED_HOLDS;
}

CgaeHolds
cgae_holds_from_array(Datum array)
{
	ArrayType  *names = DatumGetArrayTypeP(array);
	CgaeHolds	holds = {0, NULL};
	Datum	   *elements;
	bool	   *nulls;
	int			count;
	int			placed = 0;		/* by operators */

	if (!is_small(names))
		refuse_more_holds();
	deconstruct_array(names, TEXTOID, -1, false, TYPALIGN_INT, &elements, &nulls, &count);
	for (int i = 0; i < count; i++)
	{
		char	   *name;

		CHECK_FOR_INTERRUPTS();

		if (nulls[i])
			ereport(ERROR,
					(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
					 errmsg("name of a hold is null")));
		name = TextDatumGetCString(elements[i]);
		cgae_hold_check_name(name);
		if (!cgae_hold_is_reserved(name) && ++placed > CGAE_MAX_HOLDS)
			refuse_more_holds();
		cgae_holds_add(&holds, name);
	}
	return holds;
}

bool
cgae_holds_are_readable(ArrayType *array)
{
	Datum	   *elements;
	bool	   *nulls;
	int			count;
	int			placed = 0;		/* by operators */
	bool		readable = true;

	if (ARR_NDIM(array) == 0)
		return true;
	if (!is_small(array))
		return false;
	deconstruct_array(array, TEXTOID, -1, false, TYPALIGN_INT, &elements, &nulls, &count);
	for (int i = 0; readable && i < count; i++)
	{
		char	   *name = nulls[i] ? NULL : TextDatumGetCString(elements[i]);

		readable = name != NULL && !cgae_is_blank(name) &&
			(cgae_hold_is_reserved(name) || ++placed <= CGAE_MAX_HOLDS);
	}
	return readable;
}

CgaeHolds
cgae_holds_salvage(ArrayType *array)
{
	CgaeHolds	holds = {0, NULL};
	Datum	   *elements;
	bool	   *nulls;
	int			count;

	deconstruct_array(array, TEXTOID, -1, false, TYPALIGN_INT, &elements, &nulls, &count);
	for (int i = 0; i < count; i++)
	{
		char	   *name;

		CHECK_FOR_INTERRUPTS();
		if (nulls[i])
			continue;
		name = TextDatumGetCString(elements[i]);
		/* a suspension appends its hold */
		if (!cgae_is_blank(name) &&
			(holds.count < MAX_SALVAGED || i == count - 1 || cgae_hold_is_reserved(name)))
			cgae_holds_add(&holds, name);
	}
	return holds;
}

Datum
cgae_holds_to_array(const CgaeHolds *holds)
{
	Datum	   *elements = palloc(holds->count * sizeof(Datum));

	for (int i = 0; i < holds->count; i++)
		elements[i] = CStringGetTextDatum(holds->name[i]);
	return PointerGetDatum(construct_array(elements, holds->count, TEXTOID, -1, false,
										   TYPALIGN_INT));
}
