"""Failures in groups: which there are, how often each happened of late, and what stands of it."""

import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db.models import F, Q, QuerySet, Sum, Value
from django.db.models.functions import Least

from jobs.domain.fingerprint import SLOT_SECONDS
from jobs.domain.states import State
from jobs.domain.triage import FailureStatus
from jobs.exceptions import FailureNotFound
from jobs.models import Attempt, Failure, FailureChange, FailureCount, Task
from jobs.selectors.facts import moment, redacted
from jobs.store.failed_tasks import Standing, standing

MOST_PER_PAGE = 100
HOURS_PER_DAY = 24
HOURS_PER_WEEK = 7 * HOURS_PER_DAY
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_SLOTS_PER_HOUR = 3600 // SLOT_SECONDS


@dataclass(frozen=True, slots=True, kw_only=True)
class FailureFilter:
    """Which groups; what is empty does not narrow.

    `exception` is part of the class, `assignee` a user's name, `release` that in which a group was
    seen first or last. `seen_after` is what its latest failure must not be older than.
    """

    statuses: frozenset[FailureStatus] = frozenset()
    task_type: str = ""
    exception: str = ""
    assignee: str = ""
    release: str = ""
    seen_after: datetime | None = None

    def of(self, rows: QuerySet[Failure]) -> QuerySet[Failure]:
        """Those of the rows that fit."""
        if self.statuses:
            rows = rows.filter(status__in=sorted(self.statuses))
        if self.task_type:
            rows = rows.filter(name=self.task_type)
        if self.exception:
            rows = rows.filter(exception__icontains=self.exception)
        if self.assignee:
            rows = rows.filter(assignee__username=self.assignee)
        if self.release:
            rows = rows.filter(Q(first_release=self.release) | Q(last_release=self.release))
        if self.seen_after is not None:
            rows = rows.filter(last_seen__gte=self.seen_after)
        return rows


@dataclass(frozen=True, slots=True)
class Frequency:
    """How often a group happened, hour by hour back from now: the first is the hour that ends now.

    Counted in steps of ten minutes: an hour is five to six of them.
    """

    hours: tuple[int, ...]

    @property
    def last_hour(self) -> int:
        """In the last hour."""
        return self.hours[0]

    @property
    def last_day(self) -> int:
        """In the last 24 hours."""
        return sum(self.hours[:HOURS_PER_DAY])

    @property
    def last_week(self) -> int:
        """In the last 7 days."""
        return sum(self.hours)


@dataclass(frozen=True, slots=True)
class Group:
    """A group of failures with its numbers."""

    failure: Failure
    frequency: Frequency
    standing: Standing


@dataclass(frozen=True, slots=True)
class FailurePage:
    """Some groups; `cursor` continues after the last of them."""

    groups: list[Group]
    cursor: str


def page(asked: FailureFilter, *, limit: int, cursor: str = "") -> FailurePage:
    """The groups that failed last, the latest first, after `cursor`.

    A group that fails while somebody reads page after page moves to the front, and may be missed.
    ValueError: the cursor is none.
    """
    rows = asked.of(rows_after(Failure.objects.select_related("assignee"), cursor))
    found = list(rows.order_by("-last_seen", "-fingerprint")[: limit + 1])
    shown = found[:limit]
    return FailurePage(groups_of(shown), cursor_of(shown[-1]) if len(found) > limit else "")


def one(fingerprint: str) -> Group:
    """One group. Raises FailureNotFound."""
    failure = Failure.objects.select_related("assignee").filter(pk=fingerprint).first()
    if failure is None:
        raise FailureNotFound(fingerprint=fingerprint)
    hours = _hours([fingerprint], whole=True)[fingerprint]
    return Group(failure, Frequency(hours), _standing_of(failure, standing([fingerprint])))


def groups_of(failures: Sequence[Failure]) -> list[Group]:
    """The numbers of these groups, in two statements; beyond the last day in one lump."""
    fingerprints = [failure.pk for failure in failures]
    hours, stands = _hours(fingerprints, whole=False), standing(fingerprints)
    return [
        Group(failure, Frequency(hours[failure.pk]), _standing_of(failure, stands))
        for failure in failures
    ]


def cursor_of(failure: Failure) -> str:
    """What continues after this group."""
    return f"{(failure.last_seen - _EPOCH) // _MICROSECOND}-{failure.pk}"


def rows_after(rows: QuerySet[Failure], cursor: str) -> QuerySet[Failure]:
    """Those of the rows that come after the cursor; ValueError when it is none."""
    if not cursor:
        return rows
    microseconds, _, fingerprint = cursor.partition("-")
    try:
        seen = _EPOCH + int(microseconds) * _MICROSECOND
    except OverflowError as error:
        raise ValueError(cursor) from error
    return rows.filter(
        Q(last_seen__lt=seen) | Q(last_seen=seen, fingerprint__lt=fingerprint), last_seen__lte=seen
    )


def latest_attempts(failure: Failure, *, limit: int) -> list[Attempt]:
    """Attempts of the group, the latest first, each of another task: its last failure."""
    ids = list(
        Task.objects.filter(failure=failure.pk, state=State.FAILURE, discarded_at=None)
        .newest_first()
        .values_list("pk", flat=True)[:limit]
    )
    ids = list(dict.fromkeys([failure.last_task, *ids]))
    attempts = Attempt.objects.filter(task__in=ids, fingerprint=failure.pk).order_by("-finished_at")
    latest: dict[Any, Attempt] = {}
    for attempt in attempts.defer("log")[: limit * 10]:
        latest.setdefault(attempt.task_id, attempt)
    return list(latest.values())[:limit]


def history(failure: Failure, *, limit: int) -> list[FailureChange]:
    """What people and the system decided of the group, the latest first."""
    return list(failure.changes.all()[:limit])


def failure_facts(group: Group) -> dict[str, Any]:
    """All of one group, in words that JSON can carry."""
    failure, frequency = group.failure, group.frequency
    return {
        "fingerprint": failure.pk,
        "title": failure.title,
        "task_type": failure.name,
        "exception": failure.exception,
        "frame": failure.frame,
        "message": redacted(failure.message) or None,
        "last_task_id": str(failure.last_task),
        "first_seen": moment(failure.first_seen),
        "last_seen": moment(failure.last_seen),
        "first_release": failure.first_release,
        "last_release": failure.last_release,
        "occurrences": failure.occurrence_count,
        "given_up": failure.given_up_count,
        "occurrences_1h": frequency.last_hour,
        "occurrences_24h": frequency.last_day,
        "occurrences_7d": frequency.last_week,
        "dead_letters": group.standing.dead,
        "retrying": group.standing.retried,
        "status": failure.status,
        "status_at": moment(failure.status_at),
        "assignee": failure.assignee.get_username() if failure.assignee else None,
        "note": failure.note,
    }


def _standing_of(failure: Failure, found: dict[str, Standing]) -> Standing:
    return found.get(failure.pk, Standing(0, 0))


def _hours(fingerprints: Sequence[str], *, whole: bool) -> dict[str, tuple[int, ...]]:
    """Counts per hour back from now; unless `whole`, all before the last day are one."""
    most = HOURS_PER_WEEK if whole else HOURS_PER_DAY + 1
    slot = int(time.time() // SLOT_SECONDS)
    recent = FailureCount.objects.filter(
        fingerprint__in=fingerprints, slot__gt=slot - HOURS_PER_WEEK * _SLOTS_PER_HOUR
    )
    # A clock that is ahead may have counted in a slot to come.
    hours = recent.annotate(
        hour=Least((Value(slot) - F("slot")) / Value(_SLOTS_PER_HOUR), Value(most - 1))
    )
    sums = hours.order_by().values_list("fingerprint", "hour").annotate(sum=Sum("count"))
    found: defaultdict[str, list[int]] = defaultdict(lambda: [0] * most)
    for fingerprint, hour, count in sums:
        found[fingerprint][max(0, hour)] += count
    return defaultdict(lambda: (0,) * most, {each: tuple(hours) for each, hours in found.items()})
