"""A caller of the API."""

from typing import Any

import orjson
from django.http import HttpResponse
from django.test import Client

from tests.support.openapi import judge

EMAIL = {"to": "ada@example.com", "subject": "Hello", "body": "First"}


class Caller:
    """Speaks JSON to the API, as this test's client is logged in or not.

    Whatever is answered must be as the API describes it.
    """

    def __init__(self, client: Client) -> None:
        self.client = client

    def get(self, path: str, /, **query: Any) -> HttpResponse:
        return _judged("GET", path, self.client.get(f"/api/{path}", query))

    def post(self, path: str, body: object = None, /, **extra: Any) -> HttpResponse:
        return self.send("POST", path, b"" if body is None else orjson.dumps(body), **extra)

    def delete(self, path: str, /) -> HttpResponse:
        return _judged("DELETE", path, self.client.delete(f"/api/{path}"))

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
        response = self.client.generic(method, f"/api/{path}", body, content_type, **extra)
        return _judged(method, path, response)


def _judged(method: str, path: str, response: HttpResponse) -> HttpResponse:
    judge(method, f"/api/{path}", response)
    return response


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
