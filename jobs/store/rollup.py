"""Counts per minute, added by the transaction that ends the attempts they count."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.db.backends.utils import CursorWrapper

from jobs.domain.histogram import bucket_of
from jobs.domain.outcomes import RESCUED, Ending, Outcome
from jobs.domain.periods import Period
from jobs.domain.states import State
from jobs.store.claim import Expired
from jobs.store.rollup_rows import COUNTS, add_row

_MINUTE_SECONDS = 60
_COLUMN = {
    State.SUCCESS: "succeeded",
    State.RETRY: "retried",
    State.FAILURE: "failed",
    State.REVOKED: "revoked",
    State.SCHEDULED: "snoozed",
}


@dataclass(slots=True)
class _Line:
    """What one transaction adds to one row."""

    counts: dict[str, int] = field(default_factory=lambda: dict.fromkeys(COUNTS, 0))
    wait_seconds: float = 0.0
    run_seconds: float = 0.0
    waits: dict[int, int] = field(default_factory=dict)
    runs: dict[int, int] = field(default_factory=dict)

    def add(self, outcome: Outcome, state: State) -> None:
        """Count one attempt."""
        self.counts[_COLUMN[state]] += 1
        if outcome.ending is Ending.TIMEOUT:
            self.counts["timed_out"] += 1
        elif outcome.ending in RESCUED:
            self.counts["worker_died"] += 1
        wait = max(0.0, outcome.started - outcome.queued)
        run = max(0.0, outcome.finished - outcome.started)
        self.wait_seconds += wait
        self.run_seconds += run
        place = bucket_of(wait)
        self.waits[place] = self.waits.get(place, 0) + 1
        place = bucket_of(run)
        self.runs[place] = self.runs.get(place, 0) + 1

    def values(self) -> list[Any]:
        """As `COLUMNS`."""
        sums = (*self.counts.values(), self.wait_seconds, self.run_seconds)
        return [*sums, _dense(self.waits), _dense(self.runs)]


#: By minute, queue and task type.
_Lines = dict[tuple[float, str, str], _Line]


def add(
    cursor: CursorWrapper,
    outcomes: Iterable[Outcome],
    states: dict[str, State],
    expired: Iterable[Expired],
    *,
    now: float,
) -> None:
    """Count the outcomes that `states` says were accepted, and the expired tasks.

    The keys are written in order, so that two workers never wait for each other in a ring; and it
    is the transaction's last statement, so that the rows' locks live only through the commit.
    """
    lines: _Lines = {}
    for outcome in outcomes:
        state = states.get(outcome.task_id)
        if state is not None:
            minute = outcome.finished - outcome.finished % _MINUTE_SECONDS
            key = (minute, outcome.queue, outcome.name)
            line = lines.get(key) or lines.setdefault(key, _Line())
            line.add(outcome, state)
    _count_unrun(lines, ((task.queue, task.name) for task in expired), State.REVOKED, now)
    _write(cursor, lines)


def add_unrun(
    cursor: CursorWrapper, tasks: Iterable[tuple[str, str]], state: State, *, now: float
) -> None:
    """Count tasks, by queue and type, that ended in this state without an attempt.

    The transaction's last statement too.
    """
    lines: _Lines = {}
    _count_unrun(lines, tasks, state, now)
    _write(cursor, lines)


def _count_unrun(lines: _Lines, tasks: Iterable[tuple[str, str]], state: State, now: float) -> None:
    minute = now - now % _MINUTE_SECONDS
    for queue, name in tasks:
        lines.setdefault((minute, queue, name), _Line()).counts[_COLUMN[state]] += 1


def _write(cursor: CursorWrapper, lines: _Lines) -> None:
    for key, line in sorted(lines.items(), key=lambda item: item[0]):
        add_row(cursor, Period.LIVE, *key, line.values())


def _dense(counts: dict[int, int]) -> list[int]:
    return [counts.get(place, 0) for place in range(max(counts) + 1)] if counts else []
