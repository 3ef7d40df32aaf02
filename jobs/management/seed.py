"""A past for the tables: ended tasks, their attempts and their counts, written by set-based SQL.

Twelve task types, some much more frequent than others, on three queues, spread evenly over the
last week. Those that failed did so after four attempts, each type by one of six errors; 1.5 % were
revoked before they ran, 3 % succeeded at their second attempt only. The counts reach back thirteen
weeks: those of older tasks are kept when the tasks are not.
"""

import time
from collections.abc import Mapping, Sequence

from jobs.domain.fingerprint import SLOT_SECONDS, FailureGroup
from jobs.management import seed_counts

DAYS = 7
NAME = "history"
#: Of a thousand tasks.
REVOKED_PERMILLE = 15
_RETRIED_PERMILLE = 30
#: The errors of the types, which are counted from 0: the type's number modulo these.
_ERRORS = (
    ("ConnectionError", "the other side did not answer"),
    ("KeyError", "'order_id'"),
    ("TimeoutError", "no answer within 30 s"),
    ("ValueError", "amount must not be negative"),
    ("PermissionError", "the bucket is read-only"),
    ("RuntimeError", "the printer is out of paper"),
)
#: How many types there are, and where all of them fail.
_KINDS = 12
_FRAME = "shop.tasks:work"

_TASKS = """
INSERT INTO jobs_task (id, name, queue, args, kwargs, state, fence, tries, attempt_count,
       max_retries, timeout_seconds, run_after, worker, created_at, started_at, finished_at,
       updated_at, result, error, submitted_by, failure)
SELECT {id}, '{name}.type_' || kind,
       CASE kind % 3 WHEN 0 THEN 'default' WHEN 1 THEN 'high' ELSE 'low' END,
       {array}, {object}, state, tries, tries, tries, 3, 300, {created},
       CASE WHEN tries > 0 THEN 'worker-' || n % 4 END, {created},
       CASE WHEN tries > 0 THEN {started} END, {finished}, {finished},
       CASE WHEN state = 'SUCCESS' THEN {object} END,
       CASE WHEN state = 'FAILURE' THEN {error} ELSE '' END, '',
       CASE WHEN state = 'FAILURE' THEN {failure} END
  FROM (
    SELECT n, kind, at, at + wait AS began, at + wait + 0.02 * (kind + 1) AS ended,
           CASE WHEN roll < {revoked} THEN 'REVOKED' WHEN roll < {failed} THEN 'FAILURE'
                ELSE 'SUCCESS' END
           AS state,
           CASE WHEN roll < {revoked} THEN 0 WHEN roll < {failed} THEN 4
                WHEN roll < {retried} THEN 2 ELSE 1 END
           AS tries
      FROM (
        SELECT n, {least}(n * 7919 % 100003 % 12, n * 104729 % 99991 % 12) AS kind,
               n * 31337 % 99989 % 1000 AS roll, {first} + n * {step} AS at,
               n * 7907 % 2003 / 1000.0 AS wait
          FROM {numbers}) AS drawn) AS told
"""
_ATTEMPTS = """
INSERT INTO jobs_attempt (task_id, number, fence, worker, release, queued_at, started_at,
       finished_at, outcome, exception, error, traceback, log, fingerprint)
SELECT t.id, k.number, k.number, t.worker, '', t.run_after, t.started_at, t.finished_at,
       CASE WHEN t.state = 'SUCCESS' AND k.number = t.attempt_count THEN 'succeeded'
            ELSE 'failed' END,
       CASE WHEN t.state = 'FAILURE' THEN {exception} ELSE '' END, t.error,
       CASE WHEN t.state = 'FAILURE' THEN {traceback} ELSE '' END, '', coalesce(t.failure, '')
  FROM jobs_task t
  JOIN (SELECT 1 AS number UNION ALL SELECT 2 UNION ALL SELECT 3 UNION ALL SELECT 4) AS k
    ON k.number <= t.attempt_count
 WHERE t.name LIKE '{name}.%'
"""
_FAILURES = """
INSERT INTO jobs_failure (fingerprint, name, exception, frame, message, last_task, first_seen,
       last_seen, first_release, last_release, occurrence_count, given_up_count, status_at)
SELECT t.failure, t.name, {exception}, '{frame}', t.error, {latest}, min(finished_at),
       max(finished_at), '', '', sum(tries), count(*), min(finished_at)
  FROM jobs_task t WHERE t.name LIKE '{name}.%' AND t.state = 'FAILURE'
 GROUP BY t.failure, t.name, t.error
"""
_FAILURE_COUNTS = """
INSERT INTO jobs_failurecount (fingerprint, slot, count)
SELECT failure, {slot}, sum(tries)
  FROM jobs_task WHERE name LIKE '{name}.%' AND state = 'FAILURE' GROUP BY 1, 2
"""
_OPEN = """
INSERT INTO jobs_task (id, name, queue, args, kwargs, state, fence, tries, attempt_count,
       max_retries, timeout_seconds, run_after, created_at, updated_at, error, submitted_by)
SELECT {id}, 'process',
       CASE n % 7 WHEN 0 THEN 'high' WHEN 1 THEN 'low' ELSE 'default' END,
       {array}, {data}, state, 0, 0, 0, 3, 300, {due}, {created}, {created}, '', ''
  FROM (
    SELECT n, at, CASE WHEN n % 10 < 6 THEN 'PENDING' ELSE 'SCHEDULED' END AS state,
           CASE WHEN n % 10 < 6 THEN at ELSE at + 86400 END AS after
      FROM (SELECT n, {first} + n * {step} AS at FROM {numbers}) AS drawn) AS told
"""
_TAGS = """
INSERT INTO jobs_tasktag (tag, task_id)
SELECT kinds.tag, t.id FROM jobs_task t
  JOIN (SELECT 'common' AS tag, 2 AS share UNION ALL SELECT 'rare', 1000) AS kinds
    ON {place} % kinds.share = 0
 WHERE t.name LIKE '{name}.%'
"""
_POSTGRESQL = seed_counts.POSTGRESQL | {
    "place": "(t.kwargs ->> 'number')::bigint",
    "latest": "max(t.id::text)::uuid",
    "slot": f"floor(extract(epoch FROM finished_at) / {SLOT_SECONDS})::int",
    "id": (
        "(lpad(to_hex((at * 1000)::bigint), 12, '0') || '7' || lpad(to_hex(n % 4096), 3, '0')"
        " || 'a' || lpad(to_hex(n), 15, '0'))::uuid"
    ),
    "array": "'[]'::jsonb",
    "object": """('{"number": ' || n || ', "word": "measured"}')::jsonb""",
    "data": """('{"data": "seeded ' || n || '"}')::jsonb""",
    "created": "to_timestamp(at)",
    "due": "to_timestamp(after)",
    "started": "to_timestamp(began)",
    "finished": "to_timestamp(ended)",
    "least": "least",
    "numbers": "generate_series(1::bigint, {count}) AS n",
}
_MOMENT_SQLITE = "(strftime('%Y-%m-%d %H:%M:%f', {}, 'unixepoch') || '000')"
_SQLITE = seed_counts.SQLITE | {
    "place": "CAST(t.kwargs ->> '$.number' AS INTEGER)",
    "latest": "max(t.id)",
    "slot": f"CAST(strftime('%s', finished_at) AS INTEGER) / {SLOT_SECONDS}",
    "id": "printf('%012x7%03xa%015x', CAST(at * 1000 AS INTEGER), n % 4096, n)",
    "array": "'[]'",
    "object": """'{"number": ' || n || ', "word": "measured"}'""",
    "data": """'{"data": "seeded ' || n || '"}'""",
    "created": _MOMENT_SQLITE.format("at"),
    "due": _MOMENT_SQLITE.format("after"),
    "started": _MOMENT_SQLITE.format("began"),
    "finished": _MOMENT_SQLITE.format("ended"),
    "least": "min",
    "numbers": (
        "(WITH RECURSIVE count(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM count"
        " WHERE n < {count}) SELECT n FROM count)"
    ),
}
_SETTLE = {
    "postgresql": ("VACUUM (ANALYZE)", "CHECKPOINT"),
    "sqlite": ("ANALYZE", "PRAGMA wal_checkpoint(TRUNCATE)"),
}


def is_seeded() -> bool:
    """Whether there is such a past already."""
    from jobs.models import Task

    return Task.objects.filter(name__startswith=f"{NAME}.").exists()


def fill(count: int, *, failed_permille: int = 25) -> None:
    """Write `count` ended tasks unless that is done, leave them as time would."""
    if is_seeded():
        return
    failed = REVOKED_PERMILLE + failed_permille
    shares = {"revoked": REVOKED_PERMILLE, "failed": failed, "retried": failed + _RETRIED_PERMILLE}
    _execute(
        (_TASKS, _ATTEMPTS, seed_counts.ROLLUPS, _FAILURES, _FAILURE_COUNTS),
        count,
        seconds=DAYS * 24 * 3600.0,
        **shares,
    )


def fill_open(count: int) -> None:
    """Write so many tasks of the last hour: six of ten wait for a worker, the others for a day."""
    _execute((_OPEN,), count, seconds=3600.0)


def fill_tags() -> None:
    """Tag every second of the ended ones `common`, and every thousandth `rare`."""
    _execute((_TAGS,), 1, seconds=0.0)


def _execute(statements: Sequence[str], count: int, *, seconds: float, **shares: int) -> None:
    """Fill in a statement's words and run it; `count` rows lie evenly in so many seconds."""
    from django.db import connection

    step = seconds / count
    words = dict(_POSTGRESQL if connection.vendor == "postgresql" else _SQLITE)
    words["numbers"] = words["numbers"].format(count=count)
    words |= {"name": NAME, "frame": _FRAME, "first": str(time.time() - seconds), "step": str(step)}
    words |= {name: str(share) for name, share in shares.items()} | _error_words()
    with connection.cursor() as cursor:
        for statement in (*statements, *_SETTLE[connection.vendor]):
            cursor.execute(statement.format(**words))


def _error_words() -> dict[str, str]:
    """The error of a type, and what an attempt says of the error of its task."""
    texts = [f"{name}: {said}" for name, said in _ERRORS]
    cases = list(zip(texts, _ERRORS, strict=True))
    groups = [
        FailureGroup(f"{NAME}.type_{kind}", _ERRORS[kind % len(_ERRORS)][0], _FRAME)
        for kind in range(_KINDS)
    ]
    return {
        "failure": _case("kind", dict(enumerate(group.fingerprint for group in groups))),
        "error": _case(f"kind % {len(texts)}", dict(enumerate(texts))),
        "exception": _case("t.error", {text: name for text, (name, _) in cases}),
        "traceback": _case("t.error", {text: _traceback(text) for text in texts}),
    }


def _traceback(text: str) -> str:
    frame = '  File "/srv/shop/tasks.py", line 41, in work\n    return order.submit()'
    return f"Traceback (most recent call last):\n{frame}\n{text}\n"


def _case(of: str, values: Mapping[object, str]) -> str:
    parts = [f"WHEN {_literal(each)} THEN {_literal(value)}" for each, value in values.items()]
    return f"CASE {of} {' '.join(parts)} END"


def _literal(value: object) -> str:
    return str(value) if isinstance(value, int) else "'" + str(value).replace("'", "''") + "'"
