/*
 * robustness_binary.c
 *	  Binary input of cgae.robustness: any bytes are refused with an expected SQLSTATE
 *	  or are a valid value, which binary output gives back (with 0 for -0).
 */
#include "postgres.h"

#include <math.h>

#include "lib/stringinfo.h"
#include "port/pg_bswap.h"

#include "types/robustness.h"
#include "shim.h"

extern Datum cgae_robustness_recv(PG_FUNCTION_ARGS);
extern Datum cgae_robustness_send(PG_FUNCTION_ARGS);

static Datum
call(PGFunction function, Datum argument)
{
	LOCAL_FCINFO(fcinfo, 1);

	InitFunctionCallInfoData(*fcinfo, NULL, 1, InvalidOid, NULL, NULL);
	fcinfo->args[0].value = argument;
	fcinfo->args[0].isnull = false;
	return function(fcinfo);
}

static void
round_trip(void *argument)
{
	StringInfo	message = argument;
	CgaeRobustness *r = DatumGetRobustnessP(call(cgae_robustness_recv, PointerGetDatum(message)));
	bytea	   *sent;

	CHECK(message->cursor == message->len);
	for (int d = 0; d < CGAE_DIMENSIONS; d++)
	{
		uint64		bits;

		CHECK(r->score[d] >= 0 && r->score[d] <= 1);
		CHECK(!signbit(r->score[d]));
		memcpy(&bits, message->data + 1 + d * sizeof(bits), sizeof(bits));
		bits = pg_ntoh64(bits);
		CHECK(r->score[d] == 0 || memcmp(&bits, &r->score[d], sizeof(bits)) == 0);
	}

	sent = (bytea *) DatumGetPointer(call(cgae_robustness_send, RobustnessPGetDatum(r)));
	CHECK(VARSIZE(sent) - VARHDRSZ == (size_t) message->len);
	CHECK(VARDATA(sent)[0] == message->data[0]);
}

int
LLVMFuzzerTestOneInput(const uint8 *data, size_t size)
{
	/* no byte more than there is, so that reading beyond is seen */
	char	   *bytes = palloc(size);
	StringInfoData message = {.data = bytes, .len = size, .maxlen = size};
	int			error;

	if (size > 0)
		memcpy(bytes, data, size);
	error = fuzz_try(round_trip, &message);
	CHECK(error == 0 || error == ERRCODE_INVALID_BINARY_REPRESENTATION ||
		  error == ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE);
	fuzz_reset();
	return 0;
}
