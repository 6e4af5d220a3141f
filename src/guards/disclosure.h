/*
 * disclosure.h
 *	  What a message may tell of an agent, and to whom.
 */
#ifndef CGAE_DISCLOSURE_H
#define CGAE_DISCLOSURE_H

/*
 * May messages to a role tell what the agents' rows say?  Only when it could
 * read every row, by privileges and row security: a guard sees rows that the
 * client may not.
 */
extern bool cgae_may_disclose_to(Oid role);

/*
 * Warn that an observed architecture differs from the registered one, which is
 * told only to those who may read it.  To be called with the client's rights.
 */
extern void cgae_agent_warn_drift(const char *agent_id, const char *registered,
								  const char *observed);

#endif							/* CGAE_DISCLOSURE_H */
