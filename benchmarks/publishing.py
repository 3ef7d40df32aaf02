"""What live pages cost the web process while rows change as fast as workers can change them."""

import asyncio
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from benchmarks.figures import Reading
from benchmarks.http import Site, a_site
from benchmarks.listeners import Audience, Listener, handshake
from benchmarks.processes import cpu_seconds
from benchmarks.throughput import ended_since_now
from benchmarks.world import END_SECONDS, World, until

#: Open overviews: each has a socket for the numbers and one for the rows.
PAGES = 3
IDLE_SECONDS = 5.0


def publish(world: World) -> tuple[Reading, ...]:
    """% of a core that the web process spends beyond idle while two workers run no-ops.

    With three overviews open, and with nobody watching. Each task is two changes of its row.
    """
    with a_site(processes=1) as site:
        time.sleep(1.0)
        idle = _share_while(site, lambda: time.sleep(IDLE_SECONDS))[0]
        unwatched, rate = _share_while_running(world, site)
        with _watched(site):
            watched, watched_rate = _share_while_running(world, site)
    print(
        f"idle {100 * idle:.2f} %; {rate:,.0f} tasks/s unwatched, {watched_rate:,.0f} watched",
        file=sys.stderr,
    )
    limits = {"idle": _percent(idle)}
    return (
        Reading(_percent(watched - idle), limits),
        Reading(_percent(unwatched - idle), limits),
    )


def _share_while_running(world: World, site: Site) -> tuple[float, float]:
    """Of a core, while workers run as many tasks; and tasks a second."""
    from benchmarks.tasks import noop

    with world.running_workers():
        all_ended = ended_since_now(world.count)
        noop.enqueue_many(([], {}) for _ in range(world.count))
        share, seconds = _share_while(site, lambda: until(all_ended, seconds=END_SECONDS))
    return share, world.count / seconds


def _share_while(site: Site, wait: Callable[[], None]) -> tuple[float, float]:
    """Of a core, and for how many seconds."""
    began, spent = time.perf_counter(), cpu_seconds(site.pid)
    wait()
    seconds = time.perf_counter() - began
    return (cpu_seconds(site.pid) - spent) / seconds, seconds


@contextmanager
def _watched(site: Site) -> Iterator[None]:
    """Pages are open, and have been told the present."""
    audience, loop = Audience(), asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()

    async def open_all() -> None:
        for path in ("/ws/stats", "/ws/feed") * PAGES:
            opened = loop.create_future()
            request = handshake(site.port, path, token=site.token)
            await loop.create_connection(
                lambda request=request, opened=opened: Listener(audience, request, opened),
                "127.0.0.1",
                site.port,
            )
            await opened

    asyncio.run_coroutine_threadsafe(open_all(), loop).result(END_SECONDS)
    until(lambda: audience.beats, seconds=END_SECONDS)
    try:
        yield
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()


def _percent(share: float) -> float:
    return max(100 * share, 0.001)
