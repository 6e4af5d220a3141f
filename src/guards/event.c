/*
 * event.c
 *	  Facts on their way into cgae.agent_events.
 *
 * A ticket tells the guard of agent_events which rows are written: it lets them
 * in, in their order and each once, and nothing else.
 */
#include "postgres.h"

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
#include "server/ticket.h"
#include "server/varlena.h"

const CgaeColumn cgae_event_columns[CGAE_EVENT_COLUMNS] = {
	[CGAE_EVENT_AGENT_ID] = {"agent_id", "text"},
	[CGAE_EVENT_SEQ] = {"seq", "int4"},
	[CGAE_EVENT_RECORDED_AT] = {"recorded_at", "timestamptz"},
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

static const Oid value_types[EVENT_VALUES] = {
	TEXTOID, INT4OID, TEXTOID, TIMESTAMPTZOID, JSONBOID, TEXTOID
};
#define INSERT_EVENTS \
	"INSERT INTO cgae.agent_events (agent_id, seq, type, occurred_at, data, actor)"

static const CgaeStatement insert_event = {
	INSERT_EVENTS " VALUES ($1, $2, $3, $4, $5, $6)",
	EVENT_VALUES, value_types
};

/* The same of a batch. */
static const CgaeStatement insert_events = {
	INSERT_EVENTS " SELECT pg_catalog.unnest($1), pg_catalog.unnest($2),"
	" pg_catalog.unnest($3), pg_catalog.unnest($4), pg_catalog.unnest($5),"
	" pg_catalog.unnest($6)",
	EVENT_VALUES, (const Oid[EVENT_VALUES]) {
		TEXTARRAYOID, INT4ARRAYOID, TEXTARRAYOID, TIMESTAMPTZARRAYOID, JSONBARRAYOID, TEXTARRAYOID
	}
};

/* Events on their way: what their guard compares the rows with, and adds to them. */
typedef struct EventRows
{
	int			count;
	int			claimed;		/* how many the guard has let in, from the first on */
	Datum	   *values[EVENT_VALUES];
	TimestampTz *recorded_at;
} EventRows;

struct CgaeEventBatch
{
	Oid			agents;			/* the table at the top, whose owner writes */
	MemoryContext context;		/* of what waits */
	EventRows	rows;			/* kept in the arrays that follow */
	Datum		values[EVENT_VALUES][MAX_WAITING];
	TimestampTz recorded_at[MAX_WAITING];
};

/* Of what a guard writes to agent_events: an EventRows. */
static const CgaeTicketKind event_ticket = {"event"};

/* Every value of some events as an array. */
static void
make_arrays(const EventRows *rows, Datum *arrays)
{
	for (int v = 0; v < EVENT_VALUES; v++)
	{
		int16		length;
		bool		by_value;
		char		align;

		get_typlenbyvalalign(value_types[v], &length, &by_value, &align);
		arrays[v] = PointerGetDatum(construct_array(rows->values[v], rows->count, value_types[v],
													length, by_value, align));
	}
}

/*
 * Write events with the rights of the owner of agents.  One event has a
 * statement of its own: with arrays, a suspension costs
 * 11% more instructions and a registration 15%.
 */
static void
write_rows(Oid agents, EventRows *rows)
{
	CgaeOwnerRights rights;
	Datum		arguments[EVENT_VALUES];
	bool		is_one = rows->count == 1;
	uint64		written;

	if (is_one)
		for (int v = 0; v < EVENT_VALUES; v++)
			arguments[v] = rows->values[v][0];
	else
		make_arrays(rows, arguments);
	rows->claimed = 0;
	cgae_ticket_push(&event_ticket, rows);
	/* one plan and one owner for all partitions of the table */
	cgae_owner_begin(cgae_relation_owner(agents), true, &rights);
	written = cgae_owner_execute(agents, is_one ? &insert_event : &insert_events, arguments, NULL);
	cgae_owner_end(&rights);
	cgae_ticket_pop(&event_ticket);

	/* the history has no gaps: tested by the test forgery */
	if (written != rows->count)
	{
		int			lost = Min(rows->claimed, rows->count - 1);

		ereport(ERROR,
				(errcode(ERRCODE_TRIGGERED_DATA_CHANGE_VIOLATION),
				 errmsg("event %d of agent \"%s\" was suppressed",
						DatumGetInt32(rows->values[VALUE_SEQ][lost]),
						TextDatumGetCString(rows->values[VALUE_AGENT_ID][lost])),
				 errhint("A trigger or rule on cgae.agent_events prevents that history is kept."),
				 cgae_err_object("agent_events", NULL, NULL)));
	}
}

void
cgae_event_write(Relation relation, const text *agent_id, const CgaeEvent *event,
				 const char *actor)
{
	Datum		values[EVENT_VALUES] = {
		[VALUE_AGENT_ID] = PointerGetDatum(agent_id),
		[VALUE_SEQ] = Int32GetDatum(event->seq),
		[VALUE_TYPE] = CStringGetTextDatum(event->type),
		[VALUE_OCCURRED_AT] = TimestampTzGetDatum(event->occurred_at),
		[VALUE_DATA] = JsonbPGetDatum(event->data),
		[VALUE_ACTOR] = CStringGetTextDatum(actor),
	};
	TimestampTz recorded_at = event->recorded_at;
	EventRows	rows = {.count = 1, .recorded_at = &recorded_at};

	for (int v = 0; v < EVENT_VALUES; v++)
		rows.values[v] = &values[v];
	write_rows(cgae_table_root(relation), &rows);
	cgae_notify(event->type, agent_id, event->seq);
}

bool
cgae_event_claim(const text *agent_id, int32 seq, TimestampTz *recorded_at)
{
	EventRows  *rows = cgae_ticket_claim(&event_ticket);

	if (rows == NULL || rows->claimed == rows->count ||
		DatumGetInt32(rows->values[VALUE_SEQ][rows->claimed]) != seq ||
		!cgae_text_equal(DatumGetTextPP(rows->values[VALUE_AGENT_ID][rows->claimed]), agent_id))
		return false;
	*recorded_at = rows->recorded_at[rows->claimed++];
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
	batch->context = AllocSetContextCreate(CurrentMemoryContext, "cgae events",
										   ALLOCSET_DEFAULT_SIZES);
	batch->rows.count = 0;
	batch->rows.recorded_at = batch->recorded_at;
	for (int v = 0; v < EVENT_VALUES; v++)
		batch->rows.values[v] = batch->values[v];
	return batch;
}

/* Write what waits, in one statement. */
static void
write_waiting(CgaeEventBatch *batch)
{
	MemoryContext oldcontext = MemoryContextSwitchTo(batch->context);

	if (batch->rows.count > 0)
		write_rows(batch->agents, &batch->rows);
	batch->rows.count = 0;
	MemoryContextSwitchTo(oldcontext);
	MemoryContextReset(batch->context);
}

void
cgae_event_collect(CgaeEventBatch *batch, const text *agent_id, const CgaeEvent *event,
				   const char *actor)
{
	MemoryContext oldcontext;
	int			i;

	if (batch->rows.count == MAX_WAITING)
		write_waiting(batch);
	i = batch->rows.count;
	oldcontext = MemoryContextSwitchTo(batch->context);
	batch->values[VALUE_AGENT_ID][i] =
		PointerGetDatum(pg_detoast_datum_copy(unconstify(text *, agent_id)));
	batch->values[VALUE_SEQ][i] = Int32GetDatum(event->seq);
	batch->values[VALUE_TYPE][i] = CStringGetTextDatum(event->type);
	batch->values[VALUE_OCCURRED_AT][i] = TimestampTzGetDatum(event->occurred_at);
	batch->values[VALUE_DATA][i] =
		PointerGetDatum(PG_DETOAST_DATUM_COPY(JsonbPGetDatum(event->data)));
	batch->values[VALUE_ACTOR][i] = CStringGetTextDatum(actor);
	batch->recorded_at[i] = event->recorded_at;
	MemoryContextSwitchTo(oldcontext);
	batch->rows.count = i + 1;
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
