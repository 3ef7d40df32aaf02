"""New rows: one statement for one task, one for many."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
from django.db import connection, transaction

from jobs.store.dialect import is_postgresql, key, text

COLUMNS = (
    "id, name, queue, args, kwargs, state, max_retries, timeout_seconds, run_after, expires_at, "
    "created_at, updated_at, submitted_by"
)
#: Rows per SQLite statement: bounds the JSON text that carries them.
SQLITE_CHUNK = 5000

_VALUES = ", ".join(["%s"] * 13)
INSERT = f"INSERT INTO jobs_task ({COLUMNS}) VALUES ({_VALUES})"  # noqa: S608 - constants only
COPY = f"COPY jobs_task ({COLUMNS}) FROM STDIN"
INSERT_MANY_SQLITE = (
    f"INSERT INTO jobs_task ({COLUMNS}) SELECT "  # noqa: S608
    + ", ".join(f"value->>{place}" for place in range(13))
    + " FROM json_each(%s)"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewTask:
    """A task as it will be written; `args` and `kwargs` are validated JSON texts."""

    id: str
    name: str
    queue: str
    args: str
    kwargs: str
    state: str
    max_retries: int
    timeout_seconds: float
    run_after: datetime
    expires_at: datetime | None
    created_at: datetime
    submitted_by: str


def insert(new: NewTask) -> None:
    """Write one row, in the caller's transaction if there is one."""
    with connection.cursor() as cursor:
        cursor.execute(INSERT, _row(new))


def insert_many(new: Sequence[NewTask]) -> None:
    """Write many rows, all or none."""
    with transaction.atomic(), connection.cursor() as cursor:
        if is_postgresql():
            with cursor.copy(COPY) as copy:
                for task in new:
                    copy.write_row(_row(task))
            return
        for start in range(0, len(new), SQLITE_CHUNK):
            rows = [_row(task) for task in new[start : start + SQLITE_CHUNK]]
            cursor.execute(INSERT_MANY_SQLITE, [orjson.dumps(rows).decode()])


def _row(new: NewTask) -> tuple[Any, ...]:
    as_is = is_postgresql()
    created_at = new.created_at if as_is else text(new.created_at)
    return (
        new.id if as_is else key(new.id),
        new.name,
        new.queue,
        new.args,
        new.kwargs,
        new.state,
        new.max_retries,
        new.timeout_seconds,
        new.run_after if as_is else text(new.run_after),
        new.expires_at if as_is else text(new.expires_at),
        created_at,
        created_at,
        new.submitted_by,
    )
