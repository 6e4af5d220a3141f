/*
 * notify.h
 *	  The setting cgae.notify: tell listeners of every event.
 */
#ifndef CGAE_NOTIFY_H
#define CGAE_NOTIFY_H

/* Define the setting; called once, when the library is loaded. */
extern void cgae_notify_define(void);

/*
 * When cgae.notify is on, send {"type", "agent", "seq"} on channel
 * cgae_events with the commit of this transaction.
 */
extern void cgae_notify(const char *type, const text *agent_id, int32 seq);

#endif							/* CGAE_NOTIFY_H */
