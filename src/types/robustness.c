/*
 * robustness.c
 *	  The SQL type cgae.robustness: input, output, constructor, accessors.
 *
 * See robustness.h for the layout and the invariant that all of this upholds.
 */
#include "postgres.h"

#include <ctype.h>

#include "common/shortest_dec.h"
#include "libpq/pqformat.h"

#include "server/compat.h"
#include "types/robustness.h"
#include "types/robustness_json.h"

/*
 * The binary form has 33 bytes: this one, then cc, er, as and ih as IEEE 754
 * doubles of 8 bytes each, the most significant byte first.
 */
#define BINARY_VERSION 1
#define BINARY_LENGTH (1 + CGAE_DIMENSIONS * (int) sizeof(float8))

CgaeRobustness *
cgae_robustness_make(const double *score)
{
	CgaeRobustness *r = palloc(sizeof(CgaeRobustness));

	for (int d = 0; d < CGAE_DIMENSIONS; d++)
	{
		r->score[d] = score[d];
		(void) cgae_score_check(d, &r->score[d], NULL);
	}
	return r;
}

/* Refuse a text that has neither form, saying what is wrong with it. */
static Datum
refuse_text(const char *text, const char *problem, const char *where, Node *escontext)
{
	ereturn(escontext, (Datum) 0,
			(errcode(ERRCODE_INVALID_TEXT_REPRESENTATION),
			 errmsg("malformed robustness \"%s\": %s%s", cgae_quote(text, strlen(text)), problem,
					where),
			 errhint(CGAE_ROBUSTNESS_FORMS)));
}

/*
 * cgae.robustness_in(cstring) returns cgae.robustness
 *
 * Reads "(cc,er,as,ih)".  White space may stand around the whole and around
 * each number, nothing else may be added or left out.  A text that begins with
 * "{" is read as JSON, which json_populate_record() and its like hand over.
 * Soft errors where the server has them.
 */
PG_FUNCTION_INFO_V1(cgae_robustness_in);
Datum
cgae_robustness_in(PG_FUNCTION_ARGS)
{
	char	   *text = PG_GETARG_CSTRING(0);
	Node	   *escontext = fcinfo->context;
	char	   *at = text;
	CgaeRobustness *r = palloc(sizeof(CgaeRobustness));

	while (isspace((unsigned char) *at))
		at++;
	if (*at == '{')
	{
		if (!cgae_robustness_from_json_text(text, strlen(text), ERRCODE_INVALID_TEXT_REPRESENTATION,
											r->score, escontext))
			return (Datum) 0;
		PG_RETURN_ROBUSTNESS_P(r);
	}
	if (*at++ != '(')
		return refuse_text(text, "expected \"(\" before score ", "cc", escontext);

	for (int d = 0; d < CGAE_DIMENSIONS; d++)
	{
		bool		last = d == CGAE_DIMENSIONS - 1;

		if (!cgae_score_parse(d, at, &at, &r->score[d], escontext))
			return (Datum) 0;
		if (*at++ != (last ? ')' : ','))
			return refuse_text(text,
							   last ? "expected \")\" after score " : "expected \",\" after score ",
							   cgae_dimension_names[d], escontext);
	}

	while (isspace((unsigned char) *at))
		at++;
	if (*at != '\0')
		return refuse_text(text, "unexpected text after \")\"", "", escontext);
	PG_RETURN_ROBUSTNESS_P(r);
}

/*
 * cgae.robustness_out(cgae.robustness) returns cstring
 *
 * The shortest decimals that read back as the same doubles, whatever
 * extra_float_digits says: a dump or a replica must not lose a bit.
 */
PG_FUNCTION_INFO_V1(cgae_robustness_out);
Datum
cgae_robustness_out(PG_FUNCTION_ARGS)
{
	CgaeRobustness *r = PG_GETARG_ROBUSTNESS_P(0);
	char	   *text = palloc(CGAE_DIMENSIONS * (DOUBLE_SHORTEST_DECIMAL_LEN + 1) + 2);
	char	   *at = text;

	for (int d = 0; d < CGAE_DIMENSIONS; d++)
	{
		*at++ = d == 0 ? '(' : ',';
		at += double_to_shortest_decimal_buf(r->score[d], at);
	}
	strcpy(at, ")");
	PG_RETURN_CSTRING(text);
}

/*
 * cgae.robustness_recv(internal) returns cgae.robustness
 *
 * Trusts nothing: length and version must be right (invalid_binary_representation)
 * and each score is checked as in text.
 */
PG_FUNCTION_INFO_V1(cgae_robustness_recv);
Datum
cgae_robustness_recv(PG_FUNCTION_ARGS)
{
	StringInfo	buf = (StringInfo) PG_GETARG_POINTER(0);
	int			length = buf->len - buf->cursor;
	int			version;
	double		score[CGAE_DIMENSIONS];

	if (length < 1)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_BINARY_REPRESENTATION),
				 errmsg("binary robustness is empty")));
	version = pq_getmsgbyte(buf);
	if (version != BINARY_VERSION)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_BINARY_REPRESENTATION),
				 errmsg("binary robustness has version %d, expected %d", version, BINARY_VERSION)));
	if (length != BINARY_LENGTH)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_BINARY_REPRESENTATION),
				 errmsg("binary robustness has %d bytes, expected %d", length, BINARY_LENGTH)));

	for (int d = 0; d < CGAE_DIMENSIONS; d++)
		score[d] = pq_getmsgfloat8(buf);
	PG_RETURN_ROBUSTNESS_P(cgae_robustness_make(score));
}

/* cgae.robustness_send(cgae.robustness) returns bytea */
PG_FUNCTION_INFO_V1(cgae_robustness_send);
Datum
cgae_robustness_send(PG_FUNCTION_ARGS)
{
	CgaeRobustness *r = PG_GETARG_ROBUSTNESS_P(0);
	StringInfoData buf;

	pq_begintypsend(&buf);
	pq_sendbyte(&buf, BINARY_VERSION);
	for (int d = 0; d < CGAE_DIMENSIONS; d++)
		pq_sendfloat8(&buf, r->score[d]);
	PG_RETURN_BYTEA_P(pq_endtypsend(&buf));
}

/*
 * cgae.robustness(cc float8, er float8, as_ float8, ih float8) returns cgae.robustness
 *
 * The constructor.  Strict; a score that is NaN or outside [0,1] is refused.
 */
PG_FUNCTION_INFO_V1(cgae_robustness);
Datum
cgae_robustness(PG_FUNCTION_ARGS)
{
	double		score[CGAE_DIMENSIONS];

	for (int d = 0; d < CGAE_DIMENSIONS; d++)
		score[d] = PG_GETARG_FLOAT8(d);
	PG_RETURN_ROBUSTNESS_P(cgae_robustness_make(score));
}

/* cgae.cc(cgae.robustness) returns float8: constraint compliance */
PG_FUNCTION_INFO_V1(cgae_cc);
Datum
cgae_cc(PG_FUNCTION_ARGS)
{
	PG_RETURN_FLOAT8(PG_GETARG_ROBUSTNESS_P(0)->score[CGAE_CC]);
}

/* cgae.er(cgae.robustness) returns float8: epistemic robustness */
PG_FUNCTION_INFO_V1(cgae_er);
Datum
cgae_er(PG_FUNCTION_ARGS)
{
	PG_RETURN_FLOAT8(PG_GETARG_ROBUSTNESS_P(0)->score[CGAE_ER]);
}

/* cgae.as_(cgae.robustness) returns float8: behavioural alignment */
PG_FUNCTION_INFO_V1(cgae_as_);
Datum
cgae_as_(PG_FUNCTION_ARGS)
{
	PG_RETURN_FLOAT8(PG_GETARG_ROBUSTNESS_P(0)->score[CGAE_AS]);
}

/* cgae.ih(cgae.robustness) returns float8: intrinsic-hallucination integrity */
PG_FUNCTION_INFO_V1(cgae_ih);
Datum
cgae_ih(PG_FUNCTION_ARGS)
{
	PG_RETURN_FLOAT8(PG_GETARG_ROBUSTNESS_P(0)->score[CGAE_IH]);
}

/* cgae.weakest(cgae.robustness) returns float8: the least of cc, er, as */
PG_FUNCTION_INFO_V1(cgae_weakest);
Datum
cgae_weakest(PG_FUNCTION_ARGS)
{
	PG_RETURN_FLOAT8(cgae_gate_core_weakest(PG_GETARG_ROBUSTNESS_P(0)));
}
