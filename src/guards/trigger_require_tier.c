/*
 * trigger_require_tier.c
 *	  cgae.require_tier: an application's rows need an agent of a tier.
 *
 * Looks the agent up with the rights of the registry's owner, provided that
 * the owner of the application's table may SELECT cgae.agents, and locks it, so
 * that no suspension comes between the judgement and the commit.  It asks for
 * no REFERENCES, unlike a foreign key: who holds that runs code as the
 * registry's owner, by an implicit cast that it wrote, in the key's
 * comparison.
 */
#include "postgres.h"

#include "catalog/namespace.h"
#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/timestamp.h"

#include "guards/disclosure.h"
#include "guards/guard.h"
#include "guards/standing_row.h"
#include "server/clock.h"
#include "server/compat.h"
#include "server/enum_map.h"
#include "server/errors.h"
#include "server/registry_namespace.h"
#include "server/rights.h"
#include "types/robustness.h"

/* The agent of the new row, as text. */
static char *
agent_of_row(const TriggerData *trigdata, const char *column)
{
	Relation	relation = trigdata->tg_relation;
	HeapTuple	tuple = TRIGGER_FIRED_BY_UPDATE(trigdata->tg_event) ?
		trigdata->tg_newtuple : trigdata->tg_trigtuple;
	int			attnum = SPI_fnumber(RelationGetDescr(relation), column);
	char	   *agent_id;

	if (attnum <= 0)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_COLUMN),
				 errmsg("trigger \"%s\" requires a tier of column \"%s\", which \"%s\" does not have",
						trigdata->tg_trigger->tgname, column, RelationGetRelationName(relation))));
	agent_id = SPI_getvalue(tuple, RelationGetDescr(relation), attnum);
	if (agent_id == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_NOT_NULL_VIOLATION),
				 errmsg("column \"%s\" of \"%s\" names no agent: it is null", column,
						RelationGetRelationName(relation)),
				 errtablecol(relation, attnum)));
	return agent_id;
}

/* Tier index of the trigger's argument. */
static int
tier_of_argument(const Trigger *trigger)
{
	const char *label = trigger->tgargs[1];
	int			tier = cgae_label_find(cgae_tier_labels, CGAE_TIERS, label, strlen(label));

	if (tier < 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("trigger \"%s\" requires \"%s\", which is no tier", trigger->tgname, label),
				 errhint("The tiers are T0 to T5.")));
	return tier;
}

/* cgae.agents, after checking that the table's owner may read it. */
static Oid
readable_agents(Relation relation)
{
	Oid			namespace = get_namespace_oid("cgae", true);
	Oid			agents = OidIsValid(namespace) ?
		get_relname_relid("agents", namespace) : InvalidOid;
	Oid			owner = relation->rd_rel->relowner;

	cgae_require_schema_name();
	if (!OidIsValid(agents))
		cgae_require_registry();
	if (pg_class_aclcheck(agents, owner, ACL_SELECT) != ACLCHECK_OK)
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("owner \"%s\" of \"%s\" may not read cgae.agents",
						GetUserNameFromId(owner, false), RelationGetRelationName(relation)),
				 errhint("The registry's owner runs SELECT cgae.grant_access(%s, 'reader').",
						 quote_literal_cstr(GetUserNameFromId(owner, false)))));
	return agents;
}

/* Refuse a tier that is too low, saying what holds it down to a client who may read it. */
static void
refuse_tier(const TriggerData *trigdata, const char *agent_id, const CgaeStanding *standing,
			const CgaePolicy *policy, int held, int required, TimestampTz at, Oid client)
{
	CgaeDecay	decay = cgae_policy_decay(policy);
	CgaeRobustness decayed;
	CgaeGateDetail detail = {.binding = -1};
	const char *why = "It was never certified.";
	bool		told = cgae_may_disclose_to(client);

	if (standing->unreadable != NULL)
		why = psprintf("Its row cannot be read: %s.", standing->unreadable);
	else if (standing->status != CGAE_ACTIVE)
		why = psprintf("Its status is %s.", cgae_status_labels[standing->status]);
	else if (cgae_not_yet(standing->certified_at, at))
		why = "Its certification lies ahead of the clock.";
	else if (standing->certified)
	{
		at = Max(at, standing->certified_at);
		cgae_decay_core_apply(&standing->robustness,
							  cgae_decay_core_factor(cgae_decay_core_elapsed(standing->certified_at,
																			 at, decay.time_step),
													 decay.rate),
							  &decayed);
		cgae_gate_core_detail(&policy->gate, &decayed, &detail);
		why = detail.tier > held || detail.binding < 0 ?
			"An earlier sweep or policy lowered it until the next certification." :
			psprintf("The binding dimension is %s, now %.3g.", cgae_dimension_names[detail.binding],
					 decayed.score[detail.binding]);
	}
	ereport(ERROR,
			(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
			 told ?
			 errmsg("agent \"%s\" holds tier %s, but \"%s\" requires %s", agent_id,
					cgae_tier_labels[held], RelationGetRelationName(trigdata->tg_relation),
					cgae_tier_labels[required]) :
			 errmsg("agent \"%s\" does not hold tier %s, which \"%s\" requires", agent_id,
					cgae_tier_labels[required], RelationGetRelationName(trigdata->tg_relation)),
			 told ? errdetail("%s", why) : 0,
			 errtable(trigdata->tg_relation)));
}

static const CgaeStatement lock_standing = {
	"SELECT " CGAE_STANDING_COLUMNS " FROM cgae.agents"
	" WHERE agent_id OPERATOR(pg_catalog.=) $1 FOR NO KEY UPDATE",
	1, (const Oid[]) {TEXTOID}
};

/*
 * cgae.require_tier(agent_id_column, tier) -> trigger
 *
 * CREATE TRIGGER name AFTER INSERT OR UPDATE ON application_table
 *	   FOR EACH ROW EXECUTE FUNCTION cgae.require_tier('agent_id_column', 'T3');
 *
 * Refuses the row (insufficient_privilege) unless the agent's effective tier,
 * by the clock after its lock was obtained, is at least that tier; an unknown
 * agent (foreign_key_violation); a null (not_null_violation); a table whose
 * owner may not read cgae.agents (insufficient_privilege).
 */
PG_FUNCTION_INFO_V1(cgae_require_tier);
Datum
cgae_require_tier(PG_FUNCTION_ARGS)
{
	TriggerData *trigdata = cgae_guard_enter(fcinfo, "require_tier");
	TriggerEvent event = trigdata->tg_event;
	const Trigger *trigger = trigdata->tg_trigger;
	CgaeOwnerRights rights;
	CgaeStanding standing;
	CgaePolicy	policy;
	Datum		values[1];
	char	   *agent_id;
	int			required;
	int			held;
	Oid			agents;
	TimestampTz at;

	if (!TRIGGER_FIRED_FOR_ROW(event) || !TRIGGER_FIRED_AFTER(event) ||
		!(TRIGGER_FIRED_BY_INSERT(event) || TRIGGER_FIRED_BY_UPDATE(event)))
		cgae_guard_refuse_event("require_tier", "after insert or update, for each row");
	if (trigger->tgnargs != 2)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("trigger \"%s\" has %d arguments, but cgae.require_tier takes two",
						trigger->tgname, trigger->tgnargs),
				 errhint("They are the column that names the agent, and the tier.")));
	required = tier_of_argument(trigger);
	agent_id = agent_of_row(trigdata, trigger->tgargs[0]);
	values[0] = CStringGetTextDatum(agent_id);

	agents = readable_agents(trigdata->tg_relation);
	cgae_policy_in_force_for_guard(&policy);
	/* the policy's lock before the agent's, as a publication has them: test/specs/publish.spec */
	cgae_owner_begin(cgae_relation_owner(agents), true, &rights);
	cgae_owner_seal(&rights);
	/* one plan for all application tables */
	if (cgae_owner_execute(agents, &lock_standing, values, NULL) == 0)
		ereport(ERROR,
				(errcode(ERRCODE_FOREIGN_KEY_VIOLATION),
				 errmsg("agent \"%s\" is not registered, but \"%s\" requires one of tier %s",
						agent_id, RelationGetRelationName(trigdata->tg_relation),
						cgae_tier_labels[required]),
				 errtable(trigdata->tg_relation)));
	standing = cgae_standing_from_tuple(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1);
	at = GetCurrentTimestamp();
	held = cgae_standing_effective_tier(&standing, &policy, at);
	if (held < required)
		refuse_tier(trigdata, agent_id, &standing, &policy, held, required, at, rights.save_userid);
	cgae_owner_end(&rights);
	return PointerGetDatum(NULL);
}
