"""Reschedule, move, restore, run again: one task or many."""

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from jobs.broker.tickets import list_key, ticket
from jobs.domain.operations import Action, Result
from jobs.domain.states import WAITING, State
from jobs.exceptions import (
    InvalidOption,
    TaskNotFound,
    TransitionRefused,
    UnknownQueue,
)
from jobs.models import Event, Task
from jobs.selectors.pages import TaskFilter
from jobs.services.move import move, move_many
from jobs.services.rerun import rerun_many
from jobs.services.reschedule import reschedule, reschedule_many
from jobs.services.restore import restore
from jobs.store.exchange import exchange
from tests.support.operations import begin, worked
from tests.support.rows import ago, make_task, reload

pytestmark = pytest.mark.django_db(transaction=True)

LATER = datetime(2035, 1, 31, 12, tzinfo=UTC)
EVERY = TaskFilter()


def one_of_each_state(**columns):
    return {state: make_task(state=state, **columns) for state in State}


def rung(redis, queue):
    return {item.decode() for item in redis.lrange(list_key(queue), 0, -1)}


def test_what_waits_is_put_off_and_keeps_its_state_but_for_the_pending():
    # given
    tasks = one_of_each_state()

    # when
    report = reschedule_many(
        task_ids=[task.pk for task in tasks.values()], run_after=LATER, actor="ann", reason="night"
    )

    # then
    for state, task in tasks.items():
        now = reload(task)
        if state in WAITING:
            assert now.run_after == LATER
            assert now.state == (State.SCHEDULED if state is State.PENDING else state)
        else:
            assert (now.state, now.run_after) == (task.state, task.run_after)
    assert set(report.moved) == {tasks[state].pk for state in WAITING}
    assert set(report.refused.values()) == set(State) - WAITING
    told = set(Event.objects.values_list("kind", "actor", "reason"))
    assert told == {("rescheduled", "ann", "to 2035-01-31T12:00:00.000000Z: night")}


def test_what_waits_for_its_time_runs_at_once_when_told_to(redis):
    # given
    tasks = one_of_each_state(run_after=LATER)
    redis.flushdb()

    # when
    report = reschedule_many(
        task_ids=[task.pk for task in tasks.values()], run_after=ago(5), actor="ann"
    )

    # then what waited for its time is pending and rung for, what waits for others only stays
    due = {tasks[State.SCHEDULED].pk, tasks[State.RETRY].pk}
    assert {task.pk for task in Task.objects.filter(pk__in=due, state=State.PENDING)} == due
    assert rung(redis, "default") == {ticket(str(pk)) for pk in due}
    blocked = reload(tasks[State.BLOCKED])
    assert blocked.state == State.BLOCKED
    assert blocked.run_after <= timezone.now()
    assert report.refused[tasks[State.PENDING].pk] is State.PENDING


@pytest.mark.parametrize(
    "moment",
    [datetime(2035, 1, 1), timezone.now() + timedelta(days=4000)],  # noqa: DTZ001
)
def test_a_moment_without_a_zone_or_too_far_away_is_refused(moment):
    task = make_task()

    with pytest.raises(InvalidOption, match="run_after"):
        reschedule(task_id=task.pk, run_after=moment, actor="ann")

    assert reload(task).state == State.PENDING


def test_what_waits_is_moved_and_its_ticket_follows(redis):
    # given
    tasks = one_of_each_state(queue="low")
    redis.flushdb()

    # when
    report = move_many(
        task_ids=[task.pk for task in tasks.values()], queue="high", actor="ann", reason="busy"
    )

    # then
    for state, task in tasks.items():
        now = reload(task)
        assert (now.state, now.queue) == (state, "high" if state in WAITING else "low")
    assert rung(redis, "high") == {ticket(str(tasks[State.PENDING].pk))}
    assert set(report.notes.values()) == {"low"}
    told = set(Event.objects.values_list("kind", "actor", "reason"))
    assert told == {("moved", "ann", "from low to high: busy")}
    pending = reload(tasks[State.PENDING])
    assert pending.run_after > tasks[State.PENDING].run_after


def test_a_ticket_that_stayed_in_the_old_queue_is_taken_by_nobody():
    # given a pending task that was moved
    task = make_task(queue="low")
    move(task_id=task.pk, queue="high", actor="ann")

    # when a worker finds its old ticket, and another its new one
    def claims(queue):
        found = exchange(
            [],
            [str(task.pk)],
            worker="w1",
            release="",
            names=["add"],
            queues=[queue],
            now=timezone.now().timestamp(),
        )
        return [claim.task_id for claim in found.claims]

    # then
    assert claims("low") == []
    assert claims("high") == [str(task.pk)]


def test_a_task_on_its_own_queue_stays_as_it_is():
    task = make_task(queue="low")

    assert move(task_id=task.pk, queue="low", actor="ann").updated_at == task.updated_at
    assert not Event.objects.exists()


def test_only_what_is_discarded_is_restored():
    gone = make_task(state=State.FAILURE, discarded_at=timezone.now())
    dead = make_task(state=State.FAILURE)

    assert restore(task_id=gone.pk, actor="ann", reason="a mistake").discarded_at is None
    with pytest.raises(TransitionRefused, match="it cannot restore"):
        restore(task_id=dead.pk, actor="ann")

    assert [event.kind for event in Event.objects.all()] == ["restored"]


def test_what_is_not_there_or_does_not_wait_is_refused():
    ended = make_task(state=State.SUCCESS)

    for verb in (
        lambda pk: move(task_id=pk, queue="high", actor="ann"),
        lambda pk: reschedule(task_id=pk, run_after=LATER, actor="ann"),
    ):
        with pytest.raises(TransitionRefused):
            verb(ended.pk)
        with pytest.raises(TaskNotFound):
            verb("no-task")
    with pytest.raises(UnknownQueue, match="nowhere"):
        move(task_id=make_task().pk, queue="nowhere", actor="ann")


def test_many_run_again_with_one_argument_changed_and_the_others_kept():
    # given two that fit, one whose type does not take such an argument, and one that runs
    first = make_task(state=State.FAILURE, kwargs={"x": 1, "y": 2}, queue="low", tags=["eu"])
    second = make_task(state=State.SUCCESS, kwargs={"x": 3, "y": 4})
    other = make_task(state=State.FAILURE, name="process", kwargs={"data": "z"})
    running = make_task(state=State.STARTED, kwargs={"x": 1, "y": 2})
    ids = [first.pk, second.pk, other.pk, running.pk]

    # when
    report = rerun_many(task_ids=ids, kwargs={"y": 9}, actor="ann", reason="fixed")

    # then
    new = {task.parent: task for task in Task.objects.filter(parent__isnull=False)}
    assert new[first.pk].kwargs == {"x": 1, "y": 9}
    assert (new[first.pk].queue, new[first.pk].tags) == ("low", ["eu"])
    assert new[second.pk].kwargs == {"x": 3, "y": 9}
    assert report.notes == {pk: str(task.pk) for pk, task in new.items()}
    assert set(report.refused) == {other.pk, running.pk}
    assert "y" in str(report.errors[other.pk])
    kinds = sorted(Event.objects.values_list("kind", "actor", "reason"))
    assert kinds == [("rerun", "ann", "fixed")] * 2 + [("rerun_of", "ann", "fixed")] * 2


def test_many_run_again_as_they_were_with_their_secrets():
    task = make_task(state=State.FAILURE, kwargs={"x": 1, "y": 2})

    rerun_many(task_ids=[task.pk], actor="ann")

    assert Task.objects.get(parent=task.pk).kwargs == {"x": 1, "y": 2}


@pytest.mark.parametrize(
    ("action", "parameters", "touched"),
    [
        (Action.MOVE, {"queue": "high"}, WAITING),
        (Action.RESCHEDULE, {"run_after": LATER}, WAITING),
        (Action.RERUN, {"kwargs": {"y": 5}}, set(State) - {State.STARTED}),
        (Action.RERUN, {}, set(State) - {State.STARTED}),
    ],
)
def test_an_operation_does_it_to_all_that_match(action, parameters, touched):
    # given
    tasks = one_of_each_state(queue="low", kwargs={"x": 1, "y": 2})

    # when
    operation = worked(begin(action, TaskFilter(queue="low"), **parameters))

    # then
    done = operation.results.told(Result.DONE).values_list("task_id", flat=True)
    assert set(done) == {tasks[state].pk for state in touched}
    assert operation.skipped_count == len(State) - len(touched)


@pytest.mark.parametrize(
    ("action", "parameters", "field"),
    [
        (Action.MOVE, {}, "queue"),
        (Action.RESCHEDULE, {}, "run_after"),
        (Action.CANCEL, {"queue": "low"}, "queue"),
        (Action.MOVE, {"queue": "low", "kwargs": {}}, "kwargs"),
    ],
)
def test_a_parameter_that_is_missing_or_anothers_is_refused(action, parameters, field):
    with pytest.raises(InvalidOption, match=field):
        begin(action, EVERY, **parameters)
