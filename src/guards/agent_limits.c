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
	CGAE_AGENT_BALANCE, CGAE_AGENT_TOTAL_EARNED, CGAE_AGENT_TOTAL_SPENT, CGAE_AGENT_TOTAL_PENALTIES, CGAE_AGENT_TOTAL_TOPUPS
};

static const CgaeAgentColumn counter_columns[] = {CGAE_AGENT_CONTRACTS_COMPLETED, CGAE_AGENT_CONTRACTS_FAILED};

/* Is this a value to look at? */
static bool
is_new_value(const CgaeRow *new, const CgaeRow *old, CgaeAgentColumn column)
{
	return !CGAE_ROW_NULL(new, column) && (old == NULL || !cgae_row_same(new, old, column));
}

static void
refuse(CgaeAgentColumn column, const char *agent_id, const char *said, const char *constraint)
{
	const char *name = cgae_agent_columns[column].name;

	ereport(ERROR,
			(errcode(ERRCODE_CHECK_VIOLATION),
			 errmsg("%s of agent \"%s\" is %s", name, agent_id, said),
			 cgae_err_object("agents", name, constraint)));
}

/* Refuse an amount for what it is: "-5, which is negative". */
static void
refuse_amount(CgaeAgentColumn column, const char *agent_id, const char *value, const char *rule)
{
	refuse(column, agent_id, psprintf("%s, which is %s", value, rule),
		   psprintf("agents_%s_not_negative", cgae_agent_columns[column].name));
}

static void
check_money(CgaeAgentColumn column, const char *agent_id, Datum value)
{
	Numeric		amount = DatumGetNumeric(value);
	const char *rule = NULL;

	if (numeric_is_nan(amount) || numeric_is_inf(amount))
		rule = "not finite";
	else if (DatumGetBool(DirectFunctionCall2(numeric_lt, NumericGetDatum(amount),
											  NumericGetDatum(int64_to_numeric(0)))))
		rule = "negative";
	if (rule != NULL)
		refuse_amount(column, agent_id,
					  DatumGetCString(DirectFunctionCall1(numeric_out, NumericGetDatum(amount))),
					  rule);
}

void
cgae_agent_check_limits(const CgaeRow *new, const CgaeRow *old, const char *agent_id)
{
	if (is_new_value(new, old, CGAE_AGENT_MODEL_NAME) &&
		cgae_is_blank(TextDatumGetCString(CGAE_ROW_VALUE(new, CGAE_AGENT_MODEL_NAME))))
		refuse(CGAE_AGENT_MODEL_NAME, agent_id, "blank", "model_name_not_blank");
	if (is_new_value(new, old, CGAE_AGENT_PROVENANCE) &&
		!JB_ROOT_IS_OBJECT(DatumGetJsonbP(CGAE_ROW_VALUE(new, CGAE_AGENT_PROVENANCE))))
		refuse(CGAE_AGENT_PROVENANCE, agent_id, "not a JSON object", "provenance_is_object");

	for (int i = 0; i < lengthof(money_columns); i++)
		if (is_new_value(new, old, money_columns[i]))
			check_money(money_columns[i], agent_id, CGAE_ROW_VALUE(new, money_columns[i]));
	for (int i = 0; i < lengthof(counter_columns); i++)
		if (is_new_value(new, old, counter_columns[i]))
		{
			int64		count = DatumGetInt64(CGAE_ROW_VALUE(new, counter_columns[i]));

			if (count < 0)
				refuse_amount(counter_columns[i], agent_id, psprintf(INT64_FORMAT, count),
							  "negative");
		}
}
