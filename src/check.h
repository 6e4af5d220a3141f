/*
 * check.h
 *	  What the parts of cgae.check_registry() share: where contradictions go,
 *	  and how rows are read.
 */
#ifndef CGAE_CHECK_H
#define CGAE_CHECK_H

#include "datatype/timestamp.h"
#include "enum_map.h"
#include "plan_cache.h"
#include "policy.h"
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
} CgaeCheck;

/* Add a row to the result. */
extern void cgae_check_report(CgaeCheck *check, const char *rule, const char *format, ...)
			pg_attribute_printf(3, 4);

/* A valid policy by version, or NULL. */
extern const CgaePolicy *cgae_check_policy(const CgaeCheck *check, int32 version);

/* A query's rows, a batch at a time; or, with no portal, all of them. */
typedef struct CgaeStream
{
	Portal		portal;
	SPITupleTable *rows;
	uint64		count;
	uint64		row;
	CgaeEnumMap tier;
	CgaeEnumMap status;
} CgaeStream;

/* Run a query in the active snapshot; names a column of cgae.tier and one of cgae.agent_status. */
extern void cgae_stream_open(FunctionCallInfo fcinfo, CgaeStream *stream, CgaeQuery query,
							 const char *sql, int tier_column, int status_column);

/* Is there a current row?  Fetches it when it is the next one's turn. */
extern bool cgae_stream_row(CgaeStream *stream);

/*
 * A column of the current row, counted from 1.  A null is 0, NULL or -1.  What
 * points into the row is to be copied before the next one is fetched.
 */
extern Datum cgae_stream_column(const CgaeStream *stream, int number, bool *isnull);
extern int32 cgae_stream_integer(const CgaeStream *stream, int number);
extern TimestampTz cgae_stream_time(const CgaeStream *stream, int number);
extern const char *cgae_stream_text(const CgaeStream *stream, int number);	/* a copy */
extern int	cgae_stream_enum(const CgaeStream *stream, const CgaeEnumMap *map, int number);
extern const CgaeRobustness *cgae_stream_robustness(const CgaeStream *stream, int number);

extern void cgae_stream_close(CgaeStream *stream);

#endif							/* CGAE_CHECK_H */
