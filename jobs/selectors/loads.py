"""How much waits on each queue, by two cheap queries."""

from dataclasses import dataclass
from datetime import datetime

from jobs.broker.connection import queue_names
from jobs.domain.states import State
from jobs.selectors.pauses import PauseFacts, paused_queues
from jobs.selectors.stats import open_counts


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueLoad:
    """What of a queue matters to those that wait on it."""

    name: str
    pending: int
    paused: PauseFacts | None = None


def loads(*, now: datetime) -> list[QueueLoad]:
    """Every configured queue, the most urgent first."""
    counts, paused = open_counts(), paused_queues(now=now)
    return [
        QueueLoad(name=name, pending=counts.get((name, State.PENDING), 0), paused=paused.get(name))
        for name in queue_names()
    ]
