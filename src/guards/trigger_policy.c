/*
 * trigger_policy.c
 *	  The guard of cgae.gate_policies.
 *
 * Every copy of the table keeps the same rows: so it neither reads the clock
 * nor draws anything for itself.
 */
#include "postgres.h"

#include "storage/lmgr.h"
#include "utils/inval.h"
#include "utils/rel.h"

#include "guards/guard.h"
#include "guards/publication.h"
#include "server/errors.h"
#include "server/table_shape.h"

/* Refuse a row that is not, value by value, the one that is published. */
static void
require_published(const CgaeRow *row, const CgaePublication *publication)
{
	for (int c = 0; c < CGAE_POLICY_COLUMNS; c++)
	{
		Form_pg_attribute att = TupleDescAttr(row->desc, row->shape->index[c]);
		bool		same = !CGAE_ROW_NULL(row, c) &&
			(att->attbyval ? CGAE_ROW_VALUE(row, c) == publication->values[c] :
			 cgae_values_same(att, CGAE_ROW_VALUE(row, c), publication->values[c]));

		if (!same)
			ereport(ERROR,
					(errcode(ERRCODE_TRIGGERED_DATA_CHANGE_VIOLATION),
					 errmsg("column \"%s\" of the new gate policy is not what was published",
							cgae_policy_columns[c].name),
					 errhint("A trigger or rule on cgae.gate_policies interferes."),
					 cgae_err_object("gate_policies", cgae_policy_columns[c].name, NULL)));
	}
}

/* Let in the policy that is published, the next one, and refuse one that breaks a rule. */
static HeapTuple
before_policy(TriggerData *trigdata)
{
	Relation	policies = trigdata->tg_relation;
	TupleDesc	desc = RelationGetDescr(policies);
	CgaePublication *publication = cgae_ticket_claim(&cgae_publication_ticket);
	CgaePolicy	policy;
	CgaeRow		row;
	int32		next;

	if (publication == NULL || publication->is_judged)
		ereport(ERROR,
				(errcode(ERRCODE_GENERATED_ALWAYS),
				 errmsg("gate policies are published, not inserted"),
				 errhint("Publish a version with cgae.publish_policy(), which brings the agents to it."),
				 cgae_err_object("gate_policies", NULL, NULL)));
	cgae_row_open(&row, cgae_table_shape(policies, cgae_policy_columns, CGAE_POLICY_COLUMNS), desc,
				  trigdata->tg_trigtuple);
	require_published(&row, publication);

	/*
	 * No guard may be judging by the last version while the next one appears:
	 * those that judge hold ROW SHARE, which this conflicts with.  Tested by
	 * test/specs/certify_policy.spec and publish_midway.spec.
	 */
	LockRelation(policies, ExclusiveLock);
	next = cgae_publication_next_version(cgae_policy_last_version(policies));
	if (DatumGetInt32(CGAE_ROW_VALUE(&row, CGAE_POLICY_VERSION)) != next)
		ereport(ERROR,
				(errcode(ERRCODE_CHECK_VIOLATION),
				 errmsg("gate policy version %d is refused: the next version is %d",
						DatumGetInt32(CGAE_ROW_VALUE(&row, CGAE_POLICY_VERSION)), next),
				 cgae_err_object("gate_policies", "version", "version_follows")));
	cgae_policy_from_tuple(trigdata->tg_trigtuple, desc, &policy);
	publication->is_judged = true;
	return trigdata->tg_trigtuple;
}

/*
 * cgae.guard_policies() -> trigger
 *
 * CREATE TRIGGER zz_cgae_guard BEFORE INSERT ON cgae.gate_policies
 *	   FOR EACH ROW EXECUTE FUNCTION cgae.guard_policies();
 * CREATE TRIGGER zz_cgae_invalidate AFTER INSERT OR UPDATE OR DELETE ON cgae.gate_policies
 *	   FOR EACH ROW EXECUTE FUNCTION cgae.guard_policies();	 (ENABLE ALWAYS)
 *
 * Before: lets in what publish_policy() and create_registry() write and
 * nothing else (generated_always), and refuses a policy that breaks a rule
 * (check_violation).  All values are given to the row, none is the guard's, so
 * that every copy of the table keeps the same ones.  After: makes every backend
 * read the policies anew, also on a logical subscriber, hence ALWAYS.
 */
PG_FUNCTION_INFO_V1(cgae_guard_policies);
Datum
cgae_guard_policies(PG_FUNCTION_ARGS)
{
	TriggerData *trigdata = cgae_guard_enter(fcinfo, "guard_policies");
	TriggerEvent event = trigdata->tg_event;

	if (TRIGGER_FIRED_AFTER(event))
	{
		CacheInvalidateRelcache(trigdata->tg_relation);
		return PointerGetDatum(NULL);
	}
	if (!TRIGGER_FIRED_BEFORE(event) || !TRIGGER_FIRED_BY_INSERT(event) ||
		!TRIGGER_FIRED_FOR_ROW(event))
		cgae_guard_refuse_event("guard_policies", "before insert, or after any change");
	return PointerGetDatum(before_policy(trigdata));
}
