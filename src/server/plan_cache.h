/*
 * plan_cache.h
 *	  Prepared statements of the guards and application functions.
 */
#ifndef CGAE_PLAN_CACHE_H
#define CGAE_PLAN_CACHE_H

#include "executor/spi.h"

/* Every fixed statement of the extension. */
typedef enum CgaeQuery
{
	CGAE_Q_UPDATE_AGENT,			/* guard: lock, check and rewrite an agent's row */
	CGAE_Q_UPDATE_AGENT_SEEN,	/* guard: the same where code of the user's looks on */
	CGAE_Q_UPDATE_AGENTS,		/* guard: the same for a batch */
	CGAE_Q_LOCK_AGENTS,			/* guard: lock the agents of a batch, in their order */
	CGAE_Q_INSERT_EVENT,		/* guard: append to agent_events */
	CGAE_Q_INSERT_EVENTS,		/* guard: the same for a batch */
	CGAE_Q_END_OF_HISTORY,		/* guard: the last number of an agent */
	CGAE_Q_BEHIND_BY_PLACE,		/* is any agent of a batch behind its history? */
	CGAE_Q_BEHIND_BY_KEY,
	CGAE_Q_FIND_CERTIFICATION,	/* guard: is a number taken? */
	CGAE_Q_FIND_EVENT,			/* guard: the same of events */
	CGAE_Q_FIND_REQUEST,		/* guard: is a request on record? */
	CGAE_Q_FIRST_RESULT,		/* what is on record under a request_id, for a caller who may read it */
	CGAE_Q_REQUIRE_TIER,
	CGAE_Q_REGISTER,
	CGAE_Q_CERTIFY,
	CGAE_Q_CERTIFY_ONCE,		/* with a request_id */
	CGAE_Q_CERTIFY_MANY,
	CGAE_Q_CERTIFY_MANY_ONCE,
	CGAE_Q_AGENT_EXISTS,
	CGAE_Q_HOLD_MISSING,
	CGAE_Q_LOCK_AGENT,
	CGAE_Q_REGISTERED_HASH,
	CGAE_Q_OBSERVE,
	CGAE_Q_UPDATE_ARCHITECTURE,
	CGAE_Q_SUSPEND,
	CGAE_Q_REINSTATE,
	CGAE_Q_DEREGISTER,
	CGAE_Q_AGENT_RECORD,
	CGAE_Q_AUDIT_CID,
	CGAE_Q_TIER_DISTRIBUTION,
	CGAE_Q_AGENTS_BY_TIER,
	CGAE_Q_STANDING,
	CGAE_Q_DUE_BY_PLACE,
	CGAE_Q_DUE_BY_KEY,
	CGAE_Q_SWEEP_BY_PLACE,
	CGAE_Q_SWEEP_BY_KEY,
	CGAE_Q_NEXT_POLICY,
	CGAE_Q_PUBLISH,
	CGAE_Q_RERATE,
	CGAE_Q_LOCK_RERATED,
	CGAE_Q_COUNT_RERATED,
	CGAE_Q_LOCK_HOLDERS,
	CGAE_Q_NOT_RERATED,
	CGAE_Q_POLICY_IMPACT,
	CGAE_Q_POLICY_TIMELINE,
	CGAE_Q_TIER_AT,
	CGAE_Q_STANDING_AS_OF,
	CGAE_Q_TIERS_OVER_TIME,
	CGAE_Q_EXPIRING_WITHIN,
	CGAE_Q_BEGIN_EPOCH,
	CGAE_Q_REVEAL_EPOCH,
	CGAE_Q_EPOCHS,
	CGAE_Q_AUDITABLE_AGENTS,
	CGAE_Q_CHECK_GUARDS,
	CGAE_Q_CHECK_RELATIONS,
	CGAE_Q_CHECK_PARTITIONS,
	CGAE_Q_CHECK_OWNERS,
	CGAE_Q_CHECK_PRIMARY_KEYS,
	CGAE_Q_CHECK_FOREIGN_KEYS,
	CGAE_Q_CHECK_REQUEST_KEY,
	CGAE_Q_CHECK_KEY_TRIGGERS,
	CGAE_Q_CHECK_TRIGGERS,
	CGAE_Q_CHECK_RULES,
	CGAE_Q_CHECK_PRIVILEGES,
	CGAE_Q_CHECK_FOREIGN_CODE,
	CGAE_Q_CHECK_VIEWS,
	CGAE_Q_CHECK_ENUMS,
	CGAE_Q_CHECK_LAYOUT,
	CGAE_Q_CHECK_POLICY_VALUES,
	CGAE_Q_CHECK_AGENT_VALUES,
	CGAE_Q_CHECK_CERTIFICATION_VALUES,
	CGAE_Q_CHECK_EVENT_VALUES,
	CGAE_Q_CHECK_CREATED,
	CGAE_Q_CHECK_POLICIES,
	CGAE_Q_CHECK_SEEDS,
	CGAE_Q_CHECK_EPOCHS,
	CGAE_Q_CHECK_HISTORY,
	CGAE_Q_CHECK_AGENTS,
	CGAE_Q_REPORT_POLICY,
	CGAE_Q_REPORT_STATUSES,
	CGAE_Q_REPORT_AGENTS,
	CGAE_Q_REPORT_HOLDS,
	CGAE_Q_REPORT_KINDS,
	CGAE_Q_REPORT_CHANGES
} CgaeQuery;

/* The statement of CGAE_Q_AGENT_EXISTS, whoever runs it. */
#define CGAE_AGENT_EXISTS \
	"SELECT FROM cgae.agents WHERE agent_id OPERATOR(pg_catalog.=) $1"

#define CGAE_PLAN_MAX_ARGS 13

/*
 * The plan of a statement, prepared once per backend for an owner: the
 * relation whose trigger runs it or the function that does.  Owners and
 * argument types change when the extension is dropped and created anew, so
 * both are part of the key.  Refuses tables and columns of the registry's that
 * are not what they should be (registry_tables.h).  Call between SPI_connect
 * and SPI_finish.
 */
extern SPIPlanPtr cgae_plan(Oid owner, CgaeQuery query, const char *sql,
							int argument_count, const Oid *argument_types);

/* Is there a plan of a statement, and nothing that it reads has changed since? */
extern bool cgae_plan_stands(Oid owner, CgaeQuery query);

/*
 * Plan a statement now, if that is still to be done, without scans of whole
 * tables or bitmaps: where keys are looked up, rows are then met in key order.
 */
extern void cgae_plan_by_index(SPIPlanPtr plan);

#endif							/* CGAE_PLAN_CACHE_H */
