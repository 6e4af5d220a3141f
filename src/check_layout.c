/*
 * check_layout.c
 *	  The tables that create_registry() makes, as cgae.check_registry() expects them.
 *
 * The names of tables and columns are said here and nowhere else in the
 * check.  Types are compared by OID and never cast: a column of another type
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

#include "check_layout.h"
#include "registry_tables.h"

/* A column: its name, its type ("schema.name" for ours), and whether it is NOT NULL. */
typedef struct ExpectedColumn
{
	const char *name;
	const char *type;
	bool		not_null;
	char		generated;		/* as pg_attribute.attgenerated */
} ExpectedColumn;

#define REQUIRED(name, type) {name, type, true, '\0'}
#define OPTIONAL(name, type) {name, type, false, '\0'}
#define END_OF_COLUMNS {NULL, NULL, false, '\0'}

static const ExpectedColumn policy_columns[] = {
	REQUIRED("version", "int4"), REQUIRED("cc", "_float8"), REQUIRED("er", "_float8"),
	REQUIRED("as_", "_float8"), REQUIRED("ih_threshold", "float8"),
	REQUIRED("budget_ceilings", "_numeric"), REQUIRED("audit_intensities", "_float8"),
	REQUIRED("decay_rate", "float8"), REQUIRED("time_step", "interval"),
	REQUIRED("effective_from", "timestamptz"), REQUIRED("note", "text"),
	REQUIRED("actor", "text"),
	END_OF_COLUMNS
};

static const ExpectedColumn agent_columns[] = {
	REQUIRED("agent_id", "text"), REQUIRED("model_name", "text"),
	REQUIRED("architecture_hash", "text"), OPTIONAL("architecture_digest", "text"),
	OPTIONAL("model_config", "json"), REQUIRED("provenance", "jsonb"),
	OPTIONAL("wallet_address", "text"), REQUIRED("registered_at", "timestamptz"),
	REQUIRED("initial_robustness", "cgae.robustness"), REQUIRED("status", "cgae.agent_status"),
	REQUIRED("holds", "_text"), OPTIONAL("certified_tier", "cgae.tier"),
	REQUIRED("current_tier", "cgae.tier"), OPTIONAL("current_robustness", "cgae.robustness"),
	OPTIONAL("certified_at", "timestamptz"), OPTIONAL("last_audit_at", "timestamptz"),
	OPTIONAL("tier_drop_at", "timestamptz"), OPTIONAL("observed_architecture_hash", "text"),
	REQUIRED("last_seq", "int4"), REQUIRED("certification_count", "int4"),
	REQUIRED("balance", "numeric"), REQUIRED("total_earned", "numeric"),
	REQUIRED("total_spent", "numeric"), REQUIRED("total_penalties", "numeric"),
	REQUIRED("total_topups", "numeric"), REQUIRED("contracts_completed", "int8"),
	REQUIRED("contracts_failed", "int8"), OPTIONAL("deregistered_at", "timestamptz"),
	REQUIRED("recorded_at", "timestamptz"), REQUIRED("rated_policy", "int4"),
	END_OF_COLUMNS
};

static const ExpectedColumn certification_columns[] = {
	REQUIRED("agent_id", "text"), REQUIRED("seq", "int4"), REQUIRED("outcome", "text"),
	OPTIONAL("robustness", "cgae.robustness"), OPTIONAL("tier", "cgae.tier"),
	OPTIONAL("previous_tier", "cgae.tier"), REQUIRED("audit_type", "text"),
	REQUIRED("audit_details", "jsonb"), OPTIONAL("observed_architecture_hash", "text"),
	REQUIRED("certified_at", "timestamptz"), OPTIONAL("policy_version", "int4"),
	REQUIRED("auditor", "text"), REQUIRED("recorded_at", "timestamptz"),
	REQUIRED("status", "cgae.agent_status"), OPTIONAL("request_id", "text"),
	END_OF_COLUMNS
};

static const ExpectedColumn event_columns[] = {
	REQUIRED("agent_id", "text"), REQUIRED("seq", "int4"), REQUIRED("type", "text"),
	REQUIRED("occurred_at", "timestamptz"), REQUIRED("data", "jsonb"), REQUIRED("actor", "text"),
	REQUIRED("recorded_at", "timestamptz"),
	END_OF_COLUMNS
};

static const ExpectedColumn seed_columns[] = {
	REQUIRED("epoch", "int4"), REQUIRED("secret", "bytea"),
	{"commitment", "text", true, ATTRIBUTE_GENERATED_STORED}, REQUIRED("created_at", "timestamptz"),
	OPTIONAL("revealed_at", "timestamptz"), REQUIRED("actor", "text"),
	END_OF_COLUMNS
};

static const ExpectedColumn layout_columns[] = {
	REQUIRED("version", "int4"), REQUIRED("installed_at", "timestamptz"),
	END_OF_COLUMNS
};

/* The view's, through which readers see epochs. */
static const ExpectedColumn epoch_columns[] = {
	OPTIONAL("epoch", "int4"), OPTIONAL("commitment", "text"),
	OPTIONAL("created_at", "timestamptz"), OPTIONAL("revealed_at", "timestamptz"),
	OPTIONAL("secret", "bytea"), OPTIONAL("actor", "text"),
	END_OF_COLUMNS
};

static const struct
{
	const char *name;
	bool		by_partitions;	/* may it be partitioned? */
	const char *primary_key;
	const ExpectedColumn *columns;
}			tables[CGAE_CHECK_TABLES] = {
	[CGAE_CHECK_POLICIES] = {"gate_policies", false, "version", policy_columns},
	[CGAE_CHECK_AGENTS] = {"agents", true, "agent_id", agent_columns},
	[CGAE_CHECK_CERTIFICATIONS] = {"certifications", true, "agent_id, seq", certification_columns},
	[CGAE_CHECK_EVENTS] = {"agent_events", true, "agent_id, seq", event_columns},
	[CGAE_CHECK_SEEDS] = {"audit_seeds", false, "epoch", seed_columns},
	[CGAE_CHECK_LAYOUT] = {"registry_layout", false, "version", layout_columns},
};

const char *
cgae_check_primary_key(CgaeCheckTable table)
{
	return tables[table].primary_key;
}

bool
cgae_check_any_table(void)
{
	Oid			namespace = get_namespace_oid("cgae", true);

	for (int t = 0; OidIsValid(namespace) && t < CGAE_CHECK_TABLES; t++)
		if (OidIsValid(get_relname_relid(tables[t].name, namespace)))
			return true;
	return false;
}

/* OID of a type as it is named above; InvalidOid when there is none. */
static Oid
expected_type(const char *name)
{
	bool		ours = strncmp(name, "cgae.", 5) == 0;
	Oid			namespace = get_namespace_oid(ours ? "cgae" : "pg_catalog", false);

	return GetSysCacheOid2(TYPENAMENSP, Anum_pg_type_oid,
						   CStringGetDatum(ours ? name + 5 : name), ObjectIdGetDatum(namespace));
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
check_columns(CgaeCheck *check, const char *rule, Relation relation, const ExpectedColumn *columns)
{
	const char *name = RelationGetRelationName(relation);
	bool		readable = true;

	for (; columns->name != NULL; columns++)
	{
		Form_pg_attribute att = find_column(RelationGetDescr(relation), columns->name);

		if (att == NULL || att->atttypid != expected_type(columns->type))
		{
			readable = false;
			if (att == NULL)
				cgae_check_report(check, rule, "cgae.%s has no column %s", name, columns->name);
			else
				cgae_check_report(check, rule, "cgae.%s.%s has type %s, not %s", name,
								  columns->name, format_type_be(att->atttypid), columns->type);
			continue;
		}
		if (columns->not_null && !att->attnotnull)
			cgae_check_report(check, rule, "cgae.%s.%s may be null", name, columns->name);
		if (relation->rd_rel->relkind != RELKIND_VIEW && att->attgenerated != columns->generated)
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
check_table(CgaeCheck *check, CgaeCheckTable number, Oid namespace)
{
	const char *name = tables[number].name;
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
		(relkind == RELKIND_PARTITIONED_TABLE && tables[number].by_partitions))
	{
		check->tables[number].oid = relid;
		check->tables[number].is_readable = check_columns(check, "column", relation,
														  tables[number].columns) &&
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

	for (int t = 0; t < CGAE_CHECK_TABLES; t++)
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
		readable = check_columns(check, "view", relation, epoch_columns);
	relation_close(relation, NoLock);
	return readable;
}
