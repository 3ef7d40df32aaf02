"""The whole queue in a few numbers, and whether it is well."""

from collections import Counter
from dataclasses import dataclass

from django.utils import timezone

from jobs.broker.connection import redis_fault
from jobs.selectors.condition import Condition, condition
from jobs.selectors.pauses import paused_at
from jobs.selectors.queues import facts_of, oldest_waiting
from jobs.selectors.stats import Stats, open_counts, stats_of
from jobs.selectors.workers import workers


@dataclass(frozen=True, slots=True)
class Overview:
    """Both, as of one moment."""

    stats: Stats
    condition: Condition


def overview(*, most_failed: int) -> Overview:
    """Read it, each thing once; the failed are counted up to one more than `most_failed`."""
    now, counts, found = timezone.now(), open_counts(), workers(most_tasks=0)
    paused = paused_at(now)
    queues = facts_of(
        now=now,
        counts=counts,
        oldest=oldest_waiting(paused),
        consumers=Counter(name for each in found if each.is_serving for name in each.queues),
        submitted={},
        ended={},
        paused=paused.queues,
    )
    online = sum(each.state != "lost" for each in found)
    return Overview(
        stats_of(counts, workers_online=online, most_failed=most_failed),
        condition(queues, found, redis_fault=redis_fault(), paused_types=paused.types),
    )
