"""The API as its clients meet it: a real server, a real worker, and HTTP between them."""

from collections.abc import Iterator

import httpx
import pytest

from tests.support.api import EMAIL
from tests.support.web import running_web
from tests.support.workers import running_worker, wait_for

pytestmark = [
    pytest.mark.acceptance,
    pytest.mark.one_database,
    pytest.mark.django_db(transaction=True),
]

TEST_SETTINGS = {"DJANGO_SETTINGS_MODULE": "taskqueue_site.settings.test"}


@pytest.fixture
def http() -> Iterator[httpx.Client]:
    """A client of a running site with a running worker."""
    with (
        running_web(**TEST_SETTINGS) as web,
        running_worker(),
        httpx.Client(base_url=web.url, timeout=10) as client,
    ):
        yield client


def submitted(http: httpx.Client, **body: object) -> str:
    response = http.post("/api/tasks/submit", json=body)
    assert response.status_code == 202, response.text
    task_id: str = response.json()["task_id"]
    return task_id


def status(http: httpx.Client, task_id: str) -> str:
    found: str = http.get(f"/api/tasks/{task_id}").json()["status"]
    return found


def test_a_client_submits_follows_cancels_and_requeues(http):
    # a task is submitted, and its result is read by polling
    done = submitted(http, task_type="send_email", payload=EMAIL)
    wait_for(lambda: status(http, done) == "SUCCESS", what="the e-mail")
    answer = http.get(f"/api/tasks/{done}").json()
    assert answer["result"] | {"message_id": ""} == {
        "status": "sent",
        "to": EMAIL["to"],
        "subject": EMAIL["subject"],
        "message_id": "",
    }

    # a failure for good is a dead letter, and can be requeued
    failed = submitted(http, task_type="tests.boom", max_retries=0)
    wait_for(lambda: status(http, failed) == "FAILURE", what="the failure")
    letters = http.get("/api/dead-letter").json()
    assert [task["task_id"] for task in letters["tasks"]] == [failed]
    assert http.post(f"/api/dead-letter/{failed}/requeue").status_code == 202
    wait_for(
        lambda: http.get(f"/api/tasks/{failed}").json()["attempt_count"] == 2, what="a second run"
    )

    # a running task is really stopped
    running = submitted(http, task_type="tests.sleep", args=[60])
    wait_for(lambda: status(http, running) == "STARTED", what="the start")
    explained = http.get(f"/api/tasks/{running}/explain").json()
    assert [reason["code"] for reason in explained] == ["running"]
    answer = http.delete(f"/api/tasks/{running}/cancel")
    assert answer.json() == {"task_id": running, "status": "revoked"}
    assert status(http, running) == "REVOKED"

    # and the workers are seen
    assert http.get("/api/workers/health").json()["status"] == "healthy"
    assert http.get("/api/workers/stats").json()["workers_online"] == 1


def test_a_body_of_untold_length_is_read(http):
    def chunks() -> Iterator[bytes]:
        yield b'{"task_type": "add", '
        yield b'"args": [1, 2]}'

    headers = {"Content-Type": "application/json"}
    response = http.post("/api/tasks/submit", content=chunks(), headers=headers)

    assert response.request.headers["Transfer-Encoding"] == "chunked"
    assert response.status_code == 202, response.text


def test_a_body_that_is_too_large_is_refused_by_the_server_in_the_same_words(http):
    response = http.post("/api/tasks/submit", content=b" " * (2**24 + 1))

    assert response.status_code == 413
    assert response.json()["code"] == "body_too_large"
