"""What a new user does after `make up`, over HTTP, the sockets and the admin."""

import json
import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.support.process_tree import descendants
from tests.support.stack import RunningStack, running_stack
from tests.support.user import EMAIL, ONE_WORKER_EACH, User, events_until_close, names
from tests.support.waiting import wait_for

pytestmark = pytest.mark.acceptance


@pytest.fixture(scope="module")
def quiet_stack() -> Iterator[RunningStack]:
    """Demo tasks at a fifth of their time that never fail."""
    with running_stack(DEMO_SPEED="0.2", DEMO_FAILURES="0", **ONE_WORKER_EACH) as stack:
        yield stack


@pytest.fixture(scope="module")
def failing_stack() -> Iterator[RunningStack]:
    """Demo tasks that take no time, those that can fail always fail."""
    with running_stack(DEMO_SPEED="0", DEMO_FAILURES="10", **ONE_WORKER_EACH) as stack:
        yield stack


@pytest.fixture
def user(as_user: Callable[[RunningStack], User], quiet_stack: RunningStack) -> User:
    return as_user(quiet_stack)


def test_an_email_is_submitted_watched_and_found_everywhere(user: User):
    # given the page with its form, and the live numbers
    page = user.http.get("/")
    assert page.status_code == 200
    assert "send_email" in page.text
    with user.socket("/ws/stats") as socket:
        numbers = json.loads(socket.recv(timeout=10))
    assert numbers["type"] == "stats"
    assert {"queued_high", "active_tasks", "workers_online"} <= numbers.keys()

    # when an e-mail is submitted as the README says, and watched
    answer = user.http.post("/api/tasks/submit", json={"task_type": "send_email", "payload": EMAIL})
    assert answer.status_code == 202
    assert answer.json()["message"] == "Task 'send_email' queued on 'high' queue."
    task_id = answer.json()["task_id"]
    with user.socket(f"/ws/tasks/{task_id}") as socket:
        events = events_until_close(socket)

    # then it was seen to start and to end
    assert names(events)[0] == "connected"
    assert names(events)[-1] == "completed"
    assert events[-1]["data"]["result"]["status"] == "sent"
    # and every step is in the database, as API, dashboard and admin tell it
    task = user.task(task_id)
    assert (task["status"], task["queue"]) == ("SUCCESS", "high")
    assert [attempt["outcome"] for attempt in task["attempts"]] == ["succeeded"]
    assert task_id in user.http.get(f"/tasks/{task_id}/").text
    user.log_into_the_admin()
    assert task_id in user.http.get("/admin/jobs/task/").text
    admin_page = user.http.get(f"/admin/jobs/task/{task_id}/change/")
    assert admin_page.status_code == 200
    assert "ann@example.com" in admin_page.text


def test_a_long_task_tells_its_progress(user: User):
    report = {"report_type": "sales", "user_id": 7, "date_range": "2026-10"}
    task_id = user.submit("generate_report", report)["task_id"]

    with user.socket(f"/ws/tasks/{task_id}") as socket:
        events = events_until_close(socket)

    shares = [event["data"]["percent"] for event in events if event["event"] == "progress"]
    assert shares == sorted(shares)
    assert any(0 < share < 100 for share in shares)
    assert names(events)[-1] == "completed"


def test_a_waiting_task_is_cancelled_at_once_and_requeued_from_the_admin(user: User):
    task_id = user.submit("add", {"x": 1, "y": 2}, delay_seconds=3600)["task_id"]
    assert user.task(task_id)["status"] == "SCHEDULED"

    answer = user.http.delete(f"/api/tasks/{task_id}")
    assert (answer.status_code, answer.json()["status"]) == (200, "revoked")
    assert user.http.delete(f"/api/tasks/{task_id}").status_code == 409

    user.log_into_the_admin()
    assert user.admin_action("requeue_selected", task_id).status_code == 200
    task = user.wait_for_state(task_id, "SUCCESS")
    assert task["result"] == 3


def test_a_running_task_is_cancelled_and_its_worker_goes_on(user: User):
    work = {"source": "a", "destination": "b", "record_count": 1000}
    task_id = user.submit("data_pipeline", work)["task_id"]
    user.wait_for_state(task_id, "STARTED")

    answer = user.http.post(f"/api/tasks/{task_id}/cancel")

    assert answer.status_code in {200, 202}
    task = user.wait_for_state(task_id, "REVOKED")
    assert [attempt["outcome"] for attempt in task["attempts"]] == ["cancelled"]
    after = user.submit("add", {"x": 2, "y": 2}, priority="low")["task_id"]
    user.wait_for_state(after, "SUCCESS")


def test_a_task_that_fails_is_retried_ends_as_a_dead_letter_and_can_be_requeued(
    as_user, failing_stack: RunningStack
):
    user = as_user(failing_stack)
    # given a payment that always fails, with one retry, two seconds later
    payment = {"user_id": 7, "amount": 9.99, "currency": "EUR"}
    task_id = user.submit("process_payment", payment, max_retries=1)["task_id"]

    # when it is watched to its end
    with user.socket(f"/ws/tasks/{task_id}") as socket:
        waiting = user.wait_for_state(task_id, "RETRY")
        events = events_until_close(socket)

    # then it waited its two seconds, tried again, and failed for good
    assert waiting["retry_count"] == 1
    assert "retry" in names(events)
    assert names(events)[-1] == "failed"
    task = user.task(task_id)
    assert task["status"] == "FAILURE"
    assert [attempt["outcome"] for attempt in task["attempts"]] == ["failed", "failed"]
    dead = user.http.get("/api/dead-letter").json()
    assert task_id in [letter["task_id"] for letter in dead["tasks"]]
    assert "failed for good" in failing_stack.log()

    # and can be requeued, keeps its history, and be discarded
    assert user.http.post(f"/api/dead-letter/{task_id}/requeue").status_code == 202
    wait_for(lambda: len(user.task(task_id)["attempts"]) == 4)
    user.wait_for_state(task_id, "FAILURE")
    user.log_into_the_admin()
    assert user.admin_action("discard_selected", task_id).status_code == 200
    assert user.http.get("/api/dead-letter").json()["count"] == 0


def test_what_waited_at_ctrl_c_runs_after_the_next_start(as_user, home):
    with running_stack(DEMO_SPEED="0", **ONE_WORKER_EACH, **home) as stack:
        user = as_user(stack)
        wait_for(
            lambda: user.http.get("/api/workers/stats").json()["workers_online"] == 3, seconds=60
        )
        task_id = user.submit("add", {"x": 1, "y": 2}, delay_seconds=2)["task_id"]
        assert stack.stop() == 0, stack.log()

    with running_stack(DEMO_SPEED="0", **ONE_WORKER_EACH, **home) as stack:
        assert as_user(stack).wait_for_state(task_id, "SUCCESS")["result"] == 3


def test_what_is_submitted_while_redis_is_away_runs_when_it_is_back(as_user):
    with running_stack(DEMO_SPEED="0", **ONE_WORKER_EACH) as stack:
        user = as_user(stack)
        user.wait_for_state(user.submit("add", {"x": 1, "y": 1})["task_id"], "SUCCESS")

        # when Redis is stopped dead, and work comes in
        redis = next(pid for pid in descendants(stack.process.pid) if is_redis(pid))
        os.kill(redis, signal.SIGSTOP)
        hung = user.submit("add", {"x": 2, "y": 2})["task_id"]
        os.kill(redis, signal.SIGKILL)
        gone = user.submit("add", {"x": 3, "y": 3})["task_id"]

        # then all of it runs once Redis has been started again
        assert user.wait_for_state(hung, "SUCCESS")["result"] == 4
        assert user.wait_for_state(gone, "SUCCESS")["result"] == 6
        assert [len(user.task(task_id)["attempts"]) for task_id in (hung, gone)] == [1, 1]


def is_redis(pid: int) -> bool:
    name = Path(f"/proc/{pid}/comm").read_text().strip()
    return name in {"redis-server", "valkey-server"}
