/*
 * check.h
 *	  What the parts of cgae.check_registry() share: where contradictions go,
 *	  and how rows are read.
 */
#ifndef CGAE_CHECK_H
#define CGAE_CHECK_H

#include "datatype/timestamp.h"
#include "policy/policy.h"
#include "server/enum_map.h"
#include "server/plan_cache.h"
#include "server/registry_definition.h"
#include "server/row_stream.h"
#include "utils/tuplestore.h"

/* Where contradictions go, and what all agents have in common. */
typedef struct CgaeCheck
{
	Tuplestorestate *store;
	TupleDesc	desc;
	const text *agent_id;		/* whom a report is about; NULL: no agent */
	TimestampTz created_at;		/* when the registry was made; DT_NOBEGIN: unknown */
	int			policy_count;
	CgaePolicy *policies;		/* the valid ones, by version */
	struct
	{
		Oid			oid;		/* InvalidOid: missing, or no table */
		bool		is_readable;	/* its columns are the registry's */
	}			tables[CGAE_TABLES];
	bool		types_are_known;	/* the enum types have the labels of this library */
	CgaeEnumMap tiers;			/* of them, when they are known */
	CgaeEnumMap statuses;
} CgaeCheck;

/* Add a row to the result. */
extern void cgae_check_report(CgaeCheck *check, const char *rule, const char *format, ...)
			pg_attribute_printf(3, 4);

/*
 * Name a date that lies ahead of the clock (rule "clock").  No contradiction:
 * the guards wrote it under a clock that ran ahead, and authority may wait for it.
 */
extern void cgae_check_ahead(CgaeCheck *check, const char *what, TimestampTz at);

/* May a table be read?  What rests on one that may not is passed by: the reason is reported. */
static inline bool
cgae_check_readable(const CgaeCheck *check, CgaeRelation table)
{
	return check->tables[table].is_readable;
}

/* A valid policy by version, or NULL. */
extern const CgaePolicy *cgae_check_policy(const CgaeCheck *check, int32 version);

/*
 * Run a query whose rows are (rule, detail, ...) and report them all; returns
 * them, to be gone through again from the first.
 */
extern CgaeStream cgae_check_report_rows(FunctionCallInfo fcinfo, CgaeCheck *check,
										 const CgaeStatement *statement, const Datum *values);

/* Those tables that exist, among those whose bit is set, as an oid[], in order. */
#define CGAE_CHECK_EVERY_TABLE ((1 << CGAE_TABLES) - 1)
extern Datum cgae_check_table_array(const CgaeCheck *check, int which);

/* The tables of $1, their partitions and their children: root is the one in $1. */
#define CGAE_CHECK_TREE \
	"WITH RECURSIVE tree (root, oid) AS (" \
	"SELECT t.oid, t.oid FROM pg_catalog.unnest($1) AS t(oid)" \
	" UNION SELECT t.root, i.inhrelid FROM tree AS t" \
	" JOIN pg_catalog.pg_inherits AS i ON i.inhparent OPERATOR(pg_catalog.=) t.oid)," \
	/* named in full, whatever the search_path is */ \
	" named (oid, owner, name) AS (" \
	"SELECT c.oid, c.relowner, pg_catalog.format('%I.%I', n.nspname, c.relname)" \
	" FROM pg_catalog.pg_class AS c" \
	" JOIN pg_catalog.pg_namespace AS n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace) "

/* Conditions on a column of one row "x", in SQL. */

/* As cgae_is_blank(); a letter in front is the quick way to tell. */
#define CGAE_CHECK_NOT_BLANK(column) \
	"(pg_catalog.ascii(x." column ") OPERATOR(pg_catalog.>) 32" \
	" OR pg_catalog.btrim(x." column ", E' \\t\\n\\r\\f\\v') OPERATOR(pg_catalog.<>) '')"

/* The guard writes names of roles, and one may be made of blanks. */
#define CGAE_CHECK_IS_ROLE(column) \
	"(" CGAE_CHECK_NOT_BLANK(column) " OR EXISTS (SELECT FROM pg_catalog.pg_roles AS r" \
	" WHERE r.rolname OPERATOR(pg_catalog.=) x." column "))"

#endif							/* CGAE_CHECK_H */
