/*
 * ticket.c
 *	  What a statement of ours is about to write, told to the guard of its table.
 *
 * The stack is an array in the context "cgae cache": it grows as deep as
 * statements were ever nested and is never freed.  What the tickets point to
 * belongs to those who pushed them, whose frames an error leaves behind: so
 * the end of their (sub)transaction takes the tickets off.
 */
#include "postgres.h"

#include "access/xact.h"
#include "utils/fmgrprotos.h"

#include "server/cache.h"
#include "server/ticket.h"

typedef struct Ticket
{
	const CgaeTicketKind *kind;
	void	   *what;
	SubTransactionId pushed_in;
	int			trigger_depth;	/* at which it was pushed */
} Ticket;

static Ticket *stack = NULL;
static int	capacity = 0;
static int	count = 0;

/* How many triggers are being executed within one another. */
static int
trigger_depth(void)
{
	return DatumGetInt32(DirectFunctionCall1(pg_trigger_depth, (Datum) 0));
}

static void
forget_tickets(XactEvent event, void *arg)
{
	if (event == XACT_EVENT_COMMIT || event == XACT_EVENT_PREPARE || event == XACT_EVENT_ABORT)
		count = 0;
}

/* Later subtransactions have greater ids, so those within this one go with it. */
static void
forget_inner_tickets(SubXactEvent event, SubTransactionId mySubid, SubTransactionId parentSubid,
					 void *arg)
{
	if (event == SUBXACT_EVENT_ABORT_SUB)
		while (count > 0 && stack[count - 1].pushed_in >= mySubid)
			count--;
}

/* Make room for one more ticket. */
static void
grow_stack(void)
{
	int			wanted = Max(8, 2 * capacity);

	if (stack == NULL)
	{
		/* first, since memory may end: no ticket is pushed that nobody takes off */
		RegisterXactCallback(forget_tickets, NULL);
		RegisterSubXactCallback(forget_inner_tickets, NULL);
		stack = MemoryContextAlloc(cgae_cache_context(), wanted * sizeof(Ticket));
	}
	else
		stack = repalloc(stack, wanted * sizeof(Ticket));
	capacity = wanted;
}

void
cgae_ticket_push(const CgaeTicketKind *kind, void *what)
{
	Ticket	   *ticket;

	if (unlikely(count == capacity))
		grow_stack();
	ticket = &stack[count];
	ticket->kind = kind;
	ticket->what = what;
	ticket->pushed_in = GetCurrentSubTransactionId();
	ticket->trigger_depth = trigger_depth();
	count++;
}

void
cgae_ticket_pop(const CgaeTicketKind *kind)
{
	if (count == 0 || stack[count - 1].kind != kind)
		elog(ERROR, "ticket of kind \"%s\" is not the last one", kind->name);
	count--;
}

void *
cgae_ticket_claim(const CgaeTicketKind *kind)
{
	const Ticket *ticket = count > 0 ? &stack[count - 1] : NULL;

	if (ticket == NULL || ticket->kind != kind ||
		ticket->trigger_depth + 1 != trigger_depth() ||
		ticket->pushed_in != GetCurrentSubTransactionId())
		return NULL;
	return ticket->what;
}
