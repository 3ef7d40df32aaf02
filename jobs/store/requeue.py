"""A new life for ended tasks: one statement for a batch of rows, whatever its size."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

import orjson
from django.db import connection

from jobs.domain.states import MOVES, Move
from jobs.store.dialect import array, is_postgresql, task_id, text

_SOURCES = ", ".join(f"'{state}'" for state in sorted(MOVES[Move.REQUEUE].sources))
_TARGET = MOVES[Move.REQUEUE].target.value
_LIFE = f"""
UPDATE jobs_task AS t
   SET state = '{_TARGET}', fence = t.fence + 1, tries = 0, rescues = 0, run_after = %s,
       updated_at = %s, expires_at = NULL, cancel_requested_at = NULL, discarded_at = NULL,
       worker = NULL, started_at = NULL, finished_at = NULL, result = NULL, error = '',
       progress = NULL
"""  # noqa: S608 - constants only
# In the order of their ids, as everybody locks them.
_POSTGRESQL = f"""
WITH chosen AS MATERIALIZED (
  SELECT id FROM jobs_task WHERE id = ANY(%s::uuid[]) AND state || '' IN ({_SOURCES})
   ORDER BY id FOR UPDATE)
{_LIFE}
  FROM chosen WHERE t.id = chosen.id
RETURNING t.id::text, t.queue
"""  # noqa: S608
_SQLITE = f"""
{_LIFE}
 WHERE t.id IN (SELECT value FROM json_each(%s)) AND t.state || '' IN ({_SOURCES})
RETURNING id, queue
"""  # noqa: S608
_BOUND_POSTGRESQL = """
SELECT id FROM jobs_task WHERE id = ANY(%s::uuid[]) AND unique_key IS NOT NULL
UNION ALL SELECT task_id FROM jobs_dependency WHERE task_id = ANY(%s::uuid[]) LIMIT 1
"""
_BOUND_SQLITE = """
SELECT t.id FROM jobs_task t, json_each(%s) j WHERE t.id = j.value AND t.unique_key IS NOT NULL
UNION ALL SELECT d.task_id FROM jobs_dependency d, json_each(%s) j WHERE d.task_id = j.value LIMIT 1
"""


class Requeued(NamedTuple):
    """A task that is PENDING again."""

    id: str
    queue: str


def requeue_rows(task_ids: Sequence[UUID], *, at: datetime) -> list[Requeued]:
    """Give those of the tasks that have ended a new life; gives them in the order of their ids.

    In the caller's transaction, which has seen to it that nothing but its state forbids a task to
    open again.
    """
    with connection.cursor() as cursor:
        if is_postgresql():
            cursor.execute(_POSTGRESQL, [array(task_ids), at, at])
            return [Requeued(*row) for row in sorted(cursor.fetchall())]
        moment = text(at)
        cursor.execute(_SQLITE, [moment, moment, _keys(task_ids)])
        return [Requeued(task_id(key), queue) for key, queue in sorted(cursor.fetchall())]


def are_bound(task_ids: Sequence[UUID]) -> bool:
    """Whether any of the tasks has a `unique_key` or depends on others: neither ever changes."""
    with connection.cursor() as cursor:
        given = array(task_ids) if is_postgresql() else _keys(task_ids)
        cursor.execute(_BOUND_POSTGRESQL if is_postgresql() else _BOUND_SQLITE, [given, given])
        return cursor.fetchone() is not None


def _keys(task_ids: Sequence[UUID]) -> str:
    return orjson.dumps([task_id.hex for task_id in task_ids]).decode()
