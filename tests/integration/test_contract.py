"""The calls that other systems' clients were promised: a row each, as they were promised.

A row says what is sent, with which status it is answered and which fields the answer has; others
may come. What the calls do is the matter of the other files.
"""

import uuid
from dataclasses import dataclass, field
from typing import Any

import orjson
import pytest
from django.test import Client

from jobs.api.urls import CALLS
from jobs.domain.states import State
from jobs.models import Task, WorkerLease
from tests.support.api import Caller
from tests.support.openapi import judge
from tests.support.operations import begin
from tests.support.rows import make_task

pytestmark = pytest.mark.django_db

EMAIL = {"to": "ann@example.com", "subject": "Hello", "body": "It works."}
ACCEPTED = {"task_id", "status", "priority", "message"}
TASK = {
    *("task_id", "status", "result", "error", "traceback", "task_type", "queue", "priority"),
    *("args", "kwargs", "retry_count", "max_retries", "progress", "created_at", "updated_at"),
    *("started_at", "finished_at", "run_after", "worker", "attempts", "tags", "parent"),
}
STATS = {
    *("queued_high", "queued_default", "queued_low", "active_tasks"),
    *("failed_tasks", "success_tasks", "workers_online"),
}
QUEUE = {"name", "depth", "oldest_waiting_seconds", "running", "paused", "submitted_per_minute"}


@dataclass(frozen=True, slots=True)
class Row:
    """One call; `{waiting}`, `{failed}` and so on in its path are ids."""

    method: str
    path: str
    status: int
    fields: set[str]
    body: Any = None
    holds: dict[str, Any] = field(default_factory=dict)
    """Values that the answer has."""
    items: tuple[str, set[str]] | None = None
    """A list in the answer, or the answer where the name is empty, and the fields of its items."""

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


#: Where our own calls begin, of which those systems know nothing.
OWN = {"webhooks"}
DEAD = ("dead-letter", "queue/dead-letter", "tasks/dead-letter")
ROWS = [
    Row(
        "POST",
        "/api/tasks/submit",
        202,
        ACCEPTED,
        {"task_type": "send_email", "payload": EMAIL},
        {
            "status": "PENDING",
            "priority": "high",
            "message": "Task 'send_email' queued on 'high' queue.",
        },
    ),
    Row(
        "POST",
        "/api/tasks",
        202,
        ACCEPTED | {"max_retries"},
        {
            "name": "add",
            "kwargs": {"x": 1, "y": 2},
            "priority": "normal",
            "max_retries": 7,
            "timeout_seconds": 5,
            "delay_seconds": 60,
            "expires_at": "2100-01-01T00:00:00Z",
            "unique_key": "k",
            "tags": ["t"],
            "depends_on": ["{succeeded}"],
        },
        {"priority": "default", "max_retries": 7},
    ),
    Row(
        "POST",
        "/api/tasks/bulk",
        202,
        {"count", "task_ids"},
        {"tasks": [{"type": "process", "data": 1}, {"task_type": "add", "args": [1, 2]}]},
        {"count": 2},
    ),
    Row(
        "GET",
        "/api/tasks?status=pending&queue=low&task_type=add&worker=w1&tag=t"
        "&created_after=2000-01-01T00:00:00Z&created_before=2100-01-01T00:00:00Z"
        "&search=add&limit=500",
        200,
        {"tasks", "next"},
        holds={"tasks": []},
    ),
    Row("GET", "/api/tasks", 200, {"tasks"}, items=("tasks", {"task_id", "status", "queue"})),
    Row("GET", "/api/tasks/{waiting}", 200, TASK, holds={"status": "PENDING"}),
    Row("GET", "/api/tasks/{waiting}?wait=0", 200, TASK),
    *[
        Row(method, path, 200, {"task_id", "status"}, holds={"status": "revoked"})
        for method, path in (
            ("DELETE", "/api/tasks/{waiting}"),
            ("DELETE", "/api/tasks/{waiting}/cancel"),
            ("POST", "/api/tasks/{waiting}/cancel"),
        )
    ],
    Row("POST", "/api/tasks/{succeeded}/cancel", 409, {"code"}, holds={"state": "SUCCESS"}),
    Row("POST", "/api/tasks/{succeeded}/requeue", 202, ACCEPTED, holds={"status": "PENDING"}),
    Row("POST", "/api/tasks/{succeeded}/rerun", 202, ACCEPTED, {"kwargs": {"x": 5, "y": 2}}),
    Row(
        "GET",
        "/api/tasks/{waiting}/explain",
        200,
        set(),
        items=("", {"code", "message", "links"}),
    ),
    Row(
        "POST",
        "/api/tasks/actions",
        200,
        {"by_state"},
        {"action": "requeue", "filter": {"status": "failed"}, "dry_run": True},
        {"count": 1, "by_state": {"FAILURE": 1}},
    ),
    Row(
        "POST",
        "/api/tasks/actions",
        202,
        {"operation_id", "state"},
        {"action": "discard", "filter": {"status": "failed"}},
    ),
    Row("GET", "/api/operations", 200, {"operations"}),
    Row("GET", "/api/operations/{operation}", 200, {"total", "done", "percent"}),
    Row("POST", "/api/operations/{operation}/pause", 200, set(), holds={"state": "paused"}),
    Row("POST", "/api/operations/{operation}/resume", 200, set(), holds={"state": "running"}),
    Row("POST", "/api/operations/{operation}/cancel", 200, set(), holds={"state": "cancelled"}),
    Row(
        "GET",
        "/api/task-types",
        200,
        {"count"},
        items=(
            "task_types",
            {"name", "description", "queue", "max_retries", "timeout_seconds", "arguments"},
        ),
    ),
    Row("GET", "/api/queues", 200, {"count"}, items=("queues", QUEUE)),
    Row("GET", "/api/queues/low", 200, QUEUE, holds={"name": "low"}),
    Row("POST", "/api/queues/low/pause", 200, QUEUE, {"reason": "lunch", "seconds": 60}),
    Row("POST", "/api/queues/low/resume", 200, QUEUE, holds={"paused": None}),
    Row(
        "GET",
        "/api/queue/stats",
        200,
        {"queue_length", "queue_name"},
        items=("queues", {"queue_length", "queue_name"}),
    ),
    *[
        row
        for address in DEAD
        for row in (
            Row(
                "GET",
                f"/api/{address}",
                200,
                {"tasks"},
                holds={"count": 1},
                items=("tasks", {"task_id", "error", "kwargs"}),
            ),
            Row("POST", f"/api/{address}/{{failed}}/requeue", 202, ACCEPTED),
            Row("DELETE", f"/api/{address}/{{failed}}", 200, {"task_id"}),
        )
    ],
    Row(
        "GET",
        "/api/workers",
        200,
        {"count"},
        items=(
            "workers",
            {
                *("name", "host", "pid", "queues", "state", "current_tasks", "succeeded_count"),
                *("failed_count", "heartbeat_age_seconds", "release"),
            },
        ),
    ),
    Row("GET", "/api/workers/stats", 200, STATS),
    Row("GET", "/api/workers/health", 200, {"status"}, items=("workers", {"name", "state"})),
    Row(
        "GET",
        "/health",
        200,
        {"status", "workers", "pending_tasks", "completed_tasks", "timestamp"},
        holds={"status": "healthy"},
    ),
    Row("GET", "/healthz", 200, {"status"}),
    Row("GET", "/readyz", 200, {"checks"}),
    Row("GET", "/api/schema", 200, {"openapi", "paths"}),
]


@pytest.fixture
def known(root: Client) -> dict[str, str]:
    """A site with a worker, and a task or operation for each name in a row's path."""
    WorkerLease.objects.create(name="w1", host="h1", pid=7, queues=["high", "default", "low"])
    made: dict[str, Any] = {
        "waiting": make_task(kwargs={"x": 1, "y": 2}),
        "succeeded": make_task(kwargs={"x": 1, "y": 2}, state=State.SUCCESS),
        "failed": make_task(kwargs={"x": 1, "y": 2}, state=State.FAILURE),
        "operation": begin(),
    }
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
    promised = [route for route, _, _ in CALLS if route.partition("/")[0] not in OWN]

    assert {route for route in promised if shape(route) not in shown} == set()


def shape(path: str) -> str:
    """An address with a star for each part that differs from call to call."""
    varying = ("<", "{")
    parts = ["*" if part.startswith(varying) or part == "low" else part for part in path.split("/")]
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
