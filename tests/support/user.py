"""Somebody with curl, a browser and the README, in front of a site as `make up` starts it."""

import json
import re
from typing import Any

import httpx
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from tests.support.stack import RunningStack
from tests.support.waiting import wait_for

EMAIL = {"to": "ann@example.com", "subject": "Hello", "body": "It works."}
ONE_WORKER_EACH = {"WORKERS_HIGH": "1", "WORKERS_DEFAULT": "1", "WORKERS_LOW": "1"}


class User:
    """Somebody with curl, a browser and the README."""

    def __init__(self, stack: RunningStack) -> None:
        self.stack = stack
        self.http = httpx.Client(base_url=stack.url, timeout=30)

    def submit(self, task_type: str, payload: dict[str, Any], **options: Any) -> dict[str, Any]:
        body = {"task_type": task_type, "payload": payload} | options
        answer = self.http.post("/api/tasks", json=body)
        assert answer.status_code == 202, answer.text
        return dict(answer.json())

    def task(self, task_id: str) -> dict[str, Any]:
        return dict(self.http.get(f"/api/tasks/{task_id}").json())

    def wait_for_state(self, task_id: str, state: str) -> dict[str, Any]:
        wait_for(
            lambda: self.task(task_id)["status"] == state,
            what=f"{state} of {task_id}",
        )
        return self.task(task_id)

    def socket(self, path: str) -> ClientConnection:
        return connect(
            self.stack.url.replace("http", "ws", 1) + path,
            origin=self.stack.url,  # type: ignore[arg-type]
            compression=None,
        )

    def log_into_the_admin(self) -> None:
        page = self.http.get("/admin/login/")
        answer = self.http.post(
            "/admin/login/?next=/admin/",
            data={
                "username": "admin",
                "password": self.stack.password,
                "csrfmiddlewaretoken": token_of(page),
            },
        )
        assert answer.status_code == 302, answer.text

    def admin_action(self, action: str, task_id: str) -> httpx.Response:
        """Tick one row, choose an action, confirm it."""
        page = self.http.get("/admin/jobs/task/")
        form = {
            "csrfmiddlewaretoken": token_of(page),
            "action": action,
            "_selected_action": task_id,
        }
        asked = self.http.post("/admin/jobs/task/", data=form)
        assert "confirmed" in asked.text
        verb = action.removesuffix("_selected")
        return self.http.post(
            "/admin/jobs/task/",
            data=form | {"confirmed": verb, "reason": "a test"},
            follow_redirects=True,
        )


def token_of(page: httpx.Response) -> str:
    found = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page.text)
    assert found is not None, page.text[:500]
    return found.group(1)


def events_until_close(socket: ClientConnection, *, seconds: float = 60) -> list[dict[str, Any]]:
    """Every message until the server closes."""
    messages = []
    try:
        while True:
            messages.append(json.loads(socket.recv(timeout=seconds)))
    except ConnectionClosed:
        return messages


def names(events: list[dict[str, Any]]) -> list[str]:
    return [event["event"] for event in events]
