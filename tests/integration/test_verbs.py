"""Cancel, requeue, discard: every verb against every state."""

import pytest
import uuid_utils.compat

from jobs.broker.tickets import list_key, ticket
from jobs.domain.outcomes import Ending
from jobs.domain.states import ENDED, WAITING, Move, State
from jobs.exceptions import TaskNotFound, TransitionRefused
from jobs.models import Attempt, Event
from jobs.services.cancel import cancel, cancel_many
from jobs.services.discard import discard
from jobs.services.requeue import requeue, requeue_many
from tests.support.rows import ago, claimed, finished, make_task, outcome_of, reload

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize("state", sorted(WAITING))
def test_a_waiting_task_is_cancelled_at_once(state):
    task = make_task(state=state)

    given = cancel(task_id=task.pk, actor="ann", reason="a mistake")

    assert given.state == reload(task).state == State.REVOKED
    assert reload(task).finished_at is not None
    event = Event.objects.get(task=task)
    assert (event.kind, event.actor, event.reason) == ("cancelled", "ann", "a mistake")


@pytest.mark.parametrize("as_a_text", [str, lambda task_id: task_id.hex])
def test_a_task_may_be_named_by_its_ids_text(as_a_text):
    task = make_task()
    task_id = as_a_text(task.pk)

    cancel(task_id=task_id, actor="ann")
    requeue(task_id=task_id, actor="ann")

    assert reload(task).state == State.PENDING
    with pytest.raises(TaskNotFound, match="There is no task no-id"):
        cancel(task_id="no-id", actor="ann")


def test_a_running_task_is_asked_to_stop_and_its_worker_is_told(redis):
    task = make_task()
    claimed(task, worker="w1")
    channel = redis.pubsub(ignore_subscribe_messages=True)
    channel.subscribe("rq:pubsub:w1")
    channel.get_message(timeout=5)

    given = cancel(task_id=task.pk, actor="ann")

    assert given.state == State.STARTED
    assert given.cancel_requested_at is not None
    message = channel.get_message(timeout=5)
    assert message is not None
    assert ticket(str(task.pk)).encode() in message["data"]


@pytest.mark.parametrize("state", sorted(ENDED))
def test_an_ended_task_cannot_be_cancelled(state):
    task = make_task(state=state)

    with pytest.raises(TransitionRefused, match=state) as refused:
        cancel(task_id=task.pk, actor="ann")

    assert refused.value.context["state"] == state
    assert reload(task).state == state
    assert not Event.objects.exists()


@pytest.mark.parametrize("state", sorted(ENDED))
def test_an_ended_task_is_requeued_with_a_new_life_and_its_history(state, redis):
    task = make_task()
    ending = {
        State.SUCCESS: (Move.SUCCEED, Ending.SUCCEEDED),
        State.FAILURE: (Move.FAIL, Ending.FAILED),
        State.REVOKED: (Move.STOP, Ending.CANCELLED),
    }[state]
    finished(outcome_of(claimed(task), move=ending[0], ending=ending[1], error="x", result="1"))
    redis.flushdb()

    given = requeue(task_id=task.pk, actor="ann", reason="again")

    assert (given.state, given.tries, given.fence) == (State.PENDING, 0, 2)
    assert (given.error, given.result, given.finished_at, given.worker) == ("", None, None, None)
    assert Attempt.objects.filter(task=task).count() == 1
    assert Event.objects.get(task=task).kind == "requeued"
    assert redis.lrange(list_key("default"), 0, -1) == [ticket(str(task.pk)).encode()]


@pytest.mark.parametrize("state", sorted(set(State) - ENDED))
def test_a_task_that_has_not_ended_cannot_be_requeued(state, redis):
    task = make_task(state=state)

    with pytest.raises(TransitionRefused, match=state):
        requeue(task_id=task.pk, actor="ann")

    assert reload(task).state == state
    assert redis.llen(list_key("default")) == 0


def test_a_late_result_of_before_the_requeue_is_void():
    task = make_task()
    claim = claimed(task)
    finished(outcome_of(claim, move=Move.FAIL, ending=Ending.FAILED))
    requeue(task_id=task.pk, actor="ann")

    assert finished(outcome_of(claim)) == {}
    assert reload(task).state == State.PENDING


def test_a_dead_letter_is_discarded_once():
    task = make_task(state=State.FAILURE)

    discard(task_id=task.pk, actor="ann")

    assert reload(task).discarded_at is not None
    assert type(task).objects.dead_letters().count() == 0
    with pytest.raises(TransitionRefused):
        discard(task_id=task.pk, actor="ann")


@pytest.mark.parametrize("state", sorted(set(State) - {State.FAILURE}))
def test_only_a_failed_task_can_be_discarded(state):
    task = make_task(state=state)

    with pytest.raises(TransitionRefused, match=state):
        discard(task_id=task.pk, actor="ann")


def test_a_discarded_task_that_is_requeued_is_no_longer_discarded():
    task = make_task(state=State.FAILURE, discarded_at=ago(1))

    requeue(task_id=task.pk, actor="ann")

    assert reload(task).discarded_at is None


@pytest.mark.parametrize("verb", [cancel, requeue, discard])
def test_an_unknown_task_is_said_to_be_unknown(verb):
    with pytest.raises(TaskNotFound):
        verb(task_id=uuid_utils.compat.uuid7(), actor="ann")


def test_a_verb_on_many_tells_what_became_of_each(django_assert_max_num_queries):
    waiting = [make_task() for _ in range(20)]
    running = [make_task() for _ in range(3)]
    for task in running:
        claimed(task)
    ended = [make_task(state=State.SUCCESS) for _ in range(2)]
    stranger = uuid_utils.compat.uuid7()
    ids = [task.pk for task in [*waiting, *running, *ended]]

    with django_assert_max_num_queries(12):  # three of them count what has ended
        report = cancel_many(task_ids=[*ids, stranger], actor="ann")

    assert set(report.moved) == {task.pk for task in waiting}
    assert set(report.requested) == {task.pk for task in running}
    assert report.refused == {task.pk: State.SUCCESS for task in ended}
    assert report.missing == [stranger]
    assert report.done_count == 23


def test_a_task_named_twice_is_requeued_once():
    task = make_task(state=State.FAILURE)

    report = requeue_many(task_ids=[task.pk, task.pk], actor="ann")

    assert report.moved == [task.pk]
    assert reload(task).fence == 1
