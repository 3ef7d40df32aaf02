"""Whom the streams let in, what they tell whom, and whom they drop."""

import asyncio
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from django.db import connections
from django.test import override_settings

from dashboard import event_stream
from dashboard.live import live
from dashboard.reading import read
from jobs.models import Task
from taskqueue_site.handler import PooledHandler
from tests.support.asgi import SECONDS, AsgiClient, Message, left_running, until
from tests.support.authority import make_token, make_user
from tests.support.rows import make_task
from tests.support.staff import cookie_of

pytestmark = [pytest.mark.asyncio, pytest.mark.django_db(transaction=True)]

CLOSED = {"ANONYMOUS_ACCESS": False}


class Deaf(AsgiClient):
    """A client that takes the headers and then nothing more."""

    async def take(self, message: Message) -> None:
        """Take the start; on the rest wait for ever."""
        await self.sent.put(message)
        if message["type"] != "http.response.start":
            await asyncio.Event().wait()


@pytest_asyncio.fixture
async def handler() -> AsyncIterator[PooledHandler]:
    pooled = PooledHandler(threads=1)
    yield pooled
    assert await asyncio.to_thread(pooled.close, wait_seconds=SECONDS) == 0
    await read(connections.close_all)


def following(handler: PooledHandler, path: str, cookie: bytes = b"") -> AsgiClient:
    headers = ((b"cookie", cookie),) if cookie else ()
    return AsgiClient(handler, f"/api/{path}", method="GET", headers=headers)


async def text_until(client: AsgiClient, wanted: str) -> str:
    """All that was sent until something stands in it."""
    text = ""
    while wanted not in text:
        text += (await client.next()).get("body", b"").decode()
    return text


async def leave(client: AsgiClient) -> None:
    client.leave()
    await asyncio.wait_for(client.task, SECONDS)


@pytest.mark.parametrize("path", ["events", "tasks/nonsense/events"])
async def test_strangers_are_refused_where_access_is_closed(
    handler: PooledHandler, path: str
) -> None:
    with override_settings(JOBS=CLOSED):
        status, headers, body = await following(handler, path).answer()

    assert status == 401
    assert headers[b"Content-Type"] == b"application/problem+json"
    assert b'"code":"not_authenticated"' in body


async def test_who_may_not_see_tasks_is_refused(handler: PooledHandler) -> None:
    cookie = await read(cookie_of, "jobs.cancel_task")
    with override_settings(JOBS=CLOSED):
        status, _, body = await following(handler, "events", cookie).answer()

    assert status == 403
    assert b'"code":"permission_denied"' in body


async def test_who_may_see_tasks_but_no_payload_is_told_the_rest(handler: PooledHandler) -> None:
    # given a task whose payload is a secret
    task: Task = await read(make_task, kwargs={"note": "hunter2"}, error="hunter2")
    cookie = await read(cookie_of, "jobs.view_task")

    # when somebody follows it who may not see payloads
    with override_settings(JOBS=CLOSED):
        client = following(handler, f"tasks/{task.pk}/events", cookie)
        text = await text_until(client, '"seq"')
        await leave(client)

    # then the state is told, the secret is not
    assert '"status":"PENDING"' in text
    assert "hunter2" not in text


async def test_a_token_opens_a_stream(handler: PooledHandler) -> None:
    # given a task, and a token of somebody who may see tasks
    task: Task = await read(make_task)
    token = await read(make_token, await read(make_user, "view_task"))
    headers = ((b"authorization", f"Bearer {token}".encode()),)

    # when it is followed with the token alone
    with override_settings(JOBS=CLOSED):
        client = AsgiClient(handler, f"/api/tasks/{task.pk}/events", method="GET", headers=headers)
        text = await text_until(client, '"seq"')
        await leave(client)

    # then it is told
    assert "event: connected\n" in text


async def test_a_client_that_leaves_leaves_nothing_running(handler: PooledHandler) -> None:
    client = following(handler, "events")
    await text_until(client, "connected")
    await leave(client)

    assert live.hub.is_empty
    assert left_running() == set()


async def test_a_silent_stream_has_heartbeats(
    handler: PooledHandler, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(event_stream, "HEARTBEAT_SECONDS", 0.05)
    client = following(handler, "events")

    text = await text_until(client, ": still here\n\n")

    assert text.startswith("retry: 3000\n\n")
    await leave(client)


async def test_a_client_that_does_not_read_is_dropped(
    handler: PooledHandler, monkeypatch: pytest.MonkeyPatch
) -> None:
    # given a client that is stuck, and one that is not
    monkeypatch.setattr(event_stream, "PATIENCE_SECONDS", 0.1)
    stuck = Deaf(handler, "/api/events", method="GET")
    reader = following(handler, "events")
    await text_until(reader, "connected")

    # then the first is given up, unfinished, the other reads on
    await asyncio.wait_for(stuck.task, SECONDS)
    assert [message.get("more_body") for message in list(stuck.sent._queue)] == [None, True]
    assert not reader.task.done()
    await leave(reader)


async def test_a_task_that_is_gone_meanwhile_ends_its_stream(handler: PooledHandler) -> None:
    # given a stream of a task
    task: Task = await read(make_task)
    client = following(handler, f"tasks/{task.pk}/events")
    await text_until(client, "connected")

    # when its row is deleted
    await read(task.delete)
    await live.tracker.look(None)

    # then the stream ends
    await until(client.task.done)
    assert live.hub.is_empty
