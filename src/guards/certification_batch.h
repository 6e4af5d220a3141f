/*
 * certification_batch.h
 *	  The certifications that one call of certify(), demote() or
 *	  certify_many() is about to insert, and what came of each.
 *
 * The function pushes a ticket of them; the guard of certifications takes an
 * entry for each row of the function's own INSERT and notes there what it found,
 * so that the caller needs no SELECT privilege for a RETURNING.  The guard may also
 * have the first entry of every agent judged together, in one UPDATE, before
 * it completes the rows one by one.
 */
#ifndef CGAE_CERTIFICATION_BATCH_H
#define CGAE_CERTIFICATION_BATCH_H

#include "guards/certification.h"
#include "server/ticket.h"

/* A row as it reached the guard, for comparison with what is on record. */
typedef struct CgaeGivenRow
{
	Datum		values[CGAE_GIVEN_COLUMNS];
	bool		nulls[CGAE_GIVEN_COLUMNS];
} CgaeGivenRow;

typedef struct CgaeBatchEntry
{
	const text *agent_id;
	CgaeCertification certification;	/* as given, then as judged */
	CgaeGivenRow *repeated;		/* of a request on record: not judged; else NULL */
	bool		is_first;		/* of its agent, to be judged; set when firsts are found */
	bool		filled;			/* its row reached the guard and was completed */
} CgaeBatchEntry;

typedef struct CgaeBatch
{
	int			count;
	CgaeBatchEntry *entries;	/* in the order of the call */
	MemoryContext context;		/* of the call */
	bool		may_repeat;		/* requests on record are no error: the INSERT skips them */
	int			taken;			/* entries whose rows have reached the guard */
	int			repeated;		/* rows whose request was on record */
	struct batch_agents_hash *firsts;	/* first entry of each agent; NULL: not looked for */
	int			next_first;		/* where to look next for a first entry */
} CgaeBatch;

/* Of the INSERT of a batch: a CgaeBatch. */
extern const CgaeTicketKind cgae_batch_ticket;

/*
 * Take the next entry for a row of an agent, rows coming in the order of the
 * call; NULL when the row is none of the batch's.
 */
extern CgaeBatchEntry *cgae_batch_take(CgaeBatch *batch, const text *agent_id);

/*
 * Find every agent's first entry that does not repeat a request on record;
 * returns how many.  dest has room for count entries.
 */
extern int	cgae_batch_find_firsts(CgaeBatch *batch, CgaeBatchEntry **dest);

/* The first entry of an agent, once they were found; NULL when there is none. */
extern CgaeBatchEntry *cgae_batch_first(CgaeBatch *batch, const text *agent_id);

#endif							/* CGAE_CERTIFICATION_BATCH_H */
