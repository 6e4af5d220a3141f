/*
 * policy_digest.c
 *	  SHA-256 over everything that a policy says.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "lib/stringinfo.h"
#include "libpq/pqformat.h"
#include "mb/pg_wchar.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/timestamp.h"

#include "guards/policy_digest.h"

#define VERSION_LINE "cgae/policy/v1\n"

/* Microseconds from 1970, from which these formats count, to PostgreSQL's epoch. */
#define EPOCH_SHIFT ((int64) (POSTGRES_EPOCH_JDATE - UNIX_EPOCH_JDATE) * USECS_PER_DAY)

/* Append a field: its length, and its bytes. */
static void
add_field(StringInfo row, const char *bytes, int length)
{
	appendStringInfo(row, "%d ", length);
	appendBinaryStringInfo(row, bytes, length);
	appendStringInfoChar(row, '\n');
}

static void
add_integer(StringInfo row, int64 value)
{
	char	   *digits = psprintf(INT64_FORMAT, value);

	add_field(row, digits, strlen(digits));
}

/* In UTF-8, whatever the database's encoding; of an unknown one the bytes count as they are. */
static void
add_text(StringInfo row, Datum value)
{
	char	   *string = TextDatumGetCString(value);

	if (GetDatabaseEncoding() != PG_SQL_ASCII)
		string = pg_server_to_any(string, strlen(string), PG_UTF8);
	add_field(row, string, strlen(string));
}

static void
add_double(StringInfo row, Datum value)
{
	StringInfoData bytes;

	initStringInfo(&bytes);
	pq_sendfloat8(&bytes, DatumGetFloat8(value));
	add_field(row, bytes.data, bytes.len);
}

/*
 * The elements of an array in one field.  It may still be of another shape than
 * the guard lets in: what is null adds nothing.
 */
static void
add_array(StringInfo row, Datum value, Oid type)
{
	bool		is_double = type == FLOAT8OID;
	StringInfoData bytes;
	Datum	   *elements;
	bool	   *nulls;
	int			count;

	deconstruct_array(DatumGetArrayTypeP(value), type, is_double ? sizeof(float8) : -1,
					  is_double && FLOAT8PASSBYVAL, is_double ? TYPALIGN_DOUBLE : TYPALIGN_INT,
					  &elements, &nulls, &count);
	initStringInfo(&bytes);
	for (int i = 0; i < count; i++)
	{
		if (nulls[i])
			continue;
		if (is_double)
			pq_sendfloat8(&bytes, DatumGetFloat8(elements[i]));
		else
			appendStringInfo(&bytes, "%s%s", i > 0 ? "," : "",
							 DatumGetCString(DirectFunctionCall1(numeric_out, elements[i])));
	}
	add_field(row, bytes.data, bytes.len);
}

bytea *
cgae_policy_digest(const Datum *values)
{
	const Interval *step = DatumGetIntervalP(values[CGAE_POLICY_TIME_STEP]);
	StringInfoData row;

	initStringInfo(&row);
	appendStringInfoString(&row, VERSION_LINE);
	add_integer(&row, DatumGetInt32(values[CGAE_POLICY_VERSION]));
	add_array(&row, values[CGAE_POLICY_CC], FLOAT8OID);
	add_array(&row, values[CGAE_POLICY_ER], FLOAT8OID);
	add_array(&row, values[CGAE_POLICY_AS], FLOAT8OID);
	add_double(&row, values[CGAE_POLICY_IH_THRESHOLD]);
	add_array(&row, values[CGAE_POLICY_BUDGET_CEILINGS], NUMERICOID);
	add_array(&row, values[CGAE_POLICY_AUDIT_INTENSITIES], FLOAT8OID);
	add_double(&row, values[CGAE_POLICY_DECAY_RATE]);
	/* unsigned, since the guard has yet to refuse what overflows */
	add_integer(&row, (int64) ((uint64) step->day * USECS_PER_DAY + (uint64) step->time));
	add_integer(&row, DatumGetTimestampTz(values[CGAE_POLICY_EFFECTIVE_FROM]) + EPOCH_SHIFT);
	add_text(&row, values[CGAE_POLICY_NOTE]);
	add_text(&row, values[CGAE_POLICY_ACTOR]);
	add_field(&row, "0,0,0,0,0,0", 11);
	add_field(&row, "T0", 2);
	add_field(&row, "T0", 2);
	return DatumGetByteaP(DirectFunctionCall1(sha256_bytea,
											  PointerGetDatum(cstring_to_text_with_len(row.data,
																					   row.len))));
}
