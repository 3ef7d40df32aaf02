"""What each call sends and what it makes of the answer, without a word about how it is sent.

A call is a generator: it yields what is to be done, a `Request` or a `Pause`, is handed what came
of it, and returns its result. `Client` and `AsyncClient` only differ in how they do it.
"""

import json
import time
from collections.abc import Generator, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeAlias, TypedDict, TypeVar
from urllib.parse import quote, urlsplit
from uuid import UUID

from jobs.client.errors import ApiError, ClientError, Unreachable, WaitTimeout, error_of
from jobs.client.site import IDEMPOTENCY_KEY, Answer, Request, query

T = TypeVar("T")
Task: TypeAlias = dict[str, Any]
TaskId: TypeAlias = UUID | str

ENDED = frozenset({"SUCCESS", "FAILURE", "REVOKED"})
#: Seconds before each further try of a call that may be repeated.
PAUSES = (0.25, 0.5, 1.0, 2.0)
#: What stands before a server answers so while it starts anew.
AWAY = frozenset({502, 503, 504})
#: As long as one call may wait for a task.
LONGEST_WAIT_SECONDS = 30.0
#: A server that lets nobody wait is asked no more often than this.
SHORTEST_ROUND_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Pause:
    """Do nothing for so long."""

    seconds: float


Steps: TypeAlias = Generator[Request | Pause, Answer | Unreachable | None, T]


class RerunOptions(TypedDict, total=False):
    """What a rerun may say beside the payload; else it is as it was."""

    priority: str
    """The queue: `high`, `default` or `low`."""
    max_retries: int
    timeout_seconds: float
    delay_seconds: float
    run_after: datetime
    expires_at: datetime
    tags: Sequence[str]
    depends_on: Sequence[TaskId]
    """Tasks that must succeed first."""


class SubmitOptions(RerunOptions, total=False):
    """What a submit may say beside task type and payload; else the type decides."""

    unique_key: str
    """While an open task of the type has this key, that task is the answer."""


class ListOptions(TypedDict, total=False):
    """Which tasks to list."""

    status: str
    """States, separated by commas."""
    queue: str
    task_type: str
    worker: str
    tag: str
    created_after: datetime
    created_before: datetime


def submit(
    task_type: str,
    payload: Mapping[str, Any] | None,
    options: SubmitOptions,
    *,
    idempotency_key: str | None,
) -> Steps[Task]:
    """One task."""
    body = {"task_type": task_type, "payload": dict(payload or {}), **options}
    return _json(_submit("tasks", body, idempotency_key))


def submit_many(
    tasks: Iterable[Mapping[str, Any]], *, idempotency_key: str | None
) -> Steps[list[str]]:
    """Many tasks; gives their ids."""
    body = {"tasks": [dict(task) for task in tasks]}
    answer = yield from _json(_submit("tasks/bulk", body, idempotency_key))
    ids: list[str] = answer["task_ids"]
    return ids


def get(task_id: TaskId) -> Steps[Task]:
    """One task with its history."""
    return _json(Request(target=of_task(task_id)))


def page(options: ListOptions, *, limit: int, following: str | None) -> Steps[Task]:
    """A page of tasks: the first one, or the one at the address that the last one gave."""
    if following is None:
        return _json(Request(target=query("tasks", {**options, "limit": limit})))
    # Only its path: wherever an answer may point to, the token goes nowhere else.
    parts = urlsplit(following)
    return _json(Request(target=f"{parts.path}?{parts.query}", is_absolute=True))


def act(verb: str, task_id: TaskId, *, reason: str) -> Steps[Task]:
    """Cancel or requeue."""
    body = {"reason": reason} if reason else {}
    return _json(Request(method="POST", target=of_task(task_id, verb), body=body))


def rerun(
    task_id: TaskId, payload: Mapping[str, Any] | None, options: RerunOptions, *, reason: str
) -> Steps[Task]:
    """The same again as a new task."""
    body: dict[str, Any] = {**options}
    if payload is not None:
        body["payload"] = dict(payload)
    if reason:
        body["reason"] = reason
    return _json(Request(method="POST", target=of_task(task_id, "rerun"), body=body))


def explain(task_id: TaskId) -> Steps[list[Task]]:
    """Why it is not running."""
    return _json(Request(target=of_task(task_id, "explain")))


def stats() -> Steps[dict[str, int]]:
    """The seven numbers."""
    return _json(Request(target="workers/stats"))


def wait(task_id: TaskId, *, timeout_seconds: float | None) -> Steps[Task]:
    """The task once it has ended; raises WaitTimeout."""
    began = time.monotonic()
    while True:
        asked_at = time.monotonic()
        left = float("inf") if timeout_seconds is None else began + timeout_seconds - asked_at
        seconds = round(min(LONGEST_WAIT_SECONDS, max(0.0, left)), 3)
        target = query(of_task(task_id), {"wait": seconds})
        task: Task = yield from _json(Request(target=target, patience_seconds=seconds))
        if task["status"] in ENDED:
            return task
        took = time.monotonic() - asked_at
        if timeout_seconds is not None and left <= took:
            raise WaitTimeout(task, timeout_seconds)
        if took < min(seconds, SHORTEST_ROUND_SECONDS):
            yield Pause(min(left, SHORTEST_ROUND_SECONDS) - took)


def of_task(task_id: TaskId, *more: str) -> str:
    """The target of a call about one task."""
    return "/".join(["tasks", quote(str(task_id), safe=""), *more])


def worth_another_try(error: ClientError) -> bool:
    """Whether the server may only be away for a moment."""
    return isinstance(error, Unreachable) or (isinstance(error, ApiError) and error.status in AWAY)


def pause_after(error: ClientError, pause_seconds: float) -> float:
    """The pause, or the longer one that the server asked for."""
    asked = getattr(error, "retry_after_seconds", None) or 0.0
    return max(pause_seconds, asked)


def _submit(target: str, body: dict[str, Any], idempotency_key: str | None) -> Request:
    headers = {} if idempotency_key is None else {IDEMPOTENCY_KEY: idempotency_key}
    return Request(method="POST", target=target, body=body, headers=headers)


def _json(request: Request) -> Steps[Any]:
    """Send, more than once if that can do no harm; gives what the answer holds."""
    pauses = iter(PAUSES if request.may_repeat else ())
    while True:
        got = yield request
        if isinstance(got, Answer) and 200 <= got.status < 300:
            return json.loads(got.body)
        error = _error(got)
        pause_seconds = next(pauses, None)
        if pause_seconds is None or not worth_another_try(error):
            raise error
        yield Pause(pause_after(error, pause_seconds))


def _error(got: Answer | Unreachable | None) -> ClientError:
    if isinstance(got, Answer):
        return error_of(got.status, got.body, retry_after=got.retry_after)
    return got or Unreachable("nothing was sent")
