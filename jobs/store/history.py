"""Lines of history for many tasks in one statement."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import orjson
from django.db import connection

from jobs.store.dialect import array, is_postgresql, text

_POSTGRESQL = """
INSERT INTO jobs_event (task_id, kind, actor, reason, at)
SELECT unnest(%s::uuid[]), %s, %s, %s, %s
"""
_SQLITE = """
INSERT INTO jobs_event (task_id, kind, actor, reason, at)
SELECT value, %s, %s, %s, %s FROM json_each(%s)
"""


def add_events(
    task_ids: Sequence[UUID], *, kind: str, actor: str, reason: str, at: datetime
) -> None:
    """Write the same line for each task, in the caller's transaction."""
    with connection.cursor() as cursor:
        if is_postgresql():
            cursor.execute(_POSTGRESQL, [array(task_ids), kind, actor, reason, at])
            return
        keys = orjson.dumps([task_id.hex for task_id in task_ids]).decode()
        cursor.execute(_SQLITE, [kind, actor, reason, text(at), keys])
