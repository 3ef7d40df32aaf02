"""How much waits on each queue, by a cheap query."""

from collections.abc import Mapping
from dataclasses import dataclass

from jobs.broker.connection import queue_names
from jobs.domain.states import State
from jobs.selectors.pauses import PauseFacts
from jobs.selectors.stats import open_counts


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueLoad:
    """What of a queue matters to those that wait on it."""

    name: str
    pending: int
    paused: PauseFacts | None = None


def loads(paused: Mapping[str, PauseFacts]) -> list[QueueLoad]:
    """Every configured queue, the most urgent first."""
    counts = open_counts()
    return [
        QueueLoad(name=name, pending=counts.get((name, State.PENDING), 0), paused=paused.get(name))
        for name in queue_names()
    ]
