"""Actions over many tasks by real workers, some of which die in the middle."""

import pytest

from jobs.broker.connection import redis
from jobs.broker.tickets import list_key
from jobs.domain.operations import Action, OperationState, Parameters
from jobs.domain.registry import registry
from jobs.domain.states import State
from jobs.models import Attempt, Event, Operation, Task
from jobs.selectors.pages import TaskFilter
from jobs.services.enqueue import enqueue, enqueue_many
from jobs.services.operate import (
    cancel_operation,
    operate,
    pause_operation,
    resume_operation,
)
from tests.support.rows import reload
from tests.support.waiting import stays, wait_for
from tests.support.workers import WorkerProcess, all_ended, running_worker

pytestmark = [
    pytest.mark.acceptance,
    pytest.mark.django_db(transaction=True),
]

#: A queue that no worker of these tests serves: what is requeued there stays.
UNSERVED = TaskFilter(states=frozenset({State.FAILURE}), queue="low")


def make_failed(count: int, queue: str = "low") -> None:
    """Failed tasks, each as another had left it."""
    rows = (
        Task(name="tests.greet", kwargs={"name": "x"}, queue=queue, state=State.FAILURE, tries=4)
        for _ in range(count)
    )
    Task.objects.bulk_create(rows, batch_size=1000)


def begin(action: Action = Action.REQUEUE, wanted: TaskFilter = UNSERVED) -> Operation:
    return operate(action=action, wanted=wanted, actor="ann", reason="a test")


def queue_length(queue: str) -> int:
    """Tickets in a queue's list."""
    return int(redis().llen(list_key(queue)))


def ended(ids: list[str]) -> int:
    """How many of the tasks have succeeded."""
    return Task.objects.filter(pk__in=ids, state=State.SUCCESS).count()


def done(operation: Operation) -> int:
    return Operation.objects.get(pk=operation.pk).done_count


def standing(operation: Operation) -> OperationState:
    return Operation.objects.select_related("task").get(pk=operation.pk).standing


def once_each(count: int) -> None:
    """Every task of the queue was requeued, and none twice."""
    assert Task.objects.filter(queue="low", state=State.PENDING, tries=0).count() == count
    assert Event.objects.filter(kind=Event.Kind.REQUEUED).count() == count
    assert set(Task.objects.filter(queue="low").values_list("fence", flat=True)) == {1}


def test_an_operation_requeues_what_failed_and_workers_run_it():
    # given
    make_failed(3000, queue="default")
    operation = begin(wanted=TaskFilter(states=frozenset({State.FAILURE})))

    # when
    with running_worker("high", "default"):
        wait_for(lambda: standing(operation) is OperationState.COMPLETED)
        wait_for(
            lambda: Task.objects.filter(name="tests.greet", state=State.SUCCESS).count() == 3000,
            seconds=40,
        )
        wait_for(all_ended([operation.task]))

    # then
    assert Attempt.objects.exclude(task=operation.task).count() == 3000
    assert reload(operation.task).result == "completed"


@pytest.mark.parametrize("blow", ["the horse", "the whole tree"])
def test_an_operation_whose_worker_is_killed_goes_on_and_visits_each_task_once(blow: str):
    # given an operation in its middle
    make_failed(8_000)
    operation = begin()
    with running_worker("high") as worker:
        wait_for(lambda: 0 < done(operation) < 8_000, what="its middle")

        # when
        if blow == "the horse":
            worker.kill_horse()
        else:
            worker.kill_tree()
        at_the_blow = done(operation)

        # then
        other = WorkerProcess("high")
        try:
            wait_for(lambda: standing(operation) is OperationState.COMPLETED)
            wait_for(all_ended([operation.task]))
        finally:
            other.end()

    assert at_the_blow < 8_000
    operation = Operation.objects.get(pk=operation.pk)
    assert (operation.total_count, operation.done_count) == (8_000, 8_000)
    once_each(8_000)
    ends = list(Attempt.objects.filter(task=operation.task_id).values_list("outcome", flat=True))
    assert len(ends) == 2
    assert ends[1] == "succeeded"


def test_other_workers_go_on_while_an_operation_runs():
    # given
    make_failed(20_000)
    with running_worker("default"), running_worker("high"):
        operation = begin()
        wait_for(lambda: done(operation) > 0)

        # when one task after the other comes
        served = 0
        while standing(operation) is OperationState.RUNNING:
            wait_for(
                all_ended([enqueue(task_type=registry.get("tests.greet"), kwargs={"name": "x"})])
            )
            served += 1

    # then the operation did not keep them from being run
    assert served >= 15


def test_an_operation_makes_room_when_its_worker_is_told_to_go_and_goes_on_elsewhere():
    # given
    make_failed(8_000)
    operation = begin()
    with running_worker("high") as worker:
        wait_for(lambda: 0 < done(operation) < 8_000, what="its middle")

        # when
        assert worker.terminate() == 0

    # then
    assert 0 < done(operation) < 8_000
    assert operation.task.attempts.get().outcome == "snoozed"
    with running_worker("high"):
        wait_for(lambda: standing(operation) is OperationState.COMPLETED)
    once_each(8_000)


def test_an_operation_that_runs_is_paused_resumed_and_cancelled():
    make_failed(8_000)
    operation = begin()
    with running_worker("high"):
        wait_for(lambda: 0 < done(operation) < 8_000, what="its middle")

        # when it is paused
        pause_operation(operation_id=operation.pk, actor="bob")
        so_far = done(operation)
        wait_for(stays(lambda: done(operation) == so_far, seconds=1.0))
        assert so_far < 8_000

        # and resumed
        resume_operation(operation_id=operation.pk, actor="bob")
        wait_for(lambda: so_far < done(operation))

        # and cancelled
        cancel_operation(operation_id=operation.pk, actor="bob")
        so_far = done(operation)
        wait_for(stays(lambda: done(operation) == so_far, seconds=1.0))

    requeued = Task.objects.filter(queue="low", state=State.PENDING).count()
    assert requeued == so_far == Event.objects.filter(kind=Event.Kind.REQUEUED).count()


def test_what_is_moved_in_the_background_is_run_where_it_was_moved_to():
    # given tasks that wait for a worker of a queue that nobody serves, their tickets beside them
    ids = enqueue_many(
        task_type=registry.get("tests.greet"), calls=[([], {"name": "x"})] * 500, queue="low"
    )

    # when they are moved to one that is served
    wanted = TaskFilter(queue="low")
    operation = operate(
        action=Action.MOVE, wanted=wanted, actor="ann", parameters=Parameters(queue="high")
    )
    with running_worker("high"):
        wait_for(lambda: ended(ids) == 500)

    # and a worker finds the tickets that stayed behind
    with running_worker("low"):
        wait_for(lambda: queue_length("low") == 0)

    # then each has run once
    assert standing(operation) is OperationState.COMPLETED
    assert Attempt.objects.filter(task__in=ids).count() == 500
    assert set(Task.objects.filter(pk__in=ids).values_list("state", "queue")) == {
        (State.SUCCESS, "high")
    }
