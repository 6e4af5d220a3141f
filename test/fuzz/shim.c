/*
 * shim.c
 *	  As much of a server as the fuzz targets need.
 *
 * Memory: every palloc() is a malloc(), so that AddressSanitizer sees each
 * chunk's bounds; a context is a tag on its chunks.  Errors: ereport(ERROR)
 * formats its texts, so that what they quote is read, and jumps back to
 * fuzz_try().  The JSON lexer, shortest decimals, encodings and StringInfo are the
 * server's own, from libpgcommon; what that has not is imitated below.
 */
#include "postgres.h"

#include <ctype.h>
#include <math.h>
#include <setjmp.h>

#include "lib/stringinfo.h"
#include "libpq/pqformat.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "port/pg_bswap.h"
#include "utils/float.h"
#include "utils/memutils.h"

#include "server/compat.h"
#include "shim.h"

void
fuzz_broken(const char *condition, const char *file, int line)
{
	fprintf(stderr, "%s:%d: property does not hold: %s\n", file, line, condition);
	abort();
}

void
ExceptionalCondition(const char *condition, const char *type, const char *file, int line)
{
	(void) type;
	fuzz_broken(condition, file, line);
}

/*
 * Memory
 */

typedef struct Chunk
{
	void	   *memory;
	MemoryContext context;
} Chunk;

static MemoryContextData top;
MemoryContext CurrentMemoryContext = &top;

static Chunk *chunks;
static size_t chunk_count;
static size_t chunk_room;

static Chunk *
add_chunk(MemoryContext context, void *memory)
{
	if (chunk_count == chunk_room)
	{
		chunk_room = chunk_room * 2 + 64;
		chunks = realloc(chunks, chunk_room * sizeof(Chunk));
	}
	CHECK(chunks != NULL && memory != NULL);
	chunks[chunk_count] = (Chunk) {memory, context};
	return &chunks[chunk_count++];
}

/* The chunk of an address; most are freed soon after they were made. */
static Chunk *
find_chunk(void *memory)
{
	for (size_t i = chunk_count; i > 0; i--)
		if (chunks[i - 1].memory == memory)
			return &chunks[i - 1];
	fuzz_broken("memory is palloc'ed", __FILE__, __LINE__);
}

static void
drop_chunk(Chunk *chunk)
{
	free(chunk->memory);
	*chunk = chunks[--chunk_count];
}

void *
MemoryContextAllocHuge(MemoryContext context, Size size)
{
	CHECK(AllocHugeSizeIsValid(size));
	return add_chunk(context, malloc(size))->memory;
}

void *
palloc(Size size)
{
	CHECK(AllocSizeIsValid(size));
	return MemoryContextAllocHuge(CurrentMemoryContext, size);
}

void *
palloc0(Size size)
{
	return memset(palloc(size), 0, size);
}

void *
repalloc_huge(void *pointer, Size size)
{
	Chunk	   *chunk = find_chunk(pointer);

	CHECK(AllocHugeSizeIsValid(size));
	/* AddressSanitizer's realloc() always moves */
	chunk->memory = realloc(pointer, size);
	CHECK(chunk->memory != NULL);
	return chunk->memory;
}

void *
repalloc(void *pointer, Size size)
{
	CHECK(AllocSizeIsValid(size));
	return repalloc_huge(pointer, size);
}

void
pfree(void *pointer)
{
	drop_chunk(find_chunk(pointer));
}

char *
pnstrdup(const char *in, Size length)
{
	char	   *out;

	length = strnlen(in, length);
	out = palloc(length + 1);
	memcpy(out, in, length);
	out[length] = '\0';
	return out;
}

char *
pstrdup(const char *in)
{
	return pnstrdup(in, strlen(in));
}

/* As the server's: the length written, or else room for a next try. */
size_t
pvsnprintf(char *out, size_t room, const char *format, va_list arguments)
{
	int			length = vsnprintf(out, room, format, arguments);

	CHECK(length >= 0);
	return (size_t) length < room ? (size_t) length : (size_t) length + 1;
}

char *
psprintf(const char *format,...)
{
	size_t		room = 1;

	for (;;)
	{
		char	   *out = palloc(room);
		size_t		length;
		va_list		arguments;

		va_start(arguments, format);
		length = pvsnprintf(out, room, format, arguments);
		va_end(arguments);
		if (length < room)
			return out;
		pfree(out);
		room = length;
	}
}

MemoryContext
AllocSetContextCreateInternal(MemoryContext parent, const char *name, Size minContextSize,
							  Size initBlockSize, Size maxBlockSize)
{
	return add_chunk(parent, malloc(sizeof(MemoryContextData)))->memory;
}

void
MemoryContextDelete(MemoryContext context)
{
	CHECK(context != CurrentMemoryContext && context != &top);
	for (size_t i = chunk_count; i > 0; i--)
		if (chunks[i - 1].context == context)
			drop_chunk(&chunks[i - 1]);
	pfree(context);
}

void
fuzz_reset(void)
{
	while (chunk_count > 0)
		drop_chunk(&chunks[chunk_count - 1]);
	CurrentMemoryContext = &top;
}

/*
 * Errors
 */

static sigjmp_buf *handler;
static int	sqlstate;
static char message[1024];

bool
errstart(int level, const char *domain)
{
	CHECK(level == ERROR);
	sqlstate = ERRCODE_INTERNAL_ERROR;
	message[0] = '\0';
	return true;
}

bool
errstart_cold(int level, const char *domain)
{
	return errstart(level, domain);
}

void
errfinish(const char *file, int line, const char *function)
{
	if (handler == NULL)
		fuzz_broken(message, file, line);
	siglongjmp(*handler, 1);
}

/* Soft errors, which servers from 16 on have: no target asks for them. */
bool		errsave_start(struct Node *context, const char *domain);
void		errsave_finish(struct Node *context, const char *file, int line, const char *function);

bool
errsave_start(struct Node *context, const char *domain)
{
	CHECK(context == NULL);
	return errstart(ERROR, domain);
}

void
errsave_finish(struct Node *context, const char *file, int line, const char *function)
{
	errfinish(file, line, function);
}

int
errcode(int code)
{
	sqlstate = code;
	return 0;
}

/* Format a text of an error, to see that it can be read. */
static int
format_text(char *out, size_t room, const char *format, va_list arguments)
{
	CHECK(vsnprintf(out, room, format, arguments) >= 0);
	return 0;
}

#define DEFINE_TEXT(function, out) \
int \
function(const char *format,...) \
{ \
	char		ignored[sizeof(message)]; \
	va_list		arguments; \
	\
	(void) ignored; \
	va_start(arguments, format); \
	format_text(out, sizeof(message), format, arguments); \
	va_end(arguments); \
	return 0; \
}

DEFINE_TEXT(errmsg, message)
DEFINE_TEXT(errmsg_internal, message)
DEFINE_TEXT(errdetail, ignored)
DEFINE_TEXT(errdetail_internal, ignored)
DEFINE_TEXT(errhint, ignored)

int
fuzz_try(void (*function) (void *argument), void *argument)
{
	sigjmp_buf	here;
	MemoryContext context = CurrentMemoryContext;
	int			caught = 0;

	CHECK(handler == NULL);
	if (sigsetjmp(here, 0) == 0)
	{
		handler = &here;
		function(argument);
	}
	else
		caught = sqlstate;
	handler = NULL;
	CurrentMemoryContext = context;
	return caught;
}

const char *
fuzz_message(void)
{
	return message;
}

volatile sig_atomic_t InterruptPending = false;

void
ProcessInterrupts(void)
{
}

/*
 * Encodings: the database's is UTF8
 */

int
GetDatabaseEncoding(void)
{
	return PG_UTF8;
}

int
pg_mbcliplen(const char *string, int length, int limit)
{
	int			clipped = 0;

	while (clipped < length && string[clipped] != '\0')
	{
		int			next = clipped + pg_encoding_mblen(PG_UTF8, string + clipped);

		if (next > limit)
			break;
		clipped = next;
	}
	return clipped;
}

void
report_invalid_encoding(int encoding, const char *string, int length)
{
	CHECK(length > 0);
	ereport(ERROR,
			(errcode(ERRCODE_CHARACTER_NOT_IN_REPERTOIRE),
			 errmsg("invalid byte sequence: 0x%02x", (unsigned char) string[0])));
	pg_unreachable();
}

/*
 * The server's parser of double precision
 */

static bool
parse_double(char *number, char **end, double *value)
{
	while (isspace((unsigned char) *number))
		number++;
	errno = 0;
	*value = strtod(number, end);
	if (*end == number)
		return false;
	if (errno == ERANGE && (*value == 0 || isinf(*value)))
		return false;
	while (isspace((unsigned char) **end))
		(*end)++;
	return true;
}

#ifdef CGAE_SERVER_HAS_SOFT_ERRORS
float8
float8in_internal(char *number, char **end, const char *type, const char *original,
				  struct Node *context)
{
	double		value;

	if (!parse_double(number, end, &value))
		((ErrorSaveContext *) context)->error_occurred = true;
	return value;
}
#else
float8
float8in_internal_opt_error(char *number, char **end, const char *type, const char *original,
							bool *failed)
{
	double		value;

	*failed = !parse_double(number, end, &value);
	return value;
}
#endif

/*
 * Binary messages
 */

int
pq_getmsgbyte(StringInfo buffer)
{
	if (buffer->cursor >= buffer->len)
		ereport(ERROR,
				(errcode(ERRCODE_PROTOCOL_VIOLATION),
				 errmsg("no data left in message")));
	return (unsigned char) buffer->data[buffer->cursor++];
}

float8
pq_getmsgfloat8(StringInfo buffer)
{
	uint64		bits;
	float8		value;

	if (buffer->len - buffer->cursor < (int) sizeof(bits))
		ereport(ERROR,
				(errcode(ERRCODE_PROTOCOL_VIOLATION),
				 errmsg("insufficient data left in message")));
	memcpy(&bits, buffer->data + buffer->cursor, sizeof(bits));
	buffer->cursor += sizeof(bits);
	bits = pg_ntoh64(bits);
	memcpy(&value, &bits, sizeof(value));
	return value;
}

void
pq_begintypsend(StringInfo buffer)
{
	initStringInfo(buffer);
	appendBinaryStringInfo(buffer, "\0\0\0\0", 4);
}

void
pq_sendfloat8(StringInfo buffer, float8 value)
{
	uint64		bits;

	memcpy(&bits, &value, sizeof(bits));
	pq_sendint64(buffer, bits);
}

bytea *
pq_endtypsend(StringInfo buffer)
{
	SET_VARSIZE(buffer->data, buffer->len);
	return (bytea *) buffer->data;
}

/*
 * Input
 */

uint8
fuzz_byte(FuzzInput *input)
{
	if (input->length == 0)
		return 0;
	input->length--;
	return *input->bytes++;
}

uint64
fuzz_uint64(FuzzInput *input)
{
	uint64		value = 0;

	for (int i = 0; i < 8; i++)
		value = value << 8 | fuzz_byte(input);
	return value;
}

double
fuzz_double(FuzzInput *input)
{
	uint64		bits = fuzz_uint64(input);
	double		value;

	memcpy(&value, &bits, sizeof(value));
	return value;
}
