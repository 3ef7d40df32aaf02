"""How often a thread asks its database connections whether they live.

`CONN_HEALTH_CHECKS` asks before the first query of each request: a round trip of its own, a tenth
of what a small answer takes.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from time import monotonic
from typing import Any

from django.db import connections

#: A connection that lived this long ago is taken to live. One that died since costs one answer of
#: 503; the next request opens another.
TRUSTED_SECONDS = 1.0


class _Checked(threading.local):
    at = float("-inf")


_checked = _Checked()


@contextmanager
def recent_checks_hold() -> Iterator[None]:
    """Inside, the connections of this thread are not asked again if they were a moment ago.

    To be entered after `request_started`, and left before the response is closed.
    """
    is_trusted = monotonic() - _checked.at < TRUSTED_SECONDS
    if is_trusted:
        for connection in _open():
            connection.health_check_done = True
    yield
    if not is_trusted and any(connection.health_check_done for connection in _open()):
        _checked.at = monotonic()


def _open() -> list[Any]:
    return [*connections.all(initialized_only=True)]
