"""How a worker is to work."""

from dataclasses import dataclass, field

from rq.worker.base import DequeueStrategy

from jobs.conf import get_conf

__all__ = ["DequeueStrategy", "RunLimits", "WorkerOptions"]

#: The share of the lease after which a horse whose lease is not renewed is stopped: the rest is
#: the margin between its end and the first moment somebody may take its tasks over.
FENCE_SHARE = 0.8
#: The share after which it leaves by itself, should its supervisor hang.
LEAVE_SHARE = 0.9


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerOptions:
    """Options of one worker tree; what is not given comes from settings.JOBS."""

    threads: int = 1
    """Tasks at once, each in a thread; 1 runs them in the horse's main thread."""
    async_slots: int = 0
    """Coroutine tasks at once, all in one event loop; 0 runs each in a thread's place, alone."""
    dequeue_strategy: DequeueStrategy = DequeueStrategy.DEFAULT
    """From which of several queues the next batch comes."""
    lease_seconds: float = field(default_factory=lambda: get_conf().lease_seconds)
    drain_seconds: float = field(default_factory=lambda: get_conf().drain_seconds)
    stop_grace_seconds: float = field(default_factory=lambda: get_conf().stop_grace_seconds)
    """Between asking a task to stop, or to time out, and killing its process."""
    batch_size: int = field(default_factory=lambda: get_conf().batch_size)
    """The most ids held unstarted."""
    window_seconds: float = field(default_factory=lambda: get_conf().window_seconds)
    """Hold no more than this much expected work."""
    tick_seconds: float = field(default_factory=lambda: get_conf().tick_seconds)
    """The longest an outcome waits for company."""
    max_tasks_per_horse: int = field(default_factory=lambda: get_conf().max_tasks_per_horse)
    """A new horse after so many tasks; 0: never for that."""
    max_memory_mb: int = field(default_factory=lambda: get_conf().max_memory_mb)
    """A new horse when one is larger than so many MiB; 0: never for that."""
    release: str = field(default_factory=lambda: get_conf().release)

    @property
    def executors(self) -> int:
        """How many run something: with several threads, the main thread runs plain RQ jobs."""
        return self.threads if self.threads == 1 else self.threads + 1


@dataclass(frozen=True, slots=True, kw_only=True)
class RunLimits:
    """When a worker goes home by itself; RQ's flags."""

    burst: bool = False
    max_jobs: int | None = None
    max_idle_seconds: float | None = None
