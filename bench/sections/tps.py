"""Certifications per second as pgbench sees them: 1 and 2 clients, synchronous commit on and off."""
import time

import databases
import measure
import report

BAR = 0.95


def run(bench):
    """INSERT and certify() against the unguarded CTE."""
    database = databases.registry(bench.agents)
    databases.add(database, "unguarded.sql")
    variables = {"agents": bench.agents, "now": int(time.time())}
    for commit in ("off", "on"):
        for clients in (1, 2):
            sides = {
                script: measure.pgbench(bench, database, script, clients, f"-c synchronous_commit={commit}", variables)
                for script in ("insert", "certify", "unguarded")
            }
            values = measure.alternate(sides, bench.rounds(21), warm_up=0 if bench.quick else 1)
            for script, what in (("insert", "INSERT INTO certifications"), ("certify", "certify()")):
                bench.report.speed(
                    "tps", f"{what}: TPS, {clients} client{'s' * (clients > 1)}, synchronous_commit {commit}",
                    "unguarded CTE", values[script], values["unguarded"], BAR,
                    report.both(values[script], values["unguarded"], report.tps))
