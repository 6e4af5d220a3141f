/*
 * errors.c
 *	  Error fields and refusals shared by many files.
 */
#include "postgres.h"

#include "catalog/namespace.h"
#include "catalog/pg_class.h"
#include "miscadmin.h"
#include "postgres_ext.h"
#include "utils/acl.h"
#include "utils/lsyscache.h"

#include "server/compat.h"
#include "server/errors.h"
#include "server/registry_namespace.h"

int
cgae_err_object(const char *table, const char *column, const char *constraint)
{
	err_generic_string(PG_DIAG_SCHEMA_NAME, "cgae");
	if (table != NULL)
		err_generic_string(PG_DIAG_TABLE_NAME, table);
	if (column != NULL)
		err_generic_string(PG_DIAG_COLUMN_NAME, column);
	if (constraint != NULL)
		err_generic_string(PG_DIAG_CONSTRAINT_NAME, constraint);
	return 0;					/* return value does not matter */
}

void
cgae_require_registry(void)
{
	Oid			namespace = get_namespace_oid("cgae", true);

	cgae_require_schema_name();
	if (!OidIsValid(namespace) || !OidIsValid(get_relname_relid("agents", namespace)))
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_TABLE),
				 errmsg("there is no agent registry in this database"),
				 errhint("Run SELECT cgae.create_registry() as the role that shall own it."),
				 cgae_err_object("agents", NULL, NULL)));
}

void
cgae_require_own_registry(const char *hint)
{
	Oid			agents;

	cgae_require_registry();
	agents = get_relname_relid("agents", get_namespace_oid("cgae", false));
	if (!object_ownercheck(RelationRelationId, agents, GetUserId()))
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("must be owner of the agent registry"),
				 hint != NULL ? errhint("%s", hint) : 0,
				 cgae_err_object("agents", NULL, NULL)));
}

void
cgae_refuse_null_argument(const char *function, const char *argument)
{
	ereport(ERROR,
			(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
			 errmsg("argument \"%s\" of cgae.%s is null", argument, function)));
}

bool
cgae_is_blank(const char *string)
{
	return string[strspn(string, " \t\n\r\f\v")] == '\0';
}
