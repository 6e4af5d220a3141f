INSERT INTO bench.orders_fk (agent_id, amount) VALUES ('agent_' || :k::text, 1);
