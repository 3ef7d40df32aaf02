"""SQLite has one write lock: atomic tasks take it one at a time, and leave room between.

Without an order of its own each atomic task would compete with every other, and the short writes
beside them, renewals of leases above all, would hardly ever win.
"""

import fcntl
import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.db import DatabaseError, connection

from jobs.conf import get_conf

logger = logging.getLogger(__name__)

#: The longest an atomic task may hold the lock; writers wait for it for 20 s.
MOST_SECONDS = 10.0
#: At most this share of a lease: its renewal may have to wait for one such task.
MOST_SHARE_OF_LEASE = 1 / 3
#: A few times what SQLite lets pass (0.1 s) before those who wait look again for the lock.
PAUSE_SECONDS = 0.3


def limit_seconds(timeout_seconds: float) -> float:
    """The time limit of an atomic task whose own is this one."""
    if connection.vendor != "sqlite":
        return timeout_seconds
    return min(timeout_seconds, MOST_SECONDS, MOST_SHARE_OF_LEASE * get_conf().lease_seconds)


@contextmanager
def sole_writer() -> Iterator[None]:
    """Be the only atomic task of this machine inside the block; on PostgreSQL there is no need.

    Afterwards the others have to wait a little longer, for as long as this one took or until every
    short writer has had its turn.
    """
    if connection.vendor != "sqlite":
        yield
        return
    try:
        queue = _queue().open("w")
    except (OSError, DatabaseError) as error:
        logger.warning("atomic tasks do not wait for each other: %s", error)
        yield
        return
    with queue:
        fcntl.flock(queue, fcntl.LOCK_EX)
        began = time.monotonic()
        yield
        time.sleep(min(time.monotonic() - began, PAUSE_SECONDS))


def _queue() -> Path:
    """A file beside the database's, whose lock is the place at the head of the line."""
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA database_list")
        return Path(f"{cursor.fetchone()[2]}-atomic")
