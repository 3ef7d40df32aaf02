"""Makers of rows."""

import time
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from django.utils import timezone

from jobs.broker.connection import queue_names
from jobs.domain.outcomes import Ending, Outcome
from jobs.domain.registry import registry
from jobs.domain.states import Move
from jobs.models import Task
from jobs.services.enqueue import enqueue_many
from jobs.store.claim import Claim
from jobs.store.exchange import Exchanged, exchange


def make_task(**columns: Any) -> Task:
    """A task's row, PENDING on queue default unless told otherwise; its type is `add`."""
    given = {"name": "add", "queue": "default"} | columns
    return Task.objects.create(**given)


def exchanged(
    outcomes: list[Outcome], *tasks: Task | str, worker: str = "w1", name: str = "add"
) -> Exchanged:
    """One exchange of a worker of release r1 that knows one task type."""
    ids = [task if isinstance(task, str) else str(task.pk) for task in tasks]
    return exchange(
        outcomes,
        ids,
        worker=worker,
        release="r1",
        names=[name],
        queues=queue_names(),
        now=time.time(),
    )


def claimed(task: Task, *, worker: str = "w1") -> Claim:
    """The claim of a pending task by a worker."""
    (claim,) = exchanged([], task, worker=worker).claims
    return claim


def outcome_of(claim: Claim, **fields: Any) -> Outcome:
    """A success of a claim, unless the fields say otherwise."""
    now = time.time()
    given: dict[str, Any] = {
        "task_id": claim.task_id,
        "fence": claim.fence,
        "move": Move.SUCCEED,
        "ending": Ending.SUCCEEDED,
        "queued": claim.queued,
        "started": now,
        "finished": now,
        "queue": claim.queue,
        "name": claim.name,
    }
    return Outcome(**given | fields)


def finished(*outcomes: Outcome) -> dict[str, Any]:
    """Write outcomes as a worker's feeder would; gives task id -> new state."""
    return exchanged(list(outcomes)).ended


def reload(task: Task) -> Task:
    """The row as it is now."""
    return Task.objects.get(pk=task.pk)


def ago(seconds: float) -> datetime:
    """The moment that many seconds before now."""
    return timezone.now() - timedelta(seconds=seconds)


def submit_marks(count: int, folder: Path, *, seconds: float) -> list[str]:
    """Enqueue tasks that leave marks in the folder, each for so long; gives their ids."""
    calls = [([], {"directory": str(folder), "seconds": seconds})] * count
    return enqueue_many(task_type=registry.get("tests.mark"), calls=calls)
