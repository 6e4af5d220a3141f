/*
 * certification.h
 *	  One certification on its way from its row to the agent's row and back.
 *
 * The guard of certifications fills in what the row says and announces it;
 * the guard of agents, holding the row lock, judges it against the agent and
 * fills in what follows.
 */
#ifndef CGAE_CERTIFICATION_H
#define CGAE_CERTIFICATION_H

#include "datatype/timestamp.h"
#include "lifecycle_core.h"
#include "policy.h"

#define CGAE_OUTCOME_CERTIFIED "certified"
#define CGAE_OUTCOME_MISMATCH "architecture_mismatch"
#define CGAE_AUDIT_DEMOTION "demotion"
#define CGAE_AUDIT_DEFAULT "registration"

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
	CgaePolicy	policy;
	const char *actor;

	/* what follows from it */
	SubTransactionId judged_in; /* where the agent's row was reached; 0: it was not */
	bool		is_mismatch;
	int32		seq;
	int			tier;			/* CGAE_NO_TIER on a mismatch */
	int			previous_tier;	/* of the last certification */
	CgaeStatus	status;
	TimestampTz judged_at;		/* by the clock, under the agent's lock */
	char		registered[65]; /* hash that the observed one was compared with */
} CgaeCertification;

/*
 * Consume the announced certification when it is for this agent, else NULL.
 * For the guard of agents only.
 */
extern CgaeCertification *cgae_claim_certification(const text *agent_id);

/* What certify() reports about the row that it inserted. */
typedef struct CgaeReceipt
{
	const text *agent_id;		/* whose certification is waited for */
	int			trigger_depth;	/* at which certify() runs; its own guard runs one deeper */
	bool		filled;
	bool		is_mismatch;
	int32		seq;
	int			tier;
	int			previous_tier;
	CgaeStatus	status;
} CgaeReceipt;

/*
 * Ask the guard to fill a receipt while certify() runs its INSERT, so that
 * the caller needs no SELECT privilege for a RETURNING.  Returns the receipt
 * asked for before, to be put back, also on error.
 */
extern CgaeReceipt *cgae_expect_receipt(CgaeReceipt *receipt);

#endif							/* CGAE_CERTIFICATION_H */
