/*
 * json_string.c
 *	  JSON strings as written between their quotes, read without de-escaping them first.
 *
 * PostgreSQL's own de-escaping depends on the database encoding and refuses
 * \u0000 and lone surrogates, all of which Python takes; so strings stay as
 * written, in UTF-8, and are decoded one code point at a time.  Invariant:
 * nothing is read beyond the end given, even if the text is not valid UTF-8.
 *
 * Allocates nothing.  Called by canonical_json.c and canonical_output.c.
 */
#include "postgres.h"

#include "mb/pg_wchar.h"

#include "json/json_string.h"

/* Value of the four hex digits of a \u escape, which the lexer has checked. */
static uint32
hex_value(const char *digits)
{
	uint32		value = 0;

	for (int i = 0; i < 4; i++)
	{
		char		digit = digits[i];

		value <<= 4;
		if (digit >= '0' && digit <= '9')
			value |= digit - '0';
		else
			value |= (digit | 0x20) - 'a' + 10;
	}
	return value;
}

/* Decode a character of two to four bytes. */
static uint32
next_multibyte(const char **position, const char *end)
{
	const unsigned char *s = (const unsigned char *) *position;
	int			length = *s < 0xE0 ? 2 : *s < 0xF0 ? 3 : 4;

	if (length > end - *position || !pg_utf8_islegal(s, length))
		report_invalid_encoding(PG_UTF8, *position, end - *position);
	*position += length;
	return utf8_to_unicode(s);
}

uint32
cgae_json_next_code_point(const char **position, const char *end)
{
	const char *s = *position;
	uint32		code;

	if ((unsigned char) *s >= 0x80)
		return next_multibyte(position, end);

	if (*s != '\\')
	{
		*position = s + 1;
		return *s;
	}

	*position = s + 2;
	switch (s[1])
	{
		case 'b':
			return '\b';
		case 'f':
			return '\f';
		case 'n':
			return '\n';
		case 'r':
			return '\r';
		case 't':
			return '\t';
		case 'u':
			break;
		default:
			return s[1];		/* quote, backslash, slash */
	}

	code = hex_value(s + 2);
	s += 6;
	if (code >= 0xD800 && code <= 0xDBFF && end - s >= 6 && s[0] == '\\' && s[1] == 'u')
	{
		uint32		low = hex_value(s + 2);

		if (low >= 0xDC00 && low <= 0xDFFF)
		{
			code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
			s += 6;
		}
	}
	*position = s;
	return code;
}

int
cgae_json_string_compare_decoded(const char *a, size_t a_length,
								 const char *b, size_t b_length)
{
	const char *a_end = a + a_length;
	const char *b_end = b + b_length;

	while (a < a_end && b < b_end)
	{
		uint32		left = cgae_json_next_code_point(&a, a_end);
		uint32		right = cgae_json_next_code_point(&b, b_end);

		if (left != right)
			return left < right ? -1 : 1;
	}
	return (a < a_end) - (b < b_end);
}
