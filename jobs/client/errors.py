"""What may go wrong between a client and the API."""

import json
from typing import Any


class ClientError(Exception):
    """Base of all."""


class Unreachable(ClientError):
    """No answer: the server is away, the name unknown, or the time was over."""


class WaitTimeout(ClientError, TimeoutError):
    """The task had not ended when the time to wait was over; `task` is how it stood."""

    def __init__(self, task: dict[str, Any], seconds: float) -> None:
        self.task = task
        super().__init__(f"Task {task['task_id']} is {task['status']} after {seconds:g} s.")


class ApiError(ClientError):
    """The server answered with a problem.

    `status` is HTTP's, `code` the API's word for programs (empty when something between client and
    API answered), `errors` has an entry `{"field", "message"}` for each field that is wrong,
    `state` the state of the task that forbade it, `retry_after_seconds` when to try again.
    """

    def __init__(
        self, *, status: int, problem: dict[str, Any], retry_after_seconds: float | None
    ) -> None:
        self.status = status
        self.code: str = problem.get("code") or ""
        self.errors: list[dict[str, Any]] = problem.get("errors") or []
        self.state: str | None = problem.get("state")
        self.retry_after_seconds = retry_after_seconds
        super().__init__(problem.get("detail") or f"The server answered {status}.")


class BadRequest(ApiError):
    """The call is wrong; `errors` says where (400, 413, 415)."""


class NotAllowed(ApiError):
    """The token is missing or wrong (401), or lacks the permission (403)."""


class NotFound(ApiError):
    """There is no such task, queue or address (404)."""


class Conflict(ApiError):
    """The task's state, told in `state`, does not allow it (409)."""


class TooManyRequests(ApiError):
    """Too many calls: try again after `retry_after_seconds` (429)."""


class ServerFault(ApiError):
    """The server, or what stands before it, cannot answer now (5xx)."""


KINDS: dict[int, type[ApiError]] = {
    401: NotAllowed,
    403: NotAllowed,
    404: NotFound,
    409: Conflict,
    429: TooManyRequests,
}


def error_of(status: int, body: bytes, *, retry_after: str | None) -> ApiError:
    """The exception for an answer that is not what was asked for."""
    try:
        problem = json.loads(body)
    except ValueError:
        problem = {}
    kind = KINDS.get(status, ServerFault if status >= 500 else BadRequest)
    return kind(
        status=status,
        problem=problem if isinstance(problem, dict) else {},
        retry_after_seconds=float(retry_after) if retry_after and retry_after.isdigit() else None,
    )
