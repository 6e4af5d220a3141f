/*
 * registry_tables.c
 *	  Are the registry's tables what create_registry() made?
 *
 * A statement's tables and columns are found in its text, so that no statement
 * can be forgotten.  They are looked at again only when one of them changes.
 */
#include "postgres.h"

#include <ctype.h>

#include "access/htup_details.h"
#include "access/xact.h"
#include "catalog/namespace.h"
#include "catalog/pg_class.h"
#include "miscadmin.h"
#include "storage/lmgr.h"
#include "utils/builtins.h"
#include "utils/inval.h"
#include "utils/lsyscache.h"
#include "utils/syscache.h"

#include "cache.h"
#include "errors.h"
#include "registry_tables.h"
#include "table_shape.h"

static const CgaeColumn agents[] = {
	{"agent_id", "text"},
	{"model_name", "text"},
	{"architecture_hash", "text"},
	{"architecture_digest", "text"},
	{"model_config", "json"},
	{"provenance", "jsonb"},
	{"wallet_address", "text"},
	{"registered_at", "timestamptz"},
	{"initial_robustness", "cgae.robustness"},
	{"status", "cgae.agent_status"},
	{"holds", "_text"},
	{"certified_tier", "cgae.tier"},
	{"current_tier", "cgae.tier"},
	{"current_robustness", "cgae.robustness"},
	{"certified_at", "timestamptz"},
	{"last_audit_at", "timestamptz"},
	{"tier_drop_at", "timestamptz"},
	{"observed_architecture_hash", "text"},
	{"last_seq", "int4"},
	{"certification_count", "int4"},
	{"balance", "numeric"},
	{"total_earned", "numeric"},
	{"total_spent", "numeric"},
	{"total_penalties", "numeric"},
	{"total_topups", "numeric"},
	{"contracts_completed", "int8"},
	{"contracts_failed", "int8"},
	{"deregistered_at", "timestamptz"},
	{"recorded_at", "timestamptz"},
	{"rated_policy", "int4"},
	{NULL, NULL}
};

static const CgaeColumn certifications[] = {
	{"agent_id", "text"},
	{"seq", "int4"},
	{"outcome", "text"},
	{"robustness", "cgae.robustness"},
	{"tier", "cgae.tier"},
	{"previous_tier", "cgae.tier"},
	{"audit_type", "text"},
	{"audit_details", "jsonb"},
	{"observed_architecture_hash", "text"},
	{"certified_at", "timestamptz"},
	{"policy_version", "int4"},
	{"auditor", "text"},
	{"recorded_at", "timestamptz"},
	{"status", "cgae.agent_status"},
	{"request_id", "text"},
	{NULL, NULL}
};

static const CgaeColumn agent_events[] = {
	{"agent_id", "text"},
	{"seq", "int4"},
	{"type", "text"},
	{"occurred_at", "timestamptz"},
	{"data", "jsonb"},
	{"actor", "text"},
	{"recorded_at", "timestamptz"},
	{NULL, NULL}
};

static const CgaeColumn gate_policies[] = {
	{"version", "int4"},
	{"cc", "_float8"},
	{"er", "_float8"},
	{"as_", "_float8"},
	{"ih_threshold", "float8"},
	{"budget_ceilings", "_numeric"},
	{"audit_intensities", "_float8"},
	{"decay_rate", "float8"},
	{"time_step", "interval"},
	{"effective_from", "timestamptz"},
	{"note", "text"},
	{"actor", "text"},
	{NULL, NULL}
};

static const CgaeColumn audit_seeds[] = {
	{"epoch", "int4"},
	{"secret", "bytea"},
	{"commitment", "text"},
	{"created_at", "timestamptz"},
	{"revealed_at", "timestamptz"},
	{"actor", "text"},
	{NULL, NULL}
};

static const CgaeColumn registry_layout[] = {
	{"version", "int4"},
	{"installed_at", "timestamptz"},
	{NULL, NULL}
};

static const CgaeColumn expiring_agents[] = {
	{"agent_id", "text"},
	{"model_name", "text"},
	{"current_tier", "cgae.tier"},
	{"effective_tier", "cgae.tier"},
	{"tier_drop_at", "timestamptz"},
	{"falls_to", "cgae.tier"},
	{"time_left", "interval"},
	{NULL, NULL}
};

/* The tables, agents first, and the views that functions read. */
static const struct
{
	const char *name;
	bool		is_view;
	const CgaeColumn *columns;	/* ends with a null */
}			tables[] = {
	{"agents", false, agents},
	{"certifications", false, certifications},
	{"agent_events", false, agent_events},
	{"gate_policies", false, gate_policies},
	{"audit_seeds", false, audit_seeds},
	{"registry_layout", false, registry_layout},
	{"audit_epochs", true, audit_seeds},	/* the same columns */
	{"expiring_agents", true, expiring_agents},
};

/* Moves when one of the tables may have changed, or the schema's name. */
static uint64 generation = 1;

/* What was found out about each table, as of a generation. */
static struct
{
	Oid			relid;
	Oid			owner;
	uint64		generation;
}			known[lengthof(tables)];

/* Does this transaction hold the lock of lock_table()?  Nobody else changes the table then. */
static bool is_locked[lengthof(tables)];

static void
forget_locks(void)
{
	memset(is_locked, 0, sizeof(is_locked));
}

static void
transaction_ends(XactEvent event, void *arg)
{
	forget_locks();
}

/* What a subtransaction has locked stays so when it ends well. */
static void
subtransaction_ends(SubXactEvent event, SubTransactionId mySubid, SubTransactionId parentSubid,
					void *arg)
{
	if (event == SUBXACT_EVENT_ABORT_SUB)
		forget_locks();
}

static void
table_changed(Oid relid)
{
	for (int t = 0; t < lengthof(tables); t++)
		if (!OidIsValid(relid) || relid == known[t].relid)
		{
			generation++;
			return;
		}
}

static void
namespace_changed(Datum arg, int cacheid, uint32 hashvalue)
{
	generation++;
}

static void
listen(void)
{
	static bool is_listening = false;

	if (is_listening)
		return;
	cgae_on_relcache_invalidation(table_changed);
	CacheRegisterSyscacheCallback(NAMESPACEOID, namespace_changed, (Datum) 0);
	RegisterXactCallback(transaction_ends, NULL);
	RegisterSubXactCallback(subtransaction_ends, NULL);
	is_listening = true;
}

/* OID of a table by name, or InvalidOid. */
static Oid
find_table(int t)
{
	Oid			namespace = get_namespace_oid("cgae", true);

	return OidIsValid(namespace) ? get_relname_relid(tables[t].name, namespace) : InvalidOid;
}

/*
 * Look a table up and lock it as who reads it does: until the transaction ends
 * it keeps its name, columns and owner.  InvalidOid when there is none.
 */
static Oid
lock_table(int t)
{
	if (likely(is_locked[t] && known[t].generation == generation))
		return known[t].relid;
	listen();
	for (;;)
	{
		Oid			relid = known[t].generation == generation ? known[t].relid : find_table(t);
		uint64		seen;
		HeapTuple	tuple;

		if (!OidIsValid(relid))
			return InvalidOid;
		/* takes in what other sessions have committed */
		LockRelationOid(relid, AccessShareLock);
		if (known[t].generation == generation && known[t].relid == relid)
		{
			is_locked[t] = true;
			return relid;
		}
		seen = generation;
		if (find_table(t) != relid)
		{
			UnlockRelationOid(relid, AccessShareLock);
			continue;
		}
		tuple = SearchSysCache1(RELOID, ObjectIdGetDatum(relid));
		if (!HeapTupleIsValid(tuple))
			elog(ERROR, "cache lookup failed for relation %u", relid);
		known[t].relid = relid;
		known[t].owner = ((Form_pg_class) GETSTRUCT(tuple))->relowner;
		known[t].generation = seen; /* validity last */
		is_locked[t] = true;
		ReleaseSysCache(tuple);
		return relid;
	}
}

Oid
cgae_registry_owner(void)
{
	/* agents first; where it was dropped, what is left has an owner still */
	for (int t = 0; t < lengthof(tables); t++)
		if (OidIsValid(lock_table(t)))
			return known[t].owner;
	cgae_require_registry();
	return InvalidOid;			/* not reached */
}

typedef struct Fault
{
	int			sqlerrcode;
	const char *column;			/* NULL: the table itself */
	char	   *message;
} Fault;

/* Does a text hold a name as a word of its own? */
static bool
has_word(const char *text, const char *word)
{
	size_t		length = strlen(word);

	for (const char *at = strstr(text, word); at != NULL; at = strstr(at + 1, word))
	{
		char		before = at == text ? ' ' : at[-1];

		if (!isalnum((unsigned char) before) && before != '_' &&
			!isalnum((unsigned char) at[length]) && at[length] != '_')
			return true;
	}
	return false;
}

/* What is wrong with a column that there should be?  False: nothing. */
static bool
column_fault(Oid relid, const char *table, const CgaeColumn *column, Fault *fault)
{
	AttrNumber	attnum = get_attnum(relid, column->name);
	Oid			wanted = cgae_column_type(column->type);
	Oid			type;

	fault->column = column->name;
	if (attnum <= InvalidAttrNumber)
	{
		fault->sqlerrcode = ERRCODE_UNDEFINED_COLUMN;
		fault->message = psprintf(_("relation \"cgae.%s\" has no column \"%s\", which the registry needs"),
								  table, column->name);
		return true;
	}
	type = get_atttype(relid, attnum);
	if (type == wanted)
		return false;
	fault->sqlerrcode = ERRCODE_DATATYPE_MISMATCH;
	fault->message = psprintf(_("column \"%s\" of relation \"cgae.%s\" has type %s, not %s"),
							  column->name, table, format_type_be(type), format_type_be(wanted));
	return true;
}

/* What is wrong with a table, as far as a statement names its columns?  False: nothing. */
static bool
table_fault(int t, Oid relid, const char *sql, Fault *fault)
{
	char		kind = get_rel_relkind(relid);
	bool		is_table = kind == RELKIND_RELATION || kind == RELKIND_PARTITIONED_TABLE;

	if (tables[t].is_view ? kind != RELKIND_VIEW : !is_table)
	{
		fault->sqlerrcode = ERRCODE_WRONG_OBJECT_TYPE;
		fault->column = NULL;
		fault->message = psprintf(tables[t].is_view ? _("relation \"cgae.%s\" is not a view") :
								  _("relation \"cgae.%s\" is not a table"), tables[t].name);
		return true;
	}
	for (const CgaeColumn *column = tables[t].columns; column->name != NULL; column++)
		if (has_word(sql, column->name) &&
			column_fault(relid, tables[t].name, column, fault))
			return true;
	return false;
}

/* A copy of a statement with blanks for its strings, which name nothing. */
static char *
without_strings(const char *sql)
{
	char	   *names = pstrdup(sql);
	bool		in_string = false;

	for (char *c = names; *c != '\0'; c++)
	{
		bool		is_quote = *c == '\'';

		in_string ^= is_quote;
		if (in_string || is_quote)
			*c = ' ';
	}
	return names;
}

/* Find the tables that a statement, without its strings, names. */
static void
find_named_tables(CgaeNamedTables *named, const char *sql)
{
	named->count = 0;
	for (int t = 0; t < lengthof(tables); t++)
		if (has_word(sql, psprintf("cgae.%s", tables[t].name)))
		{
			if (named->count == CGAE_NAMED_TABLES_MAX)
				elog(ERROR, "statement names too many tables: %s", sql);
			named->table[named->count++] = t;
		}
	named->is_known = true;
}

void
cgae_refuse_owner(Oid relid, Oid owner)
{
	char	   *name = quote_qualified_identifier(get_namespace_name(get_rel_namespace(relid)),
												  get_rel_name(relid));
	HeapTuple	tuple = SearchSysCache1(RELOID, ObjectIdGetDatum(relid));
	char	   *its_owner;

	if (!HeapTupleIsValid(tuple))
		elog(ERROR, "cache lookup failed for relation %u", relid);
	its_owner = GetUserNameFromId(((Form_pg_class) GETSTRUCT(tuple))->relowner, false);
	ReleaseSysCache(tuple);
	ereport(ERROR,
			(errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
			 errmsg("table %s belongs to \"%s\", but cgae.agents to \"%s\"", name, its_owner,
					GetUserNameFromId(owner, false)),
			 errdetail("The tables of the registry and their partitions have one owner."),
			 errhint("ALTER TABLE %s OWNER TO %s", name,
					 quote_identifier(GetUserNameFromId(owner, false))),
			 cgae_err_object(get_rel_name(relid), NULL, NULL)));
}

/*
 * A superuser must not run the code of a table's owner who is not the
 * registry's, nor has the registry's owner, as whom the superuser works, rights to such a
 * table.
 */
static void
require_owner(int t)
{
	Oid			owner = known[t].owner;

	if (owner != GetUserId() &&
		(InNoForceRLSOperation() || (superuser() && !superuser_arg(owner))))
		cgae_refuse_owner(known[t].relid, cgae_registry_owner());
}

void
cgae_named_tables_require(CgaeNamedTables *named, const char *sql)
{
	Oid			relids[CGAE_NAMED_TABLES_MAX];
	uint64		seen;

	if (!named->is_known)
		find_named_tables(named, without_strings(sql));
	for (int i = 0; i < named->count; i++)
	{
		relids[i] = lock_table(named->table[i]);
		if (OidIsValid(relids[i]))
			require_owner(named->table[i]);
	}
	if (likely(named->generation == generation))
		return;

	seen = generation;
	sql = without_strings(sql);
	for (int i = 0; i < named->count; i++)
	{
		int			t = named->table[i];
		Fault		fault;

		if (OidIsValid(relids[i]) && table_fault(t, relids[i], sql, &fault))
			ereport(ERROR,
					(errcode(fault.sqlerrcode),
					 errmsg_internal("%s", fault.message),
					 errhint("SELECT * FROM cgae.check_registry() tells what is not as create_registry() made it."),
					 cgae_err_object(tables[t].name, fault.column, NULL)));
	}
	named->generation = seen;
}
