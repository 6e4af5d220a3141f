/*
 * audit_seeds.h
 *	  Epochs of the audit lottery on their way into cgae.audit_seeds.
 *
 * Invariants: epochs are numbered 1, 2, ... and follow each other without gap
 * or overlap: each begins at the instant at which the one before ended.  One
 * that began under a clock that ran ahead ends before it begins, and the one
 * before it lasts, if longer, until then.  All secrets but the last are
 * revealed.
 *
 * Rotations and create_registry() push a ticket of what they are about to write;
 * the guard of audit_seeds makes the row and lets in no other.
 */
#ifndef CGAE_AUDIT_SEEDS_H
#define CGAE_AUDIT_SEEDS_H

#include "datatype/timestamp.h"
#include "fmgr.h"
#include "server/ticket.h"

/* Bytes of a secret, as many as of the digest: HMAC gains nothing from a longer key. */
#define CGAE_SECRET_BYTES 32

/* A rotation on its way: first the new epoch is begun, then the last one revealed. */
typedef struct CgaeRotation
{
	bool		is_begun;		/* the guard has made the new epoch, and filled in what follows */
	bool		is_revealed;	/* the guard has let the second write in */
	int32		epoch;			/* the new epoch */
	TimestampTz created_at;		/* its beginning, and the end of the one before */
} CgaeRotation;

/* Of either write of a rotation: a CgaeRotation. */
extern const CgaeTicketKind cgae_rotation_ticket;

/*
 * Begin a new epoch with a fresh secret, with the caller's rights, between
 * SPI_connect and SPI_finish.  fcinfo NULL: once only, no plan is kept.
 * Refuses (triggered_data_change_violation) that the row does not arrive at its guard.
 */
extern void cgae_rotation_begin_epoch(FunctionCallInfo fcinfo, CgaeRotation *rotation);

/* The same for epoch 1, which no rotation begins. */
extern void cgae_audit_begin_first_epoch(void);

/* Reveal the secret of the epoch before; false when the caller's snapshot does not see it. */
extern bool cgae_rotation_reveal(FunctionCallInfo fcinfo, CgaeRotation *rotation);

#endif							/* CGAE_AUDIT_SEEDS_H */
