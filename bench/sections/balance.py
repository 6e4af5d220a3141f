"""The economy's hottest write: CPU time of the backend."""
import databases
import measure
import report
from pq import Connection, Params
from sections import audits


def run(bench):
    """One balance per transaction, with and without triggers on the table."""
    database = databases.registry(bench.agents)
    databases.add(database, "unguarded.sql")
    connection = Connection(database, [("synchronous_commit", "off")])
    databases.warm(connection, "cgae", "plain")
    draws = audits.Draws(bench.agents)
    count = bench.size(100, 20)

    def payment():
        return Params([draws.agent(), "0.01"])

    sides = {
        schema: measure.executions(
            connection, f"UPDATE {schema}.agents SET balance = balance + $2 WHERE agent_id = $1", payment, count,
            check=1)
        for schema in ("cgae", "plain")
    }
    values = measure.alternate(sides, bench.rounds(201))
    connection.close()
    bench.report.cost("balance", "UPDATE agents SET balance = balance + $1: CPU", "the same table without triggers",
                      values["cgae"], values["plain"], 1.15, report.both(values["cgae"], values["plain"]))
