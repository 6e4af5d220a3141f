"""The sweep: nobody due, and many due."""
from functools import partial

import databases
import measure
import report
from pq import Connection, Params

SWEEP = "SELECT * FROM cgae.apply_decay($1)"
UPDATE = """
UPDATE cgae.agents SET current_tier = 'T1', tier_drop_at = now() + interval '10 days', last_seq = last_seq + 1
WHERE agent_id = ANY ($1)"""


def run(bench):
    """apply_decay() against SELECT 1, against itself in a small registry, and against a plain UPDATE."""
    small, large = bench.size(100_000, 2_000), bench.size(5_000_000, 20_000)
    nobody_due(bench, small, large)
    connection = Connection(databases.registry(large, step=1))
    triggerless = Connection(databases.registry(large, step=1), [("session_replication_role", "replica")])
    many_due(bench, connection, triggerless, large, bench.size(10_000, 100))
    triggerless.close()
    connection.close()


def nobody_due(bench, small, large):
    """At an instant before the first tier falls."""

    def connect(agents):
        connection = Connection(databases.registry(agents, step=1))
        before_any = Params([connection.value(
            "SELECT min(tier_drop_at) - interval '1 second' FROM cgae.agents WHERE status = 'active'")])
        return connection, {
            agents: measure.executions(connection, SWEEP, lambda: before_any, 100, check=1),
            ("SELECT 1", agents): measure.executions(connection, "SELECT 1", lambda: Params([]), 100),
        }

    values = measure.reconnecting([partial(connect, agents) for agents in (small, large)], bench.rounds(100))
    what = f"apply_decay() with nobody due, {large} agents: CPU"
    idle = values["SELECT 1", large]
    bench.report.cost("decay", what, "SELECT 1", values[large], idle, 5, report.both(values[large], idle))
    bench.report.cost("decay", what, f"the same of {small} agents", values[large], values[small], 1.2,
                      report.both(values[large], values[small]))
    there = values["SELECT 1", small]
    bench.report.cost("decay", f"SELECT 1 beside {large} agents: CPU", f"the same beside {small} agents", idle, there,
                      None, report.both(idle, there))


def many_due(bench, connection, triggerless, agents, due):
    """
    Each run is rolled back, so that the same agents are due again.  The peer updates the same rows
    of the same table with its triggers disabled.
    """
    connection.run("VACUUM ANALYZE cgae.agents")
    at = connection.value(
        "SELECT tier_drop_at FROM cgae.agents WHERE status = 'active' AND tier_drop_at IS NOT NULL"
        f" ORDER BY tier_drop_at LIMIT 1 OFFSET {due - 1}")
    ids = connection.value(
        f"SELECT array_agg(agent_id) FROM cgae.agents WHERE status = 'active' AND tier_drop_at <= '{at}'")
    sweep, update = connection.prepare(SWEEP), triggerless.prepare(UPDATE)
    at, ids = Params([at]), Params([ids])

    def guarded():
        connection.execute(sweep, at)

    def unguarded():
        if triggerless.execute(update, ids) != due:
            raise AssertionError("the peer updates other rows than are due")

    def side(session, work):
        return measure.statement(session, work, lambda: session.run("BEGIN"), lambda: session.run("ROLLBACK"))

    values = measure.alternate({"sweep": side(connection, guarded), "update": side(triggerless, unguarded)},
                               bench.rounds(15))
    bench.report.cost("decay", f"apply_decay() with {due} due of {agents}: CPU",
                      f"UPDATE of {due} rows by primary key, no triggers", values["sweep"], values["update"], 1.5,
                      report.both(values["sweep"], values["update"]))
