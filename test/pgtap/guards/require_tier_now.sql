-- require_tier() judges by the clock when it has the agent's row: what decays within a transaction, or within a
-- statement, counts no more, and a certification later than the transaction's time does.
\ir ../include/begin.psql
\ir ../include/registry.psql
SELECT * FROM no_plan();
CREATE TABLE t.orders (agent_id text);
CREATE TRIGGER needs_t3 AFTER INSERT ON t.orders FOR EACH ROW EXECUTE FUNCTION cgae.require_tier('agent_id', 'T3');
SELECT t.agent(id) FROM unnest('{a,b,c}'::text[]) AS id \g /dev/null

-- later than the transaction began; nothing decays
SELECT cgae.publish_policy(decay_rate => 0), cgae.certify('a', '(0.7,0.7,0.7,0.9)', certified_at => clock_timestamp()) \g /dev/null
SELECT is(t.try($$INSERT INTO t.orders VALUES ('a')$$), 'ok', 'a certification of the same transaction counts');

-- T3 for ln(0.7/0.65) = 0.07 s
SELECT cgae.publish_policy(decay_rate => 1, time_step => '1 second') \g /dev/null
SELECT cgae.certify('b', '(0.7,0.7,0.7,0.9)', certified_at => clock_timestamp()), pg_sleep(0.2) \g /dev/null
SELECT matches(t.try($$INSERT INTO t.orders VALUES ('b')$$), '^42501: agent "b" holds tier T[0-2], but "orders" requires T3$', 'what has decayed since the transaction began');
SELECT cgae.certify('c', '(0.7,0.7,0.7,0.9)', certified_at => clock_timestamp()) \g /dev/null
SELECT matches(t.try($$INSERT INTO t.orders SELECT 'c' FROM pg_sleep(0.2)$$), '^42501: agent "c" holds tier T[0-2], but "orders" requires T3$', '... since the statement began');
SELECT is((SELECT string_agg(agent_id, ' ') FROM t.orders), 'a', 'no order stands that was refused');
SELECT * FROM finish();
ROLLBACK;
