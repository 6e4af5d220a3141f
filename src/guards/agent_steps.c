/*
 * agent_steps.c
 *	  The steps of which everything consists that can happen to an agent.
 */
#include "postgres.h"

#include "common/int.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

#include "guards/agent_steps.h"
#include "guards/disclosure.h"
#include "guards/history_end.h"
#include "server/enum_map.h"
#include "server/errors.h"

/*
 * Look up the last number of the history, which last_seq does not tell where
 * rows came without their guards.  Where last_seq is the greatest number there
 * is, the history decides: there may be room yet.
 */
static void
find_end_of_history(CgaeAgent *agent)
{
	int32		highest = cgae_history_end(agent->history, agent->id);

	agent->history = NULL;		/* once is enough */
	agent->last_seq = agent->last_seq == PG_INT32_MAX ? highest : Max(agent->last_seq, highest);
	agent->last_seq = Max(agent->last_seq, 0);
}

int32
cgae_agent_next_seq(CgaeAgent *agent)
{
	agent->recorded_at = Max(agent->clock, agent->recorded_at);
	if (agent->history != NULL)
		find_end_of_history(agent);
	agent->has_room = !pg_add_s32_overflow(agent->last_seq, 1, &agent->last_seq);
	if (!agent->has_room)
	{
		agent->last_seq = PG_INT32_MAX;
		if (!agent->takes_away)
			ereport(ERROR,
					(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
					 errmsg("history of agent \"%s\" has reached its last number, %d",
							agent->name, PG_INT32_MAX)));
	}
	return agent->last_seq;
}

void
cgae_agent_add_event(CgaeAgent *agent, const char *type, TimestampTz occurred_at,
					 CgaeObject *data)
{
	int32		seq = cgae_agent_next_seq(agent);
	CgaeEvent  *event;

	if (!agent->has_room)
	{
		ereport(WARNING,
				(errmsg("%s of agent \"%s\" is not recorded: no number after %d is left for it",
						type, agent->name, PG_INT32_MAX),
				 errhint("A row with that number was written without the guards.")));
		return;
	}
	event = &agent->events[agent->event_count++];
	Assert(agent->event_count <= CGAE_MAX_EVENTS);
	event->seq = seq;
	event->type = type;
	event->occurred_at = occurred_at;
	event->recorded_at = agent->recorded_at;
	event->data = cgae_object_end(data);
}

void
cgae_agent_write_events(const CgaeAgent *agent, Relation relation, const char *actor,
						CgaeEventBatch *batch)
{
	for (int i = 0; i < agent->event_count; i++)
		if (batch != NULL)
			cgae_event_collect(batch, agent->id, &agent->events[i], actor);
		else
			cgae_event_write(relation, agent->id, &agent->events[i], actor);
}

CgaeStatus
cgae_agent_next_status(const CgaeAgent *agent, CgaeTransition transition)
{
	CgaeStatus	next = cgae_lifecycle_next(agent->status, transition);

	if (next == CGAE_FORBIDDEN)
	{
		if (agent->status == CGAE_DEREGISTERED)
			cgae_agent_refuse_deregistered(agent->name);
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("agent \"%s\" is %s, although holds stand against it", agent->name,
						cgae_status_labels[agent->status]),
				 errhint("The row was changed while its guard was disabled."),
				 cgae_err_object("agents", "status", NULL)));
	}
	return next;
}

/* Auxiliary to ereport: what to do where the agent's last date is no date by the clock. */
static int
hint_at_clock(const CgaeAgent *agent)
{
	if (Max(agent->registered_at, agent->certified_at) <= agent->clock ||
		!cgae_may_disclose_to(agent->client))
		return 0;
	return errhint("The agent's last date lies ahead of the clock:"
				   " leave the time out, and the clock's is taken.");
}

void
cgae_agent_check_time(const CgaeAgent *agent, const char *table, const char *column,
					  TimestampTz at)
{
	char	   *given;
	bool		is_told;

	if (at >= agent->registered_at && at >= agent->certified_at && at <= agent->clock)
		return;
	given = pstrdup(timestamptz_to_str(at));	/* it has one buffer */
	is_told = cgae_may_disclose_to(agent->client);
	if (at < agent->registered_at)
		ereport(ERROR,
				(errcode(ERRCODE_CHECK_VIOLATION),
				 is_told ?
				 errmsg("%s %s of agent \"%s\" is before its registration, %s",
						column, given, agent->name, timestamptz_to_str(agent->registered_at)) :
				 errmsg("%s %s of agent \"%s\" is before its registration",
						column, given, agent->name),
				 hint_at_clock(agent),
				 cgae_err_object(table, column, "not_before_registration")));
	if (at < agent->certified_at)
		ereport(ERROR,
				(errcode(ERRCODE_CHECK_VIOLATION),
				 is_told ?
				 errmsg("%s %s of agent \"%s\" is before its last certification, %s",
						column, given, agent->name, timestamptz_to_str(agent->certified_at)) :
				 errmsg("%s %s of agent \"%s\" is before its last certification",
						column, given, agent->name),
				 hint_at_clock(agent),
				 cgae_err_object(table, column, "not_before_last_certification")));
	ereport(ERROR,
			(errcode(ERRCODE_CHECK_VIOLATION),
			 errmsg("%s %s of agent \"%s\" is in the future by the clock, %s",
					column, given, agent->name, timestamptz_to_str(agent->clock)),
			 hint_at_clock(agent),
			 cgae_err_object(table, column, "not_in_the_future")));
}

void
cgae_agent_suspend_for_drift(CgaeAgent *agent, const char *observed)
{
	agent->status = cgae_agent_next_status(agent, CGAE_HELD);
	cgae_holds_change(&agent->holds, cgae_lifecycle_holds(true, false, true));
	agent->holds_changed = true;
	cgae_row_set(&agent->row, CGAE_AGENT_OBSERVED_HASH, CStringGetTextDatum(observed));
}
