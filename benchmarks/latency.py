"""How soon an idle worker begins."""

import statistics
import time
from pathlib import Path

from benchmarks import limits
from benchmarks.figures import Reading
from benchmarks.world import World, until


def latency(world: World) -> tuple[Reading, Reading]:
    """Milliseconds from the enqueue call to the function's first line: median and 99th percentile.

    One task at a time, so each finds idle workers.
    """
    waits, bells = _waits(world), limits.bell(world)
    return (
        Reading(statistics.median(waits), {"rpush-blpop": statistics.median(bells)}),
        Reading(_p99(waits), {"rpush-blpop": _p99(bells)}),
    )


def _p99(milliseconds: list[float]) -> float:
    return statistics.quantiles(milliseconds, n=100, method="inclusive")[98]


def _waits(world: World) -> list[float]:
    from benchmarks.tasks import stamp
    from jobs.services.enqueue import enqueue as service

    folder = world.folder / "stamps"
    folder.mkdir()
    with world.running_workers():
        for number in range(world.count):
            enqueued = time.time()
            service(task_type=stamp, kwargs={"folder": str(folder), "enqueued": enqueued})
            until((Path(folder) / f"{enqueued:.6f}").exists, seconds=10)
            limits.pause(number)
        return [1000 * float(path.read_text()) for path in folder.iterdir()]
