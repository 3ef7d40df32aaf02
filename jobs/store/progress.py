"""How far running tasks are."""

from collections.abc import Sequence
from typing import NamedTuple

from django.db import connection, transaction

from jobs.store.dialect import is_postgresql, key, text_of

_POSTGRESQL = """
UPDATE jobs_task SET progress = %s, updated_at = to_timestamp(%s)
 WHERE id = %s AND fence = %s AND state || '' = 'STARTED'
"""
_SQLITE = """
UPDATE jobs_task SET progress = %s, updated_at = %s
 WHERE id = %s AND fence = %s AND state || '' = 'STARTED'
"""


class Progress(NamedTuple):
    """What a running task last said; `value` is JSON text."""

    task_id: str
    fence: int
    value: str


def write_progress(said: Sequence[Progress], *, now: float) -> None:
    """Store what running tasks said, unless they are somebody else's by now."""
    with transaction.atomic(), connection.cursor() as cursor:
        for task_id, fence, value in said:
            if is_postgresql():
                cursor.execute(_POSTGRESQL, [value, now, task_id, fence])
            else:
                cursor.execute(_SQLITE, [value, text_of(now), key(task_id), fence])
