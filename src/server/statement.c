/*
 * statement.c
 *	  Running an application function's fixed statements with the caller's
 *	  own privileges, or as the registry's owner for a superuser (caller.h).
 */
#include "postgres.h"

#include "utils/builtins.h"

#include "server/caller.h"
#include "server/errors.h"
#include "server/statement.h"

void
cgae_statement_begin(void)
{
	if (SPI_connect() != SPI_OK_CONNECT)
		elog(ERROR, "SPI_connect failed");
	cgae_caller_begin();
}

void
cgae_statement_end(void)
{
	cgae_caller_end();
	SPI_finish();
}

void
cgae_statement_arguments(FunctionCallInfo fcinfo, int count, Datum *values, char *nulls)
{
	for (int i = 0; i < count; i++)
	{
		values[i] = PG_ARGISNULL(i) ? (Datum) 0 : PG_GETARG_DATUM(i);
		nulls[i] = PG_ARGISNULL(i) ? 'n' : ' ';
	}
}

/* Run a plan; limit 0: to the last row. */
static uint64
run_plan(SPIPlanPtr plan, const Datum *values, const char *nulls, bool read_only, long limit)
{
	int			result = cgae_caller_execute(plan, values, nulls, read_only, limit);

	if (result < 0)
		elog(ERROR, "SPI_execute_plan failed: %s", SPI_result_code_string(result));
	return SPI_processed;
}

uint64
cgae_statement_run(FunctionCallInfo fcinfo, const CgaeStatement *statement, const Datum *values,
				   const char *nulls, bool read_only)
{
	return run_plan(cgae_plan(fcinfo->flinfo->fn_oid, statement), values, nulls, read_only, 0);
}

uint64
cgae_statement_run_typed(FunctionCallInfo fcinfo, const CgaeStatement *statement,
						 const Oid *types, const Datum *values, const char *nulls,
						 bool read_only)
{
	return run_plan(cgae_plan_typed(fcinfo->flinfo->fn_oid, statement, types), values, nulls,
					read_only, 0);
}

bool
cgae_statement_find(FunctionCallInfo fcinfo, const CgaeStatement *statement, const Datum *values)
{
	Oid			function = fcinfo->flinfo->fn_oid;

	/* a plan that stands has a registry to read */
	if (!cgae_plan_stands(function, statement))
		cgae_require_registry();
	return run_plan(cgae_plan(function, statement), values, NULL, true, 1) > 0;
}

Datum
cgae_statement_datum(void)
{
	bool		isnull;
	Datum		value = SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1, &isnull);

	if (isnull)
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("column \"%s\" of agent is null",
						NameStr(TupleDescAttr(SPI_tuptable->tupdesc, 0)->attname))));
	return value;
}

void
cgae_refuse_unknown_agent(Datum agent_id)
{
	ereport(ERROR,
			(errcode(ERRCODE_NO_DATA_FOUND),
			 errmsg("agent \"%s\" is not registered", TextDatumGetCString(agent_id)),
			 cgae_err_object("agents", "agent_id", NULL)));
}
