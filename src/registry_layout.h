/*
 * registry_layout.h
 *	  Version of the layout of the registry's tables, triggers and views.
 */
#ifndef CGAE_REGISTRY_LAYOUT_H
#define CGAE_REGISTRY_LAYOUT_H

/*
 * What create_registry() makes, and what upgrade_registry() brings an older
 * registry to.  A plain number, since statements quote it.  Raise it with
 * each release that changes the layout, and add the step in registry_upgrade.c.
 */
#define CGAE_LAYOUT_VERSION 1

#endif							/* CGAE_REGISTRY_LAYOUT_H */
