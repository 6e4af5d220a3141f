-- Every change of an agent's current or certified tier.
CREATE VIEW cgae.tier_changes WITH (security_invoker = true) AS
    SELECT h.agent_id, h.seq, h.at, h.cause, h.old_tier, h.new_tier,
        h.old_certified_tier, h.new_certified_tier, h.recorded_at
    FROM (
        SELECT f.*,
            lag(f.new_tier, 1, 'T0') OVER (PARTITION BY f.agent_id ORDER BY f.seq) AS old_tier
        FROM (
            SELECT c.agent_id, c.seq, c.certified_at AS at,
                CASE c.audit_type WHEN 'demotion' THEN 'demotion' ELSE 'certification' END AS cause,
                c.tier AS new_tier, c.previous_tier AS old_certified_tier,
                c.tier AS new_certified_tier, c.recorded_at
            FROM cgae.certifications AS c
            WHERE c.outcome IN ('certified', 'failed') AND c.tier IS NOT NULL
            UNION ALL
            SELECT e.agent_id, e.seq, e.occurred_at,
                CASE e.data ->> 'cause' WHEN 'policy' THEN 'policy' ELSE e.type END,
                -- literals, not a cast: a superuser may have made one from text that does anything
                CASE e.data ->> 'new_tier' WHEN 'T0' THEN cgae.tier 'T0'
                    WHEN 'T1' THEN cgae.tier 'T1' WHEN 'T2' THEN cgae.tier 'T2'
                    WHEN 'T3' THEN cgae.tier 'T3' WHEN 'T4' THEN cgae.tier 'T4' END,
                NULL AS old_certified_tier, NULL AS new_certified_tier, e.recorded_at
            FROM cgae.agent_events AS e
            -- a label that is none tells nothing, and must not stand between two that do
            WHERE e.type IN ('decay', 'expiration')
                AND e.data ->> 'new_tier' IN ('T0', 'T1', 'T2', 'T3', 'T4')) AS f) AS h
    WHERE h.old_tier <> h.new_tier OR h.old_certified_tier IS DISTINCT FROM h.new_certified_tier;

COMMENT ON VIEW cgae.tier_changes IS
    'every change of an agent''s current or certified tier, by certification, demotion, decay, expiration or policy';
COMMENT ON COLUMN cgae.tier_changes.agent_id IS
    'the agent';
COMMENT ON COLUMN cgae.tier_changes.seq IS
    'number in the agent''s history';
COMMENT ON COLUMN cgae.tier_changes.at IS
    'when the change took effect';
COMMENT ON COLUMN cgae.tier_changes.cause IS
    'certification, demotion, decay, expiration, or policy when a published one brought the fall';
COMMENT ON COLUMN cgae.tier_changes.old_tier IS
    'current tier before; T0 before the first certification';
COMMENT ON COLUMN cgae.tier_changes.new_tier IS
    'current tier after';
COMMENT ON COLUMN cgae.tier_changes.old_certified_tier IS
    'tier of the certification before; null before the first, and when no certification is the cause';
COMMENT ON COLUMN cgae.tier_changes.new_certified_tier IS
    'tier of this certification; null when decay or a policy, which leave the certification alone, is the cause';
COMMENT ON COLUMN cgae.tier_changes.recorded_at IS
    'when it was recorded';

-- cgae.grant_access() opens it; the owner's default privileges do not.
REVOKE ALL ON cgae.tier_changes FROM PUBLIC;
