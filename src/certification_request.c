/*
 * certification_request.c
 *	  Certifications that are asked for again under the same request_id.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/jsonb.h"
#include "utils/rel.h"
#include "utils/timestamp.h"

#include "architecture.h"
#include "certification_request.h"
#include "errors.h"
#include "guard.h"
#include "robustness.h"
#include "row_reader.h"

#define REQUEST_KEY "certifications_request_id_key"

/* The agent's last number, and then the record's columns in their order. */
#define LOOK \
	"SELECT a.last_seq, c.agent_id, c.seq, c.outcome, c.robustness, c.tier, c.previous_tier," \
	" c.audit_type, c.audit_details, c.observed_architecture_hash, c.certified_at," \
	" c.policy_version, c.auditor, c.recorded_at, c.status, c.request_id" \
	" FROM cgae.agents AS a LEFT JOIN cgae.certifications AS c" \
	" ON c.agent_id OPERATOR(pg_catalog.=) $1 AND c.request_id OPERATOR(pg_catalog.=) $2" \
	" WHERE a.agent_id OPERATOR(pg_catalog.=) $1"

/* May the column of a certification be null? */
static bool
is_nullable(CertificationColumn column)
{
	return column == CERT_ROBUSTNESS || column == CERT_TIER || column == CERT_PREVIOUS_TIER ||
		column == CERT_OBSERVED_HASH || column == CERT_POLICY_VERSION;
}

/* Copy the record out of the first row, to outlive the statement. */
static void
take_record(const CgaeCertification *certification, CgaeRecord *record)
{
	TupleDesc	desc = SPI_tuptable->tupdesc;

	for (int c = 0; c < CERT_COLUMNS; c++)
	{
		Form_pg_attribute att = TupleDescAttr(desc, c + 1);
		Datum		value = SPI_getbinval(SPI_tuptable->vals[0], desc, c + 2, &record->nulls[c]);

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

bool
cgae_request_look(Relation certifications, CgaeCertification *certification, CgaeRecord *record)
{
	static const Oid types[] = {TEXTOID, TEXTOID};
	Datum		values[] = {
		PointerGetDatum(certification->agent_id), PointerGetDatum(certification->request_id)
	};
	Oid			root = cgae_table_root(certifications);
	CgaeOwnerRights rights;

	certification->seen_seq = 0;
	certification->is_outrun = certification->is_repeated = false;
	cgae_owner_begin(cgae_relation_owner(root), true, &rights);
	if (cgae_owner_execute(root, CGAE_Q_FIND_REQUEST, LOOK,
						   lengthof(types), types, values, NULL) > 0)
	{
		HeapTuple	tuple = SPI_tuptable->vals[0];
		TupleDesc	desc = SPI_tuptable->tupdesc;
		bool		isnull;

		(void) cgae_read_int32(tuple, desc, 1, &certification->seen_seq);
		(void) SPI_getbinval(tuple, desc, CERT_AGENT_ID + 2, &isnull);
		certification->is_repeated = !isnull;
		if (certification->is_repeated && record != NULL)
		{
			take_record(certification, record);
			certification->is_mismatch =
				strcmp(TextDatumGetCString(record->values[CERT_OUTCOME]), CGAE_OUTCOME_MISMATCH) == 0;
		}
	}
	cgae_owner_end(&rights);
	return certification->is_repeated;
}

/* An enum column of the record, as an index. */
static int
recorded_label(const CgaeRecord *record, CertificationColumn column, const CgaeEnumMap *map)
{
	return record->nulls[column] ? CGAE_NO_TIER :
		cgae_enum_map_index(map, DatumGetObjectId(record->values[column]));
}

/* Was the same vector measured?  On a mismatch there may be none. */
static bool
same_vector(const CgaeRow *row, const CgaeRecord *record)
{
	if (ROW_NULL(row, CERT_ROBUSTNESS) || record->nulls[CERT_ROBUSTNESS])
		return ROW_NULL(row, CERT_ROBUSTNESS) == record->nulls[CERT_ROBUSTNESS];
	return memcmp(DatumGetRobustnessP(ROW_VALUE(row, CERT_ROBUSTNESS)),
				  DatumGetRobustnessP(record->values[CERT_ROBUSTNESS]),
				  sizeof(CgaeRobustness)) == 0;
}

/* Was the same architecture seen?  Hashes compare by value. */
static bool
same_observation(const CgaeCertification *certification, const CgaeRecord *record)
{
	if (certification->observed == NULL || record->nulls[CERT_OBSERVED_HASH])
		return (certification->observed == NULL) == record->nulls[CERT_OBSERVED_HASH];
	return cgae_architecture_hash_equal(certification->observed,
										TextDatumGetCString(record->values[CERT_OBSERVED_HASH]));
}

/*
 * Was the same time given, or none?  What was not given the record does not
 * tell from what was.  Drift may have replaced what was given.
 */
static bool
same_time(const CgaeCertification *certification, const CgaeRecord *record)
{
	return !certification->has_certified_at || certification->is_mismatch ||
		certification->certified_at == DatumGetTimestampTz(record->values[CERT_CERTIFIED_AT]);
}

void
cgae_request_repeat(CgaeRow *row, CgaeCertification *certification, const CgaeRecord *record)
{
	const CgaeShape *shape = row->shape;
	const char *differs = NULL;

	if (!same_vector(row, record))
		differs = "robustness";
	else if (!cgae_text_equal(DatumGetTextPP(ROW_VALUE(row, CERT_AUDIT_TYPE)),
							  DatumGetTextPP(record->values[CERT_AUDIT_TYPE])))
		differs = "audit_type";
	else if (!same_observation(certification, record))
		differs = "observed_architecture_hash";
	else if (!DatumGetBool(DirectFunctionCall2(jsonb_eq, ROW_VALUE(row, CERT_AUDIT_DETAILS),
											   record->values[CERT_AUDIT_DETAILS])))
		differs = "audit_details";
	else if (!same_time(certification, record))
		differs = "certified_at";
	if (differs != NULL)
		ereport(ERROR,
				(errcode(ERRCODE_UNIQUE_VIOLATION),
				 errmsg("request_id \"%s\" of agent \"%s\" stands for another certification",
						text_to_cstring(certification->request_id),
						text_to_cstring(certification->agent_id)),
				 errdetail("Its %s differs.", differs),
				 errhint("Repeat a call unchanged, or give a new certification a request_id of its own."),
				 cgae_err_object("certifications", "request_id", REQUEST_KEY)));

	certification->seq = DatumGetInt32(record->values[CERT_SEQ]);
	certification->tier = recorded_label(record, CERT_TIER, &shape->tier);
	certification->previous_tier = recorded_label(record, CERT_PREVIOUS_TIER, &shape->tier);
	certification->status = recorded_label(record, CERT_STATUS, &shape->status);
	for (int c = 0; c < CERT_COLUMNS; c++)
		if (record->nulls[c])
			cgae_row_set_null(row, c);
		else
			cgae_row_set(row, c, record->values[c]);
}

void
cgae_request_refuse_used(const CgaeCertification *certification)
{
	ereport(ERROR,
			(errcode(ERRCODE_UNIQUE_VIOLATION),
			 errmsg("certification of agent \"%s\" with request_id \"%s\" is on record already",
					text_to_cstring(certification->agent_id),
					text_to_cstring(certification->request_id)),
	/* worded as the index would: clients take it apart */
			 errdetail("Key (agent_id, request_id)=(%s, %s) already exists.",
					   text_to_cstring(certification->agent_id),
					   text_to_cstring(certification->request_id)),
			 errhint("Called again with the same request_id, cgae.certify() returns the first result."),
			 cgae_err_object("certifications", "request_id", REQUEST_KEY)));
}

void
cgae_request_settle(CgaeRow *row, const CgaeCertification *certification)
{
	const text *given;
	int			bytes;

	if (ROW_NULL(row, CERT_REQUEST_ID) || certification->request_id != NULL)
		return;
	if (certification->is_mismatch)
	{
		cgae_row_set_null(row, CERT_REQUEST_ID);
		return;
	}
	given = DatumGetTextPP(ROW_VALUE(row, CERT_REQUEST_ID));
	bytes = VARSIZE_ANY_EXHDR(given) + VARSIZE_ANY_EXHDR(certification->agent_id);
	if (bytes > CGAE_REQUEST_MAX_BYTES)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("agent_id and request_id have %d bytes together, more than the %d that an index holds",
						bytes, CGAE_REQUEST_MAX_BYTES),
				 cgae_err_object("certifications", "request_id", NULL)));
	ereport(ERROR,
			(errcode(ERRCODE_CHECK_VIOLATION),
			 errmsg("request_id \"%s\" of agent \"%s\" is blank", text_to_cstring(given),
					text_to_cstring(certification->agent_id)),
			 errhint("Leave it null when the certification is not to be repeated."),
			 cgae_err_object("certifications", "request_id", "request_id_not_blank")));
}
