/*
 * audit_lottery.c
 *	  Spot audits as a verifiable lottery: the draw, and who is due.
 *
 * The law: P(audited by t) = 1 - e^(-mu * dt), dt in time steps since the last
 * audit, mu of the agent's current tier in the policy in force.  One draw per
 * certification: with u uniform in (0,1], E = -ln(u) is exponential, and the
 * agent is due at the first instant at which mu * dt >= E.
 *
 * The draw is made from the secret of an epoch.  Once that epoch has ended its
 * secret is public, so that a draw still pending could be foreseen by the
 * agent.  The exponential law has no memory: given that an agent was not due
 * before the epoch's end, its remaining time has the same law again.  So each
 * epoch draws anew, with its own secret, counting from its own beginning, and
 * the law since the last audit stays what it is.  An agent is due at the first
 * instant t that some epoch e gives:
 *
 *	   t = s + ceil(-ln(u_e) / mu * time step), s = max(last audit, begin of e),
 *
 * in whole microseconds, provided that t is before the end of e.  The first
 * epoch counts from the last audit even when that was before the registry was
 * made: its secret was not known then.
 *
 * Nothing is stored per agent.
 */
#include "postgres.h"

#include <limits.h>
#include <math.h>

#include <openssl/err.h>
#include <openssl/evp.h>
#if OPENSSL_VERSION_NUMBER >= 0x30000000L
#include <openssl/core_names.h>
#else
#include <openssl/hmac.h>
#endif

#include "access/xact.h"
#include "catalog/pg_type.h"
#include "common/int.h"
#include "executor/tuptable.h"
#include "funcapi.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "port/pg_bswap.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"
#include "utils/tuplesort.h"
#include "utils/typcache.h"

#include "guards/certification.h"
#include "policy/policy.h"
#include "server/clock.h"
#include "server/enum_map.h"
#include "server/errors.h"
#include "server/row_stream.h"
#include "server/statement.h"

#define HMAC_BYTES 32

/* Bits of a double's significand, of which a draw uses all. */
#define DRAW_BITS 53

/* What makes draws: OpenSSL's state, and the message under construction. */
typedef struct Drawer
{
#if OPENSSL_VERSION_NUMBER >= 0x30000000L
	EVP_MAC_CTX *hmac;
#endif
	StringInfoData message;
} Drawer;

/* An epoch and the instants at which it begins and ends. */
typedef struct Epoch
{
	bytea	   *secret;
	TimestampTz begin;
	TimestampTz end;			/* first instant that is not in it */
} Epoch;

/* Raise the reason that OpenSSL gives for a failure. */
static void
openssl_failure(void)
{
	const char *reason = ERR_reason_error_string(ERR_get_error());

	ERR_clear_error();
	ereport(ERROR,
			(errcode(ERRCODE_EXTERNAL_ROUTINE_EXCEPTION),
			 errmsg("could not compute HMAC-SHA256: %s",
					reason != NULL ? reason : "no reason given")));
}

#if OPENSSL_VERSION_NUMBER >= 0x30000000L

/* Memory context callback: free OpenSSL's state, which also wipes the key. */
static void
free_drawer(void *arg)
{
	EVP_MAC_CTX_free(((Drawer *) arg)->hmac);
}

/* A drawer that lives as long as the context. */
static Drawer *
make_drawer(MemoryContext context)
{
	static EVP_MAC *algorithm = NULL;	/* looking it up costs more than a draw */
	char		digest[] = "SHA256";
	OSSL_PARAM	parameters[] = {
		OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
		OSSL_PARAM_construct_end()
	};
	MemoryContext caller = MemoryContextSwitchTo(context);
	Drawer	   *drawer = palloc0(sizeof(Drawer));
	MemoryContextCallback *cleanup = palloc(sizeof(MemoryContextCallback));

	initStringInfo(&drawer->message);
	MemoryContextSwitchTo(caller);

	if (algorithm == NULL)
		algorithm = EVP_MAC_fetch(NULL, "HMAC", NULL);
	if (algorithm == NULL)
		openssl_failure();
	drawer->hmac = EVP_MAC_CTX_new(algorithm);
	if (drawer->hmac == NULL)
		openssl_failure();
	cleanup->func = free_drawer;
	cleanup->arg = drawer;
	MemoryContextRegisterResetCallback(context, cleanup);
	if (EVP_MAC_CTX_set_params(drawer->hmac, parameters) != 1)
		openssl_failure();
	return drawer;
}

/* HMAC-SHA256 of the drawer's message. */
static void
hmac_sha256(Drawer *drawer, const bytea *key, unsigned char result[HMAC_BYTES])
{
	size_t		size = 0;

	if (EVP_MAC_init(drawer->hmac, (unsigned char *) VARDATA_ANY(key), VARSIZE_ANY_EXHDR(key),
					 NULL) != 1 ||
		EVP_MAC_update(drawer->hmac, (unsigned char *) drawer->message.data,
					   drawer->message.len) != 1 ||
		EVP_MAC_final(drawer->hmac, result, &size, HMAC_BYTES) != 1)
		openssl_failure();
	if (size != HMAC_BYTES)
		elog(ERROR, "HMAC-SHA256 has %zu bytes", size);
}

#else

static Drawer *
make_drawer(MemoryContext context)
{
	MemoryContext caller = MemoryContextSwitchTo(context);
	Drawer	   *drawer = palloc0(sizeof(Drawer));

	initStringInfo(&drawer->message);
	MemoryContextSwitchTo(caller);
	return drawer;
}

static void
hmac_sha256(Drawer *drawer, const bytea *key, unsigned char result[HMAC_BYTES])
{
	unsigned int size = 0;

	if (HMAC(EVP_sha256(), VARDATA_ANY(key), VARSIZE_ANY_EXHDR(key),
			 (unsigned char *) drawer->message.data, drawer->message.len, result, &size) == NULL)
		openssl_failure();
	if (size != HMAC_BYTES)
		elog(ERROR, "HMAC-SHA256 has %u bytes", size);
}

#endif

/*
 * Make the message of a certification: agent_id in UTF-8, ':', seq in decimal.
 * Unambiguous although an agent_id may contain colons: seq follows the last.
 */
static void
set_message(Drawer *drawer, const text *agent_id, int32 seq)
{
	const char *id = VARDATA_ANY(agent_id);
	int			length = VARSIZE_ANY_EXHDR(agent_id);

	resetStringInfo(&drawer->message);
	/* of an unknown encoding the bytes count as they are */
	if (GetDatabaseEncoding() == PG_UTF8 || GetDatabaseEncoding() == PG_SQL_ASCII)
		appendBinaryStringInfoNT(&drawer->message, id, length);
	else
	{
		char	   *utf8 = pg_server_to_any(id, length, PG_UTF8);

		if (utf8 == id)
			appendBinaryStringInfoNT(&drawer->message, id, length);
		else
		{
			appendStringInfoString(&drawer->message, utf8);
			pfree(utf8);
		}
	}
	appendStringInfo(&drawer->message, ":%d", seq);
}

/*
 * Draw from the drawer's message: the first 53 bits of the HMAC, plus one,
 * over 2^53.  In (0,1], every value exact.
 */
static double
draw(Drawer *drawer, const bytea *secret)
{
	unsigned char mac[HMAC_BYTES];
	uint64		bits;

	hmac_sha256(drawer, secret, mac);
	memcpy(&bits, mac, sizeof(bits));
	bits = pg_ntoh64(bits) >> (64 - DRAW_BITS);
	return ldexp((double) (bits + 1), -DRAW_BITS);
}

/*
 * cgae.audit_draw(secret bytea, agent_id text, seq int) -> float8
 *
 * The draw of a certification in the epoch of a secret, in (0,1]: how anyone
 * verifies the lottery of an epoch that has ended.  Knows nothing of the
 * registry.  Errors: invalid_parameter_value for an empty secret.
 */
PG_FUNCTION_INFO_V1(cgae_audit_draw);
Datum
cgae_audit_draw(PG_FUNCTION_ARGS)
{
	bytea	   *secret = PG_GETARG_BYTEA_PP(0);
	Drawer	   *drawer = fcinfo->flinfo->fn_extra;

	if (VARSIZE_ANY_EXHDR(secret) == 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("secret of an audit draw is empty"),
				 errhint("Secrets of epochs that have ended are listed in cgae.audit_epochs.")));
	if (drawer == NULL)
		fcinfo->flinfo->fn_extra = drawer = make_drawer(fcinfo->flinfo->fn_mcxt);
	set_message(drawer, PG_GETARG_TEXT_PP(1), PG_GETARG_INT32(2));
	PG_RETURN_FLOAT8(draw(drawer, secret));
}

/* Tell of an epoch that cannot be read. */
static void
warn_unreadable_epoch(bool has_number, int32 number, const char *fault)
{
	ereport(WARNING,
			(has_number ?
			 errmsg("epoch %d of the audit lottery cannot be read and draws nobody: its %s",
					number, fault) :
			 errmsg("an epoch of the audit lottery cannot be read and draws nobody: its %s", fault),
			 errhint("Begin a new one with cgae.rotate_audit_seed().")));
}

static const CgaeStatement list_epochs = {
	"SELECT created_at, secret, epoch FROM cgae.audit_seeds"
	" ORDER BY epoch",
	0, NULL
};

/*
 * The epochs that the caller's snapshot sees, oldest first, in the current
 * context of SPI.  The first counts from the beginning of time.  One that
 * cannot be read, since NOT NULL was dropped, draws nobody and is told of.
 */
static Epoch *
read_epochs(FunctionCallInfo fcinfo, int *count)
{
	uint64		rows = cgae_statement_run(fcinfo, &list_epochs, NULL, NULL, true);
	Epoch	   *epochs = palloc(rows * sizeof(Epoch));
	bool		is_first = true;
	int			readable = 0;

	for (uint64 i = 0; i < rows; i++)
	{
		HeapTuple	tuple = SPI_tuptable->vals[i];
		TupleDesc	desc = SPI_tuptable->tupdesc;
		int32		number = 0;
		TimestampTz begin = DT_NOBEGIN;
		bool		has_begin = cgae_read_time(tuple, desc, 1, &begin);
		/* not detoasted again for every agent; never freed before the function ends */
		bytea	   *secret = cgae_read_bytea(tuple, desc, 2);
		bool		has_number = cgae_read_int32(tuple, desc, 3, &number);

		if (is_first)
			begin = DT_NOBEGIN;
		if (!has_number || (!has_begin && !is_first))
		{
			warn_unreadable_epoch(has_number, number,
								  has_number ? "created_at is null" : "number is null");
			continue;
		}
		is_first = false;
		if (secret == NULL || VARSIZE_ANY_EXHDR(secret) == 0)
		{
			warn_unreadable_epoch(true, number, "secret is null or empty");
			secret = NULL;
		}
		/* what is later than every timestamp never comes */
		epochs[(*count)++] = (Epoch) {secret, begin, END_TIMESTAMP};
	}
	/* with the first of all that follow: one may have begun under a clock that ran ahead */
	for (int i = *count - 2; i >= 0; i--)
		epochs[i].end = Min(epochs[i + 1].begin, epochs[i + 1].end);
	/* those without a secret have ended the ones before them, and that is all they can do */
	for (int i = 0; i < *count; i++)
		if (epochs[i].secret != NULL)
			epochs[readable++] = epochs[i];
	*count = readable;
	return epochs;
}

/*
 * When is an agent due?  False: never, as far as the epochs tell.
 * intensity is mu > 0, per time step of so many microseconds.
 */
static bool
find_due(Drawer *drawer, const Epoch *epochs, int count, double intensity, int64 time_step,
		 TimestampTz last_audit_at, TimestampTz *due_at)
{
	int			e = count - 1;

	if (count == 0)
		return false;
	if (TIMESTAMP_IS_NOBEGIN(last_audit_at))
	{
		*due_at = last_audit_at;	/* an endless time has passed */
		return true;
	}
	while (e > 0 && epochs[e].begin > last_audit_at)
		e--;
	for (; e < count; e++)
	{
		TimestampTz start = Max(last_audit_at, epochs[e].begin);
		double		wait = ceil(-log(draw(drawer, epochs[e].secret)) / intensity *
								(double) time_step);

		/* both below 2^63, and a double between them is exact enough to tell an overflow */
		if (wait >= (double) epochs[e].end - (double) start)
			continue;
		*due_at = start + (int64) wait;
		if (*due_at < epochs[e].end)
			return true;
	}
	return false;
}

/* Columns of the result of due_audits() by which it is sorted, and their sort. */
static Tuplesortstate *
begin_sort(TupleDesc desc, const int32 *limit)
{
	AttrNumber	columns[] = {5, 1}; /* due_at, agent_id */
	Oid			operators[lengthof(columns)];
	Oid			collations[lengthof(columns)];
	bool		nulls_first[lengthof(columns)] = {true};	/* due for ever */
	Tuplesortstate *sort;

	for (int i = 0; i < lengthof(columns); i++)
	{
		Form_pg_attribute att = TupleDescAttr(desc, columns[i] - 1);

		operators[i] = lookup_type_cache(att->atttypid, TYPECACHE_LT_OPR)->lt_opr;
		collations[i] = att->attcollation;
	}
	sort = tuplesort_begin_heap(desc, lengthof(columns), columns, operators, collations,
								nulls_first, work_mem, NULL,
								limit != NULL ? TUPLESORT_ALLOWBOUNDED : TUPLESORT_NONE);
	if (limit != NULL)
		tuplesort_set_bound(sort, *limit);
	return sort;
}

/* How long an audit has been due; null when endlessly. */
static Datum
overdue_since(TimestampTz due_at, TimestampTz at, bool *isnull)
{
	int64		difference;

	*isnull = TIMESTAMP_NOT_FINITE(at) || TIMESTAMP_NOT_FINITE(due_at) ||
		pg_sub_s64_overflow(at, due_at, &difference);
	return *isnull ? (Datum) 0 :
		DirectFunctionCall2(timestamp_mi, TimestampTzGetDatum(at), TimestampTzGetDatum(due_at));
}

static const CgaeStatement list_auditable = {
	"SELECT a.agent_id,"
	" (SELECT c.seq FROM cgae.certifications AS c"
	"  WHERE c.agent_id OPERATOR(pg_catalog.=) a.agent_id"
	"  AND " CGAE_SQL_CERTIFIES("c")
	"  ORDER BY c.agent_id DESC, c.seq DESC LIMIT 1),"
	" a.current_tier, a.last_audit_at"
	" FROM cgae.agents AS a"
	" WHERE a.status OPERATOR(pg_catalog.=) 'active'"
	" AND a.current_tier OPERATOR(pg_catalog.>=) $2"
	" AND a.last_audit_at OPERATOR(pg_catalog.<=) $1",
	2, NULL
};

/*
 * Go once over the active agents that the policy audits, and put those that
 * are due into the sort.
 */
static void
sort_due(FunctionCallInfo fcinfo, const CgaePolicy *policy, int lowest, TimestampTz at,
		 const CgaeEnumMap *tiers, TupleTableSlot *slot, Tuplesortstate *sort)
{
	Oid			types[] = {TIMESTAMPTZOID, InvalidOid};
	Datum		arguments[lengthof(types)];
	Drawer	   *drawer = make_drawer(CurrentMemoryContext);
	int			epoch_count = 0;
	Epoch	   *epochs = read_epochs(fcinfo, &epoch_count);
	CgaeStream	agents;

	types[1] = tiers->type;
	arguments[0] = TimestampTzGetDatum(at);
	arguments[1] = ObjectIdGetDatum(tiers->value[lowest]);
	cgae_stream_open_plan(&agents, cgae_plan_typed(fcinfo->flinfo->fn_oid, &list_auditable, types),
						  arguments, NULL, true, CGAE_STREAM_BATCH);
	while (epoch_count > 0 && cgae_stream_next(&agents))
	{
		Datum	   *values = slot->tts_values;
		bool	   *nulls = slot->tts_isnull;
		text	   *agent_id = cgae_stream_text(&agents, 1);
		int32		seq;
		int			tier = cgae_stream_label(&agents, 3, tiers);
		TimestampTz last_audit_at;
		TimestampTz due_at;

		/* row security may hide the certification; the owner can drop NOT NULL */
		if (agent_id == NULL || !cgae_read_int32(agents.tuple, agents.desc, 2, &seq) || tier < 0 ||
			!cgae_read_time(agents.tuple, agents.desc, 4, &last_audit_at))
			continue;
		set_message(drawer, agent_id, seq);
		if (!find_due(drawer, epochs, epoch_count, policy->audit_intensity[tier],
					  policy->time_step, last_audit_at, &due_at) ||
			due_at > at)
			continue;
		ExecClearTuple(slot);
		values[0] = PointerGetDatum(agent_id);
		values[1] = Int32GetDatum(seq);
		values[2] = ObjectIdGetDatum(tiers->value[tier]);
		values[3] = TimestampTzGetDatum(last_audit_at);
		memset(nulls, false, 4 * sizeof(bool));
		values[4] = TimestampTzGetDatum(due_at);
		nulls[4] = TIMESTAMP_NOT_FINITE(due_at);
		values[5] = overdue_since(due_at, at, &nulls[5]);
		ExecStoreVirtualTuple(slot);
		tuplesort_puttupleslot(sort, slot);
		if (!nulls[5])
			pfree(DatumGetIntervalP(values[5]));
	}
	cgae_stream_close(&agents);
}

/*
 * cgae.due_audits(at timestamptz DEFAULT NULL, "limit" int DEFAULT NULL)
 *	   -> SETOF (agent_id text, seq int, tier cgae.tier, last_audit_at timestamptz,
 *				 due_at timestamptz, overdue interval)
 *
 * Active agents whose spot audit is due at an instant (null:
 * now), the longest due first; no more than limit of them (null: all).  seq is
 * that of the certification whose draw it was.  An agent's standing and the
 * policy are those of now, also for another instant; one in the future tells
 * who will be due if nothing happens.  overdue is null for an infinite instant.
 *
 * Runs with the caller's privileges: SELECT on cgae.audit_seeds, whose secrets
 * foretell the audits, on agents and certifications.
 */
PG_FUNCTION_INFO_V1(cgae_due_audits);
Datum
cgae_due_audits(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	TimestampTz at = PG_ARGISNULL(0) ? cgae_now() : PG_GETARG_TIMESTAMPTZ(0);
	int32		limit = PG_ARGISNULL(1) ? INT_MAX : PG_GETARG_INT32(1);
	int			lowest = 0;
	CgaePolicy	policy;
	CgaeEnumMap tiers;
	Tuplesortstate *sort;
	TupleTableSlot *slot;
	TupleTableSlot *sorted;

	if (limit < 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_ROW_COUNT_IN_LIMIT_CLAUSE),
				 errmsg("limit of due audits %d is negative", limit)));
	InitMaterializedSRF(fcinfo, 0);
	cgae_enum_map_init(&tiers, TupleDescAttr(rsinfo->setDesc, 2)->atttypid, cgae_tier_labels,
					   CGAE_TIERS);
	cgae_require_registry();
	policy = *cgae_policy_in_force();

	cgae_statement_begin();
	/* intensities never decrease: all tiers from the lowest audited one are audited */
	while (lowest < CGAE_TIERS - 1 && policy.audit_intensity[lowest] <= 0)
		lowest++;
	slot = MakeSingleTupleTableSlot(rsinfo->setDesc, &TTSOpsVirtual);
	sorted = MakeSingleTupleTableSlot(rsinfo->setDesc, &TTSOpsMinimalTuple);
	sort = begin_sort(rsinfo->setDesc, PG_ARGISNULL(1) || limit == 0 ? NULL : &limit);
	if (policy.audit_intensity[lowest] > 0 && limit > 0)
		sort_due(fcinfo, &policy, lowest, at, &tiers, slot, sort);
	tuplesort_performsort(sort);
	while (limit-- > 0 && tuplesort_gettupleslot(sort, true, false, sorted, NULL))
		tuplestore_puttupleslot(rsinfo->setResult, sorted);
	tuplesort_end(sort);
	ExecDropSingleTupleTableSlot(sorted);
	ExecDropSingleTupleTableSlot(slot);
	cgae_statement_end();
	return (Datum) 0;
}
