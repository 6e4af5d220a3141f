/*
 * registry.c
 *	  Functions for applications that change the registry.
 *
 * Each is one guarded statement that the caller could have written, run with
 * the caller's own privileges: the guards enforce the rules, not these.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/pg_type.h"
#include "funcapi.h"
#include "utils/builtins.h"
#include "utils/jsonb.h"
#include "utils/lsyscache.h"

#include "guards/certification.h"
#include "server/enum_map.h"
#include "server/errors.h"
#include "server/row_reader.h"
#include "server/statement.h"
#include "types/architecture.h"

/* Random digits of a generated agent_id: "agent_" and 12 hex digits, as in the seed. */
#define RANDOM_ID_BYTES 6

/* Refuse a null argument. */
static void
require_argument(FunctionCallInfo fcinfo, int argument, const char *function, const char *name)
{
	if (PG_ARGISNULL(argument))
		cgae_refuse_null_argument(function, name);
}

/*
 * cgae.register_agent(model_name text, model_config json, provenance jsonb DEFAULT '{}',
 *	   initial_balance numeric DEFAULT 0, agent_id text DEFAULT NULL,
 *	   registered_at timestamptz DEFAULT now(), wallet_address text DEFAULT NULL) -> text
 *
 * Registers an agent, pending at T0, and returns its id, generated when not
 * given.  Null optional arguments count as not given.  Errors: those of an
 * INSERT INTO cgae.agents; unique_violation for an id that exists.
 */
PG_FUNCTION_INFO_V1(cgae_register_agent);
Datum
cgae_register_agent(PG_FUNCTION_ARGS)
{
	static const Oid types[] = {TEXTOID, JSONOID, JSONBOID, NUMERICOID, TEXTOID, TIMESTAMPTZOID, TEXTOID};
	Datum		values[lengthof(types)];
	char		nulls[lengthof(types)];
	uint8		random[RANDOM_ID_BYTES];
	text	   *id;

	require_argument(fcinfo, 0, "register_agent", "model_name");
	require_argument(fcinfo, 1, "register_agent", "model_config");
	cgae_statement_arguments(fcinfo, lengthof(types), values, nulls);
	if (PG_ARGISNULL(4))
	{
		char		hex[2 * RANDOM_ID_BYTES + 1];

		if (!pg_strong_random(random, sizeof(random)))
			ereport(ERROR,
					(errcode(ERRCODE_INTERNAL_ERROR),
					 errmsg("could not generate a random agent_id")));
		hex[hex_encode((char *) random, sizeof(random), hex)] = '\0';
		id = cstring_to_text(psprintf("agent_%s", hex));
		values[4] = PointerGetDatum(id);
		nulls[4] = ' ';
	}
	else
		id = PG_GETARG_TEXT_PP(4);

	cgae_require_registry();
	cgae_statement_begin();
	if (cgae_statement_run(fcinfo, CGAE_Q_REGISTER,
						   "INSERT INTO cgae.agents (model_name, model_config, provenance, balance,"
						   " agent_id, registered_at, wallet_address)"
						   " VALUES ($1, $2, $3, $4, $5, $6, $7)",
						   lengthof(types), types, values, nulls, false) != 1)
		ereport(ERROR,
				(errcode(ERRCODE_TRIGGERED_DATA_CHANGE_VIOLATION),
				 errmsg("registration of agent \"%s\" was suppressed", text_to_cstring(id)),
				 errhint("A trigger or rule on cgae.agents prevents it.")));
	cgae_statement_end();
	PG_RETURN_TEXT_P(id);
}

/* Refuse to lift a hold that does not stand. */
static void
refuse_missing_hold(FunctionCallInfo fcinfo, const Datum *values)
{
	static const Oid types[] = {TEXTOID, TEXTOID};

	if (cgae_statement_run(fcinfo, CGAE_Q_HOLD_MISSING,
						   "SELECT FROM cgae.agents WHERE agent_id OPERATOR(pg_catalog.=) $1"
						   " AND ($2 OPERATOR(pg_catalog.=) ANY (holds)) IS NOT TRUE",
						   lengthof(types), types, values, NULL, false) > 0)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_OBJECT),
				 errmsg("agent \"%s\" has no hold \"%s\"", TextDatumGetCString(values[0]),
						TextDatumGetCString(values[1])),
				 errhint("Its holds are listed in column holds of cgae.agents."),
				 cgae_err_object("agents", "holds", NULL)));
}

/* See that a hold stands, and goes on standing; wait for nobody when it does not. */
static void
keep_hold(FunctionCallInfo fcinfo, const Datum *values)
{
	static const Oid types[] = {TEXTOID};

	refuse_missing_hold(fcinfo, values);
	cgae_statement_run(fcinfo, CGAE_Q_LOCK_AGENT, CGAE_AGENT_EXISTS " FOR NO KEY UPDATE",
					   lengthof(types), types, values, NULL, false);
	refuse_missing_hold(fcinfo, values);
}

/*
 * Run an update of one agent; what it returns can be read after it.
 *
 * Where it reaches no row, the agent may have been registered only since it
 * began, or the hold that it lifts been placed.  Agents stay, and the hold is
 * kept, so that nothing but the owner's code holds up a second attempt.
 */
static void
run_update(FunctionCallInfo fcinfo, CgaeQuery query, const char *sql, int argument_count,
		   const Oid *types, const Datum *values, const char *nulls)
{
	if (cgae_statement_run(fcinfo, query, sql, argument_count, types, values, nulls, false) > 0)
		return;
	if (cgae_statement_run(fcinfo, CGAE_Q_AGENT_EXISTS, CGAE_AGENT_EXISTS, 1, types, values, NULL,
						   false) == 0)
		cgae_refuse_unknown_agent(values[0]);
	if (query == CGAE_Q_REINSTATE)
		keep_hold(fcinfo, values);
	if (cgae_statement_run(fcinfo, query, sql, argument_count, types, values, nulls, false) == 0)
		ereport(ERROR,
				(errcode(ERRCODE_TRIGGERED_DATA_CHANGE_VIOLATION),
				 errmsg("update of agent \"%s\" was suppressed", TextDatumGetCString(values[0])),
				 errhint("A trigger, rule or row-level security policy on cgae.agents prevents it."),
				 cgae_err_object("agents", NULL, NULL)));
}

/* Does the hash that the statement returned agree with an observed one? */
static bool
returned_hash_agrees(const char *observed)
{
	/* the digest, and then its beginning: as the guard reads them */
	for (int column = 1; column <= 2; column++)
	{
		const text *hash = cgae_read_text(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, column);
		char		registered[CGAE_HASH_SIZE];

		if (hash != NULL && cgae_read_architecture_hash(hash, registered) > 0)
			return cgae_architecture_hash_equal(registered, observed);
	}
	return false;
}

/*
 * cgae.observe_architecture(agent_id text, observed_hash text) -> boolean
 *
 * A heartbeat.  True when the observed hash is the registered one: nothing is
 * written.  False when it differs: the agent is suspended.  Errors:
 * no_data_found for an unknown agent, object_not_in_prerequisite_state for a
 * deregistered one, invalid_text_representation for a malformed hash.
 */
PG_FUNCTION_INFO_V1(cgae_observe_architecture);
Datum
cgae_observe_architecture(PG_FUNCTION_ARGS)
{
	static const Oid types[] = {TEXTOID, TEXTOID};
	Datum		values[lengthof(types)];
	char		nulls[lengthof(types)];
	char		observed[CGAE_HASH_SIZE];
	bool		matches;

	require_argument(fcinfo, 0, "observe_architecture", "agent_id");
	require_argument(fcinfo, 1, "observe_architecture", "observed_hash");
	cgae_parse_architecture_hash(PG_GETARG_TEXT_PP(1), observed);
	cgae_statement_arguments(fcinfo, lengthof(types), values, nulls);

	cgae_require_registry();
	cgae_statement_begin();
	if (cgae_statement_run(fcinfo, CGAE_Q_REGISTERED_HASH,
						   "SELECT architecture_digest, architecture_hash FROM cgae.agents"
						   " WHERE agent_id OPERATOR(pg_catalog.=) $1"
						   " AND status OPERATOR(pg_catalog.<>) 'deregistered'",
						   1, types, values, NULL, false) == 1 &&
		returned_hash_agrees(observed))
		matches = true;
	else
	{
		/* deregistered agents go this way too: the guard refuses them */
		run_update(fcinfo, CGAE_Q_OBSERVE,
				   "UPDATE cgae.agents SET observed_architecture_hash = $2"
				   " WHERE agent_id OPERATOR(pg_catalog.=) $1"
				   " RETURNING architecture_digest, architecture_hash",
				   lengthof(types), types, values, NULL);
		matches = returned_hash_agrees(observed);
	}
	cgae_statement_end();
	PG_RETURN_BOOL(matches);
}

/* Run an update of one agent that returns its status. */
static Datum
update_agent(FunctionCallInfo fcinfo, CgaeQuery query, const char *sql, int argument_count,
			 const Oid *types)
{
	Datum		values[CGAE_PLAN_MAX_ARGS];
	char		nulls[CGAE_PLAN_MAX_ARGS];
	Datum		status;

	cgae_statement_arguments(fcinfo, argument_count, values, nulls);
	cgae_require_registry();
	cgae_statement_begin();
	run_update(fcinfo, query, sql, argument_count, types, values, nulls);
	status = cgae_statement_datum();
	cgae_statement_end();
	return status;
}

/*
 * cgae.update_architecture(agent_id text, model_config json) -> cgae.agent_status
 *
 * Registers a new architecture.  An agent that was certified is suspended
 * until a certification with the new hash passes.  Returns the status.
 */
PG_FUNCTION_INFO_V1(cgae_update_architecture);
Datum
cgae_update_architecture(PG_FUNCTION_ARGS)
{
	static const Oid types[] = {TEXTOID, JSONOID};

	require_argument(fcinfo, 0, "update_architecture", "agent_id");
	require_argument(fcinfo, 1, "update_architecture", "model_config");
	return update_agent(fcinfo, CGAE_Q_UPDATE_ARCHITECTURE,
						"UPDATE cgae.agents SET model_config = $2"
						" WHERE agent_id OPERATOR(pg_catalog.=) $1 RETURNING status::cgae.agent_status",
						lengthof(types), types);
}

/*
 * cgae.suspend(agent_id text, hold text) -> cgae.agent_status
 *
 * Places an operator's hold.  Placing one that stands changes nothing.
 */
PG_FUNCTION_INFO_V1(cgae_suspend);
Datum
cgae_suspend(PG_FUNCTION_ARGS)
{
	static const Oid types[] = {TEXTOID, TEXTOID};

	require_argument(fcinfo, 0, "suspend", "agent_id");
	require_argument(fcinfo, 1, "suspend", "hold");
	return update_agent(fcinfo, CGAE_Q_SUSPEND,
						/* unnested, since holds on record may have any dimensions */
						"UPDATE cgae.agents SET holds = pg_catalog.array_append("
						"ARRAY(SELECT h.hold FROM pg_catalog.unnest(holds) AS h(hold)), $2)"
						" WHERE agent_id OPERATOR(pg_catalog.=) $1 RETURNING status::cgae.agent_status",
						lengthof(types), types);
}

/*
 * cgae.reinstate(agent_id text, hold text) -> cgae.agent_status
 *
 * Lifts an operator's hold; the agent stays suspended while another stands.
 * Errors: undefined_object when the hold does not stand,
 * object_not_in_prerequisite_state for the registry's own holds.
 */
PG_FUNCTION_INFO_V1(cgae_reinstate);
Datum
cgae_reinstate(PG_FUNCTION_ARGS)
{
	static const Oid types[] = {TEXTOID, TEXTOID};

	require_argument(fcinfo, 0, "reinstate", "agent_id");
	require_argument(fcinfo, 1, "reinstate", "hold");
	return update_agent(fcinfo, CGAE_Q_REINSTATE,
						"UPDATE cgae.agents SET holds = pg_catalog.array_remove(holds, $2)"
						" WHERE agent_id OPERATOR(pg_catalog.=) $1"
						" AND $2 OPERATOR(pg_catalog.=) ANY (holds) RETURNING status::cgae.agent_status",
						lengthof(types), types);
}

/*
 * cgae.deregister_agent(agent_id text, at timestamptz DEFAULT NULL) -> cgae.agent_status
 *
 * Ends the agent's participation for good, at an instant not before its last
 * certification nor in the future.  Repeating it changes nothing.
 */
PG_FUNCTION_INFO_V1(cgae_deregister_agent);
Datum
cgae_deregister_agent(PG_FUNCTION_ARGS)
{
	static const Oid types[] = {TEXTOID, TIMESTAMPTZOID};

	require_argument(fcinfo, 0, "deregister_agent", "agent_id");
	return update_agent(fcinfo, CGAE_Q_DEREGISTER,
						"UPDATE cgae.agents SET status = 'deregistered', deregistered_at ="
						" CASE WHEN status OPERATOR(pg_catalog.=) 'deregistered'"
						" THEN deregistered_at ELSE $2 END"
						" WHERE agent_id OPERATOR(pg_catalog.=) $1 RETURNING status::cgae.agent_status",
						lengthof(types), types);
}
