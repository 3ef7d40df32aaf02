"""What a search asks of the rows: what an index answers, and what has to be examined."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import reduce
from operator import or_
from uuid import UUID

from django.db.models import Case, Exists, OuterRef, Q, QuerySet, Value, When
from django.utils import timezone

from jobs.broker.connection import queue_names
from jobs.domain.periods import Period, start_of
from jobs.domain.query import (
    Argument,
    Condition,
    Created,
    Ids,
    Lasting,
    Named,
    Not,
    Search,
    States,
    parse,
)
from jobs.domain.registry import registry
from jobs.domain.states import ALL, State
from jobs.domain.task_ids import first_id
from jobs.exceptions import PayloadWithheld
from jobs.models import Rollup, Task, TaskTag
from jobs.models.rollup import EACH
from jobs.models.task import TaskQuerySet
from jobs.selectors.durations import lasting
from jobs.selectors.expressions import ArgumentIs
from jobs.selectors.facts import redactor
from jobs.store.dialect import is_postgresql

#: Task types that ran within this time are known, beside those registered here.
RECENT = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which rows are asked for.

    Indexes answer `states`, `queues`, `names`, `tag`, `failure`, the ids from `start` on and before
    `end`, and `ids` and `among`; `examined` is for the rows that they leave. None and "" do not
    narrow, an empty set leaves nothing.
    """

    states: frozenset[State] = ALL
    queues: frozenset[str] | None = None
    names: frozenset[str] | None = None
    tag: str = ""
    failure: str = ""
    start: UUID | None = None
    end: UUID | None = None
    ids: Q = field(default_factory=Q)
    among: frozenset[UUID] | None = None
    examined: Q = field(default_factory=Q)

    @property
    def is_nothing(self) -> bool:
        """Whether no row can fit."""
        return not self.states or self.queues == frozenset() or self.names == frozenset()

    @property
    def is_examined(self) -> bool:
        """Whether no index gives just these rows in order, so that reading must be bounded.

        One that narrows has such an index, two together have none. PostgreSQL's indexes by queue
        and by type leave open tasks out, and the one by state those that succeeded.
        """
        named = [each for each in (self.queues, self.names) if each is not None]
        by_state = self.states != ALL
        if self.examined or any(len(each) > 1 for each in named):
            return True
        if self.failure:
            return bool(named)
        if is_postgresql() and (named or (by_state and State.SUCCESS in self.states)):
            return True
        return len(named) + by_state + bool(self.tag) > 1

    def tag_examined(self) -> "Wanted":
        """The same rows, without the tag's index."""
        return replace(self, tag="", examined=self.examined & _tagged([self.tag]))

    def narrowed(self, conditions: Iterable[Condition]) -> "Wanted":
        """The same with these conditions on top."""
        return reduce(_narrowed, conditions, self)

    def in_order(self, *, floor: UUID | None = None, before: UUID | None = None) -> TaskQuerySet:
        """The rows between the bounds and with the tag, newest first; nothing else is asked yet.

        By primary key, or by that of the tag's own rows. Everything about those rows stands in one
        `filter`, so that it is one join, and bounds the walk along their index.
        """
        column = "tagged__task_id" if self.tag else "pk"
        bounds = self._bounds(column, floor=floor, before=before)
        if self.tag:
            bounds["tagged__tag"] = self.tag
        rows = Task.objects.filter(**bounds).order_by(f"-{column}")
        return rows if self.among is None else rows.among(list(self.among))

    def tagged_in_order(self, *, before: UUID | None = None) -> QuerySet[TaskTag]:
        """The tag's own rows between the bounds, newest first."""
        rows = TaskTag.objects.filter(tag=self.tag, **self._bounds("task_id", before=before))
        return rows.order_by("-task_id")

    def _bounds(
        self, column: str, *, floor: UUID | None = None, before: UUID | None
    ) -> dict[str, object]:
        bounds: dict[str, object] = {}
        if starts := [each for each in (self.start, floor) if each is not None]:
            bounds[f"{column}__gte"] = max(starts)
        if ends := [each for each in (self.end, before) if each is not None]:
            bounds[f"{column}__lt"] = min(ends)
        return bounds

    def of(self, rows: QuerySet[Task]) -> QuerySet[Task]:
        """Those of the rows that fit, in whatever order."""
        rows = rows.filter(_between(self.start, self.end), self.ids, self.examined)
        if self.tag:
            rows = rows.filter(_tagged([self.tag]))
        if self.failure:
            rows = rows.filter(_of_failures([self.failure]))
        if self.states != ALL:
            rows = rows.filter(state__in=sorted(self.states))
        if self.queues is not None:
            rows = rows.filter(queue__in=sorted(self.queues))
        if self.names is not None:
            rows = rows.filter(name__in=sorted(self.names))
        return rows


def search_of(text: str, *, sees_payload: bool, now: datetime | None = None) -> Search:
    """The search that a text spells, for somebody who may see payloads or may not.

    Ages count back from `now`, the present moment unless another is given.

    Raises:
        InvalidSearch: says at which character it goes wrong.
        PayloadWithheld: says at which character it looks into payloads, though it may not.
    """
    search = parse(text, now=now or timezone.now(), queues=queue_names(), hides=redactor().hides)
    if search.payload_at is not None and not sees_payload:
        raise PayloadWithheld(position=search.payload_at)
    return search


def known_names() -> list[str]:
    """The task types that are registered here or ran within `RECENT`, in order."""
    first = start_of(Period.HOUR, timezone.now() - RECENT)
    ran = Rollup.objects.counted(Period.HOUR, since=first, name=EACH)
    return sorted({*registry.names(), *ran.values_list("name", flat=True).distinct()})


def _narrowed(wanted: Wanted, condition: Condition) -> Wanted:
    match condition:
        case States(states):
            return replace(wanted, states=wanted.states & states)
        case Created():
            start, end = _bounds(condition)
            return replace(
                wanted, start=_of_both(max, wanted.start, start), end=_of_both(min, wanted.end, end)
            )
        case Ids():
            return replace(wanted, ids=wanted.ids & _ids(condition))
        case Named():
            return _named(wanted, condition)
        case Not(opposite):
            return replace(wanted, examined=wanted.examined & ~_examined(opposite))
        case _:
            return replace(wanted, examined=wanted.examined & _examined(condition))


def _named(wanted: Wanted, condition: Named) -> Wanted:
    match condition:
        case Named("queue", texts):
            return replace(wanted, queues=_both(wanted.queues, frozenset(texts)))
        case Named("task", texts):
            return replace(wanted, names=_both(wanted.names, _names(texts)))
        case Named("tag", (tag,)) if not wanted.tag:
            return replace(wanted, tag=tag)
        case Named("failure", (fingerprint,)) if not wanted.failure:
            return replace(wanted, failure=fingerprint)
    return replace(wanted, examined=wanted.examined & _examined(condition))


def _examined(condition: Condition) -> Q:
    match condition:
        case Ids():
            return _ids(condition)
        case Created():
            return _between(*_bounds(condition))
        case Argument(keys, texts):
            return Q(ArgumentIs(keys, texts))
        case Lasting():
            return lasting(condition)
        case Named(field, texts):
            return _NAMED[field](texts)
    raise TypeError(f"nothing asks for {condition!r}")


def _in_error(texts: Iterable[str]) -> Q:
    """An error that holds one of the texts, and no secret that a search could feel its way to.

    Secrets are looked for where a text was found, not in every row.
    """
    holds = reduce(or_, (Q(error__icontains=text) for text in texts))
    is_free = Case(When(error__iregex=redactor().wherever, then=Value(False)), default=Value(True))
    return Q(Case(When(holds, then=is_free), default=Value(False)))


def _ids(condition: Ids) -> Q:
    exact = [first for first, last in condition.ranges if first == last]
    beginnings = [pair for pair in condition.ranges if pair[0] != pair[1]]
    return reduce(or_, (Q(pk__range=pair) for pair in beginnings), Q(pk__in=exact))


def _bounds(condition: Created) -> tuple[UUID | None, UUID | None]:
    start, end = condition.start, condition.end
    return (
        None if start is None else first_id(start),
        None if end is None else first_id(end),
    )


def _of_both(
    choose: Callable[[UUID, UUID], UUID], one: UUID | None, other: UUID | None
) -> UUID | None:
    return one or other if one is None or other is None else choose(one, other)


def _between(start: UUID | None, end: UUID | None) -> Q:
    bounds = Q() if start is None else Q(pk__gte=start)
    return bounds if end is None else bounds & Q(pk__lt=end)


def _tagged(tags: Iterable[str]) -> Q:
    return Q(Exists(TaskTag.objects.filter(task=OuterRef("pk"), tag__in=tags)))


def _of_failures(fingerprints: Iterable[str]) -> Q:
    """The last attempt that failed is of one of the groups, and nobody discarded the task."""
    return Q(failure__in=fingerprints, discarded_at=None)


def _names(texts: Iterable[str]) -> frozenset[str]:
    """The known names of which a text is part; what is part of none must be a whole name."""
    known = known_names()
    found: set[str] = set()
    for text in texts:
        matches = [name for name in known if text.casefold() in name.casefold()]
        found.update(matches or [text])
    return frozenset(found)


def _both(one: frozenset[str] | None, other: frozenset[str]) -> frozenset[str]:
    return other if one is None else one & other


#: What each field asks of a row, for the values of which one is meant.
_NAMED: Mapping[str, Callable[[tuple[str, ...]], Q]] = {
    "queue": lambda texts: Q(queue__in=texts),
    "task": lambda texts: Q(name__in=_names(texts)),
    "worker": lambda texts: Q(worker__in=texts),
    "tag": _tagged,
    "failure": _of_failures,
    "error": _in_error,
}
