"""Pending rows that Redis has lost."""

from datetime import datetime

from django.db import connection

from jobs.store.dialect import is_postgresql, task_id, text

_WAITING = """
SELECT {id} FROM jobs_task
 WHERE state = 'PENDING' AND queue = %s AND run_after < %s
 ORDER BY run_after LIMIT %s
"""


def waiting_since_before(queue: str, moment: datetime, *, limit: int) -> list[str]:
    """Ids of a queue's pending tasks that wait since before the moment, the longest first."""
    with connection.cursor() as cursor:
        if is_postgresql():
            cursor.execute(_WAITING.format(id="id::text"), [queue, moment, limit])
            return [row[0] for row in cursor.fetchall()]
        cursor.execute(_WAITING.format(id="id"), [queue, text(moment), limit])
        return [task_id(row[0]) for row in cursor.fetchall()]
