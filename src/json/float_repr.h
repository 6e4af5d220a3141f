/*
 * float_repr.h
 *	  The double that a JSON number denotes, written as Python's repr() writes it.
 */
#ifndef CGAE_FLOAT_REPR_H
#define CGAE_FLOAT_REPR_H

/* Room for the longest result, "-1.7976931348623157e+308" among them, and a NUL. */
#define CGAE_FLOAT_REPR_LEN 32

/*
 * Write repr(float(number)) and a NUL into dest, return its length.  number is
 * a JSON number of any length, not necessarily NUL-terminated.  Never fails:
 * too large a number gives Infinity or -Infinity, too small a one 0.0 or -0.0.
 */
extern int	cgae_float_repr(const char *number, size_t length, char dest[CGAE_FLOAT_REPR_LEN]);

#endif							/* CGAE_FLOAT_REPR_H */
