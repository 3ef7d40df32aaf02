"""Whom the sockets let in, and what they tell whom."""

import asyncio
import json
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from asgiref.testing import ApplicationCommunicator as Socket
from django.db import connections
from django.test import override_settings

from dashboard.live import live
from dashboard.reading import read
from dashboard.routing import websocket
from jobs.models import AuditEntry, Task
from tests.support.roles import ROLES
from tests.support.rows import make_task
from tests.support.staff import cookie_of

pytestmark = [pytest.mark.asyncio, pytest.mark.django_db(transaction=True)]

CLOSED = {"ANONYMOUS_ACCESS": False}
SECONDS = 30


@pytest_asyncio.fixture(autouse=True)
async def _nothing_stays_open() -> AsyncIterator[None]:
    """A refused socket leaves the process's reading thread with its connection."""
    yield
    await read(connections.close_all)


async def opened(
    path: str,
    *headers: tuple[bytes, bytes],
    client: str = "127.0.0.1",
    origin: bytes = b"http://localhost",
) -> Socket:
    """An accepted socket, of this site's own origin unless told otherwise."""
    scope = {
        "type": "websocket",
        "path": path,
        "query_string": b"",
        "headers": [*([(b"origin", origin)] if origin else []), *headers],
        "client": (client, 4711),
        "subprotocols": [],
    }
    socket = Socket(websocket, scope)
    await socket.send_input({"type": "websocket.connect"})
    assert (await socket.receive_output(SECONDS))["type"] == "websocket.accept"
    return socket


async def leave(socket: Socket) -> None:
    """The reader goes away."""
    await socket.send_input({"type": "websocket.disconnect", "code": 1001})
    await socket.wait(SECONDS)


async def close_code(socket: Socket) -> int:
    """The code with which the server closes at once."""
    message = await socket.receive_output(SECONDS)
    assert message["type"] == "websocket.close"
    await leave(socket)
    return int(message["code"])


@pytest.mark.parametrize("path", ["/ws/stats", "/ws/feed", "/ws/tasks/nonsense"])
async def test_strangers_are_refused_where_access_is_closed(path: str) -> None:
    with override_settings(JOBS=CLOSED):
        assert await close_code(await opened(path)) == 4403


async def test_who_may_not_see_tasks_is_refused() -> None:
    cookie = await read(cookie_of, "jobs.cancel_task")
    with override_settings(JOBS=CLOSED):
        assert await close_code(await opened("/ws/stats", (b"cookie", cookie))) == 4403


@pytest.mark.parametrize(
    ("header", "client"),
    [((b"x-forwarded-for", b"127.0.0.1"), "127.0.0.1"), ((b"accept", b"*"), "192.0.2.7")],
)
async def test_open_access_is_for_this_machine_alone(
    header: tuple[bytes, bytes], client: str
) -> None:
    assert await close_code(await opened("/ws/stats", header, client=client)) == 4403


async def test_who_may_see_tasks_but_no_payload_is_told_the_rest() -> None:
    # given a task whose payload is a secret
    task: Task = await read(make_task, kwargs={"note": "hunter2"}, error="hunter2")
    cookie = await read(cookie_of, "jobs.view_task")

    # when somebody watches it who may not see payloads
    with override_settings(JOBS=CLOSED):
        socket = await opened(f"/ws/tasks/{task.pk}", (b"cookie", cookie))
        text = (await socket.receive_output(SECONDS))["text"]
        await leave(socket)

    # then the state is told, the secret is not
    assert '"status":"PENDING"' in text
    assert "hunter2" not in text


async def test_who_may_see_payloads_is_shown_no_secret() -> None:
    # given a task with a secret beside something harmless
    task: Task = await read(make_task, kwargs={"password": "hunter2", "to": "harmless"})
    cookie = await read(cookie_of, "jobs.view_task", "jobs.view_payload")

    # when somebody watches it who may see payloads
    with override_settings(JOBS=CLOSED):
        socket = await opened(f"/ws/tasks/{task.pk}", (b"cookie", cookie))
        text = (await socket.receive_output(SECONDS))["text"]
        await leave(socket)

    # then only the secret is replaced
    assert '"password":"[redacted]"' in text
    assert '"to":"harmless"' in text


async def test_the_last_reader_to_leave_leaves_nothing_running() -> None:
    socket = await opened("/ws/stats")
    await socket.receive_output(SECONDS)
    await leave(socket)

    assert live.hub.is_empty
    names = {task.get_coro().__qualname__ for task in asyncio.all_tasks()}
    assert not {name for name in names if name.startswith(("Publisher.", "Live.", "Seat."))}


@pytest.mark.parametrize("path", ["/ws/stats", "/ws/feed", "/ws/tasks/{task}"])
async def test_no_message_does_anything_whoever_sends_it(path: str) -> None:
    # given somebody who may do everything, and a task
    cookie = await read(cookie_of, *(f"jobs.{verb}" for verb in ROLES["superuser"]))
    task = await read(make_task)
    socket = await opened(path.format(task=task.pk), (b"cookie", cookie))
    before = await read(lambda: list(Task.objects.values()))

    # when
    for word in ("cancel", "requeue", "discard", "pause"):
        order = json.dumps({"type": word, "action": word, "task_id": str(task.pk), "queue": "low"})
        await socket.send_input({"type": "websocket.receive", "text": order})
        await socket.send_input({"type": "websocket.receive", "bytes": order.encode()})
    await leave(socket)

    # then
    assert await read(lambda: list(Task.objects.values())) == before
    assert await read(AuditEntry.objects.count) == 0
