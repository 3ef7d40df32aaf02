"""A task in words that JSON can carry: one form for the API, the sockets and the pages."""

from datetime import UTC, datetime
from functools import cache
from typing import Any

from jobs.conf import get_conf
from jobs.domain.redaction import Redactor
from jobs.domain.states import ENDED, State
from jobs.models import Attempt, Event, Task
from jobs.store.whole import Whole

#: What only those see who may see payloads.
PAYLOAD_FIELDS = frozenset(
    {"args", "kwargs", "result", "error", "traceback", "log", "log_tail", "progress"}
)
#: What `task_line` leaves out, so that a list need not read it.
LONG_COLUMNS = ("args", "kwargs", "result")


def task_facts(task: Task) -> dict[str, Any]:
    """What one task's row tells; moments are ISO 8601 in UTC."""
    return task_line(task) | {name: redacted(getattr(task, name)) for name in LONG_COLUMNS}


def whole_facts(whole: Whole) -> dict[str, Any]:
    """The same with what stands beside the row, and the traceback of the last failed attempt."""
    tries = [attempt_facts(attempt) for attempt in whole.attempts]
    return task_facts(whole.task) | {
        "traceback": next(
            (attempt["traceback"] for attempt in reversed(tries) if attempt["traceback"]), None
        ),
        "attempts": tries,
        "events": [_event(event) for event in whole.events],
        "depends_on": [str(pk) for pk in whole.depends_on],
        "reruns": [str(pk) for pk in whole.reruns],
    }


def task_line(task: Task) -> dict[str, Any]:
    """One task without its arguments and result, for lists."""
    return {
        "task_id": str(task.pk),
        "status": str(task.state),
        "task_type": task.name,
        "queue": task.queue,
        "priority": task.queue,
        "error": redacted(task.error) or None,
        "retry_count": retry_count(task),
        "max_retries": task.max_retries,
        "rescue_count": task.rescues,
        "attempt_count": task.attempt_count,
        "progress": redacted(task.progress),
        "timeout_seconds": task.timeout_seconds,
        "created_at": moment(task.created_at),
        "updated_at": moment(task.updated_at),
        "started_at": moment(task.started_at),
        "finished_at": moment(task.finished_at),
        "run_after": moment(task.run_after),
        "expires_at": moment(task.expires_at),
        "cancel_requested_at": moment(task.cancel_requested_at),
        "discarded_at": moment(task.discarded_at),
        "worker": task.worker,
        "submitted_by": task.submitted_by,
        "tags": task.tags or [],
        "unique_key": task.unique_key,
        "parent": str(task.parent) if task.parent else None,
        "failure": task.failure,
    }


def percent_of(progress: object) -> float | None:
    """How much of its work a task says it has done, from 0 to 100; None when it does not say."""
    percent = progress.get("percent") if isinstance(progress, dict) else None
    if isinstance(percent, bool) or not isinstance(percent, int | float):
        return None
    return round(min(100.0, max(0.0, percent)), 1)


def attempt_facts(attempt: Attempt) -> dict[str, Any]:
    """One attempt."""
    return {
        "number": attempt.number,
        "outcome": str(attempt.outcome),
        "worker": attempt.worker,
        "release": attempt.release,
        "queued_at": moment(attempt.queued_at),
        "started_at": moment(attempt.started_at),
        "finished_at": moment(attempt.finished_at),
        "exception": attempt.exception or None,
        "error": redacted(attempt.error) or None,
        "traceback": redacted(attempt.traceback) or None,
        "log": redacted(attempt.log) or None,
    }


def redacted(given: Any) -> Any:
    """A payload, or a text that a task has left, as it may be shown.

    The one way from a row to any eye: rows are whole, and nothing prints them as they are.
    """
    return redactor().value(given)


def redactor() -> Redactor:
    """Knows secrets by the names in `JOBS["REDACTED_KEYS"]`."""
    return _redactor(get_conf().redacted_keys)


def as_stored(given: Any, original: Any) -> Any:
    """A payload as somebody sends it back who was shown `original`: what was hidden is whole again.

    `holds_replacement` of it tells whether something is hidden that the original does not have.
    """
    return _redactor(get_conf().redacted_keys).restored(given, original)


@cache
def _redactor(names: tuple[str, ...]) -> Redactor:
    return Redactor(names)


def retry_count(task: Task) -> int:
    """How many retries this life of the task was given: made, running, or waited for."""
    return max(0, task.tries - 1) if State(task.state) in ENDED else task.tries


def without_payload(facts: dict[str, Any]) -> dict[str, Any]:
    """The same facts for somebody who may not see what the task carries or says."""
    shown = {key: None if key in PAYLOAD_FIELDS else value for key, value in facts.items()}
    if "attempts" in facts:
        shown["attempts"] = [without_payload(attempt) for attempt in facts["attempts"]]
    return shown | {"withheld": True}


def moment(at: datetime | None) -> str | None:
    """ISO 8601 in UTC, with microseconds, as in `2026-01-31T12:00:00.000000Z`."""
    if at is None:
        return None
    return at.astimezone(UTC).isoformat(timespec="microseconds").removesuffix("+00:00") + "Z"


def _event(event: Event) -> dict[str, Any]:
    return {
        "kind": str(event.kind),
        "actor": event.actor,
        "reason": event.reason,
        "at": moment(event.at),
    }
