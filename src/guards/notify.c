/*
 * notify.c
 *	  The setting cgae.notify: tell listeners of every event.
 *
 * The superuser sets it, so that nobody silences the alarm that tells of
 * oneself.  LISTEN asks for no privilege: whoever may connect can hear ids and event types.
 */
#include "postgres.h"

#include "commands/async.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/json.h"

#include "guards/notify.h"

#define CHANNEL "cgae_events"

/* NOTIFY refuses a payload of this many bytes; a longer id is left out. */
#define PAYLOAD_LIMIT 8000

static bool notify_enabled = false;

/* Somebody without the right to asked for a value before we were loaded. */
static bool asked_unprivileged = false;
static int	assignments = 0;

static void
assign_notify(bool newval, void *extra)
{
	assignments++;
	asked_unprivileged = false;
}

/*
 * A connection option (PGOPTIONS) that is given before the library is loaded
 * is kept as it stands, in place of what the configuration says.  The server
 * refuses it when the variable is defined, and falls back to its default, not
 * to the configuration.  So whoever asked without the right to is heard: the
 * default is assigned first, and a second time only what is granted.
 */
void
cgae_notify_define(void)
{
	bool		asked = GetConfigOption("cgae.notify", true, false) != NULL;

	DefineCustomBoolVariable("cgae.notify",
							 "Sends a notification on channel cgae_events"
							 " for every event of an agent.",
							 "A transaction that does so cannot be prepared for two-phase commit.",
							 &notify_enabled, false, PGC_SUSET, 0, NULL, assign_notify, NULL);
	asked_unprivileged = asked && assignments == 1;
	MarkGUCPrefixReserved("cgae");
}

void
cgae_notify(const char *type, const text *agent_id, int32 seq)
{
	StringInfoData payload;
	StringInfoData id;

	if (!notify_enabled && !asked_unprivileged)
		return;

	/* payloads are in the server's encoding; JSON needs no more than escapes */
	initStringInfo(&id);
	escape_json(&id, text_to_cstring(agent_id));
	initStringInfo(&payload);
	appendStringInfo(&payload, "{\"type\": \"%s\", \"agent\": %s, \"seq\": %d}",
					 type, id.data, seq);
	if (payload.len >= PAYLOAD_LIMIT)
	{
		resetStringInfo(&payload);
		appendStringInfo(&payload, "{\"type\": \"%s\", \"agent\": null, \"seq\": %d}", type, seq);
	}
	Async_Notify(CHANNEL, payload.data);
	pfree(payload.data);
	pfree(id.data);
}
