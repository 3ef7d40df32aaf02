"""What RQ's tools see of tasks, what its commands do to them."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings
from redis import Redis
from rq import Worker
from rq.command import (
    send_kill_horse_command,
    send_shutdown_command,
    send_stop_job_command,
)
from rq.job import Job

from jobs.domain.registry import registry
from jobs.domain.states import State
from jobs.models import Task, WorkerLease
from jobs.services.enqueue import enqueue
from tests.support.process_tree import is_alive
from tests.support.rows import reload
from tests.support.waiting import wait_for
from tests.support.workers import all_ended, running_worker

pytestmark = [
    pytest.mark.acceptance,
    pytest.mark.one_database,
    pytest.mark.django_db(transaction=True),
]


def long_task(directory: Path) -> Task:
    """A task that has begun, and runs until it is released."""
    task = enqueue(
        task_type=registry.get("tests.held"), kwargs={"directory": str(directory)}, queue="default"
    )
    wait_for((directory / str(task.pk)).exists)
    return task


def release(directory: Path) -> None:
    """Let the long tasks of this folder end."""
    (directory / "release").touch()


def started(redis: Redis) -> list[str]:
    """What RQ counts as running on queue default."""
    return [item.decode() for item in redis.zrange("rq:wip:default", 0, -1)]


def current(redis: Redis, worker: str = "ann") -> str:
    return (redis.hget(f"rq:worker:{worker}", "current_job") or b"").decode()


def rq_info() -> str:
    """What `rq info` prints."""
    script = Path(sys.executable).with_name("rq")
    done = subprocess.run(
        [script, "info", "--raw", "-u", settings.REDIS_URL],
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    return done.stdout


def outcomes(task: Task) -> list[str]:
    return list(task.attempts.order_by("number").values_list("outcome", flat=True))


@pytest.mark.parametrize("threads", ["1", "3"])
def test_a_long_task_is_announced_to_rq_and_withdrawn_when_it_ends(
    redis: Redis, tmp_path: Path, threads: str
):
    with running_worker("default", "--name", "ann", "--threads", threads):
        # given
        task = long_task(tmp_path)

        # then RQ knows it as started, here
        wait_for(lambda: started(redis) == [f"task-{task.pk}:1"])
        wait_for(lambda: current(redis) == f"task-{task.pk}")
        job = Job.fetch(f"task-{task.pk}", connection=redis, serializer="json")
        assert (job.get_status(), job.worker_name) == ("started", "ann")
        assert [execution.worker_name for execution in job.get_executions()] == ["ann"]
        wait_for(lambda: "queue default 0, 1 executing, 0 finished, 0 failed" in rq_info())
        assert "busy" in rq_info()

        # and no more when it has ended
        release(tmp_path)
        wait_for(all_ended([task]))
        wait_for(lambda: (started(redis), current(redis)) == ([], ""))
        assert not redis.keys("rq:execution*")
        assert not redis.exists(job.key)
        wait_for(lambda: " idle default. jobs: 1 finished, 0 failed" in rq_info())


def test_short_tasks_are_not_announced(redis: Redis):
    with running_worker("default", "--name", "ann"):
        tasks = [
            enqueue(task_type=registry.get("tests.greet"), kwargs={"name": "x"}) for _ in range(20)
        ]
        wait_for(all_ended(tasks))

    assert not redis.keys("rq:wip:*")
    assert not redis.keys("rq:execution*")


@pytest.mark.parametrize("blow", ["horse", "tree", "sigterm"])
def test_nothing_stays_announced_after_a_death(redis: Redis, tmp_path: Path, blow: str):
    with running_worker("default", "--name", "ann", DRAIN_SECONDS="0.2") as worker:
        # given
        task = long_task(tmp_path)
        wait_for(lambda: started(redis))

        # when
        if blow == "horse":
            os.kill(worker.horse_pid() or 0, 9)
        elif blow == "tree":
            worker.kill_tree()
        else:
            worker.terminate()
        if blow == "tree":
            with running_worker("high", "--name", "bob"):
                wait_for(lambda: reload(task).rescues == 1)
                wait_for(lambda: not started(redis))
        else:
            # then only the present attempt, if any, is told
            wait_for(lambda: f"task-{task.pk}:1" not in started(redis))


def test_redis_that_comes_back_empty_learns_of_worker_and_task_again(redis: Redis, tmp_path: Path):
    with running_worker("default", "--name", "ann"):
        task = long_task(tmp_path)
        wait_for(lambda: started(redis))

        # when
        redis.flushdb()

        # then
        wait_for(lambda: started(redis) == [f"task-{task.pk}:1"])
        wait_for(lambda: current(redis) == f"task-{task.pk}")
        assert [found.name for found in Worker.all(connection=redis)] == ["ann"]


def test_rq_info_counts_what_waits_runs_and_failed(redis: Redis, tmp_path: Path):
    with running_worker("default", "--name", "ann"):
        # given
        failed = enqueue(task_type=registry.get("tests.boom").using(max_retries=0))
        wait_for(all_ended([failed]))
        long_task(tmp_path)
        for _ in range(3):
            enqueue(task_type=registry.get("tests.greet"), kwargs={"name": "x"})

        # then
        wait_for(lambda: "queue default 3, 1 executing, 0 finished, 1 failed" in rq_info())


def test_stop_job_stops_a_task_for_good(redis: Redis, tmp_path: Path):
    with running_worker("default", "--name", "ann"):
        task = long_task(tmp_path)
        wait_for(lambda: started(redis))

        send_stop_job_command(redis, f"task-{task.pk}", serializer="json")

        wait_for(all_ended([task]))
    assert (reload(task).state, outcomes(task)) == (State.REVOKED, ["cancelled"])


def test_kill_horse_ends_attempts_as_crashed_and_they_are_tried_again(redis: Redis, tmp_path: Path):
    with running_worker("default", "--name", "ann") as worker:
        task = long_task(tmp_path)
        horse = worker.horse_pid()

        send_kill_horse_command(redis, "ann")

        wait_for(lambda: outcomes(task)[:1] == ["crashed"])
        release(tmp_path)
        wait_for(all_ended([task]))
        assert worker.horse_pid() != horse
    assert outcomes(task) == ["crashed", "succeeded"]


def test_shutdown_drains_and_ends_the_worker(redis: Redis, tmp_path: Path):
    with running_worker("default", "--name", "ann") as worker:
        task = long_task(tmp_path)

        send_shutdown_command(redis, "ann")

        release(tmp_path)
        assert worker.process.wait(60) == 0
    assert (reload(task).state, outcomes(task)) == (State.SUCCESS, ["succeeded"])
    assert not WorkerLease.objects.exists()


def test_what_is_no_command_is_ignored(redis: Redis, tmp_path: Path):
    with running_worker("default", "--name", "ann"):
        # given
        for nonsense in (b"\xff", b"nonsense", b"[]", b"{}", b'"stop-job"', b'{"command": 7}'):
            redis.publish("rq:pubsub:ann", nonsense)

        # then commands are still heard
        task = long_task(tmp_path)
        wait_for(lambda: started(redis))
        send_stop_job_command(redis, f"task-{task.pk}", serializer="json")
        wait_for(all_ended([task]))
    assert reload(task).state == State.REVOKED


def test_a_worker_that_is_killed_leaves_no_process_behind(redis: Redis):
    with running_worker("default", "--with-scheduler") as worker:
        children = wait_for(lambda: len(found := worker.children()) == 2 and found)

        os.kill(worker.pid, 9)

        wait_for(lambda: not any(is_alive(pid) for pid in children))
