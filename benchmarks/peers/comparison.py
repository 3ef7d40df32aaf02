"""All queues side by side: run in turn on the same servers, and ours over theirs."""

import argparse
import shutil
import statistics
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from benchmarks.peers.catalogue import OWN_PYTHON, PEERS, Peer, ours
from benchmarks.peers.running import Failed, Ground, Rates, run
from benchmarks.world import ROOT, tune
from taskqueue_site.up.ports import free_port
from taskqueue_site.up.redis_server import RedisServer
from tests.support.postgresql import PostgresServer, why_not

DEFAULT_PYTHON = ROOT / "var" / "bench-venv" / "bin" / "python"


def compared(
    options: argparse.Namespace,
    databases: Sequence[str],
    *,
    machine: str,
    failures: list[str],
) -> list[Mapping[str, Any]]:
    """The rows of the comparison; a queue that is missing is told in a line and left out.

    The runs interleave (every queue once, then every queue again), so that an hour's other load
    falls on all of them.
    """
    python: Path = options.peers_python
    here = [(ours(database), OWN_PYTHON) for database in databases]
    for peer in PEERS:
        if reason := missing(peer, python):
            print(f"{peer.name}: not measured: {reason}")
        else:
            here.append((peer, python))
    found: dict[Peer, list[Rates]] = {peer: [] for peer, _ in here}
    with a_ground() as ground:
        for _ in range(options.runs):
            for peer, its_python in here:
                try:
                    rates = run(peer, its_python, ground, count=options.count or peer.count)
                except Failed as error:
                    failures.append(f"{_place(peer)} failed: {error}")
                else:
                    found[peer].append(rates)
    return rows(found, machine=machine)


def rows(found: Mapping[Peer, Sequence[Rates]], *, machine: str) -> list[Mapping[str, Any]]:
    """Two rows for each queue that ran: its rates, and what ours is of them on each database."""
    made = []
    for name in Rates._fields:
        medians = {
            peer: statistics.median(getattr(rates, name) for rates in runs)
            for peer, runs in found.items()
            if runs
        }
        own = {peer.database: value for peer, value in medians.items() if peer.module == "jobs"}
        for peer, value in medians.items():
            values = [round(getattr(rates, name), 2) for rates in found[peer]]
            made.append(
                {
                    "name": f"peers-{name}",
                    "database": peer.database,
                    "value": round(value, 2),
                    "unit": "tasks/s",
                    "runs": values,
                    "spread": [min(values), max(values)],
                    "limit": None,
                    "ratio_to_limit": None,
                    "peer": peer.name,
                    "ours_over_theirs": {
                        database: round(rate / value, 2) for database, rate in own.items()
                    },
                    "machine": machine,
                }
            )
    return made


def missing(peer: Peer, python: Path) -> str:
    """Why this queue cannot be measured here; empty when it can."""
    if peer.database == "postgresql" and (reason := why_not()):
        return reason
    if not python.exists():
        return f"no {python}; `make bench ARGS=--peers` makes it"
    # -P: a folder of that name where we are is not the package
    ask = [str(python), "-P", "-c", f"import {peer.module}"]
    if subprocess.run(ask, capture_output=True, check=False).returncode:
        return f"{peer.module} is not installed for {python}"
    return ""


@contextmanager
def a_ground() -> Iterator[Ground]:
    """Servers of our own for one comparison."""
    folder = Path(tempfile.mkdtemp(prefix="taskqueue-peers-"))
    redis = RedisServer(folder / "redis", port=free_port(), persistent=False)
    postgres = None if why_not() else PostgresServer(as_in_production=True)
    try:
        redis.start()
        if postgres is not None:
            postgres.start()
            tune(postgres)
        yield Ground(folder=folder, redis=redis, postgres=postgres)
    finally:
        redis.stop()
        if postgres is not None:
            postgres.stop()
        shutil.rmtree(folder, ignore_errors=True)


def _place(peer: Peer) -> str:
    return f"{peer.name} ({peer.database})" if peer.database else peer.name
