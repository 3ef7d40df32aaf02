"""Find dead workers and rescue what they held."""

import logging
import socket
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from django.db import transaction

from jobs.domain.processes import started_mark
from jobs.domain.states import State
from jobs.models import Task, WorkerLease
from jobs.services.losses import record_loss
from jobs.services.rescue import held_by, rescue

logger = logging.getLogger(__name__)

#: Between two looks no more than this counts as watched: a reaper that was away itself (stopped, or
#: cut off from the database) has not seen anybody stand still.
MOST_WATCHED_SECONDS = 2.0


@dataclass(slots=True)
class Reaper:
    """Watches the leases' beats with its own clock, so that no two clocks need agree.

    A worker is dead when its process is provably gone from this host, or when this watcher itself
    has seen its beat stand still for a whole lease. An outage of the database, when all beats
    stand still and nobody can look, does not count.
    """

    _seen: dict[str, "_Watched"] = field(default_factory=dict)
    _looked_at: float = field(default_factory=time.monotonic)

    def reap(self) -> list[str]:
        """Rescue the tasks of dead workers, remove their leases; gives their names."""
        dead = []
        passed = min(time.monotonic() - self._looked_at, MOST_WATCHED_SECONDS)
        leases = list(WorkerLease.objects.all())
        self._looked_at = time.monotonic()
        self._seen = {
            lease.name: self._seen[lease.name] for lease in leases if lease.name in self._seen
        }
        for lease in leases:
            why = self._proof_of_death(lease, passed)
            if why is None:
                continue
            held = held_by(lease.name)
            # The lease first: its worker, should it live after all, finds it gone and stops its
            # horse, and no other reaper starts on the same rows.
            if _bury(lease, held, why):
                rescued = rescue(held, verdicts=None, detail=why, release_name=lease.release)
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
        started = Task.objects.filter(state=State.STARTED)
        holders = set(started.order_by().values_list("worker", flat=True).distinct())
        held = {worker: held_by(worker or "") for worker in holders - self._with_lease()}
        orphaned = sorted(worker or "" for worker in held.keys() - self._with_lease())
        for worker in orphaned:
            rescue(held[worker], verdicts=None, detail="its worker has no lease")
        return orphaned

    @staticmethod
    def _with_lease() -> set[str]:
        return set(WorkerLease.objects.values_list("name", flat=True))

    def _proof_of_death(self, lease: WorkerLease, passed: float) -> str | None:
        if lease.host == socket.gethostname() and started_mark(lease.pid) != lease.pid_started:
            return f"process {lease.pid} is gone"
        before = self._seen.get(lease.name)
        if before is None or (before.began, before.beat) != (lease.started_at, lease.beat):
            self._seen[lease.name] = _Watched(lease.started_at, lease.beat, 0.0)
            return None
        silence = before.silence_seconds + passed
        self._seen[lease.name] = before._replace(silence_seconds=silence)
        if silence > lease.lease_seconds:
            return f"no heartbeat for {lease.lease_seconds:g} s"
        return None


@transaction.atomic
def _bury(lease: WorkerLease, held: Sequence[Task], why: str) -> bool:
    """Remove the lease and note its loss; False when its worker has beaten since."""
    the_same = WorkerLease.objects.filter(
        name=lease.name, started_at=lease.started_at, beat=lease.beat
    )
    is_dead = bool(the_same.delete()[0])
    if is_dead:
        record_loss(lease, held, why=why)
    return is_dead


class _Watched(NamedTuple):
    """A beat, and for how long this watcher has seen it stand still.

    `began` tells a lease from a later one of the same worker, whose beats count from 0 again.
    """

    began: datetime
    beat: int
    silence_seconds: float
