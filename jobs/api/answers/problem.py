"""The ground of every answer, and the answer to what went wrong."""

from pydantic import BaseModel, ConfigDict, Field

from jobs.domain.operations import OperationState
from jobs.domain.states import State
from jobs.domain.workers import WorkerState

#: Every `code` of a problem, with its status. A caller may rely on them.
PROBLEMS = {
    "bad_request": 400,
    "invalid_arguments": 400,
    "invalid_input": 400,
    "invalid_option": 400,
    "invalid_payload": 400,
    "invalid_search": 400,
    "parse_error": 400,
    "payload_too_large": 400,
    "unknown_queue": 400,
    "unknown_task_type": 400,
    "not_authenticated": 401,
    "token_expired": 401,
    "token_revoked": 401,
    "token_unknown": 401,
    "user_inactive": 401,
    "csrf_failed": 403,
    "payload_withheld": 403,
    "permission_denied": 403,
    "delivery_not_found": 404,
    "failure_not_found": 404,
    "not_found": 404,
    "operation_not_found": 404,
    "task_not_found": 404,
    "webhook_not_found": 404,
    "worker_not_found": 404,
    "method_not_allowed": 405,
    "dependency_failed": 409,
    "idempotency_key_reused": 409,
    "operation_refused": 409,
    "transition_refused": 409,
    "unique_key_taken": 409,
    "webhook_disabled": 409,
    "worker_refused": 409,
    "body_too_large": 413,
    "too_many_values": 413,
    "unsupported_media_type": 415,
    "throttled": 429,
    "too_many_connections": 429,
    "internal_error": 500,
    "no_streams": 501,
    "database_unavailable": 503,
    "stopping": 503,
}


class Answer(BaseModel):
    """Everything named is always there; null stands for nothing."""

    model_config = ConfigDict(extra="forbid")


class FieldProblem(Answer):
    """One field that is wrong."""

    field: str
    message: str
    position: int | None = Field(
        None, description="Of the character, from 1, at which a search goes wrong."
    )
    index: int | None = Field(None, description="Of the bad task, in a bulk call.")


class Problem(Answer):
    """An error, as RFC 9457 says it."""

    type: str = Field(description="Always about:blank; `code` tells problems apart.")
    title: str
    status: int
    detail: str
    code: str = Field(description="Stable, for programs: each call names those it may answer with.")
    errors: list[FieldProblem] | None = Field(None, description="Which fields are wrong, and why.")
    state: State | OperationState | WorkerState | None = Field(
        None, description="With 409: the state that forbade it, of task, operation or worker."
    )
