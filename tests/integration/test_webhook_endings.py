"""Every way in which a task reaches a state is written down for the webhooks, with the state."""

import time

import pytest
from django.db import transaction

from jobs.domain.operations import Action
from jobs.domain.outcomes import Ending
from jobs.domain.states import MOVES, Move, State
from jobs.domain.webhooks import RUNNER, TOLD
from jobs.maintenance.reap import Reaper
from jobs.models import Task, WebhookDelivery
from jobs.selectors.pages import TaskFilter
from jobs.services.advance import advance
from jobs.services.cancel import cancel
from jobs.services.discard import discard
from jobs.services.operate import operate
from jobs.services.rescue import Verdict, held_by, rescue
from jobs.services.unblock import unblock
from jobs.services.webhooks import disable
from jobs.store import webhooks as store
from jobs.store.release import release
from tests.support.rows import (
    ago,
    claimed,
    exchanged,
    finished,
    make_task,
    outcome_of,
    reload,
)
from tests.support.webhooks import make_webhook, told

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("fresh_webhooks")]


def ended_with(move, ending, **fields):
    task = make_task(max_retries=3)
    finished(outcome_of(claimed(task), move=move, ending=ending, **fields))
    return task


def by_its_worker(move, ending):
    return lambda: ended_with(move, ending, run_after=time.time() + 60)


def cancelled():
    task = make_task()
    cancel(task_id=task.pk, actor="ada")
    return task


def cancelled_by_an_operation():
    task = make_task()
    operation = operate(action=Action.CANCEL, wanted=TaskFilter(task_type="add"), actor="")
    advance(operation_id=operation.pk)
    advance(operation_id=operation.pk)
    return task


def cancelled_while_it_was_held():
    task = make_task()
    claim = claimed(task)
    cancel(task_id=task.pk, actor="ada")
    release([(claim.task_id, claim.fence)])
    return task


def cancelled_while_it_failed():
    task = make_task()
    claim = claimed(task)
    cancel(task_id=task.pk, actor="ada")
    finished(outcome_of(claim, move=Move.RETRY, ending=Ending.FAILED, run_after=time.time()))
    return task


def stopped():
    task = make_task()
    claim = claimed(task)
    rescue(held_by("w1"), verdicts={(claim.task_id, claim.fence): Verdict.STOPPED}, detail="")
    return task


def expired():
    task = make_task(expires_at=ago(1))
    exchanged([], task)
    return task


def lost_with_its_worker():
    task = make_task()
    claimed(task)
    Reaper().reap()
    return task


def given_up_after_the_death_of_many_workers():
    task = make_task(rescues=2)
    claimed(task)
    Reaper().reap()
    return task


def failed_with_what_it_depends_on():
    first = make_task(name="calculate", state=State.FAILURE)
    task = make_task(state=State.BLOCKED)
    task.dependencies.create(depends_on=first)
    Task.objects.filter(pk=first.pk).update(awaited=True)
    unblock([first.pk])
    return task


ENDS = {
    by_its_worker(Move.SUCCEED, Ending.SUCCEEDED): (Move.SUCCEED, "success"),
    by_its_worker(Move.FAIL, Ending.FAILED): (Move.FAIL, "failure"),
    by_its_worker(Move.RETRY, Ending.FAILED): (Move.RETRY, "retry"),
    by_its_worker(Move.STOP, Ending.CANCELLED): (Move.STOP, "revoked"),
    cancelled: (Move.CANCEL, "revoked"),
    cancelled_by_an_operation: (Move.CANCEL, "revoked"),
    cancelled_while_it_was_held: (Move.STOP, "revoked"),
    cancelled_while_it_failed: (Move.STOP, "revoked"),
    stopped: (Move.STOP, "revoked"),
    expired: (Move.EXPIRE, "revoked"),
    lost_with_its_worker: (Move.RETRY, "retry"),
    given_up_after_the_death_of_many_workers: (Move.FAIL, "failure"),
    failed_with_what_it_depends_on: (Move.FAIL, "failure"),
}


@pytest.mark.parametrize(
    ("end", "type"),
    [(end, type) for end, (_, type) in ENDS.items()],
    ids=[f"{n} {end.__name__.strip('<>')}" for n, end in enumerate(ENDS)],
)
def test_a_task_that_reaches_a_state_is_told_once_with_the_state(end, type):
    webhook = make_webhook(states=sorted(TOLD), task_types=["add"])

    task = end()

    assert told(webhook) == [(f"task.{type}", str(task.pk))]
    delivery = WebhookDelivery.objects.get()
    assert store.task_of(delivery.facts).state == reload(task).state == type.upper()
    assert store.task_of(delivery.facts).updated_at == reload(task).updated_at


def test_every_move_to_a_state_that_can_be_told_is_tried_above():
    moves = {move for move, rule in MOVES.items() if rule.target in TOLD}

    assert {move for move, _ in ENDS.values()} == moves


@pytest.mark.parametrize(
    "end",
    [by_its_worker(Move.SNOOZE, Ending.SNOOZED), lambda: claimed(make_task())],
    ids=["snoozed", "claimed"],
)
def test_what_is_no_such_state_is_not_told(end):
    make_webhook(states=sorted(TOLD))

    end()

    assert told() == []


def test_a_discard_is_no_state_and_not_told():
    make_webhook()
    task = make_task(state=State.FAILURE)

    discard(task_id=task.pk, actor="ada")

    assert told() == []


def test_the_task_that_delivers_is_never_told():
    make_webhook(states=sorted(TOLD))
    task = make_task(name=RUNNER)
    cancel(task_id=task.pk, actor="ada")
    other = make_task(name=RUNNER)
    (claim,) = exchanged([], other, name=RUNNER).claims
    finished(outcome_of(claim))

    assert told() == []


def test_a_webhook_is_told_what_it_wants_and_nothing_else():
    # given
    failures = make_webhook(states=["FAILURE"])
    other_type = make_webhook(task_types=["calculate"])
    tagged = make_webhook(tags=["billing", "nightly"])
    asleep = make_webhook()
    disable(webhook_id=asleep.pk, reason="holiday")

    # when
    task = make_task(tags=["nightly"])
    finished(outcome_of(claimed(task)))
    finished(outcome_of(claimed(make_task())))

    # then
    assert told(failures) == told(other_type) == told(asleep) == []
    assert told(tagged) == [("task.success", str(task.pk))]


def test_two_webhooks_are_told_one_end_under_one_id():
    make_webhook()
    make_webhook()

    finished(outcome_of(claimed(make_task())))

    first, second = WebhookDelivery.objects.all()
    assert first.event_id == second.event_id
    assert first.webhook_id != second.webhook_id


def test_each_end_of_a_task_has_an_id_of_its_own():
    make_webhook(states=sorted(TOLD))
    task = make_task(max_retries=3)

    for move, ending in ((Move.RETRY, Ending.FAILED), (Move.SUCCEED, Ending.SUCCEEDED)):
        Task.objects.filter(pk=task.pk).update(state=State.PENDING)
        finished(outcome_of(claimed(task), move=move, ending=ending, run_after=time.time()))

    assert [type for type, _ in told()] == ["task.retry", "task.success"]
    assert len(set(WebhookDelivery.objects.values_list("event_id", flat=True))) == 2


def test_an_end_that_is_fenced_out_is_not_told():
    make_webhook()
    claim = claimed(make_task())
    cancel_by_force(claim)

    finished(outcome_of(claim))

    assert told() == []


def cancel_by_force(claim):
    Task.objects.filter(pk=claim.task_id).update(fence=claim.fence + 1)


def test_nothing_is_told_of_what_is_rolled_back():
    make_webhook()
    claim = claimed(make_task())

    with transaction.atomic():
        finished(outcome_of(claim))
        assert len(told()) == 1
        transaction.set_rollback(True)

    assert told() == []
