"""A past for the tables: ended tasks, their attempts and their counts, written by set-based SQL.

Twelve task types, some much more frequent than others, on three queues, spread evenly over the
last week: 96 % succeeded (3 % of all at their second attempt), 2.5 % failed after four attempts,
1.5 % were revoked before they ran.
"""

import time

DAYS = 7
NAME = "history"
#: Buckets below the one of a tenth of a second, which counts all that a minute holds.
EMPTY_BUCKETS = 72

_TASKS = """
INSERT INTO jobs_task (id, name, queue, args, kwargs, state, fence, tries, attempt_count,
       max_retries, timeout_seconds, run_after, worker, created_at, started_at, finished_at,
       updated_at, result, error, submitted_by)
SELECT {id}, '{name}.type_' || kind,
       CASE kind % 3 WHEN 0 THEN 'default' WHEN 1 THEN 'high' ELSE 'low' END,
       {array}, {object}, state, tries, tries, tries, 3, 300, {created},
       CASE WHEN tries > 0 THEN 'worker-' || n % 4 END, {created},
       CASE WHEN tries > 0 THEN {started} END, {finished}, {finished},
       CASE WHEN state = 'SUCCESS' THEN {object} END,
       CASE WHEN state = 'FAILURE' THEN 'RuntimeError: the other side did not answer' ELSE '' END,
       ''
  FROM (
    SELECT n, kind, at, at + wait AS began, at + wait + 0.02 * (kind + 1) AS ended,
           CASE WHEN roll < 15 THEN 'REVOKED' WHEN roll < 40 THEN 'FAILURE' ELSE 'SUCCESS' END
           AS state,
           CASE WHEN roll < 15 THEN 0 WHEN roll < 40 THEN 4 WHEN roll < 70 THEN 2 ELSE 1 END
           AS tries
      FROM (
        SELECT n, {least}(n * 7919 % 100003 % 12, n * 104729 % 99991 % 12) AS kind,
               n * 31337 % 99989 % 1000 AS roll, {first} + n * {step} AS at,
               n * 7907 % 2003 / 1000.0 AS wait
          FROM {numbers}) AS drawn) AS told
"""
_ATTEMPTS = """
INSERT INTO jobs_attempt (task_id, number, fence, worker, release, queued_at, started_at,
       finished_at, outcome, exception, error, traceback, log)
SELECT t.id, k.number, k.number, t.worker, '', t.run_after, t.started_at, t.finished_at,
       CASE WHEN t.state = 'SUCCESS' AND k.number = t.attempt_count THEN 'succeeded'
            ELSE 'failed' END,
       '', '', '', ''
  FROM jobs_task t
  JOIN (SELECT 1 AS number UNION ALL SELECT 2 UNION ALL SELECT 3 UNION ALL SELECT 4) AS k
    ON k.number <= t.attempt_count
 WHERE t.name LIKE '{name}.%'
"""
_TAGS = """
INSERT INTO jobs_tasktag (tag, task_id)
SELECT kinds.tag, t.id FROM jobs_task t
  JOIN (SELECT 'common' AS tag, 2 AS share UNION ALL SELECT 'rare', 1000) AS kinds
    ON {place} % kinds.share = 0
 WHERE t.name LIKE '{name}.%'
"""
_ROLLUPS = """
INSERT INTO jobs_rollup (minute, queue, name, succeeded, retried, failed, revoked, snoozed,
       timed_out, worker_died, wait_seconds, run_seconds, wait_histogram, run_histogram)
SELECT {minute}, queue, name, sum(CASE WHEN state = 'SUCCESS' THEN 1 ELSE 0 END),
       sum(CASE WHEN tries > 1 THEN tries - 1 ELSE 0 END),
       sum(CASE WHEN state = 'FAILURE' THEN 1 ELSE 0 END),
       sum(CASE WHEN state = 'REVOKED' THEN 1 ELSE 0 END), 0, 0, 0, count(*), count(*) * 0.1,
       {histogram}, {histogram}
  FROM jobs_task WHERE name LIKE '{name}.%' GROUP BY 1, 2, 3
"""
_POSTGRESQL = {
    "place": "(t.kwargs ->> 'number')::bigint",
    "id": (
        "(lpad(to_hex((at * 1000)::bigint), 12, '0') || '7' || lpad(to_hex(n % 4096), 3, '0')"
        " || 'a' || lpad(to_hex(n), 15, '0'))::uuid"
    ),
    "array": "'[]'::jsonb",
    "object": """('{"number": ' || n || ', "word": "measured"}')::jsonb""",
    "created": "to_timestamp(at)",
    "started": "to_timestamp(began)",
    "finished": "to_timestamp(ended)",
    "least": "least",
    "numbers": "generate_series(1::bigint, {count}) AS n",
    "minute": "date_trunc('minute', finished_at)",
    "histogram": "array_fill(0::bigint, ARRAY[{empty}]) || count(*)",
}
_MOMENT_SQLITE = "(strftime('%Y-%m-%d %H:%M:%f', {}, 'unixepoch') || '000')"
_SQLITE = {
    "place": "CAST(t.kwargs ->> '$.number' AS INTEGER)",
    "id": "printf('%012x7%03xa%015x', CAST(at * 1000 AS INTEGER), n % 4096, n)",
    "array": "'[]'",
    "object": """'{"number": ' || n || ', "word": "measured"}'""",
    "created": _MOMENT_SQLITE.format("at"),
    "started": _MOMENT_SQLITE.format("began"),
    "finished": _MOMENT_SQLITE.format("ended"),
    "least": "min",
    "numbers": (
        "(WITH RECURSIVE count(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM count"
        " WHERE n < {count}) SELECT n FROM count)"
    ),
    "minute": "substr(finished_at, 1, 16) || ':00.000000'",
    "histogram": "'[' || replace(printf('%{empty}c', '0'), ' ', '0,') || ',' || count(*) || ']'",
}
_SETTLE = {
    "postgresql": ("ANALYZE", "CHECKPOINT"),
    "sqlite": ("ANALYZE", "PRAGMA wal_checkpoint(TRUNCATE)"),
}


def fill(count: int) -> None:
    """Write `count` ended tasks unless that is done, tell the planner, and let the disk settle."""
    from django.db import connection

    from jobs.models import Task

    if Task.objects.filter(name__startswith=f"{NAME}.").exists():
        return
    words = dict(_POSTGRESQL if connection.vendor == "postgresql" else _SQLITE)
    words["numbers"] = words["numbers"].format(count=count)
    words["histogram"] = words["histogram"].format(empty=EMPTY_BUCKETS)
    step = DAYS * 24 * 3600 / count
    words |= {"name": NAME, "first": str(time.time() - step * count), "step": str(step)}
    with connection.cursor() as cursor:
        for statement in (_TASKS, _ATTEMPTS, _ROLLUPS, *_SETTLE[connection.vendor]):
            cursor.execute(statement.format(**words))


def fill_tags() -> None:
    """Tag every second of these tasks `common` and every thousandth `rare`, unless that is done."""
    from django.db import connection

    from jobs.models import TaskTag

    if TaskTag.objects.filter(tag="common").exists():
        return
    words = dict(_POSTGRESQL if connection.vendor == "postgresql" else _SQLITE) | {"name": NAME}
    with connection.cursor() as cursor:
        for statement in (_TAGS, *_SETTLE[connection.vendor]):
            cursor.execute(statement.format(**words))
