"""Tasks in pages, newest first, by any mix of filters."""

import heapq
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any
from uuid import UUID

from django.db import models
from django.db.models import Q, Value
from django.db.models.functions import Concat

from jobs.domain.states import ENDED, OPEN, State
from jobs.models import Task
from jobs.models.task import TaskQuerySet
from jobs.selectors.facts import LONG_COLUMNS, moment
from jobs.store.dialect import is_postgresql

MOST_PER_PAGE = 500
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
#: The bits of a UUIDv7 below its milliseconds.
_LOW_BITS = 80
_ALL = OPEN | ENDED


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskFilter:
    """Which tasks; what is empty does not narrow.

    `created_after` counts from that millisecond on, `created_before` up to but without it: the id
    carries the time of creation in milliseconds.
    """

    states: frozenset[State] = frozenset()
    queue: str = ""
    task_type: str = ""
    worker: str = ""
    tag: str = ""
    created_after: datetime | None = None
    created_before: datetime | None = None
    ids: frozenset[UUID] = frozenset()

    @property
    def is_empty(self) -> bool:
        """Whether it is every task."""
        return self == TaskFilter()

    def as_json(self) -> dict[str, Any]:
        """What narrows, in the API's words, as plain types."""
        words = {
            "status": ",".join(sorted(self.states)),
            "queue": self.queue,
            "task_type": self.task_type,
            "worker": self.worker,
            "tag": self.tag,
            "created_after": moment(self.created_after),
            "created_before": moment(self.created_before),
            "ids": sorted(map(str, self.ids)),
        }
        return {word: value for word, value in words.items() if value}

    @classmethod
    def of_json(cls, given: Mapping[str, Any]) -> "TaskFilter":
        """The filter that `as_json` told."""
        words = dict(given)
        states = filter(None, words.pop("status", "").split(","))
        for bound in {"created_after", "created_before"} & words.keys():
            words[bound] = datetime.fromisoformat(words[bound])
        return cls(
            **words
            | {
                "states": frozenset(map(State, states)),
                "ids": frozenset(map(UUID, words.get("ids", ()))),
            }
        )


@dataclass(frozen=True, slots=True)
class Page:
    """Some tasks, without their long columns; `cursor` continues after the last of them."""

    tasks: list[Task]
    cursor: UUID | None


def page(wanted: TaskFilter, *, limit: int, cursor: UUID | None = None) -> Page:
    """The newest `limit` tasks older than `cursor`.

    A page costs as much as its rows, however deep it lies, and no offset shifts when tasks arrive.
    """
    parts = [_rows(wanted, states, cursor) for states in _parts(wanted)]
    found = heapq.merge(*(rows[: limit + 1] for rows in parts), key=_id, reverse=True)
    tasks = list(islice(found, limit + 1))
    more = len(tasks) > limit
    return Page(tasks[:limit], tasks[limit - 1].pk if more else None)


def dead_letters(*, limit: int, cursor: UUID | None = None) -> Page:
    """The newest dead letters older than `cursor`, with their long columns."""
    rows = Task.objects.dead_letters().newest_first()
    if cursor is not None:
        rows = rows.filter(pk__lt=cursor)
    tasks = list(rows[: limit + 1])
    more = len(tasks) > limit
    return Page(tasks[:limit], tasks[limit - 1].pk if more else None)


def ids_after(wanted: TaskFilter, cursor: UUID | None, *, before: UUID, limit: int) -> list[UUID]:
    """The oldest ids of the filter that are greater than `cursor` and less than `before`."""
    parts = []
    for states in _parts(wanted):
        rows = _rows(wanted, states, before)
        rows = rows if cursor is None else rows.filter(pk__gt=cursor)
        parts.append(rows.reverse().values_list("pk", flat=True)[:limit])
    return list(islice(heapq.merge(*parts), limit))


@dataclass(frozen=True, slots=True)
class Count:
    """How many tasks stand in one state, and how many of them nobody discarded."""

    all: int
    undiscarded: int


def count_by_state(wanted: TaskFilter, *, before: UUID | None = None) -> dict[State, Count]:
    """How many tasks of the filter stand in each state: as dear as there are many of them."""
    found: dict[State, Count] = {}
    for states in _parts(wanted):
        for state, *counts in (
            _rows(wanted, states, before)
            .order_by()
            .values_list("state")
            .annotate(all=models.Count("pk"))
            .annotate(undiscarded=models.Count("pk", filter=Q(discarded_at=None)))
        ):
            found[State(state)] = Count(*counts)
    return found


def _rows(wanted: TaskFilter, states: frozenset[State], cursor: UUID | None) -> TaskQuerySet:
    """The tasks of one part, newest first; no states stand for all.

    SQLite, which counts nothing, often walks the longer of two indexes. Where one is known to be
    long, it is hidden: the index by state for the one state that most rows have, and for other
    states the indexes by queue and type; and all of them beside that of a tag.
    """
    rows = _in_order(wanted, cursor).defer(*LONG_COLUMNS)
    by_tag = bool(wanted.tag)
    by_state = len(states) == 1 and State.SUCCESS not in states
    for column, value in (("queue", wanted.queue), ("name", wanted.task_type)):
        if value:
            rows = _where(rows, column, [value], hidden=by_tag or by_state)
    if states:
        narrowed = bool(wanted.queue or wanted.task_type)
        hidden = by_tag or (narrowed and not by_state)
        rows = _where(rows, "state", sorted(states), hidden=hidden)
    if wanted.worker:
        rows = rows.filter(worker=wanted.worker)
    if wanted.ids:
        rows = rows.among(list(wanted.ids))
    return rows


def _in_order(wanted: TaskFilter, cursor: UUID | None) -> TaskQuerySet:
    """Between the bounds, newest first: by primary key, or by that of the tag's own rows.

    Everything about those rows stands in one `filter`, so that it is one join, and bounds the walk
    along their index.
    """
    column = "tagged__task_id" if wanted.tag else "pk"
    bounds: dict[str, object] = {"tagged__tag": wanted.tag} if wanted.tag else {}
    if wanted.created_after is not None:
        bounds[f"{column}__gte"] = first_id(wanted.created_after)
    before = [first_id(wanted.created_before)] if wanted.created_before is not None else []
    before += [cursor] if cursor is not None else []
    if before:
        bounds[f"{column}__lt"] = min(before)
    return Task.objects.filter(**bounds).order_by(f"-{column}")


def _where(rows: TaskQuerySet, column: str, values: list[str], *, hidden: bool) -> TaskQuerySet:
    if hidden and not is_postgresql():
        name = f"{column}_unindexed"
        return rows.alias(**{name: Concat(column, Value(""))}).filter(**{f"{name}__in": values})
    return rows.filter(**{f"{column}__in": values})


def _parts(wanted: TaskFilter) -> list[frozenset[State]]:
    """The states to ask for one query each, so that each has an index that gives it in order.

    PostgreSQL's indexes by queue and by type hold ended tasks only, and are used only where the
    query says so.
    """
    if wanted.tag:
        return [wanted.states]
    if wanted.states and wanted.states != _ALL:
        return [frozenset({state}) for state in wanted.states]
    if is_postgresql() and (wanted.queue or wanted.task_type):
        return [OPEN, ENDED]
    return [frozenset()]


def first_id(moment: datetime) -> UUID:
    """The smallest UUIDv7 of a moment's millisecond."""
    milliseconds = (moment - _EPOCH) // timedelta(milliseconds=1)
    return UUID(int=max(0, milliseconds) << _LOW_BITS)


def _id(task: Task) -> UUID:
    return task.pk
