/*
 * permission.c
 *	  May this agent do that, at this instant?
 *
 * Answers from the effective tier (standing.h).  The agent's row is read in the
 * snapshot of the statement that asks, with the caller's own privileges and
 * row security, and with the owner's where a superuser asks (caller.h); the
 * policy is that in force, whatever the snapshot, and what was published since
 * the snapshot is caught up with.  The statement is qualified throughout and
 * runs with the caller's search_path.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

#include "guards/standing_row.h"
#include "server/clock.h"
#include "server/enum_map.h"
#include "server/errors.h"
#include "server/statement.h"

static const CgaeStatement find_standing = {
	"SELECT " CGAE_STANDING_COLUMNS " FROM cgae.agents"
	" WHERE agent_id OPERATOR(pg_catalog.=) $1",
	1, (const Oid[]) {TEXTOID}
};

/*
 * Effective tier of an agent; false when there is none.  at NULL means now, and
 * a certification that somebody committed a little later counts from its own
 * instant.
 */
static bool
find_effective_tier(FunctionCallInfo fcinfo, Datum agent_id, const TimestampTz *at, int *tier)
{
	CgaeStanding standing;
	TimestampTz when;
	bool		found;

	cgae_statement_begin();
	found = cgae_statement_find(fcinfo, &find_standing, &agent_id);
	if (found)
		standing = cgae_standing_from_tuple(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1);
	cgae_statement_end();
	if (!found)
		return false;

	when = at != NULL ? *at : cgae_now();
	if (at != NULL && when < standing.certified_at && !cgae_not_yet(standing.certified_at, when))
	{
		char	   *certified = pstrdup(timestamptz_to_str(standing.certified_at));

		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("%s is before the certification of agent \"%s\" at %s",
						timestamptz_to_str(when), TextDatumGetCString(agent_id), certified),
				 errhint("What was true in the past is told by cgae.tier_at().")));
	}
	cgae_standing_catch_up(&standing);
	*tier = cgae_standing_effective_tier(&standing, cgae_policy_of_registry(), when);
	return true;
}

/*
 * cgae.effective_tier(agent_id text, at timestamptz DEFAULT NULL) -> cgae.tier
 *
 * What the agent may do: T0 unless it is active; else the gate of its decayed
 * vector under the policy in force, never above its current tier.  at is now
 * when null, may lie ahead, not before the certification, unless that lies
 * ahead of the clock: T0 until then.  Errors: no_data_found for an unknown agent.
 */
PG_FUNCTION_INFO_V1(cgae_effective_tier);
Datum
cgae_effective_tier(PG_FUNCTION_ARGS)
{
	TimestampTz at = PG_ARGISNULL(1) ? 0 : PG_GETARG_TIMESTAMPTZ(1);
	int			tier;

	if (PG_ARGISNULL(0))
		cgae_refuse_null_argument("effective_tier", "agent_id");
	if (!find_effective_tier(fcinfo, PG_GETARG_DATUM(0), PG_ARGISNULL(1) ? NULL : &at, &tier))
		cgae_refuse_unknown_agent(PG_GETARG_DATUM(0));
	PG_RETURN_OID(cgae_tier_map_of_result(fcinfo)->value[tier]);
}

/*
 * cgae.permits(agent_id text, required cgae.tier, at timestamptz DEFAULT NULL) -> boolean
 *
 * Is the effective tier at least the required one?  False for an unknown
 * agent and for nulls, never null itself, since a null would pass a CHECK.
 */
PG_FUNCTION_INFO_V1(cgae_permits);
Datum
cgae_permits(PG_FUNCTION_ARGS)
{
	TimestampTz at = PG_ARGISNULL(2) ? 0 : PG_GETARG_TIMESTAMPTZ(2);
	int			tier;

	if (PG_ARGISNULL(0) || PG_ARGISNULL(1))
		PG_RETURN_BOOL(false);
	PG_RETURN_BOOL(find_effective_tier(fcinfo, PG_GETARG_DATUM(0), PG_ARGISNULL(2) ? NULL : &at,
									   &tier) &&
				   tier >= cgae_tier_index(PG_GETARG_OID(1)));
}
