"""HTTP through the pool of threads, spoken to as a web server speaks to it."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import suppress

import pytest
from django.db import connection, connections
from django.http import HttpRequest, HttpResponse, JsonResponse, StreamingHttpResponse
from django.test import override_settings
from django.urls import path
from django.views.decorators.csrf import csrf_exempt

from taskqueue_site.handler import PooledHandler
from tests.support.asgi import SECONDS, AsgiClient

pytestmark = pytest.mark.asyncio


class Gate:
    """What the views below wait for, and tell."""

    began = threading.Event()
    go_on = threading.Event()
    closed = threading.Event()
    running = 0
    most_running = 0


def echo(request: HttpRequest) -> HttpResponse:
    response = HttpResponse(request.body, content_type="text/plain")
    response.set_cookie("first", "1")
    response.set_cookie("second", "2")
    return response


def wait(request: HttpRequest) -> HttpResponse:
    Gate.running += 1
    Gate.most_running = max(Gate.most_running, Gate.running)
    Gate.began.set()
    assert Gate.go_on.wait(SECONDS)
    Gate.running -= 1
    return HttpResponse("done")


def stream(request: HttpRequest) -> StreamingHttpResponse:
    def parts() -> Iterator[bytes]:
        yield b"first"
        assert Gate.go_on.wait(SECONDS)
        yield b"second"

    return StreamingHttpResponse(parts())


def endless(request: HttpRequest) -> StreamingHttpResponse:
    def parts() -> Iterator[bytes]:
        try:
            while True:
                yield b"more"
        finally:
            Gate.closed.set()

    return StreamingHttpResponse(parts())


def which_connection(request: HttpRequest) -> JsonResponse:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return JsonResponse({"connection": id(connection.connection)})


urlpatterns = [
    path("echo", csrf_exempt(echo)),
    path("wait", csrf_exempt(wait)),
    path("stream", csrf_exempt(stream)),
    path("endless", csrf_exempt(endless)),
    path("connection", csrf_exempt(which_connection)),
]


@pytest.fixture
def handler() -> Iterator[PooledHandler]:
    Gate.began, Gate.go_on, Gate.closed = threading.Event(), threading.Event(), threading.Event()
    Gate.running = Gate.most_running = 0
    with override_settings(ROOT_URLCONF=__name__):
        pooled = PooledHandler(threads=2)
        yield pooled
        Gate.go_on.set()
        assert pooled.close(wait_seconds=SECONDS) == 0


async def happened(event: threading.Event) -> None:
    """Wait, without holding up the loop, until a view tells."""
    assert await asyncio.to_thread(event.wait, SECONDS)


async def test_a_body_in_many_chunks_arrives_whole(handler: PooledHandler) -> None:
    status, headers, body = await AsgiClient(handler, "/echo", b"one ", b"two ", b"three").answer()

    assert (status, body) == (200, b"one two three")
    assert headers[b"Content-Type"] == b"text/plain"


async def test_every_cookie_has_a_header_of_its_own(handler: PooledHandler) -> None:
    client = AsgiClient(handler, "/echo")
    start = await client.next()

    cookies = [value for name, value in start["headers"] if name == b"Set-Cookie"]
    assert cookies == [b"first=1; Path=/", b"second=2; Path=/"]


async def test_a_body_too_large_for_memory_is_spooled_and_still_whole(
    handler: PooledHandler,
) -> None:
    with override_settings(FILE_UPLOAD_MAX_MEMORY_SIZE=10):
        _, _, body = await AsgiClient(handler, "/echo", b"x" * 8, b"y" * 8).answer()

    assert body == b"x" * 8 + b"y" * 8


@pytest.mark.parametrize(
    "chunks", [(b"x" * 101,), (b"x" * 60, b"x" * 41), (b"x" * 200, b"x" * 300)]
)
async def test_a_body_over_the_limit_is_refused_with_a_problem(
    handler: PooledHandler, chunks: tuple[bytes, ...]
) -> None:
    with override_settings(DATA_UPLOAD_MAX_MEMORY_SIZE=100):
        status, headers, body = await AsgiClient(handler, "/echo", *chunks).answer()

    assert status == 413
    assert headers[b"Content-Type"] == b"application/problem+json"
    assert headers[b"Connection"] == b"close"
    assert b'"code":"body_too_large"' in body
    assert b"longer than 100 bytes" in body


async def test_no_more_requests_run_at_once_than_there_are_threads(handler: PooledHandler) -> None:
    # given three requests for two threads
    clients = [AsgiClient(handler, "/wait") for _ in range(3)]
    await happened(Gate.began)

    # when they may go on
    Gate.go_on.set()
    answers = [await client.answer() for client in clients]

    # then all are answered, never three at a time
    assert [status for status, _, _ in answers] == [200, 200, 200]
    assert Gate.most_running <= 2


async def test_a_stream_is_sent_part_by_part(handler: PooledHandler) -> None:
    # given a view that yields one part, and waits
    client = AsgiClient(handler, "/stream")

    # when nothing lets it go on, then the first part is there
    assert (await client.next())["status"] == 200
    assert (await client.next())["body"] == b"first"

    # when it goes on, then the rest comes, and the end
    Gate.go_on.set()
    assert (await client.next())["body"] == b"second"
    assert (await client.next())["more_body"] is False


async def test_streams_hold_up_no_other_request(handler: PooledHandler) -> None:
    # given as many streams under way as there are threads
    streams = [AsgiClient(handler, "/stream") for _ in range(2)]
    for client in streams:
        await client.next()

    # when another request comes, then it is answered
    status, _, _ = await AsgiClient(handler, "/echo").answer()
    assert status == 200

    Gate.go_on.set()
    for client in streams:
        await client.task


async def test_a_client_that_leaves_ends_its_stream(handler: PooledHandler) -> None:
    # given a stream without end
    client = AsgiClient(handler, "/endless")
    await client.next()

    # when its reader leaves, then the view's generator is closed
    client.leave()
    await happened(Gate.closed)
    await asyncio.wait_for(client.task, SECONDS)


async def test_a_client_that_leaves_within_its_body_reaches_no_view(handler: PooledHandler) -> None:
    client = AsgiClient(handler, "/wait", b"half", b"")
    client.incoming.get_nowait()
    client.incoming.get_nowait()
    client.incoming.put_nowait({"type": "http.request", "body": b"half", "more_body": True})
    client.leave()

    await asyncio.wait_for(client.task, SECONDS)
    assert client.sent.empty()
    assert not Gate.began.is_set()


async def test_a_request_that_outlives_the_grace_is_answered_503(handler: PooledHandler) -> None:
    # given a request under way
    client = AsgiClient(handler, "/wait")
    await happened(Gate.began)

    # when the stopping server gives it up
    client.task.cancel()
    status, headers, body = await client.answer()

    # then the client is told, and when to come again
    assert status == 503
    assert headers[b"Retry-After"] == b"5"
    assert b'"code":"stopping"' in body


async def test_closing_leaves_behind_what_does_not_end(handler: PooledHandler) -> None:
    client = AsgiClient(handler, "/wait")
    await happened(Gate.began)

    busy = await asyncio.to_thread(handler.close, wait_seconds=0.1)

    assert busy == 1
    client.task.cancel()
    with suppress(asyncio.CancelledError):
        await client.task


@pytest.mark.django_db(transaction=True)
async def test_a_thread_keeps_its_database_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    # given one thread, and connections that may be kept
    monkeypatch.setitem(connections.settings["default"], "CONN_MAX_AGE", 60)
    with override_settings(ROOT_URLCONF=__name__):
        pooled = PooledHandler(threads=1)

        # when two requests ask the database
        bodies = [(await AsgiClient(pooled, "/connection").answer())[2] for _ in range(2)]
        await asyncio.to_thread(pooled.close, wait_seconds=SECONDS)

    # then both used the same connection
    assert bodies[0] == bodies[1]
    assert b"connection" in bodies[0]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("trusted_seconds", "times"), [(60.0, 0), (0.0, 3)])
async def test_a_connection_that_lived_a_moment_ago_is_not_asked_again(
    monkeypatch: pytest.MonkeyPatch, trusted_seconds: float, times: int
) -> None:
    # given one thread, and connections that are asked whether they live
    monkeypatch.setitem(connections.settings["default"], "CONN_MAX_AGE", 60)
    monkeypatch.setitem(connections.settings["default"], "CONN_HEALTH_CHECKS", True)
    monkeypatch.setattr("taskqueue_site.connection_checks.TRUSTED_SECONDS", trusted_seconds)
    asked = []
    wrapper = type(connections["default"])
    usable = wrapper.is_usable
    monkeypatch.setattr(wrapper, "is_usable", lambda this: asked.append(this) or usable(this))
    with override_settings(ROOT_URLCONF=__name__):
        pooled = PooledHandler(threads=1)

        # when a connection is opened, and serves three more requests
        for _ in range(4):
            await AsgiClient(pooled, "/connection").answer()
        await asyncio.to_thread(pooled.close, wait_seconds=SECONDS)

    # then it is not asked again, or before each of them where nothing is trusted
    assert len(asked) == times
