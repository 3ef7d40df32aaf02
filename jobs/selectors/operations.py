"""Operations in words that JSON can carry."""

from typing import Any

from jobs.exceptions import TaskQueueError
from jobs.models import Operation
from jobs.selectors.facts import moment, redacted
from jobs.selectors.search import search_of

#: Stands for a search.
WITHHELD = "(withheld)"


def operation_facts(operation: Operation, *, sees_payload: bool) -> dict[str, Any]:
    """All of one operation; its task should have been read with it."""
    return {
        "operation_id": str(operation.pk),
        "action": operation.action,
        "filter": filter_facts(operation, sees_payload=sees_payload),
        "parameters": parameter_facts(operation, sees_payload=sees_payload),
        "undoes": str(operation.undoes_id) if operation.undoes_id else None,
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


def filter_facts(operation: Operation, *, sees_payload: bool) -> dict[str, Any]:
    """Its filter; a search that looks into payloads is told to nobody who may not see them."""
    told = dict(operation.filter)
    if "search" in told and not sees_payload and _looks_into_payload(told["search"]):
        told["search"] = WITHHELD
    return told


def parameter_facts(operation: Operation, *, sees_payload: bool) -> dict[str, Any]:
    """What it is done with; arguments are payload."""
    told = dict(operation.parameters)
    if "kwargs" in told:
        told["kwargs"] = redacted(told["kwargs"]) if sees_payload else {}
    return told


def _looks_into_payload(text: str) -> bool:
    try:
        search_of(text, sees_payload=False)
    except TaskQueueError:
        return True
    return False
