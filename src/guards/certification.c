/*
 * certification.c
 *	  What a client says of a certification.
 */
#include "postgres.h"

#include "utils/builtins.h"
#include "utils/jsonb.h"
#include "utils/timestamp.h"

#include "guards/certification.h"
#include "server/errors.h"
#include "server/varlena.h"
#include "types/architecture.h"
#include "types/robustness.h"

/* The reason of a demotion, a string in its details; NULL when there is none. */
static const char *
reason_in(Datum audit_details)
{
	Jsonb	   *details = DatumGetJsonbP(audit_details);
	JsonbValue	value;

	if (!JB_ROOT_IS_OBJECT(details) ||
		getKeyJsonValueFromContainer(&details->root, "reason", 6, &value) == NULL ||
		value.type != jbvString)
		return NULL;
	return pnstrdup(value.val.string.val, value.val.string.len);
}

/* Is a text value this word? */
static bool
text_is(const text *value, const char *word)
{
	return VARSIZE_ANY_EXHDR(value) == strlen(word) &&
		memcmp(VARDATA_ANY(value), word, strlen(word)) == 0;
}

/* Is this a request_id by which a certification can be found again? */
static bool
is_usable_request(const text *request_id, const text *agent_id)
{
	return VARSIZE_ANY_EXHDR(request_id) + VARSIZE_ANY_EXHDR(agent_id) <= CGAE_REQUEST_MAX_BYTES &&
		!cgae_is_blank(text_to_cstring(request_id));
}

void
cgae_certification_begin(CgaeCertification *certification, const Datum *values, const bool *nulls)
{
	memset(certification, 0, sizeof(*certification));
	certification->agent_id = DatumGetTextPP(values[CGAE_GIVEN_AGENT_ID]);
	if (!nulls[CGAE_GIVEN_ROBUSTNESS])
		certification->robustness = DatumGetRobustnessP(values[CGAE_GIVEN_ROBUSTNESS]);
	if (!nulls[CGAE_GIVEN_OBSERVED_HASH])
	{
		char	   *observed = palloc(CGAE_HASH_SIZE);

		cgae_parse_architecture_hash(DatumGetTextPP(values[CGAE_GIVEN_OBSERVED_HASH]), observed);
		certification->observed = observed;
	}
	if (!nulls[CGAE_GIVEN_CERTIFIED_AT])
	{
		certification->has_certified_at = true;
		certification->certified_at = DatumGetTimestampTz(values[CGAE_GIVEN_CERTIFIED_AT]);
	}
	if (!nulls[CGAE_GIVEN_AUDIT_TYPE] &&
		text_is(DatumGetTextPP(values[CGAE_GIVEN_AUDIT_TYPE]), CGAE_AUDIT_DEMOTION))
	{
		certification->is_demotion = true;
		if (!nulls[CGAE_GIVEN_AUDIT_DETAILS])
			certification->reason = reason_in(values[CGAE_GIVEN_AUDIT_DETAILS]);
	}
	if (!nulls[CGAE_GIVEN_REQUEST_ID])
	{
		const text *request_id = DatumGetTextPP(values[CGAE_GIVEN_REQUEST_ID]);

		if (is_usable_request(request_id, certification->agent_id))
			certification->request_id = request_id;
	}
}

/* Are two strings the same, or both not given? */
static bool
same_string(const char *a, const char *b)
{
	return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

static bool
same_text(const text *a, const text *b)
{
	return a == NULL || b == NULL ? a == b : cgae_text_equal(a, b);
}

bool
cgae_certification_same(const CgaeCertification *given, const CgaeCertification *judged)
{
	if (given->robustness == NULL || judged->robustness == NULL ?
		given->robustness != judged->robustness :
		memcmp(given->robustness, judged->robustness, sizeof(CgaeRobustness)) != 0)
		return false;

	/* on a mismatch an unusable time was replaced */
	if (given->has_certified_at != judged->has_certified_at ||
		(given->has_certified_at && !judged->is_mismatch &&
		 given->certified_at != judged->certified_at))
		return false;
	return given->is_demotion == judged->is_demotion &&
		same_string(given->observed, judged->observed) &&
		same_string(given->reason, judged->reason) &&
		same_text(given->request_id, judged->request_id);
}

const char *
cgae_certification_outcome(const CgaeCertification *certification)
{
	return certification->is_mismatch ? CGAE_OUTCOME_MISMATCH :
		certification->is_failed ? CGAE_OUTCOME_FAILED : CGAE_OUTCOME_CERTIFIED;
}
