"""Failures of real workers, counted in groups."""

import pytest

from jobs.domain.fingerprint import CRASHED, TIMED_OUT, FailureGroup
from jobs.domain.registry import registry
from jobs.models import Attempt, Failure, Task
from jobs.selectors.failures import one
from jobs.services.enqueue import enqueue, enqueue_many
from tests.support.waiting import wait_for
from tests.support.workers import all_ended, running_worker

pytestmark = [
    pytest.mark.acceptance,
    pytest.mark.one_database,
    pytest.mark.django_db(transaction=True),
]

BOOM = FailureGroup("tests.boom", "builtins.RuntimeError", "tests.support.tasks:boom")


def ended(*tasks: Task, seconds: float = 30) -> None:
    wait_for(all_ended(list(tasks)), seconds=seconds, what="the ends of the tasks")


def of(group: FailureGroup) -> tuple[int, int]:
    """How often a group happened, and after how many its task was given up."""
    found = Failure.objects.get(pk=group.fingerprint)
    return found.occurrence_count, found.given_up_count


def test_every_attempt_is_counted_once_by_two_workers_at_once():
    # given 40 tasks that fail three times each, with a message of their own
    calls = [([], {"message": f"order {number}"}) for number in range(40)]

    # when
    with running_worker(), running_worker():
        ids = enqueue_many(task_type=registry.get("tests.boom"), calls=calls)
        tasks = list(Task.objects.filter(pk__in=ids))
        ended(*tasks)

    # then they are one problem
    (failure,) = Failure.objects.all()
    assert failure.pk == BOOM.fingerprint
    assert of(BOOM) == (120, 40)
    assert one(failure.pk).frequency.last_hour == 120
    assert one(failure.pk).standing == (40, 0)
    assert Attempt.objects.filter(fingerprint=failure.pk).count() == 120


@pytest.mark.parametrize(
    ("name", "options", "group"),
    [
        (
            "tests.sleep",
            {"kwargs": {"seconds": 30}, "timeout_seconds": 0.2},
            FailureGroup("tests.sleep", TIMED_OUT),
        ),
        ("tests.spin", {"timeout_seconds": 0.2}, FailureGroup("tests.spin", TIMED_OUT)),
        (
            "tests.stubborn",
            {"kwargs": {"seconds": 30}, "timeout_seconds": 0.2},
            FailureGroup("tests.stubborn", TIMED_OUT),
        ),
        (
            "tests.unstorable",
            {"kwargs": {"kind": "object"}},
            FailureGroup("tests.unstorable", "jobs.exceptions.PayloadError"),
        ),
        (
            "tests.unstorable",
            {"kwargs": {"kind": "raise"}},
            FailureGroup(
                "tests.unstorable", "builtins.RuntimeError", "tests.support.tasks:unstorable"
            ),
        ),
    ],
    ids=["timeout", "timeout of a loop", "timeout by force", "no result", "odd message"],
)
def test_each_way_to_fail_has_its_group(name, options, group):
    with running_worker(JOBS_STOP_GRACE_SECONDS="0.2"):
        task = enqueue(task_type=registry.get(name), **options)
        ended(task)

    assert of(group) == (1, 1)
    assert Failure.objects.count() == 1


def test_a_death_of_the_process_is_a_group():
    with running_worker():
        task = enqueue(task_type=registry.get("tests.killed"))
        ended(task, seconds=45)

    occurrences, given_up = of(FailureGroup("tests.killed", CRASHED))
    assert occurrences == Attempt.objects.filter(task=task).count() >= 1
    assert given_up == 1
