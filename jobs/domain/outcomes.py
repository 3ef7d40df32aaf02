"""How an attempt ends: what a task may raise to steer it, and the value that records it."""

import math
from dataclasses import dataclass
from enum import StrEnum

from jobs.domain.fingerprint import FailureGroup
from jobs.domain.states import Move

#: The longest wait a task may ask for: a year.
LONGEST_WAIT_SECONDS = 366 * 24 * 3600.0


class Retry(Exception):
    """Raised by a task: try me again, after `delay_seconds` or the type's own back-off."""

    def __init__(self, reason: str = "", *, delay_seconds: float | None = None) -> None:
        if delay_seconds is not None:
            _check_wait("Retry(delay_seconds=…)", delay_seconds)
        self.delay_seconds = delay_seconds
        super().__init__(reason)


class Snooze(Exception):
    """Raised by a task: not now; run me again after `seconds`, without spending a try."""

    def __init__(self, seconds: float, reason: str = "") -> None:
        _check_wait("Snooze(seconds)", seconds)
        self.seconds = seconds
        super().__init__(reason)


def _check_wait(what: str, seconds: float) -> None:
    if not (math.isfinite(seconds) and 0 <= seconds <= LONGEST_WAIT_SECONDS):
        raise ValueError(
            f"{what} is {seconds!r}: it must be a number from 0 to {LONGEST_WAIT_SECONDS:.0f}"
        )


class Discard(Exception):
    """Raised by a task: give up at once, whatever tries are left."""


class TaskTimeout(Exception):
    """Raised inside a task that has run longer than its `timeout_seconds`."""


class TaskStopped(BaseException):
    """Raised inside a running task that somebody cancelled."""


class Ending(StrEnum):
    """How one attempt ended, as the attempt's row tells it."""

    SUCCEEDED = "succeeded"
    """The function returned."""
    FAILED = "failed"
    """The function raised, or its result could not be stored."""
    TIMEOUT = "timeout"
    """It ran longer than `timeout_seconds`, and was stopped."""
    CRASHED = "crashed"
    """The process it ran in died."""
    LOST = "lost"
    """Its worker fell silent, or was found dead by others."""
    CANCELLED = "cancelled"
    """Somebody cancelled it while it ran."""
    SNOOZED = "snoozed"
    """It asked to be run later."""


#: These ended by the task's own doing, and spend a try.
TRIED = frozenset({Ending.SUCCEEDED, Ending.FAILED, Ending.TIMEOUT})
#: These ended with the worker's death, and are counted apart.
RESCUED = frozenset({Ending.CRASHED, Ending.LOST})


def ending_of(error: BaseException) -> Ending:
    """How an attempt ended whose function raised."""
    match error:
        case TaskTimeout():
            return Ending.TIMEOUT
        case TaskStopped():
            return Ending.CANCELLED
        case Snooze():
            return Ending.SNOOZED
        case _:
            return Ending.FAILED


@dataclass(slots=True)
class Outcome:
    """An attempt that has ended, and the move its task makes because of it.

    Times are seconds since the epoch. `result` is JSON text, `None` for no result. `run_after`
    is when the task may run again, `0.0` when it has ended. `log` is what was captured while it
    ran. `failure` is the group that a failed attempt counts in. `is_written` says that the task's
    own transaction has recorded it already.
    """

    task_id: str
    fence: int
    move: Move
    ending: Ending
    queued: float
    started: float
    finished: float
    queue: str
    name: str
    run_after: float = 0.0
    result: str | None = None
    exception: str = ""
    error: str = ""
    traceback: str = ""
    log: str = ""
    failure: FailureGroup | None = None
    is_written: bool = False
