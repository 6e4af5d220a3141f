"""One connection to the server, through libpq itself: what a backend did is known only while it lives."""
import contextlib
import ctypes
import ctypes.util
import os

_pq = ctypes.CDLL(ctypes.util.find_library("pq") or "libpq.so.5")
_p, _i, _s = ctypes.c_void_p, ctypes.c_int, ctypes.c_char_p
for _name, _result, _arguments in [
    ("PQconnectdb", _p, [_s]),
    ("PQstatus", _i, [_p]),
    ("PQfinish", None, [_p]),
    ("PQerrorMessage", _s, [_p]),
    ("PQbackendPID", _i, [_p]),
    ("PQexec", _p, [_p, _s]),
    ("PQprepare", _p, [_p, _s, _s, _i, _p]),
    ("PQexecPrepared", _p, [_p, _s, _i, _p, _p, _p, _i]),
    ("PQresultStatus", _i, [_p]),
    ("PQresultErrorMessage", _s, [_p]),
    ("PQntuples", _i, [_p]),
    ("PQnfields", _i, [_p]),
    ("PQgetvalue", _s, [_p, _i, _i]),
    ("PQgetisnull", _i, [_p, _i, _i]),
    ("PQcmdTuples", _s, [_p]),
    ("PQclear", None, [_p]),
    ("PQputCopyData", _i, [_p, _s, _i]),
    ("PQputCopyEnd", _i, [_p, _s]),
    ("PQgetResult", _p, [_p]),
    ("PQsetNoticeReceiver", _p, [_p, _p, _p]),
]:
    getattr(_pq, _name).restype = _result
    getattr(_pq, _name).argtypes = _arguments

_quiet = ctypes.CFUNCTYPE(None, _p, _p)(lambda argument, result: None)

COMMAND_OK, TUPLES_OK, COPY_IN = 1, 2, 4

_EVERYWHERE = os.sched_getaffinity(0)
_CORE = {max(_EVERYWHERE)}


@contextlib.contextmanager
def beside_the_backend():
    """
    Keep the client on the core that all measured backends run on.  To wake the other side of a conversation on
    another core costs more than SELECT 1 does, much of it charged to the backend, and where the kernel puts a
    backend stays with it for long: one of two that do the same can look twice as dear.
    """
    os.sched_setaffinity(0, _CORE)
    try:
        yield
    finally:
        os.sched_setaffinity(0, _EVERYWHERE)


class Error(Exception):
    """What the server refused."""


class Params:
    """The text parameters of one execution, laid out once for libpq."""

    def __init__(self, values):
        self.count = len(values)
        self.array = (_s * self.count)(
            *[None if v is None else str(v).encode() for v in values]
        )


class Connection:
    """
    A session; its backend's CPU time is in /proc/PID/schedstat, in nanoseconds.  The backend stays on one core,
    the same for all, unless the system forbids that to us.
    """

    def __init__(self, database, settings=()):
        self.handle = _pq.PQconnectdb(f"dbname={database}".encode())
        if _pq.PQstatus(self.handle) != 0:
            raise Error(_pq.PQerrorMessage(self.handle).decode().strip())
        _pq.PQsetNoticeReceiver(self.handle, ctypes.cast(_quiet, _p), None)
        backend = _pq.PQbackendPID(self.handle)
        self.schedstat = f"/proc/{backend}/schedstat"
        with contextlib.suppress(PermissionError):
            os.sched_setaffinity(backend, _CORE)
        self.prepared = {}
        for name, value in settings:
            self.run(f"SET {name} = '{value}'")

    def close(self):
        _pq.PQfinish(self.handle)

    def cpu(self):
        """CPU time of the backend so far, user and system, in seconds."""
        with open(self.schedstat, "rb") as file:
            return int(file.read().split()[0]) * 1e-9

    def _check(self, result, *wanted):
        status = _pq.PQresultStatus(result)
        if status not in wanted:
            message = _pq.PQresultErrorMessage(result).decode().strip()
            _pq.PQclear(result)
            raise Error(message or f"unexpected result status {status}")
        return result

    def run(self, sql):
        """Run statements, and return the rows of the last one as text."""
        result = self._check(_pq.PQexec(self.handle, sql.encode()), COMMAND_OK, TUPLES_OK)
        rows = [
            [
                None if _pq.PQgetisnull(result, i, j) else _pq.PQgetvalue(result, i, j).decode()
                for j in range(_pq.PQnfields(result))
            ]
            for i in range(_pq.PQntuples(result))
        ]
        _pq.PQclear(result)
        return rows

    def value(self, sql):
        """The first column of the first row."""
        return self.run(sql)[0][0]

    def prepare(self, sql):
        """Prepare a statement once; returns its name."""
        if sql not in self.prepared:
            name = f"s{len(self.prepared)}"
            result = _pq.PQprepare(self.handle, name.encode(), sql.encode(), 0, None)
            _pq.PQclear(self._check(result, COMMAND_OK))
            self.prepared[sql] = name
        return self.prepared[sql].encode()

    def execute(self, name, params):
        """Execute a prepared statement, forget its rows, return how many it touched."""
        result = _pq.PQexecPrepared(
            self.handle, name, params.count, ctypes.cast(params.array, _p), None, None, 0
        )
        self._check(result, COMMAND_OK, TUPLES_OK)
        touched = _pq.PQcmdTuples(result)
        _pq.PQclear(result)
        return int(touched or 0)

    def copy_in(self, sql, data):
        """COPY ... FROM STDIN."""
        _pq.PQclear(self._check(_pq.PQexec(self.handle, sql.encode()), COPY_IN))
        for start in range(0, len(data), 1 << 16):
            chunk = data[start : start + (1 << 16)]
            if _pq.PQputCopyData(self.handle, chunk, len(chunk)) != 1:
                raise Error(_pq.PQerrorMessage(self.handle).decode())
        _pq.PQputCopyEnd(self.handle, None)
        result = _pq.PQgetResult(self.handle)
        while result:
            _pq.PQclear(self._check(result, COMMAND_OK))
            result = _pq.PQgetResult(self.handle)
