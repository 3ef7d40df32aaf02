"""A task that waits until others have succeeded."""

from datetime import timedelta
from itertools import pairwise

import pytest
from django.utils import timezone

from jobs.broker.tickets import list_key, ticket
from jobs.domain.registry import registry
from jobs.domain.states import State
from jobs.maintenance.unblock import unblock as maintain
from jobs.models import Task
from jobs.services import unblock as services
from jobs.services.cancel import cancel
from jobs.services.enqueue import enqueue_many
from jobs.services.unblock import unblock
from tests.support.dependants import add_after, ended, nothing_is_left, state_of
from tests.support.rows import ago, make_task, reload

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_task_is_blocked_until_the_last_of_what_it_depends_on_succeeded(redis):
    # given
    first, second = add_after(), add_after()
    task = add_after(first, second)
    redis.flushdb()
    assert (task.state, state_of(task)) == (State.BLOCKED, State.BLOCKED)

    # when the first has ended, it still waits
    assert ended(first) == [str(first.pk)]
    unblock([first.pk])
    assert state_of(task) == State.BLOCKED

    # and when the second has, it is rung for
    unblock(ended(second))
    assert state_of(task) == State.PENDING
    assert redis.lrange(list_key("default"), 0, -1) == [ticket(str(task.pk)).encode()]
    assert nothing_is_left()


def test_what_has_already_succeeded_is_not_waited_for(redis):
    first = make_task(state=State.SUCCESS)

    task = add_after(first)

    assert state_of(task) == State.PENDING
    assert redis.llen(list_key("default")) == 1
    assert reload(first).awaited is None
    assert nothing_is_left()


def test_a_task_that_nobody_waits_for_is_not_said_to_be_awaited():
    assert ended(add_after()) == []


@pytest.mark.parametrize("state", [State.FAILURE, State.REVOKED])
def test_a_dependency_that_ends_badly_fails_the_task_and_is_named(state):
    # given
    other = add_after()
    task = add_after(other)

    # when
    if state is State.FAILURE:
        unblock(ended(other, State.FAILURE))
    else:
        cancel(task_id=other.pk, actor="ann")

    # then
    row = reload(task)
    why = f"it depends on task {other.pk} (add), which ended {state}"
    assert (row.state, row.error, row.attempt_count) == (State.FAILURE, why, 0)
    assert row.finished_at is not None
    assert list(row.events.values_list("kind", "reason")) == [("dependency_failed", why)]
    assert Task.objects.dead_letters().filter(pk=task.pk).exists()
    assert nothing_is_left()


@pytest.mark.parametrize("state", [State.FAILURE, State.REVOKED])
def test_a_task_that_depends_on_a_failed_one_fails_at_once(state):
    other = make_task(state=state)

    task = add_after(other)

    assert state_of(task) == State.FAILURE
    assert nothing_is_left()


def test_a_failure_goes_down_the_line():
    # given a chain
    chain = [add_after()]
    for _ in range(15):
        chain.append(add_after(chain[-1]))

    # when its first fails
    unblock(ended(chain[0], State.FAILURE))
    while maintain():
        pass

    # then each names the one before it
    for before, after in pairwise(chain):
        assert f"task {before.pk}" in reload(after).error
    assert nothing_is_left()


def test_a_cancelled_blocked_task_stays_so(redis):
    other = add_after()
    task = add_after(other)
    redis.flushdb()

    assert cancel(task_id=task.pk, actor="ann").state == State.REVOKED
    unblock(ended(other))

    assert state_of(task) == State.REVOKED
    assert redis.llen(list_key("default")) == 0
    assert nothing_is_left()


def test_one_whose_time_has_not_come_is_scheduled_when_it_is_unblocked(redis):
    later = timezone.now() + timedelta(hours=1)
    other = add_after()
    task = add_after(other, run_after=later)
    assert state_of(task) == State.BLOCKED
    redis.flushdb()

    unblock(ended(other))

    assert (state_of(task), reload(task).run_after) == (State.SCHEDULED, later)
    assert redis.llen(list_key("default")) == 0


def test_an_unblocked_task_waits_for_a_worker_since_then():
    other = add_after()
    task = add_after(other)
    Task.objects.filter(pk=task.pk).update(run_after=ago(100))

    unblock(ended(other))

    assert reload(task).run_after > ago(50)


def test_many_tasks_may_wait_for_one_and_one_look_takes_no_more_than_its_share(monkeypatch):
    # given
    monkeypatch.setattr(services, "MOST_WAITING", 10)
    monkeypatch.setattr(services, "CHUNK", 4)
    other = add_after()
    ids = enqueue_many(
        task_type=registry.get("add"), calls=[([1, 2], {})] * 25, depends_on=[str(other.pk)]
    )
    awaited = ended(other)

    # when
    unblock(awaited)

    # then the rest is left for the next looks
    rows = Task.objects.filter(pk__in=ids)
    assert rows.filter(state=State.PENDING).count() == 10
    maintain()
    assert rows.filter(state=State.PENDING).count() == 25
    assert nothing_is_left()
