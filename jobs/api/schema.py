"""How the calls are described in OpenAPI."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Literal, TypeVar

from drf_spectacular.authentication import SessionScheme
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, OpenApiResponse, extend_schema
from pydantic import BaseModel

from jobs.api.answers.problem import Problem
from jobs.api.problems import CONTENT_TYPE

F = TypeVar("F", bound=Callable[..., Any])

ANY_CALL = (401, 403, 429, 503)
WITH_QUERY = (400,)
WITH_BODY = (400, 413, 415)
WITH_ID = (400, 404)
ERRORS = {
    400: "A field is missing, unknown or wrong; `errors` names each.",
    401: "Neither a valid token nor a session, and anonymous access is off.",
    403: "The permission for this verb, or the CSRF token, is missing.",
    404: "There is no such task, queue, operation or address.",
    409: "The state of the task or operation, told in `state`, or a key that was used before does "
    "not allow it.",
    413: "The body is too large, or holds too many values.",
    415: "The body is not application/json.",
    429: "Too many calls of this kind by this caller; see Retry-After.",
    501: "This server has no streams: it is not `manage.py serve`.",
    503: "The database does not answer; see Retry-After.",
}


class Session(SessionScheme):  # type: ignore[no-untyped-call]
    """Describes our session login."""

    target_class = "jobs.api.authentication.CachedSession"
    name = "session"


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
    answers: Mapping[int, Any],
    description: str = "",
    body: type[BaseModel] | None = None,
    query: type[BaseModel] | None = None,
    path: Mapping[str, Any] | None = None,
    headers: Mapping[str, dict[str, Any]] | None = None,
    errors: Iterable[int] = (),
    examples: Mapping[str, Any] | None = None,
    media_type: str = "application/json",
) -> Callable[[F], F]:
    """Describe one method of a view, whose answers come as `media_type`.

    `answers` maps a status to its shape, `path` the parameters of the address to their types,
    `headers` those it reads to their shapes, and `examples` names to bodies that can be sent as
    they stand.
    """
    responses: dict[tuple[int, str], Any] = {
        (status, media_type): answer for status, answer in answers.items()
    }
    for status in sorted({*ANY_CALL, *errors} - set(answers)):
        responses[status, CONTENT_TYPE] = OpenApiResponse(Problem, ERRORS[status])
    parameters = [
        OpenApiParameter(name, kind, OpenApiParameter.PATH) for name, kind in (path or {}).items()
    ]
    return extend_schema(
        operation_id=operation_id,
        summary=summary,
        description=description,
        tags=[tag],
        request={"application/json": body} if body else None,
        responses=responses,
        parameters=[
            *parameters,
            *(_query(query) if query else ()),
            *_described(headers or {}, OpenApiParameter.HEADER),
        ],
        examples=[
            OpenApiExample(name, value=value, request_only=True)
            for name, value in (examples or {}).items()
        ],
    )


TASK_ID = {"task_id": OpenApiTypes.UUID}


def _query(query: type[BaseModel]) -> list[OpenApiParameter]:
    return _described(query.model_json_schema()["properties"], OpenApiParameter.QUERY)


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
