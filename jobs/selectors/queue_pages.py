"""What the pages about queues show, by as few reads as it takes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone

from jobs.broker.connection import queue_names
from jobs.domain.states import State
from jobs.models import QueuePause, Task
from jobs.selectors.expressions import Unindexed
from jobs.selectors.facts import LONG_COLUMNS
from jobs.selectors.pauses import MOST_PAUSES, Paused, paused_at
from jobs.selectors.queues import (
    RATE_MINUTES,
    Ended,
    QueueFacts,
    consumers,
    facts_of,
    oldest_waiting,
    submitted_per_minute,
)
from jobs.selectors.series import Minute, ended_by_minute
from jobs.selectors.stats import open_counts

#: How far back the line of a queue in the list goes, and the chart of its own page.
LINE_MINUTES = 15
CHART_MINUTES = 60
#: Tasks that a queue's page lists of those that wait, and of those that run.
MOST_TASKS = 25


@dataclass(frozen=True, slots=True)
class QueueLine:
    """One queue and its last minutes."""

    facts: QueueFacts
    minutes: Sequence[Minute]


@dataclass(frozen=True, slots=True, kw_only=True)
class QueuePage:
    """One queue with what waits and runs: the first of each, and its latest pauses."""

    facts: QueueFacts
    minutes: Sequence[Minute]
    waiting: Sequence[Task]
    running: Sequence[Task]
    pauses: Sequence[QueuePause]


def queue_lines() -> list[QueueLine]:
    """Every queue, the most urgent first."""
    now = timezone.now()
    series, paused = ended_by_minute(minutes=LINE_MINUTES, now=now), paused_at(now)
    found = facts_of(
        now=now,
        counts=open_counts(),
        oldest=oldest_waiting(paused),
        consumers=consumers(now),
        submitted=submitted_per_minute(now),
        ended=_latest(series),
        paused=paused.queues,
    )
    return [QueueLine(facts, series.get(facts.name, ())) for facts in found]


def queue_page(name: str) -> QueuePage | None:
    """One queue; None when there is none of this name."""
    if name not in queue_names():
        return None
    now = timezone.now()
    series = ended_by_minute(minutes=CHART_MINUTES, now=now, queue=name)
    rows = Task.objects.defer(*LONG_COLUMNS)
    waiting = list(rows.pending().on_queue(name).order_by("run_after")[:MOST_TASKS])
    pauses, paused = list(QueuePause.objects.filter(queue=name)[:MOST_PAUSES]), paused_at(now)
    found = facts_of(
        now=now,
        counts=open_counts(),
        oldest=_oldest(waiting, paused),
        consumers=consumers(now),
        submitted=submitted_per_minute(now),
        ended=_latest(series),
        paused=paused.queues,
    )
    facts = next(each for each in found if each.name == name)
    running = rows.filter(state=State.STARTED).alias(lane=Unindexed("queue")).filter(lane=name)
    return QueuePage(
        facts=facts,
        minutes=series.get(name, ()),
        waiting=waiting,
        running=list(running.order_by("started_at")[:MOST_TASKS]),
        pauses=pauses,
    )


def _oldest(waiting: Sequence[Task], paused: Paused) -> dict[str, datetime]:
    """Since when the first task waits that may run; asks only where another stands before it."""
    if waiting and waiting[0].name in paused.names:
        return oldest_waiting(paused)
    return {task.queue: task.run_after for task in waiting[:1]}


def _latest(series: Mapping[str, Sequence[Minute]]) -> dict[str, Ended]:
    return {
        queue: (
            sum(each.succeeded for each in minutes[-RATE_MINUTES:]),
            sum(each.failed for each in minutes[-RATE_MINUTES:]),
            sum(each.revoked for each in minutes[-RATE_MINUTES:]),
        )
        for queue, minutes in series.items()
    }
