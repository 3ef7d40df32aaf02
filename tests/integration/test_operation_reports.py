"""What an operation did to each of its tasks."""

from datetime import timedelta

import pytest
from django.utils import timezone

from jobs.domain.operations import Action, Result
from jobs.domain.states import State
from jobs.domain.task_ids import first_id
from jobs.maintenance.forget import forget_reports
from jobs.models import Operation, OperationResult, Task
from jobs.selectors.pages import TaskFilter
from jobs.services.advance import GONE, _step, advance
from tests.support.operations import begin, many, worked
from tests.support.rows import claimed, make_task

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_report_tells_what_became_of_each_task_once():
    # given one that is requeued, one that waits, one whose key is taken, and one that is deleted
    # between the look and the deed
    failed = make_task(state=State.FAILURE)
    waiting = make_task()
    keyed = make_task(state=State.FAILURE, unique_key="k")
    make_task(name=keyed.name, unique_key="k", queue="high")
    gone = make_task(state=State.FAILURE)
    ids = frozenset({failed.pk, waiting.pk, keyed.pk, gone.pk})
    operation = begin(wanted=TaskFilter(ids=ids))
    counted = advance(operation_id=operation.pk)
    Task.objects.filter(pk=gone.pk).delete()

    # when
    _step(counted, sorted(ids - {waiting.pk}))

    # then
    told = {row.task_id: (row.result, row.note) for row in operation.results.all()}
    assert told[failed.pk] == (Result.DONE, "")
    assert told[waiting.pk] == (Result.SKIPPED, State.PENDING)
    assert told[gone.pk] == (Result.SKIPPED, GONE)
    assert told[keyed.pk][0] == Result.SKIPPED
    assert "unique_key 'k'" in told[keyed.pk][1]
    assert len(told) == 4


def test_a_running_task_is_told_as_asked():
    task = make_task()
    claimed(task)

    operation = worked(begin(Action.CANCEL, TaskFilter()))

    assert [row.task_id for row in operation.results.told(Result.ASKED)] == [task.pk]


def test_a_report_is_kept_of_so_many_tasks_for_so_long(jobs):
    # given
    jobs(operations_keep_rows=3)
    many(5, state=State.FAILURE)

    # when
    operation = worked(begin())

    # then the steps of which the first task is within the bound are told
    assert operation.done_count == 5
    assert operation.results.count() == 3

    # and when its time is over it is forgotten, the operation's own line is not
    assert forget_reports() == 0
    old = begin()
    Operation.objects.filter(pk=old.pk).delete()
    old.pk = first_id(timezone.now() - timedelta(days=31))
    old.save(force_insert=True)
    OperationResult.objects.update(operation=old)
    assert forget_reports() == 3
    assert not OperationResult.objects.exists()
    assert Operation.objects.count() == 2
