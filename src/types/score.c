/*
 * score.c
 *	  One score of a robustness vector: its name, its text, its range.
 */
#include "postgres.h"

#include <ctype.h>

#include "common/shortest_dec.h"
#include "mb/pg_wchar.h"

#include "server/compat.h"
#include "types/score.h"

/* Longest piece of a user's text that a message repeats. */
#define QUOTE_BYTES 100

const char *const cgae_dimension_names[CGAE_DIMENSIONS] = {"cc", "er", "as", "ih"};

int
cgae_dimension_of_name(const char *name, int length)
{
	for (int d = 0; d < CGAE_DIMENSIONS; d++)
		if (strlen(cgae_dimension_names[d]) == (size_t) length &&
			memcmp(cgae_dimension_names[d], name, length) == 0)
			return d;
	return -1;
}

char *
cgae_quote(const char *text, int length)
{
	if (length <= QUOTE_BYTES)
		return pnstrdup(text, length);
	return psprintf("%.*s...", pg_mbcliplen(text, length, QUOTE_BYTES), text);
}

/* Refuse a number that is no score, saying why. */
static bool
refuse_range(CgaeDimension dimension, const char *value, const char *why, Node *escontext)
{
	ereturn(escontext, false,
			(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
			 errmsg("robustness score %s is out of range: %s", cgae_dimension_names[dimension],
					value),
			 errdetail_internal("%s", why)));
}

/* Is this a score?  NaN fails both comparisons. */
static inline bool
in_range(double score)
{
	return score >= 0 && score <= 1;
}

bool
cgae_score_check(CgaeDimension dimension, double *score, Node *escontext)
{
	if (unlikely(!in_range(*score)))
	{
		char		value[DOUBLE_SHORTEST_DECIMAL_LEN];

		double_to_shortest_decimal_buf(*score, value);
		return refuse_range(dimension, value, "A score lies between 0 and 1, bounds included.",
							escontext);
	}
	if (*score == 0)
		*score = 0;				/* was perhaps -0 */
	return true;
}

/*
 * PostgreSQL parses the number.  Its parser takes a little more than we want:
 * hexadecimal notation where the C library knows it.  NaN and infinity it takes
 * too, and these then fail the range check.  A number that would underflow to 0
 * is refused, as everywhere in the server: what was written is not what would
 * be stored.
 */
bool
cgae_score_parse(CgaeDimension dimension, char *text, char **end, double *score, Node *escontext)
{
	char	   *number = text;
	char	   *digits;
	int			length;
	bool		looks_numeric;
	bool		is_hex;

	while (isspace((unsigned char) *number))
		number++;
	digits = number + (*number == '+' || *number == '-');
	looks_numeric = isdigit((unsigned char) digits[0]) ||
		(digits[0] == '.' && isdigit((unsigned char) digits[1]));
	is_hex = digits[0] == '0' && (digits[1] == 'x' || digits[1] == 'X');

	/* what messages quote: up to the next separator, less white space */
	length = strcspn(number, ",()");
	while (length > 0 && isspace((unsigned char) number[length - 1]))
		length--;

	if (!is_hex && cgae_float8_parse(number, end, score))
	{
		if (**end == '\0' || strchr(",()", **end) != NULL)
			return cgae_score_check(dimension, score, escontext);
	}
	else if (!is_hex && looks_numeric)
		return refuse_range(dimension, cgae_quote(number, length),
							"The number is too large or too small for double precision.",
							escontext);

	ereturn(escontext, false,
			(errcode(ERRCODE_INVALID_TEXT_REPRESENTATION),
			 errmsg("robustness score %s is not a number: \"%s\"",
					cgae_dimension_names[dimension], cgae_quote(number, length))));
}
