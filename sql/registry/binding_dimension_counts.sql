-- How many agents each dimension holds down.
CREATE VIEW cgae.binding_dimension_counts WITH (security_invoker = true) AS
    SELECT s.binding_dimension, s.effective_tier AS tier, count(*) AS agents
    FROM cgae.agent_standing AS s
    WHERE s.status = 'active'
    GROUP BY s.binding_dimension, s.effective_tier;

COMMENT ON VIEW cgae.binding_dimension_counts IS
    'active agents by the dimension that holds them down and their effective tier';
COMMENT ON COLUMN cgae.binding_dimension_counts.binding_dimension IS
    'the dimension that holds the decayed vector down: cc, er, as or ih; null at T5';
COMMENT ON COLUMN cgae.binding_dimension_counts.tier IS
    'effective tier now';
COMMENT ON COLUMN cgae.binding_dimension_counts.agents IS
    'number of active agents';

-- cgae.grant_access() opens it; the owner's default privileges do not.
REVOKE ALL ON cgae.binding_dimension_counts FROM PUBLIC;
