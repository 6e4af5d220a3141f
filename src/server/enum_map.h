/*
 * enum_map.h
 *	  Enum values of cgae.tier and cgae.agent_status as small integers.
 *
 * Enum OIDs differ from database to database and change when the extension is
 * dropped and created again, so a map belongs to one call site (fn_extra) or
 * to one relation's cache entry, never to a global.
 */
#ifndef CGAE_ENUM_MAP_H
#define CGAE_ENUM_MAP_H

#include "fmgr.h"

#define CGAE_ENUM_MAX 6

typedef struct CgaeEnumMap
{
	Oid			type;
	int			count;
	Oid			value[CGAE_ENUM_MAX];	/* in the order of the labels */
} CgaeEnumMap;

/* Fill a map of an enum type; error when it has not exactly these labels in this order. */
extern void cgae_enum_map_init(CgaeEnumMap *map, Oid type, const char *const *labels, int count);

/* Position of an enum value; error when it is not one of the type's. */
extern int	cgae_enum_map_index(const CgaeEnumMap *map, Oid value);

/* The same; -1 when it is not one of the type's. */
extern int	cgae_enum_map_find(const CgaeEnumMap *map, Oid value);

/* Tier 0..5 of a value of cgae.tier, or status of one of cgae.agent_status, for a single look. */
extern int	cgae_tier_index(Oid value);
extern int	cgae_status_index(Oid value);

/* The same; -1 when it is none. */
extern int	cgae_tier_find(Oid value);
extern int	cgae_status_find(Oid value);

extern const char *const cgae_tier_labels[6];
extern const char *const cgae_status_labels[5];

/* Position among labels of one that has this length in bytes; -1 when it is none of them. */
extern int	cgae_label_find(const char *const *labels, int count, const char *label,
							size_t length);

/*
 * The map of cgae.tier for this call site, found through the function's own
 * signature and kept in fn_extra, which belongs to these two functions then.
 * Only for calls with a real flinfo (never through DirectFunctionCall).
 */
extern const CgaeEnumMap *cgae_tier_map_look_up(FunctionCallInfo fcinfo);

static inline const CgaeEnumMap *
cgae_tier_map_of_result(FunctionCallInfo fcinfo)
{
	if (likely(fcinfo->flinfo->fn_extra != NULL))
		return fcinfo->flinfo->fn_extra;
	return cgae_tier_map_look_up(fcinfo);
}

extern const CgaeEnumMap *cgae_tier_map_of_argument(FunctionCallInfo fcinfo, int argument);

/* Declared type of one of the function's arguments. */
extern Oid	cgae_argument_type(FunctionCallInfo fcinfo, int argument);

#endif							/* CGAE_ENUM_MAP_H */
