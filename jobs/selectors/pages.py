"""Tasks in pages, newest first, by any mix of filters."""

import heapq
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from typing import Any
from uuid import UUID

from django.db import models
from django.db.models import Q, Value
from django.db.models.functions import Concat

from jobs.domain.query import Search
from jobs.domain.states import ALL, ENDED, OPEN, State
from jobs.domain.task_ids import first_id, moment_of
from jobs.models import Task
from jobs.models.task import TaskQuerySet
from jobs.selectors.facts import LONG_COLUMNS, moment
from jobs.selectors.reach import Reach, reach
from jobs.selectors.search import Wanted
from jobs.store.dialect import is_postgresql

MOST_PER_PAGE = 500


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
    search: Search = field(default_factory=Search)

    def wanted(self) -> Wanted:
        """The rows that fit."""
        plain = Wanted(
            states=self.states or ALL,
            queues=frozenset({self.queue}) if self.queue else None,
            names=frozenset({self.task_type}) if self.task_type else None,
            tag=self.tag,
            start=first_id(self.created_after) if self.created_after else None,
            end=first_id(self.created_before) if self.created_before else None,
            among=self.ids or None,
            examined=Q(worker=self.worker) if self.worker else Q(),
        )
        return plain.narrowed(self.search.conditions)

    @property
    def is_empty(self) -> bool:
        """Whether it is every task."""
        return self == TaskFilter()

    def as_json(self) -> dict[str, Any]:
        """What narrows, in the API's words, as plain types; a search is not among them.

        Raises:
            ValueError: there is a search, without which more tasks would be meant.
        """
        if self.search.conditions:
            raise ValueError("a search cannot be kept for later")
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
    """Some tasks, without their long columns; `cursor` continues after the last of them.

    `searched_to` is set where the page has fewer tasks than it might, because it looked at as many
    as one page may: it looked back to that moment, and `cursor` goes on from there.
    """

    tasks: list[Task]
    cursor: UUID | None
    searched_to: datetime | None = None


def page(asked: TaskFilter, *, limit: int, cursor: UUID | None = None) -> Page:
    """The newest `limit` tasks older than `cursor`.

    A page costs as much as its rows, however deep it lies, and no offset shifts when tasks arrive.
    What no index answers in order costs at most a look at `JOBS["SEARCH_ROWS"]` rows.
    """
    wanted = asked.wanted()
    if wanted.is_nothing:
        return Page([], None)
    bound = reach(wanted, before=cursor) if wanted.is_examined else None
    if bound is not None and wanted.tag and bound.column != "tag":
        wanted = wanted.tag_examined()
    parts = [_rows(wanted, states, before=cursor, bound=bound) for states in _parts(wanted)]
    found = heapq.merge(*(rows[: limit + 1] for rows in parts), key=_id, reverse=True)
    tasks = list(islice(found, limit + 1))
    if len(tasks) > limit:
        return Page(tasks[:limit], tasks[limit - 1].pk)
    if bound is None or bound.floor is None:
        return Page(tasks, None)
    return Page(tasks, bound.floor, moment_of(bound.floor))


def dead_letters(*, limit: int, cursor: UUID | None = None) -> Page:
    """The newest dead letters older than `cursor`, with their long columns."""
    rows = Task.objects.dead_letters().newest_first()
    if cursor is not None:
        rows = rows.filter(pk__lt=cursor)
    tasks = list(rows[: limit + 1])
    more = len(tasks) > limit
    return Page(tasks[:limit], tasks[limit - 1].pk if more else None)


def ids_after(asked: TaskFilter, cursor: UUID | None, *, before: UUID, limit: int) -> list[UUID]:
    """The oldest ids of the filter that are greater than `cursor` and less than `before`."""
    wanted = asked.wanted()
    parts = []
    for states in _parts(wanted):
        rows = _rows(wanted, states, before=before)
        rows = rows if cursor is None else rows.filter(pk__gt=cursor)
        parts.append(rows.reverse().values_list("pk", flat=True)[:limit])
    return list(islice(heapq.merge(*parts), limit))


@dataclass(frozen=True, slots=True)
class Count:
    """How many tasks stand in one state, and how many of them nobody discarded."""

    all: int
    undiscarded: int


def count_by_state(asked: TaskFilter, *, before: UUID | None = None) -> dict[State, Count]:
    """How many tasks of the filter stand in each state: as dear as there are many of them."""
    wanted = asked.wanted()
    found: dict[State, Count] = {}
    for states in _parts(wanted):
        for state, *counts in (
            _rows(wanted, states, before=before)
            .order_by()
            .values_list("state")
            .annotate(all=models.Count("pk"))
            .annotate(undiscarded=models.Count("pk", filter=Q(discarded_at=None)))
        ):
            found[State(state)] = Count(*counts)
    return found


def _rows(
    wanted: Wanted, states: frozenset[State], *, before: UUID | None, bound: Reach | None = None
) -> TaskQuerySet:
    """The tasks of one part, newest first; all states stand for any.

    Databases often walk the longer of two indexes. Every index is hidden but the one that leads to
    a bounded page's rows. SQLite, which counts nothing, is also helped where no bound is needed:
    beside the index of a tag all others are hidden; else the index by state for the one state that
    most rows have, and for other states the indexes by queue and type. From PostgreSQL nothing is
    hidden beside a tag, of which it must know that few rows fit, nor the states: it uses the other
    indexes only where it sees which are meant.
    """
    columns = {"queue": wanted.queues, "name": wanted.names}
    narrowing = {column: sorted(values) for column, values in columns.items() if values is not None}
    if bound is not None or wanted.tag:
        hidden = {"state", *narrowing} - {bound.column if bound is not None else ""}
    elif len(states) == 1 and State.SUCCESS not in states:
        hidden = set(narrowing)
    else:
        hidden = {"state"} if narrowing else set()
    floor = None if bound is None else bound.floor
    rows = wanted.in_order(floor=floor, before=before).defer(*LONG_COLUMNS)
    if states != ALL:
        narrowing["state"] = sorted(states)
    for column, values in narrowing.items():
        if column in hidden and not (is_postgresql() and (wanted.tag or column == "state")):
            name = f"{column}_unindexed"
            rows = rows.alias(**{name: Concat(column, Value(""))})
            column = name
        rows = rows.filter(**{f"{column}__in": values})
    return rows.filter(wanted.ids, wanted.examined)


def _parts(wanted: Wanted) -> list[frozenset[State]]:
    """The states to ask for one query each, so that each has an index that gives it in order.

    PostgreSQL's indexes by queue and by type hold ended tasks only, and are used only where the
    query says so.
    """
    if wanted.tag:
        return [wanted.states]
    if wanted.states != ALL:
        return [frozenset({state}) for state in wanted.states]
    if is_postgresql() and (wanted.queues or wanted.names):
        return [OPEN, ENDED]
    return [ALL]


def _id(task: Task) -> UUID:
    return task.pk
