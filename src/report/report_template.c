/*
 * report_template.c
 *	  A template filled in with values; page.html says what its tags mean.
 */
#include "postgres.h"

#include "lib/ilist.h"

#include "report/report_template.h"

/* What stands under a name: a value, or the items of a list. */
typedef struct CgaeField
{
	slist_node	node;			/* of scope->fields */
	const char *name;
	bool		is_html;
	bool		is_one;			/* a count of 1 */
	StringInfoData value;
	dlist_head	items;			/* CgaeScope */
} CgaeField;

struct CgaeScope
{
	const CgaeScope *outer;		/* NULL: none */
	dlist_node	node;			/* of field->items */
	slist_head	fields;
};

/* A tag and what follows its name: "{{#name}}", "{{name|rest}}". */
typedef struct CgaeTag
{
	char		kind;			/* '#', '^', '=', '>' or 0 */
	const char *name;
	int			length;
	const char *rest;			/* behind the name, "}}" when there is no more */
	const char *end;			/* behind the tag */
} CgaeTag;

static void append_part(StringInfo page, const char *template, const char *part, const char *end,
						const CgaeScope *scope);

CgaeScope *
cgae_scope_create(void)
{
	CgaeScope  *scope = palloc0(sizeof(CgaeScope));

	slist_init(&scope->fields);
	return scope;
}

static bool
ends_in_html(const char *name, int length)
{
	return length > 5 && strncmp(name + length - 5, "_html", 5) == 0;
}

/* A field of this very scope; NULL when there is none. */
static CgaeField *
field_of(const CgaeScope *scope, const char *name, int length)
{
	slist_iter	iter;

	slist_foreach(iter, unconstify(slist_head *, &scope->fields))
	{
		CgaeField  *field = slist_container(CgaeField, node, iter.cur);

		if (strncmp(field->name, name, length) == 0 && field->name[length] == '\0')
			return field;
	}
	return NULL;
}

/* A field of this scope, made when it is not there. */
static CgaeField *
need_field(CgaeScope *scope, const char *name)
{
	CgaeField  *field = field_of(scope, name, strlen(name));

	if (field == NULL)
	{
		field = palloc0(sizeof(CgaeField));
		field->name = name;
		dlist_init(&field->items);
		slist_push_head(&scope->fields, &field->node);
	}
	return field;
}

void
cgae_scope_list(CgaeScope *scope, const char *list)
{
	(void) need_field(scope, list);
}

CgaeScope *
cgae_scope_add(CgaeScope *scope, const char *list)
{
	CgaeScope  *item = cgae_scope_create();

	item->outer = scope;
	dlist_push_tail(&need_field(scope, list)->items, &item->node);
	return item;
}

void
cgae_scope_if(CgaeScope *scope, const char *name, bool condition)
{
	cgae_scope_list(scope, name);
	if (condition)
		(void) cgae_scope_add(scope, name);
}

StringInfo
cgae_scope_value(CgaeScope *scope, const char *name)
{
	CgaeField  *field = need_field(scope, name);

	Assert(field->value.data == NULL);
	/* most are short, and there may be thousands */
	field->value.data = palloc(32);
	field->value.maxlen = 32;
	resetStringInfo(&field->value);
	return &field->value;
}

void
cgae_scope_is_one(CgaeScope *scope, const char *name)
{
	need_field(scope, name)->is_one = true;
}

void
cgae_put_html(CgaeScope *scope, const char *name, const char *html)
{
	appendStringInfoString(cgae_scope_value(scope, name), html);
	need_field(scope, name)->is_html = true;
}

/* The field that a tag names, of this scope or one around it. */
static CgaeField *
find_field(const CgaeScope *scope, const CgaeTag *tag)
{
	for (; scope != NULL; scope = scope->outer)
	{
		CgaeField  *field = field_of(scope, tag->name, tag->length);

		if (field != NULL)
			return field;
	}
	elog(ERROR, "a report has no \"%.*s\"", tag->length, tag->name);
}

/* Take a tag apart. */
static CgaeTag
read_tag(const char *at)
{
	CgaeTag		tag = {0};

	at += 2;
	if (strchr("#^=>", *at) != NULL)
		tag.kind = *at++;
	tag.name = at;
	tag.length = strcspn(at, "|}");
	tag.rest = at + tag.length;
	tag.end = strstr(tag.rest, "}}");
	if (tag.length == 0 || tag.end == NULL)
		elog(ERROR, "a report's template has a tag without name or end");
	tag.end += 2;
	return tag;
}

/* The tag that ends what a tag begins. */
static const char *
closing(const CgaeTag *tag)
{
	char	   *text = psprintf("{{/%.*s}}", tag->length, tag->name);
	const char *at = strstr(tag->end, text);

	if (at == NULL)
		elog(ERROR, "a report's template has no %s", text);
	pfree(text);
	return at;
}

/* Append what stands for {{>name}}. */
static void
append_piece(StringInfo page, const char *template, const CgaeTag *tag, const CgaeScope *scope)
{
	char	   *text = psprintf("{{=%.*s}}", tag->length, tag->name);
	const char *at = strstr(template, text);
	CgaeTag		piece;

	if (at == NULL)
		elog(ERROR, "a report's template has no %s", text);
	pfree(text);
	piece = read_tag(at);
	append_part(page, template, piece.end, closing(&piece), scope);
}

/* Append a value, or the word that goes with a count. */
static void
append_value(StringInfo page, const CgaeTag *tag, const CgaeField *field)
{
	const char *one = tag->rest + 1;
	const char *many;

	if (field->value.data == NULL || field->is_html != ends_in_html(tag->name, tag->length))
		elog(ERROR, "a report cannot show \"%.*s\"", tag->length, tag->name);
	if (*tag->rest != '|')
	{
		appendBinaryStringInfo(page, field->value.data, field->value.len);
		return;
	}
	many = strchr(one, '|');
	if (many == NULL || many >= tag->end)
		elog(ERROR, "a report's template has one word for \"%.*s\"", tag->length, tag->name);
	if (field->is_one)
		appendBinaryStringInfo(page, one, many - one);
	else
		appendBinaryStringInfo(page, many + 1, tag->end - 2 - (many + 1));
}

/* Append what a tag stands for; returns where its template goes on. */
static const char *
append_tag(StringInfo page, const char *template, const char *at, const CgaeScope *scope)
{
	CgaeTag		tag = read_tag(at);
	const char *end;
	CgaeField  *field;
	dlist_iter	iter;

	switch (tag.kind)
	{
		case '=':
			return read_tag(closing(&tag)).end;
		case '>':
			append_piece(page, template, &tag, scope);
			return tag.end;
		case 0:
			append_value(page, &tag, find_field(scope, &tag));
			return tag.end;
	}
	field = find_field(scope, &tag);
	end = closing(&tag);
	if (tag.kind == '^')
	{
		if (dlist_is_empty(&field->items))
			append_part(page, template, tag.end, end, scope);
	}
	else
		dlist_foreach(iter, &field->items)
			append_part(page, template, tag.end, end, dlist_container(CgaeScope, node, iter.cur));
	return read_tag(end).end;
}

/* Append a part of a template up to an end. */
static void
append_part(StringInfo page, const char *template, const char *part, const char *end,
			const CgaeScope *scope)
{
	for (;;)
	{
		const char *tag = strstr(part, "{{");

		if (tag == NULL || tag >= end)
			break;
		appendBinaryStringInfo(page, part, tag - part);
		part = append_tag(page, template, tag, scope);
	}
	appendBinaryStringInfo(page, part, end - part);
}

void
cgae_template_append(StringInfo page, const char *template, const CgaeScope *scope)
{
	append_part(page, template, template, template + strlen(template), scope);
}
