/*
 * registry_views.h
 *	  The registry's views for analysts.
 */
#ifndef CGAE_REGISTRY_VIEWS_H
#define CGAE_REGISTRY_VIEWS_H

/*
 * The statements that make the views and comment on them, to be run in order
 * by create_registry(), once the tables are there.
 */
extern const char *const cgae_registry_views[];
extern const int cgae_registry_view_statements;

/* Their names, as GRANT and REVOKE want them. */
#define CGAE_REGISTRY_VIEWS \
	"cgae.agent_standing, cgae.tier_changes, cgae.certification_history," \
	" cgae.expiring_agents, cgae.binding_dimension_counts"

#endif							/* CGAE_REGISTRY_VIEWS_H */
