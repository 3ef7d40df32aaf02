"""The client against a served site: both kinds, with httpx and without."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import Any

import pytest
from redis import Redis

from jobs.client import BadRequest, Client, Conflict, NotAllowed, NotFound, WaitTimeout, transport
from jobs.domain.states import State
from jobs.models import Event, Task
from tests.support.authority import make_token, make_user
from tests.support.clients import Blocking
from tests.support.rows import claimed, finished, make_task, outcome_of, reload
from tests.support.waiting import wait_for
from tests.support.web import WebProcess, running_web

pytestmark = [
    pytest.mark.acceptance,
    pytest.mark.one_database,
    pytest.mark.django_db(transaction=True),
]

#: A line separator, which is one only to some readers of lines.
ODD = "one\u2028two\x85three"


@pytest.fixture(scope="module")
def web(django_db_setup: None) -> Iterator[WebProcess]:
    with running_web(LIVE_BEAT_SECONDS="0.5") as process:
        yield process


@pytest.fixture(params=["httpx", "standard library"])
def with_httpx(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if request.param != "httpx":
        monkeypatch.setattr(transport, "httpx", None)


@pytest.fixture(params=[Client, Blocking], ids=["sync", "async"])
def client(request: pytest.FixtureRequest, web: WebProcess, with_httpx: None) -> Iterator[Any]:
    with closing(request.param(web.url)) as made:
        yield made


def test_a_submitted_task_is_a_row(client: Any) -> None:
    accepted = client.submit("add", {"x": 2, "y": 3}, priority="low", max_retries=7)

    task = Task.objects.get(pk=accepted["task_id"])
    assert (task.name, task.kwargs) == ("add", {"x": 2, "y": 3})
    assert (task.queue, task.max_retries) == ("low", 7)
    assert client.get(task.pk)["status"] == accepted["status"] == "PENDING"


def test_a_submit_with_a_key_is_done_once(client: Any) -> None:
    # given a task that another may follow
    first = make_task()

    # when one is submitted twice under one name
    said = [
        client.submit(
            "add", {"x": 2, "y": 3}, tags=["blue"], depends_on=[first.pk], idempotency_key="once"
        )
        for _ in range(2)
    ]

    # then there is one
    assert said[0] == said[1]
    assert [one["task_id"] for one in client.list(tag="blue")] == [said[0]["task_id"]]


def test_many_with_a_key_are_submitted_once(client: Any) -> None:
    tasks = [{"task_type": "add", "args": [1, 2]}]

    ids = [client.submit_many(tasks, idempotency_key="all") for _ in range(2)]

    assert ids[0] == ids[1]
    assert Task.objects.count() == 1


def test_many_are_submitted_at_once(client: Any) -> None:
    ids = client.submit_many({"task_type": "add", "payload": {"x": n, "y": 0}} for n in range(3))

    assert [Task.objects.get(pk=one).kwargs["x"] for one in ids] == [0, 1, 2]


def test_a_list_goes_on_over_all_its_pages(client: Any) -> None:
    # given five tasks of a queue and one of another
    tasks = [make_task(queue="high") for _ in range(5)]
    make_task(queue="low")

    # when they are listed in pages of two
    found = client.list(page_size=2, queue="high", status="PENDING")

    # then all come, the newest first
    assert [one["task_id"] for one in found] == [str(task.pk) for task in reversed(tasks)]


def test_a_task_is_cancelled_and_run_again(client: Any) -> None:
    task = make_task()

    assert client.cancel(task.pk, reason="no need") == {
        "task_id": str(task.pk),
        "status": "revoked",
    }
    assert Event.objects.get(task=task).reason == "no need"
    assert client.requeue(task.pk)["status"] == "PENDING"
    assert reload(task).state == State.PENDING


def test_a_task_is_run_once_more_as_a_new_one_with_other_arguments(client: Any) -> None:
    # given
    old = make_task(state=State.FAILURE, queue="low", kwargs={"x": 1, "y": 2})

    # when it is run again as it was, and otherwise
    same = client.rerun(old.pk)
    other = client.rerun(
        old.pk, {"x": 5, "y": 2}, reason="a typo", priority="high", max_retries=7, tags=["again"]
    )

    # then both are new tasks, which name the old one
    assert [answer["status"] for answer in (same, other)] == ["PENDING"] * 2
    rows = [Task.objects.get(pk=answer["task_id"]) for answer in (same, other)]
    assert [(row.parent, row.kwargs, row.queue) for row in rows] == [
        (old.pk, {"x": 1, "y": 2}, "low"),
        (old.pk, {"x": 5, "y": 2}, "high"),
    ]
    assert (rows[1].max_retries, rows[1].tags) == (7, ["again"])
    assert Event.objects.get(task=rows[1]).reason == "a typo"
    assert reload(old).state == State.FAILURE


def test_a_rerun_that_is_not_allowed_says_why(client: Any) -> None:
    running = make_task(state=State.STARTED)

    with pytest.raises(Conflict) as refused:
        client.rerun(running.pk)
    assert refused.value.state == "STARTED"
    with pytest.raises(BadRequest) as wrong:
        client.rerun(make_task(state=State.FAILURE).pk, {"x": "one", "y": 2})
    assert [fault["field"] for fault in wrong.value.errors] == ["payload.x"]


def test_reasons_and_numbers_are_told(client: Any) -> None:
    task = make_task(queue="low")

    assert client.explain(task.pk)[0]["code"] == "no_worker"
    assert client.stats()["queued_low"] == 1


def test_a_wait_ends_with_the_task(client: Any, redis: Redis) -> None:
    # given a client that waits
    task = make_task()
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(client.wait, task.pk, timeout_seconds=30)
        wait_for(lambda: redis.exists("taskqueue:watched"), what="the mark of a watcher")

        # when the task ends, then it is told
        finished(outcome_of(claimed(task), result="5"))
        assert waiting.result(timeout=20)["result"] == 5


def test_a_wait_that_is_too_short_tells_how_the_task_stands(client: Any) -> None:
    task = make_task()

    with pytest.raises(WaitTimeout, match=r"is PENDING after 0\.2 s") as refused:
        client.wait(task.pk, timeout_seconds=0.2)

    assert refused.value.task["task_id"] == str(task.pk)


def test_events_are_told_until_the_task_has_ended(client: Any) -> None:
    # given a client that follows a task
    task = make_task()
    events = client.events(task.pk)
    assert next(events).data["status"] == State.PENDING

    # when it runs, then each step is told, its words unharmed
    claim = claimed(task)
    assert next(events).event == "started"
    finished(outcome_of(claim, result=f'"{ODD}"'))
    last = next(events)
    assert (last.event, last.is_final, last.data["result"]) == ("completed", True, ODD)

    # and then no more
    assert list(events) == []


UNKNOWN = "0190c6c0-0000-7000-8000-000000000000"


@pytest.mark.parametrize(
    ("act", "kind", "code"),
    [
        (lambda client: client.get(UNKNOWN), NotFound, "task_not_found"),
        (lambda client: next(client.events(UNKNOWN)), NotFound, "task_not_found"),
        (lambda client: client.submit("nonsense"), BadRequest, "unknown_task_type"),
        (lambda client: client.get("../workers"), NotFound, "not_found"),
    ],
)
def test_a_refusal_is_an_exception_with_its_code(
    client: Any, act: Callable[[Any], Any], kind: type[Exception], code: str
) -> None:
    with pytest.raises(kind) as refused:
        act(client)

    assert refused.value.code == code


def test_a_refusal_names_each_field(client: Any) -> None:
    with pytest.raises(BadRequest) as refused:
        client.submit("add", {"x": "many"})

    assert {error["field"] for error in refused.value.errors} == {"payload.x", "payload.y"}
    assert refused.value.status == 400


def test_a_conflict_tells_the_state(client: Any) -> None:
    task = make_task()
    finished(outcome_of(claimed(task)))

    with pytest.raises(Conflict) as refused:
        client.cancel(task.pk)

    assert refused.value.state == "SUCCESS"


def test_a_token_opens_what_its_user_may(web: WebProcess, with_httpx: None) -> None:
    # given a token of somebody who may only see tasks, and one that never was
    plain = make_token(make_user("view_task"))
    with Client(web.url, token=plain) as client, Client(web.url, token="hunter2") as stranger:
        # when they are used, then each call needs its permission
        assert client.stats()["queued_low"] == 0
        with pytest.raises(NotAllowed) as refused:
            client.submit("add", {"x": 2, "y": 3})
        assert (refused.value.status, refused.value.code) == (403, "permission_denied")

        # and an unknown token opens nothing
        with pytest.raises(NotAllowed) as unknown:
            stranger.stats()
        assert (unknown.value.status, unknown.value.code) == (401, "token_unknown")
