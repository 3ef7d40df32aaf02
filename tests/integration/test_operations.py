"""Actions over many tasks: what is counted, what is done, and what stops and goes on."""

import uuid
from datetime import datetime

import pytest
from django.db import connection
from django.utils import timezone

from jobs.broker.tickets import list_key, ticket
from jobs.domain.operations import SOURCES, Action, OperationState, Result
from jobs.domain.states import State
from jobs.exceptions import OperationNotFound, OperationRefused
from jobs.models import Event, Operation, QueuePause, Task, WorkerLease
from jobs.selectors.pages import TaskFilter
from jobs.services.advance import _step, advance, preview
from jobs.services.operate import (
    RUNNER,
    cancel_operation,
    pause_operation,
    resume_operation,
)
from tests.support.operations import FAILED, begin, many, states, worked
from tests.support.rows import make_task, reload

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize("action", [Action.REQUEUE, Action.CANCEL, Action.DISCARD])
def test_every_task_of_the_filter_that_allows_it_is_changed_and_no_other(action: Action, redis):
    # given one task in each state on each of two queues
    tasks = {state: make_task(queue="low", state=state) for state in State}
    others = [make_task(queue="high", state=state) for state in State]
    redis.flushdb()

    # when
    operation = worked(begin(action, TaskFilter(queue="low")))

    # then
    touched = {state for state, task in tasks.items() if reload(task).updated_at > task.updated_at}
    asked = {s for s, task in tasks.items() if reload(task).cancel_requested_at is not None}
    assert touched | asked == SOURCES[action]
    assert states(others) == [task.state for task in others]
    assert operation.standing is OperationState.COMPLETED
    done = len(SOURCES[action])
    assert (operation.total_count, operation.done_count) == (8, done)
    assert (operation.skipped_count, operation.failed_count) == (8 - done, 0)
    assert operation.percent == 100.0

    # and each change is told as that of a single verb is
    events = Event.objects.all()
    assert {event.task.state_before for event in _with_states(events, tasks)} == SOURCES[action]
    assert {(event.actor, event.reason) for event in events} == {("ann", "a test")}
    waiting = {ticket(str(task.pk)).encode() for task in tasks.values()}
    rung = set(redis.lrange(list_key("low"), 0, -1))
    assert rung == (waiting_of(tasks, SOURCES[action]) if action is Action.REQUEUE else set())
    assert rung <= waiting


def _with_states(events, tasks):
    before = {task.pk: state for state, task in tasks.items()}
    for event in events:
        event.task.state_before = before[event.task_id]
        yield event


def waiting_of(tasks, sources):
    return {ticket(str(task.pk)).encode() for state, task in tasks.items() if state in sources}


def test_a_step_visits_so_many_and_goes_on_from_there():
    tasks = many(5, state=State.FAILURE)
    operation = begin()
    advance(operation_id=operation.pk)  # counts

    seen = []
    for _ in range(4):
        now = advance(operation_id=operation.pk, limit=2)
        seen.append((now.done_count, now.percent, now.state))

    assert seen == [
        (2, 40.0, "running"),
        (4, 80.0, "running"),
        (5, 100.0, "running"),
        (5, 100.0, "completed"),
    ]
    assert states(tasks) == [State.PENDING] * 5
    assert Event.objects.count() == 5


def test_tasks_that_came_after_it_began_are_left_alone():
    before = many(2, state=State.FAILURE)
    operation = begin()
    after = many(2, state=State.FAILURE)

    assert worked(operation).total_count == 2
    assert states(before + after) == ["PENDING", "PENDING", "FAILURE", "FAILURE"]


def test_a_task_that_fails_again_meanwhile_is_not_visited_twice():
    tasks = many(4, state=State.FAILURE)
    operation = begin()
    advance(operation_id=operation.pk)
    advance(operation_id=operation.pk, limit=2)
    Task.objects.filter(pk=tasks[0].pk).update(state=State.FAILURE)

    assert worked(operation).done_count == 4
    assert states(tasks) == ["FAILURE", "PENDING", "PENDING", "PENDING"]
    assert Event.objects.filter(task=tasks[0]).count() == 1


def test_two_who_take_the_same_step_do_it_once():
    # given two that have read the operation at the same cursor, of which one is through
    tasks = many(4, state=State.FAILURE)
    operation = begin()
    stale = advance(operation_id=operation.pk)
    advance(operation_id=operation.pk, limit=2)

    # when the other one comes
    _step(stale, [tasks[0].pk, tasks[1].pk])

    # then it has done nothing
    assert Event.objects.count() == 2
    assert worked(operation).done_count == 4


def test_what_the_database_refuses_is_counted_and_costs_the_others_nothing():
    # given a task that the database refuses to change
    tasks = many(7, state=State.FAILURE)
    poison = tasks[3].pk
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute(
                "CREATE TRIGGER refuse BEFORE UPDATE OF state ON jobs_task "
                f"WHEN NEW.id = '{poison.hex}' BEGIN SELECT RAISE(ABORT, 'no'); END"
            )
        else:
            cursor.execute(
                "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS "
                "$$ BEGIN RAISE check_violation; END $$"
            )
            cursor.execute(
                "CREATE TRIGGER refuse BEFORE UPDATE OF state ON jobs_task FOR EACH ROW "
                f"WHEN (NEW.id = '{poison}') EXECUTE FUNCTION refuse()"
            )
    try:
        # when
        operation = worked(begin(), limit=10)
    finally:
        with connection.cursor() as cursor:
            on = "" if connection.vendor == "sqlite" else " ON jobs_task"
            cursor.execute(f"DROP TRIGGER refuse{on}")
            if connection.vendor == "postgresql":
                cursor.execute("DROP FUNCTION refuse")

    # then
    assert (operation.done_count, operation.failed_count) == (6, 1)
    (told,) = operation.results.told(Result.FAILED)
    assert told.task_id == poison
    assert told.note == ("no" if connection.vendor == "sqlite" else "check_violation")
    assert operation.percent == 100.0
    assert states(tasks) == ["PENDING"] * 3 + ["FAILURE"] + ["PENDING"] * 3


def test_a_discarded_task_cannot_be_discarded_again():
    make_task(state=State.FAILURE, discarded_at=timezone.now())
    make_task(state=State.FAILURE)

    found = preview(action=Action.DISCARD, wanted=FAILED)
    operation = worked(begin(Action.DISCARD))

    assert (found.count, found.allowed, found.skipped) == (2, 1, 1)
    assert (operation.done_count, operation.total_count) == (1, 2)
    assert operation.skipped_count == 1


def test_a_filter_that_excludes_all_the_action_may_touch_is_complete_at_once():
    tasks = many(3, state=State.SUCCESS)

    operation = worked(begin(Action.CANCEL, TaskFilter(states=frozenset({State.SUCCESS}))))

    assert (operation.total_count, operation.skipped_count, operation.done_count) == (3, 3, 0)
    assert states(tasks) == [State.SUCCESS] * 3


@pytest.mark.parametrize(
    "wanted",
    [
        TaskFilter(),
        TaskFilter(states=frozenset({State.FAILURE, State.RETRY}), queue="low"),
        TaskFilter(task_type="add", worker="w1", tag="eu"),
        TaskFilter(created_after=timezone.now(), created_before=timezone.now()),
        TaskFilter(ids=frozenset({uuid.uuid4(), uuid.uuid4()})),
    ],
)
def test_a_filter_survives_being_stored(wanted: TaskFilter):
    operation = begin(wanted=wanted)

    assert TaskFilter.of_json(Operation.objects.get(pk=operation.pk).filter) == wanted


def test_it_is_worked_on_where_somebody_serves_and_before_what_waits_there(redis):
    # given an urgent queue that nobody serves, one that is paused, and one with tasks before it
    WorkerLease.objects.create(name="w1", host="h1", pid=7, queues=["default", "low"])
    QueuePause.objects.create(queue="default", reason="lunch")
    many(2, queue="low")

    operation = begin()

    task = operation.task
    assert (task.name, task.queue, task.submitted_by) == (RUNNER, "low", "ann")
    assert redis.lindex(list_key("low"), 0) == ticket(str(task.pk)).encode()


def test_it_is_paused_resumed_and_cancelled():
    tasks = many(6, state=State.FAILURE)
    operation = begin()
    advance(operation_id=operation.pk)
    advance(operation_id=operation.pk, limit=2)

    # when it is paused
    for _ in range(2):
        paused = pause_operation(operation_id=operation.pk, actor="bob")
        assert (paused.standing, paused.stopped_by) == (OperationState.PAUSED, "bob")
    assert worked(operation).done_count == 2

    # and resumed
    first = operation.task_id
    resumed = resume_operation(operation_id=operation.pk, actor="eve", reason="lunch is over")
    assert resumed.standing is OperationState.RUNNING
    assert resumed.task_id != first
    assert resumed.task.submitted_by == "eve"
    again = resume_operation(operation_id=operation.pk, actor="zoe")
    assert again.task_id == resumed.task_id
    advance(operation_id=operation.pk, limit=2)

    # and cancelled
    for _ in range(2):
        cancelled = cancel_operation(operation_id=operation.pk, actor="cem", reason="enough")
        assert cancelled.standing is OperationState.CANCELLED
    assert cancelled.ended_at is not None
    assert worked(operation).done_count == 4
    assert states(tasks).count("PENDING") == 4
    with pytest.raises(OperationRefused, match="is cancelled: it cannot resume"):
        resume_operation(operation_id=operation.pk, actor="zoe")

    # then each of these, once, is in its history, and nothing that changed nothing
    lines = Operation.objects.get().history
    assert [(line["verb"], line["actor"], line["reason"]) for line in lines] == [
        ("pause", "bob", ""),
        ("resume", "eve", "lunch is over"),
        ("cancel", "cem", "enough"),
    ]
    moments = [datetime.fromisoformat(line["at"]) for line in lines]
    assert operation.created_at < moments[0] < moments[1] < moments[2]
    assert (cancelled.actor, cancelled.stopped_by) == ("ann", "cem")


def test_one_that_is_complete_or_unknown_cannot_be_changed():
    operation = worked(begin())

    for verb in (pause_operation, cancel_operation):
        with pytest.raises(OperationRefused, match="is completed"):
            verb(operation_id=operation.pk, actor="bob")
        with pytest.raises(OperationNotFound):
            verb(operation_id=uuid.uuid4(), actor="bob")
    with pytest.raises(OperationNotFound):
        advance(operation_id=uuid.uuid4())


@pytest.mark.parametrize("state", [State.FAILURE, State.REVOKED])
def test_one_whose_task_ended_without_it_has_failed_and_can_be_resumed(state: State):
    many(3, state=State.FAILURE)
    operation = begin()
    Task.objects.filter(pk=operation.task_id).update(state=state)
    operation = Operation.objects.get(pk=operation.pk)
    assert operation.standing is OperationState.FAILED

    resumed = resume_operation(operation_id=operation.pk, actor="eve")

    assert [line["verb"] for line in resumed.history] == ["resume"]
    assert resumed.standing is OperationState.RUNNING
    assert reload(resumed.task).state == State.PENDING
    assert worked(operation).done_count == 3
