/*
 * partitions.c
 *	  A registry whose per-agent tables are hash-partitioned by agent_id.
 *
 * The server gives every partition its table's indexes, keys and triggers for
 * each row.  Triggers for each statement it does not: one fires for the table
 * that the statement names, so a partition has its own, for statements that
 * name the partition.  The guards refuse to write to a partition without them
 * (see cgae_guard_require_on_partition).
 */
#include "postgres.h"

#include "schema/ddl.h"
#include "schema/partitions.h"

/* The partitioned tables, in the order in which the partitions can be made. */
static const char *const tables[] = {"agents", "certifications", "agent_events"};

/* Their triggers for each statement, as in the layout. */
static const struct
{
	const char *table;
	const char *trigger;
	const char *event;
	const char *function;
	const char *comment;
}			statement_triggers[] = {
	{"agents", "zz_cgae_policy_lock", "BEFORE UPDATE OF current_tier", "guard_agents",
	"locks the policy before the agents whose tier it lowers"},
	{"agents", "zz_cgae_no_truncate", "BEFORE TRUNCATE", "guard_append_only", "refuses truncate"},
	{"certifications", "zz_cgae_no_truncate", "BEFORE TRUNCATE", "guard_append_only", "refuses truncate"},
	{"agent_events", "zz_cgae_no_truncate", "BEFORE TRUNCATE", "guard_append_only", "refuses truncate"},
};

const char *
cgae_partitioned_statement(const char *sql)
{
	for (int i = 0; i < lengthof(tables); i++)
	{
		char	   *prefix = psprintf("CREATE TABLE cgae.%s (", tables[i]);

		if (strncmp(sql, prefix, strlen(prefix)) == 0)
			return psprintf("%s PARTITION BY HASH (agent_id)", sql);
	}
	return sql;
}

/* Run a utility statement and free its text: there are many. */
static void
run(char *sql)
{
	cgae_ddl_run(sql);
	pfree(sql);
}

/* Make one partition of a table. */
static void
make_partition(const char *table, int number, int partitions)
{
	char	   *name = psprintf("%s_p%d", table, number);

	run(psprintf("CREATE TABLE cgae.%s PARTITION OF cgae.%s"
				 " FOR VALUES WITH (MODULUS %d, REMAINDER %d)", name, table, partitions, number));
	run(psprintf("COMMENT ON TABLE cgae.%s IS 'partition %d of %d of cgae.%s'", name, number,
				 partitions, table));
	/* default privileges of the owner's may have opened it */
	run(psprintf("REVOKE ALL ON cgae.%s FROM PUBLIC", name));
	for (int i = 0; i < lengthof(statement_triggers); i++)
		if (strcmp(statement_triggers[i].table, table) == 0)
		{
			const char *trigger = statement_triggers[i].trigger;

			run(psprintf("CREATE TRIGGER %s %s ON cgae.%s FOR EACH STATEMENT EXECUTE FUNCTION cgae.%s()",
						 trigger, statement_triggers[i].event, name, statement_triggers[i].function));
			run(psprintf("COMMENT ON TRIGGER %s ON cgae.%s IS '%s'", trigger, name,
						 statement_triggers[i].comment));
		}
	pfree(name);
}

void
cgae_make_partitions(int partitions)
{
	for (int t = 0; t < lengthof(tables); t++)
		for (int i = 0; i < partitions; i++)
			make_partition(tables[t], i, partitions);
}
