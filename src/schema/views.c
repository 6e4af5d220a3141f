/*
 * views.c
 *	  The registry's views: the whole history, epochs of the audit lottery,
 *	  for analysts standing now, changes of tier, certifications with their
 *	  scores, falls to come, and for operators health.
 *
 * Ordinary objects of the registry's owner, like the tables, made by
 * create_registry() and made anew by upgrade_registry().  All but
 * audit_epochs read with the privileges of whoever selects from them.  Each
 * answers from an index when it is asked about one agent, else in one pass;
 * columns that are not selected cost nothing.
 *
 * A new release may add columns at a view's end, and change how they are
 * computed.  It must keep their names, types and order: CREATE OR REPLACE
 * allows no more, and views of the owner's own may rest on them.
 */
#include "postgres.h"

#include "catalog/namespace.h"
#include "utils/lsyscache.h"

#include "schema/ddl.h"
#include "schema/views.h"

/*
 * The later of the statement's and the transaction's beginning: see now.h.  It
 * is stable, so that an index can be asked for what is before or after it.
 */
#define NOW "greatest(statement_timestamp(), transaction_timestamp())"

/*
 * "Now" for an agent is that instant; a little before a certification that
 * somebody else has just committed, it counts as that instant.
 */
#define NOW_FOR(agent) "greatest(" agent ".certified_at, " NOW ")"

/* What about an agent's row, which may have come without the guards, cannot be read; or null. */
#define FAULT(agent) \
	"cgae.agent_fault(" agent ".status, " agent ".current_tier, " agent ".current_robustness," \
	" " agent ".certified_at, " agent ".holds, " agent ".last_seq, " agent ".architecture_hash)"

/* What an active agent may do at an instant: no more than it may since the last sweep. */
#define TIER_OF_ACTIVE(agent, at) \
	"CASE WHEN " agent ".current_robustness IS NOT NULL AND " FAULT(agent) " IS NULL" \
	" THEN least(" agent ".current_tier," \
	" cgae.effective_tier_at(" agent ".current_robustness, " agent ".certified_at, " at "))" \
	" ELSE 'T0' END"

/* What an agent may do now: nothing yet while its certification lies ahead of the clock. */
#define EFFECTIVE_TIER(agent) \
	"CASE WHEN " agent ".status = 'active' AND NOT cgae.lies_ahead(" agent ".certified_at)" \
	" THEN " TIER_OF_ACTIVE(agent, NOW_FOR(agent)) " ELSE 'T0' END"

/* The certified vector as it has decayed until now. */
#define DECAYED(agent) \
	"cgae.effective_robustness_at(" agent ".current_robustness, " agent ".certified_at, " NOW_FOR(agent) ")"

/* --- events ------------------------------------------------------------ */

static const char events[] =
	"SELECT agent_id, seq, type, occurred_at, data, actor, recorded_at"
	" FROM cgae.agent_events"
	" UNION ALL"
	" SELECT c.agent_id, c.seq,"
	"  CASE WHEN c.outcome IN ('certified', 'failed') THEN 'certification' ELSE c.outcome END,"
	"  c.certified_at,"
	"  CASE WHEN c.outcome IN ('certified', 'failed') THEN"
	"   jsonb_build_object('tier', c.tier, 'audit_type', c.audit_type, 'robustness', c.robustness::jsonb, 'status', c.status)"
	"  ELSE"
	"   jsonb_build_object('expected_hash',"
	"    (SELECT e.data ->> 'architecture_hash' FROM cgae.agent_events AS e"
	"     WHERE e.agent_id = c.agent_id AND e.seq < c.seq"
	"      AND e.type IN ('registration', 'architecture_update')"
	"     ORDER BY e.seq DESC LIMIT 1),"
	"    'observed_hash', c.observed_architecture_hash, 'audit_type', c.audit_type, 'status', c.status)"
	"  END,"
	"  c.auditor, c.recorded_at"
	" FROM cgae.certifications AS c";

static const char *const events_comments[] = {
	"COMMENT ON VIEW cgae.events IS 'the whole history: agent_events and certifications, one order per agent by seq'",
	"COMMENT ON COLUMN cgae.events.agent_id IS 'the agent'",
	"COMMENT ON COLUMN cgae.events.seq IS 'number in the agent''s history, without gaps'",
	"COMMENT ON COLUMN cgae.events.type IS 'type of an event; certification or architecture_mismatch for an audit'",
	"COMMENT ON COLUMN cgae.events.occurred_at IS 'when it happened'",
	"COMMENT ON COLUMN cgae.events.data IS 'particulars'",
	"COMMENT ON COLUMN cgae.events.actor IS 'role whose statement it was'",
	"COMMENT ON COLUMN cgae.events.recorded_at IS 'when it was recorded'",
	NULL
};

/* --- audit_epochs ------------------------------------------------------ */

/* with its owner's rights: what it hides, its readers may not read themselves */
static const char audit_epochs[] =
	"SELECT epoch, commitment, created_at, revealed_at,"
	"  CASE WHEN revealed_at IS NOT NULL THEN secret END AS secret, actor"
	" FROM cgae.audit_seeds";

static const char *const audit_epochs_comments[] = {
	"COMMENT ON VIEW cgae.audit_epochs IS 'epochs of the spot-audit lottery, with the secrets of those that have ended'",
	"COMMENT ON COLUMN cgae.audit_epochs.epoch IS 'number of the epoch: 1, 2, ...; the highest is the current one'",
	"COMMENT ON COLUMN cgae.audit_epochs.commitment IS 'SHA-256 of the secret, 64 hex digits'",
	"COMMENT ON COLUMN cgae.audit_epochs.created_at IS 'when the epoch began'",
	"COMMENT ON COLUMN cgae.audit_epochs.revealed_at IS 'when the epoch ended; null for the current one'",
	"COMMENT ON COLUMN cgae.audit_epochs.secret IS 'key of the epoch''s draws; null until the epoch ends'",
	"COMMENT ON COLUMN cgae.audit_epochs.actor IS 'role whose statement began the epoch'",
	NULL
};

/* --- agent_standing ---------------------------------------------------- */

static const char agent_standing[] =
	"SELECT s.agent_id, s.model_name, s.status, s.current_tier, s.certified_tier, s.effective_tier,"
	"  cgae.budget_ceiling(s.effective_tier) AS budget_ceiling,"
	"  cgae.cc(s.certified) AS cc, cgae.er(s.certified) AS er,"
	"  cgae.as_(s.certified) AS as_, cgae.ih(s.certified) AS ih,"
	"  cgae.cc(s.decayed) AS effective_cc, cgae.er(s.decayed) AS effective_er,"
	"  cgae.as_(s.decayed) AS effective_as_, cgae.ih(s.decayed) AS effective_ih,"
	"  (cgae.gate_detail(s.decayed)).binding_dimension AS binding_dimension,"
	"  (cgae.gate_detail(s.decayed)).gap_to_next_tier AS gap_to_next_tier,"
	"  s.tier_drop_at, s.holds, s.certified_at, s.balance"
	" FROM (SELECT a.agent_id, a.model_name, a.status, a.current_tier, a.certified_tier,"
	"   " EFFECTIVE_TIER("a") " AS effective_tier,"
	"   a.current_robustness AS certified, " DECAYED("a") " AS decayed,"
	"   a.tier_drop_at, a.holds, a.certified_at, a.balance"
	"  FROM cgae.agents AS a) AS s";

static const char *const agent_standing_comments[] = {
	"COMMENT ON VIEW cgae.agent_standing IS 'every agent''s standing now: what it was certified for, and what it may do'",
	"COMMENT ON COLUMN cgae.agent_standing.agent_id IS 'the agent'",
	"COMMENT ON COLUMN cgae.agent_standing.model_name IS 'human-readable name of the model'",
	"COMMENT ON COLUMN cgae.agent_standing.status IS 'lifecycle status'",
	"COMMENT ON COLUMN cgae.agent_standing.current_tier IS 'tier as last certified or lowered'",
	"COMMENT ON COLUMN cgae.agent_standing.certified_tier IS 'tier of the last certification; null before the first'",
	"COMMENT ON COLUMN cgae.agent_standing.effective_tier IS 'what the agent may do now: T0 unless active, and while its certification lies ahead of the clock; else the tier of its decayed vector, never above current_tier'",
	"COMMENT ON COLUMN cgae.agent_standing.budget_ceiling IS 'what the effective tier may spend'",
	"COMMENT ON COLUMN cgae.agent_standing.cc IS 'constraint compliance as certified'",
	"COMMENT ON COLUMN cgae.agent_standing.er IS 'epistemic robustness as certified'",
	"COMMENT ON COLUMN cgae.agent_standing.as_ IS 'behavioural alignment as certified'",
	"COMMENT ON COLUMN cgae.agent_standing.ih IS 'intrinsic-hallucination integrity as certified'",
	"COMMENT ON COLUMN cgae.agent_standing.effective_cc IS 'constraint compliance as it has decayed'",
	"COMMENT ON COLUMN cgae.agent_standing.effective_er IS 'epistemic robustness as it has decayed'",
	"COMMENT ON COLUMN cgae.agent_standing.effective_as_ IS 'behavioural alignment as it has decayed'",
	"COMMENT ON COLUMN cgae.agent_standing.effective_ih IS 'intrinsic-hallucination integrity as it has decayed'",
	"COMMENT ON COLUMN cgae.agent_standing.binding_dimension IS 'the dimension that holds the decayed vector down: cc, er, as or ih; null at T5'",
	"COMMENT ON COLUMN cgae.agent_standing.gap_to_next_tier IS 'what the decayed vector lacks to the next tier in that dimension; null at T5, which has none'",
	"COMMENT ON COLUMN cgae.agent_standing.tier_drop_at IS 'when decay next lowers the tier; null when it never does'",
	"COMMENT ON COLUMN cgae.agent_standing.holds IS 'reasons of suspension'",
	"COMMENT ON COLUMN cgae.agent_standing.certified_at IS 'time of the last certification'",
	"COMMENT ON COLUMN cgae.agent_standing.balance IS 'token balance'",
	NULL
};

/* --- tier_changes ------------------------------------------------------ */

static const char tier_changes[] =
	"SELECT h.agent_id, h.seq, h.at, h.cause, h.old_tier, h.new_tier,"
	"  h.old_certified_tier, h.new_certified_tier, h.recorded_at"
	" FROM (SELECT f.*,"
	"   lag(f.new_tier, 1, 'T0') OVER (PARTITION BY f.agent_id ORDER BY f.seq) AS old_tier"
	"  FROM (SELECT c.agent_id, c.seq, c.certified_at AS at,"
	"    CASE c.audit_type WHEN 'demotion' THEN 'demotion' ELSE 'certification' END AS cause,"
	"    c.tier AS new_tier, c.previous_tier AS old_certified_tier, c.tier AS new_certified_tier,"
	"    c.recorded_at"
	"   FROM cgae.certifications AS c WHERE c.outcome IN ('certified', 'failed') AND c.tier IS NOT NULL"
	"   UNION ALL"
	"   SELECT e.agent_id, e.seq, e.occurred_at, CASE e.data ->> 'cause' WHEN 'policy' THEN 'policy' ELSE e.type END,"
	/* literals, not a cast: a superuser may have made one from text that does anything */
	"    CASE e.data ->> 'new_tier' WHEN 'T0' THEN cgae.tier 'T0' WHEN 'T1' THEN cgae.tier 'T1'"
	"     WHEN 'T2' THEN cgae.tier 'T2' WHEN 'T3' THEN cgae.tier 'T3' WHEN 'T4' THEN cgae.tier 'T4' END,"
	"    NULL AS old_certified_tier, NULL AS new_certified_tier, e.recorded_at"
	/* a label that is none tells nothing, and must not stand between two that do */
	"   FROM cgae.agent_events AS e WHERE e.type IN ('decay', 'expiration')"
	"    AND e.data ->> 'new_tier' IN ('T0', 'T1', 'T2', 'T3', 'T4')) AS f) AS h"
	" WHERE h.old_tier <> h.new_tier OR h.old_certified_tier IS DISTINCT FROM h.new_certified_tier";

static const char *const tier_changes_comments[] = {
	"COMMENT ON VIEW cgae.tier_changes IS 'every change of an agent''s current or certified tier, by certification, demotion, decay, expiration or policy'",
	"COMMENT ON COLUMN cgae.tier_changes.agent_id IS 'the agent'",
	"COMMENT ON COLUMN cgae.tier_changes.seq IS 'number in the agent''s history'",
	"COMMENT ON COLUMN cgae.tier_changes.at IS 'when the change took effect'",
	"COMMENT ON COLUMN cgae.tier_changes.cause IS 'certification, demotion, decay, expiration, or policy when a published one brought the fall'",
	"COMMENT ON COLUMN cgae.tier_changes.old_tier IS 'current tier before; T0 before the first certification'",
	"COMMENT ON COLUMN cgae.tier_changes.new_tier IS 'current tier after'",
	"COMMENT ON COLUMN cgae.tier_changes.old_certified_tier IS 'tier of the certification before; null before the first, and when no certification is the cause'",
	"COMMENT ON COLUMN cgae.tier_changes.new_certified_tier IS 'tier of this certification; null when decay or a policy, which leave the certification alone, is the cause'",
	"COMMENT ON COLUMN cgae.tier_changes.recorded_at IS 'when it was recorded'",
	NULL
};

/* --- certification_history --------------------------------------------- */

static const char certification_history[] =
	"SELECT c.agent_id, c.seq, c.outcome, cgae.cc(c.robustness) AS cc, cgae.er(c.robustness) AS er,"
	"  cgae.as_(c.robustness) AS as_, cgae.ih(c.robustness) AS ih, c.tier, c.previous_tier, c.status,"
	"  c.audit_type, c.audit_details, c.observed_architecture_hash, c.certified_at, c.policy_version,"
	"  c.auditor, c.recorded_at, c.request_id"
	" FROM cgae.certifications AS c";

static const char *const certification_history_comments[] = {
	"COMMENT ON VIEW cgae.certification_history IS 'every audit with its scores as columns'",
	"COMMENT ON COLUMN cgae.certification_history.agent_id IS 'the audited agent'",
	"COMMENT ON COLUMN cgae.certification_history.seq IS 'number in the agent''s history'",
	"COMMENT ON COLUMN cgae.certification_history.outcome IS 'certified, failed (ih below its threshold) or architecture_mismatch'",
	"COMMENT ON COLUMN cgae.certification_history.cc IS 'constraint compliance'",
	"COMMENT ON COLUMN cgae.certification_history.er IS 'epistemic robustness'",
	"COMMENT ON COLUMN cgae.certification_history.as_ IS 'behavioural alignment'",
	"COMMENT ON COLUMN cgae.certification_history.ih IS 'intrinsic-hallucination integrity'",
	"COMMENT ON COLUMN cgae.certification_history.tier IS 'tier that the gate gave; null on a mismatch'",
	"COMMENT ON COLUMN cgae.certification_history.previous_tier IS 'tier of the certification before'",
	"COMMENT ON COLUMN cgae.certification_history.status IS 'status of the agent that followed'",
	"COMMENT ON COLUMN cgae.certification_history.audit_type IS 'kind of audit'",
	"COMMENT ON COLUMN cgae.certification_history.audit_details IS 'details of the audit'",
	"COMMENT ON COLUMN cgae.certification_history.observed_architecture_hash IS 'architecture that the auditor saw'",
	"COMMENT ON COLUMN cgae.certification_history.certified_at IS 'when the audit holds from'",
	"COMMENT ON COLUMN cgae.certification_history.policy_version IS 'policy that judged'",
	"COMMENT ON COLUMN cgae.certification_history.auditor IS 'role that recorded it'",
	"COMMENT ON COLUMN cgae.certification_history.recorded_at IS 'when it was recorded'",
	"COMMENT ON COLUMN cgae.certification_history.request_id IS 'name of the request, unique per agent; null for none'",
	NULL
};

/* --- expiring_agents --------------------------------------------------- */

static const char expiring_agents[] =
	"SELECT a.agent_id, a.model_name, a.current_tier, " EFFECTIVE_TIER("a") " AS effective_tier,"
	"  a.tier_drop_at,"
	"  " TIER_OF_ACTIVE("a", "greatest(a.tier_drop_at, " NOW_FOR("a") ")") " AS falls_to,"
	"  a.tier_drop_at - " NOW " AS time_left"
	" FROM cgae.agents AS a"
	" WHERE a.status = 'active' AND a.tier_drop_at IS NOT NULL";

static const char *const expiring_agents_comments[] = {
	"COMMENT ON VIEW cgae.expiring_agents IS 'active agents whose tier decay will lower, and to what'",
	"COMMENT ON COLUMN cgae.expiring_agents.agent_id IS 'the agent'",
	"COMMENT ON COLUMN cgae.expiring_agents.model_name IS 'human-readable name of the model'",
	"COMMENT ON COLUMN cgae.expiring_agents.current_tier IS 'tier as last certified or lowered'",
	"COMMENT ON COLUMN cgae.expiring_agents.effective_tier IS 'what the agent may do now'",
	"COMMENT ON COLUMN cgae.expiring_agents.tier_drop_at IS 'when the tier falls'",
	"COMMENT ON COLUMN cgae.expiring_agents.falls_to IS 'tier to which it falls; the tier now when the fall is past'",
	"COMMENT ON COLUMN cgae.expiring_agents.time_left IS 'time until the fall; negative when it is past and waits for the sweep'",
	NULL
};

/* --- binding_dimension_counts ------------------------------------------ */

static const char binding_dimension_counts[] =
	"SELECT s.binding_dimension, s.effective_tier AS tier, count(*) AS agents"
	" FROM cgae.agent_standing AS s"
	" WHERE s.status = 'active'"
	" GROUP BY s.binding_dimension, s.effective_tier";

static const char *const binding_dimension_counts_comments[] = {
	"COMMENT ON VIEW cgae.binding_dimension_counts IS 'active agents by the dimension that holds them down and their effective tier'",
	"COMMENT ON COLUMN cgae.binding_dimension_counts.binding_dimension IS 'the dimension that holds the decayed vector down: cc, er, as or ih; null at T5'",
	"COMMENT ON COLUMN cgae.binding_dimension_counts.tier IS 'effective tier now'",
	"COMMENT ON COLUMN cgae.binding_dimension_counts.agents IS 'number of active agents'",
	NULL
};

/* --- registry_health ---------------------------------------------------- */

/* One row; each column is a query of its own: what is not selected costs nothing. */
static const char registry_health[] =
	"SELECT " NOW " AS checked_at,"
	/* a probe of the index for each tier */
	"  (SELECT max(" NOW " - d.tier_drop_at) FROM unnest(enum_range(NULL::cgae.tier)) AS t(tier),"
	"    LATERAL (SELECT a.tier_drop_at FROM cgae.agents AS a"
	"     WHERE a.status = 'active' AND a.current_tier = t.tier AND a.tier_drop_at <= " NOW ""
	"     ORDER BY a.tier_drop_at LIMIT 1) AS d) AS sweep_lag,"
	"  (SELECT count(*) FROM cgae.agents AS a WHERE a.status = 'active'"
	"    AND a.current_tier = ANY (enum_range(NULL::cgae.tier))"
	"    AND a.tier_drop_at <= " NOW ") AS overdue_agents,"
	"  (SELECT count(*) FROM cgae.agents AS a WHERE a.status = 'active'"
	"    AND a.current_tier = ANY (enum_range(NULL::cgae.tier))"
	"    AND a.tier_drop_at > " NOW ""
	"    AND a.tier_drop_at <= " NOW " + interval '1 day') AS falling_within_a_day,"
	/* readers must not foresee audits, but may look at the rest */
	"  CASE WHEN has_table_privilege('cgae.audit_seeds', 'SELECT')"
	"   THEN (SELECT count(*) FROM cgae.due_audits(NULL, NULL)) END AS overdue_audits,"
	"  (SELECT count(*) FROM cgae.events AS e WHERE e.type = 'architecture_mismatch'"
	"    AND e.recorded_at > " NOW " - interval '1 day') AS drift_last_day,"
	"  (SELECT count(*) FROM cgae.agent_events AS e WHERE e.type = 'suspension'"
	"    AND e.recorded_at > " NOW " - interval '1 day') AS suspensions_last_day,"
	"  (SELECT jsonb_object_agg(s.status, jsonb_build_object('agents', s.agents, 'since', s.since))"
	"    FROM (SELECT a.status, count(*) AS agents, min(CASE a.status WHEN 'pending' THEN a.registered_at"
	"      WHEN 'active' THEN a.certified_at WHEN 'deregistered' THEN a.deregistered_at"
	"      ELSE (SELECT min(e.occurred_at) FROM cgae.events AS e WHERE e.agent_id = a.agent_id"
	"       AND e.data ->> 'status' IS NOT NULL AND e.seq > coalesce((SELECT max(b.seq) FROM cgae.events AS b"
	"        WHERE b.agent_id = a.agent_id AND b.data ->> 'status' <> enum_out(a.status)::text), 0)) END) AS since"
	"     FROM cgae.agents AS a WHERE a.status IS NOT NULL GROUP BY a.status) AS s) AS statuses,"
	"  (SELECT jsonb_object_agg(h.hold, jsonb_build_object('agents', h.agents, 'since', h.since))"
	"    FROM (SELECT u.hold, count(*) AS agents, min(CASE u.hold WHEN 'failed_audit' THEN a.certified_at"
	"      ELSE (SELECT max(e.occurred_at) FROM cgae.events AS e WHERE e.agent_id = a.agent_id"
	"       AND CASE u.hold WHEN 'architecture_drift' THEN e.type IN ('architecture_mismatch', 'architecture_update')"
	"        ELSE e.type = 'suspension' AND e.data -> 'added' ? u.hold END) END) AS since"
	"     FROM cgae.agents AS a, unnest(a.holds) AS u(hold)"
	"     WHERE a.status = 'suspended' AND u.hold IS NOT NULL GROUP BY u.hold) AS h) AS holds,"
	"  p.version AS policy_version, p.effective_from AS policy_since,"
	"  s.epoch AS seed_epoch, greatest(" NOW " - s.created_at, interval '0') AS seed_age,"
	"  (SELECT jsonb_object_agg(l.level, l.roles)"
	"    FROM (SELECT m.level, jsonb_agg(CASE g.grantee WHEN 0 THEN 'public' ELSE pg_get_userbyid(g.grantee) END"
	"      ORDER BY pg_get_userbyid(g.grantee)) AS roles"
	"     FROM (VALUES ('reader', 'agents', NULL, 'SELECT'), ('registrar', 'agents', NULL, 'INSERT'),"
	"       ('auditor', 'certifications', NULL, 'INSERT'), ('operator', 'agents', 'holds', 'UPDATE'))"
	"       AS m(level, relation, attribute, privilege)"
	"      JOIN pg_class AS c ON c.relname = m.relation AND c.relnamespace = 'cgae'::regnamespace"
	"      LEFT JOIN pg_attribute AS b ON b.attrelid = c.oid AND b.attname = m.attribute,"
	"      LATERAL aclexplode(CASE WHEN m.attribute IS NULL THEN c.relacl ELSE b.attacl END) AS g"
	"     WHERE g.privilege_type = m.privilege AND g.grantee <> c.relowner"
	"     GROUP BY m.level) AS l) AS access,"
	/* the guards record no fact of an agent later than its recorded_at */
	"  (SELECT count(*) FROM cgae.agents AS a"
	"    WHERE cgae.lies_ahead(greatest(a.recorded_at, a.registered_at, a.certified_at)))"
	"   + (SELECT count(*) FROM cgae.gate_policies AS g WHERE cgae.lies_ahead(g.effective_from))"
	"   + (SELECT count(*) FROM cgae.audit_epochs AS e WHERE cgae.lies_ahead(e.created_at)) AS dates_ahead,"
	"  (SELECT count(*) FROM cgae.agents AS a WHERE coalesce(a.status <> 'deregistered', true)"
	"    AND (a.agent_id IS NULL OR " FAULT("a") " IS NOT NULL)) AS unreadable_agents,"
	/* who judges holds the policies, who locks or writes an agent holds its table */
	"  (SELECT array_agg(DISTINCT l.pid ORDER BY l.pid) FROM pg_locks AS l JOIN pg_database AS d ON d.oid = l.database"
	"    WHERE d.datname = current_database() AND l.granted AND l.pid <> pg_backend_pid() AND l.mode <> 'AccessShareLock'"
	"     AND (l.relation = 'cgae.gate_policies'::regclass OR (l.mode <> 'ShareUpdateExclusiveLock'"
	"      AND (l.relation = 'cgae.agents'::regclass"
	"       OR l.relation IN (SELECT t.relid FROM pg_partition_tree('cgae.agents') AS t))))) AS publication_blockers"
	" FROM (SELECT 1) AS always(x)"
	"  LEFT JOIN LATERAL (SELECT version, effective_from FROM cgae.gate_policies"
	"   ORDER BY version DESC LIMIT 1) AS p ON true"
	"  LEFT JOIN LATERAL (SELECT epoch, created_at FROM cgae.audit_epochs"
	"   ORDER BY epoch DESC LIMIT 1) AS s ON true";

static const char *const registry_health_comments[] = {
	"COMMENT ON VIEW cgae.registry_health IS 'what an operator or a monitoring system asks, in one row; each column is a query of its own, select those you need'",
	"COMMENT ON COLUMN cgae.registry_health.checked_at IS 'instant that all columns speak of: now'",
	"COMMENT ON COLUMN cgae.registry_health.sweep_lag IS 'how long the longest overdue active agent waits for its tier to be lowered by a sweep; null when none does; index probes'",
	"COMMENT ON COLUMN cgae.registry_health.overdue_agents IS 'active agents whose stored tier has fallen and waits for a sweep; permissions do not wait; costs as much as there are'",
	"COMMENT ON COLUMN cgae.registry_health.falling_within_a_day IS 'active agents whose stored tier decay lowers within 24 hours; costs as much as there are'",
	"COMMENT ON COLUMN cgae.registry_health.overdue_audits IS 'spot audits due now, see due_audits(); null for who may not read audit_seeds; a pass over the active agents'",
	"COMMENT ON COLUMN cgae.registry_health.drift_last_day IS 'architecture mismatches recorded in the last 24 hours; a pass over certifications and events'",
	"COMMENT ON COLUMN cgae.registry_health.suspensions_last_day IS 'suspensions by operators recorded in the last 24 hours; a pass over events'",
	"COMMENT ON COLUMN cgae.registry_health.statuses IS 'by status: number of agents, and since when the one has it that has it longest (active: its last certification); a pass over agents, and the history of those suspended or expired'",
	"COMMENT ON COLUMN cgae.registry_health.holds IS 'by hold: number of suspended agents, and since when it stands that stands longest; null when nobody is suspended; the history of those suspended'",
	"COMMENT ON COLUMN cgae.registry_health.policy_version IS 'version of the policy in force'",
	"COMMENT ON COLUMN cgae.registry_health.policy_since IS 'since when it is'",
	"COMMENT ON COLUMN cgae.registry_health.seed_epoch IS 'current epoch of the spot-audit lottery'",
	"COMMENT ON COLUMN cgae.registry_health.seed_age IS 'how long it has lasted: until it ends nobody else can check its draws'",
	"COMMENT ON COLUMN cgae.registry_health.access IS 'by access level: roles that hold it by a grant to themselves, the owner left out; every level reads; null when there is none'",
	"COMMENT ON COLUMN cgae.registry_health.dates_ahead IS 'agents, policies and audit epochs with a date that lies more than a minute ahead of the clock, from when the clock was wrong; check_registry() names them; a pass over agents'",
	"COMMENT ON COLUMN cgae.registry_health.unreadable_agents IS 'agents, the deregistered left out, whose rows cannot be read, see agent_fault(): they count as T0, and sweeps and publications pass them by; a pass over agents'",
	"COMMENT ON COLUMN cgae.registry_health.publication_blockers IS 'processes whose open transaction a publication would have to wait for now, which is refused after 5 seconds; null when there is none'",
	NULL
};

/* in the order in which they rest on each other */
static const struct
{
	const char *name;
	const char *option;
	const char *query;
	const char *const *comments;
}			views[] = {
	{"events", "security_invoker", events, events_comments},
	{"audit_epochs", "security_barrier", audit_epochs, audit_epochs_comments},
	{"agent_standing", "security_invoker", agent_standing, agent_standing_comments},
	{"tier_changes", "security_invoker", tier_changes, tier_changes_comments},
	{"certification_history", "security_invoker", certification_history, certification_history_comments},
	{"expiring_agents", "security_invoker", expiring_agents, expiring_agents_comments},
	{"binding_dimension_counts", "security_invoker", binding_dimension_counts, binding_dimension_counts_comments},
	{"registry_health", "security_invoker", registry_health, registry_health_comments},
};

const char *
cgae_registry_view(int number, bool *is_invoker)
{
	if (number >= lengthof(views))
		return NULL;
	*is_invoker = strcmp(views[number].option, "security_invoker") == 0;
	return views[number].name;
}

void
cgae_registry_make_views(CgaeViewMode mode)
{
	Oid			namespace = get_namespace_oid("cgae", false);

	for (int i = 0; i < lengthof(views); i++)
	{
		bool		there = mode != CGAE_VIEWS_NEW &&
			OidIsValid(get_relname_relid(views[i].name, namespace));

		if (there && mode == CGAE_VIEWS_MISSING)
			continue;
		cgae_ddl_require_create();
		cgae_ddl_run(psprintf("CREATE %s cgae.%s WITH (%s = true) AS %s",
							  there ? "OR REPLACE VIEW" : "VIEW", views[i].name, views[i].option,
							  views[i].query));
		for (const char *const *comment = views[i].comments; *comment != NULL; comment++)
			cgae_ddl_run(*comment);
		/* access is granted by level, see access.c; default privileges grant none */
		if (!there)
			cgae_ddl_run(psprintf("REVOKE ALL ON cgae.%s FROM PUBLIC", views[i].name));
	}
}
