"""Maintenance as a process of its own."""

import logging
import os
import signal
import socket
import threading

from django.db import Error, connection

from jobs.maintenance.loop import Maintenance

logger = logging.getLogger(__name__)

BEAT_SECONDS = 1.0


def run_until_told() -> None:
    """Tick once a second until SIGTERM or SIGINT; an outage of the database is waited out."""
    leave = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: leave.set())
    maintenance = Maintenance(f"maintenance-{socket.gethostname()}-{os.getpid()}")
    while not leave.is_set():
        try:
            maintenance.tick()
        except Error as error:
            logger.warning("the database is away: %s", error)
            connection.close()
        leave.wait(BEAT_SECONDS)
    maintenance.resign()
