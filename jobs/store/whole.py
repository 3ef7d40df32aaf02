"""One task with all that stands beside it, in one statement."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any
from uuid import UUID

import orjson
from django.db import DEFAULT_DB_ALIAS, connection

from jobs.exceptions import TaskNotFound
from jobs.models import Attempt, Event, Task
from jobs.store.dialect import is_postgresql

MOST_RERUNS = 100

_ATTEMPT = (
    "number", "outcome", "worker", "release", "exception", "error", "traceback", "log",
    "queued_at", "started_at", "finished_at",
)  # fmt: skip
_EVENT = ("id", "kind", "actor", "reason", "at")
_FIELDS = Task._meta.concrete_fields  # noqa: SLF001 - documented, for all its underscore
_COLUMNS = [field.attname for field in _FIELDS]
#: How many of the columns of each end the tuple as moments.
_ATTEMPT_MOMENTS, _EVENT_MOMENTS = 3, 1

_POSTGRESQL = """
SELECT {columns},
       (SELECT json_agg(json_build_array({attempt}))::text
          FROM jobs_attempt WHERE task_id = t.id),
       (SELECT json_agg(json_build_array({event}))::text FROM jobs_event WHERE task_id = t.id),
       (SELECT json_agg(depends_on_id ORDER BY id)::text
          FROM jobs_dependency WHERE task_id = t.id),
       (SELECT json_agg(id)::text FROM (
          SELECT id FROM jobs_task WHERE parent = t.id ORDER BY id DESC LIMIT {most}) AS again)
  FROM jobs_task AS t WHERE t.id = %s
"""
_SQLITE = """
SELECT {columns},
       (SELECT json_group_array(json_array({attempt})) FROM jobs_attempt WHERE task_id = t.id),
       (SELECT json_group_array(json_array({event})) FROM jobs_event WHERE task_id = t.id),
       (SELECT json_group_array(depends_on_id) FROM (
          SELECT depends_on_id FROM jobs_dependency WHERE task_id = t.id ORDER BY id)),
       (SELECT json_group_array(id) FROM (
          SELECT id FROM jobs_task WHERE parent = t.id ORDER BY id DESC LIMIT {most}))
  FROM jobs_task AS t WHERE t.id = %s
"""


@dataclass(frozen=True, slots=True)
class Whole:
    """A task, its attempts and events in their order, and the ids of its relatives.

    `depends_on` in the order given, `reruns` the newest first and at most `MOST_RERUNS`.
    """

    task: Task
    attempts: Sequence[Attempt]
    events: Sequence[Event]
    depends_on: Sequence[UUID]
    reruns: Sequence[UUID]


def read_whole(task_id: UUID) -> Whole:
    """All of one task as it stands at one moment; raises TaskNotFound."""
    statement, readers = _plan(connection.vendor)
    with connection.cursor() as cursor:
        cursor.execute(statement, [task_id if is_postgresql() else task_id.hex])
        row = cursor.fetchone()
    if row is None:
        raise TaskNotFound(task_id=task_id)
    values = [*row[:-4]]
    for place, read in readers:
        values[place] = read(values[place])
    task = Task.from_db(DEFAULT_DB_ALIAS, _COLUMNS, values)
    attempts, events, depends_on, reruns = (orjson.loads(part or "[]") for part in row[-4:])
    found = [Attempt(**_named(_ATTEMPT, each, _ATTEMPT_MOMENTS)) for each in attempts]
    lines = [Event(**_named(_EVENT, each, _EVENT_MOMENTS)) for each in events]
    return Whole(
        task=task,
        attempts=sorted(found, key=lambda attempt: attempt.number),
        events=sorted(lines, key=lambda event: (event.at, event.pk)),
        depends_on=[*map(UUID, depends_on)],
        reruns=[*map(UUID, reruns)],
    )


@lru_cache
def _plan(vendor: str) -> tuple[str, Sequence[tuple[int, Callable[[Any], Any]]]]:
    """The statement, and what makes the database's values of some columns Python's."""
    form = _POSTGRESQL if vendor == "postgresql" else _SQLITE
    statement = form.format(
        columns=", ".join(f"t.{field.column}" for field in _FIELDS),
        attempt=", ".join(_ATTEMPT),
        event=", ".join(_EVENT),
        most=MOST_RERUNS,
    )
    readers: list[tuple[int, Callable[[Any], Any]]] = []
    for place, field in enumerate(_FIELDS):
        column = field.get_col("t")
        converters = [
            *connection.ops.get_db_converters(column),
            *column.get_db_converters(connection),
        ]
        readers += [(place, _reader(convert, column)) for convert in converters]
    return statement, readers


def _reader(convert: Callable[..., Any], column: Any) -> Callable[[Any], Any]:
    return lambda value: convert(value, column, connection)


def _named(names: Sequence[str], values: Sequence[Any], moments: int) -> dict[str, Any]:
    named = dict(zip(names, values, strict=True))
    for name in names[-moments:]:
        named[name] = _moment(named[name])
    return named


def _moment(stored: str | None) -> datetime | None:
    """PostgreSQL writes its zone, SQLite means UTC."""
    if stored is None:
        return None
    found = datetime.fromisoformat(stored)
    return found if found.tzinfo else found.replace(tzinfo=UTC)
