"""The servers, the tables and the workers of one run of one measurement."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.support.postgresql import PostgresServer
from tests.support.servers import Servers

ROOT = Path(__file__).resolve().parent.parent
START_SECONDS = 60.0
END_SECONDS = 300.0


@dataclass(frozen=True, slots=True)
class World:
    """What a measurement may ask about, and use."""

    database: str
    count: int
    """Tasks of a run."""
    workers: int
    history: int
    """Ended tasks that a loaded table holds."""
    folder: Path

    @contextmanager
    def running_workers(
        self, *flags: str, queues: tuple[str, ...] = ("default",)
    ) -> Iterator[None]:
        """`workers` worker trees that are ready, stopped at the end."""
        from jobs.models import WorkerLease

        command = [sys.executable, "manage.py", "rqworker", "default", "-v", "0", *flags]
        processes = [subprocess.Popen(command, cwd=ROOT) for _ in range(self.workers)]
        try:
            until(
                lambda: (
                    WorkerLease.objects.filter(beat__gt=0).count() == self.workers
                    and all(process.poll() is None for process in processes)
                ),
                seconds=START_SECONDS,
            )
            yield
        finally:
            for process in processes:
                process.terminate()
            for process in processes:
                process.wait(30)


@contextmanager
def a_world(*, database: str, count: int, workers: int, history: int) -> Iterator[World]:
    """Fresh servers and empty tables; Django is set up against them, once for each process."""
    for name in ("TEST_REDIS_URL", "TEST_DATABASE_URL"):
        os.environ.pop(name, None)  # a measurement shares its servers with nobody
    servers = Servers(database, as_in_production=True)
    try:
        servers.start()
        os.environ["DJANGO_SETTINGS_MODULE"] = "benchmarks.settings"
        import django
        from django.core.management import call_command

        django.setup()
        if servers.postgres is not None:
            tune(servers.postgres)
            create_database(servers.postgres, "test_taskqueue")
        call_command("migrate", verbosity=0)
        yield World(
            database=database,
            count=count,
            workers=workers,
            history=history,
            folder=servers.folder,
        )
    finally:
        from django.db import connections

        connections.close_all()
        servers.stop()


def tune(postgres: PostgresServer) -> None:
    """Give the server what any production server has: room for its cache and its log."""
    for setting in (
        "min_wal_size = '2GB'",
        "max_wal_size = '6GB'",
        "checkpoint_timeout = '15min'",
    ):
        _administer(postgres, f"ALTER SYSTEM SET {setting}")
    _administer(postgres, "SELECT pg_reload_conf()")


def create_database(postgres: PostgresServer, name: str) -> None:
    """An empty database, in place of the one of that name."""
    _administer(postgres, f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
    _administer(postgres, f"CREATE DATABASE {name}")


def _administer(postgres: PostgresServer, statement: str) -> None:
    import psycopg

    address = f"postgresql://taskqueue@127.0.0.1:{postgres.port}/postgres"
    with psycopg.connect(address, autocommit=True) as admin:
        admin.execute(statement)  # type: ignore[arg-type]


def until(condition: Callable[[], object], *, seconds: float) -> None:
    """Wait for a condition, ten milliseconds at a time; TimeoutError after the deadline."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError(f"waited {seconds} s")
        time.sleep(0.01)
