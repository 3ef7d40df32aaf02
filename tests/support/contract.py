"""The calls that other systems' clients were promised, as data: a row each, as it was promised."""

from dataclasses import dataclass, field
from typing import Any

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
TYPE = {"name", "description", "queue", "max_retries", "timeout_seconds", "arguments", "paused"}


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


WEBHOOK = {"webhook_id", "url", "states", "task_types", "tags", "enabled"}
DELIVERY = {"delivery_id", "type", "state", "attempts", "status_code"}
DELIVERIES = "/api/webhooks/{webhook}/deliveries"
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
        items=("task_types", TYPE),
    ),
    Row("POST", "/api/task-types/add/pause", 200, TYPE, {"reason": "lunch", "seconds": 60}),
    Row("POST", "/api/task-types/add/resume", 200, TYPE, holds={"paused": None}),
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
    Row("GET", "/api/webhooks", 200, {"count"}, items=("webhooks", WEBHOOK)),
    Row("POST", "/api/webhooks", 201, WEBHOOK | {"secret"}, {"url": "https://hooks.example.com/"}),
    Row("GET", "/api/webhooks/{webhook}", 200, WEBHOOK),
    Row("DELETE", "/api/webhooks/{webhook}", 200, {"webhook_id"}),
    Row("POST", "/api/webhooks/{webhook}/rotate", 200, WEBHOOK | {"secret"}),
    Row("POST", "/api/webhooks/{webhook}/test", 202, DELIVERY, holds={"type": "webhook.test"}),
    Row("GET", f"{DELIVERIES}", 200, {"count"}, items=("deliveries", DELIVERY)),
    Row("POST", f"{DELIVERIES}/{{delivery}}/resend", 202, DELIVERY, holds={"state": "waiting"}),
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
