/*
 * check_replay.c
 *	  One agent's history, replayed by the rules of the registry and
 *	  compared with what was recorded.
 */
#include "postgres.h"

#include <math.h>

#include "utils/fmgrprotos.h"
#include "utils/timestamp.h"

#include "check/check_rating.h"
#include "check/check_replay.h"
#include "core/decay_core.h"
#include "guards/certification.h"
#include "server/enum_map.h"
#include "types/architecture.h"

void
cgae_replay_begin(CgaeReplay *replay)
{
	memset(replay, 0, sizeof(*replay));
	replay->status = CGAE_PENDING;
	replay->registered_at = replay->recorded_at = replay->certified_at = DT_NOBEGIN;
	replay->certified_tier = CGAE_NO_TIER;
}

static const char *
status_name(int status)
{
	return status < 0 ? "null" : cgae_status_labels[status];
}

static const char *
tier_name(int tier)
{
	return tier < 0 ? "null" : cgae_tier_labels[tier];
}

static bool
same_holds(const CgaeHolds *a, const CgaeHolds *b)
{
	return a->count == b->count && cgae_holds_minus(a, b).count == 0;
}

/* Place a hold, as far as the set has room: what was tampered with may be any size. */
static void
place(CgaeReplay *replay, const char *hold)
{
	if (cgae_holds_have_room(&replay->holds, hold))
		cgae_holds_add(&replay->holds, hold);
}

/* Compare the status that a row carries with the one that follows, and go on from the row's. */
static void
settle_status(CgaeCheck *check, CgaeReplay *replay, int32 seq, CgaeStatus expected, int recorded)
{
	/* after a deregistration nothing follows, which is told already */
	if (recorded != (int) expected && expected != CGAE_FORBIDDEN)
		cgae_check_report(check, "status", "number %d says %s, where %s follows", seq,
						  status_name(recorded), status_name(expected));
	if (recorded >= 0)
		replay->status = recorded;
	else if (expected != CGAE_FORBIDDEN)
		replay->status = expected;
}

/* The same for an event that leaves the holds as they are now. */
static void
settle_event_status(CgaeCheck *check, CgaeReplay *replay, const CgaeCheckFact *fact,
					CgaeStatus expected)
{
	settle_status(check, replay, fact->seq, expected,
				  cgae_label_index(cgae_fact_text(fact, "status"), cgae_status_labels,
							  lengthof(cgae_status_labels)));
}

/* No fact may be dated ahead of its recording. */
static void
check_date(CgaeCheck *check, const CgaeCheckFact *fact)
{
	char	   *at;

	if (fact->at <= fact->recorded_at)
		return;
	at = pstrdup(timestamptz_to_str(fact->at));
	cgae_check_report(check, "time", "number %d is dated %s, after it was recorded at %s",
					  fact->seq, at, timestamptz_to_str(fact->recorded_at));
}

/*
 * An instant that cannot be before the registration or the last certification.
 * But it may have been the clock's that was stepped back since: what was
 * recorded then has the time of recording of the fact before it.
 */
static void
check_order(CgaeCheck *check, const CgaeReplay *replay, const CgaeCheckFact *fact)
{
	char	   *at = NULL;

	if (fact->recorded_at == replay->recorded_at)
		return;
	if (fact->at < replay->registered_at || fact->at < replay->certified_at)
		at = pstrdup(timestamptz_to_str(fact->at));
	if (fact->at < replay->registered_at)
		cgae_check_report(check, "time", "number %d is dated %s, before the registration at %s",
						  fact->seq, at, timestamptz_to_str(replay->registered_at));
	if (fact->at < replay->certified_at)
		cgae_check_report(check, "time", "number %d is dated %s, before the certification at %s",
						  fact->seq, at, timestamptz_to_str(replay->certified_at));
}

/* Does an observed hash agree with the registered one, as far as both are known? */
static bool
agrees(const CgaeReplay *replay, const char *hash)
{
	return replay->architecture == NULL || cgae_architecture_hash_equal(replay->architecture, hash);
}

/* Has a string the length of a hash?  What has not is told of by itself (check_values.c). */
static bool
is_as_long_as_a_hash(const char *hash)
{
	return strlen(hash) == CGAE_HASH_DIGITS || strlen(hash) == CGAE_DIGEST_DIGITS;
}

/* A certification refused for drift. */
static void
add_mismatch(CgaeCheck *check, CgaeReplay *replay, const CgaeCheckFact *fact)
{
	cgae_holds_change(&replay->holds, cgae_lifecycle_holds(true, false, true));
	settle_status(check, replay, fact->seq, cgae_lifecycle_next(replay->status, CGAE_HELD),
				  fact->status);
	if (fact->tier >= 0 || fact->policy_version != 0)
		cgae_check_report(check, "tier", "number %d certifies nothing, but has a tier or a policy",
						  fact->seq);

	/* 16 registered digits may have been completed since, without an event */
	if (fact->observed == NULL || replay->architecture == NULL ||
		(agrees(replay, fact->observed) &&
		 strlen(replay->architecture) >= strlen(fact->observed)))
		cgae_check_report(check, "architecture",
						  "number %d says that the architecture differs, where it does not",
						  fact->seq);
	if (fact->observed != NULL)
		replay->observed = fact->observed;
}

/* What policy a certification was judged by, and whether it may have been. */
static const CgaePolicy *
settle_policy(CgaeCheck *check, CgaeReplay *replay, const CgaeCheckFact *fact)
{
	const CgaePolicy *policy = cgae_check_policy(check, fact->policy_version);

	if (policy == NULL)
		cgae_check_report(check, "policy_version",
						  "number %d was judged by policy %d, which does not exist or is invalid",
						  fact->seq, fact->policy_version);
	else if (fact->policy_version < replay->policy_version)
		cgae_check_report(check, "policy_version",
						  "number %d was judged by policy %d, which was replaced before",
						  fact->seq, fact->policy_version);
	if (policy != NULL)
		replay->policy_version = Max(replay->policy_version, policy->version);
	return policy;
}

/* Judge a certification anew by its policy: its tier, its outcome and the holds that follow. */
static void
judge_again(CgaeCheck *check, CgaeReplay *replay, const CgaeCheckFact *fact,
			const CgaePolicy *policy)
{
	int			tier = cgae_gate_core_tier(&policy->gate, fact->robustness);
	bool		passes = fact->robustness->score[CGAE_IH] >= policy->gate.ih_threshold;

	if (fact->tier != tier)
		cgae_check_report(check, "tier", "number %d says %s, where policy %d gives %s", fact->seq,
						  tier_name(fact->tier), policy->version, tier_name(tier));
	if (fact->type != NULL && passes && strcmp(fact->type, CGAE_OUTCOME_FAILED) == 0)
		cgae_check_report(check, "outcome", "number %d is %s, where ih by policy %d passes",
						  fact->seq, fact->type, policy->version);
	if (fact->type != NULL && !passes && strcmp(fact->type, CGAE_OUTCOME_CERTIFIED) == 0)
		cgae_check_report(check, "outcome", "number %d is %s, where ih by policy %d fails",
						  fact->seq, fact->type, policy->version);
	cgae_holds_change(&replay->holds,
					  cgae_lifecycle_holds(false, passes, fact->observed != NULL));
}

/* Go on from what a certification says of the agent. */
static void
take_certification(CgaeReplay *replay, const CgaeCheckFact *fact)
{
	if (fact->robustness != NULL)
		replay->robustness = *fact->robustness;
	if (replay->certifications++ == 0)
		replay->initial = replay->robustness;
	replay->certified_at = fact->at;
	replay->certified_tier = fact->tier;
	replay->current_tier = Max(fact->tier, 0);
	if (fact->observed != NULL)
		replay->observed = fact->observed;
}

static void
add_certification(CgaeCheck *check, CgaeReplay *replay, const CgaeCheckFact *fact)
{
	const CgaePolicy *policy;

	if (fact->previous_tier != replay->certified_tier)
		cgae_check_report(check, "previous_tier",
						  "number %d says %s, the certification before was at %s",
						  fact->seq, tier_name(fact->previous_tier),
						  tier_name(replay->certified_tier));
	check_order(check, replay, fact);
	if (fact->type != NULL && strcmp(fact->type, CGAE_OUTCOME_MISMATCH) == 0)
	{
		add_mismatch(check, replay, fact);
		return;
	}
	if (fact->type == NULL || (strcmp(fact->type, CGAE_OUTCOME_CERTIFIED) != 0 &&
							   strcmp(fact->type, CGAE_OUTCOME_FAILED) != 0))
		cgae_check_report(check, "outcome", "number %d has the unknown outcome \"%s\"", fact->seq,
						  fact->type == NULL ? "null" : fact->type);
	if (fact->observed != NULL && is_as_long_as_a_hash(fact->observed) &&
		!agrees(replay, fact->observed))
		cgae_check_report(check, "architecture",
						  "number %d certifies, although its observed architecture differs",
						  fact->seq);
	policy = settle_policy(check, replay, fact);
	if (fact->robustness == NULL)
		cgae_check_report(check, "tier", "number %d has no robustness vector", fact->seq);
	else if (policy != NULL)
		judge_again(check, replay, fact, policy);
	settle_status(check, replay, fact->seq,
				  cgae_lifecycle_next(replay->status,
									  cgae_lifecycle_certification(replay->holds.count > 0)),
				  fact->status);

	if (fact->is_demotion)
	{
		if (replay->certified_tier < 0 || fact->tier >= replay->certified_tier)
			cgae_check_report(check, "demotion", "number %d is a demotion from %s to %s", fact->seq,
							  tier_name(replay->certified_tier), tier_name(fact->tier));
		replay->demotion_due = true;
		replay->demoted_from = fact->previous_tier;
	}
	take_certification(replay, fact);
}

/* Microseconds by which the rounding of another library's exp() may move a fall. */
static int64
rounding(const CgaePolicy *policy)
{
	double		step = (double) policy->time_step / policy->decay_rate;
	double		slack = ldexp(step, -50) + 1;

	return slack < (double) USECS_PER_DAY ? (int64) slack : USECS_PER_DAY;
}

/*
 * Had decay brought the agent down to a tier by an instant, under a policy it
 * has lived under?  Dates tell which these are; where the clock was stepped
 * back since the policy was published, the fact names it.
 */
static bool
explains_decay(const CgaeCheck *check, const CgaeReplay *replay, const CgaeCheckFact *fact,
			   int tier)
{
	for (int i = check->policy_count - 1; i >= 0; i--)
	{
		const CgaePolicy *policy = &check->policies[i];
		CgaeDecay	decay = {policy->decay_rate, policy->time_step};
		TimestampTz at = Max(fact->at, replay->certified_at);

		if (policy->version < replay->policy_version)
			break;
		if (cgae_policy_judges_from(policy) > fact->recorded_at &&
			!cgae_fact_number_is(fact, "policy_version", policy->version))
			continue;
		if (!TIMESTAMP_NOT_FINITE(at))
			at += rounding(policy);
		if (cgae_decay_core_tier(&policy->gate, &decay, &replay->robustness, replay->certified_at,
								 at) <= tier)
			return true;
	}
	return false;
}

bool
cgae_replay_explains_drop(const CgaeCheck *check, const CgaeReplay *replay,
						  const TimestampTz *tier_drop_at)
{
	if (replay->certifications == 0 || replay->current_tier <= 0)
		return tier_drop_at == NULL;
	if (tier_drop_at != NULL && TIMESTAMP_NOT_FINITE(*tier_drop_at))
		return false;
	for (int i = check->policy_count - 1; i >= 0; i--)
	{
		const CgaePolicy *policy = &check->policies[i];
		CgaeDecay	decay = {policy->decay_rate, policy->time_step};
		TimestampTz drop;

		if (policy->version < replay->policy_version)
			break;
		drop = cgae_decay_core_reaches(&policy->gate, &decay, &replay->robustness,
									   replay->certified_at, replay->current_tier - 1);
		if (tier_drop_at == NULL || TIMESTAMP_NOT_FINITE(drop) ?
			tier_drop_at == NULL && TIMESTAMP_IS_NOEND(drop) :
			Max(drop, *tier_drop_at) - rounding(policy) <= Min(drop, *tier_drop_at))
			return true;
	}
	return false;
}

static void
add_decay(CgaeCheck *check, CgaeReplay *replay, const CgaeCheckFact *fact)
{
	int			old_tier = cgae_fact_tier(fact, "old_tier");
	int			new_tier = cgae_fact_tier(fact, "new_tier");
	bool		expires = new_tier == 0 && replay->status == CGAE_ACTIVE;

	if (replay->certifications == 0 || old_tier != replay->current_tier || new_tier < 0 ||
		new_tier >= old_tier)
		cgae_check_report(check, "decay", "number %d says from %s to %s, the tier before was %s",
						  fact->seq, tier_name(old_tier), tier_name(new_tier),
						  tier_name(replay->current_tier));
	else if (!explains_decay(check, replay, fact, new_tier))
		cgae_check_report(check, "decay",
						  "number %d says that the tier had fallen to %s by %s,"
						  " which no policy explains",
						  fact->seq, tier_name(new_tier), timestamptz_to_str(fact->at));
	else
		cgae_check_cause(check, replay, fact, old_tier);
	if (strcmp(fact->type, "expiration") == 0 ? !expires : expires)
		cgae_check_report(check, "decay",
						  "number %d of type %s brings the %s agent to %s", fact->seq,
						  fact->type, status_name(replay->status), tier_name(new_tier));
	settle_event_status(check, replay, fact,
						expires ? cgae_lifecycle_next(replay->status, CGAE_DECAYED) :
						replay->status);
	if (new_tier >= 0)
		replay->current_tier = new_tier;
}

static void
add_holds_event(CgaeCheck *check, CgaeReplay *replay, const CgaeCheckFact *fact, bool placed)
{
	CgaeHolds	changed;
	CgaeHolds	after;
	bool		possible = cgae_fact_holds(fact, placed ? "added" : "lifted", &changed) &&
		changed.count > 0;

	for (int i = 0; i < changed.count; i++)
	{
		if (cgae_hold_is_reserved(changed.name[i]) ||
			cgae_holds_has(&replay->holds, changed.name[i]) == placed)
			possible = false;
		if (placed)
			place(replay, changed.name[i]);
		else
			cgae_holds_remove(&replay->holds, changed.name[i]);
	}
	if (!possible || !cgae_fact_holds(fact, "holds", &after) || !same_holds(&replay->holds, &after))
		cgae_check_report(check, "holds",
						  "number %d, a %s, does not follow from the holds before it",
						  fact->seq, fact->type);
	settle_event_status(check, replay, fact,
						cgae_lifecycle_next(replay->status,
											cgae_lifecycle_release(replay->holds.count > 0,
																   replay->certifications > 0)));
}

/* Was the architecture of an event computed from a configuration?  Else it says what was given. */
static bool
is_configured(const CgaeCheckFact *fact)
{
	return cgae_fact_text(fact, "architecture_hash") != NULL &&
		cgae_fact_text(fact, "given") == NULL;
}

static void
add_architecture(CgaeCheck *check, CgaeReplay *replay, const CgaeCheckFact *fact)
{
	const char *old = cgae_fact_text(fact, "old_architecture_hash");
	const char *new = cgae_fact_text(fact, "architecture_hash");

	if (old == NULL || new == NULL || !agrees(replay, old) || agrees(replay, new))
		cgae_check_report(check, "architecture",
						  "number %d does not replace the architecture before it",
						  fact->seq);
	if (new != NULL)
		replay->architecture = new;
	replay->is_configured = is_configured(fact);
	if (replay->certifications > 0)
	{
		place(replay, CGAE_HOLD_DRIFT);
		settle_event_status(check, replay, fact, cgae_lifecycle_next(replay->status, CGAE_HELD));
	}
	else
		settle_event_status(check, replay, fact, replay->status);
}

/* The configuration left, and its architecture stayed. */
static void
add_configuration_removal(CgaeCheck *check, CgaeReplay *replay, const CgaeCheckFact *fact)
{
	const char *hash = cgae_fact_text(fact, "architecture_hash");

	if (hash == NULL || !agrees(replay, hash))
		cgae_check_report(check, "architecture",
						  "number %d removes the configuration of another architecture",
						  fact->seq);
	replay->is_configured = false;
	settle_event_status(check, replay, fact, replay->status);
}

static void
add_observation(CgaeCheck *check, CgaeReplay *replay, const CgaeCheckFact *fact)
{
	const char *expected = cgae_fact_text(fact, "expected_hash");
	const char *observed = cgae_fact_text(fact, "observed_hash");

	if (expected == NULL || observed == NULL || !agrees(replay, expected) ||
		cgae_architecture_hash_equal(expected, observed))
		cgae_check_report(check, "architecture",
						  "number %d says that the architecture differs, where it does not",
						  fact->seq);
	if (observed != NULL)
		replay->observed = observed;
	place(replay, CGAE_HOLD_DRIFT);
	settle_event_status(check, replay, fact, cgae_lifecycle_next(replay->status, CGAE_HELD));
}

static void
add_demotion(CgaeCheck *check, CgaeReplay *replay, const CgaeCheckFact *fact)
{
	if (!replay->demotion_due || cgae_fact_tier(fact, "old_tier") != replay->demoted_from ||
		cgae_fact_tier(fact, "new_tier") != replay->certified_tier ||
		fact->at != replay->certified_at)
		cgae_check_report(check, "demotion",
						  "number %d does not tell of the certification before it",
						  fact->seq);
	replay->demotion_due = false;
}

static void
add_deregistration(CgaeCheck *check, CgaeReplay *replay, const CgaeCheckFact *fact)
{
	check_order(check, replay, fact);
	settle_event_status(check, replay, fact, CGAE_DEREGISTERED);
	replay->deregistered = true;
	replay->deregistered_at = fact->at;
}

static void
add_registration(CgaeCheck *check, CgaeReplay *replay, const CgaeCheckFact *fact)
{
	if (replay->registered || fact->seq != 1)
		cgae_check_report(check, "registration", "number %d is a registration", fact->seq);
	replay->registered = true;
	replay->registered_at = fact->at;
	replay->architecture = cgae_fact_text(fact, "architecture_hash");
	replay->is_configured = is_configured(fact);
	if (replay->architecture == NULL)
		cgae_check_report(check, "architecture", "the registration tells no architecture");
	settle_event_status(check, replay, fact, CGAE_PENDING);
}

static void
add_event(CgaeCheck *check, CgaeReplay *replay, const CgaeCheckFact *fact)
{
	const char *type = fact->type == NULL ? "null" : fact->type;

	if (strcmp(type, "registration") == 0)
		add_registration(check, replay, fact);
	else if (strcmp(type, "architecture_update") == 0)
		add_architecture(check, replay, fact);
	else if (strcmp(type, "configuration_removal") == 0)
		add_configuration_removal(check, replay, fact);
	else if (strcmp(type, CGAE_OUTCOME_MISMATCH) == 0)
		add_observation(check, replay, fact);
	else if (strcmp(type, "demotion") == 0)
		add_demotion(check, replay, fact);
	else if (strcmp(type, "suspension") == 0 || strcmp(type, "reinstatement") == 0)
		add_holds_event(check, replay, fact, type[0] == 's');
	else if (strcmp(type, "decay") == 0 || strcmp(type, "expiration") == 0)
		add_decay(check, replay, fact);
	else if (strcmp(type, "deregistration") == 0)
		add_deregistration(check, replay, fact);
	else
		cgae_check_report(check, "event", "number %d has the unknown type \"%s\"", fact->seq, type);
}

void
cgae_replay_add(CgaeCheck *check, CgaeReplay *replay, const CgaeCheckFact *fact)
{
	if (fact->seq <= replay->last_seq)
		cgae_check_report(check, "sequence", "number %d is there again", fact->seq);
	else if (fact->seq != replay->last_seq + 1)
		cgae_check_report(check, "sequence", "number %d follows %d", fact->seq, replay->last_seq);
	if (replay->last_seq == 0 &&
		(fact->is_certification || fact->type == NULL || strcmp(fact->type, "registration") != 0))
		cgae_check_report(check, "registration",
						  "the history does not begin with the registration");
	if (replay->deregistered)
		cgae_check_report(check, "deregistration",
						  "number %d follows the deregistration", fact->seq);
	if (replay->demotion_due &&
		(fact->is_certification || fact->type == NULL || strcmp(fact->type, "demotion") != 0))
	{
		cgae_check_report(check, "demotion",
						  "the event of demotion %d is missing", replay->last_seq);
		replay->demotion_due = false;
	}
	if (fact->recorded_at < replay->recorded_at)
		cgae_check_report(check, "time", "number %d was recorded before number %d", fact->seq,
						  replay->last_seq);
	check_date(check, fact);

	if (fact->is_certification)
		add_certification(check, replay, fact);
	else
		add_event(check, replay, fact);
	replay->last_seq = Max(fact->seq, replay->last_seq);
	replay->recorded_at = fact->recorded_at;
}

void
cgae_replay_end(CgaeCheck *check, const CgaeReplay *replay)
{
	if (replay->demotion_due)
		cgae_check_report(check, "demotion",
						  "the event of demotion %d is missing", replay->last_seq);
}
