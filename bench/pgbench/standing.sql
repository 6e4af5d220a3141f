\set k 100000000000 + random(0, :agents - 1)
SELECT status, current_tier FROM cgae.agents WHERE agent_id = 'agent_' || :k::text;
