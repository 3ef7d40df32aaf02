"""Blocked tasks and whatever happens meanwhile: races, crashes, requeues."""

from functools import partial

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from jobs.broker.tickets import list_key
from jobs.domain.registry import registry
from jobs.domain.states import OPEN, State
from jobs.exceptions import DependencyFailed
from jobs.maintenance.unblock import unblock as maintain
from jobs.models import Dependency, Task
from jobs.services.cancel import cancel
from jobs.services.enqueue import enqueue_many
from jobs.services.requeue import requeue, requeue_many
from jobs.services.unblock import unblock
from tests.support.at_once import at_once
from tests.support.dependants import add_after, ended, nothing_is_left, state_of
from tests.support.plans import plan_of
from tests.support.rows import claimed, exchanged, make_task, outcome_of, reload

pytestmark = pytest.mark.django_db(transaction=True)

ROUNDS = 10


@pytest.mark.parametrize("state", sorted(OPEN))
def test_whatever_keeps_a_task_from_its_end_blocks_those_that_depend_on_it(state):
    other = make_task(state=state)

    task = add_after(other)

    assert state_of(task) == State.BLOCKED
    assert reload(other).awaited is True


def test_what_a_dead_process_left_undone_maintenance_does():
    # given a blocked task whose submitter died right after the commit
    other = add_after()
    task = add_after(other)
    Task.objects.filter(pk=other.pk).update(awaited=None)
    Dependency.objects.update(watched=False)

    # when the other ends between two rounds of maintenance
    assert ended(other) == []
    assert maintain() == 0

    # then it moves on
    assert state_of(task) == State.PENDING
    assert nothing_is_left()


def test_the_end_of_a_worker_that_died_before_its_look_is_found_by_maintenance():
    other = add_after()
    task = add_after(other)
    ended(other)

    assert maintain() == 1

    assert state_of(task) == State.PENDING
    assert maintain() == 0


def test_a_dependency_that_is_requeued_meanwhile_is_waited_for_again():
    # given one that succeeded, and another that runs on
    first, second = add_after(), add_after()
    task = add_after(first, second)
    unblock(ended(first))

    # when the first is requeued, and then the second succeeds
    requeue(task_id=first.pk, actor="ann")
    unblock(ended(second))
    maintain()
    assert state_of(task) == State.BLOCKED

    # then it is the first that unblocks
    assert ended(first) == [str(first.pk)]
    maintain()
    assert state_of(task) == State.PENDING
    assert nothing_is_left()


def test_an_end_that_races_with_a_submit_never_leaves_the_task_blocked():
    for _ in range(ROUNDS):
        other = add_after()
        success = outcome_of(claimed(other))

        def end(success=success):
            unblock(exchanged([success]).awaited)

        task, _ = at_once(partial(add_after, other), end)

        assert isinstance(task, Task), task
        assert state_of(task) == State.PENDING
        assert nothing_is_left()


def test_ends_that_race_with_each_other_unblock_once(redis):
    for _ in range(ROUNDS):
        others = [add_after() for _ in range(3)]
        successes = [outcome_of(claimed(other)) for other in others]
        task = add_after(*others)
        redis.flushdb()

        def end(success):
            unblock(exchanged([success]).awaited)

        at_once(*(partial(end, success) for success in successes), maintain)

        assert state_of(task) == State.PENDING
        assert redis.llen(list_key("default")) == 1
        maintain()
        assert nothing_is_left()


def test_a_submit_locks_nothing_that_it_depends_on_while_its_transaction_lasts():
    other = add_after()

    with transaction.atomic(), CaptureQueriesContext(connection) as queries:
        task = add_after(other)
        assert reload(other).awaited is None

    # its worker could have ended it meanwhile: no lock was taken, and the mark came afterwards
    said = [query["sql"] for query in queries]
    assert not any(sql.startswith("UPDATE") or "FOR UPDATE" in sql for sql in said), said
    assert (reload(other).awaited, state_of(task)) == (True, State.BLOCKED)


def test_a_requeued_task_looks_again_at_what_it_depends_on(redis):
    # given a dead letter of a failed task
    other = add_after()
    task = add_after(other)
    unblock(ended(other, State.FAILURE))

    # when it is requeued while that one has failed
    with pytest.raises(DependencyFailed) as refusal:
        requeue(task_id=task.pk, actor="ann")
    assert str(refusal.value) == (
        f"Task {task.pk} is FAILURE: it cannot requeue, as it depends on task {other.pk}, which is "
        "FAILURE: requeue that first."
    )

    # and while that one waits to run again
    requeue(task_id=other.pk, actor="ann")
    redis.flushdb()
    assert requeue(task_id=task.pk, actor="ann").state == State.BLOCKED
    assert redis.llen(list_key("default")) == 0

    # then it runs after it
    unblock(ended(other))
    assert state_of(task) == State.PENDING
    assert nothing_is_left()


def test_a_line_of_dead_letters_is_requeued_together():
    # given
    first = add_after()
    second = add_after(first)
    third = add_after(second)
    unblock(ended(first, State.FAILURE))
    maintain()
    line = [first, second, third]
    assert [state_of(task) for task in line] == [State.FAILURE] * 3

    # when all are requeued, in whatever order they are named
    report = requeue_many(task_ids=[third.pk, first.pk, second.pk], actor="ann")

    # then they wait for each other again
    assert len(report.moved) == 3
    assert [state_of(task) for task in line] == [State.PENDING, State.BLOCKED, State.BLOCKED]
    for task in line:
        unblock(ended(task))
    assert [state_of(task) for task in line] == [State.SUCCESS] * 3


def test_a_requeued_task_whose_dependencies_succeeded_is_pending():
    other = add_after()
    task = add_after(other)
    unblock(ended(other))
    ended(task)

    assert requeue(task_id=task.pk, actor="ann").state == State.PENDING


def test_a_task_that_was_deleted_holds_nobody():
    other = add_after()
    task = add_after(other)
    cancel(task_id=task.pk, actor="ann")
    Task.objects.filter(pk=other.pk).delete()

    assert requeue(task_id=task.pk, actor="ann").state == State.PENDING
    assert Dependency.objects.count() == 1
    task.delete()
    assert Dependency.objects.count() == 0


def test_a_plain_submit_and_a_plain_end_touch_no_edges():
    with CaptureQueriesContext(connection) as queries:
        ended(add_after())

    assert "jobs_dependency" not in str(queries.captured_queries)


def test_what_is_left_to_do_is_found_by_indexes_of_nothing_else():
    # given many ended tasks and what they waited for, and one that is awaited
    ids = enqueue_many(task_type=registry.get("add"), calls=[([1, 2], {})] * 2000)
    Task.objects.update(state=State.SUCCESS)
    Dependency.objects.bulk_create(
        Dependency(task_id=task, depends_on_id=ids[0], watched=True, settled=True)
        for task in ids[1:]
    )
    other = add_after()
    add_after(other)
    ended(other)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")

    # then
    assert "task_awaited" in plan_of(Task.objects.awaited_ends().exists)
    unwatched = Dependency.objects.filter(watched=False).order_by()
    assert "dependency_unwatched" in plan_of(partial(list, unwatched.values_list("task")))
    waiting = Dependency.objects.filter(depends_on__in=[other.pk], settled=False)
    assert "dependency_unsettled" in plan_of(partial(list, waiting.values_list("task")))
