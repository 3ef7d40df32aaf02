"""Priority queues with demo tasks and a dashboard: what a client may rely on, from end to end."""

import json
from collections.abc import Callable, Iterator
from datetime import datetime
from itertools import pairwise
from typing import Any

import pytest

from tests.support.stack import RunningStack, running_stack
from tests.support.user import EMAIL, ONE_WORKER_EACH, User, events_until_close, token_of
from tests.support.waiting import wait_for

pytestmark = [pytest.mark.acceptance, pytest.mark.one_database]

REPORT = {"report_type": "sales", "user_id": 7, "date_range": "2026-10"}
PAYMENT = {"user_id": 7, "amount": 9.99, "currency": "EUR"}
PIPELINE = {"source": "s3://a", "destination": "db", "record_count": 1000}
#: Type, payload, queue, retries, and what is in the result besides what the run makes up.
DEMO = [
    ("send_email", EMAIL, "high", 5, {"status": "sent", "to": EMAIL["to"]}),
    ("process_payment", PAYMENT, "high", 3, {"status": "charged", **PAYMENT}),
    ("generate_report", REPORT, "low", 2, {"status": "ready", **REPORT}),
    ("data_pipeline", PIPELINE, "low", 2, {"status": "done", "records_processed": 1000}),
    ("heavy_task", {"data": {"n": 1}}, "default", 3, {"processed": {"n": 1}}),
]
MADE_UP = {
    "send_email": "message_id",
    "process_payment": "transaction_id",
    "generate_report": "url",
}
FLOOD = 60


@pytest.fixture(scope="module")
def stack() -> Iterator[RunningStack]:
    """Demo tasks at a tenth of their time that never fail; one worker for each queue."""
    with running_stack(DEMO_SPEED="0.1", DEMO_FAILURES="0", **ONE_WORKER_EACH) as running:
        yield running


@pytest.fixture(scope="module")
def failing_stack() -> Iterator[RunningStack]:
    """Demo tasks that take no time; those that can fail always fail."""
    with running_stack(DEMO_SPEED="0", DEMO_FAILURES="10", **ONE_WORKER_EACH) as running:
        yield running


@pytest.fixture
def user(as_user: Callable[[RunningStack], User], stack: RunningStack) -> User:
    return as_user(stack)


def numbers_of(user: User) -> dict[str, Any]:
    return dict(user.http.get("/api/workers/stats").json())


@pytest.mark.parametrize(("task_type", "payload", "queue", "max_retries", "result"), DEMO)
def test_each_demo_task_is_submitted_polled_and_leaves_its_documented_result(
    user: User, task_type: str, payload: dict, queue: str, max_retries: int, result: dict
):
    # when it is submitted as its documentation says
    answer = user.http.post("/api/tasks/submit", json={"task_type": task_type, "payload": payload})

    # then it is accepted on its own queue
    assert answer.status_code == 202
    accepted = answer.json()
    assert (accepted["status"], accepted["priority"]) == ("PENDING", queue)
    assert accepted["message"] == f"Task '{task_type}' queued on '{queue}' queue."

    # and its result is found by polling
    task = user.wait_for_state(accepted["task_id"], "SUCCESS")
    assert (task["queue"], task["max_retries"]) == (queue, max_retries)
    assert {name: task["result"].get(name) for name in result} == result
    assert task["result"].keys() - result.keys() >= {MADE_UP.get(task_type)} - {None}
    assert (task["error"], task["traceback"]) == (None, None)


@pytest.mark.parametrize(
    ("priority", "queue"),
    [("high", "high"), ("normal", "default"), ("default", "default"), ("low", "low")],
)
def test_the_client_may_choose_the_queue(user: User, priority: str, queue: str):
    task_id = user.submit("add", {"x": 1, "y": 2}, priority=priority)["task_id"]

    task = user.wait_for_state(task_id, "SUCCESS")
    assert (task["queue"], task["result"]) == (queue, 3)


def test_a_flood_on_low_delays_nothing_on_high(user: User):
    # given far more reports than the workers of low can write meanwhile
    wait_for(lambda: numbers_of(user)["workers_online"] == 3)
    flood = [{"task_type": "generate_report", "payload": REPORT}] * FLOOD
    ids = user.http.post("/api/tasks/bulk", json={"tasks": flood}).json()["task_ids"]
    user.wait_for_state(ids[0], "STARTED")

    # when e-mails come after them
    emails = [user.submit("send_email", EMAIL)["task_id"] for _ in range(5)]
    for email in emails:
        user.wait_for_state(email, "SUCCESS")

    # then they have been sent while nearly all of the flood still waits
    numbers = numbers_of(user)
    assert numbers["queued_high"] == 0
    assert numbers["queued_low"] > FLOOD * 3 // 4
    # and what nobody needs any more is cancelled in one go
    revoked = user.http.post(
        "/api/tasks/actions", json={"action": "cancel", "filter": {"ids": ids}}
    )
    assert revoked.status_code == 202, revoked.text
    wait_for(lambda: numbers_of(user)["queued_low"] == 0)


def test_the_live_numbers_and_the_dashboard_follow_what_is_submitted(user: User):
    # given somebody who reads the live numbers
    wait_for(lambda: numbers_of(user)["workers_online"] == 3)
    with user.socket("/ws/stats") as socket:
        first = json.loads(socket.recv(timeout=10))

        # when tasks come in
        ids = [user.submit("heavy_task", {"data": number})["task_id"] for number in range(3)]
        for task_id in ids:
            user.wait_for_state(task_id, "SUCCESS")

        # then the numbers rise without being asked for, each message after the one before
        seen = [first]
        while seen[-1]["success_tasks"] < first["success_tasks"] + 3:
            seen.append(json.loads(socket.recv(timeout=10)))
    assert all(before["seq"] < after["seq"] for before, after in pairwise(seen))
    assert seen[-1]["workers_online"] == 3
    # they are those that HTTP tells
    assert numbers_of(user).keys() <= seen[-1].keys()
    # and the dashboard shows queues, tasks, and a form for each demo task
    page = user.http.get("/").text
    for shown in (*ids, "high", "default", "low", *(task_type for task_type, *_ in DEMO)):
        assert shown in page, shown


def test_retries_wait_twice_as_long_each_time_and_the_last_failure_is_a_dead_letter(
    as_user: Callable[[RunningStack], User], failing_stack: RunningStack
):
    user = as_user(failing_stack)
    # given a payment that always fails, watched since before it was due
    task_id = user.submit("process_payment", PAYMENT, delay_seconds=3)["task_id"]
    with user.socket(f"/ws/tasks/{task_id}") as socket:
        events = events_until_close(socket)

    # then it waited 2, 4 and 8 s, as RETRY, and then was given up
    waits = [event["data"] for event in events if event["event"] == "retry"]
    assert [wait["status"] for wait in waits] == ["RETRY"] * 3
    assert [wait["retry_count"] for wait in waits] == [1, 2, 3]
    assert events[-1]["event"] == "failed"
    task = user.task(task_id)
    chosen = [
        moment(wait["run_after"]) - moment(attempt["finished_at"])
        for wait, attempt in zip(waits, task["attempts"], strict=False)
    ]
    assert [round(wait.total_seconds(), 2) for wait in chosen] == [2.0, 4.0, 8.0]
    assert [attempt["outcome"] for attempt in task["attempts"]] == ["failed"] * 4
    assert (task["status"], task["result"]) == ("FAILURE", None)
    assert "the payment gateway timed out" in task["error"]
    assert "Traceback" in task["traceback"]
    # with one line of the log that tells its facts
    lines = [line for line in failing_stack.log().splitlines() if "failed for good" in line]
    (line,) = [line for line in lines if task_id in line]
    facts = json.loads(line[line.index("{") :])
    assert facts["task_type"] == "process_payment"
    assert facts["queue"] == "high"


def test_dead_letters_are_listed_requeued_and_discarded_at_each_of_their_addresses(
    as_user: Callable[[RunningStack], User], failing_stack: RunningStack
):
    user = as_user(failing_stack)
    user.log_into_the_admin()
    headers = {"X-CSRFToken": token_of(user.http.get("/admin/password_change/"))}
    for address in ("dead-letter", "queue/dead-letter", "tasks/dead-letter"):
        # given a payment that failed for good
        task_id = fails_for_good(user, headers)

        # then it is listed, and requeued it runs again
        before = user.http.get(f"/api/{address}").json()
        assert task_id in [letter["task_id"] for letter in before["tasks"]]
        again = user.http.post(f"/api/{address}/{task_id}/requeue", headers=headers)
        assert again.status_code == 202
        wait_for(lambda: len(user.task(task_id)["attempts"]) == 2)  # noqa: B023
        user.wait_for_state(task_id, "FAILURE")

        # and discarded it is listed no more, though its row stays
        gone = user.http.delete(f"/api/{address}/{task_id}", headers=headers)
        assert gone.status_code == 200
        after = user.http.get(f"/api/{address}").json()
        assert (after["count"], before["count"]) == (before["count"] - 1, after["count"] + 1)
        assert user.task(task_id)["status"] == "FAILURE"


def fails_for_good(user: User, headers: dict[str, str]) -> str:
    body = {"task_type": "process_payment", "payload": PAYMENT, "max_retries": 0}
    answer = user.http.post("/api/tasks", json=body, headers=headers)
    task_id: str = answer.json()["task_id"]
    user.wait_for_state(task_id, "FAILURE")
    return task_id


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def test_the_swagger_page_and_all_it_loads_come_from_this_site_and_tell_every_call(user: User):
    # given the page
    page = user.http.get("/docs")
    assert page.status_code == 200
    addresses = [part.split('"')[0] for part in page.text.split('src="')[1:]]
    assert addresses

    # then all of it comes from here
    for address in addresses:
        assert address.startswith("/"), address
        assert user.http.get(address).status_code == 200, address
    # and every call of this story is described
    described = user.http.get("/api/schema").json()
    assert described["openapi"].startswith("3.1")
    assert described["paths"].keys() >= {
        "/api/tasks/submit",
        "/api/tasks/{task_id}",
        "/api/tasks/{task_id}/cancel",
        "/api/workers/stats",
        "/api/workers/health",
        "/api/dead-letter",
    }
