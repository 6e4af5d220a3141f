"""The report that dashboards ask for."""
import databases
import measure
import report
from pq import Connection

COUNT = "SELECT count(*) FROM cgae.agents WHERE status = 'active'"


def run(bench):
    """tier_distribution() against counting the entries of the index that it reads."""
    agents = bench.size(1_000_000, 5_000)
    database = databases.registry(agents, step=1)
    ours = Connection(database)
    theirs = Connection(database, [("enable_seqscan", "off"),
                                   ("enable_bitmapscan", "off")])
    ours.run("VACUUM cgae.agents")
    plan = "\n".join(row[0] for row in theirs.run(f"EXPLAIN {COUNT}"))
    if "Index Only Scan using agents_active_tier_idx" not in plan:
        raise AssertionError(f"the peer does not read the index:\n{plan}")
    values = measure.alternate({
        "ours": measure.statement(ours, "SELECT * FROM cgae.tier_distribution()"),
        "theirs": measure.statement(theirs, COUNT),
    }, bench.rounds(21))
    ours.close()
    theirs.close()
    bench.report.cost("distribution", f"tier_distribution() of {agents} agents: CPU", "count(*) over the same index",
                      values["ours"], values["theirs"], 1.5, report.both(values["ours"], values["theirs"]))
