/*
 * table_keys.h
 *	  The unique keys of a table that keeps numbered facts of agents.
 *
 * A certification changes its agent before its row is stored.  INSERT ... ON
 * CONFLICT DO NOTHING drops a row when a key finds another one like it: so the
 * guard of certifications bears no key in which a judged row could meet another.
 * These cannot: a key that includes agent_id and seq, since the number is new;
 * and (agent_id, request_id), since the guard looks for the request itself.
 *
 * Only the table or partition that stores the row matters.  A key of a parent
 * is enforced by the index that it has in the partition, or not at all.
 */
#ifndef CGAE_TABLE_KEYS_H
#define CGAE_TABLE_KEYS_H

#include "access/htup.h"
#include "utils/relcache.h"

typedef struct CgaeTableKeys
{
	Oid			number_key;		/* finds every row by (agent_id, seq, ...); InvalidOid: none does */
	Oid			request_key;	/* refuses a used request at once; InvalidOid: none does */
	Oid			refused_key;	/* one that could drop a judged row; InvalidOid: none could */
	const char *refused_because;
	bool		is_passing;		/* a key being built gets ready without a word to its table */
} CgaeTableKeys;

/* Look at all keys of a table, valid or not, that a statement may meet. */
extern void cgae_find_table_keys(Relation table, CgaeTableKeys *keys);

/*
 * Why a row that a guard judged could meet another one in an index of a table,
 * given as its row of pg_index: words for a message.  NULL: it could not.
 */
extern const char *cgae_table_key_fault(Relation table, HeapTuple index);

/* Refuse (object_not_in_prerequisite_state) a table with a key that could drop a judged row. */
extern void cgae_require_table_keys(Relation table, const CgaeTableKeys *keys);

#endif							/* CGAE_TABLE_KEYS_H */
