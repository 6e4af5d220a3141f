/*
 * layout.h
 *	  Version of the layout of the registry's tables, triggers and views.
 */
#ifndef CGAE_LAYOUT_H
#define CGAE_LAYOUT_H

/*
 * What create_registry() makes, and what upgrade_registry() brings an older
 * registry to.  A plain number, since statements quote it.  Raise it with
 * each release that changes the layout, and add the step in upgrade_registry.c.
 */
#define CGAE_LAYOUT_VERSION 1

/* The note of version 1 of the policy, whose other columns are the paper's defaults. */
#define CGAE_PAPER_NOTE "defaults of the paper (arXiv 2603.15639)"

#endif							/* CGAE_LAYOUT_H */
