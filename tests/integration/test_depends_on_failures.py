"""A task that fails with one it depends on is counted, logged and announced as every failure is."""

import json
import logging
from collections.abc import Callable
from typing import Any

import pytest

from jobs.compat import TaskResultStatus, task_finished
from jobs.domain.states import State
from jobs.maintenance.unblock import unblock as maintain
from jobs.models import Rollup, Task
from jobs.services.cancel import cancel
from jobs.services.unblock import unblock
from tests.support.dependants import add_after, ended, state_of

pytestmark = pytest.mark.django_db(transaction=True)


def fail(task: Task) -> None:
    """The task ends badly in a worker, which looks at what waits for it."""
    unblock(ended(task, State.FAILURE))


def revoke(task: Task) -> None:
    """Somebody cancels the task."""
    cancel(task_id=task.pk, actor="ann")


both_ends = pytest.mark.parametrize("end", [fail, revoke])


@both_ends
def test_it_is_counted_once_and_as_nothing_that_ran(end: Callable[[Task], None]):
    # given two tasks on a queue of their own, and one beyond them
    other = add_after()
    first, second = (add_after(other, queue="high") for _ in range(2))
    beyond = add_after(first, queue="low")

    # when what they depend on ends badly
    end(other)
    while maintain():
        pass

    # then each failure is in the counts, which know of no run
    assert [state_of(task) for task in (first, second, beyond)] == [State.FAILURE] * 3
    for queue, failed in (("high", 2), ("low", 1)):
        row = Rollup.objects.get(queue=queue)
        assert (row.name, row.failed, row.revoked) == ("add", failed, 0)
        assert (row.wait_seconds, row.run_seconds) == (0, 0)
        assert (row.wait_histogram, row.run_histogram) == ([], [])


@both_ends
def test_it_is_logged_once_with_its_facts(end: Callable[[Task], None], caplog):
    other = add_after()
    task = add_after(other, queue="high")

    with caplog.at_level(logging.ERROR, "jobs.failures"):
        end(other)
        maintain()

    (record,) = [each for each in caplog.records if str(task.pk) in each.getMessage()]
    assert record.levelno == logging.ERROR
    words, _, facts = record.getMessage().partition("failed for good: ")
    assert words == f"task add {task.pk} "
    assert json.loads(facts) == {
        "task_id": str(task.pk),
        "task_type": "add",
        "queue": "high",
        "outcome": "dependency_failed",
        "error": f"it depends on task {other.pk} (add), which ended {state_of(other)}",
    }


@both_ends
def test_it_is_announced_once(end: Callable[[Task], None]):
    # given somebody who listens
    heard: list[tuple[str, TaskResultStatus]] = []

    def note(task_result: Any, **_: Any) -> None:
        if task_result.id == str(task.pk):
            heard.append((task_result.id, task_result.status))

    other = add_after()
    task = add_after(other)
    task_finished.connect(note)

    # when
    try:
        end(other)
        maintain()
    finally:
        task_finished.disconnect(note)

    # then
    assert heard == [(str(task.pk), TaskResultStatus.FAILED)]


def test_what_goes_on_after_a_success_is_none_of_it(caplog):
    other = add_after()
    task = add_after(other)

    unblock(ended(other))
    maintain()

    assert state_of(task) == State.PENDING
    assert str(task.pk) not in caplog.text
    assert Rollup.objects.get().failed == 0
