"""One certification per transaction, asynchronous commit, one client: CPU time of the backend."""
import databases
import measure
import report
from pq import Connection
from sections import audits

PEERS = {
    "unguarded CTE": audits.CTE,
    "CTE that also writes an event": audits.CTE_EVENT,
    "plpgsql triggers, same rules": audits.PLPGSQL,
}
BARS = {"unguarded CTE": 1.10, "CTE that also writes an event": 1.05, "plpgsql triggers, same rules": 1.15}


def run(bench):
    """INSERT and certify() against three peers."""
    database = databases.registry(bench.agents)
    databases.add(database, "unguarded.sql")
    databases.add(database, "plpgsql.sql")
    connection = Connection(database, [("synchronous_commit", "off")])
    databases.warm(connection, "cgae", "plain", "plp")
    draws = audits.Draws(bench.agents)
    count = bench.size(100, 20)
    sides = {
        "INSERT": measure.executions(connection, audits.INSERT, draws.audit, count, check=1),
        "certify()": measure.executions(connection, audits.CERTIFY, draws.audit, count, check=1),
        "value": measure.executions(connection, audits.CERTIFY_VALUE, draws.audit, count, check=1),
    }
    for peer, sql in PEERS.items():
        draw = draws.scores if peer.startswith("plpgsql") else draws.judged
        sides[peer] = measure.executions(connection, sql, draw, count, check=1)
    values = measure.alternate(sides, bench.rounds(201))
    connection.close()

    for what, label in (("INSERT", "INSERT INTO certifications"), ("certify()", "certify()")):
        for peer in PEERS:
            add = bench.report.cost if peer == "unguarded CTE" else bench.report.speed
            add("certify", f"{label}, one per transaction: CPU", peer, values[what], values[peer], BARS[peer],
                report.both(values[what], values[peer]))
    theirs = values["unguarded CTE"]
    bench.report.cost("certify", "certify() in the select list, one per transaction: CPU", "unguarded CTE",
                      values["value"], theirs, None, report.both(values["value"], theirs))
