"""The maintenance that some live process does each second."""

import logging
import time

from jobs.broker.connection import BrokerAway
from jobs.broker.counters import count
from jobs.broker.leader import lead, resign
from jobs.maintenance.fold import fold
from jobs.maintenance.forget import (
    forget_audit,
    forget_failure_counts,
    forget_keys,
    forget_live_logs,
    forget_reports,
    forget_rollups,
)
from jobs.maintenance.mirror import mirror_failures
from jobs.maintenance.promote import promote
from jobs.maintenance.reap import Reaper
from jobs.maintenance.sweep import Sweeper
from jobs.maintenance.unblock import unblock
from jobs.maintenance.webhooks import forget_deliveries, serve_webhooks

logger = logging.getLogger(__name__)

MIRROR_SECONDS = 5.0
FOLD_SECONDS = 10.0
FORGET_SECONDS = 10.0


class Maintenance:
    """One process's share: all of it while it leads, nothing while another does."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._reaper = Reaper()
        self._mirrored_at = float("-inf")
        self._forgot_at = float("-inf")
        self._folded_at = float("-inf")
        self._sweeper = Sweeper()

    def tick(self) -> None:
        """Do what is due, if this process leads. Raises django.db.Error: the database is away."""
        if not lead(self._name):
            return
        try:
            count(
                promoted=promote(),
                unblocked=unblock(),
                rung_again=self._sweeper.sweep(),
                workers_lost=len(self._reaper.reap()),
                keys_forgotten=forget_keys(),
            )
            serve_webhooks()
            self._fold()
            self._forget()
            self._mirror()
        except BrokerAway as error:
            logger.warning("Redis is away, maintenance waits: %s", error)

    def _mirror(self) -> None:
        if time.monotonic() - self._mirrored_at >= MIRROR_SECONDS:
            mirror_failures()
            self._mirrored_at = time.monotonic()

    def _fold(self) -> None:
        if time.monotonic() - self._folded_at >= FOLD_SECONDS:
            fold()
            self._folded_at = time.monotonic()

    def _forget(self) -> None:
        if time.monotonic() - self._forgot_at >= FORGET_SECONDS:
            forget_deliveries()
            forget_failure_counts()
            forget_audit()
            forget_reports()
            forget_rollups()
            forget_live_logs()
            self._forgot_at = time.monotonic()

    def resign(self) -> None:
        """Let another process lead at once."""
        resign(self._name)
