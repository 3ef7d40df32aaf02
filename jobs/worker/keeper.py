"""The supervisor's second thread: what it does each second, and what may hang with the database.

The first thread keeps the time limits and the signals, whatever the database does; the slots tell
it for how long the lease is still good.
"""

import logging
import threading
import time
from collections.abc import Callable

from django.db import Error, connection
from django.utils import timezone
from redis.exceptions import RedisError

from jobs.domain.states import State
from jobs.domain.workers import Instruction
from jobs.maintenance.loop import Maintenance
from jobs.models import Task
from jobs.selectors.pauses import paused_at
from jobs.worker.lease import Lease
from jobs.worker.slots import Slots

logger = logging.getLogger(__name__)

BEAT_SECONDS = 1.0
#: A beat may hang with the database for ever; one who leaves waits this long for its end.
LEAVE_SECONDS = 3.0
LOOK_SECONDS = 0.1


class Keeper:
    """Renews the lease, finds what was cancelled or paused, beats in Redis, and may maintain."""

    def __init__(
        self,
        lease: Lease,
        *,
        slots: Slots,
        beat_redis: Callable[[], None],
        announce: Callable[[], None],
    ) -> None:
        self.given_up = False
        """Somebody took our tasks over while we were silent."""
        self.cancelled: set[str] = set()
        """Ids of tasks we hold that were cancelled, as of the last beat."""
        self._lease = lease
        self._slots = slots
        self._beat_redis = beat_redis
        self._announce = announce
        self._maintenance = Maintenance(lease.name)
        self._leave = threading.Event()
        self._thread: threading.Thread | None = None

    @property
    def is_dismissed(self) -> bool:
        """Whether somebody told this worker to stop."""
        return self._lease.instruction is Instruction.STOP

    def beat_once(self) -> None:
        """Beat before the first horse: it must know what is suspended, paused and due."""
        try:
            self._beat()
        except Error as error:
            logger.warning("the database is away: %s", error)
        connection.close()

    def start(self) -> None:
        """Begin to beat; after the fork, so that the horse inherits no open connection."""
        self.given_up = False
        self._leave.clear()
        self._thread = threading.Thread(target=self._run, name="keeper", daemon=True)
        self._thread.start()

    def stop(self, *, leaving: Callable[[], bool]) -> None:
        """End the beats and close the database connection; waits for a beat under way.

        Once `leaving` says so, it waits `LEAVE_SECONDS` more at most: the process ends anyway.
        """
        self._leave.set()
        until = float("inf")
        while self._thread is not None and self._thread.is_alive() and time.monotonic() < until:
            if leaving():
                until = min(until, time.monotonic() + LEAVE_SECONDS)
            self._thread.join(LOOK_SECONDS)
        self._thread = None
        self._maintenance.resign()

    def _run(self) -> None:
        while not self._leave.is_set():
            try:
                self._beat()
            except Error as error:
                logger.warning("the database is away, the lease is not renewed: %s", error)
                connection.close()
            except Exception:
                logger.exception("a beat failed")
            self._leave.wait(BEAT_SECONDS)
        connection.close()

    def _beat(self) -> None:
        """The lease first: neither a slow Redis nor the maintenance may cost it a beat."""
        try:
            self._hold()
        finally:
            redis_answers = self._tell_redis(self._beat_redis)
        if redis_answers and not self.given_up and self._tell_redis(self._announce):
            self._maintenance.tick()

    def _hold(self) -> None:
        """Renew the lease; see what was cancelled of what it covers, and what is paused."""
        began = time.monotonic()
        succeeded, failed = self._slots.ended_counts()
        if not self._lease.renew(succeeded=succeeded, failed=failed):
            self.given_up = True
            return
        self._slots.set_renewed(began)
        self._slots.set_quiet(quiet=self._lease.instruction is Instruction.QUIET)
        held = Task.objects.filter(worker=self._lease.name, state=State.STARTED)
        cancelled = held.filter(cancel_requested_at__isnull=False)
        self.cancelled = {str(pk) for pk in cancelled.values_list("pk", flat=True)}
        paused = paused_at(timezone.now())
        self._slots.set_paused(paused.queues, paused.names)

    @staticmethod
    def _tell_redis(telling: Callable[[], None]) -> bool:
        try:
            telling()
        except RedisError as error:
            logger.warning("Redis is away: %s", error)
            return False
        return True
