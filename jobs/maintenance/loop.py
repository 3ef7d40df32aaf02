"""The maintenance that some live process does each second."""

import logging

from jobs.broker.connection import BrokerAway
from jobs.broker.leader import lead, resign
from jobs.maintenance.promote import promote
from jobs.maintenance.reap import Reaper
from jobs.maintenance.sweep import Sweeper

logger = logging.getLogger(__name__)


class Maintenance:
    """One process's share: all of it while it leads, nothing while another does."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._reaper = Reaper()
        self._sweeper = Sweeper()

    def tick(self) -> None:
        """Do what is due, if this process leads. Raises django.db.Error: the database is away."""
        if not lead(self._name):
            return
        try:
            promote()
            self._sweeper.sweep()
            self._reaper.reap()
        except BrokerAway as error:
            logger.warning("Redis is away, maintenance waits: %s", error)

    def resign(self) -> None:
        """Let another process lead at once."""
        resign(self._name)
