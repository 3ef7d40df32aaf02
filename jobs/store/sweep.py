"""Pending rows that Redis has lost."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import orjson
from django.db import connection

from jobs.store.dialect import is_postgresql, task_id, text, text_array

_WAITING = """
SELECT {id} FROM jobs_task
 WHERE state = 'PENDING' AND queue = %s AND run_after < %s {but}
 ORDER BY run_after LIMIT %s
"""
# The concatenation with '' hides from PostgreSQL how many rows are passed over: it would else read
# the whole table, ended tasks too, in place of the index of pending ones.
_BUT_POSTGRESQL = "AND name || '' <> ALL(%s::text[])"
_BUT_SQLITE = "AND name NOT IN (SELECT value FROM json_each(%s))"


def waiting_since_before(
    queue: str, moment: datetime, *, limit: int, but: Sequence[str] = ()
) -> list[str]:
    """Ids of a queue's pending tasks that wait since before the moment, the longest first.

    Those whose type has one of the names in `but` are passed over, one by one.
    """
    with connection.cursor() as cursor:
        if is_postgresql():
            names: list[Any] = [text_array(but)] if but else []
            sql = _WAITING.format(id="id::text", but=_BUT_POSTGRESQL if but else "")
            cursor.execute(sql, [queue, moment, *names, limit])
            return [row[0] for row in cursor.fetchall()]
        names = [orjson.dumps(but).decode()] if but else []
        sql = _WAITING.format(id="id", but=_BUT_SQLITE if but else "")
        cursor.execute(sql, [queue, text(moment), *names, limit])
        return [task_id(row[0]) for row in cursor.fetchall()]
