"""The client against servers that are away, break off, or mean harm."""

import asyncio
import json
import logging
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest

from jobs.client import (
    AsyncClient,
    BadRequest,
    Client,
    NotAllowed,
    ServerFault,
    TooManyRequests,
    Unreachable,
    calls,
    events,
    transport,
)
from taskqueue_site.up.ports import free_port
from tests.support.clients import Blocking
from tests.support.scripted import (
    Held,
    ScriptedServer,
    answer,
    broken_stream,
    scripted,
    whole_stream,
)
from tests.support.workers import ROOT

pytestmark = pytest.mark.one_database

ID = "0190c6c0-0000-7000-8000-000000000000"
TOKEN = "tq_hunter2"
HANG_UP = b""


@pytest.fixture(autouse=True)
def _without_patience(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(calls, "PAUSES", (0.0, 0.0))
    monkeypatch.setattr(events, "PAUSES", (0.0, 0.0))


@pytest.fixture(params=["httpx", "standard library"], autouse=True)
def _with_httpx(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if request.param != "httpx":
        monkeypatch.setattr(transport, "httpx", None)


@pytest.fixture(params=[Client, Blocking], ids=["sync", "async"])
def kind(request: pytest.FixtureRequest) -> Any:
    return request.param


def told(event: str, seq: int, **data: Any) -> str:
    """An event as the API writes it."""
    message = json.dumps({"event": event, "data": {"task_id": ID, **data}, "seq": seq})
    return f"id: {seq}\nevent: {event}\ndata: {message}\n\n"


def followed(server: ScriptedServer, kind: Any) -> Iterator[str]:
    with closing(kind(server.url)) as client:
        yield from [event.event for event in client.events(ID)]


@pytest.mark.parametrize("first", [HANG_UP, answer("{}", status=502), answer("{}", status=503)])
def test_a_call_that_changes_nothing_is_tried_again(kind: Any, first: bytes) -> None:
    with (
        scripted(first, first, answer('{"queued_low": 1}')) as server,
        closing(kind(server.url)) as client,
    ):
        assert client.stats() == {"queued_low": 1}
        assert len(server.requests) == 3


def test_a_call_that_changes_something_is_made_once(kind: Any) -> None:
    with scripted() as server, closing(kind(server.url)) as client:
        with pytest.raises(Unreachable):
            client.submit("add")
        assert len(server.requests) == 1


def test_a_submit_with_a_name_is_tried_again_under_that_name(kind: Any) -> None:
    with (
        scripted(HANG_UP, answer('{"task_id": "1"}', status=202)) as server,
        closing(kind(server.url)) as client,
    ):
        assert client.submit("add", idempotency_key="mine") == {"task_id": "1"}
        assert ["idempotency-key: mine" in one.lower() for one in server.requests] == [True, True]


def test_a_server_that_stays_away_is_told_by_its_address(kind: Any) -> None:
    url = f"http://127.0.0.1:{free_port()}"
    with closing(kind(url)) as client, pytest.raises(Unreachable, match=f"{url} does not answer"):
        client.stats()


def test_an_answer_that_breaks_off_is_none(kind: Any) -> None:
    with (
        scripted(b"HTTP/1.1 200 Told\r\nContent-Length: 9\r\n\r\n{") as server,
        closing(kind(server.url)) as client,
        pytest.raises(Unreachable),
    ):
        client.submit("add")


def test_a_server_that_says_nothing_is_not_waited_for_longer_than_told(kind: Any) -> None:
    with (
        scripted(Held()) as server,
        closing(kind(server.url, timeout_seconds=0.2)) as client,
        pytest.raises(Unreachable),
    ):
        client.submit("add")


def test_too_many_calls_tell_when_to_try_again(kind: Any) -> None:
    problem = '{"code": "throttled", "detail": "Slowly."}'
    with (
        scripted(answer(problem, "Retry-After: 7", status=429)) as server,
        closing(kind(server.url)) as client,
        pytest.raises(TooManyRequests, match=r"Slowly\.") as refused,
    ):
        client.stats()
    assert refused.value.retry_after_seconds == 7


@pytest.mark.parametrize("body", ["<html>", "[]", ""])
def test_an_error_that_is_no_problem_document_is_one_too(kind: Any, body: str) -> None:
    with (
        scripted(answer(body, status=500)) as server,
        closing(kind(server.url)) as client,
        pytest.raises(ServerFault, match="The server answered 500") as refused,
    ):
        client.stats()
    assert (refused.value.code, refused.value.errors) == ("", [])


def test_a_stream_that_breaks_is_connected_again(kind: Any) -> None:
    # given a server whose streams break, one in the middle of a line
    first = broken_stream("retry: 0\n\n" + told("connected", 0) + told("started", 1))
    second = broken_stream(told("connected", 4) + 'id: 5\nevent: progress\ndata: {"ev')
    third = whole_stream(told("connected", 8) + told("completed", 9))
    with scripted(first, second, HANG_UP, third) as server:
        # when a client follows a task
        found = list(followed(server, kind))

        # then it comes again, says what it heard last, and hears the end
        assert found == ["connected", "started", "connected", "connected", "completed"]
        assert "last-event-id: 1" in server.requests[1].lower()
        assert "last-event-id: 4" in server.requests[3].lower()


def test_a_stream_that_never_comes_back_is_given_up(kind: Any) -> None:
    with scripted(whole_stream("retry: 0\n\n" + told("connected", 0))) as server:
        with pytest.raises(Unreachable):
            list(followed(server, kind))
        assert len(server.requests) == 4


def test_the_token_is_sent_and_told_to_nobody(kind: Any, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with (
        scripted(answer("{}"), answer("{}", status=403)) as server,
        closing(kind(server.url, token=TOKEN)) as client,
    ):
        # when it calls, and is refused
        client.stats()
        with pytest.raises(NotAllowed) as refused:
            client.stats()

        # then the server was told the token, and nobody else
        assert f"authorization: bearer {TOKEN}" in server.requests[0].lower()
        assert TOKEN not in f"{client!r} {client} {refused.value!r} {caplog.text}"


def test_the_next_page_is_asked_for_nowhere_else(kind: Any) -> None:
    # given a server whose page leads to another
    page = '{"tasks": [], "next": "http://evil.example/api/tasks?cursor=1"}'
    last = '{"tasks": [], "next": null}'
    with scripted(answer(page), answer(last)) as server, closing(kind(server.url)) as client:
        # when a client goes on
        assert list(client.list()) == []

        # then it has asked the same server
        assert server.requests[1].startswith("GET /api/tasks?cursor=1 ")


def test_a_redirect_is_not_followed(kind: Any) -> None:
    away = answer("", "Location: http://evil.example/", status=302)
    with (
        scripted(away) as server,
        closing(kind(server.url, token=TOKEN)) as client,
        pytest.raises(BadRequest, match="The server answered 302"),
    ):
        client.stats()


def test_a_site_below_a_path_is_called_there(kind: Any) -> None:
    with scripted(answer("{}")) as server, closing(kind(f"{server.url}/queue/")) as client:
        client.stats()
        assert server.requests[0].startswith("GET /queue/api/workers/stats ")


@pytest.mark.parametrize(
    ("url", "options", "said"),
    [
        ("localhost:8000", {}, "url must be like"),
        ("ftp://example.org", {}, "url must be like"),
        ("https://ann:hunter2@example.org", {}, "url must hold no user"),
        ("https://example.org", {"token": "hunter2\n"}, "token must be plain"),
        ("https://example.org", {"token": ""}, "token must be plain"),
        ("https://example.org", {"timeout_seconds": 0}, "timeout_seconds must be above 0"),
    ],
)
@pytest.mark.parametrize("kind", [Client, AsyncClient])
def test_a_bad_address_is_refused_without_telling_secrets(
    kind: Any, url: str, options: dict[str, Any], said: str
) -> None:
    with pytest.raises(ValueError, match=said) as refused:
        kind(url, **options)

    assert "hunter2" not in str(refused.value)


@pytest.mark.asyncio
async def test_a_follower_that_is_cancelled_leaves_at_once() -> None:
    # given a stream that says nothing more for now
    silent = Held(broken_stream(told("connected", 0)))
    with scripted(silent) as server:
        async with AsyncClient(server.url) as client:
            stream = client.events(ID)
            await anext(stream)

            # when the follower is cancelled
            follower = asyncio.create_task(anext(stream))
            await asyncio.sleep(0)
            follower.cancel()

            # then it ends
            with pytest.raises(asyncio.CancelledError):
                await asyncio.wait_for(follower, 10)


def test_it_is_imported_without_settings() -> None:
    program = "import jobs.client; from django.conf import settings; print(settings.configured)"
    environment = {k: v for k, v in os.environ.items() if k != "DJANGO_SETTINGS_MODULE"}
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.stdout == "False\n", done.stderr
