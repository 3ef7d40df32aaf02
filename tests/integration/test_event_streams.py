"""Server-sent events of a served site."""

from collections.abc import Iterator
from contextlib import ExitStack

import httpx
import pytest
from redis import Redis

from jobs.domain.outcomes import Ending
from jobs.domain.states import Move, State
from jobs.services.cancel import cancel
from tests.support.event_stream import stream
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
    with running_web(LIVE_BEAT_SECONDS="0.5", WEB_THREADS="1") as process:
        yield process


def test_a_task_is_followed_from_its_start_to_its_end(web: WebProcess) -> None:
    # given a reader of a waiting task's events
    task = make_task()
    with stream(web, f"/api/tasks/{task.pk}/events") as events:
        first = next(events)
        assert (first.event, first.data["data"]["status"]) == ("connected", State.PENDING)

        # when a worker claims it, and later finishes it
        claim = claimed(task)
        started = next(events)
        finished(outcome_of(claim, result='{"sum":3}'))
        completed = next(events)

        # then the reader is told each step, numbered, and the stream ends
        assert [started.event, completed.event] == ["started", "completed"]
        assert completed.data["data"]["result"] == {"sum": 3}
        assert int(first.id) < int(started.id) < int(completed.id)
        assert list(events) == []


def test_a_stream_tells_what_the_socket_tells(web: WebProcess) -> None:
    # given a reader of each kind
    task = make_task()
    with (
        stream(web, f"/api/tasks/{task.pk}/events") as events,
        web.socket(f"/ws/tasks/{task.pk}") as socket,
    ):
        first = next(events)
        assert read(socket) == first.data

        # when the task runs
        finished(outcome_of(claimed(task)))

        # then both are told the same
        for event in events:
            assert event.data == read(socket)
            assert (event.id, event.event) == (str(event.data["seq"]), event.data["event"])


@pytest.mark.parametrize("headers", [{}, {"Last-Event-ID": "7"}])
def test_an_ended_task_tells_its_end_and_the_stream_ends(
    web: WebProcess, headers: dict[str, str]
) -> None:
    # given a task that has failed
    task = make_task()
    finished(outcome_of(claimed(task), move=Move.FAIL, ending=Ending.FAILED, error="boom"))

    # when somebody comes, or comes again
    with stream(web, f"/api/tasks/{task.pk}/events/", **headers) as events:
        connected, failed = events

    # then they are told the present state and the end
    assert (connected.event, connected.data["data"]["status"]) == ("connected", State.FAILURE)
    assert (failed.event, failed.data["data"]["error"]) == ("failed", "boom")


def test_a_client_that_comes_again_is_told_the_present_state_first(web: WebProcess) -> None:
    # given a task that somebody followed until it was started
    task = make_task()
    with stream(web, f"/api/tasks/{task.pk}/events") as events:
        next(events)
        claimed(task)
        last = next(events)

    # when they come again
    with stream(web, f"/api/tasks/{task.pk}/events", **{"Last-Event-ID": last.id}) as events:
        first = next(events)

    # then they know how it stands
    assert (first.event, first.data["data"]["status"]) == ("connected", State.STARTED)


def test_the_feed_tells_the_newest_tasks_and_then_which_change(
    web: WebProcess, redis: Redis
) -> None:
    # given a reader of the feed, and a waiting task whose arguments nobody should see there
    task = make_task(kwargs={"password": "hunter2"})
    with stream(web, "/api/events") as events:
        first = next(events)
        wait_for(lambda: redis.exists("taskqueue:watched"), what="the mark of a watcher")

        # when the task is cancelled
        cancel(task_id=task.pk, actor="ada")
        change = next(events)

    # then both are told, and nothing of the payload
    assert first.event == "connected"
    assert [line["status"] for line in first.data["data"]["tasks"]] == [State.PENDING]
    assert change.event == "feed"
    (line,) = change.data["tasks"]
    assert (line["task_id"], line["status"]) == (str(task.pk), State.REVOKED)
    assert "hunter2" not in f"{first}{change}"


def test_streams_hold_no_thread(web: WebProcess) -> None:
    # given five streams, at a server of one thread
    tasks = [make_task() for _ in range(4)]
    paths = ["/api/events", *(f"/api/tasks/{task.pk}/events" for task in tasks)]
    with ExitStack() as ending:
        readers = [ending.enter_context(stream(web, path)) for path in paths]
        assert {next(reader).event for reader in readers} == {"connected"}

        # when somebody else asks for something, then it is answered
        answer = httpx.get(f"{web.url}/api/workers/stats", timeout=10)
        assert answer.json()["queued_default"] == 4


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("/api/tasks/0190c6c0-0000-7000-8000-000000000000/events", 404, "task_not_found"),
        ("/api/tasks/nonsense/events", 400, "invalid_input"),
    ],
)
def test_what_cannot_be_followed_is_a_problem_before_the_stream_begins(
    web: WebProcess, path: str, status: int, code: str
) -> None:
    answer = httpx.get(web.url + path)

    assert answer.status_code == status
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json()["code"] == code


def test_head_tells_the_headers_alone(web: WebProcess) -> None:
    answer = httpx.head(f"{web.url}/api/events")

    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "text/event-stream"
    assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("processes", ["1", "2"])
def test_a_server_that_ends_ends_its_streams_at_once(processes: str) -> None:
    # given a reader of the feed
    with running_web(WEB_PROCESSES=processes) as web, stream(web, "/api/events") as events:
        next(events)

        # when the server is told to end, then it waits for nobody
        assert web.stop() == 0
        assert not web.has_used_up_its_grace()

        # and the stream ends as an answer should
        assert {event.event for event in events} <= {"feed"}


def test_a_server_without_a_loop_says_that_it_has_no_streams(api) -> None:
    answer = api.get("events")

    assert answer.status_code == 501
    assert answer.json()["code"] == "no_streams"
