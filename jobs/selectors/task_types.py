"""How each task type does: volumes and durations of a window, from rollups alone."""

import heapq
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any

from django.db.models import Count, Sum

from jobs.domain.histogram import added, percentile
from jobs.domain.registry import registry
from jobs.models import Rollup, Task
from jobs.selectors.expressions import Unindexed
from jobs.store.dialect import is_postgresql

MINUTE = timedelta(minutes=1)
#: What may be looked at, by the words of addresses.
WINDOWS = MappingProxyType(
    {"1h": timedelta(hours=1), "24h": timedelta(hours=24), "7d": timedelta(days=7)}
)
#: Durations are added up from so many minutes, spread evenly over the window.
SAMPLED_MINUTES = 60
#: And for types that none of those has, from so many of their rows.
MOST_ROWS = 500
#: The slowest are looked for among so many that ended last, and so many are told.
MOST_RECENT = 1000
MOST_SLOWEST = 10
#: Unknown task types that are named.
MOST_UNKNOWN = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Volume:
    """What became of a type's attempts within a window, and how long they waited and ran."""

    name: str
    succeeded: int = 0
    failed: int = 0
    revoked: int = 0
    retried: int = 0
    waits: Sequence[int] = field(default=(), repr=False)
    runs: Sequence[int] = field(default=(), repr=False)

    @property
    def ended(self) -> int:
        """Tasks that are done with."""
        return self.succeeded + self.failed + self.revoked

    @property
    def success_percent(self) -> float | None:
        """Of those that succeeded or failed; None when there are none."""
        judged = self.succeeded + self.failed
        return 100 * self.succeeded / judged if judged else None

    def wait_seconds(self, percent: float) -> float | None:
        """What so many percent of the waits did not exceed."""
        return percentile(self.waits, percent)

    def run_seconds(self, percent: float) -> float | None:
        """What so many percent of the runs did not exceed."""
        return percentile(self.runs, percent)


@dataclass(frozen=True, slots=True)
class Slow:
    """A task that ran for long."""

    task: Task
    run_seconds: float


def volumes(window: timedelta, *, now: datetime, name: str = "") -> list[Volume]:
    """Every registered type, and every other that had anything, by name; or one of them alone."""
    rows = Rollup.objects.filter(minute__gte=now - window).order_by()
    rows = rows.filter(name=name) if name else rows
    sums = {
        each: counts
        for each, *counts in rows.values_list("name").annotate(
            succeeded_sum=Sum("succeeded"),
            failed_sum=Sum("failed"),
            revoked_sum=Sum("revoked"),
            retried_sum=Sum("retried"),
        )
    }
    waits, runs = _histograms(window, now=now, names=sums, name=name)
    names = {name} if name else {*sums, *registry.names()}
    return [
        _volume(each, sums.get(each, [0, 0, 0, 0]), waits.get(each, ()), runs.get(each, ()))
        for each in sorted(names)
    ]


def unknown_types() -> list[tuple[str, int]]:
    """Names under which open tasks wait that no function is registered for, with their number.

    SQLite takes the ids first, from an index with nothing else to read: it would scan all tasks.
    """
    waiting = Task.objects.open().order_by()
    if not is_postgresql():
        waiting = Task.objects.filter(pk__in=waiting.values("pk"))
    unknown = (
        waiting.annotate(type=Unindexed("name"))
        .exclude(type__in=registry.known_names())
        .order_by()
        .values_list("type")
        .annotate(count=Count("pk"))
    )
    return list(unknown[:MOST_UNKNOWN])


def slowest(name: str) -> list[Slow]:
    """The longest runs among the tasks of a type that ended last, the longest first."""
    rows = Task.objects.ended().filter(name=name).newest_first()
    recent = rows.only("name", "state", "started_at", "finished_at")[:MOST_RECENT]
    return heapq.nlargest(MOST_SLOWEST, _ran(recent), key=lambda each: each.run_seconds)


def _ran(tasks: Iterable[Task]) -> Iterator[Slow]:
    for task in tasks:
        if task.started_at is not None and task.finished_at is not None:
            yield Slow(task, max(0.0, (task.finished_at - task.started_at).total_seconds()))


def _volume(name: str, counts: Sequence[int], waits: Sequence[int], runs: Sequence[int]) -> Volume:
    succeeded, failed, revoked, retried = counts
    return Volume(
        name=name,
        succeeded=succeeded,
        failed=failed,
        revoked=revoked,
        retried=retried,
        waits=waits,
        runs=runs,
    )


def _histograms(
    window: timedelta, *, now: datetime, names: Collection[str], name: str
) -> tuple[dict[str, list[int]], dict[str, list[int]]]:
    """The waits and runs of each type, of an even sample where the window is long.

    A week has more minutes than a page may read: 60 of them tell percentiles as well.
    """
    step = window / SAMPLED_MINUTES
    latest = now.replace(second=0, microsecond=0)
    moments = [
        (latest - index * step).replace(second=0, microsecond=0) for index in range(SAMPLED_MINUTES)
    ]
    rows = Rollup.objects.filter(minute__in=moments)
    found = _read(rows.filter(name=name) if name else rows)
    if missed := [each for each in names if each not in found]:
        first = now - window
        found |= _read(Rollup.objects.filter(minute__gte=first, name__in=missed)[:MOST_ROWS])
    waits = {each: added(wait for wait, _ in both) for each, both in found.items()}
    runs = {each: added(run for _, run in both) for each, both in found.items()}
    return waits, runs


def _read(rows: Any) -> dict[str, list[tuple[list[int], list[int]]]]:
    found: dict[str, list[tuple[list[int], list[int]]]] = defaultdict(list)
    for name, waits, runs in rows.values_list("name", "wait_histogram", "run_histogram"):
        found[name].append((waits, runs))
    return found
