/*
 * standing_row.h
 *	  An agent's standing, out of a query's result.
 */
#ifndef CGAE_STANDING_ROW_H
#define CGAE_STANDING_ROW_H

#include "access/htup.h"
#include "access/tupdesc.h"
#include "policy/standing.h"

/*
 * What to select from cgae.agents: bare columns, since expressions take longer
 * to start than to run.
 */
#define CGAE_STANDING_COLUMNS \
	"status, current_tier, current_robustness, certified_at," \
	" last_seq, holds, architecture_hash"

/* So many are they. */
#define CGAE_STANDING_COUNT 7

/*
 * Those columns of a row, the first of them at this position.  A row that cannot
 * be read gives a standing that permits nothing, never an error.
 */
extern CgaeStanding cgae_standing_from_tuple(HeapTuple tuple, TupleDesc desc, int first);

#endif							/* CGAE_STANDING_ROW_H */
