"""Databases with a filled registry, made when first asked for and kept for the rest of the run."""
import os
import subprocess
import time

import pq

HERE = os.path.dirname(os.path.abspath(__file__))
_made = set()


def say(text):
    """A line of progress."""
    print(f"  . {text}", flush=True)


def psql(database, file, **variables):
    """Run an SQL file of bench/sql."""
    command = ["psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "-d", database, "-f", f"{HERE}/sql/{file}"]
    for name, value in variables.items():
        command += ["-v", f"{name}={value}"]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


def _once(key, work):
    """Do some work the first time that it is asked for, and say how long it took."""
    if key in _made:
        return
    began = time.monotonic()
    work()
    _made.add(key)
    say(f"{' '.join(key)}: {time.monotonic() - began:.1f} s")


def registry(agents, step=7919):
    """
    Name of a database whose registry holds so many agents, each registered and certified once.  With
    a step of 1 they lie in the order of their ids, which loads faster.
    """
    name = f"bench_{agents}_{step}"

    def make():
        subprocess.run(["createdb", name], check=True)
        psql(name, "registry.sql", agents=agents, step=step)

    _once((name, "registry"), make)
    return name


def add(database, file, **variables):
    """Add a peer to a database."""
    _once((database, file), lambda: psql(database, file, **variables))


def empty(name):
    """A database with the extension and nothing else."""
    database = f"bench_{name}"

    def make():
        subprocess.run(["createdb", database], check=True)
        connection = pq.Connection(database)
        connection.run("CREATE EXTENSION cgae")
        connection.close()

    _once((database, "extension"), make)
    return database


def warm(connection, *schemas):
    """
    Touch every page of the agents, certifications and their indexes: a backend's first touch of a page
    of shared memory is a fault in the kernel, which belongs to no statement.
    """
    for schema in schemas:
        connection.run("SET enable_seqscan = on; SET enable_bitmapscan = off")
        connection.run(f"SELECT count(*) FROM {schema}.agents; SELECT count(*) FROM {schema}.certifications")
        connection.run("SET enable_seqscan = off")
        connection.run(f"SELECT count(agent_id) FROM {schema}.agents WHERE agent_id > '';"
                       f"SELECT count(*) FROM {schema}.agents WHERE status = 'active' AND current_tier >= 'T0';"
                       f"SELECT count(seq) FROM {schema}.certifications WHERE agent_id > ''")
    connection.run("RESET enable_seqscan; RESET enable_bitmapscan")
