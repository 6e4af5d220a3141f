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
extern int	cgae_json_string_compare(const char *a, size_t a_length, bool a_escaped,
									 const char *b, size_t b_length, bool b_escaped);

/* Does a string contain a backslash?  The last function wants to know. */
extern bool cgae_json_string_escaped(const char *s, size_t length);

#endif							/* CGAE_JSON_STRING_H */
