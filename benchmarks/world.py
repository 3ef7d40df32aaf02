"""The servers, the tables and the workers of one run of one measurement."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.support.servers import Servers

ROOT = Path(__file__).resolve().parent.parent
START_SECONDS = 60.0
END_SECONDS = 600.0


@dataclass(frozen=True, slots=True)
class World:
    """What a measurement may ask about, and use."""

    database: str
    count: int
    workers: int
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
def a_world(*, database: str, count: int, workers: int) -> Iterator[World]:
    """Fresh servers and empty tables; Django is set up against them, once for each process."""
    servers = Servers(database)
    servers.start()
    try:
        os.environ["DJANGO_SETTINGS_MODULE"] = "benchmarks.settings"
        import django

        django.setup()
        _prepare_database(servers)
        yield World(database=database, count=count, workers=workers, folder=servers.folder)
    finally:
        from django.db import connections

        connections.close_all()
        servers.stop()


def _prepare_database(servers: Servers) -> None:
    from django.core.management import call_command

    if servers.postgres is not None:
        import psycopg

        with psycopg.connect(
            host="127.0.0.1",
            port=servers.postgres.port,
            user="taskqueue",
            dbname="postgres",
            autocommit=True,
        ) as admin:
            admin.execute("CREATE DATABASE test_taskqueue")
            for setting in (
                "shared_buffers = '256MB'",
                "min_wal_size = '2GB'",
                "max_wal_size = '6GB'",
                "checkpoint_timeout = '15min'",
            ):
                admin.execute(f"ALTER SYSTEM SET {setting}")  # type: ignore[arg-type]
            admin.execute("SELECT pg_reload_conf()")
    call_command("migrate", verbosity=0)


def until(condition: object, *, seconds: float) -> None:
    """Wait for a condition, ten milliseconds at a time; TimeoutError after the deadline."""
    deadline = time.monotonic() + seconds
    while not condition():  # type: ignore[operator]
        if time.monotonic() > deadline:
            raise TimeoutError(f"waited {seconds} s")
        time.sleep(0.01)
