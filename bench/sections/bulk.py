"""200,000 certifications of different agents in one statement: CPU time of the backend."""
import databases
import measure
import report
from pq import Connection

CTE = """
WITH agent AS (
  UPDATE plain.agents AS a SET
    initial_robustness = CASE WHEN a.certification_count = 0 THEN g.robustness ELSE a.initial_robustness END,
    status = 'active', certified_tier = g.tier, current_tier = g.tier, current_robustness = g.robustness,
    certified_at = now(), last_audit_at = now(), tier_drop_at = g.tier_drop_at, recorded_at = now(),
    rated_policy = 1, last_seq = a.last_seq + 1, certification_count = a.certification_count + 1
  FROM bench.given AS g
  WHERE a.agent_id = g.agent_id
  RETURNING a.agent_id, a.last_seq, g.robustness, g.tier, g.previous_tier)
INSERT INTO plain.certifications (agent_id, seq, outcome, robustness, tier, previous_tier, audit_type, certified_at,
  policy_version, auditor, recorded_at, status)
SELECT agent_id, last_seq, 'certified', robustness, tier, previous_tier, 're-certification', now(), 1, current_user, now(),
  'active'
FROM agent"""
INSERT = "INSERT INTO cgae.certifications (agent_id, robustness) SELECT agent_id, robustness FROM bench.given"
COPY = "COPY cgae.certifications (agent_id, robustness) FROM STDIN"
MANY = """
SELECT count(*)
FROM (SELECT array_agg(agent_id) AS agents, array_agg(robustness) AS vectors FROM bench.given) AS g,
  cgae.certify_many(g.agents, g.vectors)"""


def run(bench):
    """INSERT ... SELECT, COPY and certify_many() against one set-based statement without rules."""
    database = databases.registry(bench.agents)
    databases.add(database, "unguarded.sql")
    databases.add(database, "given.sql", agents=bench.agents, audits=bench.agents)
    connection = Connection(database, [("synchronous_commit", "off"), ("work_mem", "64MB")])
    housekeeping = Connection(database, [("session_replication_role", "replica")])
    data = "".join(f"{a}\t{r}\n" for a, r in connection.run("SELECT agent_id, robustness FROM bench.given")).encode()

    def tidy(schema):
        """Every run begins with an empty table of certifications, and agents without dead rows."""

        def work():
            housekeeping.run(f"TRUNCATE {schema}.certifications")
            housekeeping.run(f"VACUUM {schema}.agents")

        return work

    tidy("plain")()
    tidy("cgae")()
    sides = {
        "CTE": measure.statement(connection, CTE, after=tidy("plain")),
        "INSERT": measure.statement(connection, INSERT, after=tidy("cgae")),
        "COPY": measure.statement(connection, lambda: connection.copy_in(COPY, data), after=tidy("cgae")),
        "many": measure.statement(connection, MANY, after=tidy("cgae")),
    }
    values = measure.alternate(sides, bench.rounds(11))
    housekeeping.close()
    connection.close()

    for side, what, bar in (("INSERT", "INSERT ... SELECT", 0.65), ("COPY", "COPY", 0.65),
                            ("many", "certify_many()", 0.85)):
        bench.report.speed("bulk", f"{len(data.splitlines())} certifications by {what}: CPU",
                           "one set-based CTE without rules", values[side], values["CTE"], bar,
                           report.both(values[side], values["CTE"]))
