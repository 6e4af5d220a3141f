/*
 * audit_seeds.h
 *	  Epochs of the audit lottery, as create_registry() sees them.
 */
#ifndef CGAE_AUDIT_SEEDS_H
#define CGAE_AUDIT_SEEDS_H

/* Bytes of a secret, as many as of the digest: HMAC gains nothing from a longer key. */
#define CGAE_SECRET_BYTES 32

/*
 * Begin epoch 1 with a fresh secret, with the caller's rights: the row of
 * cgae.audit_seeds is made by its guard.  Between SPI_connect and SPI_finish.
 */
extern void cgae_audit_begin_first_epoch(void);

#endif							/* CGAE_AUDIT_SEEDS_H */
