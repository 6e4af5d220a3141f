"""The gate over whole tables, serial plans: CPU time of the backend."""
import databases
import measure
import report
from pq import Connection

AT = "'2026-02-01 00:00+00'::timestamptz"
GROUP = "SELECT {0}, count(*) FROM bench.{1} GROUP BY 1"


def run(bench):
    """gate_tier() and effective_tier_at() against a stored column, and against the gate in SQL and plpgsql."""
    rows, few = bench.size(5_000_000, 50_000), bench.size(1_000_000, 20_000)
    database = databases.empty("gate")
    databases.add(database, "scores.sql", rows=rows, few=few)
    connection = Connection(database, [("work_mem", "64MB")])
    gate = "cgae.gate_tier(robustness)"
    decayed = f"cgae.effective_tier_at(robustness, certified_at, {AT})"

    many = {
        "GROUP BY tier": GROUP.format("tier", "scores"),
        "GROUP BY gate": GROUP.format(gate, "scores"),
        "WHERE tier": "SELECT count(*) FROM bench.scores WHERE tier >= 'T3'",
        "WHERE gate": f"SELECT count(*) FROM bench.scores WHERE {gate} >= 'T3'",
        "GROUP BY decayed": GROUP.format(decayed, "scores"),
    }
    sparse = {
        "gate": GROUP.format(gate, "few"),
        "case": GROUP.format("bench.gate_case(cc, er, as_, ih)", "few_columns"),
        "plpgsql": GROUP.format("bench.gate_plpgsql(cc, er, as_, ih)", "few_columns"),
        "composite": GROUP.format("bench.gate_composite(vector)", "few_composite"),
    }
    same(connection, [many["GROUP BY tier"], many["GROUP BY gate"]])
    same(connection, list(sparse.values()))

    def sides(queries):
        return {name: measure.statement(connection, sql) for name, sql in queries.items()}

    values = measure.alternate(sides(many), bench.rounds(31))
    values |= measure.alternate(sides(sparse), bench.rounds(51))
    connection.close()

    def add(kind, what, peer, name, ours, theirs, bar):
        getattr(bench.report, kind)("gate", what, peer, values[ours], values[theirs], bar,
                                    report.both(values[ours], values[theirs]) + f" for {name} rows")

    add("cost", "GROUP BY gate_tier(r): CPU", "GROUP BY a stored enum column of the same table", rows,
        "GROUP BY gate", "GROUP BY tier", 1.10)
    add("cost", "count(*) WHERE gate_tier(r) >= 'T3': CPU", "the same on a stored enum column", rows,
        "WHERE gate", "WHERE tier", 1.10)
    add("cost", "GROUP BY effective_tier_at(r, certified_at, at): CPU", "GROUP BY a stored enum column", rows,
        "GROUP BY decayed", "GROUP BY tier", 1.35)
    add("speed", "GROUP BY gate_tier(r): CPU", "inlined SQL CASE on four float8 columns", few, "gate", "case", 1.6)
    add("speed", "GROUP BY gate_tier(r): CPU", "plpgsql on four float8 columns", few, "gate", "plpgsql", 4)
    add("speed", "GROUP BY gate_tier(r): CPU", "inlined SQL CASE on a composite column", few, "gate", "composite", 2)


def same(connection, queries):
    """All peers give the same answer."""
    answers = [sorted(map(tuple, connection.run(sql))) for sql in queries]
    if any(answer != answers[0] for answer in answers):
        raise AssertionError(f"different answers: {answers}")
