"""What operations did to their tasks: many rows in one statement."""

from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID

import orjson
from django.db import connection

from jobs.store.dialect import array, is_postgresql, text_array

_INSERT = "INSERT INTO jobs_operationresult (operation_id, task_id, result, note) SELECT "
_POSTGRESQL = _INSERT + (
    "%s, r.* FROM unnest(%s::uuid[], %s::text[], %s::text[]) AS r ON CONFLICT DO NOTHING"
)
# Without the WHERE the parser takes ON for a part of a join.
_SQLITE = _INSERT + (
    "%s, value->>0, value->>1, value->>2 FROM json_each(%s) WHERE true ON CONFLICT DO NOTHING"
)
_FORGET = """
DELETE FROM jobs_operationresult WHERE operation_id < %s AND (operation_id, task_id) IN (
    SELECT operation_id, task_id FROM jobs_operationresult WHERE operation_id < %s
     ORDER BY operation_id, task_id LIMIT %s)
"""


class ResultRow(NamedTuple):
    """What became of one task, and a word about it."""

    task_id: UUID
    result: str
    note: str = ""


def add_results(operation_id: UUID, rows: Sequence[ResultRow]) -> None:
    """Write what became of these tasks, in the caller's transaction; what is told stays told."""
    if not rows:
        return
    with connection.cursor() as cursor:
        if is_postgresql():
            ids, results, notes = zip(*rows, strict=True)
            columns = [array(ids), array(results), text_array(notes)]
            cursor.execute(_POSTGRESQL, [operation_id, *columns])
            return
        values = [(row.task_id.hex, row.result, row.note) for row in rows]
        cursor.execute(_SQLITE, [operation_id.hex, orjson.dumps(values).decode()])


def forget_results(*, before: UUID, most: int) -> int:
    """Delete up to `most` rows of operations with lesser ids; gives how many."""
    stored = before if is_postgresql() else before.hex
    with connection.cursor() as cursor:
        cursor.execute(_FORGET, [stored, stored, most])
        return int(cursor.rowcount)
