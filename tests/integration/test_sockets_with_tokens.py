"""Sockets that programs open with an API token."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
import pytest_asyncio
from django.contrib.auth.models import User
from django.db import connection, connections
from django.test import override_settings
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from dashboard.reading import read
from dashboard.visitors import authority_of, credentials_in
from jobs.api import callers
from jobs.models import ApiToken, Task
from jobs.services.tokens import revoke_tokens
from tests.integration.test_socket_authority import CLOSED, SECONDS, close_code, leave, opened
from tests.support.authority import make_token, make_user
from tests.support.rows import make_task
from tests.support.staff import cookie_of

pytestmark = [pytest.mark.asyncio, pytest.mark.django_db(transaction=True)]

NO_ORIGIN = {"origin": b"", "client": "192.0.2.7"}


@pytest_asyncio.fixture(autouse=True)
async def _nothing_stays_open() -> AsyncIterator[None]:
    callers.forget_callers()
    yield
    callers.forget_callers()
    await read(connections.close_all)


def bearer(token: str) -> tuple[bytes, bytes]:
    return (b"authorization", f"Bearer {token}".encode())


def token_for(*verbs: str, **options: Any) -> str:
    return make_token(make_user(*verbs, name="grace"), **options)


@pytest.mark.parametrize("path", ["/ws/stats", "/ws/tasks/{task}"])
@pytest.mark.parametrize("read_only", [False, True])
async def test_a_program_is_let_in_by_its_token_from_anywhere(path: str, read_only: bool) -> None:
    task: Task = await read(make_task)
    token = await read(token_for, "view_task", read_only=read_only)

    with override_settings(JOBS=CLOSED):
        socket = await opened(path.format(task=task.pk), bearer(token), **NO_ORIGIN)
        message = await socket.receive_output(SECONDS)
        await leave(socket)

    assert message["type"] == "websocket.send"


async def test_a_token_is_told_what_its_user_may_see() -> None:
    # given a task with a payload, and a token of somebody who may not see payloads
    task: Task = await read(make_task, kwargs={"note": "hunter2"})
    token = await read(token_for, "view_task")

    # when a program follows the task, with the cookie of somebody who may beside it
    cookie = await read(cookie_of, "jobs.view_task", "jobs.view_payload")
    with override_settings(JOBS=CLOSED):
        socket = await opened(f"/ws/tasks/{task.pk}", (b"cookie", cookie), bearer(token))
        text = (await socket.receive_output(SECONDS))["text"]
        await leave(socket)

    # then the token decides
    assert '"status":"PENDING"' in text
    assert "hunter2" not in text


async def test_a_token_without_the_permission_is_refused_even_where_anybody_may_come_in() -> None:
    token = await read(token_for, "cancel_task")

    assert await close_code(await opened("/ws/stats", bearer(token))) == 4403


def unknown() -> str:
    return "tq_" + "0" * 40


def expired() -> str:
    token = token_for("view_task", expires_days=1)
    ApiToken.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    return token


def revoked() -> str:
    token = token_for("view_task")
    revoke_tokens(token_ids=[ApiToken.objects.get().pk])
    return token


def of_nobody() -> str:
    token = token_for("view_task")
    User.objects.update(is_active=False)
    return token


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (unknown, "token_unknown"),
        (expired, "token_expired"),
        (revoked, "token_revoked"),
        (of_nobody, "user_inactive"),
    ],
)
async def test_a_token_that_opens_nothing_is_closed_with_4401_and_says_why(make, reason) -> None:
    # given a token that is none, where anybody may come in, and a cookie that would do
    token = await read(make)
    cookie = await read(cookie_of, "jobs.view_task")

    # when
    socket = await opened("/ws/stats", (b"cookie", cookie), bearer(token))
    message = await socket.receive_output(SECONDS)
    await leave(socket)

    # then
    assert message["type"] == "websocket.close"
    assert (message["code"], message["reason"]) == (4401, reason)


@pytest.mark.parametrize(
    ("header", "origin"),
    [
        ((b"authorization", b"Basic YTpi"), b""),
        ((b"authorization", b"Bearer tq_0"), b"https://evil.example"),
        ((b"x-token", b"tq_0"), b""),
    ],
)
async def test_without_a_token_or_from_a_foreign_page_nobody_is_let_in(
    header: tuple[bytes, bytes], origin: bytes
) -> None:
    assert await close_code(await opened("/ws/stats", header, origin=origin)) == 4403


async def test_a_token_in_the_address_is_none() -> None:
    token = await read(token_for, "view_task")

    with override_settings(JOBS=CLOSED):
        assert await close_code(await opened(f"/ws/stats?token={token}")) in {4403, 4404}


@pytest.mark.parametrize("way", ["token", "session"])
async def test_who_was_seen_lately_costs_no_query(way: str) -> None:
    if way == "token":
        header = bearer(await read(token_for, "view_task"))
    else:
        header = (b"cookie", await read(cookie_of, "jobs.view_task"))
    credentials = credentials_in({"headers": [header], "client": ("192.0.2.7", 4711)})

    def queries_of_a_second_look() -> int:
        authority_of(credentials)
        with CaptureQueriesContext(connection) as queries:
            assert "view_task" in authority_of(credentials).verbs
        return len(queries)

    assert await read(queries_of_a_second_look) == 0
