"""A caller of the API."""

from typing import Any

import orjson
from django.http import HttpResponse
from django.test import Client

EMAIL = {"to": "ada@example.com", "subject": "Hello", "body": "First"}


class Caller:
    """Speaks JSON to the API, as this test's client is logged in or not."""

    def __init__(self, client: Client) -> None:
        self.client = client

    def get(self, path: str, /, **query: Any) -> HttpResponse:
        return self.client.get(f"/api/{path}", query)

    def post(self, path: str, body: object = None, /, **extra: Any) -> HttpResponse:
        return self.send("POST", path, b"" if body is None else orjson.dumps(body), **extra)

    def delete(self, path: str, /) -> HttpResponse:
        return self.client.delete(f"/api/{path}")

    def send(
        self,
        method: str,
        path: str,
        body: bytes = b"",
        /,
        content_type: str = "application/json",
        **extra: Any,
    ) -> HttpResponse:
        """Any bytes by any method."""
        return self.client.generic(method, f"/api/{path}", body, content_type, **extra)


def problem_of(response: HttpResponse, status: int, code: str) -> dict[str, Any]:
    """The answer's problem document, after a check that it is one."""
    assert response.status_code == status, response.content
    assert response.headers["Content-Type"] == "application/problem+json"
    problem: dict[str, Any] = response.json()
    assert {"type", "title", "status", "detail", "code"} <= problem.keys()
    assert (problem["status"], problem["code"]) == (status, code)
    return problem


def fields_of(problem: dict[str, Any]) -> list[str]:
    """The fields that a problem names."""
    return [error["field"] for error in problem["errors"]]
