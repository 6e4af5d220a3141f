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

#include "guards/certification_request.h"
#include "guards/guard.h"
#include "server/errors.h"
#include "server/rights.h"
#include "server/row_reader.h"
#include "types/architecture.h"

/* The agent's last number and architecture, and where and with what its request is on record. */
#define LOOK \
	"SELECT a.last_seq, COALESCE(a.architecture_digest, a.architecture_hash), c.tableoid," \
	" c.observed_architecture_hash" \
	" FROM cgae.agents AS a LEFT JOIN cgae.certifications AS c" \
	" ON c.agent_id OPERATOR(pg_catalog.=) $1 AND c.request_id OPERATOR(pg_catalog.=) $2" \
	" WHERE a.agent_id OPERATOR(pg_catalog.=) $1"

enum
{
	LOOK_LAST_SEQ = 1,
	LOOK_REGISTERED,
	LOOK_TABLE,
	LOOK_OBSERVED
};

/* Is a column of a row that was found the architecture that the certification observed? */
static bool
is_observed(const CgaeCertification *certification, HeapTuple tuple, int column)
{
	char	   *hash = SPI_getvalue(tuple, SPI_tuptable->tupdesc, column);

	return hash != NULL && hash[0] != '\0' &&
		cgae_architecture_hash_equal(hash, certification->observed);
}

static const CgaeStatement find_request = {LOOK, 2, (const Oid[]) {TEXTOID, TEXTOID}};

bool
cgae_request_look(Relation certifications, const CgaeShape *shape,
				  CgaeCertification *certification)
{
	Datum		values[] = {
		PointerGetDatum(certification->agent_id), PointerGetDatum(certification->request_id)
	};
	Oid			root = cgae_table_root(certifications);
	CgaeOwnerRights rights;
	bool		shows_drift = certification->observed == NULL;
	uint64		found;

	certification->seen_seq = 0;
	certification->is_stale = certification->is_repeated = false;
	certification->is_left_to_key = false;
	cgae_owner_begin(cgae_relation_owner(root), true, &rights);
	found = cgae_owner_execute(root, &find_request, values, NULL);
	/* there are several where the owner has done without the index */
	for (uint64 i = 0; i < found; i++)
	{
		HeapTuple	tuple = SPI_tuptable->vals[i];
		bool		isnull;
		Datum		value;

		(void) cgae_read_int32(tuple, SPI_tuptable->tupdesc, LOOK_LAST_SEQ,
							   &certification->seen_seq);
		value = SPI_getbinval(tuple, SPI_tuptable->tupdesc, LOOK_TABLE, &isnull);
		if (isnull)
			continue;
		certification->is_repeated = true;
		/* the index of another table knows nothing of that record */
		if (OidIsValid(shape->keys.request_key) &&
			DatumGetObjectId(value) == RelationGetRelid(certifications))
			certification->is_left_to_key = true;
		shows_drift = shows_drift || is_observed(certification, tuple, LOOK_OBSERVED) ||
			is_observed(certification, tuple, LOOK_REGISTERED);
	}
	certification->hides_drift = certification->is_repeated && !shows_drift;
	cgae_owner_end(&rights);
	return certification->is_repeated;
}

void
cgae_request_leave_to_key(CgaeRow *row, const CgaeCertification *certification)
{
	static const CgaeCertColumn derived[] = {
		CGAE_CERT_TIER, CGAE_CERT_PREVIOUS_TIER, CGAE_CERT_POLICY_VERSION
	};

	if (certification->hides_drift)
		ereport(ERROR,
				(errcode(ERRCODE_UNIQUE_VIOLATION),
				 errmsg("request_id \"%s\" of agent \"%s\" stands for another certification",
						text_to_cstring(certification->request_id),
						text_to_cstring(certification->agent_id)),
				 errdetail("Its observed_architecture_hash differs."),
				 errhint("An architecture that was observed is recorded under a request_id of its own."),
				 cgae_err_object("certifications", "request_id", CGAE_REQUEST_KEY)));
	if (!certification->is_left_to_key)
		cgae_request_refuse_used(certification);

	for (int i = 0; i < lengthof(derived); i++)
		cgae_row_set_null(row, derived[i]);
	cgae_row_set(row, CGAE_CERT_SEQ, Int32GetDatum(0));
	/* these may not be null, and a row may be shown to policies and checks before its key */
	cgae_row_set(row, CGAE_CERT_OUTCOME, CStringGetTextDatum("repeated"));
	cgae_row_set(row, CGAE_CERT_STATUS, ObjectIdGetDatum(row->shape->status.value[CGAE_PENDING]));
	cgae_row_set(row, CGAE_CERT_AUDITOR, CStringGetTextDatum(cgae_guard_actor()));
	cgae_row_set(row, CGAE_CERT_RECORDED_AT, TimestampTzGetDatum(GetCurrentTimestamp()));
	if (CGAE_ROW_NULL(row, CGAE_CERT_CERTIFIED_AT))
		cgae_row_set(row, CGAE_CERT_CERTIFIED_AT, CGAE_ROW_VALUE(row, CGAE_CERT_RECORDED_AT));
	if (CGAE_ROW_NULL(row, CGAE_CERT_AUDIT_TYPE))
		cgae_row_set(row, CGAE_CERT_AUDIT_TYPE, CStringGetTextDatum(CGAE_AUDIT_AGAIN));
	if (CGAE_ROW_NULL(row, CGAE_CERT_AUDIT_DETAILS))
		cgae_row_set(row, CGAE_CERT_AUDIT_DETAILS,
					 DirectFunctionCall1(jsonb_in, CStringGetDatum("{}")));
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
			 errhint("Called again with the same request_id, cgae.certify() returns the first result to a role that may read it."),
			 cgae_err_object("certifications", "request_id", CGAE_REQUEST_KEY)));
}

void
cgae_request_settle(CgaeRow *row, const CgaeCertification *certification)
{
	const text *given;
	int			bytes;

	if (CGAE_ROW_NULL(row, CGAE_CERT_REQUEST_ID) || certification->request_id != NULL)
		return;
	if (certification->is_mismatch)
	{
		cgae_row_set_null(row, CGAE_CERT_REQUEST_ID);
		return;
	}
	given = DatumGetTextPP(CGAE_ROW_VALUE(row, CGAE_CERT_REQUEST_ID));
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
