"""What has fallen due: SCHEDULED and RETRY -> PENDING, oldest first."""

import orjson
from django.db import connection, transaction

from jobs.store.dialect import is_postgresql, task_id, text_of

_POSTGRESQL = """
UPDATE jobs_task t SET state = 'PENDING', run_after = to_timestamp(%s),
       updated_at = to_timestamp(%s)
  FROM (SELECT id, run_after FROM jobs_task
         WHERE state IN ('RETRY', 'SCHEDULED') AND run_after <= to_timestamp(%s)
         ORDER BY run_after LIMIT %s FOR UPDATE SKIP LOCKED) due
 WHERE t.id = due.id
RETURNING due.run_after, t.queue, t.id::text
"""
_DUE_SQLITE = """
SELECT queue, id FROM jobs_task INDEXED BY task_due
 WHERE state IN ('RETRY', 'SCHEDULED') AND run_after <= %s ORDER BY run_after LIMIT %s
"""
_SQLITE = """
UPDATE jobs_task SET state = 'PENDING', run_after = %s, updated_at = %s
 WHERE id IN (SELECT value FROM json_each(%s))
"""


def promote_due(*, now: float, limit: int) -> list[tuple[str, str]]:
    """Make up to `limit` due tasks pending; answers (queue, task id), the longest due first."""
    with transaction.atomic(), connection.cursor() as cursor:
        if is_postgresql():
            cursor.execute(_POSTGRESQL, [now, now, now, limit])
            return [(queue, task) for _, queue, task in sorted(cursor.fetchall())]
        moment = text_of(now)
        cursor.execute(_DUE_SQLITE, [moment, limit])
        due = cursor.fetchall()
        cursor.execute(_SQLITE, [moment, moment, orjson.dumps([row[1] for row in due]).decode()])
        return [(queue, task_id(stored)) for queue, stored in due]
