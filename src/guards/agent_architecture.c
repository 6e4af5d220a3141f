/*
 * agent_architecture.c
 *	  The architecture that a row of cgae.agents states.
 */
#include "postgres.h"

#include "utils/builtins.h"
#include "utils/fmgrprotos.h"

#include "guards/agent_architecture.h"
#include "guards/disclosure.h"
#include "server/caller.h"
#include "server/errors.h"
#include "types/architecture.h"

/* Compute the digest of a model configuration, which must be a JSON object. */
static void
digest_of_config(Datum config, const char *agent_id, char dest[CGAE_HASH_SIZE])
{
	char	   *kind = TextDatumGetCString(DirectFunctionCall1(json_typeof, config));

	if (strcmp(kind, "object") != 0)
		ereport(ERROR,
				(errcode(ERRCODE_CHECK_VIOLATION),
				 errmsg("model_config of agent \"%s\" is a JSON %s, not an object", agent_id, kind),
				 cgae_err_object("agents", "model_config", "model_config_is_object")));
	cgae_architecture_digest_of_json(DatumGetTextPP(config), dest);
}

/* Refuse a hash that contradicts another statement of the same architecture. */
static void
check_hashes_agree(const char *agent_id, const char *column, const char *given,
				   const char *other_name, const char *other)
{
	if (!cgae_architecture_hash_equal(given, other))
		ereport(ERROR,
				(errcode(ERRCODE_CHECK_VIOLATION),
				 cgae_may_disclose_to(cgae_caller()) ?
				 errmsg("%s %s of agent \"%s\" does not agree with its %s, whose hash is %.*s",
						column, given, agent_id, other_name, (int) strlen(given), other) :
				 errmsg("%s %s of agent \"%s\" does not agree with its %s", column, given, agent_id,
						other_name),
				 errhint("Give the model configuration alone; the registry computes the hash."),
				 cgae_err_object("agents", column, "architecture_hash_agrees")));
}

bool
cgae_agent_stated_architecture(const CgaeRow *row, const char *agent_id, bool use_config,
							   bool use_hash, bool use_digest, char dest[CGAE_HASH_SIZE])
{
	static const CgaeAgentColumn hash_columns[] = {
		CGAE_AGENT_ARCHITECTURE_DIGEST, CGAE_AGENT_ARCHITECTURE_HASH
	};
	const bool	use[] = {use_digest, use_hash};
	const char *source = NULL;

	if (use_config && !CGAE_ROW_NULL(row, CGAE_AGENT_MODEL_CONFIG))
	{
		digest_of_config(CGAE_ROW_VALUE(row, CGAE_AGENT_MODEL_CONFIG), agent_id, dest);
		source = "model_config";
	}
	for (int i = 0; i < lengthof(hash_columns); i++)
	{
		const char *column = cgae_agent_columns[hash_columns[i]].name;
		char		given[CGAE_HASH_SIZE];

		if (!use[i] || CGAE_ROW_NULL(row, hash_columns[i]))
			continue;
		cgae_parse_architecture_hash(DatumGetTextPP(CGAE_ROW_VALUE(row, hash_columns[i])), given);
		if (source != NULL)
			check_hashes_agree(agent_id, column, given, source, dest);
		else
		{
			strlcpy(dest, given, CGAE_HASH_SIZE);
			source = column;
		}
	}
	return source != NULL;
}
