"""The calls that other systems' clients were promised: a row each, as they were promised.

A row says what is sent, with which status it is answered and which fields the answer has; others
may come. What the calls do is the matter of the other files.
"""

import uuid
from typing import Any

import orjson
import pytest
from django.test import Client

from jobs.api.urls import CALLS
from jobs.domain.states import State
from jobs.models import Task, WorkerLease
from jobs.services.deliver import ping
from tests.support.api import Caller
from tests.support.contract import ROWS, Row
from tests.support.openapi import judge
from tests.support.operations import begin
from tests.support.rows import make_task
from tests.support.webhooks import make_webhook

pytestmark = pytest.mark.django_db

#: Calls of which those systems know nothing: they are described and tested elsewhere.
OWN = ("audit", "failures", "workers/<", "tasks/<str:task_id>/", "operations/<")


@pytest.fixture
def known(root: Client) -> dict[str, str]:
    """A site with a worker, and the id of what each name in a row's path stands for."""
    WorkerLease.objects.create(name="w1", host="h1", pid=7, queues=["high", "default", "low"])
    made: dict[str, Any] = {
        "waiting": make_task(kwargs={"x": 1, "y": 2}),
        "succeeded": make_task(kwargs={"x": 1, "y": 2}, state=State.SUCCESS),
        "failed": make_task(kwargs={"x": 1, "y": 2}, state=State.FAILURE),
        "operation": begin(),
    }
    made["webhook"] = make_webhook()
    made["delivery"] = ping(webhook_id=made["webhook"].pk)
    return {name: str(row.pk) for name, row in made.items()}


@pytest.mark.parametrize("slash", ["", "/"], ids=["plain", "with a slash"])
@pytest.mark.parametrize("row", ROWS, ids=str)
def test_a_call_is_answered_as_promised(root: Client, known: dict[str, str], row: Row, slash: str):
    # given the call, filled in
    path, question, query = filled(row.path, known).partition("?")
    body = b"" if row.body is None else filled(orjson.dumps(row.body).decode(), known).encode()

    # when
    response = root.generic(row.method, f"{path}{slash}{question}{query}", body, "application/json")

    # then
    assert response.status_code == row.status, response.content
    if path.startswith("/api/") and path != "/api/schema":
        judge(row.method, path, response)
    answer = response.json()
    fields = answer.keys() if isinstance(answer, dict) else set()
    assert row.fields <= fields, row.fields - fields
    assert {name: answer[name] for name in row.holds} == row.holds
    if row.items:
        name, wanted = row.items
        items = answer[name] if name else answer
        assert items
        for item in items:
            assert wanted <= item.keys(), wanted - item.keys()


def filled(text: str, ids: dict[str, str]) -> str:
    for name, one in ids.items():
        text = text.replace(f"{{{name}}}", one)
    return text


def test_every_address_that_was_promised_has_a_row():
    shown = {shape(row.path.removeprefix("/api/").partition("?")[0]) for row in ROWS}
    promised = {route for route, _, _ in CALLS if not route.startswith(OWN)}

    assert {route for route in promised if shape(route) not in shown} == set()


def shape(path: str) -> str:
    """An address with a star for each part that differs from call to call."""
    varying = ("<", "{")
    parts = [
        "*" if part.startswith(varying) or part in {"low", "add"} else part
        for part in path.split("/")
    ]
    return "/".join(parts)


def test_a_page_of_tasks_has_fifty_unless_told_otherwise(api: Caller):
    for _ in range(51):
        make_task()

    assert len(api.get("tasks").json()["tasks"]) == 50
    assert len(api.get("tasks", limit=500).json()["tasks"]) == 51


def test_the_same_key_and_body_are_answered_alike_and_another_body_is_refused(api: Caller):
    body = {"task_type": "add", "args": [1, 2]}
    key = {"HTTP_IDEMPOTENCY_KEY": uuid.uuid4().hex}

    first, again = (api.post("tasks", body, **key) for _ in range(2))
    other = api.post("tasks", body | {"args": [2, 2]}, **key)

    assert first.json() == again.json()
    assert other.status_code == 409
    assert Task.objects.count() == 1
