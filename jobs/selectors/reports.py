"""What operations did to each of their tasks, in pages by key and as a whole."""

from collections.abc import Iterator
from dataclasses import dataclass
from uuid import UUID

from jobs.domain.operations import Result
from jobs.models import Operation, OperationResult, Task
from jobs.models.operation import OperationResultQuerySet

#: Rows that are read at a time where all are wanted.
CHUNK = 2000


@dataclass(frozen=True, slots=True)
class Line:
    """One task of a report; `task` is its row without long columns, None when it is deleted."""

    task_id: UUID
    result: Result
    note: str
    task: Task | None


@dataclass(frozen=True, slots=True)
class ReportPage:
    """Some lines, the oldest task first; `cursor` continues after the last of them."""

    lines: list[Line]
    cursor: UUID | None


def report_page(
    operation: Operation, *, result: Result | None, after: UUID | None, limit: int
) -> ReportPage:
    """The lines with greater ids than `after`, of one result or of any."""
    found = list(_rows(operation, result, after)[: limit + 1])
    shown = found[:limit]
    names = Task.objects.among([row.task_id for row in shown]).only("pk", "name", "state")
    tasks = {task.pk: task for task in names}
    lines = [
        Line(row.task_id, Result(row.result), row.note, tasks.get(row.task_id)) for row in shown
    ]
    return ReportPage(lines, shown[-1].task_id if len(found) > limit else None)


def whole_report(operation: Operation) -> Iterator[tuple[UUID, str, str]]:
    """Every line as (task id, result, note), by task id; a bounded number is held at a time."""
    after: UUID | None = None
    while True:
        rows = _rows(operation, None, after).values_list("task_id", "result", "note")[:CHUNK]
        found = list(rows)
        yield from found
        if len(found) < CHUNK:
            return
        after = found[-1][0]


def _rows(
    operation: Operation, result: Result | None, after: UUID | None
) -> OperationResultQuerySet:
    rows = OperationResult.objects.filter(operation_id=operation.pk)
    rows = rows if result is None else rows.told(result)
    rows = rows if after is None else rows.filter(task_id__gt=after)
    return rows.order_by("task_id")
