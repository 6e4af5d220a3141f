/*
 * policy_digest.h
 *	  SHA-256 over everything that a policy says, kept in its row.
 *
 * A policy that is changed while the guards are off no longer has the digest
 * that it was published with, unless that is made anew, too.
 */
#ifndef CGAE_POLICY_DIGEST_H
#define CGAE_POLICY_DIGEST_H

#include "guards/policy_row.h"

/*
 * The digest of a row of gate_policies, 32 bytes, over
 *
 *		"cgae/policy/v1\n" F(version) F(cc) F(er) F(as_) F(ih_threshold)
 *		F(budget_ceilings) F(audit_intensities) F(decay_rate) F(time_step)
 *		F(effective_from) F(note) F(actor) F("0,0,0,0,0,0") F("T0") F("T0")
 *
 * where F(v) is the number of v's bytes in decimal, a space, v and a newline.
 * Doubles are big-endian IEEE 754, eight bytes each; ceilings are numeric's
 * text with commas between; times are decimal microseconds, effective_from
 * since 1970; texts are UTF-8.  What stands at the end is kept for thresholds
 * of assurance, which no policy has yet.
 *
 * values are indexed by CgaePolicyColumn, none is null, and that of the digest
 * itself is not looked at.  palloc'd.
 */
extern bytea *cgae_policy_digest(const Datum *values);

#endif							/* CGAE_POLICY_DIGEST_H */
