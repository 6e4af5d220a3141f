-- Every agent's standing now.  "Now" for an agent is the later of the statement's and the
-- transaction's beginning; a little before a certification that somebody else has just committed,
-- it counts as that instant.  An agent whose row cannot be read may do nothing.
CREATE VIEW cgae.agent_standing WITH (security_invoker = true) AS
    SELECT s.agent_id, s.model_name, s.status, s.current_tier, s.certified_tier, s.effective_tier,
        cgae.budget_ceiling(s.effective_tier) AS budget_ceiling,
        cgae.cc(s.certified) AS cc, cgae.er(s.certified) AS er,
        cgae.as_(s.certified) AS as_, cgae.ih(s.certified) AS ih,
        cgae.cc(s.decayed) AS effective_cc, cgae.er(s.decayed) AS effective_er,
        cgae.as_(s.decayed) AS effective_as_, cgae.ih(s.decayed) AS effective_ih,
        (cgae.gate_detail(s.decayed)).binding_dimension AS binding_dimension,
        (cgae.gate_detail(s.decayed)).gap_to_next_tier AS gap_to_next_tier,
        s.tier_drop_at, s.holds, s.certified_at, s.balance
    FROM (
        SELECT a.agent_id, a.model_name, a.status, a.current_tier, a.certified_tier,
            -- no more than since the last sweep; nothing while the certification lies ahead
            CASE WHEN a.status = 'active' AND NOT cgae.lies_ahead(a.certified_at)
                THEN CASE WHEN a.current_robustness IS NOT NULL
                        AND cgae.agent_fault(a.status, a.current_tier, a.current_robustness,
                            a.certified_at, a.holds, a.last_seq, a.architecture_hash) IS NULL
                    THEN least(a.current_tier, cgae.effective_tier_at(a.current_robustness,
                        a.certified_at, greatest(a.certified_at,
                            greatest(statement_timestamp(), transaction_timestamp()))))
                    ELSE 'T0' END
                ELSE 'T0' END AS effective_tier,
            a.current_robustness AS certified,
            cgae.effective_robustness_at(a.current_robustness, a.certified_at,
                greatest(a.certified_at,
                    greatest(statement_timestamp(), transaction_timestamp()))) AS decayed,
            a.tier_drop_at, a.holds, a.certified_at, a.balance
        FROM cgae.agents AS a) AS s;

COMMENT ON VIEW cgae.agent_standing IS
    'every agent''s standing now: what it was certified for, and what it may do';
COMMENT ON COLUMN cgae.agent_standing.agent_id IS
    'the agent';
COMMENT ON COLUMN cgae.agent_standing.model_name IS
    'human-readable name of the model';
COMMENT ON COLUMN cgae.agent_standing.status IS
    'lifecycle status';
COMMENT ON COLUMN cgae.agent_standing.current_tier IS
    'tier as last certified or lowered';
COMMENT ON COLUMN cgae.agent_standing.certified_tier IS
    'tier of the last certification; null before the first';
COMMENT ON COLUMN cgae.agent_standing.effective_tier IS
    'what the agent may do now: T0 unless active, and while its certification lies ahead of the clock; else the tier of its decayed vector, never above current_tier';
COMMENT ON COLUMN cgae.agent_standing.budget_ceiling IS
    'what the effective tier may spend';
COMMENT ON COLUMN cgae.agent_standing.cc IS
    'constraint compliance as certified';
COMMENT ON COLUMN cgae.agent_standing.er IS
    'epistemic robustness as certified';
COMMENT ON COLUMN cgae.agent_standing.as_ IS
    'behavioural alignment as certified';
COMMENT ON COLUMN cgae.agent_standing.ih IS
    'intrinsic-hallucination integrity as certified';
COMMENT ON COLUMN cgae.agent_standing.effective_cc IS
    'constraint compliance as it has decayed';
COMMENT ON COLUMN cgae.agent_standing.effective_er IS
    'epistemic robustness as it has decayed';
COMMENT ON COLUMN cgae.agent_standing.effective_as_ IS
    'behavioural alignment as it has decayed';
COMMENT ON COLUMN cgae.agent_standing.effective_ih IS
    'intrinsic-hallucination integrity as it has decayed';
COMMENT ON COLUMN cgae.agent_standing.binding_dimension IS
    'the dimension that holds the decayed vector down: cc, er, as or ih; null at T5';
COMMENT ON COLUMN cgae.agent_standing.gap_to_next_tier IS
    'what the decayed vector lacks to the next tier in that dimension; null at T5, which has none';
COMMENT ON COLUMN cgae.agent_standing.tier_drop_at IS
    'when decay next lowers the tier; null when it never does';
COMMENT ON COLUMN cgae.agent_standing.holds IS
    'reasons of suspension';
COMMENT ON COLUMN cgae.agent_standing.certified_at IS
    'time of the last certification';
COMMENT ON COLUMN cgae.agent_standing.balance IS
    'token balance';

-- cgae.grant_access() opens it; the owner's default privileges do not.
REVOKE ALL ON cgae.agent_standing FROM PUBLIC;
