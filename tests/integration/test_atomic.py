"""A function and the record of its success in one transaction."""

from collections.abc import Callable
from functools import partial

import pytest
from django.db import connection, transaction

from jobs.domain.outcomes import Ending, Outcome, Retry
from jobs.domain.states import Move, State
from jobs.models import Attempt, Event, Rollup, Task
from jobs.store.claim import Claim
from jobs.store.release import release
from jobs.worker.atomic import in_one_transaction
from jobs.worker.executors import ended_by
from jobs.worker.sole_writer import limit_seconds
from tests.support.rows import claimed, finished, make_task, outcome_of, reload

pytestmark = pytest.mark.django_db(transaction=True)


def run(claim: Claim, function: Callable[[], object]) -> Outcome:
    """What a worker does with an atomic task whose function writes a row and then this."""

    def attempt() -> Outcome:
        Event.objects.create(task_id=claim.task_id, kind=Event.Kind.REQUEUED)
        try:
            function()
        except Exception as error:
            return ended_by(claim, error, claim.queued)
        return outcome_of(claim, result="7", log="said")

    return in_one_transaction(
        attempt,
        disarm=lambda: None,
        ended_by=lambda error: ended_by(claim, error, claim.queued),
        release="r1",
    )


def nothing() -> None:
    """A function that has nothing more to do."""


def test_effect_and_success_are_there_together():
    task = make_task()

    outcome = run(claimed(task), nothing)

    assert outcome.is_written
    assert (reload(task).state, reload(task).tries, reload(task).result) == (State.SUCCESS, 1, 7)
    assert Event.objects.filter(task=task).count() == 1
    attempt = Attempt.objects.get(task=task)
    assert (attempt.outcome, attempt.release, attempt.log) == ("succeeded", "r1", "said")
    assert Rollup.objects.get().succeeded == 1


def test_of_a_function_that_raises_nothing_is_left_and_its_failure_is_recorded_as_ever():
    task = make_task()

    outcome = run(claimed(task), partial(int, "no number"))

    assert not Event.objects.exists()
    assert (reload(task).state, outcome.is_written) == (State.STARTED, False)
    assert finished(outcome) == {str(task.pk): State.RETRY}
    assert "no number" in reload(task).error


def test_what_a_task_did_before_it_asked_for_a_retry_is_undone():
    task = make_task()

    def not_yet() -> None:
        raise Retry("not yet", delay_seconds=60)

    outcome = run(claimed(task), not_yet)

    assert not Event.objects.exists()
    assert finished(outcome) == {str(task.pk): State.RETRY}


def test_of_an_attempt_whose_task_somebody_else_holds_nothing_is_kept():
    # given a task that its first worker lost to a second one
    task = make_task()
    stale = claimed(task, worker="w1")
    release([(stale.task_id, stale.fence)])
    current = claimed(task, worker="w2")

    # when the first one runs it to its end
    outcome = run(stale, nothing)

    # then there is no trace of it, and its outcome is void
    assert not outcome.is_written
    assert finished(outcome) == {}
    assert not Event.objects.exists()
    assert (reload(task).state, reload(task).fence) == (State.STARTED, current.fence)


def test_an_attempt_that_is_recorded_cannot_be_recorded_again():
    # given a success whose commit nobody heard of
    task = make_task()
    claim = claimed(task)
    run(claim, nothing)

    # when it is taken for a failure, and written, or run once more
    assert finished(outcome_of(claim, move=Move.RETRY, ending=Ending.FAILED)) == {}
    assert not run(claim, nothing).is_written

    # then it was done once
    assert (reload(task).state, reload(task).attempt_count) == (State.SUCCESS, 1)
    assert Event.objects.filter(task=task).count() == 1


def test_a_connection_that_breaks_under_it_fails_the_attempt_alone():
    task = make_task()

    outcome = run(claimed(task), lambda: connection.connection.close())

    assert not Event.objects.exists()
    assert (outcome.is_written, outcome.ending) == (False, Ending.FAILED)
    assert finished(outcome) == {str(task.pk): State.RETRY}


def test_an_error_after_the_commit_is_no_failure_of_the_task(caplog: pytest.LogCaptureFixture):
    task = make_task()

    outcome = run(claimed(task), lambda: transaction.on_commit(partial(int, "no number")))

    assert outcome.is_written
    assert (reload(task).state, Task.objects.count()) == (State.SUCCESS, 1)
    assert "what it left for after its commit failed" in caplog.text


def test_a_task_that_it_enqueues_is_there_only_with_its_success(redis):
    task = make_task()

    outcome = run(claimed(task), lambda: (make_task(), int("no number")))

    assert not outcome.is_written
    assert list(Task.objects.all()) == [task]


def test_it_may_hold_the_only_write_lock_for_ten_seconds_at_most():
    longest = {"sqlite": 10.0, "postgresql": 300.0}[connection.vendor]

    assert limit_seconds(300.0) == longest
    assert limit_seconds(0.3) == 0.3
