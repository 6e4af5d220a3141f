"""Bytes on disk per agent and per certification, tables and indexes."""
import databases
from pq import Connection


def run(bench):
    """Exact sizes: one measurement suffices."""
    agents = bench.size(50_000, 2_000)
    database = databases.registry(agents)
    databases.add(database, "plain_types.sql")
    connection = Connection(database)

    def sizes(schema, table):
        """Bytes per row of the table and of its indexes."""
        name = f"'{schema}.{table}'"
        return [int(value) / agents
                for value in connection.run(f"SELECT pg_table_size({name}), pg_indexes_size({name})")[0]]

    for table, what, bar in (("agents", "per agent", 1.05), ("certifications", "per certification", 1.05),
                             ("agent_events", "per event", None)):
        ours, theirs = sizes("cgae", table), sizes("plain_types", table)
        bench.report.cost("size", f"bytes {what}, table and indexes", "the same columns in plain types",
                          [sum(ours)], [sum(theirs)], bar,
                          f"{ours[0]:.0f} + {ours[1]:.0f}; {theirs[0]:.0f} + {theirs[1]:.0f} bytes")
    connection.close()
