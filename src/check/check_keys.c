/*
 * check_keys.c
 *	  Primary, foreign and other keys of the registry's tables, for cgae.check_registry().
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/table.h"
#include "catalog/pg_inherits.h"
#include "catalog/pg_type.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/rel.h"

#include "check/check_keys.h"
#include "server/table_keys.h"

/* Names of an index's key columns, in order. */
#define KEY_COLUMNS \
	"(SELECT pg_catalog.string_agg(CAST(a.attname AS pg_catalog.text), ', ' ORDER BY k.n)" \
	" FROM pg_catalog.unnest(CAST(i.indkey AS pg_catalog.int2[])) WITH ORDINALITY AS k(attnum, n)" \
	" JOIN pg_catalog.pg_attribute AS a ON a.attrelid OPERATOR(pg_catalog.=) i.indrelid" \
	"  AND a.attnum OPERATOR(pg_catalog.=) k.attnum" \
	" WHERE k.n OPERATOR(pg_catalog.<=) i.indnkeyatts)"

#define STANDS "i.indisunique AND i.indisvalid AND i.indisready AND i.indimmediate"

#define PRIMARY_KEYS CGAE_CHECK_TREE \
	"SELECT 'key', pg_catalog.format('%s has no primary key (%s)', n.name, x.key)" \
	" FROM ROWS FROM (pg_catalog.unnest($1), pg_catalog.unnest($2)) AS x(oid, key)" \
	" JOIN named AS n ON n.oid OPERATOR(pg_catalog.=) x.oid" \
	" WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_index AS i" \
	"  WHERE i.indrelid OPERATOR(pg_catalog.=) x.oid AND i.indisprimary AND " STANDS \
	"  AND " KEY_COLUMNS " OPERATOR(pg_catalog.=) x.key)"

#define AGENT_ID_OF(relation, keys) \
	"(SELECT pg_catalog.string_agg(CAST(a.attname AS pg_catalog.text), ', ')" \
	" FROM pg_catalog.unnest(" keys ") AS k(attnum)" \
	" JOIN pg_catalog.pg_attribute AS a ON a.attrelid OPERATOR(pg_catalog.=) " relation \
	"  AND a.attnum OPERATOR(pg_catalog.=) k.attnum) OPERATOR(pg_catalog.=) 'agent_id'"

/* $1: the tables that refer, $2: agents */
#define FOREIGN_KEYS CGAE_CHECK_TREE \
	"SELECT 'key', pg_catalog.format('%s has no foreign key (agent_id) to cgae.agents', n.name)" \
	" FROM pg_catalog.unnest($1) AS x(oid)" \
	" JOIN named AS n ON n.oid OPERATOR(pg_catalog.=) x.oid" \
	" WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_constraint AS c" \
	"  WHERE c.conrelid OPERATOR(pg_catalog.=) x.oid AND c.confrelid OPERATOR(pg_catalog.=) $2" \
	"  AND c.contype OPERATOR(pg_catalog.=) 'f' AND c.convalidated AND NOT c.condeferrable" \
	"  AND " AGENT_ID_OF("c.conrelid", "c.conkey") \
	"  AND " AGENT_ID_OF("c.confrelid", "c.confkey") ")"

/* $1: certifications */
#define REQUEST_KEY CGAE_CHECK_TREE \
	"SELECT 'key', pg_catalog.format('%s has no unique index (agent_id, request_id)', n.name)" \
	" FROM pg_catalog.unnest($1) AS x(oid)" \
	" JOIN named AS n ON n.oid OPERATOR(pg_catalog.=) x.oid" \
	" WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_index AS i" \
	"  WHERE i.indrelid OPERATOR(pg_catalog.=) x.oid AND NOT i.indisexclusion" \
	"  AND NOT i.indnullsnotdistinct AND " STANDS \
	"  AND COALESCE(pg_catalog.pg_get_expr(i.indpred, i.indrelid) OPERATOR(pg_catalog.=)" \
	"   '(request_id IS NOT NULL)', true)" \
	"  AND " KEY_COLUMNS " OPERATOR(pg_catalog.=) 'agent_id, request_id')"

/* Triggers of the registry's foreign keys.  $1: the tables that refer, $2: agents. */
#define KEY_TRIGGERS CGAE_CHECK_TREE \
	"SELECT DISTINCT 'key', pg_catalog.format('triggers of foreign key %I are disabled on %s'," \
	"  c.conname, n.name)" \
	" FROM tree AS t" \
	" JOIN pg_catalog.pg_constraint AS c ON c.conrelid OPERATOR(pg_catalog.=) t.oid" \
	"  AND c.contype OPERATOR(pg_catalog.=) 'f'" \
	"  AND COALESCE(pg_catalog.pg_partition_root(c.confrelid), c.confrelid)" \
	"   OPERATOR(pg_catalog.=) $2" \
	" JOIN pg_catalog.pg_trigger AS g ON g.tgconstraint OPERATOR(pg_catalog.=) c.oid" \
	" JOIN named AS n ON n.oid OPERATOR(pg_catalog.=) g.tgrelid" \
	" WHERE g.tgisinternal AND g.tgenabled OPERATOR(pg_catalog.<>) ALL ('{O,A}') ORDER BY 2"

static const CgaeStatement list_missing_primary_keys = {
	PRIMARY_KEYS,
	2, (const Oid[]) {OIDARRAYOID, TEXTARRAYOID}
};
static const CgaeStatement list_missing_foreign_keys = {
	FOREIGN_KEYS,
	2, (const Oid[]) {OIDARRAYOID, OIDOID}
};
static const CgaeStatement list_key_triggers = {
	KEY_TRIGGERS,
	2, (const Oid[]) {OIDARRAYOID, OIDOID}
};
static const CgaeStatement list_missing_request_keys = {
	REQUEST_KEY,
	1, (const Oid[]) {OIDARRAYOID}
};

/* The keys that must be there. */
static void
check_expected_keys(FunctionCallInfo fcinfo, CgaeCheck *check)
{
	Datum		names[CGAE_TABLES];
	Datum		values[2];
	int			found = 0;
	int			referring = 0;

	for (int t = 0; t < CGAE_TABLES; t++)
	{
		const CgaeRelationDefinition *definition = cgae_relation_definition(t);

		if (OidIsValid(check->tables[t].oid))
			names[found++] = CStringGetTextDatum(definition->primary_key);
		if (definition->references_agents)
			referring |= 1 << t;
	}
	values[0] = cgae_check_table_array(check, CGAE_CHECK_EVERY_TABLE);
	values[1] = PointerGetDatum(construct_array(names, found, TEXTOID, -1, false, TYPALIGN_INT));
	(void) cgae_check_report_rows(fcinfo, check, &list_missing_primary_keys, values);

	values[0] = cgae_check_table_array(check, referring);
	values[1] = ObjectIdGetDatum(check->tables[CGAE_AGENTS].oid);
	(void) cgae_check_report_rows(fcinfo, check, &list_missing_foreign_keys, values);
	(void) cgae_check_report_rows(fcinfo, check, &list_key_triggers, values);

	values[0] = cgae_check_table_array(check, 1 << CGAE_CERTIFICATIONS);
	(void) cgae_check_report_rows(fcinfo, check, &list_missing_request_keys, values);
}

/* Look at the unique and exclusion indexes of one table. */
static void
check_other_keys(CgaeCheck *check, Relation table)
{
	List	   *indexes = RelationGetIndexList(table);
	ListCell   *cell;

	foreach(cell, indexes)
	{
		Relation	index = index_open(lfirst_oid(cell), AccessShareLock);
		const char *fault = cgae_table_key_fault(table, index->rd_indextuple);

		if (fault != NULL)
			cgae_check_report(check, "key",
							  "index %s of cgae.%s could drop a certification that was judged: %s",
							  quote_identifier(RelationGetRelationName(index)),
							  quote_identifier(RelationGetRelationName(table)), fault);
		index_close(index, AccessShareLock);
	}
	list_free(indexes);
}

void
cgae_check_keys(FunctionCallInfo fcinfo, CgaeCheck *check)
{
	Oid			certifications = check->tables[CGAE_CERTIFICATIONS].oid;
	List	   *tables;
	ListCell   *cell;

	check_expected_keys(fcinfo, check);
	if (!OidIsValid(certifications))
		return;
	tables = find_all_inheritors(certifications, AccessShareLock, NULL);
	foreach(cell, tables)
	{
		Relation	table = table_open(lfirst_oid(cell), NoLock);

		check_other_keys(check, table);
		table_close(table, NoLock);
	}
	list_free(tables);
}
