"""The task that runs here, as its own function sees it."""

import math
from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from jobs.compat import AnyTaskResult
from jobs.domain.payload import clean_text
from jobs.domain.registry import registry
from jobs.exceptions import NotInTask

MAX_MESSAGE_CHARACTERS = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class RunningTask:
    """What `takes_context=True` hands to the function, and `current_task()` gives.

    `attempt` counts the tries of this life from 1. `report` and `should_stop` are the worker's.
    """

    task_id: str
    name: str
    attempt: int
    max_retries: int
    report: Callable[[dict[str, Any]], None]
    should_stop: Callable[[], bool]

    @property
    def stop_requested(self) -> bool:
        """Whether the task should come to an end: it was cancelled, or its worker must go."""
        return self.should_stop()

    def progress(self, current: float, total: float | None = None, message: str = "") -> None:
        """Tell how far the task is; shown live, never waits for the database.

        Raises:
            ValueError: `current` or `total` is not a finite number, or `total` is not above 0.
        """
        if not math.isfinite(current):
            raise ValueError(f"current is {current!r}: it must be a finite number")
        if total is not None and not (math.isfinite(total) and total > 0):
            raise ValueError(f"total is {total!r}: it must be a finite number above 0")
        share = None if total is None else min(max(current / total, 0.0), 1.0)
        self.report(
            {
                "current": current,
                "total": total,
                "percent": None if share is None else round(100 * share, 1),
                "message": clean_text(message)[:MAX_MESSAGE_CHARACTERS],
            }
        )

    @property
    def task_result(self) -> AnyTaskResult:
        """Django's view of this task, read from its row: what Django's own context offers."""
        return registry.get(self.name).get_result(self.task_id)


_current: ContextVar[RunningTask] = ContextVar("jobs_current_task")


def current_task() -> RunningTask:
    """The task that runs here.

    Seen in coroutines and in threads that asyncio or asgiref start for them, not in threads that
    the task starts by itself.

    Raises:
        NotInTask: none does.
    """
    try:
        return _current.get()
    except LookupError:
        raise NotInTask from None


class running:  # noqa: N801 - a context manager, written out: a generator's would cost each task 2 us
    """Make this the current task inside the block."""

    __slots__ = ("_task", "_token")

    def __init__(self, task: RunningTask) -> None:
        self._task = task

    def __enter__(self) -> RunningTask:
        self._token = _current.set(self._task)
        return self._task

    def __exit__(self, *_: object) -> None:
        _current.reset(self._token)
