"""Workers that are killed and stopped under load: nothing is lost, nothing runs twice at once.

The random run takes SURVIVE_SECONDS (default 15) of blows, chosen by SURVIVE_SEED (default: a new
one each time, which a failure shows).
"""

import os
import random
import time
from pathlib import Path

import pytest
from redis import Redis

from jobs.models import Attempt, Task, WorkerLease
from tests.support.blows import Blows
from tests.support.rows import submit_marks
from tests.support.verdict import all_settled, violations
from tests.support.waiting import wait_for
from tests.support.workers import running_crowd, running_worker, wake

pytestmark = [pytest.mark.acceptance, pytest.mark.django_db(transaction=True)]

PATIENT = {"DJANGO_SETTINGS_MODULE": "tests.support.settings_patient"}
#: How long a process that was stopped beyond its lease may run on when it wakes: its supervisor
#: looks ten times a second, and shares two processors with all the others.
WINDOW_SECONDS = 0.5
SECONDS = float(os.environ.get("SURVIVE_SECONDS") or 15)


def some_have_ended(count: int) -> bool:
    return Task.objects.ended().count() >= count


@pytest.mark.timeout(SECONDS + 300)
def test_random_blows_under_load_lose_nothing(tmp_path: Path, redis: Redis):
    # given three workers under load
    seed = int(os.environ.get("SURVIVE_SEED") or time.time_ns() % 1_000_000)
    until = time.monotonic() + SECONDS
    rng = random.Random(seed)
    ids: list[str] = []
    told: list[str] = []
    with running_crowd(3, LEASE_SECONDS="2", DRAIN_SECONDS="0.5", **PATIENT) as crowd:
        blows = Blows(crowd, rng, redis, lease_seconds=2.0)

        # when they are struck again and again, at random moments
        while time.monotonic() < until:
            for _ in range(rng.randrange(4)):
                ids += submit_marks(rng.randrange(1, 10), tmp_path, seconds=rng.uniform(0, 0.1))
            time.sleep(rng.uniform(0, 0.8))  # the moment of the blow, not a wait for anything
            blows.tend()
            told.append(blows.strike())
        blows.wake_all()

        # then all that was asked for happens in the end
        def is_over() -> bool:
            blows.tend()
            return all_settled(ids, redis)()

        wait_for(is_over, what=f"the end after SURVIVE_SEED={seed}: {told}")
    wrong = violations(ids, redis, marks=tmp_path, window_seconds=WINDOW_SECONDS)
    assert wrong == [], f"SURVIVE_SEED={seed}: {told}"


def test_all_workers_killed_at_once_are_made_good_by_new_ones(tmp_path: Path, redis: Redis):
    # given three workers in the middle of thirty tasks
    with running_crowd(3) as crowd:
        ids = submit_marks(30, tmp_path, seconds=0.1)
        wait_for(lambda: some_have_ended(5))

        # when all die, and others come
        for worker in crowd.workers:
            worker.kill_tree()
        crowd.replace_dead()
        wait_for(all_settled(ids, redis))

    # then
    assert violations(ids, redis, marks=tmp_path) == []


@pytest.mark.parametrize("stopped", ["tree", "supervisor"])
def test_a_worker_stopped_beyond_its_lease_works_again_when_it_wakes(
    stopped: str, tmp_path: Path, redis: Redis
):
    # given a worker in a task, that is stopped for longer than its lease
    with running_worker(LEASE_SECONDS="2") as sleeper:
        first = submit_marks(1, tmp_path, seconds=8)
        wait_for((tmp_path / first[0]).exists)
        pids = sleeper.stop() if stopped == "tree" else sleeper.stop_supervisor()
        with running_worker(LEASE_SECONDS="2"):
            # when another has taken the task over, and the first one wakes
            wait_for(lambda: Attempt.objects.filter(task=first[0]).exists())
            wake(pids)
            wait_for(lambda: WorkerLease.objects.count() == 2, what="a lease for both again")
            wait_for(all_settled(first, redis))

        # then the first one does the next task
        second = submit_marks(5, tmp_path, seconds=0.01)
        wait_for(all_settled(second, redis))
        assert set(Attempt.objects.filter(task__in=second).values_list("worker", flat=True)) == {
            WorkerLease.objects.get().name
        }
    wrong = violations(first + second, redis, marks=tmp_path, window_seconds=WINDOW_SECONDS)
    assert wrong == []
    outcomes = Attempt.objects.filter(task=first[0]).order_by("number")
    assert list(outcomes.values_list("outcome", flat=True)) == ["lost", "succeeded"]


def test_a_worker_whose_horses_die_again_and_again_goes_on(tmp_path: Path, redis: Redis):
    with running_worker(**PATIENT) as worker:
        ids = submit_marks(40, tmp_path, seconds=0.05)
        for count in (5, 10, 15, 20):
            wait_for(lambda count=count: some_have_ended(count))
            worker.kill_horse()
        wait_for(all_settled(ids, redis))

    assert violations(ids, redis, marks=tmp_path) == []
