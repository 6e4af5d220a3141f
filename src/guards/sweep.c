/*
 * sweep.c
 *	  What a sweep or a publication tells the guard of agents, and whom it passes by.
 *
 * A sweep that goes on from transaction to transaction meets them again with
 * every batch, so whom it has named is kept for as long as it runs.
 */
#include "postgres.h"

#include "common/hashfn.h"
#include "miscadmin.h"
#include "utils/hsearch.h"
#include "utils/memutils.h"

#include "guards/disclosure.h"
#include "guards/sweep.h"

/* Nobody reads more WARNINGs: of the rest only their number is told. */
#define MAX_NAMED 100

const CgaeTicketKind cgae_sweep_ticket = {"sweep"};

struct CgaePassed
{
	HTAB	   *hashes;			/* of agent_id: 64 bits, which tell agents apart well enough */
	int64		count;
};

static struct CgaePassed *
begin_passed(void)
{
	HASHCTL		ctl = {0};
	MemoryContext context = AllocSetContextCreate(PortalContext != NULL ? PortalContext :
												  CurTransactionContext,
												  "cgae agents passed by", ALLOCSET_SMALL_SIZES);
	struct CgaePassed *passed = MemoryContextAllocZero(context, sizeof(*passed));

	ctl.keysize = ctl.entrysize = sizeof(uint64);
	ctl.hcxt = context;
	passed->hashes = hash_create("cgae agents passed by", 64, &ctl,
								 HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
	return passed;
}

void
cgae_sweep_pass_by(CgaeSweep *sweep, const char *agent_id, const char *fault)
{
	uint64		hash = 0;
	bool		found;

	sweep->passed++;
	if (sweep->told == NULL)
		sweep->told = begin_passed();
	if (agent_id != NULL)
		hash = hash_bytes_extended((const unsigned char *) agent_id, strlen(agent_id), 0);
	(void) hash_search(sweep->told->hashes, &hash, HASH_ENTER, &found);
	if (found || ++sweep->told->count > MAX_NAMED)
		return;
	ereport(WARNING,
			(agent_id == NULL ?
			 errmsg("agents without an agent_id cannot be read and are passed by") :
			 errmsg("agent \"%s\" cannot be read and is passed by", agent_id),
			 fault != NULL && cgae_may_disclose_to(GetUserId()) ?
			 errdetail("It counts as T0: %s.", fault) : 0,
			 errhint("The row was written without the guards; cgae.check_registry() tells more.")));
}

void
cgae_sweep_end(CgaeSweep *sweep)
{
	if (sweep->told == NULL)
		return;
	if (sweep->told->count > MAX_NAMED)
		ereport(WARNING,
				(errmsg(INT64_FORMAT " more agents cannot be read and were passed by",
						sweep->told->count - MAX_NAMED),
				 errhint("cgae.registry_health counts them; cgae.check_registry() tells more.")));
	MemoryContextDelete(GetMemoryChunkContext(sweep->told));
	sweep->told = NULL;
}
