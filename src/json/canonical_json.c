/*
 * canonical_json.c
 *	  Canonical JSON: what Python's json.dumps(json.loads(text), sort_keys=True) gives.
 *
 * Two passes of PostgreSQL's JSON lexer over the text:
 *
 * 1. scan_text() checks the grammar and notes, for each object, where its keys
 *	  and values are; when the object ends its keys are sorted and duplicates
 *	  dropped, the last one kept.
 * 2. write_text() reads the text again, following the sorted members instead
 *	  of the written order, and hands the canonical form to the sink.
 *
 * Nothing is copied on the way, so the time is that of two readings and the
 * sorts (merge sort: n log n whatever the keys), and the memory 32 bytes a
 * member, 16 an object and 12 a level of nesting, whatever the depth.  Neither
 * pass recurses.  Every loop over tokens or members can be cancelled.
 *
 * Includes no executor header; called by architecture.c.
 */
#include "postgres.h"

#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "utils/memutils.h"

#include "json/canonical_json.h"
#include "json/json_string.h"
#include "server/compat.h"

/* Members sorted by insertion before runs are merged. */
#define SHORT_RUN 8

/* Offsets into the text are 32 bits wide: text data is below 1 GB. */
typedef uint32 TextOffset;

/* A member of an object. */
typedef struct Member
{
	TextOffset	key;			/* first byte of the key, behind its quote */
	uint32		key_length:31,	/* bytes of the key as written */
				key_escaped:1;	/* does it contain a backslash? */
	TextOffset	value;			/* where the lexer finds the value */
	uint32		object;			/* number of the first object at or after value */
} Member;

/* An object, numbered in the order of the opening braces. */
typedef struct Object
{
	uint32		first;			/* its members in Canonicalizer.members, sorted */
	uint32		count;
	TextOffset	end;			/* behind its closing brace */
	uint32		next;			/* number of the first object after it */
} Object;

/* A container that is open. */
typedef struct Container
{
	bool		is_object;
	uint32		object;			/* its number */
	uint32		member;			/* scanning: its first one in Canonicalizer.pending;
								 * writing: the one being written, from 0 */
} Container;

/* An array that grows. */
typedef struct Growing
{
	void	   *items;
	size_t		item_size;
	size_t		count;
	size_t		capacity;
} Growing;

typedef struct Canonicalizer
{
	const char *text;
	size_t		length;
	JsonLexContext lex;
	MemoryContext context;

	Growing		objects;		/* of Object */
	Growing		members;		/* of Member, object by object */
	Growing		pending;		/* of Member: those of open objects, a stack */
	Growing		nesting;		/* of Container */

	CgaeJsonOutput output;
} Canonicalizer;

/* What the grammar allows next. */
typedef enum Expected
{
	EXPECT_VALUE,
	EXPECT_VALUE_OR_END,		/* behind [ */
	EXPECT_KEY,
	EXPECT_KEY_OR_END,			/* behind { */
	EXPECT_COLON,
	EXPECT_COMMA_OR_END
} Expected;

#define OBJECT_AT(c, i) ((Object *) (c)->objects.items + (i))
#define MEMBER_AT(c, i) ((Member *) (c)->members.items + (i))
#define PENDING_AT(c, i) ((Member *) (c)->pending.items + (i))

/* Add room for a number of items at the end, return the first; moves the array. */
static void *
extend(Canonicalizer *c, Growing *array, size_t items)
{
	void	   *added;

	if (array->count + items > array->capacity)
	{
		size_t		capacity = Max(array->capacity * 2, array->count + items);

		capacity = Max(capacity, 16);
		if (array->items == NULL)
			array->items = MemoryContextAllocHuge(c->context, capacity * array->item_size);
		else
			array->items = repalloc_huge(array->items, capacity * array->item_size);
		array->capacity = capacity;
	}
	added = (char *) array->items + array->count * array->item_size;
	array->count += items;
	return added;
}

/* The last item; NULL when there is none. */
static inline void *
last(const Growing *array)
{
	if (array->count == 0)
		return NULL;
	return (char *) array->items + (array->count - 1) * array->item_size;
}

/*
 * Go on reading at an offset.
 *
 * Escapes are left alone: the lexer's own de-escaping depends on the database
 * encoding and refuses \u0000 and lone surrogates, which Python takes.
 */
static inline void
seek(Canonicalizer *c, TextOffset offset)
{
	(void) makeJsonLexContextCstringLen(&c->lex, c->text + offset, c->length - offset,
										PG_UTF8, false);
}

/* Refuse the text at its current token. */
static void
refuse(Canonicalizer *c)
{
	const char *where = c->lex.token_start;

	ereport(ERROR,
			(errcode(ERRCODE_INVALID_TEXT_REPRESENTATION),
			 errmsg("invalid input syntax for type %s", "json"),
			 errdetail("The text is not JSON from byte %zu on.",
					   where == NULL ? c->length : (size_t) (where - c->text))));
}

/* Read a token; afterwards lex.token_start and lex.token_terminator bound it. */
static inline JsonTokenType
next_token(Canonicalizer *c)
{
	CHECK_FOR_INTERRUPTS();
	if (json_lex(&c->lex) != JSON_SUCCESS)
		refuse(c);
	return c->lex.token_type;
}

/* Offset behind the current token. */
static inline TextOffset
token_end(const Canonicalizer *c)
{
	return (TextOffset) (c->lex.token_terminator - c->text);
}

/* Order of two keys by code point: negative, zero or positive. */
static inline int
compare_keys(const Canonicalizer *c, const Member *a, const Member *b)
{
	return cgae_json_string_compare(c->text + a->key, a->key_length, a->key_escaped,
									c->text + b->key, b->key_length, b->key_escaped);
}

/* Sort a few members in place, stably. */
static void
sort_run(const Canonicalizer *c, Member *members, size_t count)
{
	for (size_t i = 1; i < count; i++)
	{
		Member		member = members[i];
		size_t		place = i;

		for (; place > 0 && compare_keys(c, &members[place - 1], &member) > 0; place--)
			members[place] = members[place - 1];
		members[place] = member;
	}
}

/* Merge two neighbouring sorted runs of a, [low, middle) and [middle, high), into b. */
static void
merge_runs(const Canonicalizer *c, const Member *a, Member *b,
		   size_t low, size_t middle, size_t high)
{
	size_t		left = low;
	size_t		right = middle;
	size_t		out;

	/* in order already, or only one run */
	if (middle >= high || compare_keys(c, &a[middle - 1], &a[middle]) <= 0)
	{
		memcpy(b + low, a + low, (high - low) * sizeof(Member));
		return;
	}

	for (out = low; out < high; out++)
	{
		CHECK_FOR_INTERRUPTS();
		/* of equal keys the left one comes first: the sort is stable */
		if (right >= high || (left < middle && compare_keys(c, &a[left], &a[right]) <= 0))
			b[out] = a[left++];
		else
			b[out] = a[right++];
	}
}

/*
 * Sort members by key, stably, and keep the last of each key.  Returns how
 * many are left.  scratch has room for as many members and is overwritten.
 *
 * Not qsort(): a hostile order of keys makes that quadratic.
 */
static size_t
sort_members(const Canonicalizer *c, Member *members, Member *scratch, size_t count)
{
	Member	   *from = members;
	Member	   *to = scratch;
	size_t		run = SHORT_RUN;
	size_t		kept = 0;
	size_t		sorted;

	/* most configurations come with few keys, many with sorted ones */
	for (sorted = 1; sorted < count; sorted++)
	{
		CHECK_FOR_INTERRUPTS();
		if (compare_keys(c, &members[sorted - 1], &members[sorted]) > 0)
			break;
	}

	if (sorted < count)
	{
		for (size_t low = 0; low < count; low += run)
		{
			CHECK_FOR_INTERRUPTS();
			sort_run(c, members + low, Min(run, count - low));
		}

		for (; run < count; run *= 2)
		{
			Member	   *swap = from;

			for (size_t low = 0; low < count; low += 2 * run)
			{
				CHECK_FOR_INTERRUPTS();
				merge_runs(c, from, to, low, Min(low + run, count), Min(low + 2 * run, count));
			}
			from = to;
			to = swap;
		}
	}

	for (size_t i = 0; i < count; i++)
	{
		CHECK_FOR_INTERRUPTS();
		/* writing never overtakes reading, so from may be members itself */
		if (i + 1 == count || compare_keys(c, &from[i], &from[i + 1]) != 0)
			members[kept++] = from[i];
	}
	return kept;
}

/* Close the innermost object: its pending members become its sorted members. */
static void
finish_object(Canonicalizer *c, const Container *open)
{
	Object	   *object = OBJECT_AT(c, open->object);
	size_t		count = c->pending.count - open->member;

	object->first = c->members.count;
	object->count = 0;
	object->end = token_end(c);
	object->next = c->objects.count;

	if (count > 0)
	{
		Member	   *members = extend(c, &c->members, count);
		Member	   *pending = PENDING_AT(c, open->member);

		memcpy(members, pending, count * sizeof(Member));
		object->count = sort_members(c, members, pending, count);
		c->members.count = object->first + object->count;
		c->pending.count = open->member;
	}
}

static inline bool
allows_value(Expected expected)
{
	return expected == EXPECT_VALUE || expected == EXPECT_VALUE_OR_END;
}

/* A key, or a value that is no container; false where the grammar has none. */
static inline bool
scan_scalar(Canonicalizer *c, JsonTokenType token, Expected *expected)
{
	if (token == JSON_TOKEN_STRING &&
		(*expected == EXPECT_KEY || *expected == EXPECT_KEY_OR_END))
	{
		Member	   *member = extend(c, &c->pending, 1);

		member->key = (TextOffset) (c->lex.token_start - c->text) + 1;
		member->key_length = token_end(c) - member->key - 1;
		member->key_escaped = cgae_json_string_escaped(c->text + member->key,
													   member->key_length);
		*expected = EXPECT_COLON;
		return true;
	}
	if (!allows_value(*expected))
		return false;
	*expected = EXPECT_COMMA_OR_END;
	return true;
}

/* The colon behind a key: where the member's value is. */
static inline bool
scan_colon(Canonicalizer *c, Expected *expected)
{
	Member	   *member;

	if (*expected != EXPECT_COLON)
		return false;
	member = last(&c->pending);
	member->value = token_end(c);
	member->object = c->objects.count;
	*expected = EXPECT_VALUE;
	return true;
}

/* A container begins. */
static inline bool
scan_begin(Canonicalizer *c, bool is_object, Expected *expected)
{
	Container  *begun;

	if (!allows_value(*expected))
		return false;
	begun = extend(c, &c->nesting, 1);
	begun->is_object = is_object;
	begun->object = c->objects.count;
	begun->member = c->pending.count;
	if (is_object)
		(void) extend(c, &c->objects, 1);
	*expected = is_object ? EXPECT_KEY_OR_END : EXPECT_VALUE_OR_END;
	return true;
}

/* A container ends: it must be the innermost one. */
static inline bool
scan_end(Canonicalizer *c, bool is_object, Expected *expected)
{
	Container  *open = last(&c->nesting);

	if (open == NULL || open->is_object != is_object)
		return false;
	if (*expected != EXPECT_COMMA_OR_END &&
		*expected != (is_object ? EXPECT_KEY_OR_END : EXPECT_VALUE_OR_END))
		return false;
	if (is_object)
		finish_object(c, open);
	c->nesting.count--;
	*expected = EXPECT_COMMA_OR_END;
	return true;
}

/* A comma between members or elements. */
static inline bool
scan_comma(Canonicalizer *c, Expected *expected)
{
	const Container *open = last(&c->nesting);

	if (*expected != EXPECT_COMMA_OR_END || open == NULL)
		return false;
	*expected = open->is_object ? EXPECT_KEY : EXPECT_VALUE;
	return true;
}

/* First pass: check the grammar, find and sort the members of all objects. */
static void
scan_text(Canonicalizer *c)
{
	Expected	expected = EXPECT_VALUE;

	seek(c, 0);
	for (;;)
	{
		JsonTokenType token = next_token(c);
		bool		is_grammatical = false;

		switch (token)
		{
			case JSON_TOKEN_STRING:
			case JSON_TOKEN_NUMBER:
			case JSON_TOKEN_TRUE:
			case JSON_TOKEN_FALSE:
			case JSON_TOKEN_NULL:
				is_grammatical = scan_scalar(c, token, &expected);
				break;
			case JSON_TOKEN_COLON:
				is_grammatical = scan_colon(c, &expected);
				break;
			case JSON_TOKEN_COMMA:
				is_grammatical = scan_comma(c, &expected);
				break;
			case JSON_TOKEN_OBJECT_START:
			case JSON_TOKEN_ARRAY_START:
				is_grammatical = scan_begin(c, token == JSON_TOKEN_OBJECT_START, &expected);
				break;
			case JSON_TOKEN_OBJECT_END:
			case JSON_TOKEN_ARRAY_END:
				is_grammatical = scan_end(c, token == JSON_TOKEN_OBJECT_END, &expected);
				break;
			case JSON_TOKEN_END:
				if (expected == EXPECT_COMMA_OR_END && last(&c->nesting) == NULL)
					return;
				break;
			default:
				break;
		}

		/* not reached by a value of type json made by its input function */
		if (!is_grammatical)
			refuse(c);
	}
}

/* Write the key of a member and go to its value. */
static void
begin_member(Canonicalizer *c, const Member *member, uint32 *next_object)
{
	CgaeJsonOutput *output = &c->output;

	cgae_json_put_string(output, c->text + member->key, member->key_length);
	cgae_json_put_literal(output, ": ");
	*next_object = member->object;
	seek(c, member->value);
}

/* Open a container that is to be written. */
static inline Container *
open_container(Canonicalizer *c, bool is_object, uint32 object)
{
	Container  *open = extend(c, &c->nesting, 1);

	open->is_object = is_object;
	open->object = object;
	open->member = 0;
	return open;
}

/* Begin an object with its first member; false: it has none, and is written. */
static inline bool
begin_object(Canonicalizer *c, uint32 *next_object)
{
	const Object *object = OBJECT_AT(c, *next_object);

	cgae_json_put_literal(&c->output, "{");
	if (object->count > 0)
	{
		(void) open_container(c, true, *next_object);
		begin_member(c, MEMBER_AT(c, object->first), next_object);
		return true;
	}
	cgae_json_put_literal(&c->output, "}");
	seek(c, object->end);
	*next_object = object->next;
	return false;
}

/*
 * A value is complete: go on to the next member of the object that it is in, or
 * end that, and perhaps those around it.  False: the text is complete.
 */
static inline bool
end_value(Canonicalizer *c, uint32 *next_object)
{
	Container  *open;

	while ((open = last(&c->nesting)) != NULL && open->is_object)
	{
		const Object *object = OBJECT_AT(c, open->object);

		CHECK_FOR_INTERRUPTS();
		if (++open->member < object->count)
		{
			cgae_json_put_literal(&c->output, ", ");
			begin_member(c, MEMBER_AT(c, object->first + open->member), next_object);
			break;
		}
		cgae_json_put_literal(&c->output, "}");
		seek(c, object->end);
		*next_object = object->next;
		c->nesting.count--;
	}
	return open != NULL;
}

/* Second pass: write the text, members in their sorted order. */
static void
write_text(Canonicalizer *c)
{
	CgaeJsonOutput *output = &c->output;
	uint32		next_object = 0;
	bool		is_complete;	/* what the token belongs to: a value */

	seek(c, 0);
	do
	{
		JsonTokenType token = next_token(c);
		const char *start = c->lex.token_start;
		size_t		length = c->lex.token_terminator - start;

		is_complete = true;
		switch (token)
		{
			case JSON_TOKEN_STRING:
				cgae_json_put_string(output, start + 1, length - 2);
				break;
			case JSON_TOKEN_NUMBER:
				cgae_json_put_number(output, start, length);
				break;
			case JSON_TOKEN_TRUE:
			case JSON_TOKEN_FALSE:
			case JSON_TOKEN_NULL:
				cgae_json_put(output, start, length);
				break;
			case JSON_TOKEN_ARRAY_START:
				cgae_json_put_literal(output, "[");
				(void) open_container(c, false, 0);
				is_complete = false;
				break;
			case JSON_TOKEN_COMMA:
				/* between elements of an array: members are sought, not read */
				cgae_json_put_literal(output, ", ");
				is_complete = false;
				break;
			case JSON_TOKEN_ARRAY_END:
				cgae_json_put_literal(output, "]");
				c->nesting.count--;
				break;
			case JSON_TOKEN_OBJECT_START:
				is_complete = !begin_object(c, &next_object);
				break;
			default:
				elog(ERROR, "unexpected JSON token %d", (int) token);
		}
	} while (!is_complete || end_value(c, &next_object));
}

void
cgae_canonical_json_write(const char *text, size_t length, CgaeJsonSink sink, void *state)
{
	static const Growing empty = {0};
	MemoryContext context = AllocSetContextCreate(CurrentMemoryContext,
												  "cgae canonical JSON",
												  ALLOCSET_DEFAULT_SIZES);
	MemoryContext caller = MemoryContextSwitchTo(context);
	/* not zeroed: clearing its buffer takes as long as a small text */
	Canonicalizer canonicalizer;
	Canonicalizer *c = &canonicalizer;

	Assert(length <= MaxAllocSize);
	c->text = text;
	c->length = length;
	c->context = context;
	c->objects = c->members = c->pending = c->nesting = empty;
	c->objects.item_size = sizeof(Object);
	c->members.item_size = sizeof(Member);
	c->pending.item_size = sizeof(Member);
	c->nesting.item_size = sizeof(Container);
	c->output.sink = sink;
	c->output.state = state;
	c->output.buffered = 0;

	scan_text(c);
	write_text(c);
	cgae_json_flush(&c->output);

	MemoryContextSwitchTo(caller);
	MemoryContextDelete(context);
}
