"""What RQ's own loop does between jobs, done beside a horse that works."""

import time

from rq import worker_registration
from rq.suspension import is_suspended
from rq.worker import Worker
from rq.worker.base import WorkerStatus

from jobs.worker.announcer import Announcer
from jobs.worker.plain import PlainRunner
from jobs.worker.slots import Running, Slots


class RqBeat:
    """Heartbeat, suspension, state and upkeep of registries, as one beat."""

    def __init__(
        self, worker: Worker, *, slots: Slots, announcer: Announcer, plain: PlainRunner
    ) -> None:
        self._worker = worker
        self._slots = slots
        self._announcer = announcer
        self._plain = plain

    def beat(self) -> None:
        """Beat once; a registration that Redis lost is made again. Raises RedisError."""
        worker = self._worker
        known = worker.connection.exists(worker.key)
        suspended = bool(is_suspended(worker.connection, worker))
        self._slots.set_suspended(suspended=suspended)
        if not known:
            with worker.connection.pipeline() as pipe:
                pipe.hset(worker.key, mapping=worker.serialize())
                worker_registration.register(worker, pipe)
                pipe.execute()
            self._announcer.forget()
        running = [self._slots.running(index) for index in range(self._slots.count)]
        worker.set_state(_state(running, suspended=self._slots.is_suspended()))
        began = [slot.began for slot in running if slot is not None and not slot.is_task]
        self._plain.keep_alive(running_seconds=time.monotonic() - began[0] if began else None)
        if worker.should_run_maintenance_tasks:
            worker.run_maintenance_tasks()


def _state(running: list[Running | None], *, suspended: bool) -> WorkerStatus:
    if any(running):
        return WorkerStatus.BUSY
    return WorkerStatus.SUSPENDED if suspended else WorkerStatus.IDLE
