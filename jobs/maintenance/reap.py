"""Find dead workers and rescue what they held."""

import logging
import socket
import time
from dataclasses import dataclass, field

from jobs.domain.processes import started_mark
from jobs.domain.states import State
from jobs.models import Task, WorkerLease
from jobs.services.rescue import rescue

logger = logging.getLogger(__name__)


@dataclass(slots=True)
class Reaper:
    """Watches the leases' beats with its own clock, so that no two clocks need agree.

    A worker is dead when its process is provably gone from this host, or when this watcher itself
    has seen its beat stand still for a whole lease. After an outage of the database, when all
    beats stand still, everybody has a whole lease to beat again.
    """

    _seen: dict[str, tuple[int, int, float]] = field(default_factory=dict)

    def reap(self) -> list[str]:
        """Rescue the tasks of dead workers, remove their leases; gives their names."""
        now = time.monotonic()
        dead = []
        leases = list(WorkerLease.objects.all())
        self._seen = {
            lease.name: self._seen[lease.name] for lease in leases if lease.name in self._seen
        }
        for lease in leases:
            why = self._proof_of_death(lease, now)
            if why is None:
                continue
            # The lease first: its worker, should it live after all, finds it gone and stops its
            # horse, and no other reaper starts on the same rows.
            if WorkerLease.objects.filter(name=lease.name, pid=lease.pid, beat=lease.beat).delete()[
                0
            ]:
                rescued = rescue(
                    worker=lease.name, verdicts=None, detail=why, release_name=lease.release
                )
                logger.warning(
                    "worker %s is dead (%s), %d task(s) rescued", lease.name, why, rescued
                )
                dead.append(lease.name)
        return dead + self._rescue_orphans()

    def _rescue_orphans(self) -> list[str]:
        """Rescue STARTED tasks of workers without a lease: their reaper died before its work.

        A worker has its lease before it claims and until all it held has ended, so the tasks are
        read first: a lease that is missing after that will not come back for them.
        """
        holders = set(
            Task.objects.filter(state=State.STARTED)
            .order_by()
            .values_list("worker", flat=True)
            .distinct()
        )
        orphaned = holders - set(WorkerLease.objects.values_list("name", flat=True))
        for worker in orphaned:
            rescue(worker=worker or "", verdicts=None, detail="its worker has no lease")
        return sorted(worker or "" for worker in orphaned)

    def _proof_of_death(self, lease: WorkerLease, now: float) -> str | None:
        if lease.host == socket.gethostname() and started_mark(lease.pid) != lease.pid_started:
            return f"process {lease.pid} is gone"
        pid, beat, since = self._seen.get(lease.name, (0, -1, now))
        if (pid, beat) != (lease.pid, lease.beat):
            self._seen[lease.name] = (lease.pid, lease.beat, now)
            return None
        if now - since > lease.lease_seconds:
            return f"no heartbeat for {lease.lease_seconds:g} s"
        return None
