"""The sockets of a served site, as a page meets them."""

import time
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest
from redis import Redis
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection

from jobs.domain.outcomes import Ending
from jobs.domain.states import Move, State
from jobs.models import Task
from jobs.services.cancel import cancel
from tests.support.rows import claimed, finished, make_task, outcome_of
from tests.support.waiting import wait_for
from tests.support.web import WebProcess, read, running_web

pytestmark = [
    pytest.mark.acceptance,
    pytest.mark.one_database,
    pytest.mark.django_db(transaction=True),
]


@pytest.fixture(scope="module")
def web(django_db_setup: None) -> Iterator[WebProcess]:
    with running_web(LIVE_BEAT_SECONDS="0.5") as process:
        yield process


def closed_with(socket: ClientConnection) -> int:
    """The code with which the server closes, after anything it may still send."""
    with suppress(ConnectionClosed):
        while True:
            socket.recv(timeout=30)
    assert socket.close_code is not None
    return socket.close_code


def read_until(socket: ClientConnection, **fields: Any) -> dict[str, Any]:
    """The first message that holds these values."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        message = read(socket)
        if all(message.get(name) == value for name, value in fields.items()):
            return message
    raise AssertionError(f"no message with {fields}")


def test_the_stats_socket_tells_the_present_numbers_at_once(web: WebProcess) -> None:
    # given two waiting tasks
    make_task(queue="high")
    make_task(queue="low")

    # when a page connects
    with web.socket("/ws/stats") as socket:
        message = read(socket)

    # then it knows them, in the documented fields
    assert message["type"] == "stats"
    assert message["queued_high"] == 1
    assert message["queued_default"] == 0
    assert message["queued_low"] == 1
    assert message["active_tasks"] == message["failed_tasks"] == message["success_tasks"] == 0
    assert message["workers_online"] == 0
    assert isinstance(message["seq"], int)
    assert message["at"].endswith("Z")
    assert set(message["queues"]) == {"high", "default", "low"}
    assert set(message["rates"]) == {
        "succeeded_per_minute",
        "failed_per_minute",
        "ended_per_minute",
        "failed_percent",
    }


def test_the_stats_socket_beats_while_nothing_changes(web: WebProcess) -> None:
    # given a page that has the present numbers
    with web.socket("/ws/stats") as socket:
        first = read(socket)

        # when nothing happens
        then = [read(socket), read(socket)]

    # then the numbers come again, and are counted
    assert [message["seq"] for message in then] == [first["seq"] + 1, first["seq"] + 2]


def test_a_second_page_is_told_the_present_numbers_without_waiting(django_db_setup: None) -> None:
    # given a page where the numbers come once a minute
    with running_web(LIVE_BEAT_SECONDS="60") as web, web.socket("/ws/stats") as first:
        shown = read(first)

        # when another is opened, then it has them long before the next beat
        with web.socket("/ws/stats") as second:
            assert read(second)["seq"] == shown["seq"]


def test_the_feed_tells_which_tasks_changed(web: WebProcess, redis: Redis) -> None:
    # given a page that reads the feed, and a waiting task whose arguments nobody should see there
    task = make_task(kwargs={"note": "hunter2"})
    with web.socket("/ws/feed") as feed:
        wait_for(lambda: redis.exists("taskqueue:watched"), what="the mark of a watcher")

        # when the task is cancelled
        cancel(task_id=task.pk, actor="ada")
        message = read_until(feed, type="feed")

    # then the feed tells its new state, and nothing of its payload
    (line,) = message["tasks"]
    assert line["task_id"] == str(task.pk)
    assert line["status"] == State.REVOKED
    assert "hunter2" not in str(message)
    assert message["seq"] >= 1


def test_a_task_is_followed_from_its_start_to_its_end(web: WebProcess) -> None:
    # given a page that watches a waiting task
    task = make_task()
    with web.socket(f"/ws/tasks/{task.pk}") as socket:
        first = read(socket)
        assert (first["event"], first["data"]["status"]) == ("connected", State.PENDING)

        # when a worker claims it, and later finishes it
        claim = claimed(task)
        started = read(socket)
        finished(outcome_of(claim, result='{"sum":3}'))
        completed = read(socket)

        # then the page is told each step, in order, and the socket ends well
        assert [started["event"], completed["event"]] == ["started", "completed"]
        assert started["data"]["worker"] == "w1"
        assert completed["data"]["result"] == {"sum": 3}
        assert first["seq"] < started["seq"] < completed["seq"]
        assert closed_with(socket) == 1000


def test_a_task_that_runs_between_two_looks_still_tells_every_step(web: WebProcess) -> None:
    # given a page that watches a waiting task
    task = make_task()
    with web.socket(f"/ws/tasks/{task.pk}") as socket:
        read(socket)

        # when it fails, waits, and succeeds, all within one look
        first = claimed(task)
        finished(
            outcome_of(first, move=Move.RETRY, ending=Ending.FAILED, error="boom", run_after=1.0)
        )
        Task.objects.filter(pk=task.pk).update(state=State.PENDING)
        finished(outcome_of(claimed(task)))

        # then all of it is told
        events = [read(socket)["event"] for _ in range(4)]
        assert events == ["started", "retry", "started", "completed"]


def test_an_ended_task_tells_its_end_and_closes(web: WebProcess) -> None:
    # given a task that has failed
    task = make_task()
    finished(outcome_of(claimed(task), move=Move.FAIL, ending=Ending.FAILED, error="boom"))

    # when a page connects
    with web.socket(f"/ws/tasks/{task.pk}/") as socket:
        messages = [read(socket), read(socket)]
        code = closed_with(socket)

    # then it is told the state and the end
    assert [message["event"] for message in messages] == ["connected", "failed"]
    assert messages[1]["data"]["error"] == "boom"
    assert code == 1000


@pytest.mark.parametrize("task_id", ["0190c6c0-0000-7000-8000-000000000000", "nonsense"])
def test_an_unknown_task_closes_with_4404(web: WebProcess, task_id: str) -> None:
    with web.socket(f"/ws/tasks/{task_id}") as socket:
        assert closed_with(socket) == 4404


def test_an_unknown_path_closes_with_4404(web: WebProcess) -> None:
    with web.socket("/ws/nowhere") as socket:
        assert closed_with(socket) == 4404


@pytest.mark.parametrize("origin", ["https://evil.example", "http://[", "null", None])
def test_a_foreign_origin_is_closed_with_4403(web: WebProcess, origin: str | None) -> None:
    with web.socket("/ws/stats", origin=origin) as socket:
        assert closed_with(socket) == 4403


def test_a_reader_that_stalls_delays_nobody(web: WebProcess, redis: Redis) -> None:
    # given one page that never reads, and one that does
    with web.socket("/ws/stats", max_queue=1, close_timeout=0.1), web.socket("/ws/stats") as reader:
        first = read(reader)

        # when ten beats go by
        last = [read(reader) for _ in range(10)][-1]

    # then the reader misses none of them
    assert last["seq"] == first["seq"] + 10


def test_the_last_page_to_leave_ends_the_watch(web: WebProcess, redis: Redis) -> None:
    # given a page that watches
    with web.socket("/ws/stats") as socket:
        read(socket)
        wait_for(lambda: redis.exists("taskqueue:publisher"), what="an elected publisher")

    # when it leaves, then the publisher resigns, so that the next one need not wait
    wait_for(lambda: not redis.exists("taskqueue:publisher"), what="the publisher's resignation")
