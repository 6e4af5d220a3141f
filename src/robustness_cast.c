/*
 * robustness_cast.c
 *	  Casts between cgae.robustness and jsonb, float8[], cgae.robustness_scores.
 *
 * All of them are exact: numbers pass through the shortest decimal text, never
 * through float8's cast to numeric, which keeps 15 digits.  A null score is an
 * error in each, since a vector has no unknown part.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/pg_type.h"
#include "common/shortest_dec.h"
#include "executor/executor.h"
#include "funcapi.h"
#include "mb/pg_wchar.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/jsonb.h"
#include "utils/numeric.h"

#include "robustness.h"

/* Refuse a null score. */
static void
refuse_null(CgaeDimension dimension)
{
	ereport(ERROR,
			(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
			 errmsg("robustness score %s is null", cgae_dimension_names[dimension])));
}

/* Is this jsonb key the name of a dimension? */
static bool
is_dimension(const JsonbValue *key)
{
	for (int d = 0; d < CGAE_DIMENSIONS; d++)
	{
		const char *name = cgae_dimension_names[d];
		int			length = strlen(name);

		if (key->val.string.len == length && memcmp(key->val.string.val, name, length) == 0)
			return true;
	}
	return false;
}

/* Refuse an object with a key that is no dimension, naming the first. */
static void
check_keys(JsonbContainer *object)
{
	JsonbIterator *it = JsonbIteratorInit(object);
	JsonbValue	key;
	JsonbIteratorToken token;

	while ((token = JsonbIteratorNext(&it, &key, true)) != WJB_DONE)
		if (token == WJB_KEY && !is_dimension(&key))
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("robustness object has an unknown key \"%.*s\"",
							pg_mbcliplen(key.val.string.val, key.val.string.len, 100),
							key.val.string.val),
					 errhint("The keys are cc, er, as and ih.")));
}

/* Read one score of a jsonb object. */
static double
score_of_object(JsonbContainer *object, CgaeDimension dimension)
{
	const char *name = cgae_dimension_names[dimension];
	JsonbValue	buf;
	JsonbValue *value = getKeyJsonValueFromContainer(object, name, strlen(name), &buf);
	double		score = 0;
	char	   *end;

	if (value == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("robustness object has no key \"%s\"", name),
				 errhint("The keys are cc, er, as and ih.")));
	if (value->type == jbvNull)
		refuse_null(dimension);
	if (value->type != jbvNumeric)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("robustness score %s is a JSON %s, not a number", name,
						JsonbTypeName(value))));

	/* the decimal digits decide, exactly as in text input */
	(void) cgae_score_parse(dimension,
							DatumGetCString(DirectFunctionCall1(numeric_out,
																NumericGetDatum(value->val.numeric))),
							&end, &score, NULL);
	return score;
}

/*
 * cgae.robustness_from_jsonb(jsonb) returns cgae.robustness: cast
 *
 * Takes {"cc": .., "er": .., "as": .., "ih": ..}: these four keys and numbers.
 */
PG_FUNCTION_INFO_V1(cgae_robustness_from_jsonb);
Datum
cgae_robustness_from_jsonb(PG_FUNCTION_ARGS)
{
	Jsonb	   *json = PG_GETARG_JSONB_P(0);
	double		score[CGAE_DIMENSIONS];

	if (!JB_ROOT_IS_OBJECT(json))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("cannot cast this jsonb to cgae.robustness: it is not an object"),
				 errhint("The form is {\"cc\": .., \"er\": .., \"as\": .., \"ih\": ..}.")));
	check_keys(&json->root);
	for (int d = 0; d < CGAE_DIMENSIONS; d++)
		score[d] = score_of_object(&json->root, d);
	PG_RETURN_ROBUSTNESS_P(cgae_robustness_make(score));
}

/* cgae.robustness_to_jsonb(cgae.robustness) returns jsonb: cast */
PG_FUNCTION_INFO_V1(cgae_robustness_to_jsonb);
Datum
cgae_robustness_to_jsonb(PG_FUNCTION_ARGS)
{
	CgaeRobustness *r = PG_GETARG_ROBUSTNESS_P(0);
	StringInfoData json;

	initStringInfo(&json);
	for (int d = 0; d < CGAE_DIMENSIONS; d++)
	{
		char		number[DOUBLE_SHORTEST_DECIMAL_LEN];

		double_to_shortest_decimal_buf(r->score[d], number);
		appendStringInfo(&json, "%c\"%s\":%s", d == 0 ? '{' : ',', cgae_dimension_names[d], number);
	}
	appendStringInfoChar(&json, '}');
	return DirectFunctionCall1(jsonb_in, CStringGetDatum(json.data));
}

/*
 * cgae.robustness_from_array(float8[]) returns cgae.robustness: cast
 *
 * Takes one dimension of four elements, whatever its lower bound.
 */
PG_FUNCTION_INFO_V1(cgae_robustness_from_array);
Datum
cgae_robustness_from_array(PG_FUNCTION_ARGS)
{
	ArrayType  *array = PG_GETARG_ARRAYTYPE_P(0);
	Datum	   *elements;
	bool	   *nulls;
	int			count;
	double		score[CGAE_DIMENSIONS];

	if (ARR_NDIM(array) != 1 || ARR_DIMS(array)[0] != CGAE_DIMENSIONS)
		ereport(ERROR,
				(errcode(ERRCODE_ARRAY_SUBSCRIPT_ERROR),
				 errmsg("robustness array must have %d elements in one dimension: it has %d in %d",
						CGAE_DIMENSIONS, ArrayGetNItems(ARR_NDIM(array), ARR_DIMS(array)),
						ARR_NDIM(array)),
				 errhint("The elements are cc, er, as and ih.")));

	deconstruct_array(array, FLOAT8OID, sizeof(float8), FLOAT8PASSBYVAL, TYPALIGN_DOUBLE,
					  &elements, &nulls, &count);
	for (int d = 0; d < CGAE_DIMENSIONS; d++)
	{
		if (nulls[d])
			refuse_null(d);
		score[d] = DatumGetFloat8(elements[d]);
	}
	PG_RETURN_ROBUSTNESS_P(cgae_robustness_make(score));
}

/* cgae.robustness_to_array(cgae.robustness) returns float8[]: cast */
PG_FUNCTION_INFO_V1(cgae_robustness_to_array);
Datum
cgae_robustness_to_array(PG_FUNCTION_ARGS)
{
	CgaeRobustness *r = PG_GETARG_ROBUSTNESS_P(0);
	Datum		elements[CGAE_DIMENSIONS];

	for (int d = 0; d < CGAE_DIMENSIONS; d++)
		elements[d] = Float8GetDatum(r->score[d]);
	PG_RETURN_ARRAYTYPE_P(construct_array(elements, CGAE_DIMENSIONS, FLOAT8OID, sizeof(float8),
										  FLOAT8PASSBYVAL, TYPALIGN_DOUBLE));
}

/*
 * cgae.robustness_from_scores(cgae.robustness_scores) returns cgae.robustness: cast
 *
 * A row of nulls is an error, a null row gives null.
 */
PG_FUNCTION_INFO_V1(cgae_robustness_from_scores);
Datum
cgae_robustness_from_scores(PG_FUNCTION_ARGS)
{
	HeapTupleHeader row = PG_GETARG_HEAPTUPLEHEADER(0);
	double		score[CGAE_DIMENSIONS];

	for (int d = 0; d < CGAE_DIMENSIONS; d++)
	{
		bool		isnull;
		Datum		value = GetAttributeByNum(row, d + 1, &isnull);

		if (isnull)
			refuse_null(d);
		score[d] = DatumGetFloat8(value);
	}
	PG_RETURN_ROBUSTNESS_P(cgae_robustness_make(score));
}

/* cgae.robustness_to_scores(cgae.robustness) returns cgae.robustness_scores: cast */
PG_FUNCTION_INFO_V1(cgae_robustness_to_scores);
Datum
cgae_robustness_to_scores(PG_FUNCTION_ARGS)
{
	CgaeRobustness *r = PG_GETARG_ROBUSTNESS_P(0);
	TupleDesc	desc = fcinfo->flinfo->fn_extra;
	Datum		values[CGAE_DIMENSIONS];
	bool		nulls[CGAE_DIMENSIONS] = {false};

	if (desc == NULL)
	{
		MemoryContext oldcontext;

		if (get_call_result_type(fcinfo, NULL, &desc) != TYPEFUNC_COMPOSITE ||
			desc->natts != CGAE_DIMENSIONS)
			ereport(ERROR,
					(errcode(ERRCODE_DATATYPE_MISMATCH),
					 errmsg("cgae.robustness_scores has not the four columns cc, er, as_, ih")));
		oldcontext = MemoryContextSwitchTo(fcinfo->flinfo->fn_mcxt);
		desc = BlessTupleDesc(CreateTupleDescCopy(desc));
		MemoryContextSwitchTo(oldcontext);
		fcinfo->flinfo->fn_extra = desc;
	}

	for (int d = 0; d < CGAE_DIMENSIONS; d++)
		values[d] = Float8GetDatum(r->score[d]);
	PG_RETURN_DATUM(HeapTupleGetDatum(heap_form_tuple(desc, values, nulls)));
}
