"""Asking for permission, and requiring a tier of another table's rows."""
import databases
import measure
import report
from pq import Connection, Params
from sections import audits

PERMITS = "SELECT cgae.permits($1, 'T3')"
STANDING = "SELECT status, current_tier FROM cgae.agents WHERE agent_id = $1"


def run(bench):
    """permits() against reading the row; require_tier against a foreign key."""
    database = databases.registry(bench.agents)
    databases.add(database, "orders.sql")
    connection = Connection(database, [("synchronous_commit", "off")])
    databases.warm(connection, "cgae")
    permits(bench, database, connection)
    require_tier(bench, database, connection)
    connection.close()


def permits(bench, database, connection):
    """TPS decides; CPU for context."""
    variables = {"agents": bench.agents}
    values = measure.alternate(
        {script: measure.pgbench(bench, database, script, 1, "", variables) for script in ("permits", "standing")},
        bench.rounds(21), warm_up=0 if bench.quick else 1)
    bench.report.speed("permit", "permits(agent, tier), prepared: TPS, 1 client",
                       "SELECT status, current_tier FROM agents WHERE agent_id = $1",
                       values["permits"], values["standing"], 0.95,
                       report.both(values["permits"], values["standing"], report.tps))

    draws = audits.Draws(bench.agents)
    sides = {
        sql: measure.executions(connection, sql, lambda: Params([draws.agent()]), bench.size(100, 20), check=1)
        for sql in (PERMITS, STANDING)
    }
    values = measure.alternate(sides, bench.rounds(201))
    bench.report.cost("permit", "permits(agent, tier), prepared: CPU", "the same SELECT", values[PERMITS],
                      values[STANDING], None, report.both(values[PERMITS], values[STANDING]))


def require_tier(bench, database, connection):
    """CPU of an insert, and two clients that order for one agent."""
    able = [row[0] for row in connection.run(
        "SELECT agent_id FROM cgae.agents WHERE status = 'active' AND current_tier >= 'T1'"
        " AND tier_drop_at > now() + interval '1 day'")]
    draws = audits.Draws(bench.agents)

    def order():
        return Params([draws.random.choice(able), "1"])

    sides = {
        kind: measure.executions(
            connection, f"INSERT INTO bench.orders_{kind} (agent_id, amount) VALUES ($1, $2)", order,
            bench.size(100, 20), check=1)
        for kind in ("tier", "fk")
    }
    values = measure.alternate(sides, bench.rounds(201))
    bench.report.cost("permit", "INSERT into a table with the trigger require_tier: CPU",
                      "the same table with a foreign key to agents", values["tier"], values["fk"], 1.3,
                      report.both(values["tier"], values["fk"]))

    variables = {"k": able[0].removeprefix("agent_")}
    for commit in ("off", "on"):
        sides = {
            kind: measure.pgbench(bench, database, f"order_{kind}", 2, f"-c synchronous_commit={commit}", variables)
            for kind in ("tier", "fk")
        }
        values = measure.alternate(sides, bench.rounds(11), warm_up=0)
        bench.report.speed("permit", f"the same, 2 clients on one agent: TPS, synchronous_commit {commit}",
                           "the same foreign key", values["tier"], values["fk"], None,
                           report.both(values["tier"], values["fk"], report.tps))
