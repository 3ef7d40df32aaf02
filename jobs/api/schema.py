"""How the calls are described in OpenAPI."""

import inspect
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Literal, TypeVar

from django.conf import settings
from drf_spectacular.authentication import SessionScheme
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, OpenApiResponse, extend_schema
from pydantic import BaseModel

from jobs.api.answers.problem import PROBLEMS, Problem
from jobs.api.problems import CONTENT_TYPE

F = TypeVar("F", bound=Callable[..., Any])

#: What may go wrong in a call, by `code`: the groups that calls are made of.
ANY_CALL = (
    "bad_request",
    "not_authenticated",
    "token_unknown",
    "token_expired",
    "token_revoked",
    "user_inactive",
    "permission_denied",
    "throttled",
    "internal_error",
    "database_unavailable",
    "stopping",
)
WRITING = ("csrf_failed",)
WITH_QUERY = ("invalid_input",)
WITH_BODY = (
    "invalid_input",
    "parse_error",
    "body_too_large",
    "too_many_values",
    "unsupported_media_type",
)
WITH_TASK = (
    *WITH_BODY,
    "invalid_arguments",
    "invalid_option",
    "invalid_payload",
    "payload_too_large",
    "unknown_queue",
    "unknown_task_type",
)
WITH_ID = ("invalid_input", "not_found", "task_not_found")
WITH_REQUEUE = (
    *WITH_BODY,
    *WITH_ID,
    "dependency_failed",
    "transition_refused",
    "unique_key_taken",
)
WITH_OPERATION = ("invalid_input", "not_found", "operation_not_found")
ERRORS = {
    400: "A field is missing, unknown or wrong; `errors` names each.",
    401: "Neither a valid token nor a session, and anonymous access is off.",
    403: "The permission for this verb, or the CSRF token, is missing.",
    404: "There is no such task, queue, worker, operation, failure, webhook or address.",
    409: "The state of the task, operation or worker, told in `state`, that of the webhook, or a "
    "key that was used before does not allow it.",
    413: "The body is too large, or holds too many values.",
    415: "The body is not application/json.",
    429: "Too many calls of this kind by this caller, see Retry-After; or too many open streams.",
    501: "This server has no streams: it is not `manage.py serve`.",
    500: "A fault of the server, which has logged it.",
    503: "The database does not answer, see Retry-After; or the server is stopping.",
}
_PROBLEM = "#/components/schemas/{model}"


class Session(SessionScheme):  # type: ignore[no-untyped-call]
    """Describes our session login."""

    target_class = "jobs.api.authentication.CachedSession"
    name = "session"

    def get_security_definition(self, auto_schema: object) -> dict[str, str]:
        """As OpenAPI says it."""
        told = "Whatever changes something also needs the header X-CSRFToken, from the CSRF cookie."
        return {
            "type": "apiKey",
            "in": "cookie",
            "name": settings.SESSION_COOKIE_NAME,
            "description": told,
        }


class Token(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """Describes the header `Authorization: Bearer tq_…`."""

    target_class = "jobs.api.authentication.CachedToken"
    name = "token"

    def get_security_definition(self, auto_schema: object) -> dict[str, str]:
        """As OpenAPI says it."""
        return {"type": "http", "scheme": "bearer"}


def call(
    operation_id: str,
    summary: str,
    *,
    tag: str,
    answers: Mapping[int, type[BaseModel]],
    description: str = "",
    body: type[BaseModel] | None = None,
    query: type[BaseModel] | None = None,
    path: Mapping[str, Any] | None = None,
    headers: Mapping[str, dict[str, Any]] | None = None,
    errors: Iterable[str] = (),
    examples: Mapping[str, Any] | None = None,
    media_type: str = "application/json",
) -> Callable[[F], F]:
    """Describe one method of a view, whose answers come as `media_type`.

    `answers` maps a status to its shape, `errors` are the codes of the problems that it may end
    with beside those of any call, `path` the parameters of the address to their types, `headers`
    those it reads to their shapes, and `examples` names to bodies that can be sent as they stand.
    """
    parameters = [
        OpenApiParameter(name, kind, OpenApiParameter.PATH) for name, kind in (path or {}).items()
    ]
    if query:
        parameters += _query(query)
    parameters += _described(headers or {}, OpenApiParameter.HEADER)

    def described(method: F) -> F:
        codes = {*ANY_CALL, *errors, *(() if method.__name__ == "get" else WRITING)}
        responses: dict[tuple[int, str], Any] = {
            (status, media_type): OpenApiResponse(answer, _first_line(answer))
            for status, answer in answers.items()
        }
        for status in sorted({PROBLEMS[code] for code in codes}):
            told = sorted(code for code in codes if PROBLEMS[code] == status)
            responses[status, CONTENT_TYPE] = OpenApiResponse(_problem(told), ERRORS[status])
        return extend_schema(
            operation_id=operation_id,
            summary=summary,
            description=description,
            tags=[tag],
            request={"application/json": body} if body else None,
            responses=responses,
            parameters=[*parameters, *_HEADERS],
            examples=[
                OpenApiExample(name, value=value, request_only=True)
                for name, value in (examples or {}).items()
            ],
        )(method)

    return described


def with_problem(result: dict[str, Any], **_: object) -> dict[str, Any]:
    """The schema with the shape of the problems, to which every call's answers refer.

    One of `SPECTACULAR_SETTINGS["POSTPROCESSING_HOOKS"]`.
    """
    shape = Problem.model_json_schema(ref_template=_PROBLEM)
    parts = shape.pop("$defs", {})
    schemas = result["components"]["schemas"]
    result["components"]["schemas"] = dict(sorted({**schemas, **parts, "Problem": shape}.items()))
    return result


def _first_line(shape: type[BaseModel]) -> str:
    return (inspect.getdoc(shape) or "").partition("\n")[0]


def _problem(codes: list[str]) -> dict[str, Any]:
    """A problem with one of these codes."""
    return {
        "allOf": [
            {"$ref": _PROBLEM.format(model="Problem")},
            {"type": "object", "properties": {"code": {"type": "string", "enum": codes}}},
        ]
    }


#: What the answers of some statuses say in headers.
_HEADERS = (
    OpenApiParameter(
        "WWW-Authenticate",
        str,
        OpenApiParameter.HEADER,
        response=[401],
        required=True,
        description="How to authenticate.",
    ),
    OpenApiParameter(
        "Retry-After",
        {"type": "integer", "minimum": 1},
        OpenApiParameter.HEADER,
        response=[429, 503],
        required=False,
        description="Seconds after which to try again.",
    ),
)
TASK_ID = {"task_id": OpenApiTypes.UUID}


def _query(query: type[BaseModel]) -> list[OpenApiParameter]:
    shape = query.model_json_schema()
    properties = _inlined(shape["properties"], shape.get("$defs", {}))
    return _described(properties, OpenApiParameter.QUERY)


def _inlined(part: Any, definitions: Mapping[str, Any]) -> Any:
    """The same with each definition in the place that refers to it."""
    if isinstance(part, list):
        return [_inlined(each, definitions) for each in part]
    if not isinstance(part, dict):
        return part
    if "$ref" in part:
        return _inlined(definitions[part["$ref"].rpartition("/")[2]], definitions)
    return {name: _inlined(each, definitions) for name, each in part.items()}


def _described(
    properties: Mapping[str, dict[str, Any]], location: Literal["query", "header"]
) -> list[OpenApiParameter]:
    return [
        OpenApiParameter(
            name,
            {key: value for key, value in schema.items() if key not in {"title", "description"}},
            location,
            description=schema.get("description", ""),
        )
        for name, schema in properties.items()
    ]
