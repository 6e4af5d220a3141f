/*
 * agent_architecture.h
 *	  The architecture that a row of cgae.agents states.
 */
#ifndef CGAE_AGENT_ARCHITECTURE_H
#define CGAE_AGENT_ARCHITECTURE_H

#include "guards/agent.h"

/*
 * The architecture that a row states, as a normalised hash: from the
 * configuration when it is used, else from digest or hash.  What else is given
 * must agree (check_violation).  Returns false when nothing is given.
 */
extern bool cgae_agent_stated_architecture(const CgaeRow *row, const char *agent_id,
										   bool use_config, bool use_hash, bool use_digest,
										   char dest[CGAE_HASH_SIZE]);

#endif							/* CGAE_AGENT_ARCHITECTURE_H */
