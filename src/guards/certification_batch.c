/*
 * certification_batch.c
 *	  The certifications that one call is about to insert.
 */
#include "postgres.h"

#include "common/hashfn.h"
#include "miscadmin.h"

#include "guards/certification_batch.h"
#include "server/compat.h"
#include "server/varlena.h"

/* The first entry of each agent, by agent_id. */
typedef struct BatchAgent
{
	const text *agent_id;
	CgaeBatchEntry *entry;
	uint32		hash;
	char		status;
} BatchAgent;

static inline uint32
hash_agent_id(const text *agent_id)
{
	return hash_bytes((const unsigned char *) VARDATA_ANY(agent_id), VARSIZE_ANY_EXHDR(agent_id));
}

#define SH_PREFIX batch_agents
#define SH_ELEMENT_TYPE BatchAgent
#define SH_KEY_TYPE const text *
#define SH_KEY agent_id
#define SH_HASH_KEY(tb, key) hash_agent_id(key)
#define SH_EQUAL(tb, a, b) cgae_text_equal(a, b)
#define SH_STORE_HASH
#define SH_GET_HASH(tb, a) (a)->hash
#define SH_SCOPE static inline
#define SH_DECLARE
#define SH_DEFINE
#include "lib/simplehash.h"

const CgaeTicketKind cgae_batch_ticket = {"batch"};

CgaeBatchEntry *
cgae_batch_take(CgaeBatch *batch, const text *agent_id)
{
	CgaeBatchEntry *entry = &batch->entries[batch->taken];

	if (batch->taken == batch->count || !cgae_text_equal(entry->agent_id, agent_id))
		return NULL;
	batch->taken++;
	return entry;
}

int
cgae_batch_find_firsts(CgaeBatch *batch, CgaeBatchEntry **dest)
{
	int			count = 0;

	/* as long-lived as the entries: the guard runs in a row's own context */
	batch->firsts = batch_agents_create(batch->context, batch->count, NULL);
	for (int i = 0; i < batch->count; i++)
	{
		CgaeBatchEntry *entry = &batch->entries[i];
		BatchAgent *agent;
		bool		found;

		CHECK_FOR_INTERRUPTS();
		entry->is_first = false;
		if (entry->certification.is_repeated)
			continue;
		agent = batch_agents_insert(batch->firsts, entry->agent_id, &found);
		entry->is_first = !found;
		if (!found)
			dest[count++] = agent->entry = entry;
	}
	return count;
}

CgaeBatchEntry *
cgae_batch_first(CgaeBatch *batch, const text *agent_id)
{
	CgaeBatchEntry *next = &batch->entries[batch->next_first];

	/* arrays in the order of agent_id are met in their order */
	if (batch->next_first == batch->count || !next->is_first ||
		!cgae_text_equal(next->agent_id, agent_id))
	{
		BatchAgent *agent = batch_agents_lookup(batch->firsts, agent_id);

		if (agent == NULL)
			return NULL;
		next = agent->entry;
	}
	batch->next_first = next - batch->entries + 1;
	return next;
}
