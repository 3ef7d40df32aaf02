"""Real workers and what they are told through their rows: quiet, resume, stop; and their memory."""

from pathlib import Path

import pytest
from redis import Redis

from jobs.broker.tickets import list_key
from jobs.domain.registry import registry
from jobs.domain.states import State
from jobs.domain.workers import Instruction
from jobs.models import Attempt, LostWorker, Task, WorkerLease
from jobs.services.enqueue import enqueue
from jobs.services.instruct import instruct
from tests.acceptance.test_rq_sight import rq_info
from tests.support.rows import reload
from tests.support.waiting import stays, wait_for
from tests.support.workers import WorkerProcess, all_ended, running_worker

pytestmark = [
    pytest.mark.acceptance,
    pytest.mark.one_database,
    pytest.mark.django_db(transaction=True),
]

NAMED = ("default", "--name", "ann")


def submit(name: str, /, **arguments: object) -> Task:
    return enqueue(task_type=registry.get(f"tests.{name}"), kwargs=arguments, queue="default")


def running(directory: Path, *, seconds: float) -> Task:
    """A task that has begun."""
    task = submit("mark", directory=str(directory), seconds=seconds)
    wait_for((directory / str(task.pk)).exists)
    return task


def tell(instruction: Instruction) -> None:
    instruct(worker="ann", instruction=instruction, actor="root", reason="a test")


def rq_state(redis: Redis) -> str:
    return (redis.hget("rq:worker:ann", "state") or b"").decode()


@pytest.mark.parametrize("flags", [(), ("--threads", "3"), ("--async", "20")])
def test_a_quiet_worker_finishes_what_it_has_and_begins_nothing_until_it_is_resumed(
    flags: tuple[str, ...], redis: Redis, tmp_path: Path
):
    with running_worker(*NAMED, *flags):
        # given
        first = running(tmp_path, seconds=2.0)

        # when
        tell(Instruction.QUIET)
        wait_for(all_ended([first]))
        wait_for(lambda: rq_state(redis) == "suspended", what="its state in Redis")
        later = [submit("greet", name="x"), submit("mark", directory=str(tmp_path))]

        # then
        wait_for(stays(lambda: redis.llen(list_key("default")) == 2, seconds=1.5))
        assert reload(first).state == State.SUCCESS
        assert {reload(task).state for task in later} == {State.PENDING}
        assert "suspended" in rq_info()

        # and back
        tell(Instruction.WORK)
        wait_for(all_ended(later))
    assert Attempt.objects.count() == 3


def test_a_worker_that_is_told_to_stop_ends_what_runs_and_goes(tmp_path: Path):
    with running_worker(*NAMED) as worker:
        # given
        task = running(tmp_path, seconds=2.0)

        # when
        tell(Instruction.STOP)

        # then
        assert worker.process.wait(60) == 0
    assert reload(task).state == State.SUCCESS
    assert not WorkerLease.objects.exists()
    assert not LostWorker.objects.exists()


def test_a_quiet_worker_can_be_stopped(redis: Redis):
    with running_worker(*NAMED) as worker:
        tell(Instruction.QUIET)
        wait_for(lambda: rq_state(redis) == "suspended", what="its state in Redis")

        tell(Instruction.STOP)

        assert worker.process.wait(60) == 0


def test_a_restarted_worker_works_again(tmp_path: Path):
    with running_worker(*NAMED):
        tell(Instruction.QUIET)
    with running_worker(*NAMED):
        wait_for(all_ended([submit("greet", name="x")]))


def test_a_worker_that_lost_its_lease_goes_on_under_what_it_was_told(redis: Redis):
    with running_worker(*NAMED):
        # given
        tell(Instruction.QUIET)
        wait_for(lambda: rq_state(redis) == "suspended", what="its state in Redis")

        # when others give it up, and it comes back
        WorkerLease.objects.all().delete()
        wait_for(WorkerLease.objects.exists, what="a new lease")

        # then
        lease = WorkerLease.objects.get()
        assert (lease.instruction, lease.instructed_by) == (Instruction.QUIET, "root")


def test_the_lease_tells_the_memory_of_the_whole_tree(redis: Redis):
    def memory_mb() -> float:
        return WorkerLease.objects.get().memory_mb or 0.0

    with running_worker(*NAMED):
        wait_for(lambda: memory_mb() > 20, what="the size of the tree")
        before = memory_mb()

        wait_for(all_ended([submit("eat", megabytes=150)]))

        wait_for(lambda: memory_mb() > before + 100, what="the horse to have grown")


def test_a_killed_worker_is_remembered_with_what_it_held(tmp_path: Path):
    dead = WorkerProcess(*NAMED)
    try:
        wait_for(dead.horse_pid, what="a work-horse")
        task = running(tmp_path, seconds=60.0)
        dead.kill_tree()
        with running_worker("high", "--name", "bob"):
            wait_for(LostWorker.objects.exists, what="a loss")
    finally:
        dead.end()

    loss = LostWorker.objects.get()
    assert (loss.name, loss.pid, loss.task_ids) == ("ann", dead.pid, [str(task.pk)])
    assert loss.why == f"process {dead.pid} is gone"
