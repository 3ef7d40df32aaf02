"""What RQ's own flags and words do to our worker: when it ends, what it takes, in which order."""

from datetime import timedelta
from pathlib import Path

import django_rq
import pytest
from django.utils import timezone
from redis import Redis
from rq.suspension import resume, suspend

from jobs.domain.registry import registry
from jobs.domain.states import State
from jobs.models import Attempt, Task, WorkerLease
from jobs.services.enqueue import enqueue, enqueue_many
from tests.support import plain_jobs
from tests.support.rows import make_task, reload
from tests.support.waiting import wait_for
from tests.support.workers import WorkerProcess, all_ended, running_worker

pytestmark = [
    pytest.mark.acceptance,
    pytest.mark.one_database,
    pytest.mark.django_db(transaction=True),
]


def greet(queue: str = "default", **options: object) -> Task:
    return enqueue(
        task_type=registry.get("tests.greet"), kwargs={"name": "x"}, queue=queue, **options
    )


def many(count: int, queue: str = "default") -> list[Task]:
    """Short tasks, all rung."""
    calls = [([], {"name": "x"})] * count
    ids = enqueue_many(task_type=registry.get("tests.greet"), calls=calls, queue=queue)
    return list(Task.objects.filter(pk__in=ids))


def run(*arguments: str, seconds: float = 30) -> int:
    """A worker's exit status."""
    return WorkerProcess(*arguments).process.wait(seconds)


def test_burst_runs_what_waits_and_leaves_what_is_for_later(redis: Redis):
    # given tasks that wait, one whose ticket is lost, one that is due, and others for later
    waiting = [*many(20), greet("high")]
    lost = make_task(
        name="tests.greet", kwargs={"name": "x"}, run_after=timezone.now() - timedelta(60)
    )
    due = greet(run_after=timezone.now() + timedelta(seconds=0.01))
    later = greet(run_after=timezone.now() + timedelta(hours=1))
    failed = make_task(state=State.RETRY, run_after=timezone.now() + timedelta(hours=1))
    job = plain_jobs.enqueue("builtins.len", "abc")

    # when
    assert run("high", "default", "--burst") == 0

    # then
    assert {reload(task).state for task in [*waiting, lost, due]} == {State.SUCCESS}
    assert job.get_status() == "finished"
    assert reload(later).state == State.SCHEDULED
    assert reload(failed).state == State.RETRY
    assert not WorkerLease.objects.exists()


@pytest.mark.parametrize("threads", ["1", "4"])
def test_max_jobs_lets_exactly_that_many_begin_tasks_and_plain_jobs_together(threads: str):
    # given
    tasks = many(10)
    job = plain_jobs.enqueue("builtins.len", "abc")
    more = many(10)

    # when
    assert run("default", "--max-jobs", "15", "--threads", threads) == 0

    # then
    plain = job.get_status() == "finished"
    assert Attempt.objects.count() + plain == 15
    left = Task.objects.filter(pk__in=[task.pk for task in [*tasks, *more]])
    assert left.filter(state=State.PENDING).count() == 20 - Attempt.objects.count()


def test_max_jobs_counts_across_the_death_of_a_work_horse():
    # given a task that takes the process down each time
    poison = enqueue(task_type=registry.get("tests.segfault"), queue="default")

    # when
    assert run("default", "--max-jobs", "2") == 0

    # then two attempts were begun, and no third
    assert poison.attempts.count() == 2
    assert reload(poison).rescues == 2


def test_max_idle_time_ends_a_worker_without_work():
    # given
    task = greet()

    # when, then
    assert run("default", "--max-idle-time", "1") == 0
    assert reload(task).state == State.SUCCESS


def test_the_scheduler_runs_plain_jobs_when_they_are_due(tmp_path: Path):
    with running_worker("default", "--with-scheduler"):
        # when
        queue = django_rq.get_queue("default", commit_mode="auto")
        job = queue.enqueue_in(timedelta(seconds=1), plain_jobs.mark, str(tmp_path / "ran"))

        # then
        wait_for(lambda: job.get_status() == "finished")
    assert (tmp_path / "ran").exists()


def test_the_default_strategy_empties_the_more_urgent_queue_first():
    low, high = many(30, "low"), many(30, "high")

    assert run("high", "low", "--burst") == 0

    last_high = max(reload(task).started_at for task in high)
    first_low = min(reload(task).started_at for task in low)
    assert last_high <= first_low


@pytest.mark.parametrize("command", ["rqworker", "rqworker-pool"])
def test_round_robin_takes_from_each_queue_in_turn(command: str):
    # given
    low, high = many(400, "low"), many(400, "high")

    # when
    arguments = ("high", "low", "--burst", "--dequeue-strategy", "round_robin")
    assert WorkerProcess(*arguments, command=command).process.wait(60) == 0

    # then low was not kept waiting until high was empty
    last_high = max(reload(task).started_at for task in high)
    first_low = min(reload(task).started_at for task in low)
    assert first_low < last_high


def test_the_random_strategy_runs_everything():
    tasks = [*many(50, "low"), *many(50, "high")]

    assert run("high", "low", "--burst", "--dequeue-strategy", "random") == 0

    assert {reload(task).state for task in tasks} == {State.SUCCESS}


@pytest.mark.parametrize("threads", ["1", "2"])
def test_a_suspended_worker_begins_nothing_and_gives_back_what_waits(
    redis: Redis, tmp_path: Path, threads: str
):
    with running_worker("default", "--threads", threads):
        # given
        wait_for(all_ended([greet()]))
        suspend(redis)
        wait_for(lambda: worker_states(redis) == ["suspended"])

        # when tasks come, then they wait, unclaimed
        tasks, job = many(5), plain_jobs.enqueue("builtins.len", "abc")
        beats_twice()
        assert {reload(task).state for task in tasks} == {State.PENDING}
        assert job.get_status() == "queued"

        # when
        resume(redis)

        # then
        wait_for(all_ended(tasks))
        wait_for(lambda: job.get_status() == "finished")


def test_a_worker_that_starts_suspended_begins_nothing(redis: Redis):
    # given
    suspend(redis)
    task = greet()

    with running_worker("default"):
        beats_twice()
        assert reload(task).state == State.PENDING

    # a burst worker does not wait for better times
    assert run("default", "--burst") == 0
    assert reload(task).state == State.PENDING


def test_what_waits_behind_a_long_task_is_given_back_when_the_worker_is_suspended(
    redis: Redis, tmp_path: Path
):
    with running_worker("default"):
        # given
        mark = registry.get("tests.mark")
        running = enqueue(task_type=mark, kwargs={"directory": str(tmp_path), "seconds": 2.0})
        wait_for((tmp_path / str(running.pk)).exists)

        # when
        suspend(redis)
        tasks = many(3)
        wait_for(all_ended([running]))
        wait_for(lambda: worker_states(redis) == ["suspended"])

    # then
    assert {reload(task).state for task in tasks} == {State.PENDING}
    assert Attempt.objects.count() == 1


def worker_states(redis: Redis) -> list[str]:
    return [(redis.hget(key, "state") or b"").decode() for key in redis.smembers("rq:workers")]


def beats_twice() -> None:
    """Wait until the living worker has beaten twice more."""
    before = WorkerLease.objects.get().beat
    wait_for(lambda: WorkerLease.objects.get().beat >= before + 2)


def test_a_pool_starts_that_many_workers_with_its_flags(tmp_path: Path):
    arguments = ("default", "--num-workers", "2", "--threads", "3")
    pool = WorkerProcess(*arguments, command="rqworker-pool")
    try:
        # given
        wait_for(lambda: WorkerLease.objects.count() == 2)
        assert {lease.concurrency for lease in WorkerLease.objects.all()} == {3}

        # when six tasks come that each wait for the sixth
        mark = registry.get("tests.mark")
        calls = [([], {"directory": str(tmp_path), "seconds": 1.0})] * 6
        ids = enqueue_many(task_type=mark, calls=calls)
        wait_for(all_ended(list(Task.objects.filter(pk__in=ids))))

        # then both ran some
        assert len(set(Attempt.objects.values_list("worker", flat=True))) == 2
        assert pool.terminate() == 0
    finally:
        pool.process.kill()
        pool.process.wait(60)
    assert not WorkerLease.objects.exists()


def test_a_pool_in_burst_mode_ends():
    tasks = many(50)

    pool = WorkerProcess("default", "--burst", "--num-workers", "2", command="rqworker-pool")

    assert pool.process.wait(60) == 0
    assert {reload(task).state for task in tasks} == {State.SUCCESS}
