#!/usr/bin/python3
"""The registry through PgBouncer in transaction mode: many clients, two connections to the server.

Nothing of the registry's needs a session: what it remembers is the backend's own (caches, plans) or ends
with the transaction.  What to know is PgBouncer's:
- statements that a driver prepares for a session do not survive, before PgBouncer 1.21: below they are off;
- asyncpg prepares and executes in two steps, between which PgBouncer may change the server's connection:
  it needs a transaction around each statement.  On each new connection it asks for the types that it
  does not know, a query that takes seconds where jit is on: casts to and from text spare it;
- LISTEN needs a connection of its own, beside the pooler; NOTIFY, and cgae.notify, work through it;
- SET lasts for the transaction only: put settings on the role or the database, as setup.sql does.
"""
import asyncio
import json
import os
import socket
import subprocess
import tempfile
import time
import uuid

import asyncpg
import psycopg


def settings(port, folder):
    """What PgBouncer reads: pgbouncer.ini, and the roles with their passwords."""
    database = os.environ["PGDATABASE"]
    with open(f"{folder}/users", "w") as users:
        users.write('"{PGUSER}" "{PGPASSWORD}"\n'.format(**os.environ))
    with open(f"{folder}/pgbouncer.ini", "w") as ini:
        ini.write(f"""
[databases]
{database} = host={os.environ["PGHOST"]} port={os.environ["PGPORT"]} dbname={database}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
auth_type = trust
auth_file = {folder}/users
pool_mode = transaction
default_pool_size = 2
max_client_conn = 200
""")
    return f"{folder}/pgbouncer.ini"


def psycopg_pooled(dsn):
    return psycopg.connect(dsn, prepare_threshold=None)


def asyncpg_pooled(dsn):
    return asyncpg.connect(dsn, statement_cache_size=0)


TRANSIENT = (OSError, asyncpg.PostgresConnectionError, asyncpg.InterfaceError, asyncpg.SerializationError, asyncpg.DeadlockDetectedError)


async def certify_surely(connect, agent_id, robustness, attempts=5):
    """One audit, whatever happens to the connection; its repetition may come through any other."""
    request_id = str(uuid.uuid4())
    for attempt in range(attempts):
        try:
            conn = await connect()
            try:
                async with conn.transaction():
                    return await conn.fetchrow(
                        "SELECT outcome, seq, tier::text, status::text FROM cgae.certify($1, $2::text::cgae.robustness, request_id => $3)",
                        agent_id, robustness, request_id)
            finally:
                await conn.close()
        except TRANSIENT:
            if attempt == attempts - 1:
                raise
            await asyncio.sleep(0.1 * 2 ** attempt)


# ----------------------------------------------------------------------------
CLIENTS, ROUNDS = 20, 5


def start(folder):
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        port = s.getsockname()[1]
    ini = settings(port, folder)
    os.chmod(folder, 0o755)
    # it refuses to run as root
    bouncer = subprocess.Popen(["pgbouncer", "-q", ini], stderr=subprocess.PIPE, text=True, user="postgres" if os.geteuid() == 0 else None)
    dsn = "postgresql://{PGUSER}@127.0.0.1:{port}/{PGDATABASE}".format(port=port, **os.environ)
    for _ in range(600):
        try:
            psycopg_pooled(dsn).close()
            break
        except psycopg.OperationalError:
            if bouncer.poll() is not None:
                raise SystemExit(bouncer.stderr.read())
            time.sleep(0.1)
    return bouncer, dsn


def sqlstate(conn, statement, *args):
    try:
        conn.execute(statement, args)
        conn.commit()
        return None
    except psycopg.Error as e:
        conn.rollback()
        return e.sqlstate


def main():
    from tap import done, is_, ok

    with tempfile.TemporaryDirectory() as folder:
        bouncer, dsn = start(folder)
        try:
            tests(dsn, done, is_, ok)
        finally:
            bouncer.terminate()
            bouncer.wait()
    done()


def tests(dsn, done, is_, ok):
    def one(conn, statement, *args):
        row = conn.execute(statement, args).fetchone()
        conn.commit()
        return row if row is None or len(row) > 1 else row[0]

    listener = psycopg.connect(autocommit=True)  # beside the pooler
    listener.execute("LISTEN cgae_events")
    operator = psycopg.connect(user=os.environ["OPERATOR"], autocommit=True)

    # both backends, held by a transaction each
    a, b, c = (psycopg_pooled(dsn) for _ in range(3))

    def both(statement, *args):
        """The statement's result on the one backend and on the other, by pid."""
        answers = {}
        for conn in a, b:
            answers[conn.execute("SELECT pg_backend_pid()").fetchone()[0]] = conn.execute(statement, args).fetchone()[0]
        a.commit()
        b.commit()
        return answers
    pids = set(both("SELECT 1"))
    is_(len(pids), 2, "two connections to the server")

    # a fleet: each client registers, audits and asks; each transaction may be another backend's
    async def client(number):
        conn = await asyncpg_pooled(dsn)
        used, seen = set(), []
        async with conn.transaction():
            agent = await conn.fetchval("SELECT cgae.register_agent($1, '{}', agent_id => $2)", "m", f"a{number:02}")
        for n in range(ROUNDS):
            async with conn.transaction():
                used.add(await conn.fetchval("SELECT pg_backend_pid()"))
                row = await conn.fetchrow("SELECT seq, tier::text FROM cgae.certify($1, '(0.72,0.9,0.66,0.8)', request_id => $2)", agent, f"audit {n}")
                seen.append((row["seq"], row["tier"], await conn.fetchval("SELECT cgae.permits($1, 'T3')", agent)))
        await conn.close()
        return agent, used, seen

    async def fleet():
        return await asyncio.gather(*(client(n) for n in range(CLIENTS)))
    results = asyncio.run(fleet())
    is_([seen for _, _, seen in results], [[(n + 2, "T3", True) for n in range(ROUNDS)]] * CLIENTS, f"{CLIENTS} clients, each certified {ROUNDS} times")
    is_(set().union(*(used for _, used, _ in results)) - pids, set(), "... through these two and no other")

    # what they did was sent to who listens, in the order of each agent
    heard = {}
    deadline = time.monotonic() + 60
    notifies = listener.notifies()
    while sum(map(len, heard.values())) < CLIENTS * (ROUNDS + 1) and time.monotonic() < deadline:
        event = json.loads(next(notifies).payload)
        heard.setdefault(event["agent"], []).append(event["seq"])
    is_(heard, {agent: list(range(1, ROUNDS + 2)) for agent, _, _ in results}, "each event was sent to who listens beside the pooler")

    is_(both("SELECT cgae.permits('a00', 'T3')"), dict.fromkeys(pids, True), "both backends permit")

    # a repetition under one request_id that comes through another backend
    first = a.execute("SELECT pg_backend_pid(), c::text FROM cgae.certify('a00', '(0.8,0.8,0.8,0.8)', request_id => 'across') AS c").fetchone()
    b.execute("SELECT 1")  # takes the other backend
    a.commit()
    a.execute("SELECT 1")  # takes the first one again
    second = b.execute("SELECT pg_backend_pid(), c::text FROM cgae.certify('a00', '(0.8,0.8,0.8,0.8)', request_id => 'across') AS c").fetchone()
    a.commit()
    b.commit()
    ok(first[0] != second[0] and first[1] == second[1], "a repeated request_id gets the first result from another backend", f"{first} {second}")
    lost = []

    class Broken:
        """A connection that is lost after the commit of its transaction."""

        def __init__(self, conn):
            self.fetchrow, self.close, self.conn = conn.fetchrow, conn.close, conn

        def transaction(self):
            context, conn = self.conn.transaction(), self.conn

            class Lost:
                async def __aenter__(self):
                    await context.__aenter__()

                async def __aexit__(self, *error):
                    await context.__aexit__(*error)
                    lost.append(True)
                    conn.terminate()
                    raise asyncpg.ConnectionDoesNotExistError("connection was closed in the middle of operation")
            return Lost()

    async def connect_badly():
        conn = await asyncpg_pooled(dsn)
        return conn if lost else Broken(conn)
    again = asyncio.run(certify_surely(connect_badly, "a01", "(0.8,0.8,0.8,0.8)"))
    is_((lost, again["seq"], again["tier"]), ([True], ROUNDS + 2, "T4"), "repeated after the client's connection broke: the first result")
    is_(one(c, "SELECT last_seq FROM cgae.agents WHERE agent_id = 'a01'"), ROUNDS + 2, "... and one certification")

    # what one client leaves undone is nothing to the next on its backend
    last_seq = one(c, "SELECT last_seq FROM cgae.agents WHERE agent_id = 'a00'")
    for statement in ("SELECT cgae.certify('a00', '(0.9,0.9,0.9,0.9)')", "SELECT cgae.certify('a00', '(1.5,1,1,1)')", "SELECT cgae.certify('nobody', '(1,1,1,1)')",
                      "UPDATE cgae.agents SET model_name = 'x' WHERE agent_id = 'a00'"):
        try:
            c.execute(statement)
        except psycopg.Error:
            pass
        c.rollback()
    gone = psycopg_pooled(dsn)
    gone.execute("SELECT cgae.certify('a00', '(0.9,0.9,0.9,0.9)')")
    gone.close()  # without an end of its transaction
    is_(one(c, "SELECT last_seq FROM cgae.agents WHERE agent_id = 'a00'"), last_seq, "rolled back, refused, left in the middle: nothing was kept")
    is_(sqlstate(c, "INSERT INTO cgae.certifications (agent_id, robustness, tier) VALUES ('a00', '(0.9,0.9,0.9,0.9)', 'T1')"), "428C9", "... and no backend believes the next client")
    is_(sqlstate(c, "UPDATE cgae.agents SET current_tier = 'T5' WHERE agent_id = 'a00'"), "42501", "... in anything")
    is_(one(c, "INSERT INTO cgae.certifications (agent_id, robustness) VALUES ('a00', '(0.72,0.9,0.66,0.8)') RETURNING seq, tier"), (last_seq + 1, "T3"), "... but does what is right")

    # a policy that is published is in force on every backend at once
    operator.execute("SELECT cgae.publish_policy(cc => '{0,0.3,0.5,0.75,0.8,0.9}')")
    is_(list(both("SELECT cgae.gate_tier('(0.72,0.9,0.66,0.8)')::text").values()), ["T2", "T2"], "a published policy is in force on both backends")
    is_(list(both("SELECT cgae.permits('a02', 'T3')").values()), [False, False], "... and permits by it")
    is_(sqlstate(c, "INSERT INTO jobs (agent_id) VALUES ('a02')"), "42501", "... as require_tier does")

    # statements that are prepared within a transaction
    c.execute("PREPARE audit (text, cgae.robustness) AS SELECT seq, tier::text FROM cgae.certify($1, $2)")
    made = [c.execute(f"EXECUTE audit('a03', '(0.{n},0.9,0.9,0.9)')").fetchone() for n in range(3, 10)]
    c.execute("DEALLOCATE audit")
    c.commit()
    is_(made, [(ROUNDS + n - 1, tier) for n, tier in zip(range(3, 10), ("T1", "T1", "T2", "T2", "T2", "T4", "T5"))], "a statement prepared within a transaction")

    # LISTEN through the pooler stays with a backend, which next serves somebody else
    c.execute("LISTEN cgae_events")
    c.commit()
    is_(sorted(both("SELECT count(*)::int FROM pg_listening_channels()").values()), [0, 1], "LISTEN through the pooler is one backend's, whoever comes next")
    for conn in a, b, c, listener, operator:
        conn.close()


if __name__ == "__main__":
    main()
