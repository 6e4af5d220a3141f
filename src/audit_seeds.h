/*
 * audit_seeds.h
 *	  Epochs of the audit lottery, as create_registry() sees them.
 */
#ifndef CGAE_AUDIT_SEEDS_H
#define CGAE_AUDIT_SEEDS_H

/*
 * Begin epoch 1 with a fresh secret, with the caller's rights: the row of
 * cgae.audit_seeds is made by its guard.  Between SPI_connect and SPI_finish.
 */
extern void cgae_audit_begin_first_epoch(void);

#endif							/* CGAE_AUDIT_SEEDS_H */
