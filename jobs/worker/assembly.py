"""A work-horse put together: executors, event loop, feeder."""

import signal
from collections.abc import Callable

from redis import Redis

from jobs.worker.captured_log import capture_logs
from jobs.worker.coroutines import CoroutineLane
from jobs.worker.feeder import Feeder
from jobs.worker.horse import SIGNALS, Horse, PlainJob
from jobs.worker.options import RunLimits, WorkerOptions
from jobs.worker.slots import Slots


def run_horse(
    slots: Slots,
    *,
    client: "Redis",
    worker: str,
    worker_key: str,
    supervisor_pid: int,
    queues: list[str],
    options: WorkerOptions,
    limits: RunLimits,
    run_plain: Callable[[PlainJob], None],
) -> int:
    """Live as a horse in this process, whose signals are blocked; gives the exit status."""
    capture_logs()
    horse = Horse(slots, threads=options.threads, run_plain=run_plain, release_name=options.release)
    lane = CoroutineLane(horse)
    feeder = Feeder(
        horse,
        lane,
        client=client,
        worker=worker,
        worker_key=worker_key,
        supervisor_pid=supervisor_pid,
        queues=queues,
        options=options,
        limits=limits,
    )
    horse.listen()
    signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)
    lane.start()
    feeder.start()
    horse.work()
    feeder.join()
    return feeder.exit_status
