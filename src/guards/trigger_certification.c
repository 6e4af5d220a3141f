/*
 * trigger_certification.c
 *	  The guard of cgae.certifications.
 *
 * BEFORE INSERT it updates the agent's row, with a ticket of what the new row
 * says, and the guard of agents judges it under the row lock; then it completes
 * the certification's row with what follows.  One statement does it all, so
 * that a row inserted twice in one statement is judged twice, in order.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/jsonb.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/timestamp.h"

#include "guards/agent.h"
#include "guards/certification_number.h"
#include "guards/certification_repeat.h"
#include "guards/certification_request.h"
#include "guards/certification_update.h"
#include "guards/disclosure.h"
#include "guards/guard.h"
#include "server/caller.h"
#include "server/errors.h"
#include "server/ticket.h"
#include "types/architecture.h"

static const CgaeColumn certification_columns[CGAE_CERT_COLUMNS] = {
	[CGAE_CERT_AGENT_ID] = {"agent_id", "text"},
	[CGAE_CERT_SEQ] = {"seq", "int4"},
	[CGAE_CERT_OUTCOME] = {"outcome", "text"},
	[CGAE_CERT_ROBUSTNESS] = {"robustness", "cgae.robustness"},
	[CGAE_CERT_TIER] = {"tier", "cgae.tier"},
	[CGAE_CERT_PREVIOUS_TIER] = {"previous_tier", "cgae.tier"},
	[CGAE_CERT_AUDIT_TYPE] = {"audit_type", "text"},
	[CGAE_CERT_AUDIT_DETAILS] = {"audit_details", "jsonb"},
	[CGAE_CERT_OBSERVED_HASH] = {"observed_architecture_hash", "text"},
	[CGAE_CERT_CERTIFIED_AT] = {"certified_at", "timestamptz"},
	[CGAE_CERT_POLICY_VERSION] = {"policy_version", "int4"},
	[CGAE_CERT_AUDITOR] = {"auditor", "text"},
	[CGAE_CERT_RECORDED_AT] = {"recorded_at", "timestamptz"},
	[CGAE_CERT_STATUS] = {"status", "cgae.agent_status"},
	[CGAE_CERT_REQUEST_ID] = {"request_id", "text"},
};

/* Refuse a value that disagrees with what the guard found. */
static void
refuse_supplied(const CgaeCertification *certification, CgaeCertColumn column,
				const char *supplied, const char *found)
{
	ereport(ERROR,
			(errcode(ERRCODE_GENERATED_ALWAYS),
			 cgae_may_disclose_to(certification->client) ?
			 errmsg("%s %s supplied for agent \"%s\" disagrees with the registry, which finds %s",
					certification_columns[column].name, supplied,
					text_to_cstring(certification->agent_id), found) :
			 errmsg("%s %s supplied for agent \"%s\" disagrees with the registry",
					certification_columns[column].name, supplied,
					text_to_cstring(certification->agent_id)),
			 errhint("Leave the column out; the registry computes it."),
			 cgae_err_object("certifications", certification_columns[column].name, NULL)));
}

/* Name of a tier, for messages. */
static const char *
tier_name(int tier)
{
	return tier == CGAE_NO_TIER ? "none" : cgae_tier_labels[tier];
}

/* Fill a tier column, after comparing it with what the client supplied. */
static void
settle_tier(CgaeRow *row, CgaeCertColumn column, const CgaeCertification *certification,
			int found)
{
	if (!CGAE_ROW_NULL(row, column) && !certification->is_mismatch)
	{
		int			supplied = cgae_enum_map_index(&row->shape->tier,
												   DatumGetObjectId(CGAE_ROW_VALUE(row, column)));

		if (supplied != found)
			refuse_supplied(certification, column, tier_name(supplied), tier_name(found));
	}
	if (found == CGAE_NO_TIER)
		cgae_row_set_null(row, column);
	else
		cgae_row_set(row, column, ObjectIdGetDatum(row->shape->tier.value[found]));
}

/* The same for an integer column. */
static void
settle_integer(CgaeRow *row, CgaeCertColumn column, const CgaeCertification *certification,
			   int32 found)
{
	if (!CGAE_ROW_NULL(row, column) && !certification->is_mismatch &&
		DatumGetInt32(CGAE_ROW_VALUE(row, column)) != found)
		refuse_supplied(certification, column,
						psprintf("%d", DatumGetInt32(CGAE_ROW_VALUE(row, column))),
						psprintf("%d", found));
	cgae_row_set(row, column, Int32GetDatum(found));
}

/* What kind of audit it was, and its details: checked, except that drift is always recorded. */
static void
settle_audit(CgaeRow *row, const CgaeCertification *certification)
{
	bool		blank = !CGAE_ROW_NULL(row, CGAE_CERT_AUDIT_TYPE) &&
		cgae_is_blank(TextDatumGetCString(CGAE_ROW_VALUE(row, CGAE_CERT_AUDIT_TYPE)));

	if (blank && !certification->is_mismatch)
		ereport(ERROR,
				(errcode(ERRCODE_CHECK_VIOLATION),
				 errmsg("audit_type of agent \"%s\" is blank",
						text_to_cstring(certification->agent_id)),
				 errhint("Leave it null to have the registry tell an agent's first audit from the others."),
				 cgae_err_object("certifications", "audit_type", NULL)));
	if (blank || CGAE_ROW_NULL(row, CGAE_CERT_AUDIT_TYPE))
		cgae_row_set(row, CGAE_CERT_AUDIT_TYPE,
					 CStringGetTextDatum(certification->is_first ? CGAE_AUDIT_FIRST :
										 CGAE_AUDIT_AGAIN));

	if (CGAE_ROW_NULL(row, CGAE_CERT_AUDIT_DETAILS))
		cgae_row_set(row, CGAE_CERT_AUDIT_DETAILS,
					 DirectFunctionCall1(jsonb_in, CStringGetDatum("{}")));
	else
	{
		Jsonb	   *details = DatumGetJsonbP(CGAE_ROW_VALUE(row, CGAE_CERT_AUDIT_DETAILS));

		if (JB_ROOT_IS_OBJECT(details))
			return;
		if (!certification->is_mismatch)
			ereport(ERROR,
					(errcode(ERRCODE_CHECK_VIOLATION),
					 errmsg("audit_details of agent \"%s\" are not a JSON object",
							text_to_cstring(certification->agent_id)),
					 cgae_err_object("certifications", "audit_details",
									 "audit_details_is_object")));
		cgae_row_set(row, CGAE_CERT_AUDIT_DETAILS,
					 DirectFunctionCall1(jsonb_in, CStringGetDatum("{}")));
	}
}

/* Complete the row with what was found, refusing what the client knew better. */
static void
complete_row(CgaeRow *row, const CgaeCertification *certification)
{
	const char *outcome = cgae_certification_outcome(certification);

	if (!CGAE_ROW_NULL(row, CGAE_CERT_OUTCOME) && !certification->is_mismatch)
	{
		char	   *supplied = TextDatumGetCString(CGAE_ROW_VALUE(row, CGAE_CERT_OUTCOME));

		if (strcmp(supplied, outcome) != 0)
			refuse_supplied(certification, CGAE_CERT_OUTCOME, supplied, outcome);
	}
	cgae_row_set(row, CGAE_CERT_OUTCOME, CStringGetTextDatum(outcome));
	settle_tier(row, CGAE_CERT_TIER, certification, certification->tier);
	settle_tier(row, CGAE_CERT_PREVIOUS_TIER, certification, certification->previous_tier);
	settle_integer(row, CGAE_CERT_SEQ, certification, certification->seq);
	settle_integer(row, CGAE_CERT_POLICY_VERSION, certification, certification->policy->version);
	settle_audit(row, certification);
	cgae_request_settle(row, certification);
	if (certification->is_mismatch)
		cgae_row_set_null(row, CGAE_CERT_POLICY_VERSION);	/* it judged nothing */
	if (certification->observed != NULL)
		cgae_row_set(row, CGAE_CERT_OBSERVED_HASH, CStringGetTextDatum(certification->observed));
	cgae_row_set(row, CGAE_CERT_CERTIFIED_AT, TimestampTzGetDatum(certification->certified_at));
	cgae_row_set(row, CGAE_CERT_AUDITOR, CStringGetTextDatum(certification->actor));
	cgae_row_set(row, CGAE_CERT_RECORDED_AT, TimestampTzGetDatum(certification->recorded_at));
	cgae_row_set(row, CGAE_CERT_STATUS,
				 ObjectIdGetDatum(row->shape->status.value[certification->status]));
}

/* Take from the row what the client says. */
static void
read_row(const CgaeRow *row, CgaeCertification *certification)
{
	Datum		values[CGAE_GIVEN_COLUMNS];
	bool		nulls[CGAE_GIVEN_COLUMNS];

	for (int i = 0; i < CGAE_GIVEN_COLUMNS; i++)
	{
		values[i] = CGAE_ROW_VALUE(row, cgae_given_columns[i]);
		nulls[i] = CGAE_ROW_NULL(row, cgae_given_columns[i]);
	}
	cgae_certification_begin(certification, values, nulls);
}

/* Judge the first certification of each agent of a batch, in one statement. */
static void
judge_together(Relation relation, const CgaeShape *shape, CgaeBatch *batch)
{
	/* for as long as the batch, which outlives this row */
	MemoryContext oldcontext = MemoryContextSwitchTo(batch->context);
	CgaePolicy *policy = palloc(sizeof(CgaePolicy));
	const char *actor = cgae_guard_actor();

	MemoryContextSwitchTo(oldcontext);
	cgae_policy_in_force_for_guard(policy);
	for (int i = 0; i < batch->count; i++)
	{
		CHECK_FOR_INTERRUPTS();
		batch->entries[i].certification.policy = policy;
		batch->entries[i].certification.actor = actor;
		batch->entries[i].certification.client = cgae_caller();
		if (batch->entries[i].certification.request_id != NULL)
			(void) cgae_request_look(relation, shape, &batch->entries[i].certification);
	}
	cgae_update_agents(relation, batch);
}

/* Judge a certification, unless its request is on record: false then. */
static bool
judge(Relation relation, const CgaeShape *shape, CgaeCertification *certification,
	  CgaePolicy *policy)
{
	do
	{
		if (certification->request_id != NULL &&
			cgae_request_look(relation, shape, certification))
			return false;
		if (certification->policy == NULL)
		{
			certification->actor = cgae_guard_actor();
			certification->client = cgae_caller();
			cgae_policy_in_force_for_guard(policy);
			certification->policy = policy;
		}
		cgae_update_agent(relation, certification);
	} while (certification->is_stale);
	return true;
}

/* Judge a new row, unless its batch was, and complete it. */
static HeapTuple
before_insert(TriggerData *trigdata)
{
	Relation	relation = trigdata->tg_relation;
	const CgaeShape *shape = cgae_table_shape(relation, certification_columns, CGAE_CERT_COLUMNS);
	CgaeBatch  *batch = cgae_ticket_claim(&cgae_batch_ticket);
	CgaeBatchEntry *entry = NULL;
	CgaeCertification certification;
	CgaePolicy	policy;
	CgaeRow		row;

	cgae_guard_require_on_partition(trigdata, relation->trigdesc->trig_truncate_before_statement,
									"guard_append_only");
	cgae_require_table_keys(relation, &shape->keys);
	cgae_row_open(&row, shape, RelationGetDescr(relation), trigdata->tg_trigtuple);
	if (CGAE_ROW_NULL(&row, CGAE_CERT_AGENT_ID))
		ereport(ERROR,
				(errcode(ERRCODE_NOT_NULL_VIOLATION),
				 errmsg("certification names no agent: agent_id is null"),
				 cgae_err_object("certifications", "agent_id", NULL)));
	read_row(&row, &certification);

	if (batch != NULL)
	{
		if (batch->taken == 0 && batch->firsts == NULL && batch->count > 1 &&
			cgae_may_update_together(relation))
			judge_together(relation, shape, batch);
		entry = cgae_batch_take(batch, certification.agent_id);
	}

	if (entry != NULL && entry->certification.is_judged)
	{
		if (!cgae_certification_same(&certification, &entry->certification))
			ereport(ERROR,
					(errcode(ERRCODE_TRIGGERED_DATA_CHANGE_VIOLATION),
					 errmsg("certification of agent \"%s\" was changed after it was judged",
							text_to_cstring(certification.agent_id)),
					 errhint("A rule on cgae.certifications interferes; use cgae.certify().")));
		certification = entry->certification;
	}
	else if (!judge(relation, shape, &certification, &policy))
	{
		if (entry != NULL)
		{
			entry->repeated = cgae_repeat_keep(&row, batch->context);
			batch->repeated++;
		}
		cgae_request_leave_to_key(&row, &certification);
	}

	if (!certification.is_repeated)
	{
		cgae_require_free_number(relation, shape, &certification);
		complete_row(&row, &certification);
		if (certification.is_mismatch)
			cgae_agent_warn_drift(text_to_cstring(certification.agent_id),
								  certification.registered, certification.observed);
	}
	if (entry != NULL)
	{
		/* only what was found is looked at later: the rest dies with the row */
		entry->certification = certification;
		entry->filled = true;
	}
	return cgae_row_close(&row, trigdata->tg_trigtuple);
}

/*
 * cgae.guard_certifications() -> trigger
 *
 * CREATE TRIGGER zz_cgae_guard BEFORE INSERT ON cgae.certifications
 *	   FOR EACH ROW EXECUTE FUNCTION cgae.guard_certifications();
 *
 * Judges the row against the agent and completes it.  A supplied tier,
 * previous_tier, outcome, seq or policy_version must agree with what is found
 * (generated_always); auditor, recorded_at and status are overwritten.  Refuses an
 * unknown agent (foreign_key_violation), a deregistered one
 * (object_not_in_prerequisite_state), times that run backwards or ahead and
 * demotions that do not lower the tier (check_violation).  An observed hash
 * that differs is no error: it is recorded and suspends the agent.  A row with a
 * request_id that is on record is judged by nobody and refused by the key of
 * requests (unique_violation); certify(), demote() and certify_many(), whose
 * INSERT says ON CONFLICT DO NOTHING, then return what is on record.
 *
 * What is judged is stored: refused (object_not_in_prerequisite_state) are keys
 * and numbers that could drop the row after its agent was changed.
 */
PG_FUNCTION_INFO_V1(cgae_guard_certifications);
Datum
cgae_guard_certifications(PG_FUNCTION_ARGS)
{
	TriggerData *trigdata = cgae_guard_enter(fcinfo, "guard_certifications");
	TriggerEvent event = trigdata->tg_event;

	if (!TRIGGER_FIRED_BY_INSERT(event) || !TRIGGER_FIRED_BEFORE(event) ||
		!TRIGGER_FIRED_FOR_ROW(event))
		cgae_guard_refuse_event("guard_certifications", "before insert for each row");
	return PointerGetDatum(before_insert(trigdata));
}
