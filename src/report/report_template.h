/*
 * report_template.h
 *	  Values that a template shows, and the template filled in with them.
 *
 * Values stand under names in a scope.  A scope within another sees its values
 * too.  Names are constants that outlive the scope; everything else is copied
 * into the current memory context, from which nothing is freed.
 *
 * A value is put by its type, and every type is written as harmless HTML in
 * ASCII.  Markup is no type: only cgae_put_html() takes it, only under a name
 * that ends in _html, and then it is a constant of ours.
 */
#ifndef CGAE_REPORT_TEMPLATE_H
#define CGAE_REPORT_TEMPLATE_H

#include "lib/stringinfo.h"

typedef struct CgaeScope CgaeScope;

/* The page and its style sheet, of page.html and style.css; embed.awk makes them. */
extern const char cgae_report_page[];
extern const char cgae_report_style[];

/* A scope in no other. */
extern CgaeScope *cgae_scope_create(void);

/* A list without items, which a template may name. */
extern void cgae_scope_list(CgaeScope *scope, const char *list);

/* One more item of a list, for which the template's part of that name stands once. */
extern CgaeScope *cgae_scope_add(CgaeScope *scope, const char *list);

/* Shows the template's part of that name when the condition holds. */
extern void cgae_scope_if(CgaeScope *scope, const char *name, bool condition);

/* A value that is appended by the caller, who escapes it: for report_html.c. */
extern StringInfo cgae_scope_value(CgaeScope *scope, const char *name);

/* A count chooses between two words: is it one? */
extern void cgae_scope_is_one(CgaeScope *scope, const char *name);

extern void cgae_put_html(CgaeScope *scope, const char *name, const char *html);

/* Append a template, filled in. */
extern void cgae_template_append(StringInfo page, const char *template, const CgaeScope *scope);

#endif							/* CGAE_REPORT_TEMPLATE_H */
