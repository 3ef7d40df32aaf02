"""Tasks in pages, newest first, by any mix of filters."""

import heapq
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from operator import itemgetter
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
from jobs.selectors.reach import Reach, in_state, reach
from jobs.selectors.search import Wanted, search_of
from jobs.store.dialect import is_postgresql

MOST_PER_PAGE = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskFilter:
    """Which tasks; what is empty does not narrow.

    `created_after` counts from that millisecond on, `created_before` up to but without it: the id
    carries the time of creation in milliseconds. `discarded` narrows dead letters.
    """

    states: frozenset[State] = frozenset()
    queue: str = ""
    task_type: str = ""
    worker: str = ""
    tag: str = ""
    failure: str = ""
    created_after: datetime | None = None
    created_before: datetime | None = None
    discarded: bool | None = None
    ids: frozenset[UUID] = frozenset()
    search: Search = field(default_factory=Search)

    def wanted(self) -> Wanted:
        """The rows that fit."""
        examined = Q(worker=self.worker) if self.worker else Q()
        if self.discarded is not None:
            examined &= Q(discarded_at__isnull=not self.discarded)
        plain = Wanted(
            states=self.states or ALL,
            queues=frozenset({self.queue}) if self.queue else None,
            names=frozenset({self.task_type}) if self.task_type else None,
            tag=self.tag,
            failure=self.failure,
            start=first_id(self.created_after) if self.created_after else None,
            end=first_id(self.created_before) if self.created_before else None,
            among=self.ids or None,
            examined=examined,
        )
        wanted = plain.narrowed(self.search.conditions)
        # Of the two, the group of failures is the narrower.
        return wanted.tag_examined() if wanted.tag and wanted.failure else wanted

    @property
    def is_empty(self) -> bool:
        """Whether it is every task."""
        return self == TaskFilter()

    def as_json(self) -> dict[str, Any]:
        """What narrows, in the API's words, as plain types; a search as it was spelled."""
        words = {
            "status": ",".join(sorted(self.states)),
            "queue": self.queue,
            "task_type": self.task_type,
            "worker": self.worker,
            "tag": self.tag,
            "failure": self.failure,
            "created_after": moment(self.created_after),
            "created_before": moment(self.created_before),
            "ids": sorted(map(str, self.ids)),
            "search": self.search.text,
        }
        told = {word: value for word, value in words.items() if value}
        return told if self.discarded is None else told | {"discarded": self.discarded}

    @classmethod
    def of_json(cls, given: Mapping[str, Any], *, now: datetime | None = None) -> "TaskFilter":
        """The filter that `as_json` told of at the moment `now`, from which its ages count back.

        Whether somebody may search for payloads was asked when the search was made.

        Raises:
            InvalidSearch: what was allowed then is no longer.
        """
        words = dict(given)
        states = filter(None, words.pop("status", "").split(","))
        for bound in {"created_after", "created_before"} & words.keys():
            words[bound] = datetime.fromisoformat(words[bound])
        if search := words.pop("search", ""):
            words["search"] = search_of(search, sees_payload=True, now=now)
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
    parts, bound = _newest(asked, cursor)
    found = heapq.merge(*(rows[: limit + 1] for rows in parts), key=_id, reverse=True)
    tasks = list(islice(found, limit + 1))
    if len(tasks) > limit:
        return Page(tasks[:limit], tasks[limit - 1].pk)
    if bound is None or bound.floor is None:
        return Page(tasks, None)
    return Page(tasks, bound.floor, moment_of(bound.floor))


def _newest(asked: TaskFilter, cursor: UUID | None) -> tuple[list[TaskQuerySet], Reach | None]:
    """The tasks older than `cursor`, in parts that are each the newest first, and their bound."""
    wanted = asked.wanted()
    if wanted.is_nothing:
        return [], None
    bound = reach(wanted, before=cursor) if wanted.is_examined else None
    if bound is not None and wanted.tag and bound.column != "tag":
        wanted = wanted.tag_examined()
    return [_rows(wanted, states, before=cursor, bound=bound) for states in _parts(wanted)], bound


@dataclass(frozen=True, slots=True)
class Survey:
    """The newest tasks of a filter: how many in each state, discarded or not; `newest` of them.

    `is_all` tells whether there are no others.
    """

    shares: Mapping[tuple[State, bool], int]
    newest: list[UUID]
    is_all: bool

    @property
    def count(self) -> int:
        """All of these."""
        return sum(self.shares.values())


def survey(asked: TaskFilter, *, most: int, sample: int) -> Survey:
    """Look at the newest `most` tasks of a filter, as far back as one page may look for them."""
    parts, bound = _newest(asked, None)
    rows = (part.values_list("pk", "state", "discarded_at")[: most + 1] for part in parts)
    found = list(islice(heapq.merge(*rows, key=itemgetter(0), reverse=True), most + 1))
    return Survey(
        Counter((State(state), discarded is not None) for _, state, discarded in found[:most]),
        [pk for pk, _, _ in found[:sample]],
        len(found) <= most and (bound is None or bound.floor is None),
    )


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
    # Of a group of failures none is discarded: not to ask lets its index answer alone.
    undiscarded = Q() if wanted.failure else Q(discarded_at=None)
    for states in _parts(wanted):
        for state, *counts in (
            _rows(wanted, states, before=before)
            .order_by()
            .values_list("state")
            .annotate(all=models.Count("pk"))
            .annotate(undiscarded=models.Count("pk", filter=undiscarded or None))
        ):
            found[State(state)] = Count(*counts)
    return found


def _rows(
    wanted: Wanted, states: frozenset[State], *, before: UUID | None, bound: Reach | None = None
) -> TaskQuerySet:
    """The tasks of one part, newest first; all states stand for any."""
    failures = {wanted.failure} if wanted.failure else None
    columns = {"queue": wanted.queues, "name": wanted.names, "failure": failures}
    narrowing = {column: sorted(values) for column, values in columns.items() if values is not None}
    hidden = _hidden(set(narrowing), wanted, states, bound)
    floor = None if bound is None else bound.floor
    rows = wanted.in_order(floor=floor, before=before).defer(*LONG_COLUMNS)
    if wanted.failure:
        rows = rows.filter(discarded_at=None)
    if wanted.failure and len(states) == 1:
        (state,) = states
        rows = in_state(rows, state)
    elif states != ALL:
        narrowing["state"] = sorted(states)
    for column, values in narrowing.items():
        if column in hidden and not (is_postgresql() and (wanted.tag or column == "state")):
            name = f"{column}_unindexed"
            rows = rows.alias(**{name: Concat(column, Value(""))})
            column = name
        rows = rows.filter(**{f"{column}__in": values})
    return rows.filter(wanted.ids, wanted.examined)


def _hidden(
    narrowing: set[str], wanted: Wanted, states: frozenset[State], bound: Reach | None
) -> set[str]:
    """The columns whose indexes are not to be walked.

    Databases often walk the longer of two indexes. Every index is hidden but the one that leads to
    a bounded page's rows, and that of a group of failures, whose entries also tell the state.
    SQLite, which counts nothing, is also helped where no bound is needed: beside the index of a tag
    all others are hidden; else the index by state for the one state that most rows have, and for
    other states the indexes by queue and type. From PostgreSQL nothing is hidden beside a tag, of
    which it must know that few rows fit, nor the states: it uses the other indexes only where it
    sees which are meant.
    """
    leads = bound.column if bound is not None else "failure" if wanted.failure else ""
    if leads == "failure":
        return narrowing - {leads}
    if bound is not None or wanted.tag:
        return {"state", *narrowing} - {leads}
    if len(states) == 1 and State.SUCCESS not in states:
        return narrowing
    return {"state"} if narrowing else set()


def _parts(wanted: Wanted) -> list[frozenset[State]]:
    """The states to ask for one query each, so that each has an index that gives it in order.

    PostgreSQL's indexes by queue and by type hold ended tasks only, and are used only where the
    query says so.
    """
    if wanted.tag:
        return [wanted.states]
    if wanted.states != ALL or wanted.failure:
        return [frozenset({state}) for state in wanted.states]
    if is_postgresql() and (wanted.queues or wanted.names):
        return [OPEN, ENDED]
    return [ALL]


def _id(task: Task) -> UUID:
    return task.pk
