"""Counts per minute, added by the transaction that ends the attempts they count."""

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.db.backends.utils import CursorWrapper

from jobs.domain.histogram import bucket_of
from jobs.domain.outcomes import RESCUED, Ending, Outcome
from jobs.domain.states import State
from jobs.store.claim import Expired
from jobs.store.dialect import array, is_postgresql, text_of

_MINUTE_SECONDS = 60
_COLUMN = {
    State.SUCCESS: "succeeded",
    State.RETRY: "retried",
    State.FAILURE: "failed",
    State.REVOKED: "revoked",
    State.SCHEDULED: "snoozed",
}
_COUNTS = (*_COLUMN.values(), "timed_out", "worker_died")
_SUMS = (*_COUNTS, "wait_seconds", "run_seconds")
_HISTOGRAMS = ("wait_histogram", "run_histogram")
_COLUMNS = (*_SUMS, *_HISTOGRAMS)
_ADDED_POSTGRESQL = """{name} = coalesce((
    SELECT array_agg(coalesce(a, 0) + coalesce(b, 0) ORDER BY place)
      FROM unnest(jobs_rollup.{name}, excluded.{name}) WITH ORDINALITY AS _(a, b, place)
), '{{}}')"""
_ADDED_SQLITE = """{name} = (
    SELECT json_group_array(count) FROM (
        SELECT sum(value) AS count FROM (
            SELECT key, value FROM json_each(jobs_rollup.{name}) UNION ALL
            SELECT key, value FROM json_each(excluded.{name}))
         GROUP BY key ORDER BY key))"""


def _upsert(*, moment: str, histogram: str, added: str) -> str:
    places = ["%s"] * len(_SUMS) + [histogram] * len(_HISTOGRAMS)
    changes = [f"{name} = jobs_rollup.{name} + excluded.{name}" for name in _SUMS]
    changes += [added.format(name=name) for name in _HISTOGRAMS]
    return (
        f"INSERT INTO jobs_rollup (minute, queue, name, {', '.join(_COLUMNS)}) "  # noqa: S608
        f"VALUES ({moment}, %s, %s, {', '.join(places)}) "
        f"ON CONFLICT (minute, queue, name) DO UPDATE SET {', '.join(changes)}"
    )


_POSTGRESQL = _upsert(moment="to_timestamp(%s)", histogram="%s::bigint[]", added=_ADDED_POSTGRESQL)
_SQLITE = _upsert(moment="%s", histogram="%s", added=_ADDED_SQLITE)


@dataclass(slots=True)
class _Line:
    """What one transaction adds to one row."""

    counts: dict[str, int] = field(default_factory=lambda: dict.fromkeys(_COUNTS, 0))
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
        """As `_COLUMNS`."""
        histograms = (_dense(self.waits), _dense(self.runs))
        return [
            *self.counts.values(),
            self.wait_seconds,
            self.run_seconds,
            *map(array if is_postgresql() else json.dumps, histograms),
        ]


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
    for (minute, queue, name), line in sorted(lines.items(), key=lambda item: item[0]):
        if is_postgresql():
            cursor.execute(_POSTGRESQL, [minute, queue, name, *line.values()])
        else:
            cursor.execute(_SQLITE, [text_of(minute), queue, name, *line.values()])


def _dense(counts: dict[int, int]) -> list[int]:
    return [counts.get(place, 0) for place in range(max(counts) + 1)] if counts else []
