/*
 * check_layout.c
 *	  The tables that create_registry() makes, as cgae.check_registry() expects them.
 *
 * Types are compared by OID and never cast: a column of another type
 * could run its owner's code as whoever asks.
 */
#include "postgres.h"

#include "access/relation.h"
#include "catalog/namespace.h"
#include "catalog/pg_class.h"
#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/syscache.h"

#include "check/check_layout.h"
#include "server/registry_tables.h"
#include "server/table_shape.h"

bool
cgae_check_any_table(void)
{
	Oid			namespace = get_namespace_oid("cgae", true);

	for (int t = 0; OidIsValid(namespace) && t < CGAE_TABLES; t++)
		if (OidIsValid(get_relname_relid(cgae_relation_name(t), namespace)))
			return true;
	return false;
}

/* The attribute of a name, or NULL. */
static Form_pg_attribute
find_column(TupleDesc desc, const char *name)
{
	for (int i = 0; i < desc->natts; i++)
	{
		Form_pg_attribute att = TupleDescAttr(desc, i);

		if (!att->attisdropped && strcmp(NameStr(att->attname), name) == 0)
			return att;
	}
	return NULL;
}

/*
 * Compare a relation's columns with the expected ones.  True when all are
 * there with their types: a column that may be null can be read.
 */
static bool
check_columns(CgaeCheck *check, const char *rule, Relation relation, const CgaeTableColumn *columns)
{
	const char *name = RelationGetRelationName(relation);
	bool		is_view = relation->rd_rel->relkind == RELKIND_VIEW;
	bool		readable = true;

	for (; columns->name != NULL; columns++)
	{
		Form_pg_attribute att = find_column(RelationGetDescr(relation), columns->name);

		if (att == NULL || att->atttypid != cgae_column_type(columns->type))
		{
			readable = false;
			if (att == NULL)
				cgae_check_report(check, rule, "cgae.%s has no column %s", name, columns->name);
			else
				cgae_check_report(check, rule, "cgae.%s.%s has type %s, not %s", name,
								  columns->name, format_type_be(att->atttypid), columns->type);
			continue;
		}
		if (!is_view && columns->not_null && !att->attnotnull)
			cgae_check_report(check, rule, "cgae.%s.%s may be null", name, columns->name);
		if (!is_view && att->attgenerated != columns->generated)
			cgae_check_report(check, rule, "cgae.%s.%s %s", name, columns->name,
							  columns->generated ? "is no longer generated" :
							  "is generated from other columns");
		if (att->atttypid == TEXTOID && OidIsValid(att->attcollation) &&
			!get_collation_isdeterministic(att->attcollation) &&
			(strcmp(columns->name, "agent_id") == 0 || strcmp(columns->name, "request_id") == 0))
			cgae_check_report(check, rule, "cgae.%s.%s has a nondeterministic collation", name,
							  columns->name);
	}
	return readable;
}

/*
 * Does a table belong to somebody else than the registry's owner, so that to
 * read it takes a privilege that is not there, or runs another's code as a
 * superuser?  That its owner is another is told with the owners.
 */
static bool
is_foreign(Relation relation)
{
	Oid			owner = relation->rd_rel->relowner;

	return owner != cgae_registry_owner() &&
		(superuser() ? !superuser_arg(owner) :
		 pg_class_aclcheck(RelationGetRelid(relation), GetUserId(), ACL_SELECT) != ACLCHECK_OK);
}

/* Look at one table. */
static void
check_table(CgaeCheck *check, CgaeRelation table, Oid namespace)
{
	const char *name = cgae_relation_name(table);
	Oid			relid = get_relname_relid(name, namespace);
	Relation	relation = OidIsValid(relid) ? try_relation_open(relid, AccessShareLock) : NULL;
	char		relkind;

	if (relation == NULL)
	{
		cgae_check_report(check, "table", "cgae.%s is missing", name);
		return;
	}
	relkind = relation->rd_rel->relkind;
	if (relkind == RELKIND_RELATION ||
		(relkind == RELKIND_PARTITIONED_TABLE && cgae_is_per_agent(table)))
	{
		check->tables[table].oid = relid;
		check->tables[table].is_readable =
			check_columns(check, "column", relation, cgae_relation_definition(table)->columns) &&
			!is_foreign(relation);
	}
	else
		cgae_check_report(check, "table", "cgae.%s is %s", name,
						  relkind == RELKIND_PARTITIONED_TABLE ? "partitioned, which it cannot be" :
						  "no table");
	relation_close(relation, NoLock);
}

void
cgae_check_layout(CgaeCheck *check)
{
	Oid			namespace = get_namespace_oid("cgae", false);

	for (int t = 0; t < CGAE_TABLES; t++)
		check_table(check, t, namespace);
}

bool
cgae_check_epochs_view(CgaeCheck *check)
{
	Oid			relid = get_relname_relid("audit_epochs", get_namespace_oid("cgae", false));
	Relation	relation = OidIsValid(relid) ? try_relation_open(relid, AccessShareLock) : NULL;
	bool		readable = false;

	/* that it is missing or no view is told with the views */
	if (relation == NULL)
		return false;
	if (relation->rd_rel->relkind == RELKIND_VIEW)
		readable = check_columns(check, "view", relation,
								 cgae_relation_definition(CGAE_AUDIT_EPOCHS)->columns);
	relation_close(relation, NoLock);
	return readable;
}
