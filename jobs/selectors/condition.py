"""Whether the queue is well, and if not, why; one sentence a reason."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from jobs.selectors.pauses import PauseFacts
from jobs.selectors.queues import QueueFacts
from jobs.selectors.workers import WorkerFacts

#: A queue whose first task has waited this long falls behind. In steps, so that what is read aloud
#: changes rarely.
LATE = (
    (86_400, "a day"),
    (3600, "an hour"),
    (900, "15 minutes"),
    (300, "5 minutes"),
    (60, "a minute"),
)


@dataclass(frozen=True, slots=True)
class Condition:
    """Healthy when there is no reason not to be."""

    reasons: tuple[str, ...] = ()

    @property
    def status(self) -> str:
        """`healthy` or `degraded`."""
        return "degraded" if self.reasons else "healthy"


def condition(
    queues: Sequence[QueueFacts],
    workers: Sequence[WorkerFacts],
    *,
    redis_fault: str,
    paused_types: Mapping[str, PauseFacts],
) -> Condition:
    """Judge the present numbers."""
    reasons: list[str] = []
    if redis_fault:
        reasons.append("Redis does not answer: new tasks are kept and start once it is back.")
    lost = [worker.name for worker in workers if worker.state == "lost"]
    if lost:
        reasons.append(f"No heartbeat from {_names(lost)}: what they held will be taken over.")
    for queue in queues:
        if queue.paused:
            reasons.append(f"The {queue.name} queue is {_paused(queue.paused)}")
        elif not queue.workers and queue.pending:
            reasons.append(f"No worker serves the {queue.name} queue, where tasks wait.")
        elif late := _late(queue.oldest_waiting_seconds or 0):
            reasons.append(f"The {queue.name} queue falls behind: tasks wait for over {late}.")
    reasons += [f"Task type {name} is {_paused(facts)}" for name, facts in paused_types.items()]
    if not queues or not any(queue.workers for queue in queues):
        reasons.append("No worker is running.")
    return Condition(tuple(reasons))


def _paused(facts: PauseFacts) -> str:
    return f"paused by {facts.by or 'nobody known'}: {facts.reason}"


def _late(seconds: float) -> str:
    return next((words for limit, words in LATE if seconds > limit), "")


def _names(names: Sequence[str]) -> str:
    shown = ", ".join(names[:3])
    return shown if len(names) <= 3 else f"{shown} and {len(names) - 3} more"
