/*
 * certification_update.h
 *	  How a certification reaches its agent's row.
 *
 * The guard of certifications updates the agents' rows as the owner of its
 * table, with a ticket for their guard, which claims the certification of each
 * row and judges it under the row lock.
 */
#ifndef CGAE_CERTIFICATION_UPDATE_H
#define CGAE_CERTIFICATION_UPDATE_H

#include "guards/certification_batch.h"
#include "utils/relcache.h"

/*
 * Have one certification judged, or find it stale.  An unknown agent is an error
 * (foreign_key_violation), as is an update that something suppressed
 * (triggered_data_change_violation).
 */
extern void cgae_update_agent(Relation certifications, CgaeCertification *certification);

/*
 * May a batch be judged ahead of its rows?  Not when a trigger of the user's
 * has a say in the rows, or in the agents, one by one.
 */
extern bool cgae_may_update_together(Relation certifications);

/*
 * Have the first certification of every agent of a batch judged in one
 * statement, agents in the order of agent_id; those found stale, like those of
 * a request on record, are left to be judged one by one.  The same errors.
 */
extern void cgae_update_agents(Relation certifications, CgaeBatch *batch);

/*
 * The certification for the sake of which the agent's row is being updated, once,
 * or NULL.  For the guard of agents only.
 */
extern CgaeCertification *cgae_claim_certification(const text *agent_id);

#endif							/* CGAE_CERTIFICATION_UPDATE_H */
