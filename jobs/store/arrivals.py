"""What came lately, by queue."""

from django.db import connection

from jobs.store.dialect import epoch_seconds, is_postgresql, key

_NEWEST = """
SELECT queue, count(*), {oldest} FROM (
    SELECT queue, created_at FROM jobs_task WHERE id >= %s ORDER BY id DESC LIMIT %s) AS newest
 GROUP BY queue
"""
_POSTGRESQL = _NEWEST.format(oldest="extract(epoch FROM min(created_at))::float8")
_SQLITE = _NEWEST.format(oldest="min(created_at)")


def arrivals(*, since: str, most: int) -> tuple[dict[str, int], float | None]:
    """How many of the newest `most` tasks from an id on came to each queue.

    And when the oldest of them came, in epoch seconds. An id carries its task's time of creation.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            _POSTGRESQL if is_postgresql() else _SQLITE,
            [since if is_postgresql() else key(since), most],
        )
        rows = cursor.fetchall()
    moments = [row[2] if is_postgresql() else epoch_seconds(row[2]) for row in rows]
    return {queue: count for queue, count, _ in rows}, min(moments, default=None)
