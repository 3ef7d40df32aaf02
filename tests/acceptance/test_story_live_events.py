"""A small queue whose clients follow their tasks live: what they may rely on, from end to end."""

import json
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from tests.support.stack import RunningStack, running_stack
from tests.support.user import User, events_until_close, names
from tests.support.waiting import wait_for

pytestmark = [pytest.mark.acceptance, pytest.mark.one_database]

PIPELINE = {"source": "a", "destination": "b", "record_count": 1000}
ONE_FOR_DEFAULT = {"WORKERS_HIGH": "0", "WORKERS_DEFAULT": "1", "WORKERS_LOW": "0"}


@pytest.fixture(scope="module")
def stack() -> Iterator[RunningStack]:
    """One worker, for the one queue of this story; demo tasks take their documented time."""
    with running_stack(DEMO_FAILURES="0", **ONE_FOR_DEFAULT) as running:
        yield running


@pytest.fixture
def user(as_user: Callable[[RunningStack], User], stack: RunningStack) -> User:
    return as_user(stack)


@pytest.fixture
def busy(user: User) -> Iterator[str]:
    """A task in which the only worker is for some more seconds; cancelled at the end.

    It has been in it for long enough to hold nothing else.
    """
    task_id: str = user.submit("data_pipeline", PIPELINE, priority="default")["task_id"]
    wait_for(lambda: user.task(task_id)["progress"], what="the first batch")
    yield task_id
    if user.task(task_id)["status"] == "STARTED":
        user.http.delete(f"/api/tasks/{task_id}")
    user.wait_for_state(task_id, "REVOKED")


def next_event(socket: ClientConnection) -> dict[str, Any]:
    return dict(json.loads(socket.recv(timeout=30)))


def close_code(socket: ClientConnection) -> int | None:
    with suppress(ConnectionClosed):
        while True:
            socket.recv(timeout=10)
    return socket.close_code


@pytest.mark.parametrize(
    ("body", "result"),
    [
        ({"task_type": "process", "data": {"a": [1, 2]}}, {"processed": {"a": [1, 2]}}),
        ({"type": "calculate", "data": 7}, {"processed": 7}),
        ({"name": "heavy_task", "kwargs": {"data": "x"}}, {"processed": "x"}),
        ({"task_type": "add", "args": [1, 2]}, 3),
        ({"task_type": "add", "payload": {"x": 1.5, "y": 2}}, 3.5),
    ],
)
def test_a_task_is_submitted_in_any_documented_form_and_its_result_kept(
    user: User, body: dict, result: object
):
    answer = user.http.post("/api/tasks", json=body | {"max_retries": 1})

    assert answer.status_code == 202, answer.text
    assert answer.json()["max_retries"] == 1
    task = user.wait_for_state(answer.json()["task_id"], "SUCCESS")
    assert (task["result"], task["error"]) == (result, None)


def test_a_client_follows_its_task_from_waiting_to_its_end(user: User, busy: str):
    # given a task that waits, and a client that follows it
    task_id = user.submit("process", {"data": 1})["task_id"]
    with user.socket(f"/ws/tasks/{task_id}") as socket:
        first = next_event(socket)
        assert (first["event"], first["data"]["status"]) == ("connected", "PENDING")

        # when the worker is free
        user.http.delete(f"/api/tasks/{busy}")

        # then it is told each step, in order, and the socket closes
        following = events_until_close(socket)
    assert names(following) == ["started", "completed"]
    assert following[0]["data"]["worker"]
    assert following[1]["data"]["result"] == {"processed": 1}
    numbers = [event["seq"] for event in (first, *following)]
    assert numbers == sorted(set(numbers))
    assert socket.close_code == 1000


def test_a_client_that_comes_back_is_told_the_present_first(user: User, busy: str):
    # given a client that heard of some progress, and whose connection broke
    with user.socket(f"/ws/tasks/{busy}") as socket:
        assert next_event(socket)["event"] == "connected"
        heard = next_event(socket)
        assert heard["event"] == "progress"
        assert heard["data"].keys() >= {"current", "total", "percent", "message"}

    # when it comes back
    with user.socket(f"/ws/tasks/{busy}") as socket:
        present = next_event(socket)

        # then it is told how the task stands, and goes on from there
        assert (present["event"], present["data"]["status"]) == ("connected", "STARTED")
        assert present["data"]["progress"]["current"] >= heard["data"]["current"]
        assert next_event(socket)["data"]["current"] > present["data"]["progress"]["current"]


def test_a_task_that_has_ended_tells_its_end_and_closes(user: User):
    task_id = user.submit("add", {"x": 1, "y": 2})["task_id"]
    user.wait_for_state(task_id, "SUCCESS")

    with user.socket(f"/ws/tasks/{task_id}") as socket:
        events = events_until_close(socket)

    assert names(events) == ["connected", "completed"]
    assert events[1]["data"]["result"] == 3
    assert socket.close_code == 1000


def test_an_unknown_task_and_a_foreign_page_are_closed_with_a_code(user: User):
    unknown = "00000000-0000-7000-8000-000000000000"
    with user.socket(f"/ws/tasks/{unknown}") as socket:
        assert close_code(socket) == 4404

    address = user.stack.url.replace("http", "ws", 1) + "/ws/stats"
    with connect(address, origin="https://evil.example") as socket:  # type: ignore[arg-type]
        assert close_code(socket) == 4403


def test_the_queues_length_is_told_and_what_waits_is_cancelled_at_once(user: User, busy: str):
    # given three tasks behind a long one
    before = user.http.get("/api/queue/stats").json()["queue_length"]
    ids = [user.submit("process", {"data": number})["task_id"] for number in range(3)]

    # then they are counted, together and by queue
    wait_for(lambda: user.http.get("/api/queue/stats").json()["queue_length"] == before + 3)
    queues = user.http.get("/api/queue/stats").json()["queues"]
    by_name = {queue["queue_name"]: queue["queue_length"] for queue in queues}
    assert by_name == {"high": 0, "default": before + 3, "low": 0}

    # and a cancelled one tells its followers, and is counted no more
    with user.socket(f"/ws/tasks/{ids[0]}") as socket:
        assert next_event(socket)["event"] == "connected"
        answer = user.http.post(f"/api/tasks/{ids[0]}/cancel")
        assert (answer.status_code, answer.json()["status"]) == (200, "revoked")
        assert names(events_until_close(socket)) == ["revoked"]
    assert user.http.get("/api/queue/stats").json()["queue_length"] == before + 2
    again = user.http.post(f"/api/tasks/{ids[0]}/cancel")
    assert (again.status_code, again.json()["state"]) == (409, "REVOKED")
    for task_id in ids[1:]:
        user.http.delete(f"/api/tasks/{task_id}")


def test_a_running_task_that_is_cancelled_stops_and_its_followers_hear_of_it(user: User, busy: str):
    with user.socket(f"/ws/tasks/{busy}") as socket:
        assert next_event(socket)["event"] == "connected"

        answer = user.http.post(f"/api/tasks/{busy}/cancel")
        events = events_until_close(socket)

    # then it ended as revoked, without a result, and its worker is free
    assert answer.status_code in {200, 202}
    assert names(events)[-1] == "revoked"
    task = user.task(busy)
    assert (task["status"], task["result"]) == ("REVOKED", None)
    after = user.submit("add", {"x": 1, "y": 1})["task_id"]
    user.wait_for_state(after, "SUCCESS")


def test_a_task_that_fails_tells_each_retry_its_error_and_its_end(as_user: Callable[..., User]):
    # given payments that always fail
    with running_stack(DEMO_SPEED="0", DEMO_FAILURES="10", **ONE_FOR_DEFAULT) as failing:
        user = as_user(failing)
        payment = {"user_id": 7, "amount": 1, "currency": "EUR"}
        options = {"priority": "default", "max_retries": 1, "delay_seconds": 3}
        task_id = user.submit("process_payment", payment, **options)["task_id"]

        # when one is followed before its time has come
        with user.socket(f"/ws/tasks/{task_id}") as socket:
            events = events_until_close(socket)

        # then the retry and the end both say why
        (retry,) = [event["data"] for event in events if event["event"] == "retry"]
        assert (retry["retry_count"], retry["max_retries"]) == (1, 1)
        assert "the payment gateway timed out" in retry["error"]
        assert events[-1]["event"] == "failed"
        assert "the payment gateway timed out" in events[-1]["data"]["error"]
        letters = user.http.get("/api/queue/dead-letter").json()
        assert [letter["task_id"] for letter in letters["tasks"]] == [task_id]
        wait_for(lambda: user.http.get("/api/workers/stats").json()["failed_tasks"] == 1)
