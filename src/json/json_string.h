/*
 * json_string.h
 *	  JSON strings as written between their quotes, read without de-escaping them first.
 */
#ifndef CGAE_JSON_STRING_H
#define CGAE_JSON_STRING_H

/*
 * Read one code point of a string in UTF-8 that the JSON lexer has passed, and
 * move behind it.  Two escapes that form a surrogate pair are one code point;
 * a surrogate alone stands for itself, as in Python.  Bytes that are not UTF-8
 * are an error (character_not_in_repertoire).
 */
extern uint32 cgae_json_next_code_point(const char **position, const char *end);

/* Order of two such strings by code point: negative, zero or positive. */
extern int	cgae_json_string_compare_decoded(const char *a, size_t a_length,
											 const char *b, size_t b_length);

/* Does a string contain a backslash? */
static inline bool
cgae_json_string_escaped(const char *s, size_t length)
{
	return memchr(s, '\\', length) != NULL;
}

/*
 * The same order when it is known which strings contain a backslash: without
 * any, the bytes of UTF-8 sort as its code points do.
 */
static inline int
cgae_json_string_compare(const char *a, size_t a_length, bool a_escaped,
						 const char *b, size_t b_length, bool b_escaped)
{
	size_t		common = Min(a_length, b_length);

	if (a_escaped || b_escaped)
		return cgae_json_string_compare_decoded(a, a_length, b, b_length);

	if (common > 0)
	{
		int			order = memcmp(a, b, common);

		if (order != 0)
			return order;
	}
	return (a_length > b_length) - (a_length < b_length);
}

#endif							/* CGAE_JSON_STRING_H */
