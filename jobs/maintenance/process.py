"""Maintenance as a process of its own."""

import logging
import os
import signal
import socket
from contextlib import suppress
from queue import Empty, SimpleQueue

from django.db import Error, connection

from jobs.maintenance.loop import Maintenance

logger = logging.getLogger(__name__)

BEAT_SECONDS = 1.0


def run_until_told() -> None:
    """Tick once a second until SIGTERM or SIGINT; an outage of the database is waited out."""
    # Not an Event: a signal that met this thread inside its `wait` would want the lock it holds.
    told: SimpleQueue[bool] = SimpleQueue()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: told.put(True))
    maintenance = Maintenance(f"maintenance-{socket.gethostname()}-{os.getpid()}")
    is_told = False
    while not is_told:
        try:
            maintenance.tick()
        except Error as error:
            logger.warning("the database is away: %s", error)
            connection.close()
        with suppress(Empty):
            is_told = told.get(timeout=BEAT_SECONDS)
    maintenance.resign()
