"""Give back what was claimed and never begun: no try is spent, the fence stays raised."""

from collections.abc import Sequence

import orjson
from django.db import connection, transaction

from jobs.store import webhooks
from jobs.store.dialect import is_postgresql, key, task_id

_NEXT = "CASE WHEN t.cancel_requested_at IS NULL THEN 'PENDING' ELSE 'REVOKED' END"
_POSTGRESQL = f"""
UPDATE jobs_task t SET state = {_NEXT}, worker = NULL, started_at = NULL,
       finished_at = CASE WHEN t.cancel_requested_at IS NOT NULL THEN clock_timestamp() END,
       updated_at = clock_timestamp()
  FROM unnest(%s::uuid[], %s::int[]) AS r(id, fence)
 WHERE t.id = r.id AND t.fence = r.fence AND t.state || '' = 'STARTED'
RETURNING t.queue, t.id::text, t.state, t.name
"""  # noqa: S608 - constants only
_NOW_SQLITE = "strftime('%%Y-%%m-%%d %%H:%%M:%%f000', 'now')"
_SQLITE = f"""
UPDATE jobs_task AS t SET state = {_NEXT}, worker = NULL, started_at = NULL,
       finished_at = CASE WHEN t.cancel_requested_at IS NOT NULL THEN {_NOW_SQLITE} END,
       updated_at = {_NOW_SQLITE}
  FROM (SELECT value->>0 AS id, value->>1 AS fence FROM json_each(%s)) r
 WHERE t.id = r.id AND t.fence = r.fence AND t.state || '' = 'STARTED'
RETURNING queue, id, state, name
"""  # noqa: S608


def release(held: Sequence[tuple[str, int]]) -> list[tuple[str, str]]:
    """Give back tasks named by (task id, fence); answers (queue, task id) of those to ring for.

    One that was cancelled meanwhile ends REVOKED instead; the webhooks that want it will be told.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        if is_postgresql():
            ids, fences = zip(*held, strict=True)
            cursor.execute(_POSTGRESQL, [list(ids), list(fences)])
            rows = cursor.fetchall()
        else:
            pairs = orjson.dumps([(key(task), fence) for task, fence in held]).decode()
            cursor.execute(_SQLITE, [pairs])
            rows = [(row[0], task_id(row[1]), *row[2:]) for row in cursor.fetchall()]
        webhooks.note(
            ((task, name, state) for _, task, state, name in rows), webhooks.known_subscriptions()
        )
    order = {task: place for place, (task, _) in enumerate(held)}
    free = [(queue, task) for queue, task, state, _ in rows if state == "PENDING"]
    return sorted(free, key=lambda place: order[place[1]])
