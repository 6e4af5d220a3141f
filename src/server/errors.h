/*
 * errors.h
 *	  Error fields by which a program tells the registry's refusals apart.
 */
#ifndef CGAE_ERRORS_H
#define CGAE_ERRORS_H

/*
 * Auxiliary to ereport: sets schema "cgae" and the table, column and
 * constraint fields.  NULL leaves a field out.
 */
extern int	cgae_err_object(const char *table, const char *column, const char *constraint);

/* Refuse the call (undefined_table) when create_registry() has not been run. */
extern void cgae_require_registry(void);

/* The same, and refuse (insufficient_privilege) whom it does not belong to; hint may be NULL. */
extern void cgae_require_own_registry(const char *hint);

/* Refuse a null argument of a function (null_value_not_allowed). */
extern void cgae_refuse_null_argument(const char *function, const char *argument);

/* Is the text empty or nothing but white space? */
extern bool cgae_is_blank(const char *string);

#endif							/* CGAE_ERRORS_H */
