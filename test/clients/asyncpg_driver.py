#!/usr/bin/python3
"""The registry from asyncpg.  Copy what stands above the line; below it everything is tried."""
import asyncio
import json
import struct
import uuid
from dataclasses import astuple, dataclass

import asyncpg


@dataclass(frozen=True)
class Robustness:
    """cgae.robustness as a value of Python's; every float comes back exactly."""
    cc: float
    er: float
    as_: float
    ih: float

    def to_text(self):
        return "({!r},{!r},{!r},{!r})".format(*astuple(self))

    @classmethod
    def from_text(cls, text):
        return cls(*map(float, text[1:-1].split(",")))

    # The binary form has 33 bytes: a version byte, 1, and cc, er, as, ih as big-endian doubles.
    FORM = struct.Struct("!B4d")

    def to_bytes(self):
        return self.FORM.pack(1, *astuple(self))

    @classmethod
    def from_bytes(cls, data):
        version, *scores = cls.FORM.unpack(data)
        if version != 1:
            raise ValueError(f"version {version} of cgae.robustness is not known")
        return cls(*scores)


# On each connection asyncpg asks for the types that it does not know, a query that takes seconds where JIT is on.
SETTINGS = {"jit": "off"}


async def learn(conn, binary=True):
    """Teach a connection the registry's types: create_pool(init=learn, server_settings=SETTINGS).  Either codec will do."""
    if binary:
        await conn.set_type_codec("robustness", schema="cgae", format="binary", encoder=Robustness.to_bytes, decoder=Robustness.from_bytes)
    else:
        await conn.set_type_codec("robustness", schema="cgae", format="text", encoder=Robustness.to_text, decoder=Robustness.from_text)
    for name in ("json", "jsonb"):
        await conn.set_type_codec(name, schema="pg_catalog", encoder=json.dumps, decoder=json.loads)


async def register(conn, name, config):
    return await conn.fetchval("SELECT cgae.register_agent($1, $2)", name, config)


async def certify(conn, agent_id, robustness, *, observed_hash=None, details=None, request_id=None):
    """One audit.  Look at its "outcome": drift suspends the agent and raises nothing."""
    return await conn.fetchrow(
        "SELECT * FROM cgae.certify($1, $2, observed_architecture_hash => $3, audit_details => $4, request_id => $5)",
        agent_id, robustness, observed_hash, details or {}, request_id)


# Lost connections, a server that restarts, serialization failures, deadlocks, locks not had in time.
TRANSIENT = (OSError, asyncpg.PostgresConnectionError, asyncpg.InterfaceError, asyncpg.AdminShutdownError, asyncpg.CrashShutdownError,
             asyncpg.CannotConnectNowError, asyncpg.SerializationError, asyncpg.DeadlockDetectedError, asyncpg.LockNotAvailableError)


async def certify_surely(pool, agent_id, robustness, attempts=5, **audit):
    """The same, whatever happens to the connection: repeated with one request_id, it is one audit."""
    request_id = str(uuid.uuid4())
    for attempt in range(attempts):
        try:
            async with pool.acquire() as conn:
                return await certify(conn, agent_id, robustness, request_id=request_id, **audit)
        except TRANSIENT:
            if attempt == attempts - 1:
                raise
            await asyncio.sleep(0.1 * 2 ** attempt)


# ----------------------------------------------------------------------------
async def main():
    from tap import done, is_, ok

    heard, notices = [], []
    listener = await asyncpg.connect()  # PGHOST, PGUSER, ... say where
    await listener.add_listener("cgae_events", lambda conn, pid, channel, payload: heard.append(json.loads(payload)))
    pool = await asyncpg.create_pool(min_size=1, max_size=2, init=learn, server_settings=SETTINGS)
    conn = await pool.acquire()

    def note(conn, message):
        notices.append(message.message)
    conn.add_log_listener(note)

    agent = await register(conn, "gpt-5", {"model": "gpt-5", "provider": "azure_ai"})
    good = Robustness(0.72, 0.1 + 0.8, 0.66, 0.8)
    result = await certify(conn, agent, good, details={"auditor": "lab 7"})
    is_((result["outcome"], result["tier"], result["status"], result["seq"]), ("certified", "T3", "active", 2), "certified")
    is_(await conn.fetchval("SELECT cgae.permits($1, $2)", agent, "T3"), True, "permitted what it was certified for")

    # robustness is a value by either codec, to the server and back, in arrays too
    by_text = await asyncpg.connect(server_settings=SETTINGS)
    await learn(by_text, binary=False)
    for name, c in ("binary", conn), ("text", by_text):
        row = await c.fetchrow("SELECT current_robustness, holds, balance FROM cgae.agents WHERE agent_id = $1", agent)
        is_(tuple(row), (good, [], 0), f"robustness comes back exactly, {name}")
        is_(await c.fetchval("SELECT $1::cgae.robustness[]", [good, good]), [good, good], f"arrays of it, {name}")
        is_(await c.fetchval("SELECT cgae.chain_tier($1)", [good, Robustness(0.4, 1, 1, 1)]), "T1", f"a chain of it, {name}")
        is_(await c.fetchval("SELECT $1::cgae.robustness::jsonb", good), {"cc": 0.72, "er": 0.1 + 0.8, "as": 0.66, "ih": 0.8}, f"jsonb of it, {name}")
        tiny = Robustness(5e-324, 0.0, 1.0, 0.1)
        is_(await c.fetchval("SELECT $1::cgae.robustness", tiny), tiny, f"the smallest double, {name}")
    await by_text.close()
    is_(await conn.fetchval("SELECT cgae.robustness_send($1)", good), good.to_bytes(), "the bytes are those of robustness_send()")
    is_(len(good.to_bytes()), 33, "... 33 of them")
    for wrong, data in ("no score", b"\1"), ("another version", b"\2" + good.to_bytes()[1:]), ("a byte too many", good.to_bytes() + b"\0"):
        raw = await asyncpg.connect(server_settings=SETTINGS)
        await raw.set_type_codec("robustness", schema="cgae", format="binary", encoder=lambda value: value, decoder=Robustness.from_bytes)
        try:
            await raw.fetchval("SELECT cgae.gate_tier($1)", data)
            ok(False, f"{wrong} is refused")
        except asyncpg.PostgresError as e:
            is_(e.sqlstate, "22P03", f"{wrong} is refused: {e}")
        await raw.close()

    # a plain INSERT does the same; derived columns are left out and returned
    row = await conn.fetchrow("INSERT INTO cgae.certifications (agent_id, robustness, audit_type) VALUES ($1, $2, $3)"
                              " RETURNING seq, outcome, tier, previous_tier, status, auditor", agent, Robustness(0.7, 0.7, 0.7, 0.8), "spot")
    is_(tuple(row), (3, "certified", "T3", "T3", "active", "cgae_app"), "INSERT ... RETURNING")

    # refusals: a class by SQLSTATE, and fields to tell them apart
    for want, statement, args in (
            (("23514", "certifications", "certified_at", "not_in_the_future"),
             "INSERT INTO cgae.certifications (agent_id, robustness, certified_at) VALUES ($1, $2, now() + '1 day')", (agent, good)),
            (("22003", None, None, None), "SELECT cgae.certify($1, $2)", (agent, Robustness(1.5, 1, 1, 1))),
            (("23503", "certifications", "agent_id", "certifications_agent_id_fkey"), "SELECT cgae.certify('nobody', $1)", (good,)),
            (("42501", None, None, None), "UPDATE cgae.agents SET current_tier = 'T5' WHERE agent_id = $1", (agent,)),
            (("428C9", "certifications", "tier", None), "INSERT INTO cgae.certifications (agent_id, robustness, tier) VALUES ($1, $2, 'T5')", (agent, good))):
        try:
            await conn.execute(statement, *args)
            ok(False, f"refused with {want}")
        except asyncpg.PostgresError as e:
            is_((e.sqlstate, e.table_name, e.column_name, e.constraint_name), want, f"refused: {e}")

    # safe retry: the server commits, and the answer is lost
    lost = []

    class BadPool:
        def acquire(self):
            context = pool.acquire()

            class Broken:
                async def __aenter__(self):
                    return await context.__aenter__()

                async def __aexit__(self, *error):
                    await context.__aexit__(*error)
                    if not lost:
                        lost.append(await conn.fetchval("SELECT last_seq FROM cgae.agents WHERE agent_id = $1", agent))
                        raise asyncpg.ConnectionDoesNotExistError("connection was closed in the middle of operation")
            return Broken()
    result = await certify_surely(BadPool(), agent, good)
    is_((lost, result["seq"], result["tier"]), ([4], 4, "T3"), "repeated after the connection broke: the first result")
    is_(await conn.fetchval("SELECT last_seq FROM cgae.agents WHERE agent_id = $1", agent), 4, "... and one certification")
    await certify(conn, agent, good, request_id="audit 7")
    try:
        await certify(conn, agent, Robustness(1, 1, 1, 1), request_id="audit 7")
        ok(False, "another audit under the same request_id is refused")
    except asyncpg.UniqueViolationError as e:
        is_(e.constraint_name, "certifications_request_id_key", "another audit under the same request_id is refused")

    # an upsert that sets the key to itself, as many tools write it
    is_(await conn.fetchval("INSERT INTO cgae.agents (agent_id, model_name, model_config) VALUES ($1, $2, $3)"
                            " ON CONFLICT (agent_id) DO UPDATE SET agent_id = EXCLUDED.agent_id, model_name = EXCLUDED.model_name"
                            " RETURNING model_name", agent, "gpt-5 turbo", {"model": "gpt-5", "provider": "azure_ai"}), "gpt-5 turbo", "upsert")

    # many in one statement
    rows = await conn.fetch("SELECT seq, tier FROM cgae.certify_many($1, $2)", [agent, agent], [good, Robustness(0.66, 0.66, 0.66, 1)])
    is_([tuple(r) for r in rows], [(6, "T3"), (7, "T3")], "certify_many() takes lists")

    # a table that needs a tier
    is_(await conn.execute("INSERT INTO jobs (agent_id) VALUES ($1)", agent), "INSERT 0 1", "a job for who holds the tier")
    result = await conn.fetchrow("SELECT * FROM cgae.demote($1, $2)", agent, Robustness(0.3, 0.3, 0.3, 1))
    is_((result["outcome"], result["tier"], result["previous_tier"], result["status"]), ("certified", "T1", "T3", "active"), "demoted")
    try:
        await conn.execute("INSERT INTO jobs (agent_id) VALUES ($1)", agent)
        ok(False, "a job is refused")
    except asyncpg.InsufficientPrivilegeError as e:
        is_((e.sqlstate, e.schema_name, e.table_name), ("42501", "public", "jobs"), f"a job is refused: {e}")

    # scores whose ih fails, and drift, are outcomes and no errors
    result = await certify(conn, agent, Robustness(1, 1, 1, 0.49))
    is_((result["outcome"], result["tier"], result["status"]), ("failed", "T0", "suspended"), "an audit that failed")
    result = await certify(conn, agent, good, observed_hash="badc0ffee0ddf00d")
    is_((result["outcome"], result["tier"], result["status"]), ("architecture_mismatch", None, "suspended"), "drift")
    ok(any("suspended" in n for n in notices), "... a warning says so")
    is_(await conn.fetchval("SELECT cgae.permits($1, 'T1')", agent), False, "... and it lasts")

    # views; every column of every row is read
    row = await conn.fetchrow("SELECT status, effective_tier, cc, holds FROM cgae.agent_standing WHERE agent_id = $1", agent)
    is_(tuple(row), ("suspended", "T0", 1, ["architecture_drift", "failed_audit"]), "agent_standing")
    history = await conn.fetch("SELECT seq, type, data FROM cgae.events WHERE agent_id = $1 ORDER BY seq", agent)
    is_([e["seq"] for e in history], list(range(1, len(history) + 1)), "events, without a gap")
    is_(history[-1]["data"]["observed_hash"], "badc0ffee0ddf00d", "... with their data")
    for relation in "gate_policies", "registry_health", "agent_standing", "agents", "certifications", "certification_history":
        rows = await conn.fetch(f"SELECT * FROM cgae.{relation}")
        years = [v.year for row in rows for v in row.values() if hasattr(v, "year")]
        ok(rows and all(2000 < year < 9999 for year in years), f"every column of {relation}", f"years {years}")

    # what others did comes as notifications
    for _ in range(1200):
        if len(heard) >= len(history):
            break
        await asyncio.sleep(0.05)
    is_([(e["type"], e["agent"], e["seq"]) for e in heard], [(e["type"], agent, e["seq"]) for e in history], "each event was sent to who listens")
    await listener.close()
    conn.remove_log_listener(note)
    await pool.release(conn)
    await pool.close()
    done()


if __name__ == "__main__":
    asyncio.run(main())
