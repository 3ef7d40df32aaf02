"""A worker's claim to be alive: one row, renewed by its supervisor."""

import logging
import os
import socket
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from jobs.domain.processes import started_mark, tree_memory_mb
from jobs.domain.workers import Instruction
from jobs.exceptions import TaskQueueError
from jobs.models import Release, WorkerLease
from jobs.services.losses import record_loss
from jobs.services.rescue import held_by, rescue
from jobs.worker.options import WorkerOptions

logger = logging.getLogger(__name__)

#: What people tell a worker by its row.
_INSTRUCTED = ("instruction", "instructed_by", "instructed_reason", "instructed_at")


class WorkerNameTaken(TaskQueueError):
    """Another live worker has this name."""

    code = "worker_name_taken"
    message = (
        "Worker {name} is alive on {host} with pid {pid}: stop it, or start this one with another "
        "--name."
    )


class Lease:
    """The lease of this process."""

    def __init__(self, name: str, *, queues: list[str], options: WorkerOptions) -> None:
        self.name = name
        self._queues = queues
        self._options = options
        self._instructed: Mapping[str, Any] = {}
        """As of the last look: a lease that is acquired anew goes on under it."""

    @property
    def instruction(self) -> Instruction:
        """What this worker was told to do, as of the last `renew`."""
        return Instruction(self._instructed.get("instruction", Instruction.WORK))

    def acquire(self) -> None:
        """Write the row before anything is claimed under it.

        A row of that name whose process is provably gone, or has been silent for its whole lease,
        is taken over, and what it held is rescued first.

        Raises:
            WorkerNameTaken: its process lives.
        """
        with transaction.atomic():
            former = WorkerLease.objects.select_for_update().filter(name=self.name).first()
            if former is not None:
                self._refuse_if_alive(former)
        if former is not None:
            held, why = held_by(self.name), f"pid {former.pid} is gone"
            rescued = rescue(held, verdicts=None, detail=why)
            logger.warning("took over the lease of pid %d, %d task(s)", former.pid, rescued)
            record_loss(former, held, why=why)
            former.delete()
        if self._options.release:
            seen = Release(name=self._options.release)
            Release.objects.bulk_create([seen], ignore_conflicts=True)
        WorkerLease.objects.create(
            name=self.name,
            host=socket.gethostname(),
            pid=os.getpid(),
            pid_started=started_mark(os.getpid()),
            release=self._options.release,
            queues=self._queues,
            concurrency=self._options.threads + self._options.async_slots,
            lease_seconds=self._options.lease_seconds,
            **self._instructed,
        )

    def renew(self, *, succeeded: int, failed: int) -> bool:
        """Beat once, with the present counts, and see what we were told to do.

        False when the row is gone: we were given up.
        """
        ours = WorkerLease.objects.filter(
            name=self.name, pid=os.getpid(), host=socket.gethostname()
        )
        is_held = ours.update(
            beat=F("beat") + 1,
            renewed_at=timezone.now(),
            succeeded_count=succeeded,
            failed_count=failed,
            memory_mb=tree_memory_mb(os.getpid()),
        )
        self._instructed = ours.values(*_INSTRUCTED).first() or self._instructed
        return bool(is_held)

    def regain(self, succeeded: int, failed: int) -> None:
        """Beat, or acquire anew a lease that is gone: a horse may have died of losing it.

        Raises:
            WorkerNameTaken: another process has taken our name meanwhile.
        """
        if not self.renew(succeeded=succeeded, failed=failed):
            self.acquire()

    def release(self) -> None:
        """Go: nothing is held any more."""
        WorkerLease.objects.filter(name=self.name, pid=os.getpid()).delete()

    def _refuse_if_alive(self, former: WorkerLease) -> None:
        if former.host == socket.gethostname():
            alive = former.pid != os.getpid() and started_mark(former.pid) == former.pid_started
        else:
            silence = timezone.now() - former.renewed_at
            alive = silence <= timedelta(seconds=former.lease_seconds)
        if alive:
            raise WorkerNameTaken(name=former.name, host=former.host, pid=former.pid)
