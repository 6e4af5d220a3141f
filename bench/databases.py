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


def registry(agents):
    """Name of a database whose registry holds so many agents, each registered and certified once."""
    name = f"bench_{agents}"

    def make():
        subprocess.run(["createdb", name], check=True)
        psql(name, "registry.sql", agents=agents)

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


def drop(database):
    """Give the memory and the disk back."""
    subprocess.run(["dropdb", "--force", database], check=True)
    for key in [key for key in _made if key[0] == database]:
        _made.remove(key)
