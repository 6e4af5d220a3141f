/*
 * publication.h
 *	  How the guard of gate_policies knows a publication by publish_policy()
 *	  or create_registry() from any other INSERT.
 */
#ifndef CGAE_PUBLICATION_H
#define CGAE_PUBLICATION_H

/* Announce a publication or its end; returns what was announced before. */
extern bool cgae_announce_publication(bool announce);

extern bool cgae_publication_is_announced(void);

#endif							/* CGAE_PUBLICATION_H */
