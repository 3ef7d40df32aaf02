"""Tasks as rows of a file, read in pages by key: what is held at a time does not grow."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from jobs.models import Task
from jobs.selectors.facts import PAYLOAD_FIELDS, task_facts, task_line
from jobs.selectors.pages import TaskFilter, page
from jobs.selectors.sheets import Line

#: Tasks that are read at a time.
CHUNK = 500
#: With payloads, which may weigh a megabyte each, fewer.
PAYLOAD_CHUNK = 50
#: What a file tells of a task, in this order; the last ones are payload.
COLUMNS = (
    "task_id",
    "status",
    "task_type",
    "queue",
    "created_at",
    "run_after",
    "started_at",
    "finished_at",
    "attempt_count",
    "retry_count",
    "max_retries",
    "worker",
    "submitted_by",
    "tags",
    "unique_key",
    "parent",
    "discarded_at",
    "error",
    "args",
    "kwargs",
    "result",
)


def columns_for(*, sees_payload: bool) -> tuple[str, ...]:
    """What a file may tell somebody who may see payloads or may not."""
    return tuple(name for name in COLUMNS if sees_payload or name not in PAYLOAD_FIELDS)


def exported(wanted: TaskFilter, *, sees_payload: bool) -> Iterator[dict[str, Any]]:
    """The tasks of a filter, the newest first, as facts; secrets are hidden as everywhere."""
    columns = columns_for(sees_payload=sees_payload)
    cursor: UUID | None = None
    while True:
        found = page(wanted, limit=PAYLOAD_CHUNK if sees_payload else CHUNK, cursor=cursor)
        for task in _whole(found.tasks) if sees_payload else found.tasks:
            facts = task_facts(task) if sees_payload else task_line(task)
            yield {name: facts[name] for name in columns}
        cursor = found.cursor
        if cursor is None:
            return


def sheet(rows: Iterator[dict[str, Any]], *, sees_payload: bool) -> Iterator[Line]:
    """The same as lines of cells, after one of names."""
    columns = columns_for(sees_payload=sees_payload)
    yield list(columns)
    for row in rows:
        yield [row[name] for name in columns]


def _whole(tasks: list[Task]) -> list[Task]:
    """The tasks with their long columns, which pages leave out."""
    return list(Task.objects.among([task.pk for task in tasks]).order_by("-pk")) if tasks else []
