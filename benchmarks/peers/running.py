"""One run of one queue: enqueue everything, start its workers, wait until all has run."""

import os
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from redis import Redis

from benchmarks.peers import marks
from benchmarks.peers.catalogue import Peer, words
from benchmarks.world import ROOT, create_database
from taskqueue_site.up.redis_server import RedisServer
from tests.support.postgresql import PostgresServer

RUN_SECONDS = 300.0
STOP_SECONDS = 20.0


class Failed(Exception):
    """A queue did not do the work; the message says which step, and what it printed last."""


class Rates(NamedTuple):
    """Calls a second: enqueued one by one, and run from the first to the last."""

    enqueue: float
    noop: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """The servers that all queues of a comparison use in turn."""

    folder: Path
    redis: RedisServer
    postgres: PostgresServer | None

    def cleared(self, peer: Peer) -> Mapping[str, str]:
        """Empty what a queue is about to use; the environment that tells where it is."""
        with Redis.from_url(self.redis.url) as client:
            client.flushall()
        (self.folder / "marks").unlink(missing_ok=True)
        for path in self.folder.glob("peer.sqlite3*"):
            path.unlink()
        url = f"sqlite:///{self.folder}/peer.sqlite3"
        if peer.database == "postgresql":
            if self.postgres is None:
                raise Failed("it needs PostgreSQL")
            create_database(self.postgres, "peer")
            url = f"postgresql://taskqueue@127.0.0.1:{self.postgres.port}/peer"
        return {
            **{name: value for name, value in os.environ.items() if not name.startswith("DJANGO")},
            "ENV_FILE": os.devnull,
            "DATA_DIR": str(self.folder),
            "REDIS_URL": self.redis.url,
            "RQ_REDIS_URL": self.redis.url,
            "DATABASE_URL": url,
            "PYTHONPATH": str(ROOT),
            marks.FILE: str(self.folder / "marks"),
            **({"DJANGO_SETTINGS_MODULE": peer.settings} if peer.settings else {}),
        }


def run(peer: Peer, python: Path, ground: Ground, *, count: int) -> Rates:
    """The rates of one run of `count` calls.

    Raises:
        Failed: a step ended badly, or not all calls had run after `RUN_SECONDS`.
    """
    environment = ground.cleared(peer)
    singles = min(peer.singles, count - 1)
    command = [str(python), "-m", "benchmarks.peers.drive", peer.app, str(count), str(singles)]
    done = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    told = [line for line in done.stdout.splitlines() if line.startswith("SECONDS ")]
    if done.returncode or not told:
        raise Failed(f"enqueue: {_last_line(done.stderr)}")
    path = ground.folder / "marks"
    with _workers(peer, python, environment, ground.folder / "log") as processes:
        deadline = time.monotonic() + RUN_SECONDS
        while (ran := marks.count(path)) < count:
            log = (ground.folder / "log").read_text(errors="replace")
            if any(process.poll() is not None for process in processes):
                raise Failed(f"a worker ended: {_last_line(log)}")
            if time.monotonic() > deadline:
                raise Failed(f"{ran} of {count} ran in {RUN_SECONDS:g} s: {_last_line(log)}")
            time.sleep(0.05)
    return Rates(singles / float(told[-1].split()[1]), count / marks.span_seconds(path))


@contextmanager
def _workers(
    peer: Peer, python: Path, environment: Mapping[str, str], log: Path
) -> Iterator[list["subprocess.Popen[bytes]"]]:
    with log.open("wb") as output:
        processes = [
            subprocess.Popen(
                words(peer, python), cwd=ROOT, env=environment, stdout=output, stderr=output
            )
            for _ in range(peer.processes)
        ]
    try:
        yield processes
    finally:
        for process in processes:
            process.terminate()
        for process in processes:
            try:
                process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _last_line(text: str) -> str:
    return (text.strip().splitlines() or ["it said nothing"])[-1]
