"""Runs the sections asked for and prints the table; started by bench/run on a throw-away server."""
import argparse
import importlib
import os
import platform
import subprocess
import sys
import time

import pq
from databases import HERE, say
from report import Report

SECTIONS = ["certify", "tps", "bulk", "balance", "gate", "permit", "hash", "size", "distribution", "decay",
            "growth"]
SHOWN = ["shared_buffers", "max_wal_size", "checkpoint_timeout", "autovacuum", "jit",
         "max_parallel_workers_per_gather", "fsync", "full_page_writes", "wal_level", "work_mem"]


class Bench:
    """What a section needs to know."""

    def __init__(self, options, report):
        self.quick = options.quick
        self.report = report
        self.pg_bin = os.environ["BENCH_PG_BIN"]
        self.scratch = os.environ["BENCH_SCRATCH"]
        self.agents = options.agents or self.size(200_000, 2_000)

    def size(self, full, quick):
        """A number of rows or executions."""
        return quick if self.quick else full

    def rounds(self, full):
        """A number of alternating rounds."""
        return 2 if self.quick else full


def circumstances(options):
    """What the figures depend on."""
    connection = pq.Connection("postgres")
    version = connection.value("SELECT version()").split(" on ")[0]
    settings = ", ".join(f"{name} {connection.value('SHOW ' + name)}" for name in SHOWN)
    connection.close()
    git = subprocess.run(["git", "-C", HERE, "describe", "--always", "--dirty"], check=False,
                         stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    with open("/proc/cpuinfo", encoding="utf-8") as file:
        models = [line.split(":")[1].strip() for line in file if line.startswith("model name")]
    pages = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / (1 << 30)
    return [
        f"machine: {os.cpu_count()} x {models[0] if models else platform.processor()}, {pages:.0f} GB,"
        f" {platform.system()} {platform.release()}",
        f"server: {version}; {settings}",
        f"date: {time.strftime('%Y-%m-%d %H:%M %Z')}, commit {git.stdout.strip() or 'unknown'}"
        + (", --quick: figures mean nothing" if options.quick else ""),
        "ratio: median of alternating runs, 95% bootstrap interval; <= bars are on cost (ours/peer), >= bars on"
        " speed. CPU is the backend's, user and system.",
    ]


def main():
    """Parse, run, print."""
    parser = argparse.ArgumentParser(prog="bench/run", description="Speed as ratios, on a throw-away server.")
    parser.add_argument("sections", nargs="*", metavar="SECTION", help=f"one of: {', '.join(SECTIONS)}")
    parser.add_argument("--quick", action="store_true", help="tiny data, few rounds: a smoke run")
    parser.add_argument("--agents", type=int, metavar="N", help="agents where the table names no number (200000)")
    parser.add_argument("--results", metavar="FILE", help="write the table to FILE as Markdown, too")
    options = parser.parse_args()
    unknown = set(options.sections) - set(SECTIONS)
    if unknown:
        parser.error(f"no such section: {', '.join(sorted(unknown))}")

    report = Report()
    bench = Bench(options, report)
    head = circumstances(options)
    for section in options.sections or SECTIONS:
        began = time.monotonic()
        print(f"==> {section}", flush=True)
        importlib.import_module(f"sections.{section}").run(bench)
        say(f"{section} took {time.monotonic() - began:.0f} s")

    print("\n" + "\n".join(head) + "\n\n" + report.text())
    if options.results:
        with open(options.results, "w", encoding="utf-8") as file:
            file.write("# Speed, as measured\n\nBy `bench/run`; bench/README.md tells how to read it.\n\n")
            file.write("".join(f"- {line}\n" for line in head) + "\n" + report.markdown() + "\n")


if __name__ == "__main__":
    sys.exit(main())
