"""Alternating runs, and what they say: the median of paired ratios with a bootstrap interval."""
import os
import random
import re
import statistics
import subprocess

import pq

HERE = os.path.dirname(os.path.abspath(__file__))


def executions(connection, sql, draws, count, check=None):
    """
    A side of a comparison: returns a function that executes a prepared statement count times, each in
    a transaction of its own, and gives the backend's CPU time per execution in seconds.  draws()
    gives the parameters of one execution.  A tenth more comes first and is not counted: it brings the
    side's code and data back into the processor's caches, from where the other sides took them.
    """
    name = connection.prepare(sql)

    def run():
        params = [draws() for _ in range(count)]
        touched = 0
        with pq.beside_the_backend():
            for _ in range(count // 10):
                connection.execute(name, draws())
            before = connection.cpu()
            for one in params:
                touched += connection.execute(name, one)
            used = connection.cpu() - before
        if check is not None and touched != check * count:
            raise AssertionError(f"{sql}: touched {touched} rows, not {check * count}")
        return used / count

    return run


def statement(connection, sql, before=None, after=None):
    """A side that runs one whole statement or script: CPU seconds; before and after do not count."""

    def run():
        if before is not None:
            before()
        start = connection.cpu()
        connection.run(sql) if isinstance(sql, str) else sql()
        used = connection.cpu() - start
        if after is not None:
            after()
        return used

    return run


def pgbench(bench, database, script, clients, settings="", variables=None):
    """
    A side that gives the seconds per transaction (1/TPS) of a run of pgbench of one second; of a longer one
    where the machine is so busy that none comes through in that time.
    """
    command = [f"{bench.pg_bin}/pgbench", "-n", "-M", "prepared", "-c", str(clients)]
    for name, value in (variables or {}).items():
        command += ["-D", f"{name}={value}"]
    command += ["-f", f"{HERE}/pgbench/{script}.sql"]
    environment = dict(os.environ, PGOPTIONS=settings)

    def run():
        for seconds in (1, 4, 16):
            done = subprocess.run(command + ["-T", str(seconds), database], env=environment, text=True, check=False,
                                  stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
            if done.returncode or not re.search(r"^number of failed transactions: 0 ", done.stdout, re.M):
                break
            tps = re.search(r"^tps = ([0-9.]+)", done.stdout, re.M)
            if tps is not None and float(tps.group(1)) > 0:
                return 1 / float(tps.group(1))
        raise RuntimeError(f"{' '.join(command)}\n{done.stdout}")

    return run


def alternate(sides, rounds, warm_up=1):
    """
    Run all sides of a comparison in turn, as often as asked, in a new random order each round, so
    that none always follows the same other.  Returns the measured values of each side.
    """
    values = {name: [] for name in sides}
    draw = random.Random(2)
    for number in range(-warm_up, rounds):
        for name in draw.sample(list(sides), len(sides)):
            value = sides[name]()
            if number >= 0:
                values[name].append(value)
    return values


def reconnecting(connects, rounds, groups=10):
    """
    alternate() for sides with a backend each: where its memory lies stays with a backend for its life.  So they
    are connected anew, in a new random order, for each group of rounds.  Each of connects gives a connection and
    its sides.
    """
    values = {}
    draw = random.Random(3)
    for _ in range(min(groups, rounds)):
        connections, sides = [], {}
        for connect in draw.sample(connects, len(connects)):
            connection, own = connect()
            connections.append(connection)
            sides.update(own)
        for name, measured in alternate(sides, -(-rounds // groups)).items():
            values.setdefault(name, []).extend(measured)
        for connection in connections:
            connection.close()
    return values


def ratios(ours, theirs):
    """Ratio of each pair, ours over theirs."""
    return [a / b for a, b in zip(ours, theirs)]


def interval(values, resamples=2000):
    """Bootstrap interval of the median, 95%."""
    draw = random.Random(1)
    medians = sorted(
        statistics.median(draw.choices(values, k=len(values))) for _ in range(resamples)
    )
    return medians[int(resamples * 0.025)], medians[int(resamples * 0.975) - 1]
