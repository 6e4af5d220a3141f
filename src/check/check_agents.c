/*
 * check_agents.c
 *	  Every agent's row against its history.
 *
 * One pass over the history and one over the agents, both in the order of
 * agent_id's bytes, for which no index and no version of a collation library
 * has to vouch.  That the columns have the types which are read here was
 * looked up before; nothing is cast.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/jsonb.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

#include "check/check_agents.h"
#include "check/check_rating.h"
#include "check/check_replay.h"
#include "server/varlena.h"
#include "types/architecture.h"
#include "types/robustness.h"

enum
{
	HISTORY_AGENT_ID = 1,
	HISTORY_SEQ,
	HISTORY_IS_CERTIFICATION,
	HISTORY_TYPE,
	HISTORY_AT,
	HISTORY_RECORDED_AT,
	HISTORY_DATA,
	HISTORY_ROBUSTNESS,
	HISTORY_TIER,
	HISTORY_PREVIOUS_TIER,
	HISTORY_STATUS,
	HISTORY_IS_DEMOTION,
	HISTORY_OBSERVED,
	HISTORY_POLICY_VERSION
};

/* Rows without agent_id are told with the other values that no guard lets in. */
#define HISTORY \
	"SELECT * FROM (" \
	"SELECT e.agent_id, e.seq, false AS is_certification, e.type, e.occurred_at, e.recorded_at," \
	" e.data," \
	" CAST(NULL AS cgae.robustness), CAST(NULL AS cgae.tier), CAST(NULL AS cgae.tier)," \
	" CAST(NULL AS cgae.agent_status), false, CAST(NULL AS pg_catalog.text)," \
	" CAST(NULL AS pg_catalog.int4)" \
	" FROM cgae.agent_events AS e WHERE e.agent_id IS NOT NULL" \
	" UNION ALL " \
	"SELECT c.agent_id, c.seq, true, c.outcome, c.certified_at, c.recorded_at, NULL," \
	" c.robustness, c.tier, c.previous_tier, c.status," \
	" c.audit_type OPERATOR(pg_catalog.=) 'demotion', c.observed_architecture_hash," \
	" c.policy_version" \
	" FROM cgae.certifications AS c WHERE c.agent_id IS NOT NULL) AS h" \
	" ORDER BY h.agent_id COLLATE pg_catalog.\"C\", h.seq, h.is_certification"

enum
{
	READ_ID = 1,
	READ_ARCHITECTURE_HASH,
	READ_ARCHITECTURE_DIGEST,
	READ_MODEL_CONFIG,
	READ_REGISTERED_AT,
	READ_INITIAL_ROBUSTNESS,
	READ_STATUS,
	READ_HOLDS,
	READ_CERTIFIED_TIER,
	READ_CURRENT_TIER,
	READ_CURRENT_ROBUSTNESS,
	READ_CERTIFIED_AT,
	READ_LAST_AUDIT_AT,
	READ_TIER_DROP_AT,
	READ_OBSERVED_HASH,
	READ_LAST_SEQ,
	READ_CERTIFICATION_COUNT,
	READ_DEREGISTERED_AT,
	READ_RECORDED_AT,
	READ_RATED_POLICY
};

#define AGENTS \
	"SELECT a.agent_id, a.architecture_hash, a.architecture_digest, a.model_config," \
	" a.registered_at, a.initial_robustness, a.status, a.holds, a.certified_tier," \
	" a.current_tier, a.current_robustness, a.certified_at, a.last_audit_at, a.tier_drop_at," \
	" a.observed_architecture_hash, a.last_seq," \
	" a.certification_count, a.deregistered_at, a.recorded_at, a.rated_policy" \
	" FROM cgae.agents AS a WHERE a.agent_id IS NOT NULL" \
	" ORDER BY a.agent_id COLLATE pg_catalog.\"C\""

/* The agent of the current row, never null. */
static const text *
agent_of(const CgaeStream *stream)
{
	return cgae_stream_text(stream, 1);
}

/* Copy the current row of the history, which is gone when the next one is looked at. */
static void
read_fact(const CgaeCheck *check, const CgaeStream *stream, CgaeCheckFact *fact)
{
	const CgaeRobustness *robustness = cgae_stream_vector(stream, HISTORY_ROBUSTNESS);
	Datum		data;

	memset(fact, 0, sizeof(*fact));
	if (cgae_read_datum(stream->tuple, stream->desc, HISTORY_DATA, JSONBOID, &data))
		fact->data = DatumGetJsonbPCopy(data);
	fact->is_certification = cgae_stream_bool(stream, HISTORY_IS_CERTIFICATION);
	fact->seq = cgae_stream_int32(stream, HISTORY_SEQ);
	fact->type = cgae_stream_cstring(stream, HISTORY_TYPE);
	fact->at = cgae_stream_time(stream, HISTORY_AT);
	fact->recorded_at = cgae_stream_time(stream, HISTORY_RECORDED_AT);
	if (robustness != NULL)
		fact->robustness = memcpy(palloc(sizeof(*robustness)), robustness, sizeof(*robustness));
	fact->tier = cgae_stream_label(stream, HISTORY_TIER, &check->tiers);
	fact->previous_tier = cgae_stream_label(stream, HISTORY_PREVIOUS_TIER, &check->tiers);
	fact->status = cgae_stream_label(stream, HISTORY_STATUS, &check->statuses);
	fact->is_demotion = cgae_stream_bool(stream, HISTORY_IS_DEMOTION);
	fact->observed = cgae_stream_cstring(stream, HISTORY_OBSERVED);
	fact->policy_version = cgae_stream_int32(stream, HISTORY_POLICY_VERSION);
}

/* Report a column of agents that is not what follows from the history. */
static void
check_time(CgaeCheck *check, const CgaeStream *agents, int number, const char *name, bool expected,
		   TimestampTz instant)
{
	bool		isnull = cgae_stream_is_null(agents, number);
	TimestampTz at = cgae_stream_time(agents, number);
	char	   *found = isnull ? "null" : pstrdup(timestamptz_to_str(at));

	if (isnull == expected || (expected && at != instant))
		cgae_check_report(check, name, "is %s, where %s follows from the history", found,
						  expected ? timestamptz_to_str(instant) : "null");
}

static void
check_word(CgaeCheck *check, const char *name, const char *found, const char *expected)
{
	if (found == NULL || expected == NULL ? found != expected : strcmp(found, expected) != 0)
		cgae_check_report(check, name, "is %s, where %s follows from the history",
						  found == NULL ? "null" : found, expected == NULL ? "null" : expected);
}

static void
check_number(CgaeCheck *check, const char *name, int32 found, int32 expected)
{
	if (found != expected)
		cgae_check_report(check, name, "is %d, where %d follows from the history", found, expected);
}

static void
check_vector(CgaeCheck *check, const char *name, const CgaeRobustness *found,
			 const CgaeRobustness *expected)
{
	if (found == NULL || expected == NULL ? found != expected :
		memcmp(found, expected, sizeof(*found)) != 0)
		cgae_check_report(check, name, "is not the vector that follows from the history");
}

static const char *
tier_label(int tier)
{
	return tier < 0 ? NULL : cgae_tier_labels[tier];
}

static void
check_holds(CgaeCheck *check, const CgaeStream *agents, const CgaeReplay *replay)
{
	Datum		value;
	bool		isnull = !cgae_read_datum(agents->tuple, agents->desc, READ_HOLDS, TEXTARRAYOID,
										  &value);
	Datum	   *elements;
	bool	   *nulls;
	int			count = -1;
	bool		same;

	if (!isnull)
		deconstruct_array(DatumGetArrayTypeP(value), TEXTOID, -1, false, TYPALIGN_INT, &elements,
						  &nulls, &count);
	same = count == replay->holds.count &&
		(count == 0 || (ARR_NDIM(DatumGetArrayTypeP(value)) == 1 &&
						ARR_LBOUND(DatumGetArrayTypeP(value))[0] == 1));
	for (int i = 0; same && i < count; i++)
		same = !nulls[i] && strcmp(TextDatumGetCString(elements[i]), replay->holds.name[i]) == 0;
	if (!same)
		cgae_check_report(check, "holds", "are not the %d that follow from the history",
						  replay->holds.count);
}

/* Is this a number of lower-case hex digits, and nothing else? */
static bool
is_hex(const char *string, size_t digits)
{
	return strlen(string) == digits && strspn(string, "0123456789abcdef") == digits;
}

/* Hash, digest and configuration must be of one architecture, and that of the history. */
static void
check_architecture(CgaeCheck *check, const CgaeStream *agents, const CgaeReplay *replay)
{
	const char *hash = cgae_stream_cstring(agents, READ_ARCHITECTURE_HASH);
	const char *digest = cgae_stream_cstring(agents, READ_ARCHITECTURE_DIGEST);
	Datum		config;
	bool		no_config = !cgae_read_datum(agents->tuple, agents->desc, READ_MODEL_CONFIG,
											 JSONOID, &config);

	if (hash == NULL || !is_hex(hash, CGAE_HASH_DIGITS))
		cgae_check_report(check, "architecture_hash", "is not 16 digits");
	else if (digest != NULL && (!is_hex(digest, CGAE_DIGEST_DIGITS) ||
								!cgae_architecture_hash_equal(hash, digest)))
		cgae_check_report(check, "architecture_digest", "does not begin with architecture_hash");
	else if (digest == NULL && no_config && replay->architecture != NULL &&
			 strlen(replay->architecture) == CGAE_DIGEST_DIGITS)
		cgae_check_report(check, "architecture_digest", "is gone, although the history tells it");
	if (no_config && replay->is_configured)
		cgae_check_report(check, "model_config",
						  "is gone, although the digest was computed from one");
	if (!no_config)
	{
		char		computed[CGAE_HASH_SIZE];

		cgae_architecture_digest_of_json(DatumGetTextPP(config), computed);
		if (digest == NULL || strcmp(digest, computed) != 0)
			cgae_check_report(check, "model_config",
							  "does not have the digest in architecture_digest");
	}
	if (hash != NULL && replay->architecture != NULL &&
		(!cgae_architecture_hash_equal(replay->architecture, hash) ||
		 (digest != NULL && !cgae_architecture_hash_equal(replay->architecture, digest))))
		cgae_check_report(check, "architecture_hash", "is not that of the history");
}

/* Name what a clock that ran ahead has dated, on which the agent's authority may wait. */
static void
check_ahead(CgaeCheck *check, const CgaeStream *agents)
{
	cgae_check_ahead(check, "registered_at", cgae_stream_time(agents, READ_REGISTERED_AT));
	cgae_check_ahead(check, "certified_at", cgae_stream_time(agents, READ_CERTIFIED_AT));
	cgae_check_ahead(check, "deregistered_at", cgae_stream_time(agents, READ_DEREGISTERED_AT));
	cgae_check_ahead(check, "recorded_at", cgae_stream_time(agents, READ_RECORDED_AT));
}

/* Compare an agent's row with the end of its history. */
static void
check_agent(CgaeCheck *check, const CgaeStream *agents, const CgaeReplay *replay)
{
	bool		certified = replay->certifications > 0;
	int			status = cgae_stream_label(agents, READ_STATUS, &check->statuses);
	bool		no_drop = cgae_stream_is_null(agents, READ_TIER_DROP_AT);
	TimestampTz drop = cgae_stream_time(agents, READ_TIER_DROP_AT);

	check_number(check, "last_seq", cgae_stream_int32(agents, READ_LAST_SEQ), replay->last_seq);
	check_number(check, "certification_count",
				 cgae_stream_int32(agents, READ_CERTIFICATION_COUNT), replay->certifications);
	check_time(check, agents, READ_REGISTERED_AT, "registered_at", true, replay->registered_at);
	check_word(check, "status", status < 0 ? NULL : cgae_status_labels[status],
			   cgae_status_labels[replay->status]);
	check_holds(check, agents, replay);
	check_word(check, "certified_tier",
			   tier_label(cgae_stream_label(agents, READ_CERTIFIED_TIER, &check->tiers)),
			   tier_label(replay->certified_tier));
	check_word(check, "current_tier",
			   tier_label(cgae_stream_label(agents, READ_CURRENT_TIER, &check->tiers)),
			   tier_label(replay->current_tier));
	check_vector(check, "initial_robustness", cgae_stream_vector(agents, READ_INITIAL_ROBUSTNESS),
				 &replay->initial);
	check_vector(check, "current_robustness", cgae_stream_vector(agents, READ_CURRENT_ROBUSTNESS),
				 certified ? &replay->robustness : NULL);
	check_time(check, agents, READ_CERTIFIED_AT, "certified_at", certified, replay->certified_at);
	check_time(check, agents, READ_RECORDED_AT, "recorded_at", true, replay->recorded_at);
	check_time(check, agents, READ_LAST_AUDIT_AT, "last_audit_at", certified,
			   replay->certified_at);
	if (!cgae_replay_explains_drop(check, replay, no_drop ? NULL : &drop))
		cgae_check_report(check, "tier_drop_at",
						  "is %s, which no policy since the certification gives",
						  no_drop ? "null" : timestamptz_to_str(drop));
	check_word(check, "observed_architecture_hash", cgae_stream_cstring(agents, READ_OBSERVED_HASH),
			   replay->observed);
	check_time(check, agents, READ_DEREGISTERED_AT, "deregistered_at", replay->deregistered,
			   replay->deregistered_at);
	cgae_check_rated(check, replay, cgae_stream_int32(agents, READ_RATED_POLICY));
	check_architecture(check, agents, replay);
}

/* One agent: its history, then its row. */
static void
check_next_agent(CgaeCheck *check, CgaeStream *history, CgaeStream *agents)
{
	const text *agent_id = NULL;
	CgaeReplay	replay;
	bool		has_row;

	if (history->tuple != NULL)
		agent_id = agent_of(history);
	has_row = agents->tuple != NULL &&
		(agent_id == NULL || cgae_text_compare(agent_of(agents), agent_id) <= 0);
	if (has_row)
		agent_id = agent_of(agents);
	agent_id = DatumGetTextPCopy(PointerGetDatum(agent_id));
	check->agent_id = agent_id;

	cgae_replay_begin(&replay);
	while (history->tuple != NULL && cgae_text_compare(agent_of(history), agent_id) == 0)
	{
		CgaeCheckFact fact;

		read_fact(check, history, &fact);
		cgae_replay_add(check, &replay, &fact);
		cgae_stream_next(history);
	}
	cgae_replay_end(check, &replay);

	if (!has_row)
		cgae_check_report(check, "unknown_agent", "has a history, but is not in cgae.agents");
	else
	{
		if (replay.last_seq == 0)
			cgae_check_report(check, "registration", "has no history");
		else
			check_agent(check, agents, &replay);
		check_ahead(check, agents);
		cgae_stream_next(agents);
	}
}

static const CgaeStatement list_history = {HISTORY, 0, NULL};
static const CgaeStatement list_agents = {AGENTS, 0, NULL};

void
cgae_check_agents(FunctionCallInfo fcinfo, CgaeCheck *check)
{
	MemoryContext agent = AllocSetContextCreate(CurrentMemoryContext, "cgae checked agent",
												ALLOCSET_DEFAULT_SIZES);
	CgaeStream	history;
	CgaeStream	agents;

	cgae_stream_open(fcinfo, &history, &list_history, NULL);
	cgae_stream_open(fcinfo, &agents, &list_agents, NULL);
	cgae_enum_map_init(&check->tiers, SPI_gettypeid(agents.desc, READ_CURRENT_TIER),
					   cgae_tier_labels, lengthof(cgae_tier_labels));
	cgae_enum_map_init(&check->statuses, SPI_gettypeid(agents.desc, READ_STATUS),
					   cgae_status_labels, lengthof(cgae_status_labels));
	cgae_stream_next(&history);
	cgae_stream_next(&agents);
	while (history.tuple != NULL || agents.tuple != NULL)
	{
		MemoryContext outer = MemoryContextSwitchTo(agent);

		check_next_agent(check, &history, &agents);
		MemoryContextSwitchTo(outer);
		MemoryContextReset(agent);
	}
	check->agent_id = NULL;
	cgae_stream_close(&agents);
	cgae_stream_close(&history);
	MemoryContextDelete(agent);
}
