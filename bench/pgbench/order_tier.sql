INSERT INTO bench.orders_tier (agent_id, amount) VALUES ('agent_' || :k::text, 1);
