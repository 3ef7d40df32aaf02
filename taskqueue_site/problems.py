"""Errors that are answered outside every view, as `application/problem+json`."""

from http import HTTPStatus

import orjson
from django.http import HttpResponse


def problem(status: int, code: str, detail: str) -> HttpResponse:
    """An RFC 9457 answer."""
    body = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
        "code": code,
    }
    content = orjson.dumps(body)
    return HttpResponse(
        content,
        status=status,
        content_type="application/problem+json",
        headers={"Content-Length": str(len(content))},
    )
