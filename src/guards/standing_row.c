/*
 * standing_row.c
 *	  An agent's standing, out of a query's result.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "utils/timestamp.h"

#include "guards/agent_fault.h"
#include "guards/standing_row.h"
#include "server/enum_map.h"
#include "server/row_reader.h"

CgaeStanding
cgae_standing_from_tuple(HeapTuple tuple, TupleDesc desc, int first)
{
	CgaeStanding standing = {.certified_at = DT_NOBEGIN};
	CgaeAgentState state = {0};
	Datum		holds;

	/* the last one first: on the way to it the places of all are found */
	state.hash = cgae_read_text(tuple, desc, first + 6);
	state.status = cgae_status_find(cgae_read_enum(tuple, desc, first));
	state.current_tier = cgae_tier_find(cgae_read_enum(tuple, desc, first + 1));
	state.robustness = cgae_read_vector(tuple, desc, first + 2);
	state.has_certified_at = cgae_read_time(tuple, desc, first + 3, &standing.certified_at);
	state.certified_at = standing.certified_at;
	(void) cgae_read_int32(tuple, desc, first + 4, &state.last_seq);
	if (cgae_read_datum(tuple, desc, first + 5, TEXTARRAYOID, &holds))
		state.holds = DatumGetArrayTypeP(holds);

	standing.unreadable = cgae_fault_in_words(cgae_agent_find_fault(&state));
	/* no status permits nothing */
	standing.status = state.status < 0 ? CGAE_SUSPENDED : state.status;
	standing.current_tier = Max(state.current_tier, 0);
	standing.certified = standing.unreadable == NULL && state.robustness != NULL;
	if (standing.certified)
		standing.robustness = *state.robustness;
	else
		standing.certified_at = DT_NOBEGIN;
	return standing;
}
