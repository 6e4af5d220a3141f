"""Hashing an architecture, against reading the same text as jsonb and against Python."""
import hashlib
import json
import random
import statistics
import time

import databases
import measure
import report
from pq import Connection

WORDS = "model provider temperature layers heads vocabulary quantization adapter tokenizer rope scaling".split()


def configuration(draw, size):
    """A model configuration of about so many bytes of JSON: nested, with numbers, names and some text."""
    document, used = {"model": "gpt-5", "provider": "azure_ai", "temperature": 0.7}, 60
    part = 0
    while used < size:
        part += 1
        layer = {
            f"{draw.choice(WORDS)}_{draw.randrange(100)}": draw.choice([
                draw.randrange(1 << 16), round(draw.random(), 4), draw.random() * 1e-6, True, None,
                draw.choice(WORDS), "naïve übergröße", [draw.randrange(512) for _ in range(4)]])
            for _ in range(min(12, 1 + (size - used) // 30))
        }
        document[f"layer_{part}"] = layer
        used += len(json.dumps(layer, ensure_ascii=False)) + 14
    return json.dumps(document, ensure_ascii=False)


def python_cpu(texts):
    """What the reference does, CPU seconds for all texts."""

    def run():
        start = time.process_time()
        for text in texts:
            hashlib.sha256(json.dumps(json.loads(text), sort_keys=True).encode()).hexdigest()
        return time.process_time() - start

    return run


def run(bench):
    """Documents of 5 MB and of 200 bytes."""
    database = databases.empty("hash")
    connection = Connection(database)
    draw = random.Random(7)
    for name, size, count in (("5 MB", 5_000_000, 1), ("200 bytes", 200, bench.size(20_000, 200))):
        texts = [configuration(draw, size) for _ in range(count)]
        connection.run("DROP TABLE IF EXISTS docs;"
                       "CREATE TABLE docs (text text, json json);"
                       "ALTER TABLE docs ALTER text SET STORAGE EXTERNAL, ALTER json SET STORAGE EXTERNAL")
        connection.copy_in("COPY docs (text) FROM STDIN",
                           "".join(text.replace("\\", "\\\\") + "\n" for text in texts).encode())
        connection.run("UPDATE docs SET json = text::json")
        connection.run("VACUUM FULL docs")
        check(connection, texts)
        repeat = bench.size(3, 1) if count == 1 else 1
        ours = measure.statement(connection, "SELECT count(cgae.architecture_hash(json)) FROM docs")
        jsonb = measure.statement(connection, "SELECT count(text::jsonb) FROM docs")
        sides = {
            "ours": repeated(ours, repeat),
            "jsonb": repeated(jsonb, repeat),
            "python": repeated(python_cpu(texts), repeat),
        }
        values = {side: [v / count for v in vs]
                  for side, vs in measure.alternate(sides, bench.rounds(15)).items()}
        length = statistics.mean(len(text.encode()) for text in texts)
        what = f"architecture_hash(json) of {name}: CPU"
        note = f" each, {length:.0f} bytes"
        bench.report.cost("hash", what, "casting the same text to jsonb", values["ours"], values["jsonb"], 1.0,
                          report.both(values["ours"], values["jsonb"]) + note)
        bench.report.speed("hash", what, "Python: json.loads, dumps, sha256", values["ours"], values["python"], 3,
                           report.both(values["ours"], values["python"]) + note)
    connection.close()


def repeated(side, times):
    """Mean of several runs."""
    return lambda: sum(side() for _ in range(times)) / times


def check(connection, texts):
    """Both compute the same hash."""
    ours = connection.value("SELECT min(cgae.architecture_digest(json)) FROM docs")
    theirs = min(hashlib.sha256(json.dumps(json.loads(text), sort_keys=True).encode()).hexdigest() for text in texts)
    if ours != theirs:
        raise AssertionError(f"hash {ours}, but Python says {theirs}")
