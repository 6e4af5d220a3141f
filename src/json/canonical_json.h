/*
 * canonical_json.h
 *	  Canonical JSON: what Python's json.dumps(json.loads(text), sort_keys=True) gives.
 */
#ifndef CGAE_CANONICAL_JSON_H
#define CGAE_CANONICAL_JSON_H

#include "json/canonical_output.h"

/*
 * Write the canonical form, pure ASCII, of a JSON text in UTF-8 to a sink.
 * The text need not be NUL-terminated; it is read only, and must stay where it
 * is meanwhile.  Text that is not JSON is an error (invalid_text_representation);
 * the sink may have received nothing or a part by then.  Bytes that are not UTF-8
 * are one too (character_not_in_repertoire), unless they are in a member that a
 * later one of the same key replaces: it is the caller who knows that there are
 * none.  Works in a memory context of its own below the current one, gone at
 * return.
 */
extern void cgae_canonical_json_write(const char *text, size_t length,
									  CgaeJsonSink sink, void *state);

#endif							/* CGAE_CANONICAL_JSON_H */
