"""`?wait=`: an answer that comes when the task has ended, from a served site."""

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager

import httpx
import pytest
from redis import Redis

from jobs.models import Task
from taskqueue_site.up.ports import free_port
from tests.support.rows import claimed, finished, make_task, outcome_of
from tests.support.waiting import wait_for
from tests.support.web import WebProcess, running_web

pytestmark = [
    pytest.mark.acceptance,
    pytest.mark.one_database,
    pytest.mark.django_db(transaction=True),
]

#: Less than the calls below may wait: one that slept through the task's end is found out.
PATIENCE_SECONDS = 20


@pytest.fixture(scope="module")
def web(django_db_setup: None) -> Iterator[WebProcess]:
    with running_web(WEB_THREADS="1", LIVE_BEAT_SECONDS="0.5") as process:
        yield process


@contextmanager
def asked(web: WebProcess, *tasks: Task, seconds: float = 30) -> Iterator[list[Future]]:
    """Calls under way that wait for these tasks."""
    with ThreadPoolExecutor(len(tasks)) as pool, ExitStack() as ending:
        client = ending.enter_context(httpx.Client(timeout=PATIENCE_SECONDS))
        yield [
            pool.submit(client.get, f"{web.url}/api/tasks/{task.pk}?wait={seconds}")
            for task in tasks
        ]


def status_of(answer: Future) -> str:
    """The state that an answer tells."""
    response = answer.result()
    assert response.status_code == 200, response.text
    return response.json()["status"]


def test_a_call_that_waits_is_answered_when_the_task_has_ended(
    web: WebProcess, redis: Redis
) -> None:
    # given a call that has waited long enough to be told by the hub
    task = make_task()
    with asked(web, task) as (answer,):
        wait_for(lambda: redis.exists("taskqueue:watched"), what="the mark of a watcher")

        # when the task succeeds
        finished(outcome_of(claimed(task), result="3"))

        # then it is answered, long before its time is over
        assert answer.result().json()["result"] == 3


def test_a_call_that_has_just_begun_to_wait_is_answered_too(web: WebProcess) -> None:
    # given a call that no hub knows yet
    task = make_task()
    with asked(web, task) as (answer,):
        # when the task is soon done, then the answer has its end
        finished(outcome_of(claimed(task)))
        assert status_of(answer) == "SUCCESS"


def test_a_task_that_has_ended_is_answered_at_once(web: WebProcess) -> None:
    task = make_task()
    finished(outcome_of(claimed(task)))

    with asked(web, task) as (answer,):
        assert status_of(answer) == "SUCCESS"


def test_when_the_time_is_over_the_task_is_told_as_it_is(web: WebProcess) -> None:
    with asked(web, make_task(), seconds=0.2) as (answer,):
        assert status_of(answer) == "PENDING"


def test_those_who_wait_hold_no_thread(web: WebProcess, redis: Redis) -> None:
    # given twenty calls that wait, at a server of one thread
    tasks = [make_task() for _ in range(20)]
    with asked(web, *tasks) as answers:
        wait_for(lambda: redis.exists("taskqueue:watched"), what="the mark of a watcher")

        # when somebody else asks for something, then it is answered
        assert httpx.get(f"{web.url}/api/workers/stats", timeout=5).json()["queued_default"] == 20
        assert not any(answer.done() for answer in answers)

        # when the tasks end, then all are answered
        for task in tasks:
            finished(outcome_of(claimed(task)))
        assert {status_of(answer) for answer in answers} == {"SUCCESS"}


def test_without_redis_the_row_is_looked_at_now_and_then() -> None:
    redis_url = f"redis://127.0.0.1:{free_port()}/0"
    with running_web(REDIS_URL=redis_url, LIVE_BEAT_SECONDS="0.5") as web:
        # given a task that somebody waits for longer than the first looks take
        task = make_task()
        with asked(web, task) as (answer,):
            with pytest.raises(TimeoutError):
                answer.result(timeout=2)

            # when it ends, then the call is answered
            finished(outcome_of(claimed(task)))
            assert status_of(answer) == "SUCCESS"


def test_a_server_that_ends_answers_those_who_wait_at_once(redis: Redis) -> None:
    # given a call that waits
    with running_web() as web, asked(web, make_task()) as (answer,):
        wait_for(lambda: redis.exists("taskqueue:watched"), what="the mark of a watcher")

        # when the server is told to end, then it waits for nobody
        assert web.stop() == 0
        assert not web.has_used_up_its_grace()

        # and the caller knows how the task stands
        assert status_of(answer) == "PENDING"
