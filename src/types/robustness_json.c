/*
 * robustness_json.c
 *	  The JSON form of cgae.robustness, {"cc": .., "er": .., "as": .., "ih": ..}.
 *
 * Text input and the cast from json read it here, by the rules of the cast from
 * jsonb: these four keys, each a number, of a repeated key the last.  The digits
 * of a number go to the same parser as those of the form (cc,er,as,ih), so that
 * both forms give the same doubles.
 */
#include "postgres.h"

#include "mb/pg_wchar.h"

#include "server/compat.h"
#include "types/robustness_json.h"
#include "types/score.h"

/* What the server's JSON parser tells of a text. */
typedef struct Reader
{
	JsonLexContext *lex;
	bool		is_object;
	char	   *unknown_key;	/* the first key that is no dimension, NULL for none */
	int			dimension;		/* of the field being read, -1 for an unknown key */
	const char *kind[CGAE_DIMENSIONS];	/* of the value: "number", ...; NULL: no such key */
	char	   *number[CGAE_DIMENSIONS];	/* its digits */
} Reader;

/* An object begins. */
static CGAE_JSON_ACTION
object_start(void *state)
{
	Reader	   *reading = state;

	if (reading->lex->lex_level == 0)
		reading->is_object = true;
	else if (reading->lex->lex_level == 1 && reading->is_object && reading->dimension >= 0)
		reading->kind[reading->dimension] = "object";
	CGAE_JSON_ACTION_DONE;
}

/* An array begins. */
static CGAE_JSON_ACTION
array_start(void *state)
{
	Reader	   *reading = state;

	if (reading->lex->lex_level == 1 && reading->is_object && reading->dimension >= 0)
		reading->kind[reading->dimension] = "array";
	CGAE_JSON_ACTION_DONE;
}

/* A field of an object begins. */
static CGAE_JSON_ACTION
field_start(void *state, char *key, bool isnull)
{
	Reader	   *reading = state;

	if (reading->lex->lex_level == 1)
	{
		reading->dimension = cgae_dimension_of_name(key, strlen(key));
		if (reading->dimension < 0 && reading->unknown_key == NULL)
			reading->unknown_key = key;
	}
	CGAE_JSON_ACTION_DONE;
}

/* A value that is neither object nor array. */
static CGAE_JSON_ACTION
scalar(void *state, char *token, JsonTokenType type)
{
	Reader	   *reading = state;

	if (reading->lex->lex_level == 1 && reading->is_object && reading->dimension >= 0)
	{
		reading->number[reading->dimension] = token;
		reading->kind[reading->dimension] =
			type == JSON_TOKEN_NUMBER ? "number" :
			type == JSON_TOKEN_STRING ? "string" :
			type == JSON_TOKEN_NULL ? "null" : "boolean";
	}
	CGAE_JSON_ACTION_DONE;
}

/*
 * Have the server parse the text.  Returns whether it could; if not, *fault is
 * the byte at which it stopped.
 */
static bool
read_json(Reader *reading, const char *text, size_t length, size_t *fault)
{
	JsonLexContext lex;
	JsonSemAction actions = {0};
	bool		is_json;

	memset(reading, 0, sizeof(*reading));
	reading->dimension = -1;
	reading->lex = makeJsonLexContextCstringLen(&lex, text, length, GetDatabaseEncoding(), true);
	actions.semstate = reading;
	actions.object_start = object_start;
	actions.array_start = array_start;
	actions.object_field_start = field_start;
	actions.scalar = scalar;
	is_json = pg_parse_json(&lex, &actions) == JSON_SUCCESS;
	*fault = lex.token_start == NULL ? length : (size_t) (lex.token_start - text);
	reading->lex = NULL;
	return is_json;
}

/* Refuse an object whose keys are not the four dimensions, or whose values are no numbers. */
static bool
check_object(const Reader *reading, int sqlstate, Node *escontext)
{
	if (!reading->is_object)
		ereturn(escontext, false,
				(errcode(sqlstate),
				 errmsg("cannot cast this json to cgae.robustness: it is not an object"),
				 errhint("The form is {\"cc\": .., \"er\": .., \"as\": .., \"ih\": ..}.")));
	if (reading->unknown_key != NULL)
		ereturn(escontext, false,
				(errcode(sqlstate),
				 errmsg("robustness object has an unknown key \"%s\"",
						cgae_quote(reading->unknown_key, strlen(reading->unknown_key))),
				 errhint("The keys are cc, er, as and ih.")));
	for (int d = 0; d < CGAE_DIMENSIONS; d++)
	{
		const char *name = cgae_dimension_names[d];

		if (reading->kind[d] == NULL)
			ereturn(escontext, false,
					(errcode(sqlstate),
					 errmsg("robustness object has no key \"%s\"", name),
					 errhint("The keys are cc, er, as and ih.")));
		if (strcmp(reading->kind[d], "null") == 0)
			ereturn(escontext, false,
					(errcode(sqlstate == ERRCODE_INVALID_TEXT_REPRESENTATION ?
							 sqlstate : ERRCODE_NULL_VALUE_NOT_ALLOWED),
					 errmsg("robustness score %s is null", name)));
		if (strcmp(reading->kind[d], "number") != 0)
			ereturn(escontext, false,
					(errcode(sqlstate),
					 errmsg("robustness score %s is a JSON %s, not a number", name,
							reading->kind[d])));
	}
	return true;
}

bool
cgae_robustness_from_json_text(const char *text, size_t length, int sqlstate, double *score,
							   Node *escontext)
{
	Reader		reading;
	size_t		fault;

	if (!read_json(&reading, text, length, &fault))
		ereturn(escontext, false,
				(errcode(ERRCODE_INVALID_TEXT_REPRESENTATION),
				 errmsg("malformed robustness \"%s\": it cannot be read as a JSON object",
						cgae_quote(text, length)),
				 errdetail("The JSON parser stops at byte %zu.", fault),
				 errhint(CGAE_ROBUSTNESS_FORMS)));
	if (!check_object(&reading, sqlstate, escontext))
		return false;
	for (int d = 0; d < CGAE_DIMENSIONS; d++)
	{
		char	   *end;

		if (!cgae_score_parse(d, reading.number[d], &end, &score[d], escontext))
			return false;
	}
	return true;
}
