"""What happened to a task between two looks at its row, told as events."""

from collections.abc import Mapping
from typing import Any

from jobs.domain.states import ENDED, State

Facts = Mapping[str, Any]
Event = dict[str, Any]

FINAL = {State.SUCCESS: "completed", State.FAILURE: "failed", State.REVOKED: "revoked"}


def is_ended(facts: Facts) -> bool:
    """Whether nothing more will happen by itself."""
    return State(facts["status"]) in ENDED


def connected(facts: Facts) -> Event:
    """The present state, for somebody who begins to watch."""
    return {"event": "connected", "data": dict(facts)}


def final(facts: Facts) -> Event:
    """How an ended task ended."""
    event = FINAL[State(facts["status"])]
    fields = {"completed": ("result",), "failed": ("error",), "revoked": ()}[event]
    return _event(event, facts, *fields, "finished_at")


def events_between(before: Facts, after: Facts) -> list[Event]:
    """The events that lead from one look to the next, in order.

    A task may start, fail and start again between two looks: the count of its ended attempts tells
    how often. Of progress and log only the newest is told.
    """
    events: list[Event] = []
    ended_attempts = after["attempt_count"] - before["attempt_count"]
    running = before["status"] == State.STARTED
    for number in range(ended_attempts):
        if not running:
            events.append(_event("started", after, "worker", "started_at"))
        running = False
        is_last = number == ended_attempts - 1
        if not (is_last and is_ended(after)):
            events.append(_retry(after))
    if after["status"] == State.STARTED and not running:
        events.append(_event("started", after, "worker", "started_at"))
    if after["progress"] and after["progress"] != before["progress"]:
        events.append(_progress(after))
    if after["log_tail"] and after["log_tail"] != before["log_tail"]:
        events.append(_event("log", after, "log_tail"))
    if is_ended(after) and not is_ended(before):
        events.append(final(after))
    return events


def _event(event: str, facts: Facts, *fields: str) -> Event:
    shown = ("task_id", "status", *fields)
    return {"event": event, "data": {field: facts[field] for field in shown}}


def _retry(facts: Facts) -> Event:
    return _event("retry", facts, "retry_count", "max_retries", "error", "run_after")


def _progress(facts: Facts) -> Event:
    progress = facts["progress"]
    known = progress if isinstance(progress, dict) else {"message": progress}
    event = _event("progress", facts)
    return event | {"data": event["data"] | known}
