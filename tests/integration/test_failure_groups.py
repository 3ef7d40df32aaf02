"""Failures are counted in their groups, once each, by what records them."""

import time
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from jobs.domain.fingerprint import CRASHED, DEPENDENCY_FAILED, LOST, TIMED_OUT, FailureGroup
from jobs.domain.outcomes import Ending
from jobs.domain.states import Move, State
from jobs.maintenance.forget import forget_failure_counts
from jobs.models import Attempt, Failure, FailureChange, FailureCount
from jobs.services.rescue import Verdict, held_by, rescue
from jobs.services.unblock import unblock
from jobs.store import failures
from jobs.store.failures import Failed
from tests.support.at_once import at_once
from tests.support.dependants import add_after, ended
from tests.support.failures import GROUP, fail, failed_outcome, write
from tests.support.rows import claimed, make_task, outcome_of, reload

pytestmark = pytest.mark.django_db

OTHER = FailureGroup("add", "builtins.ValueError", "shop.orders:charge")


def of(group: FailureGroup = GROUP) -> Failure:
    return Failure.objects.get(pk=group.fingerprint)


def counted(group: FailureGroup = GROUP) -> int:
    counts = FailureCount.objects.filter(fingerprint=group.fingerprint)
    return sum(counts.values_list("count", flat=True))


def test_a_first_failure_makes_its_group():
    before = timezone.now()

    (task,) = fail(release="r7")

    found = of()
    assert (found.name, found.exception, found.frame) == tuple(GROUP)
    assert (found.status, found.message, found.last_task) == ("new", "KeyError: 7", task.pk)
    assert (found.first_release, found.last_release) == ("r7", "r7")
    assert before <= found.first_seen == found.last_seen <= timezone.now()
    assert (found.occurrence_count, found.given_up_count, counted()) == (1, 1, 1)
    assert reload(task).failure == GROUP.fingerprint
    assert Attempt.objects.get(task=task).fingerprint == GROUP.fingerprint


def test_a_batch_is_counted_group_by_group_in_two_statements():
    # given
    same, others = [make_task() for _ in range(3)], [make_task() for _ in range(2)]
    well = make_task()
    outcomes = [failed_outcome(task) for task in same]
    outcomes += [failed_outcome(task, OTHER) for task in others]
    outcomes.append(outcome_of(claimed(well)))

    # when
    with CaptureQueriesContext(connection) as queries:
        write(*outcomes)

    # then
    assert (of().occurrence_count, counted()) == (3, 3)
    assert (of(OTHER).occurrence_count, counted(OTHER)) == (2, 2)
    assert reload(well).failure is None
    assert Attempt.objects.get(task=well).fingerprint == ""
    assert sum("jobs_failure" in query["sql"] for query in queries) == 2


def test_a_batch_of_successes_asks_nothing_more():
    task = make_task()
    outcome = outcome_of(claimed(task))

    with CaptureQueriesContext(connection) as queries:
        write(outcome)

    assert not [query for query in queries if "jobs_failure" in query["sql"]]


def test_later_failures_are_added_and_the_latest_is_told():
    fail(release="r1")
    first_seen = of().first_seen

    (task,) = fail(release="r2", error="KeyError: 8")

    found = of()
    assert (found.first_release, found.last_release, found.message) == ("r1", "r2", "KeyError: 8")
    assert (found.last_task, found.occurrence_count) == (task.pk, 2)
    assert found.first_seen == first_seen < found.last_seen


def test_an_attempt_that_will_be_tried_again_is_an_occurrence_but_not_given_up():
    (task,) = fail(move=Move.RETRY, run_after=time.time() + 60)

    assert (of().occurrence_count, of().given_up_count) == (1, 0)
    assert (reload(task).state, reload(task).failure) == (State.RETRY, GROUP.fingerprint)


def test_a_repeated_or_fenced_out_outcome_is_not_counted_again():
    outcome = failed_outcome(make_task())

    write(outcome)
    write(outcome)

    assert (of().occurrence_count, counted()) == (1, 1)


def test_what_is_rolled_back_is_not_counted():
    outcome = failed_outcome(make_task())

    with transaction.atomic():
        write(outcome)
        transaction.set_rollback(True)

    assert not Failure.objects.exists()
    assert not FailureCount.objects.exists()


def test_a_task_keeps_the_group_of_its_last_failure():
    # given one that fails in one way, and then in another
    (task,) = fail(move=Move.RETRY, run_after=time.time() + 60)
    type(task).objects.filter(pk=task.pk).update(state=State.PENDING)

    # when
    write(failed_outcome(task, OTHER))

    # then
    assert reload(task).failure == OTHER.fingerprint
    prints = list(Attempt.objects.filter(task=task).values_list("fingerprint", flat=True))
    assert prints == [GROUP.fingerprint, OTHER.fingerprint]


@pytest.mark.parametrize(
    ("verdict", "exception"),
    [
        (Verdict.LOST, LOST),
        (Verdict.CRASHED, CRASHED),
        (Verdict.TIMED_OUT, TIMED_OUT),
    ],
)
def test_a_rescue_counts_what_befell_the_task(verdict, exception):
    task = make_task()
    claim = claimed(task)

    rescue(held_by("w1"), verdicts={(claim.task_id, claim.fence): verdict}, detail="a test")

    found = of(FailureGroup("add", exception))
    assert (found.occurrence_count, found.last_task) == (1, task.pk)
    assert reload(task).failure == found.fingerprint


def test_a_task_that_was_stopped_or_given_back_is_no_failure():
    stopped, given_back = (claimed(make_task()) for _ in range(2))
    verdicts = {
        (stopped.task_id, stopped.fence): Verdict.STOPPED,
        (given_back.task_id, given_back.fence): Verdict.SHUT_DOWN,
    }

    rescue(held_by("w1"), verdicts=verdicts, detail="a test")

    assert not Failure.objects.exists()


def test_a_failure_that_was_cancelled_meanwhile_is_an_occurrence():
    task = make_task()
    outcome = failed_outcome(task, move=Move.RETRY, run_after=time.time() + 60)
    type(task).objects.filter(pk=task.pk).update(cancel_requested_at=timezone.now())

    write(outcome)

    assert reload(task).state == State.REVOKED
    assert (of().occurrence_count, of().given_up_count) == (1, 0)


@pytest.mark.django_db(transaction=True)
def test_tasks_given_up_for_a_dependency_are_one_group_by_its_type():
    first = add_after()
    waiting = [add_after(first) for _ in range(3)]

    unblock(ended(first, State.FAILURE))

    found = of(FailureGroup("add", DEPENDENCY_FAILED, "add"))
    assert (found.occurrence_count, found.given_up_count, counted(found)) == (3, 3, 3)
    assert {reload(task).failure for task in waiting} == {found.fingerprint}
    assert str(first.pk) in found.message


def test_a_resolved_group_that_fails_again_is_regressed_and_says_since_when():
    # given
    fail()
    Failure.objects.update(status="resolved", status_at=timezone.now())

    # when
    fail(count=2, release="r2")
    fail()

    # then
    found = of()
    assert found.status == "regressed"
    (change,) = FailureChange.objects.all()
    assert (change.failure_id, change.change, change.actor) == (found.pk, "regressed", "")
    assert change.reason == "it happened again, in release r2"
    assert change.at == found.status_at < found.last_seen


@pytest.mark.parametrize("status", ["new", "acknowledged", "muted", "regressed"])
def test_another_status_outlasts_further_failures(status):
    fail()
    Failure.objects.update(status=status)

    fail()

    assert of().status == status
    assert not FailureChange.objects.exists()


def test_what_failed_before_its_group_was_resolved_is_no_regression():
    fail()
    outcome = failed_outcome(make_task())
    Failure.objects.update(status="resolved", status_at=timezone.now() + timedelta(seconds=5))

    write(outcome)

    assert (of().status, of().occurrence_count) == ("resolved", 2)


def test_failures_are_counted_by_the_slot_they_happened_in():
    now = time.time()
    now -= now % 600

    fail(count=2, finished=now - 1)
    fail(finished=now)
    fail(finished=now + 599)

    slots = FailureCount.objects.order_by("slot").values_list("slot", "count")
    assert list(slots) == [(now // 600 - 1, 2), (now // 600, 2)]


@pytest.mark.django_db(transaction=True)
def test_workers_that_fail_in_the_same_groups_at_once_neither_lose_a_count_nor_lock_up():
    # given
    groups = [FailureGroup("add", f"shop.Error{number}") for number in range(6)]
    failed = [Failed(group, str(make_task().pk), time.time(), "", "r1", True) for group in groups]

    def count(order: list[Failed]) -> None:
        for _ in range(10):
            with transaction.atomic(), connection.cursor() as cursor:
                failures.add(cursor, order)

    # when
    answers = at_once(*(lambda order=order: count(order) for order in [failed, failed[::-1]] * 2))

    # then
    assert answers == [None] * 4
    counts = [(of(group).occurrence_count, counted(group)) for group in groups]
    assert counts == [(40, 40)] * 6


def test_an_end_that_no_exception_tells_has_a_group_by_itself():
    outcome = failed_outcome(make_task(), FailureGroup("add", TIMED_OUT), ending=Ending.TIMEOUT)

    write(outcome)

    assert of(FailureGroup("add", TIMED_OUT)).title == "Ran longer than its time limit"


def test_counts_of_more_than_a_week_ago_are_forgotten():
    # given
    day, now = 86_400, time.time()
    fail(finished=now - 8 * day)
    fail(finished=now - 6.9 * day)

    # when
    assert forget_failure_counts() == 1

    # then
    assert (counted(), of().occurrence_count) == (1, 2)
