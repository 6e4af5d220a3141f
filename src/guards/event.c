/*
 * event.c
 *	  Facts on their way into cgae.agent_events.
 *
 * What is written is announced: the guard of agent_events lets in the
 * announced rows, in their order and each once, and nothing else.
 */
#include "postgres.h"

#include "access/xact.h"
#include "catalog/namespace.h"
#include "catalog/pg_trigger.h"
#include "catalog/pg_type.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

#include "guards/event.h"
#include "guards/notify.h"
#include "guards/user_code.h"
#include "server/errors.h"
#include "server/rights.h"
#include "server/varlena.h"

const CgaeColumn cgae_event_columns[EVENT_COLUMNS] = {
	[EVENT_AGENT_ID] = {"agent_id", "text"},
	[EVENT_SEQ] = {"seq", "int4"},
	[EVENT_RECORDED_AT] = {"recorded_at", "timestamptz"},
};

/* How many events wait at most: memory stays small however many agents a statement has. */
#define MAX_WAITING 1000

typedef enum EventValue
{
	VALUE_AGENT_ID,
	VALUE_SEQ,
	VALUE_TYPE,
	VALUE_OCCURRED_AT,
	VALUE_DATA,
	VALUE_ACTOR,
	EVENT_VALUES
} EventValue;

#define INSERT_EVENTS \
	"INSERT INTO cgae.agent_events (agent_id, seq, type, occurred_at, data, actor)"

/* What the guard of agent_events compares a row with, and adds to it. */
typedef struct AnnouncedEvent
{
	const text *agent_id;
	int32		seq;
	TimestampTz recorded_at;
} AnnouncedEvent;

typedef struct Announcement
{
	const AnnouncedEvent *events;
	int			count;
	int			claimed;		/* so many, from the first on */
} Announcement;

struct CgaeEventBatch
{
	Oid			agents;			/* the table at the top, whose owner writes */
	SubTransactionId begun_in;
	MemoryContext context;		/* of what waits */
	int			count;
	AnnouncedEvent events[MAX_WAITING];
	Datum		values[EVENT_VALUES][MAX_WAITING];
};

/* What a guard of this backend is writing, if anything. */
static Announcement *announced = NULL;

/* Write announced events by a statement, with the rights of the owner of agents. */
static void
write_announced(Oid agents, const AnnouncedEvent *events, int count, CgaeQuery query,
				const char *sql, const Oid *types, const Datum *values)
{
	Announcement *outer = announced;
	Announcement announcement = {events, count, 0};
	CgaeOwnerRights rights;
	uint64		processed = 0;

	announced = &announcement;
	PG_TRY();
	{
		/* one plan and one owner for all partitions of the table */
		cgae_owner_begin(cgae_relation_owner(agents), true, &rights);
		processed = cgae_owner_execute(agents, query, sql, EVENT_VALUES, types, values, NULL);
		cgae_owner_end(&rights);
	}
	PG_FINALLY();
	{
		announced = outer;
	}
	PG_END_TRY();

	/* the history has no gaps */
	if (processed != count)
	{
		const AnnouncedEvent *event = &events[Min(announcement.claimed, count - 1)];

		ereport(ERROR,
				(errcode(ERRCODE_TRIGGERED_DATA_CHANGE_VIOLATION),
				 errmsg("event %d of agent \"%s\" was suppressed", event->seq,
						text_to_cstring(event->agent_id)),
				 errhint("A trigger or rule on cgae.agent_events prevents that history is kept."),
				 cgae_err_object("agent_events", NULL, NULL)));
	}
}

/* Write one event. */
static void
write_one(Oid agents, const text *agent_id, const CgaeEvent *event, const char *actor)
{
	static const Oid types[EVENT_VALUES] = {TEXTOID, INT4OID, TEXTOID, TIMESTAMPTZOID, JSONBOID, TEXTOID};
	AnnouncedEvent announcement = {agent_id, event->seq, event->recorded_at};
	Datum		values[EVENT_VALUES];

	values[VALUE_AGENT_ID] = PointerGetDatum(agent_id);
	values[VALUE_SEQ] = Int32GetDatum(event->seq);
	values[VALUE_TYPE] = CStringGetTextDatum(event->type);
	values[VALUE_OCCURRED_AT] = TimestampTzGetDatum(event->occurred_at);
	values[VALUE_DATA] = JsonbPGetDatum(event->data);
	values[VALUE_ACTOR] = CStringGetTextDatum(actor);
	write_announced(agents, &announcement, 1, CGAE_Q_INSERT_EVENT,
					INSERT_EVENTS " VALUES ($1, $2, $3, $4, $5, $6)", types, values);
	cgae_notify(event->type, agent_id, event->seq);
}

void
cgae_event_write(Relation relation, const text *agent_id, const CgaeEvent *event,
				 const char *actor)
{
	write_one(cgae_table_root(relation), agent_id, event, actor);
}

bool
cgae_event_claim(const text *agent_id, int32 seq, TimestampTz *recorded_at)
{
	const AnnouncedEvent *next;

	if (announced == NULL || announced->claimed == announced->count)
		return false;
	next = &announced->events[announced->claimed];
	if (next->seq != seq || !cgae_text_equal(next->agent_id, agent_id))
		return false;
	announced->claimed++;
	*recorded_at = next->recorded_at;
	return true;
}

CgaeEventBatch *
cgae_event_batch_begin(void)
{
	Oid			namespace = get_namespace_oid("cgae", false);
	Oid			agents = get_relname_relid("agents", namespace);
	Oid			events = get_relname_relid("agent_events", namespace);
	CgaeEventBatch *batch;

	if (!OidIsValid(agents) || !OidIsValid(events) ||
		cgae_has_rules(agents) || cgae_has_rules(events) ||
		cgae_has_user_trigger(agents, "guard_agents", TRIGGER_TYPE_UPDATE) ||
		cgae_has_user_trigger(events, "guard_events", TRIGGER_TYPE_INSERT))
		return NULL;
	batch = palloc(sizeof(CgaeEventBatch));
	batch->agents = agents;
	batch->begun_in = GetCurrentSubTransactionId();
	batch->context = AllocSetContextCreate(CurrentMemoryContext, "cgae events",
										   ALLOCSET_DEFAULT_SIZES);
	batch->count = 0;
	return batch;
}

/* Write what waits, in one statement. */
static void
write_waiting(CgaeEventBatch *batch)
{
	static const Oid elements[EVENT_VALUES] = {TEXTOID, INT4OID, TEXTOID, TIMESTAMPTZOID, JSONBOID, TEXTOID};
	static const Oid types[EVENT_VALUES] = {
		TEXTARRAYOID, INT4ARRAYOID, TEXTARRAYOID, TIMESTAMPTZARRAYOID, JSONBARRAYOID, TEXTARRAYOID
	};
	MemoryContext oldcontext = MemoryContextSwitchTo(batch->context);
	Datum		arrays[EVENT_VALUES];
	int			count = batch->count;

	if (count > 0)
	{
		for (int v = 0; v < EVENT_VALUES; v++)
		{
			int16		length;
			bool		by_value;
			char		align;

			get_typlenbyvalalign(elements[v], &length, &by_value, &align);
			arrays[v] = PointerGetDatum(construct_array(batch->values[v], count, elements[v],
														length, by_value, align));
		}
		batch->count = 0;
		write_announced(batch->agents, batch->events, count, CGAE_Q_INSERT_EVENTS,
						INSERT_EVENTS " SELECT pg_catalog.unnest($1), pg_catalog.unnest($2),"
						" pg_catalog.unnest($3), pg_catalog.unnest($4), pg_catalog.unnest($5),"
						" pg_catalog.unnest($6)",
						types, arrays);
	}
	MemoryContextSwitchTo(oldcontext);
	MemoryContextReset(batch->context);
}

void
cgae_event_collect(CgaeEventBatch *batch, const text *agent_id, const CgaeEvent *event,
				   const char *actor)
{
	MemoryContext oldcontext;
	int			i;

	/* what a subtransaction takes back must not wait on */
	if (batch->begun_in != GetCurrentSubTransactionId())
	{
		write_one(batch->agents, agent_id, event, actor);
		return;
	}
	if (batch->count == MAX_WAITING)
		write_waiting(batch);
	i = batch->count;
	oldcontext = MemoryContextSwitchTo(batch->context);
	batch->events[i].agent_id = (const text *) pg_detoast_datum_copy(unconstify(text *, agent_id));
	batch->events[i].seq = event->seq;
	batch->events[i].recorded_at = event->recorded_at;
	batch->values[VALUE_AGENT_ID][i] = PointerGetDatum(batch->events[i].agent_id);
	batch->values[VALUE_SEQ][i] = Int32GetDatum(event->seq);
	batch->values[VALUE_TYPE][i] = CStringGetTextDatum(event->type);
	batch->values[VALUE_OCCURRED_AT][i] = TimestampTzGetDatum(event->occurred_at);
	batch->values[VALUE_DATA][i] = PointerGetDatum(PG_DETOAST_DATUM_COPY(JsonbPGetDatum(event->data)));
	batch->values[VALUE_ACTOR][i] = CStringGetTextDatum(actor);
	MemoryContextSwitchTo(oldcontext);
	batch->count = i + 1;
	/* now, so that listeners hear of it in the order of the agents */
	cgae_notify(event->type, agent_id, event->seq);
}

void
cgae_event_batch_end(CgaeEventBatch *batch)
{
	if (batch == NULL)
		return;
	write_waiting(batch);
	MemoryContextDelete(batch->context);
	pfree(batch);
}
