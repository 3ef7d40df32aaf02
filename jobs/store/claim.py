"""Take tasks: PENDING -> STARTED, the fence raised, in one statement for a whole batch."""

from collections.abc import Sequence
from typing import NamedTuple

import orjson
from django.db.backends.utils import CursorWrapper

from jobs.domain.states import State
from jobs.store import webhooks
from jobs.store.dialect import (
    array,
    epoch_seconds,
    is_postgresql,
    key,
    task_id,
    text_array,
    text_of,
)

# The concatenation with '' hides the state from the planners. PostgreSQL would else take the
# partial index of pending rows (mostly dead entries), SQLite the index on (state, id), and either
# walk it for every id instead of looking the primary key up.
_POSTGRESQL = """
UPDATE jobs_task SET state = 'STARTED', fence = fence + 1, worker = %s,
       started_at = to_timestamp(%s), updated_at = to_timestamp(%s), progress = NULL
 WHERE id = ANY(%s::uuid[]) AND state || '' = 'PENDING' AND name || '' = ANY(%s::text[])
   AND queue || '' = ANY(%s::text[])
   AND (expires_at IS NULL OR expires_at > to_timestamp(%s))
RETURNING id::text, name, queue, args::text, kwargs::text, fence, timeout_seconds, tries,
          max_retries, extract(epoch FROM run_after)::float8
"""
_SQLITE = """
UPDATE jobs_task SET state = 'STARTED', fence = fence + 1, worker = %s,
       started_at = %s, updated_at = %s, progress = NULL
 WHERE id IN (SELECT value FROM json_each(%s)) AND state || '' = 'PENDING'
   AND name || '' IN (SELECT value FROM json_each(%s))
   AND queue || '' IN (SELECT value FROM json_each(%s))
   AND (expires_at IS NULL OR expires_at > %s)
RETURNING id, name, queue, args, kwargs, fence, timeout_seconds, tries, max_retries,
          run_after || ''
"""
_EXPIRE_POSTGRESQL = """
WITH gone AS (
    UPDATE jobs_task SET state = 'REVOKED', finished_at = to_timestamp(%s),
           updated_at = to_timestamp(%s), error = 'expired before a worker was free'
     WHERE id = ANY(%s::uuid[]) AND state || '' = 'PENDING' AND expires_at <= to_timestamp(%s)
    RETURNING id, queue, name)
, told AS (
    INSERT INTO jobs_event (task_id, kind, actor, reason, at)
    SELECT id, 'expired', '', '', to_timestamp(%s) FROM gone)
SELECT id::text, queue, name FROM gone
"""
_EXPIRE_SQLITE = """
UPDATE jobs_task SET state = 'REVOKED', finished_at = %s, updated_at = %s,
       error = 'expired before a worker was free'
 WHERE id IN (SELECT value FROM json_each(%s)) AND state || '' = 'PENDING' AND expires_at <= %s
RETURNING id, queue, name
"""
_EXPIRE_EVENT_SQLITE = """
INSERT INTO jobs_event (task_id, kind, actor, reason, at)
SELECT value, 'expired', '', '', %s FROM json_each(%s)
"""


class Claim(NamedTuple):
    """A task in a worker's hands; only `(task_id, fence)` may end it. `queued` is epoch seconds."""

    task_id: str
    name: str
    queue: str
    args: str
    kwargs: str
    fence: int
    timeout_seconds: float
    tries: int
    max_retries: int
    queued: float


class Expired(NamedTuple):
    """A task whose time ran out before it was claimed."""

    task_id: str
    queue: str
    name: str


def claim(
    cursor: CursorWrapper,
    task_ids: Sequence[str],
    *,
    worker: str,
    names: Sequence[str],
    queues: Sequence[str],
    now: float,
) -> list[Claim]:
    """Take those of the tasks that are still pending, once each, in the order given.

    A missing one is normal: cancelled, expired, taken through another ticket, or of a type that is
    not among `names`, those that this worker knows and nobody paused; that one waits for a worker
    that does, or for its resume. So does one that was moved to a queue that is not among `queues`,
    where the tickets were.
    """
    if is_postgresql():
        places = [text_array(names), text_array(queues)]
        cursor.execute(_POSTGRESQL, [worker, now, now, array(task_ids), *places, now])
        rows = {row[0]: Claim(*row) for row in cursor.fetchall()}
        return [rows[task_id] for task_id in dict.fromkeys(task_ids) if task_id in rows]
    moment = text_of(now)
    keys = {key(task_id): task_id for task_id in task_ids}
    cursor.execute(
        _SQLITE,
        [
            worker,
            moment,
            moment,
            orjson.dumps(list(keys)).decode(),
            orjson.dumps(names).decode(),
            orjson.dumps(queues).decode(),
            moment,
        ],
    )
    rows = {
        keys[row[0]]: Claim._make((keys[row[0]], *row[1:9], epoch_seconds(row[9])))
        for row in cursor.fetchall()
    }
    return [rows[task_id] for task_id in keys.values() if task_id in rows]


def expire(cursor: CursorWrapper, task_ids: Sequence[str], *, now: float) -> list[Expired]:
    """Revoke those of the tasks that wait beyond their `expires_at`, with an event each.

    The webhooks that want it will be told.
    """
    expired = _expire(cursor, task_ids, now=now)
    webhooks.note(
        ((task.task_id, task.name, State.REVOKED) for task in expired),
        webhooks.known_subscriptions(),
    )
    return expired


def _expire(cursor: CursorWrapper, task_ids: Sequence[str], *, now: float) -> list[Expired]:
    if is_postgresql():
        cursor.execute(_EXPIRE_POSTGRESQL, [now, now, array(task_ids), now, now])
        return [Expired(*row) for row in cursor.fetchall()]
    moment = text_of(now)
    keys = orjson.dumps([key(each) for each in task_ids]).decode()
    cursor.execute(_EXPIRE_SQLITE, [moment, moment, keys, moment])
    rows = cursor.fetchall()
    cursor.execute(_EXPIRE_EVENT_SQLITE, [moment, orjson.dumps([row[0] for row in rows]).decode()])
    return [Expired(task_id(row[0]), row[1], row[2]) for row in rows]
