import time
from collections import Counter

import pytest

from jobs.domain.histogram import bucket_of
from jobs.domain.outcomes import Ending
from jobs.domain.states import Move, State
from jobs.models import Attempt, Rollup
from jobs.services.requeue import requeue
from jobs.store.release import release
from tests.support.rows import ago, claimed, exchanged, finished, make_task, outcome_of, reload

pytestmark = pytest.mark.django_db(transaction=True)


def counts(histogram: list[int]) -> Counter[int]:
    """Bucket -> count, empty buckets left out."""
    return Counter({bucket: count for bucket, count in enumerate(histogram) if count})


def test_a_success_is_written_with_its_attempt_and_counted():
    # given
    task = make_task()
    claim = claimed(task)

    # when
    states = finished(outcome_of(claim, result='{"sum": 3}'))

    # then
    assert states == {str(task.pk): State.SUCCESS}
    row = reload(task)
    assert (row.state, row.tries, row.result) == (State.SUCCESS, 1, {"sum": 3})
    assert row.finished_at is not None
    attempt = Attempt.objects.get(task=task)
    assert (attempt.number, attempt.fence, attempt.outcome) == (1, 1, "succeeded")
    assert (attempt.worker, attempt.release) == ("w1", "r1")
    assert attempt.queued_at <= attempt.started_at <= attempt.finished_at
    assert Rollup.objects.get().succeeded == 1


def test_what_was_logged_is_kept_with_the_attempt():
    # given a batch of successes, of which one has logged, and a failure that has
    silent, talking, failing = make_task(), make_task(), make_task()
    claims = {task: claimed(task) for task in (silent, talking, failing)}

    # when they end with others and without
    finished(
        outcome_of(claims[silent], result="1"), outcome_of(claims[talking], result="2", log="hello")
    )
    finished(outcome_of(claims[failing], move=Move.FAIL, ending=Ending.FAILED, log="oh dear"))

    # then each attempt has its own
    logs = {task: Attempt.objects.get(task=task).log for task in claims}
    assert logs == {silent: "", talking: "hello", failing: "oh dear"}
    assert [reload(task).result for task in claims] == [1, 2, None]


def test_a_mixed_batch_ends_each_task_in_its_own_way():
    # given one task for each way to end
    ways = [
        (Move.SUCCEED, Ending.SUCCEEDED, State.SUCCESS, 1, 0),
        (Move.RETRY, Ending.FAILED, State.RETRY, 1, 0),
        (Move.RETRY, Ending.LOST, State.RETRY, 0, 1),
        (Move.FAIL, Ending.TIMEOUT, State.FAILURE, 1, 0),
        (Move.FAIL, Ending.CRASHED, State.FAILURE, 0, 1),
        (Move.STOP, Ending.CANCELLED, State.REVOKED, 0, 0),
        (Move.SNOOZE, Ending.SNOOZED, State.SCHEDULED, 0, 0),
    ]
    tasks = [make_task() for _ in ways]
    later = time.time() + 60

    # when all of them end in one exchange
    finished(
        *[
            outcome_of(
                claimed(task),
                move=move,
                ending=ending,
                error="boom",
                run_after=later if state in {State.RETRY, State.SCHEDULED} else 0.0,
            )
            for task, (move, ending, state, _, _) in zip(tasks, ways, strict=True)
        ]
    )

    # then
    for task, (_, ending, state, tries, rescues) in zip(tasks, ways, strict=True):
        row = reload(task)
        assert (row.state, row.tries, row.rescues) == (state, tries, rescues)
        assert (row.finished_at is None) == (state in {State.RETRY, State.SCHEDULED})
        assert Attempt.objects.get(task=task).outcome == ending
        if row.finished_at is None:
            assert row.run_after.timestamp() == pytest.approx(later, abs=0.01)
    rollup = Rollup.objects.get()
    assert (rollup.succeeded, rollup.retried, rollup.failed) == (1, 2, 2)
    assert (rollup.revoked, rollup.snoozed) == (1, 1)
    assert (rollup.timed_out, rollup.worker_died) == (1, 2)
    assert sum(rollup.wait_histogram) == sum(rollup.run_histogram) == 7


def test_a_stale_worker_cannot_finish_a_task_that_another_holds():
    # given a task whose first worker went silent, and which a second one holds
    task = make_task()
    stale = claimed(task, worker="w1")
    release([(stale.task_id, stale.fence)])
    current = claimed(task, worker="w2")

    # when the first worker comes back with a result
    states = finished(outcome_of(stale, result="1"))

    # then
    assert states == {}
    assert (reload(task).state, reload(task).fence) == (State.STARTED, current.fence)
    assert not Attempt.objects.exists()
    assert not Rollup.objects.exists()


def test_the_distributions_of_waits_and_runs_are_added_up_minute_by_minute():
    # given attempts whose waits and runs are known, of one type in one minute
    minute = time.time() // 60 * 60 + 10
    durations = [(0.0, 0.02), (0.3, 0.02), (40.0, 0.00005), (0.3, 90.0)]

    # when they end in two exchanges
    for pairs in (durations[:2], durations[2:]):
        finished(
            *[
                outcome_of(
                    claimed(make_task()),
                    queued=minute - wait - run,
                    started=minute - run,
                    finished=minute,
                )
                for wait, run in pairs
            ]
        )

    # then each stands in its bucket
    rollup = Rollup.objects.get()
    assert counts(rollup.wait_histogram) == Counter(bucket_of(wait) for wait, _ in durations)
    assert counts(rollup.run_histogram) == Counter(bucket_of(run) for _, run in durations)


def test_an_expired_task_is_counted_beside_attempts():
    finished(outcome_of(claimed(make_task())))
    overdue = make_task(expires_at=ago(1))

    exchanged([], overdue)

    rollup = Rollup.objects.get()
    assert (rollup.succeeded, rollup.revoked, sum(rollup.run_histogram)) == (1, 1, 1)


def test_a_repeated_finish_changes_nothing():
    task = make_task()
    outcome = outcome_of(claimed(task))
    finished(outcome)

    assert finished(outcome) == {}
    assert Attempt.objects.count() == 1
    assert Rollup.objects.get().succeeded == 1


@pytest.mark.parametrize(
    ("move", "ending", "expected"),
    [
        (Move.SUCCEED, Ending.SUCCEEDED, State.SUCCESS),
        (Move.FAIL, Ending.FAILED, State.FAILURE),
        (Move.RETRY, Ending.FAILED, State.REVOKED),
        (Move.SNOOZE, Ending.SNOOZED, State.REVOKED),
    ],
)
def test_a_cancel_request_wins_over_another_run_but_not_over_an_end(move, ending, expected):
    task = make_task()
    claim = claimed(task)
    type(task).objects.filter(pk=task.pk).update(cancel_requested_at=ago(1))

    finished(outcome_of(claim, move=move, ending=ending, run_after=time.time() + 60))

    row = reload(task)
    assert row.state == expected
    assert row.finished_at is not None


def test_attempts_are_numbered_on_after_a_requeue():
    task = make_task()
    finished(outcome_of(claimed(task), move=Move.FAIL, ending=Ending.FAILED))
    requeue(task_id=task.pk, actor="ann")
    finished(outcome_of(claimed(task)))

    assert list(Attempt.objects.values_list("number", "outcome")) == [
        (1, "failed"),
        (2, "succeeded"),
    ]
    assert reload(task).tries == 1


def test_one_exchange_ends_and_claims_together():
    first, second = make_task(), make_task()
    outcome = outcome_of(claimed(first))

    did = exchanged([outcome], second)

    assert did.ended == {str(first.pk): State.SUCCESS}
    assert [claim.task_id for claim in did.claims] == [str(second.pk)]


@pytest.mark.parametrize(
    ("move", "ending", "log"),
    [
        (Move.SUCCEED, Ending.SUCCEEDED, ""),
        (Move.SUCCEED, Ending.SUCCEEDED, "a line"),
        (Move.RETRY, Ending.FAILED, ""),
        (Move.FAIL, Ending.FAILED, ""),
    ],
)
def test_a_task_began_when_its_attempt_did_not_when_it_was_claimed(move, ending, log):
    # given a task that lay claimed for a while before it began
    task = make_task()
    claim = claimed(task)
    began = time.time() + 5

    # when it has ended
    finished(
        outcome_of(claim, move=move, ending=ending, log=log, started=began, finished=began + 2)
    )

    # then its row tells the same as its attempt's
    (attempt,) = task.attempts.all()
    assert reload(task).started_at == attempt.started_at
    assert attempt.started_at.timestamp() == pytest.approx(began, abs=0.001)
