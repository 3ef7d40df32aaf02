"""Which new task waits for which."""

from collections.abc import Sequence

import orjson
from django.db import connection

from jobs.store.dialect import array, is_postgresql, key

_POSTGRESQL = """
INSERT INTO jobs_dependency (task_id, depends_on_id, watched, settled)
SELECT task_id, other, %s, %s FROM unnest(%s::uuid[], %s::uuid[]) AS edge(task_id, other)
"""
_SQLITE = """
INSERT INTO jobs_dependency (task_id, depends_on_id, watched, settled)
SELECT value->>0, value->>1, %s, %s FROM json_each(%s)
"""


def insert_edges(pairs: Sequence[tuple[str, str]], *, blocked: bool) -> None:
    """Write pairs of ids, of a new task and one that it depends on.

    Those of `blocked` tasks are still to be watched; the others are history.
    """
    if not pairs:
        return
    marks = [not blocked, not blocked]
    with connection.cursor() as cursor:
        if is_postgresql():
            tasks, others = zip(*pairs, strict=True)
            cursor.execute(_POSTGRESQL, [*marks, array(tasks), array(others)])
        else:
            rows = [(key(task_id), key(other)) for task_id, other in pairs]
            cursor.execute(_SQLITE, [*marks, orjson.dumps(rows).decode()])
