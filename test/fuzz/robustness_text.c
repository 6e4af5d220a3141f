/*
 * robustness_text.c
 *	  Text input of cgae.robustness, (cc,er,as,ih) or a JSON object: any text is refused
 *	  with an expected SQLSTATE or is a valid value, which text and binary output give back to the bit.
 */
#include "postgres.h"

#include <math.h>

#include "lib/stringinfo.h"
#include "mb/pg_wchar.h"

#include "types/robustness.h"
#include "shim.h"

extern Datum cgae_robustness_in(PG_FUNCTION_ARGS);
extern Datum cgae_robustness_out(PG_FUNCTION_ARGS);
extern Datum cgae_robustness_recv(PG_FUNCTION_ARGS);
extern Datum cgae_robustness_send(PG_FUNCTION_ARGS);

static Datum
call(PGFunction function, Datum argument)
{
	LOCAL_FCINFO(fcinfo, 1);

	InitFunctionCallInfoData(*fcinfo, NULL, 1, InvalidOid, NULL, NULL);
	fcinfo->args[0].value = argument;
	fcinfo->args[0].isnull = false;
	argument = function(fcinfo);
	CHECK(!fcinfo->isnull);
	return argument;
}

/* Read a text and write it again in every way. */
static void
round_trip(void *text)
{
	CgaeRobustness *r = DatumGetRobustnessP(call(cgae_robustness_in, CStringGetDatum(text)));
	char	   *written;
	bytea	   *sent;
	StringInfoData received;

	for (int d = 0; d < CGAE_DIMENSIONS; d++)
	{
		CHECK(r->score[d] >= 0 && r->score[d] <= 1);
		CHECK(!signbit(r->score[d]));
	}

	written = DatumGetCString(call(cgae_robustness_out, RobustnessPGetDatum(r)));
	CHECK(memcmp(r, DatumGetRobustnessP(call(cgae_robustness_in, CStringGetDatum(written))),
				 sizeof(*r)) == 0);

	sent = (bytea *) DatumGetPointer(call(cgae_robustness_send, RobustnessPGetDatum(r)));
	initStringInfo(&received);
	appendBinaryStringInfo(&received, VARDATA(sent), VARSIZE(sent) - VARHDRSZ);
	CHECK(memcmp(r, DatumGetRobustnessP(call(cgae_robustness_recv, PointerGetDatum(&received))),
				 sizeof(*r)) == 0);
	CHECK(received.cursor == received.len);
}

int
LLVMFuzzerTestOneInput(const uint8 *data, size_t size)
{
	char	   *text;
	int			error;

	/* the server has seen to that: text is valid in its encoding, without NUL */
	if (memchr(data, 0, size) != NULL ||
		pg_encoding_verifymbstr(PG_UTF8, (const char *) data, size) != (int) size)
		return 0;

	text = pnstrdup((const char *) data, size);
	error = fuzz_try(round_trip, text);
	CHECK(error == 0 || error == ERRCODE_INVALID_TEXT_REPRESENTATION ||
		  error == ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE);
	/* what a message quotes is cut between characters, and a short text stays one line's worth */
	if (error != 0)
	{
		CHECK(fuzz_message()[0] != '\0');
		CHECK(strlen(fuzz_message()) < 300);
		CHECK(pg_encoding_verifymbstr(PG_UTF8, fuzz_message(), strlen(fuzz_message())) ==
			  (int) strlen(fuzz_message()));
	}
	fuzz_reset();
	return 0;
}
