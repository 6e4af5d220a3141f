#!/usr/bin/python3
"""What a consumer of a logical slot sees through wal2json: certifications and events as they commit.

Types of the registry's own come as their text: robustness as "(cc,er,as,ih)", tiers and statuses as their
labels; json and jsonb as text to be parsed.  A new certification also shows as an UPDATE of its agent.
The slot needs wal_level = logical, a role with REPLICATION and, where the server has that setting,
wal2json in output_plugin_libraries.  Copy what stands above the line.
"""
import json
import os

import psycopg

SLOT = "cgae_changes"
OPTIONS = {"format-version": "2", "add-tables": "cgae.agents,cgae.certifications,cgae.agent_events,cgae.gate_policies"}


def changes(conn, consume=True):
    """What has committed since the last call: (action, table, {column: value}), oldest first."""
    function = "pg_logical_slot_get_changes" if consume else "pg_logical_slot_peek_changes"
    options = [word for option in OPTIONS.items() for word in option]
    for (text,) in conn.execute(f"SELECT data FROM {function}(%s, NULL, NULL, VARIADIC %s)", (SLOT, options)):
        change = json.loads(text)
        if change["action"] in "IUD":  # and no begin and commit
            yield change["action"], change["table"], {column["name"]: column["value"] for column in change.get("columns", [])}


def robustness(text):
    return None if text is None else tuple(map(float, text[1:-1].split(",")))


# ----------------------------------------------------------------------------
def main():
    from tap import done, is_, ok

    operator = psycopg.connect(user=os.environ["OPERATOR"], autocommit=True)
    app = psycopg.connect(autocommit=True)
    operator.execute("SELECT set_config(name, setting || ', wal2json', false) FROM pg_settings WHERE name = 'output_plugin_libraries'")
    operator.execute("SELECT pg_create_logical_replication_slot(%s, 'wal2json')", (SLOT,))
    try:
        good = (0.72, 0.1 + 0.8, 0.66, 0.8)
        agent = app.execute("SELECT cgae.register_agent('gpt-5', %s)", ('{"model": "gpt-5", "temperature": 1.0}',)).fetchone()[0]
        app.execute("SELECT cgae.certify(%s, %s, audit_details => %s, request_id => 'audit 1')", (agent, good, '{"auditor": "lab 7"}'))
        seen = list(changes(operator, consume=False))
        is_(sorted((action, table) for action, table, _ in seen),
            [("I", "agent_events"), ("I", "agents"), ("I", "certifications"), ("U", "agents")], "a registration and a certification")
        is_([table for _, table, _ in seen][:2], ["agents", "agent_events"], "... in the order in which they were made")
        row = {table: values for action, table, values in seen if action == "I"}
        is_((row["agents"]["agent_id"], row["agents"]["status"], row["agents"]["current_tier"], row["agents"]["initial_robustness"]),
            (agent, "pending", "T0", "(0,0,0,0)"), "the new agent")
        is_(row["agents"]["model_config"], '{"model": "gpt-5", "temperature": 1.0}', "... its configuration byte for byte")
        is_((row["agent_events"]["type"], row["agent_events"]["seq"], row["agent_events"]["actor"]), ("registration", 1, "cgae_app"), "its event")
        certification = row["certifications"]
        is_(robustness(certification["robustness"]), good, "robustness as text, exactly")
        is_([certification[c] for c in ("seq", "outcome", "tier", "previous_tier", "status", "auditor", "request_id", "policy_version")],
            [2, "certified", "T3", None, "active", "cgae_app", "audit 1", 1], "the certification, with what the registry derived")
        is_(json.loads(certification["audit_details"]), {"auditor": "lab 7"}, "... its details")
        (updated,) = [values for action, table, values in seen if action == "U"]
        is_((updated["status"], updated["current_tier"], robustness(updated["current_robustness"]), updated["last_seq"]), ("active", "T3", good, 2), "the agent after it")
        is_(list(changes(operator)), seen, "peeked at, they are still there")
        is_(list(changes(operator)), [], "... and read, they are gone")

        # an audit that failed, drift, a demotion; what is rolled back or refused is not seen
        app.execute("SELECT cgae.demote(%s, '(0.5,0.5,0.5,0.8)', 'lab 7 again')", (agent,))
        app.execute("SELECT cgae.certify(%s, '(1,1,1,0.49)')", (agent,))
        with app.transaction(force_rollback=True):
            app.execute("SELECT cgae.certify(%s, '(1,1,1,1)')", (agent,))
        try:
            app.execute("SELECT cgae.certify(%s, '(1.5,1,1,1)')", (agent,))
        except psycopg.Error:
            pass
        app.execute("SELECT cgae.certify(%s, %s, observed_architecture_hash => 'badc0ffee0ddf00d')", (agent, good))
        operator.execute("SELECT cgae.suspend(%s, 'fraud')", (agent,))
        seen = list(changes(operator))
        is_([(values["seq"], values["outcome"], values["tier"]) for action, table, values in seen if table == "certifications"],
            [(3, "certified", "T2"), (5, "failed", "T0"), (6, "architecture_mismatch", None)], "outcomes")
        is_([(values["seq"], values["type"]) for action, table, values in seen if table == "agent_events"], [(4, "demotion"), (7, "suspension")], "events")
        last = [values for action, table, values in seen if table == "agents"][-1]
        ok("fraud" in last["holds"] and "architecture_drift" in last["holds"], "the agent's holds at the end", last["holds"])
        is_(last["last_seq"], 7, "... and its last number")

        operator.execute("SELECT cgae.publish_policy(cc => '{0,0.3,0.5,0.7,0.8,0.9}')")
        policies = [values for action, table, values in changes(operator) if table == "gate_policies"]
        is_([(p["version"], p["cc"]) for p in policies], [(2, "{0,0.3,0.5,0.7,0.8,0.9}")], "a policy")
    finally:
        operator.execute("SELECT pg_drop_replication_slot(%s)", (SLOT,))
    done()


if __name__ == "__main__":
    main()
