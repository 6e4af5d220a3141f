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
#include "utils/lsyscache.h"
#include "utils/syscache.h"

#include "server/cache.h"
#include "server/errors.h"
#include "server/registry_definition.h"
#include "server/registry_tables.h"
#include "server/table_shape.h"

/* Moves when one of the tables may have changed, or the schema's name. */
static uint64 generation = 1;

/* What was found out about each table, as of a generation. */
static struct
{
	Oid			relid;
	Oid			owner;
	uint64		generation;
}			known[CGAE_RELATIONS];

/* Does this transaction hold the lock of lock_table()?  Nobody else changes the table then. */
static bool is_locked[CGAE_RELATIONS];

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
	for (int t = 0; t < CGAE_RELATIONS; t++)
		if (!OidIsValid(relid) || relid == known[t].relid)
		{
			generation++;
			return;
		}
}

static void
listen(void)
{
	static bool is_listening = false;

	if (is_listening)
		return;
	cgae_on_relcache_invalidation(table_changed);
	RegisterXactCallback(transaction_ends, NULL);
	RegisterSubXactCallback(subtransaction_ends, NULL);
	is_listening = true;
}

/* OID of a table by name, or InvalidOid. */
static Oid
find_table(int t)
{
	Oid			namespace = get_namespace_oid("cgae", true);

	return OidIsValid(namespace) ? get_relname_relid(cgae_relation_name(t), namespace) : InvalidOid;
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
	for (int t = 0; t < CGAE_RELATIONS; t++)
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
column_fault(Oid relid, const char *table, const CgaeTableColumn *column, Fault *fault)
{
	AttrNumber	attnum = get_attnum(relid, column->name);
	Oid			wanted = cgae_column_type(column->type);
	Oid			type;

	fault->column = column->name;
	if (attnum <= InvalidAttrNumber)
	{
		fault->sqlerrcode = ERRCODE_UNDEFINED_COLUMN;
		fault->message =
			psprintf(_("relation \"cgae.%s\" has no column \"%s\", which the registry needs"),
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
	bool		is_view = t >= CGAE_TABLES;
	bool		is_table = kind == RELKIND_RELATION || kind == RELKIND_PARTITIONED_TABLE;
	const CgaeTableColumn *column;

	if (is_view ? kind != RELKIND_VIEW : !is_table)
	{
		fault->sqlerrcode = ERRCODE_WRONG_OBJECT_TYPE;
		fault->column = NULL;
		fault->message = psprintf(is_view ? _("relation \"cgae.%s\" is not a view") :
								  _("relation \"cgae.%s\" is not a table"), cgae_relation_name(t));
		return true;
	}
	for (column = cgae_relation_definition(t)->columns; column->name != NULL; column++)
		if (has_word(sql, column->name) &&
			column_fault(relid, cgae_relation_name(t), column, fault))
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
	for (int t = 0; t < CGAE_RELATIONS; t++)
		if (has_word(sql, psprintf("cgae.%s", cgae_relation_name(t))))
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
 * registry's, and the registry's owner, as whom a superuser's call works, has
 * no rights to such a table.
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
					 cgae_err_object(cgae_relation_name(t), fault.column, NULL)));
	}
	named->generation = seen;
}
