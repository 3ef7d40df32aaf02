"""What is told of workers and of the tasks in their hands."""

import pytest

from jobs.domain.states import State
from jobs.models import WorkerLease
from jobs.selectors.workers import workers
from tests.support.rows import ago, make_task

pytestmark = pytest.mark.django_db


def held(worker, *, since):
    return make_task(state=State.STARTED, worker=worker, started_at=ago(since))


def test_a_worker_that_holds_many_tasks_is_told_with_the_first_of_them_and_their_number():
    # given two workers
    for name in ("w1", "w2"):
        WorkerLease.objects.create(name=name, host="h1", pid=7, queues=["high"])
    held("w1", since=1)
    longest = held("w1", since=9)
    second = held("w1", since=5)
    other = held("w2", since=2)

    # when
    first, last = workers(most_tasks=2)

    # then
    assert [task.task_id for task in first.current_tasks] == [str(longest.pk), str(second.pk)]
    assert (first.held_count, first.untold_count) == (3, 1)
    assert [task.task_id for task in last.current_tasks] == [str(other.pk)]
    assert (last.held_count, last.untold_count) == (1, 0)


def test_a_worker_that_holds_nothing_is_idle():
    WorkerLease.objects.create(name="w1", host="h1", pid=7, queues=["high"])

    (found,) = workers()

    assert (found.held_count, found.current_tasks, found.state) == (0, [], "idle")
