"""Long tasks made visible to RQ's tools, at no cost to short ones.

The supervisor looks once a second at what runs; a task that began half a second ago or more is
announced in RQ's registry of started jobs and as the worker's current job, in one pipeline.
"""

import time
from uuid import UUID

from redis import Redis

from jobs.broker.started import ANNOUNCED_SECONDS, Announced, announce, withdraw
from jobs.broker.tickets import task_id_of, ticket
from jobs.domain.states import State
from jobs.models import Task
from jobs.worker.slots import Slots

LONG_SECONDS = 0.5
#: Well before an announcement expires it is made again.
RENEW_SECONDS = ANNOUNCED_SECONDS / 10


class Announcer:
    """What one supervisor has told RQ of its tasks."""

    def __init__(self, slots: Slots, *, client: "Redis", worker: str, worker_key: str) -> None:
        self._slots = slots
        self._client = client
        self._worker = worker
        self._worker_key = worker_key
        self._told: dict[tuple[str, int], Announced] = {}
        self._current: str | None = None
        self._renew_at = 0.0

    def look(self) -> None:
        """Announce what runs for long, withdraw what ended. Raises RedisError, django.db.Error."""
        now = time.monotonic()
        running = [
            slot
            for index in range(self._slots.count)
            if (slot := self._slots.running(index)) is not None
        ]
        long = {
            (slot.task_id, slot.fence)
            for slot in running
            if slot.is_task and now - slot.began >= LONG_SECONDS
        }
        renewing = now >= self._renew_at
        new = [key for key in long if renewing or key not in self._told]
        gone = [key for key in self._told if key not in long]
        if new or gone:
            self._tell(_rows(new), gone)
        if renewing:
            self._renew_at = now + RENEW_SECONDS
        if all(slot.is_task for slot in running):
            self._name_current()
        else:
            self._current = None  # the field belongs to the plain job that runs

    def forget(self) -> None:
        """Redis came back empty: announce all again."""
        self._told.clear()
        self._current = None
        self._renew_at = 0.0

    def withdraw_all(self) -> None:
        """The horse is gone: nothing runs. Raises RedisError."""
        if self._told:
            self._tell([], list(self._told))
        self._name_current()

    def _tell(self, new: list[Announced], gone: list[tuple[str, int]]) -> None:
        pipe = self._client.pipeline(transaction=False)
        announce(pipe, new, worker=self._worker)
        withdraw(pipe, [(self._told[key].queue, *key) for key in gone])
        if len(pipe):
            pipe.execute()
        for key in gone:
            del self._told[key]
        self._told |= {(task.task_id, task.fence): task for task in new}

    def _name_current(self) -> None:
        """RQ knows one current job: ours is the one that runs longest."""
        longest = min(self._told.values(), key=lambda task: task.started_at, default=None)
        current = None if longest is None else ticket(longest.task_id)
        if current == self._current:
            return
        if current is not None:
            self._client.hset(self._worker_key, "current_job", current)
        else:
            told = self._client.hget(self._worker_key, "current_job")
            if isinstance(told, bytes) and task_id_of(told.decode(errors="replace")):
                self._client.hdel(self._worker_key, "current_job")
        self._current = current


def _rows(keys: list[tuple[str, int]]) -> list[Announced]:
    """What the rows say of these; one whose task has moved on since is left out."""
    if not keys:
        return []
    rows = Task.objects.filter(
        pk__in=[UUID(task_id) for task_id, _ in keys],
        state=State.STARTED,
    ).values_list("pk", "fence", "queue", "name", "started_at")
    return [
        Announced(task_id=str(pk), fence=fence, queue=queue, name=name, started_at=started_at)
        for pk, fence, queue, name, started_at in rows
        if started_at is not None and (str(pk), fence) in keys
    ]
