"""What thousands of open sockets cost one web process, and how soon the last of them is told."""

import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from benchmarks.figures import Reading
from benchmarks.http import a_site
from benchmarks.listeners import Heard, handshake, listen
from benchmarks.world import ROOT, START_SECONDS, World, until
from taskqueue_site.up.ports import free_port

BEAT_SECONDS = 2.0
BEATS = 10
#: A rehearsal hears as many.
FEW_BEATS = 2
FEW = 100


def sockets(world: World) -> tuple[Reading, ...]:
    """`/ws/stats` of so many clients: KB and share of a core, ms to the first and to the last.

    The clients are in this process. The worst of the beats counts, and each client must hear each.
    """
    beats = BEATS if world.count > FEW else FEW_BEATS
    with a_site(processes=1, LIVE_CONNECTIONS="1000000", LIVE_BEAT_SECONDS=str(BEAT_SECONDS)) as at:
        request = handshake(at.port, "/ws/stats", token=at.token)
        ours = listen(at.port, request, pid=at.pid, count=world.count, beats=beats)
    with _plain() as (port, pid):
        request = handshake(port, "/")
        bare = listen(port, request, pid=pid, count=world.count, beats=beats)
    return tuple(
        Reading(_least(value), {"plain-sockets": _least(limit)})
        for value, limit in zip(_figures(ours), _figures(bare), strict=True)
    )


def _figures(heard: Heard) -> tuple[float, ...]:
    return heard.kilobytes, heard.core_percent, heard.first_ms, heard.last_ms


def _least(value: float) -> float:
    """What is too small to be seen among a few sockets is not nothing."""
    return max(value, 0.001)


@contextmanager
def _plain() -> Iterator[tuple[int, int]]:
    port = free_port()
    command = [sys.executable, "-m", "benchmarks.plain_sockets", str(port), str(BEAT_SECONDS)]
    process = subprocess.Popen(command, cwd=ROOT)
    try:
        until(lambda: _listens(port), seconds=START_SECONDS)
        yield port, process.pid
    finally:
        process.terminate()
        process.wait(30)


def _listens(port: int) -> bool:
    with socket.socket() as client:
        return client.connect_ex(("127.0.0.1", port)) == 0
