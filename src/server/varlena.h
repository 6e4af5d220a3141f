/*
 * varlena.h
 *	  Comparing text byte by byte.
 */
#ifndef CGAE_VARLENA_H
#define CGAE_VARLENA_H

/* Do two text values hold the same bytes? */
extern bool cgae_text_equal(const text *a, const text *b);

/* Compare two text values byte by byte, as the collation "C" does. */
extern int	cgae_text_compare(const text *a, const text *b);

#endif							/* CGAE_VARLENA_H */
