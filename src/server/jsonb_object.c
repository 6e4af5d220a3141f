/*
 * jsonb_object.c
 *	  Building a jsonb object member by member.
 */
#include "postgres.h"

#include "server/jsonb_object.h"

/* Push a key of an object under construction. */
static void
push_key(CgaeObject *object, const char *key)
{
	JsonbValue	value;

	value.type = jbvString;
	value.val.string.val = unconstify(char *, key);
	value.val.string.len = strlen(key);
	pushJsonbValue(&object->state, WJB_KEY, &value);
}

/* Push a string as a value or an element. */
static void
push_string(CgaeObject *object, JsonbIteratorToken token, const char *string)
{
	JsonbValue	value;

	/* the caller's string may change before the object is complete */
	value.type = jbvString;
	value.val.string.val = pstrdup(string);
	value.val.string.len = strlen(string);
	pushJsonbValue(&object->state, token, &value);
}

void
cgae_object_begin(CgaeObject *object)
{
	object->state = NULL;
	pushJsonbValue(&object->state, WJB_BEGIN_OBJECT, NULL);
}

void
cgae_object_text(CgaeObject *object, const char *key, const char *value)
{
	push_key(object, key);
	push_string(object, WJB_VALUE, value);
}

void
cgae_object_numeric(CgaeObject *object, const char *key, Datum numeric)
{
	JsonbValue	value;

	push_key(object, key);
	value.type = jbvNumeric;
	value.val.numeric = DatumGetNumeric(numeric);
	pushJsonbValue(&object->state, WJB_VALUE, &value);
}

void
cgae_object_texts(CgaeObject *object, const char *key, char *const *values, int count)
{
	push_key(object, key);
	pushJsonbValue(&object->state, WJB_BEGIN_ARRAY, NULL);
	for (int i = 0; i < count; i++)
		push_string(object, WJB_ELEM, values[i]);
	pushJsonbValue(&object->state, WJB_END_ARRAY, NULL);
}

Jsonb *
cgae_object_end(CgaeObject *object)
{
	return JsonbValueToJsonb(pushJsonbValue(&object->state, WJB_END_OBJECT, NULL));
}
