"""The run's database, taken away for some seconds in the ways in which databases go away."""

import os
import resource
import signal
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress

import psycopg
from django.conf import settings
from django.db import connection, connections, transaction

from jobs.models import Task
from tests.support.postgresql import PostgresServer, binaries
from tests.support.process_tree import descendants
from tests.support.servers import Servers
from tests.support.workers import Crowd, wake

#: Bytes of one file that a worker on a full disk can still write: its marks, and a little log.
LAST_BYTES = 32 * 1024

Outage = Callable[[Crowd, float], None]


def outages(servers: Servers) -> dict[str, Outage]:
    """By name, the worst last: what takes the run's database from a crowd, for so many seconds."""
    if servers.database == "sqlite":
        return {"locked": _locked, "full": _full}
    if servers.postgres is None:
        return {"cut": _cut}
    server = servers.postgres
    return {
        "cut": _cut,
        "crashed": lambda _, seconds: _crashed(server, seconds),
        "hanging": lambda _, seconds: _hanging(server, seconds),
    }


def _locked(crowd: Crowd, seconds: float) -> None:
    """Somebody holds the lock for writing."""
    name = settings.DATABASES["default"]["NAME"]
    with closing(sqlite3.connect(name, isolation_level=None)) as connection:
        connection.execute("PRAGMA busy_timeout = 10000")
        connection.execute("BEGIN IMMEDIATE")
        time.sleep(seconds)
        connection.execute("ROLLBACK")


def _full(crowd: Crowd, seconds: float) -> None:
    """The workers can write no more: a limit on the size of files meets them as a full disk."""
    _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    _limit_files(crowd, (LAST_BYTES, hard))
    time.sleep(seconds / 2)
    ended = Task.objects.ended().count()
    time.sleep(seconds / 2)
    assert Task.objects.ended().count() == ended, "the disk was not full"
    _limit_files(crowd, (hard, hard))  # horses born meanwhile have inherited the limit


def _limit_files(crowd: Crowd, limit: tuple[int, int]) -> None:
    for worker in crowd.workers:
        for pid in (worker.pid, *descendants(worker.pid)):
            with suppress(ProcessLookupError):
                resource.prlimit(pid, resource.RLIMIT_FSIZE, limit)


def _cut(crowd: Crowd, seconds: float) -> None:
    """Every connection is cut, again and again."""
    connections.close_all()
    until = time.monotonic() + seconds
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as connection:
        while time.monotonic() < until:
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
            time.sleep(0.1)


def _crashed(server: PostgresServer, seconds: float) -> None:
    """The server dies, and comes back to what its log holds."""
    place = binaries()
    assert place is not None
    connections.close_all()
    server.crash()
    time.sleep(seconds)
    server.run(place)


def _hanging(server: PostgresServer, seconds: float) -> None:
    """The server takes connections and questions, and does not answer."""
    connections.close_all()
    stopped: set[int] = set()
    while new := server.processes() - stopped:  # the first may have started one meanwhile
        for pid in new:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGSTOP)
        stopped |= new
    time.sleep(seconds)
    wake(stopped)


@contextmanager
def unreadable() -> Iterator[None]:
    """Nobody can read tasks: their table has another name meanwhile."""
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE jobs_task RENAME TO jobs_task_away")
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE jobs_task_away RENAME TO jobs_task")


@contextmanager
def unanswered() -> Iterator[None]:
    """On PostgreSQL: who asks for tasks waits, as when the database hangs."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("LOCK TABLE jobs_task IN ACCESS EXCLUSIVE MODE")
        yield
