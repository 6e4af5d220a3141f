/*
 * registry_lookup.c
 *	  Functions for applications that read the registry, with the caller's
 *	  own privileges and snapshot.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "funcapi.h"
#include "utils/builtins.h"
#include "utils/datum.h"
#include "utils/jsonb.h"

#include "core/gate_core.h"
#include "guards/certification.h"
#include "server/enum_map.h"
#include "server/errors.h"
#include "server/row_stream.h"
#include "server/statement.h"

/* Newest non-empty storage root hash among the certifications of agent a. */
#define AUDIT_CID \
	"(SELECT c.audit_details OPERATOR(pg_catalog.->>) 'storage_root_hash'" \
	" FROM cgae.certifications AS c" \
	" WHERE c.agent_id OPERATOR(pg_catalog.=) a.agent_id" \
	" AND " CGAE_SQL_CERTIFIES("c") \
	" AND pg_catalog.jsonb_typeof(c.audit_details OPERATOR(pg_catalog.->) 'storage_root_hash')" \
	"  OPERATOR(pg_catalog.=) 'string'" \
	" AND c.audit_details OPERATOR(pg_catalog.->>) 'storage_root_hash'" \
	"  OPERATOR(pg_catalog.<>) ''" \
	" ORDER BY c.agent_id DESC, c.seq DESC LIMIT 1)"

/*
 * Run a statement about one agent and return a copy of its first column, of a
 * type of variable length, or set *isnull.  An unknown agent is an error.
 */
static Datum
ask_about_agent(FunctionCallInfo fcinfo, const char *function, const CgaeStatement *statement,
				Oid type, bool *isnull)
{
	MemoryContext caller = CurrentMemoryContext;
	MemoryContext spi;
	Datum		agent_id;
	Datum		value = (Datum) 0;

	if (PG_ARGISNULL(0))
		cgae_refuse_null_argument(function, "agent_id");
	agent_id = PG_GETARG_DATUM(0);

	cgae_require_registry();
	cgae_statement_begin();
	if (cgae_statement_run(fcinfo, statement, &agent_id, NULL, true) == 0)
		cgae_refuse_unknown_agent(agent_id);
	*isnull = !cgae_read_datum(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1, type, &value);
	if (!*isnull)
	{
		spi = MemoryContextSwitchTo(caller);
		value = datumCopy(value, false, -1);
		MemoryContextSwitchTo(spi);
	}
	cgae_statement_end();
	return value;
}

static const CgaeStatement find_record = {
	"SELECT pg_catalog.jsonb_build_object("
	"'agent_id', a.agent_id,"
	" 'model_name', a.model_name,"
	" 'architecture_hash', a.architecture_hash,"
	" 'status', a.status,"
	" 'current_tier', a.current_tier,"
	" 'balance', a.balance,"
	" 'total_earned', a.total_earned,"
	" 'total_spent', a.total_spent,"
	" 'total_penalties', a.total_penalties,"
	" 'total_topups', a.total_topups,"
	" 'contracts_completed', a.contracts_completed,"
	" 'contracts_failed', a.contracts_failed,"
	" 'registration_time', pg_catalog.trim_scale(EXTRACT(epoch FROM a.registered_at)),"
	" 'audit_cid', " AUDIT_CID ","
	" 'wallet_address', a.wallet_address,"
	" 'robustness', CAST(a.current_robustness AS pg_catalog.jsonb))"
	" FROM cgae.agents AS a"
	" WHERE a.agent_id OPERATOR(pg_catalog.=) $1",
	1, (const Oid[]) {TEXTOID}
};

/*
 * cgae.agent_record(agent_id text) -> jsonb
 *
 * The record document of the agent; times in seconds since 1970, robustness
 * null before the first certification.  Unknown agent: no_data_found.
 */
PG_FUNCTION_INFO_V1(cgae_agent_record);
Datum
cgae_agent_record(PG_FUNCTION_ARGS)
{
	bool		isnull;
	Datum		record = ask_about_agent(fcinfo, "agent_record", &find_record, JSONBOID, &isnull);

	if (isnull)
		PG_RETURN_NULL();
	PG_RETURN_DATUM(record);
}

static const CgaeStatement find_cid = {
	"SELECT " AUDIT_CID " FROM cgae.agents AS a"
	" WHERE a.agent_id OPERATOR(pg_catalog.=) $1",
	1, (const Oid[]) {TEXTOID}
};

/*
 * cgae.audit_cid(agent_id text) -> text
 *
 * Newest non-empty storage_root_hash string in the details of the agent's
 * certifications; null when there is none.  Unknown agent: no_data_found.
 */
PG_FUNCTION_INFO_V1(cgae_audit_cid);
Datum
cgae_audit_cid(PG_FUNCTION_ARGS)
{
	bool		isnull;
	Datum		cid = ask_about_agent(fcinfo, "audit_cid", &find_cid, TEXTOID, &isnull);

	if (isnull)
		PG_RETURN_NULL();
	PG_RETURN_DATUM(cid);
}

static const CgaeStatement count_tiers = {
	"SELECT current_tier, pg_catalog.count(*) FROM cgae.agents"
	" WHERE status OPERATOR(pg_catalog.=) 'active'"
	" GROUP BY current_tier",
	0, NULL
};

/*
 * cgae.tier_distribution() -> SETOF (tier cgae.tier, agents bigint)
 *
 * Active agents by current tier, all six tiers in order.
 */
PG_FUNCTION_INFO_V1(cgae_tier_distribution);
Datum
cgae_tier_distribution(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	int64		agents[CGAE_TIERS] = {0};
	CgaeEnumMap map;
	uint64		rows;
	int64		count;

	InitMaterializedSRF(fcinfo, 0);
	cgae_enum_map_init(&map, TupleDescAttr(rsinfo->setDesc, 0)->atttypid, cgae_tier_labels,
					   CGAE_TIERS);
	cgae_require_registry();
	cgae_statement_begin();
	rows = cgae_statement_run(fcinfo, &count_tiers, NULL, NULL, true);
	for (uint64 i = 0; i < rows; i++)
	{
		int			tier = cgae_read_label(SPI_tuptable->vals[i], SPI_tuptable->tupdesc, 1, &map);

		/* the owner can drop NOT NULL: no tier permits as much as T0 */
		if (cgae_read_int64(SPI_tuptable->vals[i], SPI_tuptable->tupdesc, 2, &count))
			agents[Max(tier, 0)] += count;
	}
	cgae_statement_end();

	for (int i = 0; i < CGAE_TIERS; i++)
	{
		Datum		values[] = {ObjectIdGetDatum(map.value[i]), Int64GetDatum(agents[i])};
		bool		nulls[] = {false, false};

		tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, nulls);
	}
	return (Datum) 0;
}

static const CgaeStatement list_tier = {
	"SELECT agent_id, model_name, certified_at, balance FROM cgae.agents"
	" WHERE status OPERATOR(pg_catalog.=) 'active'"
	" AND current_tier OPERATOR(pg_catalog.=) $1"
	" ORDER BY agent_id",
	1, NULL
};

/*
 * cgae.agents_by_tier(tier cgae.tier)
 *	   -> SETOF (agent_id text, model_name text, certified_at timestamptz, balance numeric)
 *
 * Active agents whose current tier is this one, by agent_id.
 */
PG_FUNCTION_INFO_V1(cgae_agents_by_tier);
Datum
cgae_agents_by_tier(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	Oid			types[1];
	Datum		values[1];
	CgaeStream	stream;

	if (PG_ARGISNULL(0))
		cgae_refuse_null_argument("agents_by_tier", "tier");
	InitMaterializedSRF(fcinfo, 0);
	types[0] = cgae_argument_type(fcinfo, 0);
	values[0] = PG_GETARG_DATUM(0);
	cgae_require_registry();
	cgae_statement_begin();
	cgae_stream_open_plan(&stream, cgae_plan_typed(fcinfo->flinfo->fn_oid, &list_tier, types),
						  values, NULL, true, CGAE_STREAM_BATCH);
	cgae_stream_return(&stream, rsinfo);
	cgae_stream_close(&stream);
	cgae_statement_end();
	return (Datum) 0;
}
