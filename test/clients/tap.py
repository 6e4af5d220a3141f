"""The Test Anything Protocol in a few lines: what the Python programs beside this file print."""
import sys

_count = _failed = 0


def ok(passed, name, note=""):
    global _count, _failed
    _count += 1
    _failed += not passed
    print(f"{'ok' if passed else 'not ok'} {_count} - {name}", flush=True)
    if not passed and note:
        print(f"# {note}", flush=True)


def is_(have, want, name):
    ok(have == want, name, f"have {have!r}, want {want!r}")


def done():
    print(f"1..{_count}")
    sys.exit(_failed > 0)
