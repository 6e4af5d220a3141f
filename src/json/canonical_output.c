/*
 * canonical_output.c
 *	  Python's way of writing JSON strings and numbers, into a buffered sink.
 *
 * Invariant: the sink receives ASCII only.  Called by canonical_json.c.
 */
#include "postgres.h"

#include "miscadmin.h"

#include "json/canonical_output.h"
#include "json/float_repr.h"
#include "json/json_string.h"

void
cgae_json_flush(CgaeJsonOutput *output)
{
	CHECK_FOR_INTERRUPTS();
	output->sink(output->state, output->buffer, output->buffered);
	output->buffered = 0;
}

void
cgae_json_put_across(CgaeJsonOutput *output, const char *bytes, size_t length)
{
	while (length > 0)
	{
		size_t		part = Min(length, CGAE_JSON_PIECE - output->buffered);

		memcpy(output->buffer + output->buffered, bytes, part);
		output->buffered += part;
		bytes += part;
		length -= part;
		if (output->buffered == CGAE_JSON_PIECE)
			cgae_json_flush(output);
	}
}

/* Write a UTF-16 code unit as \uxxxx. */
static void
put_code_unit(CgaeJsonOutput *output, uint32 unit)
{
	static const char hex[] = "0123456789abcdef";
	char		escape[6] = {'\\', 'u', hex[unit >> 12], hex[(unit >> 8) & 15],
	hex[(unit >> 4) & 15], hex[unit & 15]};

	cgae_json_put(output, escape, sizeof(escape));
}

/* Write one code point of a string. */
static void
put_code_point(CgaeJsonOutput *output, uint32 code)
{
	char		ascii = (char) code;

	switch (code)
	{
		case '"':
			cgae_json_put_literal(output, "\\\"");
			break;
		case '\\':
			cgae_json_put_literal(output, "\\\\");
			break;
		case '\b':
			cgae_json_put_literal(output, "\\b");
			break;
		case '\f':
			cgae_json_put_literal(output, "\\f");
			break;
		case '\n':
			cgae_json_put_literal(output, "\\n");
			break;
		case '\r':
			cgae_json_put_literal(output, "\\r");
			break;
		case '\t':
			cgae_json_put_literal(output, "\\t");
			break;
		default:
			if (code >= 0x20 && code < 0x7F)
				cgae_json_put(output, &ascii, 1);
			else if (code < 0x10000)
				put_code_unit(output, code);
			else
			{
				code -= 0x10000;
				put_code_unit(output, 0xD800 + (code >> 10));
				put_code_unit(output, 0xDC00 + (code & 0x3FF));
			}
			break;
	}
}

void
cgae_json_put_string(CgaeJsonOutput *output, const char *s, size_t length)
{
	const char *end = s + length;

	cgae_json_put_literal(output, "\"");
	while (s < end)
	{
		const char *plain = s;

		while (s < end && *s >= 0x20 && *s < 0x7F && *s != '\\')
			s++;
		cgae_json_put(output, plain, s - plain);
		if (s < end)
			put_code_point(output, cgae_json_next_code_point(&s, end));
	}
	cgae_json_put_literal(output, "\"");
}

void
cgae_json_put_number(CgaeJsonOutput *output, const char *number, size_t length)
{
	char		repr[CGAE_FLOAT_REPR_LEN];
	bool		integer = true;

	for (size_t i = 0; i < length && integer; i++)
		integer = (number[i] != '.' && number[i] != 'e' && number[i] != 'E');

	if (!integer)
		cgae_json_put(output, repr, cgae_float_repr(number, length, repr));
	else if (length == 2 && memcmp(number, "-0", 2) == 0)
		cgae_json_put_literal(output, "0");
	else
		cgae_json_put(output, number, length);
}
