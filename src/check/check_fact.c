/*
 * check_fact.c
 *	  What the data of an event says.
 */
#include "postgres.h"

#include "utils/fmgrprotos.h"

#include "check/check_fact.h"
#include "server/enum_map.h"

int
cgae_label_index(const char *label, const char *const *labels, int count)
{
	return label == NULL ? -1 : cgae_label_find(labels, count, label, strlen(label));
}

/* A member of an event's data; false when it is missing or of another type. */
static bool
find_member(Jsonb *data, const char *key, enum jbvType type, JsonbValue *value)
{
	return data != NULL && JB_ROOT_IS_OBJECT(data) &&
		getKeyJsonValueFromContainer(&data->root, key, strlen(key), value) != NULL &&
		value->type == type;
}

const char *
cgae_fact_text(const CgaeCheckFact *fact, const char *key)
{
	JsonbValue	value;

	return find_member(fact->data, key, jbvString, &value) ?
		pnstrdup(value.val.string.val, value.val.string.len) : NULL;
}

bool
cgae_fact_number_is(const CgaeCheckFact *fact, const char *key, int32 number)
{
	JsonbValue	value;

	return find_member(fact->data, key, jbvNumeric, &value) &&
		DatumGetBool(DirectFunctionCall2(numeric_eq, NumericGetDatum(value.val.numeric),
										 DirectFunctionCall1(int4_numeric,
															 Int32GetDatum(number))));
}

int
cgae_fact_tier(const CgaeCheckFact *fact, const char *key)
{
	return cgae_label_index(cgae_fact_text(fact, key), cgae_tier_labels, CGAE_TIERS);
}

bool
cgae_fact_holds(const CgaeCheckFact *fact, const char *key, CgaeHolds *holds)
{
	JsonbValue	array;
	JsonbValue	element;
	JsonbIterator *iterator;
	JsonbIteratorToken token;
	char	   *name;

	holds->count = 0;
	if (!find_member(fact->data, key, jbvBinary, &array) ||
		!JsonContainerIsArray(array.val.binary.data))
		return false;
	iterator = JsonbIteratorInit(array.val.binary.data);
	while ((token = JsonbIteratorNext(&iterator, &element, true)) != WJB_DONE)
	{
		if (token != WJB_ELEM)
			continue;
		if (element.type != jbvString)
			return false;
		name = pnstrdup(element.val.string.val, element.val.string.len);
		if (!cgae_holds_have_room(holds, name))
			return false;
		cgae_holds_add(holds, name);
	}
	return true;
}
