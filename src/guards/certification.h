/*
 * certification.h
 *	  One certification on its way from its row to the agent's row and back.
 *
 * The guard of certifications fills in what the row says; the guard of agents,
 * holding the row lock, judges it against the agent and fills in what follows.
 */
#ifndef CGAE_CERTIFICATION_H
#define CGAE_CERTIFICATION_H

#include "core/lifecycle_core.h"
#include "datatype/timestamp.h"
#include "policy/policy.h"
#include "types/architecture.h"

#define CGAE_OUTCOME_CERTIFIED "certified"
#define CGAE_OUTCOME_FAILED "failed" /* ih below the threshold: certified at T0, and held */
#define CGAE_OUTCOME_MISMATCH "architecture_mismatch"
#define CGAE_AUDIT_DEMOTION "demotion"

/* What an audit is called that is not given a type: an agent's first, and any other. */
#define CGAE_AUDIT_FIRST "registration"
#define CGAE_AUDIT_AGAIN "re-certification"

/* For SQL: is a row of certifications one, whether it passed or failed, and no mismatch? */
#define CGAE_SQL_CERTIFIES(row) row ".outcome OPERATOR(pg_catalog.=) ANY ('{certified,failed}')"

/* Bytes that agent_id and request_id may have together, so that the index holds them. */
#define CGAE_REQUEST_MAX_BYTES (BLCKSZ / 3 - 128)

/* No tier: never certified, or not judged. */
#define CGAE_NO_TIER (-1)

typedef struct CgaeCertification
{
	/* what the row says */
	const text *agent_id;
	const CgaeRobustness *robustness;	/* NULL: none given */
	const char *observed;		/* normalised hash; NULL: none given */
	bool		has_certified_at;
	TimestampTz certified_at;	/* given; then as judged */
	bool		is_demotion;
	const char *reason;			/* of a demotion; NULL: none given */
	const text *request_id;		/* NULL: none given, or none that can be kept */
	const CgaePolicy *policy;
	const char *actor;
	Oid			client;			/* the same role, for what messages may tell */

	/* what follows from it */
	bool		is_judged;		/* the agent's row was reached */
	bool		is_mismatch;
	bool		is_failed;		/* certified, but ih fails */
	bool		is_first;		/* the agent was not certified before */
	int32		seq;
	int			tier;			/* CGAE_NO_TIER on a mismatch */
	int			previous_tier;	/* of the last certification */
	CgaeStatus	status;
	TimestampTz recorded_at;	/* fixed under the agent's lock */
	char		registered[CGAE_HASH_SIZE]; /* hash that the observed one was compared with */

	/* of a certification with a request_id, see certification_request.h */
	int32		seen_seq;		/* the agent's last_seq when the request was looked for */
	bool		is_stale;		/* the agent has gone on since: not judged */
	bool		is_repeated;	/* found on record: not judged */
	bool		is_left_to_key; /* found where the index of requests will refuse the row */
	bool		hides_drift;	/* found without the drift that this one observed */
} CgaeCertification;

/* What came of a judged certification, as its row and certify() say it. */
extern const char *cgae_certification_outcome(const CgaeCertification *certification);

/* What a client says of a certification, in the order of certify()'s arguments. */
typedef enum CgaeGiven
{
	CGAE_GIVEN_AGENT_ID,
	CGAE_GIVEN_ROBUSTNESS,
	CGAE_GIVEN_AUDIT_TYPE,
	CGAE_GIVEN_OBSERVED_HASH,
	CGAE_GIVEN_AUDIT_DETAILS,
	CGAE_GIVEN_CERTIFIED_AT,
	CGAE_GIVEN_REQUEST_ID,
	CGAE_GIVEN_COLUMNS
} CgaeGiven;

/*
 * Begin a certification with what is given; only the agent_id must not be
 * null.  Points into the values.  A malformed hash is an error
 * (invalid_text_representation).
 */
extern void cgae_certification_begin(CgaeCertification *certification, const Datum *values,
									 const bool *nulls);

/* Would two certifications, one of them perhaps judged already, be judged alike? */
extern bool cgae_certification_same(const CgaeCertification *given,
									const CgaeCertification *judged);

#endif							/* CGAE_CERTIFICATION_H */
