"""Django's own way in: enqueue, results, states, through the TASKS backend."""

import asyncio
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from asgiref.sync import sync_to_async
from django.conf import settings
from django.db import connections, transaction
from django.test import override_settings
from django.utils import timezone
from redis import Redis

from jobs import task
from jobs.backend import STATUSES
from jobs.compat import (
    InvalidTask,
    Task,
    TaskResult,
    TaskResultDoesNotExist,
    TaskResultMismatch,
    TaskResultStatus,
    task_backends,
    task_enqueued,
)
from jobs.domain.outcomes import Ending
from jobs.domain.running import RunningTask, running
from jobs.domain.states import State
from jobs.exceptions import InvalidArguments, PayloadTooLarge
from jobs.models import Task as Row
from tests.support.rows import make_task

IMMEDIATE = f"{type(task_backends).__module__}.backends.immediate.ImmediateBackend"

pytestmark = pytest.mark.django_db(transaction=True)


@task(name="tests.backend.double", queue_name="low", max_retries=4, timeout_seconds=9)
def double(x: int, factor: Decimal = Decimal(2)) -> int:
    return int(x * factor)


@task(name="tests.backend.plain")
def plain(x: int) -> int:
    return x


def undeclared() -> None: ...


def test_enqueue_writes_the_row_that_the_options_describe() -> None:
    # when a task is enqueued through Django's API
    result = double.enqueue(3, factor=Decimal("1.5"))

    # then its row stands, and the result tells of it
    row = Row.objects.get(pk=result.id)
    assert (row.name, row.queue, row.state) == ("tests.backend.double", "low", State.PENDING)
    assert (row.args, row.kwargs) == ([], {"x": 3, "factor": "1.5"})
    assert (row.max_retries, row.timeout_seconds) == (4, 9)
    assert isinstance(result, TaskResult)
    assert (result.status, result.task, result.backend) == (
        TaskResultStatus.READY,
        double,
        "default",
    )
    assert (result.args, result.kwargs) == ([3], {"factor": "1.5"})
    assert result.enqueued_at == row.created_at


def test_its_ticket_comes_with_the_commit_and_not_before(redis: Redis) -> None:
    # given an open transaction
    with transaction.atomic():
        double.enqueue(1)
        before = redis.llen("rq:queue:low")

    # then the doorbell rings when it has ended
    assert (before, redis.llen("rq:queue:low")) == (0, 1)


def test_options_of_one_call_reach_the_row() -> None:
    # when one call has options of its own
    later = timezone.now() + timedelta(hours=1)
    expiry = later + timedelta(hours=1)
    changed = plain.using(
        run_after=later, expires_at=expiry, max_retries=0, timeout_seconds=1.5, priority=10
    )
    row = Row.objects.get(pk=changed.enqueue(1).id)

    # then they are all there
    assert (row.state, row.run_after, row.expires_at) == (State.SCHEDULED, later, expiry)
    assert (row.max_retries, row.timeout_seconds, row.queue) == (0, 1.5, "high")


@pytest.mark.parametrize(
    ("priority", "queue"), [(0, "default"), (1, "high"), (100, "high"), (-1, "low")]
)
def test_priority_chooses_the_queue_of_a_task_that_names_none(priority: int, queue: str) -> None:
    result = plain.using(priority=priority).enqueue(1)
    assert Row.objects.get(pk=result.id).queue == queue


def test_a_named_queue_wins_over_priority() -> None:
    result = double.using(priority=50).enqueue(1)
    assert Row.objects.get(pk=result.id).queue == "low"


def test_many_calls_are_all_written_or_none() -> None:
    # when many calls are good
    ids = double.enqueue_many([((number,), {}) for number in range(5)])

    # then their rows stand in that order
    assert [Row.objects.get(pk=key).kwargs["x"] for key in ids] == [0, 1, 2, 3, 4]

    # and when one of many is bad, none is written
    with pytest.raises(InvalidArguments):
        double.enqueue_many([((1,), {}), (("no",), {})])
    assert Row.objects.count() == 5


def test_an_async_caller_enqueues_and_reads_too() -> None:
    async def enqueue_and_read() -> tuple[Any, Any]:
        result = await double.aenqueue(4)
        again = await double.aget_result(result.id)
        await sync_to_async(connections.close_all)()  # in the thread that the calls used
        return result, again

    first, again = asyncio.run(enqueue_and_read())
    assert first.id == again.id
    assert again.kwargs == {"x": 4}


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"queue_name": "nowhere"}, "'nowhere' is not valid"),
        ({"priority": 101}, "whole number"),
        ({"run_after": timezone.now().replace(tzinfo=None)}, "aware"),
    ],
)
def test_what_the_backend_cannot_do_is_refused_and_writes_nothing(
    options: dict[str, Any], words: str
) -> None:
    with pytest.raises(InvalidTask, match=words):
        plain.using(**options).enqueue(1)
    assert not Row.objects.exists()


def test_a_task_of_another_backend_is_refused_with_the_remedy() -> None:
    # given a task of Django's own class, as another backend declares them
    there = {"BACKEND": IMMEDIATE}
    with override_settings(TASKS={"default": settings.TASKS["default"], "there": there}):
        foreign = Task(func=plain.func, backend="there")

        # then ours does not pretend to know its options
        with pytest.raises(InvalidTask, match="declared for another backend"):
            foreign.using(backend="default")


def test_bad_arguments_are_refused_and_write_nothing() -> None:
    with pytest.raises(InvalidArguments, match="factor"):
        double.enqueue(1, factor="x")  # type: ignore[arg-type]
    with pytest.raises(PayloadTooLarge), override_settings(JOBS={"ARGUMENT_LIMIT_BYTES": 1024}):
        plain.enqueue("x" * 2000)  # type: ignore[arg-type]
    assert not Row.objects.exists()


def test_django_is_told_of_each_task_enqueued() -> None:
    # given a receiver of Django's signal
    heard: list[str] = []

    def hear(task_result: Any, **_: object) -> None:
        heard.append(task_result.id)

    task_enqueued.connect(hear)
    try:
        result = plain.enqueue(1)
    finally:
        task_enqueued.disconnect(hear)

    # then
    assert heard == [result.id]


@pytest.mark.parametrize("state", list(State))
def test_every_state_has_one_of_djangos_words(state: State) -> None:
    row = make_task(name="tests.backend.plain", kwargs={"x": 1}, state=state)
    assert plain.get_result(str(row.pk)).status == STATUSES[state]


def test_the_result_of_a_task_that_succeeded_is_its_value() -> None:
    # given a task that waits
    result = plain.enqueue(7)
    with pytest.raises(ValueError, match="not finished"):
        _ = result.return_value

    # when it has ended
    now = timezone.now()
    row = Row.objects.filter(pk=result.id)
    row.update(
        state=State.SUCCESS, result=49, started_at=now, finished_at=now + timedelta(seconds=1)
    )
    row.get().attempts.create(
        number=1, fence=1, worker="w1", started_at=now, finished_at=now, outcome=Ending.SUCCEEDED
    )
    result.refresh()

    # then
    assert result.return_value == 49
    assert result.is_finished
    assert (result.started_at, result.finished_at) == (now, now + timedelta(seconds=1))
    assert (result.worker_ids, result.attempts, result.errors) == (["w1"], 1, [])


def test_a_failed_task_tells_of_each_attempt() -> None:
    # given a task that failed twice, the second time for good
    row = make_task(name="tests.backend.plain", kwargs={"x": 1}, state=State.FAILURE)
    for number in (1, 2):
        row.attempts.create(
            number=number,
            fence=number,
            worker=f"w{number}",
            started_at=timezone.now(),
            finished_at=timezone.now(),
            outcome=Ending.FAILED,
            exception="builtins.ZeroDivisionError",
            error="ZeroDivisionError: division by zero",
            traceback=f"Traceback of {number}",
        )

    # when its result is read
    result = plain.get_result(str(row.pk))

    # then both are there, in order, and there is no value
    assert [error.traceback for error in result.errors] == ["Traceback of 1", "Traceback of 2"]
    assert result.errors[0].exception_class is ZeroDivisionError
    assert result.worker_ids == ["w1", "w2"]
    with pytest.raises(ValueError, match="failed"):
        _ = result.return_value


def test_a_revoked_task_says_that_it_was_revoked() -> None:
    row = make_task(name="tests.backend.plain", kwargs={"x": 1}, state=State.REVOKED)
    (error,) = plain.get_result(str(row.pk)).errors
    assert error.exception_class.__name__ == "Revoked"
    assert str(row.pk) in error.traceback


def test_the_worker_that_runs_it_counts_as_an_attempt() -> None:
    row = make_task(name="tests.backend.plain", kwargs={"x": 1}, state=State.STARTED, worker="w9")
    result = plain.get_result(str(row.pk))
    assert (result.status, result.worker_ids) == (TaskResultStatus.RUNNING, ["w9"])


@pytest.mark.parametrize("key", ["", "nonsense", str(uuid4())])
def test_an_id_of_no_task_is_refused(key: str) -> None:
    with pytest.raises(TaskResultDoesNotExist):
        plain.get_result(key)


def test_a_task_of_another_type_or_of_none_is_refused() -> None:
    with pytest.raises(TaskResultMismatch):
        plain.get_result(double.enqueue(1).id)
    stranger = make_task(name="tests.backend.gone")
    with pytest.raises(TaskResultDoesNotExist, match=r"'tests.backend.gone'"):
        plain.get_result(str(stranger.pk))


def test_the_context_offers_djangos_result_of_the_running_task() -> None:
    # given a task that runs
    row = make_task(name="tests.backend.plain", kwargs={"x": 1}, state=State.STARTED)
    context = RunningTask(
        task_id=str(row.pk),
        name=row.name,
        attempt=1,
        max_retries=0,
        report=lambda said: None,
        should_stop=lambda: False,
    )

    # then its context leads to its result, as Django's own does
    with running(context) as current:
        assert current.task_result.id == str(row.pk)


def test_under_djangos_immediate_backend_a_task_type_runs_at_once() -> None:
    # given settings as a user's test suite may have them
    with override_settings(TASKS={"default": {"BACKEND": IMMEDIATE}}):
        # when tasks are enqueued
        result = plain.enqueue(8)
        ids = plain.enqueue_many([((1,), {}), ((2,), {})])

    # then they have run, and no row was written
    assert result.return_value == 8
    assert len(ids) == 2
    assert not Row.objects.exists()
