/*
 * compat.h
 *	  The one place with PG_VERSION_NUM: older servers imitate the newest API.
 */
#ifndef CGAE_COMPAT_H
#define CGAE_COMPAT_H

#include "common/jsonapi.h"
#include "fmgr.h"

/* Soft input errors exist since 16; before, they are ordinary errors. */
#if PG_VERSION_NUM >= 160000
#include "nodes/miscnodes.h"
#else
#define SOFT_ERROR_OCCURRED(escontext) (false)
#define ereturn(context, dummy_value, ...) \
	do { (void) (context); ereport(ERROR, __VA_ARGS__); return dummy_value; } while (0)
#define errsave(context, ...) \
	do { (void) (context); ereport(ERROR, __VA_ARGS__); } while (0)
#endif

/* PG_MODULE_MAGIC_EXT (name and version shown by pg_get_loaded_modules) is 18's. */
#if PG_VERSION_NUM < 180000
#define PG_MODULE_MAGIC_EXT(...) PG_MODULE_MAGIC
#endif

/* Since 17 the caller of the JSON lexer may bring the context, saving an allocation. */
#if PG_VERSION_NUM < 170000
static inline JsonLexContext *
cgae_compat_json_lexer(JsonLexContext *lex, const char *json, size_t len, int encoding,
					   bool need_escapes)
{
	Assert(lex != NULL && !need_escapes);
	memset(lex, 0, sizeof(JsonLexContext));
	lex->input = lex->token_terminator = lex->line_start = unconstify(char *, json);
	lex->line_number = 1;
	lex->input_length = (int) len;
	lex->input_encoding = encoding;
	return lex;
}
#define makeJsonLexContextCstringLen cgae_compat_json_lexer
#endif

#endif							/* CGAE_COMPAT_H */
