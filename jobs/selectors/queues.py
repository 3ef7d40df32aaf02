"""How each queue stands."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Min, Sum
from django.utils import timezone

from jobs.broker.connection import queue_names
from jobs.domain.periods import MINUTE, Period, floor
from jobs.domain.states import State
from jobs.domain.task_ids import first_id
from jobs.domain.workers import Instruction
from jobs.models import Rollup, Task, WorkerLease
from jobs.models.rollup import EACH
from jobs.selectors.expressions import Unindexed
from jobs.selectors.pauses import Paused, PauseFacts, paused_at
from jobs.selectors.stats import open_counts
from jobs.store.arrivals import arrivals

#: The window of the rates: what ended in the present minute and the one before.
RATE_MINUTES = 2
#: Arrivals are counted over this time, or over the newest `MOST_ARRIVALS` tasks when that is less.
ARRIVAL_SECONDS = 60.0
MOST_ARRIVALS = 5000
#: Succeeded, failed, revoked.
Ended = tuple[int, int, int]
NONE: Ended = (0, 0, 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueFacts:
    """One queue. Rates are tasks per minute: those that ended in the last two minutes."""

    name: str
    pending: int
    oldest_waiting_seconds: float | None
    """Of those that may run: none of a paused type."""
    running: int
    scheduled: int
    retrying: int
    succeeded_per_minute: float
    failed_per_minute: float
    workers: int
    """Those that take its tasks: not the quiet, not the lost."""
    submitted_per_minute: float = 0.0
    """Of the last minute, or of the newest 5,000 tasks when there were more."""
    ended_per_minute: float = 0.0
    """Succeeded, failed for good and stopped together."""
    paused: PauseFacts | None = None

    @property
    def drain_seconds(self) -> float | None:
        """How long what waits would last at these rates; None where it does not grow less."""
        if not self.pending:
            return 0.0
        net = self.ended_per_minute - self.submitted_per_minute
        return None if self.paused or net <= 0 else round(60 * self.pending / net, 1)

    def as_dict(self) -> dict[str, Any]:
        """The same as plain types."""
        facts = asdict(self) | {"drain_seconds": self.drain_seconds}
        return facts | {"paused": self.paused.as_dict() if self.paused else None}


def queues(
    counts: Mapping[tuple[str, State], int] | None = None, paused: Paused | None = None
) -> list[QueueFacts]:
    """Every configured queue, the most urgent first; arguments for who has read them already."""
    now = timezone.now()
    paused = paused_at(now) if paused is None else paused
    return facts_of(
        now=now,
        counts=open_counts() if counts is None else counts,
        oldest=oldest_waiting(paused),
        consumers=consumers(now),
        submitted=submitted_per_minute(now),
        ended=_ended(now),
        paused=paused.queues,
    )


def facts_of(
    *,
    now: datetime,
    counts: Mapping[tuple[str, State], int],
    oldest: Mapping[str, datetime],
    consumers: Mapping[str, int],
    submitted: Mapping[str, float],
    ended: Mapping[str, Ended],
    paused: Mapping[str, PauseFacts],
) -> list[QueueFacts]:
    """The same, for who has read it already; `ended` is that of the last `RATE_MINUTES`."""
    return [
        QueueFacts(
            name=name,
            pending=counts.get((name, State.PENDING), 0),
            oldest_waiting_seconds=(
                round(max(0.0, (now - oldest[name]).total_seconds()), 1) if name in oldest else None
            ),
            running=counts.get((name, State.STARTED), 0),
            scheduled=counts.get((name, State.SCHEDULED), 0),
            retrying=counts.get((name, State.RETRY), 0),
            succeeded_per_minute=ended.get(name, NONE)[0] / RATE_MINUTES,
            failed_per_minute=ended.get(name, NONE)[1] / RATE_MINUTES,
            workers=consumers.get(name, 0),
            submitted_per_minute=submitted.get(name, 0.0),
            ended_per_minute=sum(ended.get(name, NONE)) / RATE_MINUTES,
            paused=paused.get(name),
        )
        for name in queue_names()
    ]


def oldest_waiting(paused: Paused) -> dict[str, datetime]:
    """Since when the first task of each queue waits that may run; none of a paused type may."""
    pending = Task.objects.filter(state=State.PENDING).order_by()
    if paused.types:
        pending = pending.exclude(name__in=paused.names)
    return dict(pending.values_list(Unindexed("queue")).annotate(oldest=Min("run_after")))


def consumers(now: datetime) -> Mapping[str, int]:
    """How many workers take the tasks of each queue."""
    found: dict[str, int] = defaultdict(int)
    serving = WorkerLease.objects.filter(instruction=Instruction.WORK)
    for names, renewed_at, seconds in serving.values_list("queues", "renewed_at", "lease_seconds"):
        for name in names if now - renewed_at <= timedelta(seconds=seconds) else ():
            found[name] += 1
    return found


def _ended(now: datetime) -> dict[str, Ended]:
    first = floor(now, MINUTE) - (RATE_MINUTES - 1) * MINUTE
    latest = Rollup.objects.counted(Period.MINUTE, since=first, queue=EACH)
    rows = latest.values_list("queue").annotate(
        succeeded=Sum("succeeded"), failed=Sum("failed"), revoked=Sum("revoked")
    )
    return {queue: (succeeded, failed, revoked) for queue, succeeded, failed, revoked in rows}


def submitted_per_minute(now: datetime) -> Mapping[str, float]:
    """How fast tasks come to each queue."""
    since = first_id(now - timedelta(seconds=ARRIVAL_SECONDS))
    counts, oldest = arrivals(since=str(since), most=MOST_ARRIVALS)
    seconds = ARRIVAL_SECONDS
    if oldest is not None and sum(counts.values()) >= MOST_ARRIVALS:
        seconds = min(seconds, max(1.0, now.timestamp() - oldest))
    return {queue: round(60 * count / seconds, 1) for queue, count in counts.items()}
