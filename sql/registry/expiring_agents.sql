-- Falls to come.  "Now" for an agent is as in agent_standing.
CREATE VIEW cgae.expiring_agents WITH (security_invoker = true) AS
    SELECT a.agent_id, a.model_name, a.current_tier,
        (CASE WHEN a.status = 'active' AND NOT cgae.lies_ahead(a.certified_at)
            THEN CASE WHEN a.current_robustness IS NOT NULL
                    AND cgae.agent_fault(a.status, a.current_tier, a.current_robustness,
                        a.certified_at, a.holds, a.last_seq, a.architecture_hash) IS NULL
                THEN least(a.current_tier, cgae.effective_tier_at(a.current_robustness,
                    a.certified_at, greatest(a.certified_at,
                        greatest(statement_timestamp(), transaction_timestamp()))))
                ELSE 'T0' END
            ELSE 'T0' END)::cgae.tier AS effective_tier,
        a.tier_drop_at,
        (CASE WHEN a.current_robustness IS NOT NULL
                AND cgae.agent_fault(a.status, a.current_tier, a.current_robustness,
                    a.certified_at, a.holds, a.last_seq, a.architecture_hash) IS NULL
            THEN least(a.current_tier, cgae.effective_tier_at(a.current_robustness,
                a.certified_at, greatest(a.tier_drop_at, greatest(a.certified_at,
                    greatest(statement_timestamp(), transaction_timestamp())))))
            ELSE 'T0' END)::cgae.tier AS falls_to,
        (a.tier_drop_at - greatest(statement_timestamp(), transaction_timestamp()))::interval
            AS time_left
    FROM cgae.agents AS a
    WHERE a.status = 'active' AND a.tier_drop_at IS NOT NULL;

COMMENT ON VIEW cgae.expiring_agents IS
    'active agents whose tier decay will lower, and to what';
COMMENT ON COLUMN cgae.expiring_agents.agent_id IS
    'the agent';
COMMENT ON COLUMN cgae.expiring_agents.model_name IS
    'human-readable name of the model';
COMMENT ON COLUMN cgae.expiring_agents.current_tier IS
    'tier as last certified or lowered';
COMMENT ON COLUMN cgae.expiring_agents.effective_tier IS
    'what the agent may do now';
COMMENT ON COLUMN cgae.expiring_agents.tier_drop_at IS
    'when the tier falls';
COMMENT ON COLUMN cgae.expiring_agents.falls_to IS
    'tier to which it falls; the tier now when the fall is past';
COMMENT ON COLUMN cgae.expiring_agents.time_left IS
    'time until the fall; negative when it is past and waits for the sweep';

-- cgae.grant_access() opens it; the owner's default privileges do not.
REVOKE ALL ON cgae.expiring_agents FROM PUBLIC;
