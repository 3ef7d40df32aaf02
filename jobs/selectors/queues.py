"""How each queue stands."""

from collections import defaultdict
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import Any

from django.db.models import Min, Sum
from django.utils import timezone

from jobs.broker.connection import queue_names
from jobs.domain.states import State
from jobs.models import Rollup, Task, WorkerLease
from jobs.selectors.stats import open_counts

#: The window of the rates: what ended in the present minute and the one before.
RATE_MINUTES = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueFacts:
    """One queue. Rates are tasks per minute that ended in the last two minutes."""

    name: str
    pending: int
    oldest_waiting_seconds: float | None
    running: int
    scheduled: int
    retrying: int
    succeeded_per_minute: float
    failed_per_minute: float
    workers: int

    def as_dict(self) -> dict[str, Any]:
        """The same as plain types."""
        return asdict(self)


def queues() -> list[QueueFacts]:
    """Every configured queue, the most urgent first."""
    now = timezone.now()
    counts = open_counts()
    oldest = dict(
        Task.objects.filter(state=State.PENDING)
        .order_by()
        .values_list("queue")
        .annotate(oldest=Min("run_after"))
    )
    consumers: dict[str, int] = defaultdict(int)
    for names, renewed_at, seconds in WorkerLease.objects.values_list(
        "queues", "renewed_at", "lease_seconds"
    ):
        for name in names if now - renewed_at <= timedelta(seconds=seconds) else ():
            consumers[name] += 1
    rates = {
        queue: (succeeded, failed)
        for queue, succeeded, failed in Rollup.objects.filter(
            minute__gt=now - timedelta(minutes=RATE_MINUTES)
        )
        .order_by()
        .values_list("queue")
        .annotate(succeeded=Sum("succeeded"), failed=Sum("failed"))
    }
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
            succeeded_per_minute=rates.get(name, (0, 0))[0] / RATE_MINUTES,
            failed_per_minute=rates.get(name, (0, 0))[1] / RATE_MINUTES,
            workers=consumers[name],
        )
        for name in queue_names()
    ]
