#!/usr/bin/python3
"""The registry from psycopg 3.  Copy what stands above the line; below it everything is tried."""
import json
import struct
import time
import uuid
from dataclasses import astuple, dataclass

import psycopg
from psycopg.adapt import Dumper, Loader
from psycopg.pq import Format
from psycopg.rows import namedtuple_row
from psycopg.types import TypeInfo
from psycopg.types.json import Json, Jsonb


@dataclass(frozen=True)
class Robustness:
    """cgae.robustness as a value of Python's; every float comes back exactly."""
    cc: float
    er: float
    as_: float
    ih: float


def connect(**options):
    conn = psycopg.connect(row_factory=namedtuple_row, **options)
    info = TypeInfo.fetch(conn, "cgae.robustness")
    info.register(conn)  # so that lists of Robustness become cgae.robustness[]

    class RobustnessDumper(Dumper):
        oid = info.oid

        def dump(self, value):
            return "({!r},{!r},{!r},{!r})".format(*astuple(value)).encode()

    class RobustnessLoader(Loader):
        def load(self, data):
            return Robustness(*map(float, bytes(data)[1:-1].split(b",")))

    # the binary form: the byte 1, then four doubles, the most significant byte first
    class RobustnessBinaryDumper(Dumper):
        oid = info.oid
        format = Format.BINARY

        def dump(self, value):
            return struct.pack("!B4d", 1, *astuple(value))

    class RobustnessBinaryLoader(Loader):
        format = Format.BINARY

        def load(self, data):
            version, *scores = struct.unpack("!B4d", data)
            if version != 1:
                raise ValueError(f"cgae.robustness has version {version}, expected 1")
            return Robustness(*scores)

    # of two dumpers the one registered last is taken where a parameter (%s) does not say which
    for dumper in RobustnessBinaryDumper, RobustnessDumper:
        conn.adapters.register_dumper(Robustness, dumper)
    conn.adapters.register_loader(info.oid, RobustnessLoader)
    conn.adapters.register_loader(info.oid, RobustnessBinaryLoader)
    conn.commit()
    return conn


def register(conn, name, config):
    # Json, not Jsonb: the hash of the architecture is that of the text
    return conn.execute("SELECT cgae.register_agent(%s, %s) AS agent_id", (name, Json(config))).fetchone().agent_id


def certify(conn, agent_id, robustness, *, observed_hash=None, details=None, request_id=None):
    """One audit.  Look at .outcome: drift suspends the agent and raises nothing."""
    return conn.execute(
        "SELECT * FROM cgae.certify(%s, %s, observed_architecture_hash => %s, audit_details => %s, request_id => %s)",
        (agent_id, robustness, observed_hash, Jsonb(details or {}), request_id)).fetchone()


def certify_surely(connect, agent_id, robustness, attempts=5, **audit):
    """The same, whatever happens to the connection: repeated with one request_id, it is one audit."""
    request_id = str(uuid.uuid4())
    for attempt in range(attempts):
        try:
            with connect() as conn:  # commits
                return certify(conn, agent_id, robustness, request_id=request_id, **audit)
        except psycopg.OperationalError:  # connection lost, server restarted, 40001, 40P01, 55P03
            if attempt == attempts - 1:
                raise
            time.sleep(0.1 * 2 ** attempt)


# ----------------------------------------------------------------------------
def main():
    import hashlib
    import sys

    from tap import done, is_, ok

    listener = connect(autocommit=True)
    listener.execute("LISTEN cgae_events")
    conn = connect()
    conn.add_notice_handler(lambda diag: notices.append(diag.message_primary))
    notices = []

    agent = register(conn, "gpt-5", {"model": "gpt-5", "provider": "azure_ai"})
    good = Robustness(0.72, 0.1 + 0.8, 0.66, 0.8)
    result = certify(conn, agent, good, details={"auditor": "lab 7"})
    conn.commit()
    is_((result.outcome, result.tier, result.status, result.seq), ("certified", "T3", "active", 2), "certified")
    is_(conn.execute("SELECT cgae.permits(%s, %s)", (agent, "T3")).fetchone().permits, True, "permitted what it was certified for")

    # robustness is a value: to the server and back, in text, binary, arrays
    row = conn.execute("SELECT current_robustness, holds, balance FROM cgae.agents WHERE agent_id = %s", (agent,)).fetchone()
    is_(row.current_robustness, good, "robustness comes back exactly")
    is_(row.holds, [], "holds are a list")
    is_(conn.execute("SELECT %s::cgae.robustness[] AS r", ([good, good],)).fetchone().r, [good, good], "arrays of it")
    is_(conn.execute("SELECT cgae.chain_tier(%s) AS t", ([good, Robustness(0.4, 1, 1, 1)],)).fetchone().t, "T1", "a chain of it")
    is_(conn.execute("SELECT %s::cgae.robustness::jsonb AS j", (good,)).fetchone().j, {"cc": 0.72, "er": 0.1 + 0.8, "as": 0.66, "ih": 0.8}, "jsonb of it")
    # the same in binary
    hard = Robustness(0.1 + 0.2, 5e-324, 1 - 2 ** -53, 0.0)
    with conn.cursor(binary=True) as cur:
        row = cur.execute("SELECT %b::cgae.robustness AS r, cgae.robustness_send(%b) AS sent", (hard, hard)).fetchone()
        is_(row.r, hard, "binary, exactly")
        is_(row.sent, struct.pack("!B4d", 1, *astuple(hard)), "... 33 bytes")
        is_(cur.execute("SELECT %b::cgae.robustness[] AS r", ([hard, good],)).fetchone().r, [hard, good], "... arrays of it")
    # without any adapter a tuple or its text will do, or a JSON object
    is_(conn.execute("SELECT cgae.gate_tier(%s) AS t", (json.dumps({"cc": 0.9, "er": 0.9, "as": 0.9, "ih": 0.9}),)).fetchone().t, "T5", "a JSON object")
    is_(conn.execute("SELECT cgae.gate_tier(%s) AS a, cgae.gate_tier(%s) AS b", ((0.9, 0.9, 0.9, 0.9), "(0.5,0.5,0.5,0.5)")).fetchone(), ("T5", "T2"), "a tuple, a text")

    # a plain INSERT does the same; derived columns are left out and returned
    row = conn.execute("INSERT INTO cgae.certifications (agent_id, robustness, audit_type) VALUES (%s, %s, %s)"
                       " RETURNING seq, outcome, tier, previous_tier, status, certified_at, auditor", (agent, Robustness(0.5, 0.6, 0.7, 0.8), "spot")).fetchone()
    is_(row[:5] + row[6:], (3, "certified", "T2", "T3", "active", "cgae_app"), "INSERT ... RETURNING")
    conn.commit()

    # refusals: a class by SQLSTATE, and fields to tell them apart
    try:
        conn.execute("INSERT INTO cgae.certifications (agent_id, robustness, certified_at) VALUES (%s, %s, now() + '1 day')", (agent, good))
        ok(False, "a time ahead is refused")
    except psycopg.errors.CheckViolation as e:
        is_((e.sqlstate, e.diag.table_name, e.diag.column_name, e.diag.constraint_name), ("23514", "certifications", "certified_at", "not_in_the_future"), "a time ahead is refused")
    conn.rollback()
    for want, statement, args in (
            ("22003", "SELECT cgae.certify(%s, '(1.5,1,1,1)')", (agent,)),
            ("23503", "SELECT cgae.certify('nobody', %s)", (good,)),
            ("42501", "UPDATE cgae.agents SET current_tier = 'T5' WHERE agent_id = %s", (agent,)),
            ("428C9", "INSERT INTO cgae.certifications (agent_id, robustness, tier) VALUES (%s, %s, 'T5')", (agent, good))):
        try:
            conn.execute(statement, args)
            ok(False, f"refused with {want}")
        except psycopg.Error as e:
            is_(e.sqlstate, want, f"refused: {e.diag.message_primary}")
        conn.rollback()

    # safe retry: the server commits, and the answer is lost
    def connect_badly():
        conn = connect()
        if not lost:
            execute = conn.execute

            def broken(*args):
                lost.append(execute(*args).fetchone())
                conn.commit()
                conn.close()
                raise psycopg.OperationalError("server closed the connection unexpectedly")
            conn.execute = broken
        return conn
    lost = []
    result = certify_surely(connect_badly, agent, good)
    is_((result, result.seq), (lost[0], 4), "repeated after the connection broke: the first result")
    is_(conn.execute("SELECT last_seq FROM cgae.agents WHERE agent_id = %s", (agent,)).fetchone().last_seq, 4, "... and one certification")
    certify(conn, agent, good, request_id="audit 7")
    conn.commit()
    try:
        certify(conn, agent, Robustness(1, 1, 1, 1), request_id="audit 7")
        ok(False, "another audit under the same request_id is refused")
    except psycopg.errors.UniqueViolation as e:
        is_(e.diag.constraint_name, "certifications_request_id_key", "another audit under the same request_id is refused")
    conn.rollback()

    # ... and after what the server itself asks to try again
    states = []

    def connect_recording(prepare):
        """A connection that tells the SQLSTATEs of its refusals; the first one meets what prepare() has made."""
        conn = connect()
        execute, first = conn.execute, not states
        if first:
            prepare(conn)

        def recording(*args):
            try:
                return execute(*args)
            except psycopg.Error as e:
                states.append(e.sqlstate)
                other.rollback()
                raise
        conn.execute = recording
        return conn
    other = connect()
    rival = register(conn, "rival", {"model": "gpt-5"})
    conn.commit()

    def overtaken(conn):
        conn.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        conn.execute("SELECT FROM cgae.agents")  # takes the snapshot
        certify(other, rival, good)
        other.commit()
    is_((certify_surely(lambda: connect_recording(overtaken), rival, good).seq, states), (3, ["40001"]), "tried again after a serialization failure")
    states.clear()

    def locked(conn):
        certify(other, rival, good)  # is not committed
        conn.execute("SET lock_timeout = '10ms'")
    is_((certify_surely(lambda: connect_recording(locked), rival, good).seq, states), (4, ["55P03"]), "... and after a lock that was not had in time")
    other.close()

    # an upsert that sets the key to itself, as many tools write it
    row = conn.execute("INSERT INTO cgae.agents (agent_id, model_name, model_config) VALUES (%s, %s, %s)"
                       " ON CONFLICT (agent_id) DO UPDATE SET agent_id = EXCLUDED.agent_id, model_name = EXCLUDED.model_name RETURNING model_name, status",
                       (agent, "gpt-5 turbo", Json({"model": "gpt-5", "provider": "azure_ai"}))).fetchone()
    is_(tuple(row), ("gpt-5 turbo", "active"), "upsert")

    # a table that needs a tier, by whom it was held and no more
    conn.execute("INSERT INTO jobs (agent_id) VALUES (%s)", (agent,))
    result = conn.execute("SELECT * FROM cgae.demote(%s, %s, 'lab 7 again')", (agent, Robustness(0.5, 0.6, 0.7, 0.8))).fetchone()
    is_((result.outcome, result.tier, result.previous_tier), ("certified", "T2", "T3"), "demoted")
    conn.commit()
    try:
        conn.execute("INSERT INTO jobs (agent_id) VALUES (%s)", (agent,))
        ok(False, "a job is refused")
    except psycopg.errors.InsufficientPrivilege as e:
        is_((e.diag.schema_name, e.diag.table_name), ("public", "jobs"), f"a job is refused: {e.diag.message_primary}")
    conn.rollback()

    # many in one statement
    rows = conn.execute("SELECT * FROM cgae.certify_many(%s, %s)", ([agent, agent], [good, Robustness(0.3, 0.3, 0.3, 1)])).fetchall()
    is_([(r.seq, r.tier) for r in rows], [(8, "T3"), (9, "T1")], "certify_many() takes lists")
    conn.commit()

    # scores whose ih fails are an outcome, and so is drift: neither is an error
    result = certify(conn, agent, Robustness(0.3, 0.3, 0.3, 0.49))
    is_((result.outcome, result.tier, result.status), ("failed", "T0", "suspended"), "an audit that failed")
    result = certify(conn, agent, good, observed_hash="badc0ffee0ddf00d")
    conn.commit()
    is_((result.outcome, result.tier, result.status), ("architecture_mismatch", None, "suspended"), "drift")
    ok(any("suspended" in n for n in notices), "... a warning says so")
    is_(conn.execute("SELECT cgae.permits(%s, 'T1')", (agent,)).fetchone().permits, False, "... and it lasts")

    # views
    row = conn.execute("SELECT status, effective_tier, cc, holds FROM cgae.agent_standing WHERE agent_id = %s", (agent,)).fetchone()
    is_(tuple(row), ("suspended", "T0", 0.3, ["architecture_drift", "failed_audit"]), "agent_standing")
    history = conn.execute("SELECT seq, type, data FROM cgae.events WHERE agent_id = %s ORDER BY seq", (agent,)).fetchall()
    is_([e.seq for e in history], list(range(1, 12)), "events, without a gap")
    is_(history[-1].data["observed_hash"], "badc0ffee0ddf00d", "... with their data")
    for relation in "gate_policies", "registry_health", "agent_standing", "agents", "certifications", "certification_history":
        try:
            ok(conn.execute(f"SELECT * FROM cgae.{relation}").fetchall(), f"every column of {relation}")
        except psycopg.DataError as e:  # what the driver cannot read
            ok(False, f"every column of {relation}", str(e))

    # the registry hashes integers of any size; Python's own json stops at 4,300 digits, unless it is told otherwise
    config = '{"n": 1' + "0" * 5000 + "}"
    digest = conn.execute("SELECT cgae.architecture_digest(%s::json) AS d", (config,)).fetchone().d
    try:
        json.loads(config)
        ok(False, "Python refuses an integer of 5,001 digits")
    except ValueError as e:
        ok("digits" in str(e), f"Python: {e}")
    limit = sys.get_int_max_str_digits()
    sys.set_int_max_str_digits(0)
    is_(hashlib.sha256(json.dumps(json.loads(config), sort_keys=True).encode()).hexdigest(), digest, "... and finds the registry's digest without the limit")
    sys.set_int_max_str_digits(limit)

    # what others did comes as notifications
    heard = []
    for notify in listener.notifies():
        event = json.loads(notify.payload)
        if event["agent"] == agent:  # and not about the rival
            heard.append(event)
        if len(heard) == len(history):
            break
    is_([(e["type"], e["agent"], e["seq"]) for e in heard], [(e.type, agent, e.seq) for e in history], "each event was sent to who listens")
    done()


if __name__ == "__main__":
    main()
