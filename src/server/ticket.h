/*
 * ticket.h
 *	  What a statement of ours is about to write, told to the guard of its table.
 *
 * Some rows only the registry may write, and of others only who runs the
 * statement knows what they mean.  So it pushes a ticket before the statement
 * and pops it afterwards, and the guard of the table that is written claims it.
 * A ticket is in backend memory, so that no SQL can forge one.
 *
 * One rule says who may claim a ticket: a guard that runs exactly one trigger
 * deeper than where the ticket was pushed, in the same subtransaction, while no
 * other ticket lies on top of it.  That is where the rows of the statement
 * itself meet their guard.  Whatever a trigger of the owner's writes meanwhile, it writes
 * one trigger deeper at least, and is a client's write.  And since a claim is
 * made in the subtransaction of its ticket, what was claimed is rolled back
 * only together with the ticket: no other row can take the place of one that
 * was rolled back, and none counts as written that was.
 *
 * A claim does not use a ticket up, for it may stand for many rows.  What was
 * pushed says which rows are still to come; the guard notes there what it did.
 *
 * An error needs no PG_TRY: tickets vanish with the subtransaction in which
 * they were pushed, and those pushed outside of it stand.  Tested by the test ticket
 * and test/specs/savepoint.spec.  See doc/internals.md, Tickets.
 */
#ifndef CGAE_TICKET_H
#define CGAE_TICKET_H

/* A kind of ticket is known by its address; all are static. */
typedef struct CgaeTicketKind
{
	const char *name;			/* for messages about mistakes of ours */
} CgaeTicketKind;

/* Push a ticket.  what lives until it is popped, or until an error. */
extern void cgae_ticket_push(const CgaeTicketKind *kind, void *what);

/* Take the ticket that was pushed last from the stack, after its statement. */
extern void cgae_ticket_pop(const CgaeTicketKind *kind);

/* What was pushed for the calling guard, or NULL: then the row is a client's. */
extern void *cgae_ticket_claim(const CgaeTicketKind *kind);

#endif							/* CGAE_TICKET_H */
