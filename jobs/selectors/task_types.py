"""How each task type does: volumes and durations of a window, from rollups alone."""

import heapq
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any

from django.db.models import Count

from jobs.domain.histogram import percentile
from jobs.domain.periods import Period, start_of
from jobs.domain.registry import registry
from jobs.models import Rollup, Task
from jobs.models.rollup import EACH
from jobs.selectors.expressions import Unindexed
from jobs.selectors.histograms import as_text, total
from jobs.store.dialect import is_postgresql

#: What may be looked at, by the words of addresses.
WINDOWS = MappingProxyType(
    {"1h": timedelta(hours=1), "24h": timedelta(hours=24), "7d": timedelta(days=7)}
)
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


def window_of(word: str) -> tuple[str, timedelta]:
    """The window of this word, and its word; the shortest where there is none such."""
    known = word if word in WINDOWS else next(iter(WINDOWS))
    return known, WINDOWS[known]


def volumes(
    window: timedelta, *, now: datetime, name: str = "", period: Period | None = None
) -> list[Volume]:
    """Every registered type, and every other that had anything, by name; or one of them alone.

    The window is made of whole periods, and may so be longer by a part of one; without `period`
    by little.
    """
    period = period or (Period.MINUTE if window <= timedelta(hours=1) else Period.HOUR)
    since = start_of(period, now - window)
    rows = Rollup.objects.counted(period, since=since, name=name or EACH)
    counts = ("succeeded", "failed", "revoked", "retried")
    histograms = (as_text("wait_histogram"), as_text("run_histogram"))
    found: dict[str, list[Sequence[Any]]] = defaultdict(list)
    for each, *values in rows.values_list("name", *counts, *histograms):
        found[each].append(values)
    names = {name} if name else {*found, *registry.names()}
    return [_volume(each, found[each]) for each in sorted(names)]


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


def _volume(name: str, rows: Sequence[Sequence[Any]]) -> Volume:
    if not rows:
        return Volume(name=name)
    *counts, waits, runs = zip(*rows, strict=True)
    succeeded, failed, revoked, retried = map(sum, counts)
    return Volume(
        name=name,
        succeeded=succeeded,
        failed=failed,
        revoked=revoked,
        retried=retried,
        waits=total(waits),
        runs=total(runs),
    )
