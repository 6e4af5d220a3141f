/*
 * history_end.h
 *	  The last number in an agent's history, as the two tables tell it.
 */
#ifndef CGAE_HISTORY_END_H
#define CGAE_HISTORY_END_H

#include "server/plan_cache.h"
#include "utils/relcache.h"

/*
 * The highest seq among the certifications and events of an agent whose row
 * the calling guard holds, read with the rights of the owner of agents; 0
 * when it has none.
 */
extern int32 cgae_history_end(Relation agents, const text *agent_id);

/*
 * Does the last_seq of any of many agents lie behind its history?  They are
 * given by an array of their places (ctid) or of their ids: one statement, where
 * looking each of them up would cost as much as what happens to it.
 */
extern bool cgae_any_behind_history(Oid agents, Oid array_type, Datum array);

#endif							/* CGAE_HISTORY_END_H */
