"""The life of a task, step by step."""

from datetime import timedelta

import pytest

from jobs.domain.outcomes import Ending
from jobs.domain.states import Move, State
from jobs.models import Attempt, Event
from jobs.selectors.timeline import MOST_ATTEMPTS, timeline
from jobs.services.cancel import cancel
from jobs.services.requeue import requeue
from tests.support.rows import ago, claimed, finished, make_task, outcome_of, reload

pytestmark = pytest.mark.django_db


def kinds(task):
    return [step.kind for step in timeline(reload(task))]


@pytest.mark.parametrize(
    ("state", "last"),
    [
        (State.PENDING, "waiting"),
        (State.SCHEDULED, "due"),
        (State.RETRY, "due"),
        (State.STARTED, "running"),
        (State.BLOCKED, "created"),
        (State.SUCCESS, "created"),
        (State.FAILURE, "created"),
        (State.REVOKED, "created"),
    ],
)
def test_the_last_step_says_what_comes_next_for_each_state(state, last):
    task = make_task(state=state, started_at=ago(1))
    assert kinds(task)[-1] == last


def test_a_whole_life_is_told_in_order():
    # given a task that failed, was requeued by ada, and succeeded
    task = make_task(max_retries=0, created_at=ago(60))
    claim = claimed(task)
    finished(outcome_of(claim, move=Move.FAIL, ending=Ending.FAILED, exception="ValueError"))
    requeue(task_id=task.pk, actor="ada", reason="fixed")
    finished(outcome_of(claimed(task)))

    # then
    steps = timeline(reload(task))
    assert [step.kind for step in steps] == ["created", "failed", "requeued", "succeeded"]
    assert [step.title for step in steps] == [
        "Created",
        "Attempt 1 failed",
        "Requeued",
        "Attempt 2 succeeded",
    ]
    assert (steps[1].exception, steps[2].actor, steps[2].reason) == ("ValueError", "ada", "fixed")


def test_an_attempt_tells_how_long_it_waited_and_ran():
    # given
    task = make_task(state="SUCCESS")
    end = ago(10)
    Attempt.objects.create(
        task=task,
        number=1,
        fence=1,
        outcome="succeeded",
        queued_at=end - timedelta(seconds=5),
        started_at=end - timedelta(seconds=2),
        finished_at=end,
    )

    # then
    step = next(step for step in timeline(task) if step.number == 1)
    assert (step.wait_seconds, step.run_seconds) == (3.0, 2.0)


def test_an_attempt_that_never_began_has_no_durations():
    task = make_task(state="FAILURE")
    Attempt.objects.create(task=task, number=1, fence=1, outcome="lost", finished_at=ago(1))
    step = next(step for step in timeline(task) if step.number == 1)
    assert (step.wait_seconds, step.run_seconds) == (None, None)


def test_a_cancelled_task_names_who_cancelled_it():
    task = make_task()
    cancel(task_id=task.pk, actor="ada", reason="wrong month")
    step = timeline(reload(task))[-1]
    assert (step.title, step.actor, step.reason) == ("Cancelled", "ada", "wrong month")


@pytest.mark.parametrize("kind", list(Event.Kind))
def test_every_kind_of_event_has_words(kind):
    task = make_task(state="SUCCESS")
    Event.objects.create(task=task, kind=kind)
    assert kind in kinds(task)


@pytest.mark.parametrize("ending", list(Ending))
def test_every_ending_of_an_attempt_has_words(ending):
    task = make_task(state="SUCCESS")
    Attempt.objects.create(task=task, number=1, fence=1, outcome=ending, finished_at=ago(1))
    assert ending in kinds(task)


def test_thousands_of_attempts_are_told_by_the_latest(django_assert_num_queries):
    # given
    task = make_task(state="SCHEDULED", attempt_count=300)
    Attempt.objects.bulk_create(
        Attempt(task=task, number=n, fence=n, outcome="snoozed", finished_at=ago(400 - n))
        for n in range(1, 301)
    )

    # when
    with django_assert_num_queries(2):
        steps = timeline(task)

    # then
    numbers = [step.number for step in steps if step.kind == "snoozed"]
    assert numbers == list(range(301 - MOST_ATTEMPTS, 301))
    assert steps[-1].number == 301
