"""How many tasks a second one process asks for."""

import sys
import time
from pathlib import Path

from benchmarks import limits
from benchmarks.figures import Reading
from benchmarks.world import World

MEGABYTE = 1024 * 1024


def enqueue(world: World) -> tuple[Reading]:
    """Single `enqueue()` calls a second, in autocommit, row and ticket."""
    from benchmarks.tasks import noop as task_type
    from jobs.services.enqueue import enqueue as service

    service(task_type=task_type)
    began = time.perf_counter()
    for _ in range(world.count):
        service(task_type=task_type)
    rate = world.count / (time.perf_counter() - began)
    return (Reading(rate, {"insert+rpush": limits.insert_and_push(world)}),)


def enqueue_many(world: World) -> tuple[Reading]:
    """Tasks a second by one `enqueue_many()`, rows and tickets."""
    return (Reading(_many(world.count), {"sql-insert": limits.insert_many(world)}),)


def enqueue_million(world: World) -> tuple[Reading, Reading]:
    """The same a million times, and by how many megabytes it makes the process larger meanwhile."""
    before = _start_of_peak()
    rate = _many(world.count)
    growth = (_status_bytes("VmHWM") - before) / MEGABYTE
    ids = world.count * (sys.getsizeof("x" * 36) + 8) / MEGABYTE
    return (
        Reading(rate, {"sql-insert": limits.insert_many(world)}),
        Reading(growth, {"returned-ids": ids}),
    )


def _many(count: int) -> float:
    from benchmarks.tasks import noop as task_type

    began = time.perf_counter()
    task_type.enqueue_many(([], {}) for _ in range(count))
    return count / (time.perf_counter() - began)


def _start_of_peak() -> int:
    """Make the kernel measure this process's peak from now on; its size now, in bytes."""
    Path("/proc/self/clear_refs").write_text("5")
    return _status_bytes("VmRSS")


def _status_bytes(name: str) -> int:
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(f"{name}:"):
            return int(line.split()[1]) * 1024
    raise LookupError(name)
