"""Readers of server-sent events."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import httpx
import orjson

from tests.support.web import WebProcess


class Event(NamedTuple):
    """One event of a stream."""

    id: str
    event: str
    data: dict[str, Any]


def events_of(lines: Iterator[str]) -> Iterator[Event]:
    """The events in a stream's lines; comments and hints to come again are left out."""
    fields: dict[str, str] = {}
    for line in lines:
        name, _, value = line.partition(": ")
        if line and name in Event._fields:
            fields[name] = value
        elif not line and fields:
            yield Event(fields["id"], fields["event"], orjson.loads(fields["data"]))
            fields = {}


@contextmanager
def stream(web: WebProcess, path: str, **headers: str) -> Iterator[Iterator[Event]]:
    """The events that a served site sends."""
    with httpx.stream("GET", f"{web.url}{path}", headers=headers, timeout=20) as response:
        assert response.status_code == 200, response.read()
        assert response.headers["Content-Type"] == "text/event-stream"
        yield events_of(response.iter_lines())
