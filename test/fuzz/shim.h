/*
 * shim.h
 *	  What the fuzz targets need of a server: memory, errors, a few routines.
 */
#ifndef CGAE_FUZZ_SHIM_H
#define CGAE_FUZZ_SHIM_H

/* Stop with a report, as a sanitizer does, when a property does not hold. */
#define CHECK(condition) \
	do { \
		if (!(condition)) \
			fuzz_broken(#condition, __FILE__, __LINE__); \
	} while (0)

extern void fuzz_broken(const char *condition, const char *file, int line) pg_attribute_noreturn();

/*
 * Call a function.  Returns 0 when it came back, else the SQLSTATE, as
 * MAKE_SQLSTATE() packs it, of the error that it raised.
 */
extern int	fuzz_try(void (*function) (void *argument), void *argument);

/* The primary message of the error that fuzz_try() caught last. */
extern const char *fuzz_message(void);

/* Free all that was allocated since the last time. */
extern void fuzz_reset(void);

/* The input of a target, read from the front; zeros when there is no more. */
typedef struct FuzzInput
{
	const uint8 *bytes;
	size_t		length;
} FuzzInput;

extern uint8 fuzz_byte(FuzzInput *input);
extern uint64 fuzz_uint64(FuzzInput *input);

/* A double of any bits. */
extern double fuzz_double(FuzzInput *input);

/* The entry point that libFuzzer calls, and what it may call first. */
extern int	LLVMFuzzerTestOneInput(const uint8 *data, size_t size);
extern int	LLVMFuzzerInitialize(int *argc, char ***argv);

#endif							/* CGAE_FUZZ_SHIM_H */
