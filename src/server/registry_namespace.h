/*
 * registry_namespace.h
 *	  The schema of the extension and its registry.
 */
#ifndef CGAE_REGISTRY_NAMESPACE_H
#define CGAE_REGISTRY_NAMESPACE_H

/*
 * OID of schema cgae, or of what it is called since somebody renamed it: the
 * one that is a member of the extension.  InvalidOid when there is none.  Kept
 * until some schema changes.
 */
extern Oid	cgae_registry_namespace(void);

/*
 * Refuse (invalid_schema_name) to go on when that schema has another name: the
 * statements of the extension say cgae.
 */
extern void cgae_require_schema_name(void);

#endif							/* CGAE_REGISTRY_NAMESPACE_H */
