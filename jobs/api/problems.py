"""Every error as a problem document (RFC 9457): `type title status detail code` and `errors`."""

import logging
from http import HTTPStatus
from typing import Any, NoReturn

from django.core.exceptions import PermissionDenied, RequestDataTooBig, SuspiciousOperation
from django.core.signals import got_request_exception
from django.db import InterfaceError, OperationalError
from django.http import Http404, UnreadablePostError
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.views import set_rollback

from jobs.exceptions import (
    DeliveryNotFound,
    FailureNotFound,
    IdempotencyKeyReused,
    InvalidArguments,
    InvalidOption,
    InvalidSearch,
    OperationNotFound,
    OperationRefused,
    PayloadError,
    PayloadWithheld,
    TaskNotFound,
    TaskQueueError,
    TransitionRefused,
    UnknownQueue,
    UnknownTaskType,
    WebhookDisabled,
    WebhookNotFound,
    WorkerNotFound,
    WorkerRefused,
)

logger = logging.getLogger(__name__)

CONTENT_TYPE = "application/problem+json"
#: Seconds after which a caller may try again when the database is away.
RETRY_AFTER_SECONDS = 5
#: Characters of a message: what the caller sent is quoted, but not at any length.
LONGEST_MESSAGE = 500
MOST_ERRORS = 100

#: Django's own refusals, the special before the general.
DJANGO: dict[type[Exception], tuple[int, str, str]] = {
    Http404: (404, "not_found", "There is nothing at this address."),
    PermissionDenied: (403, "permission_denied", "You may not do this."),
    RequestDataTooBig: (413, "body_too_large", "The body is too large."),
    SuspiciousOperation: (400, "bad_request", "The request is malformed."),
    UnreadablePostError: (400, "bad_request", "The body broke off."),
}

FieldError = dict[str, Any]


class InvalidInput(exceptions.APIException):
    """Fields of the request are wrong; `errors` has an entry `{"field", "message"}` for each."""

    status_code = 400
    default_code = "invalid_input"

    def __init__(self, errors: list[FieldError]) -> None:
        self.errors = errors
        super().__init__("; ".join(f"{error['field']}: {error['message']}" for error in errors))


def refuse(field: str, message: str) -> NoReturn:
    """Raise InvalidInput for one field."""
    raise InvalidInput([{"field": field, "message": message}])


def on_exception(error: Exception, context: dict[str, Any]) -> Response:
    """The answer to whatever a view raised; what nobody foresaw is logged, and a 500 without facts.

    The handler of `REST_FRAMEWORK["EXCEPTION_HANDLER"]`.
    """
    set_rollback()
    match error:
        case InvalidInput():
            return problem(400, error.default_code, str(error.detail), errors=error.errors)
        case TaskQueueError():
            return _refusal(error)
        case exceptions.APIException():
            return _framework(error)
        case OperationalError() | InterfaceError():
            logger.warning("the database is away: %s", error)
            return problem(
                503,
                "database_unavailable",
                "The database does not answer. Nothing was changed; try again.",
                headers={"Retry-After": str(RETRY_AFTER_SECONDS)},
            )
    for kind, (status, code, detail) in DJANGO.items():
        if isinstance(error, kind):
            return problem(status, code, detail)
    request = context["request"]
    logger.error("%s %s failed", request.method, request.path, exc_info=error)
    got_request_exception.send(sender=None, request=request)
    return problem(500, "internal_error", "Something went wrong here. It has been logged.")


def problem(
    status: int,
    code: str,
    detail: str,
    *,
    errors: list[FieldError] | None = None,
    headers: dict[str, str] | None = None,
    **facts: object,
) -> Response:
    """A problem document; `facts` are further members."""
    body: dict[str, object] = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": short(detail),
        "code": code,
        **facts,
    }
    if errors:
        shown = [error | {"message": short(error["message"])} for error in errors[:MOST_ERRORS]]
        body["errors"] = shown
    return Response(body, status=status, headers=headers, content_type=CONTENT_TYPE)


def errors_of(error: TaskQueueError) -> list[FieldError]:
    """The faults of the request that a service found, by field; none when it is not about one."""
    match error:
        case InvalidArguments():
            return [{**fault, "field": _argument(fault["field"])} for fault in error.errors]
        case InvalidOption():
            return [{"field": str(error.context["field"]), "message": str(error)}]
        case InvalidSearch() | PayloadWithheld():
            found = error.context
            message = str(found.get("problem", error))
            return [{"field": "search", "position": found["position"], "message": message}]
        case UnknownTaskType():
            return [{"field": "task_type", "message": str(error)}]
        case UnknownQueue():
            return [{"field": "queue", "message": str(error)}]
        case PayloadError():
            return [{"field": "payload", "message": str(error)}]
    return []


def short(text: str) -> str:
    """The text, cut where it gets too long to read."""
    return text if len(text) <= LONGEST_MESSAGE else f"{text[: LONGEST_MESSAGE - 1]}…"


def _argument(path: str) -> str:
    """Where the caller finds an argument; `args` stands for faults of the positional ones."""
    return path if path == "args" else f"payload.{path}"


def _refusal(error: TaskQueueError) -> Response:
    match error:
        case TransitionRefused() | OperationRefused() | WorkerRefused():
            return problem(409, error.code, str(error), state=str(error.context["state"]))
        case IdempotencyKeyReused() | WebhookDisabled():
            return problem(409, error.code, str(error))
        case (
            TaskNotFound()
            | OperationNotFound()
            | FailureNotFound()
            | WorkerNotFound()
            | WebhookNotFound()
            | DeliveryNotFound()
        ):
            return problem(404, error.code, str(error))
        case PayloadWithheld():
            return problem(403, error.code, str(error), errors=errors_of(error))
    return problem(400, error.code, str(error), errors=errors_of(error))


def _framework(error: exceptions.APIException) -> Response:
    headers = {}
    if isinstance(error, exceptions.NotAuthenticated | exceptions.AuthenticationFailed):
        headers["WWW-Authenticate"] = getattr(error, "auth_header", "Bearer")
    detail = str(error.detail)
    if isinstance(error, exceptions.Throttled):
        seconds = max(1, error.wait or 1)  # type: ignore[attr-defined]
        headers["Retry-After"] = str(seconds)
        detail = f"Too many calls of this kind: try again in {seconds} s."
    if isinstance(error, exceptions.UnsupportedMediaType):
        detail = f"{detail} Send the body as application/json."
    codes = error.get_codes()
    code = codes if isinstance(codes, str) else error.default_code
    return problem(error.status_code, code, detail, headers=headers)
