/*
 * create_registry.c
 *	  cgae.create_registry(): the tables, as ordinary objects of the caller's.
 *
 * They are no members of the extension, so that pg_dump dumps them with the
 * columns, indexes and grants that their owner adds, and DROP EXTENSION does
 * not take the data along.  The layout never changes in an upgrade script;
 * it is versioned in cgae.registry_layout, and what is changed here needs a
 * step in upgrade_registry.c.
 */
#include "postgres.h"

#include "access/xact.h"
#include "catalog/namespace.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/timestamp.h"

#include "guards/audit_seeds.h"
#include "guards/guard.h"
#include "guards/publication.h"
#include "schema/access.h"
#include "schema/ddl.h"
#include "schema/layout.h"
#include "schema/partitions.h"
#include "schema/views.h"
#include "server/errors.h"
#include "server/registry_columns.h"
#include "server/registry_namespace.h"
#include "server/registry_tables.h"

/*
 * One statement at a time, with search_path = pg_catalog, pg_temp.  Fixed
 * columns come first in agents, so that the hot ones have constant offsets.
 */
static const char *const layout[] = {
	/* --- policies ------------------------------------------------------- */
	"CREATE TABLE cgae.gate_policies ("
	" version int NOT NULL CONSTRAINT gate_policies_pkey PRIMARY KEY,"
	" cc float8[] NOT NULL,"
	" er float8[] NOT NULL,"
	" as_ float8[] NOT NULL,"
	" ih_threshold float8 NOT NULL,"
	" budget_ceilings numeric[] NOT NULL,"
	" audit_intensities float8[] NOT NULL,"
	" decay_rate float8 NOT NULL,"
	" time_step interval NOT NULL,"
	" effective_from timestamptz NOT NULL,"
	" note text NOT NULL DEFAULT '',"
	" actor text NOT NULL,"
	" digest bytea NOT NULL)",

	"COMMENT ON TABLE cgae.gate_policies IS 'versions of the gate policy; the highest is in force; append-only'",
	"COMMENT ON COLUMN cgae.gate_policies.version IS 'number of the version: 1, 2, ...'",
	"COMMENT ON COLUMN cgae.gate_policies.cc IS 'least constraint compliance for T0 to T5, in [0,1]'",
	"COMMENT ON COLUMN cgae.gate_policies.er IS 'least epistemic robustness for T0 to T5, in [0,1]'",
	"COMMENT ON COLUMN cgae.gate_policies.as_ IS 'least behavioural alignment for T0 to T5, in [0,1]'",
	"COMMENT ON COLUMN cgae.gate_policies.ih_threshold IS 'least intrinsic-hallucination integrity for any tier above T0, in [0,1]'",
	"COMMENT ON COLUMN cgae.gate_policies.budget_ceilings IS 'budget ceiling of T0 to T5, in tokens'",
	"COMMENT ON COLUMN cgae.gate_policies.audit_intensities IS 'spot-audit intensity mu of T0 to T5, per time step'",
	"COMMENT ON COLUMN cgae.gate_policies.decay_rate IS 'decay rate lambda, per time step'",
	"COMMENT ON COLUMN cgae.gate_policies.time_step IS 'length of a time step; a day is 86400 s'",
	"COMMENT ON COLUMN cgae.gate_policies.effective_from IS 'when the version took force; for the first one the registry''s creation, though it judges what was before as well'",
	"COMMENT ON COLUMN cgae.gate_policies.note IS 'why the version was published'",
	"COMMENT ON COLUMN cgae.gate_policies.actor IS 'role whose statement published it'",
	"COMMENT ON COLUMN cgae.gate_policies.digest IS 'SHA-256 over all that the version says, by which check_registry() knows one that was changed'",

	/* --- agents --------------------------------------------------------- */
	"CREATE TABLE cgae.agents ("
	" agent_id text NOT NULL DEFAULT ('agent_' || substr(replace(gen_random_uuid()::text, '-', ''), 1, 12))"
	"  CONSTRAINT agents_pkey PRIMARY KEY,"
	" model_name text NOT NULL,"
	" architecture_hash text NOT NULL,"
	" architecture_digest text,"
	" model_config json,"
	" provenance jsonb NOT NULL DEFAULT '{}',"
	" wallet_address text,"
	" registered_at timestamptz NOT NULL DEFAULT now(),"
	" initial_robustness cgae.robustness NOT NULL DEFAULT '(0,0,0,0)',"
	" status cgae.agent_status NOT NULL DEFAULT 'pending',"
	" holds text[] NOT NULL DEFAULT '{}',"
	" certified_tier cgae.tier,"
	" current_tier cgae.tier NOT NULL DEFAULT 'T0',"
	" current_robustness cgae.robustness,"
	" certified_at timestamptz,"
	" last_audit_at timestamptz,"
	" tier_drop_at timestamptz,"
	" observed_architecture_hash text,"
	" last_seq int NOT NULL DEFAULT 1,"
	" certification_count int NOT NULL DEFAULT 0,"
	" balance numeric NOT NULL DEFAULT 0,"
	" total_earned numeric NOT NULL DEFAULT 0,"
	" total_spent numeric NOT NULL DEFAULT 0,"
	" total_penalties numeric NOT NULL DEFAULT 0,"
	" total_topups numeric NOT NULL DEFAULT 0,"
	" contracts_completed bigint NOT NULL DEFAULT 0,"
	" contracts_failed bigint NOT NULL DEFAULT 0,"
	" deregistered_at timestamptz,"
	" recorded_at timestamptz NOT NULL,"
	" rated_policy int NOT NULL)",

	"COMMENT ON TABLE cgae.agents IS 'registered agents and their standing; state columns are derived by the guard'",
	"COMMENT ON COLUMN cgae.agents.agent_id IS 'identity of the agent; never changes'",
	"COMMENT ON COLUMN cgae.agents.model_name IS 'human-readable name of the model'",
	"COMMENT ON COLUMN cgae.agents.architecture_hash IS 'h(arch): first 16 hex digits of the digest of the registered architecture'",
	"COMMENT ON COLUMN cgae.agents.architecture_digest IS 'all 64 hex digits of SHA-256 over the canonical JSON of model_config; null when only 16 are known'",
	"COMMENT ON COLUMN cgae.agents.model_config IS 'model configuration as registered; updating it registers a new architecture'",
	"COMMENT ON COLUMN cgae.agents.provenance IS 'training provenance, a JSON object'",
	"COMMENT ON COLUMN cgae.agents.wallet_address IS 'on-chain address of the agent'",
	"COMMENT ON COLUMN cgae.agents.registered_at IS 'when the agent was registered'",
	"COMMENT ON COLUMN cgae.agents.initial_robustness IS 'vector of the first certification; (0,0,0,0) before; derived'",
	"COMMENT ON COLUMN cgae.agents.status IS 'lifecycle status; derived, but a client may set it to deregistered'",
	"COMMENT ON COLUMN cgae.agents.holds IS 'reasons of suspension; an operator adds and lifts its own here'",
	"COMMENT ON COLUMN cgae.agents.certified_tier IS 'tier of the last certification; derived'",
	"COMMENT ON COLUMN cgae.agents.current_tier IS 'tier as last certified or lowered; derived'",
	"COMMENT ON COLUMN cgae.agents.current_robustness IS 'vector of the last certification; derived'",
	"COMMENT ON COLUMN cgae.agents.certified_at IS 'time of the last certification; derived'",
	"COMMENT ON COLUMN cgae.agents.last_audit_at IS 'time of the last audit; derived'",
	"COMMENT ON COLUMN cgae.agents.tier_drop_at IS 'when decay next lowers the tier; null when it never does; derived'",
	"COMMENT ON COLUMN cgae.agents.observed_architecture_hash IS 'last observed hash that mattered; updating it reports an observation'",
	"COMMENT ON COLUMN cgae.agents.last_seq IS 'last number of the agent''s history; derived'",
	"COMMENT ON COLUMN cgae.agents.certification_count IS 'how often the agent was certified; derived'",
	"COMMENT ON COLUMN cgae.agents.balance IS 'token balance, never negative'",
	"COMMENT ON COLUMN cgae.agents.total_earned IS 'tokens earned so far'",
	"COMMENT ON COLUMN cgae.agents.total_spent IS 'tokens spent so far'",
	"COMMENT ON COLUMN cgae.agents.total_penalties IS 'tokens lost to penalties so far'",
	"COMMENT ON COLUMN cgae.agents.total_topups IS 'tokens topped up so far'",
	"COMMENT ON COLUMN cgae.agents.contracts_completed IS 'contracts completed so far'",
	"COMMENT ON COLUMN cgae.agents.contracts_failed IS 'contracts failed so far'",
	"COMMENT ON COLUMN cgae.agents.deregistered_at IS 'when the agent was deregistered; given with status = deregistered'",
	"COMMENT ON COLUMN cgae.agents.recorded_at IS 'when the newest fact of the agent''s history was recorded; never runs backwards, whatever the clock does; derived'",
	"COMMENT ON COLUMN cgae.agents.rated_policy IS 'version of the policy under which the tiers were last rated: lower than that in force where the tier waits for a sweep; derived'",

	"CREATE INDEX agents_active_tier_idx ON cgae.agents (current_tier, tier_drop_at) WHERE status = 'active'",
	"COMMENT ON INDEX cgae.agents_active_tier_idx IS 'for tier_distribution(), agents_by_tier(), and apply_decay(): who is due'",

	"CREATE STATISTICS cgae.agents_gate_tier ON (cgae.gate_tier(current_robustness)) FROM cgae.agents",
	"COMMENT ON STATISTICS cgae.agents_gate_tier IS 'tells the planner that the gate gives six tiers, not as many as there are vectors'",

	/* --- certifications ------------------------------------------------- */
	"CREATE TABLE cgae.certifications ("
	" agent_id text NOT NULL"
	"  CONSTRAINT certifications_agent_id_fkey REFERENCES cgae.agents,"
	" seq int NOT NULL,"
	" outcome text NOT NULL,"
	" robustness cgae.robustness,"
	" tier cgae.tier,"
	" previous_tier cgae.tier,"
	" audit_type text NOT NULL,"
	" audit_details jsonb NOT NULL DEFAULT '{}',"
	" observed_architecture_hash text,"
	" certified_at timestamptz NOT NULL,"
	" policy_version int,"
	" auditor text NOT NULL,"
	" recorded_at timestamptz NOT NULL,"
	" status cgae.agent_status NOT NULL,"
	" request_id text,"
	" CONSTRAINT certifications_pkey PRIMARY KEY (agent_id, seq))",

	"COMMENT ON TABLE cgae.certifications IS 'every audit of every agent, also those refused for drift; append-only'",
	"COMMENT ON COLUMN cgae.certifications.agent_id IS 'the audited agent'",
	"COMMENT ON COLUMN cgae.certifications.seq IS 'number in the agent''s history, which it shares with agent_events; derived'",
	"COMMENT ON COLUMN cgae.certifications.outcome IS 'certified, failed (ih below its threshold: T0, and held) or architecture_mismatch; derived'",
	"COMMENT ON COLUMN cgae.certifications.robustness IS 'measured vector; may be null on a mismatch'",
	"COMMENT ON COLUMN cgae.certifications.tier IS 'tier that the gate gives the vector; null on a mismatch; derived'",
	"COMMENT ON COLUMN cgae.certifications.previous_tier IS 'tier of the certification before; derived'",
	"COMMENT ON COLUMN cgae.certifications.audit_type IS 'kind of audit: registration, upgrade, spot, re-certification, demotion, ...; not given, an agent''s first certification is a registration, another a re-certification'",
	"COMMENT ON COLUMN cgae.certifications.audit_details IS 'details, a JSON object; storage_root_hash names the audit certificate'",
	"COMMENT ON COLUMN cgae.certifications.observed_architecture_hash IS 'architecture that the auditor saw, 16 or 64 hex digits'",
	"COMMENT ON COLUMN cgae.certifications.certified_at IS 'when the audit holds from; the clock when not given, also where the last audit lies ahead of it'",
	"COMMENT ON COLUMN cgae.certifications.policy_version IS 'policy that judged; derived'",
	"COMMENT ON COLUMN cgae.certifications.auditor IS 'role that recorded it; derived'",
	"COMMENT ON COLUMN cgae.certifications.recorded_at IS 'when it was recorded, never before what has a lower seq; derived'",
	"COMMENT ON COLUMN cgae.certifications.status IS 'status of the agent that followed; derived'",
	"COMMENT ON COLUMN cgae.certifications.request_id IS 'name of the request, unique per agent, by which a repeated call is known; null for none'",

	"CREATE UNIQUE INDEX certifications_request_id_key ON cgae.certifications (agent_id, request_id)"
	" WHERE request_id IS NOT NULL",
	"COMMENT ON INDEX cgae.certifications_request_id_key IS 'one certification per request of an agent'",

	"CREATE STATISTICS cgae.certifications_gate_tier ON (cgae.gate_tier(robustness)) FROM cgae.certifications",
	"COMMENT ON STATISTICS cgae.certifications_gate_tier IS 'tells the planner that the gate gives six tiers, not as many as there are vectors'",

	/* --- events --------------------------------------------------------- */
	"CREATE TABLE cgae.agent_events ("
	" agent_id text NOT NULL"
	"  CONSTRAINT agent_events_agent_id_fkey REFERENCES cgae.agents,"
	" seq int NOT NULL,"
	" type text NOT NULL,"
	" occurred_at timestamptz NOT NULL,"
	" data jsonb NOT NULL,"
	" actor text NOT NULL,"
	" recorded_at timestamptz NOT NULL,"
	" CONSTRAINT agent_events_pkey PRIMARY KEY (agent_id, seq))",

	"COMMENT ON TABLE cgae.agent_events IS 'every fact about an agent that is not a certification; written by the guards; append-only'",
	"COMMENT ON COLUMN cgae.agent_events.agent_id IS 'the agent'",
	"COMMENT ON COLUMN cgae.agent_events.seq IS 'number in the agent''s history, which it shares with certifications'",
	"COMMENT ON COLUMN cgae.agent_events.type IS 'registration, architecture_update, configuration_removal, architecture_mismatch, demotion, suspension, reinstatement, decay, expiration, deregistration'",
	"COMMENT ON COLUMN cgae.agent_events.occurred_at IS 'when it happened'",
	"COMMENT ON COLUMN cgae.agent_events.data IS 'particulars; status is the one that followed; a fall names its policy_version where that is dated after recorded_at, since the clock was stepped back'",
	"COMMENT ON COLUMN cgae.agent_events.actor IS 'role whose statement it was'",
	"COMMENT ON COLUMN cgae.agent_events.recorded_at IS 'when it was recorded, never before what has a lower seq'",

	/* --- audit lottery -------------------------------------------------- */
	"CREATE TABLE cgae.audit_seeds ("
	" epoch int NOT NULL CONSTRAINT audit_seeds_pkey PRIMARY KEY,"
	" secret bytea NOT NULL,"
	" commitment text NOT NULL GENERATED ALWAYS AS (encode(sha256(secret), 'hex')) STORED,"
	" created_at timestamptz NOT NULL,"
	" revealed_at timestamptz,"
	" actor text NOT NULL)",

	"COMMENT ON TABLE cgae.audit_seeds IS 'epochs of the spot-audit lottery with their secrets: who reads this foresees the audits; written by rotate_audit_seed() alone'",
	"COMMENT ON COLUMN cgae.audit_seeds.epoch IS 'number of the epoch: 1, 2, ...; the highest is the current one'",
	"COMMENT ON COLUMN cgae.audit_seeds.secret IS 'key of the epoch''s draws: see audit_draw()'",
	"COMMENT ON COLUMN cgae.audit_seeds.commitment IS 'SHA-256 of the secret, 64 hex digits, public from the beginning of the epoch'",
	"COMMENT ON COLUMN cgae.audit_seeds.created_at IS 'when the epoch began; not before the one before it, unless that lay ahead of the clock'",
	"COMMENT ON COLUMN cgae.audit_seeds.revealed_at IS 'when the epoch ended and its secret became public; null for the current one'",
	"COMMENT ON COLUMN cgae.audit_seeds.actor IS 'role whose statement began the epoch'",

	/* --- layout --------------------------------------------------------- */
	"CREATE TABLE cgae.registry_layout ("
	" version int NOT NULL CONSTRAINT registry_layout_pkey PRIMARY KEY,"
	" installed_at timestamptz NOT NULL DEFAULT now())",

	"COMMENT ON TABLE cgae.registry_layout IS 'versions of the layout of these tables; the highest one stands'",
	"COMMENT ON COLUMN cgae.registry_layout.version IS 'version of the layout'",
	"COMMENT ON COLUMN cgae.registry_layout.installed_at IS 'when it was made'",

	/* --- guards: zz_ sorts them behind the user's own triggers ------------ */
	"CREATE TRIGGER zz_cgae_guard BEFORE INSERT ON cgae.gate_policies"
	" FOR EACH ROW EXECUTE FUNCTION cgae.guard_policies()",
	"CREATE TRIGGER zz_cgae_append_only BEFORE UPDATE OR DELETE ON cgae.gate_policies"
	" FOR EACH ROW EXECUTE FUNCTION cgae.guard_append_only()",
	"CREATE TRIGGER zz_cgae_no_truncate BEFORE TRUNCATE ON cgae.gate_policies"
	" FOR EACH STATEMENT EXECUTE FUNCTION cgae.guard_append_only()",
	"CREATE TRIGGER zz_cgae_invalidate AFTER INSERT OR UPDATE OR DELETE ON cgae.gate_policies"
	" FOR EACH ROW EXECUTE FUNCTION cgae.guard_policies()",
	"ALTER TABLE cgae.gate_policies ENABLE ALWAYS TRIGGER zz_cgae_invalidate",

	"CREATE TRIGGER zz_cgae_guard BEFORE INSERT OR UPDATE ON cgae.agents"
	" FOR EACH ROW EXECUTE FUNCTION cgae.guard_agents()",
	"CREATE TRIGGER zz_cgae_policy_lock BEFORE UPDATE OF current_tier ON cgae.agents"
	" FOR EACH STATEMENT EXECUTE FUNCTION cgae.guard_agents()",
	"CREATE TRIGGER zz_cgae_registration AFTER INSERT ON cgae.agents"
	" FOR EACH ROW EXECUTE FUNCTION cgae.guard_agents()",
	"CREATE TRIGGER zz_cgae_append_only BEFORE DELETE ON cgae.agents"
	" FOR EACH ROW EXECUTE FUNCTION cgae.guard_append_only()",
	"CREATE TRIGGER zz_cgae_no_truncate BEFORE TRUNCATE ON cgae.agents"
	" FOR EACH STATEMENT EXECUTE FUNCTION cgae.guard_append_only()",

	"CREATE TRIGGER zz_cgae_guard BEFORE INSERT ON cgae.certifications"
	" FOR EACH ROW EXECUTE FUNCTION cgae.guard_certifications()",
	"CREATE TRIGGER zz_cgae_append_only BEFORE UPDATE OR DELETE ON cgae.certifications"
	" FOR EACH ROW EXECUTE FUNCTION cgae.guard_append_only()",
	"CREATE TRIGGER zz_cgae_no_truncate BEFORE TRUNCATE ON cgae.certifications"
	" FOR EACH STATEMENT EXECUTE FUNCTION cgae.guard_append_only()",

	"CREATE TRIGGER zz_cgae_guard BEFORE INSERT ON cgae.agent_events"
	" FOR EACH ROW EXECUTE FUNCTION cgae.guard_events()",
	"CREATE TRIGGER zz_cgae_append_only BEFORE UPDATE OR DELETE ON cgae.agent_events"
	" FOR EACH ROW EXECUTE FUNCTION cgae.guard_append_only()",
	"CREATE TRIGGER zz_cgae_no_truncate BEFORE TRUNCATE ON cgae.agent_events"
	" FOR EACH STATEMENT EXECUTE FUNCTION cgae.guard_append_only()",

	"CREATE TRIGGER zz_cgae_guard BEFORE INSERT OR UPDATE ON cgae.audit_seeds"
	" FOR EACH ROW EXECUTE FUNCTION cgae.guard_seeds()",
	"CREATE TRIGGER zz_cgae_append_only BEFORE DELETE ON cgae.audit_seeds"
	" FOR EACH ROW EXECUTE FUNCTION cgae.guard_append_only()",
	"CREATE TRIGGER zz_cgae_no_truncate BEFORE TRUNCATE ON cgae.audit_seeds"
	" FOR EACH STATEMENT EXECUTE FUNCTION cgae.guard_append_only()",

	"CREATE TRIGGER zz_cgae_append_only BEFORE UPDATE OR DELETE ON cgae.registry_layout"
	" FOR EACH ROW EXECUTE FUNCTION cgae.guard_append_only()",
	"CREATE TRIGGER zz_cgae_no_truncate BEFORE TRUNCATE ON cgae.registry_layout"
	" FOR EACH STATEMENT EXECUTE FUNCTION cgae.guard_append_only()",

	/* --- access: cgae.grant_access() opens, default privileges do not ----- */
	"REVOKE ALL ON cgae.gate_policies, cgae.agents, cgae.certifications, cgae.agent_events,"
	" cgae.registry_layout, cgae.audit_seeds FROM PUBLIC",
};

/* What a registry holds before its first agent. */
static const char *const contents[] = {
	"INSERT INTO cgae.registry_layout (version) VALUES (" CppAsString2(CGAE_LAYOUT_VERSION) ")",
};

/* The paper's policy: the same numbers as src/gate_core.c and src/policy.c. */
static const char first_policy[] =
"SELECT CAST('{0, 0.30, 0.50, 0.65, 0.80, 0.90}' AS float8[]),"
" CAST('{0, 0.30, 0.50, 0.65, 0.80, 0.90}' AS float8[]),"
" CAST('{0, 0.25, 0.45, 0.60, 0.75, 0.85}' AS float8[]), CAST(0.5 AS float8),"
" CAST('{0, 0.01, 0.1, 1, 10, 100}' AS numeric[]),"
" CAST('{0, 0.005, 0.010, 0.020, 0.040, 0.080}' AS float8[]), CAST(0.01 AS float8),"
" CAST('1 day' AS interval), CAST('defaults of the paper (arXiv 2603.15639)' AS text)";

/* Comments on the guards, which have no other documentation in \d. */
static const struct
{
	const char *trigger;
	const char *table;
	const char *comment;
}			trigger_comments[] = {
	{"zz_cgae_guard", "gate_policies", "lets in what publish_policy() publishes, nothing else"},
	{"zz_cgae_append_only", "gate_policies", "refuses update and delete"},
	{"zz_cgae_no_truncate", "gate_policies", "refuses truncate"},
	{"zz_cgae_invalidate", "gate_policies", "makes every session read the policies anew"},
	{"zz_cgae_guard", "agents", "derives all state of an agent and refuses what a client may not set"},
	{"zz_cgae_policy_lock", "agents", "locks the policy before the agents whose tier it lowers"},
	{"zz_cgae_registration", "agents", "logs the registration"},
	{"zz_cgae_append_only", "agents", "refuses delete"},
	{"zz_cgae_no_truncate", "agents", "refuses truncate"},
	{"zz_cgae_guard", "certifications", "judges a certification under the lock of its agent"},
	{"zz_cgae_append_only", "certifications", "refuses update and delete"},
	{"zz_cgae_no_truncate", "certifications", "refuses truncate"},
	{"zz_cgae_guard", "agent_events", "lets in what the registry writes, nothing else"},
	{"zz_cgae_append_only", "agent_events", "refuses update and delete"},
	{"zz_cgae_no_truncate", "agent_events", "refuses truncate"},
	{"zz_cgae_guard", "audit_seeds", "makes new epochs and reveals ended ones for rotate_audit_seed(), refuses all else"},
	{"zz_cgae_append_only", "audit_seeds", "refuses delete"},
	{"zz_cgae_no_truncate", "audit_seeds", "refuses truncate"},
	{"zz_cgae_append_only", "registry_layout", "refuses update and delete"},
	{"zz_cgae_no_truncate", "registry_layout", "refuses truncate"},
};

/* Comments on the keys and on what refers to them. */
static const struct
{
	const char *constraint;
	const char *table;
	bool		has_index;
	const char *comment;
}			key_comments[] = {
	{"agents_pkey", "agents", true, "one row an agent; nothing else is unique across agents"},
	{"certifications_pkey", "certifications", true, "seq counts within the agent, together with agent_events"},
	{"certifications_agent_id_fkey", "certifications", false, "only registered agents are audited"},
	{"agent_events_pkey", "agent_events", true, "seq counts within the agent, together with certifications"},
	{"agent_events_agent_id_fkey", "agent_events", false, "every event is about a registered agent"},
	{"gate_policies_pkey", "gate_policies", true, "one row a version"},
	{"audit_seeds_pkey", "audit_seeds", true, "one row an epoch"},
	{"registry_layout_pkey", "registry_layout", true, "one row a version of the layout"},
};

/* Publish the paper's policy, in force from the registry's creation on. */
static void
publish_first_policy(void)
{
	CgaePublication publication = {0};

	cgae_ddl_run(first_policy);
	for (int c = 0; c <= POLICY_NOTE; c++)
	{
		bool		isnull;

		publication.values[c] = SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, c + 1,
											  &isnull);
		Assert(!isnull);
	}
	publication.values[POLICY_VERSION] = Int32GetDatum(1);
	/* the same instant as that of the layout's row */
	publication.values[POLICY_EFFECTIVE_FROM] =
		TimestampTzGetDatum(GetCurrentTransactionStartTimestamp());
	publication.values[POLICY_ACTOR] = CStringGetTextDatum(cgae_guard_actor());
	cgae_publication_write(NULL, &publication);
}

/* How many partitions the caller asks for; 0: plain tables. */
static int
partitions_argument(FunctionCallInfo fcinfo)
{
	int32		partitions;

	if (PG_NARGS() < 1 || PG_ARGISNULL(0))
		return 0;
	partitions = PG_GETARG_INT32(0);
	if (partitions < 1 || partitions > CGAE_MAX_PARTITIONS)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("number of partitions %d is not from 1 to %d", partitions,
						CGAE_MAX_PARTITIONS),
				 errhint("Leave it out for tables that are not partitioned.")));
	return partitions;
}

/* Fill empty tables, between cgae_ddl_begin() and cgae_ddl_end(). */
static void
fill_registry(void)
{
	for (int i = 0; i < lengthof(contents); i++)
		cgae_ddl_run(contents[i]);
	publish_first_policy();
	cgae_audit_begin_first_epoch();
}

/*
 * cgae.create_registry(partitions int DEFAULT NULL) -> void
 *
 * Makes the registry's tables, triggers and views in schema cgae, owned by
 * the caller, who needs CREATE on the schema (the role that installed the
 * extension has it).  With a number, agents, certifications and agent_events
 * are hash-partitioned by agent_id.  Calling it twice is an error
 * (duplicate_object), as is a number that makes no sense (invalid_parameter_value).
 */
PG_FUNCTION_INFO_V1(cgae_create_registry);
Datum
cgae_create_registry(PG_FUNCTION_ARGS)
{
	int			partitions = partitions_argument(fcinfo);
	Oid			namespace;
	int			guc_level;

	cgae_require_schema_name();
	namespace = get_namespace_oid("cgae", false);
	if (OidIsValid(get_relname_relid("agents", namespace)))
		ereport(ERROR,
				(errcode(ERRCODE_DUPLICATE_OBJECT),
				 errmsg("the agent registry of this database already exists"),
				 errhint("There is one registry per database; its tables are in schema cgae."),
				 cgae_err_object("agents", NULL, NULL)));

	guc_level = cgae_ddl_begin();
	/* who may not create in the schema is refused below, and has no guards then */
	cgae_access_grant_guards(fcinfo, GetUserId());
	for (int i = 0; i < lengthof(layout); i++)
		cgae_ddl_run(partitions > 0 ? cgae_partitioned_statement(layout[i]) : layout[i]);
	cgae_make_partitions(partitions);
	cgae_registry_make_views(CGAE_VIEWS_NEW);
	for (int i = 0; i < lengthof(trigger_comments); i++)
		cgae_ddl_run(psprintf("COMMENT ON TRIGGER %s ON cgae.%s IS '%s'", trigger_comments[i].trigger,
							  trigger_comments[i].table, trigger_comments[i].comment));
	for (int i = 0; i < lengthof(key_comments); i++)
	{
		cgae_ddl_run(psprintf("COMMENT ON CONSTRAINT %s ON cgae.%s IS '%s'",
							  key_comments[i].constraint, key_comments[i].table,
							  key_comments[i].comment));
		if (key_comments[i].has_index)
			cgae_ddl_run(psprintf("COMMENT ON INDEX cgae.%s IS '%s'", key_comments[i].constraint,
								  key_comments[i].comment));
	}
	fill_registry();
	cgae_ddl_end(guc_level);
	PG_RETURN_VOID();
}

/* Refuse to fill a registry in which anything is kept. */
static void
require_empty(const char *table)
{
	int			result = SPI_execute(psprintf("SELECT FROM cgae.%s LIMIT 1", table), false, 1);

	if (result != SPI_OK_SELECT)
		elog(ERROR, "SPI_execute failed: %s", SPI_result_code_string(result));
	if (SPI_processed > 0)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("the agent registry cannot be seeded: cgae.%s is not empty", table),
				 errdetail("Only a clone that has none of the registry's data is seeded."),
				 cgae_err_object(table, NULL, NULL)));
}

/*
 * cgae.seed_registry() -> void
 *
 * Makes a registry of tables that hold nothing, as pg_dump --schema-only
 * clones them: the layout's version, the paper's policy and the first epoch of
 * the audit lottery, as create_registry() writes them.  The caller owns the
 * registry or is a superuser; it runs as the owner.  Errors: undefined_table
 * without a registry, insufficient_privilege, object_not_in_prerequisite_state
 * when one of the tables holds a row.
 */
PG_FUNCTION_INFO_V1(cgae_seed_registry);
Datum
cgae_seed_registry(PG_FUNCTION_ARGS)
{
	Oid			save_userid;
	int			save_sec_context;
	int			guc_level;

	cgae_require_own_registry(NULL);
	/* an error restores both, with the (sub)transaction */
	GetUserIdAndSecContext(&save_userid, &save_sec_context);
	SetUserIdAndSecContext(cgae_registry_owner(), save_sec_context | SECURITY_LOCAL_USERID_CHANGE |
						   SECURITY_RESTRICTED_OPERATION | SECURITY_NOFORCE_RLS);
	guc_level = cgae_ddl_begin();
	/* two at once would both find nothing; the policies first, as whoever writes locks them */
	cgae_ddl_run("LOCK TABLE cgae.gate_policies IN EXCLUSIVE MODE");
	for (int t = 0; t < CGAE_TABLES; t++)
	{
		cgae_ddl_run(psprintf("LOCK TABLE cgae.%s IN EXCLUSIVE MODE", cgae_relation_names[t]));
		require_empty(cgae_relation_names[t]);
	}
	fill_registry();
	cgae_ddl_end(guc_level);
	SetUserIdAndSecContext(save_userid, save_sec_context);
	PG_RETURN_VOID();
}
