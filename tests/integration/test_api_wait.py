"""`?wait=` in this process: what is refused, who is let in, what is freed."""

import asyncio
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import pytest_asyncio
from django.db import connections
from django.test import override_settings
from rest_framework.throttling import BaseThrottle

from dashboard.live import live
from dashboard.reading import read
from dashboard.tracker import topic_of
from jobs.api.tasks import OneTask
from taskqueue_site.handler import PooledHandler
from tests.support.api import fields_of, problem_of
from tests.support.asgi import SECONDS, AsgiClient, left_running, until
from tests.support.rows import claimed, finished, make_task, outcome_of

pytestmark = pytest.mark.django_db(transaction=True)


class Counted(BaseThrottle):
    """Lets everybody through, and counts."""

    calls = 0

    def allow_request(self, request: Any, view: Any) -> bool:
        type(self).calls += 1
        return True


@pytest_asyncio.fixture
async def handler() -> AsyncIterator[PooledHandler]:
    pooled = PooledHandler(threads=1)
    yield pooled
    assert await asyncio.to_thread(pooled.close, wait_seconds=SECONDS) == 0
    await read(connections.close_all)


def asking(handler: PooledHandler, url: str) -> AsgiClient:
    return AsgiClient(handler, f"/api/tasks/{url}", method="GET")


@pytest.mark.parametrize("given", ["-1", "30.1", "nan", "inf", "soon", "", "1&wait=2", "0x10"])
def test_a_bad_wait_is_refused(api, given):
    task = make_task()
    problem = problem_of(api.client.get(f"/api/tasks/{task.pk}?wait={given}"), 400, "invalid_input")

    assert fields_of(problem) == ["wait"]


def test_an_unknown_parameter_is_refused(api):
    problem = problem_of(api.get(f"tasks/{make_task().pk}", wate=3), 400, "invalid_input")

    assert fields_of(problem) == ["wate"]


def test_a_server_without_a_loop_waits_in_its_thread(api):
    # given a call to a WSGI server that waits
    task = make_task()
    claim = claimed(task)

    def ask():
        try:
            return api.get(f"tasks/{task.pk}", wait=30)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(1) as pool:
        answer = pool.submit(ask)

        # when the task ends, then it is answered
        finished(outcome_of(claim))
        assert answer.result(timeout=20).json()["status"] == "SUCCESS"


@pytest.mark.asyncio
async def test_a_client_that_leaves_frees_everything_at_once(handler: PooledHandler) -> None:
    # given somebody who waits, and is known to the hub
    task = await read(make_task)
    client = asking(handler, f"{task.pk}?wait=30")
    await until(lambda: live.hub.has(topic_of(task.pk, payload=False)))

    # when they leave
    client.leave()
    await asyncio.wait_for(client.task, SECONDS)

    # then nothing is sent, and nothing goes on
    assert client.sent.empty()
    assert live.hub.is_empty
    assert left_running() == set()


@pytest.mark.asyncio
async def test_who_may_not_see_tasks_does_not_wait(handler: PooledHandler) -> None:
    task = await read(make_task)

    with override_settings(JOBS={"ANONYMOUS_ACCESS": False}):
        status, headers, _ = await asking(handler, f"{task.pk}?wait=30").answer()

    assert status == 401
    assert headers[b"Content-Type"] == b"application/problem+json"


@pytest.mark.asyncio
async def test_an_unknown_task_is_not_waited_for(handler: PooledHandler) -> None:
    unknown = "0190c6c0-0000-7000-8000-000000000000"
    status, _, body = await asking(handler, f"{unknown}?wait=30").answer()

    assert status == 404
    assert b'"code":"task_not_found"' in body


@pytest.mark.asyncio
async def test_a_call_that_waits_counts_once_for_the_throttle(
    handler: PooledHandler, monkeypatch: pytest.MonkeyPatch
) -> None:
    # given a throttle
    monkeypatch.setattr(OneTask, "throttle_classes", [Counted])
    monkeypatch.setattr(Counted, "calls", 0)
    task = await read(make_task)

    # when a call waits until its time is over
    status, _, body = await asking(handler, f"{task.pk}?wait=0.1").answer()

    # then it counts as one
    assert status == 200
    assert b'"status":"PENDING"' in body
    assert Counted.calls == 1
