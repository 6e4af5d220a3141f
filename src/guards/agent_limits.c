/*
 * agent_limits.c
 *	  Limits of the columns that clients of cgae.agents set freely.
 *
 * These could be CHECK constraints, and were: but the server parses each of
 * them anew in every statement that writes the table, and evaluates it also
 * where the column stays as it was, which made up a sixth of the cost of a
 * certification.
 */
#include "postgres.h"

#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/jsonb.h"
#include "utils/numeric.h"

#include "guards/agent.h"
#include "guards/agent_limits.h"
#include "server/errors.h"

static const CgaeAgentColumn money_columns[] = {
	CGAE_AGENT_BALANCE, CGAE_AGENT_TOTAL_EARNED, CGAE_AGENT_TOTAL_SPENT,
	CGAE_AGENT_TOTAL_PENALTIES, CGAE_AGENT_TOTAL_TOPUPS
};

static const CgaeAgentColumn counter_columns[] = {
	CGAE_AGENT_CONTRACTS_COMPLETED, CGAE_AGENT_CONTRACTS_FAILED
};

/* Is this a value to look at? */
static bool
is_new_value(const CgaeRow *new, const CgaeRow *old, CgaeAgentColumn column)
{
	return !CGAE_ROW_NULL(new, column) && (old == NULL || !cgae_row_same(new, old, column));
}

/* Auxiliary to ereport: the fields of an error about an amount or a count. */
static int
err_amount(CgaeAgentColumn column)
{
	const char *name = cgae_agent_columns[column].name;

	return cgae_err_object("agents", name, psprintf("agents_%s_not_negative", name));
}

static void
check_money(CgaeAgentColumn column, const char *agent_id, Datum value)
{
	Numeric		amount = DatumGetNumeric(value);

	if (numeric_is_nan(amount) || numeric_is_inf(amount))
		ereport(ERROR,
				(errcode(ERRCODE_CHECK_VIOLATION),
				 errmsg("%s of agent \"%s\" is %s, which is not finite",
						cgae_agent_columns[column].name, agent_id,
						DatumGetCString(DirectFunctionCall1(numeric_out, value))),
				 err_amount(column)));
	if (DatumGetBool(DirectFunctionCall2(numeric_lt, value,
										 NumericGetDatum(int64_to_numeric(0)))))
		ereport(ERROR,
				(errcode(ERRCODE_CHECK_VIOLATION),
				 errmsg("%s of agent \"%s\" is %s, which is negative",
						cgae_agent_columns[column].name, agent_id,
						DatumGetCString(DirectFunctionCall1(numeric_out, value))),
				 err_amount(column)));
}

static void
check_count(CgaeAgentColumn column, const char *agent_id, int64 count)
{
	if (count < 0)
		ereport(ERROR,
				(errcode(ERRCODE_CHECK_VIOLATION),
				 errmsg("%s of agent \"%s\" is " INT64_FORMAT ", which is negative",
						cgae_agent_columns[column].name, agent_id, count),
				 err_amount(column)));
}

void
cgae_agent_check_limits(const CgaeRow *new, const CgaeRow *old, const char *agent_id)
{
	if (is_new_value(new, old, CGAE_AGENT_MODEL_NAME) &&
		cgae_is_blank(TextDatumGetCString(CGAE_ROW_VALUE(new, CGAE_AGENT_MODEL_NAME))))
		ereport(ERROR,
				(errcode(ERRCODE_CHECK_VIOLATION),
				 errmsg("model_name of agent \"%s\" is blank", agent_id),
				 cgae_err_object("agents", "model_name", "model_name_not_blank")));
	if (is_new_value(new, old, CGAE_AGENT_PROVENANCE) &&
		!JB_ROOT_IS_OBJECT(DatumGetJsonbP(CGAE_ROW_VALUE(new, CGAE_AGENT_PROVENANCE))))
		ereport(ERROR,
				(errcode(ERRCODE_CHECK_VIOLATION),
				 errmsg("provenance of agent \"%s\" is not a JSON object", agent_id),
				 cgae_err_object("agents", "provenance", "provenance_is_object")));

	for (int i = 0; i < lengthof(money_columns); i++)
		if (is_new_value(new, old, money_columns[i]))
			check_money(money_columns[i], agent_id, CGAE_ROW_VALUE(new, money_columns[i]));
	for (int i = 0; i < lengthof(counter_columns); i++)
		if (is_new_value(new, old, counter_columns[i]))
			check_count(counter_columns[i], agent_id,
						DatumGetInt64(CGAE_ROW_VALUE(new, counter_columns[i])));
}
