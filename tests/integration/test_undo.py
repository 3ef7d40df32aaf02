"""What an action over many tasks did is taken back, where that is possible."""

import pytest
from django.utils import timezone

from jobs.domain.operations import Action
from jobs.domain.states import State
from jobs.exceptions import OperationRefused
from jobs.models import Task
from jobs.selectors.pages import TaskFilter
from jobs.services.operate import undo_operation
from tests.support.operations import begin, states, worked
from tests.support.rows import make_task, reload

pytestmark = pytest.mark.django_db(transaction=True)

EVERY = TaskFilter()


def undone(operation):
    return undo_operation(operation_id=operation.pk, actor="bob", reason="a mistake")


@pytest.mark.parametrize("action", [Action.REQUEUE, Action.CANCEL, Action.RERUN])
def test_what_cannot_be_taken_back_is_refused(action):
    make_task(state=State.FAILURE, kwargs={"x": 1, "y": 2})
    make_task(kwargs={"x": 1, "y": 2})
    operation = worked(begin(action, EVERY))
    assert operation.done_count > 0

    with pytest.raises(OperationRefused, match="cannot undo"):
        undone(operation)


def test_an_undo_is_asked_for_once_and_after_the_end():
    make_task(state=State.FAILURE)
    running = begin(Action.DISCARD)
    with pytest.raises(OperationRefused, match="is running"):
        undone(running)

    operation = worked(running)
    undone(operation)

    with pytest.raises(OperationRefused):
        undone(operation)
    operation.refresh_from_db()
    assert [(line["verb"], line["actor"]) for line in operation.history] == [("undo", "bob")]


def test_a_move_is_undone_to_where_each_task_was():
    # given tasks of two queues, moved to a third, of which one ended since
    low, default = make_task(queue="low"), make_task(queue="default")
    ended, stayed = make_task(queue="low"), make_task(queue="high")
    tasks = [low, default, ended, stayed]
    operation = worked(begin(Action.MOVE, EVERY, queue="high"))
    Task.objects.filter(pk=ended.pk).update(state=State.SUCCESS)

    # when
    undoing = worked(undone(operation))

    # then
    assert [reload(task).queue for task in tasks] == ["low", "default", "high", "high"]
    assert (undoing.total_count, undoing.done_count, undoing.skipped_count) == (4, 3, 1)


def test_a_discard_is_undone_for_what_it_discarded_and_for_nothing_else():
    # given one that was discarded before
    before = make_task(state=State.FAILURE, discarded_at=timezone.now())
    task = make_task(state=State.FAILURE)
    operation = worked(begin(Action.DISCARD))
    assert reload(task).discarded_at is not None

    # when
    worked(undone(operation))

    # then
    assert reload(task).discarded_at is None
    assert reload(before).discarded_at is not None
    assert states([task]) == [State.FAILURE]
