/*
 * certification_repeat.c
 *	  What a call returns that repeats a request on record.
 */
#include "postgres.h"

#include "catalog/namespace.h"
#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/datum.h"
#include "utils/fmgrprotos.h"
#include "utils/jsonb.h"
#include "utils/lsyscache.h"

#include "guards/certification_repeat.h"
#include "guards/certification_request.h"
#include "server/errors.h"
#include "server/statement.h"
#include "server/varlena.h"
#include "types/architecture.h"
#include "types/robustness.h"

/* The record's columns in their order. */
#define FIRST_RESULT \
	"SELECT c.agent_id, c.seq, c.outcome, c.robustness, c.tier, c.previous_tier," \
	" c.audit_type, c.audit_details, c.observed_architecture_hash, c.certified_at," \
	" c.policy_version, c.auditor, c.recorded_at, c.status, c.request_id" \
	" FROM cgae.certifications AS c" \
	" WHERE c.agent_id OPERATOR(pg_catalog.=) $1 AND c.request_id OPERATOR(pg_catalog.=) $2"

const CgaeCertColumn cgae_given_columns[CGAE_GIVEN_COLUMNS] = {
	[CGAE_GIVEN_AGENT_ID] = CGAE_CERT_AGENT_ID,
	[CGAE_GIVEN_ROBUSTNESS] = CGAE_CERT_ROBUSTNESS,
	[CGAE_GIVEN_AUDIT_TYPE] = CGAE_CERT_AUDIT_TYPE,
	[CGAE_GIVEN_OBSERVED_HASH] = CGAE_CERT_OBSERVED_HASH,
	[CGAE_GIVEN_AUDIT_DETAILS] = CGAE_CERT_AUDIT_DETAILS,
	[CGAE_GIVEN_CERTIFIED_AT] = CGAE_CERT_CERTIFIED_AT,
	[CGAE_GIVEN_REQUEST_ID] = CGAE_CERT_REQUEST_ID,
};

CgaeGivenRow *
cgae_repeat_keep(const CgaeRow *row, MemoryContext context)
{
	MemoryContext oldcontext = MemoryContextSwitchTo(context);
	CgaeGivenRow *given = palloc0(sizeof(CgaeGivenRow));

	for (int i = 0; i < CGAE_GIVEN_COLUMNS; i++)
	{
		Form_pg_attribute att = TupleDescAttr(row->desc, row->shape->index[cgae_given_columns[i]]);

		given->nulls[i] = CGAE_ROW_NULL(row, cgae_given_columns[i]);
		if (!given->nulls[i])
			given->values[i] = datumCopy(CGAE_ROW_VALUE(row, cgae_given_columns[i]), att->attbyval,
										 att->attlen);
	}
	MemoryContextSwitchTo(oldcontext);
	return given;
}

/* May the column of a certification be null? */
static bool
is_nullable(CgaeCertColumn column)
{
	return column == CGAE_CERT_ROBUSTNESS || column == CGAE_CERT_TIER ||
		column == CGAE_CERT_PREVIOUS_TIER || column == CGAE_CERT_OBSERVED_HASH ||
		column == CGAE_CERT_POLICY_VERSION;
}

/* Copy the record out of the first row, to outlive the statement. */
static void
take_record(const CgaeCertification *certification, CgaeRecord *record)
{
	TupleDesc	desc = SPI_tuptable->tupdesc;

	for (int c = 0; c < CGAE_CERT_COLUMNS; c++)
	{
		Form_pg_attribute att = TupleDescAttr(desc, c);
		Datum		value = SPI_getbinval(SPI_tuptable->vals[0], desc, c + 1, &record->nulls[c]);

		/* the owner can drop NOT NULL */
		if (record->nulls[c] && !is_nullable(c))
			ereport(ERROR,
					(errcode(ERRCODE_NOT_NULL_VIOLATION),
					 errmsg("certification on record for agent \"%s\" under request_id \"%s\" has a null %s",
							text_to_cstring(certification->agent_id),
							text_to_cstring(certification->request_id), NameStr(att->attname)),
					 cgae_err_object("certifications", NameStr(att->attname), NULL)));
		record->values[c] = record->nulls[c] ? (Datum) 0 :
			SPI_datumTransfer(value, att->attbyval, att->attlen);
	}
}

/* Was the same vector measured?  On a mismatch there may be none. */
static bool
same_vector(const CgaeGivenRow *given, const CgaeRecord *record)
{
	if (given->nulls[CGAE_GIVEN_ROBUSTNESS] || record->nulls[CGAE_CERT_ROBUSTNESS])
		return given->nulls[CGAE_GIVEN_ROBUSTNESS] == record->nulls[CGAE_CERT_ROBUSTNESS];
	return memcmp(DatumGetRobustnessP(given->values[CGAE_GIVEN_ROBUSTNESS]),
				  DatumGetRobustnessP(record->values[CGAE_CERT_ROBUSTNESS]),
				  sizeof(CgaeRobustness)) == 0;
}

/* Was the same kind of audit asked for, or none?  Drift may have replaced a blank one. */
static bool
same_type(const CgaeGivenRow *given, const CgaeRecord *record, bool is_mismatch)
{
	return given->nulls[CGAE_GIVEN_AUDIT_TYPE] ||
		cgae_text_equal(DatumGetTextPP(given->values[CGAE_GIVEN_AUDIT_TYPE]),
						DatumGetTextPP(record->values[CGAE_CERT_AUDIT_TYPE])) ||
		(is_mismatch && cgae_is_blank(TextDatumGetCString(given->values[CGAE_GIVEN_AUDIT_TYPE])));
}

/* Was the same architecture seen?  Hashes compare by value. */
static bool
same_observation(const CgaeCertification *certification, const CgaeRecord *record)
{
	Datum		observed = record->values[CGAE_CERT_OBSERVED_HASH];

	if (certification->observed == NULL || record->nulls[CGAE_CERT_OBSERVED_HASH])
		return (certification->observed == NULL) == record->nulls[CGAE_CERT_OBSERVED_HASH];
	return cgae_architecture_hash_equal(certification->observed, TextDatumGetCString(observed));
}

/* Were the same details told?  None is an empty object; drift may have replaced what is none. */
static bool
same_details(const CgaeGivenRow *given, const CgaeRecord *record, bool is_mismatch)
{
	Datum		details = given->values[CGAE_GIVEN_AUDIT_DETAILS];

	if (given->nulls[CGAE_GIVEN_AUDIT_DETAILS] ||
		(is_mismatch && !JB_ROOT_IS_OBJECT(DatumGetJsonbP(details))))
		details = DirectFunctionCall1(jsonb_in, CStringGetDatum("{}"));
	return DatumGetBool(DirectFunctionCall2(jsonb_eq, details,
											record->values[CGAE_CERT_AUDIT_DETAILS]));
}

/* Was the same time given, or none?  Drift may have replaced it. */
static bool
same_time(const CgaeGivenRow *given, const CgaeRecord *record, bool is_mismatch)
{
	return given->nulls[CGAE_GIVEN_CERTIFIED_AT] || is_mismatch ||
		DatumGetTimestampTz(given->values[CGAE_GIVEN_CERTIFIED_AT]) ==
		DatumGetTimestampTz(record->values[CGAE_CERT_CERTIFIED_AT]);
}

/* May the caller read certifications, all columns of it?  Row security tells which rows. */
static bool
may_read_certifications(void)
{
	Oid			relid = get_relname_relid("certifications", get_namespace_oid("cgae", false));

	return OidIsValid(relid) &&
		(pg_class_aclcheck(relid, GetUserId(), ACL_SELECT) == ACLCHECK_OK ||
		 pg_attribute_aclcheck_all(relid, GetUserId(), ACL_SELECT, ACLMASK_ALL) == ACLCHECK_OK);
}

static const CgaeStatement find_first_result = {FIRST_RESULT, 2, (const Oid[]) {TEXTOID, TEXTOID}};

void
cgae_repeat_find(FunctionCallInfo fcinfo, const CgaeGivenRow *given, CgaeRecord *record)
{
	Datum		values[] = {
		given->values[CGAE_GIVEN_AGENT_ID], given->values[CGAE_GIVEN_REQUEST_ID]
	};
	CgaeCertification certification;
	const char *differs = NULL;
	bool		is_mismatch;

	cgae_certification_begin(&certification, given->values, given->nulls);
	if (!may_read_certifications() ||
		cgae_statement_run(fcinfo, &find_first_result, values, NULL, false) == 0)
		cgae_request_refuse_used(&certification);
	take_record(&certification, record);
	is_mismatch = strcmp(TextDatumGetCString(record->values[CGAE_CERT_OUTCOME]),
						 CGAE_OUTCOME_MISMATCH) == 0;

	if (!same_vector(given, record))
		differs = "robustness";
	else if (!same_type(given, record, is_mismatch))
		differs = "audit_type";
	else if (!same_observation(&certification, record))
		differs = "observed_architecture_hash";
	else if (!same_details(given, record, is_mismatch))
		differs = "audit_details";
	else if (!same_time(given, record, is_mismatch))
		differs = "certified_at";
	if (differs != NULL)
		ereport(ERROR,
				(errcode(ERRCODE_UNIQUE_VIOLATION),
				 errmsg("request_id \"%s\" of agent \"%s\" stands for another certification",
						text_to_cstring(certification.request_id),
						text_to_cstring(certification.agent_id)),
				 errdetail("Its %s differs.", differs),
				 errhint("Repeat a call unchanged, or give a new certification a request_id of its own."),
				 cgae_err_object("certifications", "request_id", CGAE_REQUEST_KEY)));
}
