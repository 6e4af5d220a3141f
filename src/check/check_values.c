/*
 * check_values.c
 *	  Values that no guard lets in, row by row, for cgae.check_registry().
 *
 * Each rule is a condition that holds for what the guards let in, in SQL on
 * one row "x"; null counts as broken.  A statement finds the rows for which
 * one of them does not hold, and then tells which: so a sound row costs its
 * conditions and nothing else.  Types were compared before, no value is cast.
 */
#include "postgres.h"

#include "lib/stringinfo.h"
#include "utils/memutils.h"

#include "check/check_values.h"
#include "core/gate_core.h"
#include "server/cache.h"
#include "server/statement.h"

/* One rule about a row: the name that is reported, what holds, and what is said if it does not. */
typedef struct ValueRule
{
	const char *rule;
	const char *condition;
	const char *detail;			/* SQL of type text */
} ValueRule;

#define NOT_BLANK(column) CGAE_CHECK_NOT_BLANK(column)
#define IS_ROLE(column) CGAE_CHECK_IS_ROLE(column)
#define IS_OBJECT(column) "pg_catalog.jsonb_typeof(x." column ") OPERATOR(pg_catalog.=) 'object'"

#define IS_HASH(column) \
	"(x." column " IS NULL OR" \
	" (pg_catalog.octet_length(x." column ") OPERATOR(pg_catalog.=) ANY ('{16,64}')" \
	" AND pg_catalog.translate(x." column ", '0123456789abcdef', '') OPERATOR(pg_catalog.=) ''))"

/* A value for people: shown, and no longer than a line. */
#define SHOWN(column) "COALESCE(pg_catalog.left(CAST(x." column " AS pg_catalog.text), 80), 'null')"

/* What a rule about an agent's column says, and one about a row of its history. */
#define IS(column, what) "pg_catalog.concat('is ', " SHOWN(column) ", '" what "')"
#define SAYS(what) "'" what "'"
#define NUMBER(what) \
	"pg_catalog.concat('number ', COALESCE(CAST(x.seq AS pg_catalog.text), 'null'), '" what "')"

#define AMOUNT(column) \
	{column, "x." column " OPERATOR(pg_catalog.>=) '0'" \
	" AND x." column " OPERATOR(pg_catalog.<) 'Infinity'", \
	IS(column, ", where a finite amount that is not negative belongs")}
#define COUNTER(column) \
	{column, "x." column " OPERATOR(pg_catalog.>=) '0'", IS(column, ", where a count belongs")}

static const ValueRule agent_rules[] = {
	{"agent_id", NOT_BLANK("agent_id"), SAYS("is blank or null")},
	{"model_name", NOT_BLANK("model_name"), SAYS("is blank or null")},
	{"model_config", "(x.model_config IS NULL OR"
		" pg_catalog.json_typeof(x.model_config) OPERATOR(pg_catalog.=) 'object')",
	SAYS("is no JSON object")},
	{"provenance", IS_OBJECT("provenance"), SAYS("is no JSON object")},
	AMOUNT("balance"), AMOUNT("total_earned"), AMOUNT("total_spent"), AMOUNT("total_penalties"),
	AMOUNT("total_topups"), COUNTER("contracts_completed"), COUNTER("contracts_failed"),
};

static const ValueRule certification_rules[] = {
	{"agent_id", "x.agent_id IS NOT NULL", NUMBER(" of cgae.certifications names no agent")},
	{"audit_type", NOT_BLANK("audit_type"), NUMBER(" has a blank audit_type")},
	{"audit_details", IS_OBJECT("audit_details"),
	NUMBER(" has audit_details that are no JSON object")},
	{"observed_architecture_hash", IS_HASH("observed_architecture_hash"),
	NUMBER(" has an observed_architecture_hash that is not 16 or 64 digits")},
	{"request_id", "(x.request_id IS NULL OR " NOT_BLANK("request_id") ")",
	NUMBER(" has a blank request_id")},
	{"auditor", IS_ROLE("auditor"), NUMBER(" has a blank auditor")},
	{"certified_at", "pg_catalog.isfinite(x.certified_at)", NUMBER(" has no finite certified_at")},
	{"recorded_at", "pg_catalog.isfinite(x.recorded_at)", NUMBER(" has no finite recorded_at")},
};

static const ValueRule event_rules[] = {
	{"agent_id", "x.agent_id IS NOT NULL", NUMBER(" of cgae.agent_events names no agent")},
	{"actor", IS_ROLE("actor"), NUMBER(" has a blank actor")},
	{"occurred_at", "pg_catalog.isfinite(x.occurred_at)", NUMBER(" has no finite occurred_at")},
	{"recorded_at", "pg_catalog.isfinite(x.recorded_at)", NUMBER(" has no finite recorded_at")},
};

static const ValueRule policy_rules[] = {
	{"policy", "x.note IS NOT NULL AND (x.version OPERATOR(pg_catalog.<>) 1"
		" OR x.note OPERATOR(pg_catalog.=) '" CGAE_PAPER_NOTE "')",
		"pg_catalog.concat('version ', x.version, ' has not the note that it was published with')"},
	{"policy", IS_ROLE("actor"), "pg_catalog.concat('version ', x.version, ' has a blank actor')"},
};

/* The statement that finds and tells what breaks some rules of a table, for good. */
static char *
values_query(const char *table, bool of_agents, const ValueRule *rules, int count)
{
	StringInfoData sql;
	char	   *kept;

	initStringInfo(&sql);
	appendStringInfo(&sql, "SELECT %s, f.rule, f.detail"
					 " FROM (SELECT x.* FROM cgae.%s AS x WHERE NOT (",
					 of_agents ? "x.agent_id" : "NULL::pg_catalog.text", table);
	for (int i = 0; i < count; i++)
		appendStringInfo(&sql, "%s(%s) IS TRUE", i > 0 ? " AND " : "", rules[i].condition);
	appendStringInfoString(&sql, ")) AS x CROSS JOIN LATERAL (VALUES ");
	for (int i = 0; i < count; i++)
		appendStringInfo(&sql, "%s((%s) IS TRUE, '%s', %s)", i > 0 ? ", " : "", rules[i].condition,
						 rules[i].rule, rules[i].detail);
	appendStringInfoString(&sql, ") AS f(holds, rule, detail) WHERE NOT f.holds");
	kept = MemoryContextStrdup(cgae_cache_context(), sql.data);
	pfree(sql.data);
	return kept;
}

/* Report what breaks the rules of a table; the rows, which may be many, a batch at a time. */
static void
check_table(FunctionCallInfo fcinfo, CgaeCheck *check, const CgaeStatement *statement)
{
	MemoryContext row = AllocSetContextCreate(CurrentMemoryContext, "cgae checked row",
											  ALLOCSET_DEFAULT_SIZES);
	MemoryContext outer = CurrentMemoryContext;
	CgaeStream	stream;

	cgae_stream_open(fcinfo, &stream, statement, NULL);
	while (cgae_stream_next(&stream))
	{
		MemoryContextSwitchTo(row);
		check->agent_id = cgae_stream_text(&stream, 1);
		cgae_check_report(check, cgae_stream_cstring(&stream, 2), "%s",
						  cgae_stream_cstring(&stream, 3));
		MemoryContextSwitchTo(outer);
		MemoryContextReset(row);
	}
	check->agent_id = NULL;
	cgae_stream_close(&stream);
	MemoryContextDelete(row);
}

void
cgae_check_values(FunctionCallInfo fcinfo, CgaeCheck *check)
{
	static const struct
	{
		CgaeRelation table;
		bool		of_agents;
		const ValueRule *rules;
		int			count;
	}			tables[] = {
		{CGAE_GATE_POLICIES, false, policy_rules, lengthof(policy_rules)},
		{CGAE_AGENTS, true, agent_rules, lengthof(agent_rules)},
		{CGAE_CERTIFICATIONS, true, certification_rules, lengthof(certification_rules)},
		{CGAE_AGENT_EVENTS, true, event_rules, lengthof(event_rules)},
	};
	/* put together once in a backend */
	static CgaeStatement statements[lengthof(tables)];

	for (int t = 0; t < lengthof(tables); t++)
	{
		if (!cgae_check_readable(check, tables[t].table))
			continue;
		if (statements[t].sql == NULL)
			statements[t].sql = values_query(cgae_relation_name(tables[t].table),
											 tables[t].of_agents, tables[t].rules,
											 tables[t].count);
		check_table(fcinfo, check, &statements[t]);
	}
}
