/*
 * agent_fault.c
 *	  What about an agent's row cannot be read, for C and for the views.
 */
#include "postgres.h"

#include "fmgr.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

#include "guards/agent_fault.h"
#include "guards/holds.h"
#include "server/enum_map.h"
#include "server/row_reader.h"
#include "types/architecture.h"
#include "types/robustness.h"

CgaeFault
cgae_agent_find_fault(const CgaeAgentState *state)
{
	char		digits[CGAE_HASH_SIZE];

	if (state->status < 0)
		return CGAE_FAULT_STATUS;
	if (state->current_tier < 0)
		return CGAE_FAULT_TIER;
	/* one that was never certified has neither vector nor time, and T0 */
	if (state->robustness == NULL ? state->has_certified_at || state->current_tier > 0 :
		!cgae_vector_is_possible(state->robustness))
		return CGAE_FAULT_ROBUSTNESS;
	if (state->robustness != NULL &&
		(!state->has_certified_at || TIMESTAMP_NOT_FINITE(state->certified_at)))
		return CGAE_FAULT_CERTIFIED_AT;
	if (state->holds == NULL || !cgae_holds_are_readable(state->holds))
		return CGAE_FAULT_HOLDS;
	if (state->hash == NULL || cgae_read_architecture_hash(state->hash, digits) == 0)
		return CGAE_FAULT_HASH;
	/* after the greatest number nothing could be recorded */
	if (state->last_seq < 1 || state->last_seq == PG_INT32_MAX)
		return CGAE_FAULT_LAST_SEQ;
	return CGAE_READABLE;
}

const char *
cgae_fault_in_words(CgaeFault fault)
{
	switch (fault)
	{
		case CGAE_READABLE:
			break;
		case CGAE_FAULT_STATUS:
			return "its status is null or unknown";
		case CGAE_FAULT_TIER:
			return "its current_tier is null or unknown";
		case CGAE_FAULT_ROBUSTNESS:
			return "its current_robustness is null or has a score outside [0,1]";
		case CGAE_FAULT_CERTIFIED_AT:
			return "its certified_at is null or infinite";
		case CGAE_FAULT_HOLDS:
			return "its holds are null, have a null or blank name, or are too many";
		case CGAE_FAULT_HASH:
			return "its architecture_hash is not 16 or 64 hexadecimal digits";
		case CGAE_FAULT_LAST_SEQ:
			return "its last_seq is null, below 1 or the greatest number there is";
	}
	return NULL;
}

/*
 * cgae.agent_fault(status cgae.agent_status, current_tier cgae.tier,
 *	   current_robustness cgae.robustness, certified_at timestamptz, holds text[],
 *	   last_seq int, architecture_hash text) -> text
 *
 * What about an agent's row cannot be read, in words; null when it can.  Such
 * an agent counts as T0.  Not strict: nulls are what it looks for.  For the
 * views, and for who looks for such rows.
 */
PG_FUNCTION_INFO_V1(cgae_agent_fault);
Datum
cgae_agent_fault(PG_FUNCTION_ARGS)
{
	CgaeAgentState state = {0};
	const char *words;

	state.status = PG_ARGISNULL(0) ? -1 : cgae_status_find(PG_GETARG_OID(0));
	state.current_tier = PG_ARGISNULL(1) ? -1 : cgae_tier_find(PG_GETARG_OID(1));
	state.robustness = PG_ARGISNULL(2) ? NULL : PG_GETARG_ROBUSTNESS_P(2);
	state.has_certified_at = !PG_ARGISNULL(3);
	state.certified_at = PG_ARGISNULL(3) ? 0 : PG_GETARG_TIMESTAMPTZ(3);
	state.holds = PG_ARGISNULL(4) ? NULL : PG_GETARG_ARRAYTYPE_P(4);
	state.last_seq = PG_ARGISNULL(5) ? 0 : PG_GETARG_INT32(5);
	state.hash = PG_ARGISNULL(6) ? NULL : PG_GETARG_TEXT_PP(6);
	words = cgae_fault_in_words(cgae_agent_find_fault(&state));
	if (words == NULL)
		PG_RETURN_NULL();
	PG_RETURN_TEXT_P(cstring_to_text(words));
}
