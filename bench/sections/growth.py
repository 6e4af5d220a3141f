"""Does a certification cost the same in a large registry, and with a long history?"""
from functools import partial

import databases
import measure
import report
from pq import Connection, Params
from sections import audits

FLAT = 0.85


def run(bench):
    """By the number of agents, then by the length of an agent's history."""
    by_agents(bench)
    by_history(bench)


def by_agents(bench):
    """One certification per transaction in registries of four sizes."""
    sizes = [bench.size(*pair) for pair in ((10_000, 1_000), (100_000, 2_000), (1_000_000, 5_000), (5_000_000, 20_000))]

    def connect(agents):
        connection = Connection(databases.registry(agents, step=1), [("synchronous_commit", "off")])
        databases.warm(connection, "cgae")
        return connection, {
            agents: measure.executions(connection, audits.INSERT, audits.Draws(agents).audit, bench.size(100, 10), check=1)
        }

    values = measure.reconnecting([partial(connect, agents) for agents in sizes], bench.rounds(200))
    for n in sizes[1:]:
        bench.report.speed("growth", f"INSERT INTO certifications, {n} agents: CPU", f"the same, {sizes[0]} agents",
                           values[n], values[sizes[0]], FLAT, report.both(values[n], values[sizes[0]]))


def by_history(bench):
    """
    One certification each of a hundred agents, in a transaction that is rolled back, so that the
    history keeps its length.
    """
    lengths = [1, 10, 100, 1_000, 10_000]
    if bench.quick:
        lengths = [1, 10, 100]
    group = 100
    database = databases.registry(bench.size(20_000, 3_000))
    connection = Connection(database, [("synchronous_commit", "off")])
    connection.run("SET session_replication_role = replica")
    for number, length in enumerate(lengths):
        agents = (f"agent_id BETWEEN 'agent_{100000000000 + number * group}'"
                  f" AND 'agent_{100000000000 + number * group + group - 1}'")
        connection.run(f"""
            INSERT INTO cgae.certifications (agent_id, seq, outcome, robustness, tier, audit_type, certified_at,
              policy_version, auditor, recorded_at, status)
            SELECT agent_id, n + 1, 'certified', current_robustness, certified_tier, 're-certification', certified_at, 1,
              'postgres', certified_at, status
            FROM cgae.agents, generate_series(2, {length}) AS n WHERE {agents};
            UPDATE cgae.agents SET last_seq = {length} + 1, certification_count = {length} WHERE {agents}""")
    connection.run("SET session_replication_role = origin")
    connection.run("VACUUM ANALYZE")

    draws = audits.Draws(1)

    def side(number):
        params = [Params([f"agent_{100000000000 + number * group + i}", "(%s,%s,%s,%s)" % draws.vector()])
                  for i in range(group)]
        name = connection.prepare(audits.INSERT)

        def work():
            for one in params:
                connection.execute(name, one)

        return measure.statement(connection, work, lambda: connection.run("BEGIN"), lambda: connection.run("ROLLBACK"))

    values = measure.alternate({length: side(number) for number, length in enumerate(lengths)}, bench.rounds(101))
    values = {length: [v / group for v in vs] for length, vs in values.items()}
    connection.close()
    for length in lengths[1:]:
        bench.report.speed("growth", f"certification of agents with {length} before: CPU",
                           "agents with 1 certification before", values[length], values[1], FLAT,
                           report.both(values[length], values[1]))
