/*
 * architecture.c
 *	  Architecture hashes: SHA-256 over the canonical JSON of a model configuration.
 *
 * The hash of a json value is that of its text read as UTF-8, so it is the same
 * in every database encoding.  A jsonb value is hashed as the text that it
 * prints: jsonb has normalised its numbers (1e5 became 100000, an integer) and
 * dropped duplicate keys by then, so the two may differ for what was one text.
 *
 * Invariants: the digest is made as the canonical text is written, which is
 * never held as a whole; of OpenSSL's, a backend keeps one algorithm and one
 * digest.  The C functions are called by the registry's guards.
 */
#include "postgres.h"

#include <openssl/err.h>
#include <openssl/evp.h>

#include "fmgr.h"
#include "lib/stringinfo.h"
#include "mb/pg_wchar.h"
#include "utils/builtins.h"
#include "utils/jsonb.h"
#include "utils/memutils.h"

#include "json/canonical_json.h"
#include "types/architecture.h"

#define DIGEST_BYTES (CGAE_DIGEST_DIGITS / 2)

/* Bytes of a refused hash that its message shows. */
#define SHOWN_BYTES 80

/* Raise the reason that OpenSSL gives for a failure. */
static void
openssl_failure(const char *what)
{
	const char *reason = ERR_reason_error_string(ERR_get_error());

	ERR_clear_error();
	ereport(ERROR,
			(errcode(ERRCODE_EXTERNAL_ROUTINE_EXCEPTION),
			 errmsg("could not %s SHA-256 digest: %s", what,
					reason != NULL ? reason : "no reason given")));
}

/*
 * The SHA-256 algorithm.  OpenSSL 3 looks it up among its providers, which
 * costs more than the digest of a short text: once per backend.
 */
static const EVP_MD *
sha256(void)
{
#if OPENSSL_VERSION_NUMBER >= 0x30000000L
	static EVP_MD *algorithm = NULL;

	if (algorithm == NULL)
		algorithm = EVP_MD_fetch(NULL, "SHA256", NULL);
	if (algorithm == NULL)
		openssl_failure("find");
	return algorithm;
#else
	return EVP_sha256();
#endif
}

/*
 * A digest that has just begun.  One for all calls: what an error has left in it
 * is gone when it begins anew, and no digest is made while another one is.
 */
static EVP_MD_CTX *
begin_digest(void)
{
	static EVP_MD_CTX *state = NULL;

	if (state == NULL)
		state = EVP_MD_CTX_new();
	if (state == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_OUT_OF_MEMORY),
				 errmsg("out of memory")));
	if (EVP_DigestInit_ex(state, sha256(), NULL) != 1)
		openssl_failure("start");
	return state;
}

/* CgaeJsonSink of an EVP_MD_CTX. */
static void
digest_piece(void *state, const char *piece, size_t length)
{
	if (EVP_DigestUpdate(state, piece, length) != 1)
		openssl_failure("update");
}

/*
 * CgaeJsonSink of a StringInfo whose first bytes are the header of a text
 * value.  Escaping can make 6 bytes out of 1, so valid input may be too long.
 */
static void
append_piece(void *state, const char *piece, size_t length)
{
	StringInfo	result = state;

	if (length >= MaxAllocSize - (size_t) result->len)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("canonical JSON is too long for a value of type text"),
				 errdetail("A value of type text is at most 1 GB long."),
				 errhint("The architecture hash of this value can be computed nevertheless.")));
	appendBinaryStringInfoNT(result, piece, (int) length);
}

/* Is a text pure ASCII?  Then it is the same in UTF-8, whatever the encoding. */
static bool
is_ascii(const char *s, int length)
{
	for (const char *end = s + length; s < end; s++)
	{
		if (IS_HIGHBIT_SET(*s))
			return false;
	}
	return true;
}

/* Write the canonical form of a JSON text in the database encoding to a sink. */
static void
write_canonical(const char *json, int length, CgaeJsonSink sink, void *state)
{
	char	   *utf8;

	if (GetDatabaseEncoding() == PG_UTF8 || is_ascii(json, length))
	{
		cgae_canonical_json_write(json, length, sink, state);
		return;
	}

	utf8 = (char *) pg_do_encoding_conversion((unsigned char *) unconstify(char *, json), length,
											  GetDatabaseEncoding(), PG_UTF8);
	if (utf8 == json)			/* SQL_ASCII: checked, not converted */
		cgae_canonical_json_write(json, length, sink, state);
	else
	{
		cgae_canonical_json_write(utf8, strlen(utf8), sink, state);
		pfree(utf8);
	}
}

/* The canonical form of a JSON text as a new text value. */
static text *
canonical_text(const char *json, int length)
{
	StringInfoData result;

	initStringInfo(&result);
	appendStringInfoSpaces(&result, VARHDRSZ);
	write_canonical(json, length, append_piece, &result);
	SET_VARSIZE(result.data, result.len);
	return (text *) result.data;
}

/* Write the digest of a JSON text as 64 lower-case hex digits and a NUL. */
static void
digest(const char *json, int length, char dest[CGAE_HASH_SIZE])
{
	EVP_MD_CTX *state = begin_digest();
	unsigned char bytes[EVP_MAX_MD_SIZE];
	unsigned int size = 0;

	write_canonical(json, length, digest_piece, state);
	if (EVP_DigestFinal_ex(state, bytes, &size) != 1)
		openssl_failure("finish");
	if (size != DIGEST_BYTES)
		elog(ERROR, "SHA-256 digest has %u bytes", size);

	hex_encode((const char *) bytes, DIGEST_BYTES, dest);
	dest[CGAE_DIGEST_DIGITS] = '\0';
}

/* The first digits of the digest of a JSON text as a new text value. */
static text *
digest_text(const char *json, int length, int digits)
{
	char		hex[CGAE_HASH_SIZE];

	digest(json, length, hex);
	return cstring_to_text_with_len(hex, digits);
}

/* The text of a jsonb value, as jsonb_out() gives it, and its length. */
static char *
jsonb_text(Jsonb *jsonb, int *length)
{
	StringInfoData result;

	initStringInfo(&result);
	(void) JsonbToCString(&result, &jsonb->root, VARSIZE(jsonb));
	*length = result.len;
	return result.data;
}

void
cgae_architecture_digest_of_json(const text *json, char dest[CGAE_HASH_SIZE])
{
	digest(VARDATA_ANY(json), VARSIZE_ANY_EXHDR(json), dest);
}

int
cgae_read_architecture_hash(const text *hash, char dest[CGAE_HASH_SIZE])
{
	const char *given = VARDATA_ANY(hash);
	int			length = VARSIZE_ANY_EXHDR(hash);
	/* each byte as a digit in lower case; 0: it is none */
	static const char digits[256] = {
		['0'] = '0',['1'] = '1',['2'] = '2',['3'] = '3',['4'] = '4',
		['5'] = '5',['6'] = '6',['7'] = '7',['8'] = '8',['9'] = '9',
		['a'] = 'a',['b'] = 'b',['c'] = 'c',['d'] = 'd',['e'] = 'e',['f'] = 'f',
		['A'] = 'a',['B'] = 'b',['C'] = 'c',['D'] = 'd',['E'] = 'e',['F'] = 'f'
	};
	bool		valid = true;

	if (length != CGAE_HASH_DIGITS && length != CGAE_DIGEST_DIGITS)
		length = 0;
	for (int i = 0; i < length; i++)
	{
		dest[i] = digits[(unsigned char) given[i]];
		valid &= dest[i] != 0;
	}
	if (!valid)
		length = 0;
	dest[length] = '\0';
	return length;
}

int
cgae_parse_architecture_hash(const text *hash, char dest[CGAE_HASH_SIZE])
{
	const char *given = VARDATA_ANY(hash);
	int			length = VARSIZE_ANY_EXHDR(hash);
	int			read = cgae_read_architecture_hash(hash, dest);

	if (read == 0)
	{
		int			shown = pg_mbcliplen(given, length, SHOWN_BYTES);

		ereport(ERROR,
				(errcode(ERRCODE_INVALID_TEXT_REPRESENTATION),
				 errmsg("architecture hash \"%.*s%s\" is not 16 or 64 hexadecimal digits",
						shown, given, shown < length ? "..." : "")));
	}
	return read;
}

bool
cgae_architecture_hash_equal(const char *a, const char *b)
{
	size_t		a_digits = strlen(a);
	size_t		b_digits = strlen(b);

	/* an empty string is a prefix of every hash, and equals none */
	if ((a_digits != CGAE_HASH_DIGITS && a_digits != CGAE_DIGEST_DIGITS) ||
		(b_digits != CGAE_HASH_DIGITS && b_digits != CGAE_DIGEST_DIGITS))
		return false;
	return strncmp(a, b, Min(a_digits, b_digits)) == 0;
}

/* cgae.canonical_json(json) returns text */
PG_FUNCTION_INFO_V1(cgae_canonical_json);
Datum
cgae_canonical_json(PG_FUNCTION_ARGS)
{
	text	   *json = PG_GETARG_TEXT_PP(0);

	PG_RETURN_TEXT_P(canonical_text(VARDATA_ANY(json), VARSIZE_ANY_EXHDR(json)));
}

/* cgae.architecture_hash(json) returns text: the first 16 digits of the digest */
PG_FUNCTION_INFO_V1(cgae_architecture_hash);
Datum
cgae_architecture_hash(PG_FUNCTION_ARGS)
{
	text	   *json = PG_GETARG_TEXT_PP(0);

	PG_RETURN_TEXT_P(digest_text(VARDATA_ANY(json), VARSIZE_ANY_EXHDR(json), CGAE_HASH_DIGITS));
}

/* cgae.architecture_digest(json) returns text: 64 lower-case hex digits */
PG_FUNCTION_INFO_V1(cgae_architecture_digest);
Datum
cgae_architecture_digest(PG_FUNCTION_ARGS)
{
	text	   *json = PG_GETARG_TEXT_PP(0);

	PG_RETURN_TEXT_P(digest_text(VARDATA_ANY(json), VARSIZE_ANY_EXHDR(json), CGAE_DIGEST_DIGITS));
}

/* cgae.canonical_jsonb(jsonb) returns text: of what jsonb kept */
PG_FUNCTION_INFO_V1(cgae_canonical_jsonb);
Datum
cgae_canonical_jsonb(PG_FUNCTION_ARGS)
{
	int			length;
	char	   *json = jsonb_text(PG_GETARG_JSONB_P(0), &length);

	PG_RETURN_TEXT_P(canonical_text(json, length));
}

/* cgae.architecture_hash_jsonb(jsonb) returns text: of what jsonb kept */
PG_FUNCTION_INFO_V1(cgae_architecture_hash_jsonb);
Datum
cgae_architecture_hash_jsonb(PG_FUNCTION_ARGS)
{
	int			length;
	char	   *json = jsonb_text(PG_GETARG_JSONB_P(0), &length);

	PG_RETURN_TEXT_P(digest_text(json, length, CGAE_HASH_DIGITS));
}

/* cgae.architecture_digest_jsonb(jsonb) returns text: of what jsonb kept */
PG_FUNCTION_INFO_V1(cgae_architecture_digest_jsonb);
Datum
cgae_architecture_digest_jsonb(PG_FUNCTION_ARGS)
{
	int			length;
	char	   *json = jsonb_text(PG_GETARG_JSONB_P(0), &length);

	PG_RETURN_TEXT_P(digest_text(json, length, CGAE_DIGEST_DIGITS));
}
