"""What ended over a stretch of time, step by step, as charts draw it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from jobs.domain.histogram import added, percentile
from jobs.domain.spans import Span
from jobs.models import Release, Rollup
from jobs.selectors.histograms import as_text, total

_COUNTS = ("succeeded", "failed", "revoked", "retried", "snoozed", "worker_died", "timed_out")


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """What became of the attempts that ended within a step, and how long they waited and ran."""

    at: datetime
    """When it begins."""
    seconds: float
    """How long it lasts."""
    percent: float
    """So many percent of the waits and runs did not exceed `wait_seconds` and `run_seconds`."""
    succeeded: int = 0
    failed: int = 0
    revoked: int = 0
    retried: int = 0
    """Retried or snoozed: their tasks go on."""
    rescued: int = 0
    """Of these, whose worker died."""
    timed_out: int = 0
    """Of these, that exceeded their time limit."""
    waits: Sequence[int] = field(default=(), repr=False)
    runs: Sequence[int] = field(default=(), repr=False)

    @property
    def wait_seconds(self) -> float | None:
        """None where nothing ended."""
        return percentile(self.waits, self.percent)

    @property
    def run_seconds(self) -> float | None:
        """None where nothing ended."""
        return percentile(self.runs, self.percent)


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """A span's points, the oldest first and the present one last, none left out."""

    span: Span
    points: list[Point]
    totals: Point
    """The same of the whole span."""
    releases: list[Release]
    """Those that were first seen within it, the oldest first."""


def chart(
    span: Span, *, now: datetime, percent: float = 95.0, queue: str = "", name: str = ""
) -> Chart:
    """What ended within a span, of all queues and types or of one.

    Raises:
        ValueError: `percent` is not from 0 to 100.
    """
    starts = span.starts(now)
    first = starts[0]
    found: list[list[Sequence[Any]]] = [[] for _ in starts]
    rows = Rollup.objects.counted(span.period, since=first, queue=queue, name=name)
    told = rows.values_list("at", *_COUNTS, as_text("wait_histogram"), as_text("run_histogram"))
    for at, *values in told:
        found[min((at - first) // span.step, len(found) - 1)].append(values)
    points = [_point(at, span.step, percent, rows) for at, rows in zip(starts, found, strict=True)]
    return Chart(
        span=span,
        points=points,
        totals=_total(points),
        releases=list(Release.objects.filter(first_seen_at__gte=first)),
    )


def _point(at: datetime, step: timedelta, percent: float, rows: Sequence[Sequence[Any]]) -> Point:
    if not rows:
        return Point(at=at, seconds=step.total_seconds(), percent=percent)
    *counts, waits, runs = zip(*rows, strict=True)
    succeeded, failed, revoked, retried, snoozed, rescued, timed_out = map(sum, counts)
    return Point(
        at=at,
        seconds=step.total_seconds(),
        percent=percent,
        succeeded=succeeded,
        failed=failed,
        revoked=revoked,
        retried=retried + snoozed,
        rescued=rescued,
        timed_out=timed_out,
        waits=total(waits),
        runs=total(runs),
    )


def _total(points: Sequence[Point]) -> Point:
    return Point(
        at=points[0].at,
        seconds=sum(point.seconds for point in points),
        percent=points[0].percent,
        succeeded=sum(point.succeeded for point in points),
        failed=sum(point.failed for point in points),
        revoked=sum(point.revoked for point in points),
        retried=sum(point.retried for point in points),
        rescued=sum(point.rescued for point in points),
        timed_out=sum(point.timed_out for point in points),
        waits=added(point.waits for point in points),
        runs=added(point.runs for point in points),
    )
