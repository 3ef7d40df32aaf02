"""How many connections one caller may have, and what ends those who may no longer be there."""

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from typing import Any

import pytest
import pytest_asyncio
from asgiref.testing import ApplicationCommunicator as Socket
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.db import OperationalError, connection, connections
from django.test import override_settings
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django.fixtures import Settings

from dashboard import doors as module
from dashboard.doors import doors
from dashboard.live import live
from dashboard.reading import read
from jobs.api import callers
from jobs.models import ApiToken, Task
from jobs.services.tokens import revoke_tokens
from taskqueue_site.handler import PooledHandler
from tests.integration.test_socket_authority import CLOSED, SECONDS, close_code, leave, opened
from tests.support.asgi import AsgiClient, until
from tests.support.authority import grant, make_token, make_user
from tests.support.rows import make_task
from tests.support.staff import cookie_of

pytestmark = [pytest.mark.asyncio, pytest.mark.django_db(transaction=True)]

Header = tuple[bytes, bytes]


@pytest_asyncio.fixture(autouse=True)
async def _nothing_stays_open() -> AsyncIterator[None]:
    callers.forget_callers()
    yield
    assert doors.is_empty
    callers.forget_callers()
    await read(connections.close_all)


@pytest_asyncio.fixture
async def handler() -> AsyncIterator[PooledHandler]:
    pooled = PooledHandler(threads=1)
    yield pooled
    assert await asyncio.to_thread(pooled.close, wait_seconds=SECONDS) == 0


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Those who are in are looked at again and again."""
    monkeypatch.setattr(module, "LOOK_SECONDS", 0.05)


@pytest.fixture
def two(settings: Settings) -> None:
    """A caller may have two connections."""
    settings.DASHBOARD = settings.DASHBOARD | {"MOST_CONNECTIONS": 2}


def with_token(name: str = "grace") -> Header:
    token = make_token(make_user("view_task", "view_payload", name=name))
    return (b"authorization", f"Bearer {token}".encode())


def with_session() -> Header:
    return (b"cookie", cookie_of("jobs.view_task", "jobs.view_payload"))


async def first_close(socket: Socket) -> tuple[int, str | None]:
    """The code and the reason with which the server closes, whatever it tells before."""
    while (message := await socket.receive_output(SECONDS))["type"] != "websocket.close":
        pass
    await leave(socket)
    return message["code"], message.get("reason")


@pytest.mark.usefixtures("two")
async def test_one_connection_too_many_is_closed_with_4429_and_told_why() -> None:
    # given two open sockets of a token
    header = await read(with_token)
    held = [await opened(path, header, origin=b"") for path in ("/ws/stats", "/ws/feed")]

    await until(lambda: live.hub.has("stats") and live.hub.has("feed"))

    # when a third comes
    third = await opened("/ws/stats", header, origin=b"")
    assert await first_close(third) == (4429, "too_many_connections")

    # then others are let in all the same: another token, and who has none
    held += [await opened("/ws/stats", await read(with_token, "ada"), origin=b"")]
    held += [await opened("/ws/stats")]
    assert (await held[-1].receive_output(SECONDS))["type"] == "websocket.send"

    # and so is the caller, once a place is free
    await leave(held.pop(0))
    held += [await opened("/ws/stats", header, origin=b"")]
    assert (await held[-1].receive_output(SECONDS))["type"] == "websocket.send"
    for socket in held:
        await leave(socket)


@pytest.mark.usefixtures("two")
async def test_one_stream_too_many_is_a_problem_429(handler: PooledHandler) -> None:
    # given a socket and a stream of the same address
    held = await opened("/ws/stats")
    stream = AsgiClient(handler, "/api/events", method="GET")
    while b"connected" not in (await stream.next()).get("body", b""):
        pass

    # when another stream comes
    status, headers, body = await AsgiClient(handler, "/api/events", method="GET").answer()

    # then it is told why
    assert status == 429
    assert headers[b"Content-Type"] == b"application/problem+json"
    assert b'"code":"too_many_connections"' in body
    stream.leave()
    await asyncio.wait_for(stream.task, SECONDS)
    await leave(held)


async def test_who_opens_sockets_in_a_loop_is_throttled_and_nobody_else() -> None:
    # given a caller who has read as often as one may
    header = await read(with_token)
    with override_settings(JOBS=CLOSED | {"THROTTLE_READ": "3/minute"}):
        codes = [await first_close_or_none(header) for _ in range(5)]

        # then the next sockets are refused, and another caller is let in
        assert codes.count((4429, "throttled")) >= 2
        assert await first_close_or_none(await read(with_token, "ada")) is None


async def first_close_or_none(header: Header) -> tuple[int, str | None] | None:
    """How a new socket is refused; None when it is told something. It is left at once."""
    socket = await opened("/ws/stats", header, origin=b"")
    message = await socket.receive_output(SECONDS)
    await leave(socket)
    if message["type"] == "websocket.send":
        return None
    return message["code"], message.get("reason")


def revoke() -> None:
    revoke_tokens(token_ids=[ApiToken.objects.get().pk])


def expire() -> None:
    ApiToken.objects.update(expires_at=timezone.now() - timedelta(seconds=1))


def deactivate() -> None:
    User.objects.update(is_active=False)


def take_away() -> None:
    grant(User.objects.get(), "cancel_task")


def take_payload_away() -> None:
    grant(User.objects.get(), "view_task")


def log_out() -> None:
    Session.objects.all().delete()


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize(
    ("enter", "change", "told"),
    [
        (with_token, revoke, (4401, "token_revoked")),
        (with_token, expire, (4401, "token_expired")),
        (with_token, deactivate, (4401, "user_inactive")),
        (with_token, take_away, (4403, "permission_denied")),
        (with_token, take_payload_away, (1013, "permissions_changed")),
        (with_session, log_out, (4401, "not_authenticated")),
        (with_session, deactivate, (4401, "not_authenticated")),
        (with_session, take_away, (4403, "permission_denied")),
    ],
)
@pytest.mark.parametrize("path", ["/ws/feed", "/ws/tasks/{task}"])
async def test_what_ends_the_authority_ends_the_socket(
    path: str, enter: Callable[[], Header], change: Callable[[], None], told: tuple[int, str]
) -> None:
    # given an open socket
    task: Task = await read(make_task)
    with override_settings(JOBS=CLOSED):
        socket = await opened(path.format(task=task.pk), await read(enter))

        await until(lambda: not doors.is_empty)

        # when what let it in comes to an end, in another process
        await read(change)
        callers.forget_callers()

        # then it is closed, and told why
        assert await first_close(socket) == told


@pytest.mark.usefixtures("quick")
async def test_what_ends_the_authority_ends_the_stream(handler: PooledHandler) -> None:
    # given an open stream
    header = await read(with_token)
    with override_settings(JOBS=CLOSED):
        stream = AsgiClient(handler, "/api/events", method="GET", headers=(header,))
        while b"connected" not in (await stream.next()).get("body", b""):
            pass

        # when its token is revoked, then it ends
        await read(revoke)
        callers.forget_callers()
        await asyncio.wait_for(stream.task, SECONDS)


async def test_hundreds_of_sockets_of_one_caller_are_one_look(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    # given many sockets of one session
    settings.DASHBOARD = settings.DASHBOARD | {"MOST_CONNECTIONS": 1000}
    header = await read(with_session)
    held = [await opened("/ws/feed", header) for _ in range(200)]
    await until(lambda: not doors.is_empty)
    monkeypatch.setattr(module, "LOOK_SECONDS", 0.0)
    counted: list[int] = []

    async def counting(function: Callable[..., Any], *args: Any) -> Any:
        callers.forget_callers()
        authority, count = await read(_counted, function, *args)
        counted.append(count)
        if len(counted) > 3:
            await asyncio.sleep(SECONDS)
        return authority

    # when they are looked at again
    monkeypatch.setattr(module, "read", counting)
    again = asyncio.create_task(doors._look_again())
    async with asyncio.timeout(SECONDS):
        while len(counted) < 3:
            await asyncio.sleep(0.02)
    again.cancel()

    # then each time the session and its permissions are read, once for all
    assert max(counted) <= 4
    for socket in held:
        await leave(socket)


def _counted(function: Callable[..., Any], *args: Any) -> tuple[Any, int]:
    with CaptureQueriesContext(connection) as queries:
        return function(*args), len(queries)


async def test_a_database_that_is_away_throws_nobody_out(
    quick: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    # given an open socket
    socket = await opened("/ws/stats")
    await socket.receive_output(SECONDS)
    looks: list[int] = []

    async def away(*_: Any) -> Any:
        looks.append(1)
        raise OperationalError("away")

    # when nobody can be looked at, several times
    monkeypatch.setattr(module, "read", away)
    async with asyncio.timeout(SECONDS):
        while len(looks) < 3:
            await asyncio.sleep(0.02)
    monkeypatch.undo()

    # then it is told on
    assert (await socket.receive_output(SECONDS))["type"] == "websocket.send"
    await leave(socket)


async def test_the_wrong_door_takes_no_place() -> None:
    assert await close_code(await opened("/ws/tasks/nonsense")) == 4404
