/*
 * registry_namespace.c
 *	  The schema of the extension and its registry.
 *
 * The schema can be renamed by its owner, although nothing then works but what
 * finds its way by OID; and a schema that somebody else calls cgae is not the
 * extension's.  Which one is, pg_depend tells.
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "catalog/dependency.h"
#include "catalog/indexing.h"
#include "catalog/namespace.h"
#include "catalog/pg_depend.h"
#include "catalog/pg_extension.h"
#include "catalog/pg_namespace.h"
#include "commands/extension.h"
#include "postgres_ext.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"

#include "server/cache.h"
#include "server/registry_namespace.h"

#define SCHEMA "cgae"

/* What was found; a schema that changes makes it doubtful. */
static Oid	kept = InvalidOid;
static uint64 changes = 0;

static void
forget_namespace(Oid relid)
{
	/* only what concerns everything may be a schema */
	if (OidIsValid(relid))
		return;
	kept = InvalidOid;
	changes++;
}

/* The schema that is a member of an extension, or InvalidOid. */
static Oid
member_schema(Oid extension)
{
	Relation	depend = table_open(DependRelationId, AccessShareLock);
	ScanKeyData key[2];
	SysScanDesc scan;
	HeapTuple	tuple;
	Oid			schema = InvalidOid;

	ScanKeyInit(&key[0], Anum_pg_depend_refclassid, BTEqualStrategyNumber, F_OIDEQ,
				ObjectIdGetDatum(ExtensionRelationId));
	ScanKeyInit(&key[1], Anum_pg_depend_refobjid, BTEqualStrategyNumber, F_OIDEQ,
				ObjectIdGetDatum(extension));
	scan = systable_beginscan(depend, DependReferenceIndexId, true, NULL, lengthof(key), key);
	while (!OidIsValid(schema) && HeapTupleIsValid(tuple = systable_getnext(scan)))
	{
		Form_pg_depend entry = (Form_pg_depend) GETSTRUCT(tuple);

		if (entry->classid == NamespaceRelationId && entry->deptype == DEPENDENCY_EXTENSION)
			schema = entry->objid;
	}
	systable_endscan(scan);
	table_close(depend, AccessShareLock);
	return schema;
}

/* Look for the schema in the catalogues. */
static Oid
find_namespace(void)
{
	Oid			named = get_namespace_oid(SCHEMA, true);
	Oid			extension = get_extension_oid(SCHEMA, true);
	Oid			member;

	if (!OidIsValid(extension) ||
		(OidIsValid(named) && getExtensionOfObject(NamespaceRelationId, named) == extension))
		return named;
	member = member_schema(extension);
	return OidIsValid(member) ? member : named;
}

Oid
cgae_registry_namespace(void)
{
	static bool is_listening = false;
	uint64		before;

	if (likely(OidIsValid(kept)))
		return kept;
	if (!is_listening)
	{
		cgae_on_relcache_invalidation(forget_namespace);
		is_listening = true;
	}
	do
	{
		before = changes;
		kept = find_namespace();
	} while (before != changes);
	return kept;
}

void
cgae_require_schema_name(void)
{
	Oid			schema = cgae_registry_namespace();
	char	   *name;

	if (likely(schema == get_namespace_oid(SCHEMA, true)))
		return;
	name = get_namespace_name(schema);
	if (name == NULL)
		return;
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_SCHEMA_NAME),
			 errmsg("schema cgae of the extension has been renamed to \"%s\"", name),
			 errhint("ALTER SCHEMA %s RENAME TO cgae.", quote_identifier(name)),
			 err_generic_string(PG_DIAG_SCHEMA_NAME, SCHEMA)));
}
