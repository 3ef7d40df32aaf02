"""The few numbers that tell how the whole queue stands."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

from django.db.models import Count, Sum

from jobs.broker.connection import queue_names
from jobs.domain.periods import Period
from jobs.domain.states import OPEN, State
from jobs.models import Rollup, Task
from jobs.selectors.expressions import Unindexed
from jobs.selectors.workers import online_count

#: Pages and sockets count the failed no further; the API and the metrics count them all.
MOST_FAILED = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Stats:
    """Counts at one moment. `queued` is per queue; the totals of ended tasks come from rollups."""

    queued: dict[str, int]
    scheduled: int
    blocked: int
    retrying: int
    active_tasks: int
    failed_tasks: int
    """In the dead-letter queue now."""
    success_tasks: int
    """Ever succeeded."""
    workers_online: int

    def as_fields(self) -> dict[str, int]:
        """The documented seven: `queued_<queue>`, active, failed, success, workers_online."""
        return {f"queued_{name}": count for name, count in self.queued.items()} | {
            "active_tasks": self.active_tasks,
            "failed_tasks": self.failed_tasks,
            "success_tasks": self.success_tasks,
            "workers_online": self.workers_online,
        }


def open_counts() -> dict[tuple[str, State], int]:
    """How many tasks stand in each (queue, state) that is not an end."""
    rows = (
        Task.objects.filter(state__in=[state.value for state in OPEN])
        .order_by()
        .values_list(Unindexed("queue"), "state")
        .annotate(count=Count("pk"))
    )
    return {(queue, State(state)): count for queue, state, count in rows}


def stats(*, most_failed: int | None = None) -> Stats:
    """Read the present numbers; the failed are counted up to one more than `most_failed`."""
    return stats_of(open_counts(), workers_online=online_count(), most_failed=most_failed)


def stats_of(
    counts: Mapping[tuple[str, State], int],
    *,
    workers_online: int,
    most_failed: int | None = None,
) -> Stats:
    """The same, for who has read these already."""
    failed = Task.objects.dead_letters().order_by()
    if most_failed is not None:
        failed = failed[: most_failed + 1]
    succeeded = Rollup.objects.counted(Period.EVER).aggregate(total=Sum("succeeded"))
    by_state: dict[State, int] = defaultdict(int)
    for (_, state), count in counts.items():
        by_state[state] += count
    return Stats(
        queued={name: counts.get((name, State.PENDING), 0) for name in queue_names()},
        scheduled=by_state[State.SCHEDULED],
        blocked=by_state[State.BLOCKED],
        retrying=by_state[State.RETRY],
        active_tasks=by_state[State.STARTED],
        failed_tasks=failed.count(),
        success_tasks=succeeded["total"] or 0,
        workers_online=workers_online,
    )
