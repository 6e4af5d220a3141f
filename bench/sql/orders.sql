-- An application's table, once with the trigger require_tier and once with a foreign key to agents.
CREATE SCHEMA IF NOT EXISTS bench;
CREATE TABLE bench.orders_tier (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  agent_id text NOT NULL,
  amount numeric NOT NULL,
  ordered_at timestamptz NOT NULL DEFAULT now()
);
CREATE TABLE bench.orders_fk (LIKE bench.orders_tier INCLUDING ALL);
CREATE TRIGGER needs_t1 AFTER INSERT OR UPDATE ON bench.orders_tier
  FOR EACH ROW EXECUTE FUNCTION cgae.require_tier('agent_id', 'T1');
ALTER TABLE bench.orders_fk ADD FOREIGN KEY (agent_id) REFERENCES cgae.agents;
