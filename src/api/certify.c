/*
 * certify.c
 *	  certify(), demote() and certify_many(): recording audits.
 *
 * Each is one INSERT INTO cgae.certifications that the caller could have
 * written, run with the caller's own privileges: the guards enforce the rules.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/jsonb.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"

#include "guards/certification_batch.h"
#include "guards/certification_repeat.h"
#include "server/cache.h"
#include "server/enum_map.h"
#include "server/errors.h"
#include "server/jsonb_object.h"
#include "server/statement.h"
#include "types/robustness.h"

/* The row that certify() returns. */
typedef enum ResultColumn
{
	RESULT_OUTCOME,
	RESULT_AGENT_ID,
	RESULT_SEQ,
	RESULT_TIER,
	RESULT_STATUS,
	RESULT_PREVIOUS_TIER,
	RESULT_COLUMNS
} ResultColumn;

/*
 * What a function of this file needs to know of its own declaration.  Looked
 * up once per backend: that costs as much as a tenth of a certification.  A
 * function keeps its types for as long as it has its OID.
 */
typedef struct Declaration
{
	Oid			function;		/* InvalidOid: not looked up yet */
	Oid			robustness;		/* type of the argument: vector, or array of them */
	TupleDesc	result;
	CgaeEnumMap tier;
	CgaeEnumMap status;
} Declaration;

static void
look_up_declaration(FunctionCallInfo fcinfo, Declaration *declaration)
{
	MemoryContext oldcontext;
	TupleDesc	result;

	declaration->function = InvalidOid;
	if (get_call_result_type(fcinfo, NULL, &result) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "return type must be a row type");
	cgae_enum_map_init(&declaration->tier, TupleDescAttr(result, RESULT_TIER)->atttypid,
					   cgae_tier_labels, lengthof(cgae_tier_labels));
	cgae_enum_map_init(&declaration->status, TupleDescAttr(result, RESULT_STATUS)->atttypid,
					   cgae_status_labels, lengthof(cgae_status_labels));
	declaration->robustness = cgae_argument_type(fcinfo, CGAE_GIVEN_ROBUSTNESS);
	result = BlessTupleDesc(result);

	oldcontext = MemoryContextSwitchTo(cgae_cache_context());
	if (declaration->result != NULL)
		FreeTupleDesc(declaration->result);
	declaration->result = CreateTupleDescCopy(result);
	MemoryContextSwitchTo(oldcontext);
	declaration->function = fcinfo->flinfo->fn_oid; /* validity last */
}

/* The declaration of the function called, from where it is kept. */
static const Declaration *
declaration_of(FunctionCallInfo fcinfo, Declaration *kept)
{
	if (kept->function != fcinfo->flinfo->fn_oid)
		look_up_declaration(fcinfo, kept);
	return kept;
}

/* Put an enum column into a result, null when there is no such tier. */
static void
set_tier(const Declaration *declaration, ResultColumn column, int tier, Datum *values, bool *nulls)
{
	nulls[column] = tier == CGAE_NO_TIER;
	if (!nulls[column])
		values[column] = ObjectIdGetDatum(declaration->tier.value[tier]);
}

/* What is on record under the request of an entry. */
static HeapTuple
form_repeated_result(FunctionCallInfo fcinfo, const Declaration *declaration,
					 const CgaeBatchEntry *entry)
{
	static const CgaeCertColumn columns[RESULT_COLUMNS] = {
		[RESULT_OUTCOME] = CGAE_CERT_OUTCOME,
		[RESULT_AGENT_ID] = CGAE_CERT_AGENT_ID,
		[RESULT_SEQ] = CGAE_CERT_SEQ,
		[RESULT_TIER] = CGAE_CERT_TIER,
		[RESULT_STATUS] = CGAE_CERT_STATUS,
		[RESULT_PREVIOUS_TIER] = CGAE_CERT_PREVIOUS_TIER,
	};
	Datum		values[RESULT_COLUMNS];
	bool		nulls[RESULT_COLUMNS];
	CgaeRecord	record;

	cgae_statement_begin();
	cgae_repeat_find(fcinfo, entry->repeated, &record);
	cgae_statement_end();
	for (int i = 0; i < RESULT_COLUMNS; i++)
	{
		values[i] = record.values[columns[i]];
		nulls[i] = record.nulls[columns[i]];
	}
	return heap_form_tuple(declaration->result, values, nulls);
}

/* What came of an entry; one that never reached the guard is an error. */
static HeapTuple
form_result(FunctionCallInfo fcinfo, const Declaration *declaration, const CgaeBatchEntry *entry)
{
	const CgaeCertification *found = &entry->certification;
	Datum		values[RESULT_COLUMNS] = {0};
	bool		nulls[RESULT_COLUMNS] = {false};

	if (!entry->filled)
		ereport(ERROR,
				(errcode(ERRCODE_TRIGGERED_DATA_CHANGE_VIOLATION),
				 errmsg("certification of agent \"%s\" did not reach its guard",
						text_to_cstring(entry->agent_id)),
				 errhint("A trigger or rule on cgae.certifications suppresses it, or the guard is disabled.")));
	if (entry->repeated != NULL)
		return form_repeated_result(fcinfo, declaration, entry);

	values[RESULT_OUTCOME] = CStringGetTextDatum(cgae_certification_outcome(found));
	values[RESULT_AGENT_ID] = PointerGetDatum(entry->agent_id);
	values[RESULT_SEQ] = Int32GetDatum(found->seq);
	values[RESULT_STATUS] = ObjectIdGetDatum(declaration->status.value[found->status]);
	set_tier(declaration, RESULT_TIER, found->tier, values, nulls);
	set_tier(declaration, RESULT_PREVIOUS_TIER, found->previous_tier, values, nulls);
	return heap_form_tuple(declaration->result, values, nulls);
}

/* Refuse that a row which its guard completed was skipped all the same. */
static void
refuse_not_stored(const CgaeBatch *batch, uint64 stored)
{
	ereport(ERROR,
			(errcode(ERRCODE_TRIGGERED_DATA_CHANGE_VIOLATION),
			 errmsg("of %d certifications judged, " UINT64_FORMAT " could be stored",
					batch->taken - batch->repeated, stored),
			 errhint("Rows that are written without the guards are in the way of the others."),
			 cgae_err_object("certifications", NULL, NULL)));
}

/* Run the INSERT of a batch; its guard fills in the entries. */
static void
insert_batch(FunctionCallInfo fcinfo, CgaeBatch *batch, const CgaeStatement *statement,
			 const Oid *types, const Datum *values, const char *nulls)
{
	uint64		stored;

	batch->context = CurrentMemoryContext;
	cgae_require_registry();
	cgae_ticket_push(&cgae_batch_ticket, batch);
	cgae_statement_begin();
	stored = cgae_statement_run_typed(fcinfo, statement, types, values, nulls, false);
	cgae_statement_end();
	cgae_ticket_pop(&cgae_batch_ticket);
	if (batch->may_repeat && stored + batch->repeated != batch->taken)
		refuse_not_stored(batch, stored);
}

/* The columns of a call without request_id, so that it asks for no privilege on that. */
#define INSERT_GIVEN \
	"INSERT INTO cgae.certifications (agent_id, robustness, audit_type," \
	" observed_architecture_hash, audit_details, certified_at"

/*
 * With one, its guard leaves a repetition to the key of requests: so nothing is
 * written, but privileges and policies are checked as ever.
 */
#define INSERT_ONCE INSERT_GIVEN ", request_id"

static const CgaeStatement insert_one_once = {
	INSERT_ONCE ") VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING",
	CGAE_GIVEN_COLUMNS, NULL
};
static const CgaeStatement insert_one = {
	INSERT_GIVEN ") VALUES ($1, $2, $3, $4, $5, $6)", CGAE_GIVEN_REQUEST_ID, NULL
};

/* What certify() is given, but for the vector, whose type is the extension's. */
static const Oid given_types[CGAE_GIVEN_COLUMNS] = {
	TEXTOID, InvalidOid, TEXTOID, TEXTOID, JSONBOID, TIMESTAMPTZOID, TEXTOID
};

/* Insert one certification and return what the guard found. */
static Datum
insert_certification(FunctionCallInfo fcinfo, const Declaration *declaration, const Datum *values,
					 const char *nulls)
{
	Oid			types[CGAE_GIVEN_COLUMNS];
	CgaeBatchEntry entry = {.agent_id = DatumGetTextPP(values[CGAE_GIVEN_AGENT_ID])};
	CgaeBatch	batch = {.count = 1, .entries = &entry};

	memcpy(types, given_types, sizeof(types));
	types[CGAE_GIVEN_ROBUSTNESS] = declaration->robustness;
	batch.may_repeat = nulls[CGAE_GIVEN_REQUEST_ID] != 'n';
	if (batch.may_repeat)
		insert_batch(fcinfo, &batch, &insert_one_once, types, values, nulls);
	else
		insert_batch(fcinfo, &batch, &insert_one, types, values, nulls);
	return HeapTupleGetDatum(form_result(fcinfo, declaration, &entry));
}

/*
 * cgae.certify(agent_id text, robustness cgae.robustness, audit_type text DEFAULT NULL,
 *	   observed_architecture_hash text DEFAULT NULL, audit_details jsonb DEFAULT '{}',
 *	   certified_at timestamptz DEFAULT NULL, request_id text DEFAULT NULL)
 *	   -> (outcome text, agent_id text, seq int, tier cgae.tier, status cgae.agent_status,
 *		   previous_tier cgae.tier)
 *
 * Records an audit.  outcome is 'certified', 'failed' when ih is below its
 * threshold, or 'architecture_mismatch' when the observed hash differs from the
 * registered one: then the agent is suspended, tier is null, and no error is
 * raised, so that it lasts.  A null audit_type is 'registration' for an agent's
 * first certification and 're-certification' for the others.
 * A call with a request_id that the agent has a certification under returns
 * that one's result and changes nothing; when what else is given differs, or the
 * caller may not read the certification, it is refused (unique_violation).
 * Errors: those of an INSERT INTO cgae.certifications.
 */
PG_FUNCTION_INFO_V1(cgae_certify);
Datum
cgae_certify(PG_FUNCTION_ARGS)
{
	static Declaration kept;
	Datum		values[CGAE_GIVEN_COLUMNS];
	char		nulls[CGAE_GIVEN_COLUMNS];

	if (PG_ARGISNULL(CGAE_GIVEN_AGENT_ID))
		cgae_refuse_null_argument("certify", "agent_id");
	cgae_statement_arguments(fcinfo, CGAE_GIVEN_COLUMNS, values, nulls);
	PG_RETURN_DATUM(insert_certification(fcinfo, declaration_of(fcinfo, &kept), values, nulls));
}

/*
 * cgae.demote(agent_id text, new_robustness cgae.robustness,
 *	   reason text DEFAULT 'spot_audit_failure', certified_at timestamptz DEFAULT NULL,
 *	   request_id text DEFAULT NULL)
 *	   -> the row that certify() gives
 *
 * A certification of type 'demotion': refused (check_violation) unless the
 * tier falls below the certified one.
 */
PG_FUNCTION_INFO_V1(cgae_demote);
Datum
cgae_demote(PG_FUNCTION_ARGS)
{
	static const char *const names[] = {"agent_id", "new_robustness", "reason"};
	static Declaration kept;
	Datum		values[CGAE_GIVEN_COLUMNS] = {0};
	char		nulls[CGAE_GIVEN_COLUMNS] = {' ', ' ', ' ', 'n', ' ', ' ', ' '};
	CgaeObject	details;

	for (int i = 0; i < lengthof(names); i++)
		if (PG_ARGISNULL(i))
			cgae_refuse_null_argument("demote", names[i]);
	cgae_object_begin(&details);
	cgae_object_text(&details, "reason", text_to_cstring(PG_GETARG_TEXT_PP(2)));

	values[CGAE_GIVEN_AGENT_ID] = PG_GETARG_DATUM(0);
	values[CGAE_GIVEN_ROBUSTNESS] = PG_GETARG_DATUM(1);
	values[CGAE_GIVEN_AUDIT_TYPE] = CStringGetTextDatum(CGAE_AUDIT_DEMOTION);
	values[CGAE_GIVEN_AUDIT_DETAILS] = JsonbPGetDatum(cgae_object_end(&details));
	values[CGAE_GIVEN_CERTIFIED_AT] = PG_GETARG_DATUM(3);
	nulls[CGAE_GIVEN_CERTIFIED_AT] = PG_ARGISNULL(3) ? 'n' : ' ';
	values[CGAE_GIVEN_REQUEST_ID] = PG_GETARG_DATUM(4);
	nulls[CGAE_GIVEN_REQUEST_ID] = PG_ARGISNULL(4) ? 'n' : ' ';
	PG_RETURN_DATUM(insert_certification(fcinfo, declaration_of(fcinfo, &kept), values, nulls));
}

/* One array argument of certify_many(), complete: an element for each certification. */
typedef struct GivenArray
{
	Datum		array;			/* to be unnested */
	Datum	   *elements;
	bool	   *nulls;
} GivenArray;

/* Names of certify_many()'s arguments. */
static const char *const array_names[CGAE_GIVEN_COLUMNS] = {
	[CGAE_GIVEN_AGENT_ID] = "agent_ids",
	[CGAE_GIVEN_ROBUSTNESS] = "robustness",
	[CGAE_GIVEN_AUDIT_TYPE] = "audit_types",
	[CGAE_GIVEN_OBSERVED_HASH] = "observed_architecture_hashes",
	[CGAE_GIVEN_AUDIT_DETAILS] = "audit_details",
	[CGAE_GIVEN_CERTIFIED_AT] = "certified_at",
	[CGAE_GIVEN_REQUEST_ID] = "request_ids",
};

/*
 * Take an array argument apart.  An array not given has count nulls; a null
 * element stands for the value that certify() has by default.
 */
static void
open_array(FunctionCallInfo fcinfo, CgaeGiven argument, Oid type, int *count, GivenArray *given)
{
	int16		length;
	bool		by_value;
	char		align;
	int			lower_bound = 1;

	get_typlenbyvalalign(type, &length, &by_value, &align);
	if (!PG_ARGISNULL(argument))
	{
		ArrayType  *array = PG_GETARG_ARRAYTYPE_P(argument);
		int			elements;

		if (ARR_NDIM(array) > 1)
			ereport(ERROR,
					(errcode(ERRCODE_ARRAY_SUBSCRIPT_ERROR),
					 errmsg("%s has %d dimensions, not one", array_names[argument],
							ARR_NDIM(array))));
		deconstruct_array(array, type, length, by_value, align, &given->elements, &given->nulls,
						  &elements);
		if (argument == CGAE_GIVEN_AGENT_ID)
			*count = elements;
		else if (elements != *count)
			ereport(ERROR,
					(errcode(ERRCODE_ARRAY_SUBSCRIPT_ERROR),
					 errmsg("%s has %d elements, but agent_ids has %d", array_names[argument],
							elements, *count),
					 errhint("Give one element for each certification, null for what is not known.")));
		given->array = PointerGetDatum(array);
	}
	else
	{
		given->elements = MemoryContextAllocHuge(CurrentMemoryContext, *count * sizeof(Datum));
		given->nulls = palloc_extended(*count + 1, MCXT_ALLOC_HUGE);
		memset(given->nulls, true, *count);
		given->array = PointerGetDatum(construct_md_array(given->elements, given->nulls, 1, count,
														  &lower_bound, type, length, by_value,
														  align));
	}
}

/* Fill in the entries of a batch from the arrays. */
static void
begin_entries(CgaeBatch *batch, const GivenArray *given)
{
	batch->entries = MemoryContextAllocHuge(CurrentMemoryContext,
											batch->count * sizeof(CgaeBatchEntry));
	for (int i = 0; i < batch->count; i++)
	{
		CgaeBatchEntry *entry = &batch->entries[i];
		Datum		values[CGAE_GIVEN_COLUMNS];
		bool		nulls[CGAE_GIVEN_COLUMNS];

		CHECK_FOR_INTERRUPTS();
		for (int g = 0; g < CGAE_GIVEN_COLUMNS; g++)
		{
			values[g] = given[g].elements[i];
			nulls[g] = given[g].nulls[i];
		}
		if (nulls[CGAE_GIVEN_AGENT_ID])
			ereport(ERROR,
					(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
					 errmsg("element %d of agent_ids is null", i + 1)));
		cgae_certification_begin(&entry->certification, values, nulls);
		entry->agent_id = entry->certification.agent_id;
		entry->repeated = NULL;
		entry->filled = false;
	}
}

#define UNNEST_GIVEN \
	"pg_catalog.unnest($1), pg_catalog.unnest($2), pg_catalog.unnest($3)," \
	" pg_catalog.unnest($4), pg_catalog.unnest($5), pg_catalog.unnest($6)"

static const CgaeStatement insert_many_once = {
	INSERT_ONCE ") SELECT " UNNEST_GIVEN ", pg_catalog.unnest($7)"
	" ON CONFLICT DO NOTHING",
	CGAE_GIVEN_COLUMNS, NULL
};
static const CgaeStatement insert_many = {
	INSERT_GIVEN ") SELECT " UNNEST_GIVEN, CGAE_GIVEN_REQUEST_ID, NULL
};

/*
 * cgae.certify_many(agent_ids text[], robustness cgae.robustness[],
 *	   audit_types text[] DEFAULT NULL, observed_architecture_hashes text[] DEFAULT NULL,
 *	   audit_details jsonb[] DEFAULT NULL, certified_at timestamptz[] DEFAULT NULL,
 *	   request_ids text[] DEFAULT NULL)
 *	   -> SETOF the row that certify() gives, in the order of the arrays
 *
 * Records many audits in one statement, by the same rules: all or none.  A null
 * array or element stands for certify()'s default.  Agents are locked in the
 * order of agent_id; several certifications of one agent are judged in the
 * order of the arrays.  Errors: those of certify();
 * array_subscript_error for arrays that do not match.
 */
PG_FUNCTION_INFO_V1(cgae_certify_many);
Datum
cgae_certify_many(PG_FUNCTION_ARGS)
{
	static Declaration kept;
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	Oid			array_types[CGAE_GIVEN_COLUMNS];
	GivenArray	given[CGAE_GIVEN_COLUMNS];
	Datum		values[CGAE_GIVEN_COLUMNS];
	CgaeBatch	batch = {0};
	const Declaration *declaration;
	MemoryContext scratch;

	for (int i = CGAE_GIVEN_AGENT_ID; i <= CGAE_GIVEN_ROBUSTNESS; i++)
		if (PG_ARGISNULL(i))
			cgae_refuse_null_argument("certify_many", array_names[i]);
	declaration = declaration_of(fcinfo, &kept);
	InitMaterializedSRF(fcinfo, 0);
	for (int i = 0; i < CGAE_GIVEN_COLUMNS; i++)
	{
		array_types[i] = cgae_argument_type(fcinfo, i);
		CHECK_FOR_INTERRUPTS();
		open_array(fcinfo, i,
				   i == CGAE_GIVEN_ROBUSTNESS ? get_element_type(array_types[i]) : given_types[i],
				   &batch.count, &given[i]);
		values[i] = given[i].array;
	}
	if (batch.count == 0)
		return (Datum) 0;

	begin_entries(&batch, given);
	batch.may_repeat = !PG_ARGISNULL(CGAE_GIVEN_REQUEST_ID);
	if (batch.may_repeat)
		insert_batch(fcinfo, &batch, &insert_many_once, array_types, values, NULL);
	else
		insert_batch(fcinfo, &batch, &insert_many, array_types, values, NULL);

	scratch = AllocSetContextCreate(CurrentMemoryContext, "cgae certify_many",
									ALLOCSET_DEFAULT_SIZES);
	for (int i = 0; i < batch.count; i++)
	{
		MemoryContext oldcontext = MemoryContextSwitchTo(scratch);

		CHECK_FOR_INTERRUPTS();
		tuplestore_puttuple(rsinfo->setResult, form_result(fcinfo, declaration, &batch.entries[i]));
		MemoryContextSwitchTo(oldcontext);
		MemoryContextReset(scratch);
	}
	MemoryContextDelete(scratch);
	return (Datum) 0;
}
