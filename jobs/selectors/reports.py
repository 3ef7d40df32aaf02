"""What operations did to each of their tasks, in pages by key and as a whole."""

from collections.abc import Collection, Iterator
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


def done_count(operation_id: UUID) -> int:
    """How many tasks the report says were done."""
    return _done(operation_id).count()


def done_after(operation_id: UUID, after: UUID | None, *, limit: int) -> list[UUID]:
    """The ids of the first that were done, greater than `after`."""
    rows = _done(operation_id)
    rows = rows if after is None else rows.filter(task_id__gt=after)
    return list(rows.order_by("task_id").values_list("task_id", flat=True)[:limit])


def notes_of(operation_id: UUID, task_ids: Collection[UUID]) -> dict[UUID, str]:
    """What the report notes of each of these tasks, which lie close together in it."""
    rows = OperationResult.objects.filter(
        operation_id=operation_id, task_id__range=(min(task_ids), max(task_ids))
    )
    wanted = set(task_ids)
    found = rows.values_list("task_id", "note")
    return {task_id: note for task_id, note in found if task_id in wanted}


def _done(operation_id: UUID) -> OperationResultQuerySet:
    return OperationResult.objects.filter(operation_id=operation_id, result=Result.DONE)


def _rows(
    operation: Operation, result: Result | None, after: UUID | None
) -> OperationResultQuerySet:
    rows = OperationResult.objects.filter(operation_id=operation.pk)
    rows = rows if result is None else rows.told(result)
    rows = rows if after is None else rows.filter(task_id__gt=after)
    return rows.order_by("task_id")
