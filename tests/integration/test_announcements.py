"""When Django's signals of tasks are sent, and when not."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.dispatch import Signal

from jobs.announcements import tell_finished, tell_started
from jobs.backend import TaskBackend
from jobs.compat import TaskResultStatus, task_finished, task_started
from jobs.domain.outcomes import Ending
from jobs.domain.states import Move
from jobs.models import Rollup, Task
from jobs.services.cancel import cancel_many
from tests.support.rows import claimed, finished, make_task, outcome_of

pytestmark = pytest.mark.django_db

Heard = list[tuple[object, Any]]


def listen(signal: Signal) -> Iterator[Heard]:
    heard: Heard = []

    def note(sender: object, task_result: Any, **_: Any) -> None:
        heard.append((sender, task_result))

    signal.connect(note)
    yield heard
    signal.disconnect(note)


@pytest.fixture
def starts() -> Iterator[Heard]:
    yield from listen(task_started)


@pytest.fixture
def ends() -> Iterator[Heard]:
    yield from listen(task_finished)


def ended(move: Move, ending: Ending) -> Task:
    """A task whose attempt has just ended, and been told of."""
    task = make_task(max_retries=3)
    outcome = outcome_of(claimed(task), move=move, ending=ending)
    tell_finished(outcomes=[outcome], states=finished(outcome))
    return task


def test_nobody_listening_costs_no_query(django_assert_num_queries):
    # given a task that has ended
    task = make_task()
    outcome = outcome_of(claimed(task))
    states = finished(outcome)

    # then Django's own receivers, log lines both, are no reason to read it
    assert task_started.receivers
    assert task_finished.receivers
    with django_assert_num_queries(0):
        tell_started(str(task.pk), "add")
        tell_finished(outcomes=[outcome], states=states)


def test_a_start_is_heard_with_the_task_as_it_runs(starts: Heard):
    # given
    task = make_task()
    claimed(task)

    # when
    tell_started(str(task.pk), "add")

    # then
    ((sender, result),) = starts
    assert sender is TaskBackend
    assert (result.id, result.status) == (str(task.pk), TaskResultStatus.RUNNING)
    assert result.worker_ids == ["w1"]


@pytest.mark.parametrize(
    ("move", "ending", "status"),
    [
        (Move.SUCCEED, Ending.SUCCEEDED, TaskResultStatus.SUCCESSFUL),
        (Move.FAIL, Ending.FAILED, TaskResultStatus.FAILED),
        (Move.STOP, Ending.CANCELLED, TaskResultStatus.FAILED),
    ],
)
def test_an_end_is_heard(ends: Heard, move: Move, ending: Ending, status: TaskResultStatus):
    task = ended(move, ending)

    assert [(result.id, result.status) for _, result in ends] == [(str(task.pk), status)]


def test_an_attempt_that_another_follows_is_no_end(ends: Heard):
    ended(Move.RETRY, Ending.FAILED)

    assert ends == []


def test_an_end_that_was_fenced_out_is_not_heard(ends: Heard):
    # given an outcome of a claim that is not the present one
    task = make_task()
    stale = outcome_of(claimed(task), fence=99)

    # when
    tell_finished(outcomes=[stale], states=finished(stale))

    # then
    assert ends == []


@pytest.mark.parametrize("name", ["add", "from_the_next_release"])
def test_a_task_that_cannot_be_told_of_stops_nobody(starts: Heard, name: str):
    tell_started("0198c0de-0000-7000-8000-000000000000", name)

    assert starts == []


def test_a_receivers_fault_stays_its_own(ends: Heard):
    # given
    def broken(**_: Any) -> None:
        raise RuntimeError("a receiver's own fault")

    task_finished.connect(broken)

    # when
    try:
        ended(Move.SUCCEED, Ending.SUCCEEDED)
    finally:
        task_finished.disconnect(broken)

    # then
    assert [result.status for _, result in ends] == [TaskResultStatus.SUCCESSFUL]


@pytest.mark.django_db(transaction=True)
def test_a_waiting_task_that_is_cancelled_is_announced_and_counted_once(ends: Heard):
    # given one that waits, and one that runs
    waiting, running = make_task(), make_task()
    claimed(running)

    # when both are cancelled, and the worker has not stopped the second yet
    cancel_many(task_ids=[waiting.pk, running.pk], actor="ada")

    # then only the first has ended
    assert [result.id for _, result in ends] == [str(waiting.pk)]
    assert [count.revoked for count in Rollup.objects.all()] == [1]
