/*
 * jsonb_object.h
 *	  Building a jsonb object member by member.
 */
#ifndef CGAE_JSONB_OBJECT_H
#define CGAE_JSONB_OBJECT_H

#include "utils/jsonb.h"

/* Begin, any number of members, end. */
typedef struct CgaeObject
{
	JsonbParseState *state;
} CgaeObject;

extern void cgae_object_begin(CgaeObject *object);
extern void cgae_object_text(CgaeObject *object, const char *key, const char *value);
extern void cgae_object_numeric(CgaeObject *object, const char *key, Datum numeric);
extern void cgae_object_texts(CgaeObject *object, const char *key, char *const *values, int count);
extern Jsonb *cgae_object_end(CgaeObject *object);

#endif							/* CGAE_JSONB_OBJECT_H */
