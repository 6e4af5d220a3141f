/*
 * history_series.h
 *	  Active agents by effective tier at a series of instants.
 */
#ifndef CGAE_HISTORY_SERIES_H
#define CGAE_HISTORY_SERIES_H

#include "core/gate_core.h"
#include "datatype/timestamp.h"
#include "fmgr.h"

/*
 * Count the active agents of each effective tier at strictly ascending finite
 * instants: agents[i * CGAE_TIERS + tier], zeroed before, is filled in.  One
 * pass over the history with the caller's privileges and snapshot, between
 * cgae_statement_begin() and end.
 */
extern void cgae_tier_series(FunctionCallInfo fcinfo, const TimestampTz *at, int count,
							 int64 *agents);

#endif							/* CGAE_HISTORY_SERIES_H */
