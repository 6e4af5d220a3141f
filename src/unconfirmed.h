/*
 * unconfirmed.h
 *	  Certifications that changed their agent and may yet fail to be stored.
 *
 * A unique index of the user's own on certifications lets ON CONFLICT DO
 * NOTHING drop a row after its BEFORE trigger has run.  The guard notes such
 * rows and asks at the end of the statement whether they are there.
 */
#ifndef CGAE_UNCONFIRMED_H
#define CGAE_UNCONFIRMED_H

#include "guard.h"

/* Note a row that is about to be inserted. */
extern void cgae_unconfirmed_add(const text *agent_id, int32 seq);

/*
 * Check every noted row at the end of a statement on relation; one that is
 * missing is an error (triggered_data_change_violation).
 */
extern void cgae_unconfirmed_check(Relation relation);

#endif							/* CGAE_UNCONFIRMED_H */
