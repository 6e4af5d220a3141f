/*
 * compat.h
 *	  The one place with PG_VERSION_NUM: older servers imitate the newest API.
 */
#ifndef CGAE_COMPAT_H
#define CGAE_COMPAT_H

#include "catalog/pg_namespace.h"
#include "catalog/pg_proc.h"
#include "common/jsonapi.h"
#include "fmgr.h"
#include "lib/stringinfo.h"
#include "utils/float.h"

/* Since 16 what takes a varlena apart has a header of its own. */
#if PG_VERSION_NUM >= 160000
#include "varatt.h"
#endif

/* Soft input errors exist since 16; before, they are ordinary errors. */
#if PG_VERSION_NUM >= 160000
#define CGAE_SERVER_HAS_SOFT_ERRORS
#include "nodes/miscnodes.h"
#else
#define SOFT_ERROR_OCCURRED(escontext) (false)
#define ereturn(context, dummy_value, ...) \
	do { (void) (context); ereport(ERROR, __VA_ARGS__); return dummy_value; } while (0)
#define errsave(context, ...) \
	do { (void) (context); ereport(ERROR, __VA_ARGS__); } while (0)
#endif

/*
 * Parse a double at num exactly as the input function of double precision
 * does, white space on both sides included.  Returns false where that would
 * raise an error (syntax, overflow, underflow to zero); else *end is the first
 * character not read.
 */
static inline bool
cgae_float8_parse(char *num, char **end, double *value)
{
#if PG_VERSION_NUM >= 160000
	ErrorSaveContext escontext = {.type = T_ErrorSaveContext};

	*value = float8in_internal(num, end, "double precision", num, (Node *) &escontext);
	return !escontext.error_occurred;
#else
	bool		failed = false;

	*value = float8in_internal_opt_error(num, end, "double precision", num, &failed);
	return !failed;
#endif
}

/*
 * One function for the privileges on all kinds of objects since 16; we ask about
 * schemas and functions.
 */
#if PG_VERSION_NUM < 160000
#define object_aclcheck(classid, objectid, roleid, mode) \
	((classid) == NamespaceRelationId ? pg_namespace_aclcheck(objectid, roleid, mode) : \
	 (AssertMacro((classid) == ProcedureRelationId), pg_proc_aclcheck(objectid, roleid, mode)))
/* The same of ownership; we ask about relations. */
#define object_ownercheck(classid, objectid, roleid) \
	(AssertMacro((classid) == RelationRelationId), pg_class_ownercheck(objectid, roleid))
#endif

/* 18 counts what index scans do, for who asks to see it. */
#if PG_VERSION_NUM >= 180000
#define cgae_index_beginscan(table, index, snapshot, nkeys) \
	index_beginscan(table, index, snapshot, NULL, nkeys, 0)
#else
#define cgae_index_beginscan(table, index, snapshot, nkeys) \
	index_beginscan(table, index, snapshot, nkeys, 0)
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
	Assert(lex != NULL);
	memset(lex, 0, sizeof(JsonLexContext));
	lex->input = lex->token_terminator = lex->line_start = unconstify(char *, json);
	lex->line_number = 1;
	lex->input_length = (int) len;
	lex->input_encoding = encoding;
	if (need_escapes)
		lex->strval = makeStringInfo();
	return lex;
}
#define makeJsonLexContextCstringLen cgae_compat_json_lexer
#endif

/* Since 16 what the JSON parser calls returns whether to go on. */
#if PG_VERSION_NUM >= 160000
#define CGAE_JSON_ACTION JsonParseErrorType
#define CGAE_JSON_ACTION_DONE return JSON_SUCCESS
#else
#define CGAE_JSON_ACTION void
#define CGAE_JSON_ACTION_DONE return
#endif

#endif							/* CGAE_COMPAT_H */
