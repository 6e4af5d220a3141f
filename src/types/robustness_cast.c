/*
 * robustness_cast.c
 *	  Casts between cgae.robustness and json, jsonb, float8[], cgae.robustness_scores,
 *	  and from numeric[].
 *
 * All of them are exact: numbers pass through the shortest decimal text, never
 * through float8's cast to numeric, which keeps 15 digits.  A null score is an
 * error in each, since a vector has no unknown part.
 */
#include "postgres.h"

#include <math.h>

#include "access/htup_details.h"
#include "catalog/pg_type.h"
#include "common/shortest_dec.h"
#include "executor/executor.h"
#include "funcapi.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/jsonb.h"
#include "utils/numeric.h"

#include "types/robustness.h"
#include "types/robustness_json.h"

/* Refuse a null score. */
static void
refuse_null(CgaeDimension dimension)
{
	ereport(ERROR,
			(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
			 errmsg("robustness score %s is null", cgae_dimension_names[dimension])));
}

/* A number as a score: its decimal digits decide, exactly as in text input. */
static double
score_of_numeric(CgaeDimension dimension, Numeric number)
{
	char	   *digits = DatumGetCString(DirectFunctionCall1(numeric_out, NumericGetDatum(number)));
	char	   *end;
	double		score = 0;

	(void) cgae_score_parse(dimension, digits, &end, &score, NULL);
	return score;
}

/* Refuse an object with a key that is no dimension, naming the first. */
static void
check_keys(JsonbContainer *object)
{
	JsonbIterator *it = JsonbIteratorInit(object);
	JsonbValue	key;
	JsonbIteratorToken token;

	while ((token = JsonbIteratorNext(&it, &key, true)) != WJB_DONE)
		if (token == WJB_KEY && cgae_dimension_of_name(key.val.string.val, key.val.string.len) < 0)
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("robustness object has an unknown key \"%s\"",
							cgae_quote(key.val.string.val, key.val.string.len)),
					 errhint("The keys are cc, er, as and ih.")));
}

/* Read one score of a jsonb object. */
static double
score_of_object(JsonbContainer *object, CgaeDimension dimension)
{
	const char *name = cgae_dimension_names[dimension];
	JsonbValue	buf;
	JsonbValue *value = getKeyJsonValueFromContainer(object, name, strlen(name), &buf);

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

	return score_of_numeric(dimension, value->val.numeric);
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

/* A vector as the text of a JSON object. */
static StringInfoData
json_text(const CgaeRobustness *r)
{
	StringInfoData json;

	initStringInfo(&json);
	for (int d = 0; d < CGAE_DIMENSIONS; d++)
	{
		char		number[DOUBLE_SHORTEST_DECIMAL_LEN] = "null";

		/* a value that got around the type may have what JSON has no number for */
		if (isfinite(r->score[d]))
			double_to_shortest_decimal_buf(r->score[d], number);
		appendStringInfo(&json, "%s\"%s\": %s", d == 0 ? "{" : ", ",
						 cgae_dimension_names[d], number);
	}
	appendStringInfoChar(&json, '}');
	return json;
}

/* cgae.robustness_to_jsonb(cgae.robustness) returns jsonb: cast */
PG_FUNCTION_INFO_V1(cgae_robustness_to_jsonb);
Datum
cgae_robustness_to_jsonb(PG_FUNCTION_ARGS)
{
	StringInfoData json = json_text(PG_GETARG_ROBUSTNESS_P(0));

	return DirectFunctionCall1(jsonb_in, CStringGetDatum(json.data));
}

/*
 * cgae.robustness_from_json(json) returns cgae.robustness: cast
 *
 * The same of json, whose text it reads.
 */
PG_FUNCTION_INFO_V1(cgae_robustness_from_json);
Datum
cgae_robustness_from_json(PG_FUNCTION_ARGS)
{
	text	   *json = PG_GETARG_TEXT_PP(0);
	double		score[CGAE_DIMENSIONS];

	(void) cgae_robustness_from_json_text(VARDATA_ANY(json), VARSIZE_ANY_EXHDR(json),
										  ERRCODE_INVALID_PARAMETER_VALUE, score, NULL);
	PG_RETURN_ROBUSTNESS_P(cgae_robustness_make(score));
}

/*
 * cgae.robustness_to_json(cgae.robustness) returns json: cast
 *
 * to_json(), to_jsonb(), row_to_json() and their like call it for a vector.
 */
PG_FUNCTION_INFO_V1(cgae_robustness_to_json);
Datum
cgae_robustness_to_json(PG_FUNCTION_ARGS)
{
	StringInfoData json = json_text(PG_GETARG_ROBUSTNESS_P(0));

	PG_RETURN_TEXT_P(cstring_to_text_with_len(json.data, json.len));
}

/* Take an array of four elements apart: one dimension, whatever its lower bound, no nulls. */
static Datum *
elements_of_array(ArrayType *array, Oid type, int16 length, bool by_value, char alignment)
{
	Datum	   *elements;
	bool	   *nulls;
	int			count;

	if (ARR_NDIM(array) != 1 || ARR_DIMS(array)[0] != CGAE_DIMENSIONS)
		ereport(ERROR,
				(errcode(ERRCODE_ARRAY_SUBSCRIPT_ERROR),
				 errmsg("robustness array must have %d elements in one dimension: it has %d in %d",
						CGAE_DIMENSIONS, ArrayGetNItems(ARR_NDIM(array), ARR_DIMS(array)),
						ARR_NDIM(array)),
				 errhint("The elements are cc, er, as and ih.")));

	deconstruct_array(array, type, length, by_value, alignment, &elements, &nulls, &count);
	for (int d = 0; d < CGAE_DIMENSIONS; d++)
		if (nulls[d])
			refuse_null(d);
	return elements;
}

/* cgae.robustness_from_array(float8[]) returns cgae.robustness: cast */
PG_FUNCTION_INFO_V1(cgae_robustness_from_array);
Datum
cgae_robustness_from_array(PG_FUNCTION_ARGS)
{
	Datum	   *elements = elements_of_array(PG_GETARG_ARRAYTYPE_P(0), FLOAT8OID, sizeof(float8),
											 FLOAT8PASSBYVAL, TYPALIGN_DOUBLE);
	double		score[CGAE_DIMENSIONS];

	for (int d = 0; d < CGAE_DIMENSIONS; d++)
		score[d] = DatumGetFloat8(elements[d]);
	PG_RETURN_ROBUSTNESS_P(cgae_robustness_make(score));
}

/*
 * cgae.robustness_from_numeric_array(numeric[]) returns cgae.robustness: cast
 *
 * What ARRAY[0.7, 0.65, 0.6, 0.9] is.  The decimal digits decide, as in text input.
 */
PG_FUNCTION_INFO_V1(cgae_robustness_from_numeric_array);
Datum
cgae_robustness_from_numeric_array(PG_FUNCTION_ARGS)
{
	Datum	   *elements = elements_of_array(PG_GETARG_ARRAYTYPE_P(0), NUMERICOID, -1, false,
											 TYPALIGN_INT);
	double		score[CGAE_DIMENSIONS];

	for (int d = 0; d < CGAE_DIMENSIONS; d++)
		score[d] = score_of_numeric(d, DatumGetNumeric(elements[d]));
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
