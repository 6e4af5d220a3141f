/*
 * enum_map.c
 *	  Enum values of cgae.tier and cgae.agent_status as small integers.
 *
 * A map is found by the type's OID, never by its name, so that search_path and
 * objects of the same name elsewhere do not matter.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/pg_enum.h"
#include "utils/builtins.h"
#include "utils/catcache.h"
#include "utils/inval.h"
#include "utils/lsyscache.h"
#include "utils/syscache.h"

#include "server/enum_map.h"

const char *const cgae_tier_labels[6] = {"T0", "T1", "T2", "T3", "T4", "T5"};
const char *const cgae_status_labels[5] = {
	"pending", "active", "suspended", "expired", "deregistered"
};

/*
 * Somebody with the owner's rights can add or rename labels; better to stop
 * than to act on a tier that the rules do not know.
 */
static void
refuse_enum(Oid type)
{
	ereport(ERROR,
			(errcode(ERRCODE_DATATYPE_MISMATCH),
			 errmsg("enum type %s has not the labels of this version of cgae",
					format_type_be(type))));
}

int
cgae_label_find(const char *const *labels, int count, const char *label, size_t length)
{
	for (int i = 0; i < count; i++)
		if (strlen(labels[i]) == length && memcmp(labels[i], label, length) == 0)
			return i;
	return -1;
}

/* The same of a member of an enum type. */
static int
find_label_of(HeapTuple member, const char *const *labels, int count)
{
	const char *label = NameStr(((Form_pg_enum) GETSTRUCT(member))->enumlabel);

	return cgae_label_find(labels, count, label, strlen(label));
}

void
cgae_enum_map_init(CgaeEnumMap *map, Oid type, const char *const *labels, int count)
{
	CatCList   *members = SearchSysCacheList1(ENUMTYPOIDNAME, ObjectIdGetDatum(type));
	float4		order[CGAE_ENUM_MAX];
	bool		is_known = members->n_members == count;

	Assert(count <= CGAE_ENUM_MAX);
	map->type = type;
	map->count = count;
	/* labels of one type differ: as many as there should be, all known, are all of them */
	for (int m = 0; is_known && m < count; m++)
	{
		HeapTuple	tuple = &members->members[m]->tuple;
		int			i = find_label_of(tuple, labels, count);

		is_known = i >= 0;
		if (is_known)
		{
			map->value[i] = ((Form_pg_enum) GETSTRUCT(tuple))->oid;
			order[i] = ((Form_pg_enum) GETSTRUCT(tuple))->enumsortorder;
		}
	}
	for (int i = 1; is_known && i < count; i++)
		is_known = order[i - 1] < order[i];
	ReleaseSysCacheList(members);
	if (!is_known)
		refuse_enum(type);
}

int
cgae_enum_map_find(const CgaeEnumMap *map, Oid value)
{
	for (int i = 0; i < map->count; i++)
		if (map->value[i] == value)
			return i;
	return -1;
}

int
cgae_enum_map_index(const CgaeEnumMap *map, Oid value)
{
	int			index = cgae_enum_map_find(map, value);

	if (index < 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("%u is not a value of enum type %s", value, format_type_be(map->type))));
	return index;
}

/* What was found for a value: each row that is judged has two. */
static struct
{
	Oid			value;
	const char *const *labels;
	int			index;
}			kept[32];

static void
forget_labels(Datum arg, int cacheid, uint32 hashvalue)
{
	memset(kept, 0, sizeof(kept));
}

/* Position of an enum value among the labels of its type; -1 when it has none of them. */
static int
look_up_label(Oid value, const char *const *labels, int count)
{
	HeapTuple	tuple = SearchSysCache1(ENUMOID, ObjectIdGetDatum(value));
	int			index = -1;

	if (HeapTupleIsValid(tuple))
	{
		index = find_label_of(tuple, labels, count);
		ReleaseSysCache(tuple);
	}
	return index;
}

/* The same, kept until a value of some enum type changes. */
static int
find_label(Oid value, const char *const *labels, int count)
{
	static bool is_listening = false;
	int			place = (value / 2) % lengthof(kept);	/* those of CREATE TYPE are even */

	if (likely(kept[place].value == value && kept[place].labels == labels && OidIsValid(value)))
		return kept[place].index;
	if (!is_listening)
	{
		CacheRegisterSyscacheCallback(ENUMOID, forget_labels, (Datum) 0);
		is_listening = true;
	}
	kept[place].value = InvalidOid;
	kept[place].index = look_up_label(value, labels, count);
	kept[place].labels = labels;
	kept[place].value = value;	/* validity last */
	return kept[place].index;
}

/* The same, refusing what has none. */
static int
label_index(Oid value, const char *const *labels, int count, const char *type)
{
	int			index = find_label(value, labels, count);

	if (index < 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("%u is not a value of enum type %s", value, type)));
	return index;
}

int
cgae_tier_find(Oid value)
{
	return find_label(value, cgae_tier_labels, lengthof(cgae_tier_labels));
}

int
cgae_status_find(Oid value)
{
	return find_label(value, cgae_status_labels, lengthof(cgae_status_labels));
}

int
cgae_tier_index(Oid value)
{
	return label_index(value, cgae_tier_labels, lengthof(cgae_tier_labels), "cgae.tier");
}

int
cgae_status_index(Oid value)
{
	return label_index(value, cgae_status_labels, lengthof(cgae_status_labels),
					   "cgae.agent_status");
}

/* The map kept in fn_extra, for a type that the caller has just looked up. */
static const CgaeEnumMap *
keep_tier_map(FunctionCallInfo fcinfo, Oid type)
{
	CgaeEnumMap map;
	CgaeEnumMap *kept;

	/* fill a local first: an error must not leave half a map behind */
	cgae_enum_map_init(&map, type, cgae_tier_labels, lengthof(cgae_tier_labels));
	kept = MemoryContextAlloc(fcinfo->flinfo->fn_mcxt, sizeof(CgaeEnumMap));
	*kept = map;
	fcinfo->flinfo->fn_extra = kept;
	return kept;
}

const CgaeEnumMap *
cgae_tier_map_look_up(FunctionCallInfo fcinfo)
{
	return keep_tier_map(fcinfo, get_func_rettype(fcinfo->flinfo->fn_oid));
}

Oid
cgae_argument_type(FunctionCallInfo fcinfo, int argument)
{
	Oid		   *types;
	int			count;
	Oid			type;

	(void) get_func_signature(fcinfo->flinfo->fn_oid, &types, &count);
	Assert(argument < count);
	type = types[argument];
	pfree(types);
	return type;
}

const CgaeEnumMap *
cgae_tier_map_of_argument(FunctionCallInfo fcinfo, int argument)
{
	if (likely(fcinfo->flinfo->fn_extra != NULL))
		return fcinfo->flinfo->fn_extra;
	return keep_tier_map(fcinfo, cgae_argument_type(fcinfo, argument));
}
