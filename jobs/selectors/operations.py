"""Operations in words that JSON can carry."""

from typing import Any

from jobs.models import Operation
from jobs.selectors.facts import moment


def operation_facts(operation: Operation) -> dict[str, Any]:
    """All of one operation; its task should have been read with it."""
    return {
        "operation_id": str(operation.pk),
        "action": operation.action,
        "filter": operation.filter,
        "actor": operation.actor,
        "reason": operation.reason,
        "state": operation.standing.value,
        "stopped_by": operation.stopped_by,
        "history": operation.history,
        "total": operation.total_count,
        "done": operation.done_count,
        "skipped": operation.skipped_count,
        "failed": operation.failed_count,
        "percent": operation.percent,
        "task_id": str(operation.task_id) if operation.task_id else None,
        "created_at": moment(operation.created_at),
        "started_at": moment(operation.started_at),
        "ended_at": moment(operation.ended_at),
    }
