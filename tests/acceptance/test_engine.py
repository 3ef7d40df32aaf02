"""Tasks in real workers: how they end, and what a blow to their worker does to them."""

import os
import signal
import time
from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone
from redis import Redis

from jobs.domain.registry import registry
from jobs.domain.states import State
from jobs.models import Attempt, Task, WorkerLease
from jobs.services.cancel import cancel
from jobs.services.enqueue import enqueue, enqueue_many
from tests.support.marks import runs_of
from tests.support.rows import reload
from tests.support.verdict import all_settled, violations
from tests.support.waiting import wait_for
from tests.support.workers import WorkerProcess, all_ended, running_worker, wake

pytestmark = [pytest.mark.acceptance, pytest.mark.django_db(transaction=True)]


def submit(name: str, **options: object) -> Task:
    """Enqueue a task of one of the tests' own types; options go to the service."""
    arguments = options.pop("kwargs", {})
    return enqueue(task_type=registry.get(f"tests.{name}"), kwargs=arguments, **options)


def endings(task: Task) -> list[str]:
    """How the task's attempts ended, in order."""
    return list(task.attempts.order_by("number").values_list("outcome", flat=True))


def test_tasks_end_as_they_should():
    with running_worker():
        # given one task for each way to end
        fine = enqueue(task_type=registry.get("add"), kwargs={"x": 1, "y": 2})
        greeting = submit("greet", kwargs={"name": "ann"})
        failing = submit("boom", kwargs={"message": "no luck"})
        too_long = submit("sleep", kwargs={"seconds": 60}, timeout_seconds=0.3)
        deaf = submit("stubborn", kwargs={"seconds": 60}, timeout_seconds=0.3)
        unstorable = [
            submit("unstorable", kwargs={"kind": kind})
            for kind in ("object", "large", "nul", "error")
        ]

        # when
        tasks = [fine, greeting, failing, too_long, deaf, *unstorable]
        wait_for(all_ended(tasks))

    # then
    assert (reload(fine).state, reload(fine).result) == (State.SUCCESS, 3)
    assert reload(greeting).result == "hello ann"
    assert reload(failing).state == State.FAILURE
    assert endings(failing) == ["failed", "failed", "failed"]
    assert reload(failing).error == "RuntimeError: no luck"
    assert "raise RuntimeError(message)" in failing.attempts.first().traceback
    assert (reload(too_long).state, endings(too_long)) == (State.FAILURE, ["timeout"])
    assert "time limit of 0.3 s" in reload(too_long).error
    assert (reload(deaf).state, endings(deaf)) == (State.FAILURE, ["timeout"])
    for task in unstorable:
        assert (reload(task).state, endings(task)) == (State.FAILURE, ["failed"])
    assert "cannot be stored" in reload(unstorable[0]).error


def test_a_crash_of_the_process_is_no_end_of_the_worker_and_a_poison_pill_is_given_up():
    with running_worker():
        poison = submit("segfault")
        quitter = submit("exit")
        after = submit("greet", kwargs={"name": "bob"})
        wait_for(all_ended([poison, quitter, after]))

    assert reload(poison).state == State.FAILURE
    assert endings(poison) == ["crashed", "crashed", "crashed"]
    # though five retries are left
    assert "given up after 3 such ends, whatever retries are left" in reload(poison).error
    assert reload(poison).tries == 0
    assert endings(quitter) == ["crashed", "crashed", "crashed"]
    assert reload(after).state == State.SUCCESS


def test_a_running_task_that_is_cancelled_really_stops(tmp_path: Path):
    with running_worker() as worker:
        # given a task that runs
        task = submit("mark", kwargs={"directory": str(tmp_path), "seconds": 60})
        wait_for((tmp_path / str(task.pk)).exists)
        horse = worker.horse_pid()

        # when
        cancel(task_id=task.pk, actor="ann", reason="a mistake")
        wait_for(all_ended([task]), seconds=3)

        # then its process went on with others, and it has not ended by itself
        assert worker.horse_pid() == horse
    assert (reload(task).state, endings(task)) == (State.REVOKED, ["cancelled"])
    (run,) = runs_of(tmp_path, str(task.pk))
    assert not run.has_ended
    assert [event.kind for event in task.events.all()] == ["cancel_requested"]


def test_a_task_that_ignores_its_cancellation_is_killed():
    with running_worker():
        task = submit("stubborn", kwargs={"seconds": 60})
        wait_for(lambda: reload(task).state == State.STARTED)

        cancel(task_id=task.pk, actor="ann")
        wait_for(all_ended([task]), seconds=6)

    assert (reload(task).state, endings(task)) == (State.REVOKED, ["cancelled"])


def test_a_cancel_whose_message_is_lost_is_found_by_the_worker_itself(redis: Redis):
    with running_worker():
        task = submit("sleep", kwargs={"seconds": 60})
        wait_for(lambda: reload(task).state == State.STARTED)

        Task.objects.filter(pk=task.pk).update(cancel_requested_at=task.created_at)

        wait_for(all_ended([task]), seconds=6)
    assert reload(task).state == State.REVOKED


@pytest.mark.parametrize("blow", ["horse", "tree"])
def test_no_task_is_lost_or_runs_twice_at_once_when_a_worker_is_killed(
    blow: str, tmp_path: Path, redis: Redis
):
    # given two workers in the middle of forty tasks
    with running_worker("default") as first, running_worker("default"):
        calls = [([], {"directory": str(tmp_path), "seconds": 0.1})] * 40
        ids = enqueue_many(task_type=registry.get("tests.mark"), calls=calls)
        wait_for(lambda: Task.objects.filter(state=State.SUCCESS).count() >= 5)
        horse = first.horse_pid()
        assert horse is not None

        # when
        if blow == "horse":
            os.kill(horse, signal.SIGKILL)
        else:
            first.kill_tree()
        wait_for(all_settled(ids, redis))

    # then
    assert violations(ids, redis, marks=tmp_path) == []
    # one that ran and, when nobody survives to tell them apart, one that was only held
    assert Attempt.objects.filter(outcome__in=["crashed", "lost"]).count() <= 2


def test_tickets_that_redis_lost_are_rung_again(redis: Redis):
    # given forty tasks whose tickets are gone
    ids = enqueue_many(task_type=registry.get("tests.greet"), calls=[([], {"name": "x"})] * 40)
    redis.flushdb()

    # when a worker comes
    with running_worker():
        wait_for(all_ended(list(Task.objects.filter(pk__in=ids))))

    # then
    assert Attempt.objects.count() == 40


def test_a_scheduled_task_runs_when_its_time_has_come():
    with running_worker():
        task = enqueue(
            task_type=registry.get("tests.greet"),
            kwargs={"name": "x"},
            run_after=timezone.now() + timedelta(seconds=0.5),
        )
        assert task.state == State.SCHEDULED
        wait_for(all_ended([task]))
    assert reload(task).state == State.SUCCESS


def test_sigterm_lets_the_running_task_end_and_gives_the_rest_back(tmp_path: Path):
    with running_worker() as worker:
        # given one running task and more behind it
        running = submit("mark", kwargs={"directory": str(tmp_path), "seconds": 1.0})
        wait_for((tmp_path / str(running.pk)).exists)
        waiting = [submit("greet", kwargs={"name": "x"}) for _ in range(3)]

        # when
        assert worker.terminate() == 0

    # then
    assert reload(running).state == State.SUCCESS
    assert {reload(task).state for task in waiting} == {State.PENDING}
    assert not WorkerLease.objects.exists()


def test_a_task_longer_than_the_drain_is_given_back_without_a_try_spent(tmp_path: Path):
    with running_worker(DRAIN_SECONDS="0.5") as worker:
        task = submit("mark", kwargs={"directory": str(tmp_path), "seconds": 60})
        wait_for((tmp_path / str(task.pk)).exists)

        assert worker.terminate() == 0

    row = reload(task)
    assert (row.state, row.tries, row.rescues) == (State.PENDING, 0, 0)
    assert [event.kind for event in task.events.all()] == ["rescued"]


def test_a_worker_leaves_a_task_type_that_it_does_not_know_waiting():
    stranger = Task.objects.create(name="tests.from_the_next_release", queue="default")
    with running_worker():
        known = submit("greet", kwargs={"name": "x"})
        wait_for(all_ended([known]))

    assert reload(stranger).state == State.PENDING


def test_a_worker_that_was_taken_for_dead_cannot_write_its_late_result(tmp_path: Path):
    # given a worker in a task, stopped beyond its lease, and another that takes over
    with running_worker(LEASE_SECONDS="2") as zombie:
        task = submit("mark", kwargs={"directory": str(tmp_path), "seconds": 1.0})
        wait_for((tmp_path / str(task.pk)).exists)
        horse = zombie.horse_pid()
        assert horse is not None
        pids = zombie.stop()
        with running_worker(LEASE_SECONDS="2"):
            wait_for(all_ended([task]))

            # when the first one wakes
            wake(pids)
            wait_for(lambda: zombie.horse_pid() not in {None, horse}, what="a new horse")

    # then
    assert reload(task).state == State.SUCCESS
    assert endings(task) == ["lost", "succeeded"]


@pytest.mark.parametrize("delay_seconds", [0.0, 0.02, 0.05, 0.1, 0.2])
def test_sigterm_right_after_the_lease_is_taken_ends_the_worker_cleanly(delay_seconds: float):
    # given a worker that is about to fork its horse
    worker = WorkerProcess()
    wait_for(WorkerLease.objects.exists)
    time.sleep(delay_seconds)  # the moment of the blow, not a wait for anything

    # when, then
    assert worker.terminate() == 0
    assert not WorkerLease.objects.exists()


def test_a_worker_loads_the_tasks_and_none_of_the_pages():
    modules = ["tests.support.tasks", "taskqueue_site.urls", "rest_framework.views", "jobs.api"]
    with running_worker():
        tasks = [submit("has_loaded", kwargs={"module": module}) for module in modules]
        wait_for(all_ended(tasks))

    assert [reload(task).result for task in tasks] == [True, False, False, False]
