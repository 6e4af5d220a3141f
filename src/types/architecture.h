/*
 * architecture.h
 *	  Architecture hashes: SHA-256 over the canonical JSON of a model configuration.
 */
#ifndef CGAE_ARCHITECTURE_H
#define CGAE_ARCHITECTURE_H

/* Hex digits of the full digest, and of its short form, the first 64 bits. */
#define CGAE_DIGEST_DIGITS 64
#define CGAE_HASH_DIGITS 16

/* Room for either form and its NUL. */
#define CGAE_HASH_SIZE (CGAE_DIGEST_DIGITS + 1)

/*
 * Write the digest of a detoasted json text, in the database encoding, as 64
 * lower-case hex digits and a NUL.
 */
extern void cgae_architecture_digest_of_json(const text *json, char dest[CGAE_HASH_SIZE]);

/*
 * Lower-case a hash that a user gave into dest and return its length, 16 or
 * 64; anything but 16 or 64 hex digits is an error (invalid_text_representation).
 */
extern int	cgae_parse_architecture_hash(const text *hash, char dest[CGAE_HASH_SIZE]);

/*
 * The same for a hash that is on record, which may have been written without
 * the guards: what is no hash becomes "", and its length 0.
 */
extern int	cgae_read_architecture_hash(const text *hash, char dest[CGAE_HASH_SIZE]);

/*
 * Do two hashes made by the functions above agree by value?  16 digits are
 * compared with the first 16 of 64.  What has another length equals nothing,
 * not even itself.
 */
extern bool cgae_architecture_hash_equal(const char *a, const char *b);

#endif							/* CGAE_ARCHITECTURE_H */
